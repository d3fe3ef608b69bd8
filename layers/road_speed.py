"""The speed limit on each street."""

from twin.api import N_, City, Layer, field_of, layer_of

TITLE = N_("Speed limit")
GROUP = N_("Traffic")


def make(city: City) -> Layer | None:
    """Return the layer, None where no street says its speed limit."""
    return layer_of("road_speed", TITLE, field_of(city, "roads", "speed"), breaks=(5, 25, 35, 45, 55, 75, 115))
