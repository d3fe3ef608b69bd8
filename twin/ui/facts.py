"""What there is to say about something picked: facts in groups, in the reader's language. No widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.city import schema
from twin.text import N_, YEAR, number, tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

SMALL_CELL = 5
"""Counts of people below this are not told, so that nobody can be recognised."""


@dataclass(frozen=True)
class Fact:
    """One line: a title and a value, both in the reader's language.

    ``value`` is "" where nothing is known; ``share`` (0–1) is drawn as a bar; ``link`` is an address that can be
    opened; ``target`` (table, id) can be selected from here; ``tip`` explains; ``plain`` is the bare value.
    """

    title: str
    value: str
    tip: str = ""
    share: float | None = None
    link: str = ""
    target: tuple[str, str] | None = None
    plain: str = ""


@dataclass(frozen=True)
class Group:
    """Facts under one heading; a folded one is opened by the reader."""

    key: str
    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Sheet:
    """All that is said about a selection: title, what kind of thing it is, its class badge, groups of facts."""

    title: str
    subtitle: str
    groups: tuple[Group, ...]
    classification: str = ""
    synthetic: bool = False

    def text(self) -> str:
        """Return all known facts as tab-separated lines, for the clipboard."""
        lines = [self.title, self.subtitle]
        for group in self.groups:
            known = [fact for fact in group.facts if fact.value]
            if known:
                lines += ["", group.title, *(f"{fact.title}\t{fact.value}" for fact in known)]
        return "\n".join(lines)


_SOURCE_ROWS = (
    ("title", N_("Title")),
    ("owner", N_("Owner")),
    ("licence", N_("Licence")),
    ("classification", N_("Information class")),
    ("date", N_("Date")),
    ("maturity", N_("Maturity")),
    ("catalogue", N_("Catalogue record")),
    ("contact", N_("Contact")),
    ("note", N_("Note")),
)

_MATURITY_TIPS = {
    "test": N_("Tried out; may change or vanish without notice."),
    "pilot": N_("Used in a pilot; not yet part of regular work."),
    "established": N_("Part of regular work and maintained."),
}


def source_facts(source: Mapping[str, str], lang: str) -> tuple[Fact, ...]:
    """Say where something comes from: title, owner, licence, class, date, maturity, catalogue link, note."""
    facts = []
    for name, title in _SOURCE_ROWS:
        raw = source.get(name, "").strip()
        value = tr(schema.word(raw), lang) if raw else ""
        link = raw if raw.startswith(("https://", "http://")) else ""
        tip = tr(_MATURITY_TIPS.get(raw, ""), lang) if name == "maturity" else ""
        facts.append(Fact(tr(title, lang), value, tip=tip, link=link, plain=raw))
    return tuple(facts)


def measure(title: str, value: float, lang: str, unit: str = "", *, decimals: int | None = None, tip: str = "") -> Fact:
    """Return a fact of a number; its value is "" where it is not known."""
    if value != value:
        return Fact(title, "", tip=tip)
    text = number(value, lang, decimals, unit if unit == YEAR else tr(unit, lang) if unit else "")
    return Fact(title, text, tip=tip, plain=f"{value:.12g}")


def count(title: str, n: int, lang: str, unit: str = "") -> Fact:
    """Return a fact of a whole number."""
    return measure(title, float(n), lang, unit, decimals=0)


def column_facts(table: str, row: pd.Series, names: Iterable[str], lang: str) -> tuple[Fact, ...]:
    """Say columns of a row with the titles and units of the schema.

    Parameters
    ----------
    table : str
        Name of the City's table.
    row : Series
        One of its rows.
    names : iterable of str
        Columns, in the order to show them.
    """
    columns = {column.name: column for column in schema.TABLES[table].columns}
    return tuple(_column_fact(table, columns[name], row[name], lang) for name in names)


def _column_fact(table: str, column: schema.Column, value: object, lang: str) -> Fact:
    title = tr(column.title, lang)
    if column.kind == "number":
        return measure(title, float(str(value)), lang, column.unit)
    if column.kind == "flag":
        return Fact(title, tr(N_("yes"), lang) if value else "", plain="1" if value else "0")
    raw = str(value).strip()
    words = [tr(schema.word(part.strip(), table), lang) for part in raw.split(",")] if raw else []
    return Fact(title, ", ".join(words), plain=raw)
