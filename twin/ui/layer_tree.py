"""The tree inside the layer panel: two groups of rows, legends under them, rows that can be dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QDragMoveEvent, QDropEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from twin.text import N_, number, tr
from twin.ui import theme
from twin.ui.widgets import STEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twin.state import LayerEntry

DATA = "data"
BASE = "base"
MIME = "application/x-twin-layer"
_ID = Qt.ItemDataRole.UserRole
_CHECKABLE = Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def _checked(value: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if value else Qt.CheckState.Unchecked


def _id(item: QTreeWidgetItem | None) -> str:
    """Return the id of a layer's or group's row, "" for a legend or nothing."""
    found = item.data(0, _ID) if item is not None else None
    return "" if found is None else str(found)


def _child(item: QTreeWidgetItem, place: int) -> QTreeWidgetItem:
    return cast("QTreeWidgetItem", item.child(place))


class _Quiet(QStyledItemDelegate):
    """Draws hidden layers and the percentages in the quiet colour of the theme in use."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        first = index.sibling(index.row(), 0)
        hidden = first.data(Qt.ItemDataRole.CheckStateRole) in (Qt.CheckState.Unchecked, 0)
        layer = first.parent().isValid()
        if layer and (hidden or index.column() == 1):
            quiet = QBrush(QColor(theme.current().muted))
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
                option.palette.setBrush(role, quiet)  # type: ignore[attr-defined]


class LayerTree(QTreeWidget):
    """Rows of layers in two groups; says what the user wants, changes only what :meth:`show_group` asks for."""

    toggled = Signal(str, bool)
    """A row's box was ticked or cleared: id, shown."""
    toggled_group = Signal(str, bool)
    """A group's box was ticked or cleared: ``DATA`` or ``BASE``, shown."""
    moved = Signal(str, str)
    """A row was dragged: its id, and the id it shall stand before ("" = last)."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self.setObjectName("layer_tree")
        self.setAccessibleName(tr("Layers", lang))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(0)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setIndentation(4 * STEP)
        self.setUniformRowHeights(False)
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDropIndicatorShown(True)
        self._groups = {
            DATA: self._add_group(DATA, tr("Data layers", lang)),
            BASE: self._add_group(BASE, tr("Base map", lang)),
        }
        self.setItemDelegate(_Quiet(self))
        self.itemChanged.connect(self._item_changed)

    # -- rows

    def current_id(self) -> str:
        """Return the id of the current layer row, "" when a group or nothing is current."""
        item: QTreeWidgetItem | None = self.currentItem()
        while item is not None and not _id(item):
            item = item.parent()
        return "" if _id(item) in self._groups else _id(item)

    def make_current(self, id: str) -> None:
        """Make a row the current one."""
        item = self.row(id)
        if item is not None:
            self.setCurrentItem(item)

    def row(self, id: str) -> QTreeWidgetItem | None:
        """Return the item of a layer."""
        for group in self._groups.values():
            for place in range(group.childCount()):
                if _id(_child(group, place)) == id:
                    return _child(group, place)
        return None

    def show_group(self, name: str, rows: Sequence[tuple[LayerEntry, str, str]]) -> None:
        """Bring a group to these rows (entry, title, tooltip), touching only what differs."""
        group = self._groups[name]
        current, focus = self.current_id(), self.hasFocus()
        with QSignalBlocker(self):
            wanted = [entry.id for entry, _, _ in rows]
            for place in reversed(range(group.childCount())):
                if _id(_child(group, place)) not in wanted:
                    group.takeChild(place)
            for place, (entry, title, tip) in enumerate(rows):
                item = self._row_at(group, place, entry.id)
                self._fill(item, entry, title, tip)
            self._fill_group(group, [entry for entry, _, _ in rows])
        if current and self.current_id() != current and self.row(current) is not None:
            self.make_current(current)
        if focus and not self.hasFocus():
            self.setFocus()

    def has_legend(self, id: str) -> bool:
        """Say whether a legend stands under a row."""
        item = self.row(id)
        return item is not None and item.childCount() > 0 and self.itemWidget(_child(item, 0), 0) is not None

    def set_legend(self, id: str, legend: QWidget | None) -> None:
        """Put a legend under a row, in place of the former one; None takes it away."""
        item = self.row(id)
        if item is None:
            return
        if legend is None:
            item.takeChildren()
            return
        if item.childCount():
            child = _child(item, 0)
        else:
            child = QTreeWidgetItem(item)
            child.setFlags(Qt.ItemFlag.ItemIsEnabled)
            item.setExpanded(True)
        child.setFirstColumnSpanned(True)
        child.setData(0, Qt.ItemDataRole.AccessibleTextRole, legend.accessibleName())
        self.setItemWidget(child, 0, legend)
        self._fit(child)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the legends the height their texts need at the new width."""
        super().resizeEvent(event)
        for group in self._groups.values():
            for place in range(group.childCount()):
                if _child(group, place).childCount():
                    self._fit(_child(_child(group, place), 0))

    def _fit(self, child: QTreeWidgetItem) -> None:
        legend = self.itemWidget(child, 0)
        if legend is not None:
            legend.ensurePolished()
            width = self.viewport().width() - 3 * self.indentation()
            height = legend.heightForWidth(width) if legend.hasHeightForWidth() else legend.sizeHint().height()
            child.setSizeHint(0, QSize(0, height + STEP))

    # -- dragging, in place of Qt's own, which would move the items itself

    def mimeTypes(self) -> list[str]:
        """Name what is dragged."""
        return [MIME]

    def mimeData(self, items: Iterable[QTreeWidgetItem]) -> QMimeData:
        """Pack the id of the dragged row."""
        data = QMimeData()
        data.setData(MIME, next((_id(item) for item in items), "").encode())
        return data

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Let a row go only within its group."""
        super().dragMoveEvent(event)
        if self._target(event) is None:
            event.ignore()
        else:
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Say where the row shall go; the Store then orders the rows."""
        target = self._target(event)
        event.setDropAction(Qt.DropAction.CopyAction)  # a move would make Qt delete the dragged row
        if target is None:
            event.ignore()
            return
        event.accept()
        self.moved.emit(*target)

    def _target(self, event: QDropEvent) -> tuple[str, str] | None:
        """Return (id dragged, id to stand before), None where it cannot be dropped."""
        id = bytes(event.mimeData().data(MIME).data()).decode()
        dragged = self.row(id)
        point = event.position().toPoint()
        over: QTreeWidgetItem | None = self.itemAt(point)
        group = dragged.parent() if dragged is not None else None
        if over is None or group is None:
            return None
        if over is group:
            return id, _id(_child(group, 0))
        while over is not None and over.parent() is not group:
            over = over.parent()
        if over is None:
            return None
        place = group.indexOfChild(over) + (point.y() > self.visualItemRect(over).center().y())
        return id, _id(_child(group, place)) if place < group.childCount() else ""

    # -- inside

    def _add_group(self, name: str, title: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self, [title])
        item.setData(0, _ID, name)
        item.setFlags(_CHECKABLE | Qt.ItemFlag.ItemIsDropEnabled)
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
        item.setExpanded(True)
        return item

    def _row_at(self, group: QTreeWidgetItem, place: int, id: str) -> QTreeWidgetItem:
        if place < group.childCount() and _id(_child(group, place)) == id:
            return _child(group, place)
        for other in range(place + 1, group.childCount()):
            if _id(_child(group, other)) == id:
                item = cast("QTreeWidgetItem", group.takeChild(other))
                group.insertChild(place, item)
                item.setExpanded(True)
                return item
        item = QTreeWidgetItem()
        item.setData(0, _ID, id)
        item.setFlags(_CHECKABLE | Qt.ItemFlag.ItemIsDragEnabled)
        group.insertChild(place, item)
        item.setExpanded(True)
        return item

    def _fill(self, item: QTreeWidgetItem, entry: LayerEntry, title: str, tip: str) -> None:
        item.setText(0, title)
        item.setToolTip(0, tip)
        item.setCheckState(0, _checked(entry.visible))
        percent = "" if entry.opacity >= 0.995 else number(round(entry.opacity * 100), self._lang, 0, "%")
        item.setText(1, percent)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        text = title if entry.visible else tr(N_("{layer}, hidden"), self._lang, layer=title)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{text} {percent}".strip())

    def _fill_group(self, group: QTreeWidgetItem, entries: list[LayerEntry]) -> None:
        group.setHidden(not entries)
        shown = sum(entry.visible for entry in entries)
        partly = Qt.CheckState.PartiallyChecked
        group.setCheckState(0, partly if 0 < shown < len(entries) else _checked(bool(shown)))

    def _item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        id = _id(item)
        if column != 0 or not id:
            return
        visible = item.checkState(0) != Qt.CheckState.Unchecked
        if id in self._groups:
            self.toggled_group.emit(id, visible)
        else:
            self.toggled.emit(id, visible)
