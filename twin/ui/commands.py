"""What each command does: the questions it asks, and what it asks of the session and the view."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog

from twin.content import demo_project
from twin.errors import ProjectLocked, TwinError
from twin.text import error_text, tr
from twin.ui import ask, dialogs
from twin.ui.adding import Adding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twin.ui.window import MainWindow

ENDING = ".twin"
_CLOSER, _FARTHER = 0.6, 1 / 0.6


class Commands(QObject):
    """The handlers of :mod:`twin.ui.actions` for one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._adding = Adding(window, self.open_path)

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what to call for each command."""
        window, view, panels = self._window, self._window.viewport, self._window.panels
        checked = window.commands
        return {
            "new": self._new, "open": self._open, "demo": lambda: self.open_path(demo_project()),
            "save": self.save, "save_as": self.save_as, "import": self._import, "export": self._export,
            "people": self._adding.people, "counts": self._adding.counts, "sources": self._adding.sources,
            "ethics": self._adding.ethics,
            "close": lambda: self.ask_to_leave(self._session.close), "quit": window.close,
            "palette": window.palette_card.open,
            "undo": self._undo, "redo": self._redo, "deselect": self._deselect, "copy_place": self._copy_place,
            "whole": lambda: view.navigator.fly(view.whole()), "to_selection": view.fly_to_selection,
            "zoom_in": lambda: view.navigator.zoom_smoothly(_CLOSER),
            "zoom_out": lambda: view.navigator.zoom_smoothly(_FARTHER),
            "top": view.navigator.toggle_top, "north": view.navigator.north_up,
            "back": lambda: view.navigator.go(-1), "forward": lambda: view.navigator.go(1),
            "bookmark": self._bookmark,
            "layers": lambda: panels.toggle("layers"), "inspector": lambda: panels.toggle("inspector"),
            "bookmarks": lambda: panels.toggle("bookmarks"), "jobs": lambda: panels.toggle("jobs"),
            "show_all": lambda: panels.show_layers(True), "hide_all": lambda: panels.show_layers(False),
            "reload_dropins": self._session.reload_dropins,
            "identify": lambda: panels.bring("inspector"), "focus_view": view.focus_view,
            "panels": lambda: window.show_alone(checked["panels"].isChecked(), "panels"),
            "map_only": lambda: window.show_alone(checked["map_only"].isChecked(), "all"),
            "reset": window.reset_layout, "refresh": view.request, "fullscreen": self._fullscreen,
            "keys": lambda: dialogs.keys_dialog(window, window.lang, window.settings.keys).open(),
            "glossary": lambda: dialogs.glossary_dialog(window, window.lang).open(),
            "settings": self._settings,
            "report": self._report,
            "about": lambda: dialogs.about_dialog(window, window.commands, window.lang).open(),
            **window.workbench.table(),
            **window.timing.table(),
            **window.sensing.table(),
            **window.light.table(),
        }  # fmt: skip

    # --- opening ------------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a project after asking about unsaved work; a locked one is offered for reading only."""
        self.ask_to_leave(lambda: self._open_now(path))

    def open_failed(self, path: Path, error: TwinError) -> None:
        """Say why a project cannot be opened; one that is in use is offered for reading."""
        if not isinstance(error, ProjectLocked):
            self._session.failed.emit(error)
        elif self._window.unattended or ask.read_only(
            self._window, error_text(error, self._window.lang), self._window.lang
        ):
            self._open_now(path, read_only=True)

    def take_files(self, paths: Sequence[Path]) -> None:
        """Open a project that was dropped, or begin to add the files."""
        project = next((path for path in paths if path.suffix == ENDING or path.name == "project.json"), None)
        if project is not None:
            self.open_path(project)
        elif paths:
            self._adding.take(paths)

    def ask_trust(self) -> None:
        """Ask about code that the opened project brings and nobody has decided on; nothing of it runs before."""
        from twin.dropins import trust

        project = self._session.project
        if project is None or self._window.unattended:
            return
        try:
            asked = trust.must_ask(project.path)
        except TwinError as error:
            self._session.failed.emit(error)
            return
        if not asked:
            return
        files = [path.name for path in trust.code_of(project.path)]
        if ask.trust(self._window, project.name, files, trust.digest(project.path), self._window.lang):
            trust.trust(project.path)
            trust.activate(project.path)
            self._session.reload_dropins()

    def offer_recovery(self) -> None:
        """Ask what to do with the automatic save that a crash left behind."""
        project = self._session.project
        recovery = project.recovery() if project is not None else None
        if project is None or recovery is None or self._window.unattended:
            self._session.read(None, decided=recovery is None)
            return
        wanted = ask.recovery(self._window, project, recovery, self._window.lang)
        self._session.read(recovery if wanted else None)

    def _open(self) -> None:
        lang, settings = self._window.lang, self._window.settings
        said = QFileDialog.getExistingDirectory(
            self._window, tr("Open a project folder (.twin)", lang), str(settings.folder)
        )
        if said:
            settings.folder = Path(said).parent
            self.open_path(Path(said))

    def _open_now(self, path: Path, read_only: bool = False) -> None:
        try:
            self._session.open(path, read_only=read_only)
        except TwinError as error:
            self.open_failed(path, error)

    def _new(self) -> None:
        files = self._choose_files(tr("Choose city files for the new project", self._window.lang))
        if files:
            self._adding.look(files, into_new=True)

    def _import(self) -> None:
        files = self._choose_files(tr("Choose city files or data files to add", self._window.lang))
        if files:
            self._adding.take(files)

    def _export(self) -> None:
        self._window.timing.clock.rest()  # so that the picture shows the time that is seen
        self._adding.export()

    def _choose_files(self, title: str) -> list[Path]:
        lang, settings = self._window.lang, self._window.settings
        city = "*.json *.city.json *.jsonl *.osm *.pbf *.tif *.tiff"
        data = "*.gpkg *.geojson *.shp *.zip *.parquet *.geoparquet *.csv *.tsv *.txt *.tif *.tiff"
        kinds = ((tr("City files and data files", lang), f"{city} {data}"), (tr("City files", lang), city),
                 (tr("Data files", lang), data), (tr("All files", lang), "*"))  # fmt: skip
        filters = ";;".join(f"{title} ({patterns})" for title, patterns in kinds)
        names, _ = QFileDialog.getOpenFileNames(self._window, title, str(settings.folder), filters)
        if names:
            settings.folder = Path(names[0]).parent
        return [Path(name) for name in names]

    # --- saving and leaving -------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save; what is read-only needs another name."""
        self._window.keep_thumbnail()
        if self._session.read_only:
            self.save_as(then)
        else:
            self._session.save(then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a name and save there."""
        project = self._session.project
        if project is None:
            return
        path = self.new_path(tr("Save the project as", self._window.lang), project.name)
        if path is not None:
            self._session.save_as(path, then)

    def new_path(self, title: str, name: str) -> Path | None:
        """Ask where a new project should lie; None when the user thought better of it."""
        lang, settings = self._window.lang, self._window.settings
        said, _ = QFileDialog.getSaveFileName(
            self._window, title, str(settings.folder / f"{name}{ENDING}"), f"{tr('Projects', lang)} (*{ENDING})"
        )
        if not said:
            return None
        path = Path(said)
        settings.folder = path.parent
        return path if path.suffix == ENDING else path.with_name(path.name + ENDING)

    def must_ask(self) -> bool:
        """Say whether closing would lose something worth a question."""
        return self._session.modified and not self._session.only_looked_at

    def ask_to_leave(self, then: Callable[[], object]) -> None:
        """Go on when nothing is unsaved, or after the user saved or gave it up."""
        if not self.must_ask():
            self._window.keep_thumbnail()
            then()
            return
        project = self._session.project
        choice = ask.unsaved(self._window, project.name if project else "", self._window.lang)
        if choice == "save":
            self.save(then)
        elif choice == "discard":
            then()

    # --- small ones ---------------------------------------------------------------------------------------------

    def _undo(self) -> None:
        if self._session.store is not None:
            self._session.store.undo()

    def _redo(self) -> None:
        if self._session.store is not None:
            self._session.store.redo()

    def _deselect(self) -> None:
        if self._session.store is not None:
            self._session.store.change("Deselect", undoable=False, selection=None)

    def _copy_place(self) -> None:
        x, y, z = self._window.viewport.navigator.pose.focus
        QApplication.clipboard().setText(f"{x:.2f}, {y:.2f}, {z:.2f}")

    def _bookmark(self) -> None:
        self._window.panels.add_bookmark()

    def _fullscreen(self) -> None:
        window = self._window
        if window.isFullScreen():
            window.showNormal()
        else:
            window.showFullScreen()

    def _settings(self) -> None:
        from twin.ui.settings_dialog import SettingsDialog

        window = self._window
        dialog = SettingsDialog(window.settings, window.lang, window)
        dialog.theme_chosen.connect(window.theme_chosen)
        dialog.text_size_chosen.connect(window.text_size_chosen)
        dialog.language_chosen.connect(window.language_chosen)
        dialog.language_chosen.connect(lambda _lang: dialog.close())
        dialog.keys_changed.connect(lambda: window.commands.take_keys(window.settings.keys))
        dialog.open()

    def _report(self) -> None:
        QApplication.clipboard().setText(dialogs.versions() + "\n" + self._window.viewport.canvas.graphics())
        self._window.statusBar().show()
        self._window.statusBar().showMessage(tr("The technical details are on the clipboard.", self._window.lang), 6000)
