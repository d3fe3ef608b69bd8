"""The one stable face for drop-ins, scripts and the console; everything else may change.

``VERSION`` grows its first number when something here changes its meaning or goes away, its second when
something is added.
"""

from twin.chain.answer import Answer, compared
from twin.chain.chain import Chain
from twin.chain.registry import MODELS
from twin.city.city import City, Surfaces, Terrain
from twin.city.heights import heights_of, lonlat
from twin.city.reading import FileInfo, Note, Reading, ReadOptions
from twin.city.schema import TABLES, Column, Table, word
from twin.datafile.spec import Style
from twin.dropins.check import check_dropin
from twin.errors import BadInput, TwinError
from twin.jobs import Job
from twin.layer import Field, Layer, Scale, Size, field_of, layer_by_category, layer_of, scale, scales
from twin.models.model import Model, Parameter, settled
from twin.places import Grid, Lines, Picture, Points, Solids, Walls, storeys
from twin.plugins import DropIn, discover
from twin.privacy.provenance import Source
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
from twin.scripting import (
    add_edits,
    as_array,
    as_frame,
    import_file,
    load_city,
    load_state,
    run_models,
    write_layer,
)
from twin.sensors.feeds.feed import Feed
from twin.sensors.reading import Reading as SensorReading
from twin.sensors.settings import FeedSettings
from twin.text import N_, YEAR, number, tr

VERSION = "1.4"

__all__ = [
    "MODELS",
    "N_",
    "PRESENT",
    "TABLES",
    "VERSION",
    "YEAR",
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
    "Feed",
    "FeedSettings",
    "Field",
    "FileInfo",
    "FleetMix",
    "Grid",
    "HousingTransfer",
    "Indicator",
    "Job",
    "Layer",
    "Lines",
    "Model",
    "Note",
    "Parameter",
    "Picture",
    "Points",
    "ReadOptions",
    "Reading",
    "RemoveBarrier",
    "RemoveBuilding",
    "RemovePath",
    "RemovePlace",
    "Result",
    "Scale",
    "ScaleDemand",
    "Scenario",
    "SensorReading",
    "Size",
    "Solids",
    "Source",
    "Style",
    "Surfaces",
    "Table",
    "Terrain",
    "TwinError",
    "Walls",
    "add_edits",
    "as_array",
    "as_frame",
    "check_dropin",
    "compared",
    "decode_edits",
    "difference",
    "discover",
    "encode_edits",
    "field_of",
    "heights_of",
    "import_file",
    "layer_by_category",
    "layer_of",
    "load_city",
    "load_state",
    "lonlat",
    "number",
    "run_models",
    "scale",
    "scales",
    "settled",
    "storeys",
    "tr",
    "word",
    "write_layer",
]
