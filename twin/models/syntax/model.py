"""Space syntax as a model of the chain: context to read a pattern by, how integrated and how passed-through paths are.

Which streets are easy to get to and likely to be passed says something of where people may see each other; it says
nothing of who they are. Measures and sources: :mod:`.segments`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.layer import Field
from twin.models.model import Model, Parameter, settled
from twin.result import Indicator, Result
from twin.text import N_, composed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.result import Value

_SOURCE = "Hillier & Iida 2005, doi:10.1007/11556114_30; Turner 2007, doi:10.1068/b32067"
PARAMETERS = (
    Parameter("near", N_("Near radius"), "m", 500.0, _SOURCE, 50.0, 100_000.0),
    Parameter("far", N_("Far radius"), "m", 1_000.0, _SOURCE, 50.0, 100_000.0),
    Parameter(
        "most",
        N_("Links up to which the far radius is measured"),
        "",
        30_000.0,
        N_("assumption of this program"),
        0.0,
        1e7,
    ),
)
_TOP = 50


def run(
    city: City,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, Result],
    previous: Result | None = None,
    changed: Changes | None = None,
    job: Job | None = None,
) -> Result:
    """Answer how integrated and how passed-through every path is, within a near and a far radius.

    Parameters
    ----------
    city : City
        Reads paths; residents and groups play no part.
    parameters : mapping
        Those of :data:`PARAMETERS` that are not at their default.
    inputs, previous, changed
        Not used: all is worked out anew.
    job : Job, optional

    Returns
    -------
    Result
        Fields on paths: normalised angular integration and choice. Indicators: their means over the length of paths.
    """
    # loading numba takes a second, which the window need not spend to know the model's name
    from twin.models.syntax.segments import measures, segments

    values = settled(SYNTAX, parameters)
    found = segments(city.paths)
    radii = sorted({float(values["near"]), float(values["far"])})
    large = len(found.ids) > float(values["most"])
    if large:
        radii = radii[:1]
    fields, indicators = list[Field](), list[Indicator]()
    for number, radius in enumerate(radii if len(found.ids) else ()):
        part = None if job is None else job.part(number / len(radii), (number + 1) / len(radii))
        got = measures(found, radius, part)
        for id, title, mean, value in (
            ("integration", N_("Angular integration within {r} m"),
             N_("Angular integration within {r} m, mean of path length"), got.integration),
            ("choice", N_("Angular choice within {r} m"), N_("Angular choice within {r} m, mean of path length"),
             got.normalised_choice),
        ):  # fmt: skip
            name = composed(title, r=radius)
            fields.append(Field(name, "", "paths", found.ids, value.astype(np.float32), source="syntax"))
            shown = Indicator(
                f"syntax.{id}_{radius:g}", composed(mean, r=radius),
                round(float(np.average(value, weights=found.length)), 13), "", "syntax", name, _top(found.ids, value),
            )  # fmt: skip
            indicators.append(shown)
    said = [
        N_("Space syntax is context: it looks at the form of the network alone, not at who lives or walks there."),
        N_("The way of least turning is taken, a right angle counts 1; the radius is measured along it."),
    ]
    if large:
        said.append(N_("Space syntax: the network is so large that the far radius is left out; a parameter sets this."))
    return Result("syntax", SYNTAX.version, values, "", tuple(fields), tuple(indicators), "final", tuple(said))


def _top(ids: NDArray[np.object_], values: NDArray[np.float64]) -> tuple[str, ...]:
    best = np.sort(np.argsort(-values, kind="stable")[:_TOP])
    return tuple(str(name) for name in ids[best])


SYNTAX = Model("syntax", N_("Space syntax (context)"), "1.0", ("paths",), (), PARAMETERS, run, seconds=3.0,
               lens=tuple(one.name for one in PARAMETERS))  # fmt: skip
