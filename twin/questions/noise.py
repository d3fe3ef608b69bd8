"""Questions that road noise answers: a quieter street, a new house by the road, a noise screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.errors import BadInput
from twin.places import Walls
from twin.questions import words
from twin.questions.question import Asked, Choice, Draw, Made, Number, Pick, Question, Reply, Tick, Values
from twin.scenario import along
from twin.scenario.buildings import AddBuilding
from twin.scenario.others import AddBarrier
from twin.scenario.streets import ChangeRoad
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.city import City

    Floats = NDArray[np.float64]

_LEVEL = "Leq,24h at façades"
_ROWS = (
    "noise.dwellings_60", "noise.people_55", "noise.no_quiet_side", "noise.highly_annoyed", "noise.sleep_disturbed",
)  # fmt: skip
BY_THE_STREET = 30.0
"""Distance [m] from a street or screen within which façades are those along it."""
HEARD = 1.0
"""Change [dB] that people begin to hear."""
LIMIT, SMALL, QUIET, PATIO = 60.0, 65.0, 55.0, 50.0
"""Förordning (2015:216), §§ 3 and 4 [dB(A) Leq,24h]."""
ABSORBING = {"63": 0.1, "125": 0.25, "250": 0.55, "500": 0.8, "1000": 0.85, "2000": 0.8, "4000": 0.7, "8000": 0.6}
"""α of an absorbing noise screen, assumption of this program."""
_HEARD, _HARDLY = N_("one hears it"), N_("hardly heard")
_SURFACES = (
    ("", N_("As it is")),
    ("NL05", N_("Stone mastic asphalt with small stones")),
    ("NL02", N_("Porous asphalt, two layers")),
    ("NL13", N_("Thin quiet layer")),
)  # fmt: skip


def no_roads(city: City) -> str:
    """Say what a city without streets lacks."""
    missing = N_("There are no streets in this city: without traffic there is no noise to ask of.")
    return "" if len(city.roads) else missing


def notes(asked: Asked) -> tuple[str, ...]:
    """Return what is said with every answer about noise."""
    return (
        tr("CNOSSOS-EU, early stage: not a noise study. Maximum levels are not assessed.", asked.lang),
        tr("Changes under 1 dB are hardly heard; 3 dB is as much as half the traffic.", asked.lang),
    )


def _walls(asked: Asked, which: str = "answer") -> tuple[Walls, Floats] | None:
    """Return receivers in front of façades and their levels in the scenario or its reference."""
    result = getattr(asked, which).results.get("noise")
    for field in result.fields if result is not None else ():
        if field.name == _LEVEL and isinstance(field.places, Walls):
            return field.places, field.values.astype(float)
    return None


def _along(asked: Asked, shape: Any) -> tuple[float, float, int] | None:
    """Return the mean change [dB] at the façades near a shape, the largest fall, and how many façades those are."""
    now, before = _walls(asked), _walls(asked, "reference")
    if now is None or before is None:
        return None
    known = {tuple(at): level for at, level in zip(before[0].points.round(2).tolist(), before[1], strict=True)}
    rows = np.flatnonzero(shapely.dwithin(shapely.points(now[0].points[:, :2]), shape, BY_THE_STREET))
    change = np.array([now[1][i] - known.get(tuple(now[0].points[i].round(2).tolist()), np.nan) for i in rows])
    change = change[np.isfinite(change)]
    if not change.size:
        return None
    return float(change.mean()), float(change.min()), int(change.size)


def _people(asked: Asked) -> str:
    """Say how the number of people above 55 dB(A) changes."""
    row = next(iter(words.rows(asked, "noise", "noise.people_55")), None)
    if row is None or not np.isfinite(row.difference):
        return ""
    if abs(row.difference) < 0.5:
        return tr("The number of people above 55 dB(A) at a façade stays the same.", asked.lang)
    return tr(
        "{change} above 55 dB(A) at a façade, of {all} before.", asked.lang,
        change=words.signed(row.difference, row.unit, asked.lang, 0), all=number(row.reference, asked.lang, 0),
    )  # fmt: skip


# --- a quieter street -------------------------------------------------------------------------------------------------


def _one_piece(values: Values) -> bool:
    return len(values.get("street") or ()) == 1


def _quieter(values: Values, city: City, lang: str) -> Made:
    ids = (along.same_street if _one_piece(values) and values["how_much"] == "street" else along.both_ways)(
        city, values["street"]
    )
    speed, factor = float(values["speed"]), 1 - float(values["less"]) / 100
    rows = city.roads[city.roads["id"].isin(list(ids))]
    slower = speed < float(rows["speed"].max()) if rows["speed"].notna().any() else True
    surface = values["surface"] or None
    if not slower and surface is None and factor == 1.0:
        raise BadInput("Nothing would change: choose a lower speed, less traffic or another surface.")
    edit = ChangeRoad(
        roads=tuple(ids), speed=speed if slower else None, surface=surface,
        flow_factor=factor if factor < 1 else None,
    )  # fmt: skip
    name = next(iter(along.street_names(city, ids)), tr("Street", lang))
    return Made((edit,), tr("{street} quieter", lang, street=name))


def _quieter_reply(asked: Asked) -> Reply:
    lang = asked.lang
    made = _quieter(asked.values, asked.base, lang).edits[0]
    ids = made.needs()["roads"]
    lines = shapely.union_all(asked.base.roads.geometry[asked.base.roads["id"].isin(list(ids))].to_numpy())
    found = _along(asked, lines)
    shown = words.rows(asked, "noise", *_ROWS)
    if found is None:
        nobody = tr("There are no façades along this street that the model listens at.", lang)
        return Reply(nobody, shown, notes(asked))
    mean, _, n = found
    if abs(mean) < 0.05:
        text = tr("At the façades along the street the level is the same as in {reference}.", lang,
                  reference=asked.names[1])  # fmt: skip
    else:
        text = tr(
            "At the façades along the street the level changes by {change} on average ({heard}), compared with "
            "{reference}.", lang, change=words.signed(mean, "dB", lang, 1),
            heard=tr(_HEARD if abs(mean) >= HEARD else _HARDLY, lang), reference=asked.names[1],
        )  # fmt: skip
    said = (*notes(asked), tr("{n} façade places along it.", lang, n=n))
    return Reply(f"{text} {_people(asked)}".strip(), shown, said)


QUIETER_STREET = Question(
    "quieter_street", "noise", N_("What makes this street quieter?"),
    N_("Lower the speed, take away traffic or lay another surface, and hear the difference at the façades."),
    (
        Pick("street", N_("Choose the street"), "roads", N_("Click it on the map, or choose its name.")),
        Choice("how_much", N_("How much of it"), (("link", N_("Only this piece")), ("street", N_("The whole street"))),
               "street", when=_one_piece),
        Number("speed", N_("Speed"), "km/h", 20.0, 120.0, 30.0, 10.0),
        Number("less", N_("Traffic taken away"), "%", 0.0, 100.0, 0.0, 10.0),
        Choice("surface", N_("Surface"), _SURFACES, ""),
    ),
    ("noise",), _quieter, _quieter_reply, no_roads, "target",
)  # fmt: skip


# --- a new house ------------------------------------------------------------------------------------------------------


def _house(values: Values, city: City, lang: str) -> Made:
    edit = values["house"]
    assert isinstance(edit, AddBuilding)
    return Made((edit,), edit.name or tr("New house", lang))


def _house_reply(asked: Asked) -> Reply:
    lang = asked.lang
    edit = asked.values["house"]
    shown = words.rows(asked, "noise", *_ROWS)
    found = _walls(asked)
    outline = shapely.Polygon(edit.footprint)
    at = np.empty(0)
    if found is not None:
        behind = found[0].points[:, :2] - 0.3 * found[0].normal
        at = found[1][shapely.contains(outline, shapely.points(behind))]
        at = at[np.isfinite(at)]
    if found is None or not at.size:
        return Reply(tr("No road is heard at this house.", lang), shown, notes(asked))
    high, low = float(at.max()), float(at.min())
    levels = {"high": beside(high, (LIMIT, SMALL), lang), "low": beside(low, (QUIET,), lang)}
    ground = _ground_floor(found, outline)
    if high <= LIMIT:
        text = tr("Its loudest façade has {high} Leq,24h: within the 60 dB(A) for new dwellings.", lang, **levels)
    elif low <= QUIET:
        text = tr(
            "Its loudest façade has {high} Leq,24h, above the 60 dB(A) for new dwellings; its quietest has {low}, so "
            "dwellings need half of their rooms on that side{small}.", lang, **levels,
            small=tr(" (flats up to 35 m² may stand at up to 65)", lang) if high <= SMALL else "",
        )  # fmt: skip
    else:
        text = tr(
            "Its loudest façade has {high} Leq,24h, above the 60 dB(A) for new dwellings, and even its quietest has "
            "{low}, above 55: no quiet side here as it is drawn.", lang, **levels,
        )  # fmt: skip
    rule = tr("Förordning (2015:216), §§ 3–4, equivalent levels only; whether rooms face that side is not known.", lang)
    patio = tr("Its quietest wall at the ground has {level}: {verdict} 50 dB(A) for a patio.", lang,
               level=beside(ground, (PATIO,), lang),
               verdict=tr("within", lang) if ground <= PATIO else tr("above", lang))  # fmt: skip
    return Reply(f"{text} {_people(asked)}".strip(), shown, (patio, rule, *notes(asked)))


def beside(level: float, limits: tuple[float, ...], lang: str) -> str:
    r"""Return a level without decimals, with one where it would else read as a limit that it is above or below.

    Examples
    --------
    >>> beside(63.7, (60.0, 65.0), "en"), beside(60.4, (60.0, 65.0), "en"), beside(60.01, (60.0,), "en")
    ('64\xa0dB(A)', '60.4\xa0dB(A)', '60.1\xa0dB(A)')
    """
    for limit in limits:
        if round(level) == limit != level:
            tenths = math.ceil(level * 10) if level > limit else math.floor(level * 10)
            return number(tenths / 10, lang, 1, "dB(A)")
    return number(level, lang, 0, "dB(A)")


def _ground_floor(found: tuple[Walls, Floats], outline: Any) -> float:
    """Return the lowest level [dB(A)] before the walls of the lowest storey of a house."""
    walls, levels = found
    inside = shapely.contains(outline, shapely.points(walls.points[:, :2] - 0.3 * walls.normal))
    heights = walls.points[inside, 2]
    low = levels[inside][heights <= heights.min() + 0.5]
    return float(np.nanmin(low)) if np.isfinite(low).any() else float("-inf")


NEW_HOUSE = Question(
    "house_by_the_road", "noise", N_("What if we build a house by the road?"),
    N_("Draw a house and see whether its façades stand the guideline values, and what it shields."),
    (Draw("house", N_("Draw the house"), "building", N_("Its outline, then height and use.")),),
    ("noise",), _house, _house_reply, no_roads, "building",
)  # fmt: skip


# --- a noise screen ---------------------------------------------------------------------------------------------------


def _screen(values: Values, city: City, lang: str) -> Made:
    line = tuple((float(x), float(y)) for x, y in values["line"])
    edit = AddBarrier(line=line, height=float(values["height"]), absorption=ABSORBING if values["absorbing"] else {})
    return Made((edit,), tr("Noise screen {height} m", lang, height=number(float(values["height"]), lang, 1)))


def _screen_reply(asked: Asked) -> Reply:
    lang = asked.lang
    shown = words.rows(asked, "noise", *_ROWS)
    now, before = _walls(asked), _walls(asked, "reference")
    if now is None or before is None or len(now[1]) != len(before[1]):
        return Reply(tr("The models did not answer.", lang), shown, notes(asked))
    change = now[1] - before[1]
    better = np.isfinite(change) & (change <= -HEARD)
    worse = np.isfinite(change) & (change >= HEARD)
    if not better.any() and not worse.any():
        text = tr("Nobody hears it: no façade changes by 1 dB or more compared with {reference}.", lang,
                  reference=asked.names[1])  # fmt: skip
        return Reply(f"{text} {_people(asked)}".strip(), shown, notes(asked))
    said = {
        "better": number(int(better.sum()), lang, 0), "worse": number(int(worse.sum()), lang, 0),
        "most": number(float(-np.nanmin(change)), lang, 1, "dB"), "reference": asked.names[1],
    }  # fmt: skip
    if not worse.any():
        text = tr("At {better} façade places it becomes at least 1 dB quieter, by {most} at most, compared with "
                  "{reference}.", lang, **said)  # fmt: skip
    elif not better.any():
        text = tr("It shields no façade by 1 dB; at {worse} façade places it becomes at least 1 dB louder, by "
                  "reflection, compared with {reference}.", lang, **said)  # fmt: skip
    else:
        text = tr("At {better} façade places it becomes at least 1 dB quieter, by {most} at most; at {worse} louder, "
                  "by reflection, compared with {reference}.", lang, **said)  # fmt: skip
    return Reply(f"{text} {_people(asked)}".strip(), shown, notes(asked))


SCREEN = Question(
    "noise_screen", "noise", N_("What does a noise screen do here?"),
    N_("Draw a screen and see which façades it shields, and which it makes louder."),
    (
        Draw("line", N_("Draw the screen"), "line", N_("Along the street, as near to it as it may stand.")),
        Number("height", N_("Height"), "m", 0.5, 12.0, 3.0, 0.5, 1),
        Tick("absorbing", N_("Absorbing towards the road"), True),
    ),
    ("noise",), _screen, _screen_reply, no_roads, "layers",
)  # fmt: skip

QUESTIONS = (QUIETER_STREET, NEW_HOUSE, SCREEN)
