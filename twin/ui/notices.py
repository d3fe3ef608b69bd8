"""What goes wrong is said in a quiet bar above the view, never in a dialog, and never ends the program."""

from __future__ import annotations

import platform
import traceback
from importlib.metadata import version
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from twin.errors import TwinError
from twin.text import N_, error_text, tr
from twin.ui import icons, theme

if TYPE_CHECKING:
    from twin.crashlog import Crash


def details(error: BaseException) -> str:
    """Return what a developer needs to know: versions, the error and where it happened."""
    lines = traceback.format_exception(error)
    said = error.fields.get("details") if isinstance(error, TwinError) else None
    return "\n".join([_program(), *lines, *([str(said)] if said else [])])


def _program() -> str:
    return f"Stockholm twin {version('stockholm-twin')}, Python {platform.python_version()}, {platform.platform()}"


class Bar(QFrame):
    """A line of text above the view: an error, or news with one thing to do."""

    def __init__(self, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lang = lang
        self._details = ""
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._copy = QPushButton()
        self._copy.setProperty("role", "link")
        self._copy.clicked.connect(self._copy_details)
        self._close = QToolButton()
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._copy)
        layout.addWidget(self._close)
        self.set_language(lang)
        self.hide()

    def set_language(self, lang: str) -> None:
        """Say the buttons in another language; a text that stands there stays."""
        self._lang = lang
        self._copy.setText(tr("Copy details", lang))
        self._copy.setAccessibleName(self._copy.text())
        self._close.setAccessibleName(tr("Close this message", lang))
        self._close.setToolTip(self._close.accessibleName())

    def show_error(self, error: BaseException) -> None:
        """Say an error; what the program did not foresee is said to be our mistake."""
        if not isinstance(error, TwinError):
            self.show_unforeseen(details(error))
            return
        text = error_text(error, self._lang)
        self._details = details(error)
        self._show(text, "error", "warning", theme.current().danger)

    def show_unforeseen(self, trace: str) -> None:
        """Say that something went wrong that nobody caught; the traceback can be copied."""
        last = trace.strip().splitlines()[-1] if trace.strip() else ""
        text = N_("Something unforeseen went wrong; your work is still here. ({reason})")
        self._details = f"{_program()}\n{trace}"
        self._show(tr(text, self._lang, reason=last), "error", "warning", theme.current().danger)

    def show_crash(self, crash: Crash) -> None:
        """Say that the program ended unexpectedly last time; its log can be copied."""
        text = N_("The program ended unexpectedly last time. Open the project again: unsaved work is offered to you.")
        self._details = f"{crash.log}\n{crash.text}"
        self._show(tr(text, self._lang), "news", "info", theme.current().accent)

    @property
    def text(self) -> str:
        """What stands in the bar."""
        return self._text.text()

    def _show(self, text: str, role: str, sign: str, colour: str) -> None:
        self.setProperty("role", role)
        self.style().unpolish(self)
        self.style().polish(self)
        self._sign.setPixmap(icons.pixmap(sign, colour, 20, self.devicePixelRatioF()))
        self._close.setIcon(icons.icon("close"))
        self._text.setText(text)
        self.setAccessibleName(text)
        self._copy.setVisible(bool(self._details))
        self.show()

    def _copy_details(self) -> None:
        QApplication.clipboard().setText(self._details)
