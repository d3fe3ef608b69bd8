"""The program with its window: what must happen before Qt is loaded."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from twin.errors import TwinError

if TYPE_CHECKING:
    from pathlib import Path

    from twin.ui.early import Early

_log = logging.getLogger("twin.start")


def run(project: str | None, screenshot: Path | None = None, lang: str | None = None) -> int:
    """Open the window and stay until it is closed.

    Parameters
    ----------
    project : str or None
        ``"demo"``, the path of a project, or None for the start page.
    screenshot : Path, optional
        Save the window there once nothing works and a full frame is drawn, then end.
    lang : str, optional
        Language for this time; by default the one chosen last, or the system's.

    Returns
    -------
    int
        Exit code: 0, or 1 when the project could not be shown for the picture.

    Raises
    ------
    TwinError
        When there is no screen, or the path named is no project.
    """
    _log.info("begin")
    early = _begin_reading(project) if project is not None else None
    _choose_platform()
    from twin.ui.application import Application

    _log.info("Qt is loaded")
    return Application(lang, screenshot).run(early)


def _begin_reading(project: str) -> Early:
    """Start the child that reads the project, so that it works while Qt is being loaded here."""
    from twin.project import resolve_path
    from twin.ui.early import Early

    path = resolve_path(project)
    if not (path / "project.json").is_file():
        raise TwinError("{path}: there is no project here.", path=path)
    from twin.dropins import trust

    trust.activate(path)
    return Early(path)


def _choose_platform() -> None:
    """Settle on a window system that VTK's widget is at home in, and say clearly when there is none."""
    os.environ["QT_API"] = "pyside6"
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "xcb"  # also under Wayland, where embedding VTK is younger than it looks
    elif not os.environ.get("WAYLAND_DISPLAY"):
        raise TwinError("There is no screen here to open a window on; «twin render» makes pictures without one.")
