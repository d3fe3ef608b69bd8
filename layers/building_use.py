"""What each building is used for."""

from twin.api import N_, City, Layer, layer_by_category

TITLE = N_("Building use")
GROUP = N_("Buildings")


def make(city: City) -> Layer | None:
    """Return the layer, None where no building says its use."""
    return layer_by_category("building_use", TITLE, city, "buildings", "use")
