"""``twin compare``: a scenario minus its reference, which is always named."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.commands import run as running
from twin.commands import setting
from twin.indicator_text import places_shown, signed, unit_of_difference
from twin.text import number, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.chain.band import Span
    from twin.commands.console import Console, Parser
    from twin.result import Row


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    running.project(parser, lang)
    parser.add_argument("scenario", metavar="S", help=tr("the scenario", lang))
    parser.add_argument(
        "--reference", metavar="R",
        help=tr("what it is compared with; by default the zero alternative, else the city as it is", lang),
    )  # fmt: skip
    parser.add_argument(
        "--band", type=float, metavar="PART",
        help=tr("also with this part less and more of the group among those who move in (0–1)", lang),
    )  # fmt: skip
    running.models(parser, lang)
    setting.add(parser, lang)


def run(args: Namespace, console: Console) -> int:
    """Run both, report each indicator, that of the reference, and the difference."""
    from twin.chain.answer import compared
    from twin.chain.registry import seen_alike
    from twin.privacy.guard import rows_for_export
    from twin.scenario.scenario import find, reference_of, shown_name

    lang = console.lang
    state, chain = running.opened(args.project, console)
    scenario = find(state.scenarios, args.scenario)
    if args.reference is None:
        reference = reference_of(state.scenarios, scenario)
    else:
        reference = find(state.scenarios, args.reference)
    models = running.wanted(args.models, state)
    given = setting.chosen(args.given, running.settable(models))  # of both: an assumption is no effect
    scenario, reference = scenario.assuming(given), reference.assuming(given)
    reference = seen_alike(reference, scenario)
    for one in dict.fromkeys((reference.name, scenario.name)):
        running.warn(state, one, console)
    after, before = running.answered(chain, [scenario, reference], models, console, console.job())
    running.say_sources((after, before), console)
    band = {}
    if args.band is not None:
        from twin.chain.band import banded

        band = banded(chain, scenario, after, args.band)
    chain.close()
    rows = [row for found in compared(after, before).values() for row in rows_for_export(found.rows)]
    band = {row.id: band[row.id] for row in rows if row.id in band and math.isfinite(row.value)}
    names = f"{shown_name(scenario, lang)} − {shown_name(reference, lang)}"
    console.result(
        {
            "scenario": after.scenario,
            "reference": before.scenario,
            "indicators": [
                {"id": r.id, "value": r.value, "reference": r.reference, "difference": r.difference, "unit": r.unit}
                | ({"low": band[r.id].low, "high": band[r.id].high} if r.id in band else {})
                for r in rows
            ],
        },
        "\n".join([names, *(_line(row, lang, band.get(row.id)) for row in rows)]),
    )
    return running.failed(after, args.models)


def _line(row: Row, lang: str, band: Span | None = None) -> str:
    decimals, unit = places_shown(row), tr(unit_of_difference(row.unit), lang)
    values = f"{number(row.value, lang, decimals)} − {number(row.reference, lang, decimals)}"
    difference = signed(row.difference, lang, decimals) + (f"\u00a0{unit}" if unit else "")
    said = f"  {tr(row.title, lang, **row.fields)}: {values} = {difference}"
    return said if band is None else f"{said}  [{number(band.low, lang)} … {number(band.high, lang)}]"
