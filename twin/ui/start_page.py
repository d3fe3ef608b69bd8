"""The first page: the demo, what was open lately, and the ways to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from twin.content import folder
from twin.text import tr
from twin.ui import icons, theme

if TYPE_CHECKING:
    from pathlib import Path

    from twin.ui.settings import Settings

_SPOKEN = {"sv": "Svenska", "en": "English"}
_DEMO_SIZE = QSize(420, 236)
_THUMB_SIZE = QSize(112, 63)


def rounded(source: QPixmap, size: QSize, ratio: float, radius: float = 6.0) -> QPixmap:
    """Return a picture cut to a size with round corners; a quiet ground where there is none."""
    picture = QPixmap(size * ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    box = QRectF(picture.rect())
    path = QPainterPath()
    path.addRoundedRect(box, radius * ratio, radius * ratio)
    painter.setClipPath(path)
    painter.fillRect(box, theme.current().pressed)
    if source.isNull():
        side = min(box.width(), box.height()) * 0.4
        sign = icons.pixmap("tilt", theme.current().muted, round(side))
        painter.drawPixmap(round(box.center().x() - side / 2), round(box.center().y() - side / 2), sign)
    else:
        scale = max(box.width() / source.width(), box.height() / source.height())
        wide, high = box.width() / scale, box.height() / scale
        part = QRectF((source.width() - wide) / 2, (source.height() - high) / 2, wide, high)
        painter.drawPixmap(box, source, part)
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def _label(text: str, role: str, wrap: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(wrap)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label


class Card(QPushButton):
    """A large button with a picture and two lines of text."""

    def __init__(self, picture: QPixmap, title: str, line: str, *, upright: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{title}. {line}" if line else title)
        image = QLabel()
        image.setPixmap(picture)
        image.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(_label(title, "heading", wrap=upright))
        words.addWidget(_label(line, "muted", wrap=upright))
        layout: QVBoxLayout | QHBoxLayout = QVBoxLayout(self) if upright else QHBoxLayout(self)
        margin = 12 if upright else 8
        layout.setContentsMargins(margin, margin, margin, margin)
        layout.setSpacing(12)
        layout.addWidget(image)
        layout.addLayout(words, 1)
        if not upright:
            words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return what picture and text need; a button's own hint knows only its own text."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the same as the hint in height, a little less in width."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), 240), hint.height())


class StartPage(QWidget):
    """What stands in the window while no project is open."""

    open_demo = Signal()
    open_recent = Signal(object)
    open_dialog = Signal()
    new_dialog = Signal()
    language_chosen = Signal(str)

    def __init__(self, settings: Settings, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._settings = settings
        self._lang = lang
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer.addWidget(self._scroll)
        self.refresh(lang)

    def refresh(self, lang: str) -> None:
        """Build the page anew: another language or theme, or other recent projects."""
        self._lang = lang
        page = QWidget()
        page.setObjectName("startPage")
        page.setMaximumWidth(1040)
        column = QVBoxLayout(page)
        column.setContentsMargins(32, 32, 32, 32)
        column.setSpacing(24)
        column.addLayout(self._head())
        body = QHBoxLayout()
        body.setSpacing(40)
        body.addLayout(self._begin(), 0)
        body.addLayout(self._recent(), 1)
        column.addLayout(body)
        column.addStretch(1)
        holder = QWidget()
        holder.setObjectName("startPage")
        around = QHBoxLayout(holder)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(page, 100)
        around.addStretch(1)
        self._scroll.setWidget(holder)

    def _head(self) -> QHBoxLayout:
        lang = self._lang
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(_label(tr("Stockholm twin", lang), "display"))
        line = tr("See the city, its sensors and what a plan would change – on your own computer.", lang)
        words.addWidget(_label(line, "muted", wrap=True))
        head.addLayout(words, 1)
        choice = QFrame()
        choice.setProperty("role", "chip")
        inside = QHBoxLayout(choice)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.setSpacing(2)
        for code, name in _SPOKEN.items():
            button = QToolButton()
            button.setText(name)
            button.setAccessibleName(name)
            button.setObjectName(f"language.{code}")
            button.setCheckable(True)
            button.setChecked(code == lang)
            button.clicked.connect(lambda _checked=False, code=code: self.language_chosen.emit(code))
            inside.addWidget(button)
        head.addWidget(choice, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _begin(self) -> QVBoxLayout:
        lang = self._lang
        column = QVBoxLayout()
        column.setSpacing(12)
        ratio = self.devicePixelRatioF()
        shipped = folder("data") / "start" / f"demo-{'light' if theme.current().map == 'light' else 'dark'}.jpg"
        picture = rounded(QPixmap(str(shipped)) if shipped.is_file() else QPixmap(), _DEMO_SIZE, ratio)
        demo = Card(
            picture,
            tr("Open the demo district", lang),
            tr("Södermalm and Hornsgatan, drawn for this program. Synthetic, not for decisions.", lang),
            upright=True,
        )
        demo.setObjectName("start.demo")
        demo.clicked.connect(self.open_demo)
        column.addWidget(demo)
        buttons = QGridLayout()
        buttons.setSpacing(12)
        for place, (name, text, tip, signal) in enumerate((
            ("start.open", tr("Open a project…", lang), tr("Choose a project folder (.twin)", lang), self.open_dialog),
            ("start.new", tr("New from file…", lang),
             tr("CityJSON, OpenStreetMap or terrain; you can also drop files here", lang), self.new_dialog),
        )):  # fmt: skip
            button = QPushButton(text)
            button.setObjectName(name)
            button.setAccessibleName(text.rstrip("…"))
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.setMinimumHeight(36)
            button.clicked.connect(signal)
            buttons.addWidget(button, 0, place)
        column.addLayout(buttons)
        column.addWidget(_label(tr("Or drop a city file anywhere in this window.", lang), "small"))
        column.addStretch(1)
        return column

    def _recent(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(_label(tr("Recent projects", self._lang), "section"))
        paths = self._settings.recent()
        if not paths:
            text = tr(
                "Projects you open will be listed here. Begin with the demo, or with a file of your own.", self._lang
            )
            column.addWidget(_label(text, "muted", wrap=True))
        for path in paths:
            column.addLayout(self._recent_row(path))
        column.addStretch(1)
        return column

    def _recent_row(self, path: Path) -> QHBoxLayout:
        lang = self._lang
        missing = not (path / "project.json").is_file()
        line = tr("Missing: {folder}", lang, folder=path.parent) if missing else str(path.parent)
        shown = self.fontMetrics().elidedText(line, Qt.TextElideMode.ElideMiddle, 300)
        picture = rounded(QPixmap(str(self._settings.thumbnail(path))), _THUMB_SIZE, self.devicePixelRatioF(), 4.0)
        card = Card(picture, path.stem, shown)
        card.setToolTip(str(path))
        card.setEnabled(not missing)
        card.clicked.connect(lambda _checked=False: self.open_recent.emit(path))
        forget = QToolButton()
        forget.setIcon(icons.icon("close"))
        forget.setIconSize(QSize(14, 14))
        forget.setAccessibleName(tr("Take {name} off the list", lang, name=path.stem))
        forget.setToolTip(forget.accessibleName())
        forget.clicked.connect(lambda _checked=False: self._forget(path))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(card, 1)
        row.addWidget(forget)
        return row

    def _forget(self, path: Path) -> None:
        self._settings.forget(path)
        self.refresh(self._lang)
