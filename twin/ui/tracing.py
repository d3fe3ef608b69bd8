"""Traffic seen from one street or place: its bundle of ways, or times by car, as layers that follow the scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from twin.city.digest import city_digest
from twin.layer import layer_of
from twin.models.traffic.flows import MODEL
from twin.state import LayerEntry
from twin.text import N_, tr
from twin.ui import answering, edits
from twin.ui.opening import DropInInfo
from twin.ui.result_layers import VALUE, is_result, painted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twin.jobs import Task
    from twin.layer import Layer
    from twin.ui.engine_link import EngineLink
    from twin.ui.results import Results
    from twin.ui.session import Session

Asked = tuple[tuple[str, ...], tuple[float, float] | None, str]
"""Streets, or a place, and what it is called."""
_ID = f"{VALUE}:traced:"


class Tracing(QObject):
    """Asks the engine, and keeps what it said on the map until it is asked otherwise."""

    failed = Signal(object)

    def __init__(self, session: Session, results: Results, engine: EngineLink, changed: Callable[[], None]) -> None:
        super().__init__(results)
        self._changed = changed
        self._session, self._results, self._engine = session, results, engine
        self._asked: Asked | None = None
        self._key = ""
        self.layers: Mapping[str, Layer] = {}
        self.entries: tuple[DropInInfo, ...] = ()
        results.answered.connect(self._follow)
        session.closed.connect(self.forget)

    @property
    def asked(self) -> Asked | None:
        """What is looked at now."""
        return self._asked

    def streets(self, ids: tuple[str, ...], name: str) -> None:
        """Show all ways of the traffic on some road links."""
        self._ask((ids, None, name))

    def place(self, x: float, y: float, name: str) -> None:
        """Show how long a car takes from a place."""
        self._ask(((), (x, y), name))

    def forget(self) -> None:
        """Hold nothing any more: another project is opened."""
        self._asked, self.layers, self.entries = None, {}, ()

    def clear(self) -> None:
        """Look at nothing any more."""
        self.forget()
        store = self._session.store
        if store is not None:
            left = tuple(entry for entry in store.state.layers if not entry.id.startswith(_ID))
            if len(left) < len(store.state.layers):
                store.change(N_("Remove layer"), layers=left)
        self._changed()

    def _ask(self, asked: Asked) -> None:
        from twin.scenario.codec import encode_scenario
        from twin.scenario.scenario import key

        store = self._session.store
        if store is None:
            return
        self._asked = asked
        scenario = edits.active(store.state)
        digest = city_digest(store.state.city)
        self._key = key(digest, scenario)
        self._engine.hold(store.state.city, digest)
        lang = self._session.lang
        title = tr("Following the traffic of {name}", lang, name=asked[2])
        self._engine.ask(
            answering.trace, digest, encode_scenario(scenario), asked[0], asked[1], key="trace", title=title,
            then=lambda task: self._take(asked, task),
        )  # fmt: skip

    def _follow(self) -> None:
        """Ask anew when the scenario is another and was answered."""
        from twin.scenario.scenario import key

        store = self._session.store
        if self._asked is None or store is None or not self._results.up_to_date:
            return
        if not any(entry.id.startswith(_ID) for entry in store.state.layers):
            self._asked = None
        elif key(city_digest(store.state.city), edits.active(store.state)) != self._key:
            self._ask(self._asked)

    def _take(self, asked: Asked, task: Task) -> None:
        from twin.errors import Cancelled

        store = self._session.store
        if asked != self._asked or store is None:
            return
        if task.error is not None:
            if not isinstance(task.error, Cancelled):
                self.failed.emit(task.error)
            return
        lang = self._session.lang
        layers: dict[str, Layer] = {}
        for field in task.result:
            id = f"{_ID}{tr(field.name, 'en')}"
            made = layer_of(id, field.name, field, note=asked[2])
            if made is not None:
                layers[id] = painted(made, MODEL, task.result)
        group = tr("Traffic of {name}", lang, name=asked[2])
        self.layers, self.entries = layers, tuple(DropInInfo(id, one.title, group) for id, one in layers.items())
        self._changed()
        first = next(iter(layers), "")
        if first and not any(entry.id == first for entry in store.state.layers):
            others = tuple(entry for entry in store.state.layers if not is_result(entry.id))
            store.change(N_("Show on the map"), merge="traced", layers=(LayerEntry(first), *others))
