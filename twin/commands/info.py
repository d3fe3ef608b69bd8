"""``twin info``: what is inside files, before anything is read into a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.city.reading import FileInfo
from twin.errors import BadInput, TwinError
from twin.text import N_, error_text, number, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser

TITLES = {
    "buildings": N_("Buildings"),
    "parts": N_("Building parts"),
    "roads": N_("Road links"),
    "paths": N_("Walk network"),
    "places": N_("Places"),
    "zones": N_("Zones"),
    "points": N_("Points"),
    "sensors": N_("Sensors"),
    "cells": N_("Cells"),
    "lines": N_("Lines"),
    "rows": N_("Rows"),
}


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=tr("files or projects; demo is the shipped one", lang))


def run(args: Namespace, console: Console) -> int:
    """Tell what is inside; a file that cannot be read is listed with its problem."""
    from twin.commands.dropins import know

    know(None, console)
    rows = [_row(name, console) for name in args.files]
    failed = [row for row in rows if row["format"] is None]
    for row in failed:
        console.say(f"twin: {row['problems'][0]}")
    told = [row for row in rows if row["format"] is not None]
    if told or console.json:
        console.result({"files": rows}, "\n\n".join(_text(row, console.lang) for row in told))
    return 0 if told else 1


def _row(name: str, console: Console) -> dict[str, Any]:
    row: dict[str, Any] = {"path": name, "format": None, "version": None, "crs": None, "bbox": None}
    row |= {"counts": {}, "problems": []}
    try:
        if name == "demo" or (Path(name) / "project.json").is_file() or Path(name).name == "project.json":
            return row | _project(name)
        info = _info(Path(name), console)
    except TwinError as error:
        return row | {"problems": [error_text(error, console.lang)]}
    return row | {
        "format": info.format,
        "version": info.version or None,
        "crs": info.crs,
        "bbox": info.bbox,
        "counts": dict(info.counts),
        "problems": [note.text(console.lang) for note in info.problems],
    }


def _info(path: Path, console: Console) -> FileInfo:
    """Say what is inside a city file, or a data file that can be shown as a layer."""
    from twin.city import formats

    try:
        return formats.inspect(path, console.job())
    except BadInput:
        from twin.datafile.look import format_of, preview

        if not path.is_file() or format_of(path) in ("", "GeoTIFF"):
            raise
        found = preview(path)
    counts: dict[str, int] = {}
    for sheet in found.sheets:
        kind = {"points": "points", "areas": "zones", "lines": "lines"}.get(sheet.geometry, "rows")
        counts[kind] = counts.get(kind, 0) + sheet.rows
    first = found.sheet()
    return FileInfo(path, found.format, "", first.crs, first.box, counts, found.notes)


def _project(name: str) -> dict[str, Any]:
    from twin.disk.record import FORMAT
    from twin.project import load_city, resolve_path

    city = load_city(resolve_path(name))
    top = int((city.buildings["parent"] == "").sum())
    counts = {
        "buildings": top,
        "parts": len(city.buildings) - top,
        **{table: len(city.table(table)) for table in ("roads", "paths", "places", "zones")},
        "cells": 0 if city.terrain is None else int(city.terrain.heights.size),
    }
    return {
        "format": "twin",
        "version": str(FORMAT),
        "crs": city.crs,
        "bbox": city.bounds(),
        "counts": {key: n for key, n in counts.items() if n},
    }


def _text(row: dict[str, Any], lang: str) -> str:
    head = " ".join(part for part in (row["format"], row["version"]) if part)
    lines = [f"{row['path']}: {head}"]
    lines.append(f"  {tr('Reference system', lang)}: {row['crs'] or tr('not stated', lang)}")
    if row["bbox"]:
        lines.append(
            f"  {tr('Extent', lang)}: "
            + ", ".join(f"{value:.6g}" if abs(value) < 1000 else f"{value:.1f}" for value in row["bbox"])
        )
    for key, n in row["counts"].items():
        lines.append(f"  {tr(TITLES[key], lang) if key in TITLES else key}: {number(n, lang, 0)}")
    lines += [f"  ! {problem}" for problem in row["problems"]]
    return "\n".join(lines)
