"""The one stable face for drop-ins, scripts and the console; everything else may change.

``VERSION`` grows its first number when something here changes its meaning or goes away, its second when
something is added.
"""

from twin.city.city import City, Surfaces, Terrain
from twin.city.schema import TABLES, Column, Table
from twin.errors import BadInput, TwinError
from twin.layer import Field, Layer, Scale, field_of, layer_by_category, layer_of, scale, scales
from twin.plugins import DropIn, discover
from twin.text import N_, number, tr

VERSION = "1.0"

__all__ = [
    "N_",
    "TABLES",
    "VERSION",
    "BadInput",
    "City",
    "Column",
    "DropIn",
    "Field",
    "Layer",
    "Scale",
    "Surfaces",
    "Table",
    "Terrain",
    "TwinError",
    "discover",
    "field_of",
    "layer_by_category",
    "layer_of",
    "number",
    "scale",
    "scales",
    "tr",
]
