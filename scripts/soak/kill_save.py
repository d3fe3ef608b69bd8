#!/usr/bin/env python
"""Kill the program with SIGKILL at random moments while it saves, creates or imports; look at what is left.

Usage: scripts/soak/kill_save.py [--rounds 25] [--buildings 20000] [--seed 1]

Each round starts a process that writes, kills it at a random moment, and opens the project again. What is on disk
must be the last city that was acknowledged, or the one being written, whole; never a part, never nothing.
Prints one line per kind of writing; exit 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from twin.city.city import City, Terrain
from twin.errors import BadInput
from twin.importing import import_files
from twin.project import create, open_project
from twin.state import State

KINDS = ("save", "autosave", "create", "import")


@dataclass
class Outcome:
    """What a number of kills left behind."""

    kind: str
    rounds: int = 0
    before: int = 0
    after: int = 0
    acknowledged: int = 0
    broken: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Say it in a line."""
        return (
            f"{self.kind:9} {self.rounds:3} kills: {self.before:3} left the city before, {self.after:3} the one being "
            f"written, {len(self.broken)} broken; {self.acknowledged} writes had been acknowledged"
        )


def numbered_city(number: int, buildings: int) -> City:
    """Return a city whose every value says its number."""
    i = np.arange(buildings)
    x, y = 150_000.0 + i % 200 * 25.0, 6_580_000.0 + i // 200 * 25.0
    frame = gpd.GeoDataFrame(
        {"id": [f"b{k}" for k in i], "height": np.full(buildings, float(number))},
        geometry=shapely.box(x, y, x + 12, y + 14), crs="EPSG:3011",
    )  # fmt: skip
    heights = np.full((200, 300), float(number), dtype=np.float32)
    city = City(f"number {number}", "EPSG:3011", terrain=Terrain(heights, (5.0, 0, 150_000.0, 0, -5.0, 6_581_000.0)))
    return city.replaced(buildings=frame)


def number_of(city: City, buildings: int) -> int:
    """Return the number of a city; ValueError when it is not wholly of one."""
    number = int(city.name.split()[1])
    whole = len(city.buildings) == buildings and (city.buildings["height"] == number).all()
    if not whole or city.terrain is None or not (city.terrain.heights == number).all():
        raise ValueError(f"{city.name}: only a part of it is there")
    return number


def cityjson(path: Path, buildings: int, number: int) -> None:
    """Write a CityJSON file of boxes for the import, each number elsewhere."""
    objects, vertices = {}, []
    for i in range(buildings):
        x, y = 160_000 + 5000 * number + i % 100 * 30, 6_580_000 + i // 100 * 30
        corners = [(x + a, y + b, z) for z in (10, 22) for a, b in ((0, 0), (12, 0), (12, 12), (0, 12))]
        n = len(vertices)
        vertices += corners
        faces = [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
        shell = [[[n + k for k in face]] for face in faces]
        objects[f"import-{number}-{i}"] = {
            "type": "Building",
            "geometry": [{"type": "Solid", "lod": "1", "boundaries": [shell]}],
        }
    system = "https://www.opengis.net/def/crs/EPSG/0/3011"
    whole = {"type": "CityJSON", "version": "1.1", "metadata": {"referenceSystem": system}, "CityObjects": objects}
    whole |= {"transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]}, "vertices": vertices}
    path.write_text(json.dumps(whole))


def _more(buildings: int) -> int:
    return max(buildings // 20, 50)


def work(kind: str, folder: Path, number: int, buildings: int) -> None:
    """Write again and again until killed; says when each writing begins and ends."""
    while True:
        number += 1
        if kind == "import":
            file = folder / f"more-{number}.json"
            cityjson(file, _more(buildings), number)
            print("begin", number, flush=True)
            import_files([file], folder / "p.twin")
        elif kind == "create":
            city = numbered_city(number, buildings)
            print("begin", number, flush=True)
            create(folder / f"made-{number}.twin", city).close()
        else:
            city = numbered_city(number, buildings)
            with open_project(folder / "p.twin") as project:
                state = State(city)
                print("begin", number, flush=True)
                project.save(state) if kind == "save" else project.autosave(state)
        print("end", number, flush=True)


def _killed(kind: str, folder: Path, number: int, buildings: int, delay: float) -> tuple[int, int | None]:
    """Run :func:`work` in a process and kill it; return the numbers last begun and last ended (None: not one)."""
    command = [sys.executable, __file__, "--work", kind, str(folder), str(number), "--buildings", str(buildings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ended = None
        first = process.stdout.readline().split()
        if not first:
            raise RuntimeError("the writer ended by itself")
        begun = int(first[1])
        time.sleep(delay)
        process.kill()
        for line in process.stdout:
            word, value = line.split()
            begun, ended = (int(value), ended) if word == "begin" else (begun, int(value))
    return begun, ended


def soak(kind: str, rounds: int, buildings: int, seed: int, folder: Path) -> Outcome:
    """Kill one kind of writing at random moments.

    Parameters
    ----------
    kind : str
        ``"save"``, ``"autosave"``, ``"create"`` or ``"import"``.
    rounds : int
        How often.
    buildings : int
        Size of the city that is written.
    seed : int
        Of the moments.
    folder : Path
        Empty folder to work in.
    """
    chance = random.Random(seed)
    outcome = Outcome(kind)
    create(folder / "p.twin", numbered_city(0, buildings)).close()
    cityjson(folder / "more-0.json", _more(buildings), 0)
    longest = _duration(kind, folder, buildings)
    number = held = 0
    while outcome.rounds < rounds:
        if kind == "import":
            shutil.rmtree(folder / "p.twin")
            create(folder / "p.twin", numbered_city(0, buildings)).close()
        begun, ended = _killed(kind, folder, number, buildings, chance.uniform(0, longest))
        outcome.rounds += 1
        outcome.acknowledged += 0 if ended is None else ended - number
        last = held if ended is None else ended
        try:
            if kind == "create":
                whole = _look_at_new(folder, number, begun, ended or number, buildings)
            else:
                held = _look(kind, folder, buildings)
                if held not in (last, begun):
                    raise ValueError(f"holds {held}; {last} was acknowledged, {begun} was being written")
                whole = held == begun
            outcome.after += whole
            outcome.before += not whole
        except (BadInput, ValueError) as error:
            outcome.broken.append(f"round {outcome.rounds}: {error}")
        number = begun
        if kind == "import":
            number = held = 0
    return outcome


def _duration(kind: str, folder: Path, buildings: int) -> float:
    """Return how long one writing takes, a little more [s]."""
    place = folder / "measured"
    place.mkdir()
    began = time.monotonic()
    with create(place / "m.twin", numbered_city(0, buildings)) as project:
        lasted = time.monotonic() - began
    if kind == "import":
        began = time.monotonic()
        import_files([folder / "more-0.json"], project.path)
        lasted = time.monotonic() - began
    shutil.rmtree(place)
    return lasted * 1.5 + 0.4  # the writer also imports what writes


def _look(kind: str, folder: Path, buildings: int) -> int:
    """Open the project and return the number of the city it holds; ValueError when it is not whole."""
    with open_project(folder / "p.twin") as project:
        city = project.state().city
        if kind == "import":
            added = len(city.buildings) - buildings
            if added % _more(buildings):
                raise ValueError(f"{added} buildings were added")
            return added // _more(buildings)
        if kind == "autosave":
            if number_of(city, buildings) != 0:
                raise ValueError("an autosave changed the save")
            found = project.versions()
            return number_of(project.restore(found[0]).city, buildings) if found else 0
        return number_of(city, buildings)


def _look_at_new(folder: Path, start: int, begun: int, ended: int, buildings: int) -> bool:
    """Look at all projects that were made; return whether the last one begun is there."""
    for number in range(start + 1, begun + 1):
        path = folder / f"made-{number}.twin"
        if not path.exists():
            if number <= ended:
                raise ValueError(f"{path.name} was acknowledged and is not there")
            return False
        with open_project(path) as project:
            if number_of(project.state().city, buildings) != number:
                raise ValueError(f"{path.name} holds another city")
        shutil.rmtree(path)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--buildings", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(args.work[0], Path(args.work[1]), int(args.work[2]), args.buildings)
    broken = 0
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            outcome = soak(kind, args.rounds, args.buildings, args.seed, Path(folder))
        print(outcome.text(), *outcome.broken, sep="\n  ")
        broken += len(outcome.broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
