"""Line icons, drawn once as SVG in one colour and painted in the colours of the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from twin.content import folder
from twin.ui import theme

_SIZES = (16, 20, 24, 32, 48)


@cache
def _source(name: str) -> str:
    return (folder("data") / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Paint an icon.

    Parameters
    ----------
    name : str
        Name of a file in ``data/icons``.
    colour : str
        ``"#rrggbb"`` for the lines.
    size : int
        Side in device-independent pixels.
    ratio : float
        Device pixels per such pixel.
    """
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, picture.width(), picture.height()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@cache
def _icon(name: str, normal: str, disabled: str, on: str) -> QIcon:
    icon = QIcon()
    modes = (
        (QIcon.Mode.Normal, QIcon.State.Off, normal), (QIcon.Mode.Active, QIcon.State.Off, normal),
        (QIcon.Mode.Normal, QIcon.State.On, on), (QIcon.Mode.Active, QIcon.State.On, on),
        (QIcon.Mode.Selected, QIcon.State.Off, normal), (QIcon.Mode.Disabled, QIcon.State.Off, disabled),
        (QIcon.Mode.Disabled, QIcon.State.On, disabled),
    )  # fmt: skip
    for mode, state, colour in modes:
        for size in _SIZES:
            for ratio in (1.0, 2.0):
                icon.addPixmap(pixmap(name, colour, size, ratio), mode, state)
    return icon


def icon(name: str) -> QIcon:
    """Return an icon in the colours of the theme now in use."""
    tokens = theme.current()
    return _icon(name, tokens.icon, tokens.disabled, tokens.accent)


def app_icon() -> QIcon:
    """Return the program's own icon."""
    result = QIcon()
    for size in (16, 32, 48, 128, 256):
        result.addPixmap(pixmap("app", "#000000", size))
    return result
