"""What the attributes of city objects say, under the names that files commonly use."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.cityjson.records import Thing

HEIGHT = ("measuredHeight", "height", "Height", "HEIGHT", "building:height", "hoogte", "BYGG_H", "Hoehe")
GROUND = (
    "b3_h_maaiveld", "h_maaiveld", "rf_h_ground", "TerrainHeight", "ground", "groundHeight", "MARK_Z", "baseheight",
)  # fmt: skip
FLOORS = (
    "storeysAboveGround", "storeys", "floors", "numberOfFloors", "num_floors", "b3_bouwlagen", "building:levels",
    "AnzahlDerOberirdischenGeschosse",
)  # fmt: skip
YEAR = (
    "yearOfConstruction", "oorspronkelijkbouwjaar", "b3_bouwjaar", "bouwjaar", "year_of_construction",
    "construction_year", "dateOfConstruction", "start_date", "Baujahr", "byggår", "BYGGAR",
)  # fmt: skip
NAME = ("name", "gml:name", "names.primary", "Name", "NAME", "naam", "namn")
USE = ("function", "usage", "class", "use", "building:use", "gebruiksdoel", "b3_gebruiksdoel", "Gebaeudefunktion")
ADDRESS = ("address", "addressLine", "adress", "adres", "Address")
DWELLINGS = ("dwellings", "numberOfDwellings", "numberOfApartments", "aantal_verblijfsobjecten")

_DATED = re.compile(r"^\s*(\d{3,4})(?:\.0+)?(?:-\d{1,2}(?:-\d{1,2})?(?:T.*)?)?Z?\s*$")
YEARS = (500, 2100)
"""Years of construction that are believed; some registers write 1005 or 9999 where they do not know."""
_NUMBER = re.compile(r"^\s*([+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s*(?:m|meter|metre|metres)?\s*$")

_USES = (
    ("school", r"school|univers|educat|bildung|onderwijs|kindergarten|utbildning"),
    ("hospital", r"hospital|clinic|health|krankenhaus|gezondheid|sjukhus"),
    ("religious", r"church|chapel|mosque|synagogue|temple|religio|kirche|kerk|kyrka"),
    ("hotel", r"hotel|hostel|logies"),
    ("garage", r"garage|parking|carport|parkhaus"),
    ("retail", r"retail|shop|store|winkel|handel|butik|restaurant"),
    ("office", r"office|commercial|business|kantoor|b(ü|ue)ro|kontor|administration"),
    ("industrial", r"industr|factory|warehouse|manufactur|lager"),
    ("sport", r"sport|stadium|gym"),
    ("culture", r"museum|theat|culture|library|cinema"),
    ("public", r"public|civic|government|town ?hall|fire|police|bijeenkomst"),
    ("residential", r"resid|habitation|dwelling|apartment|house|wohn|woon|bostad|villa"),
)
_CODES = {
    "1000": "residential", "31001_1000": "residential", "31001_2000": "office", "31001_2463": "garage",
    "31001_3000": "public", "31001_3020": "school", "31001_3040": "religious", "31001_3050": "hospital",
}  # fmt: skip

_COVER_WORDS = (
    ("water", r"water|river|lake|canal|harbou?r|sea\b|gracht|vatten"),
    ("paved", r"parkeer|parking|parkering|(?<!on)verhard|asphalt|asfalt|(?<!un)paved|rijbaan|voetpad|fietspad"),
    ("rail", r"rail|spoor|gleis|järnväg|jarnvag"),
    ("forest", r"forest|wood|\bbos\b|wald|skog|houtwal|gemengd bos|loofbos"),
    ("park", r"\bpark\b|recreation|garden|tuin"),
    ("square", r"square|plein|platz|\btorg\b|voetgangersgebied|pedestrian"),
    ("green", r"gras|grass|groen|green|meadow|heester|struik|plant|onverhard|unpaved|crop|agricult|akker|weide"),
)
_COVER_DEFAULT = {
    "Road": "paved", "TransportSquare": "square", "Railway": "rail", "Waterway": "water", "WaterBody": "water",
    "PlantCover": "green",
}  # fmt: skip
_COVER_MAY = {
    "Road": ("square", "rail", "paved"),
    "TransportSquare": ("square", "paved"),
    "PlantCover": ("forest", "park", "green"),
    "LandUse": ("water", "paved", "rail", "forest", "park", "square", "green"),
}
_COVER_SAID = (
    "class", "function", "usage", "name", "bgt_fysiekvoorkomen", "plus_fysiekvoorkomen", "bgt_functie", "bgt_type",
    "type", "landuse", "3df_class",
)  # fmt: skip


def number(attributes: Mapping[str, Any], names: tuple[str, ...]) -> float:
    """Return the first attribute of these names that is a number (also ``"12.5"``, ``"12,5 m"``), else nan."""
    for name in names:
        value = attributes.get(name)
        if value is None:
            continue
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, str):
            match = _NUMBER.match(value)
            value = float(match[1].replace(",", ".")) if match else None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                found = float(value)
            except OverflowError:
                continue
            if math.isfinite(found):
                return found
    return math.nan


def year(attributes: Mapping[str, Any]) -> float:
    """Return the year of construction, also from a date such as ``"1965-05-01"``; nan where it cannot be one.

    Examples
    --------
    >>> year({"oorspronkelijkbouwjaar": 1895}), year({"dateOfConstruction": "1965-05-01"})
    (1895.0, 1965.0)
    """
    for name in YEAR:
        value = attributes.get(name)
        value = value.get("value") if isinstance(value, dict) else value
        if value is None or isinstance(value, (bool, list)):
            continue
        match = _DATED.match(str(value))
        if match and YEARS[0] <= int(match[1]) <= YEARS[1]:
            return float(match[1])
    return math.nan


def text(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first attribute of these names that says something as text, else ""."""
    for name in names:
        value = attributes.get(name)
        if value is None:
            continue
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def use(attributes: Mapping[str, Any]) -> str:
    """Return the use of a building in the words of the city's tables, else as the file writes it.

    Examples
    --------
    >>> use({"function": "residential building"})
    'residential'
    """
    said = text(attributes, USE)
    if not said:
        return ""
    if said in _CODES:
        return _CODES[said]
    for word, pattern in _USES:
        if re.search(pattern, said, re.IGNORECASE):
            return word
    return "" if said.isdigit() else said


def address(thing: Thing) -> str:
    """Return street and number from the address object (1.0–2.0 write it differently) or an attribute."""
    written = thing.address
    if isinstance(written, list):
        written = written[0] if written else None
    if isinstance(written, dict):
        street = text(written, ("ThoroughfareName", "thoroughfareName", "street", "Street"))
        house = text(written, ("ThoroughfareNumber", "thoroughfareNumber", "houseNumber", "number"))
        if street:
            return f"{street} {house}".strip()
    return text(thing.attributes or {}, ADDRESS)


def cover_kind(thing: Thing) -> str:
    """Return the kind of ground cover of an object, "" when none of ours fits."""
    default = _COVER_DEFAULT.get(thing.type, "")
    allowed = _COVER_MAY.get(thing.type, ())
    said = " ".join(text(thing.attributes or {}, (name,)) for name in _COVER_SAID)
    for kind, pattern in _COVER_WORDS:
        if kind in allowed and re.search(pattern, said, re.IGNORECASE):
            return kind
    return default
