"""What the command palette finds: entries with what they do, matched by the letters typed, whatever their accents."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz, process

from twin.text import N_, tr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from twin.city.city import City

MOST = 60
"""Entries shown."""
_LEAST = 62.0
"""Similarity (0–100) below which an entry is not meant."""
_PLACE = 0.93
"""What a place counts beside a command that is as like: there are so many of them."""
_ENOUGH = 12

PLACES: tuple[tuple[str, str, str], ...] = (
    ("roads", "name", N_("Street")), ("places", "name", N_("Place")), ("cover", "name", N_("Green and water")),
    ("zones", "name", N_("Area")), ("buildings", "name", N_("Building")), ("buildings", "address", N_("Address")),
)  # fmt: skip
"""Tables and columns whose texts can be looked for, and what such a thing is."""


@dataclass(frozen=True)
class Entry:
    """Something that can be found: its text, what kind of thing it is, its keys, and what choosing it does."""

    text: str
    kind: str
    run: Callable[[], object]
    keys: str = ""


@dataclass(frozen=True, eq=False)
class Named:
    """The names of a city: texts, what each is, its table and the rows that bear it."""

    texts: tuple[str, ...]
    kinds: tuple[str, ...]
    tables: tuple[str, ...]
    ids: tuple[tuple[str, ...], ...]
    plain: tuple[str, ...]


def plain(text: str) -> str:
    """Return a text as it is compared: small letters without accents.

    Examples
    --------
    >>> plain("Södermalm")
    'sodermalm'
    """
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def names_of(city: City) -> Named:
    """Return all names of a city; rows of one table that share a name are one thing (a street)."""
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for table, column, kind in PLACES:
        rows = city.table(table)
        if column not in rows.columns:
            continue
        for id, name in zip(rows["id"].to_numpy(object), rows[column].to_numpy(object), strict=True):
            if isinstance(name, str) and name.strip():
                found.setdefault((table, name.strip()), (kind, []))[1].append(str(id))
    keys = sorted(found, key=lambda key: _natural(key[1]))
    return Named(
        tuple(text for _, text in keys), tuple(found[key][0] for key in keys), tuple(table for table, _ in keys),
        tuple(tuple(found[key][1]) for key in keys), tuple(plain(text) for _, text in keys),
    )  # fmt: skip


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    """Return what texts are ordered by so that 9 comes before 10."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", plain(text)) if part)


def scores(wanted: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return how like each of some plain texts (n,) is to what is typed, 0–100.

    A text that begins with it, or has words that begin with its words, comes first; then one that contains it; then
    what is like it in spite of slips of the keyboard.
    """
    words = wanted.split()
    made = np.zeros(len(texts))
    for n, text in enumerate(texts):
        place = text.find(wanted)
        if place == 0:
            made[n] = 100.0 - min(len(text) - len(wanted), 40) / 20
        elif place > 0:
            made[n] = (94.0 if text[place - 1] in " -/(." else 82.0) - min(len(text), 40) / 40
        elif len(words) > 1 and all(word in text for word in words):
            made[n] = 88.0 - min(len(text), 40) / 40
    if (made > 0).sum() < _ENOUGH and len(wanted) > 2:
        like = process.cdist([wanted], list(texts), scorer=fuzz.WRatio, score_cutoff=_LEAST)[0]
        made = np.where(made > 0, made, np.minimum(like, 80.0) * 0.98)
    return made


def find(
    typed: str, entries: Sequence[Entry], named: Named | None, go: Callable[[str, tuple[str, ...]], object], lang: str
) -> list[Entry]:
    """Return what is meant by a text, the likeliest first.

    Parameters
    ----------
    typed : str
        Empty: the entries in their own order, without places.
    entries : sequence of Entry
    named : Named or None
        Names of the city where they are known by now.
    go : function
        What choosing a place does: (table, ids).
    lang : str
    """
    wanted = plain(typed.strip())
    if not wanted:
        return list(entries[:MOST])
    own = scores(wanted, [plain(one.text) for one in entries])
    best = [(float(score), n, entry) for n, (score, entry) in enumerate(zip(own, entries, strict=True)) if score > 0]
    if named is not None:
        there = scores(wanted, named.plain) * _PLACE
        for n in np.argsort(-there, kind="stable")[:MOST]:
            if there[n] > 0:
                best.append((float(there[n]), len(entries) + int(n), _place(named, int(n), go, lang)))
    best.sort(key=lambda one: (-one[0], one[1]))
    return [entry for _, _, entry in best[:MOST]]


def _place(named: Named, n: int, go: Callable[[str, tuple[str, ...]], object], lang: str) -> Entry:
    table, ids = named.tables[n], named.ids[n]
    return Entry(named.texts[n], tr(named.kinds[n], lang), lambda: go(table, ids))


def unique(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries without those that say the same."""
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        seen.setdefault((entry.text, entry.kind), entry)
    return list(seen.values())
