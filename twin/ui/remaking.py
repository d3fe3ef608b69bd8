"""Layers of drop-ins whose parameters were changed, made anew beside the window with progress and a way to stop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from twin.errors import Cancelled
from twin.text import error_text, tr
from twin.ui import opening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.jobs import Task
    from twin.layer import Layer
    from twin.result import Value
    from twin.state import State
    from twin.ui.session import Session

Key = tuple[str, tuple[tuple[str, object], ...], int]


class Remaking(QObject):
    """Follows the parameters of drop-ins in a State; ``layers`` and ``errors`` stand in place of the first ones."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._state: State | None = None
        self._found: dict[Key, tuple[Layer | None, str]] = {}
        self._asked: dict[Key, Task] = {}
        self._later: frozenset[str] = frozenset()
        self.layers: Mapping[str, Layer] = {}
        self.errors: Mapping[str, str] = {}

    def set_later(self, ids: frozenset[str]) -> None:
        """Take the ids of drop-ins that are made only when somebody shows them."""
        if ids != self._later:
            self._later = ids
            self._go()

    def busy(self, id: str) -> bool:
        """Say whether a layer is being made."""
        return any(key[0] == id for key in self._asked)

    def forget(self) -> None:
        """Make all anew: the code of drop-ins is another."""
        self._found.clear()
        if self._state is not None:
            self._go()

    def show(self, state: State | None) -> None:
        """Take the State that is shown, None: no project is open."""
        before, self._state = self._state, state
        if state is None:
            for task in self._asked.values():
                task.cancel()
            self._asked.clear()
            self._found.clear()
            self.layers, self.errors = {}, {}
            return
        parts = ("values", "layers", "city")
        if before is None or any(getattr(before, name) is not getattr(state, name) for name in parts):
            self._go()

    # --- inside -------------------------------------------------------------------------------------------------

    def _go(self) -> None:
        state = self._state
        if state is None:
            return
        chosen = self._chosen(state)
        if not chosen and not self.layers and not self.errors:
            return
        wanted = {_key(id, values, state): (id, values) for id, values in chosen.items()}
        for key, task in list(self._asked.items()):
            if key not in wanted:
                del self._asked[key]
                task.cancel()
        for key, (id, values) in wanted.items():
            if key not in self._found and key not in self._asked:
                session = self._session
                source = session.project.path if session.project and session.city_on_disk and not self._edited else None
                title = tr("Making the layer {name}", session.lang, name=id)
                self._asked[key] = session.tasks.start(
                    opening.remake, source or state.city, id, dict(values), title=title,
                    then=partial(self._came, key),
                )  # fmt: skip
        self._take()

    def _chosen(self, state: State) -> dict[str, Mapping[str, Value]]:
        """Return what is made here: layers with changed parameters, and those made on request that are shown."""
        shown = {entry.id for entry in state.layers if entry.visible}
        changed = {id: values for id, values in state.values.items() if values and id in shown}
        return {**{id: {} for id in sorted(self._later & shown)}, **changed}

    @property
    def _edited(self) -> bool:
        store = self._session.store
        return store is None or self._state is None or store.state.city is not self._state.city

    def _came(self, key: Key, task: Task) -> None:
        if self._asked.pop(key, None) is None:
            return
        if task.error is None:
            self._found[key] = task.result
        elif not isinstance(task.error, Cancelled):
            self._found[key] = (None, error_text(task.error, self._session.lang))
        self._take()

    def _take(self) -> None:
        if self._state is None:
            return
        layers: dict[str, Layer] = {}
        errors: dict[str, str] = {}
        for id, values in self._chosen(self._state).items():
            layer, error = self._found.get(_key(id, values, self._state), (self.layers.get(id), ""))
            if error:
                errors[id] = error
            elif layer is not None:
                layers[id] = layer
        self.layers, self.errors = layers, errors
        self.changed.emit()


def _key(name: str, values: Mapping[str, object], state: State) -> Key:
    return name, tuple(sorted(values.items())), id(state.city)
