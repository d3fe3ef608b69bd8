"""The panel of sensors: values and charts, feeds, thresholds, coverage, the models beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from twin.text import N_, tr
from twin.ui.sensors.feeds_page import FeedsPage
from twin.ui.sensors.limits_page import LimitsPage
from twin.ui.sensors.reuse_page import ReusePage
from twin.ui.sensors.validation_page import ValidationPage
from twin.ui.sensors.values_page import ValuesPage

if TYPE_CHECKING:
    from twin.state import State, Store
    from twin.ui.sensors.sensing import Sensing

_PAGES = (N_("Values"), N_("Feeds"), N_("Thresholds"), N_("Coverage"), N_("Models"))


class SensorPanel(QWidget):
    """Five pages; what is selected on the map is chosen in the first."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sensor_panel")
        self._store, self._lang = store, lang
        self._sensing: Sensing | None = None
        self.values = ValuesPage(lang)
        self.feeds = FeedsPage(lang)
        self.limits = LimitsPage(lang)
        self.reuse = ReusePage(lang)
        self.validation = ValidationPage(lang)
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.pages.setUsesScrollButtons(True)
        for title, page in zip(_PAGES, self._all, strict=True):
            self.pages.addTab(page, tr(title, lang))
        self.pages.currentChanged.connect(lambda _i: self.refresh())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    @property
    def _all(self) -> tuple[ValuesPage, FeedsPage, LimitsPage, ReusePage, ValidationPage]:
        return self.values, self.feeds, self.limits, self.reuse, self.validation

    def attach(self, sensing: Sensing) -> None:
        """Show the sensors of a window."""
        self._sensing = sensing
        for page in self._all:
            page.attach(sensing)

    def refresh(self) -> None:
        """Show the time and the connections of now on the page that is seen."""
        if self._sensing is not None:
            self._all[self.pages.currentIndex()].refresh()

    def choose(self, sids: list[int]) -> None:
        """Choose streams in the list of values."""
        self.pages.setCurrentWidget(self.values)
        self.values.choose(sids)

    def showEvent(self, event: object) -> None:
        """Catch up with what changed while it was hidden."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def _sync(self, old: State, new: State) -> None:
        """Choose the streams of a mast that was clicked on the map."""
        chosen = new.selection
        if self._sensing is None or chosen is old.selection or chosen is None or chosen.table != "places":
            return
        streams = self._sensing.read.streams
        sids = [one.sid for one in streams if one.place in chosen.ids]
        if sids:
            self.choose(sids)
