"""``twin fetch``: areas and people of a statistical office into a project, straight from its services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.city.statistics.bring import About
from twin.commands.console import pair
from twin.errors import BadInput
from twin.text import number, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument("project", metavar="P.twin", help=tr("the project; it is made when it is not there", lang))
    parser.add_argument("--zones", metavar="LAYER", help=tr("a map layer of areas (WFS), such as stat:DeSO_2025", lang))
    parser.add_argument("--where", default="", metavar="CQL", help=tr("a condition for the areas, in CQL", lang))
    parser.add_argument("--people", metavar="TABLE", help=tr("a table of people (PxWebApi 2), such as TAB6571", lang))
    parser.add_argument("--by", default="", metavar="VARIABLE", help=tr("the variable whose values are groups", lang))
    parser.add_argument(
        "--map", dest="columns", metavar="field=column", type=pair, nargs="+", action="extend", default=[],
        help=tr("code, name, or grouping:group and the column or label for it", lang),
    )  # fmt: skip
    parser.add_argument("--areas", default="", metavar="CODE", help=tr("how the codes of the areas begin", lang))
    parser.add_argument("--year", default="", help=tr("the year; the last by default", lang))
    parser.add_argument("--kind", default="", help=tr('kind of areas, such as "DeSO 2025"', lang))
    parser.add_argument("--url", default="", help=tr("address of the service; that of SCB by default", lang))
    parser.add_argument("--list", action="store_true", help=tr("only say what the table holds", lang))


def run(args: Namespace, console: Console) -> int:
    """Ask the service, bring what it says into the project, and report what did not match."""
    from twin.city.remote import pxweb, wfs
    from twin.city.remote.web import Web
    from twin.importing import import_statistics
    from twin.project import resolve_path

    lang, job = console.lang, console.job()
    if bool(args.zones) == bool(args.people):
        raise BadInput("State either --zones LAYER or --people TABLE.")
    facts = {"owner": "SCB", "licence": "CC0-1.0", "classification": "open"} if not args.url else {}
    if args.zones:
        web = Web(args.url or wfs.SCB)
        table = wfs.fetch(web, args.zones, condition=args.where, job=job.part(0.0, 0.6))
        about, what = About(kind=args.kind, title=args.zones, **facts), "zones"
    else:
        web = Web(args.url or pxweb.SCB)
        held = pxweb.describe(web, args.people, lang, job)
        if args.list:
            return _list(held, console)
        if not args.by:
            raise BadInput("State which variable parts people into groups (--by); there are: {known}.",
                           known=", ".join(f"{one.code} ({one.label})" for one in held.variables))  # fmt: skip
        table = pxweb.fetch(web, held, args.by, args.areas, args.year, lang=lang, job=job.part(0.0, 0.6))
        about = About(kind=args.kind, title=held.title, date=held.updated[:10], **facts)
        what = "population"
    report = import_statistics(
        table, resolve_path(args.project), what, dict(args.columns), about, "", job.part(0.6, 1.0)
    )
    lines = [tr("{n} rows of «{title}» are in the project.", lang, n=number(report.rows, lang, 0), title=about.title)]
    lines += [f"  {note.text(lang)}" for note in report.notes]
    notes = [{"kind": n.kind, "text": n.sentence(lang), "n": n.n, "examples": list(n.examples)} for n in report.notes]
    console.result({"project": str(resolve_path(args.project)), "rows": report.rows, "notes": notes}, "\n".join(lines))
    return 0


def _list(held: object, console: Console) -> int:
    from twin.city.remote.pxweb import Table

    assert isinstance(held, Table)
    rows = [
        {"code": one.code, "label": one.label, "role": one.role, "values": len(one.values), "summed": one.eliminable}
        for one in held.variables
    ]
    text = "\n".join([held.title, *(f"  {row['code']} ({row['label']}): {row['values']}" for row in rows)])
    console.result({"table": held.id, "title": held.title, "variables": rows}, text)
    return 0
