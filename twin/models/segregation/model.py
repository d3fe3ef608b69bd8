"""Segregation as a model of the chain: measures of counts, of nearest persons, of scales, and co-presence potential.

The measures and their sources: :mod:`.evenness`, :mod:`.several`, :mod:`.neighbours`, :mod:`.multiscalar`,
:mod:`.walking`, :mod:`.copresence`; which of them can react to which edit: :mod:`.reacts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from twin.errors import BadInput
from twin.models.model import Model, Parameter, settled
from twin.result import Result
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.segregation.multiscalar import Fall
    from twin.models.segregation.people import Who
    from twin.models.segregation.stages import Asked
    from twin.result import Value

READS = ("zones", "population", "buildings", "paths", "places", "sources")
OWN = N_("assumption of this program")
_OSTH = "Östh, Clark & Malmberg 2015, doi:10.1111/gean.12053"
_REARDON = "Reardon et al. 2008, doi:10.1353/dem.0.0019"
_CHOICE = N_("choice of the user")
FALLS = ("biweight", "triangle", "flat")
N_("biweight"), N_("triangle"), N_("flat"), N_("permutation"), N_("binomial"), N_("other")

PARAMETERS = (
    Parameter("grouping", N_("Grouping of people (empty: origin, else the first)"), "", "", _CHOICE),
    Parameter("group", N_("Group set against all others (empty: the first by name)"), "", "", _CHOICE),
    Parameter("groups", N_("Groups told apart, by commas (empty: all of the grouping)"), "", "", _CHOICE),
    Parameter("area", N_("Zones measured, by commas (empty: all)"), "", "", _CHOICE),
    Parameter("kind", N_("Kind of zones (empty: that of most zones with people)"), "", "", _CHOICE),
    Parameter("ks", N_("Nearest persons, by commas"), N_("persons"), "200,1600,12800,51200", _OSTH),
    Parameter("radii", N_("Radii, by commas"), "m", "500,1000,2000,4000", _REARDON),
    Parameter("fall", N_("How weight falls with distance"), "", "biweight", _REARDON, choices=FALLS),
    Parameter("cell", N_("Grid that a zone's houses are gathered on (0: one unit per zone)"), "m", 100.0, OWN, 0.0,
              2_000.0),
    Parameter("access", N_("Longest way from home to the walk network"), "m", 250.0, OWN, 1.0, 2_000.0),
    Parameter("steps_factor", N_("Length of steps counts times"), "", 1.0, OWN, 1.0, 20.0),
    Parameter("step_free", N_("Without steps (wheelchair, pram)"), "", False, OWN),
    Parameter("place_kinds", N_("Public places, kinds by commas"), "",
              "school,square,station,park,library,health_centre,community", OWN),
    Parameter("place_radius", N_("Walk to a public place, at most"), "m", 800.0, OWN, 50.0, 5_000.0),
    Parameter("null", N_("What chance is compared with"), "", "permutation",
              "Carrington & Troske 1997, doi:10.1080/07350015.1997.10524718", choices=("permutation", "binomial")),
    Parameter("draws", N_("Draws of chance (0: none)"), "", 100.0, OWN, 0.0, 10_000.0),
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
    """Answer how groups are spread over the city, and who can reach its public places.

    Parameters
    ----------
    city : City
        Reads zones, population, the residents of buildings, paths and places.
    parameters : mapping
        Those of :data:`PARAMETERS` that are not at their default.
    inputs : mapping
        Results of other models; none are needed.
    previous, changed : Result, Changes, optional
        An earlier answer with its working state and the same parameters, and all that may differ since. The outcome
        is the same bit for bit; walked surroundings are looked at anew only where something changed can be reached.
    job : Job, optional

    Returns
    -------
    Result
        Fields on zones and on public places; nan where a value is not known or the units are too coarse for it.
        Without zones with people of two groups: no fields, and an assumption that says so.

    Raises
    ------
    BadInput
        When a parameter names something that is not there, or holds no list of numbers.
    """
    # loading numba takes a second, which the window need not spend to know the model's name
    from twin.models.segregation import outcome, stages

    values = settled(SEGREGATION, parameters)
    asked = _asked(values)
    before = None
    if previous is not None and changed is not None and previous.parameters == values:
        before = previous.working if isinstance(previous.working, stages.Stages) else None
    made = stages.work(city, asked, before, changed, None if job is None else job.part(0.0, 0.8))
    if made is None:
        nobody = N_("Segregation: no zone here has people of two groups; add a table of population by group.")
        return Result("segregation", SEGREGATION.version, values, "", (), (), "final", (nobody,))
    found = outcome.outcome(city, asked, made, outcome.chance(values), None if job is None else job.part(0.8, 1.0))
    return Result(
        "segregation", SEGREGATION.version, values, "", found.fields, found.indicators, "final", found.assumptions, made
    )


def _asked(values: Mapping[str, Value]) -> Asked:
    from twin.models.segregation.neighbours import checked_ks
    from twin.models.segregation.stages import Asked
    from twin.models.walk.network import Rules

    ks = checked_ks([int(k) if k.is_integer() else k for k in numbers("ks", values["ks"])])  # type: ignore[misc]
    radii = tuple(sorted(set(numbers("radii", values["radii"]))))
    return Asked(
        who(values), ks, radii, cast("Fall", values["fall"]), float(values["place_radius"]),
        names(values["place_kinds"]), Rules(float(values["steps_factor"]), bool(values["step_free"])),
        float(values["access"]),
    )  # fmt: skip


def who(values: Mapping[str, Value]) -> Who:
    """Return whom the parameters ask for."""
    from twin.models.segregation.people import Who

    return Who(
        str(values["grouping"]).strip(), names(values["groups"]), str(values["group"]).strip(), names(values["area"]),
        str(values["kind"]).strip(), float(values["cell"]),
    )  # fmt: skip


def names(text: Value) -> tuple[str, ...]:
    """Return the words of a list by commas.

    Examples
    --------
    >>> names("a, b,")
    ('a', 'b')
    """
    return tuple(word.strip() for word in str(text).split(",") if word.strip())


def numbers(name: str, text: Value) -> tuple[float, ...]:
    """Return the positive numbers of a list by commas, at most twelve.

    Raises
    ------
    BadInput
        When one is none, or there are none.
    """
    found = []
    for word in names(text):
        try:
            value = float(word)
        except ValueError:
            value = -1.0
        if not 0 < value < 1e9:
            raise BadInput("segregation.{name}: {word} is no positive number", name=name, word=word)
        found.append(value)
    if not 0 < len(found) <= 12:
        raise BadInput("segregation.{name}: one to twelve numbers by commas were expected", name=name)
    return tuple(found)


SEGREGATION = Model("segregation", N_("Segregation"), "1.0", READS, (), PARAMETERS, run, seconds=0.8,
                    lens=tuple(one.name for one in PARAMETERS))  # fmt: skip
