"""The question of what is heard at a place, and from which streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.chart import Axis, Bars, Chart
from twin.questions.noise import no_roads, notes
from twin.questions.question import Asked, Draw, Made, Number, Question, Reply, Values
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from twin.city.city import City

MOST = 8
"""Streets told by name."""


def _make(values: Values, city: City, lang: str) -> Made:
    return Made()


def _reply(asked: Asked) -> Reply:
    from twin.models.model import settled
    from twin.models.noise import model as noise
    from twin.models.noise.contributions import heard_at
    from twin.models.noise.tables import shipped
    from twin.models.noise.traffic_of import powers

    lang, values = asked.lang, settled(noise.NOISE, {})
    traffic = noise.traffic_in(asked.city, asked.answer.results, str(values["hours"]))
    power = powers(
        asked.city, traffic, shipped(str(values["coefficients"])), float(values["air_temperature"]),
        float(values["studded_months"]),
    )  # fmt: skip
    ((x, y),) = asked.values["at"][:1]
    found = heard_at(asked.city, power, noise.setting(values), float(x), float(y), float(asked.values["height"]))
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
    behind = float(10 ** ((found.reflected - found.total) / 10).sum() * 100) if len(found.reflected) else 0.0
    names = tuple(f"{name} ({number(share, lang, 0, '%')})" for name, share in zip(found.streets, shares, strict=True))
    chart = Chart(
        N_("What is heard here"), Axis(N_("Street"), names=names[:MOST]), Axis(N_("Leq,24h"), "dB(A)"),
        (Bars(N_("All paths"), found.levels[:MOST]), Bars(N_("Of it reflected"), _shown(found.reflected[:MOST]))),
    )  # fmt: skip
    reflected = tr("{share} of the sound comes by reflection.", lang, share=number(behind, lang, 0, "%"))
    return Reply(text, (), (reflected, *notes(asked)), chart)


def _shown(levels: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(levels), levels, np.nan)


LISTEN = Question(
    "listen", "noise", N_("What is heard here, and from where?"),
    N_("Click a place and see which streets are heard there, straight and reflected."),
    (
        Draw("at", N_("Click the place"), "point", N_("Outdoors: a window, a courtyard, a bench.")),
        Number("height", N_("Height above ground"), "m", 0.5, 100.0, 2.0, 0.5, 1),
    ),
    ("traffic",), _make, _reply, no_roads, "target",
)  # fmt: skip

QUESTIONS = (LISTEN,)
