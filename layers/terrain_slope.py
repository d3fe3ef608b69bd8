"""How steep the ground is (Horn 1981, doi:10.1109/PROC.1981.11918)."""

import numpy as np

from twin.api import N_, City, Field, Grid, Layer, layer_of

TITLE = N_("Slope of the ground")
GROUP = N_("Ground")


def make(city: City) -> Layer | None:
    """Return the layer, None without terrain."""
    ground = city.terrain
    if ground is None or min(ground.heights.shape) < 3:
        return None
    percent = slope(ground.heights, abs(ground.transform[0]), abs(ground.transform[4]))
    rows, columns = ground.heights.shape
    places = Grid(rows, columns, ground.transform)
    none = np.empty(0, dtype=object)
    field = Field(N_("Slope"), "%", "grid", none, percent.ravel(), source=ground.source_id, places=places)
    return layer_of("terrain_slope", TITLE, field, scale_name="magma-reversed", breaks=(0, 2, 5, 8, 12, 20, 35, 100))


def slope(heights: np.ndarray, wide: float, high: float) -> np.ndarray:
    """Return the slope [%] of each cell from its eight neighbours, third-order differences after Horn; nan at the edge.

    A plane that rises 3 m in 100 m eastwards has a slope of 3 % everywhere.
    """
    z = heights.astype(float)
    east = (z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:]) - (z[:-2, :-2] + 2 * z[1:-1, :-2] + z[2:, :-2])
    north = (z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:]) - (z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:])
    found = np.full(z.shape, np.nan, dtype=np.float32)
    found[1:-1, 1:-1] = 100 * np.hypot(east / (8 * wide), north / (8 * high))
    return found
