"""The answer to a question: the sentence, what it rests on one click away, its figures, its chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from twin.text import tr
from twin.ui.questions import figures
from twin.ui.widgets import STEP, button, label, row

if TYPE_CHECKING:
    from twin.questions.question import Reply
    from twin.ui.chart import ChartView
    from twin.ui.questions.asking import Asking


class ReplyCard(QFrame):
    """What the models say, in words first."""

    row_chosen = Signal(object)
    layers_wanted = Signal()

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reply_card")
        self.setProperty("role", "card")
        self._lang = lang
        self._reply: Reply | None = None
        self._names = ("", "")
        self._chart: ChartView | None = None
        self._stale = label("", "problem")
        self.sentence = label("", "answer", selectable=True)
        self._quality = label("", "small")
        self._show = button(tr("Show on the map", lang), tr("Paint the map with the figure and fly to it", lang))
        self._show.clicked.connect(lambda _checked=False: self._choose())
        self._copy = button(tr("Copy", lang), tr("Copy the sentence with what it rests on", lang))
        self._copy.clicked.connect(lambda _checked=False: self.copy())
        self._table = label("", selectable=True)
        self._table.setTextFormat(Qt.TextFormat.RichText)
        links = Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        self._table.setTextInteractionFlags(self._table.textInteractionFlags() | links)
        self._table.setToolTip(tr("A figure leads to the map", lang))
        self._table.linkActivated.connect(self._lead)
        self._notes = label("", selectable=True)
        self._figures = self._folded(tr("Figures", lang), self._table)
        self._rests = self._folded(tr("Assumptions and uncertainty", lang), self._notes)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 3 * STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(self._stale)
        column.addWidget(self.sentence)
        column.addWidget(self._quality)
        column.addLayout(row(self._show, self._copy, None))
        self._place = QVBoxLayout()
        column.addLayout(self._place)
        for head, body in ((self._figures, self._table), (self._rests, self._notes)):
            column.addWidget(head)
            column.addWidget(body)
        self.hide()

    def show_reply(self, asking: Asking, lang: str) -> None:
        """Show the reply to what is asked; nothing while there is none."""
        reply = asking.reply
        self.setVisible(reply is not None)
        if reply is None:
            self._reply = None
            return
        text = ""
        if asking.stale:
            text = tr("The scenario is another now than this answer speaks of.", lang)
        elif asking.altered:
            text = tr("The steps were changed after this answer.", lang)
        self._stale.setText(text)
        self._stale.setVisible(bool(text))
        preview = asking.quality == "preview"
        self._quality.setText(tr("Preview; it is being refined.", lang))
        self._quality.setVisible(preview)
        if reply is self._reply:
            return
        self._reply, self._names = reply, asking.names
        self.sentence.setText(reply.sentence)
        self.sentence.setAccessibleName(reply.sentence)
        self._show.setVisible(bool(reply.layers) or any(one.shown_by for one in reply.rows))
        said = dict.fromkeys((*reply.notes, *asking.assumptions))
        self._notes.setText("\n".join(f"• {one}" for one in said))
        self._rests.setVisible(bool(said))
        self._figures.setVisible(bool(reply.rows))
        self._table.setText(figures.as_table(reply.rows, self._names, lang))
        for head, body in ((self._figures, self._table), (self._rests, self._notes)):
            body.setVisible(head.isChecked() and not head.isHidden())
        self._show_chart()

    def copy(self) -> None:
        """Put the sentence, its figures and what it rests on on the clipboard."""
        reply = self._reply
        if reply is None:
            return
        lines = [reply.sentence]
        told = figures.as_text(reply.rows, self._names, self._lang)
        for head, body in ((self._figures, told), (self._rests, self._notes.text())):
            lines += ["", head.text(), body] if body else []
        QApplication.clipboard().setText("\n".join(lines))

    # -- inside

    def _folded(self, text: str, body: QWidget) -> QToolButton:
        head = QToolButton()
        head.setText(text)
        head.setAccessibleName(text)
        head.setCheckable(True)
        head.setAutoRaise(True)
        head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        head.setArrowType(Qt.ArrowType.RightArrow)
        head.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        body.hide()

        def turn(on: bool) -> None:
            head.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
            body.setVisible(on)

        head.toggled.connect(turn)
        return head

    def _choose(self) -> None:
        if self._reply is not None and self._reply.layers:
            self.layers_wanted.emit()
            return
        found = [one for one in self._reply.rows if one.shown_by] if self._reply is not None else []
        if found:
            self.row_chosen.emit(found[0])

    def _lead(self, place: str) -> None:
        """Show the places a figure speaks of."""
        if self._reply is not None and place.isdigit() and int(place) < len(self._reply.rows):
            self.row_chosen.emit(self._reply.rows[int(place)])

    def _show_chart(self) -> None:
        chart = self._reply.chart if self._reply is not None else None
        if chart is None:
            if self._chart is not None:
                self._chart.hide()
            return
        if self._chart is None:
            from twin.ui.chart import ChartView

            self._chart = ChartView(self._lang)
            self._chart.setMinimumHeight(280)
            self._place.addWidget(self._chart)
        self._chart.show()
        self._chart.show_chart(chart)
