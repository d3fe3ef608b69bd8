"""What is heard at one place, and from where: the level that each street brings there, straight and reflected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise import store as stores
from twin.models.noise.attend import Columns
from twin.models.noise.engine import powered
from twin.models.noise.facades import OUT
from twin.models.noise.flat import HOUSE
from twin.models.noise.listeners import ring_codes
from twin.models.noise.product import emitted
from twin.models.noise.rays import rays
from twin.models.noise.surroundings import at, ground_raster, surroundings
from twin.models.noise.traffic_of import LENGTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.models.noise.engine import Setting
    from twin.models.noise.rays import Ray
    from twin.models.noise.store import Block
    from twin.models.noise.surroundings import Surroundings

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

AT_WALL = 0.5
"""Distance [m] from a wall within which a place is one in front of it."""
PIECES = 60
"""Pieces of street, the loudest, whose paths are told one by one."""


@dataclass(frozen=True, eq=False)
class Heard:
    """Leq,24h at a place (3,) [m] and its parts.

    ``streets`` names by level, loudest first, ``levels`` (n,) [dB(A)] of each and ``reflected`` (n,) that part of it
    which walls reflect; ``rays`` the paths from the pieces of street that bring most, loudest first.
    ``indoors``: the place lies in a house, so that the level has no meaning. ``facade``: it is in front of one, whose
    own reflection is left out.
    """

    place: Floats
    total: float
    streets: tuple[str, ...]
    levels: Floats
    reflected: Floats
    rays: tuple[Ray, ...]
    indoors: bool = False
    facade: bool = False


def heard_at(city: City, per_link: Floats, setting: Setting, x: float, y: float, height: float) -> Heard:
    """Return what is heard at a place; one at a wall is taken as the receiver in front of it.

    Parameters
    ----------
    city : City
    per_link : array, shape (3, links, 8)
        See :func:`twin.models.noise.engine.hear`.
    setting : Setting
    x, y, height : float [m]
        Above the ground.
    """
    around = surroundings(city, setting.default_g, setting.facade_absorption)
    power, lines = powered(around, per_link)
    raster = ground_raster(city.terrain)
    z = float(at(raster, np.array([[x, y]], dtype=np.float64))[0]) + height
    x, y, own = _in_front(around, x, y, z)
    xy = np.array([[x, y]])
    codes, where = ring_codes(around.scene, xy)
    one = np.array([0, 1], dtype=np.int64)
    columns = Columns(xy, np.array([z]), one, np.array([own], dtype=np.int64), codes, where)
    energies = []
    for order in (0, setting.order):
        rules = replace(setting, order=order, missing=0.0).rules
        (block,) = stores.fill(around.scene.flat, lines, columns, rules, np.zeros(1, dtype=np.int64))
        slot, sent, places = emitted((block,), lines, power)
        rows = slot[block.piece]
        weights = _weights(sent[rows], places[rows], xy[0], setting)
        energies.append((_shares(block) * weights).sum(axis=(1, 2)))
    direct, every = energies
    names = np.array(_names(city, around), dtype=object)
    of = names[np.searchsorted(lines.base, block.piece, side="right") - 1]
    found = sorted({str(name) for name in of})
    sums = np.array([every[of == name].sum() for name in found])
    straight = np.array([direct[of == name].sum() for name in found])
    order_of = np.argsort(-sums, kind="stable")
    loud = np.argsort(-every, kind="stable")[:PIECES]
    ways = rays(
        around.scene.flat, stores.scratch(around.scene.flat, rules), lines, columns, rules,
        block.piece[loud].astype(np.int64), np.ascontiguousarray(weights[loud]), [str(name) for name in of[loud]],
    )  # fmt: skip
    return Heard(
        np.array([x, y, z]), float(_decibels(every.sum())), tuple(found[i] for i in order_of),
        _decibels(sums[order_of]), _decibels(np.maximum(sums - straight, 0.0)[order_of]), ways,
        bool((codes % 3 == HOUSE).any()), own >= 0,
    )  # fmt: skip


def _in_front(around: Surroundings, x: float, y: float, z: float) -> tuple[float, float, int]:
    """Return a place, moved to where a receiver stands if a wall is near that is higher, and the house of that wall."""
    flat, here = around.scene.flat, np.array([x, y])
    walls = np.flatnonzero(flat.kind == HOUSE)
    walls = walls[around.scene.tops[flat.of[walls]] > z]
    start, way = flat.edges[walls, :2], flat.edges[walls, 2:4] - flat.edges[walls, :2]
    share = ((here - start) * way).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1e-12)
    foot = start + np.clip(share, 0.0, 1.0)[:, None] * way
    away = np.hypot(*(here - foot).T)
    if not len(away) or away.min() > AT_WALL:
        return x, y, -1
    nearest = int(away.argmin())
    x, y = foot[nearest] + OUT * flat.normal[walls[nearest]]
    return float(x), float(y), int(flat.of[walls[nearest]])


def _weights(sent: Floats, places: Floats, here: Floats, setting: Setting) -> Floats:
    """Return what pieces send out (n, 2, 8), mean of 24 hours: in homogeneous and in favourable times."""
    often = setting.often
    turn = np.arctan2(here[0] - places[:, 0], here[1] - places[:, 1]) / (2 * np.pi)
    sector = ((turn + 1) * often.shape[1] + 0.5).astype(np.int64) % often.shape[1]
    share = np.stack([1 - often[:, sector], often[:, sector]], axis=1)  # (3, 2, n)
    return np.asarray(np.einsum("p,pcn,npb->ncb", np.array(LENGTHS) / 24, share, sent))


def _shares(block: Block) -> Floats:
    """Return the shares of energy (n, 2, 8) of a block of one receiver."""
    bits = (block.codes.astype(np.int32) << 13) + 0x21800000
    return np.where(block.codes > 0, bits.view(np.float32), 0.0).astype(np.float64)


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
