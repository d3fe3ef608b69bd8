"""The model «noise»: road noise by CNOSSOS-EU at façades, on the ground and in school yards of a City.

Directive (EU) 2015/996 as amended by (EU) 2021/1226; what it holds and where it is not valid:
``docs/methods/noise.md``.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from twin.models.model import Model, Parameter, follows, settled
from twin.result import Result
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.noise.engine import Setting
    from twin.models.noise.traffic_of import Traffic
    from twin.result import Value

READS = ("buildings", "roads", "junctions", "barriers", "cover", "terrain", "places", "fleet")
OWN = N_("assumption of this program")
END = N_("Directive 2002/49/EC, annex I")
METHOD = N_("Directive (EU) 2015/996 as amended by (EU) 2021/1226")

PARAMETERS = (
    Parameter(
        "reach", N_("Greatest distance of sources"),
        "m", 800.0, N_("Directive (EU) 2015/996, 2.5.1"), 50.0, 2_000.0,
    ),
    Parameter("reflections", N_("Order of reflections"), "", 1.0, OWN, 0.0, 2.0),
    Parameter("wall_reach", N_("Walls reflect within this of source or receiver"), "m", 50.0, OWN, 0.0, 200.0),
    Parameter(
        "interval", N_("Longest piece of façade per receiver"),
        "m", 20.0, N_("at most 5 m for reporting: (EU) 2021/1226, 2.8"), 2.0, 50.0,
    ),
    Parameter("floors", N_("Floors with receivers"), "", "all", OWN, choices=("all", "one")),
    Parameter("grid", N_("Cell of the ground map (0: none)"), "m", 25.0, OWN, 0.0, 200.0),
    Parameter(
        "grid_height", N_("Height of the ground map"),
        "m", 2.0, N_("practice of planning studies in Sweden"), 1.0, 10.0,
    ),
    Parameter("missing", N_("A level may fall short by"), "dB", 0.0, OWN, 0.0, 1.0),
    Parameter("ground", N_("Ground factor G where no cover is known"), "", 0.0, METHOD, 0.0, 1.0),
    Parameter(
        "facade_absorption", N_("Absorption of façades"),
        "", 0.2, N_("ISO 9613-2:1996, table 4: walls with windows and small additions"), 0.0, 0.9,
    ),
    Parameter(
        "coefficients", N_("Coefficients of vehicles and surfaces"),
        "", "2020", METHOD, choices=("2020", "2015"),
    ),
    Parameter(
        "hours", N_("Day, evening and night begin at"),
        "h", "06–18–22", N_("Swedish practice; 07–19–23 is the default of Directive 2002/49/EC"),
        choices=("06–18–22", "07–19–23"),
    ),
    Parameter(
        "air_temperature", N_("Yearly mean temperature of the air"),
        "°C", 7.0, N_("Stockholm, about"), -10.0, 30.0,
    ),
    Parameter("humidity", N_("Relative humidity of the air"), "%", 75.0, N_("Stockholm, about"), 10.0, 100.0),
    Parameter("studded_months", N_("Months of studded tyres"), "", 5.0, OWN, 0.0, 12.0),
    Parameter("favourable_day", N_("Favourable conditions by day"), "", 0.5, N_("WG-AEN 2007, toolkit 17"), 0.0, 1.0),
    Parameter(
        "favourable_evening", N_("Favourable conditions in the evening"),
        "", 0.75, N_("WG-AEN 2007, toolkit 17"), 0.0, 1.0,
    ),
    Parameter(
        "favourable_night", N_("Favourable conditions at night"),
        "", 1.0, N_("WG-AEN 2007, toolkit 17"), 0.0, 1.0,
    ),
    Parameter(
        "favourable_rose", N_("Favourable conditions by direction (rose)"), "", "",
        N_("empty: as above all round; else rows of direction of travel [°], day, evening, night"),
    ),
    Parameter(
        "assignment", N_("People are assigned to façades by"),
        "", "case2", N_("(EU) 2021/1226, 2.8"), choices=("case1", "case2"),
    ),
)  # fmt: skip
_QUICK: dict[str, Value] = {
    "reach": 200.0, "reflections": 0.0, "floors": "one", "interval": 50.0, "grid": 60.0, "missing": 0.0,
}  # fmt: skip
"""Parameters of a preview."""


def run(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer how loud road traffic is.

    Parameters
    ----------
    city : City
        Reads buildings, roads, junctions, barriers, cover, terrain, places and the fleet.
    parameters : mapping
        Those of :data:`PARAMETERS` that are not at their default.
    inputs : mapping
        The answer of «traffic» where there is one; else traffic is as counted, or assumed by kind of street.
    previous, changed : Result, Changes, optional
        An earlier answer with its working state and the same parameters (but for coefficients, hours, studded tyres,
        favourable conditions and the assignment of people, which the store of attenuations does not hold), and all that
        may differ since. Levels are the same within 0.01 dB, within ``missing`` where pieces of street may be left out.
    job : Job, optional

    Returns
    -------
    Result
        Levels at façades, highest and quietest façade of buildings, on the ground, in school yards; −∞ dB is nan.
    """
    return _answer(city, settled(NOISE, parameters), inputs, previous, changed, job, {})


def preview(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer as :func:`run` does, within about a second: few receivers, short distances, no reflections."""
    result = _answer(city, settled(NOISE, parameters), inputs, previous, changed, job, _QUICK)
    return dataclasses.replace(result, quality="preview")


def _answer(
    city: City,
    values: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None,
    changed: Changes | None,
    job: Job | None,
    instead: Mapping[str, Value],
) -> Result:
    # loading numba takes a second, which the window need not spend to know the model's name
    from twin.models.noise import engine, outcome
    from twin.models.noise.tables import shipped
    from twin.models.noise.traffic_of import powers

    before = None if previous is None or not follows(NOISE, previous.parameters, values) else previous.working
    before = before if isinstance(before, engine.Heard) else None
    traffic = traffic_in(city, inputs, str(values["hours"]))
    per_link = powers(
        city, traffic, shipped(str(values["coefficients"])), float(values["air_temperature"]),
        float(values["studded_months"]),
    )  # fmt: skip
    heard = engine.hear(city, per_link, setting({**values, **instead}), before, changed, job)
    found = outcome.outcome(heard, traffic, values)
    return Result(
        "noise", NOISE.version, values, "", found.fields, found.indicators, "final", found.assumptions, heard
    )  # fmt: skip


def traffic_in(city: City, inputs: Mapping[str, Result], hours: str) -> Traffic:
    """Return traffic as the traffic model answered it, else (also where it knows no demand) as counted or assumed."""
    from twin.models.noise.traffic_of import answered, observed
    from twin.models.traffic.flows import street_traffic

    if "traffic" not in inputs:
        return observed(city, hours)
    try:
        flows = street_traffic(inputs["traffic"])
    except KeyError:  # it had nothing to assign
        return observed(city, hours)
    if not flows.flow.any():
        return observed(city, hours)
    return answered(city, flows.ids, flows.flow, flows.speed, hours)


def setting(values: Mapping[str, Value]) -> Setting:
    """Return how a City is listened to."""
    from twin.models.noise.engine import Setting
    from twin.models.noise.rose import occurrence

    number = {name: float(value) for name, value in values.items() if not isinstance(value, str)}
    return Setting(
        number["reach"], number["wall_reach"], round(number["reflections"]), number["missing"], number["interval"],
        str(values["floors"]), number["grid"], number["grid_height"], number["ground"], number["facade_absorption"],
        number["air_temperature"], number["humidity"],
        occurrence(
            str(values["favourable_rose"]),
            (number["favourable_day"], number["favourable_evening"], number["favourable_night"]),
        ),
    )  # fmt: skip


NOISE = Model(
    "noise", N_("Road noise"), "1.0", READS, (), PARAMETERS, run, uses=("traffic",), preview=preview, seconds=60.0,
    reweighs=(
        "coefficients", "hours", "studded_months", "favourable_day", "favourable_evening", "favourable_night",
        "favourable_rose", "assignment",
    ),
)  # fmt: skip
