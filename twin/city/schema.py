"""The tables of a City: which columns they hold, in which units, and what the columns are called.

One place for readers (what to fill), projects (what to check), the inspector (what to show) and the
data dictionary (what to print).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from twin.text import N_, YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["text", "number", "flag"]

BANDS = (63, 125, 250, 500, 1000, 2000, 4000, 8000)


@dataclass(frozen=True)
class Column:
    """One column: its name in the table, what it holds, its unit and its title for people."""

    name: str
    kind: Kind
    title: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """One table of a City: title, geometry type ("" for none), columns beyond ``id`` and ``source_id``."""

    name: str
    title: str
    geometry: str
    columns: tuple[Column, ...]


def _text(name: str, title: str) -> Column:
    return Column(name, "text", title)


def _number(name: str, title: str, unit: str = "") -> Column:
    return Column(name, "number", title, unit)


def _flag(name: str, title: str) -> Column:
    return Column(name, "flag", title)


_ALL = (
    Table(
        "buildings",
        N_("Buildings"),
        "Polygon",
        (
            _text("name", N_("Name")),
            _text("address", N_("Address")),
            _text("use", N_("Use")),
            _number("ground", N_("Ground level"), "m"),
            _number("base", N_("Underside above ground"), "m"),
            _number("height", N_("Height above ground"), "m"),
            _text("height_source", N_("Height from")),
            _number("floors", N_("Floors")),
            _number("year", N_("Year of construction"), YEAR),
            _number("dwellings", N_("Dwellings")),
            _number("dwellings_small", N_("Dwellings up to 35 m²")),
            _number("residents", N_("Residents")),
            _number("jobs", N_("Jobs")),
            _text("tenure", N_("Tenure")),
            _text("parent", N_("Part of building")),
        ),
    ),
    Table(
        "roads",
        N_("Road links"),
        "LineString",
        (
            _text("name", N_("Name")),
            _text("kind", N_("Kind")),
            _text("from_node", N_("From node")),
            _text("to_node", N_("To node")),
            _flag("oneway", N_("One-way")),
            _number("lanes", N_("Lanes")),
            _number("speed", N_("Speed limit"), "km/h"),
            _number("capacity", N_("Capacity"), N_("veh/h")),
            _text("surface", N_("Surface")),
            _number("gradient", N_("Gradient"), "%"),
            _number("length", N_("Length"), "m"),
            _number("level", N_("Level")),
            _flag("bridge", N_("Bridge")),
            _flag("tunnel", N_("Tunnel")),
            _text("allowed", N_("Allowed classes")),
            _number("aadt", N_("Counted traffic (AADT)"), N_("veh/day")),
            _number("heavy_share", N_("Heavy vehicles"), "%"),
            _number("flow_factor", N_("Flow factor")),
            _flag("closed", N_("Closed")),
        ),
    ),
    Table(
        "junctions",
        N_("Junctions"),
        "Point",
        (
            _text("node", N_("Node")),
            _text("kind", N_("Kind")),
            _text("banned_turns", N_("Banned turns")),
        ),
    ),
    Table(
        "paths",
        N_("Walk network"),
        "LineString",
        (
            _text("name", N_("Name")),
            _text("kind", N_("Kind")),
            _text("from_node", N_("From node")),
            _text("to_node", N_("To node")),
            _number("length", N_("Length"), "m"),
            _flag("steps", N_("Steps")),
            _flag("bridge", N_("Bridge")),
        ),
    ),
    Table(
        "zones",
        N_("Zones"),
        "Polygon",
        (_text("kind", N_("Kind")), _text("code", N_("Code")), _text("name", N_("Name"))),
    ),
    Table(
        "population",
        N_("Population by group"),
        "",
        (
            _text("zone", N_("Zone")),
            _text("dimension", N_("Grouping")),
            _text("group", N_("Group")),
            _number("persons", N_("Persons")),
        ),
    ),
    Table(
        "places",
        N_("Places"),
        "Point",
        (
            _text("kind", N_("Kind")),
            _text("name", N_("Name")),
            _text("address", N_("Address")),
            _number("capacity", N_("Capacity")),
        ),
    ),
    Table(
        "barriers",
        N_("Noise screens and walls"),
        "LineString",
        (
            _text("kind", N_("Kind")),
            _number("height", N_("Height above ground"), "m"),
            *(_number(f"a{band}", N_("Absorption {band} Hz").replace("{band}", str(band))) for band in BANDS),
        ),
    ),
    Table(
        "cover",
        N_("Ground cover"),
        "Polygon",
        (
            _text("kind", N_("Kind")),
            _text("name", N_("Name")),
            _number("ground_factor", N_("Ground factor G")),
            _number("level", N_("Surface level"), "m"),
        ),
    ),
    Table(
        "trees",
        N_("Trees"),
        "Point",
        (_text("kind", N_("Kind")), _number("height", N_("Height"), "m"), _number("crown", N_("Crown"), "m")),
    ),
    Table(
        "rules",
        N_("Traffic rules"),
        "Polygon",
        (
            _text("kind", N_("Kind")),
            _text("rule_class", N_("Class")),
            _text("name", N_("Name")),
            _text("status", N_("Status")),
            _text("vehicle_classes", N_("Vehicle classes")),
            _text("hours", N_("Hours")),
            _number("charge", N_("Charge per passage"), "kr"),
            _text("valid_from", N_("Valid from")),
        ),
    ),
    Table(
        "demand",
        N_("Travel demand"),
        "",
        (
            _text("period", N_("Period")),
            _text("vehicle_class", N_("Vehicle class")),
            _text("origin", N_("Origin")),
            _text("destination", N_("Destination")),
            _number("trips", N_("Trips"), N_("veh")),
            _text("basis", N_("Basis")),
        ),
    ),
    Table(
        "growth",
        N_("Growth of travel demand"),
        "",
        (
            _text("period", N_("Period")),
            _text("vehicle_class", N_("Vehicle class")),
            _text("origins", N_("Origins")),
            _text("destinations", N_("Destinations")),
            _number("factor", N_("Factor")),
        ),
    ),
)

_FLEET = Table(
    "fleet",
    N_("Vehicle fleet"),
    "",
    (
        _text("period", N_("Period")),
        _text("road_kind", N_("Kind of street")),
        _number("electric", N_("Electric vehicles"), "%"),
        _number("heavy", N_("Heavy vehicles"), "%"),
        _number("studded", N_("Studded tyres"), "%"),
    ),
)

SOURCES = Table(
    "sources",
    N_("Sources"),
    "",
    (
        _text("title", N_("Title")),
        _text("licence", N_("Licence")),
        _text("owner", N_("Owner")),
        _text("contact", N_("Contact")),
        _text("classification", N_("Information class")),
        _text("date", N_("Date")),
        _text("maturity", N_("Maturity")),
        _text("catalogue", N_("Catalogue record")),
        _text("note", N_("Note")),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in (*_ALL, _FLEET)}
"""All tables that carry ``id`` and ``source_id``, by name; ``sources`` itself is :data:`SOURCES`."""

CLASSIFICATIONS = ("open", "internal", "restricted")

COVER_KINDS = {
    "water": N_("Water"),
    "quay": N_("Quay"),
    "park": N_("Park"),
    "green": N_("Green"),
    "forest": N_("Forest"),
    "square": N_("Square"),
    "paved": N_("Paved"),
    "rail": N_("Railway ground"),
}
"""Kinds of ground cover that the scene paints; readers map theirs to these."""

_WORDS = {
    # use of buildings
    "residential": N_("Residential"), "office": N_("Office"), "retail": N_("Shops"), "commercial": N_("Commercial"),
    "school": N_("School"), "preschool": N_("Preschool"), "hospital": N_("Hospital"), "church": N_("Church"),
    "industrial": N_("Industrial"), "public": N_("Public"), "culture": N_("Culture"), "hotel": N_("Hotel"),
    "shed": N_("Shed"), "farm": N_("Farm"), "utility": N_("Utility"), "roof": N_("Roof"), "transport": N_("Transport"),
    "garage": N_("Garage"), "sport": N_("Sport"), "mixed": N_("Mixed"), "other": N_("Other"),
    # where a height comes from
    "measured": N_("measured"), "height": N_("stated height"), "levels": N_("number of floors"),
    "default": N_("assumed, not known"),
    # tenure
    "rental": N_("Rental"), "tenant_owned": N_("Tenant-owned"), "owned": N_("Owned"), "student": N_("Student housing"),
    # places
    "stop": N_("Bus stop"), "station": N_("Station"), "park": N_("Park"), "square": N_("Square"),
    "library": N_("Library"), "health_centre": N_("Health centre"), "supermarket": N_("Supermarket"),
    "university": N_("University"), "pharmacy": N_("Pharmacy"), "ferry": N_("Ferry quay"),
    "mall": N_("Shopping centre"),
    "metro_entrance": N_("Metro entrance"), "community": N_("Meeting place"), "worship": N_("Place of worship"),
    "police": N_("Police"), "fire_station": N_("Fire station"), "playground": N_("Playground"), "shop": N_("Shop"),
    "address": N_("Address"), "district": N_("District"), "mast": N_("Sensor mast"), "kindergarten": N_("Preschool"),
    # state of rules, information classes, maturity
    "in_force": N_("in force"), "proposed": N_("proposed, not in force"), "open": N_("open"),
    "internal": N_("internal"), "restricted": N_("restricted"), "test": N_("test"), "pilot": N_("pilot"),
    "established": N_("established"),
    # rules and junctions
    "environmental_zone": N_("Environmental zone"), "studded_tyre_ban": N_("Studded-tyre ban"),
    "signal": N_("Traffic signals"), "roundabout": N_("Roundabout"), "priority": N_("Priority junction"),
    "give_way": N_("Give way"), "stop_sign": N_("Stop sign"), "mini_roundabout": N_("Mini-roundabout"),
    "end": N_("Dead end"),
    # vehicle classes
    "car": N_("Car"), "car_electric": N_("Electric car"), "truck": N_("Lorry"), "truck_light": N_("Light lorry"),
    "truck_heavy": N_("Heavy lorry"), "bus": N_("Bus"), "bicycle": N_("Bicycle"), "taxi": N_("Taxi"),
    # kinds of street and path
    "motorway": N_("Motorway"), "trunk": N_("Main road"), "primary": N_("Primary street"),
    "secondary": N_("Secondary street"), "tertiary": N_("Collector street"), "residential_street": N_("Local street"),
    "motorway_link": N_("Motorway slip road"), "trunk_link": N_("Slip road of a main road"),
    "primary_link": N_("Slip road of a primary street"), "secondary_link": N_("Slip road of a secondary street"),
    "tertiary_link": N_("Slip road of a collector street"), "busway": N_("Busway"),
    "road": N_("Street of unknown kind"),
    "unclassified": N_("Minor street"), "living_street": N_("Walking-speed street"), "service": N_("Service road"),
    "footway": N_("Footway"), "pedestrian": N_("Pedestrian street"), "steps": N_("Steps"), "path": N_("Path"),
    "corridor": N_("Indoor passage"), "platform": N_("Platform"), "escalator": N_("Escalator"), "track": N_("Track"),
    "crossing": N_("Crossing"), "cycleway": N_("Cycle track"), "noise_screen": N_("Noise screen"), "wall": N_("Wall"),
    "asphalt": N_("Asphalt"), "paving_stones": N_("Paving stones"), "sett": N_("Sett paving"),
    "heavy_vehicle_ban": N_("Heavy-vehicle ban"), "vehicle_ban": N_("Vehicle ban"),
    "congestion_charge": N_("Congestion charge"), "basområde": N_("Statistical area"),
    "deciduous": N_("Deciduous"), "coniferous": N_("Coniferous"),
    # what sensors measure
    "traffic_flow": N_("Traffic flow"), "traffic_speed": N_("Traffic speed"), "noise_laeq": N_("Sound level LAeq"),
    "no2": "NO₂", "pm10": "PM10", "pm25": "PM2.5", "temperature": N_("Air temperature"),
    # groups of people
    "born_sweden": N_("Born in Sweden"), "born_europe": N_("Born elsewhere in Europe"),
    "born_elsewhere": N_("Born outside Europe"), "income_q1": N_("Lowest income quarter"),
    "income_q2": N_("Second income quarter"), "income_q3": N_("Third income quarter"),
    "income_q4": N_("Highest income quarter"), "age_0_5": N_("0–5 years"), "age_6_15": N_("6–15 years"),
    "age_16_24": N_("16–24 years"), "age_25_44": N_("25–44 years"), "age_45_64": N_("45–64 years"),
    "age_65_79": N_("65–79 years"), "age_80_plus": N_("80 years and over"),
    "swedish_background": N_("Swedish background"), "foreign_background": N_("Foreign background"),
    "education_low": N_("Compulsory school at most"), "education_secondary": N_("Upper secondary school"),
    "education_short": N_("Higher education under 3 years"),
    "education_long": N_("Higher education of 3 years or more"),
    "employed": N_("Employed"), "unemployed": N_("Unemployed"), "outside_workforce": N_("Outside the workforce"),
    # groupings of people
    "background": N_("Background"), "education": N_("Education"), "work": N_("Work"),
    "origin": N_("Country of birth"), "income": N_("Income"), "age": N_("Age"), "tenure": N_("Tenure"),
}  # fmt: skip


def word(value: str, table: str = "") -> str:
    """Return the English catalogue text for a value of a text column; unknown values stay as they are.

    Examples
    --------
    >>> word("in_force")
    'in force'
    >>> word("residential"), word("residential", "roads")
    ('Residential', 'Local street')
    """
    if table in ("roads", "paths") and f"{value}_street" in _WORDS:
        return _WORDS[f"{value}_street"]
    return COVER_KINDS.get(value) or _WORDS.get(value, value)


def spec(name: str) -> Table:
    """Return the description of a table, ``sources`` included."""
    return SOURCES if name == "sources" else TABLES[name]


def conform(name: str, frame: pd.DataFrame, crs: str | None = None) -> pd.DataFrame:
    """Bring a frame to the shape of its table.

    Missing columns are added (text ``""``, number nan, flag False), known ones get their type, unknown ones
    are dropped, ``id`` becomes text. The frame given is not changed.

    Parameters
    ----------
    name : str
        Name of the table.
    frame : DataFrame
        Rows with any of the columns; ``geometry`` where the table has one.
    crs : str, optional
        Reference system set on the geometry where the frame has none.

    Returns
    -------
    DataFrame
        A GeoDataFrame where the table has geometry; index 0..n-1.
    """
    table = spec(name)
    n = len(frame)
    data: dict[str, object] = {}
    ids = frame["id"].astype(str) if "id" in frame else pd.Series([f"{name}-{i}" for i in range(n)], dtype=str)
    data["id"] = ids.to_numpy(dtype=object)
    if name != "sources":
        data["source_id"] = _as_text(frame, "source_id")
    for column in table.columns:
        if column.kind == "text":
            data[column.name] = _as_text(frame, column.name)
        elif column.kind == "flag":
            data[column.name] = _as_flag(frame, column.name)
        else:
            data[column.name] = _as_number(frame, column.name)
    if not table.geometry:
        return pd.DataFrame(data, columns=list(data))
    geometry = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else np.empty(0, dtype=object)
    own = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    placed: pd.DataFrame = gpd.GeoDataFrame(data, geometry=geometry, crs=own if own is not None else crs)
    return placed


def _as_text(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    column = frame[name]
    return np.where(column.isna(), "", column.astype(str)).astype(object)


def _as_flag(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].fillna(False).astype(bool).to_numpy()


def _as_number(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
