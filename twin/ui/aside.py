"""Work in a thread beside the GUI thread, for what needs the window's own objects and is done in an instant."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable


class Aside(QObject):
    """One thread; what it finds arrives on the thread this object lives in, in order."""

    failed = Signal(object)
    _found = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "aside")
        self._found.connect(self._take)

    def do(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Work in the thread; ``then`` gets what was found, and ``failed`` tells what went wrong instead."""
        self._thread.submit(work).add_done_callback(lambda future: self._found.emit(future, then))

    def close(self) -> None:
        """Wait for the end and end the thread."""
        self._thread.shutdown()

    def _take(self, future: Future[Any], then: Callable[[Any], None]) -> None:
        error = future.exception()
        if error is None:
            then(future.result())
        else:
            self.failed.emit(error)
