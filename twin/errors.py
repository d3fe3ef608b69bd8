"""What can go wrong, in words a user understands.

An error carries its English message template as *key* and the values to put in as *fields*, so that any
view can say it in the reader's language (``twin.text.tr(error.key, lang, **error.fields)``).
"""

from __future__ import annotations

import dataclasses
import traceback
from pathlib import Path

MOST_NAMES = 60
"""Names that are listed where one is not there."""


class TwinError(Exception):
    """Root of everything the program tells a user; ``key`` is the English template, ``fields`` its values."""

    def __init__(self, key: str, /, **fields: object) -> None:
        self.key = key
        self.fields = fields
        super().__init__(key.format(**fields))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes with key and fields, not only with the finished text."""
        return _rebuild, (type(self), self.key, self.fields)


def _rebuild(kind: type[TwinError], key: str, fields: dict[str, object]) -> TwinError:
    return kind(key, **fields)


class BadInput(TwinError):
    """A file, a payload or an option is wrong: what, where, what was expected."""


class UnknownCrs(BadInput):
    """The file does not say its reference system; the user must name it."""


class UsageError(TwinError):
    """A command line that cannot be understood (exit code 2)."""


class ProjectLocked(TwinError):
    """Another process holds the project."""


class NewerFormat(TwinError):
    """The project was written by a later version of the program."""


class JobFailed(TwinError):
    """Background work ended without an answer: it crashed or was killed."""


class Cancelled(TwinError):
    """The user stopped the work."""

    def __init__(self, key: str = "Stopped.", /, **fields: object) -> None:
        super().__init__(key, **fields)


def told(error: BaseException, path: Path) -> str:
    """Say what went wrong in a stranger's file in one line: file and line, the error, and the names there are.

    Parameters
    ----------
    error : exception
    path : Path
        The file; the last line of it that took part is named.
    """
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    place = f"{path.name}:{lines[-1]}" if lines else path.name
    if isinstance(error, TwinError):
        return f"{place}: {error}"
    said = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return f"{place}: {type(error).__name__}: {said}{_instead(error)}"


def named(thing: object) -> str:
    """Say of what type a thing is that is none of the type expected."""
    return "None (is a return missing?)" if thing is None else type(thing).__name__


def raised_in(error: BaseException, path: Path) -> bool:
    """Say whether a file itself raised an error, and no code that it called."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename) == path


def _instead(error: BaseException) -> str:
    """Name the columns of a table, or the parts of a value, of which one was asked for that is not there."""
    thing = getattr(error, "obj", None)
    if isinstance(error, KeyError):
        trace = error.__traceback__
        while trace is not None:
            owner = trace.tb_frame.f_locals.get("self")
            thing = owner if hasattr(owner, "columns") else thing
            trace = trace.tb_next
    elif not isinstance(error, AttributeError):
        return ""
    columns = getattr(thing, "columns", None)
    if columns is not None:
        names = [str(name) for name in columns]
    elif dataclasses.is_dataclass(thing):
        names = [field.name for field in dataclasses.fields(thing)]
    else:
        return ""
    return f"; there are: {', '.join(names[:MOST_NAMES])}"
