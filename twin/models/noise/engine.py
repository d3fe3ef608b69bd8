"""Levels in a City: the scene, the receivers and the store, made anew or from those of a City before an edit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.models.noise import restreet
from twin.models.noise import store as stores
from twin.models.noise.air import A_WEIGHTING, absorption
from twin.models.noise.attend import Rules
from twin.models.noise.listeners import Listeners, fronts, listeners
from twin.models.noise.streets import LEAST, RATIO
from twin.models.noise.surroundings import Surroundings, surroundings
from twin.models.noise.traffic_of import LENGTHS
from twin.text import N_

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.noise.store import Store
    from twin.models.noise.streets import Lines

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

SHAPED = {
    "buildings": ("ground", "base", "height", "parent", "floors"),
    "barriers": ("height", "a63", "a125", "a250", "a500", "a1000", "a2000", "a4000", "a8000"),
    "cover": ("kind", "ground_factor"),
    "roads": ("name", "kind", "bridge", "tunnel"),
}
"""Columns that, with the geometry, decide what paths there are."""
_LOOK = N_("Placing streets, houses and receivers")


@dataclass(frozen=True)
class Setting:
    """How a City is listened to: the rules of paths and where receivers are, see :mod:`twin.models.noise.model`."""

    reach: float
    wall_reach: float
    order: int
    missing: float
    interval: float
    floors: str
    spacing: float
    height: float
    default_g: float
    facade_absorption: float
    temperature: float
    humidity: float
    favourable: tuple[tuple[float, ...], ...]

    @property
    def rules(self) -> Rules:
        """The rules for the kernels."""
        air = absorption(self.temperature, self.humidity)
        share = 10 ** (self.missing / 10) - 1
        return Rules(self.reach, self.wall_reach, self.order, RATIO, LEAST, share, 0.0, air)

    @property
    def often(self) -> Floats:
        """Share of favourable conditions (3, s) by period and sector of the direction in which sound travels."""
        return np.array(self.favourable, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Heard:
    """What is heard in a City, and all that helps to answer for the next.

    ``levels`` (n, 3) [dB(A)] of day, evening, night at all receivers; ``power`` (stretches, 3, 8) A-weighted;
    ``computed`` pairs of piece and column that were computed for this answer.
    """

    city: City
    setting: Setting
    surroundings: Surroundings
    listeners: Listeners
    lines: Lines
    store: Store
    power: Floats
    levels: NDArray[np.float32]
    computed: int
    known: dict[Any, Any]

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Its large arrays."""
        blocks = [part for block in self.store.blocks for part in (block.codes, block.piece, block.left)]
        flat = self.surroundings.scene.flat
        return (*blocks, self.levels, *self.store.columns, flat.edges, flat.kept, flat.in_cell, flat.cell_at)

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        return sum(part.nbytes for part in self.arrays)


def hear(
    city: City, per_link: Floats, setting: Setting, before: Heard | None = None, changed: Changes | None = None,
    job: Job | None = None,
) -> Heard:  # fmt: skip
    """Return what is heard in a City.

    Parameters
    ----------
    city : City
    per_link : array, shape (3, links, 8)
        Power of the links per metre by period [W re 1 pW], not weighted.
    setting : Setting
    before, changed : Heard and Changes, optional
        An earlier answer with the same setting but for ``favourable``, and what may differ since.
    job : Job, optional
    """
    if job is not None:
        job.progress(0.0, _LOOK)
    step = None if before is None or changed is None else _step(before, city, changed, setting)
    around = before.surroundings if step is not None and before is not None and step.same_scene else None
    if around is None:
        same = before.surroundings if step is not None and before is not None and step.same_roads else None
        around = surroundings(city, setting.default_g, setting.facade_absorption, same, job)
    if job is not None:
        job.check()
    power, lines = powered(around, per_link)
    known = dict(before.known) if step is not None and before is not None else {}
    rest = None if job is None else job.part(0.05, 0.97)
    if before is None or step is None:
        who = listeners(
            city, around.scene, around.house, setting.interval, setting.floors, setting.spacing, setting.height,
            known, None, rest,
        )  # fmt: skip
        every = np.arange(len(who.columns.xy))
        store = stores.Store(
            who.columns, stores.fill(around.scene.flat, lines, who.columns, setting.rules, every, rest)
        )  # fmt: skip
        computed = sum(len(block.piece) for block in store.blocks)
    else:
        who, store, computed = _moved(before, city, around, lines, setting, step, known, rest)
    levels, store, more = _levels(around, lines, power, store, setting, job)
    return Heard(city, setting, around, who, lines, store, power, levels, computed + more, known)


@dataclass(frozen=True, eq=False)
class _Step:
    """What an edit changed: boxes (n, 4) of what may be in the way, whether scene, houses and roads are the same."""

    boxes: Floats
    same_scene: bool
    same_houses: bool
    same_roads: bool


def _step(before: Heard, city: City, changed: Changes, setting: Setting) -> _Step | None:
    """Return what of a scene an edit touches; None when all of it may, or it is listened to otherwise."""
    # how often conditions are favourable is a weight of what the store holds
    if replace(before.setting, favourable=setting.favourable) != setting:
        return None
    if "terrain" in changed.tables and city.terrain is not before.city.terrain:
        return None
    boxes: list[Floats] = []
    same = {"buildings": True, "barriers": True, "cover": True, "roads": True}
    for table, columns in SHAPED.items():
        ids = changed.of(table)
        if ids == frozenset():
            continue
        found = _differ(before.city.table(table), city.table(table), ids, columns)
        same[table] = not len(found)
        if table != "roads":  # a street is in nobody's way
            boxes.append(found)
    if "places" in changed.tables:
        same["buildings"] = False
    every = np.concatenate([np.empty((0, 4)), *boxes])
    return _Step(every[np.isfinite(every).all(axis=1)], all(same.values()), same["buildings"], same["roads"])


def _differ(old: Any, new: Any, ids: frozenset[str] | None, columns: tuple[str, ...]) -> Floats:
    """Return the boxes of rows that have another shape, or another value in some columns, in two tables."""

    def rows(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        part = table if ids is None else table[table["id"].isin(ids)]
        return part.set_index("id")

    one, two = rows(old), rows(new)
    shared = one.index.intersection(two.index)
    a, b = one.loc[shared], two.loc[shared]
    different = ~shapely.equals_identical(np.asarray(a.geometry.values), np.asarray(b.geometry.values))
    for column in columns:
        left, right = a[column], b[column]
        different |= ~((left == right) | (left.isna() & right.isna())).to_numpy(bool)
    parts = [one.drop(shared), two.drop(shared), a[different], b[different]]
    return np.concatenate([part.bounds.to_numpy(dtype=np.float64).reshape(-1, 4) for part in parts])


def powered(around: Surroundings, per_link: Floats) -> tuple[Floats, Lines]:
    """Return power per metre of the parts of lines (parts, 3, 8), A-weighted, and lines ranked by their mean."""
    weighted = around.powers(per_link) * 10 ** (A_WEIGHTING / 10)
    power = np.ascontiguousarray(weighted[:, around.streets.stretch].transpose(1, 0, 2))
    mean = np.ascontiguousarray(np.tensordot(power, np.array(LENGTHS) / 24, axes=(1, 0)))
    return power, around.streets.lines._replace(power=mean)


def _moved(
    before: Heard,
    city: City,
    around: Surroundings,
    lines: Lines,
    setting: Setting,
    step: _Step,
    known: dict[Any, Any],
    job: Job | None,
) -> tuple[Listeners, Store, int]:
    """Return receivers and store after an edit, computing what it can touch."""
    if step.same_scene and step.same_houses:
        return before.listeners, before.store, 0
    scene = around.scene
    same_line = restreet.known_lines(before.lines, before.surroundings.scene, lines, scene)
    old = before.listeners
    facade = old.facade if step.same_houses else fronts(city, setting.interval, setting.floors, known, job)
    who = listeners(
        city, around.scene, around.house, setting.interval, setting.floors, setting.spacing, setting.height, known,
        facade, job,
    )  # fmt: skip
    was = _matched(old, who)
    kept, fresh = stores.taken(before.store, who.columns, was)
    kept = restreet.renumbered(kept, before.lines, lines, same_line)
    own = np.where(was >= 0, old.columns.own[np.maximum(was, 0)], -1)
    count = 0
    if len(step.boxes):
        kept, count = stores.changed(
            before.surroundings.scene.flat, scene.flat, lines, kept, own, setting.rules, step.boxes, job
        )  # fmt: skip
    kept, more = restreet.added(scene, lines, np.flatnonzero(same_line < 0), kept, setting.rules, job)
    blocks = stores.fill(scene.flat, lines, who.columns, setting.rules, fresh, None)
    count += more + sum(len(block.piece) for block in blocks)
    return who, stores.Store(who.columns, (*kept.blocks, *blocks)), count


def _matched(old: Listeners, new: Listeners) -> Whole:
    """Return for each column the same column of before, −1 where there is none."""

    def keys(who: Listeners) -> list[bytes]:
        columns = who.columns
        at, z = columns.at, columns.z
        standing = columns.own >= 0
        return [
            columns.xy[c].tobytes() + z[at[c] : at[c + 1]].tobytes() + (b"w" if standing[c] else b"")
            for c in range(len(columns.xy))
        ]

    where = {key: c for c, key in enumerate(keys(old))}
    return np.array([where.get(key, -1) for key in keys(new)], dtype=np.int64)


def _levels(
    around: Surroundings, lines: Lines, power: Floats, store: Store, setting: Setting, job: Job | None
) -> tuple[NDArray[np.float32], Store, int]:
    """Return levels, having computed what was left out and may matter now."""
    share, more = setting.rules.missing, 0
    levels, short = stores.levels(store, lines, power, setting.often, share)
    if len(short):
        rest = None if job is None else job.part(0.97, 1.0)
        blocks = stores.fill(around.scene.flat, lines, store.columns, setting.rules, short, rest)
        more = sum(len(block.piece) for block in blocks)
        store = stores.Store(store.columns, (*stores.without(store, short).blocks, *blocks))
        levels, _ = stores.levels(store, lines, power, setting.often, 0.0)
    return levels, store, more
