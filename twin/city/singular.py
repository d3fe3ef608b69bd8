"""The sentences of notes where there is just one of what they count; the plural is the key they are found by."""

from __future__ import annotations

from twin.text import N_

SINGULAR: dict[str, str] = {
    "{n} lines lack nodes, because the file was cut without them; what is there was read": N_(
        "{n} line lacks nodes, because the file was cut without them; what is there was read"
    ),
    "{n} railway and tram lines were left out": N_("{n} railway or tram line was left out"),
    "{n} outlines without an area were left out": N_("{n} outline without an area was left out"),
    "{n} outlines with missing coordinates were left out": N_("{n} outline with missing coordinates was left out"),
    "{n} outlines repeated a point; the repetition was removed": N_(
        "{n} outline repeated a point; the repetition was removed"
    ),
    "{n} outlines crossed or touched themselves and were mended": N_(
        "{n} outline crossed or touched itself and was mended"
    ),
    "{n} outlines were too small to be real and were left out": N_(
        "{n} outline was too small to be real and was left out"
    ),
    "{n} outlines of several pieces were split": N_("{n} outline of several pieces was split"),
    "{n} squares and walking areas are crossed in straight lines between their entrances": N_(
        "{n} square or walking area is crossed in straight lines between its entrances"
    ),
    "{n} walking areas have so many entrances that they are walked along their edge only": N_(
        "{n} walking area has so many entrances that it is walked along its edge only"
    ),
    "{n} rows of {table} are in the project already and were left out": N_(
        "{n} row of {table} is in the project already and was left out"
    ),
    "{n} rows of {table} had an id that is taken; theirs were changed": N_(
        "{n} row of {table} had an id that is taken; it was changed"
    ),
    "{n} buildings stand where the project has buildings and were left out": N_(
        "{n} building stands where the project has buildings and was left out"
    ),
    "{n} buildings of the project gave way to better known ones in the same place": N_(
        "{n} building of the project gave way to a better known one in the same place"
    ),
    "{n} buildings got their ground level from the terrain": N_("{n} building got its ground level from the terrain"),
    "{n} buildings without a usable outline were left out": N_("{n} building without a usable outline was left out"),
    "{n} buildings cut off at the edge of the file were closed by a straight wall": N_(
        "{n} building cut off at the edge of the file was closed by a straight wall"
    ),
    "{n} buildings have courtyards that are not in the file; these are filled": N_(
        "{n} building has a courtyard that is not in the file; it is filled"
    ),
    "{n} buildings lie underground and were left out": N_("{n} building lies underground and was left out"),
    "{n} buildings are under construction or in ruins and were left out": N_(
        "{n} building is under construction or in ruins and was left out"
    ),
    "{n} building parts lie outside every outline and stand as buildings of their own": N_(
        "{n} building part lies outside every outline and stands as a building of its own"
    ),
    "{n} buildings are wholly described by their parts; the largest part stands for the building": N_(
        "{n} building is wholly described by its parts; the largest part stands for the building"
    ),
    "{n} buildings have neither height nor floors; assumed by kind [m]: {values}": N_(
        "{n} building has neither height nor floors; assumed by kind [m]: {values}"
    ),
    "{n} buildings have a roof shape mapped; they are drawn with flat roofs": N_(
        "{n} building has a roof shape mapped; it is drawn with a flat roof"
    ),
    "{n} buildings whose surfaces enclose no area were left out": N_(
        "{n} building whose surfaces enclose no area was left out"
    ),
    "{n} traffic signals stand away from any junction of roads and were left out": N_(
        "{n} traffic signal stands away from any junction of roads and was left out"
    ),
    "{n} turn restrictions run over a stretch of road, not one junction; they were left out": N_(
        "{n} turn restriction runs over a stretch of road, not one junction; it was left out"
    ),
    "{n} turn restrictions concern roads that are not in the network; they were left out": N_(
        "{n} turn restriction concerns roads that are not in the network; it was left out"
    ),
    "{n} roads are closed to all vehicles (private or barred) and were left out of the road network": N_(
        "{n} road is closed to all vehicles (private or barred) and was left out of the road network"
    ),
    "{n} driveways and aisles of car parks were left out of the road network": N_(
        "{n} driveway or aisle of a car park was left out of the road network"
    ),
    "{n} streets are planned, under construction or disused and were left out": N_(
        "{n} street is planned, under construction or disused and was left out"
    ),
    "{n} streets are cut by bollards or closed gates": N_("{n} street is cut by bollards or a closed gate"),
    "{n} road links have no speed limit mapped; assumed by class [km/h]: {values}": N_(
        "{n} road link has no speed limit mapped; assumed by class [km/h]: {values}"
    ),
    "{n} road links have no number of lanes mapped; one per direction assumed, two on motorways": N_(
        "{n} road link has no number of lanes mapped; one per direction assumed, two on motorways"
    ),
    "{n} objects whose semantics do not fit their surfaces; wall and roof were told by direction": N_(
        "{n} object whose semantics do not fit its surfaces; wall and roof were told by direction"
    ),
    "{n} objects with an id that came before were left out": N_("{n} object with an id that came before was left out"),
    "{n} counts have no place and were left out": N_("{n} count has no place and was left out"),
    "{n} counts lie outside the streets of this city and were left out": N_(
        "{n} count lies outside the streets of this city and was left out"
    ),
    "{n} counts name a road link that this city has not; they were left out": N_(
        "{n} count names a road link that this city has not; it was left out"
    ),
    "{n} rows have no count and were left out": N_("{n} row has no count and was left out"),
    "{path}: {n} zones have no way out; trips from there are left out": N_(
        "{path}: {n} zone has no way out; trips from there are left out"
    ),
    "{path}: {n} zones have no way in; trips to them are left out": N_(
        "{path}: {n} zone has no way in; trips to it are left out"
    ),
    "{path}: {n} nodes have no way out; only what ends there goes there": N_(
        "{path}: {n} node has no way out; only what ends there goes there"
    ),
    "{path}: {n} nodes have no way in; nothing comes from there": N_(
        "{path}: {n} node has no way in; nothing comes from there"
    ),
    "{path}: {n} nodes lie on islands, apart from the largest part of the network": N_(
        "{path}: {n} node lies on an island, apart from the largest part of the network"
    ),
    "{n} counts lie on no street of this city and were left out": N_(
        "{n} count lies on no street of this city and was left out"
    ),
}
"""English of the catalogue: plural → singular."""
