"""Questions that the reach on foot answers: build a footbridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.questions import words
from twin.questions.question import Asked, Draw, Made, Question, Reply, Values
from twin.scenario.streets import AddPath
from twin.text import N_, tr, trn

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


QUESTIONS = (FOOTBRIDGE,)
