"""How data layers, selection and hover reach the things of the City's tables: textures and uniforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.scene.draw import plan
from twin.scene.draw.data import Data
from twin.scene.draw.overlay import shares, speeds, steps_of
from twin.scene.resolve import ABSENT, KINDS, Values, in_rows, rows_in, rows_of, values, with_parents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.layer import Layer
    from twin.scene.draw.gpu import Pass
    from twin.scene.mesh import CityMesh
    from twin.scene.picking import Hit
    from twin.scene.resolve import Drawables, Kind, Paint


class Painting:
    """The textures of each kind of thing and what they hold.

    Parameters
    ----------
    mesh : CityMesh
    """

    def __init__(self, mesh: CityMesh) -> None:
        self.mesh = mesh
        self.index: dict[str, pd.Index] = {name: pd.Index(ids) for name, ids in mesh.ids.items()}
        self.data: dict[str, Data] = {name: Data(self._count(name)) for name in (*KINDS, "places")}
        self.painted: dict[Kind, Layer] = {}
        self._known: list[tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.int64] | None]] = []
        self._marks: NDArray[np.uint8] = np.zeros(len(mesh.ids["buildings"]), dtype=np.uint8)
        self.selected: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        """Rows of the buildings selected, with their parts."""
        self.ghosts: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.ways: dict[str, NDArray[np.int64]] = {}
        """Rows of the streets and paths that are selected, by table."""

    def take(self, mesh: CityMesh) -> None:
        """Take another mesh of the same city."""
        for name, ids in mesh.ids.items():
            if ids is not self.mesh.ids[name]:
                self.index[name] = pd.Index(ids)
        self.mesh = mesh
        for name, data in self.data.items():
            data.rows = self._count(name)

    def _count(self, kind: str) -> int:
        return len(self.mesh.ids["places" if kind == "points" else kind])

    @property
    def moving(self) -> bool:
        """Whether something flows."""
        return any(layer.flow is not None for layer in self.painted.values())

    def set_paint(self, passes: Mapping[str, Pass], kind: Kind, paint: Paint | None) -> None:
        """Show a layer on a kind of thing, or none."""
        drawn = [passes[name] for name in plan.PAINTED[kind]]
        data = self.data[kind]
        if paint is None:
            self.painted.pop(kind, None)
        elif self.painted.get(kind) is not paint.layer:
            self.painted[kind] = paint.layer
            self._put(drawn, kind, paint)
        for one in drawn:
            one.set(uPainted=float(paint is not None), uOpacity=1.0 if paint is None else paint.opacity)
            if paint is None:
                one.set(uSized=0.0, uFlowing=0.0)
        if kind == "points" and paint is not None:
            data.marks.write(np.where(data.lacking(), 2, 0).astype(np.uint8))

    def _put(self, drawn: list[Pass], kind: Kind, paint: Paint) -> None:
        table = "places" if kind == "points" else kind
        layer, data, ids = paint.layer, self.data[kind], self.mesh.ids[table]
        found = values(paint, ids, self._places(layer.field.ids, table))
        if kind == "buildings":
            numbers = with_parents(found.numbers, self.mesh.solids.parent)
            found = Values(numbers, found.colours, found.low, found.high)
        if data.put(found):
            for one in drawn:
                one.bind("values", data.values)
        size, flow = layer.size, layer.flow
        for one in drawn:
            one.set(
                uRange=(found.low, found.high), uHatch=float(layer.hatched), uSized=float(size is not None),
                uFlowing=float(flow is not None),
            )  # fmt: skip
        if size is None and flow is None:
            return
        wide = None if size is None else self._rows(shares(layer), size.field.ids, table)
        fast = None if flow is None else self._rows(speeds(flow), flow.ids, table)
        data.measure(wide, fast)
        for one in drawn:
            one.bind("measures", data.measures)
            if size is not None:
                one.set(uSize=(size.least, size.most))

    def _places(self, names: NDArray[np.object_], table: str) -> NDArray[np.int64] | None:
        """Return where names stand in a table: looked up once, as layers of the same things come again and again."""
        ids = self.mesh.ids[table]
        for known, own, rows in self._known:
            if known is names and own is ids:
                return rows
        rows = rows_in(names, ids, self.index[table])
        self._known = [(names, ids, rows), *self._known[:7]]
        return rows

    def _rows(
        self, given: NDArray[np.float32] | None, names: NDArray[np.object_], table: str
    ) -> NDArray[np.float32] | None:
        if given is None:
            return None
        placed = in_rows(given, self._places(names, table), self.mesh.ids[table])
        return np.where(placed <= ABSENT, 0.0, placed).astype(np.float32)

    def set_time(self, passes: Mapping[str, Pass], time: np.datetime64 | None) -> None:
        """Show the values of a time: only uniforms are set."""
        for kind, layer in self.painted.items():
            steps = self.data[kind].steps(*steps_of(layer, time))
            for name in plan.PAINTED[kind]:
                passes[name].set(uSteps=steps)

    def set_marks(self, passes: Mapping[str, Pass], new: Drawables) -> None:
        """Mark what is selected and what is hidden."""
        for table in ("buildings", "roads", "paths", "zones", "places"):
            marks = np.zeros(len(self.mesh.ids[table]), dtype=np.uint8)
            if table == "buildings" and new.hidden:
                rows = self.index[table].get_indexer(pd.Index(sorted(new.hidden), dtype=object))
                marks[rows[rows >= 0]] = 2
            chosen = rows_of(new.selection, table, self.index[table])
            marks[chosen] = 1
            if table == "buildings" and len(chosen):
                marks[self.with_parts(chosen)] = 1
            if len(marks):
                self.data[table].marks.write(marks)
            if table in ("roads", "paths"):
                self.ways[table] = chosen
            if table == "buildings":
                self._marks, self.selected = marks, np.flatnonzero(marks == 1)
                self.ghosts = self.ghosts[:0]
            for name in plan.HOVER[table]:
                if name != "points":  # whose marks hide what was not measured
                    passes[name].set(uMarked=float(marks.any()))

    def set_ghosts(self, passes: Mapping[str, Pass], rows: NDArray[np.int64]) -> None:
        """Let buildings that hide what is selected be seen through, and no others."""
        if np.array_equal(rows, self.ghosts):
            return
        self.ghosts = rows
        marks = self._marks.copy()
        marks[rows[marks[rows] == 0]] = 3
        self.data["buildings"].marks.write(marks)
        for name in ("buildings", "roofs", "edges"):
            passes[name].set(uMarked=float(marks.any()))

    def with_parts(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which rows are buildings or their parts."""
        return np.isin(self.mesh.solids.parent, rows)

    def hover(self, passes: Mapping[str, Pass], hit: Hit | None) -> NDArray[np.int64]:
        """Mark what the pointer is on; return the rows of the building it is, with its parts."""
        pointed = np.empty(0, dtype=np.int64)
        for table, names in plan.HOVER.items():
            row = -10.0
            if hit is not None and hit.table == table:
                row = float(self.index[table].get_indexer(pd.Index([hit.id], dtype=object))[0])
            for name in names:
                passes[name].set(uHover=row)
            if table == "buildings" and row >= 0:
                pointed = np.flatnonzero(self.with_parts(np.array([int(row)])))
        return pointed
