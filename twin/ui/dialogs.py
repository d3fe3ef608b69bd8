"""Small dialogs that only tell: the keys, and what the program is."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, metadata, version
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from twin.questions.glossary import TERMS
from twin.text import N_, tr
from twin.ui import actions, icons

if TYPE_CHECKING:
    from twin.ui.actions import Actions
    from twin.ui.keymap import KeyMap

BUILT_ON = (
    ("PySide6_Essentials", "LGPL-3.0"), ("vtk", "BSD-3-Clause"), ("pyvista", "MIT"), ("pyvistaqt", "MIT"),
    ("geopandas", "BSD-3-Clause"), ("shapely", "BSD-3-Clause"), ("pyproj", "MIT"), ("rasterio", "BSD-3-Clause"),
    ("pyogrio", "MIT"), ("osmium", "BSD-2-Clause"), ("numpy", "BSD-3-Clause"), ("scipy", "BSD-3-Clause"),
    ("pandas", "BSD-3-Clause"), ("pyarrow", "Apache-2.0"), ("msgspec", "BSD-3-Clause"),
    ("mapbox_earcut", "ISC"), ("pyqtgraph", "MIT"), ("rapidfuzz", "MIT"), ("babel", "BSD-3-Clause"),
    ("platformdirs", "MIT"),
    ("font-roboto", N_("Apache-2.0 (Roboto)")),
)  # fmt: skip
"""What the program is built on, by the name of its distribution, and the licence it comes with."""


def versions() -> str:
    """Return versions of the program and all it is built on, one per line."""
    lines = [f"Stockholm twin {_version('stockholm-twin')}", f"Python {platform.python_version()}",
             platform.platform(), f"Qt {qVersion()}"]  # fmt: skip
    return "\n".join(lines + [f"{name} {_version(name)}" for name, _ in BUILT_ON])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "–"


def _frame(parent: QWidget, title: str, lang: str) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(24, 20, 24, 16)
    column.setSpacing(12)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    close = buttons.button(QDialogButtonBox.StandardButton.Close)
    close.setText(tr("Close", lang))
    close.setAccessibleName(close.text())
    close.setDefault(True)
    buttons.rejected.connect(dialog.reject)
    column.addWidget(buttons)
    return dialog, column


def keys_dialog(parent: QWidget, lang: str, keys: KeyMap) -> QDialog:
    """Return the list of what mouse and keys do."""
    dialog, column = _frame(parent, tr("Keys and mouse", lang), lang)
    inside = QWidget()
    columns = QHBoxLayout(inside)
    columns.setContentsMargins(0, 0, 12, 0)
    columns.setSpacing(32)
    in_view = [(tr(what, lang), tr(does, lang)) for what, does in actions.VIEW_KEYS]
    columns.addLayout(_block(tr("In the view", lang), in_view), 1)
    second = QVBoxLayout()
    second.setSpacing(16)
    for title, commands in actions.MENUS:
        rows = [
            (", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
                       for key in keys.keys(command.id)),
             tr(command.text, lang).replace("&", "").rstrip("…"))
            for command in commands if keys.keys(command.id)
        ]  # fmt: skip
        if rows:
            second.addLayout(_block(tr(title, lang).replace("&", ""), rows))
    second.addStretch(1)
    columns.addLayout(second, 1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(inside)
    area.setAccessibleName(dialog.windowTitle())
    column.insertWidget(0, area, 1)
    dialog.resize(860, 640)
    return dialog


def _block(title: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    grid.addWidget(heading, 0, 0, 1, 2)
    for place, (keys, does) in enumerate(rows, 1):
        key = QLabel(keys)
        key.setProperty("role", "muted")
        key.setWordWrap(True)
        key.setAlignment(Qt.AlignmentFlag.AlignTop)
        what = QLabel(does)
        what.setWordWrap(True)
        what.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(key, place, 0)
        grid.addWidget(what, place, 1)
    grid.setColumnStretch(0, 2)
    grid.setColumnStretch(1, 3)
    grid.setRowStretch(len(rows) + 1, 1)
    return grid


def glossary_dialog(parent: QWidget, lang: str) -> QDialog:
    """Return the terms of segregation and exposure, each with its name in the other language and what it means."""
    dialog, column = _frame(parent, tr("Glossary", lang), lang)
    other = "en" if lang == "sv" else "sv"
    rows = [(f"{tr(term, lang)}\n({tr(term, other)})", tr(meaning, lang)) for term, meaning in TERMS]
    inside = QWidget()
    inside.setLayout(_block(tr("Segregation and exposure", lang), rows))
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(inside)
    area.setAccessibleName(dialog.windowTitle())
    column.insertWidget(0, area, 1)
    dialog.resize(720, 640)
    return dialog


def about_dialog(parent: QWidget, commands: Actions, lang: str) -> QDialog:
    """Return version, licence and what the program is built on."""
    dialog, column = _frame(parent, tr("About Stockholm twin", lang), lang)
    head = QHBoxLayout()
    head.setSpacing(16)
    sign = QLabel()
    sign.setPixmap(icons.app_icon().pixmap(64, 64))
    head.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    name = QLabel(tr("Stockholm twin {version}", lang, version=_version("stockholm-twin")))
    name.setProperty("role", "heading")
    words.addWidget(name)
    about = QLabel(tr(
        "Sensor layers on a 3D city model, and what-if questions about traffic, noise and segregation. It works "
        "without a network, sends nothing anywhere, and is free to use, change and share (MIT licence).", lang,
    ))  # fmt: skip
    about.setWordWrap(True)
    words.addWidget(about)
    head.addLayout(words, 1)
    column.insertLayout(0, head)
    table = QTableWidget(len(BUILT_ON), 3)
    table.setHorizontalHeaderLabels([tr("Built on", lang), tr("Version", lang), tr("Licence", lang)])
    table.setAccessibleName(tr("What the program is built on", lang))
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    for place, (package, licence) in enumerate(BUILT_ON):
        for part, text in enumerate((_name(package), _version(package), tr(licence, lang))):
            table.setItem(place, part, QTableWidgetItem(text))
    table.horizontalHeader().setStretchLastSection(True)
    table.resizeColumnsToContents()
    column.insertWidget(1, table, 1)
    copy = dialog.findChild(QDialogButtonBox)
    if copy is not None:
        button = copy.addButton(tr("Copy technical details", lang), QDialogButtonBox.ButtonRole.ActionRole)
        button.setAccessibleName(button.text())
        button.setAutoDefault(False)
        button.clicked.connect(commands["report"].trigger)
    dialog.resize(560, 520)
    return dialog


def _name(package: str) -> str:
    try:
        return str(metadata(package)["Name"])
    except PackageNotFoundError:
        return package
