"""Questions about people: how groups are spread, what new homes, a path or a place change, who carries what."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.chart import Axis, Bars, Chart, Line, Mark
from twin.city.schema import word
from twin.models.segregation import reacts
from twin.models.segregation.model import names
from twin.models.segregation.people import chosen, groupings
from twin.questions import words
from twin.questions.question import Asked, Choice, Draw, Made, Pick, Question, Reply, Values
from twin.result import Row
from twin.scenario.others import AddPlace
from twin.scenario.streets import AddPath
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from twin.city.city import City

MODEL = "segregation"
CAUTION = N_(
    "It says how the measure changes under these assumptions; it does not say that anybody gains or loses by it."
)
EVERYWHERE = {MODEL: {"area": ""}}
"""Answers speak of the whole city, whatever area an earlier question was about."""
_UNIT = N_("Values depend on how zones are drawn: smaller zones give higher ones.")


def no_groups(city: City) -> str:
    """Say what a city lacks for questions about groups."""
    if not len(city.zones) or not groupings(city):
        return N_("There are no zones with people of two groups: bring in a map and a table of people (twin import).")
    return ""


def _no_paths(city: City) -> str:
    return no_groups(city) or (
        ""
        if len(city.paths)
        else N_("There is no walk network in this city: read one in, for example from OpenStreetMap.")
    )


def looked_at(asked: Asked, model: str = MODEL) -> tuple[str, str, tuple[str, ...]]:
    """Return the grouping, the group and the groups told apart in an answer: the scenario may have chosen its own."""
    values = asked.answer.results[model].parameters
    grouping, group = chosen(asked.base, str(values["grouping"]).strip(), str(values["group"]).strip())
    all_groups = groupings(asked.base)[grouping]
    wanted = names(values.get("groups", ""))
    told = (*(one for one in all_groups if one in wanted), "other") if wanted else all_groups
    told = all_groups if len(told) > len(all_groups) else told
    return grouping, group if group in told else told[0], told


def by_name(rows: Iterable[Row]) -> dict[str, Row]:
    """Return indicators by the name behind their model's."""
    return {one.id.split(".", 1)[1]: one for one in rows}


def _blind(lang: str, changed: Iterable[str]) -> tuple[str, ...]:
    """Say which measures cannot react to what was built."""
    names = [tr(family.title, lang) for family in reacts.blind(changed)]
    return (tr("These cannot react to it, whatever is built: {names}.", lang, names="; ".join(names)),) if names else ()


def index_text(value: float, lang: str) -> str:
    """Write an index of 0 to 1."""
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
    return Made((), tr("Spread: {group}", lang, group=tr(word(group), lang)), {MODEL: own})


def _spread_reply(asked: Asked) -> Reply:
    lang = asked.lang
    found = by_name(words.beside(asked, MODEL))
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
        group=group, part=number(100 * d, lang, 0, "%"), d=index_text(d, lang), limit=index_text(limit, lang),
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
    low = found["d_chance_low"].value if "d_chance_low" in found else math.nan
    marks = (Mark(N_("Chance (zones): 95 % of draws"), low, limit),) if math.isfinite(low + limit) else ()
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
    (MODEL,), _spread, _spread_reply, no_groups, "layers",
)  # fmt: skip


# --- a path or a place ------------------------------------------------------------------------------------------------


def _path(values: Values, city: City, lang: str) -> Made:
    edit = values["line"]
    assert isinstance(edit, AddPath)
    return Made((edit,), tr("Across the barrier", lang), EVERYWHERE)


def _path_reply(asked: Asked) -> Reply:
    lang = asked.lang
    found = by_name(words.rows(asked, MODEL))
    barriers = [row for id, row in found.items() if id.startswith("barrier_")]
    notes = (tr(CAUTION, lang), *_blind(lang, {"paths"}))
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
    (MODEL,), _path, _path_reply, _no_paths, "bridge",
)  # fmt: skip
_KINDS = (
    ("school", N_("A school")), ("square", N_("A square")), ("station", N_("A station")), ("library", N_("A library")),
    ("park", N_("A park")), ("community", N_("A meeting place")),
)  # fmt: skip


def _place(values: Values, city: City, lang: str) -> Made:
    (at,) = values["at"]
    kind = str(values["kind"])
    edit = AddPlace(at=(float(at[0]), float(at[1])), place_kind=kind)
    return Made((edit,), tr(word(kind), lang), EVERYWHERE)


def _place_reply(asked: Asked) -> Reply:
    lang = asked.lang
    found = by_name(words.rows(asked, MODEL))
    notes = (tr(CAUTION, lang), *_blind(lang, {"places"}))
    result = asked.answer.results.get(MODEL)
    fields = [] if result is None else [f for f in result.fields if f.where == "points"]
    made = _place(asked.values, asked.base, lang).edits[0]
    assert isinstance(made, AddPlace)
    at = [i for f in fields[:1] for i, id in enumerate(f.ids) if id == made.own_id()]
    shown = tuple(row for id, row in found.items() if id.startswith("copresence"))
    if not at or not np.isfinite(fields[0].values[at[0]]):
        rests = fields[0].support[at[0]] if at and fields[0].support is not None else 0.0
        if rests > 0:
            return Reply(tr("So few can reach it on foot that who they are is withheld.", lang), shown, notes)
        return Reply(tr("The place cannot be reached on foot: there is no walk link near it.", lang), shown, notes)
    people, mix = (float(f.values[at[0]]) for f in fields[:2])
    middle = found["copresence_mix"].reference if "copresence_mix" in found else float("nan")
    text = tr(
        "{people} can reach it on foot; their mix is {mix} (0 one group, 1 all alike), against {middle} at the public "
        "places of {reference} on the mean.", lang, people=words.amount(people, "persons", lang, 0),
        mix=number(mix, lang, 2),
        middle=number(middle, lang, 2), reference=asked.names[1],
    )  # fmt: skip
    # it is seen among the others: a map of one point alone would fly into the house beside it
    own = tuple(str(id) for id, value in zip(fields[0].ids, fields[0].values, strict=True) if np.isfinite(value))
    here = (
        Row(f"{MODEL}.copresence_here", N_("Mix of those who can reach it"), mix, math.nan, math.nan, "", MODEL,
            fields[1].name, own),
        Row(f"{MODEL}.copresence_people", N_("People who can reach it"), people, math.nan, math.nan, "persons", MODEL,
            fields[0].name, own),
    )  # fmt: skip
    return Reply(text, (*here, *shown), notes, _place_chart(asked, at[0], word(made.place_kind), lang))


def _place_chart(asked: Asked, at: int, place: str, lang: str) -> Chart:
    """Return the groups among those who can reach the new place, beside the public places there were [%]."""
    from twin.models.segregation.outcome import place_share

    after, before = asked.answer.results[MODEL], asked.reference.results[MODEL]
    _, _, groups = looked_at(asked)
    radius = float(after.parameters["place_radius"])
    shares = [place_share(group, radius) for group in groups]
    own = np.array([after.field(name).values[at] for name in shares])
    there = {one.name: one.values for one in before.fields}
    others = np.array([_middle(there.get(name, np.zeros(0, dtype=np.float32))) for name in shares])
    bars = (
        Bars(tr("Public places of {reference}, mean", lang, reference=asked.names[1]), others, tone="reference"),
        Bars(place, own),
    )
    title = tr("Who can reach it within {r} m on foot", lang, r=number(radius, lang, 0))
    return Chart(title, Axis("", names=tuple(word(group) for group in groups)), Axis(N_("Share"), "%", low=0.0), bars)


def _middle(values: NDArray[np.float32]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


PLACE = Question(
    "new_place", "people", N_("What if a school, a square or a station opens here?"),
    N_("Place it and see which groups can reach it on foot: a potential to be in one place, not meetings."),
    (
        Choice("kind", N_("What opens"), _KINDS, "school"),
        Draw("at", N_("Where"), "point", N_("Click on the map.")),
    ),
    (MODEL,), _place, _place_reply, _no_paths, "target",
)  # fmt: skip


QUESTIONS = (SPREAD, CROSSING, PLACE)
