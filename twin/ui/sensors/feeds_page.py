"""Feeds: how each connection stands, what was refused with a sample, sensors that wait to be accepted; add, change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from twin.sensors.guard import now_ms
from twin.sensors.states import age_text
from twin.text import N_, tr
from twin.ui.widgets import STEP, EmptyState, button, label, row

if TYPE_CHECKING:
    from twin.sensors.feeds.feed import Status
    from twin.ui.sensors.sensing import Sensing

_LINKS = {
    "off": N_("off"), "connecting": N_("connecting"), "connected": N_("connected"), "waiting": N_("waiting"),
    "failed": N_("no connection"),
}  # fmt: skip
_HEADS = (N_("Feed"), N_("Connection"), N_("Received"), N_("Refused"), N_("Lost"))


class FeedsPage(QWidget):
    """One line per feed; what it refused stands below it."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._sensing: Sensing | None = None
        self._ids: list[str] = []
        self._items: list[QTreeWidgetItem] = []
        self._lines: dict[int, list[tuple[str, str]]] = {}
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Feeds", lang))
        self.tree.setHeaderLabels([tr(text, lang) for text in _HEADS])
        heads = self.tree.header()
        heads.setStretchLastSection(False)
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(_HEADS)):
            heads.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.itemSelectionChanged.connect(self._able)
        self.tree.itemDoubleClicked.connect(lambda *_: self._edit())
        self._why = label("", "small")
        self.add = button(tr("Add feed…", lang), primary=True)
        self.change = button(tr("Change…", lang))
        self.turn = button(tr("Switch on or off", lang))
        self.drop = button(tr("Remove", lang))
        self.accept_ = button(tr("Accept sensor", lang), tr("Record this sensor from now on, with what waits", lang))
        self.add.clicked.connect(lambda _checked=False: self._new())
        self.change.clicked.connect(lambda _checked=False: self._edit())
        self.turn.clicked.connect(lambda _checked=False: self._turn())
        self.drop.clicked.connect(lambda _checked=False: self._remove())
        self.accept_.clicked.connect(lambda _checked=False: self._accept())
        self._empty = EmptyState(tr("No feeds yet. A feed brings what sensors measure now into this project.", lang))
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(2 * STEP, STEP, 2 * STEP, 2 * STEP)
        column_.setSpacing(STEP)
        column_.addWidget(self._empty)
        column_.addWidget(self.tree, 1)
        column_.addWidget(self._why)
        column_.addLayout(row(self.add, self.change, None))
        column_.addLayout(row(self.turn, self.drop, self.accept_, None))
        self._able()

    def attach(self, sensing: Sensing) -> None:
        """Show the feeds of a window's project."""
        self._sensing = sensing
        self.refresh()

    def refresh(self) -> None:
        """Show how the feeds stand now."""
        sensing = self._sensing
        if sensing is None:
            return
        feeds, found = sensing.feeds, sensing.statuses
        self._empty.setVisible(not feeds)
        self.tree.setVisible(bool(feeds))
        if self._ids != [one.id for one in feeds]:
            self._ids = [one.id for one in feeds]
            self.tree.clear()
            self._items = []
            for one in feeds:
                item = QTreeWidgetItem([one.id])
                item.setData(0, Qt.ItemDataRole.UserRole, one.id)
                item.setToolTip(0, f"{one.url} {' '.join(one.topics)}\n{one.owner} {one.licence}".strip())
                self.tree.addTopLevelItem(item)
                self._items.append(item)
        counts = self._counts()
        for i, one in enumerate(feeds):
            item = self._items[i]
            status = found.get(one.id)
            item.setText(1, self._said(one.on, status))
            item.setToolTip(1, status.error if status is not None else "")
            refused, reasons, parked = counts.get(one.id, (0, [], []))
            item.setText(2, str(status.received if status is not None else 0))
            item.setText(3, str(refused))
            item.setText(4, str(status.lost if status is not None else 0))
            self._below(item, reasons, parked)
        read_only = not sensing.writable
        why = tr("This project is open for reading only: save it under another name to record feeds.", self._lang)
        self._why.setText(why if read_only else "")
        self._why.setVisible(read_only)
        self._able()

    # --- inside -------------------------------------------------------------------------------------------------

    def _said(self, on: bool, status: Status | None) -> str:
        if not on or status is None:
            return tr(_LINKS["off"], self._lang)
        text = tr(_LINKS[status.link], self._lang)
        if status.link == "connected" and status.last_ms:
            text += f" ({age_text((now_ms() - status.last_ms) / 1000, self._lang)})"
        return text

    def _counts(self) -> dict[str, tuple[int, list[str], list[str]]]:
        sensing = self._sensing
        recorder = sensing.desk.recorder if sensing is not None else None
        if sensing is None or recorder is None:
            return {}
        found = {}
        on = [one.id for one in sensing.feeds if one.on]
        for id, (_, intake) in zip(on, list(recorder.pairs), strict=False):
            samples = list(intake.counts.samples)[-5:]
            said = [f"{tr(one.reason.key, self._lang, **one.reason.fields)} — {one.sample}" for one in samples]
            found[id] = (intake.counts.refused, said, list(intake.parked))
        return found

    def _below(self, item: QTreeWidgetItem, reasons: list[str], parked: list[str]) -> None:
        wanted = [("", text) for text in reasons]
        wanted += [(name, tr("{name} waits to be accepted", self._lang, name=name)) for name in parked]
        if wanted == self._lines.get(id(item)):
            return
        self._lines[id(item)] = wanted
        item.takeChildren()
        for name, text in wanted:
            line = QTreeWidgetItem([text])
            line.setData(0, Qt.ItemDataRole.UserRole + 1, name)
            line.setToolTip(0, text)
            item.addChild(line)
            line.setFirstColumnSpanned(True)

    def _chosen(self) -> int:
        items = self.tree.selectedItems()
        if not items:
            return -1
        item = items[0].parent() or items[0]
        return self.tree.indexOfTopLevelItem(item)

    def _able(self) -> None:
        writable = self._sensing is not None and self._sensing.writable and self._sensing.desk.folder is not None
        chosen = self._chosen() >= 0
        self.add.setEnabled(writable)
        for one in (self.change, self.turn, self.drop):
            one.setEnabled(writable and chosen)
        items = self.tree.selectedItems()
        self.accept_.setVisible(bool(items) and bool(items[0].data(0, Qt.ItemDataRole.UserRole + 1)))

    def _new(self) -> None:
        self._open(None)

    def _edit(self) -> None:
        if self._sensing is not None and self._chosen() >= 0 and self._sensing.writable:
            self._open(self._chosen())

    def _open(self, place: int | None) -> None:
        from twin.ui.sensors.feed_dialog import FeedDialog

        sensing = self._sensing
        if sensing is None:
            return
        old = sensing.feeds[place] if place is not None else None
        dialog = FeedDialog(self, self._lang, old, [f.id for f in sensing.feeds if f is not old])

        def done() -> None:
            settings = dialog.settings
            if settings is not None:
                feeds = list(sensing.feeds)
                if place is None:
                    feeds.append(settings)
                else:
                    feeds[place] = settings
                sensing.set_feeds(feeds)
                self.refresh()

        dialog.accepted.connect(done)
        dialog.open()

    def _turn(self) -> None:
        if self._sensing is not None and self._chosen() >= 0:
            feeds = list(self._sensing.feeds)
            one = feeds[self._chosen()]
            feeds[self._chosen()] = msgspec.structs.replace(one, on=not one.on)
            self._sensing.set_feeds(feeds)
            self.refresh()

    def _remove(self) -> None:
        if self._sensing is not None and self._chosen() >= 0:
            feeds = list(self._sensing.feeds)
            del feeds[self._chosen()]
            self._sensing.set_feeds(feeds)
            self.refresh()

    def _accept(self) -> None:
        sensing, items = self._sensing, self.tree.selectedItems()
        recorder = sensing.desk.recorder if sensing is not None else None
        if sensing is None or recorder is None or not items:
            return
        name = str(items[0].data(0, Qt.ItemDataRole.UserRole + 1))
        sensing.desk.ask(lambda _store: [recorder.store(i.accept(name)) for _, i in recorder.pairs if name in i.parked],
                         lambda _told: self.refresh())  # fmt: skip
