"""Questions about people: how groups are spread, what new homes, a path or a place change, who carries what."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.chart import Axis, Bars, Chart, Line, Mark
from twin.city.schema import word
from twin.models.segregation import reacts
from twin.models.segregation.people import chosen, groupings
from twin.questions import words
from twin.questions.question import Asked, Choice, Draw, Made, Number, Pick, Question, Reply, Values
from twin.scenario.buildings import HousingTransfer
from twin.scenario.others import AddPlace
from twin.scenario.streets import AddPath
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.result import Row

_MODEL = "segregation"
_CAUTION = N_(
    "It says how the measure changes under these assumptions; it does not say that anybody gains or loses by it."
)
_UNIT = N_("Values depend on how zones are drawn: smaller zones give higher ones.")


def _no_groups(city: City) -> str:
    if not len(city.zones) or not groupings(city):
        return N_("There are no zones with people of two groups: bring in a map and a table of people (twin import).")
    return ""


def _no_paths(city: City) -> str:
    return _no_groups(city) or (
        ""
        if len(city.paths)
        else N_("There is no walk network in this city: read one in, for example from OpenStreetMap.")
    )


def _values(rows: Iterable[Row]) -> dict[str, Row]:
    return {one.id.split(".", 1)[1]: one for one in rows}


def _blind(lang: str, changed: Iterable[str]) -> tuple[str, ...]:
    """Say which measures cannot react to what was built."""
    names = [tr(family.title, lang) for family in reacts.blind(changed)]
    return (tr("These cannot react to it, whatever is built: {names}.", lang, names="; ".join(names)),) if names else ()


def _index(value: float, lang: str) -> str:
    return number(value, lang, 3)


# --- how groups are spread --------------------------------------------------------------------------------------------

_SCALES = (
    ("zones", N_("The zones themselves")),
    ("near", N_("The nearest 1,600 persons")),
    ("foot", N_("The nearest 1,600 persons, on foot")),
    ("places", N_("Public places that can be reached on foot")),
)


def _group_options(city: City) -> tuple[tuple[str, str], ...]:
    return tuple((f"{name}:{group}", word(group)) for name, groups in groupings(city).items() for group in groups)


def _spread(values: Values, city: City, lang: str) -> Made:
    grouping, _, group = str(values["group"]).partition(":")
    own: dict[str, bool | float | str] = {"grouping": grouping, "group": group}
    own["area"] = ",".join(values.get("area") or ())
    return Made((), tr("Spread: {group}", lang, group=tr(word(group), lang)), {_MODEL: own})


def _spread_reply(asked: Asked) -> Reply:
    lang = asked.lang
    found = _values(words.alone(asked, _MODEL))
    if "d" not in found:
        return Reply(tr("The models did not answer.", lang))
    key = str(asked.values["group"]).partition(":")[2]
    group = tr(word(key), lang)
    scale = str(asked.values["scale"])
    d, limit = found["d"].value, found["d_chance"].value if "d_chance" in found else float("nan")
    text = tr(
        "{share} of the people here are {group}; to be spread as all others are, {part} of them would have to live in "
        "another zone (D = {d}; chance alone stays below {limit}).", lang,
        share=words.amount(found["share"].value, "%", lang, 1),
        group=group, part=number(100 * d, lang, 0, "%"), d=_index(d, lang), limit=_index(limit, lang),
    )  # fmt: skip
    first = {
        "zones": ("share", "d", "isolation", "exposure", "h", "m"), "near": ("near_d_1600", "near_p_1600"),
        "foot": ("walked_near_d_1600", "walked_near_p_1600"), "places": ("copresence_mix", "copresence_gap"),
    }[scale]  # fmt: skip
    ordered = [found[id] for id in first if id in found]
    rest = [
        one
        for id, one in found.items()
        if one not in ordered and id.startswith(("d", "h", "scale", "barrier", "near", "walk"))
    ]
    notes = (tr(_UNIT, lang), tr("The table of parameters has all choices: groups, zones, sizes, radii, chance.", lang))
    return Reply(text, (*ordered, *rest), notes, _profile(found, group, lang, limit))


def _profile(found: dict[str, Row], group: str, lang: str, limit: float) -> Chart | None:
    lines = []
    for title, head in ((N_("Straight line"), "near_d_"), (N_("On foot"), "walked_near_d_")):
        points = sorted((int(id.removeprefix(head)), row.value) for id, row in found.items() if id.startswith(head))
        if len(points) > 1:
            k, d = (np.array(part, dtype=float) for part in zip(*points, strict=True))
            lines.append(Line(title, k, d, points=True))
    if not lines:
        return None
    marks = (Mark(N_("Chance stays below (zones)"), limit),) if math.isfinite(limit) else ()
    title = tr("How segregated at which scale: {group}", lang, group=group)
    axes = Axis(N_("Nearest persons"), N_("persons"), log=True), Axis("D", "", low=0.0, decimals=2)
    return Chart(title, *axes, tuple(lines), marks)


SPREAD = Question(
    "spread", "people", N_("How are groups spread over the city?"),
    N_("Choose a group, an area and a scale; see a map, a profile, the figures and what chance would give."),
    (
        Choice("group", N_("Whose spread"), _group_options, "origin:born_elsewhere",
               hint=N_("Set against all others of the same grouping.")),
        Pick("area", N_("Where (empty: everywhere)"), "zones", N_("Click zones, or choose by name."), optional=True),
        Choice("scale", N_("At which scale"), _SCALES, "near"),
    ),
    (_MODEL,), _spread, _spread_reply, _no_groups, "layers",
)  # fmt: skip


# --- new homes --------------------------------------------------------------------------------------------------------

_WHO = (
    ("tenure", N_("As people in such homes live here today")),
    ("zone", N_("As the zone is mixed today")),
    ("city", N_("As the whole city is mixed today")),
    ("own", N_("A share of my own")),
)
_OWN = "own"
TENURES = ("rental", "tenant_owned", "owned")


def _mixes(city: City, zone: str, who: str, share: float) -> dict[str, dict[str, dict[str, float]]]:
    """Return shares of the groups among those who move in, by tenure.

    «As people in such homes live here today»: zones are weighted by how many of their people live in the tenure; open
    tables do not say who lives in which tenure within a zone, so this is an assumption (an ecological inference).
    """
    grouping, group = chosen(city)
    names = groupings(city)[grouping]
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
        part = dict(zip(names, (mix / mix.sum()).tolist(), strict=True))
        mixes[tenure] = _with_share(part, group, share) if who == _OWN else part
    return {grouping: mixes}


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
    return Made((_transfer(values, city),), tr("{n} homes", lang, n=round(values["dwellings"])))


def _homes_reply(asked: Asked) -> Reply:
    from twin.scenario.scenario import PRESENT
    from twin.scenario.spread import SPREAD as BAND
    from twin.scenario.spread import low_and_high

    lang, zone = asked.lang, str(asked.values["zone"][0])
    found = _values(words.rows(asked, _MODEL))
    if "d" not in found:
        return Reply(tr("The models did not answer.", lang))
    grouping, group = chosen(asked.base)
    made = _transfer(asked.values, asked.base)
    low, high = low_and_high(PRESENT.adding(made), grouping, group)
    ends = [_quick(edit.active[0].apply(asked.base), zone) for edit in (low, high)]
    now, before = _quick(asked.city, zone), _quick(asked.base, zone)
    d_low, d_high = sorted((ends[0][1], ends[1][1]))
    d = found["d"]
    text = tr(
        "With {n} more people in {place}, the share of {group} there goes from {before} to {after} ({low}–{high}), and "
        "D of the whole city changes by {change} to {d} ({d_low}–{d_high}) compared with {reference}.",
        lang, n=words.amount(made.persons, "persons", lang, 0), place=_zone_name(asked.base, zone),
        group=tr(word(group), lang), before=number(before[0], lang, 1, "%"), after=number(now[0], lang, 1, "%"),
        low=number(min(ends[0][0], ends[1][0]), lang, 1), high=number(max(ends[0][0], ends[1][0]), lang, 1, "%"),
        change=words.signed(d.difference, "", lang, 4), d=_index(d.value, lang), d_low=_index(d_low, lang),
        d_high=_index(d_high, lang), reference=asked.names[1],
    )  # fmt: skip
    ids = ("share", "d", "h", "near_d_1600", "scale_500", "walked_scale_500", "barrier_500", "copresence_mix")
    notes = (
        tr(_CAUTION, lang),
        tr("The range is for a share of the group {part} lower and higher among those who move in.", lang,
           part=number(100 * BAND, lang, 0, "%")),
        *_shares_said(made, lang),
    )  # fmt: skip
    return Reply(text, tuple(found[id] for id in ids if id in found), notes, _mix_chart(asked, zone, lang))


def _quick(city: City, zone: str) -> tuple[float, float]:
    """Return the group's share [%] in a zone and D of the city, from counts alone."""
    from twin.models.segregation import evenness
    from twin.models.segregation.people import Who, read

    folk = read(city, Who(cell=0.0))
    if folk is None:
        return float("nan"), float("nan")
    total = folk.counts.sum(axis=1)
    at = folk.zones.tolist().index(zone) if zone in folk.zones.tolist() else -1
    share = float("nan") if at < 0 or not total[at] > 0 else 100 * float(folk.counts[at, folk.group] / total[at])
    return share, evenness.dissimilarity(folk.counts[:, folk.group], total)


def _zone_name(city: City, zone: str) -> str:
    rows = city.zones[city.zones["id"] == zone]
    return str(rows["name"].iloc[0]) or zone if len(rows) else zone


def _shares_said(edit: HousingTransfer, lang: str) -> tuple[str, ...]:
    """Say the assumed mix of those who move in, by tenure."""
    said = []
    for tenure, part in edit.tenure.items():
        for shares in edit.groups.values():
            mix = shares[tenure].items()
            groups = ", ".join(f"{tr(word(g), lang)} {number(100 * s, lang, 0, '%')}" for g, s in mix)
            said.append(
                tr("Assumed for {tenure} ({part} of the homes): {groups}.", lang, tenure=tr(word(tenure), lang).lower(),
                   part=number(100 * part, lang, 0, "%"), groups=groups)
            )  # fmt: skip
    return tuple(said)


def _mix_chart(asked: Asked, zone: str, lang: str) -> Chart:
    grouping, _ = chosen(asked.base)
    names = groupings(asked.base)[grouping]
    bars = []
    for city, name in ((asked.base, asked.names[1]), (asked.city, asked.names[0])):
        rows = city.population[(city.population["zone"] == zone) & (city.population["dimension"] == grouping)]
        counts = rows.groupby("group")["persons"].sum().reindex(list(names)).fillna(0.0).to_numpy()
        bars.append(Bars(name, counts))
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
    (_MODEL,), _homes, _homes_reply, _no_groups, "building",
)  # fmt: skip


# --- a path or a place ------------------------------------------------------------------------------------------------


def _path(values: Values, city: City, lang: str) -> Made:
    edit = values["line"]
    assert isinstance(edit, AddPath)
    return Made((edit,), tr("Across the barrier", lang))


def _path_reply(asked: Asked) -> Reply:
    lang = asked.lang
    found = _values(words.rows(asked, _MODEL))
    barriers = [row for id, row in found.items() if id.startswith("barrier_")]
    notes = (tr(_CAUTION, lang), *_blind(lang, {"paths"}))
    if not barriers:
        return Reply(tr("The models did not answer.", lang), (), notes)
    most = max(barriers, key=lambda row: abs(row.difference))
    mix = found.get("copresence_mix")
    shown = (
        most,
        *(row for row in (mix, found.get("copresence_gap"), *barriers, found.get("d")) if row and row is not most),
    )
    if abs(most.difference) < 1e-6 and (mix is None or abs(mix.difference) < 1e-6):
        text = tr("No measure changes compared with {reference}: nobody's surroundings on foot become others.", lang,
                  reference=asked.names[1])  # fmt: skip
        return Reply(text, shown, notes, _barrier_chart(barriers, asked, lang))
    text = tr(
        "{what} changes by {change}, and the mean mix of who can reach a public place by {mix}, compared with "
        "{reference}; where people live stays as it is.", lang, what=tr(most.title, lang, **most.fields),
        change=words.signed(most.difference, "", lang, 4),
        mix=words.signed(mix.difference, "", lang, 4) if mix is not None else "–", reference=asked.names[1],
    )  # fmt: skip
    return Reply(text, shown, notes, _barrier_chart(barriers, asked, lang))


def _barrier_chart(rows: list[Row], asked: Asked, lang: str) -> Chart:
    points = sorted((float(row.id.rsplit("_", 1)[1]), row.reference, row.value) for row in rows)
    r, before, after = (np.array(part) for part in zip(*points, strict=True))
    lines = (
        Line(asked.names[1], r, before, points=True, tone="reference"),
        Line(asked.names[0], r, after, points=True),
    )
    title = N_("Barrier effect: H on foot less H in a straight line")
    return Chart(title, Axis(N_("Radius"), "m"), Axis(N_("Difference of H"), decimals=3), lines)


CROSSING = Question(
    "cross_barrier", "people", N_("What if a barrier is bridged?"),
    N_("Draw a bridge, underpass or path; see whose surroundings on foot change, and which measures cannot see it."),
    (Draw("line", N_("Draw it"), "path", N_("From one side to the other; its ends snap to the walk network.")),),
    (_MODEL,), _path, _path_reply, _no_paths, "bridge",
)  # fmt: skip
_KINDS = (
    ("school", N_("A school")), ("square", N_("A square")), ("station", N_("A station")), ("library", N_("A library")),
    ("park", N_("A park")), ("community", N_("A meeting place")),
)  # fmt: skip


def _place(values: Values, city: City, lang: str) -> Made:
    (at,) = values["at"]
    kind = str(values["kind"])
    edit = AddPlace(at=(float(at[0]), float(at[1])), place_kind=kind)
    return Made((edit,), tr(word(kind), lang))


def _place_reply(asked: Asked) -> Reply:
    lang = asked.lang
    found = _values(words.rows(asked, _MODEL))
    notes = (tr(_CAUTION, lang), *_blind(lang, {"places"}))
    result = asked.answer.results.get(_MODEL)
    fields = [] if result is None else [f for f in result.fields if f.where == "points"]
    made = _place(asked.values, asked.base, lang).edits[0]
    assert isinstance(made, AddPlace)
    at = [i for f in fields[:1] for i, id in enumerate(f.ids) if id == made.own_id()]
    shown = tuple(row for id, row in found.items() if id.startswith("copresence"))
    if not at or not np.isfinite(fields[0].values[at[0]]):
        return Reply(tr("The place cannot be reached on foot: there is no walk link near it.", lang), shown, notes)
    people, mix = (float(f.values[at[0]]) for f in fields[:2])
    middle = found["copresence_mix"].reference if "copresence_mix" in found else float("nan")
    text = tr(
        "{people} can reach it on foot; their mix is {mix} (0 one group, 1 all alike), against {middle} at the public "
        "places of {reference} on the mean.", lang, people=words.amount(people, "persons", lang, 0),
        mix=number(mix, lang, 2),
        middle=number(middle, lang, 2), reference=asked.names[1],
    )  # fmt: skip
    return Reply(text, shown, notes)


PLACE = Question(
    "new_place", "people", N_("What if a school, a square or a station opens here?"),
    N_("Place it and see which groups can reach it on foot: a potential to be in one place, not meetings."),
    (
        Choice("kind", N_("What opens"), _KINDS, "school"),
        Draw("at", N_("Where"), "point", N_("Click on the map.")),
    ),
    (_MODEL,), _place, _place_reply, _no_paths, "target",
)  # fmt: skip


# --- who carries what -------------------------------------------------------------------------------------------------

_WHAT = (
    ("noise", N_("Noise at home")), ("street", N_("Traffic on one's own street")),
    ("way_school", N_("Way to the nearest school")), ("way_stop", N_("Way to the nearest stop")),
    ("way_area", N_("Way to the nearest green area")),
)  # fmt: skip


def _carry(values: Values, city: City, lang: str) -> Made:
    return Made()


def _carry_reply(asked: Asked) -> Reply:
    lang, what = asked.lang, str(asked.values["what"])
    rows = [row for row in words.alone(asked, "exposure") if row.id.split(".", 1)[1].startswith(what)]
    gap = next((row for row in rows if row.id.endswith("_gap")), None)
    if gap is None:
        return Reply(tr("No model has answered what this needs.", lang), tuple(rows))
    low, high = (next((r.value for r in rows if r.id == f"{gap.id}_{end}"), float("nan")) for end in ("low", "high"))
    _, group = chosen(asked.city)
    sure = math.isfinite(low) and (low > 0 or high < 0)
    said = {
        "group": tr(word(group), lang), "gap": words.signed(gap.value, gap.unit, lang),
        "low": words.amount(low, "", lang),
        "high": words.amount(high, gap.unit, lang), "what": tr(dict(_WHAT)[what], lang),
    }  # fmt: skip
    if sure:
        text = tr("{what}: {group} have {gap} compared with all others (95 %: {low} to {high}).", lang, **said)
    else:
        text = tr("{what}: between {group} and all others no difference can be told ({gap}; 95 %: {low} to {high}).",
                  lang, **said)  # fmt: skip
    notes = (tr("The range is for the zones that happen to be; the levels' own uncertainty comes on top.", lang),)
    return Reply(text, (gap, *(row for row in rows if row is not gap)), notes, _classes(rows, gap, group, asked, lang))


def _classes(rows: list[Row], gap: Row, group: str, asked: Asked, lang: str) -> Chart | None:
    """Return how the group and all others are spread over the classes [%]."""
    stem = gap.id.removesuffix("_gap") + "_class_"
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.id.startswith(stem):
            limit, _, name = row.id.removeprefix(stem).partition("_")
            found.setdefault(limit, {})[name] = row.value
    if not found:
        return None
    limits = sorted(found, key=lambda text: -1.0 if text == "below" else float(text))
    names = sorted({name for one in found.values() for name in one})
    counts = np.nan_to_num(np.array([[found[limit].get(name, 0.0) for name in names] for limit in limits]))
    own = counts[:, names.index(group)] if group in names else np.zeros(len(limits))
    rest = counts.sum(axis=1) - own
    labels = tuple(tr("below", lang) if limit == "below" else f"{number(float(limit), lang)}–" for limit in limits)
    parts = tuple(
        Bars(title, 100 * part / max(part.sum(), 1e-9))
        for title, part in ((word(group), own), (N_("All others"), rest))
    )
    return Chart(
        N_("Where each group lives, by class"),
        Axis("", gap.unit, names=labels),
        Axis(N_("People"), "%", low=0.0),
        parts,
    )


CARRY = Question(
    "who_carries", "people", N_("Who carries the noise and the traffic?"),
    N_("See how many of each group live with how much noise, traffic or distance, and how sure the difference is."),
    (Choice("what", N_("What"), _WHAT, "street"),),
    ("exposure",), _carry, _carry_reply, _no_groups, "layers",
)  # fmt: skip

QUESTIONS = (SPREAD, HOMES, CROSSING, PLACE, CARRY)
