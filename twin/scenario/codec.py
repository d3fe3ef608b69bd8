"""Edits and scenarios as JSON: strict, with limits, and one clear line when something is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from twin.errors import BadInput
from twin.scenario.kinds import KINDS, AnyEdit
from twin.scenario.scenario import MAX_EDITS, Entry, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES = 50_000_000
_PLACE = re.compile(r"^(?P<reason>.*?) - at `\$\.?(?P<place>[^`]*)`$", re.DOTALL)
_NAMED = re.compile(r"^(?P<place>[a-z_]\w*(\.\w+)*): (?P<reason>.*)$", re.DOTALL)


class _Head(msgspec.Struct):
    """As much of an edit as says what it is."""

    kind: str = ""
    edit: _Head | None = None


def decode_edits(data: bytes, name: str) -> tuple[Entry, ...]:
    """Read edits: a list of edits, one edit alone, or ``{"edits": […]}``.

    An edit is its tagged JSON, or ``{"edit": {…}, "enabled": true, "note": "…"}``.

    Parameters
    ----------
    data : bytes
        JSON.
    name : str
        What the data is called in messages (a file's name).

    Raises
    ------
    BadInput
        One line that names the number of the edit and the field.
    """
    if len(data) > MAX_BYTES:
        raise BadInput("{path}: more than {n} MB; edits are smaller.", path=name, n=MAX_BYTES // 1_000_000)
    try:
        raws = [msgspec.Raw(data)]
        if not data.lstrip().startswith(b"{"):
            raws = msgspec.json.decode(data, type=list[msgspec.Raw])
        elif set(whole := msgspec.json.decode(data, type=dict[str, msgspec.Raw])) == {"edits"}:
            raws = msgspec.json.decode(whole["edits"], type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("{path}: this is no list of edits ({reason}).", path=name, reason=error) from error
    if len(raws) > MAX_EDITS:
        raise BadInput("{path}: {n} edits; a scenario holds at most {most}.", path=name, n=len(raws), most=MAX_EDITS)
    return tuple(_entry(raw, name, number) for number, raw in enumerate(raws, 1))


def encode_edits(edits: Iterable[AnyEdit]) -> bytes:
    """Return edits as the JSON :func:`decode_edits` reads."""
    return msgspec.json.format(msgspec.json.encode(list(edits)), indent=2) + b"\n"


def encode_scenario(scenario: Scenario) -> bytes:
    """Return a scenario as JSON."""
    return msgspec.json.encode(scenario)


def decode_scenario(data: bytes, name: str) -> Scenario:
    """Read a scenario; one BadInput line says what is wrong where."""
    try:
        return msgspec.json.decode(data, type=Scenario)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        place, reason = _where(str(error))
        raise BadInput("{path}: {place}: {reason}", path=name, place=place or "scenario", reason=reason) from error


def _entry(raw: msgspec.Raw, name: str, number: int) -> Entry:
    kind = ""
    try:
        head = msgspec.json.decode(raw, type=_Head)
        kind = head.kind or (head.edit.kind if head.edit else "")
        if kind not in KINDS:
            raise BadInput(
                "{path}: edit {number}: its kind is «{kind}»; it must be one of {known} (docs/edits.md).",
                path=name, number=number, kind=kind, known=", ".join(KINDS),
            )  # fmt: skip
        return msgspec.json.decode(raw, type=Entry) if head.edit else Entry(msgspec.json.decode(raw, type=AnyEdit))
    except (msgspec.DecodeError, RecursionError) as error:
        place, reason = _where(str(error))
        field = place.removeprefix("edit.").removeprefix("edit")
        fields = {"path": name, "number": number, "kind": kind or "?", "reason": reason}
        if field:
            raise BadInput("{path}: edit {number} ({kind}), field {field}: {reason}", field=field, **fields) from error
        raise BadInput("{path}: edit {number} ({kind}): {reason}", **fields) from error


def _where(message: str) -> tuple[str, str]:
    """Split a message of msgspec into the field and what is wrong with it."""
    found = _PLACE.match(message)
    place, reason = (found["place"], found["reason"]) if found else ("", message)
    missing = re.search(r"required field `(\w+)`", reason) or re.search(r"unknown field `([^`]*)`", reason)
    if missing:
        place = f"{place}.{missing[1]}".lstrip(".")
    own = _NAMED.match(reason)
    if own:  # our own checks name the field themselves
        place, reason = f"{place}.{own['place']}".lstrip("."), own["reason"]
    return place, reason
