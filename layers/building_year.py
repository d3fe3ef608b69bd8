"""When each building was built, in the classes that Swedish building history is told by."""

from dataclasses import replace

from twin.api import N_, YEAR, City, Layer, field_of, layer_of

TITLE = N_("Year of construction")
GROUP = N_("Buildings")
BREAKS = (1600, 1850, 1880, 1910, 1930, 1945, 1960, 1975, 1990, 2005, 2030)


def make(city: City) -> Layer | None:
    """Return the layer, None where no building says when it was built."""
    field = replace(field_of(city, "buildings", "year"), unit=YEAR)
    if not len(field.values) or field.values[field.values == field.values].size == 0:
        return None
    return layer_of("building_year", TITLE, field, scale_name="viridis", breaks=BREAKS)
