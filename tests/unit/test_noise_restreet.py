"""Streets that come, go and move: only what they touch is computed, and the answer is that of a full run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from noise_towns import frame
from shapely import affinity
from shapely.geometry import LineString, box
from small_cities import CRS

from twin.city.changes import Changes
from twin.city.city import City
from twin.city.schema import conform
from twin.models.noise import model as noise

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from twin.result import Result

ASKED: dict[str, Any] = {"grid": 40.0, "interval": 20.0, "reach": 150.0, "missing": 0.0}


def city_of(roads: list[dict[str, Any]]) -> City:
    houses = [box(x, y, x + 24, y + 20) for x in range(-280, 300, 70) for y in (-80, -40, 14, 60)]
    rows = [{"id": f"b{n}", "height": 9.0 + n % 5, "ground": 0.0, "floors": 3.0} for n in range(len(houses))]
    base = City("town", CRS).replaced(buildings=conform("buildings", frame(rows, houses), CRS))
    return with_roads(base, roads)


def with_roads(city: City, roads: list[dict[str, Any]]) -> City:
    if not roads:
        return city.replaced(roads=city.roads.iloc[:0])
    street = {"aadt": 8000.0, "speed": 50.0, "kind": "primary"}
    table = frame([{**street, **{k: v for k, v in one.items() if k != "line"}} for one in roads],
                  [one["line"] for one in roads])  # fmt: skip
    return city.replaced(roads=conform("roads", table, CRS))


START: list[dict[str, Any]] = [
    {"id": "a1", "name": "A", "line": LineString([(-320, 0), (-100, 2)])},
    {"id": "a2", "name": "A", "line": LineString([(-100, 2), (120, 0)])},
    {"id": "a3", "name": "A", "line": LineString([(120, 0), (320, 5)])},
    {"id": "b1", "name": "B", "line": LineString([(-100, -120), (-100, 2)]), "aadt": 900.0},
    {"id": "c1", "name": "C", "line": LineString([(-320, 110), (320, 110)]), "aadt": 3000.0},
]


def changed(one: str, **more: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda roads: [{**row, **more} if row["id"] == one else row for row in roads]


def moved(one: str, x: float, y: float) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda roads: [
        {**row, "line": affinity.translate(row["line"], x, y)} if row["id"] == one else row for row in roads
    ]


EDITS: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "a new street": lambda roads: [*roads, {"id": "n", "name": "N", "line": LineString([(260, -130), (262, 60)])}],
    "a street that joins": lambda roads: [*roads, {"id": "m", "name": "A", "line": LineString([(320, 5), (360, 40)])}],
    "first in the table": lambda roads: [{"id": "0", "line": LineString([(-300, -90), (-200, -95)])}, *roads],
    "a street less": lambda roads: [row for row in roads if row["id"] != "b1"],
    "a street moved": moved("c1", 0.0, 6.0),
    "another name": changed("a2", name="Z"),
    "a bridge": changed("b1", bridge=True, line=LineString([(-100, -120), (-100, 60)])),
    "a tunnel": changed("c1", tunnel=True),
    "no street at all": lambda roads: [],
}  # fmt: skip


def levels(result: Result) -> np.ndarray:
    return np.concatenate([field.values.ravel() for field in result.fields]).astype(float)


def answer(city: City, previous: Result | None = None, ids: frozenset[str] = frozenset()) -> Result:
    what = None if previous is None else Changes({"roads": ids})
    return noise.run(city, noise.settled(noise.NOISE, ASKED), {}, previous, what)


@pytest.mark.parametrize("edit", EDITS)
def test_a_street_edit_is_answered_as_by_a_full_run(edit: str) -> None:
    city = city_of(START)
    before = answer(city)
    roads = EDITS[edit](START)
    edited = with_roads(city, roads)
    full = answer(edited)
    step = answer(edited, before)
    assert levels(step) == pytest.approx(levels(full), abs=0.01, nan_ok=True)
    assert step.working.computed <= full.working.computed  # type: ignore[attr-defined]
    back = answer(city, step)
    assert levels(back) == pytest.approx(levels(before), abs=0.01, nan_ok=True)


def test_only_receivers_within_reach_of_a_new_street_are_computed() -> None:
    city = city_of(START)
    before = answer(city)
    new = {"id": "n", "name": "N", "line": LineString([(290, -90), (292, -60)])}
    step = answer(with_roads(city, [*START, new]), before, frozenset({"n"}))
    assert 0 < step.working.computed < before.working.computed / 8  # type: ignore[attr-defined]
    still = answer(with_roads(city, [*START, new]), step)
    assert still.working.computed == 0  # type: ignore[attr-defined]


def test_streets_and_houses_edited_at_once_and_one_after_the_other() -> None:
    rng = np.random.default_rng(11)
    city, roads = city_of(START), list(START)
    last = answer(city)
    for n in range(6):
        roads = [*roads] if n % 2 else [row for row in roads if row["id"] != f"x{n - 2}"]
        x, y = rng.uniform(-250, 250), rng.uniform(-100, 100)
        roads.append({"id": f"x{n}", "name": f"X{n}", "line": LineString([(x, y), (x + 80, y + rng.uniform(-9, 9))])})
        table: pd.DataFrame = city.buildings
        tall = table["height"].where(table["id"] != f"b{int(rng.integers(len(table)))}", rng.uniform(4, 25))
        city = with_roads(city.replaced(buildings=table.assign(height=tall)), roads)
        last = noise.run(
            city, noise.settled(noise.NOISE, ASKED), {}, last, Changes({"roads": frozenset(), "buildings": frozenset()})
        )  # fmt: skip
        assert levels(last) == pytest.approx(levels(answer(city)), abs=0.01, nan_ok=True)
