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
    from twin.importing import check_unsaved
    from twin.project import open_project, resolve_path
    from twin.scenario.codec import decode_edits
    from twin.scenario.conflicts import check
    from twin.scenario.scenario import MAX_EDITS, PRESENT, Scenario, copied, key

    lang, name = console.lang, args.scenario
    try:
        data = args.add.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInput("{path} cannot be read ({reason}).", path=args.add, reason=reason) from error
    entries = decode_edits(data, args.add.name)
    if name in ("", "nulage", PRESENT.name):
        raise BadInput("The city as it is takes no edits; name a scenario.")
    with open_project(resolve_path(args.project)) as project:
        check_unsaved(project, args.without_unsaved)
        state = project.state()
        old = next((one for one in state.scenarios if one.name == name), None)
        scenario: Scenario = old or copied(state.scenarios, PRESENT.name, _checked(name))
        scenario = scenario.changed(edits=scenario.edits + entries)
        if len(scenario.edits) > MAX_EDITS:
            raise BadInput("A scenario holds at most {n} edits.", n=MAX_EDITS)
        rest = state.scenarios if old else (*state.scenarios, scenario)
        project.save(state.changed(scenarios=tuple(scenario if one.name == name else one for one in rest)))
    said = [conflict.text(lang) for conflict in check(state.city, scenario.edits)]
    for text in said:
        console.say(f"twin: {name}: {text}")
    lines = [tr(_MADE, lang, name=name)] if old is None else []
    lines.append(f"{name}: {trn('{n} edit added', '{n} edits added', len(entries), lang)}")
    console.result(
        {
            "scenario": name,
            "new": old is None,
            "added": len(entries),
            "edits": len(scenario.edits),
            "key": key(city_digest(state.city), scenario),
            "conflicts": said,
        },
        "\n".join(lines),
    )
    return 0


def _checked(name: str) -> str:
    if not name.strip() or len(name) > 120:
        raise BadInput("A scenario's name has 1 to {n} characters.", n=120)
    return name
