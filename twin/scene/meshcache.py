"""Meshes kept on disk under what they were made of, so that a city opens again at once.

A file is a small head (MessagePack) and the arrays as they lie in memory; it is mapped, not read, so that only what is
drawn is fetched. Nothing in it is run: the head names classes of this program only.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import platformdirs

from twin.disk import atomic
from twin.scene import mesh as meshes
from twin.scene.meshing import ground, names, part, ribbons, shadow, siteplan, solids

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.scene.mesh import CityMesh, Progress

VERSION = 4
"""Grows when meshes of the same city become others."""
_MAGIC = b"twinmesh"
_ALIGN = 64
_MOST = 3 * 2**30
"""Bytes kept; the longest unused goes first."""
_CLASSES: dict[str, type] = {
    one.__name__: one
    for one in (
        meshes.CityMesh, meshes.Trees, ground.Ground, names.Names, part.Part, ribbons.Ribbons, shadow.Shade,
        siteplan.SitePlan, solids.Solids,
    )
}  # fmt: skip


def folder() -> Path:
    """Return where meshes are kept: in the user's cache folder (``TWIN_CACHE_DIR`` overrides)."""
    named = os.environ.get("TWIN_CACHE_DIR")
    base = Path(named) if named else platformdirs.user_cache_path("stockholm-twin", appauthor=False)
    return base / "meshes"


def built(city: City, key: str, job: Progress | None = None) -> CityMesh:
    """Return the mesh of a city: the kept one of this key, else a new one, which is kept.

    Parameters
    ----------
    city : City
    key : str
        Names all that the city is made of; "" keeps nothing.
    job : Job, optional
        Told how far the work is.
    """
    if not key:
        return meshes.build(city, job)
    name = hashlib.sha256(f"{VERSION} {np.dtype(np.float32).str} {key}".encode()).hexdigest()[:32]
    path = folder() / f"{name}.mesh"
    with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
        found = load(path)
        os.utime(path)
        return found
    made = meshes.build(city, job)
    with contextlib.suppress(OSError):  # a full disk or a read-only home: the next opening only takes longer
        save(made, path)
        made = dataclasses.replace(made, cached=str(path))
        _tidy(path)
    return made


def save(mesh: CityMesh, path: Path) -> None:
    """Write a mesh; a kill at any moment leaves no half file."""
    writer = _Writer()
    tree = writer.tree(dataclasses.replace(mesh, cached=""))
    head = msgspec.msgpack.encode({"version": VERSION, "tree": tree, "size": writer.size})
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = atomic.part_of(path)
    try:
        with scratch.open("wb") as file:
            file.write(_MAGIC + len(head).to_bytes(8, "little") + head)
            file.write(b"\0" * (-file.tell() % _ALIGN))
            for block in writer.blocks:
                file.write(block)
                file.write(b"\0" * (-file.tell() % _ALIGN))
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def load(path: str | Path) -> CityMesh:
    """Map a mesh from its file; arrays may be written to without changing it.

    Raises
    ------
    OSError, ValueError, msgspec.MsgspecError
        When it is absent or not a whole mesh of this version.
    """
    with Path(path).open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError("not a mesh")
        length = int.from_bytes(file.read(8), "little")
        if length > 2**26:
            raise ValueError("the head is too long")
        head = msgspec.msgpack.decode(file.read(length))
        begin = file.tell() + (-file.tell() % _ALIGN)
        size = os.fstat(file.fileno()).st_size
    if head["version"] != VERSION or begin + head["size"] != size:
        raise ValueError("not a whole mesh of this version")
    body = np.memmap(path, dtype=np.uint8, mode="c", offset=begin, shape=(head["size"],)) if head["size"] else None
    made = _Reader(body).value(head["tree"])
    if not isinstance(made, meshes.CityMesh):
        raise ValueError("not a mesh")
    return dataclasses.replace(made, cached=str(path))


class _Writer:
    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.size = 0
        self._known: dict[int, list[Any]] = {}

    def tree(self, value: object) -> Any:
        """Return a value as builtins; arrays go to the blocks, each once."""
        if isinstance(value, np.ndarray):
            if id(value) not in self._known:
                self._known[id(value)] = self._array(value)
            return self._known[id(value)]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            parts = {item.name: self.tree(getattr(value, item.name)) for item in dataclasses.fields(value)}
            return {"class": type(value).__name__, "parts": parts}
        if isinstance(value, Mapping):
            return {"map": {str(name): self.tree(one) for name, one in value.items()}}
        if isinstance(value, tuple) and value and all(isinstance(one, str) for one in value):
            return {"texts": self._array(np.array(value, dtype=object))}
        if isinstance(value, tuple):
            return {"tuple": [self.tree(one) for one in value]}
        return value.item() if isinstance(value, np.generic) else value

    def _array(self, values: np.ndarray) -> list[Any]:
        if values.dtype == object:
            block = msgspec.msgpack.encode(values.tolist())
            kind = "texts"
        else:
            block, kind = np.ascontiguousarray(values).tobytes(), values.dtype.str
        at, length = self.size, len(block)
        self.blocks.append(block)
        self.size += length + (-length % _ALIGN)
        return [at, length, kind, list(values.shape)]


class _Reader:
    def __init__(self, body: np.ndarray | None) -> None:
        self._body = body
        self._known: dict[int, np.ndarray] = {}

    def value(self, tree: Any) -> Any:
        """Return what a tree stands for."""
        if isinstance(tree, list):
            return self._array(*tree)
        if not isinstance(tree, dict):
            return tree
        if "class" in tree:
            parts = {name: self.value(one) for name, one in tree["parts"].items()}
            try:
                return _CLASSES[tree["class"]](**parts)
            except (KeyError, TypeError) as error:
                raise ValueError(str(error)) from error
        if "map" in tree:
            return {name: self.value(one) for name, one in tree["map"].items()}
        if "texts" in tree:
            return tuple(self._array(*tree["texts"]).tolist())
        return tuple(self.value(one) for one in tree["tuple"])

    def _array(self, at: int, length: int, kind: str, shape: list[int]) -> np.ndarray:
        if length and at in self._known:
            return self._known[at]
        body = self._body[at : at + length] if self._body is not None and length else np.empty(0, dtype=np.uint8)
        if len(body) != length:
            raise ValueError("the file is cut off")
        if kind == "texts":
            made = np.array(msgspec.msgpack.decode(bytes(body)), dtype=object) if length else np.empty(0, dtype=object)
        else:
            made = np.asarray(body).view(np.dtype(kind)).reshape(shape)
        if length:  # an empty one stands where the next begins
            self._known[at] = made
        return made


def _tidy(kept: Path) -> None:
    """Drop the meshes unused longest until what is kept is not too much."""
    files = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in kept.parent.glob("*.mesh"))
    total = sum(size for _, size, _ in files)
    for _, size, path in files:
        if total <= _MOST:
            return
        if path != kept:
            path.unlink(missing_ok=True)
            total -= size
