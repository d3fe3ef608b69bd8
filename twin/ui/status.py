"""The status strip: where the pointer is, in which system, at what scale, what is selected, what works."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from twin.city import crs
from twin.city.schema import CLASSIFICATIONS, spec, word
from twin.text import N_, number, tr, trn
from twin.ui.jobs_panel import progress_text
from twin.ui.overlay import length_text
from twin.ui.widgets import STEP, Badge, Elided, IconButton, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.city import City
    from twin.datafile.spec import DataLayer
    from twin.jobs import Task
    from twin.state import Pose, State, Store

METRES_PER_INCH = 0.0254
COPIED_MS = 1500


def place_text(x: float, y: float, height: float, system: str, lang: str) -> str:
    """Write coordinates as people read them: E, N, H in metres, or latitude and longitude in degrees.

    Parameters
    ----------
    x, y : float
        East and north [m], or longitude and latitude [degrees] when ``system`` is EPSG:4326.
    height : float [m]
        nan when unknown.
    """
    if system == crs.LONLAT:
        ns, ew = ("N" if y >= 0 else "S"), (tr(N_("E"), lang) if x >= 0 else tr(N_("W"), lang))
        text = f"{number(abs(y), lang, 5)}°\u00a0{ns}  {number(abs(x), lang, 5)}°\u00a0{ew}"
    else:
        text = f"{tr(N_('E'), lang)}\u00a0{number(x, lang, 0)}  N\u00a0{number(y, lang, 0)}"
    return f"{text}  {tr(N_('H'), lang)}\u00a0{number(height, lang, 1, 'm')}" if height == height else text


def highest_class(city: City, imported: tuple[DataLayer, ...] = ()) -> str:
    """Return the strictest information class of a city's sources and of data files, "" when none is stated."""
    stated = [*city.sources["classification"], *(layer.about.classification for layer in imported)]
    known = [value for value in stated if value in CLASSIFICATIONS]
    return max(known, key=CLASSIFICATIONS.index, default="")


class StatusStrip(QWidget):
    """What the foot of the window says. The window tells it where the pointer and the camera are and what works."""

    jobs_requested = Signal()
    """The text of the background work was clicked."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_strip")
        self._store = store
        self._lang = lang
        self._point: tuple[float, float, float] | None = None
        self._system = store.state.city.crs
        self._task: Task | None = None
        self._build()
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.timeout.connect(self._show_place)
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    # -- what the window tells

    def set_cursor(self, point: tuple[float, float, float] | None) -> None:
        """Show where the pointer is: x, y, height [m] in the City's system, None outside the city."""
        self._point = point
        if not self._copied.isActive():
            self._show_place()

    def set_view(self, pose: Pose, metres_per_pixel: float) -> None:
        """Show the scale of a top view, else how high the camera is.

        Parameters
        ----------
        pose : Pose
            The camera.
        metres_per_pixel : float [m]
            Ground length of one device pixel in the middle of the view.
        """
        if pose.top:
            inch = self.logicalDpiX() * self.devicePixelRatioF()
            scale = metres_per_pixel * inch / METRES_PER_INCH
            digits = max(0, len(str(int(max(scale, 1)))) - 2)
            text = f"1:{number(round(scale, -digits), self._lang, 0)}"
            tip = tr("Scale on this screen, true everywhere in the top view", self._lang)
        else:
            height = pose.distance * math.sin(math.radians(pose.elevation))
            text = tr("Camera {height} up", self._lang, height=length_text(height, self._lang))
            tip = tr("How high the camera is above the middle of the view; a true scale is in the top view", self._lang)
        self.scale.setText(text)
        self.scale.setToolTip(tip)
        self.scale.setAccessibleName(text)

    def set_tasks(self, running: Sequence[Task]) -> None:
        """Show the oldest of the tasks that run, with how many wait beside it; nothing when none runs."""
        self._task = running[0] if running else None
        for widget in (self.job, self.bar, self.stop):
            widget.setVisible(self._task is not None)
        if self._task is None:
            return
        text = f"{self._task.title}: {progress_text(self._task, self._lang)}"
        if len(running) > 1:
            text += " " + trn("(+{n} more)", "(+{n} more)", len(running) - 1, self._lang)
        self.job.set_text(text)
        self.bar.show_fraction(self._task.fraction, unknown=True)
        self.stop.setEnabled(True)

    # -- inside

    def _build(self) -> None:
        lang = self._lang
        self.place = self._button(tr("Coordinates of the pointer", lang))
        self.place.clicked.connect(self._copy)
        self.system = self._button(tr("Reference system of the coordinates", lang))
        self.system.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.system)
        self._choices = QActionGroup(self)
        self._choices.triggered.connect(lambda action: self._choose(str(action.data())))
        self.system.setMenu(self._menu)
        self.scale = self._button(tr("Scale", lang))
        self.scale.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.selection = Elided()
        self.selection.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.job = Elided()
        self.job.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.job.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.bar = Progress(tr("Progress of the background work", lang))
        self.bar.setFixedWidth(24 * STEP)
        self.stop = IconButton("close", tr("Stop the background work", lang))
        self.stop.clicked.connect(self._cancel)
        self.badge = Badge()
        self.mark = Badge(tone="synthetic")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * STEP, 0, 2 * STEP, 0)
        layout.setSpacing(2 * STEP)
        parts: tuple[QWidget, ...] = (self.place, self.system, self.scale, self.selection)
        for part in parts:
            layout.addWidget(part)
        layout.addWidget(self.job, 1)
        layout.addStretch(0)
        ends: tuple[QWidget, ...] = (self.bar, self.stop, self.mark, self.badge)
        for part in ends:
            layout.addWidget(part)
        self.set_tasks(())

    def _button(self, name: str) -> QToolButton:
        result = QToolButton()
        result.setAutoRaise(True)
        result.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        result.setAccessibleName(name)
        result.setToolTip(name)
        result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return result

    def _sync(self, old: State | None, new: State) -> None:
        if old is None or old.city is not new.city:
            if old is None or old.city.crs != new.city.crs:
                self._choose(new.city.crs)
        if old is None or old.city is not new.city or old.imported is not new.imported:
            self._show_class(new)
        if old is None or old.selection is not new.selection:
            self._show_selection(new)

    def _show_class(self, state: State) -> None:
        lang, city = self._lang, state.city
        klass = highest_class(city, state.imported)
        tip = tr("The strictest information class among the sources of this city", lang)
        self.badge.show_as(tr(word(klass), lang) if klass else "", klass or "open", tip)
        text = tr("Synthetic, not for decisions", lang) if city.synthetic else ""
        self.mark.show_as(text, "synthetic", tr("This city is made up. Do not base decisions on it.", lang))

    def _show_selection(self, state: State) -> None:
        picked = state.selection
        n = len(picked.ids) if picked else 0
        text = trn("{n} selected", "{n} selected", n, self._lang) if n else ""
        if picked is not None and n:
            title = N_("Data layers") if picked.layer else spec(picked.table).title
            text += f" ({tr(title, self._lang)})"
        self.selection.set_text(text)
        self.selection.setVisible(bool(text))

    def _choose(self, system: str) -> None:
        """Show coordinates in another system, and offer the other usual ones."""
        self._system = system
        city = self._store.state.city.crs
        self._menu.clear()
        for code in dict.fromkeys((city, crs.STOCKHOLM, crs.SWEDEN, crs.LONLAT)):
            text = crs.describe(code, self._lang)
            action = self._menu.addAction(tr("{crs} (this project)", self._lang, crs=text) if code == city else text)
            action.setData(code)
            action.setCheckable(True)
            action.setChecked(code == system)
            self._choices.addAction(action)
        heights = self._store.state.city.height_system
        self.system.setText(crs.describe(system, self._lang).split(" – ")[-1])
        parts = [crs.describe(system, self._lang)]
        if heights:
            parts.append(tr("Heights: {system}", self._lang, system=heights))
        parts.append(tr("Click to read coordinates in another system; the data stay as they are.", self._lang))
        self.system.setToolTip("\n".join(parts))
        self.system.setAccessibleName(tr("Reference system: {crs}", self._lang, crs=self.system.text()))
        self._show_place()

    def _in_system(self) -> tuple[float, float, float] | None:
        if self._point is None or self._system == self._store.state.city.crs:
            return self._point
        x, y = crs.transformer(self._store.state.city.crs, self._system).transform(*self._point[:2])
        return float(x), float(y), self._point[2]

    def _show_place(self) -> None:
        point = self._in_system()
        text = place_text(*point, self._system, self._lang) if point else "–"
        self.place.setText(text)
        self.place.setMinimumWidth(max(self.place.minimumWidth(), self.place.sizeHint().width() if point else 0))
        self.place.setToolTip(tr("East, north and height at the pointer; click to copy", self._lang))
        self.place.setAccessibleName(tr("Coordinates: {place}", self._lang, place=text))
        self.place.setEnabled(point is not None)

    def _copy(self) -> None:
        point = self._in_system()
        if point is None:
            return
        digits = 6 if self._system == crs.LONLAT else 2
        parts = [f"{value:.{digits}f}" for value in point[:2]]
        parts += [f"{point[2]:.2f}"] if point[2] == point[2] else []
        QApplication.clipboard().setText(", ".join(parts))
        self.place.setText(tr("Copied", self._lang))
        self._copied.start(COPIED_MS)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self.stop.setEnabled(False)
            self.job.set_text(tr("Stopping…", self._lang))
