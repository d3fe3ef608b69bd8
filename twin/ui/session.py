"""The opened project as the window sees it: its Store, what is derived from its City, saving and closing."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer, Signal

from twin.city.city import City
from twin.errors import Cancelled, TwinError
from twin.state import Store
from twin.text import N_, tr
from twin.ui import opening
from twin.ui.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twin.disk.versions import Recovery
    from twin.dropins.register import Extras
    from twin.jobs import Task
    from twin.project import Project
    from twin.state import Pose, State
    from twin.ui.early import Early

AUTOSAVE_EVERY = 120_000
"""Milliseconds between two automatic savings of changed work."""
_KEPT_CITIES = 6


class Session(QObject):
    """At most one project, its state and its background work.

    The window listens to the signals and asks the questions; nothing here opens a dialog.
    """

    opened = Signal()
    """A project is there: ``store`` and ``data`` are set."""
    closed = Signal()
    city_changed = Signal()
    """Another City (an import, an undo): ``data`` fits the state again."""
    status_changed = Signal()
    """Saved or not, or the state is another."""
    loading = Signal(object)
    """The Task that reads a project, None when it ended."""
    recovery_found = Signal()
    """The held project has an autosave that a crash left behind; :meth:`read` goes on with it or without."""
    _written = Signal(object, object)
    failed = Signal(object)
    """An exception that the user should be told."""
    dropins_changed = Signal()
    """The code of drop-ins may be another."""
    said = Signal(str)
    """Good news in one line."""

    def __init__(self, lang: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lang = lang
        self.tasks = Tasks(self)
        self.project: Project | None = None
        self.store: Store | None = None
        self.data: opening.CityData | None = None
        self._cities: list[tuple[City, opening.CityData]] = []
        self._saved: State | None = None
        self._decided = True
        self._writer = ThreadPoolExecutor(1, "writer")
        self._loading: Task | None = None
        self.pose: Callable[[], Pose | None] = lambda: None
        """Where the camera is, to be saved with the project."""
        self._written.connect(self._wrote)
        self.tasks.finished.connect(self._loaded)
        self._stop_listening: Callable[[], None] = lambda: None
        self._autosave = QTimer(self)
        self._autosave.setInterval(AUTOSAVE_EVERY)
        self._autosave.timeout.connect(self.autosave)

    # --- what it is ---------------------------------------------------------------------------------------------

    @property
    def modified(self) -> bool:
        """Whether something would be lost by closing now."""
        if self.store is None:
            return False
        return self._saved is None or _differs(self.store.state, self._saved)

    @property
    def read_only(self) -> bool:
        """Whether saving needs another name."""
        return self.project is not None and self.project.read_only

    @property
    def busy(self) -> bool:
        """Whether something is read or works in the background."""
        return self._loading is not None or bool(self.tasks.running)

    @property
    def only_looked_at(self) -> bool:
        """Whether a read-only project was changed in nothing but which layers show."""
        if self.store is None or self._saved is None:
            return False
        state, saved = self.store.state, self._saved
        same = state.bookmarks == saved.bookmarks and state.scenarios == saved.scenarios
        same = same and state.imported == saved.imported and state.values == saved.values
        return self.read_only and state.city is saved.city and same

    @property
    def city_on_disk(self) -> bool:
        """Whether the project's folder holds the present city, so that a child can read it there."""
        return self.store is not None and self._saved is not None and self.store.state.city is self._saved.city

    @property
    def reading(self) -> Task | None:
        """The task that reads a project now."""
        return self._loading

    # --- opening and closing ------------------------------------------------------------------------------------

    def open(self, path: Path, *, read_only: bool = False, early: Early | None = None) -> None:
        """Hold a project and read it in the background; ``opened`` or ``failed`` follows.

        Parameters
        ----------
        path : Path
        read_only : bool
            Open it without holding it, because another process does.
        early : Early, optional
            Reading that has begun already (at program start, while Qt was still loading).

        Raises
        ------
        TwinError
            When it is locked, damaged or of a later version.
        """
        from twin.dropins import trust
        from twin.project import open_project

        self.close()
        trust.activate(path)
        self.project = open_project(path, read_only=read_only)
        if early is not None and self.project.recovery() is None:
            self._loading = early.task
            early.task.title = self._opening_title()
            self.tasks.started.emit(early.task)
            early.tell(self.tasks.progressed.emit, self.tasks.finished.emit)
            self.loading.emit(early.task)
        elif self.project.recovery() is not None:
            self.recovery_found.emit()
        else:
            self.read(None)

    def read(self, recovery: Recovery | None, decided: bool = True) -> None:
        """Read the held project, or the autosave that a crash left behind.

        What the crash left is offered again another time unless somebody ``decided`` on it.
        """
        if self.project is None:
            return
        self._decided = decided
        if recovery is None and decided:
            self.project.discard_recovery()
        self._loading = self.tasks.start(opening.load, self.project.path, recovery, title=self._opening_title())
        self.loading.emit(self._loading)

    def close(self) -> None:
        """Let go of the project without asking; ``closed`` follows."""
        self._autosave.stop()
        self._stop_listening()
        self._stop_listening = lambda: None
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
            self.loading.emit(None)
        project, self.project = self.project, None
        self.store = self.data = self._saved = None
        self._cities.clear()
        if project is not None:
            self._writer.submit(project.close, self._decided).result()
            self.closed.emit()

    def shut(self) -> None:
        """Close the project, stop all work and wait for what is being written."""
        self.close()
        self.tasks.cancel_all()
        self._writer.shutdown()

    def reload_dropins(self) -> None:
        """Load the drop-ins anew and make their layers, beside the window; ``city_changed`` follows."""
        if self.store is None or self.data is None or self.project is None:
            return
        city = self.store.state.city
        source = self.project.path if self.city_on_disk else city

        def done(task: Task) -> None:
            if self.store is None or self.data is None or self.store.state.city is not city:
                return
            if task.error is not None:
                self._tell(task.error)
                return
            made = cast(opening.Made, task.result)
            know(made.extras)
            self.data = replace(
                self.data, layers=made.layers, errors=made.errors, dropins=made.dropins, extras=made.extras
            )
            self._cities = [(one, self.data if one is city else data) for one, data in self._cities]
            self.dropins_changed.emit()
            self.city_changed.emit()
            said = N_("Drop-ins loaded anew; {n} have errors.") if made.errors else N_("Drop-ins loaded anew.")
            self.said.emit(tr(said, self.lang, n=len(made.errors)))

        title = tr("Loading drop-ins anew", self.lang)
        self.tasks.start(opening.relayer, source, title=title, then=done)

    # --- saving -------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save in the background; ``then`` is called when it is on disk."""
        if self.project is None or self.store is None:
            return
        project, state = self.project, self.store.state

        def done(result: object) -> None:
            self._mark_saved(project, state, then)

        self._write(lambda: project.save(state, self.pose()), done)

    def save_as(self, path: Path, then: Callable[[], object] | None = None) -> None:
        """Save as a new project in the background and go on there."""
        if self.project is None or self.store is None:
            return
        project, state = self.project, self.store.state

        def done(result: object) -> None:
            self.project = cast("Project", result)
            project.close()
            self._mark_saved(self.project, state, then)

        self._write(lambda: project.save_as(path, state, self.pose(), replace=True), done)

    def autosave(self) -> None:
        """Keep a copy of unsaved work beside the project, to be offered after a crash."""
        if self.project is not None and self.store is not None and not self.read_only and self.modified:
            project, state = self.project, self.store.state
            self._write(lambda: project.autosave(state, self.pose()), lambda _result: None)

    # --- data ---------------------------------------------------------------------------------------------------

    def take(self, label: str, before: City, after: City, data: opening.CityData) -> None:
        """Take a City that was made from the present one as a step that can be undone.

        Parameters
        ----------
        label : str
            What the user did, English of the catalogue.
        before : City
            The City it was made from; if that is no longer the present one the step is refused.
        after : City
        data : CityData
            What is derived from ``after``.
        """
        if self.store is None or self.store.state.city is not before:
            self.failed.emit(TwinError("The city was changed meanwhile; add the files again."))
            return
        self._keep(after, data)
        self.store.change(label, city=after)

    def drawn(self) -> tuple[State, opening.CityData, City | Path]:
        """Return what a child needs to draw the view: State, derived data, and the city or where it lies unchanged.

        The State comes with an empty City, as a large one need not be sent.
        """
        if self.store is None or self.data is None or self.project is None:
            raise TwinError("No project is open.")
        state = self.store.state
        empty = City(state.city.name, state.city.crs)
        return state.changed(city=empty), self.data, self.project.path if self.city_on_disk else state.city

    # --- inside -------------------------------------------------------------------------------------------------

    def _opening_title(self) -> str:
        name = self.project.name if self.project is not None else ""
        return tr("Opening {name}", self.lang, name=name)

    def _loaded(self, task: Task) -> None:
        if task is not self._loading or self.project is None:
            return
        self._loading = None
        self.loading.emit(None)
        if task.error is not None:
            self._tell(task.error)
            self.close()
            return
        found = cast(opening.Opened, task.result)
        saved = self.project.state(found.city) if found.recovered is None else None
        state = found.recovered or saved
        if state is None:
            return
        self._keep(state.city, found.data)
        know(found.data.extras)
        self.store = Store(state)
        self.data = found.data
        self._saved = saved
        self._stop_listening = self.store.listen(self._changed)
        self._autosave.start()
        self.opened.emit()

    def _changed(self, old: State, new: State) -> None:
        if old.city is not new.city:
            known = next((data for city, data in self._cities if city is new.city), None)
            if known is not None:
                self.data = known
                self.city_changed.emit()
        self.status_changed.emit()

    def _keep(self, city: City, data: opening.CityData) -> None:
        self._cities.append((city, data))
        del self._cities[:-_KEPT_CITIES]

    def _write(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        """Do disk work on the one writing thread; the values it writes never change, so it needs no lock."""

        def done(future: Future[object]) -> None:
            self._written.emit(future, then)

        self._writer.submit(work).add_done_callback(done)

    def _wrote(self, future: Future[object], then: Callable[[object], None]) -> None:
        error = future.exception()
        if error is not None:
            self.failed.emit(error)
        else:
            then(future.result())

    def _mark_saved(self, project: Project, state: State, then: Callable[[], object] | None) -> None:
        self._saved = state
        self.status_changed.emit()
        self.said.emit(tr("Saved as {name}.", self.lang, name=project.path.name))
        if then is not None:
            then()

    def _tell(self, error: BaseException) -> None:
        if not isinstance(error, Cancelled):
            self.failed.emit(error)


def know(extras: Extras | None) -> None:
    """Know the models and colour scales that drop-ins add."""
    if extras is not None and (extras.models or extras.scales or _known):
        from twin.dropins.register import take

        _known[:] = [extras]
        take(extras)


_known: list[Extras] = []


def _differs(a: State, b: State) -> bool:
    """Compare what a project keeps; what is selected is not kept."""
    kept = (
        "layers", "bookmarks", "scenarios", "scenario", "reference", "imported", "values", "models", "ethics",
        "sunlit", "section",
    )  # fmt: skip
    return a.city is not b.city or any(getattr(a, name) != getattr(b, name) for name in kept)
