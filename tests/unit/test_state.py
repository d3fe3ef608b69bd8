"""The Store: changes, undo, redo, merging, listeners."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.city.city import City
from twin.state import BASE_LAYERS, Bookmark, LayerEntry, Pose, Selection, State, Store

CITY = City("Test", "EPSG:3011")
POSE = Pose((0.0, 0.0, 0.0), 100.0)


def _marks(*names: str) -> tuple[Bookmark, ...]:
    return tuple(Bookmark(name, POSE) for name in names)


def _names(store: Store) -> list[str]:
    return [mark.name for mark in store.state.bookmarks]


def test_a_new_state_shows_the_base_layers() -> None:
    state = State(CITY)
    assert tuple(row.id for row in state.layers) == BASE_LAYERS
    assert all(row.visible and row.opacity == 1.0 for row in state.layers)


def test_change_makes_a_new_state_and_leaves_the_old() -> None:
    store = Store(State(CITY))
    old = store.state
    store.change("Add bookmark", bookmarks=_marks("a"))
    assert old.bookmarks == ()
    assert store.state is not old
    assert store.state.layers is old.layers


def test_undo_and_redo_say_what_they_do() -> None:
    store = Store(State(CITY))
    assert (store.undo_label, store.redo_label) == ("", "")
    store.change("Add bookmark", bookmarks=_marks("a"))
    store.change("Hide layer", layers=(LayerEntry("water", visible=False),))
    assert (store.undo_label, store.redo_label) == ("Hide layer", "")
    store.undo()
    assert (store.undo_label, store.redo_label) == ("Add bookmark", "Hide layer")
    assert len(store.state.layers) == len(BASE_LAYERS)
    store.redo()
    assert store.state.layers == (LayerEntry("water", visible=False),)


def test_undo_at_the_beginning_and_redo_at_the_end_do_nothing() -> None:
    store = Store(State(CITY))
    calls: list[int] = []
    store.listen(lambda old, new: calls.append(1))
    store.undo()
    store.redo()
    assert calls == []


def test_a_change_after_undo_forgets_the_future() -> None:
    store = Store(State(CITY))
    store.change("a", bookmarks=_marks("a"))
    store.undo()
    store.change("b", bookmarks=_marks("b"))
    store.redo()
    assert _names(store) == ["b"]
    assert store.redo_label == ""


def test_a_dragged_slider_is_one_step() -> None:
    store = Store(State(CITY))
    for percent in range(100, 50, -10):
        store.change("Opacity", merge="opacity water", layers=(LayerEntry("water", opacity=percent / 100),))
    store.change("Opacity", merge="opacity green", layers=(LayerEntry("green", opacity=0.5),))
    store.undo()
    assert store.state.layers == (LayerEntry("water", opacity=0.6),)
    store.undo()
    assert len(store.state.layers) == len(BASE_LAYERS)


def test_merging_does_not_reach_over_an_undo() -> None:
    store = Store(State(CITY))
    store.change("a", merge="m", bookmarks=_marks("a"))
    store.change("b", merge="n", bookmarks=_marks("b"))
    store.undo()
    store.change("c", merge="m", bookmarks=_marks("c"))
    store.undo()
    assert _names(store) == ["a"]


def test_selection_is_not_visited_by_undo() -> None:
    store = Store(State(CITY))
    store.change("Add bookmark", bookmarks=_marks("a"))
    store.change("Select", undoable=False, selection=Selection("buildings", ("b1",)))
    assert store.undo_label == "Add bookmark"
    store.undo()
    assert _names(store) == []


def test_history_has_a_limit() -> None:
    store = Store(State(CITY), limit=3)
    for name in "abcdef":
        store.change(name, bookmarks=_marks(name))
    for _ in range(10):
        store.undo()
    assert _names(store) == ["c"]


def test_reset_forgets_history_and_tells_listeners() -> None:
    store = Store(State(CITY))
    store.change("a", bookmarks=_marks("a"))
    seen: list[State] = []
    store.listen(lambda old, new: seen.append(new))
    fresh = State(City("Other", "EPSG:3006"))
    store.reset(fresh)
    store.undo()
    assert store.state is fresh
    assert seen == [fresh]


def test_listeners_get_old_and_new_and_can_leave_at_any_time() -> None:
    store = Store(State(CITY))
    seen: list[str] = []

    def once(old: State, new: State) -> None:
        seen.append(f"once {len(old.bookmarks)}→{len(new.bookmarks)}")
        stop()

    stop = store.listen(once)
    store.listen(lambda old, new: seen.append("always"))
    store.change("a", bookmarks=_marks("a"))
    store.change("b", bookmarks=_marks("a", "b"))
    stop()
    assert seen == ["once 0→1", "always", "always"]


def test_an_unknown_part_is_refused_and_nothing_changes() -> None:
    store = Store(State(CITY))
    before = store.state
    with pytest.raises(TypeError):
        store.change("a", nonsense=1)
    assert store.state is before
    assert store.undo_label == ""


_action = st.one_of(
    st.tuples(st.just("change"), st.text("abc", min_size=1, max_size=2), st.sampled_from(["", "m", "n"])),
    st.tuples(st.sampled_from(["undo", "redo"])),
)


@given(st.lists(_action, max_size=40), st.integers(1, 6))
def test_store_agrees_with_two_plain_lists(actions: list[tuple[str, ...]], limit: int) -> None:
    """Compare with the plainest model there is: a list of pasts, a list of futures."""
    store = Store(State(CITY), limit=limit)
    past: list[tuple[list[str], str]] = []
    future: list[tuple[list[str], str]] = []
    now: list[str] = []
    for what, *rest in actions:
        if what == "change":
            name, merge = rest
            if not (merge and past and past[-1][1] == merge and not future):
                past = [*past, (now, merge)][-limit:]
            future, now = [], [name]
            store.change("x", merge=merge, bookmarks=_marks(name))
        elif what == "undo":
            if past:
                before, merge = past.pop()
                future.append((now, merge))
                now = before
            store.undo()
        else:
            if future:
                after, merge = future.pop()
                past.append((now, merge))
                now = after
            store.redo()
        assert _names(store) == now
        assert bool(store.undo_label) == bool(past)
        assert bool(store.redo_label) == bool(future)
