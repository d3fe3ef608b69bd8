"""Reference systems: what a file declares, which metric system a project uses, how to get from one to the other.

Coordinates are always (x, y) = (east, north) or (longitude, latitude), whatever axis order an authority
prints; heights are carried along unchanged, the vertical part of a compound system is only named.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pyproj
import shapely
from pyproj.exceptions import ProjError

from twin.errors import BadInput, UnknownCrs

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.reading import ReadOptions

Box = tuple[float, float, float, float]

LONLAT = "EPSG:4326"
STOCKHOLM = "EPSG:3011"
SWEDEN = "EPSG:3006"

_STOCKHOLM_BOX = (17.0, 58.65, 19.35, 60.35)
_SWEDEN = shapely.Polygon(
    [
        (12.4, 56.35), (12.72, 55.95), (12.8, 55.3), (14.4, 55.3), (16.7, 56.1), (19.6, 57.2), (19.6, 58.5),
        (19.25, 60.2), (18.7, 61.2), (21.6, 63.6), (24.25, 65.6), (23.6, 67.9), (20.6, 69.07), (18.1, 68.55),
        (15.3, 66.2), (14.5, 64.5), (12.1, 63.6), (12.3, 61.1), (11.6, 59.6), (10.9, 58.9), (11.1, 58.0),
    ]
)  # fmt: skip
_NOT_TRUE_METRES = {3857, 3395, 3785, 900913, 54004, 102100}

_CODE = re.compile(r"(?:EPSG|epsg)[:/]+(?:[\d.]*[:/])?(\d{3,6})(?!\d)")
_PAIR = re.compile(r"^(?:EPSG:)?(\d{3,6})\s*\+\s*(?:EPSG:)?(\d{3,6})$", re.IGNORECASE)
_ADV_HEIGHTS = {
    "DE_DHHN2016_NH": 7837, "DE_DHHN92_NH": 5783, "DE_DHHN12_NOH": 7699, "DE_DHHN85_NOH": 7699,
}  # fmt: skip
_SHORT_HEIGHTS = {"RH2000": "RH 2000", "RH70": "RH 70", "RH00": "RH 00"}


@dataclass(frozen=True)
class Placement:
    """Where a file's coordinates lie and where they shall go.

    ``declared`` as the file (or the user) says it, ``source`` its horizontal part, ``target`` the metric system
    of the City, ``height_system`` the vertical part by name ("" when unknown), ``swapped`` whether the file has
    its coordinates as (north, east).
    """

    declared: str
    source: str
    target: str
    height_system: str
    swapped: bool = False


def declared(text: str) -> str:
    """Write a declared system in the short form, codes kept.

    Parameters
    ----------
    text : str
        URN, URL, ``EPSG:n``, a bare code, a pair ``n+m``, the German ``urn:adv:crs:…``, WKT or PROJ text.

    Returns
    -------
    str
        ``"EPSG:7415"``, ``"EPSG:3068+5783"``; texts without a code come back trimmed.

    Examples
    --------
    >>> declared("urn:ogc:def:crs,crs:EPSG:6.12:3068,crs:EPSG:6.12:5783")
    'EPSG:3068+5783'
    """
    text = text.strip()
    if text.isdigit():
        return f"EPSG:{int(text)}"
    pair = _PAIR.match(text)
    if pair:
        return f"EPSG:{int(pair[1])}+{int(pair[2])}"
    if "CRS84" in text and "[" not in text and len(text) < 80:
        return "OGC:CRS84h" if "CRS84h" in text else "OGC:CRS84"
    if text.lower().startswith("urn:adv:crs:"):
        return _from_adv(text)
    if not re.match(r"(?i)^(urn:|https?:|crs:|epsg\b)", text):
        return text
    codes = [str(int(code)) for code in _CODE.findall(text)]
    if not codes or any(code == "0" for code in codes):
        return text
    return "EPSG:" + "+".join(codes[:2])


def _from_adv(text: str) -> str:
    """Read the codes of the German surveys, e.g. ``urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH``."""
    horizontal_part, _, vertical_part = text.split(":")[-1].partition("*")
    match = re.match(r"ETRS89_UTM(\d{2})$", horizontal_part)
    if not match:
        return text
    height = _ADV_HEIGHTS.get(vertical_part)
    return f"EPSG:258{match[1]}" + (f"+{height}" if height else "")


@lru_cache(maxsize=128)
def _system(text: str) -> pyproj.CRS:
    short = declared(text)
    if short.upper().startswith("SWEREF 99"):
        short = "SWEREF99" + short[9:]
    try:
        if not short:
            raise UnknownCrs("No reference system is named; write e.g. EPSG:3011.")
        return pyproj.CRS.from_user_input(short)
    except (ProjError, ValueError, TypeError) as error:
        shown = short if len(short) <= 80 else short[:77] + "…"
        raise UnknownCrs("{crs}: no such reference system; write e.g. EPSG:3011.", crs=shown) from error


@lru_cache(maxsize=128)
def _flat(text: str) -> pyproj.CRS:
    """Return the horizontal part as a system of its own."""
    system = _system(text)
    if system.is_compound:
        system = system.sub_crs_list[0]
    if system.is_bound and system.source_crs is not None:
        system = system.source_crs
    if system.is_engineering or not (system.is_projected or system.is_geographic):
        raise UnknownCrs(
            "{crs} is a local system without a place on Earth; name the one its coordinates are in, e.g. EPSG:3011.",
            crs=system.name,
        )
    return system.to_2d()


@lru_cache(maxsize=128)
def horizontal(crs_text: str) -> str:
    """Return the horizontal part as ``"EPSG:n"``.

    Parameters
    ----------
    crs_text : str
        Anything :func:`declared` takes.

    Raises
    ------
    UnknownCrs
        When it is unknown, local (engineering, geocentric) or no EPSG code fits it.

    Examples
    --------
    >>> horizontal("EPSG:7415")
    'EPSG:28992'
    """
    system = _flat(crs_text)
    code = _epsg(system)
    if code is None:
        raise UnknownCrs("{crs}: this system has no EPSG code; name the nearest one, e.g. EPSG:3011.", crs=system.name)
    return f"EPSG:{code}"


def _epsg(system: pyproj.CRS) -> int | None:
    if system.name == "WGS 84 (CRS84)":
        return 4326
    for confidence in (100, 70, 25):
        code = system.to_epsg(min_confidence=confidence)
        # A weak match can be another system by name alone: it must mean the same coordinates.
        if code is not None and (confidence > 25 or system.equals(pyproj.CRS(code), ignore_axis_order=True)):
            return int(code)
    return None


@lru_cache(maxsize=128)
def vertical(crs_text: str) -> str:
    """Return the name of the vertical part, e.g. ``"NAP"`` or ``"RH 2000"``; "" when there is none."""
    system = _system(crs_text)
    if system.is_compound and len(system.sub_crs_list) > 1:
        name = system.sub_crs_list[1].name.split(" + ")[-1].removesuffix(" height").strip()
        return _SHORT_HEIGHTS.get(name, name)
    return ""


@lru_cache(maxsize=128)
def metric(crs_text: str) -> bool:
    """Say whether coordinates are true metres on a plane (Web Mercator's are not)."""
    system = _flat(crs_text)
    if not system.is_projected or _epsg(system) in _NOT_TRUE_METRES:
        return False
    return all(abs(axis.unit_conversion_factor - 1.0) < 1e-9 for axis in system.axis_info[:2])


def choose(declared_text: str, bbox_lonlat: Box | None) -> str:
    """Choose the metric system of a new project.

    The declared one's horizontal part where it is projected in metres; else by place: SWEREF 99 18 00
    (EPSG:3011) around Stockholm, SWEREF 99 TM (EPSG:3006) elsewhere in Sweden, the UTM zone elsewhere.

    Parameters
    ----------
    declared_text : str
        What the file declares.
    bbox_lonlat : tuple of 4 floats [degrees] or None
        West, south, east, north of the data.

    Returns
    -------
    str
        ``"EPSG:n"``.

    Raises
    ------
    UnknownCrs
        When the declared system is unknown or the place cannot be told.
    """
    if declared_text and metric(declared_text):
        code = _epsg(_flat(declared_text))
        if code is not None:
            return f"EPSG:{code}"
    if bbox_lonlat is None:
        raise UnknownCrs("The file has no coordinates to choose a reference system by; name one, e.g. EPSG:3011.")
    west, south, east, north = bbox_lonlat
    x, y = (west + east) / 2, (south + north) / 2
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        raise BadInput("Coordinates {x:.6g}, {y:.6g} are not longitude and latitude in degrees.", x=x, y=y)
    if _STOCKHOLM_BOX[0] <= x <= _STOCKHOLM_BOX[2] and _STOCKHOLM_BOX[1] <= y <= _STOCKHOLM_BOX[3]:
        return STOCKHOLM
    if _SWEDEN.covers(shapely.Point(x, y)):
        return SWEDEN
    zone = min(int((x + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if y >= 0 else 32700) + zone}"


@lru_cache(maxsize=128)
def describe(crs_text: str, lang: str) -> str:
    """Name a system for people: code and name, e.g. ``"EPSG:3011 – SWEREF 99 18 00"``.

    The names are those of the EPSG register in every language; a text that is no system comes back as it is.
    """
    del lang  # The register has one name per system; callers pass the language as everywhere.
    short = declared(crs_text)
    try:
        name = _system(crs_text).name
    except UnknownCrs:
        return short
    name = re.sub(r"\bSWEREF99\b", "SWEREF 99", name).replace("RH2000", "RH 2000")
    if name == "unknown":
        return short
    return f"{short} – {name}" if short.startswith(("EPSG:", "OGC:")) else name


@lru_cache(maxsize=64)
def transformer(source: str, target: str) -> pyproj.Transformer:
    """Return the way from one system to another, horizontally, (x, y) in and out.

    Raises
    ------
    UnknownCrs
        When one of them is unknown or local.
    """
    return pyproj.Transformer.from_crs(_flat(source), _flat(target), always_xy=True)


def wkt(crs_text: str) -> str:
    """Return the horizontal part as WKT, for libraries that take it."""
    return str(_flat(crs_text).to_wkt())


def box_to(source: str, target: str, box: Box) -> Box:
    """Bring a box (west, south, east, north) to another system, its edges followed."""
    if horizontal_or_text(source) == horizontal_or_text(target):
        return box
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyproj warns for boxes that touch a pole; inf tells us the same.
        west, south, east, north = transformer(source, target).transform_bounds(*box, densify_pts=21)
    return float(west), float(south), float(east), float(north)


def horizontal_or_text(crs_text: str) -> str:
    """Return the horizontal EPSG code, or the text itself where the system has none."""
    try:
        return horizontal(crs_text)
    except UnknownCrs:
        return declared(crs_text)


def swapped(crs_text: str, box: Box) -> bool:
    """Say whether a box makes sense in a system only with its axes exchanged.

    EPSG prints many systems as (north, east) and some writers follow; a box that lies outside the area of use
    as it stands and inside with x and y exchanged was written so.
    """
    area = _flat(crs_text).area_of_use
    if area is None:
        return False
    west, south, east, north = box
    return not _within(crs_text, box, area.bounds) and _within(crs_text, (south, west, north, east), area.bounds)


def outside(crs_text: str, box: Box) -> bool:
    """Say whether a box lies outside the area the system is made for (with a margin of half a degree)."""
    area = _flat(crs_text).area_of_use
    return area is not None and not _within(crs_text, box, area.bounds)


def _within(crs_text: str, box: Box, area: Box, margin: float = 0.5) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    if _flat(crs_text).is_geographic:
        lon, lat = x, y
    else:
        lon, lat = transformer(crs_text, LONLAT).transform(x, y)
    west, south, east, north = area
    if not (south - margin <= lat <= north + margin):
        return False
    if west <= east:
        return bool(west - margin <= lon <= east + margin)
    return bool(lon >= west - margin or lon <= east + margin)


def place(path: Path, file_crs: str | None, box: Box, options: ReadOptions) -> Placement:
    """Decide where a file's coordinates lie and which system its City gets.

    Parameters
    ----------
    path : Path
        Named in errors.
    file_crs : str or None
        What the file declares.
    box : tuple of 4 floats
        West, south, east, north in the file's system.
    options : ReadOptions
        ``crs`` overrides what the file declares, ``target_crs`` is the project's.

    Raises
    ------
    UnknownCrs
        When neither file nor user names a usable system.
    """
    named = (options.crs or file_crs or "").strip()
    if not named:
        raise UnknownCrs("{path}: the file does not say its reference system; name it, e.g. EPSG:3011.", path=path.name)
    turned = swapped(named, box)
    if turned:
        box = (box[1], box[0], box[3], box[2])
    if options.target_crs:
        target = horizontal(options.target_crs)
        if not metric(target):
            raise BadInput("{crs}: a project needs a projected system in metres, e.g. EPSG:3011.", crs=target)
    else:
        target = choose(named, None if metric(named) and _epsg(_flat(named)) else box_to(named, LONLAT, box))
    return Placement(declared(named), horizontal_or_text(named), target, vertical(named), turned)
