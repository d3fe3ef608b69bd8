"""The one stable face for drop-ins, scripts and the console; everything else may change.

``VERSION`` grows its first number when something here changes its meaning or goes away, its second when
something is added.
"""

from twin.chain.answer import Answer, compared
from twin.chain.chain import Chain
from twin.city.city import City, Surfaces, Terrain
from twin.city.schema import TABLES, Column, Table
from twin.errors import BadInput, TwinError
from twin.layer import Field, Layer, Scale, Size, field_of, layer_by_category, layer_of, scale, scales
from twin.places import Grid, Lines, Picture, Points, Walls, storeys
from twin.plugins import DropIn, discover
from twin.result import Indicator, Result, difference
from twin.scenario.buildings import AddBuilding, ChangeBuilding, HousingTransfer, RemoveBuilding
from twin.scenario.codec import decode_edits, encode_edits
from twin.scenario.others import (
    AddBarrier,
    AddPlace,
    AddRule,
    ChangeRule,
    FleetMix,
    RemoveBarrier,
    RemovePlace,
    ScaleDemand,
)
from twin.scenario.scenario import PRESENT, Scenario
from twin.scenario.streets import AddPath, AddRoad, ChangeRoad, CloseRoad, RemovePath
from twin.text import N_, number, tr

VERSION = "1.1"

__all__ = [
    "N_",
    "PRESENT",
    "TABLES",
    "VERSION",
    "AddBarrier",
    "AddBuilding",
    "AddPath",
    "AddPlace",
    "AddRoad",
    "AddRule",
    "Answer",
    "BadInput",
    "Chain",
    "ChangeBuilding",
    "ChangeRoad",
    "ChangeRule",
    "City",
    "CloseRoad",
    "Column",
    "DropIn",
    "Field",
    "FleetMix",
    "Grid",
    "HousingTransfer",
    "Indicator",
    "Layer",
    "Lines",
    "Picture",
    "Points",
    "RemoveBarrier",
    "RemoveBuilding",
    "RemovePath",
    "RemovePlace",
    "Result",
    "Scale",
    "ScaleDemand",
    "Scenario",
    "Size",
    "Surfaces",
    "Table",
    "Terrain",
    "TwinError",
    "Walls",
    "compared",
    "decode_edits",
    "difference",
    "discover",
    "encode_edits",
    "field_of",
    "layer_by_category",
    "layer_of",
    "number",
    "scale",
    "scales",
    "storeys",
    "tr",
]
