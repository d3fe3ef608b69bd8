"""Questions about streets that the traffic model answers: close or slow one, lanes, one way, a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.questions.question import Asked, Choice, Draw, Made, Number, Pick, Question, Reply, Tick, Values
from twin.questions.traffic_reply import MODELS, no_roads, reply
from twin.questions.traffic_rules import HOURS, hours_of
from twin.scenario import along
from twin.scenario.others import AddRule
from twin.scenario.streets import AddRoad, ChangeRoad, CloseRoad
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.city import City

_STREET = Pick("street", N_("Choose the street"), "roads", N_("Click it on the map, or choose its name."))
_HOW_MUCH = (("link", N_("Only this piece")), ("street", N_("The whole street")))


def _one_piece(values: Values) -> bool:
    """Ask how much of it only where a piece was clicked: a name stands for the whole street."""
    return len(values.get("street") or ()) == 1


_PART = Choice("how_much", N_("How much of it"), _HOW_MUCH, "link", when=_one_piece)


def _links(values: Values, city: City) -> tuple[str, ...]:
    whole = _one_piece(values) and values["how_much"] == "street"
    return tuple((along.same_street if whole else along.both_ways)(city, values["street"]))


def _name(city: City, ids: Sequence[str], lang: str) -> str:
    return next(iter(along.street_names(city, ids)), tr("Street", lang))


# --- the questions ----------------------------------------------------------------------------------------------------

_WHO = (
    ("all", N_("All vehicles")), ("truck", N_("Lorries")), ("truck_heavy", N_("Heavy lorries")),
    ("car", N_("Cars with an engine")),
)  # fmt: skip
_CLOSED_TO = {
    "all": (), "truck": ("truck", "truck_light", "truck_heavy"), "truck_heavy": ("truck_heavy",), "car": ("car",),
}  # fmt: skip


_BANNED = {"all": ("car", "truck"), "truck": ("truck",), "truck_heavy": ("truck_heavy",), "car": ("car",)}
_BESIDE = 1.0
"""How far a ban on a street reaches beside its middle [m]."""


def _close(values: Values, city: City, lang: str) -> Made:
    ids = _links(values, city)
    street, hours = _name(city, ids, lang), hours_of(values)
    if not hours:
        edit = CloseRoad(roads=ids, classes=_CLOSED_TO[values["who"]])
        return Made((edit,), tr("{street} closed", lang, street=street))
    # a closure holds always; a rule has hours
    lines = city.roads.geometry[city.roads["id"].isin(list(ids))].to_numpy()
    areas = shapely.get_parts(shapely.union_all(shapely.buffer(lines, _BESIDE, cap_style="flat")))
    name = tr("{street} closed {hours}", lang, street=street, hours=hours)
    made = tuple(
        AddRule(
            area=tuple((float(x), float(y)) for x, y in area.exterior.coords[:-1]), rule_kind="vehicle_ban",
            name=name, status="in_force", vehicle_classes=_BANNED[values["who"]], hours=hours,
        )
        for area in areas
    )  # fmt: skip
    return Made(made, name)


def _about_street(asked: Asked) -> Reply:
    return reply(asked, _name(asked.base, _links(asked.values, asked.base), asked.lang))


_SAID = {
    "all": N_("{length} of street is closed to vehicles."), "truck": N_("{length} of street is closed to lorries."),
    "truck_heavy": N_("{length} of street is closed to heavy lorries."),
    "car": N_("{length} of street is closed to cars with an engine."),
}  # fmt: skip
_SAID_HOURS = {
    "all": N_("{length} of street is closed to vehicles at {hours}."),
    "truck": N_("{length} of street is closed to lorries at {hours}."),
    "truck_heavy": N_("{length} of street is closed to heavy lorries at {hours}."),
    "car": N_("{length} of street is closed to cars with an engine at {hours}."),
}  # fmt: skip


def _closed_reply(asked: Asked) -> Reply:
    lang, hours = asked.lang, hours_of(asked.values).replace("-", "–").replace(",", ", ")
    metres = along.length(asked.base, _links(asked.values, asked.base))
    said = _about_street(asked)
    who = str(asked.values.get("who", "all"))
    text = tr((_SAID_HOURS if hours else _SAID)[who], lang, length=number(metres, lang, 0, "m"), hours=hours)
    return replace(said, sentence=f"{text} {said.sentence}")


CLOSE_STREET = Question(
    "close_street", "traffic", N_("What if we close a street?"),
    N_("Choose a street, or a piece of it, and see where its traffic goes."),
    (_STREET, _PART, Choice("who", N_("Closed to"), _WHO, "all"), HOURS),
    MODELS, _close, _closed_reply, no_roads, "close",
)  # fmt: skip


def _slow(values: Values, city: City, lang: str) -> Made:
    ids = _links(values, city)
    name = tr("{street} {speed:.0f} km/h", lang, street=_name(city, ids, lang), speed=values["speed"])
    return Made((ChangeRoad(roads=ids, speed=values["speed"]),), name)


SLOWER = Question(
    "slower_street", "traffic", N_("What if 30 km/h applies here?"),
    N_("Set another speed limit and see where the traffic goes and what it costs in time."),
    (_STREET, _PART, Number("speed", N_("Speed limit"), "km/h", 5.0, 120.0, 30.0, 10.0)),
    MODELS, _slow, _about_street, no_roads, "target",
)  # fmt: skip


def _lanes(values: Values, city: City, lang: str) -> Made:
    ids = _links(values, city)
    name = tr("{street}, lanes: {lanes:.0f}", lang, street=_name(city, ids, lang), lanes=values["lanes"])
    return Made((ChangeRoad(roads=ids, lanes=values["lanes"]),), name)


FEWER_LANES = Question(
    "fewer_lanes", "traffic", N_("What if a street gets fewer or more lanes?"),
    N_("Give lanes to buses, bicycles or trees, or build new ones, and see what that does to traffic."),
    (_STREET, _PART, Number("lanes", N_("Lanes in each direction"), "", 1.0, 6.0, 1.0)),
    MODELS, _lanes, _about_street, no_roads, "layers",
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
    MODELS, _one_way, _about_street, no_roads, "forward",
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
    MODELS, _new_street, lambda asked: reply(asked, tr("New street", asked.lang)), no_roads, "bridge",
)  # fmt: skip


QUESTIONS = (CLOSE_STREET, SLOWER, FEWER_LANES, ONE_WAY, NEW_STREET)
