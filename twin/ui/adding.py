"""Taking files in and giving pictures out: what is inside is shown first, the work is done in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from twin.errors import Cancelled
from twin.text import tr
from twin.ui import ask, opening

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from twin.city.reading import FileInfo
    from twin.jobs import Task
    from twin.ui.window import MainWindow

_REPORTED = 4


class Adding(QObject):
    """Import and export of one window."""

    def __init__(self, window: MainWindow, open_path: Callable[[Path], None]) -> None:
        super().__init__(window)
        self._window = window
        self._open_path = open_path

    def look(self, files: Sequence[Path], *, into_new: bool) -> None:
        """Look into files in the background, then show what is inside."""
        session, lang = self._window.session, self._window.lang
        if not into_new and session.read_only:
            choice = ask.where_to(self._window, lang)
            if choice == "copy":
                self._window.handlers.save_as(lambda: self.look(files, into_new=False))
            if choice != "new":
                return
            into_new = True
        new = into_new

        def done(task: Task) -> None:
            if task.error is None:
                self._preview(cast("tuple[FileInfo, ...]", task.result), new)
            elif not isinstance(task.error, Cancelled):
                self._window.notices.show_error(task.error)

        session.tasks.start(opening.look, list(files), title=tr("Looking into the files", lang), then=done)

    def export(self) -> None:
        """Ask for size and name, then draw the picture in the background."""

    def _preview(self, infos: tuple[FileInfo, ...], into_new: bool) -> None:
        """Show what is inside the files; read them when the user agrees."""
