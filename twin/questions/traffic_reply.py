"""What the replies to questions about traffic say: who gains, who loses, what it costs in time, how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.chart import Axis, Chart, OneToOne, Scatter
from twin.models.traffic.names import ADT
from twin.questions import words
from twin.questions.question import Asked, Reply
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from twin.city.city import City

MODELS = ("traffic",)
_SHOWN = (
    "traffic.max_change", "traffic.vehicle_km", "traffic.vehicle_hours", "traffic.mean_speed", "traffic.over_capacity",
    "traffic.unserved", "traffic.charges", "traffic.co2",
)  # fmt: skip
_NOTICED = 50.0
"""Vehicles a day under which a change on a street is not worth a word."""
_NAMED = 3


def no_roads(city: City) -> str:
    """Say what a city without streets lacks."""
    missing = N_("There are no streets in this city: read them in, for example from OpenStreetMap.")
    return "" if len(city.roads) else missing


def street_changes(asked: Asked) -> pd.Series[float]:
    """Return vehicles a day that each street of a name gains, both directions together, where it is most.

    A street that was not there before had none; the pieces an edit split a street into had what the whole had.
    """
    a, b = asked.answer.results.get("traffic"), asked.reference.results.get("traffic")
    if a is None or b is None:
        return pd.Series(dtype=float)
    found, other = a.field(ADT), b.field(ADT)
    before = pd.Series(other.values.astype(float), index=other.ids)
    whole = [str(id) if id in before.index else str(id).partition("~")[0] for id in found.ids]
    change = found.values.astype(float) - before.reindex(whole).fillna(0.0).to_numpy()
    roads = asked.city.roads.set_index("id").reindex(found.ids)
    first, last = roads["from_node"].fillna("").astype(str), roads["to_node"].fillna("").astype(str)
    pair = np.where(first < last, first + "|" + last, last + "|" + first)
    frame = pd.DataFrame({"name": roads["name"].fillna("").to_numpy(), "pair": pair, "change": change})
    both = frame.groupby(["name", "pair"])["change"].sum().reset_index()
    both = both[both["name"] != ""]
    most = both.loc[both["change"].abs().groupby(both["name"]).idxmax()] if len(both) else both
    changes: pd.Series[float] = most.set_index("name")["change"]
    return changes.sort_values()


def _round(value: float) -> float:
    """Return a number of vehicles as precisely as the model knows it: two figures."""
    return float(f"{value:.2g}")


def _per_day(value: float, lang: str) -> str:
    return words.amount(abs(_round(value)), "veh/day", lang, 0)


def _winners(asked: Asked, changes: pd.Series[float], own: str) -> str:
    """Say which other streets gain and lose most."""
    lang = asked.lang
    others = changes.drop(own, errors="ignore")
    gains = others[others > _NOTICED].iloc[::-1].head(_NAMED)
    losses = others[others < -_NOTICED].head(_NAMED)
    said = []
    for found, text in (
        (gains, N_("Most is added on {streets}.")), (losses, N_("Most is taken off {streets}.")),
    ):  # fmt: skip
        if len(found):
            each = [
                f"{name} ({words.signed(_round(float(value)), 'veh/day', lang, 0)})" for name, value in found.items()
            ]
            said.append(tr(text, lang, streets=", ".join(each)))
    return " ".join(said)


def _hours(asked: Asked) -> str:
    """Say what it does to the time all drivers spend together, and who has no way left."""
    lang = asked.lang
    found = {one.id: one for one in words.rows(asked, "traffic", "traffic.vehicle_hours", "traffic.unserved")}
    said = []
    hours = found.get("traffic.vehicle_hours")
    if hours is not None and np.isfinite(hours.difference) and hours.reference > 0:
        share = 100.0 * hours.difference / hours.reference
        if abs(share) < 0.05:
            said.append(
                tr("All drivers together spend as much time as in {reference}.", lang, reference=asked.names[1])
            )
        else:
            text = (
                N_("All drivers together spend {hours} hours a day more ({share} %) than in {reference}.")
                if share > 0
                else N_("All drivers together spend {hours} hours a day less ({share} %) than in {reference}.")
            )
            said.append(
                tr(text, lang, hours=number(abs(_round(hours.difference)), lang, 0), share=percent(share, lang),
                   reference=asked.names[1])
            )  # fmt: skip
    lost = found.get("traffic.unserved")
    if lost is not None and lost.difference >= 1:
        said.append(
            tr("{trips} trips a day have no way left; what those drivers do instead is not modelled.", lang,
               trips=number(_round(lost.difference), lang, 0))
        )  # fmt: skip
    return " ".join(said)


def percent(share: float, lang: str) -> str:
    """Write a change [%] with its sign, as precisely as the model knows it."""
    return words.signed(_round(share), "", lang, 0 if abs(share) >= 9.95 else 1)


def _trips(asked: Asked) -> str:
    """Say how many trips are made, where they are others than before."""
    lang = asked.lang
    trips = next(iter(words.rows(asked, "traffic", "traffic.trips")), None)
    if trips is None or not trips.reference > 0 or abs(trips.difference) < 1:
        return ""
    return tr(
        "{trips} trips a day are made ({share} % compared with {reference}).", lang,
        trips=number(_round(trips.value), lang, 0), share=percent(100.0 * trips.difference / trips.reference, lang),
        reference=asked.names[1],
    )  # fmt: skip


def _own(asked: Asked, name: str, changes: pd.Series[float]) -> str:
    """Say what happens on the street that was asked about."""
    lang, change = asked.lang, float(changes.get(name, 0.0))
    if not (asked.base.roads["name"] == name).any():
        return tr("{street} gets up to {amount}.", lang, street=name, amount=_per_day(change, lang))
    if abs(change) < _NOTICED:
        return tr("Traffic on {street} stays as in {reference}.", lang, street=name, reference=asked.names[1])
    text = (
        N_("{street} gets up to {amount} more than in {reference}.")
        if change > 0
        else N_("{street} is relieved of up to {amount} compared with {reference}.")
    )
    return tr(text, lang, street=name, amount=_per_day(change, lang), reference=asked.names[1])


def reply(asked: Asked, name: str = "") -> Reply:
    """Say what happens on a street that was asked about, elsewhere, and to the time of all drivers."""
    shown = words.rows(asked, "traffic", *_SHOWN)
    changes = street_changes(asked)
    if not shown:
        return Reply(tr("The models did not answer.", asked.lang))
    own = _own(asked, name, changes) if name else ""
    trips = _trips(asked)
    text = " ".join(one for one in (own, trips, _winners(asked, changes, name), _hours(asked)) if one)
    return Reply(text, shown, _notes(asked, same=not trips), _before_and_after(asked))


def _notes(asked: Asked, same: bool) -> tuple[str, ...]:
    """Say what to keep in mind; ``same`` says whether the trips are those of before."""
    lang = asked.lang
    notes = []
    if same:
        notes.append(
            tr("Everybody makes the same trips as before, by other ways; some would rather walk or stay.", lang)
        )
    found = {one.id: one for one in words.rows(asked, "traffic")}
    share, bias = found.get("traffic.test_geh"), found.get("traffic.test_bias")
    if share is not None and bias is not None:
        notes.append(
            tr("On counts kept out of the fit GEH is under 5 on {share} %, and their sum is {bias} % off.",
               lang, share=number(share.reference, lang, 0), bias=words.signed(bias.reference, "", lang, 0))
        )  # fmt: skip
    return tuple(notes)


def _before_and_after(asked: Asked) -> Chart | None:
    """Return traffic of every link, before against after."""
    a, b = asked.answer.results.get("traffic"), asked.reference.results.get("traffic")
    if a is None or b is None:
        return None
    after, before = a.field(ADT), b.field(ADT)
    at = pd.Index(before.ids).get_indexer(pd.Index(after.ids))
    known = at >= 0
    ids = after.ids[known]
    names = asked.city.roads.set_index("id")["name"].reindex(ids).fillna("").astype(str)
    x, y = before.values[at[known]].astype(float), after.values[known].astype(float)
    lang = asked.lang
    return Chart(
        tr("Every street, before and after", lang), Axis(asked.names[1], tr("veh/day", lang)),
        Axis(asked.names[0], tr("veh/day", lang)),
        (Scatter(tr("Streets", lang), x, y, ids=tuple(map(str, ids)), names=tuple(names)),), (OneToOne(),),
    )  # fmt: skip
