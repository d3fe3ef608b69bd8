"""State: all that a view needs, as frozen values. Store: the one thing that changes, with undo and redo."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from twin.when import When

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.city import City
    from twin.datafile.spec import DataLayer
    from twin.layer import Field
    from twin.result import Value
    from twin.scenario.scenario import Scenario

Listener = Callable[["State", "State"], None]
Point = tuple[float, float, float]
Plane = tuple[Point, Point]
"""A point (x, y, z) [m] and a normal."""
Base = Literal["terrain", "water", "green", "streets", "paths", "buildings", "trees", "barriers", "places", "labels"]

BASE_LAYERS: tuple[Base, ...] = (
    "labels", "places", "buildings", "trees", "barriers", "streets", "paths", "green", "water", "terrain",
)  # fmt: skip
"""The map under the data, uppermost first."""


@dataclass(frozen=True)
class LayerEntry:
    """A row of the layer tree: which layer (base id or drop-in id), shown or not, opacity 0–1."""

    id: str
    visible: bool = True
    opacity: float = 1.0


_LAYER = "layer:"


def layer_table(id: str) -> str:
    """Return what stands for the table of a layer with places of its own, whose ids are the numbers of its places."""
    return _LAYER + id


def layer_in(table: str) -> str:
    """Return the id of the layer that a table stands for, "" for those of the City."""
    return table.removeprefix(_LAYER) if table.startswith(_LAYER) else ""


@dataclass(frozen=True)
class Selection:
    """What is picked: name of a City table and ids in it, or places of a layer (:func:`layer_table`)."""

    table: str
    ids: tuple[str, ...]

    @property
    def layer(self) -> str:
        """Id of the layer whose places are picked, "" for things of the City."""
        return layer_in(self.table)


@dataclass(frozen=True)
class Pose:
    """Where the camera looks, in the City's system.

    ``focus`` (x, y, z) [m]; ``distance`` [m] from it; ``azimuth`` [°] clockwise from north, the direction looked
    in; ``elevation`` [°] above the horizon, 90 straight down; ``top`` = parallel projection from above with a
    true scale, whose visible height in metres is ``distance``.
    """

    focus: tuple[float, float, float]
    distance: float
    azimuth: float = 0.0
    elevation: float = 45.0
    top: bool = False


@dataclass(frozen=True)
class Bookmark:
    """A named view."""

    name: str
    pose: Pose


@dataclass(frozen=True, eq=False)
class State:
    """All that a view needs: the city, the layer tree (uppermost first), what is selected, bookmarks, scenarios.

    ``city`` is the city as it is; ``scenario`` names the scenario that is worked on, ``reference`` the one it is
    compared with ("": the present state, and for the reference the zero alternative where there is one). ``models``
    says, by name, which models somebody switched on or off. ``time`` is the one that is shown; while time is played it
    runs outside the Store, and stands here again when it rests. ``ethics`` is the project's note
    on whose data it holds, by which right, and what must not be done with them.
    """

    city: City
    layers: tuple[LayerEntry, ...] = tuple(LayerEntry(name) for name in BASE_LAYERS)
    selection: Selection | None = None
    bookmarks: tuple[Bookmark, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    scenario: str = ""
    reference: str = ""
    imported: tuple[DataLayer, ...] = ()
    models: Mapping[str, bool] = field(default_factory=dict)
    time: When = field(default_factory=When)
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Chosen parameters of drop-ins by their id; what is not named stands at its default."""
    ethics: str = ""
    sunlit: bool = False
    """Light and shadows as the sun stands at the time shown."""
    section: Plane | None = None
    """What lies on the side of this plane that its normal points to is cut away."""

    def data_layer(self, id: str) -> DataLayer | None:
        """Return the data file behind a layer, None where it is none."""
        return next((one for one in self.imported if one.id == id), None)

    def source(self, id: str) -> Mapping[str, str]:
        """Return title, licence, owner, class … of where values come from: a source of the City or a data file."""
        own = self.data_layer(id)
        if own is None:
            return self.city.source(id)
        about = own.about
        return {
            "id": id, "title": about.title, "licence": about.licence, "owner": about.owner, "contact": about.contact,
            "classification": about.classification, "date": about.date, "maturity": "", "catalogue": "",
            "note": about.note,
        }  # fmt: skip

    def source_of(self, field: Field) -> Mapping[str, str]:
        """Return whose the values of a field are, as :meth:`source` does; a drop-in may bring a source of its own."""
        return self.source(field.source) if field.about is None else field.about.row()

    def changed(self, **parts: object) -> State:
        """Return a State with some parts exchanged."""
        return dataclasses.replace(self, **parts)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Step:
    label: str
    state: State
    merge: str


class Store:
    """Holds the one current State; everything that changes goes through :meth:`change`.

    Listeners are called with the old and the new State after each change. Undo is a list of earlier values.
    """

    def __init__(self, state: State, limit: int = 200) -> None:
        self._state = state
        self._limit = limit
        self._past: list[_Step] = []
        self._future: list[_Step] = []
        self._listeners: list[Listener] = []

    @property
    def state(self) -> State:
        """The current State."""
        return self._state

    @property
    def undo_label(self) -> str:
        """What undo would take back, in English of the catalogue; "" when there is nothing."""
        return self._past[-1].label if self._past else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again; "" when there is nothing."""
        return self._future[-1].label if self._future else ""

    def change(self, label: str, /, *, merge: str = "", undoable: bool = True, **parts: object) -> None:
        """Exchange parts of the State.

        Parameters
        ----------
        label : str
            What the user did, English of the catalogue («Hide layer»).
        merge : str
            Changes in a row with the same non-empty key become one step (a dragged slider).
        undoable : bool
            False for what undo should not visit, such as a selection.
        **parts
            Fields of :class:`State`.
        """
        old = self._state
        new = old.changed(**parts)
        if undoable:
            merged = bool(merge) and bool(self._past) and self._past[-1].merge == merge and not self._future
            if not merged:
                self._past.append(_Step(label, old, merge))
                del self._past[: -self._limit]
            self._future.clear()
        self._set(new)

    def reset(self, state: State) -> None:
        """Begin anew with another State (a project was opened); history is forgotten."""
        self._past.clear()
        self._future.clear()
        self._set(state)

    def undo(self) -> None:
        """Go back one step; nothing happens at the beginning."""
        if self._past:
            step = self._past.pop()
            self._future.append(_Step(step.label, self._state, step.merge))
            self._set(step.state)

    def redo(self) -> None:
        """Go forward again one step; nothing happens at the end."""
        if self._future:
            step = self._future.pop()
            self._past.append(_Step(step.label, self._state, step.merge))
            self._set(step.state)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener(old, new)`` after each change; returns a function that ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _set(self, new: State) -> None:
        old, self._state = self._state, new
        for listener in tuple(self._listeners):
            listener(old, new)
