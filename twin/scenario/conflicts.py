"""Edits that do not go together: each conflict names both."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.city.schema import spec
from twin.scenario.kinds import title
from twin.scenario.network import snap
from twin.scenario.streets import AddPath, AddRoad
from twin.scenario.tables import PIECE
from twin.text import N_, tr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from twin.city.city import City
    from twin.scenario.kinds import AnyEdit
    from twin.scenario.scenario import Entry


@dataclass(frozen=True)
class Conflict:
    """An edit that cannot do (all of) what it says.

    ``number`` is the edit's place in the list, from 1; ``other`` the edit it collides with, 0 when it is the city
    itself. ``message`` is an English template of the catalogue, filled by ``fields``; titles in it are translated.
    """

    number: int
    other: int
    message: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """Say the conflict in a language."""
        named = {name: tr(str(value), lang) for name, value in self.fields.items() if name in _TRANSLATED}
        return tr(self.message, lang, **{**self.fields, **named, "number": self.number, "other": self.other})


_TRANSLATED = ("title", "other_title", "table", "end")
REMOVED = N_("Edit {number} ({title}) needs {id} in «{table}», which edit {other} ({other_title}) removed")
UNKNOWN = N_("Edit {number} ({title}) needs {id} in «{table}», which is not there")
TWICE = N_("Edit {number} ({title}) adds {id} to «{table}», which edit {other} ({other_title}) added already")
TAKEN = N_("Edit {number} ({title}) adds {id} to «{table}», where it is already")
LOOSE = N_("Edit {number} ({title}): its {end} meets nothing within {distance} m and stays unconnected")
CIRCLE = N_("Edit {number} ({title}): both its ends meet the network at the same place")
FAR = N_("Edit {number} ({title}): its {end} meets the network only {distance} m away")
START, END = N_("start"), N_("end")
_NEAR = 50.0
"""Metres between an end as drawn and where it meets the network that need no word."""


def check(city: City, edits: Sequence[Entry]) -> tuple[Conflict, ...]:
    """Return the conflicts among edits that are switched on, in their order.

    Parameters
    ----------
    city : City
        The base city.
    edits : sequence of Entry
        Numbered from 1, those that are switched off included.
    """
    found: list[Conflict] = []
    removed: dict[tuple[str, str], int] = {}
    added: dict[tuple[str, str], int] = {}
    titles = {number: title(entry.edit) for number, entry in enumerate(edits, 1)}
    for number, entry in enumerate(edits, 1):
        if not entry.enabled:
            continue
        edit = entry.edit
        for message, table, name, other in _collisions(city, edit, removed, added):
            fields = {"title": titles[number], "other_title": titles.get(other, ""), "id": name}
            found.append(Conflict(number, other, message, {**fields, "table": spec(table).title}))
        found += _loose_ends(city, edit, number, titles[number])
        for table, ids in edit.removes().items():
            removed |= {(table, name): number for name in ids if (table, name) not in removed}
        for table, ids in edit.makes().items():
            for name in ids:
                added.setdefault((table, name), number)
                removed.pop((table, name), None)
        city = edit.apply(city)
    return tuple(found)


def _collisions(
    city: City, edit: AnyEdit, removed: Mapping[tuple[str, str], int], added: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, str, str, int]]:
    for table, ids in edit.needs().items():
        column = city.table(table)["id"]
        there = set(column[column.isin(ids)])
        for name in ids:
            if name in there or column.str.startswith(name + PIECE).any():
                continue
            other = removed.get((table, name), 0)
            yield (REMOVED if other else UNKNOWN), table, name, other
    for table, ids in edit.makes().items():
        column = city.table(table)["id"]
        for name in column[column.isin(ids)]:
            other = added.get((table, name), 0)
            yield (TWICE if other else TAKEN), table, str(name), other


def _loose_ends(city: City, edit: AnyEdit, number: int, name: str) -> Iterator[Conflict]:
    if not isinstance(edit, AddPath | AddRoad):
        return
    frame = city.paths if isinstance(edit, AddPath) else city.roads
    drawn = (edit.line[0], edit.line[-1])
    met = [snap(frame, point, edit.tolerance) for point in drawn]
    for end, point, where in zip((START, END), drawn, met, strict=True):
        if where is None:
            yield Conflict(number, 0, LOOSE, {"title": name, "end": end, "distance": edit.tolerance})
        elif (apart := math.dist(where.point, point)) > _NEAR:
            yield Conflict(number, 0, FAR, {"title": name, "end": end, "distance": round(apart)})
    first, last = met
    if first is not None and last is not None and first.point == last.point:
        yield Conflict(number, 0, CIRCLE, {"title": name})
