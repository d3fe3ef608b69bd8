"""``twin noise``: one case of sound propagation, or tests of road noise emission."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import UsageError
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from twin.commands.console import Console, Parser

TITLES = {
    "direct": N_("direct path"),
    "left": N_("around the left"),
    "right": N_("around the right"),
    "reflection": N_("reflected"),
}


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument("case", nargs="?", metavar="CASE", help=tr("propagation case, a JSON file", lang))
    parser.add_argument("--emission", metavar="TESTS", help=tr("tests of road noise emission, a JSON file", lang))


def run(args: Namespace, console: Console) -> int:
    """Compute and tell."""
    if (args.case is None) == (args.emission is None):
        raise UsageError(
            "expected either a case or --emission with a file (see {program} --help)", program="twin noise"
        )
    return _emission(Path(args.emission), console) if args.case is None else _case(Path(args.case), console)


def _case(path: Path, console: Console) -> int:
    from twin.models.noise import case

    found, dropped = case.solve(case.read(path))
    for line in dropped:
        console.say(
            "twin: "
            + tr(
                "{path}: scene.terrain_breaklines[{n}]: crosses others at another height, left out",
                console.lang,
                path=str(path),
                n=line,
            )
        )
    told = case.answer(found)
    if not told["paths"]:
        console.say("twin: " + tr("{path}: no sound reaches the receiver", console.lang, path=str(path)))
    console.result(told, _table(told, console.lang))
    return 0


def _emission(path: Path, console: Console) -> int:
    from twin.models.noise import emission_case

    told, slow = emission_case.answer(emission_case.read(path))
    for name, categories in slow.items():
        console.say(
            "twin: "
            + tr(
                "{name}: speeds below 20 km/h are taken as 20 km/h (categories {categories})",
                console.lang,
                name=name,
                categories=", ".join(categories),
            )
        )
    lines = [f"{tr('Sound power per metre [dB]', console.lang)}"]
    lines += [_row(test["name"], test["Lw"], console.lang) for test in told["tests"]]
    console.result(told, "\n".join(lines))
    return 0


def _table(told: dict[str, Any], lang: str) -> str:
    lines = [_row("Hz", told["bands_hz"], lang, 0)]
    for name, levels in told["paths"].items():
        for condition, values in levels.items():
            if values is not None:
                lines.append(_row(f"{tr(TITLES[name], lang)} L{'' if condition == 'L' else condition}", values, lang))
    lines.append(_row(f"{tr('all paths', lang)} L", told["total"]["L"], lang))
    lines.append(_row(f"{tr('all paths', lang)} LA", told["total"]["LA"], lang))
    overall = told["total"]["overall_LA"]
    shown = "–" if overall is None else number(overall, lang, 1, "dB(A)")
    return "\n".join([*lines, f"{tr('A-weighted level', lang)}: {shown}"])


def _row(title: str, values: Sequence[float | None], lang: str, decimals: int = 1) -> str:
    shown = ["–" if value is None else number(value, lang, decimals).replace("\u00a0", "") for value in values]
    return f"{title:26}" + " ".join(f"{text:>8}" for text in shown)
