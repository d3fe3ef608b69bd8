"""The same scenery with another mesh of the same city: only what is another object is given to the graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from twin.scene.draw.gpu import ROW_WIDTH, Texture
from twin.scene.draw.lettering import Lettering

if TYPE_CHECKING:
    from twin.scene.draw.scenery import Scenery
    from twin.scene.mesh import CityMesh

_COUNTED = ("buildings", "roads", "paths", "zones", "places")


def fits(old: CityMesh, new: CityMesh) -> bool:
    """Say whether a scenery of one mesh can take another: same place, no more rows than its textures hold."""
    if new.origin != old.origin or new.solids.detailed != old.solids.detailed:
        return False
    return all(_cells(len(new.ids[name])) == _cells(len(old.ids[name])) for name in _COUNTED)


def renew(scenery: Scenery, mesh: CityMesh) -> None:
    """Exchange the mesh of a scenery; all of its state must then be applied anew.

    Parameters
    ----------
    scenery : Scenery
    mesh : CityMesh
        One that :func:`fits`.
    """
    old, scenery.mesh = scenery.mesh, mesh
    for name, ids in mesh.ids.items():
        if ids is not old.ids[name]:
            scenery.index[name] = pd.Index(ids)
    scenery.take_parts(old)
    if mesh.shade is not old.shade:
        scenery.cast(Texture(mesh.shade.values, smooth=True))
    if mesh.names is not old.names:
        scenery.lettering = Lettering(mesh.names)
        scenery.passes["labels"].bind("letters", scenery.lettering.texture)
        scenery.write([], 1.0)


def _cells(rows: int) -> int:
    return max(1, -(-rows // ROW_WIDTH))
