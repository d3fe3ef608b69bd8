"""Resolve is pure: the state says what is drawn, and only what differs is different."""

from __future__ import annotations

import numpy as np
import pytest

from twin.layer import Field, Layer, Scale
from twin.scene.palette import TINTS, palette, rgb, tint, tint_rows
from twin.scene.resolve import ABSENT, UNKNOWN, Paint, resolve, rows_of, values, with_parents
from twin.state import BASE_LAYERS, LayerEntry, Selection, State


def layer(name: str, where: str = "buildings", values_: object = (1.0, 2.0, np.nan), **more: object) -> Layer:
    numbers = np.asarray(values_, dtype=np.float32)
    ids = np.array([f"b{k}" for k in range(numbers.shape[-1])], dtype=object)
    shown = more.pop("scale", Scale("s", ("#000000", "#ffffff")))
    field = Field("F", "m", where, ids, numbers, categories=more.pop("categories", {}))  # type: ignore[arg-type]
    return Layer(name, "T", field, shown, 0.0, 2.0, **more)  # type: ignore[arg-type]


def entries(*shown: tuple[str, bool, float]) -> tuple[LayerEntry, ...]:
    return (*(LayerEntry(*one) for one in shown), *(LayerEntry(name) for name in BASE_LAYERS))


def test_the_uppermost_visible_layer_of_a_kind_is_drawn(city, built) -> None:
    layers = {"a": layer("a"), "b": layer("b"), "r": layer("r", "roads"), "f": layer("f", "facades")}
    state = State(
        city, entries(("a", False, 1.0), ("b", True, 0.4), ("r", True, 1.0), ("f", True, 1.0), ("x", True, 1.0))
    )
    drawn = resolve(state, built, layers, "light", "sv")
    assert drawn.paints == {"buildings": Paint(layers["b"], 0.4), "roads": Paint(layers["r"], 1.0)}
    assert set(drawn.base) == set(BASE_LAYERS)


def test_only_what_changed_differs(city, built) -> None:
    layers = {"a": layer("a")}
    state = State(city, entries(("a", True, 1.0)))
    one = resolve(state, built, layers, "light", "sv")
    two = resolve(state.changed(selection=Selection("buildings", ("b1",))), built, layers, "light", "sv")
    assert (one.base, one.paints, one.palette, one.mesh) == (two.base, two.paints, two.palette, two.mesh)
    assert one.selection != two.selection
    again = resolve(state, built, {"a": layer("a")}, "light", "sv")
    assert again.paints != one.paints, "a new layer object must be drawn anew"
    assert resolve(state, built, layers, "dark", "sv").palette.name == "dark"


def test_hidden_and_faint_base_layers(city, built) -> None:
    some = (LayerEntry("buildings", True, 0.3), LayerEntry("water", False), LayerEntry("green", True, 7.0))
    base = resolve(State(city, some), built, {}, "light", "sv").base
    assert base["buildings"] == 0.3
    assert base["water"] == 0.0
    assert base["green"] == 1.0
    assert base["terrain"] == 0.0


def test_values_come_in_the_order_of_the_table() -> None:
    ids = np.array(["b2", "x", "b0", "b1"], dtype=object)
    found = values(Paint(layer("a"), 1.0), ids)
    np.testing.assert_array_equal(found.numbers, np.array([UNKNOWN, ABSENT, 1, 2], dtype=np.float32))
    assert (found.low, found.high) == (0.0, 2.0)
    assert found.colours[0].tolist() == [0, 0, 0, 255]
    assert found.colours[-1].tolist() == [255, 255, 255, 255]


def test_all_times_are_kept() -> None:
    found = values(Paint(layer("a", values_=[[1, 2], [3, 4]]), 1.0), np.array(["b1", "b0"], dtype=object))
    assert found.numbers.tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize(("value", "place"), [(-5, 0), (0, 0), (9.9, 0), (10, 1), (20, 1), (25, 1)])
def test_class_limits(value: float, place: int) -> None:
    classes = layer("a", values_=[value], scale=Scale("s", ("#000000", "#ffffff"), "classes"), breaks=(0.0, 10.0, 20.0))
    found = values(Paint(classes, 1.0), np.array(["b0"], dtype=object))
    assert found.numbers.tolist() == [place]
    share = (found.numbers[0] - found.low) / (found.high - found.low)
    assert found.colours[int(share * 256)].tolist()[:3] == [[0, 0, 0], [255, 255, 255]][place]


def test_categories_keep_their_colours() -> None:
    three = layer(
        "a", values_=[2, 0, 1], scale=Scale("s", ("#ff0000", "#00ff00", "#0000ff")), categories={0: "a", 1: "b", 2: "c"}
    )
    found = values(Paint(three, 1.0), np.array(["b0", "b1", "b2"], dtype=object))
    shares = (found.numbers - found.low) / (found.high - found.low)
    assert [found.colours[int(s * 256)].tolist()[:3].index(255) for s in shares] == [2, 0, 1]


def test_parts_take_the_value_of_their_building() -> None:
    numbers = np.array([5, UNKNOWN, 7], dtype=np.float32)
    assert with_parents(numbers, np.array([0, 0, 0], dtype=np.int32)).tolist() == [5, 5, 7]


def test_rows_of_a_selection(city) -> None:
    import pandas as pd

    index = pd.Index(city.buildings["id"])
    assert rows_of(Selection("buildings", ("b3", "gone", "b1")), "buildings", index).tolist() == [3, 1]
    assert rows_of(Selection("roads", ("b3",)), "buildings", index).tolist() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_palettes(theme) -> None:
    colours = palette(theme)
    rows = tint_rows(colours)
    assert len(rows) == len(TINTS) <= 32
    assert rows[tint("water")][:3] == tuple(round(255 * v) for v in rgb(colours.water))
    assert tint("no such kind") == tint("terrain")

    def luminance(colour: str) -> float:
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ink, ground in (
        (colours.text, colours.street),
        (colours.text, colours.terrain),
        (colours.text_water, colours.water),
    ):
        low, high = sorted((luminance(ink), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) > 3.0, f"{ink} on {ground} is hard to read"
    base = [colours.terrain, colours.park, colours.water, colours.wall, colours.roof, colours.street]
    assert all(max(rgb(c)) - min(rgb(c)) < 0.16 for c in base), "only data is saturated"
