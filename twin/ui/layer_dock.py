"""The layer panel: which layers are shown, in which order, how opaque, and what their colours mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QSlider, QVBoxLayout, QWidget

from twin.sensors.onmap import PREFIX, layer_title
from twin.state import BASE_LAYERS, LayerEntry, State, Store
from twin.text import N_, number, tr
from twin.ui.facts import source_facts
from twin.ui.layer_tree import BASE, DATA, LayerTree
from twin.ui.legend import LegendView, describe
from twin.ui.widgets import STEP, EmptyState, IconButton, Scrolled, button, label, own_action, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from twin.layer import Layer
    from twin.models.model import Parameter

BASE_NAMES: Mapping[str, str] = {
    "labels": N_("Names"),
    "places": N_("Places"),
    "buildings": N_("Buildings"),
    "trees": N_("Trees"),
    "barriers": N_("Noise screens and walls"),
    "streets": N_("Streets"),
    "paths": N_("Walk network"),
    "green": N_("Parks and green"),
    "water": N_("Water"),
    "terrain": N_("Terrain"),
}


class Available(Protocol):
    """What the panel must know of a drop-in."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def group(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> tuple[Parameter, ...]: ...  # noqa: D102
    @property
    def on_request(self) -> bool: ...  # noqa: D102


class LayerDock(QWidget):
    """Tree of data layers and of the base map; all it does goes through the Store and can be undone.

    The window gives the drop-ins with :meth:`set_available` and the evaluated layers, for the legends, with
    :meth:`set_layers`.
    """

    def __init__(self, store: Store, lang: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layer_dock")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._lang = lang
        self._available: dict[str, Available] = {}
        self._layers: Mapping[str, Layer] = {}
        self._errors: Mapping[str, str] = {}
        self._shown: dict[str, Layer] = {}
        self._offered: tuple[object, ...] = ()
        self.tree = LayerTree(lang)
        self.tree.toggled.connect(self._toggle)
        self.tree.toggled_group.connect(self._toggle_group)
        self.tree.moved.connect(self._move_to)
        self.tree.currentItemChanged.connect(lambda *_: self._sync_current())
        self._build_actions()
        self._build()
        self._sync(None, store.state)
        self._stop = store.listen(self._sync)
        self.destroyed.connect(lambda _=None, stop=self._stop: stop())

    # -- what the window gives

    def set_available(self, dropins: Iterable[Available]) -> None:
        """Take the drop-ins that can be added as data layers."""
        self._available = {dropin.id: dropin for dropin in dropins}
        self._fill_menu()
        self._sync(None, self._store.state)

    def set_layers(self, layers: Mapping[str, Layer], errors: Mapping[str, str] | None = None) -> None:
        """Take the evaluated layers; legends of those that are new objects are drawn anew.

        Parameters
        ----------
        layers : mapping from drop-in id to Layer
            As :func:`twin.plugins.evaluate` returns them.
        errors : mapping from drop-in id to text, optional
            What went wrong in which drop-in; said in its tooltip.
        """
        self._layers, self._errors = layers, errors or {}
        self._fill_menu()
        self._sync(None, self._store.state)

    # -- commands

    def show_all(self) -> None:
        """Show all layers."""
        self._set_all(True)

    def hide_all(self) -> None:
        """Hide all layers."""
        self._set_all(False)

    def add_layer(self, id: str) -> None:
        """Add a data layer and make it current; one that is there is shown.

        It goes above all others, but one that fills the ground goes below those of streets, buildings and points,
        which it would hide.
        """
        layers = self._store.state.layers
        if any(entry.id == id for entry in layers):
            self._change(N_("Show layer"), id, visible=True)
        else:
            on_it = [not self._fills_ground(entry.id) and entry.id not in BASE_LAYERS for entry in layers]
            place = len(layers) - on_it[::-1].index(True) if self._fills_ground(id) and any(on_it) else 0
            self._store.change(N_("Add data layer"), layers=(*layers[:place], LayerEntry(id), *layers[place:]))
        self.tree.make_current(id)

    def remove_current(self) -> None:
        """Take the current data layer away; base layers can only be hidden."""
        id = self.tree.current_id()
        if id and id not in BASE_LAYERS:
            state = self._store.state
            rest = tuple(entry for entry in state.layers if entry.id != id)
            files = tuple(one for one in state.imported if one.id != id)
            self._store.change(N_("Remove layer"), layers=rest, imported=files)

    def move_current(self, step: int) -> None:
        """Move the current layer up (-1) or down (+1) within its group."""
        id = self.tree.current_id()
        group = self._group(id)
        place = group.index(id) + step if id in group else -1
        if not 0 <= place < len(group):
            return
        self._move_to(id, group[place] if step < 0 else (group[place + 1] if place + 1 < len(group) else ""))

    def add_style_panel(self, panel: QWidget) -> None:
        """Put the style of the current data layer under the tree."""
        area = Scrolled(panel)
        self.style_button.toggled.connect(area.setVisible)
        area.setVisible(self.style_button.isChecked())
        area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._style_area = area
        self._outer.insertWidget(self._outer.count() - 1, area, 1)

    def fit_style(self, height: int) -> None:
        """Give the style panel the height it needs, at most half of the dock."""
        self._style_area.setFixedHeight(min(height + 2 * STEP, self.height() // 2))

    def parameters(self, id: str) -> tuple[Parameter, ...]:
        """Return what a user can choose of a layer."""
        return self._available[id].parameters if id in self._available else ()

    def _fills_ground(self, id: str) -> bool:
        return id in self._layers and self._layers[id].field.where in ("zones", "grid")

    # -- building

    def _build_actions(self) -> None:
        def action(text: str, keys: str, run: Callable[[], None]) -> QAction:
            return own_action(self, tr(text, self._lang), keys, run)

        self.remove_action = action(N_("Remove layer"), "Del", self.remove_current)
        self.up_action = action(N_("Move layer up"), "Alt+Up", lambda: self.move_current(-1))
        self.down_action = action(N_("Move layer down"), "Alt+Down", lambda: self.move_current(1))
        self.add_menu = QMenu(tr("Add data layer", self._lang), self)
        self.add_menu.setToolTipsVisible(True)

    def _build(self) -> None:
        lang = self._lang
        add = button(tr("Add layer", lang), tr("Show one of the data layers found for this city", lang))
        add.setProperty("role", "link")
        add.setMenu(self.add_menu)
        self.add_button = add

        def icon(name: str, text: str, keys: str, run: Callable[[], None]) -> IconButton:
            result = IconButton(name, text, QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText))
            result.clicked.connect(lambda _checked=False: run())
            return result

        def of(name: str, action: QAction) -> IconButton:
            return icon(name, action.text(), action.shortcut().toString(), action.trigger)

        self._up, self._down = of("chevron-up", self.up_action), of("chevron-down", self.down_action)
        self._remove = of("trash", self.remove_action)
        show = icon("eye", tr("Show all layers", lang), "Ctrl+Shift+U", self.show_all)
        hide = icon("eye-off", tr("Hide all layers", lang), "Ctrl+Shift+H", self.hide_all)
        self.style_button = IconButton("sliders", tr("Style and parameters of the layer", lang))
        self.style_button.setCheckable(True)
        self.style_button.setEnabled(False)
        tools = row(add, None, show, hide, self._up, self._down, self._remove, spacing=0)
        tools.setContentsMargins(0, STEP, 0, STEP)

        self._empty = EmptyState(
            tr("No data layer is shown. Data layers colour buildings, streets and zones by their values.", lang),
            tr("Add data layer…", lang),
            lambda: self.add_button.showMenu(),
        )
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, 100)
        self._opacity.setPageStep(10)
        self._opacity.setMinimumHeight(6 * STEP)
        self._opacity.valueChanged.connect(self._set_opacity)
        self._percent = QLabel()
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %") + STEP)
        caption = label(tr("Opacity", lang), "muted", wrap=False)
        caption.setBuddy(self._opacity)
        foot = row(caption, self._opacity, self._percent, self.style_button)
        foot.setContentsMargins(2 * STEP, STEP, 2 * STEP, 2 * STEP)
        foot.setStretch(1, 1)

        outer = self._outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(tools)
        self._none = Scrolled(self._empty)
        self._none.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        outer.addWidget(self._none)
        outer.addWidget(self.tree, 1)
        outer.addLayout(foot)
        self._fill_menu()

    def _fill_menu(self) -> None:
        offered = tuple(self._available.values()), frozenset(self._layers), dict(self._errors)
        if offered == self._offered:  # after most edits: the same layers with other numbers
            return
        self._offered = offered
        self.add_menu.clear()
        groups: dict[str, list[Available]] = {}
        for dropin in self._available.values():
            groups.setdefault(dropin.group, []).append(dropin)
        for group, dropins in groups.items():
            self.add_menu.addSection(tr(group, self._lang) if group else tr("Other", self._lang))
            for dropin in dropins:
                action = self.add_menu.addAction(tr(dropin.title, self._lang))
                action.setData(dropin.id)
                known = not self._layers or dropin.id in self._layers or dropin.on_request
                action.setEnabled(known and dropin.id not in self._errors)
                action.setToolTip(self._why_not(dropin.id) or action.text())
                action.triggered.connect(lambda _checked=False, id=dropin.id: self.add_layer(id))
        self.add_menu.setEnabled(bool(groups))

    def _why_not(self, id: str) -> str:
        if id in self._errors:
            return tr("This layer could not be made: {error}", self._lang, error=self._errors[id])
        if id.startswith(PREFIX):
            return "" if id in self._layers else tr("No sensor has a value around the time shown.", self._lang)
        if self._available and id not in self._available:
            return tr("There is no layer file {name} in this installation.", self._lang, name=f"{id}.py")
        if id in self._available and self._available[id].on_request and id not in self._layers:
            return tr("This layer is made when it is shown.", self._lang)
        if self._layers and id not in self._layers:
            return tr("This city has no data for the layer.", self._lang)
        return ""

    def _marked(self, id: str) -> str:
        """Name a data layer, and say when there is nothing of it to see; the tooltip says why."""
        nothing = tr("{layer} – nothing to show", self._lang, layer=self._title(id))
        return nothing if self._why_not(id) else self._title(id)

    # -- from the Store to the tree

    def _sync(self, old: State | None, new: State) -> None:
        if old is not None and old.layers is new.layers and old.city is new.city:
            return
        base = [entry for entry in new.layers if entry.id in BASE_LAYERS]
        data = [entry for entry in new.layers if entry.id not in BASE_LAYERS]
        self.tree.show_group(DATA, [(entry, self._marked(entry.id), self._tip(entry.id)) for entry in data])
        self.tree.show_group(BASE, [(entry, self._title(entry.id), self._tip(entry.id)) for entry in base])
        self._none.setVisible(not data)
        self._sync_legends(data)
        self._sync_current()

    def _sync_legends(self, data: list[LayerEntry]) -> None:
        wanted = {entry.id: self._layers[entry.id] for entry in data if entry.visible and entry.id in self._layers}
        for id in {entry.id for entry in data} | set(self._shown):
            layer = wanted.get(id)
            if layer is None:
                self.tree.set_legend(id, None)
            elif self._shown.get(id) is not layer or not self.tree.has_legend(id):
                self.tree.set_legend(id, LegendView(describe(layer, self._lang), self._lang))
        self._shown = wanted

    def _sync_current(self) -> None:
        id = self.tree.current_id()
        entry = next((entry for entry in self._store.state.layers if entry.id == id), None)
        group = self._group(id)
        self._up.setEnabled(id in group and group.index(id) > 0)
        self._down.setEnabled(id in group and group.index(id) < len(group) - 1)
        self._remove.setEnabled(entry is not None and id not in BASE_LAYERS)
        self._opacity.setEnabled(entry is not None)
        percent = round((entry.opacity if entry else 1.0) * 100)
        with QSignalBlocker(self._opacity):
            self._opacity.setValue(percent)
        self._percent.setText(number(percent, self._lang, 0, "%") if entry else "")
        name = self._title(id) if entry else ""
        text = tr("Opacity of {layer}", self._lang, layer=name) if name else tr("Opacity", self._lang)
        self._opacity.setAccessibleName(text)
        self._opacity.setToolTip(text)

    def _title(self, id: str) -> str:
        if id in BASE_NAMES:
            return tr(BASE_NAMES[id], self._lang)
        if id in self._layers:
            return tr(self._layers[id].title, self._lang)
        if id.startswith(PREFIX):
            return tr(layer_title(id), self._lang)
        return tr(self._available[id].title, self._lang) if id in self._available else id

    def _tip(self, id: str) -> str:
        """Say what the layer's values come from: title, owner, licence, class, date."""
        why = self._why_not(id)
        layer = self._layers.get(id)
        if why or layer is None:
            return why or self._title(id)
        source = self._store.state.source_of(layer.field)
        facts = source_facts(source, self._lang)
        return "\n".join([self._title(id), *(f"{fact.title}: {fact.value}" for fact in facts if fact.value)])

    # -- from the tree to the Store

    def _group(self, id: str) -> list[str]:
        return [entry.id for entry in self._store.state.layers if (entry.id in BASE_LAYERS) == (id in BASE_LAYERS)]

    def _change(self, what: str, id: str, merge: str = "", **parts: object) -> None:
        layers = tuple(
            replace(entry, **parts) if entry.id == id else entry  # type: ignore[arg-type]
            for entry in self._store.state.layers
        )
        self._store.change(what, merge=merge, layers=layers)

    def _toggle(self, id: str, visible: bool) -> None:
        self._change(N_("Show layer") if visible else N_("Hide layer"), id, visible=visible)

    def _toggle_group(self, group: str, visible: bool) -> None:
        layers = tuple(
            replace(entry, visible=visible) if (entry.id in BASE_LAYERS) == (group == BASE) else entry
            for entry in self._store.state.layers
        )
        self._store.change(N_("Show layers") if visible else N_("Hide layers"), layers=layers)

    def _set_all(self, visible: bool) -> None:
        layers = tuple(replace(entry, visible=visible) for entry in self._store.state.layers)
        if layers != self._store.state.layers:
            self._store.change(N_("Show all layers") if visible else N_("Hide all layers"), layers=layers)

    def _set_opacity(self, percent: int) -> None:
        id = self.tree.current_id()
        if id:
            self._change(N_("Change opacity"), id, merge=f"opacity:{id}", opacity=percent / 100)

    def _move_to(self, id: str, before: str) -> None:
        """Put a layer before another of its group, "" = last in the group."""
        if before == id:
            return
        layers = list(self._store.state.layers)
        entry = next(entry for entry in layers if entry.id == id)
        group = [other for other in self._group(id) if other != id]
        layers.remove(entry)
        ids = [other.id for other in layers]
        if before:
            place = ids.index(before)
        else:
            place = ids.index(group[-1]) + 1 if group else len(ids)
        layers.insert(place, entry)
        if tuple(layers) != self._store.state.layers:
            self._store.change(N_("Move layer"), layers=tuple(layers))
        self.tree.make_current(id)
