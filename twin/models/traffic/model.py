"""Traffic: who drives where at which hours, at which speed, in equilibrium; see docs/methods/traffic.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.models.model import Model, settled
from twin.models.traffic.flows import MODEL
from twin.models.traffic.paint import PAINTS
from twin.models.traffic.urban.settings import PARAMETERS
from twin.result import Result
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.result import Value

TABLES = ("roads", "junctions", "rules", "buildings", "zones", "population", "demand", "growth", "fleet")


def run(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer what drives on every street.

    Parameters
    ----------
    city : City
        Reads roads, junctions, rules, buildings (residents, jobs), zones, demand, growth and fleet; and those of
        ``city.present``, to whose counts demand is fitted.
    parameters : mapping
        Those of the table that are not at their default.
    inputs : mapping
        Results of other models; none are needed.
    previous, changed : Result, Changes, optional
        Not needed: the answer always starts from the bushes of the present, whatever was asked before, so that the same
        question has the same answer to the last bit in a window, on the command line and in another engine.
    job : Job, optional

    Returns
    -------
    Result
        Fields on road links (one direction each).

    Raises
    ------
    BadInput
        When a street has a value that cannot be, or a link costs less than nothing.
    """
    return _answer(city, parameters, None, job, rough=False)


def preview(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer as :func:`run` does, to a gap of 1 % and with a shorter fit to counts where none was made yet.

    It starts from ``previous`` where there is one, so that what is being drawn is answered at once.
    """
    return _answer(city, parameters, previous, job, rough=True)


def _answer(
    city: City, parameters: Mapping[str, Value], previous: Result | None, job: Job | None, *, rough: bool
) -> Result:
    # loading numba and SciPy takes a second, which the window need not spend to know the model's name
    from twin.models.traffic.urban.run import Working, answered

    values = settled(TRAFFIC, parameters)
    working = None
    if previous is not None and previous.parameters == values and isinstance(previous.working, Working):
        working = previous.working
    made = answered(city, values, working, job, rough)
    return Result(
        MODEL, TRAFFIC.version, values, "", made.fields, made.indicators, "final", made.assumptions, made.working
    )


TRAFFIC = Model(
    MODEL, N_("Traffic"), "1.3", TABLES, (), PARAMETERS, run, preview=preview, seconds=2.0, pivots=True, paints=PAINTS
)
