"""``twin sensors``: feeds of a project, recording them, playing the history again, taking it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.commands import sensors_export, sensors_ingest, sensors_replay
from twin.text import N_, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser

_PARTS = {
    "add": (sensors_ingest.add_add, sensors_ingest.run_add, N_("add a feed to a project, or show its feeds")),
    "ingest": (sensors_ingest.add_ingest, sensors_ingest.run_ingest, N_("record a feed or files into the history")),
    "replay": (sensors_replay.add, sensors_replay.run, N_("play the history again, to a broker or as lines")),
    "export": (sensors_export.add, sensors_export.run, N_("write observations to a file")),
}


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parts = parser.add_subparsers(
        dest="part", required=True, metavar="add|ingest|replay|export", parser_class=type(parser)
    )
    for name, (describe, _, text) in _PARTS.items():
        said = tr(text, lang)
        one = parts.add_parser(name, help=said, description=said[:1].upper() + said[1:] + ".", allow_abbrev=False)
        one.add_argument("project", metavar="P.twin", help=tr("the project; demo is the shipped one", lang))
        describe(one, lang)
        # They may also stand behind the part, as everywhere.
        one.speak(lang)


def run(args: Namespace, console: Console) -> int:
    """Do the part that was asked for."""
    from twin.commands.dropins import know
    from twin.project import resolve_path

    know(resolve_path(args.project), console)
    return _PARTS[args.part][1](args, console)
