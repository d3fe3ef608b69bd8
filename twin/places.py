"""Where the values of a field stand when the City has no table for it: points, walls, a grid, lines, a picture.

All coordinates are float64 in the City's reference system. ``docs/drawing.md`` says how each is drawn.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from twin.crowds import gather
from twin.errors import BadInput

if TYPE_CHECKING:
    import shapely
    from numpy.typing import NDArray

    from twin.crowds import Crowds

    Floats = NDArray[np.float64]
    Affine = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, eq=False)
class Points:
    """Points of ``where="points"``, one for each value.

    Parameters
    ----------
    xy : array, shape (n, 2) [m]
    height : array, shape (n,) [m], optional
        Above the ground; a symbol above it stands on a thin stem. By default all lie on the ground.
    symbol : str
        ``"disc"`` or ``"square"``.
    cluster : bool
        Draw crowds of many points as one symbol each while they are far away.
    """

    xy: Floats
    height: Floats | None = None
    symbol: Literal["disc", "square"] = "disc"
    cluster: bool = True

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.xy)

    @cached_property
    def crowds(self) -> Crowds:
        """How they are gathered while they are far away; goes along to another process once it is made."""
        return gather(self.xy, self.height, self.cluster)


@dataclass(frozen=True, eq=False)
class Walls:
    """Receivers in front of façades, one for each value of ``where="facades"``.

    Parameters
    ----------
    points : array, shape (n, 3) [m]
        Place of the receiver, heights as in the City.
    normal : array, shape (n, 2)
        Unit vector out of the wall.
    length : array, shape (n,) [m]
        Wall that the receiver stands for, half to each side of it.
    low, high : array, shape (n,) [m]
        Bottom and top of its storey, heights as in the City.
    """

    points: Floats
    normal: Floats
    length: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        """Return the number of receivers."""
        return len(self.points)


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular grid of ``where="grid"``; its values are the cells row by row, ``rows * columns`` of them.

    Parameters
    ----------
    rows, columns : int
        Row 0 in the north.
    transform : tuple of 6 floats
        Affine ``(a, b, c, d, e, f)`` from (column, row) of a cell's corner to (x, y), as rasterio has it; b = d = 0.
    smooth : bool
        Values belong to the cells' middles and run smoothly between them (a level), not to areas (a count).
    areas : array of int, shape (cells,), optional
        Number of the area that each cell is a part of, −1 for none, where the cells draw areas: one that is picked is
        outlined whole. By default each cell is an area of its own.
    """

    rows: int
    columns: int
    transform: Affine
    smooth: bool = True
    areas: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        """Return the number of cells."""
        return self.rows * self.columns

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north [m]."""
        return _bounds(self.transform, self.rows, self.columns)


@dataclass(frozen=True, eq=False)
class Lines:
    """Straight lines from point to point of ``where="lines"``, one for each value.

    Parameters
    ----------
    start, end : array, shape (n, 3) [m]
        Heights as in the City; nan lies on the ground.
    arch : float
        How high the middle rises, as a part of the length (0 straight, 0.2 a flat arch).
    arrow : bool
        Whether an arrow stands at the end.
    """

    start: Floats
    end: Floats
    arch: float = 0.0
    arrow: bool = False

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.start)


@dataclass(frozen=True, eq=False)
class Picture:
    """A georeferenced picture of ``where="picture"``, laid on the ground; the field has no values.

    Parameters
    ----------
    pixels : array, shape (rows, columns, 3 or 4)
        uint8 red, green, blue and perhaps alpha, row 0 in the north. A memory map will do.
    transform : tuple of 6 floats
        As that of :class:`Grid`.
    """

    pixels: NDArray[np.uint8]
    transform: Affine

    def __len__(self) -> int:
        """Return 0: a picture has no values."""
        return 0

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north [m]."""
        rows, columns = self.pixels.shape[:2]
        return _bounds(self.transform, rows, columns)


@dataclass(frozen=True, eq=False)
class Solids:
    """Areas raised to solids of ``where="solids"``, one for each value; made by :meth:`of`.

    Parameters
    ----------
    wkb : array of uint8, shape (bytes,)
        The polygons as WKB, one behind the other.
    ends : array of int64, shape (n,)
        Where each ends in ``wkb``.
    height : array, shape (n,) [m]
        Above the lowest ground under the area; nan is 0.
    """

    wkb: NDArray[np.uint8]
    ends: NDArray[np.int64]
    height: Floats

    def __len__(self) -> int:
        """Return the number of solids."""
        return len(self.ends)

    @classmethod
    def of(cls, polygons: NDArray[np.object_], height: Floats) -> Solids:
        """Raise polygons and multipolygons (shapely geometries) by heights [m]."""
        import shapely

        parts = [shapely.to_wkb(one) for one in polygons]
        ends = np.cumsum([len(one) for one in parts], dtype=np.int64)
        return cls(np.frombuffer(b"".join(parts), dtype=np.uint8), ends, np.asarray(height, dtype=float))

    def polygon(self, row: int) -> shapely.Geometry:
        """Return one of the areas."""
        import shapely

        first = int(self.ends[row - 1]) if row else 0
        return shapely.from_wkb(self.wkb[first : int(self.ends[row])].tobytes())

    def polygons(self) -> NDArray[np.object_]:
        """Return the areas as shapely geometries."""
        import shapely

        data, starts = self.wkb.tobytes(), [0, *self.ends[:-1].tolist()]
        pieces = [data[a:b] for a, b in zip(starts, self.ends.tolist(), strict=True)]
        found: NDArray[np.object_] = shapely.from_wkb(np.array(pieces, dtype=object))
        return found


Places = Points | Walls | Grid | Lines | Picture | Solids


def spot(places: Places, row: int) -> tuple[float, float]:
    """Return x and y [m] of one of the places, of a line, wall, cell or area its middle.

    Raises
    ------
    IndexError
        When there is no such place.
    """
    if not 0 <= row < len(places):
        raise IndexError(row)
    if isinstance(places, Points):
        x, y = places.xy[row]
    elif isinstance(places, Lines):
        x, y = (places.start[row, :2] + places.end[row, :2]) / 2
    elif isinstance(places, Walls):
        x, y = places.points[row, :2]
    elif isinstance(places, Grid):
        a, _, c, _, e, f = places.transform
        x, y = c + a * (row % places.columns + 0.5), f + e * (row // places.columns + 0.5)
    else:
        assert isinstance(places, Solids)
        x, y = places.polygon(row).representative_point().coords[0]
    return float(x), float(y)


def storeys(z: Floats, facade: NDArray[np.int64], height: float = 3.0, ear: float = 1.5) -> tuple[Floats, Floats]:
    """Return bottom and top of the storey of each receiver, from the receivers one above the other.

    Parameters
    ----------
    z : array, shape (n,) [m]
        Heights of the receivers.
    facade : array, shape (n,)
        Receivers one above the other share a number and stand in a row, lowest first.
    height : float [m]
        Of a storey where there is but one receiver.
    ear : float [m]
        Height of a receiver above its floor; half the storey where that is less.

    Returns
    -------
    low, high : array, shape (n,) [m]

    Examples
    --------
    >>> storeys(np.array([1.5, 4.5]), np.array([0, 0]))
    (array([0., 3.]), array([3., 6.]))
    """
    z = np.asarray(z, dtype=float)
    rise = np.full(len(z), np.nan)
    same = facade[1:] == facade[:-1]
    rise[:-1][same] = np.diff(z)[same]
    rise[1:][same & np.isnan(rise[1:])] = np.diff(z)[same & np.isnan(rise[1:])]
    rise = np.where(np.isfinite(rise) & (rise > 0), rise, height)
    low = z - np.minimum(ear, rise / 2)
    return low, low + rise


def check(name: str, where: str, shape: tuple[int, ...], ids: int, times: int | None, places: Places | None) -> None:
    """Refuse values that do not fit where and when they are said to stand.

    Parameters
    ----------
    name, where : str
        Of the field.
    shape : tuple of int
        Of its values.
    ids : int
        Number of its ids.
    times : int or None
        Number of its times, None without.
    places : Places or None

    Raises
    ------
    BadInput
        When kind or number differ.
    """
    if where not in WHERES:
        raise BadInput("«{name}»: where is «{where}»; it must be one of {known}.", name=name, where=where,
                       known=", ".join(WHERES))  # fmt: skip
    wanted = None if places is None else _KINDS[type(places)]
    if wanted is not None and where != wanted:
        raise BadInput("Places of the kind {kind} belong to a field of «{wanted}», not of «{where}».",
                       kind=type(places).__name__, wanted=wanted, where=where)  # fmt: skip
    count = ids if places is None else len(places)
    if shape[-1:] != (count,) or (len(shape) == 2 and times is not None and shape[0] != times):
        steps = shape[0] if times is None else times
        timed = times is not None or len(shape) > 1
        raise BadInput("«{name}»: values of shape {shape}; expected shape {axes} = {expected}.", name=name,
                       shape=_said(shape), axes="(times, places)" if timed else "(places,)",
                       expected=_said((steps, count) if timed else (count,)))  # fmt: skip


def _said(shape: tuple[int, ...]) -> str:
    """Write a shape as Python does, in any language."""
    return str(tuple(int(n) for n in shape))


WHERES = ("buildings", "roads", "paths", "zones", "points", "facades", "grid", "lines", "picture", "solids")
"""What values can stand at: rows of the City's tables, and places of their own."""
_KINDS: dict[type, str] = {Points: "points", Walls: "facades", Grid: "grid", Lines: "lines", Picture: "picture",
                           Solids: "solids"}  # fmt: skip


def equal(a: Places | None, b: Places | None) -> bool:
    """Say whether two places are the same, in kind and numbers."""
    if a is b:
        return True
    if a is None or b is None or type(a) is not type(b):
        return False
    return all(
        np.array_equal(x, y, equal_nan=True) if isinstance(x, np.ndarray) and isinstance(y, np.ndarray) else x == y
        for x, y in ((getattr(a, item.name), getattr(b, item.name)) for item in fields(a))
    )


def packed(places: Places) -> bytes:
    """Return places as the bytes of a NumPy ``npz`` file that :func:`unpacked` reads."""
    parts = {item.name: getattr(places, item.name) for item in fields(places)}
    arrays = {name: part for name, part in parts.items() if isinstance(part, np.ndarray)}
    plain = {name: part for name, part in parts.items() if name not in arrays}
    head = np.frombuffer(msgspec.json.encode({"kind": type(places).__name__, "plain": plain}), dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, head=head, **arrays)
    return file.getvalue()


def unpacked(data: bytes) -> Places:
    """Read places back.

    Raises
    ------
    ValueError
        When the bytes are not what :func:`packed` wrote.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        head = msgspec.json.decode(file["head"].tobytes())
        arrays = {name: file[name] for name in file.files if name != "head"}
    kind = next((one for one in _KINDS if one.__name__ == head.get("kind")), None)
    if kind is None:
        raise ValueError(str(head.get("kind")))
    plain = {name: tuple(part) if isinstance(part, list) else part for name, part in head["plain"].items()}
    made: Places = kind(**arrays, **plain)
    return made


def _bounds(transform: Affine, rows: int, columns: int) -> tuple[float, float, float, float]:
    a, _, c, _, e, f = transform
    x, y = sorted((c, c + columns * a)), sorted((f, f + rows * e))
    return x[0], y[0], x[1], y[1]
