"""How old what is known of each building is: years from the date of its source to today or another day."""

from datetime import date

import numpy as np

from twin.api import N_, BadInput, City, Field, Layer, Parameter, layer_of

TITLE = N_("Age of the data")
GROUP = N_("Data")
PARAMETERS = (Parameter("day", N_("Counted up to (year-month-day)"), "", "", N_("today where nothing is written")),)


def make(city: City, values: dict[str, str]) -> Layer | None:
    """Return the layer, None where no source says its date."""
    today = _day(values["day"]) if values["day"] else date.today()
    rows = city.buildings
    ages = {name: _age(city.source(name)["date"], today) for name in rows["source_id"].unique()}
    if not len(rows) or not any(np.isfinite(age) for age in ages.values()):
        return None
    years = rows["source_id"].map(ages).to_numpy("float32")
    field = Field(TITLE, N_("years"), "buildings", rows["id"].to_numpy(object), years, source=rows["source_id"].iloc[0])
    return layer_of("data_age", TITLE, field, scale_name="magma-reversed", breaks=(0, 0.25, 1, 2, 5, 10, 25))


def _age(text: str, today: date) -> float:
    try:
        return max((today - _day(text)).days / 365.25, 0.0)
    except BadInput:
        return float("nan")


def _day(text: str) -> date:
    parts = [int(part) for part in text.strip().split("-") if part.isdigit()]
    try:
        return date(parts[0], *[*parts[1:3], 1, 1][:2])
    except (IndexError, ValueError):
        raise BadInput("«{text}» is not a day; write e.g. 2026-11-29.", text=text) from None
