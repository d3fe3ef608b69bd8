"""What the engine process does for the window: it holds a city with its chain, answers, and makes meshes anew.

Nothing here imports Qt. What is held is warm state: when the engine was ended, it is given the city again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import TwinError
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.chain.chain import Chain
    from twin.city.city import City
    from twin.jobs import Job
    from twin.layer import Layer
    from twin.scene.remesh import Footing

_CITIES = 2


class NotHeld(TwinError):
    """The engine does not have the city (any more)."""


@dataclass(frozen=True, eq=False)
class _Held:
    chain: Chain
    footing: Footing


@dataclass(frozen=True, eq=False)
class Drawn:
    """What of the picture is another after edits: parts of the mesh, and the layers of the drop-ins."""

    parts: Mapping[str, Any]
    layers: Mapping[str, Layer]
    errors: Mapping[str, str]


_held: OrderedDict[str, _Held] = OrderedDict()


def hold(source: City | Path, key: str, folder: Path | None, footing: Footing, job: Job) -> None:
    """Take a city, or read it, and keep it under its key.

    Parameters
    ----------
    source : City or Path
        The city, or the project it lies in unchanged: reading it again costs less than sending it.
    key : str
        Content hash of the city.
    folder : Path or None
        Project that keeps the results.
    footing : Footing
        What parts of its mesh stand on.
    job : Job
    """
    from twin.chain.chain import Chain
    from twin.models.compile import compile_all
    from twin.project import load_city

    if key in _held:
        return
    job.progress(0.0, N_("Reading the project"))
    city = load_city(source, job.part(0.0, 0.5)) if isinstance(source, Path) else source
    know_dropins()
    compile_all(job.part(0.5, 1.0))
    _held[key] = _Held(Chain(city, folder), footing)
    while len(_held) > _CITIES:
        _held.popitem(last=False)[1].chain.close()


def know_dropins() -> None:
    """Know the models of drop-ins, loaded anew where a file of them is another."""
    from twin import plugins
    from twin.dropins.register import register

    stamp = plugins.stamp()
    if stamp != _stamp.get("dropins"):
        _stamp["dropins"] = stamp
        register(plugins.discover())


_stamp: dict[str, object] = {}


def answer(key: str, scenarios: tuple[bytes, ...], models: tuple[str, ...], lacking: tuple[str, ...], job: Job) -> None:
    """Run models for a scenario of the held city and its reference.

    Each Step is given as soon as it is there; only those of models that are ``lacking``, as the window has the others.
    """
    from twin.scenario.codec import decode_scenario

    know_dropins()
    asked = [decode_scenario(one, "scenario") for one in scenarios]
    for step in _find(key).chain.steps(asked, models, job, previews=True, exact=True):
        if step.model in lacking:
            job.give(step)


def remesh(key: str, scenario: bytes, job: Job) -> Drawn:
    """Make anew what a scenario's edits change of the held city's picture."""
    from twin import plugins
    from twin.scenario.codec import decode_scenario
    from twin.scenario.scenario import PRESENT
    from twin.scene import remesh as meshing

    held = _find(key)
    base, city = held.chain.city(PRESENT), held.chain.city(decode_scenario(scenario, "scenario"))
    job.progress(0.1, N_("Building the city"))
    made = meshing.parts(base, city, held.footing)
    # those made on request take long, and whoever shows one has it made beside the engine
    layers, errors = plugins.evaluate([one for one in plugins.discover() if not one.on_request], city)
    return Drawn(made, layers, errors)


def _find(key: str) -> _Held:
    held = _held.get(key)
    if held is None:
        raise NotHeld("The engine does not hold this city.")
    _held.move_to_end(key)
    return held


def trace(key: str, scenario: bytes, roads: tuple[str, ...], place: tuple[float, float] | None, job: Job) -> Any:
    """Return who uses some streets, or how far one gets from a place by car, in a scenario of the held city."""
    from twin.models.traffic.urban.run import Working
    from twin.models.traffic.urban.trace import through, travel_times
    from twin.scenario.codec import decode_scenario

    chain = _find(key).chain
    wanted = decode_scenario(scenario, "scenario")
    working = chain.working(wanted, "traffic", job).working
    assert isinstance(working, Working)
    if place is not None:
        return travel_times(working.loaded, chain.city(wanted), *place)
    return through(working.loaded, chain.city(wanted), roads)
