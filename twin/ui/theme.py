"""Colours, spaces and type sizes of the interface, and the style sheet made from them.

One accent colour; everything else is a quiet grey, warm on light ground. Only data is saturated.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from twin.ui import fonts, qss

if TYPE_CHECKING:
    from twin.ui.settings import ThemeChoice

Name = Literal["light", "dark", "contrast"]


@dataclass(frozen=True)
class Tokens:
    """Colours of one theme, by what they are for (``"#rrggbb"``)."""

    name: Name
    window: str
    """Behind everything."""
    panel: str
    """Docks, menus, dialogs."""
    field: str
    """Where something is typed or listed."""
    hover: str
    pressed: str
    line: str
    """Quiet separators."""
    edge: str
    """Outline of fields and buttons, at least 3:1 to the panel."""
    text: str
    muted: str
    disabled: str
    icon: str
    accent: str
    on_accent: str
    accent_hover: str
    chosen: str
    """Ground of a chosen row."""
    danger: str
    danger_ground: str
    warn: str
    warn_ground: str
    map: Literal["light", "dark", "contrast"] = "light"
    """Colours of the map beneath the data."""


LIGHT = Tokens(
    name="light", window="#efedea", panel="#faf9f7", field="#ffffff", hover="#eeebe6", pressed="#e2ded7",
    line="#dedad3", edge="#8b8780", text="#22252a", muted="#5a5e64", disabled="#9a9892", icon="#3c4147",
    accent="#0f6073", on_accent="#ffffff", accent_hover="#0b4c5b", chosen="#d8e8eb",
    danger="#a32626", danger_ground="#fbe9e7", warn="#7a5200", warn_ground="#fcf1d8",
)  # fmt: skip

DARK = Tokens(
    name="dark", window="#17191c", panel="#202327", field="#191b1f", hover="#2c3036", pressed="#363b42",
    line="#34383e", edge="#7c828a", text="#e8e6e2", muted="#a9adb3", disabled="#6b7077", icon="#c9ccd1",
    accent="#6cc0d2", on_accent="#0c2127", accent_hover="#8bd0df", chosen="#21434c",
    danger="#ff9d94", danger_ground="#40211f", warn="#f0c46a", warn_ground="#3a2f17", map="dark",
)  # fmt: skip

CONTRAST = Tokens(
    name="contrast", window="#000000", panel="#000000", field="#000000", hover="#262626", pressed="#3d3d3d",
    line="#8c8c8c", edge="#ffffff", text="#ffffff", muted="#e6e6e6", disabled="#9e9e9e", icon="#ffffff",
    accent="#ffd83d", on_accent="#000000", accent_hover="#ffe98a", chosen="#00405c",
    danger="#ffb3ab", danger_ground="#4a0000", warn="#ffd83d", warn_ground="#2e2600", map="contrast",
)  # fmt: skip
"""Text at 7:1 or more (WCAG 1.4.6), all parts at 3:1 or more, on black."""

THEMES: dict[Name, Tokens] = {"light": LIGHT, "dark": DARK, "contrast": CONTRAST}

TEXT_PAIRS = (
    ("text", "window"), ("text", "panel"), ("text", "field"), ("text", "hover"), ("text", "pressed"),
    ("text", "chosen"), ("muted", "window"), ("muted", "panel"), ("muted", "field"), ("muted", "hover"),
    ("accent", "panel"), ("accent", "field"), ("on_accent", "accent"), ("on_accent", "accent_hover"),
    ("danger", "danger_ground"), ("danger", "panel"), ("text", "danger_ground"), ("warn", "warn_ground"),
    ("text", "warn_ground"), ("muted", "chosen"),
)  # fmt: skip
"""Colours that stand as text on a ground: at least 4.5:1 (WCAG 1.4.3)."""

PART_PAIRS = (("icon", "panel"), ("icon", "hover"), ("edge", "panel"), ("edge", "field"), ("accent", "window"))
"""Parts one must see to use the program: at least 3:1 (WCAG 1.4.11)."""

GRID = 4
"""All spaces are multiples of this [px]."""


def contrast(a: str, b: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2), 1–21.

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b_ = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b_

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def resolve(choice: ThemeChoice) -> Name:
    """Return the theme a choice means on this desktop now."""
    if choice != "system":
        return choice
    app = QApplication.instance()
    dark = isinstance(app, QApplication) and app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def tokens(name: str) -> Tokens:
    """Return the colours of a theme."""
    return THEMES.get(cast("Name", name), LIGHT)


def current() -> Tokens:
    """Return the colours in use."""
    app = QApplication.instance()
    return tokens(str(app.property("twinTheme")) if app is not None else "light")


def apply(app: QApplication, name: Name, text: float | None = None) -> None:
    """Dress the whole program in a theme.

    ``text`` is the size of text in shares of the desktop's; None leaves it as it is.
    """
    dress = tokens(name)
    app.setProperty("twinTheme", name)
    if app.property("twinFont") is None:
        fonts.load()
        app.setProperty("twinFont", fonts.base(app.font()))
        app.setStyle(QStyleFactory.create("Fusion"))
    if text is not None:
        app.setProperty("twinText", text)
    font = app.property("twinFont")
    if isinstance(font, QFont):
        larger = QFont(font)
        larger.setPointSizeF(font.pointSizeF() * float(app.property("twinText") or 1.0))
        app.setFont(larger)
    app.setPalette(_palette(dress))
    app.setStyleSheet(qss.sheet(dataclasses.asdict(dress), app.font().pointSizeF()))


def _palette(dress: Tokens) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: dress.panel, role.WindowText: dress.text, role.Base: dress.field, role.Text: dress.text,
        role.AlternateBase: dress.hover, role.ToolTipBase: dress.panel, role.ToolTipText: dress.text,
        role.PlaceholderText: dress.muted, role.Button: dress.panel, role.ButtonText: dress.text,
        role.BrightText: dress.danger, role.Highlight: dress.chosen, role.HighlightedText: dress.text,
        role.Link: dress.accent, role.LinkVisited: dress.accent, role.Accent: dress.accent,
        role.Light: dress.hover, role.Midlight: dress.hover, role.Mid: dress.line, role.Dark: dress.edge,
        role.Shadow: dress.line,
    }  # fmt: skip
    palette = QPalette()
    for part, colour in colours.items():
        palette.setColor(part, QColor(colour))
    for part in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, part, QColor(dress.disabled))
    return palette
