"""The small-cell rule applied to what models answer, the same for map, table and export.

A field or indicator made of protected data says how many persons each value rests on (``support``); one without it
tells of nobody. What is withheld is nan, which maps hatch and tables show as «–».
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.privacy.cells import BASE, DISPLAY, EXPORT, coarse, difference_withheld, never_alone, rounded, withheld
from twin.text import N_, composed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twin.layer import Field
    from twin.result import Indicator, Result, Row

WITHHELD = N_("Values that rest on fewer than {n} persons are withheld, and others that would give them away.")
ROUNDED = N_("Residents of houses are counted to multiples of {base}, and fewer than {n} are withheld.")
PERSONS = "persons"
"""Unit of the counts that are rounded when they leave the program."""


def is_made_of_people(result: Result) -> bool:
    """Say whether a Result tells of people who need protection."""
    return any(one.support is not None for one in result.fields) or any(
        one.support is not None for one in result.indicators
    )


def guarded(result: Result, threshold: int = DISPLAY, base: Result | None = None) -> Result:
    """Return a Result without values that rest on too few persons.

    Parameters
    ----------
    result : Result
    threshold : int
    base : Result, optional
        Of the city as it is, guarded. What is withheld there is withheld here too, and what differs from it by too few
        persons, so that an edit whose size is known gives nobody away.
    """
    if not is_made_of_people(result):
        return result
    others = {} if base is None else {one.name: one for one in base.fields}
    fields = tuple(_field(one, threshold, others.get(one.name)) for one in result.fields)
    known = {} if base is None else {one.id: one for one in base.indicators}
    rows = tuple(_indicator(one, threshold, known) for one in result.indicators)
    said = composed(WITHHELD, n=threshold)
    more = () if said in result.assumptions else (said,)
    return dataclasses.replace(result, fields=fields, indicators=rows, assumptions=result.assumptions + more)


def coarsened(result: Result) -> Result:
    """Return a Result with its plain counts of residents rounded, and those of fewer than ten withheld.

    For a city whose people need protection: counts that no model says more of (``support``), such as who lives off the
    walk network. They are the same in memory, on disk, on the screen and in every export, so that nothing more is told
    anywhere; done twice it is the same. What says what it rests on is left to :func:`guarded`.
    """
    if not any(map(_is_plain_count, result.fields)) and not any(map(_is_plain_count, result.indicators)):
        return result
    fields = tuple(
        dataclasses.replace(one, values=coarse(one.values).astype(np.float32)) if _is_plain_count(one) else one
        for one in result.fields
    )
    rows = tuple(_coarse_row(one) if _is_plain_count(one) else one for one in result.indicators)
    said = composed(ROUNDED, base=BASE, n=EXPORT)
    more = () if said in result.assumptions else (said,)
    return dataclasses.replace(result, fields=fields, indicators=rows, assumptions=result.assumptions + more)


def _is_plain_count(one: Field | Indicator) -> bool:
    return one.unit == PERSONS and one.support is None


def _coarse_row(one: Indicator) -> Indicator:
    value = float(coarse(one.value))
    return dataclasses.replace(one, value=value, places=one.places if np.isfinite(value) else ())


def _field(field: Field, threshold: int, base: Field | None = None) -> Field:
    """Return a field with nan for what rests on too few persons; never one value alone."""
    support = field.support
    if support is None or field.values.ndim != 1:
        return field
    mask = withheld(support, threshold)
    if base is not None and base.support is not None:
        before = pd.DataFrame({"value": base.values, "support": base.support}, index=base.ids)
        then = before[~before.index.duplicated()].reindex(field.ids)
        was = then["support"].to_numpy(dtype=float)
        mask |= then["value"].isna().to_numpy() & (np.nan_to_num(was) > 0)
        mask |= difference_withheld(support, was, threshold)
    mask = never_alone(mask, np.where(np.isfinite(field.values), support, np.inf))
    return dataclasses.replace(field, values=_without(field.values, mask)) if mask.any() else field


def _without(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.asarray(np.where(mask, np.nan, values), dtype=np.float32)


def _indicator(one: Indicator, threshold: int, base: Mapping[str, Indicator]) -> Indicator:
    if one.support is None:
        return one
    before = base.get(one.id)
    gone = bool(withheld(one.support, threshold))
    if before is not None and before.support is not None:
        gone |= bool(np.isnan(before.value)) or bool(difference_withheld(one.support, before.support, threshold))
    return dataclasses.replace(one, value=float("nan"), places=()) if gone else one


def field_for_export(field: Field) -> Field:
    """Return a field as it may leave the program: the higher threshold, counts to multiples of 5."""
    if field.support is None:
        return field
    out = _field(field, EXPORT)
    if field.unit == PERSONS:
        out = dataclasses.replace(out, values=rounded(out.values).astype(np.float32))
    return out


def result_for_export(result: Result) -> Result:
    """Return a Result as it may leave the program."""
    out = guarded(result, EXPORT)
    rows = tuple(
        one if one.support is None or one.unit != PERSONS
        else dataclasses.replace(one, value=float(rounded(one.value)))
        for one in out.indicators
    )  # fmt: skip
    return dataclasses.replace(out, fields=tuple(field_for_export(one) for one in out.fields), indicators=rows)


def rows_for_export(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return a table of indicators as it may leave the program; the difference of what is withheld goes with it."""
    made = []
    for one in rows:
        if one.support is not None and bool(withheld(one.support, EXPORT)):
            one = dataclasses.replace(one, value=float("nan"), reference=float("nan"), difference=float("nan"))
        elif one.support is not None and one.unit == PERSONS:
            value, reference = (float(rounded(number)) for number in (one.value, one.reference))
            one = dataclasses.replace(one, value=value, reference=reference, difference=value - reference)
        made.append(one)
    return tuple(made)
