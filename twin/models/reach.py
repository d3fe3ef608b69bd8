"""Reach: people, jobs, schools, stops and green within 400, 800 and 1,500 m on foot along the walk network.

Attraction reach as in Place Syntax: the weights of all destinations whose walking distance is within a radius
(A. Ståhle, L. Marcus, A. Karlström, Place Syntax, 5th Space Syntax Symposium, Delft 2005). Distances run from a
house's outline straight to the nearest link, along the network, and straight from the link to the destination; a
house counts itself. Streets are crossed where the network has a link across, nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.layer import Field
from twin.models.model import Model, Parameter, settled
from twin.models.walk.names import MILLI, TABLES
from twin.result import Indicator, Result
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.walk import answer as walk
    from twin.models.walk import world as ground
    from twin.result import Value

LIMITS = (400.0, 800.0, 1500.0)
"""Walking distances [m]: to a stop, to a school, to what a district offers."""
OWN = N_("assumption of this program")

PARAMETERS = (
    Parameter("count_access", N_("Count the way from house to network"), "", True, OWN),
    Parameter("access_limit", N_("Longest way from house to network"), "m", 250.0, OWN, 1.0, 2_000.0),
    Parameter("steps_factor", N_("Length of steps counts times"), "", 1.0, OWN, 1.0, 20.0),
    Parameter("step_free", N_("Without steps (wheelchair, pram)"), "", False, OWN),
    Parameter(
        "green_min", N_("Smallest green area"), "m²", 5_000.0,
        N_("WHO Regional Office for Europe 2016, Urban green spaces and health: 0.5–1 ha"), 0.0, 1e7,
    ),
    Parameter("green_gap", N_("A path this near leads into a green area"), "m", 25.0, OWN, 0.0, 200.0),
)  # fmt: skip

_MASS = (
    (
        (N_("Residents within 400 m on foot"), N_("Residents within 800 m on foot"),
         N_("Residents within 1,500 m on foot")),
        N_("persons"),
    ),
    (
        (N_("Jobs within 400 m on foot"), N_("Jobs within 800 m on foot"), N_("Jobs within 1,500 m on foot")),
        N_("jobs"),
    ),
)  # fmt: skip
_THINGS = (
    (
        (N_("Schools within 400 m on foot"), N_("Schools within 800 m on foot"), N_("Schools within 1,500 m on foot")),
        N_("Way to the nearest school"), "", 1.0,
    ),
    (
        (N_("Stops within 400 m on foot"), N_("Stops within 800 m on foot"), N_("Stops within 1,500 m on foot")),
        N_("Way to the nearest stop"), "", 1.0,
    ),
    (
        (N_("Green within 400 m on foot"), N_("Green within 800 m on foot"), N_("Green within 1,500 m on foot")),
        N_("Way to the nearest green area"), "ha", 1e-4,
    ),
)  # fmt: skip
_SHARES = (
    ("reach.school_800", N_("Residents with a school within 800 m on foot"), 0, 1),
    ("reach.stop_400", N_("Residents with a stop within 400 m on foot"), 1, 0),
    ("reach.green_400", N_("Residents with a green area within 400 m on foot"), 2, 0),
)
_MEANS = (
    ("reach.residents_800", N_("Residents within 800 m on foot, mean of residents"), 0, 1),
    ("reach.jobs_800", N_("Jobs within 800 m on foot, mean of residents"), 1, 1),
    ("reach.residents_1500", N_("Residents within 1,500 m on foot, mean of residents"), 0, 2),
    ("reach.jobs_1500", N_("Jobs within 1,500 m on foot, mean of residents"), 1, 2),
)
_UNCONNECTED = N_("Residents with no way to the walk network")
_MOST_PLACES = 2_000
_LOOK = N_("Placing houses on the walk network")


@dataclass(frozen=True, eq=False)
class Working:
    """Warm state between two questions: the World, the sums, and how many houses were looked at for them."""

    world: ground.World
    sums: walk.Sums
    looked_at: int

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        return self.world.nbytes + self.sums.nbytes


def run(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer what every house reaches.

    Parameters
    ----------
    city : City
        Reads paths, buildings (residents, jobs), places and cover.
    parameters : mapping
        Those of :data:`PARAMETERS` that are not at their default.
    inputs : mapping
        Results of other models; none are needed.
    previous, changed : Result, Changes, optional
        An earlier answer with its working state and the same parameters, and all that may differ since. The outcome
        is the same bit for bit; only houses from which something changed is within 1,500 m are looked at.
    job : Job, optional

    Returns
    -------
    Result
        Fields on buildings that are no parts; nan where a house meets no link.
    """
    # loading numba takes a second, which the window need not spend to know the model's name
    from twin.models.walk import answer as walk
    from twin.models.walk import world as ground
    from twin.models.walk.network import Rules

    values = settled(REACH, parameters)
    settings = ground.Settings(
        Rules(float(values["steps_factor"]), bool(values["step_free"])), float(values["access_limit"]),
        float(values["green_min"]), float(values["green_gap"]),
    )  # fmt: skip
    limits, count_access = np.array(LIMITS), bool(values["count_access"])
    working: Working | None = None
    if previous is not None and changed is not None and isinstance(previous.working, Working):
        before = previous.working
        step = None
        if previous.parameters == values:
            step = ground.update(before.world, city, changed, settings)
        if step is not None:
            sums, n = walk.answer_step(before.world, before.sums, step, limits, count_access, job)
            working = Working(step.world, sums, n)
    if working is None:
        if job is not None:
            job.progress(0.0, _LOOK)
        world = ground.build(city, settings)
        sums = walk.answer(world, limits, count_access, None if job is None else job.part(0.2, 1.0))
        working = Working(world, sums, len(world.homes.ids))
    fields = _fields(working)
    indicators = _indicators(working, fields)
    return Result("reach", REACH.version, values, "", fields, indicators, "final", _assumptions(values), working)


def _fields(working: Working) -> tuple[Field, ...]:
    world, sums = working.world, working.sums
    lost = world.homes.access.link < 0
    made = []

    def add(name: str, unit: str, values: NDArray[Any]) -> None:
        shown = values.astype(np.float32)
        shown[lost] = np.nan
        made.append(Field(name, unit, "buildings", world.homes.ids, shown, source="reach"))

    for c, (names, unit) in enumerate(_MASS):
        for r, name in enumerate(names):
            add(name, unit, sums.mass[:, c, r] / MILLI)
    for k, (names, way, unit, factor) in enumerate(_THINGS):
        for r, name in enumerate(names):
            add(name, unit, sums.things[:, k, r] * factor)
        add(way, "m", np.where(np.isfinite(sums.nearest[:, k]), sums.nearest[:, k], np.nan))
    return tuple(made)


def _indicators(working: Working, fields: tuple[Field, ...]) -> tuple[Indicator, ...]:
    homes, sums = working.world.homes, working.sums
    people = homes.weights[:, 0]
    total = float(people.sum())
    on = homes.access.link >= 0
    made = []

    def places(rows: NDArray[np.bool_]) -> tuple[str, ...]:
        found = np.flatnonzero(rows)
        most = found[np.argsort(-people[found], kind="stable")][:_MOST_PLACES]
        return tuple(str(name) for name in homes.ids[np.sort(most)])

    for id, title, kind, limit in _SHARES:
        has = on & (sums.nearest[:, kind] <= LIMITS[limit])
        share = 100.0 * float(people[has].sum()) / total if total else float("nan")
        shown = _THINGS[kind][0][limit]
        made.append(Indicator(id, title, share, "%", "reach", shown, places(~has & (people > 0))))
    for id, title, what, limit in _MEANS:
        # in floating point: persons times persons outgrows whole numbers
        sum_of = float((people / MILLI * (sums.mass[:, what, limit] / MILLI)).sum())
        mean = sum_of / (total / MILLI) if total else float("nan")
        made.append(Indicator(id, title, mean, _MASS[what][1], "reach", _MASS[what][0][limit]))
    lost = ~on & (people > 0)
    count = float(people[lost].sum()) / MILLI
    made.append(Indicator("reach.unconnected", _UNCONNECTED, count, N_("persons"), "reach", "", places(lost)))
    return tuple(made)


def _assumptions(values: Mapping[str, Value]) -> tuple[str, ...]:
    said = [N_("People walk the shortest way along the walk network, whatever its comfort or safety.")]
    if values["count_access"]:
        said.append(N_("From a house to the network the way is straight, from its outline to the nearest link."))
    if values["step_free"]:
        said.append(N_("Steps cannot be walked."))
    return tuple(said)


REACH = Model(
    "reach", N_("Reach on foot"), "1.1", TABLES, (), PARAMETERS, run, seconds=0.2,
)  # fmt: skip
