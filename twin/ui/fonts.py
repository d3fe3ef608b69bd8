"""One type family, shipped with the program: Roboto with figures of equal width."""

from __future__ import annotations

from pathlib import Path

import font_roboto
from PySide6.QtGui import QFont, QFontDatabase

FAMILY = "Roboto"
_SMALLEST = 9.0


def load() -> None:
    """Make the shipped family known to Qt; a second call does nothing."""
    if FAMILY in _loaded:
        return
    for style in ("Roboto", "RobotoMedium", "RobotoBold", "RobotoItalic"):
        QFontDatabase.addApplicationFont(str(Path(font_roboto.font_files[style])))
    _loaded.add(FAMILY)


def base(platform: QFont) -> QFont:
    """Return the interface's font at the size the platform's own font has.

    Parameters
    ----------
    platform : QFont
        The desktop's font; its point size is followed (EN 301 549, 11.7), but never below 9 pt.
    """
    font = QFont(FAMILY)
    font.setPointSizeF(max(platform.pointSizeF(), _SMALLEST))
    font.setFeature(QFont.Tag("tnum"), 1)
    font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    return font


_loaded: set[str] = set()
