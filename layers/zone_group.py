"""How many, or how large a share, of the people in each zone belong to a group."""

import numpy as np

from twin.api import N_, City, Field, Layer, Parameter, layer_of, word

TITLE = N_("People of a group")
GROUP = N_("People")
GROUPS = (
    "born_sweden", "born_europe", "born_elsewhere", "income_q1", "income_q2", "income_q3", "income_q4", "age_0_5",
    "age_6_15", "age_16_24", "age_25_44", "age_45_64", "age_65_79", "age_80_plus",
)  # fmt: skip
PARAMETERS = (
    Parameter("group", N_("Group"), "", "born_elsewhere", N_("population table of the city"), choices=GROUPS),
    Parameter("share", N_("Share of the people of the grouping"), "", True, N_("population table of the city")),
)
SMALLEST = 5
"""Fewer people than this could be recognised: the zone is shown as without data."""


def make(city: City, values: dict[str, str | bool]) -> Layer | None:
    """Return the layer, None where the city does not know the group."""
    people = city.population
    rows = people[people["group"] == values["group"]]
    if rows.empty or not len(city.zones):
        return None
    ids = city.zones["id"].to_numpy(object)
    known = rows.groupby("zone")["persons"].sum().reindex(ids).to_numpy(float)
    persons = np.where(known < SMALLEST, np.nan, known)
    name, unit, numbers = word(str(values["group"])), N_("persons"), persons
    if values["share"]:
        grouping = people[people["dimension"] == rows["dimension"].iloc[0]]
        everybody = grouping.groupby("zone")["persons"].sum().reindex(ids).to_numpy(float)
        unit, numbers = "%", 100 * persons / np.where(everybody > 0, everybody, np.nan)
    source = rows["source_id"].iloc[0]
    field = Field(name, unit, "zones", ids, numbers.astype("float32"), source=source)
    return layer_of("zone_group", TITLE, field, scale_name="magma-reversed", breaks=_breaks(numbers))


def _breaks(numbers: np.ndarray) -> tuple[float, ...]:
    known = numbers[np.isfinite(numbers)]
    limits = np.unique(np.round(np.quantile(known, np.linspace(0, 1, 6)))) if known.size else np.empty(0)
    return tuple(float(v) for v in limits) if limits.size > 1 else ()
