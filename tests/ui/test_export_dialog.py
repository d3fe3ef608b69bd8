"""The export dialog: sizes of screen and paper, what is left out, and an error that leaves the dialog open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from twin import localtime
from twin.errors import BadInput, Cancelled
from twin.report.film import Reel
from twin.ui.export_dialog import ExportDialog, Picture
from twin.ui.export_size import PRESETS, paper_pixels
from twin.ui.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot


class Work:
    """Stands for the window: keeps what was asked for and ends when told."""

    def __init__(self) -> None:
        self.asked: list[Picture] = []
        self.title, self.fraction, self.text, self.fields = "Picture", 0.0, "", {}
        self.running, self.error, self.stopped = True, None, False
        self._then: Callable[[object], object] = lambda _task: None

    def start(self, picture: Picture, then: Callable[[object], object]) -> Work:
        self.asked.append(picture)
        self._then = then
        self.running = True
        return self

    def cancel(self) -> None:
        self.stopped = True

    def end(self, error: Exception | None = None) -> None:
        self.running, self.error = False, error
        self._then(self)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def dialog(qtbot: QtBot, work: Work, tmp_path: Path) -> ExportDialog:
    result = ExportDialog("en", work.start, Tasks(), (1280, 800), "Hornsgatan", tmp_path)
    qtbot.addWidget(result)
    result.show()
    qtbot.waitExposed(result)
    return result


def choose(dialog: ExportDialog, key: str) -> None:
    dialog.preset.setCurrentIndex([preset.key for preset in PRESETS].index(key))


@pytest.mark.parametrize(("key", "size", "dpi"), [
    ("screen", (1280, 800), 96), ("a4-150", (1754, 1240), 150), ("a4-300", (3508, 2480), 300),
    ("a3-150", (2480, 1754), 150), ("a3-300", (4961, 3508), 300),
])  # fmt: skip
def test_presets_give_pixels_and_resolution(dialog: ExportDialog, key: str, size: tuple[int, int], dpi: int) -> None:
    choose(dialog, key)
    assert dialog.picture.size == size
    assert dialog.picture.dpi == dpi
    assert dialog.preset.currentData() == key


def test_the_measures_say_pixels_paper_and_amount(dialog: ExportDialog) -> None:
    choose(dialog, "a3-300")
    said = dialog._measures.text().replace("\xa0", " ")
    assert said.splitlines() == ["4,961 × 3,508 px", "42.0 cm × 29.7 cm on paper", "17.4 megapixels"]


def test_a_typed_number_is_an_own_size(dialog: ExportDialog) -> None:
    choose(dialog, "a4-150")
    dialog.wide.setValue(2000)
    assert dialog.preset.currentData() == "free"
    assert dialog.picture.size == (2000, 1240)


def test_what_is_asked_for_is_handed_on(qtbot: QtBot, dialog: ExportDialog, work: Work, tmp_path: Path) -> None:
    dialog.language.setCurrentIndex(dialog.language.findData("sv"))
    dialog.look.setCurrentIndex(dialog.look.findData("dark"))
    dialog.legend.click()
    dialog.path.setText(str(tmp_path / "bild"))
    assert not dialog.sources.isEnabled(), "sources always stand on a picture"
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    expected = Picture(tmp_path / "bild.png", (1280, 800), 96, "dark", "sv", ("legend",))
    assert work.asked == [expected]
    assert not dialog.go.isEnabled()
    assert dialog._bar.isVisible()
    with qtbot.waitSignal(dialog.exported) as done:
        work.end()
    assert done.args == [tmp_path / "bild.png"]
    assert not dialog.isVisible()


def test_an_error_is_told_and_the_dialog_stays(qtbot: QtBot, dialog: ExportDialog, work: Work) -> None:
    dialog.begin()
    work.end(BadInput("{path} could not be written: {reason}.", path="x.png", reason="full disk"))
    assert dialog._failure.text() == "x.png could not be written: full disk."
    assert dialog.isVisible()
    assert dialog.go.isEnabled()


def test_escape_stops_the_work_first(qtbot: QtBot, dialog: ExportDialog, work: Work) -> None:
    dialog.begin()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert work.stopped
    assert dialog.isVisible()
    work.end(Cancelled())
    assert dialog._failure.text() == "Stopped; no picture was written."
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_an_impossible_place_is_refused_and_a_taken_name_is_said(dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.path.setText(str(tmp_path / "no" / "such.png"))
    assert not dialog.go.isEnabled()
    assert "There is no folder" in dialog._said.text()
    (tmp_path / "there.png").write_bytes(b"")
    dialog.path.setText(str(tmp_path / "there.png"))
    assert dialog.go.isEnabled()
    assert "will be replaced" in dialog._said.text()


def test_paper_has_its_size_in_every_resolution() -> None:
    assert paper_pixels("A4", 300) == (3508, 2480)
    assert paper_pixels("A3", 600) == (9921, 7016)


def test_a_film_is_asked_for_with_its_span(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    first = localtime.parse("2026-10-20 08:00")
    played = ((first, first + 6 * 3600.0), 3600.0)
    dialog = ExportDialog("en", work.start, Tasks(), (1280, 800), "Hornsgatan", tmp_path, played=played)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    assert dialog.span is not None
    assert not dialog.span.isVisible(), "a picture needs no span"
    dialog.kind.setCurrentIndex(dialog.kind.findData("webp"))
    assert dialog.span.isVisible()
    assert dialog.path.text().endswith("Hornsgatan.webp")
    assert dialog.span._said.text().replace("\xa0", " ") == "7 frames, last 0.7 s"
    dialog.span.last.setText("2026-10-20 10:00")
    dialog.span.rate.setValue(2)
    assert dialog.picture.reel == Reel(first, first + 7200.0, 3600.0, 2.0)
    dialog.span.last.setText("2026-10-20 07:00")
    assert not dialog.go.isEnabled()
    assert "end must lie after" in dialog._said.text()
    dialog.span.last.setText("2026-10-20 10:00")
    assert dialog.go.isEnabled()
    choose(dialog, "a3-300")
    assert not dialog.go.isEnabled()
    choose(dialog, "screen")
    dialog.kind.setCurrentIndex(dialog.kind.findData("frames"))
    assert dialog.picture.out == tmp_path / "Hornsgatan"
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert work.asked[-1].reel is not None
    work.end()


def test_without_times_there_are_no_films(dialog: ExportDialog) -> None:
    assert dialog.kind.count() == 1
    assert dialog.picture.reel is None
