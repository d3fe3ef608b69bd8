"""The command palette (Ctrl+K): one field that finds commands, layers, views, scenarios, questions and places."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from twin.text import N_, tr
from twin.ui import finding, theme
from twin.ui.finding import Entry
from twin.ui.widgets import STEP

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtWidgets import QWidget

    from twin.city.city import City
    from twin.ui.finding import Named
    from twin.ui.window import MainWindow

_KIND, _KEYS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_WIDTH, _ROWS = 620, 12


class CommandPalette(QFrame):
    """A card over the window: type, go with the arrow keys, Enter does it, Esc closes."""

    _named = Signal(object, object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("command_palette")
        self.setProperty("role", "card")
        self.setAutoFillBackground(True)
        self._window = window
        self._entries: list[Entry] = []
        self._found: list[Entry] = []
        self._city: City | None = None
        self._names: Named | None = None
        self._before: QWidget | None = None
        self._thread = ThreadPoolExecutor(1, "names")
        self.field = QLineEdit()
        self.field.textChanged.connect(lambda _text: self._fill())
        self.list = QListWidget()
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda _item: self._choose())
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP, 2 * STEP, 2 * STEP, 2 * STEP)
        column.setSpacing(STEP)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.field.installEventFilter(self)
        self._named.connect(self._take_names)
        self.hide()

    def open(self) -> None:
        """Show it over the window, empty."""
        window, lang = self._window, self._window.lang
        self._before = window.focusWidget()
        self.field.setPlaceholderText(tr("Find a command, a layer, a view, a street, an address …", lang))
        self.field.setAccessibleName(tr("Command palette", lang))
        self.list.setAccessibleName(tr("What is found", lang))
        self._entries = entries(window)
        self._learn_names()
        self.field.clear()
        self._fill()
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def shut(self) -> None:
        """Hide it and give the focus back."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def end(self) -> None:
        """End the thread that reads names."""
        self._thread.shutdown()

    # -- inside

    def _learn_names(self) -> None:
        """Read the names of a city that was not looked at yet, beside the window."""
        shown = self._window.workbench.results.shown
        city = None if shown is None else shown.state.city
        if city is self._city:
            return
        self._city, self._names = city, None
        if city is not None:
            future = self._thread.submit(finding.names_of, city)
            future.add_done_callback(lambda done: self._named.emit(city, done))

    def _take_names(self, city: City, done: Future[Named]) -> None:
        if city is self._city and done.exception() is None:
            self._names = done.result()
            if self.isVisible():
                self._fill()

    def _fill(self) -> None:
        lang = self._window.lang
        self._found = finding.find(self.field.text(), self._entries, self._names, self._go, lang)
        self.list.clear()
        for entry in self._found:
            item = QListWidgetItem(entry.text)
            item.setData(_KIND, entry.kind)
            item.setData(_KEYS, entry.keys)
            said = ", ".join(part for part in (entry.text, entry.kind, entry.keys) if part)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
            item.setToolTip(said)
            self.list.addItem(item)
        if not self._found:
            item = QListWidgetItem(tr("Nothing is called “{text}” here.", lang, text=self.field.text()))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _place(self) -> None:
        window = self._window
        width = min(_WIDTH, window.width() - 8 * STEP)
        row = self.list.sizeHintForRow(0) if self.list.count() else 28
        height = min(self.field.sizeHint().height() + (_ROWS * row) + 8 * STEP, window.height() - 24 * STEP)
        self.setGeometry((window.width() - width) // 2, 18 * STEP, width, height)

    def _choose(self) -> None:
        place = self.list.currentRow()
        if 0 <= place < len(self._found):
            entry = self._found[place]
            self.shut()
            QTimer.singleShot(0, self, entry.run)  # afterwards: what it does may open a dialog

    def _go(self, table: str, ids: tuple[str, ...]) -> None:
        self._window.workbench.select(table, ids)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the field's keys move in the list."""
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _ROWS, Qt.Key.Key_PageUp: -_ROWS}
            step = next((by for key, by in steps.items() if key == event.key()), 0)
            if step:
                last = max(self.list.count() - 1, 0)
                self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), last))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose()
                return True
            if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self.shut()
                return True
        if watched is self.field and event.type() == QEvent.Type.FocusOut and self.isVisible():
            QTimer.singleShot(0, self, self._lost)
        return super().eventFilter(watched, event)

    def _lost(self) -> None:
        now = self._window.focusWidget()
        if self.isVisible() and now is not self.field and not (now is not None and self.isAncestorOf(now)):
            self.hide()


class _Row(QStyledItemDelegate):
    """A line of the list: text left, what it is and its keys right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of a target one can hit."""
        return QSize(200, max(28, option.fontMetrics.height() + 3 * STEP))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw ground, text, kind and keys."""
        text = str(index.data())
        blank = QStyleOptionViewItem(option)
        self.initStyleOption(blank, index)
        blank.text = ""
        widget = option.widget
        style = widget.style() if widget is not None else None
        if style is not None:
            style.drawControl(QStyle.ControlElement.CE_ItemViewItem, blank, painter, widget)
        dress = theme.current()
        area = option.rect.adjusted(2 * STEP, 0, -2 * STEP, 0)
        right = "   ".join(str(part) for part in (index.data(_KIND), index.data(_KEYS)) if part)
        metrics = option.fontMetrics
        room = metrics.horizontalAdvance(right)
        painter.setPen(QColor(dress.muted))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), right)
        painter.setPen(QColor(dress.text))
        left = area.adjusted(0, 0, -room - 4 * STEP, 0)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, left.width())
        painter.drawText(left, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


def entries(window: MainWindow) -> list[Entry]:
    """Return what can be done and shown now: commands, questions, layers, views, scenarios."""
    lang = window.lang
    made = _commands(window)
    store, data = window.session.store, window.workbench.results.data
    if store is None or data is None:
        return made
    from twin.questions.registry import questions

    asks = tr(N_("Question"), lang)
    made += [Entry(tr(one.title, lang), asks, partial(window.workbench.ask, one)) for one in questions()]
    state = store.state
    shown = {row.id: row.visible for row in state.layers}
    for one in data.dropins:
        on = shown.get(one.id, False)
        kind = tr(N_("Hide layer"), lang) if on else tr(N_("Show layer"), lang)
        made.append(Entry(tr(one.title, lang), kind, partial(window.workbench.show_layer, one.id)))
    for view in state.bookmarks:
        made.append(Entry(view.name, tr(N_("View"), lang), partial(window.panels.fly_to.emit, view.pose)))
    for scenario in ("", *(one.name for one in state.scenarios)):
        name = scenario or tr(N_("Present state"), lang)
        made.append(Entry(name, tr(N_("Scenario"), lang), partial(window.workbench.work_on, scenario)))
    return made


def _commands(window: MainWindow) -> list[Entry]:
    from twin.ui import actions

    made = []
    for title, commands in actions.MENUS:
        menu = tr(title, window.lang).replace("&", "")
        for command in commands:
            action = window.commands[command.id]
            if action.isEnabled() and command.id != "palette":
                text = action.text().replace("&", "").rstrip("…")
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                made.append(Entry(text, menu, action.trigger, keys))
    groups = ((N_("T&heme"), window.commands.themes), (N_("Lan&guage"), window.commands.languages))
    for title, group in groups:
        kind = tr(title, window.lang).replace("&", "")
        made += [Entry(one.text().replace("&", ""), kind, one.trigger) for one in group.actions()]
    return made
