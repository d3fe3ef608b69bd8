"""What is heard at one place, and from where: the level that each street brings there, straight and reflected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise import store as stores
from twin.models.noise.attend import Columns
from twin.models.noise.engine import Setting, powered
from twin.models.noise.flat import HOUSE
from twin.models.noise.listeners import ring_codes
from twin.models.noise.product import emitted
from twin.models.noise.surroundings import at, ground_raster, surroundings
from twin.models.noise.traffic_of import LENGTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.noise.store import Block
    from twin.models.noise.surroundings import Surroundings

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Heard:
    """Leq,24h at a place (3,) [m] and its parts.

    ``streets`` names by level, loudest first, ``levels`` (n,) [dB(A)] of each and ``reflected`` (n,) that part of it
    which walls reflect; ``start`` (m, 3) middles of the pieces of street that bring most, ``ray`` (m,) their levels.
    ``indoors``: the place lies in a house, so that the level has no meaning.
    """

    place: Floats
    total: float
    streets: tuple[str, ...]
    levels: Floats
    reflected: Floats
    start: Floats
    ray: Floats
    indoors: bool = False


def heard_at(
    city: City, per_link: Floats, setting: Setting, x: float, y: float, height: float, rays: int = 40
) -> Heard:
    """Return what is heard at a place.

    Parameters
    ----------
    city : City
    per_link : array, shape (3, links, 8)
        See :func:`twin.models.noise.engine.hear`.
    setting : Setting
    x, y, height : float [m]
        Above the ground.
    rays : int
        Pieces of street that are told apart, the loudest.
    """
    around = surroundings(city, setting.default_g, setting.facade_absorption)
    power, lines = powered(around, per_link)
    raster = ground_raster(city.terrain)
    xy = np.array([[x, y]], dtype=np.float64)
    z = float(at(raster, xy)[0]) + height
    codes, where = ring_codes(around.scene, xy)
    one = np.array([0, 1], dtype=np.int64)
    columns = Columns(xy, np.array([z]), one, np.array([-1], dtype=np.int64), codes, where)
    energies = []
    for order in (0, setting.order):
        rules = replace(setting, order=order, missing=0.0).rules
        (block,) = stores.fill(around.scene.flat, lines, columns, rules, np.zeros(1, dtype=np.int64))
        slot, sent, places = emitted((block,), lines, power)
        energies.append(_energy(block, slot, sent, setting))
    direct, every = energies
    number = block.piece
    line = np.searchsorted(lines.base, number, side="right") - 1
    names = np.array(_names(city, around))
    of = names[line] if len(line) else np.empty(0, dtype=object)
    found = sorted({str(name) for name in of})
    sums = np.array([every[of == name].sum() for name in found])
    straight = np.array([direct[of == name].sum() for name in found])
    order_of = np.argsort(-sums, kind="stable")
    loud = np.argsort(-every, kind="stable")[:rays]
    plan = places[slot[number[loud]]] if len(number) else np.empty((0, 2))
    start = np.column_stack([plan, at(raster, plan) + 0.05]) if len(plan) else np.empty((0, 3))
    return Heard(
        np.array([x, y, z]), float(_decibels(every.sum())), tuple(found[i] for i in order_of),
        _decibels(sums[order_of]), _decibels(np.maximum(sums - straight, 0.0)[order_of]), start, _decibels(every[loud]),
        bool((codes % 3 == HOUSE).any()),
    )  # fmt: skip


def _energy(block: Block, slot: NDArray[np.int64], sent: Floats, setting: Setting) -> Floats:
    """Return the energy of each piece, mean of 24 hours."""
    bits = (block.codes.astype(np.int32) << 13) + 0x21800000
    share = np.where(block.codes > 0, bits.view(np.float32), 0.0).astype(np.float64)
    out = sent[slot[block.piece]]
    total = np.zeros(len(block.piece))
    for k, often in enumerate(setting.favourable):
        mean = (1 - often) * share[:, 0] + often * share[:, 1]
        total += LENGTHS[k] / 24 * (out[:, k] * mean).sum(axis=1)
    return total


def _names(city: City, around: Surroundings) -> list[str]:
    """Return the name of the street of each line, else its kind."""
    rows = np.zeros(around.stretches, dtype=np.int64)
    rows[around.stretch] = around.link
    names, kinds = city.roads["name"].to_numpy(object), city.roads["kind"].to_numpy(object)
    first = around.streets.stretch[around.streets.lines.part_at[:-1]]
    return [str(names[rows[i]] or kinds[rows[i]]) for i in first]


def _decibels(energy: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(energy))
