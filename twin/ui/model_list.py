"""The list of models beside the indicators: which of them answer, and how far each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QScrollArea, QStyle, QWidget

from twin.chain.registry import MODELS, switch, switched_on
from twin.text import N_, error_text, number, tr
from twin.ui.widgets import STEP, Progress, label, see_through

if TYPE_CHECKING:
    from twin.models.model import Model
    from twin.state import State, Store
    from twin.ui.answers import How, Standing

_SAID: dict[How, str] = {
    "off": "", "none": "", "waiting": N_("waiting"), "working": N_("working"), "refining": N_("refining"),
    "done": N_("up to date"), "failed": N_("no answer"),
}  # fmt: skip
_OLD = N_("outdated")


def said(one: Standing, lang: str) -> str:
    """Say how far a model is."""
    if one.how in ("working", "refining") and one.fraction > 0:
        return f"{tr(_SAID[one.how], lang)} {number(round(100 * one.fraction), lang, 0, '%')}"
    if one.old and one.how == "none":
        return tr(_OLD, lang)
    return tr(_SAID[one.how], lang)


class ModelList(QScrollArea):
    """One line for each model: a switch, what it does now, and its progress; it is kept with the project."""

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("model_list")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Models", lang))
        self._store, self._lang = store, lang
        self._lines: dict[str, tuple[QCheckBox, QLabel, Progress]] = {}
        self._said: dict[str, Standing] = {}
        page = QWidget()
        self._grid = QGridLayout(page)
        self._grid.setContentsMargins(3 * STEP, STEP, 4 * STEP, STEP)
        self._grid.setHorizontalSpacing(2 * STEP)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(0, 1)
        for model in MODELS.values():
            self._add(model)
        self._grid.setRowStretch(2 * len(MODELS), 1)
        self.setWidget(page)
        see_through(self)
        self._sync(None, store.state)
        stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None: stop())

    def show_standing(self, standing: tuple[Standing, ...]) -> None:
        """Show how far the models are."""
        for one in standing:
            if one.model.name not in self._lines:
                continue
            box, text, bar = self._lines[one.model.name]
            if self._said.get(one.model.name) == one:
                continue
            self._said[one.model.name] = one
            text.setText(said(one, self._lang))
            why = error_text(one.error, self._lang) if one.error is not None else ""
            text.setToolTip(why)
            box.setAccessibleDescription(why or text.text())
            bar.show_fraction(one.fraction)
            shown = one.how in ("working", "refining")
            bar.setVisible(shown)

    def sizeHint(self) -> QSize:
        """Be as wide as the longest title beside the longest of what may be said of it."""
        metrics = self.fontMetrics()
        said = [tr(text, self._lang) for text in (*_SAID.values(), _OLD)]
        said += [f"{tr(_SAID[how], self._lang)} 100 %" for how in ("working", "refining")]
        title = max((box.sizeHint().width() for box, _, _ in self._lines.values()), default=0)
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        wide = title + max(map(metrics.horizontalAdvance, said)) + 9 * STEP + bar
        return QSize(wide, super().sizeHint().height())

    def _add(self, model: Model) -> None:
        lang, place = self._lang, 2 * len(self._lines)
        box = QCheckBox(tr(model.title, lang))
        box.setToolTip(
            tr("Takes long; it answers when it is switched on", lang)
            if model.on_request
            else tr("Let it answer after each edit", lang)
        )
        box.clicked.connect(lambda on, name=model.name: self._switch(name, on))
        text = label("", "small", wrap=False)
        text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        bar = Progress(tr("Progress of {title}", lang, title=tr(model.title, lang)))
        keep = bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)  # else the lines would jump with each answer
        bar.setSizePolicy(keep)
        bar.hide()
        self._grid.addWidget(box, place, 0)
        self._grid.addWidget(text, place, 1)
        self._grid.addWidget(bar, place + 1, 0, 1, 2)
        self._lines[model.name] = box, text, bar

    def _switch(self, name: str, on: bool) -> None:
        label = N_("Switch model on") if on else N_("Switch model off")
        self._store.change(label, models=switch(self._store.state.models, name, on))

    def _sync(self, old: State | None, new: State) -> None:
        if old is not None and old.models == new.models:
            return
        on = switched_on(new.models)
        for name, (box, _, _) in self._lines.items():
            with QSignalBlocker(box):
                box.setChecked(name in on)
