"""The shapes of CityJSON's own records, as far as the program uses them; msgspec checks types while it parses."""

from __future__ import annotations

from typing import Any

import msgspec

REACH = 1e9
"""No coordinate on Earth is larger, whatever the system [m, ft]."""

Vector = tuple[float, float, float]


class Geometry(msgspec.Struct, gc=False):
    """A geometry as written; ``boundaries`` and ``semantics`` are checked where they are used."""

    type: str
    lod: Any = None
    boundaries: list[Any] = []
    semantics: Any = None
    template: int | None = None
    transformationMatrix: list[float] | None = None


class Thing(msgspec.Struct, gc=False):
    """A city object as written."""

    type: str
    attributes: dict[str, Any] | None = None
    geometry: list[Geometry] | None = None
    children: list[str] | None = None
    parents: list[str] | None = None
    address: Any = None


class Transform(msgspec.Struct, gc=False):
    """Scale and move of the vertices."""

    scale: Vector
    translate: Vector


class Templates(msgspec.Struct, gc=False, rename={"vertices": "vertices-templates"}):
    """Geometry templates and their own vertices."""

    templates: list[Geometry] = []
    vertices: list[Vector] = []


class Whole(msgspec.Struct, gc=False, rename={"objects": "CityObjects", "templates": "geometry-templates"}):
    """A file, or one line of CityJSONSeq."""

    type: str
    objects: dict[str, Thing]
    vertices: list[Vector]
    version: Any = ""
    transform: Transform | None = None
    metadata: Any = None
    templates: Templates | None = None


class Skeleton(msgspec.Struct, rename={"objects": "CityObjects"}):
    """The least a file must be to be told as CityJSON; used to find what is wrong with one that is not whole."""

    type: str
    objects: dict[str, msgspec.Raw] = {}
    vertices: msgspec.Raw = msgspec.Raw(b"[]")


class Typed(msgspec.Struct):
    """An object of which only the type is asked."""

    type: str


WHOLE = msgspec.json.Decoder(Whole)
HEAD = msgspec.json.Decoder(Skeleton)
THING = msgspec.json.Decoder(Thing)
