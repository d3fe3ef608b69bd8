"""Counted traffic on the streets that have a count."""

from twin.api import N_, City, Layer, field_of, layer_of

TITLE = N_("Counted traffic")
GROUP = N_("Traffic")


def make(city: City) -> Layer | None:
    """Return the layer, None where no street was counted."""
    breaks = (0, 1000, 2500, 5000, 10000, 20000, 40000)
    return layer_of("road_counts", TITLE, field_of(city, "roads", "aadt"), scale_name="magma-reversed", breaks=breaks)
