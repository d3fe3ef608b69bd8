"""Finds words that are cut on the screen: labels and buttons with less room than they need."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractButton, QLabel, QToolButton, QWidget

_OWN = ("Elided",)
"""Widgets that shorten their text themselves and keep the whole in their tooltip."""


def clipped(root: QWidget) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Return text, size and wanted size of each visible label and button that is cut."""
    cut = []
    for part in (root, *root.findChildren(QWidget)):
        if not part.isVisible() or part.visibleRegion().isEmpty():  # also those of a tab behind
            continue
        if isinstance(part, QLabel) and type(part).__name__ not in _OWN and part.text():
            need = part.heightForWidth(part.width()) if part.wordWrap() else part.sizeHint().height()
            if part.height() < need or (not part.wordWrap() and part.width() < part.sizeHint().width()):
                cut.append((part.text(), part.size().toTuple(), part.sizeHint().toTuple()))
        elif isinstance(part, QAbstractButton) and part.text() and part.width() < part.minimumSizeHint().width():
            if isinstance(part, QToolButton) and part.icon() and not part.icon().isNull() and part.width() <= 40:
                continue  # shows its icon only
            cut.append((part.text(), part.size().toTuple(), part.minimumSizeHint().toTuple()))
    return cut
