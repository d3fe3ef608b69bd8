"""How high the ground lies."""

import numpy as np

from twin.api import N_, City, Field, Grid, Layer, layer_of

TITLE = N_("Height of the ground")
GROUP = N_("Ground")


def make(city: City) -> Layer | None:
    """Return the layer, None without terrain."""
    ground = city.terrain
    if ground is None or not np.isfinite(ground.heights).any():
        return None
    rows, columns = ground.heights.shape
    places = Grid(rows, columns, ground.transform)
    values = ground.heights.astype("float32").ravel()
    none = np.empty(0, dtype=object)
    field = Field(N_("Height of the ground"), "m", "grid", none, values, source=ground.source_id, places=places)
    return layer_of("terrain_height", TITLE, field, scale_name="cividis", isolines=True, breaks=_breaks(values))


def _breaks(values: np.ndarray) -> tuple[float, ...]:
    """Return round heights, about ten of them."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 50, 100, 500) if (high - low) / s <= 12 or s == 500)
    first = np.floor(low / step) * step
    limits = np.arange(first, high + step, step)
    return tuple(float(v) for v in limits) if limits.size > 1 else (first, first + step)
