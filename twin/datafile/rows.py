"""One row of the content of a data layer: all its columns, read without the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IN_GROUP = 50_000
"""Rows that are written, and read again, together."""


def row_of(content: Path, row: int) -> Mapping[str, object]:
    """Return the columns of a row, without its shape, as Python values (``_row``: its number in the file it came from).

    Parameters
    ----------
    content : Path
        The layer's Parquet file.
    row : int
        From 0.

    Raises
    ------
    OSError, ValueError, IndexError
        When the file is damaged or has no such row.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(content) as file:
        shapes = msgspec.json.decode((file.schema_arrow.metadata or {}).get(b"geo", b"{}")).get("columns", {})
        names = [name for name in file.schema_arrow.names if name not in shapes]
        ends = np.cumsum([file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)])
        group = int(np.searchsorted(ends, row, side="right"))
        if row < 0 or group >= len(ends):
            raise IndexError(row)
        first = int(ends[group - 1]) if group else 0
        found: dict[str, object] = file.read_row_group(group, columns=names).slice(row - first, 1).to_pylist()[0]
        return found
