"""Sensors on the map: where they stand, a layer for each quantity over time, one of now, one of how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer

from twin.layer import Field, Layer, Scale, layer_of, scale
from twin.places import Points
from twin.sensors.quantity import title_of
from twin.sensors.states import STANDING_NAMES, Standing, age_text, ages, standings
from twin.sensors.units import shown
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.sensors.block import Block
    from twin.sensors.stream import Frame, Stream

PREFIX = "sensors:"
STATE = f"{PREFIX}state"
_RESIDUAL = "residual:"
_BREAKS = {
    # class limits where a standard has them, else a continuous scale
    "noise_laeq": (45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0),
}
_SCALES = {"noise_laeq": "noise-eu", "temperature": "magma-reversed", "no2": "magma-reversed", "pm10": "magma-reversed"}
_STANDING_COLOURS = ("#1b9e77", "#e6ab02", "#9a9892", "#5a5e64", "#d95f02", "#ffffff")
_NOTE = N_("Hollow: no value that is fresh enough at this time.")


def layer_title(id: str) -> str:
    """Return the title of a layer of sensors by its id, English of the catalogue, though there is nothing to show.

    Examples
    --------
    >>> layer_title("sensors:traffic_flow")
    'Traffic flow'
    """
    if id == STATE:
        return "State of sensors"
    what = id.removeprefix(PREFIX)
    return what.removeprefix(_RESIDUAL) if what.startswith(_RESIDUAL) else title_of(what)


@dataclass(frozen=True, eq=False)
class Stands:
    """Where streams stand.

    Parameters
    ----------
    xy : array, shape (streams, 2) [m]
        In the City's system; nan where the place is not known.
    height : array, shape (streams,) [m]
        Above the ground.
    """

    xy: NDArray[np.float64]
    height: NDArray[np.float64]


def stands(streams: Sequence[Stream], city: City) -> Stands:
    """Find where streams stand: at their place of the City, else at their degrees."""
    xy = np.full((len(streams), 2), np.nan)
    spots = {str(id): (p.x, p.y) for id, p in zip(city.places["id"], city.places.geometry, strict=True)}
    lonlat = np.array([(one.lon, one.lat) for one in streams], float).reshape(-1, 2)
    there = np.isfinite(lonlat).all(axis=1)
    if there.any():
        to_city = Transformer.from_crs("EPSG:4326", city.crs, always_xy=True)
        x, y = to_city.transform(lonlat[there, 0], lonlat[there, 1])
        xy[there] = np.column_stack([x, y])
    for i, one in enumerate(streams):
        if one.place in spots:
            xy[i] = spots[one.place]
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    height = np.array([one.height_m if np.isfinite(one.height_m) else 4.0 for one in streams])
    return Stands(xy, height)


def layers_over_time(streams: Sequence[Stream], where: Stands, block: Block) -> dict[str, Layer]:
    """Return a layer per quantity whose values follow time; a value that was stale then is lacking.

    Parameters
    ----------
    streams : sequence of Stream
        By ``sid``.
    where : Stands
    block : Block
        The window that can be played.
    """
    stale = np.array([one.stale_after for one in streams])
    found: dict[str, Layer] = {}
    for quantity, sids in _by_quantity(streams, where).items():
        values = np.where(block.age_s[:, sids] > stale[sids], np.nan, block.value[:, sids]).astype(np.float32)
        layer = _layer(quantity, streams, sids, where, values, block.times)
        if layer is not None:
            found[layer.id] = layer
    return found


def layers_now(
    streams: Sequence[Stream], where: Stands, frame: Frame, lang: str, connected: NDArray[np.bool_] | None = None,
    ranges: dict[str, Layer] | None = None, first: np.datetime64 | None = None,
) -> dict[str, Layer]:  # fmt: skip
    """Return a layer per quantity with the values of now, each with its value, and its age where it is not live.

    Parameters
    ----------
    frame : Frame
        The newest values.
    lang : str
        Of the texts beside the symbols.
    connected : array of bool, optional
        Whether each stream's feed is connected.
    ranges : mapping, optional
        Layers over time, whose ranges are kept so that colours mean the same live and played.
    first : datetime64, optional
        Beginning of what can be played, so that the time bar keeps its ends while live.
    """
    how = standings(frame, streams, connected)
    age = ages(frame)
    dead = np.isin(how, (Standing.STALE, Standing.OFFLINE, Standing.NONE))
    found: dict[str, Layer] = {}
    for quantity, sids in _by_quantity(streams, where).items():
        values = np.where(dead[sids], np.nan, frame.value[sids]).astype(np.float32)
        texts = []
        for sid in sids.tolist():
            value = number(float(frame.value[sid]), lang, unit=shown(streams[sid].unit))
            old = f"{age_text(float(age[sid]), lang)}"
            texts.append(
                value if how[sid] == Standing.LIVE else "–" if how[sid] == Standing.NONE else f"{value} · {old}"
            )
        base = (ranges or {}).get(f"{PREFIX}{quantity}")
        times = None
        if first is not None and first < frame.at:
            times = np.array([first, frame.at]).astype("datetime64[ms]")
            values = np.stack([np.full_like(values, np.nan), values])
        layer = _layer(quantity, streams, sids, where, values, times, tuple(texts), base)
        if layer is not None:
            found[layer.id] = layer
    placed = np.flatnonzero(np.isfinite(where.xy[:, 0]))
    if len(placed):
        found[STATE] = _state(streams, where, how, placed)
    return found


def same_picture(old: Layer | None, new: Layer) -> bool:
    """Say whether two layers of now show the same; that the end of time moved on alone does not count."""
    if old is None or old.texts != new.texts or old.low != new.low or old.high != new.high:
        return False
    a, b = old.field, new.field
    if a.times is not None and b.times is not None and b.times[-1] - a.times[-1] > np.timedelta64(60_000, "ms"):
        return False
    return a.values.shape == b.values.shape and np.array_equal(a.values, b.values, equal_nan=True)


def residual_layer(
    streams: Sequence[Stream], where: Stands, sids: NDArray[np.intp], modelled: NDArray[np.float64],
    measured: NDArray[np.float64], title: str, unit: str, most: float,
) -> Layer:  # fmt: skip
    """Return the layer of model − sensor at the sensors' places, white where both say the same."""
    values = (modelled - measured).astype(np.float32)
    places = Points(where.xy[sids], where.height[sids], cluster=False)
    ids = np.array([streams[i].id for i in sids], object)
    field = Field(title, unit, "points", ids, values, places=places, source="sensors")
    limits = (-most, -most / 2, -most / 10, most / 10, most / 2, most)
    return Layer(f"{PREFIX}{_RESIDUAL}{title}", title, field, scale("blue-white-orange"), -most, most, limits)


def _by_quantity(streams: Sequence[Stream], where: Stands) -> dict[str, NDArray[np.intp]]:
    """Return the numbers of the placed streams of each quantity, one per place (the first)."""
    found: dict[str, list[int]] = {}
    for i, one in enumerate(streams):
        if np.isfinite(where.xy[i, 0]):
            found.setdefault(one.quantity, []).append(i)
    return {quantity: np.array(sids) for quantity, sids in found.items()}


def _layer(
    quantity: str, streams: Sequence[Stream], sids: NDArray[np.intp], where: Stands, values: NDArray[np.float32],
    times: NDArray[np.datetime64] | None, texts: tuple[str, ...] = (), base: Layer | None = None,
) -> Layer | None:  # fmt: skip
    unit = shown(streams[int(sids[0])].unit)
    same = np.array([streams[i].unit == streams[int(sids[0])].unit for i in sids])
    values = np.where(same, values, np.nan).astype(np.float32)  # two units never share one scale
    places = Points(where.xy[sids], where.height[sids])
    ids = np.array([streams[i].id for i in sids], object)
    title = title_of(quantity)
    field = Field(title, unit, "points", ids, values, times=times, places=places, source="sensors")
    if base is not None:
        return Layer(base.id, title, field, base.scale, base.low, base.high, base.breaks, base.note, texts=texts)
    breaks = _BREAKS.get(quantity, ())
    return layer_of(f"{PREFIX}{quantity}", title, field, scale_name=_SCALES.get(quantity, "viridis"), breaks=breaks,
                    note=_NOTE, texts=texts)  # fmt: skip


def _state(streams: Sequence[Stream], where: Stands, how: NDArray[np.uint8], placed: NDArray[np.intp]) -> Layer:
    """Return the layer of the worst standing at each spot."""
    rank = np.array([0, 1, 3, 4, 2, 5])  # flagged counts less than stale
    keys = np.round(where.xy[placed], 1)
    _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    worst = np.zeros(len(first), int)
    np.maximum.at(worst, back.ravel(), rank[how[placed]])
    codes = np.argsort(rank)[worst].astype(np.float32)
    sids = placed[first]
    field = Field(N_("State of sensors"), "", "points", np.array([streams[i].id for i in sids], object), codes,
                  source="sensors", categories={int(k): v for k, v in STANDING_NAMES.items()},
                  places=Points(where.xy[sids], where.height[sids]))  # fmt: skip
    mine = Scale("standing", _STANDING_COLOURS, "categories")
    return Layer(STATE, N_("State of sensors"), field, mine, 0.0, float(len(_STANDING_COLOURS) - 1))


def hover_text(stream: Stream, value: float, age_s: float, how: int, lang: str) -> str:
    """Say a sensor's value in one line: quantity, value, age, standing."""
    said = number(value, lang, unit=shown(stream.unit))
    name = STANDING_NAMES[Standing(how)]
    return f"{tr(title_of(stream.quantity), lang)}: {said}, {age_text(age_s, lang)} ({tr(name, lang)})"
