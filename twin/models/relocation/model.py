"""Relocation as a model of the chain: exploratory, and off until somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city.schema import word
from twin.layer import Field
from twin.models.model import Model, Parameter, settled
from twin.result import Indicator, Result
from twin.text import N_, composed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.result import Value

_OWN = N_("exploratory: not estimated on moves")
MOST = 3_000
"""Zones at most: every pair is weighed."""
PARAMETERS = (
    Parameter("grouping", N_("Grouping of people (empty: origin, else the first)"), "", "", N_("choice of the user")),
    Parameter("group", N_("Group set against all others (empty: the first by name)"), "", "",
              N_("choice of the user")),
    Parameter("own", N_("Weight of one's own group's share"), "", 2.0, _OWN, -20.0, 20.0),
    Parameter("spread", N_("How much lower and higher that weight may be"), "", 2.0, _OWN, 0.0, 20.0),
    Parameter("distance", N_("Weight of distance (logarithm)"), "", 1.0, _OWN, 0.0, 10.0),
    Parameter("movers", N_("People who move in a round"), "%", 10.0, _OWN, 0.0, 100.0),
    Parameter("rounds", N_("Rounds"), "", 5.0, _OWN, 1.0, 100.0),
)  # fmt: skip


def run(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer how groups would be spread after some rounds of moving by a stated choice, with a low and a high weight.

    Parameters
    ----------
    city : City
        Reads zones, population and the residents of buildings.
    parameters : mapping
        Those of :data:`PARAMETERS` that are not at their default.
    inputs, previous, changed
        Not used: all is worked out anew.
    job : Job, optional
    """
    from twin.models.relocation.choice import Choice, relocated
    from twin.models.segregation.evenness import dissimilarity
    from twin.models.segregation.people import Who, read
    from twin.privacy.cells import support_of_share
    from twin.privacy.provenance import is_protected

    values = settled(RELOCATION, parameters)
    who = Who(grouping=str(values["grouping"]).strip(), group=str(values["group"]).strip(), cell=0.0)
    folk = read(city, who)
    warning = N_("Relocation is exploratory: people choose as the parameters say, not as anybody was seen to choose.")
    if folk is None or len(folk.zones) > MOST:
        why = N_("Relocation: there are no zones with people of two groups, or too many zones.")
        return Result("relocation", RELOCATION.version, values, "", (), (), "final", (warning, why))
    counts, g = np.nan_to_num(folk.counts), folk.group
    frame = city.zones.set_index("id").loc[list(folk.zones)]
    at = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))
    own, spread = float(values["own"]), float(values["spread"])
    after = []
    for number, weight in enumerate((own - spread, own, own + spread)):
        part = None if job is None else job.part(number / 3, (number + 1) / 3)
        choice = Choice(weight, float(values["distance"]), float(values["movers"]) / 100, int(values["rounds"]))
        after.append(relocated(counts, at, choice, part))
    total = counts.sum(axis=1)
    share = [
        np.divide(100 * n[:, g], total, out=np.full(len(total), np.nan), where=total > 0) for n in (counts, after[1])
    ]
    group = word(folk.groups[g])
    name = composed(N_("Exploratory: change of the share of {group} by moving"), group=group)
    protected = is_protected(city)
    rests = support_of_share(counts[:, g], total) if protected else None
    change = (share[1] - share[0]).astype(np.float32)
    field = Field(name, N_("percentage points"), "zones", folk.zones, change, source="relocation", support=rests)
    least = float(counts[:, g].sum()) if protected else None
    titles = (
        ("low", N_("Exploratory: D after moving, low weight of one's own group: {group}")),
        ("middle", N_("Exploratory: D after moving: {group}")),
        ("high", N_("Exploratory: D after moving, high weight of one's own group: {group}")),
    )
    rows = tuple(
        Indicator(f"relocation.d_{id}", composed(title, group=group), round(dissimilarity(n[:, g], total), 13), "",
                  "relocation", name, support=least)
        for (id, title), n in zip(titles, after, strict=True)
    )  # fmt: skip
    known = tuple(one for one in rows if np.isfinite(one.value))
    return Result("relocation", RELOCATION.version, values, "", (field,), known, "final", (warning,))


RELOCATION = Model(
    "relocation", N_("Relocation (exploratory)"), "1.0", ("zones", "population", "buildings", "sources"), (),
    PARAMETERS, run, seconds=0.6, on_request=True, lens=("grouping", "group"),
)  # fmt: skip
