"""Reading that begins before there is a window, without Qt."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from twin import jobs
from twin.ui import opening

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twin.jobs import Task


class Early:
    """A Task that reads a project; what it tells is kept until someone listens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[Task], object], Callable[[Task], object]] | None = None
        self._ended = False
        self.task = jobs.start(opening.load, path, None, on_progress=self._progress, on_done=self._done)

    def tell(self, on_progress: Callable[[Task], object], on_done: Callable[[Task], object]) -> None:
        """Call these from now on; ``on_done`` at once when the reading has ended already."""
        with self._lock:
            self._listeners = (on_progress, on_done)
            ended = self._ended
        if ended:
            on_done(self.task)

    def _progress(self, task: Task) -> None:
        if self._listeners is not None:
            self._listeners[0](task)

    def _done(self, task: Task) -> None:
        with self._lock:
            self._ended = True
            listeners = self._listeners
        if listeners is not None:
            listeners[1](task)
