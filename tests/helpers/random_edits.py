"""Random edits on a small city, for the property that an incremental answer equals the full one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.scenario.buildings import AddBuilding, ChangeBuilding, HousingTransfer, RemoveBuilding
from twin.scenario.others import AddBarrier, AddPlace, FleetMix, RemovePlace
from twin.scenario.streets import AddPath, ChangeRoad, RemovePath

if TYPE_CHECKING:
    from numpy.random import Generator

    from twin.city.city import City
    from twin.scenario.kinds import AnyEdit


def random_edit(rng: Generator, city: City) -> AnyEdit:
    """Return an edit that can act on the city as it is."""
    west, south, east, north = city.paths.total_bounds if len(city.paths) else (0.0, 0.0, 900.0, 900.0)

    def point() -> tuple[float, float]:
        return float(rng.uniform(west, east)), float(rng.uniform(south, north))

    def some(table: str, most: int) -> tuple[str, ...]:
        ids = city.table(table)["id"].to_numpy(object)
        return tuple(str(i) for i in rng.choice(ids, min(len(ids), int(rng.integers(1, most + 1))), replace=False))

    def near(x: float, y: float, reach: float) -> tuple[float, float]:
        return x + float(rng.uniform(-reach, reach)), y + float(rng.uniform(-reach, reach))

    def ring() -> tuple[tuple[float, float], ...]:
        x, y = point()
        w, h = rng.uniform(5, 40, 2)
        return (x, y), (x + w, y), (x + w, y + h), (x, y + h)

    def bridge() -> AnyEdit:
        start = point()
        return AddPath(
            line=(start, near(*start, 300.0)), tolerance=float(rng.uniform(1, 120)), steps=bool(rng.random() < 0.2)
        )

    makers: list[Any] = [
        bridge,
        bridge,
        lambda: RemovePath(paths=some("paths", 4)),
        lambda: AddBuilding(footprint=ring(), height=9.0, residents=float(rng.integers(0, 99)), jobs=3.5),
        lambda: RemoveBuilding(buildings=some("buildings", 3)),
        lambda: ChangeBuilding(buildings=some("buildings", 3), residents=float(rng.integers(0, 99))),
        lambda: ChangeBuilding(buildings=some("buildings", 1), footprint=ring()),
        lambda: ChangeBuilding(buildings=some("buildings", 3), height=33.0),
        lambda: AddPlace(at=point(), place_kind=str(rng.choice(["school", "stop", "library"]))),
        lambda: RemovePlace(places=some("places", 2)),
        lambda: HousingTransfer(zone="z0", dwellings=10.0, tenure={"rental": 1.0}, buildings=some("buildings", 2)),
        lambda: AddBarrier(line=(point(), point()), height=2.0),
        lambda: FleetMix(electric=float(rng.uniform(0, 100))),
        lambda: ChangeRoad(roads=("r1",), speed=float(rng.uniform(20, 60))),
    ]
    while True:
        try:
            return makers[int(rng.integers(len(makers)))]()
        except ValueError:  # the table has run empty, or a line came out too short: draw again
            continue
