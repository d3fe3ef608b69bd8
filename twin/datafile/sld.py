"""Styles of other programs: OGC Styled Layer Descriptor 1.0 and 1.1 (Symbology Encoding), read and written.

Of a file the classes of one numeric property are taken (limits, colours, size), or the colour map of a raster; texts,
patterns and scale ranges are not. What is written is SLD 1.1 as QGIS, GeoServer and MapServer read it.

OGC 05-077r4 (Symbology Encoding 1.1), OGC 05-078r4 (Styled Layer Descriptor 1.1).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # only to write; what is read goes through defusedxml

import defusedxml.ElementTree as safe
import numpy as np
from defusedxml import DefusedXmlException

from twin.datafile import spec
from twin.datafile.spec import MAX_CLASSES, Style
from twin.disk import atomic
from twin.errors import BadInput
from twin.layer import class_colours, colour_at

if TYPE_CHECKING:
    from pathlib import Path

    from twin.datafile.spec import DataLayer
    from twin.layer import Layer

ENDINGS = (".sld", ".xml")
MAX_SLD = 4_000_000
_SLD, _SE, _OGC = "http://www.opengis.net/sld", "http://www.opengis.net/se", "http://www.opengis.net/ogc"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_LOWER = ("PropertyIsGreaterThan", "PropertyIsGreaterThanOrEqualTo")
_UPPER = ("PropertyIsLessThan", "PropertyIsLessThanOrEqualTo")
_SYMBOLS = ("PolygonSymbolizer", "PointSymbolizer", "LineSymbolizer")
_EVEN = 33
"""Colours that a colour map of uneven steps is read as."""
_POINT, _LINE = 8.0, 2.0


def read(path: Path) -> Style:
    """Read the style of a Styled Layer Descriptor.

    Raises
    ------
    BadInput
        When it is none, has no classes of numbers, or its classes leave a gap or are of several properties.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_SLD else b""
        root = safe.fromstring(data)
    except OSError as error:
        raise BadInput("{path}: cannot be read: {reason}.", path=path.name, reason=error.strerror or error) from error
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadInput("{path}: not an SLD style ({reason}).", path=path.name, reason=error) from error
    entries = [dict(one.attrib) for one in root.iter() if _tag(one) == "ColorMapEntry"]
    style = _of_map(root, entries, path) if entries else _of_rules(root, path)
    spec.check_style(style)
    return style


def write(layer: DataLayer, drawn: Layer, path: Path) -> None:
    """Write how a layer is drawn as an SLD 1.1 file.

    Parameters
    ----------
    layer : DataLayer
    drawn : Layer
        The same as it is painted: its limits and colours.
    path : Path
    """
    for prefix, uri in (("", _SLD), ("se", _SE), ("ogc", _OGC)):
        ET.register_namespace(prefix, uri)
    root = ET.Element(f"{{{_SLD}}}StyledLayerDescriptor", version="1.1.0")
    named = _sub(root, _SLD, "NamedLayer")
    _sub(named, _SE, "Name", layer.about.title)
    types = _sub(_sub(named, _SLD, "UserStyle"), _SE, "FeatureTypeStyle")
    if drawn.field.categories and layer.choice.show != "raster":
        for code, name in drawn.field.categories.items():
            rule = _rule(types, str(name))
            equal = _sub(_sub(rule, _OGC, "Filter"), _OGC, "PropertyIsEqualTo")
            _sub(equal, _OGC, "PropertyName", layer.choice.value)
            _sub(equal, _OGC, "Literal", str(name))
            _symbol(rule, layer, drawn.scale.colours[int(code) % len(drawn.scale.colours)])
    else:
        breaks = drawn.breaks or tuple(float(v) for v in np.linspace(drawn.low, drawn.high, MAX_CLASSES + 1))
        n = len(breaks) - 1
        own = class_colours(drawn) if drawn.breaks else tuple(
            colour_at(drawn.scale.colours, i / (n - 1)) for i in range(n)
        )  # fmt: skip
        if layer.choice.show == "raster":
            _colour_map(_rule(types, layer.about.title), drawn, breaks, own)
        else:
            for k, (low, high) in enumerate(pairwise(breaks)):
                rule = _rule(types, f"{low:g} – {high:g}")
                _between(rule, layer.choice.value, low, high, k == n - 1)
                _symbol(rule, layer, own[k])
    ET.indent(root)
    atomic.write(path, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


# --- reading ------------------------------------------------------------------------------------------------------


def _tag(one: ET.Element) -> str:
    return str(one.tag).rpartition("}")[2]


def _of_rules(root: ET.Element, path: Path) -> Style:
    found: list[tuple[float, float, str, float]] = []
    names: set[str] = set()
    for rule in (one for one in root.iter() if _tag(one) == "Rule"):
        low, high = _limits(rule, names)
        colour = _paint(rule)
        if colour is not None and (low > -np.inf or high < np.inf):
            found.append((low, high, colour, _extent(rule)))
    if not found:
        raise BadInput("{path}: no rule has limits of a number and a colour; a style in classes is needed.",
                       path=path.name)  # fmt: skip
    if len(names) > 1:
        raise BadInput("{path}: its rules ask for several properties ({names}); a style by one is needed.",
                       path=path.name, names=", ".join(sorted(names)))  # fmt: skip
    found.sort(key=lambda one: one[:2])
    if len(found) > MAX_CLASSES:
        raise BadInput("{path}: {n} classes; {most} can be shown.", path=path.name, n=len(found), most=MAX_CLASSES)
    for (_, high, *_), (low, *_) in pairwise(found):
        if not np.isclose(low, high, rtol=1e-6, atol=1e-9):
            raise BadInput("{path}: one class ends at {high} and the next begins at {low}.",
                           path=path.name, high=high, low=low)  # fmt: skip
    breaks = [found[0][0], *(one[1] for one in found)]
    # A class without an end gets one as far away as its neighbour is wide; what lies beyond is in it all the same.
    inner = [one for one in breaks if np.isfinite(one)]
    width = [b - a for a, b in pairwise(inner)] or [1.0]
    breaks[0] = breaks[0] if np.isfinite(breaks[0]) else inner[0] - width[0]
    breaks[-1] = breaks[-1] if np.isfinite(breaks[-1]) else inner[-1] + width[-1]
    size = float(np.clip(max(one[3] for one in found), 0.0, 60.0))
    return Style(method="fixed", breaks=tuple(breaks), colours=tuple(one[2] for one in found), size=size)


def _limits(rule: ET.Element, names: set[str]) -> tuple[float, float]:
    low, high = -np.inf, np.inf
    for test in rule.iter():
        kind = _tag(test)
        if kind not in (*_LOWER, *_UPPER, "PropertyIsBetween"):
            continue
        text = {_tag(one): (one.text or "").strip() for one in test.iter()}
        literals = {_tag(one): _number(one) for one in test}
        names.add(text.get("PropertyName") or text.get("ValueReference") or "")
        if kind == "PropertyIsBetween":
            low = max(low, literals.get("LowerBoundary", -np.inf))
            high = min(high, literals.get("UpperBoundary", np.inf))
        elif kind in _LOWER:
            low = max(low, literals.get("Literal", -np.inf))
        else:
            high = min(high, literals.get("Literal", np.inf))
    return low, high


def _number(one: ET.Element) -> float:
    """Return the number in an element, nan where there is none."""
    try:
        value = float("".join(one.itertext()).strip())
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan


def _paint(rule: ET.Element) -> str | None:
    """Return the colour of a rule: that of its fill, else that of its line."""
    for symbol in (one for one in rule.iter() if _tag(one) in _SYMBOLS):
        found = {
            one.get("name", ""): (one.text or "").strip()
            for one in symbol.iter()
            if _tag(one) in ("CssParameter", "SvgParameter")
        }
        for name in ("fill", "stroke"):
            if _COLOUR.match(found.get(name, "")):
                return found[name].lower()
    return None


def _extent(rule: ET.Element) -> float:
    """Return the diameter of the points or the width of the lines of a rule, 0 where it has neither."""
    for symbol in (one for one in rule.iter() if _tag(one) in ("PointSymbolizer", "LineSymbolizer")):
        for one in symbol.iter():
            if _tag(one) == "Size" or (_tag(symbol) == "LineSymbolizer" and one.get("name") == "stroke-width"):
                value = _number(one)
                return 0.0 if np.isnan(value) else value
    return 0.0


def _of_map(root: ET.Element, entries: list[dict[str, str]], path: Path) -> Style:
    try:
        steps = [(float(one["quantity"]), one["color"].lower()) for one in entries]
    except (KeyError, ValueError) as error:
        raise BadInput("{path}: an entry of its colour map has no colour or no quantity.", path=path.name) from error
    steps = [one for one in steps if np.isfinite(one[0])]
    if len(steps) < 2 or not all(_COLOUR.match(colour) for _, colour in steps):
        raise BadInput("{path}: its colour map needs two entries with colours as #rrggbb.", path=path.name)
    at = [value for value, _ in steps]
    if any(b <= a for a, b in pairwise(at)):
        raise BadInput("{path}: the quantities of its colour map must rise.", path=path.name)
    colours = tuple(colour for _, colour in steps)
    kind = next((one.get("type", "ramp") for one in root.iter() if _tag(one) == "ColorMap"), "ramp")
    if kind == "intervals":
        if len(at) > MAX_CLASSES:
            raise BadInput("{path}: {n} classes; {most} can be shown.", path=path.name, n=len(at), most=MAX_CLASSES)
        return Style(method="fixed", breaks=(2 * at[0] - at[1], *at), colours=colours)
    even = np.linspace(at[0], at[-1], _EVEN)
    if not np.allclose(np.diff(at), (at[-1] - at[0]) / (len(at) - 1)):
        parts = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], dtype=float)
        mixed = np.stack([np.interp(even, at, part) for part in parts.T], axis=1)
        colours = tuple("#" + "".join(f"{round(v):02x}" for v in one) for one in mixed)
    return Style(method="continuous", low=at[0], high=at[-1], colours=colours)


# --- writing ------------------------------------------------------------------------------------------------------


def _sub(parent: ET.Element, space: str, name: str, text: str = "", **more: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{space}}}{name}", more)
    made.text = text or None
    return made


def _parameter(parent: ET.Element, name: str, text: str) -> None:
    _sub(parent, _SE, "SvgParameter", text).set("name", name)


def _rule(parent: ET.Element, title: str) -> ET.Element:
    rule = _sub(parent, _SE, "Rule")
    _sub(rule, _SE, "Name", title)
    _sub(_sub(rule, _SE, "Description"), _SE, "Title", title)
    return rule


def _between(rule: ET.Element, name: str, low: float, high: float, last: bool) -> None:
    both = _sub(_sub(rule, _OGC, "Filter"), _OGC, "And")
    upper = "PropertyIsLessThanOrEqualTo" if last else "PropertyIsLessThan"
    for kind, limit in (("PropertyIsGreaterThanOrEqualTo", low), (upper, high)):
        test = _sub(both, _OGC, kind)
        _sub(test, _OGC, "PropertyName", name)
        _sub(test, _OGC, "Literal", repr(float(limit)))


def _symbol(rule: ET.Element, layer: DataLayer, colour: str) -> None:
    show, size = layer.choice.show, layer.style.size
    if show == "points":
        graphic = _sub(_sub(rule, _SE, "PointSymbolizer"), _SE, "Graphic")
        mark = _sub(graphic, _SE, "Mark")
        _sub(mark, _SE, "WellKnownName", "circle")
        _parameter(_sub(mark, _SE, "Fill"), "fill", colour)
        _sub(graphic, _SE, "Size", f"{size or _POINT:g}")
    elif show in ("lines", "roads", "paths"):
        stroke = _sub(_sub(rule, _SE, "LineSymbolizer"), _SE, "Stroke")
        _parameter(stroke, "stroke", colour)
        _parameter(stroke, "stroke-width", f"{size or _LINE:g}")
    else:
        _parameter(_sub(_sub(rule, _SE, "PolygonSymbolizer"), _SE, "Fill"), "fill", colour)


def _colour_map(rule: ET.Element, drawn: Layer, breaks: tuple[float, ...], colours: tuple[str, ...]) -> None:
    """Write the colours of cells; SLD 1.0's colour map, as what 1.1 has instead is hardly read anywhere."""
    symbol = _sub(rule, _SE, "RasterSymbolizer")
    if drawn.breaks:
        steps, kind = list(zip(breaks[1:], colours, strict=True)), "intervals"
    else:
        n = len(drawn.scale.colours)
        at = np.linspace(drawn.low, drawn.high, n)
        steps, kind = [(float(v), c) for v, c in zip(at, drawn.scale.colours, strict=True)], "ramp"
    entries = _sub(symbol, _SLD, "ColorMap", type=kind)
    for value, colour in steps:
        _sub(entries, _SLD, "ColorMapEntry", color=colour, quantity=repr(float(value)), label=f"{value:g}")
