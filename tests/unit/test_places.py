"""Places that a field brings itself: checked, kept on disk, compared; values at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from twin.errors import BadInput
from twin.layer import Field, Layer, Scale, Size, layer_of, legend
from twin.places import Grid, Lines, Picture, Points, Walls, equal, packed, storeys, unpacked
from twin.result import Result, difference, load, store

NONE = np.empty(0, dtype=object)
TRANSFORM = (10.0, 0.0, 1000.0, 0.0, -10.0, 2000.0)


def grid_field(values: object, **more: object) -> Field:
    numbers = np.asarray(values, dtype=np.float32)
    return Field("Lden", "dB", "grid", NONE, numbers, places=Grid(2, 3, TRANSFORM), **more)  # type: ignore[arg-type]


EACH = (
    Points(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.0, 5.0]), "square", cluster=False),
    Walls(np.ones((2, 3)), np.ones((2, 2)), np.ones(2), np.zeros(2), np.full(2, 3.0)),
    Grid(2, 3, TRANSFORM, smooth=False),
    Lines(np.zeros((2, 3)), np.array([[1.0, 1.0, np.nan]] * 2), arch=0.2, arrow=True),
    Picture(np.arange(24, dtype=np.uint8).reshape(2, 4, 3), TRANSFORM),
)


@pytest.mark.parametrize("places", EACH, ids=lambda one: type(one).__name__)
def test_places_survive_the_disk(places) -> None:
    back = unpacked(packed(places))
    assert equal(back, places)
    assert type(back) is type(places)
    assert not equal(back, EACH[0] if places is not EACH[0] else EACH[1])


def test_values_must_fit_their_places() -> None:
    with pytest.raises(BadInput, match=r"shape \(5,\); expected shape \(places,\) = \(6,\)"):
        grid_field(np.zeros(5))
    with pytest.raises(BadInput, match="«points», not of «grid»"):
        Field("x", "", "grid", NONE, np.zeros(2, np.float32), places=EACH[0])
    field = grid_field(np.zeros(6))
    with pytest.raises(BadInput, match="1 texts for 6 values"):
        layer_of("x", "X", field, texts=("one",))
    other = Field("Volume", "", "roads", NONE, np.zeros(0, np.float32))
    with pytest.raises(BadInput, match="«Volume» does not stand at the places of «Lden»"):
        layer_of("x", "X", field, size=Size(other, 0, 1))


def test_a_result_keeps_its_places(tmp_path) -> None:
    times = np.array(["2026-01-01T00:00", "2026-01-01T01:00"], dtype="datetime64[ms]")
    points = Field(
        "At", "dB", "points", np.array(["a", "b"], object), np.array([1, np.nan], np.float32), places=EACH[0]
    )
    fields = (grid_field(np.arange(12).reshape(2, 6), times=times), grid_field(np.arange(6)), points)
    result = Result("noise", "1", {}, "k" * 16, fields, ())
    store(tmp_path, result)
    back = load(tmp_path, result.key)
    assert back is not None
    for one, two in zip(back.fields, fields, strict=True):
        assert equal(one.places, two.places)
        np.testing.assert_array_equal(one.values, two.values)
        assert one.ids.tolist() == two.ids.tolist()
    assert back.fields[0].times is not None
    np.testing.assert_array_equal(back.fields[0].times, times)
    damaged = next((tmp_path / "results" / result.key).glob("*.npz"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert load(tmp_path, result.key) is None


def test_the_difference_of_grids_is_taken_cell_by_cell() -> None:
    def result(field: Field) -> Result:
        return Result("noise", "1", {}, "k", (field,), ())

    one, two = grid_field(np.arange(6) * 2), grid_field(np.arange(6))
    assert difference(result(one), result(two), "x").fields[0].values.tolist() == [0, 1, 2, 3, 4, 5]
    moved = dataclasses.replace(two, places=Grid(2, 3, (10.0, 0.0, 0.0, 0.0, -10.0, 0.0)))
    assert np.isnan(difference(result(one), result(moved), "x").fields[0].values).all()


def test_a_value_between_two_times_is_blended() -> None:
    times = np.array(["2026-01-01T00:00", "2026-01-01T01:00", "2026-01-01T02:00"], dtype="datetime64[ms]")
    ids = np.array(["a", "b"], dtype=object)
    values = np.array([[0, 1], [10, np.nan], [20, 3]], dtype=np.float32)
    field = Field("x", "", "buildings", ids, values, times)

    def at(text: str) -> list[float]:
        return field.at(np.datetime64(text)).tolist()

    assert at("2026-01-01T00:15") == [2.5, 1.0]
    assert np.isnan(at("2026-01-01T00:45")[1])
    assert at("2026-01-01T01:45") == [17.5, 3.0]
    assert at("2025-01-01T00:00") == [0, 1]
    assert at("2027-01-01T00:00") == [20, 3]
    assert field.at(None).tolist() == [20, 3]
    codes = dataclasses.replace(field, categories={0: "a"}, values=np.array([[0, 1], [4, 2], [4, 2]], np.float32))
    assert codes.at(np.datetime64("2026-01-01T00:20")).tolist() == [0, 1]
    assert codes.at(np.datetime64("2026-01-01T00:40")).tolist() == [4, 2]


def test_storeys_follow_from_the_receivers_above_each_other() -> None:
    low, high = storeys(np.array([11.5, 14.5, 17.5, 21.2]), np.array([0, 0, 0, 1]))
    assert low.tolist() == [10.0, 13.0, 16.0, 19.7]
    assert high.tolist() == [13.0, 16.0, 19.0, 22.7]


def test_the_legend_says_what_is_hatched() -> None:
    layer = Layer("x", "X", grid_field([1, 2, 3, np.nan, 5, 6]), Scale("s", ("#000000", "#ffffff")), 0, 9, (0, 4, 9))
    assert [(c.text, c.hatched) for c in legend(layer, "en").classes][-1] == ("No data", True)
    assert not any(c.hatched for c in legend(dataclasses.replace(layer, hatch=False), "en").classes)
