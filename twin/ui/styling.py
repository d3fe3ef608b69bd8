"""The style panel under the layer tree, brought together with the layer that is current there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from twin.text import N_, tr
from twin.ui.style_panel import StylePanel
from twin.ui.value_form import ValueForm

if TYPE_CHECKING:
    from twin.datafile.spec import DataLayer
    from twin.result import Value
    from twin.state import Store
    from twin.ui.layer_dock import LayerDock
    from twin.ui.results import Results
    from twin.ui.session import Session


class Styling(QObject):
    """Shows the style of the current data layer and takes its changes into the Store."""

    def __init__(self, dock: LayerDock, store: Store, results: Results, session: Session) -> None:
        super().__init__(dock)
        self._dock, self._store, self._results, self._session = dock, store, results, session
        self.panel = StylePanel(session.lang)
        self._columns: dict[str, tuple[str, ...]] = {}
        self.form = ValueForm(session.lang)
        both = self._both = QWidget()
        layout = QVBoxLayout(both)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)
        layout.addWidget(self.form)
        layout.addStretch(1)
        dock.add_style_panel(both)
        self.panel.changed.connect(self._take)
        self.form.changed.connect(self._choose)
        dock.tree.currentItemChanged.connect(lambda *_: self.refresh())
        dock.style_button.toggled.connect(lambda _on: self.refresh())
        results.changed.connect(self.refresh)
        self.destroyed.connect(store.listen(lambda _old, _new: self.refresh()))
        self.refresh()

    def refresh(self) -> None:
        """Show the style of the layer that is current, if it is a data file and the style is asked for."""
        id = self._dock.tree.current_id()
        layer = self._store.state.data_layer(id)
        parameters = self._dock.parameters(id)
        self._dock.style_button.setEnabled(layer is not None or bool(parameters))
        shown = parameters if self._dock.style_button.isChecked() else ()
        self.form.show_values(shown, self._store.state.values.get(id, {}), self._said(id))
        QTimer.singleShot(0, self, self._fit)
        if layer is None or not self._dock.style_button.isChecked():
            self.panel.show_layer(None, None, None, ())
            return
        files = self._results.added.files
        self.panel.show_layer(layer, files.numbers(layer.id), files.layers.get(layer.id), self._columns_of(layer))

    def _fit(self) -> None:
        layout = self._both.layout()
        if layout is not None:
            layout.activate()
            self._dock.fit_style(layout.sizeHint().height())

    def _said(self, id: str) -> str:
        remaking = self._results.added.remaking
        if remaking.busy(id):
            return tr("Making the layer…", self._session.lang)
        return remaking.errors.get(id, "")

    def _choose(self, values: object) -> None:
        id = self._dock.tree.current_id()
        chosen = {**self._store.state.values, id: cast("dict[str, Value]", values)}
        self._store.change(N_("Change parameters of a layer"), merge=f"values:{id}", values=chosen)

    def _columns_of(self, layer: DataLayer) -> tuple[str, ...]:
        """Return the columns of a layer's content that can be shown."""
        if layer.file not in self._columns:
            self._columns[layer.file] = _read_columns(layer, self._session)
        return self._columns[layer.file]

    def _take(self, changed: DataLayer) -> None:
        imported = tuple(changed if one.id == changed.id else one for one in self._store.state.imported)
        self._store.change(N_("Change style"), merge=f"style:{changed.id}", imported=imported)


def _read_columns(layer: DataLayer, session: Session) -> tuple[str, ...]:
    from twin.datafile.folders import located
    from twin.errors import TwinError

    if session.project is None or not layer.file.endswith(".parquet"):
        return ()
    from pyarrow import parquet

    try:
        names = parquet.read_schema(located(layer.file, session.project.folders)).names
    except (OSError, ValueError, TwinError):  # the layer itself says what is wrong
        return ()
    return tuple(name for name in names if name not in ("geometry", "_row"))
