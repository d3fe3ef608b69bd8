"""All panels and dialogs for everyone: names for screen readers, targets to hit, no text cut, nothing untranslated."""

from __future__ import annotations

import gettext
import re
from typing import TYPE_CHECKING

import pytest
from clipped import clipped
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QWidget,
)

import twin.text
from twin.plugins import discover, evaluate
from twin.state import Pose, Selection
from twin.ui import theme
from twin.ui.bookmarks import BookmarkPanel
from twin.ui.crs_chooser import CrsChooser
from twin.ui.export_dialog import ExportDialog
from twin.ui.import_card import FileCard
from twin.ui.import_dialog import ImportDialog
from twin.ui.inspector import Inspector
from twin.ui.jobs_panel import JobsPanel
from twin.ui.layer_dock import LayerDock
from twin.ui.status import StatusStrip
from twin.ui.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from twin.state import Store

INPUTS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QProgressBar)
LEAST = 24
"""Smallest side of a target [px] (WCAG 2.5.8)."""


def layers(store: Store, lang: str, folder: Path) -> QWidget:
    panel = LayerDock(store, lang)
    dropins = discover()
    found, errors = evaluate(dropins, store.state.city)
    panel.set_available(dropins)
    panel.set_layers(found, errors)
    for id in ("building_height", "building_use", "zone_density"):
        panel.add_layer(id)
    return panel


def inspector(store: Store, lang: str, folder: Path) -> QWidget:
    store.change("Select", undoable=False, selection=Selection("buildings", ("b1",)))
    return Inspector(store, lang)


def nothing_picked(store: Store, lang: str, folder: Path) -> QWidget:
    store.change("Select", undoable=False, selection=None)
    return Inspector(store, lang)


def bookmarks(store: Store, lang: str, folder: Path) -> QWidget:
    panel = BookmarkPanel(store, lang)
    panel.set_pose_source(lambda: Pose((0.0, 0.0, 0.0), 100.0))
    return panel


def no_bookmarks(store: Store, lang: str, folder: Path) -> QWidget:
    store.change("Delete bookmark", bookmarks=())
    return bookmarks(store, lang, folder)


def status(store: Store, lang: str, folder: Path) -> QWidget:
    strip = StatusStrip(store, lang)
    strip.set_cursor((153_000.0, 6_579_000.0, 18.0))
    strip.set_view(Pose((0.0, 0.0, 0.0), 320.0), 0.2)
    return strip


def jobs(store: Store, lang: str, folder: Path) -> QWidget:
    return JobsPanel(store, lang)


def importing(store: Store, lang: str, folder: Path) -> QWidget:
    return ImportDialog([], lang, store.state.city, folder=folder)


def card(store: Store, lang: str, folder: Path) -> QWidget:
    return FileCard(folder / "a.json", lang)


def exporting(store: Store, lang: str, folder: Path) -> QWidget:
    return ExportDialog(lang, lambda _picture, _then: None, Tasks(), (1280, 800), "a", folder)  # type: ignore[arg-type, return-value]


def systems(store: Store, lang: str, folder: Path) -> QWidget:
    return CrsChooser(lang, "EPSG:3011")


PANELS = [layers, inspector, nothing_picked, bookmarks, no_bookmarks, status, jobs, importing, card, exporting, systems]
SIDE = {layers, inspector, nothing_picked, bookmarks, no_bookmarks, jobs}


class Pseudo(gettext.NullTranslations):
    """A language whose texts are marked and a third longer than English, as Swedish often is."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}{'ö' * (len(message) // 3)}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self.gettext(one if n == 1 else many)


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin.text, "catalogue", lambda _lang: Pseudo())


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[None]:
    sheet, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    theme.apply(qapp, "light")
    yield
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture(params=PANELS, ids=lambda make: make.__name__)
def make(request: pytest.FixtureRequest, qtbot: QtBot, store: Store, tmp_path: Path) -> Callable[[str], QWidget]:
    def build(lang: str) -> QWidget:
        panel = request.param(store, lang, tmp_path)
        qtbot.addWidget(panel)
        size = panel.sizeHint()
        panel.resize(300 if request.param in SIDE else max(size.width(), 700), max(size.height(), 600))
        panel.show()
        qtbot.waitExposed(panel)
        QApplication.processEvents()
        return panel

    return build


def parts(panel: QWidget) -> list[QWidget]:
    return [part for part in (panel, *panel.findChildren(QWidget)) if part.isVisible()]


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_all_that_can_be_used_has_a_name(make: Callable[[str], QWidget], lang: str) -> None:
    nameless = [
        part
        for part in parts(make(lang))
        if isinstance(part, INPUTS) and not isinstance(part, QScrollBar) and not part.accessibleName()
        and part.objectName() not in ("qt_spinbox_lineedit", "ScrollLeftButton", "ScrollRightButton")
        and not (isinstance(part, QAbstractButton) and part.text())
        and type(part.parent()).__name__ not in ("QLineEdit", "_Search", "QComboBoxPrivateContainer")
    ]  # fmt: skip
    assert nameless == []


@pytest.mark.usefixtures("dressed")
def test_targets_can_be_hit(make: Callable[[str], QWidget]) -> None:
    small = [
        (type(part).__name__, part.accessibleName(), part.width(), part.height())
        for part in parts(make("sv"))
        if isinstance(part, (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox))
        and type(part.parent()).__name__ not in ("QLineEdit", "_Search")
        and part.objectName() != "qt_spinbox_lineedit"
        and min(part.width(), part.height()) < LEAST
    ]
    assert small == []


@pytest.mark.usefixtures("dressed", "pseudo")
def test_longer_texts_are_not_cut(make: Callable[[str], QWidget]) -> None:
    assert clipped(make("en")) == []


@pytest.mark.usefixtures("pseudo")
def test_nothing_is_left_untranslated(make: Callable[[str], QWidget]) -> None:
    panel = make("en")
    texts = set()
    for part in parts(panel):
        if isinstance(part, (QLabel, QAbstractButton)):
            texts.add(part.text())
        if isinstance(part, QComboBox):
            texts |= {part.itemText(i) for i in range(part.count())}
        texts |= {part.accessibleName(), part.toolTip(), part.windowTitle()}
        texts |= {action.text() for action in part.actions()}
    own = re.compile(r"[A-Za-zåäöÅÄÖ]{4,}")
    data = re.compile(r"Hornsgatan|Tranan|Hela|SWEREF|EPSG|Svenska|English|a\.json|\.png|\.twin|Search|/")
    plain = [text for text in texts if "⟦" not in text and own.search(text) and not data.search(text)]
    assert plain == []


def test_keys_reach_every_control(make: Callable[[str], QWidget], qtbot: QtBot) -> None:
    """Walk with Tab from the first stop: it comes round, and every button that can be used was passed."""
    panel = make("en")
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    wanted = {
        part for part in parts(panel)
        if isinstance(part, (QAbstractButton, QComboBox, QAbstractSlider)) and part.isEnabled()
        and part.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(part, QScrollBar)
    }  # fmt: skip
    panel.focusNextChild()
    seen: set[QWidget] = set()
    for _ in range(80):
        now = QApplication.focusWidget()
        if now is None or now in seen:
            break
        seen.add(now)
        qtbot.keyClick(now, Qt.Key.Key_Tab)
    radios = {part for part in wanted if part.metaObject().className() == "QRadioButton"}
    assert wanted - radios - seen == set()
    assert not radios or radios & seen, "arrows go on from one of the choices"
