"""The data files of a project as layers of the window: read beside it, painted at once when only the style changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from twin.errors import Cancelled, TwinError
from twin.text import N_, Own, error_text, tr
from twin.ui.opening import DropInInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twin.city.city import City
    from twin.datafile.ground import Sketch
    from twin.datafile.show import Shown
    from twin.datafile.spec import DataLayer
    from twin.jobs import Job, Task
    from twin.layer import Layer
    from twin.state import State
    from twin.ui.session import Session

GROUP = N_("Data files")
_KEPT = 12


class DataLayers(QObject):
    """Follows the data layers of a State; ``layers``, ``errors`` and ``entries`` are what the window shows of them."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.layers: Mapping[str, Layer] = {}
        self.errors: Mapping[str, str] = {}
        self._numbers: dict[tuple[object, ...], Shown | TwinError] = {}
        self._asked: dict[tuple[object, ...], Task] = {}
        self._painted: dict[str, tuple[DataLayer, Shown, Layer | None]] = {}
        self._state: State | None = None
        self._beside: tuple[Mapping[str, Layer], tuple[DropInInfo, ...]] = ({}, ())

    @property
    def shown(self) -> Mapping[str, Layer]:
        """The layers, and those that another part of the window added."""
        return {**self.layers, **self._beside[0]}

    def add(self, layers: Mapping[str, Layer], entries: tuple[DropInInfo, ...]) -> None:
        """Show layers of another part of the window (sensors) too, in place of what it added before."""
        if dict(layers) != dict(self._beside[0]):
            self._beside = (layers, entries)
            self.changed.emit()

    @property
    def entries(self) -> tuple[DropInInfo, ...]:
        """What the layer panel needs to know of each."""
        imported = () if self._state is None else self._state.imported
        return (*(DropInInfo(one.id, Own(one.about.title), GROUP) for one in imported), *self._beside[1])

    def numbers(self, id: str) -> Shown | None:
        """Return the numbers of a layer, None while they are being read."""
        found = self._painted.get(id)
        return None if found is None else found[1]

    def fields(self, id: str, place: int) -> Mapping[str, object]:
        """Return the columns of the row that a place of a layer is of; none where there are none.

        Of places with several times only what is not of one time: neither the time nor the value.
        """
        project, found = self._session.project, self._painted.get(id)
        if project is None or found is None or found[0].choice.show == "raster":
            return {}
        from twin.datafile.folders import located
        from twin.datafile.rows import row_of

        choice, row = found[0].choice, found[1].row(place)
        try:
            known = row_of(located(found[0].file, project.folders), row) if row >= 0 else {}
        except (OSError, ValueError, IndexError, TwinError):
            return {}  # the map shows what was read before; only the row cannot be told any more
        left_out = {"_row", *((choice.time, choice.value) if choice.time else ())}
        return {name: value for name, value in known.items() if name not in left_out}

    def show(self, state: State | None) -> None:
        """Take the State that is shown, with the city of the scenario in it; None: no project is open."""
        before, self._state = self._state, state
        if state is None:
            for task in self._asked.values():
                task.cancel()
            self._asked.clear()
            self._numbers.clear()
            self._painted.clear()
            self.layers, self.errors = {}, {}
            return
        if before is not None and before.imported is state.imported and before.city is state.city:
            return
        if not state.imported and not self.layers and not self.errors:
            return  # and nothing heavy is imported for it
        from twin.datafile.evaluate import numbers_key

        for one in state.imported:
            key = numbers_key(one, state.city)
            if key not in self._numbers and key not in self._asked:
                self._ask(key, one, state.city)
        self._paint()

    # --- inside -------------------------------------------------------------------------------------------------

    def _ask(self, key: tuple[object, ...], layer: DataLayer, city: City) -> None:
        project = self._session.project
        if project is None:
            return
        from twin.datafile.ground import sketch

        title = tr("Reading {name}", self._session.lang, name=layer.about.title)
        self._asked[key] = self._session.tasks.start(
            numbers, layer, sketch(city, layer.choice.show), project.folders, title=title,
            then=lambda task: self._came(key, task),
        )  # fmt: skip

    def _came(self, key: tuple[object, ...], task: Task) -> None:
        if self._asked.pop(key, None) is None or isinstance(task.error, Cancelled):
            return
        error = task.error
        self._numbers[key] = task.result if error is None else error if isinstance(error, TwinError) else _told(error)
        while len(self._numbers) > _KEPT + (0 if self._state is None else len(self._state.imported)):
            self._numbers.pop(next(iter(self._numbers)))
        self._paint()

    def _paint(self) -> None:
        from twin.datafile.evaluate import numbers_key
        from twin.datafile.paint import painted

        state = self._state
        if state is None:
            return
        layers: dict[str, Layer] = {}
        errors: dict[str, str] = {}
        kept: dict[str, tuple[DataLayer, Shown, Layer | None]] = {}
        for one in state.imported:
            found = self._numbers.get(numbers_key(one, state.city))
            if found is None:
                continue
            try:
                if isinstance(found, TwinError):
                    raise found
                before = self._painted.get(one.id)
                same = before is not None and before[0] is one and before[1] is found
                layer = before[2] if before is not None and same else painted(one, found)
            except TwinError as error:
                errors[one.id] = error_text(error, self._session.lang)
                continue
            kept[one.id] = (one, found, layer)
            if layer is not None:
                layers[one.id] = layer
        self._painted = kept
        if layers != self.layers or errors != self.errors:
            self.layers, self.errors = layers, errors
        self.changed.emit()


def _told(error: BaseException) -> TwinError:
    return TwinError("{reason}", reason=f"{type(error).__name__}: {error}")


def numbers(layer: DataLayer, city: Sketch, folders: tuple[Path, ...], job: Job) -> Shown:
    """Read the numbers of a data layer (in a child process)."""
    from twin.datafile.folders import located
    from twin.datafile.show import shown
    from twin.places import Points

    job.progress(0.0, N_("Reading {name}"), name=layer.about.title)
    found = shown(layer, located(layer.file, folders), city)
    # Here, as it takes a second for a million points, and the window would stand still.
    _ = found.field.of_crowds
    if isinstance(found.field.places, Points):
        _ = found.field.places.crowds.leads
    return found
