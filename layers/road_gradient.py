"""How steep each street is, up or down."""

from dataclasses import replace

import numpy as np

from twin.api import N_, City, Layer, field_of, layer_of

TITLE = N_("Street gradient")
GROUP = N_("Traffic")


def make(city: City) -> Layer | None:
    """Return the layer, None where no street says its gradient."""
    field = field_of(city, "roads", "gradient")
    steepness = replace(field, values=np.abs(field.values))
    return layer_of("road_gradient", TITLE, steepness, scale_name="cividis", breaks=(0, 1, 2, 4, 6, 8, 12))
