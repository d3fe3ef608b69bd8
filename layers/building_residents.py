"""How many people live in each building."""

from dataclasses import replace

from twin.api import N_, City, Layer, field_of, layer_of

TITLE = N_("Residents per building")
GROUP = N_("People")


def make(city: City) -> Layer | None:
    """Return the layer, None where no residents are placed on buildings."""
    field = replace(field_of(city, "buildings", "residents"), unit=N_("persons"))
    return layer_of("building_residents", TITLE, field, breaks=(1, 10, 20, 40, 60, 80, 120))
