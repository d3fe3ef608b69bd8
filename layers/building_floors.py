"""How many floors each building has."""

from dataclasses import replace

from twin.api import N_, City, Layer, field_of, layer_of

TITLE = N_("Floors")
GROUP = N_("Buildings")


def make(city: City) -> Layer | None:
    """Return the layer, None where no building says its floors."""
    field = replace(field_of(city, "buildings", "floors"), unit=N_("floors"))
    return layer_of("building_floors", TITLE, field, scale_name="cividis", breaks=(1, 2, 3, 4, 5, 6, 8, 12))
