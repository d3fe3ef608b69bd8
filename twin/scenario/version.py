"""Cities along a list of edits: built once, shared, with a digest per table that never hashes a table anew."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from twin.city.changes import Changes, combined
from twin.city.digest import PARTS, part_digest
from twin.scenario.edit import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twin.city.city import City
    from twin.scenario.kinds import AnyEdit
    from twin.scenario.scenario import Entry


class Version:
    """A City after some edits, and how it came about.

    Attributes
    ----------
    key : str
        The base and the edits so far, as one text.
    depth : int
        Number of edits.
    changes : Changes
        What the last edit touched.
    """

    def __init__(self, city: City, key: str, parent: Version | None = None, edit: AnyEdit | None = None) -> None:
        self.key = key
        self.parent, self.edit = parent, edit
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.changes = Changes()
        self._city: City | None = city
        self._digests: dict[str, str] = {}

    @property
    def city(self) -> City:
        """The City; a Version that :class:`Versions` just built has one."""
        if self._city is None:
            raise LookupError(self.key)
        return self._city

    @property
    def root(self) -> Version:
        """The Version before any edit."""
        version = self
        while version.parent is not None:
            version = version.parent
        return version

    def release(self) -> None:
        """Let the City go from memory; digests and changes stay, they are small."""
        if self.parent is not None:
            for name in PARTS:
                self.digest(name)
            self._city = None

    def digest(self, table: str) -> str:
        """Return what stands for a table's content: its hash in the base city, then the edits that touched it.

        Equal digests mean equal tables. An edit's outcome depends on the tables it reads, so their digests go in.
        """
        if table not in self._digests:
            if self.parent is None or self.edit is None:
                self._digests[table] = part_digest(self.city, table)
            elif table in self.changes.tables:
                read = (self.parent.digest(name) for name in sorted(self.edit.reads | {table}))
                text = b"\0".join([canonical(self.edit), *(name.encode() for name in read)])
                self._digests[table] = hashlib.sha256(text).hexdigest()
            else:
                self._digests[table] = self.parent.digest(table)
        return self._digests[table]


class Versions:
    """Builds Versions and keeps the Cities last used, so that a list of edits is not applied from its start.

    Parameters
    ----------
    limit : int
        Cities kept; an edit copies the tables it touches, so each may take as much memory as a table.
    """

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Version] = OrderedDict()

    def build(self, base: City, base_key: str, edits: Sequence[AnyEdit]) -> Version:
        """Return the City after these edits.

        Parameters
        ----------
        base : City
        base_key : str
            Content hash of the base (:func:`twin.city.digest.city_digest`).
        edits : sequence of Edit
            Those switched on, in order.
        """
        keys = [base_key]
        for edit in edits:
            keys.append(hashlib.sha256(keys[-1].encode() + b"\0" + canonical(edit)).hexdigest())
        depth = next((i for i in range(len(keys) - 1, -1, -1) if keys[i] in self._kept), 0)
        version = self._kept.get(keys[depth]) or Version(base, base_key)
        self._keep(version)
        for edit, key in zip(edits[depth:], keys[depth + 1 :], strict=True):
            effect = edit.effect(version.city)
            after = Version(effect.city, key, version, edit)
            after.changes = effect.changes
            self._keep(after)
            version = after
        return version

    def _keep(self, version: Version) -> None:
        self._kept[version.key] = version
        self._kept.move_to_end(version.key)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)[1].release()


def steps_between(a: Version, b: Version) -> int | None:
    """Return the number of edits to take back and to make on the way between two Versions; None without a way."""
    way = _way(a, b)
    return None if way is None else len(way)


def changes_between(a: Version, b: Version) -> Changes | None:
    """Return the rows that may differ between two Versions; None when they have no base in common."""
    way = _way(a, b)
    return None if way is None else combined(version.changes for version in way)


def _way(a: Version, b: Version) -> list[Version] | None:
    way: list[Version] = []
    one: Version | None = a
    two: Version | None = b
    while one is not None and two is not None and one.key != two.key:
        if one.depth >= two.depth:
            way.append(one)
            one = one.parent
        else:
            way.append(two)
            two = two.parent
    return None if one is None or two is None else way


def apply_all(city: City, edits: Iterable[Entry]) -> City:
    """Return the City after the edits that are switched on."""
    for entry in edits:
        if entry.enabled:
            city = entry.edit.apply(city)
    return city
