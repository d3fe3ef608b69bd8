"""«What if…?»: the list of guided questions, and the one that is asked with its steps and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from twin.questions.question import TOPICS
from twin.questions.registry import questions
from twin.text import error_text, tr
from twin.ui import icons
from twin.ui.questions.reply import ReplyCard
from twin.ui.questions.steps import StepRow
from twin.ui.widgets import STEP, Progress, button, label, row, see_through

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from twin.questions.question import Question
    from twin.ui.questions.asking import Asking


class QuestionCard(QPushButton):
    """A question in the list: what it is and what it is good for; greyed with the reason where it cannot be asked."""

    def __init__(self, question: Question, lack: str, lang: str) -> None:
        super().__init__()
        self.setObjectName(f"question.{question.id}")
        self.setProperty("role", "card")
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setEnabled(not lack)
        self.question = question
        title, line = tr(question.title, lang), tr(lack or question.purpose, lang)
        self.setAccessibleName(f"{title} {line}")
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        column.setSpacing(STEP)
        for text, role in ((title, "heading-small"), (line, "muted")):
            words = label(text, role)
            words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(words)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return what the words need at the width there is; a button's own hint knows only its own text."""
        layout = self.layout()
        width = max(self.width(), 200)
        return QSize(200, layout.heightForWidth(width) if layout is not None else 60)

    def minimumSizeHint(self) -> QSize:
        """Return the same."""
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Become as high as the words need."""
        super().resizeEvent(event)
        self.updateGeometry()


class QuestionPanel(QWidget):
    """The list, or one question from its first step to its answer."""

    row_chosen = Signal(object)
    """The Row to show on the map."""
    answered = Signal(object)
    """A question has its first answer, which brings no map of its own: the Row of its first figure."""
    selected = Signal(str, object)
    """(table, ids): select this and go there."""
    layers_wanted = Signal()
    """What the answer draws is wanted on the map again."""

    def __init__(self, asking: Asking, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("question_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._asking = asking
        self._lang = lang
        self._question: Question | None = None
        self._rows: list[StepRow] = []
        self.cards: list[QuestionCard] = []
        self.pages = QStackedWidget()
        self.pages.addWidget(self._list())
        self.pages.addWidget(self._one())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)
        asking.changed.connect(self._sync)
        self._sync()

    # -- building

    def _scrolled(self, page: QWidget) -> QScrollArea:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        see_through(area)
        return area

    def _list(self) -> QWidget:
        lang, city = self._lang, self._asking.city
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(3 * STEP, 3 * STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(label(tr("Ask the city a question and get the answer in one sentence.", lang), "muted"))
        for topic, heading in TOPICS.items():
            own = [one for one in questions() if one.topic == topic]
            if not own:
                continue
            head = label(tr(heading, lang), "section")
            head.setContentsMargins(0, 2 * STEP, 0, 0)
            column.addWidget(head)
            for one in own:
                card = QuestionCard(one, one.lacks(city) if city is not None else "", lang)
                card.clicked.connect(lambda _checked=False, one=one: self._asking.begin(one))
                column.addWidget(card)
                self.cards.append(card)
        column.addStretch(1)
        return self._scrolled(page)

    def _one(self) -> QWidget:
        lang = self._lang
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(3 * STEP, STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(3 * STEP)
        back = button(tr("All questions", lang), tr("Back to the list; what was built stays", lang))
        back.setProperty("role", "link")
        back.setIcon(icons.icon("chevron-left"))
        back.clicked.connect(lambda _checked=False: self._asking.leave())
        self._back = back
        head = row(back, None)
        head.setContentsMargins(-2 * STEP, 0, 0, 0)
        column.addLayout(head)
        self._title, self._purpose = label("", "heading"), label("", "muted")
        words = QVBoxLayout()
        words.setSpacing(STEP)
        words.addWidget(self._title)
        words.addWidget(self._purpose)
        column.addLayout(words)
        self._steps = QVBoxLayout()
        self._steps.setSpacing(3 * STEP)
        column.addLayout(self._steps)
        self._problem = label("", "problem")
        column.addWidget(self._problem)
        self.answer_button = button(tr("Answer", lang), primary=True)
        self.answer_button.clicked.connect(lambda _checked=False: self._asking.ask())
        self._missing = label("", "muted")
        self._bar = Progress(tr("Progress of the models", lang))
        self._stop = button(tr("Stop", lang), tr("Stop working it out", lang))
        self._stop.clicked.connect(lambda _checked=False: self._asking.stop())
        foot = QHBoxLayout()
        foot.setSpacing(2 * STEP)
        foot.addWidget(self.answer_button)
        foot.addWidget(self._stop)
        foot.addWidget(self._missing, 1)
        column.addLayout(foot)
        column.addWidget(self._bar)
        self.reply = ReplyCard(lang)
        self.reply.row_chosen.connect(self.row_chosen)
        self.reply.layers_wanted.connect(self.layers_wanted)
        column.addWidget(self.reply)
        column.addStretch(1)
        self._area = self._scrolled(page)
        return self._area

    # -- from the question that is asked

    def _sync(self) -> None:
        asking, lang = self._asking, self._lang
        question = asking.question
        if question is not self._question:
            self._question = question
            self._build_steps()
        self.pages.setCurrentIndex(0 if question is None else 1)
        if question is None:
            return
        wanted = question.asked_for(asking.values)
        for one in self._rows:
            one.setVisible(one.step in wanted)
            one.number(wanted.index(one.step) + 1 if one.step in wanted and len(wanted) > 1 else 0)
            one.show_value(asking.values.get(one.step.id))
            one.setEnabled(asking.phase != "working")
        self._show_foot()
        self.reply.show_reply(asking, lang)
        if asking.reply is None:
            self._told = False
        elif not self._told:
            self._told = True
            # its height is known once the layout has seen it
            QTimer.singleShot(0, self, self._to_reply)
            figure = next((one for one in asking.reply.rows if one.shown_by), None)
            if figure is not None and not asking.reply.layers:
                self.answered.emit(figure)

    def _to_reply(self) -> None:
        """Bring the sentence to the top; a refined answer leaves the reader where he is."""
        self._area.verticalScrollBar().setValue(max(self.reply.y() - 2 * STEP, 0))

    _told = False

    def _show_foot(self) -> None:
        asking, lang, question = self._asking, self._lang, self._question
        if question is None:
            return
        missing = question.missing(asking.values)
        working = asking.phase == "working"
        again = asking.phase == "answered"
        self.answer_button.setText(tr("Ask again", lang) if again else tr("Answer", lang))
        self.answer_button.setAccessibleName(self.answer_button.text())
        self.answer_button.setVisible(not working and (not again or asking.stale or asking.altered))
        self.answer_button.setEnabled(missing is None)
        self._stop.setVisible(working)
        self._bar.setVisible(working)
        self._bar.show_fraction(asking.fraction)
        said = tr("The models work it out …", lang) if working else ""
        if missing is not None and not working:
            said = tr("Still to do: {step}", lang, step=tr(missing.title, lang))
        self._missing.setText(said)
        problem = asking.problem
        text = tr(problem, lang) if isinstance(problem, str) else error_text(problem, lang) if problem else ""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def _build_steps(self) -> None:
        question, city = self._question, self._asking.city
        for old in self._rows:
            self._steps.removeWidget(old)
            old.setParent(None)
            old.deleteLater()
        self._rows = []
        if question is None or city is None:
            return
        self._title.setText(tr(question.title, self._lang))
        self._purpose.setText(tr(question.purpose, self._lang))
        for step in question.steps:
            one = StepRow(step, city, self._lang, self._asking.loaded)
            one.given.connect(self._asking.give)
            one.draw_wanted.connect(self._asking.draw)
            one.look_at.connect(self.selected)
            self._steps.addWidget(one)
            self._rows.append(one)
        self._back.setFocus(Qt.FocusReason.OtherFocusReason)
