"""Background tasks seen from the GUI thread: what they tell arrives as Qt signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from twin import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.jobs import Engine, Task


class Tasks(QObject):
    """Starts tasks in child processes and reports on the thread this object lives in."""

    started = Signal(object)
    progressed = Signal(object)
    finished = Signal(object)
    """The Task, once, when it has a result or an error."""
    _given = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: list[Task] = []
        self._handlers: dict[int, Callable[[Task], object]] = {}
        self._takers: dict[int, Callable[[Any], object]] = {}
        self.finished.connect(self._end)
        self._given.connect(self._take)

    @property
    def running(self) -> tuple[Task, ...]:
        """Tasks that have no result or error yet, oldest first."""
        return tuple(self._running)

    def start(
        self,
        function: Callable[..., Any],
        *args: Any,
        title: str,
        then: Callable[[Task], object] | None = None,
        **kwargs: Any,
    ) -> Task:
        """Run a function in a child process as :func:`twin.jobs.start` does.

        Parameters
        ----------
        title : str
            What it does, in the reader's language.
        then : callable, optional
            Called with the finished Task on the GUI thread, after ``finished``.
        """
        task = jobs.start(
            function, *args, title=title, on_progress=self.progressed.emit, on_done=self.finished.emit, **kwargs
        )
        self._running.append(task)
        if then is not None:
            self._handlers[id(task)] = then
        self.started.emit(task)
        return task

    def through(
        self,
        engine: Engine,
        function: Callable[..., Any],
        *args: Any,
        key: object,
        title: str,
        then: Callable[[Task], object],
        take: Callable[[Any], object] | None = None,
    ) -> Task:
        """Run a function in the engine process (:meth:`twin.jobs.Engine.submit`); ``then`` as in :meth:`start`.

        ``take`` is called on the GUI thread with all that the task gives before its end, in order.
        """
        task = engine.submit(
            function, *args, key=key, title=title, on_progress=self.progressed.emit, on_done=self.finished.emit,
            on_given=self._given.emit,
        )  # fmt: skip
        self._running.append(task)
        if take is not None:
            self._takers[id(task)] = take
        self._handlers[id(task)] = then
        self.started.emit(task)
        return task

    def cancel_all(self) -> None:
        """Stop everything that runs."""
        for task in self.running:
            task.cancel()

    def _end(self, task: Task) -> None:
        if task in self._running:
            self._running.remove(task)
        self._takers.pop(id(task), None)
        then = self._handlers.pop(id(task), None)
        if then is not None:
            then(task)

    def _take(self, task: Task, found: Any) -> None:
        take = self._takers.get(id(task))
        if take is not None:
            take(found)
