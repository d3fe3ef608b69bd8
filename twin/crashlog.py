"""A log for each run of the window, and how the next run learns that the last one crashed.

Each run writes ``run-<time>-<process>.log`` in the user's log folder and holds a lock beside it. The lock file is
removed when the run ends as it should; one that is left behind and held by nobody tells of a crash or a kill.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import platform
import sys
import threading
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from twin.disk.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

KEPT = 10
_TAIL = 4000
_PACKAGES = (
    "stockholm-twin", "pyside6-essentials", "shiboken6", "vtk", "pyvista", "pyvistaqt", "numpy", "pandas", "geopandas",
    "shapely", "pyogrio", "pyproj", "rasterio", "pyarrow", "osmium",
)  # fmt: skip
_log = logging.getLogger("twin")


@dataclass(frozen=True)
class Crash:
    """A run that ended without saying so: when it began, its log, and the end of that (what went wrong last)."""

    when: datetime
    log: Path
    text: str


class Session:
    """The log of this run; made by :func:`begin`, ended by :meth:`end` when the window was closed as it should."""

    def __init__(self, folder: Path, on_error: Callable[[str], object] | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        self.log = folder / f"run-{stamp}-{os.getpid()}.log"
        self._on_error = on_error
        self._lock = FileLock(self.log.with_suffix(".lock"))
        self._lock.acquire()
        self._stream = self.log.open("a", encoding="utf-8", buffering=1)
        self._stream.write("\n".join(f"{name}: {value}" for name, value in versions().items()) + "\n\n")
        self._handler = logging.StreamHandler(self._stream)
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        _log.addHandler(self._handler)
        _log.setLevel(logging.INFO)
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = self._unhandled
        threading.excepthook = self._unhandled_in_thread
        faulthandler.enable(self._stream)

    def end(self) -> None:
        """Note that the run ended as it should, and give the hooks back."""
        sys.excepthook, threading.excepthook = self._hooks
        faulthandler.disable()
        _log.removeHandler(self._handler)
        self._stream.close()
        self._lock.release()
        self._lock.path.unlink(missing_ok=True)

    def _unhandled(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None, where: str = "the window"
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._hooks[0](kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        _log.critical("unhandled in %s:\n%s", where, text)
        if sys.stderr is not None:  # there is none in a windowed program on Windows
            sys.stderr.write(text)
        if self._on_error is not None:
            self._on_error(text)

    def _unhandled_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            name = args.thread.name if args.thread else "a thread"
            self._unhandled(args.exc_type, args.exc_value, args.exc_traceback, name)


def folder() -> Path:
    """Return where the logs lie."""
    return Path(platformdirs.user_log_dir("stockholm-twin", appauthor=False))


def begin(on_error: Callable[[str], object] | None = None, where: Path | None = None) -> Session | None:
    """Start the log of this run and catch what nobody else catches.

    Parameters
    ----------
    on_error : callable, optional
        Told the traceback of an exception nobody caught, in the thread where it happened.
    where : Path, optional
        Another folder for the logs.

    Returns
    -------
    Session or None
        None where no log can be written; the program runs all the same.
    """
    place = where or folder()
    try:
        session = Session(place, on_error)
    except OSError as error:
        _log.warning("no log can be written in %s: %s", place, error)
        return None
    for old in sorted(place.glob("run-*.log"))[:-KEPT]:
        if not old.with_suffix(".lock").exists():
            with contextlib.suppress(OSError):
                old.unlink()
    return session


def last_crash(where: Path | None = None) -> Crash | None:
    """Return the latest run that ended without saying so, and forget all of them."""
    crashes = []
    for path in sorted((where or folder()).glob("run-*.lock")):
        lock = FileLock(path)
        with contextlib.suppress(OSError):  # another user's, or just removed by its run
            if not lock.acquire():
                continue
            lock.release()
            path.unlink(missing_ok=True)
            log = path.with_suffix(".log")
            if log.is_file():
                crashes.append(log)
    if not crashes:
        return None
    log = crashes[-1]
    text = log.read_text(encoding="utf-8", errors="replace")
    began = datetime.strptime(log.name.split("-")[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return Crash(began, log, text[-_TAIL:])


def versions() -> dict[str, str]:
    """Return the versions of the program, Python, the system and the packages it stands on."""
    found = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
    found["system"] = platform.platform()
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
