"""Questions about rules and demand that the traffic model answers: zones, bans, charges, growth, another fleet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.errors import BadInput
from twin.questions import words
from twin.questions.question import Asked, Choice, Draw, Made, Number, Question, Reply, Values
from twin.questions.traffic_reply import MODELS, no_roads, percent, reply
from twin.scenario.others import AddRule, FleetMix, ScaleDemand
from twin.text import N_, tr

if TYPE_CHECKING:
    from twin.city.city import City

_CLASS_2 = N_("Class 2: cars and lorries that are too old stay out")
_CLASS_3 = N_("Class 3: only electric vehicles may drive in")
_ALWAYS = "always"
HOURS = Choice(
    "hours", N_("When"),
    ((_ALWAYS, N_("All day")), ("06-22", N_("By day, 06–22")), ("22-06", N_("At night, 22–06")),
     ("06-09,15-18", N_("Rush hours, 06–09 and 15–18"))), _ALWAYS,
)  # fmt: skip
"""Step that asks in which hours a rule holds."""


def hours_of(values: Values) -> str:
    """Return what :data:`HOURS` gave, as rules have it."""
    hours = values.get("hours") or _ALWAYS
    return "" if hours == _ALWAYS else str(hours)


def _ring(values: Values) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in values["area"])


def _zone(values: Values, city: City, lang: str) -> Made:
    name = tr("Environmental zone class {level}", lang, level=values["level"])
    edit = AddRule(
        area=_ring(values), rule_class=values["level"], name=name, status="in_force",
        vehicle_classes=("car", "truck_light", "truck_heavy"), hours=hours_of(values),
    )  # fmt: skip
    return Made((edit,), name, {"traffic": {"change_vehicle": values["change"]}} if values["change"] else {})


_AREA = Draw("area", N_("Draw the zone"), "area", N_("Click its corners; streets mostly inside belong to it."))
ZONE = Question(
    "environmental_zone", "traffic", N_("What if an environmental zone is introduced?"),
    N_("Draw its outline and choose its class; who may not drive in goes around it."),
    (
        _AREA, Choice("level", N_("Class"), (("2", _CLASS_2), ("3", _CLASS_3)), "3"), HOURS,
        Number("change", N_("Change vehicle, of those with a goal in it"), "%", 0.0, 100.0, 0.0, 10.0,
               hint=N_("An assumption of yours; the others have no way left.")),
    ),
    MODELS, _zone, reply, no_roads, "target",
)  # fmt: skip

_WHO = (("truck_heavy", N_("Heavy lorries")), ("truck", N_("Lorries")), ("car", N_("Cars")))


def _ban(values: Values, city: City, lang: str) -> Made:
    who, hours = values["who"], hours_of(values)
    kind = "heavy_vehicle_ban" if who == "truck_heavy" else "vehicle_ban"
    name = tr("Ban: {who}", lang, who=tr(dict(_WHO)[who], lang))
    name = f"{name} {hours}" if hours else name
    edit = AddRule(
        area=_ring(values), rule_kind=kind, name=name, status="in_force", vehicle_classes=(who,), hours=hours
    )
    return Made((edit,), name)


BAN = Question(
    "vehicle_ban", "traffic", N_("What if some vehicles are banned?"),
    N_("Draw where they may not drive, and in which hours."),
    (_AREA, Choice("who", N_("Banned"), _WHO, "truck_heavy"), HOURS),
    MODELS, _ban, reply, no_roads, "close",
)  # fmt: skip

_RUSH, _BETWEEN, _DAY = "07-09,15:30-17:30", "06-07,09-15:30,17:30-18:30", N_("Rush hours 07–09 and 15:30–17:30")


def _charge(values: Values, city: City, lang: str) -> Made:
    made = tuple(
        AddRule(
            area=_ring(values), rule_kind="congestion_charge", status="in_force", hours=hours, charge=amount,
            name=tr("Congestion charge {hours}", lang, hours=hours),
        )
        for amount, hours in ((values["rush"], _RUSH), (values["between"], _BETWEEN)) if amount > 0
    )  # fmt: skip
    if not made:
        raise BadInput("A congestion charge of nothing changes nothing; state an amount.")
    return Made(made, tr("Congestion charge", lang))


def _paid_reply(asked: Asked) -> Reply:
    """Say what is paid too."""
    said = reply(asked)
    paid = next((one.value for one in said.rows if one.id == "traffic.charges"), float("nan"))
    if not np.isfinite(paid):
        return said
    text = tr("Drivers pay {amount} a day.", asked.lang, amount=words.amount(float(f"{paid:.2g}"), "kr", asked.lang, 0))
    return replace(said, sentence=f"{text} {said.sentence}")


CHARGE = Question(
    "congestion_charge", "traffic", N_("What if passing a line costs money?"),
    N_("Draw an area: who drives in or out pays, as with Stockholm's congestion tax."),
    (
        Draw("area", N_("Draw the area"), "area", N_("Click its corners; streets that cross the line are charged.")),
        Number("rush", _DAY, "kr", 0.0, 1000.0, 30.0, 5.0),
        Number("between", N_("Other hours 06–18:30"), "kr", 0.0, 1000.0, 15.0, 5.0),
        Number("elasticity", N_("Elasticity of trips to their cost"), "", -3.0, 0.0, 0.0, 0.1, 1,
               hint=N_("0: everybody travels as before; −0.3: 10 % dearer, 3 % fewer trips.")),
    ),
    MODELS, lambda values, city, lang: _reacting(_charge(values, city, lang), values), _paid_reply, no_roads, "target",
)  # fmt: skip


def _reacting(made: Made, values: Values) -> Made:
    """Let trips react to their cost, where that was asked for."""
    if not values["elasticity"]:
        return made
    return Made(made.edits, made.name, {"traffic": {"elasticity": values["elasticity"]}})


_HOW = (("total", N_("In all")), ("yearly", N_("Per year, until a horizon year")))


def _growth(values: Values, city: City, lang: str) -> Made:
    share = values["growth"]
    if values["how"] == "yearly":
        share = 100.0 * ((1.0 + values["rate"] / 100.0) ** values["years"] - 1.0)
    name = tr("Traffic {share:+.0f} %", lang, share=share)
    return Made((), name, {"traffic": {"growth": float(np.clip(share, -100.0, 500.0))}})


def _is_total(values: Values) -> bool:
    return values.get("how") != "yearly"


def _is_yearly(values: Values) -> bool:
    return values.get("how") == "yearly"


GROWTH = Question(
    "traffic_growth", "traffic", N_("What if traffic grows or falls?"),
    N_("Scale all trips, as for a year to come, and see where it gets full."),
    (
        Choice("how", N_("Growth"), _HOW, "total"),
        Number("growth", N_("Change of all trips since the present"), "%", -100.0, 200.0, 20.0, 5.0, when=_is_total),
        Number("rate", N_("Growth per year"), "%", -10.0, 10.0, 1.0, 0.1, 1, when=_is_yearly),
        Number("years", N_("Years until the horizon year"), "", 1.0, 50.0, 15.0, 1.0, when=_is_yearly),
    ),
    MODELS, _growth, reply, no_roads, "forward",
)  # fmt: skip


def _district(values: Values, city: City, lang: str) -> Made:
    # SciPy's trees take a while to load, which the list of questions need not
    from twin.models.traffic.urban.connect import people_of

    people = people_of(city)
    inside = shapely.contains_xy(shapely.Polygon(values["area"]), people.at) if len(people.ids) else np.zeros(0, bool)
    zones = tuple(str(one) for one in people.ids[inside])
    if not zones:
        raise BadInput("No zone with people or jobs has its middle in what was drawn; draw around some.")
    factor = 1.0 + values["share"] / 100.0
    made = [ScaleDemand(factor=factor, origins=zones), ScaleDemand(factor=factor, destinations=zones)]
    if factor > 0:
        # trips within would grow twice
        made.append(ScaleDemand(factor=1.0 / factor, origins=zones, destinations=zones))
    return Made(tuple(made), tr("District {share:+.0f} %", lang, share=values["share"]))


DISTRICT = Question(
    "district_growth", "traffic", N_("What if a district grows?"),
    N_("Draw it: trips that start or end there change by a share."),
    (
        Draw("area", N_("Draw the district"), "area", N_("Click its corners; zones with their middle inside count.")),
        Number("share", N_("Change of its trips"), "%", -100.0, 500.0, 25.0, 5.0),
    ),
    MODELS, _district, reply, no_roads, "forward",
)  # fmt: skip


def _electric(values: Values, city: City, lang: str) -> Made:
    keys = sorted({(str(p), str(k)) for p, k in zip(city.fleet["period"], city.fleet["road_kind"], strict=True)})
    made = tuple(
        FleetMix(period=period, road_kind=kind, electric=values["electric"], heavy=values["heavy"])
        for period, kind in keys or [("", "")]
    )
    return Made(made, tr("{share:.0f} % electric cars", lang, share=values["electric"]))


def _fleet_reply(asked: Asked) -> Reply:
    """Say what it does to exhausts too."""
    said = reply(asked)
    row = next((one for one in said.rows if one.id == "traffic.co2"), None)
    if row is None or not row.reference > 0:
        return said
    share = percent(100.0 * row.difference / row.reference, asked.lang)
    text = tr("CO₂ from exhausts changes by {share} %.", asked.lang, share=share)
    return replace(said, sentence=f"{text} {said.sentence}")


FLEET = Question(
    "fleet", "traffic", N_("What if the fleet is another?"),
    N_("Set the shares of electric cars and heavy lorries on all streets."),
    (
        Number("electric", N_("Electric among cars"), "%", 0.0, 100.0, 60.0, 5.0),
        Number("heavy", N_("Heavy vehicles of all"), "%", 0.0, 50.0, 4.0, 1.0),
    ),
    MODELS, _electric, _fleet_reply, no_roads, "refresh",
)  # fmt: skip

QUESTIONS = (ZONE, BAN, CHARGE, GROWTH, DISTRICT, FLEET)
