"""Small OpenStreetMap documents with known contents, drawn in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pytest
from pyproj import Transformer

if TYPE_CHECKING:
    from pathlib import Path

EAST, NORTH = 154_000.0, 6_580_000.0
_TO_DEGREES = Transformer.from_crs("EPSG:3011", "EPSG:4326", always_xy=True)


class OsmDoc:
    """A document whose nodes are placed in metres east and north of a point in Stockholm (EPSG:3011)."""

    def __init__(self, size: float | None = None) -> None:
        self._next = 0
        self._nodes: list[str] = []
        self._ways: list[str] = []
        self._relations: list[str] = []
        self._bounds = ""
        if size is not None:
            west, south = self._degrees(0, 0)
            east, north = self._degrees(size, size)
            self._bounds = f'<bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>'

    @staticmethod
    def _degrees(x: float, y: float) -> tuple[float, float]:
        lon, lat = _TO_DEGREES.transform(EAST + x, NORTH + y)
        return round(lon, 7), round(lat, 7)

    @staticmethod
    def _tags(tags: dict[str, str]) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())

    def _id(self, number: int | None) -> int:
        self._next += 1
        return self._next if number is None else number

    def node(self, x: float, y: float, tags: dict[str, str] | None = None, number: int | None = None) -> int:
        number = self._id(number)
        lon, lat = self._degrees(x, y)
        self._nodes.append(f'<node id="{number}" lat="{lat:.7f}" lon="{lon:.7f}">{self._tags(tags or {})}</node>')
        return number

    def nodes(self, *points: tuple[float, float]) -> list[int]:
        return [self.node(x, y) for x, y in points]

    def way(self, refs: list[int], tags: dict[str, str] | None = None, number: int | None = None) -> int:
        number = self._id(number)
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self._ways.append(f'<way id="{number}">{inner}{self._tags(tags or {})}</way>')
        return number

    def ring(self, points: list[tuple[float, float]], tags: dict[str, str] | None = None) -> int:
        refs = self.nodes(*points)
        return self.way([*refs, refs[0]], tags)

    def box(self, west: float, south: float, east: float, north: float, tags: dict[str, str] | None = None) -> int:
        return self.ring([(west, south), (east, south), (east, north), (west, north)], tags)

    def relation(self, members: list[tuple[str, int, str]], tags: dict[str, str]) -> int:
        number = self._id(None)
        inner = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
        self._relations.append(f'<relation id="{number}">{inner}{self._tags(tags)}</relation>')
        return number

    def write(self, path: Path, ways_first: bool = False) -> Path:
        parts = [self._ways, self._relations, self._nodes] if ways_first else [self._nodes, self._ways, self._relations]
        body = "\n".join(line for part in parts for line in part)
        top = f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="test">{self._bounds}'
        path.write_text(f"{top}\n{body}\n</osm>", encoding="utf-8")
        return path


@pytest.fixture(scope="session")
def osm_doc() -> type[OsmDoc]:
    """Return the class that writes small OpenStreetMap documents."""
    return OsmDoc
