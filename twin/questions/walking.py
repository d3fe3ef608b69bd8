"""Questions that the reach on foot answers: build a footbridge, close a street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.questions import words
from twin.questions.question import Asked, Choice, Draw, Made, Pick, Question, Reply, Values
from twin.scenario import along
from twin.scenario.streets import AddPath, CloseRoad
from twin.text import N_, number, tr, trn

if TYPE_CHECKING:
    from twin.city.city import City

_PEOPLE = "Residents within 800 m on foot"
_SHARES = ("reach.residents_800", "reach.jobs_800", "reach.school_800", "reach.stop_400", "reach.green_400")
_SAME = 0.5
"""Fewer persons than this make no difference to a reader."""


def _no_paths(city: City) -> str:
    return (
        ""
        if len(city.paths)
        else N_("There is no walk network in this city: read one in, for example from OpenStreetMap.")
    )


def _no_roads(city: City) -> str:
    return (
        ""
        if len(city.roads)
        else N_("There are no streets in this city: read them in, for example from OpenStreetMap.")
    )


_HOW_MUCH = (("link", N_("Only this piece")), ("street", N_("The whole street")))


# --- a footbridge -----------------------------------------------------------------------------------------------------


def _bridge(values: Values, city: City, lang: str) -> Made:
    edit = values["line"]
    assert isinstance(edit, AddPath)
    return Made((edit,), tr("Footbridge", lang) if edit.bridge else tr("Path", lang))


def _bridge_reply(asked: Asked) -> Reply:
    lang = asked.lang
    found = words.change(asked, "reach", _PEOPLE)
    shown = words.rows(asked, "reach", *_SHARES)
    notes = (
        tr("Measures where people live; it says nothing of how many would walk over it.", lang),
        tr("Segregation measured on where people live cannot react to a bridge; what people can reach does.", lang),
    )
    if found is None:
        return Reply(tr("The models did not answer.", lang), shown, notes)
    gain = np.nan_to_num(found.values)
    people = words.people_at(asked, found.ids)
    gains = (gain > _SAME) & (people > 0)
    if not gains.any():
        text = tr(
            "It gives nobody more people within 800 m on foot than in {reference}: its ends may lie on ways that are "
            "as short already.", lang, reference=asked.names[1],
        )  # fmt: skip
        return Reply(text, shown, notes)
    n = round(float(people[gains].sum()))
    mean = float((gain * people)[gains].sum() / people[gains].sum())
    text = trn(
        "{n} resident reaches more people within 800 m on foot: {more} more on average than in {reference}.",
        "{n} residents reach more people within 800 m on foot: {more} more on average than in {reference}.",
        n, lang, more=words.amount(mean, "persons", lang, 0), reference=asked.names[1],
    )  # fmt: skip
    return Reply(text, shown, notes)


FOOTBRIDGE = Question(
    "footbridge", "walking", N_("What if we build a footbridge?"),
    N_("Draw a bridge or a path and see who reaches more people, jobs, schools and green on foot."),
    (Draw("line", N_("Draw it"), "path", N_("From one side to the other; its ends snap to the walk network.")),),
    ("reach",), _bridge, _bridge_reply, _no_paths, "bridge",
)  # fmt: skip


# --- a closed street --------------------------------------------------------------------------------------------------


def _one_piece(values: Values) -> bool:
    """Ask how much of it only where a piece was clicked: a name stands for the whole street."""
    return len(values.get("street") or ()) == 1


def _close(values: Values, city: City, lang: str) -> Made:
    ids = (along.same_street if _one_piece(values) and values["how_much"] == "street" else along.both_ways)(
        city, values["street"]
    )
    name = next(iter(along.street_names(city, ids)), tr("Street", lang))
    return Made((CloseRoad(roads=tuple(ids)),), tr("{street} closed", lang, street=name))


def _close_reply(asked: Asked) -> Reply:
    lang = asked.lang
    made = _close(asked.values, asked.base, lang).edits[0]
    metres = along.length(asked.base, made.needs()["roads"])
    shown = words.rows(asked, "reach", *_SHARES)
    text = tr(
        "{length} of street is closed to vehicles; nobody's way on foot is another than in {reference}, as pavements "
        "and crossings stay.", lang, length=number(metres, lang, 0, "m"), reference=asked.names[1],
    )  # fmt: skip
    return Reply(text, shown, (tr("Where the traffic goes instead is not answered by this model.", lang),))


CLOSE_STREET = Question(
    "close_street", "traffic", N_("What if we close a street?"),
    N_("Choose a street, or a piece of it, and see who gains and who loses."),
    (
        Pick("street", N_("Choose the street"), "roads", N_("Click it on the map, or choose its name.")),
        Choice("how_much", N_("How much of it"), _HOW_MUCH, "link", when=_one_piece),
    ),
    ("reach",), _close, _close_reply, _no_roads, "close",
)  # fmt: skip

QUESTIONS = (FOOTBRIDGE, CLOSE_STREET)
