"""Styles of other programs: what a hand-written SLD says is what is drawn, and what is written is read again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest

from twin.datafile import paint
from twin.datafile.show import Shown
from twin.datafile.spec import About, Choice, DataLayer, Style
from twin.errors import BadInput
from twin.layer import Field, Layer, Scale, class_colours

if TYPE_CHECKING:
    from pathlib import Path

HEAD = (
    '<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" '
    'xmlns:ogc="http://www.opengis.net/ogc"><NamedLayer><se:Name>Noise</se:Name><UserStyle><se:FeatureTypeStyle>'
)
TAIL = "</se:FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"


def rule(low: str, high: str, colour: str, name: str = "lden") -> str:
    tests = "".join(
        f"<ogc:{kind}><ogc:PropertyName>{name}</ogc:PropertyName><ogc:Literal>{limit}</ogc:Literal></ogc:{kind}>"
        for kind, limit in (("PropertyIsGreaterThan", low), ("PropertyIsLessThanOrEqualTo", high))
        if limit
    )
    return (
        f"<se:Rule><se:Name>{low}</se:Name><ogc:Filter><ogc:And>{tests}</ogc:And></ogc:Filter><se:PointSymbolizer>"
        f'<se:Graphic><se:Mark><se:Fill><se:SvgParameter name="fill">{colour}</se:SvgParameter></se:Fill></se:Mark>'
        "<se:Size>7</se:Size></se:Graphic></se:PointSymbolizer></se:Rule>"
    )


def raster(kind: str, *entries: tuple[str, str]) -> str:
    """Return an SLD 1.0 of a raster, as GeoServer has it."""
    inner = "".join(f'<ColorMapEntry color="{colour}" quantity="{value}"/>' for value, colour in entries)
    return (
        '<StyledLayerDescriptor version="1.0.0"><NamedLayer><UserStyle><FeatureTypeStyle><Rule><RasterSymbolizer>'
        f'<ColorMap type="{kind}">{inner}</ColorMap></RasterSymbolizer></Rule></FeatureTypeStyle></UserStyle>'
        "</NamedLayer></StyledLayerDescriptor>"
    )


def of(tmp_path: Path, text: str) -> Style:
    path = tmp_path / "s.sld"
    path.write_text(text, encoding="utf-8")
    return paint.load_style(path)


def test_classes_of_a_file_written_by_hand(tmp_path: Path) -> None:
    text = HEAD + rule("60", "", "#FF0000") + rule("50", "60", "#ffff00") + rule("45", "50", "#00ff00") + TAIL
    style = of(tmp_path, text)
    assert style.method == "fixed"
    assert style.breaks == (45.0, 50.0, 60.0, 70.0), "a class without an end is as wide as its neighbour"
    assert style.colours == ("#00ff00", "#ffff00", "#ff0000")
    assert style.size == 7.0


def test_between_and_lines_of_version_1_0(tmp_path: Path) -> None:
    one = (
        "<Rule><Filter><PropertyIsBetween><PropertyName>v</PropertyName><LowerBoundary><Literal>{}</Literal>"
        "</LowerBoundary><UpperBoundary><Literal>{}</Literal></UpperBoundary></PropertyIsBetween></Filter>"
        '<LineSymbolizer><Stroke><CssParameter name="stroke">{}</CssParameter>'
        '<CssParameter name="stroke-width">3.5</CssParameter></Stroke></LineSymbolizer></Rule>'
    )
    text = "<StyledLayerDescriptor>{}{}<Rule><ElseFilter/></Rule></StyledLayerDescriptor>"
    style = of(tmp_path, text.format(one.format(-1, 0.5, "#0000ff"), one.format(0.5, 2, "#ff00ff")))
    assert (style.breaks, style.colours, style.size) == ((-1.0, 0.5, 2.0), ("#0000ff", "#ff00ff"), 3.5)


def test_colour_maps_of_rasters(tmp_path: Path) -> None:
    style = of(tmp_path, raster("ramp", ("0", "#000000"), ("10", "#ffffff")))
    assert (style.method, style.low, style.high, style.colours) == ("continuous", 0.0, 10.0, ("#000000", "#ffffff"))
    uneven = of(tmp_path, raster("ramp", ("0", "#000000"), ("8", "#ff0000"), ("10", "#ffffff")))
    assert (uneven.colours[0], uneven.colours[-1]) == ("#000000", "#ffffff")
    assert uneven.colours[len(uneven.colours) // 2][3:] == "0000", "up to four fifths it is red alone"
    steps = of(tmp_path, raster("intervals", ("10", "#111111"), ("20", "#222222"), ("40", "#333333")))
    assert (steps.breaks, steps.colours) == ((0.0, 10.0, 20.0, 40.0), ("#111111", "#222222", "#333333"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a", "not an SLD style"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "not an SLD style"),
        (HEAD + TAIL, "no rule has limits"),
        (HEAD + rule("nan", "", "#ff0000") + rule("x", "inf", "#ff0000") + TAIL, "no rule has limits"),
        (HEAD + rule("1", "2", "red") + TAIL, "no rule has limits"),
        (HEAD + rule("1", "2", "#ff0000") + rule("3", "4", "#00ff00") + TAIL, "one class ends at 2.0 and the next"),
        (HEAD + rule("1", "2", "#ff0000") + rule("2", "3", "#00ff00", "other") + TAIL, r"several properties"),
        (HEAD + "".join(rule(str(k), str(k + 1), "#ff0000") for k in range(13)) + TAIL, "13 classes; 12 can be shown"),
        (raster("ramp", ("0", "#000000")), "needs two entries"),
        (raster("ramp", ("0", "#000000"), ("x", "#ffffff")), "no colour or no quantity"),
        (raster("ramp", ("5", "#000000"), ("1", "#ffffff")), "must rise"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        of(tmp_path, text)


@pytest.mark.parametrize("show", ["points", "lines", "areas", "zones", "roads"])
def test_what_is_written_is_read_again(tmp_path: Path, show: str) -> None:
    style = Style(method="fixed", breaks=(0.0, 1.5, 4.0, 9.0), colours=("#112233", "#445566", "#778899"), size=6.0)
    layer = DataLayer(
        id="d", file="data/a-0123456789ab.parquet", origin="a.csv", rows=3,
        choice=Choice(show=show, value="värde"), about=About(title="Å < 3 & ö"), style=style,
    )  # fmt: skip
    field = Field("V", "", "zones", np.array(["a", "b", "c"], object), np.array([0.5, 2, 8], np.float32))
    drawn = Layer("d", "D", field, Scale("", style.colours), 0.0, 9.0, style.breaks)
    path = tmp_path / "out.sld"
    paint.save_style(layer, path, drawn)
    again = paint.load_style(path)
    assert (again.breaks, again.colours) == (style.breaks, style.colours)
    assert again.size == (6.0 if show in ("points", "lines", "roads") else 0.0)
    root = ET.fromstring(path.read_bytes())
    assert root.tag == "{http://www.opengis.net/sld}StyledLayerDescriptor"
    assert root.get("version") == "1.1.0"
    assert {one.text for one in root.iter("{http://www.opengis.net/ogc}PropertyName")} == {"värde"}
    layer = msgspec.structs.replace(layer, style=again)
    shown = paint.painted(layer, Shown(field, (), (), None))
    assert shown is not None
    assert class_colours(shown) == style.colours
    turned = paint.painted(
        msgspec.structs.replace(layer, style=msgspec.structs.replace(again, reverse=True)), Shown(field, (), (), None)
    )
    assert turned is not None
    assert class_colours(turned) == style.colours[::-1]


def test_cells_are_written_as_a_colour_map(tmp_path: Path) -> None:
    layer = DataLayer(
        id="d", file="data/a-0123456789ab.tif", origin="a.tif", rows=4, choice=Choice(show="raster"),
        about=About(title="R"), style=Style(),
    )  # fmt: skip
    field = Field("V", "", "zones", np.array(list("abcd"), object), np.arange(4, dtype=np.float32))
    smooth = Layer("d", "D", field, Scale("", ("#000000", "#808080", "#ffffff")), 0.0, 3.0)
    for drawn, method in ((smooth, "continuous"), (replace(smooth, breaks=(0.0, 1.0, 3.0)), "fixed")):
        paint.save_style(layer, tmp_path / "r.sld", drawn)
        style = paint.load_style(tmp_path / "r.sld")
        assert style.method == method
    assert style.breaks[1:] == (1.0, 3.0)
    assert style.colours == ("#000000", "#ffffff")
