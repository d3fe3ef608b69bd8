"""The streams as a table for a view: state, place, quantity, value, age; one model however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from twin.sensors.quantity import title_of
from twin.sensors.states import STANDING_NAMES, Standing, age_text, ages
from twin.sensors.stream import QUALITY_NAMES, Quality
from twin.sensors.units import shown
from twin.text import N_, number, tr
from twin.ui import theme

if TYPE_CHECKING:
    from twin.ui.sensors.sensing import Sensing

HEADS = (N_("Place"), N_("Quantity"), N_("Value"), N_("Age"), N_("State"))
_COLOURS = {
    Standing.LIVE: "#1b9e77", Standing.LATE: "#e6ab02", Standing.STALE: "#9a9892", Standing.OFFLINE: "#5a5e64",
    Standing.FLAGGED: "#d95f02", Standing.NONE: "#c9c5bd",
}  # fmt: skip
_CHANGING = 2
Index = QModelIndex | QPersistentModelIndex


class StreamModel(QAbstractTableModel):
    """All streams of a history at the time shown."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._lang = lang
        self._sensing: Sensing | None = None
        self._count = 0
        self._how = np.empty(0, np.uint8)
        self._age = np.empty(0)
        self._dots: dict[int, QPixmap] = {}

    def show_all(self, sensing: Sensing) -> None:
        """Show the streams of a history, and where they are the same only their new values."""
        read = sensing.read
        if self._sensing is not sensing or self._count != len(read.streams):
            self.beginResetModel()
            self._sensing, self._count = sensing, len(read.streams)
            self._take()
            self.endResetModel()
            return
        self._take()
        if self._count:
            # Of the columns that change with time alone: a view sorted by place need not be sorted anew each time.
            self.dataChanged.emit(self.index(0, _CHANGING), self.index(self._count - 1, len(HEADS) - 1))

    def _take(self) -> None:
        sensing = self._sensing
        if sensing is None:
            return
        self._how = sensing.how()
        frame = sensing.frame
        self._age = ages(frame) if frame is not None else np.full(self._count, np.nan)
        if len(self._age) < self._count:
            self._age = np.pad(self._age, (0, self._count - len(self._age)), constant_values=np.nan)
        if len(self._how) < self._count:
            self._how = np.pad(self._how, (0, self._count - len(self._how)), constant_values=int(Standing.NONE))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of streams."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Say the heads."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return tr(HEADS[section], self._lang)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Say a cell."""
        if self._sensing is None or not index.isValid() or index.row() >= len(self._sensing.read.streams):
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.UserRole:
            return self._sort(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return self._dot(int(self._how[row]))
        if role == Qt.ItemDataRole.ForegroundRole and self._how[row] in (
            Standing.STALE,
            Standing.OFFLINE,
            Standing.NONE,
        ):
            return QColor(theme.current().muted)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (2, 3):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        return None

    def _text(self, row: int, column: int) -> str:
        assert self._sensing is not None
        one = self._sensing.read.streams[row]
        if column == 0:
            return one.name or one.sensor or one.id
        if column == 1:
            return tr(title_of(one.quantity), self._lang)
        if column == 2:
            return number(self._value(row), self._lang, unit=shown(one.unit))
        if column == 3:
            return age_text(float(self._age[row]), self._lang)
        how = Standing(int(self._how[row]))
        if how == Standing.FLAGGED and self._sensing.frame is not None:
            return tr(QUALITY_NAMES[Quality(int(self._sensing.frame.quality[row]))], self._lang)
        return tr(STANDING_NAMES[how], self._lang)

    def _value(self, row: int) -> float:
        frame = self._sensing.frame if self._sensing is not None else None
        return float(frame.value[row]) if frame is not None and row < len(frame.value) else float("nan")

    def _sort(self, row: int, column: int) -> Any:
        if column == 2:
            value = self._value(row)
            return value if np.isfinite(value) else -1e30
        if column == 3:
            return float(self._age[row]) if np.isfinite(self._age[row]) else 1e30
        return self._text(row, column)

    def _tip(self, row: int) -> str:
        from twin.sensors.flagging import rule_of

        assert self._sensing is not None
        one, lang = self._sensing.read.streams[row], self._lang
        said = [f"{one.name or one.sensor}, {tr(title_of(one.quantity), lang)}", one.owner, one.licence, one.accuracy]
        said.insert(1, self._text(row, 4))
        words = [tr(word, lang) for word in (one.classification, one.maturity)]
        said.append(", ".join(words))
        if one.period_s > 0:
            said.append(tr("expected every {age}", lang, age=age_text(one.period_s, lang)))
        said += list(rule_of(one).text(shown(one.unit), lang))
        return "\n".join(line for line in said if line)

    def _dot(self, how: int) -> QPixmap:
        if how not in self._dots:
            picture = QPixmap(20, 20)
            picture.setDevicePixelRatio(2.0)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = QColor(_COLOURS[Standing(how)])
            painter.setPen(colour)
            # Shape as well as colour: a ring is without a value, a disc with one.
            painter.setBrush(
                colour if how in (Standing.LIVE, Standing.LATE, Standing.FLAGGED) else Qt.BrushStyle.NoBrush
            )
            painter.drawEllipse(1, 1, 8, 8)
            painter.end()
            self._dots[how] = picture
        return self._dots[how]
