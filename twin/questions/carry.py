"""The question who carries noise, traffic and distance, group by group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.chart import Axis, Bars, Chart
from twin.city.schema import word
from twin.questions import words
from twin.questions.people import looked_at, no_groups
from twin.questions.question import Asked, Choice, Made, Question, Reply, Values
from twin.text import N_, number, part_of, tr

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.result import Row

_WHAT = (
    ("noise", N_("Noise at home")), ("street", N_("Traffic on one's own street")),
    ("way_school", N_("Way to the nearest school")), ("way_stop", N_("Way to the nearest stop")),
    ("way_area", N_("Way to the nearest green area")),
)  # fmt: skip


def _carry(values: Values, city: City, lang: str) -> Made:
    return Made()


def _carry_reply(asked: Asked) -> Reply:
    lang, what = asked.lang, str(asked.values["what"])
    rows = [row for row in words.beside(asked, "exposure") if row.id.split(".", 1)[1].startswith(what)]
    gap = next((row for row in rows if row.id.endswith("_gap")), None)
    if gap is None:
        return Reply(tr("No model has answered what this needs.", lang), tuple(rows))
    low, high = (next((r.value for r in rows if r.id == f"{gap.id}_{end}"), float("nan")) for end in ("low", "high"))
    _, group, _ = looked_at(asked, "exposure")
    sure = math.isfinite(low) and (low > 0 or high < 0)
    said = {
        "group": tr(word(group), lang), "gap": words.signed(gap.value, gap.unit, lang),
        "low": words.amount(low, "", lang),
        "high": words.amount(high, gap.unit, lang), "what": tr(part_of(gap.title, "what"), lang),
    }  # fmt: skip
    if sure:
        text = tr("{what}: {group} have {gap} compared with all others (95 %: {low} to {high}).", lang, **said)
    else:
        text = tr("{what}: between {group} and all others no difference can be told ({gap}; 95 %: {low} to {high}).",
                  lang, **said)  # fmt: skip
    notes = (tr("The range is for the zones that happen to be; the levels' own uncertainty comes on top.", lang),)
    return Reply(text, (gap, *(row for row in rows if row is not gap)), notes, _classes(rows, gap, group, asked, lang))


def _classes(rows: list[Row], gap: Row, group: str, asked: Asked, lang: str) -> Chart | None:
    """Return how the group and all others are spread over the classes [%]."""
    stem = gap.id.removesuffix("_gap") + "_class_"
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.id.startswith(stem):
            limit, _, name = row.id.removeprefix(stem).partition("_")
            found.setdefault(limit, {})[name] = row.value
    if not found:
        return None
    limits = sorted(found, key=lambda text: -1.0 if text == "below" else float(text))
    names = sorted({name for one in found.values() for name in one})
    counts = np.array([[found[limit].get(name, 0.0) for name in names] for limit in limits])
    own = counts[:, names.index(group)] if group in names else np.zeros(len(limits))
    others = [k for k, name in enumerate(names) if name != group]
    rest = counts[:, others].sum(axis=1)  # nan, a gap, where any of it is withheld
    first = number(float(limits[1]), lang) if len(limits) > 1 else "–"
    labels = tuple(f"< {first}" if limit == "below" else f"{number(float(limit), lang)}–" for limit in limits)
    parts = tuple(
        Bars(title, 100 * part / max(float(np.nansum(part)), 1e-9))
        for title, part in ((word(group), own), (N_("All others"), rest))
    )
    return Chart(
        N_("Where each group lives, by class"),
        Axis("", gap.unit, names=labels),
        Axis(N_("People"), "%", low=0.0),
        parts,
    )


CARRY = Question(
    "who_carries", "people", N_("Who carries the noise and the traffic?"),
    N_("See how many of each group live with how much noise, traffic or distance, and how sure the difference is."),
    (Choice("what", N_("What"), _WHAT, "street"),),
    ("exposure",), _carry, _carry_reply, no_groups, "layers",
)  # fmt: skip

QUESTIONS = (CARRY,)
