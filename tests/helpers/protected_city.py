"""A small city whose people need protection, and a chain of the models that speak of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from small_cities import small_city

from twin.chain.chain import Chain
from twin.chain.registry import MODELS

if TYPE_CHECKING:
    from twin.city.city import City

PARTS = {name: MODELS[name] for name in ("reach", "segregation", "exposure")}


def protected_city(classification="internal", synthetic=False) -> City:
    """Return a city whose people are protected; in zone z0 live three of group c."""
    city = small_city(3)
    more = pd.DataFrame(
        [{"id": f"{z}|c", "source_id": "test", "zone": z, "dimension": "origin", "group": "c", "persons": n}
         for z, n in (("z0", 3.0), ("z1", 30.0))]
    )  # fmt: skip
    sources = pd.DataFrame(
        {"id": ["test"], "title": ["Survey"], "classification": [classification], "licence": ["own"], "owner": ["Me"]}
    )
    people = pd.concat([city.population, more], ignore_index=True)
    roads = city.paths[["id", "from_node", "to_node", "length", "geometry"]].assign(source_id="test")
    roads["aadt"] = np.random.default_rng(1).choice([200.0, 900.0, 3000.0, 7000.0, 15_000.0], len(roads))
    city = city.replaced(population=people, sources=sources, roads=roads)
    return dataclasses.replace(city, synthetic=synthetic)


def protected_chain(classification="internal") -> Chain:
    """Return a chain over the city."""
    return Chain(protected_city(classification), models=PARTS)
