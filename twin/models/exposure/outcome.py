"""The fields and indicators of the exposure model."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from twin.city.schema import word
from twin.layer import Field
from twin.models.exposure.measures import concentration_index, gap, mean_by_group, persons_by_class
from twin.privacy.cells import DISPLAY, EXPORT, support_of_share, table_mask
from twin.result import Indicator
from twin.text import N_, composed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.models.exposure.groups import Homes
    from twin.models.exposure.quantities import FacadeRule, Quantity

    Floats = NDArray[np.float64]

_MODEL = "exposure"
_MOST_PLACES = 2_000
ORDERED = ("income", "age")
"""Groupings whose groups, by name, ascend: lowest income first, youngest first."""


def outcome(
    homes: Homes, quantities: list[Quantity], draws: int, seed: int, protected: bool = False
) -> tuple[tuple[Field, ...], list[Indicator]]:
    """Return fields on houses and indicators: means, gap, concentration, persons above the limit and by class.

    Where people are ``protected`` each says how many it rests on, so that too few can be withheld.
    """
    fields, rows = list[Field](), list[Indicator]()
    for one in quantities:
        if not len(one.home):
            continue
        made = _Said(homes, one, protected)
        fields += made.fields()
        rows += made.means() + made.gap(draws, seed) + made.concentration() + made.above() + made.classes()
    return tuple(fields), rows


class _Said:
    """All that is said of one quantity."""

    def __init__(self, homes: Homes, one: Quantity, protected: bool) -> None:
        self._homes, self._one, self._protected = homes, one, protected
        self._persons = homes.persons[one.home] * one.part[:, None]
        self._shown = composed(N_("At home: {what}"), what=one.title)

    def fields(self) -> list[Field]:
        """Return the mean at each house, and who of the group lives at or above the limit."""
        homes, one = self._homes, self._one
        n = len(homes.ids)
        weight = np.bincount(one.home, one.part, n)
        total = np.bincount(one.home, one.part * one.values, n)
        mean = np.divide(total, weight, out=np.full(n, np.nan), where=weight > 0)
        above = one.values >= one.limit
        hit = np.bincount(one.home[above], self._persons[above, homes.group], n)
        name = composed(
            N_("{group} from {limit} {unit}: {what}"), group=self._group(homes.group), limit=one.limit, unit=one.unit,
            what=one.title,
        )  # fmt: skip
        known = np.where(weight > 0, hit, np.nan)
        return [
            Field(self._shown, one.unit, "buildings", homes.ids, mean.astype(np.float32), source=_MODEL),
            Field(
                name,
                N_("persons"),
                "buildings",
                homes.ids,
                known.astype(np.float32),
                source=_MODEL,
                support=hit.astype(float) if self._protected else None,
            ),
        ]

    def means(self) -> list[Indicator]:
        """Return the mean over the persons of each group."""
        title = N_("{what}, mean: {group}")
        values = mean_by_group(self._one.values, self._persons)
        return [self._row(f"mean_{self._homes.groups[k]}", title, v, self._one.unit, k) for k, v in enumerate(values)]

    def gap(self, draws: int, seed: int) -> list[Indicator]:
        """Return the gap of the group to all others and the ends of its band."""
        one, group = self._one, self._homes.group
        found = gap(one.values, self._persons, group, np.maximum(self._homes.zone[one.home], 0), draws, seed)
        titles = (
            ("gap", N_("{what}: {group} less all others"), found.value),
            ("gap_low", N_("{what}: {group} less all others, lower end of 95 %"), found.low),
            ("gap_high", N_("{what}: {group} less all others, upper end of 95 %"), found.high),
        )
        return [self._row(id, title, value, one.unit, group) for id, title, value in titles]

    def concentration(self) -> list[Indicator]:
        """Return the concentration index where groups have an order: of the quantity, or of who has the limit or more.

        Decibels have no zero, so that of a level it is that of the persons at or above the limit.
        """
        one = self._one
        if self._homes.grouping not in ORDERED:
            return []
        if one.ratio:
            title = N_("{what}: concentration index, lowest group to highest")
            return [self._row("concentration", title, concentration_index(one.values, self._persons), "", None)]
        title = N_("{what} from {limit}: concentration index, lowest group to highest")
        value = concentration_index((one.values >= one.limit).astype(float), self._persons)
        return [self._row("concentration", title, value, "", None, limit=one.limit)]

    def above(self) -> list[Indicator]:
        """Return the share of each group at or above the limit."""
        one = self._one
        over = one.values >= one.limit
        total, hit = self._persons.sum(axis=0), self._persons[over].sum(axis=0)
        places = self._places(over)
        title = N_("{what} from {limit}: share of {group}")
        return [
            self._row(f"above_{self._homes.groups[k]}", title, 100 * hit[k] / total[k], "%", k, places,
                      float(support_of_share(hit[k], total[k])), limit=one.limit)
            for k in range(len(total))
            if total[k] > 0
        ]  # fmt: skip

    def classes(self) -> list[Indicator]:
        """Return the persons of each group in each class, classes of nobody too: an edit may empty or fill them."""
        one = self._one
        if not one.breaks:
            return []
        found = persons_by_class(one.values, self._persons, one.breaks)
        shown, leaves = ~table_mask(found, DISPLAY), ~table_mask(found, EXPORT)
        # what would give another cell away is withheld as if it rested on too few itself
        rests = np.where(shown, np.where(leaves, found, np.minimum(found, EXPORT - 1.0)), np.minimum(found, 1.0))
        ends = (-np.inf, *one.breaks, np.inf)
        rows = []
        for c, (low, high) in enumerate(pairwise(ends)):
            places = self._places((one.values >= low) & (one.values < high))
            title, fields = _class_title(low, high)
            id = f"class_{'below' if np.isinf(low) else f'{low:g}'}"
            rows += [
                self._row(f"{id}_{self._homes.groups[k]}", title, found[c, k], N_("persons"), k, places,
                          float(rests[c, k]), **fields)
                for k in range(found.shape[1])
            ]  # fmt: skip
        return rows

    def _group(self, k: int) -> str:
        return word(self._homes.groups[k])

    def _places(self, rows: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the houses with the most people among some values."""
        n = len(self._homes.ids)
        people = np.bincount(self._one.home[rows], self._persons[rows].sum(axis=1), n)
        found = np.flatnonzero(people > 0)
        best = found[np.argsort(-people[found], kind="stable")][:_MOST_PLACES]
        return tuple(str(name) for name in self._homes.ids[np.sort(best)])

    def _row(
        self, id: str, title: str, value: float, unit: str, group: int | None, places: tuple[str, ...] = (),
        support: float | None = None, **fields: float,
    ) -> Indicator:  # fmt: skip
        if support is None:
            total = self._persons.sum(axis=0)
            support = float(total.min() if group is None else total[group])
        said: dict[str, str | float] = {"what": self._one.title, **fields}
        if group is not None:
            said["group"] = self._group(group)
        own = f"{_MODEL}.{self._one.id}_{id}"
        rests = support if self._protected else None
        text = composed(title, **said)
        return Indicator(own, text, float(value), unit, _MODEL, self._shown, places, support=rests)


def _class_title(low: float, high: float) -> tuple[str, dict[str, float]]:
    if np.isinf(low):
        return N_("{what} below {high}: {group}"), {"high": high}
    if np.isinf(high):
        return N_("{what} from {low}: {group}"), {"low": low}
    return N_("{what} {low}–{high}: {group}"), {"low": low, "high": high}


def assumptions(homes: Homes, quantities: list[Quantity], rule: FacadeRule, modelled: bool) -> tuple[str, ...]:
    """Return what was assumed."""
    said = [N_("Exposure: every house has the mix of its zone; differences within a zone are not seen.")]
    ids = {one.id.split("_")[0] for one in quantities}
    if "noise" in ids:
        rules = {
            "median": N_("Exposure: people are put evenly on the louder half of their house's façades."),
            "even": N_("Exposure: people are put evenly on all façades of their house."),
            "highest": N_("Exposure: people are put on the loudest façade of their house."),
        }
        said.append(rules[rule])
    else:
        said.append(N_("Exposure: there is no answer of a noise model, so noise is left out."))
    if "street" in ids:
        said.append(N_("Exposure: a house's own street is the nearest one within 50 m, both directions together."))
        if not modelled:
            said.append(N_("Exposure: traffic is that counted on the streets, for no traffic model has answered."))
    if homes.homeless >= 1:
        said.append(composed(N_("Exposure: {n} persons live in zones without a house and are left out."),
                             n=homes.homeless))  # fmt: skip
    outside = int((homes.zone < 0).sum())
    if outside:
        said.append(
            composed(N_("Exposure: {n} houses lie in no zone; their people's groups are not known."), n=outside)
        )
    return tuple(said)
