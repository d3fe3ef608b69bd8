"""Names never cover each other, run along their streets, and have Swedish letters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.scene.camera import Projection
from twin.scene.draw.lettering import Lettering
from twin.scene.labelling import STYLES, place
from twin.scene.meshing.names import DISTRICT, PLACE, STREET, Names
from twin.state import Pose

SIZE = (900, 600)
TOP = Pose((0.0, 0.0, 0.0), 600.0, 0.0, 90.0, True)


def names(*rows: tuple[str, int, float, float, float, float]) -> Names:
    """Text, style, x, y, angle [°] (nan = upright), room."""
    angle = np.radians([row[4] for row in rows])
    along = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(len(rows))])
    return Names(
        tuple(row[0] for row in rows),
        np.array([row[1] for row in rows], dtype=np.int8),
        np.array([(row[2], row[3], 0.0) for row in rows], dtype=np.float32).reshape(-1, 3),
        np.nan_to_num(along).astype(np.float32),
        np.array([row[5] for row in rows], dtype=np.float32),
        np.zeros(len(rows), dtype=np.float32),
    )


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Hornsgatan", "Åsögatan", "Götgatan", "Långholmsgatan", "Maria"]),
            st.sampled_from([DISTRICT, STREET, PLACE]),
            st.floats(-400, 400), st.floats(-280, 280), st.floats(0, 360), st.floats(20, 300),
        ),
        max_size=40,
    ),
    st.floats(1, 2.5),
)  # fmt: skip
def test_no_two_names_cover_each_other(rows: list[tuple[str, int, float, float, float, float]], scale: float) -> None:
    some = names(*rows)
    widths = np.array([len(t) * 7.0 for t in some.texts])
    chosen = place(some, widths, Projection(TOP, SIZE), scale)
    at, _ = Projection(TOP, SIZE).pixels(some.points)
    boxes = []
    for i in chosen:
        style = STYLES[int(some.styles[i])]
        d = np.array([some.along[i, 0], -some.along[i, 1]]) if some.styles[i] >= 0 else np.array([1.0, 0.0])
        t = np.linspace(-0.5, 0.5, 30)[:, None] * widths[i] * scale
        boxes.append((at[i] - (0, style.lift * scale) + t * d, style.size * scale))
    for k, (a, tall) in enumerate(boxes):
        for b, other in boxes[:k]:
            assert np.hypot(*(a[:, None] - b[None, :]).T).min() > 0.25 * (tall + other)


def test_a_name_needs_its_street() -> None:
    widths = np.array([80.0])
    view = Projection(TOP, SIZE)
    assert len(place(names(("Hornsgatan", STREET, 0, 0, 10, 100)), widths, view)) == 1
    assert len(place(names(("Hornsgatan", STREET, 0, 0, 10, 70)), widths, view)) == 0
    assert len(place(names(("Hornsgatan", STREET, 0, 0, 10, 100)), widths, view, 2.0)) == 0
    assert len(place(names(("Hornsgatan", STREET, 440, 0, 10, 100)), widths, view)) == 0, "half outside the window"


def test_the_same_name_is_not_repeated_near_by() -> None:
    twice = names(("Ringvägen", STREET, -150, 0, 0, 200), ("Ringvägen", STREET, 60, 0, 0, 200))
    assert len(place(twice, np.array([60.0, 60.0]), Projection(TOP, SIZE))) == 1


def test_districts_go_first_and_what_is_hidden_is_not_named() -> None:
    both = names(("Maria", STREET, 0, 0, 0, 300), ("Södermalm", DISTRICT, 0, 0, np.nan, 600))
    assert place(both, np.array([50.0, 90.0]), Projection(TOP, SIZE)).tolist() == [1]
    assert place(both, np.array([50.0, 90.0]), Projection(TOP, SIZE), blocked=lambda p: True).tolist() == []


def test_nothing_is_named_under_what_is_drawn_over_the_map() -> None:
    both = names(("Maria", STREET, 0, 0, 0, 300), ("Ringvägen", STREET, 0, 150, 0, 300))
    view, widths = Projection(TOP, SIZE), np.array([60.0, 60.0])
    assert len(place(both, widths, view)) == 2
    middle = tuple(side / 2 for side in SIZE)
    panel = (middle[0] - 20, middle[1] - 20, SIZE[0] + 50.0, middle[1] + 20)
    assert place(both, widths, view, covered=[panel]).tolist() == [1]


def test_nothing_to_name() -> None:
    assert place(names(), np.empty(0), Projection(TOP, SIZE)).tolist() == []


def test_letters_of_every_name_are_there() -> None:
    some = names(("Åsögatan Ää Öö 12", STREET, 0, 0, 0, 300), ("Élan – é", PLACE, 0, 0, np.nan, 60))
    lettering = Lettering(some)
    quads = lettering.part(np.array([0, 1]), 1.0)
    assert len(quads) == 2 * sum(len(t) for t in some.texts)
    assert lettering.widths[0] == pytest.approx(12 * 0.55 * 17, rel=0.2)
    glyph = quads.attributes["glyph"]
    assert (glyph[:, 2:] >= 0).all()
    assert (glyph[:, 2:] <= 1).all()
    big = lettering.part(np.array([0]), 2.0).attributes["glyph"]
    small = lettering.part(np.array([0]), 1.0).attributes["glyph"]
    np.testing.assert_allclose(big[:, :2], 2 * small[:, :2], atol=1e-3)


def test_an_umlaut_is_higher_than_its_letter() -> None:
    some = names(("AÅ", STREET, 0, 0, 0, 300))
    glyph = Lettering(some).part(np.array([0]), 1.0).attributes["glyph"].reshape(2, 4, 4)
    assert glyph[1, :, 1].max() > glyph[0, :, 1].max() + 1.0
    assert glyph[1, :, 1].min() == pytest.approx(glyph[0, :, 1].min(), abs=0.6)
