"""The engine process as one window uses it: started when it is needed, given the city, asked in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from twin.content import demo_project
from twin.errors import Cancelled
from twin.jobs import Engine
from twin.text import tr
from twin.ui import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.city.city import City
    from twin.jobs import Task
    from twin.ui.session import Session


class EngineLink(QObject):
    """Asks the engine, and remembers which cities it holds and what it was asked."""

    told = Signal()
    """One that was asked is done."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._engine: Engine | None = None
        self._held: set[str] = set()
        self._running: list[Task] = []

    @property
    def running(self) -> tuple[Task, ...]:
        """What was asked and is not done."""
        return tuple(self._running)

    def ask(
        self,
        function: Callable[..., Any],
        *args: Any,
        key: str | None,
        title: str,
        then: Callable[[Task], None],
        take: Callable[[Any], None] | None = None,
    ) -> Task:
        """Queue work; arguments as for :meth:`twin.ui.tasks.Tasks.through`."""
        if self._engine is None:
            self._engine = Engine("twin.ui.answering", "twin.chain.chain", "twin.scene.mesh")

        def done(task: Task) -> None:
            if task in self._running:
                self._running.remove(task)
            if task.error is not None and not isinstance(task.error, Cancelled):
                self._held.clear()  # it may have died, and with it what it held; to hold twice costs nothing
            then(task)
            self.told.emit()

        task = self._session.tasks.through(self._engine, function, *args, key=key, title=title, then=done, take=take)
        if task.running:
            self._running.append(task)
        return task

    def hold(self, base: City, digest: str) -> None:
        """Let the engine take the session's city, where it does not hold it."""
        session = self._session
        if digest in self._held or session.data is None or session.project is None or session.store is None:
            return
        if session.store.state.city is not base:
            return
        from twin.scene.remesh import footing

        self._held.add(digest)
        saved = session.city_on_disk
        path = session.project.path
        keep = path if saved and not session.read_only and path != demo_project() else None
        title = tr("Getting the models ready", session.lang)
        self.ask(
            answering.hold, path if saved else base, digest, keep, footing(session.data.mesh), key=None, title=title,
            then=lambda _task: None,
        )  # fmt: skip

    def close(self) -> None:
        """End the process."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
