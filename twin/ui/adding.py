"""Taking files in and giving pictures out: the dialogs do the work in the background, the window takes the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QInputDialog

from twin.errors import BadInput, TwinError
from twin.text import N_, tr
from twin.ui import ask, layer_files, opening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twin.city.city import City
    from twin.datafile.spec import About
    from twin.datafile.take import Taken
    from twin.jobs import Task
    from twin.ui.bringing import Brought
    from twin.ui.export_dialog import Picture
    from twin.ui.join_dialog import JoinDialog
    from twin.ui.window import MainWindow


MAX_ETHICS = 20_000
"""Longest note on ethics that a project keeps."""


class Adding(QObject):
    """Import and export of one window."""

    def __init__(self, window: MainWindow, open_path: Callable[[Path], None]) -> None:
        super().__init__(window)
        self._window = window
        self._open_path = open_path

    def look(self, files: Sequence[Path], *, into_new: bool) -> None:
        """Show what is inside files, and read them when the user says so."""
        session, lang = self._window.session, self._window.lang
        if not into_new and session.read_only:
            choice = ask.where_to(self._window, lang)
            if choice == "copy":
                self._window.handlers.save_as(lambda: self.look(files, into_new=False))
            if choice != "new":
                return
            into_new = True
        from twin.ui.import_dialog import ImportDialog  # here: the start page is shown without it

        city = session.store.state.city if session.store is not None and not session.read_only else None
        dialog = ImportDialog(
            files, lang, city, into_new=into_new, folder=self._window.settings.folder, tasks=session.tasks,
            parent=self._window,
        )  # fmt: skip
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.imported.connect(self._open_path)
        dialog.merged.connect(lambda brought: self._merged(city, brought))
        dialog.open()

    def take(self, files: Sequence[Path]) -> None:
        """Take what was dropped or chosen: city files into the city, data files as layers, one after the other."""
        city: list[Path] = []
        data: list[Path] = []
        store = self._window.session.store
        for path in files:
            try:
                raster = layer_files.is_raster(path)
                to_layer = (
                    store is not None and raster and ask.grid_as_layer(self._window, path.name, self._window.lang)
                )
                (data if to_layer or layer_files.is_data(path) else city).append(path)
            except TwinError:
                city.append(path)  # its dialog says what is wrong with it
        if city:
            self.look(city, into_new=store is None)
        if data and store is None:
            name = data[0].name
            self._window.notices.show_error(BadInput("{name} is a data file: open a project first, then drop it there.",
                                                     name=name))  # fmt: skip
            return
        self.show_data(data)

    def show_data(self, files: Sequence[Path]) -> None:
        """Ask for each data file what is shown of it, and take it in as a layer."""
        session, lang = self._window.session, self._window.lang
        shown = self._window.workbench.results.shown
        if not files or session.store is None or shown is None:
            return
        from twin.ui.layer_import import LayerImportDialog  # here: the start page is shown without it

        state = session.store.state
        taken = (*(row.id for row in state.layers), *(one.id for one in state.imported))
        dialog = LayerImportDialog(files[0], shown.state.city, taken, session.tasks, lang, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.made.connect(self._add_layer)
        dialog.finished.connect(lambda _result: self.show_data(files[1:]))
        dialog.open()

    def people(self) -> None:
        """Choose a map of areas or a table of people, and join it to the city."""
        self._choose_table(tr("Choose a map of areas or a table of people", self._window.lang), self.show_people)

    def show_people(self, path: Path) -> None:
        """Ask what a file of areas or people holds, and take it into the city."""
        from twin.ui.people_import import PeopleImportDialog  # here: the start page is shown without it

        self._join(PeopleImportDialog, path, N_("Add areas or people"))

    def counts(self) -> None:
        """Choose a file of traffic counts, and put them on the streets."""
        self._choose_table(tr("Choose a file of traffic counts", self._window.lang), self.show_counts)

    def show_counts(self, path: Path) -> None:
        """Ask which column of a file of counts is what, and put them on the streets."""
        from twin.ui.counts_import import CountsImportDialog  # here: the start page is shown without it

        self._join(CountsImportDialog, path, N_("Add counts"))

    def _choose_table(self, title: str, then: Callable[[Path], None]) -> None:
        """Let a table or a map be chosen that is joined to the open city."""
        window, settings = self._window, self._window.settings
        if window.session.store is None:
            return
        kinds = "*.csv *.tsv *.txt *.parquet *.gpkg *.geojson *.shp *.geoparquet"
        filters = f"{tr('Data files', window.lang)} ({kinds})"
        name, _ = QFileDialog.getOpenFileName(window, title, str(settings.folder), filters)
        if name:
            settings.folder = Path(name).parent
            then(Path(name))

    def _join(self, kind: type[JoinDialog], path: Path, change: str) -> None:
        """Show the dialog of a file that is joined to the city; what it makes is one change that can be undone."""
        session = self._window.session
        if session.store is None:
            return
        city = session.store.state.city
        dialog = kind(path, city, session.tasks, self._window.lang, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.made.connect(lambda brought: session.take(change, city, brought.city, brought.data))
        dialog.open()

    def sources(self) -> None:
        """Show whose the data are, to be put right."""
        from twin.ui.sources_dialog import SourcesDialog

        store = self._window.session.store
        if store is None:
            return
        dialog = SourcesDialog(store.state, self._window.lang, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.changed.connect(self._describe)
        dialog.open()

    def _describe(self, said: object) -> None:
        """Take what is said of sources and data files now; values and meshes stay as they are."""
        from twin.ui.sources_dialog import with_sources

        session, others = self._window.session, cast("Mapping[str, About]", said)
        if session.store is None or session.data is None:
            return
        state = session.store.state
        files = tuple(
            msgspec.structs.replace(one, about=others[one.id]) if one.id in others else one for one in state.imported
        )
        rows = {id: about for id, about in others.items() if state.data_layer(id) is None}
        if files != state.imported:
            session.store.change(N_("Change sources"), imported=files)
        if rows:
            session.take(N_("Change sources"), state.city, with_sources(state.city, rows), session.data)

    def ethics(self) -> None:
        """Show the project's note on ethics, to be changed."""
        store, lang = self._window.session.store, self._window.lang
        if store is None:
            return
        said, taken = QInputDialog.getMultiLineText(
            self._window, tr("Note on ethics", lang),
            tr("Whose data these are, by which right, and what must not be done with them:", lang), store.state.ethics,
        )  # fmt: skip
        if taken and said.strip() != store.state.ethics:
            store.change(N_("Change the note on ethics"), ethics=said.strip()[:MAX_ETHICS])

    def _add_layer(self, taken: object) -> None:
        layer = cast("Taken", taken).layer
        store = self._window.session.store
        if store is None:
            return
        from twin.state import LayerEntry

        state = store.state
        store.change(
            N_("Add data file"), imported=(*state.imported, layer), layers=(LayerEntry(layer.id), *state.layers)
        )
        self._window.panels.reveal("layers")
        self._window.panels.show_style(layer.id)
        self._window.session.said.emit(tr("The layer «{title}» is in the project.", self._window.lang,
                                          title=layer.about.title))  # fmt: skip

    def _merged(self, before: City | None, brought: object) -> None:
        done = cast("Brought", brought)
        if before is not None and done.city is not None and done.data is not None:
            self._window.session.take(N_("Add data"), before, done.city, done.data)

    def export(self) -> None:
        """Ask for size and looks, then draw the picture in the background."""
        from twin.ui.export_dialog import ExportDialog

        window, session = self._window, self._window.session
        if session.project is None:
            return
        view = window.viewport
        ratio = view.devicePixelRatioF()
        stretch = window.timing.clock.stretch
        both = window.workbench.comparing.mode and window.workbench.results.beside is not None
        dialog = ExportDialog(
            window.lang, self._draw, session.tasks, (round(view.width() * ratio), round(view.height() * ratio)),
            session.project.name, window.settings.folder, window,
            window.workbench.results.names if both else None,
            None if stretch is None else (stretch, window.timing.clock.when.step),
        )  # fmt: skip
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.exported.connect(self._exported)
        dialog.open()

    def _draw(self, wanted: Picture, then: Callable[[Task], object]) -> Task:
        session = self._window.session
        results = self._window.workbench.results
        state, data, source = results.drawn()
        other = results.drawn_beside() if wanted.beside else None
        pose = self._window.viewport.navigator.pose
        title = tr("Drawing {name}", self._window.lang, name=wanted.out.name)
        marks = self._window.workbench.drafting.sketch.marks
        layers = data.layers
        if wanted.reel is not None:  # what is live now has no values of then
            played = self._window.sensing.read.layers
            layers = {**layers, **{id: one for id, one in played.items() if id in layers}}
        return session.tasks.start(
            opening.draw, source, state, layers, wanted, pose, other, marks, title=title, then=then
        )

    def _exported(self, path: object) -> None:
        out = cast("Path", path)
        self._window.settings.folder = out.parent
        self._window.session.said.emit(tr("The picture is in {path}.", self._window.lang, path=out))
