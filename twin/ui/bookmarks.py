"""The bookmark panel: named views to fly to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from twin.state import Bookmark, Pose, State, Store
from twin.text import N_, number, tr
from twin.ui.widgets import STEP, EmptyState, IconButton, button, own_action, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QAction


class BookmarkPanel(QWidget):
    """List of the project's views; adding, renaming, ordering and deleting go through the Store."""

    fly_to = Signal(object)
    """The Pose of the bookmark that was activated."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bookmark_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._lang = lang
        self._pose: Callable[[], Pose] | None = None
        self._build_actions()
        self._build()
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    def set_pose_source(self, pose: Callable[[], Pose]) -> None:
        """Take the function that tells where the camera is now; without it no view can be added."""
        self._pose = pose
        self._enable()

    def add_current(self) -> None:
        """Keep the present view as a bookmark and let the user name it."""
        if self._pose is None:
            return
        names = {bookmark.name for bookmark in self._store.state.bookmarks}
        n = len(names) + 1
        while (name := tr("View {n}", self._lang, n=n)) in names:
            n += 1
        bookmark = Bookmark(name, self._pose())
        self._store.change(N_("Add bookmark"), bookmarks=(*self._store.state.bookmarks, bookmark))
        self.list.setCurrentRow(self.list.count() - 1)
        self.rename_current()

    def rename_current(self) -> None:
        """Edit the name of the current bookmark in its place."""
        if self.list.currentItem() is not None:
            self.list.setFocus()
            self.list.editItem(self.list.currentItem())

    def remove_current(self) -> None:
        """Delete the current bookmark; undo brings it back."""
        place = self.list.currentRow()
        if place >= 0:
            rest = list(self._store.state.bookmarks)
            del rest[place]
            self._store.change(N_("Delete bookmark"), bookmarks=tuple(rest))

    def move_current(self, step: int) -> None:
        """Move the current bookmark up (-1) or down (+1)."""
        place = self.list.currentRow()
        bookmarks = list(self._store.state.bookmarks)
        if place < 0 or not 0 <= place + step < len(bookmarks):
            return
        bookmarks.insert(place + step, bookmarks.pop(place))
        self._store.change(N_("Move bookmark"), bookmarks=tuple(bookmarks))
        self.list.setCurrentRow(place + step)

    def fly_current(self) -> None:
        """Ask to fly to the current bookmark."""
        place = self.list.currentRow()
        if place >= 0:
            self.fly_to.emit(self._store.state.bookmarks[place].pose)

    # -- inside

    def _build_actions(self) -> None:
        def action(text: str, keys: str, run: Callable[[], None]) -> QAction:
            return own_action(self, tr(text, self._lang), keys, run)

        self._rename = action(N_("Rename bookmark"), "F2", self.rename_current)
        self._delete = action(N_("Delete bookmark"), "Del", self.remove_current)
        self._up = action(N_("Move bookmark up"), "Alt+Up", lambda: self.move_current(-1))
        self._down = action(N_("Move bookmark down"), "Alt+Down", lambda: self.move_current(1))

    def _build(self) -> None:
        lang = self._lang
        self._add = button(tr("Add this view", lang), tr("Keep this view under a name (Ctrl+B)", lang))
        self._add.setProperty("role", "link")
        self._add.clicked.connect(lambda _checked=False: self.add_current())
        self._buttons = {
            action: IconButton(icon, action.text(), action.shortcut().toString())
            for icon, action in (
                ("pencil", self._rename),
                ("chevron-up", self._up),
                ("chevron-down", self._down),
                ("trash", self._delete),
            )
        }
        for action, icon_button in self._buttons.items():
            icon_button.clicked.connect(action.trigger)
        tools = row(self._add, None, *self._buttons.values(), spacing=0)
        tools.setContentsMargins(STEP, STEP, STEP, STEP)
        self._empty = EmptyState(
            tr("No views are kept yet. Move the camera to what matters and keep the view under a name.", lang),
            tr("Keep this view", lang),
            self.add_current,
        )
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Bookmarks", lang))
        self.list.setObjectName("bookmark_list")
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.itemActivated.connect(lambda _item: self.fly_current())
        self.list.itemChanged.connect(self._renamed)
        self.list.currentRowChanged.connect(lambda _row: self._enable())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(tools)
        outer.addWidget(self._empty, 1)
        outer.addWidget(self.list, 1)

    def _menu(self, point: QPoint) -> None:
        if self.list.itemAt(point) is None:
            return
        menu = QMenu(self)
        fly = menu.addAction(tr("Fly there", self._lang))
        fly.triggered.connect(self.fly_current)
        menu.addActions(list(self._buttons))
        menu.exec(self.list.viewport().mapToGlobal(point))
        menu.deleteLater()

    def _sync(self, old: State | None, new: State) -> None:
        if old is not None and old.bookmarks is new.bookmarks:
            return
        current = self.list.currentRow()
        with QSignalBlocker(self.list):
            while self.list.count() > len(new.bookmarks):
                self.list.takeItem(self.list.count() - 1)
            for place, bookmark in enumerate(new.bookmarks):
                item = self.list.item(place)
                if item is None:
                    item = QListWidgetItem()
                    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                    self.list.addItem(item)
                item.setText(bookmark.name)
                item.setToolTip(self._tip(bookmark))
            self.list.setCurrentRow(min(current, len(new.bookmarks) - 1))
        self.list.setVisible(bool(new.bookmarks))
        self._empty.setVisible(not new.bookmarks)
        self._enable()

    def _tip(self, bookmark: Bookmark) -> str:
        x, y, _ = bookmark.pose.focus
        place = tr("E {east}, N {north}", self._lang, east=number(x, self._lang, 0), north=number(y, self._lang, 0))
        return "\n".join((bookmark.name, place, tr("Enter or double-click flies there", self._lang)))

    def _renamed(self, item: QListWidgetItem) -> None:
        place, name = self.list.row(item), item.text().strip()
        bookmarks = list(self._store.state.bookmarks)
        if not name or name == bookmarks[place].name:
            with QSignalBlocker(self.list):
                item.setText(bookmarks[place].name)
            return
        bookmarks[place] = replace(bookmarks[place], name=name)
        self._store.change(N_("Rename bookmark"), bookmarks=tuple(bookmarks))

    def _enable(self) -> None:
        place, n = self.list.currentRow(), self.list.count()
        for action, possible in (
            (self._rename, place >= 0),
            (self._delete, place >= 0),
            (self._up, place > 0),
            (self._down, 0 <= place < n - 1),
        ):
            action.setEnabled(possible)
            self._buttons[action].setEnabled(possible)
        self._add.setEnabled(self._pose is not None)
        if self._empty.button is not None:
            self._empty.button.setEnabled(self._pose is not None)
