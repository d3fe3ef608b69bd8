"""Result: what a model answers, kept on disk under its key; the difference of two results."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec
import numpy as np
import pandas as pd

from twin.disk import atomic
from twin.layer import Field
from twin.places import equal, packed, unpacked
from twin.privacy.cells import DISPLAY, difference_withheld
from twin.privacy.provenance import Source  # noqa: TC001 - msgspec reads it from the annotation
from twin.text import tr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twin.layer import Where
    from twin.places import Places

Quality = Literal["preview", "final"]
Value = bool | float | str
FOLDER = "results"
_FORMAT = 2


@dataclass(frozen=True)
class Indicator:
    """One number that a model answers with.

    Parameters
    ----------
    id : str
        Stable name, the model's first: ``"reach.school_800"``.
    title : str
        English template of the catalogue, filled by ``fields``.
    value : float
        nan when it has no meaning here (a share of nobody).
    unit : str
    model : str
    shown_by : str
        Name of the Result's field that shows the number on the map, "" for none.
    places : tuple of str
        Ids, of that field, of those the number speaks of (row → map), at most a few thousand.
    support : float, optional
        How many persons it rests on, where it is made of people who need protection (:mod:`twin.privacy`).
    """

    id: str
    title: str
    value: float
    unit: str
    model: str
    shown_by: str = ""
    places: tuple[str, ...] = ()
    fields: Mapping[str, float | str] = field(default_factory=dict)
    support: float | None = None

    def name(self, lang: str) -> str:
        """Return the title in a language."""
        return tr(self.title, lang, **self.fields)


@dataclass(frozen=True, eq=False)
class Result:
    """What a model answers to one question.

    ``key`` names the question: model, version, parameters and the content it read. ``working`` is warm state for the
    next, similar question; it is never stored and losing it costs only time.
    """

    model: str
    version: str
    parameters: Mapping[str, Value]
    key: str
    fields: tuple[Field, ...]
    indicators: tuple[Indicator, ...]
    quality: Quality = "final"
    assumptions: tuple[str, ...] = ()
    working: object | None = None

    def field(self, name: str) -> Field:
        """Return a field by its name (KeyError that names those there are, when there is none)."""
        for one in self.fields:
            if one.name == name:
                return one
        there = ", ".join(f"«{one.name}»" for one in self.fields) or "–"
        raise KeyError(f"{self.model} has no field «{name}»; there are: {there}")

    def without_working(self) -> Result:
        """Return the Result as it is stored and sent."""
        return dataclasses.replace(self, working=None)


@dataclass(frozen=True)
class Row:
    """An indicator of a scenario beside that of its reference; ``difference`` = value − reference."""

    id: str
    title: str
    value: float
    reference: float
    difference: float
    unit: str
    model: str
    shown_by: str = ""
    places: tuple[str, ...] = ()
    fields: Mapping[str, float | str] = field(default_factory=dict)
    support: float | None = None


@dataclass(frozen=True, eq=False)
class Difference:
    """A result minus that of a named reference."""

    reference: str
    model: str
    fields: tuple[Field, ...]
    rows: tuple[Row, ...]


def difference(a: Result, b: Result, reference: str) -> Difference:
    """Return ``a`` minus ``b``.

    Parameters
    ----------
    a, b : Result
        Of one model; the scenario and its reference.
    reference : str
        What the reference is called; a difference without one means nothing.

    Returns
    -------
    Difference
        Places that only one of the two has are nan, indicators likewise.
    """
    others = {one.name: one for one in b.fields}
    fields = tuple(_field_difference(one, others[one.name]) for one in a.fields if one.name in others)
    return Difference(reference, a.model, fields, rows(a.indicators, b.indicators))


def rows(a: tuple[Indicator, ...], b: tuple[Indicator, ...]) -> tuple[Row, ...]:
    """Return the indicators of a scenario beside those of its reference, in the scenario's order."""
    others = {one.id: one for one in b}
    made = []
    for one in (*a, *(one for one in b if one.id not in {x.id for x in a})):
        value = one.value if one in a else float("nan")
        other = others.get(one.id)
        before = other.value if other is not None else float("nan")
        support = _support(one.support, None if other is None else other.support)
        if other is not None and one.support is not None and other.support is not None:
            if difference_withheld(one.support, other.support, DISPLAY):
                value = float("nan")  # both may be shown, not together
        own = (one.shown_by, one.places, one.fields, support)
        made.append(Row(one.id, one.title, value, before, value - before, one.unit, one.model, *own))
    return tuple(made)


def _support(a: float | None, b: float | None) -> float | None:
    known = [one for one in (a, b) if one is not None]
    return min(known) if known else None


def _field_difference(a: Field, b: Field) -> Field:
    if a.places is not None and not len(a.ids):  # a grid: cell by cell where both have the same
        same = b.values.shape == a.values.shape and equal(a.places, b.places)
        return dataclasses.replace(a, values=a.values - b.values if same else np.full_like(a.values, np.nan))
    if a.ids is b.ids or (len(a.ids) == len(b.ids) and bool((a.ids == b.ids).all())):
        return _rested(dataclasses.replace(a, values=a.values - b.values), a.support, b.support)
    index = pd.Index(a.ids).append(pd.Index(b.ids)).unique()
    one, two = (_spread(part, index) for part in (a, b))
    rests = [None if part.support is None else _spread(part, index, part.support) for part in (a, b)]
    plain = dataclasses.replace(a, ids=index.to_numpy(object), values=(one - two).astype(np.float32), support=None)
    return _rested(plain, *rests)


def _spread(part: Field, index: pd.Index[Any], values: Any = None) -> np.ndarray:
    values = part.values if values is None else values
    out = np.full((*values.shape[:-1], len(index)), np.nan, dtype=values.dtype)
    out[..., index.get_indexer(pd.Index(part.ids))] = values
    return out


def _rested(made: Field, a: Any, b: Any) -> Field:
    """Return a difference with what it rests on, nan where the two together would tell of too few persons."""
    if a is None or b is None:
        return made
    hidden = difference_withheld(a, b, DISPLAY)
    values = np.where(hidden, np.nan, made.values).astype(np.float32)
    return dataclasses.replace(made, values=values, support=np.fmin(a, b))


# --- on disk ----------------------------------------------------------------------------------------------------


class _FieldRecord(msgspec.Struct):
    name: str
    unit: str
    where: str
    file: str
    column: str
    source: str = ""
    times: list[int] | None = None
    categories: dict[int, str] = msgspec.field(default_factory=dict)
    places: str = ""
    about: Source | None = None


class _IndicatorRecord(msgspec.Struct):
    id: str
    title: str
    value: float | None
    unit: str
    model: str
    shown_by: str = ""
    places: list[str] = msgspec.field(default_factory=list)
    fields: dict[str, float | str] = msgspec.field(default_factory=dict)


class _Record(msgspec.Struct):
    format: int
    model: str
    version: str
    parameters: dict[str, Value]
    key: str
    quality: Quality
    assumptions: list[str]
    fields: list[_FieldRecord]
    indicators: list[_IndicatorRecord]
    files: dict[str, str]


class _Sealed(msgspec.Struct):
    sha256: str
    result: msgspec.Raw


def store(folder: Path, result: Result) -> Path:
    """Write a Result under ``folder/results/<key>/``; what is there under that key already is replaced.

    A kill at any moment leaves no half result: it is built beside and renamed. Two who write the same key at once
    write the same. Answers made of people who need protection are never written: what they rest on would tell of a few.

    Returns
    -------
    Path
        The folder of the Result.

    Raises
    ------
    ValueError
        When the Result says how many persons its values rest on.
    """
    supports = [one.support for one in result.fields] + [one.support for one in result.indicators]
    if any(one is not None for one in supports):
        raise ValueError(f"{result.model} is made of people who need protection")
    target = folder / FOLDER / result.key
    target.parent.mkdir(parents=True, exist_ok=True)
    part = atomic.part_of(target)
    part.mkdir()
    try:
        record = _record(part, result)
        body = msgspec.json.encode(record)
        sealed = msgspec.json.encode(_Sealed(hashlib.sha256(body).hexdigest(), msgspec.Raw(body)))
        (part / "result.json").write_bytes(sealed)
        for path in part.iterdir():
            atomic.flush(path)
        atomic.flush_folder(part)
        _put(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def load(folder: Path, key: str) -> Result | None:
    """Read the Result of a key back; None when it is absent or not whole, so that it is made anew."""
    place = folder / FOLDER / key
    try:
        sealed = msgspec.json.decode((place / "result.json").read_bytes(), type=_Sealed)
        if hashlib.sha256(sealed.result).hexdigest() != sealed.sha256:
            return None
        record = msgspec.json.decode(sealed.result, type=_Record)
        if record.format != _FORMAT or record.key != key:
            return None
        tables = {name: _table(place / name, digest) for name, digest in record.files.items()}
        return _result(record, tables)
    except (OSError, ValueError, KeyError, msgspec.MsgspecError):
        return None


def fields_stored(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the names of the fields of what is stored under ``folder/results/``, by model."""
    found: dict[str, dict[str, None]] = {}
    for place in sorted((folder / FOLDER).glob("*/result.json")):
        try:
            record = msgspec.json.decode(msgspec.json.decode(place.read_bytes(), type=_Sealed).result, type=_Record)
        except (OSError, msgspec.MsgspecError):
            continue
        found.setdefault(record.model, {}).update(dict.fromkeys(one.name for one in record.fields))
    return {model: tuple(names) for model, names in found.items()}


def is_outdated(place: Path) -> bool:
    """Say whether a folder holds a Result of an earlier format, by its first bytes; False for what cannot be read."""
    try:
        with (place / "result.json").open("rb") as file:
            head = file.read(160)
    except OSError:
        return False
    found = re.search(rb'"format":(\d+)', head)
    return found is not None and int(found[1]) < _FORMAT


def _record(part: Path, result: Result) -> _Record:
    import pyarrow as pa
    from pyarrow import parquet

    groups: dict[tuple[int, int], tuple[str, dict[str, pa.Array]]] = {}
    standing: dict[int, tuple[str, Places]] = {}
    fields = []
    for number, one in enumerate(result.fields):
        first = f"values-{len(groups)}.parquet"
        named = {"id": pa.array(one.ids, pa.string())} if len(one.ids) else {}
        file, columns = groups.setdefault((id(one.ids), one.values.shape[-1]), (first, named))
        place = ""
        if one.places is not None:
            place, _ = standing.setdefault(id(one.places), (f"places-{len(standing)}.npz", one.places))
        values = np.ascontiguousarray(one.values, dtype=np.float32)
        column = f"f{number}"
        if values.ndim == 1:
            columns[column] = pa.array(values)
        else:
            columns[column] = pa.FixedSizeListArray.from_arrays(pa.array(values.T.ravel()), values.shape[0])
        times = None if one.times is None else one.times.astype("datetime64[ms]").astype(np.int64).tolist()
        names = {int(code): text for code, text in one.categories.items()}
        fields.append(
            _FieldRecord(one.name, one.unit, one.where, file, column, one.source, times, names, place, one.about)
        )
    files = {}
    for file, places in standing.values():
        (part / file).write_bytes(packed(places))
        files[file] = hashlib.sha256((part / file).read_bytes()).hexdigest()
    for file, columns in groups.values():
        parquet.write_table(pa.table(columns), part / file, compression="zstd")
        files[file] = hashlib.sha256((part / file).read_bytes()).hexdigest()
    indicators = [
        _IndicatorRecord(
            one.id, one.title, None if np.isnan(one.value) else float(one.value), one.unit, one.model, one.shown_by,
            list(one.places), dict(one.fields),
        )
        for one in result.indicators
    ]  # fmt: skip
    return _Record(
        _FORMAT, result.model, result.version, dict(result.parameters), result.key, result.quality,
        list(result.assumptions), fields, indicators, files,
    )  # fmt: skip


def _table(path: Path, digest: str) -> dict[str, Any]:
    from io import BytesIO

    from pyarrow import parquet

    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(path.name)
    if path.suffix == ".npz":
        return {"places": unpacked(data)}
    table = parquet.read_table(BytesIO(data))
    ids = table.column("id").to_pylist() if "id" in table.column_names else []
    made: dict[str, Any] = {"id": np.array(ids, dtype=object)}
    for name in table.column_names:
        if name == "id":
            continue
        column = table.column(name).combine_chunks()
        width = getattr(column.type, "list_size", 0)
        flat = (column.values if width else column).to_numpy(zero_copy_only=False)
        made[name] = flat.reshape(-1, width).T if width else flat
    return made


def _result(record: _Record, tables: Mapping[str, Mapping[str, Any]]) -> Result:
    fields = []
    for one in record.fields:
        times = None if one.times is None else np.array(one.times, dtype="datetime64[ms]")
        table = tables[one.file]
        where = cast("Where", one.where)
        places = tables[one.places]["places"] if one.places else None
        fields.append(
            Field(
                one.name, one.unit, where, table["id"], table[one.column], times, one.source, one.categories, places,
                about=one.about,
            )
        )  # fmt: skip
    indicators = tuple(
        Indicator(
            one.id, one.title, float("nan") if one.value is None else one.value, one.unit, one.model, one.shown_by,
            tuple(one.places), one.fields,
        )
        for one in record.indicators
    )  # fmt: skip
    return Result(
        record.model, record.version, record.parameters, record.key, tuple(fields), indicators, record.quality,
        tuple(record.assumptions),
    )  # fmt: skip


def _put(part: Path, target: Path) -> None:
    """Rename a finished folder into place; an old one is moved aside first, since none replaces a full folder."""
    old = None
    if target.exists():
        old = atomic.part_of(target)
        os.replace(target, old)
    try:
        os.replace(part, target)
    except OSError:
        if not target.exists():  # else another wrote the same answer meanwhile
            raise
    atomic.flush_folder(target.parent)
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)
