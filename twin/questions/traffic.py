"""Questions that the traffic model answers: close or slow a street, lanes, one way, zones, a new street, growth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.chart import Axis, Chart, OneToOne, Scatter
from twin.models.traffic.names import ADT
from twin.questions import words
from twin.questions.question import Asked, Choice, Draw, Made, Number, Pick, Question, Reply, Tick, Values
from twin.scenario import along
from twin.scenario.others import AddRule, FleetMix
from twin.scenario.streets import AddRoad, ChangeRoad, CloseRoad
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.city import City

MODELS = ("traffic",)
_SHOWN = (
    "traffic.max_change", "traffic.vehicle_km", "traffic.vehicle_hours", "traffic.mean_speed", "traffic.over_capacity",
    "traffic.unserved",
)  # fmt: skip
_NOTICED = 50.0
"""Vehicles a day under which a change on a street is not worth a word."""
_NAMED = 3
_STREET = Pick("street", N_("Choose the street"), "roads", N_("Click it on the map, or choose its name."))
_HOW_MUCH = (("link", N_("Only this piece")), ("street", N_("The whole street")))
_CLASS_2 = N_("Class 2: cars and lorries that are too old stay out")
_CLASS_3 = N_("Class 3: only electric vehicles may drive in")


def _no_roads(city: City) -> str:
    missing = N_("There are no streets in this city: read them in, for example from OpenStreetMap.")
    return "" if len(city.roads) else missing


def _one_piece(values: Values) -> bool:
    """Ask how much of it only where a piece was clicked: a name stands for the whole street."""
    return len(values.get("street") or ()) == 1


_PART = Choice("how_much", N_("How much of it"), _HOW_MUCH, "link", when=_one_piece)


def _links(values: Values, city: City) -> tuple[str, ...]:
    whole = _one_piece(values) and values["how_much"] == "street"
    return tuple((along.same_street if whole else along.both_ways)(city, values["street"]))


def _name(city: City, ids: Sequence[str], lang: str) -> str:
    return next(iter(along.street_names(city, ids)), tr("Street", lang))


# --- what all replies say ---------------------------------------------------------------------------------------------


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
                tr(text, lang, hours=number(abs(hours.difference), lang, 0), share=words.signed(share, "", lang, 1),
                   reference=asked.names[1])
            )  # fmt: skip
    lost = found.get("traffic.unserved")
    if lost is not None and lost.difference >= 1:
        said.append(
            tr("{trips} trips a day have no way left; what those drivers do instead is not modelled.", lang,
               trips=number(lost.difference, lang, 0))
        )  # fmt: skip
    return " ".join(said)


def _own(asked: Asked, name: str, changes: pd.Series[float]) -> str:
    """Say what happens on the street that was asked about."""
    lang, change = asked.lang, float(changes.get(name, 0.0))
    if abs(change) < _NOTICED:
        return tr("Traffic on {street} stays as in {reference}.", lang, street=name, reference=asked.names[1])
    text = (
        N_("{street} gets up to {amount} more than in {reference}.")
        if change > 0
        else N_("{street} is relieved of up to {amount} compared with {reference}.")
    )
    return tr(text, lang, street=name, amount=_per_day(change, lang), reference=asked.names[1])


def _reply(asked: Asked, name: str) -> Reply:
    shown = words.rows(asked, "traffic", *_SHOWN)
    changes = street_changes(asked)
    if not shown:
        return Reply(tr("The models did not answer.", asked.lang))
    own = _own(asked, name, changes) if name else ""
    text = " ".join(one for one in (own, _winners(asked, changes, name), _hours(asked)) if one)
    return Reply(text, shown, _notes(asked), _before_and_after(asked))


def _notes(asked: Asked) -> tuple[str, ...]:
    lang = asked.lang
    notes = [tr("Everybody makes the same trips as before, by other ways; some would rather walk or stay.", lang)]
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


# --- the questions ----------------------------------------------------------------------------------------------------

_WHO = (
    ("all", N_("All vehicles")), ("truck", N_("Lorries")), ("truck_heavy", N_("Heavy lorries")),
    ("car", N_("Cars with an engine")),
)  # fmt: skip
_CLOSED_TO = {
    "all": (), "truck": ("truck", "truck_light", "truck_heavy"), "truck_heavy": ("truck_heavy",), "car": ("car",),
}  # fmt: skip


def _close(values: Values, city: City, lang: str) -> Made:
    ids = _links(values, city)
    edit = CloseRoad(roads=ids, classes=_CLOSED_TO[values["who"]])
    return Made((edit,), tr("{street} closed", lang, street=_name(city, ids, lang)))


def _about_street(asked: Asked) -> Reply:
    return _reply(asked, _name(asked.base, _links(asked.values, asked.base), asked.lang))


def _closed_reply(asked: Asked) -> Reply:
    lang = asked.lang
    metres = along.length(asked.base, _links(asked.values, asked.base))
    said = _about_street(asked)
    text = tr("{length} of street is closed to vehicles.", lang, length=number(metres, lang, 0, "m"))
    return replace(said, sentence=f"{text} {said.sentence}")


CLOSE_STREET = Question(
    "close_street", "traffic", N_("What if we close a street?"),
    N_("Choose a street, or a piece of it, and see where its traffic goes."),
    (_STREET, _PART, Choice("who", N_("Closed to"), _WHO, "all")),
    MODELS, _close, _closed_reply, _no_roads, "close",
)  # fmt: skip


def _slow(values: Values, city: City, lang: str) -> Made:
    ids = _links(values, city)
    name = tr("{street} {speed:.0f} km/h", lang, street=_name(city, ids, lang), speed=values["speed"])
    return Made((ChangeRoad(roads=ids, speed=values["speed"]),), name)


SLOWER = Question(
    "slower_street", "traffic", N_("What if 30 km/h applies here?"),
    N_("Set another speed limit and see where the traffic goes and what it costs in time."),
    (_STREET, _PART, Number("speed", N_("Speed limit"), "km/h", 5.0, 120.0, 30.0, 10.0)),
    MODELS, _slow, _about_street, _no_roads, "target",
)  # fmt: skip


def _lanes(values: Values, city: City, lang: str) -> Made:
    ids = _links(values, city)
    name = tr("{street}, lanes: {lanes:.0f}", lang, street=_name(city, ids, lang), lanes=values["lanes"])
    return Made((ChangeRoad(roads=ids, lanes=values["lanes"]),), name)


FEWER_LANES = Question(
    "fewer_lanes", "traffic", N_("What if a street gets fewer or more lanes?"),
    N_("Give lanes to buses, bicycles or trees, or build new ones, and see what that does to traffic."),
    (_STREET, _PART, Number("lanes", N_("Lanes in each direction"), "", 1.0, 6.0, 1.0)),
    MODELS, _lanes, _about_street, _no_roads, "layers",
)  # fmt: skip


def _one_way(values: Values, city: City, lang: str) -> Made:
    ids = _links(values, city)
    kept = set(values["street"])
    if values["how_much"] == "street" or not _one_piece(values):
        kept = _same_direction(city, ids, values["street"][0])
    if values["way"] == "against":
        kept = set(ids) - kept
    closed = tuple(one for one in ids if one not in kept)
    return Made((CloseRoad(roads=closed),), tr("{street} one-way", lang, street=_name(city, ids, lang)))


def _same_direction(city: City, ids: Sequence[str], first: str) -> set[str]:
    """Return the links of a street that run as one of them does: from link to link, else by compass."""
    rows = city.roads[city.roads["id"].isin(list(ids))]
    lines = rows.geometry
    step = np.array([np.subtract(line.coords[-1], line.coords[0]) for line in lines])
    own = step[list(rows["id"]).index(first)]
    return {str(id) for id, along_it in zip(rows["id"], step @ own, strict=True) if along_it > 0}


ONE_WAY = Question(
    "one_way", "traffic", N_("What if a street becomes one-way?"),
    N_("Close one direction; the piece that was clicked says which one stays."),
    (
        _STREET, _PART,
        Choice("way", N_("Direction that stays"), (("along", N_("That of the piece clicked")),
                                                   ("against", N_("The other one"))), "along"),
    ),
    MODELS, _one_way, _about_street, _no_roads, "forward",
)  # fmt: skip


def _zone(values: Values, city: City, lang: str) -> Made:
    ring = tuple((float(x), float(y)) for x, y in values["area"])
    name = tr("Environmental zone class {level}", lang, level=values["level"])
    classes = ("car", "truck_light", "truck_heavy")
    edit = AddRule(area=ring, rule_class=values["level"], name=name, status="in_force", vehicle_classes=classes)
    return Made((edit,), name)


ZONE = Question(
    "environmental_zone", "traffic", N_("What if an environmental zone is introduced?"),
    N_("Draw its outline and choose its class; who may not drive in goes around it."),
    (
        Draw("area", N_("Draw the zone"), "area", N_("Click its corners; streets mostly inside belong to it.")),
        Choice("level", N_("Class"), (("2", _CLASS_2), ("3", _CLASS_3)), "3"),
    ),
    MODELS, _zone, lambda asked: _reply(asked, ""), _no_roads, "target",
)  # fmt: skip

_ROAD_KINDS = (("residential", N_("Local street")), ("tertiary", N_("Collector street")),
               ("secondary", N_("Secondary street")), ("primary", N_("Primary street")))  # fmt: skip
_LANE_CAPACITY = {"residential": 600.0, "tertiary": 600.0, "secondary": 1000.0, "primary": 1500.0}


def _new_street(values: Values, city: City, lang: str) -> Made:
    line = tuple((float(x), float(y)) for x, y in values["line"])
    edit = AddRoad(
        line=line, name=tr("New street", lang), road_kind=values["kind"], speed=values["speed"], lanes=values["lanes"],
        capacity=values["lanes"] * _LANE_CAPACITY[values["kind"]], oneway=values["oneway"], bridge=values["bridge"],
        level=1.0 if values["bridge"] else 0.0,
    )  # fmt: skip
    return Made((edit,), tr("New street", lang))


NEW_STREET = Question(
    "new_street", "traffic", N_("What if we build a street?"),
    N_("Draw it from street to street and see who uses it."),
    (
        Draw("line", N_("Draw it"), "line", N_("From one street to another; its ends are tied to the nearest street.")),
        Choice("kind", N_("Kind of street"), _ROAD_KINDS, "tertiary"),
        Number("speed", N_("Speed limit"), "km/h", 5.0, 120.0, 40.0, 10.0),
        Number("lanes", N_("Lanes in each direction"), "", 1.0, 6.0, 1.0),
        Tick("oneway", N_("One way, as drawn")), Tick("bridge", N_("On a bridge")),
    ),
    MODELS, _new_street, lambda asked: _reply(asked, tr("New street", asked.lang)), _no_roads, "bridge",
)  # fmt: skip


def _growth(values: Values, city: City, lang: str) -> Made:
    name = tr("Traffic {share:+.0f} %", lang, share=values["growth"])
    return Made((), name, {"traffic": {"growth": values["growth"]}})


GROWTH = Question(
    "traffic_growth", "traffic", N_("What if traffic grows or falls?"),
    N_("Scale all trips, as for a year to come, and see where it gets full."),
    (Number("growth", N_("Change of all trips since the present"), "%", -100.0, 200.0, 20.0, 5.0),),
    MODELS, _growth, lambda asked: _reply(asked, ""), _no_roads, "forward",
)  # fmt: skip


def _electric(values: Values, city: City, lang: str) -> Made:
    keys = sorted({(str(p), str(k)) for p, k in zip(city.fleet["period"], city.fleet["road_kind"], strict=True)})
    made = tuple(
        FleetMix(period=period, road_kind=kind, electric=values["electric"], heavy=values["heavy"])
        for period, kind in keys or [("", "")]
    )
    return Made(made, tr("{share:.0f} % electric cars", lang, share=values["electric"]))


FLEET = Question(
    "fleet", "traffic", N_("What if the fleet is another?"),
    N_("Set the shares of electric cars and heavy lorries on all streets."),
    (
        Number("electric", N_("Electric among cars"), "%", 0.0, 100.0, 60.0, 5.0),
        Number("heavy", N_("Heavy vehicles of all"), "%", 0.0, 50.0, 4.0, 1.0),
    ),
    MODELS, _electric, lambda asked: _reply(asked, ""), _no_roads, "refresh",
)  # fmt: skip

QUESTIONS = (CLOSE_STREET, SLOWER, FEWER_LANES, ONE_WAY, ZONE, NEW_STREET, GROWTH, FLEET)
