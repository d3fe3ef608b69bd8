"""The traffic model's answer for a City: what edits left of the streets and of the demand, loaded from warm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.traffic.urban.answer import Before, fields_of, indicators_of, totals_of
from twin.models.traffic.urban.bans import rules_of
from twin.models.traffic.urban.connect import connectors_of, people_of
from twin.models.traffic.urban.elastic import pair_costs, settled
from twin.models.traffic.urban.links import grid_of, streets_of
from twin.models.traffic.urban.load import Loaded, load
from twin.models.traffic.urban.present import COARSE, layout_of, present_of, stopper
from twin.models.traffic.urban.settings import Settings
from twin.models.traffic.urban.trips import Demand, of_table, with_fleet, with_growth, with_people
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.city import City
    from twin.jobs import Job
    from twin.layer import Field
    from twin.models.traffic.urban.present import Present
    from twin.result import Indicator, Value

LOADING = N_("Traffic finds its way")
_SHAPE = ("roads", "junctions", "buildings", "zones")
_ALL = (*_SHAPE, "rules", "demand", "growth", "fleet", "population")


@dataclass(frozen=True, eq=False)
class Working:
    """Warm state between two questions: the traffic of a day with its bushes."""

    loaded: Loaded

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        return self.loaded.nbytes


@dataclass(frozen=True, eq=False)
class Answer:
    """What comes of a City: fields, indicators, what was assumed, and the warm state."""

    fields: tuple[Field, ...]
    indicators: tuple[Indicator, ...]
    assumptions: tuple[str, ...]
    working: Working


def answered(
    city: City, values: Mapping[str, Value], previous: Working | None, job: Job | None, rough: bool = False
) -> Answer:
    """Answer for a City.

    Parameters
    ----------
    city : City
        Its ``present`` is the city before any edit; without one it is that itself. Demand is fitted there.
    values : mapping
        All parameters.
    previous : Working, optional
        An earlier answer with the same parameters, of the same city or of what other edits made of it.
    job : Job, optional
    rough : bool
        Answer quickly: to a gap of 1 %, and with a shorter fit to counts where none was made yet.
    """
    settings = Settings(values)
    origin = city if city.present is None else city.present
    gap = max(settings.number("gap"), COARSE) if rough else settings.number("gap")
    present = present_of(origin, settings, job, rough)
    loaded = _loaded(city, origin, present, settings, previous, job, gap)
    totals, before = totals_of(loaded, city), totals_of(present.loaded, origin)
    start = Before(present.loaded.grid.streets.ids, before.daily.sum(axis=0), present.counts, before.mean_wear)
    fields = fields_of(totals, settings, start)
    indicators = indicators_of(totals, settings, start, fields)
    return Answer(fields, indicators, _assumptions(present, settings), Working(loaded))


def _loaded(
    city: City, origin: City, present: Present, settings: Settings, previous: Working | None, job: Job | None,
    gap: float,
) -> Loaded:  # fmt: skip
    """Return the traffic of an edited city, from the nearest answer there is."""
    growth, change = settings.share("growth"), settings.share("change_vehicle")
    if growth == 0 and change == 0 and all(city.table(name) is origin.table(name) for name in _ALL):
        return present.loaded
    warm = present.loaded if previous is None else previous.loaded
    grid, people = present.loaded.grid, present.people
    if any(city.table(name) is not origin.table(name) for name in _SHAPE):
        layout = layout_of(settings)
        streets = streets_of(city, layout, origin)
        people = people_of(city) if city.buildings is not origin.buildings else present.people
        grid = grid_of(streets, connectors_of(city, streets, people, present.loaded.grid.streets), layout)
    demand = _demand(city, origin, present, settings)
    demand = with_people(with_fleet(demand, city, origin), people, present.people, settings)
    demand = demand.times(np.full(len(demand.origin), 1.0 + growth))
    rules = present.loaded.rules
    if city.rules is not origin.rules or not _same_lines(city, origin):
        rules = rules_of(city, bool(settings.values["proposed_rules"]))
    told = None if job is None else (lambda share: job.progress(share, LOADING))

    def loaded(demand: Demand, warm: Loaded) -> Loaded:
        return load(grid, demand, rules, settings, gap, warm, stop=stopper(job), told=told)

    fixed = loaded(demand, warm)
    elasticity = settings.number("elasticity")
    if elasticity == 0:
        return fixed
    return settled(fixed, demand, pair_costs(present.loaded, demand), elasticity, loaded)[0]


def _same_lines(city: City, origin: City) -> bool:
    """Whether streets lie where they lay, row by row."""
    now, once = city.roads.geometry.to_numpy(), origin.roads.geometry.to_numpy()
    return len(now) == len(once) and all(a is b for a, b in zip(now, once, strict=True))


def _demand(city: City, origin: City, present: Present, settings: Settings) -> Demand:
    """Return the fitted demand, with what edits did to the City's own table."""
    if not present.is_own or city.demand is origin.demand:
        return with_growth(present.demand.times(present.factor), city, origin)
    table = of_table(city, present.demand.zones, settings)
    # an edit may take pairs away or bring new ones; those fitted keep their factor
    z = len(table.zones)
    known = dict(zip((present.demand.origin * z + present.demand.destination).tolist(), present.factor, strict=True))
    factor = [known.get(pair, 1.0) for pair in (table.origin * z + table.destination).tolist()]
    return table.times(np.array(factor, dtype=float))


def _assumptions(present: Present, settings: Settings) -> tuple[str, ...]:
    said = [N_("Drivers know the way and take the one that costs least; there are no queues and no spill-back.")]
    if not present.is_own:
        said.append(N_("No travel demand is known here: it is a gravity model of residents, jobs and the map's edge."))
    if present.is_fitted:
        said.append(N_("Demand is fitted to the street counts of the present; an edit does not change the fit."))
    else:
        said.append(N_("Demand is not fitted to street counts."))
    if settings.number("elasticity") != 0:
        said.append(N_("Trips become fewer or more with what they cost, by the elasticity that is stated."))
    if settings.number("change_vehicle") > 0:
        said.append(N_("Of drivers shut out at their goal a stated share changes to a vehicle that may drive there."))
    if settings.values["proposed_rules"]:
        said.append(N_("Rule zones that are only proposed hold too."))
    return tuple(said)
