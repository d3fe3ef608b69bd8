"""How high each building stands above its ground."""

from twin.api import N_, City, Layer, field_of, layer_of

TITLE = N_("Building height")
GROUP = N_("Buildings")


def make(city: City) -> Layer | None:
    """Return the layer, None without buildings."""
    return layer_of("building_height", TITLE, field_of(city, "buildings", "height"), breaks=(0, 6, 12, 18, 24, 30, 45))
