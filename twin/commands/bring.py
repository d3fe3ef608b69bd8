"""``twin import``: files into a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.commands import run as running
from twin.commands.console import box, pair
from twin.errors import BadInput, UnknownCrs
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from twin.city.reading import Note
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
        "--as",
        dest="table",
        metavar="TABLE",
        help=tr(
            "the table of the city that the rows are meant for; «counts»: traffic counts on its streets; «layer» shows "
            "the file as a layer",
            lang,
        ),
    )
    parser.add_argument(
        "--map", dest="columns", metavar="field=column", type=pair, nargs="+", action="extend", default=[],
        help=tr(
            "which column of the file fills a field of the table; of a layer: show, value, x, y, key, to, time …", lang
        ),
    )  # fmt: skip
    parser.add_argument(
        "--about", metavar="field=text", type=pair, nargs="+", action="extend", default=[],
        help=tr("of a layer: title, unit, owner, contact, licence, classification, date, note", lang),
    )  # fmt: skip
    parser.add_argument("--style", metavar="FILE.json", type=Path, help=tr("of a layer: a style file", lang))
    parser.add_argument(
        "--crs", metavar="C", help=tr("reference system of the files, such as EPSG:3011, where they name none", lang)
    )
    parser.add_argument(
        "--bbox", metavar="W,S,E,N", type=box, help=tr("read only this extent, in the file's reference system", lang)
    )
    parser.add_argument(
        "--lod", metavar="L", help=tr("level of detail to take, such as 1.2; the best by default", lang)
    )
    running.unsaved(parser, lang)


def run(args: Namespace, console: Console) -> int:
    """Read, merge, save, and report."""
    from twin.city.reading import ReadOptions
    from twin.commands.dropins import know
    from twin.importing import import_files
    from twin.project import resolve_path

    know(resolve_path(args.to), console)
    if args.table == "layer":
        return _layers(args, console)
    if args.table in ("zones", "population", "counts"):
        return _statistics(args, console)
    options = ReadOptions(crs=args.crs, bbox=args.bbox, lod=args.lod, table=args.table, columns=dict(args.columns))
    try:
        report = import_files(args.files, resolve_path(args.to), options, console.job(), args.without_unsaved)
    except UnknownCrs as error:
        raise UnknownCrs(
            "{reason} (option --crs)",
            reason=tr(error.key, console.lang, **error.fields),
        ) from error
    console.result(_plain(report, console.lang), _text(report, console.lang))
    return 0


def _statistics(args: Namespace, console: Console) -> int:
    """Take maps of areas in as zones, tables as their people, counts onto streets, one after the other."""
    from twin.city.statistics.bring import About
    from twin.city.unit_table import read_table
    from twin.importing import import_statistics
    from twin.project import resolve_path

    lang, to = console.lang, resolve_path(args.to)
    columns, facts = dict(args.columns), dict(args.about)
    kind = columns.pop("kind", facts.pop("kind", ""))
    said = (
        N_("{file}: {n} counts are on the streets") if args.table == "counts" else N_("{file}: {n} rows in the project")
    )
    unknown = set(facts) - set(About.__dataclass_fields__)
    if unknown:
        known = ", ".join(About.__dataclass_fields__)
        raise BadInput("There is no field {name}; there are: {known}.", name=min(unknown), known=known)
    rows, lines = [], []
    for path in args.files:
        report = import_statistics(
            read_table(path), to, args.table, columns, About(kind=kind, **facts), args.crs or "", console.job()
        )
        rows.append({"path": str(path), "rows": report.rows, "notes": _notes(report.notes, lang)})
        lines.append(tr(said, lang, file=path.name, n=number(report.rows, lang, 0)))
        lines += [f"  {tr(_KINDS[note.kind], lang)}: {note.text(lang)}" for note in report.notes]
    console.result({"project": str(to), "table": args.table, "files": rows}, "\n".join(lines))
    return 0


def _layers(args: Namespace, console: Console) -> int:
    """Take files in as layers, one after the other."""
    from twin.datafile.paint import load_style
    from twin.importing import import_layer
    from twin.project import resolve_path

    style = None if args.style is None else load_style(args.style)
    choice = dict(args.columns) | ({"crs": args.crs} if args.crs else {})
    rows, lines = [], []
    for path in args.files:
        taken = import_layer(
            path, resolve_path(args.to), choice, dict(args.about), style, console.job(), args.without_unsaved
        )
        layer, lang = taken.layer, console.lang
        rows.append(
            {
                "id": layer.id,
                "title": layer.about.title,
                "show": layer.choice.show,
                "value": layer.choice.value,
                "rows": layer.rows,
                "origin": layer.origin,
                "file": layer.file,
                "missing": [tr(one, "en") for one in layer.about.missing()],
                "notes": _notes(taken.notes, lang),
                "unmatched": list(taken.unmatched),
            }
        )
        lines.append(tr("{file}: layer «{title}» ({id}), {n} rows", lang, file=path.name, title=layer.about.title,
                        id=layer.id, n=number(layer.rows, lang, 0)))  # fmt: skip
        lines += [f"  {tr(_KINDS[note.kind], lang)}: {note.text(lang)}" for note in taken.notes]
        for one in layer.about.missing():
            lines.append("  " + tr("Not said: {what} (option --about)", lang, what=tr(one, lang)))
    console.result({"project": str(resolve_path(args.to)), "layers": rows}, "\n".join(lines))
    return 0


def _notes(notes: Sequence[Note], lang: str) -> list[dict[str, Any]]:
    return [{"kind": n.kind, "text": n.sentence(lang), "n": n.n, "examples": list(n.examples)} for n in notes]


def _plain(report: ImportReport, lang: str) -> dict[str, Any]:
    files = [
        {
            "path": str(file.path),
            "format": file.format,
            "read": dict(file.read),
            "notes": _notes(file.notes, lang),
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
