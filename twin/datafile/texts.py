"""Tables of text (CSV and its kin): which separator, encoding and decimal sign, and the rows that are wrong."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc
from pyarrow import csv as arrow_csv

from twin.city.reading import Note
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 2 * 1024**3
MAX_COLUMNS = 2_000
MAX_ROWS = 20_000_000
EXAMPLES = 5
ROW = "_row"
"""Column with the row of the file, the names of the columns being row 1."""
_HEAD = 256 * 1024
_SEPARATORS = (";", "\t", ",", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Shape:
    """How a text table is written: encoding, separator, names of the columns, and the row they stand in (from 0)."""

    encoding: str
    separator: str
    names: tuple[str, ...]
    header: int = 0


def looks_like_table(path: Path, head: bytes) -> bool:
    """Say whether a file may be a text table, by its name and first bytes."""
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return False
    return b"\0" not in head or any(head.startswith(bom) for bom, _ in _BOMS)


def shape(path: Path) -> Shape:
    """Find out how a text table is written.

    Raises
    ------
    BadInput
        When it is too large, has no row of column names or one column only.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise BadInput("{path}: {n} GB; tables of up to {most} GB are read.", path=path.name, n=round(size / 1e9, 1),
                       most=round(MAX_BYTES / 1e9))  # fmt: skip
    with path.open("rb") as source:
        raw = source.read(_HEAD)
    encoding = _encoding(raw, path)
    text = raw.decode(encoding, errors="ignore")
    lines = text.splitlines()[:200]
    if len(raw) == _HEAD and len(lines) > 1:
        lines = lines[:-1]
    if not any(line.strip() for line in lines):
        raise BadInput("{path}: there is no row with the names of the columns.", path=path.name)
    separator, first = _separator(lines)
    row = next(csv.reader(lines[first:], delimiter=separator), [])
    if len(row) > MAX_COLUMNS:
        raise BadInput("{path}: {n} columns; up to {most} are read.", path=path.name, n=len(row), most=MAX_COLUMNS)
    if len(row) < 2:
        raise BadInput(
            "{path}: only one column was found; separate columns by a semicolon, a comma or a tab.", path=path.name
        )
    return Shape(encoding, separator, _names(row), first)


def _encoding(raw: bytes, path: Path) -> str:
    for bom, name in _BOMS:
        if raw.startswith(bom):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8" if raw.isascii() is False or path.stat().st_size <= len(raw) else _late_encoding(path)


def _late_encoding(path: Path) -> str:
    """Look through a file whose beginning is plain ASCII for the first letter that is not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as source:
        while chunk := source.read(1 << 22):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return "cp1252"
    return "utf-8"


def _separator(lines: list[str]) -> tuple[str, int]:
    """Choose the separator that cuts most rows into the same number of cells; the first such row holds the names."""
    best, found = (0, 0), (",", 0)
    for separator in _SEPARATORS:
        sizes = [len(row) for row in csv.reader(lines, delimiter=separator)]
        cells, rows = Counter(n for n in sizes if n > 1).most_common(1)[0] if any(n > 1 for n in sizes) else (0, 0)
        if (rows, cells) > best:
            best = (rows, cells)
            found = (separator, next(i for i, line in enumerate(lines) if _cells(line, separator) == cells))
    return found


def _cells(line: str, separator: str) -> int:
    return len(next(csv.reader([line], delimiter=separator), []))


def _names(row: list[str]) -> tuple[str, ...]:
    """Return the names of columns, those without one numbered, those that repeat told apart."""
    names: list[str] = []
    for number, text in enumerate(row, start=1):
        name = text.strip().lstrip("\ufeff") or f"column {number}"
        plain, again = name, 2
        while name in names:
            name, again = f"{plain} ({again})", again + 1
        names.append(name)
    return tuple(names)


def read(path: Path, found: Shape, most: int | None = None) -> tuple[pa.Table, tuple[Note, ...]]:
    """Read a text table, every cell as text.

    Parameters
    ----------
    path : Path
    found : Shape
        As :func:`shape` says.
    most : int, optional
        Read about so many rows (a preview).

    Returns
    -------
    table : pyarrow.Table
        Columns of strings, and ``_row``, the row of the file (the names stand in row 1 where nothing is above them).
    notes : tuple of Note
        Rows that have too few or too many cells, by number; they are left out.
    """
    wrong: list[tuple[int, int]] = []

    def bad(row: arrow_csv.InvalidRow) -> str:
        wrong.append((row.number or 0, row.actual_columns if row.text.strip() else 0))
        return "skip"

    # One thread: with more pyarrow does not know the numbers of wrong rows.
    reading = arrow_csv.ReadOptions(
        use_threads=False, encoding=_arrow(found.encoding), column_names=list(found.names), skip_rows=found.header + 1,
        block_size=1 << 20 if most else 1 << 24,
    )  # fmt: skip
    parsing = arrow_csv.ParseOptions(
        delimiter=found.separator, newlines_in_values=True, invalid_row_handler=bad, ignore_empty_lines=False
    )
    converting = arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in found.names},
        strings_can_be_null=False,
        quoted_strings_can_be_null=False,
    )
    batches: list[pa.RecordBatch] = []
    total = 0
    try:
        with arrow_csv.open_csv(path, reading, parsing, converting) as source:
            for batch in source:
                batches.append(batch)
                total += batch.num_rows
                if most is not None and total >= most:
                    break
                if total > MAX_ROWS:
                    raise BadInput("{path}: more than {most} rows; they are too many.", path=path.name, most=MAX_ROWS)
    except (pa.ArrowInvalid, UnicodeError) as error:
        if "Empty CSV" not in str(error):
            raise BadInput("{path}: {reason}", path=path.name, reason=str(error).splitlines()[0][:200]) from error
    schema = pa.schema([(name, pa.string()) for name in found.names])
    table = pa.Table.from_batches(batches, schema) if batches else schema.empty_table()
    numbered = table.append_column(ROW, _numbers(table.num_rows, found, wrong))
    return _without_empty(numbered, found), _wrong_rows(wrong, found)


def _without_empty(table: pa.Table, found: Shape) -> pa.Table:
    """Drop rows without any text."""
    empty = None
    for name in found.names:
        this = pc.equal(pc.utf8_trim_whitespace(table[name]), "")
        empty = this if empty is None else pc.and_(empty, this)
        if not pc.any(empty).as_py():
            return table
    return table.filter(pc.invert(empty))


def _arrow(encoding: str) -> str:
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _numbers(n: int, found: Shape, wrong: list[tuple[int, int]]) -> pa.Array:
    """Return the rows' numbers in the file: those left out leave their number free."""
    first = found.header + 2
    skipped = np.array(sorted(number for number, _ in wrong), dtype=np.int64)
    numbers = np.arange(first, first + n + len(skipped), dtype=np.int64)
    if len(skipped):
        numbers = numbers[~np.isin(numbers, skipped)]
    return pa.array(numbers[:n])


def _wrong_rows(wrong: list[tuple[int, int]], found: Shape) -> tuple[Note, ...]:
    wrong = [(number, cells) for number, cells in wrong if cells]
    if not wrong:
        return ()
    examples = tuple(f"{number}: {cells}" for number, cells in wrong[:EXAMPLES])
    message = N_("{n} rows do not have {columns} cells and were left out (row: cells)")
    return (Note("skipped", message, len(wrong), {"columns": len(found.names)}, examples),)
