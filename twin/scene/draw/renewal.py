"""Whether a scenery can take another mesh of the same city, so that only what differs goes to the graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.scene.draw.gpu import ROW_WIDTH

if TYPE_CHECKING:
    from twin.scene.mesh import CityMesh

_COUNTED = ("buildings", "roads", "paths", "zones", "places")


def fits(old: CityMesh, new: CityMesh) -> bool:
    """Say whether a scenery of one mesh can take another: same place, no more rows than its textures hold."""
    if new.origin != old.origin or new.solids.detailed != old.solids.detailed:
        return False
    return all(_cells(len(new.ids[name])) == _cells(len(old.ids[name])) for name in _COUNTED)


def _cells(rows: int) -> int:
    return max(1, -(-rows // ROW_WIDTH))
