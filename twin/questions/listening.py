"""The question of what is heard at a place, and from which streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.chart import Axis, Bars, Chart
from twin.layer import Field, Layer, Size, scale
from twin.models.noise.colours import BREAKS
from twin.places import Lines
from twin.questions.noise import no_roads, notes
from twin.questions.question import Asked, Draw, Made, Number, Question, Reply, Values
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.models.noise.contributions import Heard
    from twin.models.noise.rays import Ray

MOST = 8
"""Streets told by name."""
RAYS = 60
"""Paths that are drawn, at most."""
STAKE = 6.0
"""Height [m] of the stake that marks the place."""
FAINT = 25.0
"""How far [dB] below the loudest a path may be to be drawn."""


def _make(values: Values, city: City, lang: str) -> Made:
    return Made()


def _on_ground(values: Values) -> bool:
    """Say whether the place is one of the ground, so that its height is to be asked."""
    place = values.get("at")
    return not place or len(place[0]) < 3


def _reply(asked: Asked) -> Reply:
    from twin.models.model import settled
    from twin.models.noise import model as noise
    from twin.models.noise.contributions import heard_at
    from twin.models.noise.tables import shipped
    from twin.models.noise.traffic_of import powers

    lang, answered = asked.lang, asked.answer.results.get("noise")
    values = settled(noise.NOISE, {} if answered is None else answered.parameters)
    traffic = noise.traffic_in(asked.city, asked.answer.results, str(values["hours"]))
    power = powers(
        asked.city, traffic, shipped(str(values["coefficients"])), float(values["air_temperature"]),
        float(values["studded_months"]),
    )  # fmt: skip
    x, y, *above = asked.values["at"][0]
    height = float(above[0] if above else asked.values["height"])
    found = heard_at(asked.city, power, noise.setting(values), float(x), float(y), height)
    if found.indoors:
        return Reply(tr("This place lies within a house: there is no outdoor level here.", lang))
    if not np.isfinite(found.total):
        return Reply(tr("No road is heard at this place.", lang), notes=notes(asked))
    named = [
        f"{name} {number(level, lang, 1, 'dB(A)')}"
        for name, level in zip(found.streets[:3], found.levels[:3], strict=True)
    ]
    text = tr("{level} Leq,24h, most of it from: {streets}.", lang, level=number(found.total, lang, 1, "dB(A)"),
              streets=", ".join(named))  # fmt: skip
    shares = 10 ** ((found.levels - found.total) / 10) * 100
    behind = float((10 ** ((found.reflected - found.total) / 10)).sum() * 100)
    names = tuple(f"{name} ({number(share, lang, 0, '%')})" for name, share in zip(found.streets, shares, strict=True))
    chart = Chart(
        N_("What is heard here"), Axis(N_("Street"), names=names[:MOST]), Axis(N_("Leq,24h"), "dB(A)"),
        (Bars(N_("All paths"), found.levels[:MOST]), Bars(N_("Of it reflected"), _shown(found.reflected[:MOST]))),
    )  # fmt: skip
    reflected = tr("{share} of the sound comes by reflection.", lang, share=number(behind, lang, 0, "%"))
    where = tr("{height} above ground", lang, height=number(height, lang, 1, "m"))
    if found.facade:
        where += tr(", in front of a façade whose own reflection is left out", lang)
    return Reply(text, (), (f"{where}.", reflected, *notes(asked)), chart, (drawn(found, lang),))


def drawn(found: Heard, lang: str) -> Layer:
    """Return the paths as lines in the colours of levels, the loudest with its level written on it.

    Parameters
    ----------
    found : Heard
        What is heard at a place, which at least one path reaches.
    lang : str
        Of the names of streets with their levels.
    """
    ways = [one for one in found.rays if one.level >= found.rays[0].level - FAINT][:RAYS]
    start = np.concatenate([one.points[:-1] for one in ways])
    end = np.concatenate([one.points[1:] for one in ways])
    level = np.repeat([one.level for one in ways], [len(one.points) - 1 for one in ways]).astype(np.float32)
    texts: list[str] = []
    named: set[str] = set()
    for one in ways:
        texts += _texts(one, named, lang)
    # a stake with the sum marks the place
    top = found.place + np.array([0.0, 0.0, STAKE])
    start, end = np.vstack([start, found.place]), np.vstack([end, top])
    level = np.append(level, np.float32(found.total))
    texts.append(number(found.total, lang, 0, "dB(A)"))
    places = Lines(start, end)
    none = np.empty(0, dtype=object)
    field = Field(N_("Leq,24h by path"), "dB(A)", "lines", none, level, source="noise", places=places)
    size = Size(field, ways[0].level - FAINT, ways[0].level, 1.2, 4.5)
    note = N_("Each line is a path from a piece of street, over roofs and by walls; thick is loud.")
    return Layer("reply:rays", N_("What is heard here"), field, scale("noise-eu"), BREAKS[0], BREAKS[-1], BREAKS, note,
                 size=size, texts=tuple(texts), through=True)  # fmt: skip


def _texts(one: Ray, named: set[str], lang: str) -> list[str]:
    """Return a text for each leg of a path: on its longest the level, with the street where it is the first of it."""
    level = number(one.level, lang, 0, "dB")
    text = level if one.street in named else f"{one.street} {level}"
    named.add(one.street)
    longest = int(np.argmax(np.linalg.norm(np.diff(one.points, axis=0), axis=1)))
    return [text if leg == longest else "" for leg in range(len(one.points) - 1)]


def _shown(levels: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(levels), levels, np.nan)


LISTEN = Question(
    "listen", "noise", N_("What is heard here, and from where?"),
    N_("Click a place and see which streets are heard there, straight and reflected."),
    (
        Draw("at", N_("Click the place"), "spot", N_("On the ground or on a façade, or with the right mouse button.")),
        Number("height", N_("Height above ground"), "m", 0.5, 100.0, 2.0, 0.5, 1, when=_on_ground),
    ),
    ("traffic",), _make, _reply, no_roads, "target",
)  # fmt: skip

QUESTIONS = (LISTEN,)
