"""What OpenStreetMap tags mean for the twin: lengths, building use and height, ground cover, places.

Pure functions of a mapping of tags; the tables of assumptions stand here so that they can be printed. Keys and
values follow the OpenStreetMap wiki (Map features; Key:height; Simple 3D Buildings).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FEET = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(?:'|′|ft|feet|foot)\s*(?:(\d+(?:[.,]\d+)?)\s*(?:\"|''|″|in)?)?$")
_METRES = re.compile(r"^[~≈]?\s*([+-]?\d+(?:[.,]\d+)?)\s*(?:m|metre|metres|meter|meters)?\.?$")
_RANGE = re.compile(r"\s*(?:;|(?<=\d)\s*[-–]\s*(?=\d))\s*")

_DATE = re.compile(r"^[~≈]?\s*(\d{4})(?:-\d{2}(?:-\d{2})?)?$")

STOREY = 3.0
"""Floor to floor [m] where nothing else is said: homes; assumption."""
STOREY_BY_USE = {"office": 3.6, "retail": 3.6, "school": 3.6, "hospital": 3.6, "public": 3.6, "hotel": 3.3}
"""Floor to floor [m] of houses that are built higher; assumption."""
ROOF_STOREY = 2.5
"""Height of a storey under the roof [m]; assumption."""
MAX_HEIGHT = 900.0
"""A higher building [m] is taken for a slip of the pen."""

DEFAULT_HEIGHTS = {
    "": 9.0, "residential": 9.0, "apartments": 15.0, "house": 6.0, "office": 15.0, "retail": 6.0, "industrial": 8.0,
    "school": 9.0, "preschool": 5.0, "hospital": 15.0, "public": 12.0, "church": 15.0, "hotel": 18.0, "culture": 12.0,
    "sport": 9.0, "transport": 8.0, "garage": 3.0, "shed": 2.5, "farm": 6.0, "utility": 4.0, "roof": 4.0,
}  # fmt: skip
"""Height [m] by kind of building where neither height nor floors are mapped; assumption."""

_HOUSE = ("house", "detached", "semidetached_house", "terrace", "bungalow", "cabin", "static_caravan", "villa")
_BUILDING_USE = {
    **dict.fromkeys(("apartments", "residential", "dormitory", *_HOUSE), "residential"),
    **dict.fromkeys(("office", "commercial", "tower"), "office"),
    **dict.fromkeys(("retail", "shop", "supermarket", "kiosk", "mall"), "retail"),
    **dict.fromkeys(("industrial", "warehouse", "factory", "manufacture", "hangar"), "industrial"),
    **dict.fromkeys(("school", "university", "college"), "school"),
    **dict.fromkeys(("kindergarten", "childcare"), "preschool"),
    **dict.fromkeys(("hospital", "clinic"), "hospital"),
    **dict.fromkeys(("civic", "public", "government", "townhall", "fire_station", "palace", "military"), "public"),
    **dict.fromkeys(
        ("church", "chapel", "cathedral", "mosque", "synagogue", "temple", "religious", "shrine"), "church"
    ),
    **dict.fromkeys(("hotel", "hostel"), "hotel"),
    **dict.fromkeys(("museum", "theatre", "arts_centre", "castle"), "culture"),
    **dict.fromkeys(("sports_hall", "sports_centre", "stadium", "grandstand", "riding_hall", "pavilion"), "sport"),
    **dict.fromkeys(("train_station", "transportation", "bridge"), "transport"),
    **dict.fromkeys(("garage", "garages", "carport", "parking"), "garage"),
    **dict.fromkeys(("shed", "hut", "outbuilding", "allotment_house", "boathouse", "sauna"), "shed"),
    **dict.fromkeys(("farm", "barn", "stable", "cowshed", "sty", "greenhouse", "farm_auxiliary", "silo"), "farm"),
    **dict.fromkeys(("service", "transformer_tower", "water_tower", "storage_tank", "digester"), "utility"),
    **dict.fromkeys(("roof", "canopy"), "roof"),
}
_AMENITY_USE = {
    **dict.fromkeys(("school", "university", "college", "music_school"), "school"),
    **dict.fromkeys(("kindergarten", "childcare"), "preschool"),
    **dict.fromkeys(("hospital", "clinic", "doctors", "nursing_home"), "hospital"),
    **dict.fromkeys(
        ("townhall", "courthouse", "police", "fire_station", "embassy", "library", "post_office", "community_centre"),
        "public",
    ),
    **dict.fromkeys(("theatre", "cinema", "arts_centre", "nightclub", "concert_hall"), "culture"),
    **dict.fromkeys(("restaurant", "cafe", "fast_food", "pub", "bar", "bank", "pharmacy", "marketplace"), "retail"),
    "place_of_worship": "church",
    "parking": "garage",
    "bus_station": "transport",
    "ferry_terminal": "transport",
}
_NO_BUILDING = {"no", "none", "proposed", "demolished", "razed", "destroyed", "collapsed", "planned"}
_UNFINISHED = {"construction", "ruins"}

GROUND_FACTORS = {
    "water": 0.0, "quay": 0.0, "park": 0.7, "green": 1.0, "forest": 1.0, "square": 0.0, "paved": 0.0, "rail": 0.7,
}  # fmt: skip
"""Ground factor G by kind of cover, CNOSSOS-EU table 2.5.a (lawn of a park: compacted, 0.7; ballast 0.7)."""

_COVER: Mapping[str, Mapping[str, str]] = {
    "natural": {
        "water": "water", "wood": "forest", "scrub": "green", "heath": "green", "grassland": "green",
        "wetland": "green",
    },
    "waterway": {"riverbank": "water", "dock": "water"},
    "landuse": {
        "reservoir": "water", "basin": "water", "forest": "forest", "grass": "green", "meadow": "green",
        "cemetery": "green", "allotments": "green", "orchard": "green", "vineyard": "green", "flowerbed": "green",
        "farmland": "green", "plant_nursery": "green", "recreation_ground": "park", "village_green": "park",
        "railway": "rail",
    },
    "leisure": {
        "park": "park", "garden": "park", "playground": "park", "dog_park": "park", "pitch": "green",
        "golf_course": "green", "swimming_pool": "water",
    },
    "amenity": {"grave_yard": "green", "marketplace": "square", "fountain": "water", "parking": "paved"},
    "place": {"square": "square"},
    "man_made": {"pier": "quay", "quay": "quay", "breakwater": "quay"},
    "aeroway": {"apron": "paved", "runway": "paved"},
}  # fmt: skip
_HARD = ("asphalt", "concrete", "paved", "paving_stones", "artificial_turf", "tartan", "sett", "acrylic", "clay")

_PLACES: Mapping[str, Mapping[str, str]] = {
    "railway": {
        "station": "station", "halt": "station", "tram_stop": "stop", "subway_entrance": "metro_entrance",
    },
    "amenity": {
        "school": "school", "kindergarten": "kindergarten", "childcare": "kindergarten", "university": "university",
        "college": "university", "library": "library", "hospital": "hospital", "clinic": "health_centre",
        "doctors": "health_centre", "pharmacy": "pharmacy", "bus_station": "station", "ferry_terminal": "ferry",
        "theatre": "culture", "cinema": "culture", "arts_centre": "culture", "community_centre": "community",
        "social_facility": "community", "place_of_worship": "worship", "police": "police",
        "fire_station": "fire_station", "townhall": "public", "courthouse": "public", "post_office": "public",
        "marketplace": "square",
    },
    "leisure": {
        "park": "park", "playground": "playground", "sports_centre": "sport", "sports_hall": "sport",
        "stadium": "sport", "swimming_area": "sport",
    },
    "place": {
        "square": "square", "suburb": "district", "neighbourhood": "district", "quarter": "district",
        "borough": "district", "town": "district", "village": "district", "hamlet": "district",
    },
    "shop": {"supermarket": "supermarket", "mall": "mall", "department_store": "mall", "convenience": "shop"},
    "tourism": {"museum": "culture", "gallery": "culture"},
    "healthcare": {
        "hospital": "hospital", "clinic": "health_centre", "doctor": "health_centre",
        "centre": "health_centre",
    },
    "highway": {"bus_stop": "stop"},
}  # fmt: skip

_COVER_KEYS = frozenset((*_COVER, "area:highway", "highway"))
_PLACE_KEYS = frozenset((*_PLACES, "public_transport", "addr:housenumber"))


def metres(text: str) -> float:
    """Read a length as people map it: ``12``, ``12 m``, ``12,5``, ``40'``, ``6'4"``; nan when it is none.

    Of a range or list (``10-12``, ``10;12``) the largest counts.

    Returns
    -------
    float [m]

    Examples
    --------
    >>> metres("40'")
    12.192
    """
    parts = [part for part in _RANGE.split(text.strip().lower()) if part]
    if len(parts) > 1:
        values = [value for value in map(metres, parts) if not math.isnan(value)]
        return max(values, default=math.nan)
    if not parts:
        return math.nan
    feet = _FEET.match(parts[0])
    if feet:
        inches = float((feet[2] or "0").replace(",", "."))
        return round((float(feet[1].replace(",", ".")) + inches / 12) * 0.3048, 4)
    match = _METRES.match(parts[0])
    return float(match[1].replace(",", ".")) if match else math.nan


def count(text: str) -> float:
    """Read a number of floors; nan when it is none or out of reason."""
    value = metres(text) if text and not re.search(r"[a-zA-Z'′]", text) else math.nan
    return value if 0 <= value <= 250 else math.nan


def is_building(tags: Mapping[str, str]) -> bool:
    """Whether the tags name a standing building (its outline)."""
    return tags.get("building", "no") not in _NO_BUILDING


def is_part(tags: Mapping[str, str]) -> bool:
    """Whether the tags name a part of a building and not a building itself."""
    return tags.get("building:part", "no") not in _NO_BUILDING and not is_building(tags)


def left_out(tags: Mapping[str, str]) -> str:
    """Say why a mapped building is not a body above ground: ``underground``, ``unfinished`` or ""."""
    if tags.get("building") in _UNFINISHED or tags.get("building:part") in _UNFINISHED:
        return "unfinished"
    layer = metres(tags.get("layer", ""))
    if tags.get("location") == "underground" or (layer < 0 and not tags.get("building:levels", "").strip("0")):
        return "underground"
    return ""


def building_year(tags: Mapping[str, str]) -> float:
    """Return the year in which a building was finished; nan where only a decade or century is mapped, or nothing.

    Examples
    --------
    >>> building_year({"start_date": "1895-10"}), building_year({"start_date": "1890s"})
    (1895.0, nan)
    """
    for key in ("start_date", "building:start_date", "year_of_construction", "building:year"):
        match = _DATE.match(tags.get(key, "").strip())
        if match:
            return float(match[1])
    return math.nan


def building_use(tags: Mapping[str, str]) -> str:
    """Return the use of a building, "" when it is not mapped."""
    value = tags.get("building", "")
    if value in ("", "yes", "no"):
        value = tags.get("building:part", "")
    use = _BUILDING_USE.get(value, "")
    if use and use != "utility":
        return use
    amenity = _AMENITY_USE.get(tags.get("amenity", ""), "")
    if amenity:
        return amenity
    if tags.get("tourism") in ("hotel", "hostel"):
        return "hotel"
    if tags.get("tourism") in ("museum", "gallery"):
        return "culture"
    for key, meant in (("shop", "retail"), ("office", "office"), ("healthcare", "hospital")):
        if tags.get(key, "no") not in ("no", "vacant"):
            return meant
    return use


def _height_kind(tags: Mapping[str, str], use: str) -> str:
    value = tags.get("building", "")
    if value == "apartments":
        return "apartments"
    return "house" if value in _HOUSE else use


def building_height(tags: Mapping[str, str], use: str) -> tuple[float, float, float, str]:
    """Return (top above ground [m], underside above ground [m], floors or nan, where the height is from).

    ``height`` counts first (the top, roof included), then ``building:levels`` × storey height + the roof, then
    :data:`DEFAULT_HEIGHTS`. The last item is ``"height"``, ``"levels"`` or ``"default"``.
    """
    storey = STOREY_BY_USE.get(use, STOREY)
    floors = count(tags.get("building:levels", ""))
    attic = count(tags.get("roof:levels", ""))
    base = metres(tags.get("min_height", ""))
    if math.isnan(base):
        lowest = count(tags.get("building:min_level", ""))
        base = 0.0 if math.isnan(lowest) else lowest * storey
    base = max(base, 0.0)
    top = metres(tags.get("height", "") or tags.get("building:height", ""))
    origin = "height"
    if not 0 < top <= MAX_HEIGHT:
        roof = metres(tags.get("roof:height", ""))
        if not 0 <= roof <= MAX_HEIGHT:
            roof = 0.0 if math.isnan(attic) else attic * ROOF_STOREY
        known = floors > 0 or (attic > 0 and not math.isnan(floors))
        top = floors * storey + roof if known else math.nan
        origin = "levels"
    if math.isnan(top):
        top, origin = base + DEFAULT_HEIGHTS[_height_kind(tags, use)], "default"
    if base >= top:
        base = 0.0
    total = floors if math.isnan(attic) else (0.0 if math.isnan(floors) else floors) + attic
    return top, base, total if total > 0 else math.nan, origin


def address(tags: Mapping[str, str]) -> str:
    """Return street and house number, "" when not mapped."""
    street = tags.get("addr:street", "") or tags.get("addr:place", "")
    number = tags.get("addr:housenumber", "")
    return f"{street} {number}".strip() if number else ""


def cover_kind(tags: Mapping[str, str]) -> str:
    """Return the kind of ground cover of an area (:data:`twin.city.schema.COVER_KINDS`), "" for none."""
    if _COVER_KEYS.isdisjoint(tags):
        return ""
    if is_building(tags) or tags.get("tunnel", "no") not in ("no", "") or tags.get("location") == "underground":
        return ""
    if tags.get("area:highway"):
        return "square" if tags["area:highway"] in ("pedestrian", "footway") else "paved"
    if tags.get("highway") and (tags.get("area") == "yes" or tags.get("type") == "multipolygon"):
        return "square" if tags["highway"] in ("pedestrian", "footway") else "paved"
    for key, meanings in _COVER.items():
        kind = meanings.get(tags.get(key, ""), "")
        if kind:
            if key == "amenity" and kind == "paved" and tags.get("parking", "surface") != "surface":
                continue
            hard = tags.get("leisure") == "pitch" and tags.get("surface") in _HARD
            return "paved" if hard else kind
    return ""


def place_kind(tags: Mapping[str, str]) -> str:
    """Return the kind of place of a point or area, "" when it is none that the twin keeps."""
    if _PLACE_KEYS.isdisjoint(tags):
        return ""
    for key, meanings in _PLACES.items():
        kind = meanings.get(tags.get(key, ""), "")
        if kind in ("stop", "station") and tags.get("station") == "subway":
            return "station"
        if kind:
            return kind
    if tags.get("public_transport") == "station":
        return "station"
    vehicle = any(tags.get(key) == "yes" for key in ("bus", "tram", "trolleybus"))
    if tags.get("public_transport") == "platform" and vehicle and "highway" not in tags and "railway" not in tags:
        return "stop"
    return "address" if "addr:housenumber" in tags and not is_building(tags) else ""


def barrier_kind(tags: Mapping[str, str]) -> str:
    """Return ``noise_screen`` or ``wall`` for what stands free and keeps sound off, "" for all else."""
    kind = tags.get("barrier", "")
    if kind == "noise_barrier" or "noise_barrier" in (tags.get("wall"), tags.get("wall:type")):
        return "noise_screen"
    return "wall" if kind in ("wall", "city_wall") else ""
