"""The question about new homes: how many, which tenures, who moves in; with a range over that assumption."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from twin.chart import Axis, Bars, Chart
from twin.city.schema import word
from twin.models.segregation.people import chosen, groupings
from twin.privacy.cells import coarse
from twin.privacy.provenance import is_protected
from twin.questions import words
from twin.questions.people import CAUTION, EVERYWHERE, MODEL, by_name, index_text, looked_at, no_groups
from twin.questions.question import Asked, Choice, Made, Number, Pick, Question, Reply, Values
from twin.scenario.buildings import HousingTransfer
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.result import Result

_WHO = (
    ("tenure", N_("As people in such homes live here today")),
    ("zone", N_("As the zone is mixed today")),
    ("city", N_("As the whole city is mixed today")),
    ("own", N_("A share of my own")),
)
_OWN = "own"
TENURES = ("rental", "tenant_owned", "owned")


def _mixes(city: City, zone: str, who: str, share: float) -> dict[str, dict[str, dict[str, float]]]:
    """Return shares of the groups among those who move in, by tenure, in every grouping there is.

    «As people in such homes live here today»: zones are weighted by how many of their people live in the tenure; open
    tables do not say who lives in which tenure within a zone, so this is an assumption (an ecological inference).
    """
    first, group = chosen(city)
    mixes = {}
    for grouping, names in groupings(city).items():
        if grouping == "tenure" and set(TENURES) <= set(names):
            mixes[grouping] = {tenure: {tenure: 1.0} for tenure in TENURES}
            continue
        mixes[grouping] = _mix(city, grouping, names, zone, "tenure" if who == _OWN and grouping != first else who)
        if who == _OWN and grouping == first:
            mixes[grouping] = {name: _with_share(mix, group, share) for name, mix in mixes[grouping].items()}
    return mixes


def _mix(city: City, grouping: str, names: tuple[str, ...], zone: str, who: str) -> dict[str, dict[str, float]]:
    table = city.population
    zones = sorted(map(str, table.loc[table["dimension"] == grouping, "zone"].unique()))
    counts = _counts(city, grouping, zones, names)
    whole = counts.sum(axis=0)
    own = counts[zones.index(zone)] if zone in zones else np.zeros(len(names))
    mixes = {}
    for k, tenure in enumerate(TENURES):
        mix = own if who == "zone" else whole
        if who == "tenure":
            weight = _counts(city, "tenure", zones, TENURES)[:, k]
            total = counts.sum(axis=1, keepdims=True)
            mix = weight @ np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
        mix = mix if mix.sum() > 0 else whole
        mixes[tenure] = dict(zip(names, (mix / mix.sum()).tolist(), strict=True))
    return mixes


def _counts(city: City, grouping: str, zones: list[str], groups: tuple[str, ...]) -> NDArray[np.float64]:
    """Return persons, a row per zone and a column per group; 0 where nothing is known."""
    rows = city.population[city.population["dimension"] == grouping]
    at = {(str(z), str(g)): float(n) for z, g, n in zip(rows["zone"], rows["group"], rows["persons"], strict=True)}
    return np.asarray(np.nan_to_num([[at.get((zone, group), 0.0) for group in groups] for zone in zones]))


def _with_share(part: dict[str, float], group: str, share: float) -> dict[str, float]:
    """Return shares in which one group has a stated one and the others keep their proportions."""
    rest = 1.0 - part[group]
    others = len(part) - 1
    return {
        name: share if name == group else (1 - share) * (value / rest if rest > 0 else 1 / others)
        for name, value in part.items()
    }


def _transfer(values: Values, city: City) -> HousingTransfer:
    zone = str(values["zone"][0])
    rental, owned = values["rental"] / 100, values["tenant"] / 100
    rest = max(1.0 - rental - owned, 0.0)
    total = rental + owned + rest
    parts = zip(TENURES, (rental / total, owned / total, rest / total), strict=True)
    return HousingTransfer(
        zone=zone, dwellings=values["dwellings"], persons_per_dwelling=values["persons"],
        tenure={name: part for name, part in parts if part > 0},
        groups=_mixes(city, zone, str(values["who"]), (values.get("share") or 0.0) / 100),
    )  # fmt: skip


def _homes(values: Values, city: City, lang: str) -> Made:
    return Made((_transfer(values, city),), tr("{n} homes", lang, n=round(values["dwellings"])), EVERYWHERE)


def _homes_reply(asked: Asked) -> Reply:
    from twin.scenario.scenario import PRESENT
    from twin.scenario.spread import SPREAD as BAND
    from twin.scenario.spread import low_and_high

    lang, zone = asked.lang, str(asked.values["zone"][0])
    found = by_name(words.rows(asked, MODEL))
    if "d" not in found:
        return Reply(tr("The models did not answer.", lang))
    grouping, group, names = looked_at(asked)
    made = _transfer(asked.values, asked.base)
    low, high = low_and_high(PRESENT.adding(made), grouping, group)
    before, now = (_share(one.results[MODEL], zone, group) for one in (asked.reference, asked.answer))
    ends = [_quick(edit.active[0].apply(asked.base), zone, asked) for edit in (low, high)]
    if not np.isfinite([before, now]).all():  # withheld: what it was and became must not follow from the range
        ends = [(float("nan"), d) for _, d in ends]
    d_low, d_high = sorted((ends[0][1], ends[1][1]))
    d = found["d"]
    text = tr(
        "With {n} more people in {place}, the share of {group} there goes from {before} to {after} ({low}–{high}), and "
        "D of the whole city changes by {change} to {d} ({d_low}–{d_high}) compared with {reference}.",
        lang, n=number(made.persons, lang, 0), place=_zone_name(asked.base, zone),
        group=tr(word(group), lang), before=number(before, lang, 1, "%"), after=number(now, lang, 1, "%"),
        low=number(min(ends[0][0], ends[1][0]), lang, 1), high=number(max(ends[0][0], ends[1][0]), lang, 1, "%"),
        change=words.signed(d.difference, "", lang, 4), d=index_text(d.value, lang), d_low=index_text(d_low, lang),
        d_high=index_text(d_high, lang), reference=asked.names[1],
    )  # fmt: skip
    if not np.isfinite([before, now]).all():
        text = tr(
            "With {n} more people in {place}, D of the whole city changes by {change} to {d} ({d_low}–{d_high}) "
            "compared with {reference}; the share of {group} there is not shown, for it rests on too few persons.",
            lang, n=number(made.persons, lang, 0), place=_zone_name(asked.base, zone),
            group=tr(word(group), lang), change=words.signed(d.difference, "", lang, 4), d=index_text(d.value, lang),
            d_low=index_text(d_low, lang), d_high=index_text(d_high, lang), reference=asked.names[1],
        )  # fmt: skip
    ids = ("share", "d", "h", "near_d_1600", "scale_500", "walked_scale_500", "barrier_500", "copresence_mix")
    notes = (
        tr(CAUTION, lang),
        tr("The range is for a share of the group {part} lower and higher among those who move in.", lang,
           part=number(100 * BAND, lang, 0, "%")),
        *_shares_said(made, grouping, lang),
    )  # fmt: skip
    chart = _mix_chart(asked, zone, grouping, names, lang)
    return Reply(text, tuple(found[id] for id in ids if id in found), notes, chart)


def _share(result: Result, zone: str, group: str) -> float:
    """Return the group's share [%] in a zone as the model says it; nan where it is withheld or not measured."""
    from twin.models.segregation.outcome import zone_share

    field = next((one for one in result.fields if one.name == zone_share(group)), None)
    if field is None or zone not in field.ids:
        return float("nan")
    return float(field.values[field.ids.tolist().index(zone)])


def _quick(city: City, zone: str, asked: Asked) -> tuple[float, float]:
    """Return the group's share [%] in a zone and D of the area, from counts alone, as the model was asked."""
    from twin.models.segregation import evenness
    from twin.models.segregation.model import who
    from twin.models.segregation.people import read

    folk = read(city, dataclasses.replace(who(asked.answer.results[MODEL].parameters), cell=0.0))
    if folk is None:
        return float("nan"), float("nan")
    total = folk.counts.sum(axis=1)
    at = folk.zones.tolist().index(zone) if zone in folk.zones.tolist() else -1
    share = float("nan") if at < 0 or not total[at] > 0 else 100 * float(folk.counts[at, folk.group] / total[at])
    return share, evenness.dissimilarity(folk.counts[folk.inside, folk.group], total[folk.inside])


def _zone_name(city: City, zone: str) -> str:
    rows = city.zones[city.zones["id"] == zone]
    return str(rows["name"].iloc[0]) or zone if len(rows) else zone


def _shares_said(edit: HousingTransfer, grouping: str, lang: str) -> tuple[str, ...]:
    """Say the assumed mix of those who move in, by tenure."""
    said = []
    for tenure, part in edit.tenure.items():
        mix = edit.groups.get(grouping, {}).get(tenure, {}).items()
        groups = ", ".join(f"{tr(word(g), lang)} {number(100 * s, lang, 0, '%')}" for g, s in mix)
        said.append(
            tr("Assumed for {tenure} ({part} of the homes): {groups}.", lang, tenure=tr(word(tenure), lang).lower(),
               part=number(100 * part, lang, 0, "%"), groups=groups)
        )  # fmt: skip
    return tuple(said)


def _mix_chart(asked: Asked, zone: str, grouping: str, names: tuple[str, ...], lang: str) -> Chart:
    bars = []
    protected = is_protected(asked.base)
    for city, name in ((asked.base, asked.names[1]), (asked.city, asked.names[0])):
        rows = city.population[(city.population["zone"] == zone) & (city.population["dimension"] == grouping)]
        known = rows.groupby("group")["persons"].sum()
        rest = float(known.drop(labels=list(names), errors="ignore").sum())
        counts = known.reindex(list(names)).fillna(0.0).to_numpy(dtype=float)
        counts = np.where(np.array(names) == "other", rest, counts) if "other" not in known.index else counts
        bars.append(Bars(name, coarse(counts) if protected else counts))
    title = tr("People in {place} by group", lang, place=_zone_name(asked.base, zone))
    return Chart(title, Axis("", names=tuple(word(g) for g in names)), Axis(N_("Persons"), low=0.0), tuple(bars))


HOMES = Question(
    "new_homes", "people", N_("What if new homes are built here?"),
    N_("State how many, which tenures and who moves in; see which measures of segregation change, with a range."),
    (
        Pick("zone", N_("In which zone"), "zones", N_("Click it on the map, or choose its name.")),
        Number("dwellings", N_("Homes"), "", 1.0, 20_000.0, 400.0, 50.0),
        Number("persons", N_("Persons per home"), N_("persons"), 0.5, 8.0, 2.0, 0.1, 1),
        Number("rental", N_("Rental"), "%", 0.0, 100.0, 50.0, 5.0),
        Number("tenant", N_("Tenant-owned"), "%", 0.0, 100.0, 50.0, 5.0, hint=N_("What is left is owned homes.")),
        Choice("who", N_("Who moves in"), _WHO, "tenure", hint=N_("An assumption, shown with the answer.")),
        Number("share", N_("Share of the group"), "%", 0.0, 100.0, 25.0, 1.0,
               when=lambda values: values.get("who") == _OWN),
    ),
    (MODEL,), _homes, _homes_reply, no_groups, "building",
)  # fmt: skip


QUESTIONS = (HOMES,)
