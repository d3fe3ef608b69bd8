"""Where what is known of each building comes from."""

import numpy as np

from twin.api import N_, City, Field, Layer, Scale, scale

TITLE = N_("Source of the buildings")
GROUP = N_("Data")


def make(city: City) -> Layer | None:
    """Return the layer, None without buildings."""
    rows = city.buildings
    if not len(rows):
        return None
    names, codes, counts = np.unique(rows["source_id"].astype(str), return_inverse=True, return_counts=True)
    colours = scale("okabe-ito").colours
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(names), dtype=int)
    rank[order] = np.minimum(np.arange(len(names)), len(colours) - 1)
    titles = {int(rank[i]): city.source(names[i])["title"] or names[i] or N_("Source unknown") for i in order[::-1]}
    values = rank[codes].astype("float32")
    field = Field(
        TITLE, "", "buildings", rows["id"].to_numpy(object), values, source=names[order[0]], categories=titles
    )
    shown = Scale("okabe-ito", colours[: len(titles)], "categories")
    return Layer("data_source", TITLE, field, shown, 0.0, float(max(len(titles) - 1, 1)))
