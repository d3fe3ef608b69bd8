"""What comes from outside is not trusted: limits on size and depth, types, times, numbers."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from twin.errors import BadInput

MAX_MESSAGE = 64 * 1024
"""Bytes of one message."""
MAX_ANSWER = 20 * 1024 * 1024
"""Bytes of one answer over HTTP."""
MAX_DEPTH = 32
MAX_READINGS = 10_000
"""Readings in one message or answer."""
FUTURE_S = 120.0
"""How far a sensor's clock may go ahead [s]."""
EARLIEST_MS = 946_684_800_000
"""2000-01-01: an earlier time is that of a clock that was never set."""
_decoder = msgspec.json.Decoder()


def check_size(data: bytes, limit: int = MAX_MESSAGE, depth: int = MAX_DEPTH) -> None:
    """Refuse what is too large or nested too deeply, before anything reads it."""
    if len(data) > limit:
        raise BadInput("The message has {n} bytes; at most {limit} are taken.", n=len(data), limit=limit)
    if data.count(b"[") + data.count(b"{") > depth and _depth(data) > depth:
        raise BadInput("The message is nested deeper than {limit} levels.", limit=depth)


def load_json(data: bytes, limit: int = MAX_MESSAGE) -> Any:
    """Read JSON within the limits.

    Raises
    ------
    BadInput
        When it is too large, too deep or no JSON (NaN and Infinity are none).
    """
    check_size(data, limit)
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput("The message is no JSON: {reason}", reason=str(error)) from error


def number_of(value: object, what: str = "value", *, text: bool = False) -> float:
    """Return a finite number.

    Parameters
    ----------
    value : object
        What the message holds.
    what : str
        Its name, for the error.
    text : bool
        Whether a source writes numbers as text, with decimal point or comma.
    """
    if text and isinstance(value, str):
        try:
            value = float(value.strip().replace(",", ".").replace("\u2212", "-"))
        except ValueError:
            raise BadInput("{what}: {value} is no number.", what=what, value=cut(value)) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput("{what}: a number is expected, not {value}.", what=what, value=cut(value))
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found) or abs(found) > 3.4e38:
        raise BadInput("{what}: {value} is no finite number.", what=what, value=cut(value))
    return found


def text_of(value: object, what: str, limit: int = 200) -> str:
    """Return a text of 1 to ``limit`` printable characters; a whole number serves as one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > limit or not value.isprintable():
        raise BadInput("{what}: a name is expected, not {value}.", what=what, value=cut(value))
    return value.strip()


def zone_of(name: str) -> timezone | ZoneInfo:
    """Return a time zone: a name such as Europe/Stockholm, or a fixed one such as UTC+1."""
    found = re.fullmatch(r"(?:UTC|GMT)?([+-]\d{1,2})(?::?(\d{2}))?", name)
    if found:
        hours = int(found[1])
        return timezone(timedelta(hours=hours, minutes=int(found[2] or 0) * (1 if hours >= 0 else -1)))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("{name} is no time zone; Europe/Stockholm or UTC+1 are.", name=cut(name)) from None


def time_of(value: object, zone: timezone | ZoneInfo | None = None, what: str = "time") -> int:
    """Return a time as milliseconds since 1970 (UTC); of an interval its end.

    Parameters
    ----------
    value : object
        RFC 3339 / ISO 8601 text, or two of them with ``/`` between.
    zone : tzinfo, optional
        Of times that state none; without it they are refused.
    what : str
        Its name, for the error.
    """
    if not isinstance(value, str) or len(value) > 100:
        raise BadInput(
            "{what}: a time such as 2026-05-04T10:00:00Z is expected, not {value}.", what=what, value=cut(value)
        )
    text = value.rsplit("/", 1)[-1].strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:  # nanoseconds, which Python does not read
            moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
        except ValueError:
            raise BadInput(
                "{what}: a time such as 2026-05-04T10:00:00Z is expected, not {value}.", what=what, value=cut(value)
            ) from None
    if moment.tzinfo is None:
        if zone is None:
            raise BadInput("{what}: {value} states no time zone.", what=what, value=cut(value))
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def check_time(ms: int, now_ms: int) -> None:
    """Refuse a time that no working clock gives."""
    if ms > now_ms + FUTURE_S * 1000:
        raise BadInput("The time {time} lies in the future.", time=said(ms))
    if ms < EARLIEST_MS:
        raise BadInput("The time {time} is that of a clock that was never set.", time=said(ms))


def said(ms: int) -> str:
    """Write milliseconds since 1970 as a UTC time."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return str(ms)


def now_ms() -> int:
    """Return the present time as milliseconds since 1970."""
    return round(datetime.now(UTC).timestamp() * 1000)


def cut(value: object, limit: int = 60) -> str:
    """Return a text short enough for a message, without what a terminal might obey."""
    text = "".join(c if c.isprintable() else "·" for c in str(value)[: limit + 1])
    return text if len(text) <= limit else text[:limit] + "…"


def _depth(data: bytes) -> int:
    """Return how deep brackets are nested, those within texts not counted."""
    deepest = level = 0
    plain = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data)
    for byte in plain:
        if byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest
