"""The Qt application: language, theme, errors nobody caught, and the life of the one window."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTimer, QTranslator, Signal
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication

from twin import crashlog
from twin.errors import TwinError
from twin.text import error_text, tr
from twin.ui import icons, theme
from twin.ui.settings import TEXT_SIZES, Settings
from twin.ui.window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from twin.ui.early import Early
    from twin.ui.settings import ThemeChoice

_log = logging.getLogger("twin.start")
_LOCALES = {"sv": "sv_SE", "en": "en_GB"}
_BESIDE = ("geopandas", "pyvista", "twin.scene.resolve", "twin.scene.view")
_HERE = (
    "qtpy.QtCore", "qtpy.QtGui", "qtpy.QtWidgets", "qtpy.QtOpenGLWidgets", "pyvistaqt", "twin.ui.layer_dock",
    "twin.ui.inspector", "twin.ui.bookmarks", "twin.ui.jobs_panel", "twin.ui.status",
)  # fmt: skip
_LATER = ("PySide6.QtSvg", "PySide6.QtTest", "xml.etree.ElementTree", "pyqtgraph", "twin.ui.chart")
"""What the first chart needs, a third of a second in all: loaded in a quiet moment, in steps."""
_QUIET, _BETWEEN = 2_500, 100
"""Milliseconds after the last frame at which that may begin, and between its steps."""
_CALM = 120
"""Milliseconds without work or motion after which a window counts as finished."""
_AFTER_QUESTION = 200
"""Milliseconds until it is looked again whether a question is still open."""


class Application(QObject):
    """Owns the QApplication and the window.

    Parameters
    ----------
    lang : str, optional
        Language for this time; by default the one chosen last.
    screenshot : Path, optional
        Save the window there when all is drawn, then end.
    """

    unforeseen = Signal(str)
    _beside_loaded = Signal()

    def __init__(self, lang: str | None, screenshot: Path | None) -> None:
        super().__init__()
        app = QApplication.instance()
        if app is None:
            QSurfaceFormat.setDefaultFormat(_surface())
            app = QApplication(["twin"])
        self.qt: QApplication = app  # type: ignore[assignment]  # instance() promises less than there is
        self.qt.setApplicationName("Stockholm twin")
        self.qt.setDesktopFileName("stockholm-twin")
        self.settings = Settings()
        self._lang = lang or self.settings.language
        self._translator: QTranslator | None = None
        self._screenshot = screenshot
        self._code = 0
        self._speak(self._lang)
        theme.apply(self.qt, theme.resolve(self.settings.theme), TEXT_SIZES[self.settings.text_size][0])
        self.qt.setWindowIcon(icons.app_icon())
        self.window = MainWindow(self.settings, self._lang)
        self.window.language_chosen.connect(self.set_language)
        self.window.theme_chosen.connect(self.set_theme)
        self.window.text_size_chosen.connect(self.set_text_size)
        self.qt.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._beside_loaded.connect(lambda: self._load_here())
        self._later = list(_LATER)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.timeout.connect(self._load_later)
        self.window.viewport.drawn.connect(self._was_quiet)
        self.unforeseen.connect(self.window.notices.show_unforeseen)

    def run(self, early: Early | None) -> int:
        """Show the window, open what was asked for, and stay until the window is closed."""
        crash = crashlog.last_crash() if self._screenshot is None else None
        before = sys.excepthook

        def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            before(kind, error, trace)  # the log of this run
            if isinstance(error, Exception):
                self.unforeseen.emit("".join(traceback.format_exception(kind, error, trace)))

        sys.excepthook = caught
        try:
            self.window.show()
            _log.info("the window is shown")
            QTimer.singleShot(0, self, self._preload)
            if early is not None:
                QTimer.singleShot(0, self, lambda: self._open(early))
            elif crash is not None:
                self.window.notices.show_crash(crash)
            if self._screenshot is not None:
                self.window.unattended = True
                self._watch(early is not None)
            self.qt.exec()
        finally:
            self.window.leave()
            sys.excepthook = before
        return self._code

    def set_language(self, lang: str) -> None:
        """Say everything in another language, at once and at the next start."""
        self.settings.language = lang
        self._speak(lang)
        self.window.set_language(lang)

    def set_theme(self, choice: ThemeChoice) -> None:
        """Dress everything in another theme, at once and at the next start."""
        self.settings.theme = choice
        theme.apply(self.qt, theme.resolve(choice))
        self.window.set_theme()
        self.window.refresh()

    def set_text_size(self, size: str) -> None:
        """Write everything larger or smaller, at once and at the next start."""
        self.settings.text_size = size
        theme.apply(self.qt, theme.resolve(self.settings.theme), TEXT_SIZES[size][0])
        self.window.set_theme()
        self.window.refresh()

    # --- inside -------------------------------------------------------------------------------------------------

    def _speak(self, lang: str) -> None:
        """Let Qt's own texts and numbers follow the language."""
        self._lang = lang
        QLocale.setDefault(QLocale(_LOCALES[lang]))
        if self._translator is not None:
            self.qt.removeTranslator(self._translator)
            self._translator.deleteLater()
        self._translator = QTranslator(self.qt)
        if self._translator.load(f"qtbase_{lang}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            self.qt.installTranslator(self._translator)

    def _system_changed(self) -> None:
        if self.settings.theme == "system":
            self.set_theme("system")

    def _open(self, early: Early) -> None:
        try:
            self.window.session.open(early.path, early=early)
        except TwinError as error:
            early.task.cancel()
            self.window.handlers.open_failed(early.path, error)

    def _preload(self) -> None:
        """Load what the first city needs while the child reads it, so that it need not wait.

        Only what has nothing to do with Qt is loaded beside the GUI thread: PySide crashes when its modules are
        imported, or its classes derived, in a thread while the window works. The rest follows here in small steps.
        """

        def load() -> None:
            for name in _BESIDE:
                importlib.import_module(name)
            self._beside_loaded.emit()

        threading.Thread(target=load, name="preload", daemon=True).start()

    def _load_here(self, steps: tuple[str, ...] = _HERE) -> None:
        if steps:
            importlib.import_module(steps[0])
            QTimer.singleShot(0, self, lambda: self._load_here(steps[1:]))
        elif self.qt.activeModalWidget() is not None:
            # The first OpenGL widget makes Qt exchange the window underneath; under an open question it stays black.
            QTimer.singleShot(_AFTER_QUESTION, self, lambda: self._load_here(()))
        else:
            _log.info("VTK is loaded")
            self.window.viewport.prepare()

    def _load_later(self) -> None:
        """Load a step of what is not needed yet, in a moment in which nothing moves and no button is held."""
        if self.window.viewport.navigator.moving or self.qt.mouseButtons() != Qt.MouseButton.NoButton:
            self._quiet.start(_QUIET)
            return
        importlib.import_module(self._later.pop(0))
        if self._later:
            self._quiet.start(_BETWEEN)

    def _was_quiet(self) -> None:
        if self._later and self._screenshot is None:
            self._quiet.start(_QUIET)

    def _watch(self, with_project: bool) -> None:
        """Take the picture when a frame was drawn and nothing has worked or moved for a while."""
        self._drawn = not with_project
        self.window.viewport.drawn.connect(self._was_drawn)
        self.window.session.failed.connect(self._failed)
        self._calm = QTimer(self)
        self._calm.setInterval(_CALM)
        self._calm.timeout.connect(self._take_picture)
        self._calm.start()

    def _was_drawn(self) -> None:
        if not self._drawn:
            _log.info("the first frame is drawn")
        self._drawn = True
        self._calm.start()

    def _failed(self, error: BaseException) -> None:
        self._calm.stop()
        sys.stderr.write(error_text(error, self._lang) + "\n")
        self._code = 1
        self.qt.quit()

    def _take_picture(self) -> None:
        session = self.window.session
        if not self._drawn or session.busy or self.window.viewport.navigator.moving:
            return
        self._calm.stop()
        picture = self.window.grab()
        if self._screenshot is None or not picture.save(str(self._screenshot)):
            sys.stderr.write(tr("{path}: the picture could not be written.", self._lang, path=self._screenshot) + "\n")
            self._code = 1
        _log.info("the picture is saved")
        self.qt.quit()


def _surface() -> QSurfaceFormat:
    """Return what VTK needs of OpenGL; Qt wants to know it before the first window."""
    surface = QSurfaceFormat()
    surface.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    surface.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    surface.setVersion(3, 2)
    surface.setSwapBehavior(QSurfaceFormat.SwapBehavior.DoubleBuffer)
    for part in (surface.setRedBufferSize, surface.setGreenBufferSize, surface.setBlueBufferSize):
        part(8)
    surface.setAlphaBufferSize(8)
    surface.setDepthBufferSize(8)
    surface.setStencilBufferSize(0)
    surface.setSamples(0)
    return surface
