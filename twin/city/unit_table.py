"""Tables of units with counts of persons: CSV, Parquet, GeoPackage and what else holds features; read for measures."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import BadInput, TwinError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

UNKNOWN = {"", ".", "..", "...", "-", "–", "na", "n/a", "nan", "null", "none"}
"""How tables write that a number is not known or not published (SCB writes two dots)."""


@dataclass(frozen=True, eq=False)
class UnitTable:
    """Columns by name, as text or numbers; outlines or places where the file has them, and their system."""

    path: Path
    columns: dict[str, Any]
    rows: int
    geometries: NDArray[np.object_] | None
    crs: str | None

    def text(self, name: str) -> list[str]:
        """Return a column as text."""
        return [str(value) for value in self._column(name)]

    def counts(self, name: str) -> Floats:
        """Return a column as counts of persons, nan where it is not known; errors name row and column."""
        values = self._column(name)
        if getattr(values, "dtype", None) is not None and values.dtype.kind in "iuf":
            found = np.asarray(values, dtype=np.float64)
        else:
            found = np.array([self._number(name, i, value) for i, value in enumerate(values)], dtype=np.float64)
        bad = (found < 0) | np.isinf(found)
        if bad.any():
            row = int(np.argmax(bad))
            raise BadInput(
                "{path}: row {row}, column {column}: {value} is not a count; it must be 0 or more",
                path=self.path.name, row=row + 1, column=name, value=f"{found[row]:g}",
            )  # fmt: skip
        return found

    def coordinates(self, name: str) -> Floats:
        """Return a column of coordinates; every row must have one."""
        found = np.array([self._number(name, i, value) for i, value in enumerate(self._column(name))])
        if not np.isfinite(found).all():
            row = int(np.argmin(np.isfinite(found)))
            raise BadInput(
                "{path}: row {row}, column {column}: a coordinate was expected", path=self.path.name,
                row=row + 1, column=name,
            )  # fmt: skip
        return found

    def _column(self, name: str) -> Any:
        if name not in self.columns:
            raise BadInput(
                "{path}: there is no column {column}; there are {known}",
                path=self.path.name, column=name, known=", ".join(self.columns) or "–",
            )  # fmt: skip
        return self.columns[name]

    def _number(self, name: str, row: int, value: object) -> float:
        if value is None or isinstance(value, int | float):
            return math.nan if value is None else float(value)
        text = str(value).strip()
        if text.lower() in UNKNOWN or text == "<NA>":
            return math.nan
        plain = "".join(text.split()).replace("−", "-")
        if "," in plain and "." not in plain:
            plain = plain.replace(",", ".")
        try:
            return float(plain)
        except ValueError:
            raise BadInput(
                "{path}: row {row}, column {column}: «{value}» is not a number",
                path=self.path.name, row=row + 1, column=name, value=text[:40],
            ) from None  # fmt: skip


def read_table(path: Path) -> UnitTable:
    """Return the table in a file.

    Parameters
    ----------
    path : Path
        CSV (comma, semicolon or tab; UTF-8 or Latin-1), Parquet, GeoPackage, GeoJSON or shapefile.

    Returns
    -------
    UnitTable

    Raises
    ------
    BadInput
        It is not there, empty, or of another kind.
    """
    if not path.is_file():
        raise BadInput("{path}: there is no such file", path=str(path))
    try:
        if path.suffix.lower() in (".csv", ".tsv", ".txt"):
            return _csv(path)
        return _parquet(path) if path.suffix.lower() in (".parquet", ".geoparquet") else _features(path)
    except TwinError:
        raise
    except Exception as error:  # every library has its own errors for a broken file
        reason = " ".join(str(error).split())[:160]
        raise BadInput("{path}: the table cannot be read ({reason})", path=path.name, reason=reason) from error


def _csv(path: Path) -> UnitTable:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if any(cell.strip() for cell in row)]
    if not rows:
        raise BadInput("{path}: the file is empty; a row of column names was expected", path=path.name)
    names = [name.strip() for name in rows[0]]
    twice = [name for name, times in Counter(names).items() if name and times > 1]
    if twice:
        raise BadInput("{path}: the column {column} stands there twice", path=path.name, column=twice[0])
    for i, row in enumerate(rows[1:], 1):
        if len(row) != len(names):
            raise BadInput(
                "{path}: row {row} has {a} cells; {b} were expected", path=path.name, row=i, a=len(row), b=len(names)
            )
    columns: dict[str, Any] = {name: [row[i] for row in rows[1:]] for i, name in enumerate(names)}
    return UnitTable(path, columns, len(rows) - 1, None, None)


def _parquet(path: Path) -> UnitTable:
    import pyarrow.parquet as pq

    if b"geo" in (pq.read_schema(path).metadata or {}):
        import geopandas as gpd

        return _frame(path, gpd.read_parquet(path))
    import pandas as pd

    return _frame(path, pd.read_parquet(path))


def _features(path: Path) -> UnitTable:
    import pyogrio

    return _frame(path, pyogrio.read_dataframe(path))


def _frame(path: Path, frame: Any) -> UnitTable:
    shaped = getattr(frame, "_geometry_column_name", None)
    geometry = frame.geometry if shaped in frame.columns else None
    kept = frame.drop(columns=[shaped]) if geometry is not None else frame
    columns = {
        str(name): kept[name].to_numpy(dtype=float, na_value=np.nan) if kept[name].dtype.kind in "iuf"
        else kept[name].tolist()
        for name in kept.columns
    }  # fmt: skip
    crs = None if geometry is None or frame.crs is None else frame.crs.to_string()
    shapes = None if geometry is None else np.asarray(geometry.to_numpy(), dtype=object)
    return UnitTable(path, columns, len(frame), shapes, crs)
