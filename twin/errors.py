"""What can go wrong, in words a user understands.

An error carries its English message template as *key* and the values to put in as *fields*, so that any
view can say it in the reader's language (``twin.text.tr(error.key, lang, **error.fields)``).
"""

from __future__ import annotations


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
