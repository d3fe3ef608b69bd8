"""The main window: menus, toolbar, docks around the view, status bar, and what is remembered of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QToolBar, QToolButton, QVBoxLayout, QWidget

from twin.content import demo_project
from twin.text import N_, tr
from twin.ui import actions
from twin.ui.actions import Actions
from twin.ui.command_palette import CommandPalette
from twin.ui.commands import Commands
from twin.ui.jobs_panel import doing
from twin.ui.light import Light
from twin.ui.notices import Bar
from twin.ui.panels import Content, Panels
from twin.ui.sensors.sensing import Sensing
from twin.ui.session import Session
from twin.ui.start_page import StartPage
from twin.ui.throttle import Throttle
from twin.ui.timing import Timing
from twin.ui.viewport import Viewport
from twin.ui.workbench import Workbench

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from twin.ui.settings import Settings
    from twin.ui.status import StatusStrip

_FIRST_SIZE = QSize(1440, 900)
_THUMBNAIL = QSize(480, 270)


class MainWindow(QMainWindow):
    """One window with at most one project."""

    language_chosen = Signal(str)
    theme_chosen = Signal(str)
    text_size_chosen = Signal(str)

    def __init__(self, settings: Settings, lang: str) -> None:
        super().__init__()
        self.setObjectName("window")
        self.settings = settings
        self.lang = lang
        self.unattended = False
        """Nobody is there to answer questions (a picture of the window is taken)."""
        self.session = Session(lang, self)
        self.commands = Actions(self, lang)
        self.notices = Bar(lang)
        self.start = StartPage(settings, lang)
        self.viewport = Viewport(lang)
        self.panels = Panels(self, self.commands, self.session.tasks, lang)
        self.workbench = Workbench(self)
        self.timing = Timing(self)
        self.sensing = Sensing(self)
        self.light = Light(self)
        self.palette_card = CommandPalette(self)
        self._strip: StatusStrip | None = None
        self._menus: dict[str, QMenu] = {}
        self._leaving = False
        self._alone: list[QWidget] = []
        self._build()
        self._default_layout = self.saveState()
        self.handlers = Commands(self)
        self.commands.connect_all(self.handlers.table())
        self.commands.take_keys(settings.keys)
        self._wire()
        self.setAcceptDrops(True)
        self._restore_geometry()
        self.refresh()

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.start)
        self.stack.addWidget(self.viewport)
        column.addWidget(self.notices)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        # A window that gets its first OpenGL child later is made anew by Qt, which flickers.
        QOpenGLWidget(centre).hide()
        self.setDockNestingEnabled(True)
        for title, commands in actions.MENUS:
            menu = self.menuBar().addMenu("")
            menu.setToolTipsVisible(False)
            self._menus[title] = menu
            for command in commands:
                if command.id in actions.SEPARATE_BEFORE:
                    menu.addSeparator()
                menu.addAction(self.commands[command.id])
        self._recent = QMenu(self)
        self._recent.aboutToShow.connect(self._fill_recent)
        self._menus["&File"].insertMenu(self.commands["save"], self._recent)
        self._theme_menu, self._language_menu = QMenu(self), QMenu(self)
        self._theme_menu.addActions(self.commands.themes.actions())
        self._language_menu.addActions(self.commands.languages.actions())
        window_menu = self._menus["&Window"]
        window_menu.addSeparator()
        window_menu.addMenu(self._theme_menu)
        window_menu.addMenu(self._language_menu)
        self.tools = QToolBar(self)
        self.tools.setObjectName("tools")
        self.tools.setIconSize(QSize(18, 18))
        self.tools.setMovable(False)
        self.tools.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for name in actions.TOOLBAR:
            if name:
                self.tools.addAction(self.commands[name])
                button = self.tools.widgetForAction(self.commands[name])
                if name in actions.WITH_TEXT and isinstance(button, QToolButton):
                    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            else:
                self.tools.addSeparator()
        self.addToolBar(self.tools)
        self.statusBar().setSizeGripEnabled(False)
        self._surround(False)

    def _wire(self) -> None:
        session, view = self.session, self.viewport
        session.opened.connect(self._opened)
        session.closed.connect(self._closed)
        self.workbench.results.changed.connect(self._city_changed)
        session.status_changed.connect(self.refresh)
        session.loading.connect(self._loading)
        session.failed.connect(self.notices.show_error)
        session.said.connect(lambda text: self.statusBar().showMessage(text, 6000))
        session.recovery_found.connect(self.handlers.offer_recovery)
        session.pose = lambda: view.navigator.pose
        self._calm = Throttle(self._show_tasks, self)
        session.tasks.progressed.connect(lambda _task: self._calm.ask())
        for signal in (session.tasks.started, session.tasks.finished):
            signal.connect(self._show_tasks)
        view.command.connect(lambda name: self.commands[name].trigger())
        view.pose_changed.connect(self._show_pose)
        view.pointer.connect(self._show_pointer)
        view.history_changed.connect(self.refresh)
        view.loading.cancelled.connect(session.close)
        view.pad.set_actions(self.commands["north"], [self.commands[name] for name in actions.ON_VIEW])
        self.panels.fly_to.connect(view.navigator.fly)
        self.panels.to_selection.connect(self.commands["to_selection"].trigger)
        self.start.open_demo.connect(self.commands["demo"].trigger)
        self.start.open_dialog.connect(self.commands["open"].trigger)
        self.start.new_dialog.connect(self.commands["new"].trigger)
        self.start.open_recent.connect(self.handlers.open_path)
        self.start.language_chosen.connect(self.language_chosen)
        self.commands.languages.triggered.connect(lambda action: self.language_chosen.emit(action.data()))
        self.commands.themes.triggered.connect(lambda action: self.theme_chosen.emit(action.data()))

    # --- language, theme, texts ---------------------------------------------------------------------------------

    def set_language(self, lang: str) -> None:
        """Say everything in another language, with the project left as it is."""
        self.lang = self.session.lang = lang
        self.commands.retranslate(lang)
        self.notices.set_language(lang)
        self.start.refresh(lang)
        self.viewport.set_language(lang)
        self._fill_panels()
        self.refresh()

    def set_theme(self) -> None:
        """Draw everything in the theme that is now in use."""
        self.commands.recolour()
        self.start.refresh(self.lang)
        self.viewport.set_theme()
        self._fill_panels()

    def refresh(self) -> None:
        """Say again what can be done, what undo would take back, and what the window is called."""
        session, store = self.session, self.session.store
        there = store is not None
        navigator = self.viewport.navigator
        self.commands.enable({
            "project": there,
            "writable": there and not session.read_only,
            "modified": there and (session.modified or session.read_only),
            "undo": store is not None and bool(store.undo_label),
            "redo": store is not None and bool(store.redo_label),
            "selection": store is not None and store.state.selection is not None,
            "back": there and navigator.can_go(-1),
            "forward": there and navigator.can_go(1),
            **self.workbench.can(),
            **self.timing.can(),
        })  # fmt: skip
        self.workbench.refresh()
        self.commands.label_undo(store.undo_label if store else "", store.redo_label if store else "")
        for title, menu in self._menus.items():
            menu.setTitle(tr(title, self.lang))
        self._menus[actions.LAYER_MENU].menuAction().setEnabled(there)
        self._recent.setTitle(tr(N_("Open &recent"), self.lang))
        self._theme_menu.setTitle(tr(N_("T&heme"), self.lang))
        self._language_menu.setTitle(tr(N_("Lan&guage"), self.lang))
        self.tools.setWindowTitle(tr(N_("Tools"), self.lang))
        self.tools.setAccessibleName(self.tools.windowTitle())
        for action in self.commands.themes.actions():
            action.setChecked(action.data() == self.settings.theme)
        for action in self.commands.languages.actions():
            action.setChecked(action.data() == self.lang)
        self._title()

    def _title(self) -> None:
        from twin.city.schema import word
        from twin.ui.status import highest_class

        parts = []
        session = self.session
        if session.project is not None:
            parts.append(session.project.name + "[*]")
            if session.store is not None and (
                said := highest_class(session.store.state.city, session.store.state.imported)
            ):
                parts.append(tr("information class: {name}", self.lang, name=tr(word(said), self.lang)))
            if session.read_only:
                parts.append(tr("read-only", self.lang))
        parts.append(tr("Stockholm twin", self.lang))
        self.setWindowTitle(" – ".join(parts))
        self.setWindowModified(session.modified)

    # --- the project comes and goes -----------------------------------------------------------------------------

    def _loading(self, task: object) -> None:
        title = getattr(task, "title", "")
        self.viewport.set_loading(title)
        if title:
            self.stack.setCurrentWidget(self.viewport)
        elif self.session.store is None:
            self._show_start()

    def _opened(self) -> None:
        self.notices.hide()
        self._fill_panels()
        self._restore_layout()
        self.stack.setCurrentWidget(self.viewport)
        self.refresh()
        # In a turn of its own: clicks and keys that wait are answered in between.
        QTimer.singleShot(0, self, self._show_city)

    def _show_city(self) -> None:
        session, results = self.session, self.workbench.results
        if session.project is None or results.shown is None or results.data is None:
            return
        self.viewport.show_city(results.shown, results.data.mesh, results.data.layers, session.project.pose)
        self.viewport.focus_view()
        if session.project.path != demo_project():  # which has a card of its own on the start page
            self.settings.remember(session.project.path)
        QTimer.singleShot(0, self, self.handlers.ask_trust)

    def _closed(self) -> None:
        self._save_layout()
        self._fill_panels()
        self.panels.hide_all()
        self.viewport.clear()
        self._show_start()
        self.refresh()

    def _show_start(self) -> None:
        self.start.refresh(self.lang)
        self.stack.setCurrentWidget(self.start)

    def _city_changed(self) -> None:
        results = self.workbench.results
        self.timing.refresh()
        if results.shown is not None and results.data is not None and self.stack.currentWidget() is self.viewport:
            self.panels.refresh_data(results.data)
            if self.viewport.shows(results.shown):
                self.viewport.exchange(results.data.mesh, results.data.layers)

    def _fill_panels(self) -> None:
        session, results = self.session, self.workbench.results
        there = results.shown is not None and results.data is not None
        if results.shown is not None and results.data is not None:
            navigator = self.viewport.navigator
            self.panels.fill(
                Content(results.shown, results.data, lambda: navigator.pose, self.workbench.asking, self.timing.clock),
                self.lang,
            )
        else:
            self.panels.fill(None, self.lang)
        self.workbench.attach()
        self.timing.attach()
        self.sensing.attach()
        menu = self._menus[actions.LAYER_MENU]
        menu.clear()
        for action in self.panels.layer_actions():
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        menu.addActions([self.commands[command.id] for command in dict(actions.MENUS)[actions.LAYER_MENU]])
        if self._strip is not None:
            self.statusBar().removeWidget(self._strip)
            self._strip.deleteLater()
            self._strip = None
        if there and session.store is not None:
            from twin.ui.status import StatusStrip

            self._strip = StatusStrip(session.store, self.lang)
            self._strip.jobs_requested.connect(lambda: self.panels.bring("jobs"))
            self.statusBar().addWidget(self._strip, 1)
            self._show_pose()
            self._show_tasks()
        self._surround(there)

    def _surround(self, shown: bool) -> None:
        """Show toolbar and status bar, or leave the start page alone."""
        self.tools.setVisible(shown)
        self.statusBar().setVisible(shown)

    def _show_pose(self) -> None:
        pose = self.viewport.navigator.pose
        self.commands["top"].setChecked(self.viewport.navigator.destination.top)
        if self._strip is not None:
            from twin.scene.camera import visible_height

            pixels = self.viewport.height() * self.viewport.devicePixelRatioF()
            self._strip.set_view(pose, visible_height(pose) / max(pixels, 1.0))

    def _show_pointer(self, point: object) -> None:
        if self._strip is not None:
            self._strip.set_cursor(point)  # type: ignore[arg-type]  # signals carry objects

    def _show_tasks(self) -> None:
        running = self.session.tasks.running
        if self._strip is not None:
            self._strip.set_tasks(running)
        if self.viewport.loading.isVisible() and self.session.reading is not None:
            task = self.session.reading
            self.viewport.loading.show_progress(task.fraction, doing(task, self.lang))

    # --- layout -------------------------------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Put panels, toolbar and window size back to what they were at first."""
        if self.isFullScreen():
            self.showNormal()
        self.panels.arrange()
        if self.session.store is not None:
            self.panels.show_first()
        self.tools.show()

    def show_alone(self, alone: bool, what: str) -> None:
        """Hide what surrounds the view (``"panels"``, or ``"all"``), or bring back what was hidden by it."""
        if not alone:
            for widget in self._alone:
                widget.show()
            self._alone = []
            return
        around: list[QWidget] = list(self.panels.docks.values())
        if what == "all":
            around += [self.tools, self.timing.tools, self.statusBar()]
        self._alone += [widget for widget in around if not widget.isHidden()]
        for widget in around:
            widget.hide()

    def _restore_geometry(self) -> None:
        geometry, _ = self.settings.layout()
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(_FIRST_SIZE.boundedTo(QGuiApplication.primaryScreen().availableSize()))

    def _restore_layout(self) -> None:
        _, state = self.settings.layout()
        if state.isEmpty() or not self.restoreState(state):
            self.restoreState(self._default_layout)
            self.panels.show_first()
            QTimer.singleShot(0, self, self.panels.set_widths)
        self._surround(True)

    def _save_layout(self) -> None:
        if not self._alone:
            self.settings.save_layout(self.saveGeometry(), self.saveState())

    def keep_thumbnail(self) -> None:
        """Keep a small picture of the view for the start page."""
        project = self.session.project
        picture = self.viewport.canvas.picture()
        if project is None or picture is None or project.read_only:
            return
        path = self.settings.thumbnail(project.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        small = picture.scaled(
            _THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
        small.save(str(path))

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.settings.recent():
            action: QAction = self._recent.addAction(path.stem.replace("&", "&&"))
            action.setStatusTip(str(path))
            action.setEnabled((path / "project.json").is_file())
            action.triggered.connect(lambda _checked=False, path=path: self.handlers.open_path(path))
        if self._recent.isEmpty():
            self._recent.addAction(tr("No project was opened yet", self.lang)).setEnabled(False)

    # --- Qt events ----------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Close the window now; whoever asks about unsaved work has done so."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work, then let go of everything in order: panels, VTK, project, work."""
        if not self._leaving and self.handlers.must_ask():
            event.ignore()
            # Afterwards, as Qt refuses to close a window from within its own closing.
            QTimer.singleShot(0, self, lambda: self.handlers.ask_to_leave(self.leave))
            return
        if self.session.store is not None:
            self.keep_thumbnail()
            self._save_layout()
        self.sensing.shut()
        self.palette_card.end()
        self.timing.shut()
        self.viewport.shut()
        self.workbench.shut()
        self.session.shut()
        self.settings.save()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a project, or show what is in the files before they are read."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        # After the event: a dialog inside it would block the program the files come from.
        QTimer.singleShot(0, self, lambda: self.handlers.take_files(paths))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the window manager in and out of full screen."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and hasattr(self, "commands"):
            self.commands["fullscreen"].setChecked(self.isFullScreen())
