"""Exposure as a model of the chain: who carries the noise and the traffic, and who has how far to walk.

Levels at façades × residents × group, from what noise, traffic and reach answered; what is not there is left out.
Measures: :mod:`.measures`; groups on houses: :mod:`.groups`; what is read out of other answers: :mod:`.quantities`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from twin.models.model import Model, Parameter, settled
from twin.result import Result
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.exposure.quantities import FacadeRule
    from twin.result import Value

OWN = N_("assumption of this program")
_CHOICE = N_("choice of the user")
N_("median"), N_("even"), N_("highest")
PARAMETERS = (
    Parameter("grouping", N_("Grouping of people (empty: origin, else the first)"), "", "", _CHOICE),
    Parameter("group", N_("Group set against all others (empty: the first by name)"), "", "", _CHOICE),
    Parameter("noise_limit", N_("Exposed to noise from"), "dB", 55.0, "Directive 2002/49/EC (Lden 55 dB)", 30.0, 90.0),
    Parameter("traffic_limit", N_("Exposed to traffic on one's own street from"), N_("veh/day"), 5_000.0, OWN, 0.0,
              1e6),
    Parameter("way_limit", N_("A long way from"), "m", 800.0, OWN, 50.0, 1_500.0),
    Parameter(
        "facades", N_("Façades that people are put on"), "", "median", "Directive (EU) 2015/996, 2.8; (EU) 2021/1226",
        choices=("median", "even", "highest"),
    ),
    Parameter("draws", N_("Draws for the uncertainty of gaps (0: none)"), "", 500.0, OWN, 0.0, 10_000.0),
    Parameter("seed", N_("Seed of the draws"), "", 0.0, OWN, 0.0, 1e9),
)  # fmt: skip


def run(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer who is exposed to what at home.

    Parameters
    ----------
    city : City
        Reads zones, population, buildings and roads.
    parameters : mapping
        Those of :data:`PARAMETERS` that are not at their default.
    inputs : mapping
        Results of noise, traffic and reach, those that are there.
    previous, changed
        Not used: all is worked out anew.
    job : Job, optional

    Returns
    -------
    Result
        Fields on buildings; indicators per group.
    """
    from twin.models.exposure import outcome
    from twin.models.exposure.groups import homes
    from twin.models.exposure.quantities import quantities
    from twin.privacy.provenance import is_protected

    values = settled(EXPOSURE, parameters)
    found = homes(city, str(values["grouping"]).strip(), str(values["group"]).strip())
    if found is None:
        nobody = N_("Exposure: no house here has residents in a zone with people of two groups.")
        return Result("exposure", EXPOSURE.version, values, "", (), (), "final", (nobody,))
    limits = {name: float(values[f"{name}_limit"]) for name in ("noise", "traffic", "way")}
    rule = cast("FacadeRule", values["facades"])
    quantity = quantities(city, found, inputs, limits, rule)
    fields, indicators = outcome.outcome(found, quantity, int(values["draws"]), int(values["seed"]), is_protected(city))
    known = tuple(one for one in indicators if np.isfinite(one.value))
    said = outcome.assumptions(found, quantity, rule, "traffic" in inputs)
    return Result("exposure", EXPOSURE.version, values, "", fields, known, "final", said)


EXPOSURE = Model(
    "exposure", N_("Exposure"), "1.0", ("zones", "population", "buildings", "roads", "sources"), (), PARAMETERS, run,
    uses=("noise", "traffic", "reach"), seconds=0.5, lens=tuple(one.name for one in PARAMETERS),
)  # fmt: skip
