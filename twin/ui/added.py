"""Layers beside those of the city and of models: of data files, and of drop-ins with chosen parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from twin.ui.data_layers import DataLayers
from twin.ui.remaking import Remaking

if TYPE_CHECKING:
    from twin.state import State
    from twin.ui.opening import CityData
    from twin.ui.result_layers import ResultLayers
    from twin.ui.session import Session


class Added(QObject):
    """Follows the State that is shown, and puts its layers beside the others."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.files, self.remaking = DataLayers(session, self), Remaking(session, self)
        self.files.changed.connect(self.changed)
        self.remaking.changed.connect(self.changed)

    def begin(self, state: State, drawn: CityData) -> None:
        """Follow a project that was opened."""
        self._set_later(drawn)
        self.show(state)

    def show(self, state: State | None) -> None:
        """Take the State that is shown; None: no project is open."""
        self.files.show(state)
        self.remaking.show(state)

    def joined(self, drawn: CityData, results: ResultLayers) -> CityData:
        """Return what was drawn with all layers: of drop-ins, of models, of files."""
        self._set_later(drawn)
        return replace(
            drawn,
            layers={**drawn.layers, **self.remaking.layers, **results.layers, **self.files.shown},
            dropins=(*drawn.dropins, *results.entries, *self.files.entries),
            errors={**drawn.errors, **self.remaking.errors, **self.files.errors},
        )

    def _set_later(self, drawn: CityData) -> None:
        self.remaking.set_later(frozenset(one.id for one in drawn.dropins if one.on_request))
