"""``twin import``: files into a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.commands.console import box, pair
from twin.errors import UnknownCrs
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser
    from twin.importing import ImportReport

_KINDS = {"mended": N_("mended"), "skipped": N_("skipped"), "assumed": N_("assumed"), "problem": N_("problem")}


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help=tr("files to read", lang))
    parser.add_argument(
        "--to", required=True, metavar="P.twin", help=tr("the project; it is made when it is not there", lang)
    )
    parser.add_argument(
        "--as", dest="table", metavar="TABLE", help=tr("the table of the city that the rows are meant for", lang)
    )
    parser.add_argument(
        "--map", dest="columns", metavar="field=column", type=pair, nargs="+", action="extend", default=[],
        help=tr("which column of the file fills a field of the table", lang),
    )  # fmt: skip
    parser.add_argument(
        "--crs", metavar="C", help=tr("reference system of the files, such as EPSG:3011, where they name none", lang)
    )
    parser.add_argument(
        "--bbox", metavar="W,S,E,N", type=box, help=tr("read only this extent, in the file's reference system", lang)
    )
    parser.add_argument(
        "--lod", metavar="L", help=tr("level of detail to take, such as 1.2; the best by default", lang)
    )


def run(args: Namespace, console: Console) -> int:
    """Read, merge, save, and report."""
    from twin.city.reading import ReadOptions
    from twin.importing import import_files
    from twin.project import resolve_path

    options = ReadOptions(crs=args.crs, bbox=args.bbox, lod=args.lod, table=args.table, columns=dict(args.columns))
    try:
        report = import_files(args.files, resolve_path(args.to), options, console.job())
    except UnknownCrs as error:
        raise UnknownCrs(
            "{reason} (option --crs)",
            reason=tr(error.key, console.lang, **error.fields),
        ) from error
    console.result(_plain(report, console.lang), _text(report, console.lang))
    return 0


def _plain(report: ImportReport, lang: str) -> dict[str, Any]:
    files = [
        {
            "path": str(file.path),
            "format": file.format,
            "read": dict(file.read),
            "notes": [
                {"kind": n.kind, "text": n.sentence(lang), "n": n.n, "examples": list(n.examples)} for n in file.notes
            ],
        }
        for file in report.files
    ]
    return {"project": str(report.project), "new": report.new, "crs": report.crs, "files": files}


def _text(report: ImportReport, lang: str) -> str:
    from twin.city.schema import TABLES

    titles = {name: table.title for name, table in TABLES.items()}
    titles |= {"terrain": N_("Cells of terrain"), "surfaces": N_("Building surfaces")}
    lines = []
    for file in report.files:
        lines.append(f"{file.path.name}: {file.format}")
        lines += [f"  {tr(titles[name], lang)}: {number(n, lang, 0)}" for name, n in file.read.items()]
        lines += [f"  {tr(_KINDS[note.kind], lang)}: {note.text(lang)}" for note in file.notes]
    made = N_("Made {path} ({crs}).") if report.new else N_("Extended {path} ({crs}).")
    lines.append(tr(made, lang, path=report.project, crs=report.crs))
    return "\n".join(lines)
