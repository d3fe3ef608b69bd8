"""The list of facts inside the inspector: two columns that wrap, groups that fold, values that can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QColor, QDesktopServices, QFontMetrics, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from twin.text import tr
from twin.ui import theme
from twin.ui.facts import Fact, Group
from twin.ui.widgets import STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QKeyEvent, QResizeEvent

Index = QModelIndex | QPersistentModelIndex

_FACT = Qt.ItemDataRole.UserRole
_PAD = STEP
_TITLE_SHARES = (0.38, 0.56)


class _Delegate(QStyledItemDelegate):
    """Draws a title quietly, its value plainly, both over as many lines as they need; a share as a thin bar."""

    def __init__(self, tree: FactTree) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of the taller of the two cells."""
        fact = index.sibling(index.row(), 0).data(_FACT)
        metrics = QFontMetrics(option.font)  # type: ignore[attr-defined]
        if not isinstance(fact, Fact):
            return QSize(0, metrics.height() + 5 * STEP)
        heights = [
            _bounds(metrics, self._width(0), fact.title).height(),
            _bounds(metrics, self._width(1), fact.value or "–").height(),
        ]
        return QSize(0, max(heights) + 2 * _PAD + (STEP if fact.share is not None else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        self.initStyleOption(option, index)
        text, option.text = option.text, ""  # type: ignore[attr-defined]
        style = self._tree.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, self._tree)
        box = QRect(option.rect)  # type: ignore[attr-defined]
        fact = index.sibling(index.row(), 0).data(_FACT)
        tokens = theme.current()
        painter.save()
        font = option.font  # type: ignore[attr-defined]
        if not isinstance(fact, Fact):
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(self._tree.palette().color(QPalette.ColorRole.Text))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
            painter.restore()
            return
        first = index.column() == 0
        active = not first and bool(fact.link or fact.target)
        colour = tokens.muted if first or not fact.value else tokens.accent if active else tokens.text
        font.setUnderline(active)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        inner = QRect(box.left(), box.top() + _PAD, self._width(index.column()), box.height() - 2 * _PAD)
        align = Qt.AlignmentFlag.AlignTop
        if fact.share is not None and not first:
            align |= Qt.AlignmentFlag.AlignRight
            self._bar(painter, inner, fact.share)
        painter.drawText(inner, int(align) | _wrap(QFontMetrics(font), inner.width(), text), text)
        painter.restore()

    def _bar(self, painter: QPainter, inner: QRect, share: float) -> None:
        tokens = theme.current()
        track = QRectF(inner.left(), inner.bottom() - 1, inner.width(), 3)
        painter.fillRect(track, QColor(tokens.pressed))
        track.setWidth(track.width() * min(max(share, 0.0), 1.0))
        painter.fillRect(track, QColor(tokens.accent))

    def _width(self, column: int) -> int:
        width = self._tree.columnWidth(column)
        return max(8 * STEP, width - (2 * self._tree.indentation() if column == 0 else 0) - 2 * STEP)


def _wrap(metrics: QFontMetrics, width: int, text: str) -> int:
    """Break at words, within a word only where one is longer than the line (addresses, ids)."""
    longest = max((metrics.horizontalAdvance(word) for word in text.split(" ")), default=0)
    return int(Qt.TextFlag.TextWrapAnywhere if longest > width else Qt.TextFlag.TextWordWrap)


def _bounds(metrics: QFontMetrics, width: int, text: str) -> QRect:
    return metrics.boundingRect(QRect(0, 0, width, 100_000), _wrap(metrics, width, text), text)


class FactTree(QTreeWidget):
    """Shows groups of facts; arrows move, Enter follows a link, Ctrl+C copies the value."""

    followed = Signal(str, str)
    """A fact that names another thing was followed: table, id."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._folded: set[str] = set()
        self._with_empty = False
        self.setObjectName("fact_tree")
        self.setAccessibleName(tr("Facts", lang))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setIndentation(3 * STEP)
        self.setUniformRowHeights(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Delegate(self))
        header = self.header()
        header.setMinimumSectionSize(10 * STEP)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.setStretchLastSection(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.itemClicked.connect(self._clicked)
        self.itemCollapsed.connect(lambda item: self._folded.add(_key(item)))
        self.itemExpanded.connect(lambda item: self._folded.discard(_key(item)))
        self._copy_value = self._action(tr("Copy value", lang), QKeySequence("Ctrl+C"), lambda: self._copy(False))
        self._copy_row = self._action(tr("Copy row", lang), QKeySequence("Ctrl+Shift+C"), lambda: self._copy(True))

    def show_groups(self, groups: Sequence[Group], with_empty: bool) -> None:
        """Show facts; those without a value only where asked for. Groups folded before stay folded."""
        self.clear()
        self._with_empty = with_empty
        for group in groups:
            facts = [fact for fact in group.facts if fact.value or with_empty]
            if facts:
                self._add(group, facts)
        self._share_width()

    def lines(self) -> list[tuple[str, str]]:
        """Return titles and values as they stand in the list, groups with an empty value."""
        result = []
        for place in range(self.topLevelItemCount()):
            group = cast("QTreeWidgetItem", self.topLevelItem(place))
            result.append((group.text(0), ""))
            children = (cast("QTreeWidgetItem", group.child(i)) for i in range(group.childCount()))
            result.extend((child.text(0), child.text(1)) for child in children)
        return result

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width between titles and values, and break the lines anew."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """Give the titles room for their longest word, within limits, and break the lines anew."""
        metrics = self.fontMetrics()
        words = (word for title, value in self.lines() if value for word in title.split(" "))
        longest = max((metrics.horizontalAdvance(word) for word in words), default=0)
        least, most = (round(self.viewport().width() * share) for share in _TITLE_SHARES)
        self.setColumnWidth(0, min(max(longest + 2 * self.indentation() + 3 * STEP, least), most))
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Follow the current fact with Enter."""
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._follow(item)
            return
        super().keyPressEvent(event)

    # -- inside

    def _add(self, group: Group, facts: list[Fact]) -> None:
        top = QTreeWidgetItem(self, [group.title])
        top.setData(0, _FACT, group.key)
        top.setFirstColumnSpanned(True)
        for fact in facts:
            item = QTreeWidgetItem(top, [fact.title, fact.value or "–"])
            item.setData(0, _FACT, fact)
            tip = "\n".join(part for part in (fact.tip, fact.link) if part)
            value = fact.value or tr("not known", self._lang)
            item.setToolTip(0, tip or fact.title)
            item.setToolTip(1, tip or value)
            said = f"{fact.title}: {value}" + (f". {fact.tip}" if fact.tip else "")
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, said)
        top.setExpanded(group.key not in self._folded)

    def _action(self, text: str, keys: QKeySequence, run: Callable[[], None]) -> QAction:
        result = QAction(text, self)
        result.setShortcut(keys)
        result.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        result.triggered.connect(run)
        self.addAction(result)
        return result

    def _copy(self, whole_row: bool) -> None:
        item = self.currentItem()
        fact = item.data(0, _FACT) if item is not None else None
        if isinstance(fact, Fact):
            text = f"{fact.title}\t{fact.value}" if whole_row else fact.value
        elif item is not None:
            children = [cast("QTreeWidgetItem", item.child(i)) for i in range(item.childCount())]
            text = "\n".join([item.text(0), *(f"{child.text(0)}\t{child.text(1)}" for child in children)])
        else:
            return
        QApplication.clipboard().setText(text)

    def _menu(self, point: QPoint) -> None:
        item = self.itemAt(point)
        if item is None:
            return
        self.setCurrentItem(item)
        menu = QMenu(self)
        menu.addActions([self._copy_value, self._copy_row])
        fact = item.data(0, _FACT)
        if isinstance(fact, Fact) and (fact.link or fact.target):
            menu.addSeparator()
            text = tr("Open in the browser", self._lang) if fact.link else tr("Select it", self._lang)
            menu.addAction(text).triggered.connect(lambda: self._follow(item))
        menu.exec(self.viewport().mapToGlobal(point))
        menu.deleteLater()

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 1:
            self._follow(item)

    def _follow(self, item: QTreeWidgetItem) -> None:
        fact = item.data(0, _FACT)
        if not isinstance(fact, Fact):
            item.setExpanded(not item.isExpanded())
        elif fact.target is not None:
            self.followed.emit(*fact.target)
        elif fact.link:
            QDesktopServices.openUrl(QUrl(fact.link))


def _key(item: QTreeWidgetItem) -> str:
    return str(item.data(0, _FACT))
