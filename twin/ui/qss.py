"""The style sheet of the interface, filled from the theme's colours.

Sizes are on the 4-px grid; type sizes are relative to the platform's font size. Widgets say what they are by
the dynamic property ``role`` (``heading``, ``muted``, ``card``, ``primary``, ``link`` …).
"""

from __future__ import annotations

import hashlib
from string import Template
from typing import TYPE_CHECKING

from twin.content import folder
from twin.ui.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHEET = Template("""
QMainWindow { background: $window; }
QDialog { background: $panel; }
QDialog QScrollArea > QWidget > QWidget { background: transparent; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QWidget { color: $text; }
QLabel { background: transparent; }
QLabel[role="display"] { font-size: ${pt_title}pt; font-weight: 500; }
QLabel[role="heading"] { font-size: ${pt_heading}pt; font-weight: 500; }
QLabel[role="heading-small"] { font-weight: 500; }
QLabel[role="answer"] { font-size: ${pt_answer}pt; }
QLabel[role="section"] { font-size: ${pt_small}pt; font-weight: 500; color: $muted; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="problem"] { color: $text; background: $warn_ground; border-radius: 4px; padding: 4px 8px; }
QLabel[role="small"] { color: $muted; font-size: ${pt_small}pt; }
QLabel[role="badge"] {
  font-size: ${pt_small}pt; color: $muted; background: $hover; border-radius: 4px; padding: 2px 8px; }
QLabel[role="badge"][tone="open"] { color: $accent; background: $chosen; }
QLabel[role="badge"][tone="internal"], QLabel[role="badge"][tone="synthetic"], QLabel[role="badge"][tone="warning"] {
  color: $warn; background: $warn_ground; }
QLabel[role="badge"][tone="restricted"] { color: $danger; background: $danger_ground; }

QMenuBar { background: $panel; border-bottom: 1px solid $line; padding: 0 4px; }
QMenuBar::item { padding: 6px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenuBar::item:pressed { background: $pressed; }
QMenu { background: $panel; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 8px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: $chosen; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::indicator { width: 16px; height: 16px; left: 4px; }
QMenu::indicator:checked { image: url($check); }
QToolTip { background: $panel; color: $text; border: 1px solid $edge; padding: 4px 8px; }

QToolBar { background: $panel; border: none; border-bottom: 1px solid $line; padding: 3px 8px; spacing: 4px; }
QToolBar::separator { background: $line; width: 1px; margin: 6px 8px; }
QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 3px; min-width: 22px; min-height: 22px; }
QToolButton[role="small"] { padding: 3px; min-width: 20px; min-height: 20px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $chosen; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:disabled { color: $disabled; }
QToolButton::menu-indicator { image: none; }

QPushButton {
  background: $field; border: 1px solid $edge; border-radius: 4px; padding: 4px 12px; min-height: 22px;
  min-width: 56px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border: 2px solid $accent; padding: 3px 11px; }
QPushButton:disabled { color: $disabled; border-color: $line; background: $panel; }
QPushButton:default, QPushButton[role="primary"] {
  background: $accent; color: $on_accent; border-color: $accent; font-weight: 500; }
QPushButton:default:hover, QPushButton[role="primary"]:hover { background: $accent_hover; }
QPushButton:default:focus, QPushButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="primary"]:disabled, QPushButton:default:disabled {
  background: $hover; color: $disabled; border-color: $line; }
QPushButton[role="link"], QPushButton[kind="flat"] {
  background: transparent; border-color: transparent; color: $accent; text-align: left; padding: 4px 8px; }
QPushButton[role="link"]:hover, QPushButton[kind="flat"]:hover { background: $hover; }
QPushButton[role="link"]:focus, QPushButton[kind="flat"]:focus { border: 2px solid $accent; padding: 3px 7px; }

QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser, QAbstractSpinBox, QComboBox {
  background: $field; border: 1px solid $edge; border-radius: 4px; padding: 3px 8px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit { placeholder-text-color: $muted; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: 22px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QTextBrowser:focus, QAbstractSpinBox:focus, QComboBox:focus {
  border: 2px solid $accent; padding: 2px 7px; }
QLineEdit[wrong="true"] { border: 2px solid $danger; padding: 2px 7px; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $disabled; border-color: $line; }
QComboBox { padding-right: 24px; }
QComboBox:focus { padding-right: 24px; }
QComboBox QLineEdit, QComboBox QLineEdit:focus { border: none; background: transparent; padding: 0; min-height: 0; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url($down); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $edge; selection-background-color: $chosen; }
QAbstractSpinBox { padding: 3px 22px 3px 6px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 20px; background: transparent; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url($up); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($down); width: 10px; height: 10px; }

QCheckBox, QRadioButton { spacing: 8px; min-height: 24px; background: transparent; }
QCheckBox::indicator, QTreeView::indicator, QListView::indicator, QTableView::indicator, QGroupBox::indicator {
  width: 14px; height: 14px; border: 1px solid $edge; border-radius: 3px; background: $field; }
QCheckBox::indicator:checked, QTreeView::indicator:checked, QListView::indicator:checked,
QTableView::indicator:checked, QGroupBox::indicator:checked {
  background: $accent; border-color: $accent; image: url($tick); }
QCheckBox::indicator:indeterminate, QTreeView::indicator:indeterminate {
  background: $accent; border-color: $accent; image: url($part); }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QCheckBox:disabled { color: $disabled; }
QCheckBox::indicator:checked:disabled { background: $disabled; border-color: $disabled; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $edge; border-radius: 8px; background: $field; }
QRadioButton::indicator:checked { background: $accent; border-color: $accent; image: url($dot); }
QCheckBox:focus, QRadioButton:focus { color: $accent; }

QAbstractItemView {
  background: $field; border: 1px solid $line; border-radius: 4px; outline: none; alternate-background-color: $panel;
  selection-background-color: $chosen; selection-color: $text; }
QDockWidget QTreeView, QDockWidget QListView, QDockWidget QTableView, QDockWidget QScrollArea {
  border: none; background: $panel; border-radius: 0; }
QTreeView::item, QListView::item { min-height: 26px; padding: 0 4px; border: 1px solid transparent; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected { background: $chosen; color: $text; }
QAbstractItemView:focus { border: 1px solid $accent; }
QDockWidget QAbstractItemView:focus { border: 1px solid $accent; }
QTreeView::branch { background: transparent; }
QTreeView::branch:closed:has-children { image: url($right); }
QTreeView::branch:open:has-children { image: url($down); }
QHeaderView { background: $panel; }
QHeaderView::section {
  background: $panel; color: $muted; border: none; border-bottom: 1px solid $line; padding: 4px 8px;
  font-size: ${pt_small}pt; font-weight: 500; }
QTableView { gridline-color: $line; }
#street_table::item { padding: 0 8px; }

QDockWidget { font-weight: 500; titlebar-close-icon: url($close); titlebar-normal-icon: url($detach); }
QDockWidget::title { background: $panel; padding: 8px 12px; text-align: left; border-bottom: 1px solid $line; }
QDockWidget > QWidget { background: $panel; }
QTabBar { background: $panel; qproperty-drawBase: 0; }
QTabBar::tab {
  background: transparent; color: $muted; padding: 7px 8px; border: none; border-bottom: 2px solid transparent;
  border-top: 2px solid transparent; }
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }

QStatusBar { background: $panel; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QStatusBar QLabel, QStatusBar QToolButton { font-size: ${pt_small}pt; color: $muted; }
QProgressBar { background: $hover; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $pressed; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSlider::groove:horizontal { height: 4px; background: $pressed; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
  width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: $field; border: 1px solid $edge; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { border: 2px solid $accent; }
QSlider::sub-page:horizontal:disabled { background: $pressed; }
QSlider::handle:horizontal:disabled { background: $panel; border-color: $line; }
QSplitter::handle { background: $line; }
QGroupBox { border: 1px solid $line; border-radius: 4px; margin-top: 12px; padding: 12px 8px 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; padding: 0 4px; color: $muted; }

QFrame[role="card"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame[role="line"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="error"] { background: $danger_ground; border: none; border-bottom: 1px solid $danger; }
QFrame[role="news"] { background: $chosen; border: none; border-bottom: 1px solid $line; }
QFrame[role="chip"] { background: $panel; border: 1px solid $line; border-radius: 6px; }
QFrame[role="chip"] QToolButton { border-radius: 5px; min-width: 26px; min-height: 26px; padding: 2px; }
QLabel[role="chip"] {
  background: $panel; border: 1px solid $line; border-radius: 4px; padding: 2px 8px; font-size: ${pt_small}pt; }
QLabel[role="mark"] {
  background: $warn_ground; color: $warn; border: 1px solid $warn; border-radius: 4px; padding: 3px 8px;
  font-size: ${pt_small}pt; font-weight: 500; }
QWidget#startPage { background: $window; }
QPushButton[role="card"] {
  background: $panel; border: 1px solid $line; border-radius: 8px; padding: 0; text-align: left; min-height: 76px; }
QPushButton[role="card"]:hover { border-color: $accent; background: $field; }
QPushButton[role="card"]:focus { border: 2px solid $accent; padding: 0; }
""")

_CONTROLS = {
    "check": ("check", "text"), "tick": ("check", "on_accent"), "part": ("dash", "on_accent"),
    "dot": ("dot", "on_accent"), "down": ("chevron-down", "icon"), "up": ("chevron-up", "icon"),
    "right": ("chevron-right", "icon"), "close": ("close", "icon"),
    "detach": ("detach", "icon"),
}  # fmt: skip


def sheet(colours: Mapping[str, str], points: float) -> str:
    """Return the style sheet.

    Parameters
    ----------
    colours : mapping of str to ``"#rrggbb"``
        Fields of :class:`twin.ui.theme.Tokens`.
    points : float [pt]
        Size of the base font.
    """
    sizes = {
        "pt_title": f"{points * 1.9:.1f}",
        "pt_heading": f"{points * 1.2:.1f}",
        "pt_answer": f"{points * 1.1:.1f}",
        "pt_small": f"{points * 0.92:.1f}",
    }
    return _SHEET.substitute({**colours, **sizes, **_pictures(colours)})


def _pictures(colours: Mapping[str, str]) -> dict[str, str]:
    """Write the small control pictures in the theme's colours; a style sheet can only name files."""
    paths = {}
    for key, (name, colour) in _CONTROLS.items():
        source = (folder("data") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        source = source.replace("currentColor", colours[colour]).replace('stroke-width="1.6"', 'stroke-width="2.4"')
        digest = hashlib.sha256(source.encode()).hexdigest()[:12]
        path = cache_folder() / "style" / f"{name}-{digest}.svg"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        paths[key] = path.as_posix()
    return paths
