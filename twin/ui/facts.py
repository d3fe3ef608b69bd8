"""What there is to say about something picked: facts in groups, in the reader's language. No widget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.city import schema
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Fact:
    """One line: a title and a value, both in the reader's language.

    ``value`` is "" where nothing is known; ``share`` (0–1) is drawn as a bar behind it; ``link`` is an address that
    can be opened; ``target`` (table, id) is something that can be selected from here; ``tip`` explains.
    """

    title: str
    value: str
    tip: str = ""
    share: float | None = None
    link: str = ""
    target: tuple[str, str] | None = None


@dataclass(frozen=True)
class Group:
    """Facts under one heading."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Sheet:
    """All that is said about a selection: title, what kind of thing it is, groups of facts, its class badges."""

    title: str
    subtitle: str
    groups: tuple[Group, ...]
    badges: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    def text(self) -> str:
        """Return all known facts as tab-separated lines, for the clipboard."""
        lines = [self.title, self.subtitle]
        for group in self.groups:
            known = [fact for fact in group.facts if fact.value]
            if known:
                lines += ["", group.title, *(f"{fact.title}\t{fact.value}" for fact in known)]
        return "\n".join(lines)


_SOURCE_ROWS = (
    ("title", N_("Source")),
    ("owner", N_("Owner")),
    ("licence", N_("Licence")),
    ("classification", N_("Information class")),
    ("date", N_("Date")),
    ("maturity", N_("Maturity")),
    ("catalogue", N_("Catalogue record")),
    ("contact", N_("Contact")),
    ("note", N_("Note")),
)


def source_facts(source: Mapping[str, str], lang: str) -> tuple[Fact, ...]:
    """Say where something comes from: title, owner, licence, class, date, maturity, catalogue link, note."""
    facts = []
    for name, title in _SOURCE_ROWS:
        raw = source.get(name, "").strip()
        value = tr(schema.word(raw), lang) if raw else ""
        link = raw if raw.startswith(("https://", "http://")) else ""
        facts.append(Fact(tr(title, lang), value, link=link))
    return tuple(facts)


def unit_text(unit: str, lang: str) -> str:
    """Return a unit as the language writes it."""
    return tr(unit, lang) if unit else ""


def measure(value: float, lang: str, unit: str, decimals: int | None = None) -> str:
    """Write a number with its unit; "" where it is not known."""
    return number(value, lang, decimals, unit_text(unit, lang)) if value == value else ""
