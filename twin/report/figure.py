"""A picture of the view with all it needs to be read: legend, scale, north, sources, and what it is not.

What stands around the map is decided here as plain values; :mod:`twin.report.paint` draws them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from twin import localtime
from twin.city import crs as crs_names
from twin.city.schema import TABLES, word
from twin.disk import atomic
from twin.errors import BadInput
from twin.layer import Legend, legend
from twin.privacy.guard import field_for_export
from twin.privacy.provenance import CLASSES, highest
from twin.scene import camera, mesh, offscreen, sun
from twin.scene.resolve import resolve
from twin.text import number, tr

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.datafile.spec import DataLayer
    from twin.layer import Layer
    from twin.privacy.provenance import Source
    from twin.report.marks import Mark
    from twin.scene.labelling import Box
    from twin.scene.mesh import CityMesh
    from twin.scene.palette import Theme
    from twin.state import Pose, State

LARGEST = 20_000
"""Longest side of a picture [px]."""


@dataclass(frozen=True)
class Furniture:
    """What stands around the map, in words.

    ``bar`` is (length [px], text) of a true scale bar, None in perspective; ``azimuth`` [°] is the direction the
    picture looks in, so that north can be drawn; without ``compass`` neither north nor the bar is. ``names`` are those
    of the two halves of a picture that shows a scenario beside what it is compared with; ``marks`` lie on the left one.
    ``stamp`` is the time that a picture of a film shows.
    """

    title: str
    legends: tuple[Legend, ...]
    azimuth: float
    bar: tuple[float, str] | None
    scale_text: str
    reference: str
    sources: str
    warning: str = ""
    date: str = ""
    compass: bool = True
    names: tuple[str, str] | None = None
    marks: tuple[Mark, ...] = ()
    stamp: str = ""


@dataclass(frozen=True, eq=False)
class Other:
    """What a scenario is compared with, on the right half of a picture.

    Parameters
    ----------
    city : City
    layers : mapping from id to Layer
        With the values of this city, in the same colours as those on the left, as one legend stands for both.
    names : (str, str)
        What the left and the right half are called.
    """

    city: City
    layers: Mapping[str, Layer]
    names: tuple[str, str]


def export_png(
    out: Path,
    city: City,
    state: State,
    layers: Mapping[str, Layer],
    size: tuple[int, int],
    dpi: int = 150,
    pose: Pose | None = None,
    theme: Theme = "light",
    lang: str = "sv",
    date: str = "",
    without: Collection[str] = (),
    other: Other | None = None,
    marks: Sequence[Mark] = (),
) -> None:
    """Write the view as PNG, with legend, scale, north, sources and the mark of a synthetic city.

    Parameters
    ----------
    out : Path
        File to write; replaced only when the whole picture is there.
    city, state, layers
        What is shown: ``state`` says which layers, ``layers`` holds those of drop-ins.
    size : (int, int) [px]
        Width and height of the whole picture.
    dpi : int
        Dots per inch written into the file; letters and lines are sized by it.
    pose : Pose, optional
        Where the camera looks; by default the whole city.
    theme : str
        ``"light"`` or ``"dark"``.
    lang : str
        ``"sv"`` or ``"en"``.
    date : str
        Date printed on the figure, ISO 8601; "" prints none.
    without : collection of str
        What is left out: ``"legend"``, ``"compass"`` (north and scale bar). Sources, scale in words and the
        warning of a synthetic city always stand on a picture.
    other : Other, optional
        Shown on the right half from the same place; both halves are named, and one legend stands for both.
    marks : sequence of Mark
        What the edits of a scenario are about.

    Raises
    ------
    BadInput
        When the size or the resolution is impossible or the file cannot be written.
    """
    press = Press(city, state, layers, size, dpi, pose, theme, lang, date, without, other, marks)
    try:
        data = press.png()
    finally:
        press.close()
    _write(out, data)


class Press:
    """Draws a view with all that stands around it, once or at one time after the other; see :func:`export_png`.

    Raises
    ------
    BadInput
        When the size or the resolution is impossible.
    """

    def __init__(
        self,
        city: City,
        state: State,
        layers: Mapping[str, Layer],
        size: tuple[int, int],
        dpi: int,
        pose: Pose | None,
        theme: Theme,
        lang: str,
        date: str = "",
        without: Collection[str] = (),
        other: Other | None = None,
        marks: Sequence[Mark] = (),
    ) -> None:
        check_size(size, dpi)
        self._dpi, self._theme, self._lang, self._date, self._without = dpi, theme, lang, date, without
        self._height, self._width = size[1], size[0]
        self._size = size if other is None else ((size[0] - _line(dpi)) // 2, size[1])
        self._pose = pose or offscreen.whole_pose(city, self._size)
        self._state, self._other, self._marks = state, other, marks
        self._halves = [_Half(city, _for_export(layers), self._stage())]
        if other is not None:
            self._halves.append(_Half(other.city, _for_export(other.layers), self._stage()))

    def _stage(self) -> offscreen.Stage:
        return offscreen.Stage(self._size, self._pose, self._dpi / 96.0)

    def png(self, at: float | None = None, stamp: str = "", seconds: float = 0.0) -> bytes:
        """Return the picture as PNG.

        Parameters
        ----------
        at : float, optional
            The instant [s] to show; that of the State without.
        stamp : str
            Written large on the picture: the time, in a film.
        seconds : float
            Time [s] of what flows along the streets.
        """
        from twin.report import paint

        state = self._state if at is None else self._state.changed(time=replace(self._state.time, at=at, live=False))
        left = self._halves[0]
        around = furniture(left.city, state, left.layers, self._size, self._pose, self._lang, self._dpi, self._date)
        around = replace(around, marks=_placed(self._marks, self._pose, self._size), stamp=stamp)
        if self._other is not None:
            names = self._other.names
            legends = tuple(replace(legend, note=_without(legend.note, names[0])) for legend in around.legends)
            around = replace(around, title=left.city.name, names=names, legends=legends)
        if "legend" in self._without:
            around = replace(around, legends=())
        if "compass" in self._without:
            around = replace(around, compass=False)
        boxes = paint.covered(around, (self._width, self._height), self._dpi, self._theme)
        starts = (0, self._width - self._size[0])
        drawn = [
            one.draw(state, self._theme, self._lang, seconds, tuple((a - x, b, c - x, d) for a, b, c, d in boxes))
            for one, x in zip(self._halves, starts, strict=False)
        ]
        if self._other is not None:
            between = np.full((self._height, self._width - 2 * self._size[0], 3), 255, dtype=np.uint8)
            drawn.insert(1, between)
        pixels = drawn[0] if len(drawn) == 1 else np.concatenate(drawn, axis=1)
        return paint.png(pixels, around, self._dpi, self._theme, self._lang)

    def close(self) -> None:
        """Let go of the views."""
        for one in self._halves:
            one.stage.close()


@dataclass(eq=False)
class _Half:
    """A city with its layers in a view of its own."""

    city: City
    layers: Mapping[str, Layer]
    stage: offscreen.Stage
    mesh: CityMesh | None = None

    def draw(
        self, state: State, theme: Theme, lang: str, seconds: float, covered: tuple[Box, ...]
    ) -> NDArray[np.uint8]:
        self.mesh = self.mesh or mesh.build(self.city)
        state = state.changed(city=self.city)
        drawables = resolve(state, self.mesh, self.layers, theme, lang, now=sun.now())
        return self.stage.draw(drawables, seconds, covered)


def check_size(size: tuple[int, int], dpi: int, largest: int = LARGEST) -> None:
    """Refuse a size [px] or a resolution [dots per inch] of which no picture can be made."""
    width, height = size
    if not (64 <= width <= largest and 64 <= height <= largest):
        raise BadInput(
            "A picture of {width}×{height} pixels cannot be made; each side must be from 64 to {largest}.",
            width=width, height=height, largest=largest,
        )  # fmt: skip
    if not 30 <= dpi <= 1200:
        raise BadInput("{dpi} dpi is outside 30 to 1200.", dpi=dpi)


def _for_export(layers: Mapping[str, Layer]) -> dict[str, Layer]:
    return {
        id: one if one.field.support is None else replace(one, field=field_for_export(one.field))
        for id, one in layers.items()
    }


def _without(note: str, name: str) -> str:
    """Return a legend's note without the scenario's name, as the legend stands for its reference too."""
    return " · ".join(part for part in note.split(" · ") if part != name)


def _placed(marks: Sequence[Mark], pose: Pose, size: tuple[int, int]) -> tuple[Mark, ...]:
    """Return the marks in pixels; those that reach behind the eye are left out."""
    found = [(one, *camera.Projection(pose, size).pixels(one.points)) for one in marks]
    return tuple(replace(one, points=at) for one, at, depth in found if (depth > 0).all())


def _line(dpi: int) -> int:
    """Return how wide the line between two halves is [px]."""
    return max(round(dpi / 48.0), 2)


def furniture(
    city: City,
    state: State,
    layers: Mapping[str, Layer],
    size: tuple[int, int],
    pose: Pose,
    lang: str,
    dpi: int,
    date: str = "",
) -> Furniture:
    """Decide what stands around the map; see :class:`Furniture`."""
    shown = {entry.id for entry in state.layers if entry.visible and entry.id in layers}
    legends = tuple(
        _timed(legend(layers[entry.id], lang), layers[entry.id], state, lang)
        for entry in state.layers
        if entry.visible and entry.id in layers
    )
    bar, scale_text = _scale(size, pose, lang, dpi)
    reference = crs_names.describe(city.crs, lang) + (f", {city.height_system}" if city.height_system else "")
    return Furniture(
        title=f"{city.name}: {state.scenario}" if state.scenario else city.name,
        legends=legends,
        azimuth=pose.azimuth,
        bar=bar,
        scale_text=" · ".join(filter(None, (scale_text, _sunlight(state, lang)))),
        reference=reference,
        sources=sources_line(
            city, lang, tuple(one for one in state.imported if one.id in shown), _abouts(layers[id] for id in shown)
        ),
        warning=tr("Synthetic, not for decisions", lang) if city.synthetic else "",
        date=date,
    )


def _sunlight(state: State, lang: str) -> str:
    """Say of which time light and shadows are; nothing of the usual light of a map."""
    if not state.sunlit:
        return ""
    t = localtime.instant(sun.now()) if state.time.at is None else state.time.at
    return tr("Light as at {time}", lang, time=localtime.said(t, lang))


def _timed(shown: Legend, layer: Layer, state: State, lang: str) -> Legend:
    """Say in a legend which time its values are of, where they have times."""
    times = layer.field.times
    if times is None or not len(times):
        return shown
    first, last = (localtime.instant(times[end]) for end in (0, -1))
    t = last if state.time.at is None else min(max(state.time.at, first), last)
    return replace(shown, note=" · ".join(filter(None, (localtime.said(t, lang), shown.note))))


def _abouts(layers: Iterable[Layer]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(one.field.about for one in layers if one.field.about is not None))


def sources_line(city: City, lang: str, imported: tuple[DataLayer, ...] = (), own: tuple[Source, ...] = ()) -> str:
    """Return one line that names each source of the city, of data layers and of drop-ins with owner and licence."""
    used = {source for name in TABLES for source in city.table(name)["source_id"].unique()}
    if city.terrain is not None:
        used.add(city.terrain.source_id)
    rows = city.sources[city.sources["id"].isin(used)]
    texts = dict.fromkeys(
        " – ".join(str(row[part]) for part in (("owner" if row["owner"] else "title"), "licence", "date") if row[part])
        for row in (*rows.to_dict("records"), *(msgspec.to_builtins(one.about) for one in imported))
    )
    texts |= dict.fromkeys(one.said() for one in own)
    if not texts:
        return tr("Source unknown", lang)
    line = tr("Sources: {sources}", lang, sources="; ".join(texts))
    classes = [*rows["classification"], *(one.about.classification for one in imported)]
    stated = highest([one for one in classes if one in CLASSES] + [one.classification for one in own])
    if stated == "open":
        return line
    return f"{line}. " + tr("Information class: {name}", lang, name=tr(word(stated), lang))


def _scale(size: tuple[int, int], pose: Pose, lang: str, dpi: int) -> tuple[tuple[float, str] | None, str]:
    if not pose.top:
        return None, tr("Perspective view, not to scale", lang)
    metres_per_pixel = pose.distance / size[1]
    ratio = metres_per_pixel * dpi / 0.0254
    length = round_length(metres_per_pixel * size[0] / 6)
    text = number(length, lang, 0, "m") if length < 1000 else number(length / 1000, lang, 0, "km")
    bar = (length / metres_per_pixel, text)
    return bar, tr("Scale 1:{ratio} at {dpi} dpi", lang, ratio=number(round_length(ratio, 2), lang, 0), dpi=dpi)


def round_length(length: float, digits: int = 0) -> float:
    """Return the largest of 1, 2, 5 × 10ⁿ that is not above a length; with digits, round to that many instead."""
    if digits:
        return float(f"{length:.{digits}g}")
    power = 10.0 ** np.floor(np.log10(max(length, 1e-9)))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9)))


def _write(out: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(out, data)
    except OSError as error:
        raise BadInput("{path} could not be written: {reason}.", path=str(out), reason=error.strerror) from error
