"""Codes of statistical areas: which kind they are of, and which division of the country they belong to.

DeSO and RegSO were drawn anew on 1 January 2025. Most codes of 2018 live on in 2025 with the same letters, some of
them for other ground: from the code alone one cannot tell. So a table and a map are joined only when both say which
they mean, or their file does (SCB writes ``0180A0010_DeSO2025``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.text import N_, Term

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATTERNS = (
    ("DeSO", re.compile(r"\d{4}[ABC]\d{4}")),
    ("RegSO", re.compile(r"\d{4}R\d{3}")),
    ("kommun", re.compile(r"\d{4}")),
    ("län", re.compile(r"\d{2}")),
)
_SUFFIX = re.compile(r"_(DeSO|RegSO)(20\d\d)$", re.IGNORECASE)
DATED = {"DeSO": ("2018", "2025"), "RegSO": ("2018", "2025")}
"""Kinds with more than one division, and the years they hold from."""


@dataclass(frozen=True)
class Division:
    """Kind of area and the year its division holds from ("" = not said)."""

    kind: str
    year: str = ""

    @property
    def name(self) -> str:
        """Return what ``zones.kind`` says: «DeSO 2025»; a kind with one division has no year."""
        return f"{self.kind} {self.year}".strip()

    @property
    def settled(self) -> bool:
        """Say whether the year is known where it matters."""
        return self.kind not in DATED or bool(self.year)


def bare(code: str) -> str:
    """Return a code without what says its division.

    Examples
    --------
    >>> bare("0180C1010_DeSO2025 ")
    '0180C1010'
    """
    return _SUFFIX.sub("", code.strip())


def division(codes: Iterable[str], stated: str = "") -> Division:
    """Return the kind of codes, and their division as far as they or ``stated`` say.

    Parameters
    ----------
    codes : iterable of str
    stated : str
        What the user says, such as «DeSO 2018» or «basområde»; "" = nothing.

    Raises
    ------
    BadInput
        When codes say something else than the user, or two things at once.

    Examples
    --------
    >>> division(["0180C1010_DeSO2025"]), division(["0180C1010"]).settled
    (Division(kind='DeSO', year='2025'), False)
    """
    known = [code.strip() for code in codes if code.strip()]
    years = {match.group(2) for code in known if (match := _SUFFIX.search(code))}
    if len(years) > 1 or (years and any(not _SUFFIX.search(code) for code in known)):
        raise BadInput("The codes are of more than one division: {years}.", years=", ".join(sorted(years)) or "–")
    kind = next((name for name, pattern in _PATTERNS if known and all(pattern.fullmatch(bare(c)) for c in known)), "")
    year = next(iter(years), "")
    said = division_of(stated)
    if said.kind:
        if kind and said.kind in DATED and said.kind != kind:
            raise BadInput("The codes are of {kind}, not of {said}.", kind=kind, said=said.kind)
        if year and said.year and year != said.year:
            raise BadInput("The codes are of {year}, not of {said}.", year=year, said=said.year)
        return Division(said.kind, said.year or year)
    return Division(kind, year)


def division_of(text: str) -> Division:
    """Return a division from its name, as it stands in ``zones.kind``.

    Examples
    --------
    >>> division_of("deso 2018"), division_of("basområde")
    (Division(kind='DeSO', year='2018'), Division(kind='basområde', year=''))
    """
    words = text.split()
    year = words[-1] if words and words[-1].isdigit() else ""
    name = " ".join(words[:-1] if year else words)
    kind = next((known for known in DATED if known.lower() == name.lower()), name)
    return Division(kind, year)


def check_alike(table: Division, zones: Division) -> None:
    """Refuse to join what is not, or may not be, of one division.

    Raises
    ------
    BadInput
        With one line that says what to state.
    """
    if table.kind and zones.kind and table.kind != zones.kind:
        raise BadInput("The table is of {a}, the map of {b}; they are not joined.", a=table.kind, b=zones.kind)
    if table.kind not in DATED and zones.kind not in DATED:
        return
    if not table.year or not zones.year:
        raise BadInput(
            "{kind} was drawn anew in 2025, and the {what} does not say which division its codes are of. "
            "State it: kind=\"{kind} 2018\" or kind=\"{kind} 2025\".",
            kind=table.kind or zones.kind, what=Term(N_("table") if not table.year else N_("map")),
        )  # fmt: skip
    if table.year != zones.year:
        raise BadInput(
            "The table has {kind} of {a}, the map {kind} of {b}: one code may be other ground. They are not joined.",
            kind=table.kind or zones.kind, a=table.year, b=zones.year,
        )  # fmt: skip
