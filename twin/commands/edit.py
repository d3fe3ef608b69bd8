"""``twin edit``: edits from a file into a scenario of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from twin.commands import run as running
from twin.errors import BadInput
from twin.text import N_, tr, trn

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser

_MADE = N_("Made the scenario {name}.")


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    running.project(parser, lang)
    parser.add_argument(
        "--scenario", required=True, metavar="S", help=tr("the scenario; it is made when it is not there", lang)
    )
    parser.add_argument(
        "--add", required=True, metavar="EDITS.json", type=Path, help=tr("file of edits, each with its kind", lang)
    )
    running.unsaved(parser, lang)


def run(args: Namespace, console: Console) -> int:
    """Append the edits, save the project, report and say what does not go together."""
    from twin.city.digest import city_digest
    from twin.project import resolve_path
    from twin.scenario.codec import decode_edits
    from twin.scenario.conflicts import check
    from twin.scenario.scenario import key
    from twin.scripting import appended

    lang, name = console.lang, args.scenario
    try:
        data = args.add.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInput("{path} cannot be read ({reason}).", path=args.add, reason=reason) from error
    entries = decode_edits(data, args.add.name)
    state, scenario, new = appended(resolve_path(args.project), name, entries, args.without_unsaved)
    said = [conflict.text(lang) for conflict in check(state.city, scenario.edits)]
    for text in said:
        console.say(f"twin: {name}: {text}")
    lines = [tr(_MADE, lang, name=name)] if new else []
    lines.append(f"{name}: {trn('{n} edit added', '{n} edits added', len(entries), lang)}")
    console.result(
        {
            "scenario": name,
            "new": new,
            "added": len(entries),
            "edits": len(scenario.edits),
            "key": key(city_digest(state.city), scenario),
            "conflicts": said,
        },
        "\n".join(lines),
    )
    return 0
