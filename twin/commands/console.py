"""What the commands of the terminal share: messages, strict JSON, progress, options read from text."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from twin.errors import UsageError
from twin.jobs import Job
from twin.text import N_, tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.jobcluster import Cluster


@dataclass(frozen=True)
class Console:
    """Where a command speaks: results to standard output, everything else to standard error."""

    lang: str
    json: bool = False

    def say(self, message: str) -> None:
        """Write a message for people, beside the result."""
        print(message, file=sys.stderr)

    def result(self, value: Mapping[str, object], text: str) -> None:
        """Write the result, as one strict JSON object or as text."""
        if not self.json:
            print(text)
            return
        print(json.dumps(strict(value), ensure_ascii=False, allow_nan=False, indent=2))

    def job(self, cluster: Cluster | None = None) -> Job:
        """Return a Job that shows its progress on one line of a terminal, and nothing elsewhere."""
        if self.json or not sys.stderr.isatty():
            return Job(cluster=cluster)
        shown = [""]

        def report(fraction: float, text: str, fields: Mapping[str, object]) -> None:
            known = {k: tr(v, self.lang) if isinstance(v, str) else v for k, v in fields.items()}
            line = f"{fraction:4.0%} {tr(text, self.lang, **known)}"[:78]
            end = "\r" if fraction < 1 else "\r" + " " * len(shown[0]) + "\r"
            print(line.ljust(len(shown[0])), end=end, file=sys.stderr, flush=True)
            shown[0] = line

        return Job(report, cluster=cluster)


def strict(value: Any) -> Any:
    """Return a value in plain JSON types; what is not a number becomes null."""
    if isinstance(value, dict):
        return {str(key): strict(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [strict(v) for v in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if hasattr(value, "item"):
        return strict(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


_USAGE = {
    r"the following arguments are required: (?P<names>.*)": N_("missing: {names} (see {program} --help)"),
    r"unrecognized arguments: (?P<names>.*)": N_("not understood: {names} (see {program} --help)"),
    r"argument (?P<name>.*?): expected .*": N_("{name} needs a value (see {program} --help)"),
    r"argument (?P<name>.*?): invalid choice: (?P<value>.*?) \(choose from (?P<known>.*)\)": N_(
        "{name}: {value} is not one of {known} (see {program} --help)"
    ),
    r"argument (?P<name>.*?): (?P<reason>.*)": N_("{name}: {reason} (see {program} --help)"),
}
"""What argparse says, which knows no Swedish, in texts of the catalogue."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of ending the program."""

    def speak(self, lang: str) -> None:
        """Say the headings of the help, and what its own option does, in a language."""
        self._positionals.title = tr("what to work on", lang)
        self._optionals.title = tr("options", lang)
        for action in self._actions:
            if "--help" in action.option_strings:
                action.help = tr("show this help and end", lang)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with what argparse says, and where help is found."""
        for pattern, key in _USAGE.items():
            found = re.fullmatch(pattern, message, re.DOTALL)
            if found:
                raise UsageError(key, program=self.prog, **found.groupdict())
        raise UsageError("{reason} (see {program} --help)", reason=message, program=self.prog)


def box(text: str) -> tuple[float, float, float, float]:
    """Read ``west,south,east,north``."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"«{text}»: west,south,east,north") from None
    if not all(map(math.isfinite, (west, south, east, north))) or west >= east or south >= north:
        raise argparse.ArgumentTypeError(f"«{text}»: west < east, south < north")
    return west, south, east, north


def size(text: str) -> tuple[int, int]:
    """Read ``WIDTHxHEIGHT`` in pixels."""
    try:
        width, height = (int(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError:
        raise _no_size(text) from None
    if width < 1 or height < 1:
        raise _no_size(text)
    return width, height


def _no_size(text: str) -> UsageError:
    # Not an ArgumentTypeError: its words would stay English.
    return UsageError("--size: «{text}» is not a width and height in pixels, such as 1600x900", text=text)


def pair(text: str) -> tuple[str, str]:
    """Read ``field=column``."""
    field, equals, column = text.partition("=")
    if not equals or not field or not column:
        raise argparse.ArgumentTypeError(f"«{text}»: field=column")
    return field, column
