"""The model beside another noise map: points, areas in classes and grids, for the indicator that is stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from noise_towns import HOUSES, STREET, town

from twin.chain.chain import Chain
from twin.errors import BadInput
from twin.layer import Field
from twin.places import Grid, Points, Walls
from twin.questions.noise_map import AGREEMENT, _middle, agreement
from twin.questions.question import Asked
from twin.scenario.scenario import PRESENT

if TYPE_CHECKING:
    from twin.places import Places

NONE = np.empty(0, dtype=object)
CELLS = Grid(2, 3, (10.0, 0.0, 100.0, 0.0, -10.0, 220.0))
GROUND = np.array([50.0, 55, 60, 45, np.nan, 52], dtype=np.float32)
WALLS = Walls(
    np.array([[105.0, 200.0, 1.5], [105.0, 200.0, 4.5]]), np.array([[0.0, -1.0]] * 2), np.full(2, 9.0),
    np.array([0.0, 3.0]), np.array([3.0, 6.0]),
)  # fmt: skip


def level(name: str, where: str, values: object, places: Places, **more: object) -> Field:
    return Field(name, "dB", where, NONE, np.asarray(values, dtype=np.float32), places=places, **more)  # type: ignore[arg-type]


MODEL = (
    level("Lden above the ground", "grid", GROUND, CELLS),
    level("Leq,24h above the ground", "grid", GROUND - 5, CELLS),
    level("Lden at façades", "facades", [61.0, 63.0], WALLS),
)


def test_a_finer_grid_is_asked_at_the_middles_of_the_models_cells() -> None:
    fine = Grid(4, 6, (5.0, 0.0, 100.0, 0.0, -5.0, 220.0))
    values = np.repeat(np.repeat(GROUND.reshape(2, 3) - 2.0, 2, axis=0), 2, axis=1).ravel()
    found = agreement(MODEL, "lden", level("M", "grid", values, fine))
    assert found.known == pytest.approx([2.0] * 5)
    assert found.bias == pytest.approx(2.0)
    assert found.rmse == pytest.approx(2.0)
    assert found.within(2.0) == 1.0
    assert found.within(1.9) == 0.0
    assert agreement(MODEL, "leq24", level("M", "grid", values, fine)).bias == pytest.approx(-3.0)


def test_classes_are_taken_at_their_middles() -> None:
    names = {0: "45–50", 1: "55-59 dB", 2: "> 60", 3: "unknown"}
    field = level("M", "grid", [0, 1, 2, 3, 0, np.nan], CELLS, categories=names)
    found = agreement(MODEL, "lden", field)
    assert found.in_classes
    assert found.mapped[:3] == pytest.approx([47.5, 57.5, 62.5])
    assert np.isnan(found.mapped[[3, 5]]).all()
    lower = agreement(MODEL, "lden", level("M", "grid", [45, 55, 60, 45, 45, 50], CELLS), "lower")
    assert lower.mapped == pytest.approx([47.5, 57.5, 62.5, 47.5, 47.5, 52.5])


@pytest.mark.parametrize(
    ("name", "middle"),
    [("55–60", 57.5), ("Lden5559", 57.5), ("55 - 59.9", 57.45), ("≥75", 77.5), ("<= 45", 42.5), ("under 40", 37.5)],
)
def test_middles_of_classes(name: str, middle: float) -> None:
    assert _middle(name) == pytest.approx(middle)


def test_points_at_a_facade_are_compared_with_it_others_with_the_ground() -> None:
    xy = np.array([[105.0, 199.0], [105.0, 215.0], [900.0, 0.0]])
    low = agreement(MODEL, "lden", level("M", "points", [60.0, 49.0, 40.0], Points(xy)))
    high = agreement(MODEL, "lden", level("M", "points", [60.0, 49.0, 40.0], Points(xy, np.array([4.0, 4.0, 4.0]))))
    assert low.modelled[:2] == pytest.approx([61.0, 50.0])
    assert high.modelled[:2] == pytest.approx([63.0, 50.0])
    assert np.isnan(low.modelled[2])


def test_what_cannot_be_compared_is_said() -> None:
    far = Grid(2, 3, (10.0, 0.0, 9_000.0, 0.0, -10.0, 220.0))
    with pytest.raises(BadInput, match="no place in common"):
        agreement(MODEL, "lden", level("M", "grid", GROUND, far))
    with pytest.raises(BadInput, match="no ground map"):
        agreement(MODEL[2:], "lden", level("M", "grid", GROUND, CELLS))
    with pytest.raises(BadInput, match="joined values cannot"):
        agreement(MODEL, "lden", Field("M", "dB", "buildings", np.array(["a"], dtype=object), np.zeros(1, np.float32)))


def test_the_question_names_figures_and_indicator_and_draws_the_difference() -> None:
    city = town(HOUSES, [(STREET, {"name": "Gatan"})])
    chain = Chain(city)
    answer = chain.run(PRESENT, ("noise",))
    chain.close()
    ours = answer.results["noise"].field("Lnight above the ground")
    other = Field("Elsewhere", "dB", "grid", NONE, ours.values + np.float32(1.5), places=ours.places)
    values = {"map": "data:m", "indicator": "lnight", "values": "levels"}
    names, loaded = ("Present state", "Present state"), {"data:m": other}
    reply = AGREEMENT.reply(Asked(values, city, city, answer, answer, names, "en", loaded))
    assert "Lnight: the model lies 1.5\xa0dB below Elsewhere on average" in reply.sentence
    assert "Within ±2 dB: 100\xa0%" in reply.sentence
    (layer,) = reply.layers
    known = layer.field.values[np.isfinite(layer.field.values)]
    assert known == pytest.approx(np.full(len(known), -1.5), abs=1e-4)
    assert layer.field.places is ours.places
    with pytest.raises(BadInput, match="not read yet"):
        AGREEMENT.reply(Asked(values, city, city, answer, answer, names, "en"))
