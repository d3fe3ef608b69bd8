"""The figures behind an answer, as a table for a narrow panel and as plain lines for the clipboard."""

from __future__ import annotations

import html
import math
import re
from typing import TYPE_CHECKING

from twin.indicator_text import places_shown, signed
from twin.text import number, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.result import Row

_FEWEST = 4
"""Rows from which what they all begin with is said once."""


def compared(rows: Sequence[Row]) -> bool:
    """Say whether any row has a reference; a question about the scenario as it is has none."""
    return any(math.isfinite(one.reference) for one in rows)


def as_table(rows: Sequence[Row], names: tuple[str, str], lang: str) -> str:
    """Return the figures as rich text: the name, and below or beside it value, reference and difference.

    Rows that lead to the map are links, their number in the list the target.

    Parameters
    ----------
    rows : sequence of Row
    names : tuple of str
        What scenario and reference are called.
    lang : str
    """
    if not rows:
        return ""
    titles = [tr(one.title, lang, **one.fields) for one in rows]
    common, short = _common(titles)
    both = compared(rows)
    lines = [f"<tr><td colspan=3 style='padding-bottom:4px'><b>{_safe(common)}</b></td></tr>"] if common else []
    if both:
        heads = (names[0], names[1], tr("Difference", lang))
        cells = "".join(f"<td align=right valign=bottom><small>{_safe(one)}</small></td>" for one in heads)
        lines.append(f"<tr>{cells}</tr>")
    for place, (one, title) in enumerate(zip(rows, short, strict=True)):
        name = f"<a href='{place}'>{_safe(title)}</a>" if one.shown_by else _safe(title)
        decimals = places_shown(one)
        value = number(one.value, lang, decimals, tr(one.unit, lang))
        if not both:
            cell = _safe(value).replace(" ", "&nbsp;")
            lines.append(f"<tr><td colspan=2>{name}</td><td align=right valign=bottom>{cell}</td></tr>")
            continue
        before, change = number(one.reference, lang, decimals), signed(one.difference, lang, decimals)
        if math.isnan(one.reference):
            before = change = ""
        cells = "".join(f"<td align=right>{_safe(text)}</td>" for text in (value, before, change))
        lines.append(f"<tr><td colspan=3 style='padding-top:6px'>{name}</td></tr><tr>{cells}</tr>")
    return f"<table width='100%' cellspacing=0 cellpadding=1>{''.join(lines)}</table>"


def as_text(rows: Sequence[Row], names: tuple[str, str], lang: str) -> str:
    """Return the figures as lines of text."""
    lines = []
    for one in rows:
        decimals = places_shown(one)
        name, value = tr(one.title, lang, **one.fields), number(one.value, lang, decimals, tr(one.unit, lang))
        if math.isnan(one.reference):
            lines.append(f"• {name}: {value}")
            continue
        text = tr(
            "{name}: {value} ({reference}: {before}, difference {difference})", lang, name=name, value=value,
            reference=names[1], before=number(one.reference, lang, decimals),
            difference=signed(one.difference, lang, decimals),
        )  # fmt: skip
        lines.append(f"• {text}")
    return "\n".join(lines)


def _common(titles: Sequence[str]) -> tuple[str, list[str]]:
    """Return the words that all titles begin with, and the titles without them; "" where they are too few.

    Examples
    --------
    >>> _common(["Noise at home: a", "Noise at home, mean: a", "Noise at home 50–55: a", "Noise at home 55–60: a"])
    ('Noise at home', ['A', 'Mean: a', '50–55: a', '55–60: a'])
    """
    if len(titles) < _FEWEST:
        return "", list(titles)
    words = [re.split(r"(?<=[\s:,])", title) for title in titles]
    plain = [[word.strip(" :,\xa0") for word in one] for one in words]
    n = 0
    while all(len(one) > n + 1 for one in plain) and len({one[n] for one in plain}) == 1:
        n += 1
    said = [word for word in plain[0][:n] if word]
    if len(said) < 2:
        return "", list(titles)
    rest = ["".join(one[n:]).strip(" :,") for one in words]
    return " ".join(said), [text[:1].upper() + text[1:] for text in rest]


def _safe(text: str) -> str:
    return html.escape(text)
