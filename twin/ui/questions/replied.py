"""What an answer draws on the map: it stands there until the next click in the view, Esc, or another question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from twin.state import LayerEntry
from twin.text import N_
from twin.ui.opening import DropInInfo
from twin.ui.result_layers import is_result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twin.layer import Layer
    from twin.questions.question import Reply
    from twin.state import State
    from twin.ui.session import Session

_ID = "reply:"


class Replied(QObject):
    """Keeps the layers of the answer that stands; none of it can be undone or is kept with the project.

    Maps of models on the ground are hidden while an answer brings a map of its own.
    """

    def __init__(self, session: Session, changed: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._changed = session, changed
        self._reply: Reply | None = None
        self._put_away = False
        self._hidden: set[str] = set()
        self._stop: Callable[[], None] = lambda: None
        self.layers: Mapping[str, Layer] = {}
        self.entries: tuple[DropInInfo, ...] = ()
        session.opened.connect(self._begin)
        session.closed.connect(self._forget)

    def follow(self, reply: Reply | None) -> None:
        """Show what another answer draws, none with None; a refined answer does not bring back what was put away."""
        if reply is self._reply:
            return
        self._reply = reply
        if reply is None:
            self.clear()
            self._put_away = False
        elif not self._put_away:
            self.show()

    def show(self) -> None:
        """Show what the answer draws, again if it was taken away."""
        store = self._session.store
        layers = () if self._reply is None else self._reply.layers
        if store is None or not layers:
            self.clear()
            return
        self._put_away = False
        group = N_("Answer on the map")
        self.layers = {one.id: one for one in layers}
        self.entries = tuple(DropInInfo(one.id, one.title, group) for one in layers)
        self._changed()
        others = [entry for entry in store.state.layers if not entry.id.startswith(_ID)]
        if any(one.field.where == "grid" for one in layers):  # two maps in one place cannot be read
            self._hidden |= {entry.id for entry in others if entry.visible and is_result(entry.id)}
            others = [replace(entry, visible=entry.visible and not is_result(entry.id)) for entry in others]
        new = tuple(LayerEntry(one.id) for one in layers)
        store.change(N_("Show on the map"), undoable=False, layers=(*new, *others))

    def clear(self) -> None:
        """Draw nothing any more."""
        self._put_away = True
        if self.layers:
            self.layers, self.entries = {}, ()
            self._changed()
        self._tidy()

    # -- inside

    def _begin(self) -> None:
        store = self._session.store
        self._stop()
        self._stop = store.listen(self._follow) if store is not None else lambda: None
        self._tidy()

    def _forget(self) -> None:
        self._stop()
        self._stop = lambda: None
        self._reply, self.layers, self.entries = None, {}, ()
        self._hidden.clear()

    def _follow(self, old: State, new: State) -> None:
        """Take away what an undo brings back after it was taken away."""
        if old.layers is not new.layers and not self.layers:
            self._tidy()

    def _tidy(self) -> None:
        store = self._session.store
        if store is None:
            return
        left = tuple(
            replace(entry, visible=entry.visible or entry.id in self._hidden)
            for entry in store.state.layers
            if not entry.id.startswith(_ID)
        )
        self._hidden.clear()
        if left != store.state.layers:
            store.change(N_("Remove layer"), undoable=False, layers=left)
