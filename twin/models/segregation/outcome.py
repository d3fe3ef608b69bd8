"""The fields and indicators of the segregation model, from what its stages worked out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from twin.city.schema import word
from twin.layer import Field
from twin.models.segregation import evenness, local, multiscalar, neighbours, several
from twin.models.segregation.band import bands
from twin.models.segregation.copresence import places_reached, potential
from twin.privacy.cells import support_of_share
from twin.privacy.provenance import is_protected
from twin.result import Indicator
from twin.text import N_, composed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.segregation.band import Null
    from twin.models.segregation.neighbours import Neighbourhoods
    from twin.models.segregation.people import People
    from twin.models.segregation.stages import Asked, Stages, Walked
    from twin.result import Value

    Floats = NDArray[np.float64]

MOST_DRAWN = 4_000_000
"""Zones × draws up to which chance is drawn: a few seconds."""
_TOP = 12
"""Zones an indicator leads to."""
_MODEL = "segregation"
_NEAR = {
    "near": (
        N_("{group} among the {k} nearest persons"), N_("{group} among the {k} nearest: percentile"),
        N_("D of the {k} nearest persons: {group}"), N_("Isolation among the {k} nearest persons: {group}"),
    ),
    "walked_near": (
        N_("{group} among the {k} nearest persons, on foot"), N_("{group} among the {k} nearest on foot: percentile"),
        N_("D of the {k} nearest persons, on foot: {group}"),
        N_("Isolation among the {k} nearest persons, on foot: {group}"),
    ),
}  # fmt: skip
"""Titles of share, percentile, D and isolation."""


@dataclass(frozen=True)
class Chance:
    """How the band of chance is drawn."""

    null: Null
    draws: int
    seed: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the model answers with."""

    fields: tuple[Field, ...]
    indicators: tuple[Indicator, ...]
    assumptions: tuple[str, ...]


def chance(values: Mapping[str, Value]) -> Chance:
    """Return how chance is drawn, from the model's parameters."""
    return Chance(cast("Null", values["null"]), int(values["draws"]), int(values["seed"]))


def outcome(city: City, asked: Asked, made: Stages, how: Chance, job: Job | None = None) -> Outcome:
    """Return fields, indicators and what was assumed."""
    folk = made.people
    fields = _Fields(folk, is_protected(city))
    indicators = [*_of_counts(folk, fields, how, job), *_of_near(made.near, folk, fields, walked=False)]
    indicators += _of_scales(made, asked)
    if made.walked is not None:
        indicators += _of_near(made.walked.near, folk, fields, walked=True)
        indicators += _of_barriers(made, made.walked, asked)
        indicators += _of_places(made.walked, folk, fields, asked)
    rests = fields.least_members()
    known = tuple(dataclasses.replace(one, support=rests) for one in indicators if np.isfinite(one.value))
    return Outcome(tuple(fields.made), known, _assumptions(made, asked, how))


class _Fields:
    """Collects the fields; knows the zones, their weights, and whether their people need protection."""

    def __init__(self, folk: People, protected: bool) -> None:
        self._folk, self._protected = folk, protected
        self.made: list[Field] = []
        self._weight = np.nan_to_num(folk.unit_counts.sum(axis=1))
        self._rests = _support(folk.counts) if protected else None

    def zones(self, name: str, unit: str, values: Floats, rests: Floats | None = None) -> str:
        """Add values of zones; outside the area they are not known. ``rests``: persons behind each, if other people."""
        shown = np.where(self._folk.inside, values, np.nan).astype(np.float32)
        support = self._rests if rests is None or not self._protected else rests
        self.made.append(Field(name, unit, "zones", self._folk.zones, shown, source=_MODEL, support=support))
        return name

    def places(self, ids: NDArray[np.object_], name: str, unit: str, values: Floats, meeting: Floats) -> str:
        """Add values of public places, with who can reach each."""
        support = _support(meeting) if self._protected else None
        self.made.append(Field(name, unit, "points", ids, values.astype(np.float32), source=_MODEL, support=support))
        return name

    def least_members(self) -> float | None:
        """Return how many persons the smallest group has, which measures of the whole rest on; None if unprotected."""
        if not self._protected:
            return None
        members = np.nansum(self._folk.counts[self._folk.inside], axis=0)
        return float(members[members > 0].min()) if (members > 0).any() else 0.0

    def least_of_units(self, values: Floats) -> Floats:
        """Return the least of the units of each zone, inf where none is known."""
        out = np.full(len(self._folk.zones), np.inf)
        known = np.isfinite(values)
        np.minimum.at(out, self._folk.unit_zone[known], values[known])
        return out

    def mean_of_units(self, values: Floats) -> Floats:
        """Return the mean over the persons of each zone, nan where no unit of it is known."""
        zone, n = self._folk.unit_zone, len(self._folk.zones)
        known = np.isfinite(values) & (self._weight > 0)
        weight = np.bincount(zone[known], self._weight[known], n)
        total = np.bincount(zone[known], self._weight[known] * values[known], n)
        return np.asarray(np.divide(total, weight, out=np.full(n, np.nan), where=weight > 0))


def _support(counts: Floats) -> Floats:
    """Return how many persons the shares of all groups in each row rest on."""
    known = np.nan_to_num(counts)
    total = known.sum(axis=1)
    return np.asarray(np.min([support_of_share(known[:, k], total) for k in range(known.shape[1])], axis=0))


def _name(folk: People, group: int | None = None) -> str:
    return word(folk.groups[folk.group if group is None else group])


def _indicator(
    id: str, title: str, value: float, unit: str, shown: str = "", places: tuple[str, ...] = (), **said: str | float
) -> Indicator:
    text = composed(title, **said) if said else title
    # a link cut in two is as long as before but for the last digit: that is no change of a measure
    return Indicator(f"{_MODEL}.{id}", text, round(float(value), 13), unit, _MODEL, shown, places)


def _top(folk: People, values: Floats) -> tuple[str, ...]:
    """Return the zones with the highest values."""
    known = np.flatnonzero(np.isfinite(values) & folk.inside & (np.nan_to_num(folk.counts.sum(axis=1)) > 0))
    best = known[np.argsort(-values[known], kind="stable")][:_TOP]
    return tuple(str(name) for name in folk.zones[np.sort(best)])


# --- counts -----------------------------------------------------------------------------------------------------


def _of_counts(folk: People, fields: _Fields, how: Chance, job: Job | None) -> list[Indicator]:
    inside, g, group = folk.counts[folk.inside], folk.group, _name(folk)
    total = inside.sum(axis=1)
    share = 100 * _shares(folk.counts)[:, g]
    quotient = _local(local.location_quotient, folk)[:, g]
    shown = fields.zones(zone_share(folk.groups[g]), "%", share)
    fields.zones(composed(N_("Location quotient: {group}"), group=group), "", quotient)
    mix = fields.zones(N_("Mix of groups (0 one group, 1 all alike)"), "", local.local_diversity(folk.counts, True))
    part = _local(lambda c: local.local_divergence(c)[:, None], folk)[:, 0]
    weight = np.nan_to_num(folk.counts.sum(axis=1)) / max(float(np.nansum(total)), 1e-300)
    m = several.mutual_information(inside)
    parts = 100 * part * weight / m if m > 0 else np.full(len(part), np.nan)
    of_m = fields.zones(N_("Part of the city's M"), "%", parts)
    found = bands(_banded(g), inside, how.null, how.draws, how.seed, job) if _drawn(folk, how) else {}
    made = [
        _indicator("share", N_("Share of all people: {group}"), 100 * _inside_share(inside, g), "%", shown,
                   _top(folk, share), group=group),
    ]  # fmt: skip
    for k, name in enumerate(folk.groups):
        value = evenness.dissimilarity(inside[:, k], total)
        id = "d" if k == g else f"d_{name}"
        made.append(
            _indicator(id, N_("Dissimilarity D: {group} against all others"), value, "", shown if k == g else "",
                       _top(folk, share) if k == g else (), group=_name(folk, k))
        )  # fmt: skip
    made += [
        _indicator("isolation", N_("Isolation: own share where {group} live"), evenness.isolation(inside[:, g], total),
                   "", shown, _top(folk, share), group=group),
        _indicator("exposure", N_("Exposure: share of others where {group} live"),
                   evenness.interaction(inside[:, g], total), "", shown, _top(folk, share), group=group),
        _indicator("h", N_("Theil's H, all groups"), several.theil_h(inside), "", of_m, _top(folk, parts)),
        _indicator("m", N_("Mutual information M, all groups"), m, "nats", of_m, _top(folk, parts)),
        _indicator("h_mix", N_("Mix of groups in the zones, mean of people"),
                   _mean(local.local_diversity(inside, True), total), "", mix),
    ]  # fmt: skip
    for id, title in (("d", N_("D that chance alone stays below (97.5 %)")),
                      ("h", N_("H that chance alone stays below (97.5 %)"))):  # fmt: skip
        if id in found:
            made.append(_indicator(f"{id}_chance", title, found[id].high, ""))
    if "d" in found:
        title = N_("D that chance alone stays above (2.5 %)")
        made.append(_indicator("d_chance_low", title, found["d"].low, ""))
    return made


def zone_share(group: str) -> str:
    """Return the name of the field with the share of a group in each zone."""
    return composed(N_("Share: {group}"), group=word(group))


def _mean(values: Floats, weights: Floats) -> float:
    known = np.isfinite(values) & (np.nan_to_num(weights) > 0)
    return float(np.average(values[known], weights=weights[known])) if known.any() else float("nan")


def _local(measure: Callable[[Floats], Floats], folk: People) -> Floats:
    """Return a measure of each zone against the area as a whole, nan outside."""
    out = np.full(folk.counts.shape, np.nan)
    values = measure(folk.counts[folk.inside])
    out[folk.inside, : values.shape[1]] = values
    return out


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0))


def _inside_share(counts: Floats, g: int) -> float:
    known = counts[np.isfinite(counts).all(axis=1)]
    total = float(known.sum())
    return float(known[:, g].sum()) / total if total > 0 else float("nan")


def _banded(g: int) -> dict[str, Callable[[Floats], float]]:
    return {"d": lambda c: evenness.dissimilarity(c[:, g], c.sum(axis=1)), "h": several.theil_h}


def _drawn(folk: People, how: Chance) -> bool:
    return how.draws >= 20 and int(folk.inside.sum()) * how.draws <= MOST_DRAWN


# --- neighbourhoods and scales ----------------------------------------------------------------------------------


def _of_near(near: Neighbourhoods, folk: People, fields: _Fields, *, walked: bool) -> list[Indicator]:
    group, inside, made = _name(folk), folk.units_inside, []
    chosen = neighbours.Neighbourhoods(near.ks, near.persons[inside], near.radius[inside], near.coarse[inside])
    points = neighbours.profile(chosen, folk.unit_counts[inside], folk.group)
    persons = np.nan_to_num(folk.unit_counts.sum(axis=1))
    id = "walked_near" if walked else "near"
    share_title, rank_title, *both = _NEAR[id]
    for j, point in enumerate(points):
        # what the zones are too coarse for is hatched in the map and left out of the table
        share = np.where(near.coarse[:, j], np.nan, near.persons[:, j, folk.group] / point.k)
        of_zone = fields.mean_of_units(share)
        shown = ""
        if np.isfinite(of_zone).any():
            rests = fields.least_of_units(support_of_share(near.persons[:, j, folk.group], point.k))
            shown = fields.zones(composed(share_title, group=group, k=point.k), "%", 100 * of_zone, rests)
            rank = neighbours.percentile_ranks(share, np.where(inside, persons, 0.0))
            fields.zones(composed(rank_title, group=group, k=point.k), "%", fields.mean_of_units(rank), rests)
        if not point.usable or not point.answered > 0:
            continue
        for name, title, value in zip("dp", both, (point.dissimilarity, point.isolation), strict=True):
            own, at = f"{id}_{name}_{point.k}", _top(folk, of_zone)
            made.append(_indicator(own, title, value, "", shown, at, group=group, k=point.k))
    return made


def _of_scales(made: Stages, asked: Asked) -> list[Indicator]:
    inside = made.people.units_inside
    values = multiscalar.spatial_h(made.people.unit_counts[inside], made.around[inside])
    found = [
        _indicator(f"scale_{r:g}", N_("H within {r} m, straight line"), h, "", r=r)
        for r, h in zip(asked.radii, values, strict=True)
    ]
    if len(values) > 1 and values[0] > 0:
        ratio = float(values[-1] / values[0])
        title = N_("H within {far} m over H within {near} m: how much is large-scale")
        found.append(_indicator("scale_ratio", title, ratio, "", far=asked.radii[-1], near=asked.radii[0]))
    return found


def _of_barriers(made: Stages, walked: Walked, asked: Asked) -> list[Indicator]:
    """Return H on foot and the barrier effect, both over the units on the network."""
    n = len(made.people.unit_ids)
    there = made.people.units_inside & walked.walk.reached[:n]
    counts = made.people.unit_counts[there]
    net = multiscalar.spatial_h(counts, walked.around[there])
    # who is off the network is in nobody's walk: so it is left out of the straight line too
    on = walked.walk.reached[:n]
    if on.all():
        line = made.around[there]
    else:
        around = multiscalar.environments(
            made.people.at[on], made.people.unit_counts[on], asked.radii, asked.fall
        )  # fmt: skip
        line = around[made.people.units_inside[on]]
    straight = multiscalar.spatial_h(counts, line)
    found = [
        _indicator(f"walked_scale_{r:g}", N_("H within {r} m on foot"), h, "", r=r)
        for r, h in zip(asked.radii, net, strict=True)
    ]
    found += [
        _indicator(f"barrier_{r:g}", N_("Barrier effect within {r} m: H on foot less H in a straight line"), b, "", r=r)
        for r, b in zip(asked.radii, net - straight, strict=True)
    ]
    return found


# --- places -----------------------------------------------------------------------------------------------------


def place_share(group: str, radius: float) -> str:
    """Return the name of the field with the share of a group among those who can reach each public place."""
    return composed(N_("Co-presence potential: {group} within {r} m on foot"), group=word(group), r=radius)


def _of_places(walked: Walked, folk: People, fields: _Fields, asked: Asked) -> list[Indicator]:
    if not len(walked.places):
        return []
    members = np.nansum(folk.unit_counts, axis=0)
    found, r = potential(walked.meeting, members), asked.place_radius
    who = fields.places(
        walked.places, composed(N_("People who can reach the place within {r} m on foot"), r=r), N_("persons"),
        found.people, walked.meeting,
    )  # fmt: skip
    mix = fields.places(
        walked.places,
        composed(N_("Co-presence potential: mix within {r} m on foot"), r=r),
        "",
        found.mix,
        walked.meeting,
    )
    for k in (folk.group, *(k for k in range(len(folk.groups)) if k != folk.group)):
        fields.places(walked.places, place_share(folk.groups[k], r), "%", 100 * found.shares[:, k], walked.meeting)
    gap = fields.places(
        walked.places, composed(N_("Co-presence potential: gap between groups within {r} m on foot"), r=r),
        N_("percentage points"), 100 * found.gap, walked.meeting,
    )  # fmt: skip
    best = tuple(str(name) for name in walked.places[np.argsort(-np.nan_to_num(found.mix), kind="stable")][:_TOP])
    made = [
        _indicator("copresence_mix", N_("Co-presence potential: mean mix at public places"), _nanmean(found.mix), "",
                   mix, best),
        _indicator("copresence_gap", N_("Co-presence potential: mean gap between groups"), 100 * _nanmean(found.gap),
                   N_("percentage points"), gap, best),
    ]  # fmt: skip
    for k, reached in enumerate(places_reached(walked.meeting, members)):
        title = N_("Public places within {r} m on foot, mean: {group}")
        id = f"copresence_places_{folk.groups[k]}"
        made.append(_indicator(id, title, reached, N_("places"), who, (), r=r, group=_name(folk, k)))
    return made


def _nanmean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


# --- what was assumed -------------------------------------------------------------------------------------------


def _assumptions(made: Stages, asked: Asked, how: Chance) -> tuple[str, ...]:
    folk = made.people
    t = folk.counts[folk.inside].sum(axis=1)
    lived = t[t > 0]
    said = [
        composed(
            N_("Segregation: {n} inhabited zones ({kind}), {persons} persons, {middle} in the middle one. "
               "Other zones give other values."),
            n=len(lived), kind=folk.kind or "–", persons=float(lived.sum()),
            middle=float(np.median(lived)) if len(lived) else float("nan"),
        ),
        N_("A zone's people are spread over its houses by their residents, each with the mix of the zone."),
        N_("Measures of counts (D, H, M, exposure) do not see a bridge, a path or a place: nobody moves."),
        N_("Co-presence potential says who can reach a place, not who comes or meets."),
    ]  # fmt: skip
    points = neighbours.profile(made.near, folk.unit_counts, folk.group)
    for point in points:
        if not point.usable:
            said.append(composed(N_("Segregation: the zones are too coarse for the {k} nearest persons."), k=point.k))
        elif not point.answered > 0:
            said.append(composed(N_("Segregation: fewer than {k} persons live here."), k=point.k))
    missing = int(np.isnan(t).sum())
    if missing:
        said.append(composed(N_("Segregation: {n} zones without counts are left out."), n=missing))
    if made.walked is None:
        said.append(N_("Segregation: there is no walk network near the people; what is measured on foot is left out."))
    elif not made.walked.walk.reached.all():
        lost = int((~made.walked.walk.reached).sum())
        title = N_("Segregation: {n} units or places lie further than {m} m from the walk network and are left out.")
        said.append(composed(title, n=lost, m=asked.access))
    if how.draws and not _drawn(folk, how):
        said.append(N_("Segregation: what chance would give is not drawn for so many zones."))
    return tuple(said)
