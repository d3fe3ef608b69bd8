"""A CityJSON file as objects and vertices: sizes, nesting and types checked, versions and packings made alike.

Versions 1.0, 1.1 and 2.0, the line-wise CityJSONSeq, and one such file in a zip archive. What the program does
not use (appearance, extensions) is never built in memory.

References
----------
CityJSON specifications 1.0.3, 1.1.3 and 2.0.1, https://www.cityjson.org/specs/; OGC 20-072r5.
"""

from __future__ import annotations

import contextlib
import gc
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import numpy as np

from twin.city import crs
from twin.city.cityjson.records import (
    HEAD,
    REACH,
    THING,
    WHOLE,
    Geometry,
    Thing,
    Transform,
    Typed,
    Vector,
    Whole,
)
from twin.city.reading import Note
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.jobs import Job

SIZE_LIMIT = 1 << 30
"""Bytes of JSON that are read at most; in memory they take about ten times as much."""

_RATIO = 200
_SLACK = 10_000_000
_VERSIONS = ("1.0", "1.1", "2.0")


@dataclass
class Document:
    """A file's city objects over one array of vertices.

    Attributes
    ----------
    vertices : array, shape (n, 3)
        float64 in the file's reference system.
    objects : dict
        Id → object, in file order.
    blocks : dict
        Id → (first vertex, number of vertices) its indices refer to.
    templates : list
        Geometry templates; their indices refer to ``template_vertices``, shape (m, 3), in the template's own axes.
    """

    version: str
    crs: str | None
    vertices: NDArray[np.float64]
    objects: dict[str, Thing]
    blocks: dict[str, tuple[int, int]]
    templates: list[Geometry] = field(default_factory=list)
    template_vertices: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    metadata: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    lines: bool = False


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python's garbage collector quiet: over millions of small lists it takes most of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def load(path: Path, job: Job | None = None) -> Document:
    """Read a file into a :class:`Document`.

    Raises
    ------
    BadInput
        When it is too large, broken, not CityJSON, of a version that is not read, or of wrong types.
    """
    data = content(path)
    try:
        with collector_paused():
            return _lines(path, data, job) if is_lines(path, data) else _whole(path, data)
    except RecursionError as error:
        raise BadInput("{path}: nested too deeply to be CityJSON.", path=path.name) from error


def content(path: Path) -> bytes:
    """Return the bytes of the JSON, out of its archive where it is in one, without a byte order mark.

    Raises
    ------
    BadInput
        When it is too large or the archive is broken or holds other than one JSON file.
    """
    with path.open("rb") as source:
        packed = source.read(4) == b"PK\3\4"
    if packed:
        data = _unpacked(path)
    else:
        _check_size(path, path.stat().st_size)
        data = path.read_bytes()
    return data.removeprefix(b"\xef\xbb\xbf")


def _check_size(path: Path, size: int) -> None:
    if size > SIZE_LIMIT:
        raise BadInput(
            "{path}: {size} MB of JSON are more than the {limit} MB that are read; cut it into tiles.",
            path=path.name, size=size // 1_000_000, limit=SIZE_LIMIT // 1_000_000,
        )  # fmt: skip


def member(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """Return the one JSON file of an archive, None when it holds none or several."""
    found = [info for info in archive.infolist() if info.filename.lower().endswith((".json", ".jsonl", ".cityjson"))]
    found = [info for info in found if not info.filename.startswith("__MACOSX/")]
    return found[0] if len(found) == 1 else None


def _unpacked(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            info = member(archive)
            if info is None:
                raise BadInput("{path}: the archive must hold exactly one CityJSON file.", path=path.name)
            _check_size(path, info.file_size)
            if info.file_size > _RATIO * info.compress_size + _SLACK:
                raise BadInput("{path}: the archive unpacks to far more than is believable.", path=path.name)
            with archive.open(info) as source:
                # The size in the archive's list can lie; reading stops where it says.
                return source.read(info.file_size)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise BadInput("{path}: the archive cannot be unpacked: {reason}.", path=path.name, reason=error) from error


def is_lines(path: Path, data: bytes) -> bool:
    """Say whether the text is CityJSONSeq: a whole object on the first line and more of them below."""
    first, _, rest = data.lstrip().partition(b"\n")
    if path.name.lower().endswith((".jsonl", ".jsonl.zip")):
        return True
    return first.rstrip().endswith(b"}") and rest[:4096].lstrip().startswith(b"{")


def _whole(path: Path, data: bytes) -> Document:
    whole = _decoded(path, data)
    if whole.type != "CityJSON":
        _refuse_type(path, whole.type)
    notes: list[Note] = []
    version = _version(path, whole.version, notes)
    vertices = _placed(_array(whole.vertices), whole.transform)
    block = (0, len(vertices))
    document = Document(
        version=version,
        crs=_crs(whole.metadata, notes),
        vertices=vertices,
        objects=whole.objects,
        blocks=dict.fromkeys(whole.objects, block),
        metadata=whole.metadata if isinstance(whole.metadata, dict) else {},
        notes=notes,
    )
    _take_templates(document, whole)
    return document


def _lines(path: Path, data: bytes, job: Job | None) -> Document:
    """Read CityJSONSeq: metadata and transform on the first line, one feature with its own vertices on each next."""
    document: Document | None = None
    transform: Transform | None = None
    parts: list[NDArray[np.float64]] = []
    doubles: list[str] = []
    count = 0
    lines = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if job is not None and number % 500 == 0:
            job.progress(0.5 * number / len(lines), N_("Reading {path}"), path=path.name)
        whole = _decoded(path, line, number)
        if document is None:
            if whole.type != "CityJSON":
                _refuse_type(path, whole.type)
            notes: list[Note] = []
            version = _version(path, whole.version, notes)
            metadata = whole.metadata if isinstance(whole.metadata, dict) else {}
            document = Document(version, _crs(whole.metadata, notes), np.empty((0, 3)), {}, {}, lines=True)
            document.metadata, document.notes, transform = metadata, notes, whole.transform
            _take_templates(document, whole)
        elif whole.type != "CityJSONFeature":
            raise BadInput("{path}: line {line}: a CityJSONFeature was expected, not {type}.",
                           path=path.name, line=number, type=whole.type[:40])  # fmt: skip
        vertices = _placed(_array(whole.vertices), transform)
        for name, thing in whole.objects.items():
            if name in document.objects:
                doubles.append(name)
                continue
            document.objects[name] = thing
            document.blocks[name] = (count, len(vertices))
        parts.append(vertices)
        count += len(vertices)
    if document is None:
        raise BadInput("{path}: the file is empty.", path=path.name)
    document.vertices = np.concatenate(parts) if parts else np.empty((0, 3))
    if doubles:
        message = N_("{n} objects with an id that came before were left out")
        document.notes.append(Note("skipped", message, len(doubles), examples=tuple(doubles[:5])))
    return document


def _decoded(path: Path, data: bytes, line: int | None = None) -> Whole:
    try:
        return WHOLE.decode(data)
    except msgspec.ValidationError as error:
        _blame(path, data, line, error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        where = "" if line is None else f"line {line}: "
        raise BadInput("{path}: {where}broken JSON: {reason}.", path=path.name, where=where, reason=error) from error


def _blame(path: Path, data: bytes, line: int | None, error: msgspec.ValidationError) -> NoReturn:
    """Say what is wrong with a file that is JSON, and in which object."""
    where = "" if line is None else f"line {line}: "
    try:
        skeleton = HEAD.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise BadInput("{path}: {where}not CityJSON: {reason}.", path=path.name, where=where, reason=cause) from error
    if skeleton.type not in ("CityJSON", "CityJSONFeature"):
        _refuse_type(path, skeleton.type)
    for name, raw in skeleton.objects.items():
        try:
            THING.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as cause:
            raise BadInput("{path}: {where}object {object}: {reason}.",
                           path=path.name, where=where, object=name[:80], reason=cause) from error  # fmt: skip
    raise BadInput("{path}: {where}not valid CityJSON: {reason}.", path=path.name, where=where, reason=error) from error


def check_reach(path: Path, document: Document) -> None:
    """Refuse coordinates that are on no map: a slip of the writer, or a transform applied twice.

    Raises
    ------
    BadInput
        Names the first vertex of them.
    """
    for vertices in (document.vertices, document.template_vertices):
        wild = ~(np.abs(vertices) < REACH).all(axis=1)
        if wild.any():
            number = int(np.argmax(wild))
            where = ", ".join(f"{value:.4g}" for value in vertices[number])
            raise BadInput("{path}: vertex {number} lies at {where}, which is nowhere on Earth.",
                           path=path.name, number=number, where=where)  # fmt: skip


def object_types(path: Path) -> dict[str, str]:
    """Return id → type of what can be told of a file whose objects are not all well-formed (plain CityJSON)."""
    data = content(path)
    found: dict[str, str] = {}
    for line in data.split(b"\n") if is_lines(path, data) else [data]:
        try:
            skeleton = HEAD.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        for name, raw in skeleton.objects.items():
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                found[name] = msgspec.json.decode(raw, type=Typed).type
    return found


def _refuse_type(path: Path, kind: str) -> NoReturn:
    raise BadInput('{path}: not CityJSON: its type is "{type}", "CityJSON" was expected.',
                   path=path.name, type=kind[:40])  # fmt: skip


def _version(path: Path, written: object, notes: list[Note]) -> str:
    version = str(written)
    if version[:3] in _VERSIONS:
        return version[:3]
    if version[:2] in ("1.", "2."):
        message = N_("Version {version} is not known; it is read like the latest one that is")
        notes.append(Note("problem", message, 1, {"version": version[:20]}))
        return version[:20]
    raise BadInput("{path}: CityJSON version {version} is not read; 1.0, 1.1 and 2.0 are.",
                   path=path.name, version=version[:20] or "?")  # fmt: skip


def _crs(metadata: object, notes: list[Note]) -> str | None:
    named = metadata.get("referenceSystem") if isinstance(metadata, dict) else None
    if isinstance(named, str) and named.strip():
        return crs.declared(named)
    if named:
        notes.append(Note("problem", N_("The reference system is not written as text and was not understood")))
    return None


def _array(vertices: Sequence[Vector]) -> NDArray[np.float64]:
    return np.array(vertices, dtype=np.float64).reshape(-1, 3)


def _placed(vertices: NDArray[np.float64], transform: Transform | None) -> NDArray[np.float64]:
    if transform is None:
        return vertices
    placed: NDArray[np.float64] = vertices * np.array(transform.scale) + np.array(transform.translate)
    return placed


def _take_templates(document: Document, whole: Whole) -> None:
    if whole.templates is not None:
        document.templates = whole.templates.templates
        document.template_vertices = _array(whole.templates.vertices)
