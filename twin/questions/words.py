"""Words for replies: amounts with sign and unit, the rows and fields a question speaks of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin import result
from twin.text import number, tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.layer import Field
    from twin.questions.question import Asked
    from twin.result import Row


def rows(asked: Asked, model: str, *ids: str) -> tuple[Row, ...]:
    """Return the indicators of a model beside those of the reference: the ones named, in their order, or all."""
    a, b = asked.answer.results.get(model), asked.reference.results.get(model)
    if a is None or b is None:
        return ()
    found = {one.id: one for one in result.rows(a.indicators, b.indicators)}
    return tuple(found[id] for id in ids if id in found) if ids else tuple(found.values())


def alone(asked: Asked, model: str) -> tuple[Row, ...]:
    """Return the indicators of a model without a reference, for a question about the scenario as it is."""
    found = asked.answer.results.get(model)
    return () if found is None else result.rows(found.indicators, ())


def beside(asked: Asked, model: str) -> tuple[Row, ...]:
    """Return the indicators of a model, beside the reference where the scenario is another than it."""
    return alone(asked, model) if asked.answer.key == asked.reference.key else rows(asked, model)


def change(asked: Asked, model: str, name: str) -> Field | None:
    """Return a field of a model, scenario minus reference; None where one of the two lacks it."""
    a, b = asked.answer.results.get(model), asked.reference.results.get(model)
    if a is None or b is None:
        return None
    return next((one for one in result.difference(a, b, asked.names[1]).fields if one.name == name), None)


def people_at(asked: Asked, ids: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the residents (n,) of buildings by id, counted or estimated as the models take them; 0 where none."""
    from twin.city.residents import with_people

    city, _ = with_people(asked.city)
    known = pd.Series(np.nan_to_num(city.buildings["residents"].to_numpy(float)), index=city.buildings["id"])
    return known[~known.index.duplicated()].reindex(ids).fillna(0.0).to_numpy(float)


def amount(value: float, unit: str, lang: str, decimals: int | None = None) -> str:
    """Write an amount with its unit: «1,240 persons»; large numbers without decimals."""
    if decimals is None and math.isfinite(value) and abs(value) >= 10:
        decimals = 0
    return number(value, lang, decimals, tr(unit, lang))


def signed(value: float, unit: str, lang: str, decimals: int | None = None) -> str:
    """Write a difference with its sign and unit."""
    text = amount(value, unit, lang, decimals)
    return f"+{text}" if value > 0 else text
