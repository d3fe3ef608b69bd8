"""The row of ``sources`` that a reader writes for its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from twin.city import schema

if TYPE_CHECKING:
    from pathlib import Path


def source_of(path: Path, **facts: str) -> tuple[str, pd.DataFrame]:
    """Return the id of a file's source and the table ``sources`` with its one row.

    The id is the file's name, so that the same file brought in again is known as the same source.

    Parameters
    ----------
    path : Path
        The file.
    **facts : str
        Columns of ``sources``: title (default the file's name), licence, owner, contact, date, note …
    """
    source_id = path.name
    row = {"id": source_id, "title": path.name, **{name: text for name, text in facts.items() if text}}
    return source_id, schema.conform("sources", pd.DataFrame([row]))
