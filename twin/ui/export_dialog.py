"""A picture or a film of the view: how large, how it is dressed, what stands on it, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from twin.errors import Cancelled
from twin.report.film import LARGEST
from twin.text import LANGUAGES, error_text, number, tr
from twin.ui import theme
from twin.ui.export_size import INCH, PRESETS, Sheet, paper_pixels
from twin.ui.export_span import KINDS, SpanForm
from twin.ui.jobs_panel import progress_text
from twin.ui.widgets import STEP, IntegerBox, Progress, button, label, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent

    from twin.jobs import Task
    from twin.report.film import Reel
    from twin.scene.palette import Theme
    from twin.ui.tasks import Tasks
    from twin.when import Span

LEAST, MOST = 64, 20_000
_LANGUAGE_NAMES = {"sv": "Svenska", "en": "English"}


@dataclass(frozen=True)
class Picture:
    """What the user wants: file, size [px], resolution, theme, language, and what is left out.

    The fields are those of :func:`twin.report.figure.export_png`; ``beside``: scenario and reference side by side;
    ``reel``: the span that a film plays, None for one picture.
    """

    out: Path
    size: tuple[int, int]
    dpi: int
    theme: Theme
    lang: str
    without: tuple[str, ...] = ()
    beside: bool = False
    reel: Reel | None = None


class ExportDialog(QDialog):
    """Asks for a picture, lets the window make it, shows how far it is, and stays on an error.

    Parameters
    ----------
    lang : str
        Language of the dialog; the picture's is chosen in it.
    start : callable
        ``start(picture, then) -> Task``: begins the work in the background and has ``then(task)`` called on the GUI
        thread at its end.
    tasks : Tasks
        Tells of the progress of what ``start`` returned.
    view : (int, int) [px]
        Size of the view on the screen in device pixels.
    name : str
        Name of the project, for the file name.
    folder : Path, optional
        Where the file is put unless the user says otherwise.
    names : (str, str), optional
        What scenario and reference are called where the view shows both, so that the picture can too.
    played : (Span, float), optional
        The span [s] that the time bar plays and its step [s]; without there are no films.
    """

    exported = Signal(object)
    """Path of the picture that was written."""

    def __init__(
        self,
        lang: str,
        start: Callable[[Picture, Callable[[Task], object]], Task],
        tasks: Tasks,
        view: tuple[int, int],
        name: str,
        folder: Path | None = None,
        parent: QWidget | None = None,
        names: tuple[str, str] | None = None,
        played: tuple[Span, float] | None = None,
    ) -> None:
        super().__init__(parent)
        self._lang, self._start, self._view, self._names = lang, start, view, names
        self._played = played
        self._task: Task | None = None
        self._followed = True
        self.setObjectName("export_dialog")
        self.setWindowTitle(tr("Export picture", lang))
        self._build((folder or Path.home()) / f"{name or 'city'}.png")
        tasks.progressed.connect(self._progressed)
        self._apply_preset()

    @property
    def picture(self) -> Picture:
        """What is asked for now."""
        path = Path(self.path.text().strip()).expanduser()
        ending = self._ending
        path = path if path.suffix.lower() == ending or not path.name else path.with_name(path.name + ending)
        left_out = [name for name, box in (("legend", self.legend), ("compass", self.compass)) if not box.isChecked()]
        size = (self.wide.value(), self.high.value())
        looks, language = cast("Theme", self.look.currentData()), str(self.language.currentData())
        reel = self.span.reel if self.span is not None and self.kind.currentData() != "png" else None
        return Picture(path, size, self.dpi.value(), looks, language, tuple(left_out), self.both.isChecked(), reel)

    def begin(self) -> None:
        """Make the picture."""
        if self._why_not():
            return
        self._failure.hide()
        self._bar.setRange(0, 0)
        self._bar.show()
        self._task = self._start(self.picture, self._finished)
        self._enable()

    def reject(self) -> None:
        """Close; a picture being made is stopped first."""
        if self._task is not None and self._task.running:
            self._task.cancel()
            self._said.setText(tr("Stopping…", self._lang))
            return
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the work before the window goes away."""
        if self._task is not None and self._task.running:
            self._task.cancel()
            event.ignore()
            return
        super().closeEvent(event)

    # -- building

    def _build(self, path: Path) -> None:
        lang = self._lang
        self._make_fields(path)
        form = QFormLayout()
        form.setHorizontalSpacing(4 * STEP)
        form.setVerticalSpacing(2 * STEP)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(label(tr("Kind", lang), "muted", wrap=False), self.kind)
        if self.span is not None:
            form.addRow(label(tr("Time", lang), "muted", wrap=False), self.span)
            form.setRowVisible(self.span, False)
        self._form = form
        form.addRow(label(tr("Size", lang), "muted", wrap=False), self.preset)
        pixels = row(self.wide, label("×", wrap=False), self.high, label("px,", wrap=False), self.dpi, None)
        form.addRow(label(tr("Pixels", lang), "muted", wrap=False), pixels)
        form.addRow(label(tr("Theme", lang), "muted", wrap=False), self.look)
        form.addRow(label(tr("Language", lang), "muted", wrap=False), self.language)
        boxes = QVBoxLayout()
        boxes.setSpacing(0)
        for box in (self.both, self.legend, self.compass, self.sources):
            boxes.addWidget(box)
        form.addRow(label(tr("Shown on it", lang), "muted", wrap=False), boxes)
        where = row(self.path, self.browse)
        where.setStretch(0, 1)
        form.addRow(label(tr("File", lang), "muted", wrap=False), where)
        self.sheet = Sheet(self._view)
        self._measures = label("", "small")
        self._measures.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        beside = QVBoxLayout()
        beside.addWidget(self.sheet)
        beside.addWidget(self._measures)
        beside.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(6 * STEP)
        top.addLayout(form, 1)
        top.addLayout(beside)
        self._bar = Progress(tr("Progress of the picture", lang))
        self._bar.hide()
        self._said = label("", "muted")
        self._failure = label("", "problem", selectable=True)
        self._failure.hide()
        self.cancel = button(tr("Cancel", lang))
        self.cancel.clicked.connect(lambda _checked=False: self.reject())
        self.go = button(tr("Export", lang), primary=True)
        self.go.clicked.connect(lambda _checked=False: self.begin())
        foot = row(self._said, self.cancel, self.go)
        foot.setStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * STEP, 5 * STEP, 6 * STEP, 4 * STEP)
        layout.setSpacing(4 * STEP)
        layout.addLayout(top, 1)
        layout.addWidget(self._failure)
        layout.addWidget(self._bar)
        layout.addLayout(foot)

    def _make_fields(self, path: Path) -> None:
        lang = self._lang
        self.kind = _choice(
            tr("Kind", lang), [(tr(text, lang), key) for key, text in KINDS[: None if self._played else 1]]
        )
        self.span = None if self._played is None else SpanForm(*self._played, lang)
        if self.span is None:
            self.kind.setToolTip(tr("Films need a layer with times on the map", lang))
        else:
            self.span.changed.connect(lambda: self._enable())
        self.preset = _choice(tr("Size", lang), [(tr(p.title, lang), p.key) for p in PRESETS])
        self.wide, self.high = (
            _spin(LEAST, MOST, tr("Width in pixels", lang)),
            _spin(LEAST, MOST, tr("Height in pixels", lang)),
        )
        self.dpi = _spin(30, 1200, tr("Resolution in dots per inch; letters and lines are sized by it", lang))
        self.dpi.setSuffix("\u00a0dpi")
        themes = [(tr("Light", lang), "light"), (tr("Dark", lang), "dark"), (tr("High contrast", lang), "contrast")]
        self.look = _choice(tr("Theme", lang), themes)
        self.look.setCurrentIndex(self.look.findData(theme.current().map))
        self.language = _choice(
            tr("Language of the picture", lang), [(_LANGUAGE_NAMES[code], code) for code in LANGUAGES]
        )
        self.language.setCurrentIndex(self.language.findData(lang))
        said = tr("From the same place, with one legend for both", lang)
        if self._names is not None:
            said = f"{' | '.join(self._names)}\n{said}"
        else:
            said = tr("Show the two side by side or with the curtain first", lang)
        self.both = _check(tr("Scenario and reference side by side", lang), said)
        self.both.setChecked(self._names is not None)
        self.both.setEnabled(self._names is not None)
        self.legend = _check(tr("Legend", lang), tr("The colours of the layers shown", lang))
        self.compass = _check(tr("North and scale", lang), tr("A scale bar stands only on a top view", lang))
        self.sources = _check(
            tr("Sources and warnings", lang), tr("Always on the picture, as licences ask for it", lang)
        )
        self.sources.setEnabled(False)
        self.path = QLineEdit(str(path))
        self.path.setAccessibleName(tr("File of the picture", lang))
        self.path.setMinimumWidth(60 * STEP)
        self.browse = button(tr("Browse…", lang), tr("Choose where the picture goes", lang))
        self.browse.clicked.connect(lambda _checked=False: self._browse())
        self.kind.currentIndexChanged.connect(lambda _i: self._apply_kind())
        self.preset.currentIndexChanged.connect(lambda _i: self._apply_preset())
        for spin in (self.wide, self.high, self.dpi):
            spin.valueChanged.connect(lambda _v: self._own_size())
        self.path.textChanged.connect(lambda _t: self._enable())

    # -- inside

    @property
    def _ending(self) -> str:
        kind = str(self.kind.currentData())
        return "" if kind == "frames" else f".{kind}"

    def _apply_kind(self) -> None:
        """Follow another kind of file: its name ends otherwise, and a film asks for a span."""
        path = Path(self.path.text().strip())
        if path.name:
            known = {f".{key}" for key, _ in KINDS}
            stem = path.with_suffix("") if path.suffix.lower() in known else path
            self.path.setText(str(stem) + self._ending)
        if self.span is not None:
            self._form.setRowVisible(self.span, self.kind.currentData() != "png")
        self._enable()

    def _apply_preset(self) -> None:
        preset = PRESETS[self.preset.currentIndex()]
        size = self._view if preset.key == "screen" else None
        if preset.paper:
            size = paper_pixels(preset.paper, preset.dpi)
        self._followed = False
        if size is not None:
            self.wide.setValue(size[0])
            self.high.setValue(size[1])
            self.dpi.setValue(preset.dpi)
        self._followed = True
        self._show_measures()

    def _own_size(self) -> None:
        """Follow a typed number: it is an own size from now on."""
        if self._followed:
            place = next(i for i, preset in enumerate(PRESETS) if preset.key == "free")
            if self.preset.currentIndex() != place:
                self.preset.setCurrentIndex(place)
            self._show_measures()

    def _show_measures(self) -> None:
        wide, high, dpi = self.wide.value(), self.high.value(), self.dpi.value()
        width, height = (number(side / dpi * INCH / 10, self._lang, 1, "cm") for side in (wide, high))
        paper = tr("{width} × {height} on paper", self._lang, width=width, height=height)
        pixels = f"{number(wide, self._lang, 0)} × {number(high, self._lang, 0)}\u00a0px"
        amount = number(wide * high / 1e6, self._lang, 1, tr("megapixels", self._lang))
        said = "\n".join((pixels, paper, amount))
        self._measures.setText(said)
        view = tr("Dotted: what the screen shows now", self._lang)
        self.sheet.show_size((wide, high), f"{said}\n{view}")
        self._enable()

    def _why_not(self) -> str:
        if self.span is not None and self.kind.currentData() != "png" and self.span.problem:
            return self.span.problem
        path = self.picture.out
        if not self.path.text().strip() or not path.name:
            return tr("Name the file.", self._lang)
        if not path.parent.is_dir():
            return tr("There is no folder {name}.", self._lang, name=str(path.parent))
        if self.span is None or self.kind.currentData() == "png":
            return ""
        if max(self.wide.value(), self.high.value()) > LARGEST:
            return tr("A frame is at most {n} pixels wide and high.", self._lang, n=number(LARGEST, self._lang, 0))
        if self.kind.currentData() == "frames" and path.exists() and (not path.is_dir() or any(path.iterdir())):
            return tr("Frames need a folder that is new or empty.", self._lang)
        return ""

    def _enable(self) -> None:
        working = self._task is not None
        if self.span is not None:
            self.span.setEnabled(not working)
        for widget in (self.kind, self.preset, self.wide, self.high, self.dpi, self.look, self.language, self.legend,
                       self.compass, self.path, self.browse):  # fmt: skip
            widget.setEnabled(not working)
        self.both.setEnabled(not working and self._names is not None)
        why = self._why_not()
        self.go.setEnabled(not working and not why)
        if not working:
            there = tr("The file is there already and will be replaced.", self._lang)
            self._said.setText(why or (there if self.picture.out.is_file() else ""))

    def _browse(self) -> None:
        ending = self._ending
        kinds = f"{tr('Pictures', self._lang)} (*{ending})" if ending else ""
        said, _ = QFileDialog.getSaveFileName(
            self, tr("Picture", self._lang), self.path.text(), kinds,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )  # fmt: skip
        if said:
            self.path.setText(said)

    def _progressed(self, task: Task) -> None:
        if task is self._task and task.running:
            self._bar.show_fraction(task.fraction, unknown=True)
            self._said.setText(progress_text(task, self._lang))

    def _finished(self, task: Task) -> None:
        self._task = None
        self._bar.hide()
        self._enable()
        if task.error is None:
            self.exported.emit(self.picture.out)
            self.accept()
            return
        stopped = isinstance(task.error, Cancelled)
        said = tr("Stopped; no picture was written.", self._lang) if stopped else error_text(task.error, self._lang)
        self._failure.setText(said)
        self._failure.show()


def _choice(name: str, entries: list[tuple[str, str]]) -> QComboBox:
    result = QComboBox()
    result.setAccessibleName(name)
    result.setToolTip(name)
    for text, data in entries:
        result.addItem(text, data)
    return result


def _spin(least: int, most: int, name: str) -> QSpinBox:
    result = IntegerBox()
    result.setRange(least, most)
    result.setAccessibleName(name)
    result.setToolTip(name)
    result.setKeyboardTracking(False)
    return result


def _check(text: str, tip: str) -> QCheckBox:
    result = QCheckBox(text)
    result.setChecked(True)
    result.setAccessibleName(text)
    result.setToolTip(tip)
    return result
