"""The traffic before any edit: demand, fitted to the counts there are, and its equilibrium; made once and kept."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic.urban.bans import rules_of
from twin.models.traffic.urban.connect import connectors_of, people_of
from twin.models.traffic.urban.counts import counts_of
from twin.models.traffic.urban.gravity import gravity
from twin.models.traffic.urban.links import Layout, grid_of, streets_of
from twin.models.traffic.urban.load import Loaded, load
from twin.models.traffic.urban.odme import TURNS, fitted
from twin.models.traffic.urban.trips import Demand, of_table, with_growth
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.traffic.urban.connect import People
    from twin.models.traffic.urban.counts import Counts
    from twin.models.traffic.urban.settings import Settings

BUILDING = N_("Building the street network")
FITTING = N_("Fitting travel demand to the street counts")
FEW = 3
"""Fewer counts to fit to than this say too little."""
ROUGH = 1e-3
"""Gap that is good enough while demand is still being fitted."""
COARSE = 1e-2
"""Gap of a first answer."""
_KEPT = 4
_LATER = ("growth", "weekday", "medium_share", "elasticity", "diesel_share", "change_vehicle")
"""Parameters that say nothing of the present; nobody has changed vehicle there yet."""
_known: weakref.WeakKeyDictionary[City, dict[tuple[object, ...], Present]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Present:
    """The traffic of a City before any edit.

    Attributes
    ----------
    people : People
    demand : Demand
        Before the fit.
    factor : array, shape (k,)
        What the fit makes of each pair.
    counts : Counts
    loaded : Loaded
        Traffic with the demand fitted.
    is_fitted, is_own : bool
        Whether demand was fitted to counts, and whether it is the City's own table.
    """

    people: People
    demand: Demand
    factor: NDArray[np.float64]
    counts: Counts
    loaded: Loaded
    is_fitted: bool
    is_own: bool


def layout_of(settings: Settings) -> Layout:
    """Return how delay is set up."""
    conical = settings.values["delay"] == "conical"
    return Layout(conical, settings.number("conical_a"), settings.number("signal"))


def stopper(job: Job | None) -> Callable[[], bool]:
    """Return what an assignment asks whether to stop: a Job that was cancelled ends it by its own error."""

    def stop() -> bool:
        if job is not None:
            job.check()
        return False

    return stop


def present_of(city: City, settings: Settings, job: Job | None = None, rough: bool = False) -> Present:
    """Return the traffic of a City that has no edits; the same object for the same City and parameters.

    ``rough``: where it is not known yet, to a gap of 1 % and with a shorter fit. The full one goes on from there,
    whether it was asked for before or not, so that it is the same either way.
    """
    kept = _known.setdefault(city, {})
    settings = replace(settings, values={**settings.values, "change_vehicle": 0.0})
    key = tuple(sorted((name, value) for name, value in settings.values.items() if name not in _LATER))
    if key in kept:
        return kept[key]
    first = (*key, ("rough", True))
    if first not in kept:
        while len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[first] = _begun(city, settings, job if rough or job is None else job.part(0.0, 0.3))
    if rough:
        return kept[first]
    kept[key] = _refined(kept[first], settings, None if job is None else job.part(0.3, 0.9))
    del kept[first]
    return kept[key]


def _begun(city: City, settings: Settings, job: Job | None) -> Present:
    """Return the streets, the demand, and a first fit with a rough equilibrium."""
    if job is not None:
        job.progress(0.0, BUILDING)
    layout = layout_of(settings)
    streets = streets_of(city, layout)
    people = people_of(city)
    connectors = connectors_of(city, streets, people)
    grid = grid_of(streets, connectors, layout)
    counts = counts_of(city, streets, settings.share("held_out"))
    own = bool(len(city.demand))
    if own:
        demand = of_table(city, connectors.ids, settings)
    else:
        demand = with_growth(gravity(city, grid, people, counts, settings), city)
    rules = rules_of(city, bool(settings.values["proposed_rules"]))
    gap = max(settings.number("gap"), COARSE)

    def loaded(demand: Demand, warm: Loaded | None) -> Loaded:
        return load(grid, demand, rules, settings, gap, warm, stop=stopper(job))

    fits = bool(settings.values["fit"]) and int((~counts.held_out).sum()) >= FEW
    if not fits:
        return Present(people, demand, np.ones(len(demand.origin)), counts, loaded(demand, None), False, own)
    factor, done = fitted(demand, counts, settings.number("trust"), loaded, _teller(job), 1)
    return Present(people, demand, factor, counts, done, True, own)


def _refined(first: Present, settings: Settings, job: Job | None) -> Present:
    """Return a first answer's traffic with the rest of the fit, to the gap that is wanted."""
    grid, rules, gap = first.loaded.grid, first.loaded.rules, settings.number("gap")

    def loaded(demand: Demand, warm: Loaded | None, good: float = gap) -> Loaded:
        return load(grid, demand, rules, settings, good, warm, stop=stopper(job))

    if not first.is_fitted:
        return replace(first, loaded=loaded(first.demand, first.loaded))
    factor, rough = fitted(
        first.demand, first.counts, settings.number("trust"),
        lambda demand, warm: loaded(demand, warm, max(gap, ROUGH)), _teller(job), TURNS - 1,
        (first.factor, first.loaded),
    )  # fmt: skip
    return replace(first, factor=factor, loaded=loaded(first.demand.times(factor), rough))


def _teller(job: Job | None) -> Callable[[float], object] | None:
    return None if job is None else (lambda share: job.progress(share, FITTING))
