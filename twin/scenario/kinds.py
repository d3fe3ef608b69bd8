"""All kinds of edit, as one tagged union."""

from __future__ import annotations

from typing import get_args

from twin.scenario.buildings import AddBuilding, ChangeBuilding, HousingTransfer, RemoveBuilding
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
from twin.scenario.streets import AddPath, AddRoad, ChangeRoad, CloseRoad, RemovePath
from twin.text import N_

AnyEdit = (
    CloseRoad | ChangeRoad | AddRoad | AddPath | RemovePath | AddBuilding | ChangeBuilding | RemoveBuilding
    | AddBarrier | RemoveBarrier | AddRule | ChangeRule | FleetMix | ScaleDemand | HousingTransfer | AddPlace
    | RemovePlace
)  # fmt: skip
"""Any edit; its JSON carries ``"kind"``."""

KINDS = {str(one.__struct_config__.tag): one for one in get_args(AnyEdit)}
"""The kinds of edit by what ``"kind"`` says."""

TITLES = {
    CloseRoad: N_("Close street"),
    ChangeRoad: N_("Change street"),
    AddRoad: N_("New street"),
    AddPath: N_("New walk link"),
    RemovePath: N_("Remove walk link"),
    AddBuilding: N_("New building"),
    ChangeBuilding: N_("Change building"),
    RemoveBuilding: N_("Remove building"),
    AddBarrier: N_("New noise screen"),
    RemoveBarrier: N_("Remove noise screen"),
    AddRule: N_("New rule zone"),
    ChangeRule: N_("Change rule zone"),
    FleetMix: N_("Vehicle fleet"),
    ScaleDemand: N_("Scale travel demand"),
    HousingTransfer: N_("People move in"),
    AddPlace: N_("New place"),
    RemovePlace: N_("Remove place"),
}


def title(edit: AnyEdit) -> str:
    """Return what a kind of edit is called, English of the catalogue; a bridge says so."""
    if isinstance(edit, AddPath) and edit.bridge:
        return N_("New footbridge")
    return TITLES[type(edit)]
