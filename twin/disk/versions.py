"""Autosaves: the last ten states of a project beside its last save, and which of them the user has dealt with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from twin.city import schema
from twin.disk import atomic
from twin.disk.record import encode, read_record
from twin.errors import TwinError
from twin.text import N_

if TYPE_CHECKING:
    from pathlib import Path

    from twin.disk.record import Record

FOLDER = "autosave"
KEPT = 10
_SEEN = "seen.json"


@dataclass(frozen=True)
class Recovery:
    """An autosave: when it was made (UTC), what it changes against the save (English titles), and its file."""

    when: datetime
    what: tuple[str, ...]
    file: Path
    record: Record


def add(folder: Path, record: Record) -> None:
    """Write an autosave and remove the oldest beyond ten."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    stamp = record.saved.replace("-", "").replace(":", "")
    atomic.write(place / f"{record.revision:08d}-{stamp}.json", encode(record))
    for old in _files(folder)[:-KEPT]:
        old.unlink(missing_ok=True)


def found(folder: Path, saved: Record) -> list[Recovery]:
    """Return the readable autosaves, latest first."""
    result = []
    for file in reversed(_files(folder)):
        try:
            record = read_record(file)
        except TwinError:
            continue  # a damaged autosave is no version to go back to; the save and the others still are
        result.append(Recovery(when(record.saved), _differences(saved, record), file, record))
    return result


def needed_files(folder: Path, saved: Record) -> set[str]:
    """Return the city files that autosaves refer to."""
    return {name for version in found(folder, saved) for name in version.record.files()}


def latest_revision(folder: Path) -> int:
    """Return the highest revision among the autosaves, 0 when there are none."""
    numbers = [file.name.split("-")[0] for file in _files(folder)]
    return max((int(n) for n in numbers if n.isdigit()), default=0)


def seen(folder: Path) -> int:
    """Return up to which revision the user has dealt with the autosaves."""
    try:
        return int(json.loads((folder / FOLDER / _SEEN).read_text(encoding="utf-8"))["revision"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def mark_seen(folder: Path) -> None:
    """Note that the user has dealt with all autosaves that are there; they stay as earlier versions."""
    revision = latest_revision(folder)
    if revision > seen(folder):
        atomic.write(folder / FOLDER / _SEEN, json.dumps({"revision": revision}).encode())


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / FOLDER).glob("*.json") if p.name != _SEEN and not atomic.is_part(p))


def when(text: str) -> datetime:
    """Return the time a record was saved (UTC)."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _differences(saved: Record, version: Record) -> tuple[str, ...]:
    """Name what differs, in English of the catalogue."""
    titles = {name: table.title for name, table in schema.TABLES.items()}
    titles |= {"sources": schema.SOURCES.title, "terrain": N_("Terrain"), "surfaces": N_("Building surfaces")}
    said = [title for name, title in titles.items() if saved.city.get(name) != version.city.get(name)]
    if saved.layers != version.layers:
        said.append(N_("Layers"))
    if saved.bookmarks != version.bookmarks:
        said.append(N_("Bookmarks"))
    if (saved.scenarios, saved.scenario, saved.reference) != (version.scenarios, version.scenario, version.reference):
        said.append(N_("Scenarios"))
    if (saved.imported, saved.values) != (version.imported, version.values):
        said.append(N_("Data files"))
    if saved.models != version.models:
        said.append(N_("Models"))
    if saved.view != version.view:
        said.append(N_("View"))
    return tuple(said)
