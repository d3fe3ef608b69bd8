"""How densely people live in each zone."""

import numpy as np

from twin.api import N_, City, Field, Layer, layer_of

TITLE = N_("Residents per hectare")
GROUP = N_("People")


def make(city: City) -> Layer | None:
    """Return the layer, None without zones with people.

    Each grouping of the population adds up to the same people, so the fullest one is counted.
    """
    people = city.population.groupby(["dimension", "zone"])["persons"].sum()
    if people.empty or not len(city.zones):
        return None
    totals = people.groupby("zone").max()
    ids = city.zones["id"].to_numpy(object)
    hectares = city.zones.area.to_numpy() / 10_000.0
    values = (totals.reindex(ids).to_numpy(float) / np.where(hectares > 0, hectares, np.nan)).astype("float32")
    source = city.zones["source_id"].iloc[0]
    field = Field(N_("Residents per hectare"), N_("persons/ha"), "zones", ids, values, source=source)
    return layer_of("zone_density", TITLE, field, scale_name="magma-reversed", breaks=(0, 50, 100, 150, 200, 300, 400))
