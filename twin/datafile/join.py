"""Codes of a table looked up in the City: which column fits which, what has no partner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.city import schema
from twin.city.reading import Note
from twin.datafile.columns import MISSING
from twin.datafile.ground import CODES
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.datafile.ground import Ground

WIDE = "*"
"""As key: each further column is a place, and its name the code."""
_LEAST = 0.3
EXAMPLES = 8


@dataclass(frozen=True, eq=False)
class Match:
    """Which row of the City's table each row of a file belongs to.

    Parameters
    ----------
    rows, places : arrays of int, shape (m,)
        Pairs: a row of the file and a row of the table. A code that several rows of the table bear (a street's name)
        is paired with each.
    unmatched : tuple of str
        Codes of the file that the table does not have, in the order they come.
    empty : int
        Rows of the table that the file says nothing about.
    """

    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    unmatched: tuple[str, ...]
    empty: int


def match(codes: pd.Series, city: Ground, table: str, column: str) -> Match:
    """Look codes up in a column of the City's table; upper and lower case and spaces around do not count.

    Raises
    ------
    BadInput
        When the City has no such table or column, or the table is empty.
    """
    if column not in CODES.get(table, ()):
        raise BadInput("A city has no column {table}.{column} to look codes up in.", table=table, column=column)
    there = city.table(table)
    title = schema.TABLES[table].title
    if not len(there):
        raise BadInput("The project holds nothing of the kind «{table}»; values cannot be joined to it.", table=title)
    given, own = plain(codes), plain(there[column])
    left = pd.DataFrame({"code": given, "row": np.arange(len(given))})
    right = pd.DataFrame({"code": own, "place": np.arange(len(own))})
    left, right = left[left["code"] != ""], right[right["code"] != ""]
    pairs = left.merge(right, on="code", how="left")
    lost = pairs["place"].isna()
    unmatched = tuple(dict.fromkeys(codes.iloc[pairs.loc[lost, "row"]].astype(str).str.strip()))
    found = pairs[~lost]
    places = found["place"].to_numpy(dtype=np.int64)
    return Match(found["row"].to_numpy(dtype=np.int64), places, unmatched, len(there) - len(np.unique(places)))


def plain(codes: pd.Series) -> pd.Series:
    """Return codes as they are compared: text, trimmed, small letters, whole numbers without a decimal part."""
    if pd.api.types.is_float_dtype(codes):
        codes = codes.map(lambda v: "" if v != v else f"{v:.10g}")
    text = codes.fillna("").astype("str").str.strip().str.lower()
    return text.where(~text.isin([one.lower() for one in MISSING]), "").reset_index(drop=True)


def notes(found: Match, codes: int, table: str, column: str) -> list[Note]:
    """Say what has no partner on either side."""
    said = []
    title = schema.TABLES[table].title
    if found.unmatched:
        message = N_("{n} codes of {all} are not found in the project («{table}», {column})")
        fields = {"all": codes, "table": title, "column": column}
        said.append(Note("problem", message, len(found.unmatched), fields, found.unmatched[:EXAMPLES]))
    if found.empty:
        message = N_("{n} rows of the project («{table}») have no value in the file")
        said.append(Note("assumed", message, found.empty, {"table": title}))
    return said


def guess(sample: pd.DataFrame, city: Ground) -> tuple[str, str, str] | None:
    """Return (table, column of the file, column of the table) that fit best, None when nothing does.

    Parameters
    ----------
    sample : DataFrame
        First rows of the file, as text.
    city : Ground
    """
    best, found = _LEAST, None
    for table, targets in CODES.items():
        rows = city.table(table)
        for target in targets if len(rows) else ():
            there = set(plain(rows[target])) - {""}
            for name in list(sample.columns)[:60]:
                codes = set(plain(sample[name]).head(500)) - {""}
                share = len(codes & there) / len(codes) if codes else 0.0
                # Small numbers are found among ids by chance: a match must be of more than a few, or of words.
                if share > best and (len(codes) > 2 or not all(code.isdigit() for code in codes)):
                    best, found = share, (table, str(name), target)
    return found


def guess_wide(names: Sequence[str], city: Ground) -> tuple[str, str] | None:
    """Return (table, column) whose codes are the names of the file's columns, None when most are none."""
    found = guess(pd.DataFrame({"names": list(names)}), city)
    return None if found is None else (found[0], found[2])
