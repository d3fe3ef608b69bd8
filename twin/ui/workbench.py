"""Where scenarios are worked on in a window: commands, panels, answers and the view, brought together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from twin.city.schema import TABLES
from twin.errors import TwinError
from twin.questions.listening import LISTEN
from twin.scenario.buildings import ChangeBuilding, RemoveBuilding
from twin.scenario.scenario import PRESENT
from twin.scenario.streets import RemovePath
from twin.state import BASE_LAYERS, LayerEntry, Selection
from twin.text import N_, tr
from twin.ui import edits
from twin.ui.comparing import Comparing
from twin.ui.drafting import Drafting
from twin.ui.drawing import BuildingTool, PathTool
from twin.ui.questions.asking import Asking
from twin.ui.result_layers import DIFFERENCE, VALUE, is_result, layer_id
from twin.ui.results import Results
from twin.ui.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.layer import Layer
    from twin.questions.question import Question
    from twin.result import Row
    from twin.scenario.kinds import AnyEdit
    from twin.scene.picking import Hit
    from twin.ui.actions import Needs
    from twin.ui.indicators import IndicatorPanel
    from twin.ui.inspector import Inspector
    from twin.ui.layer_dock import LayerDock
    from twin.ui.questions.panel import QuestionPanel
    from twin.ui.scenario_dock import ScenarioDock
    from twin.ui.selected import SelectedTools
    from twin.ui.street_panel import StreetPanel
    from twin.ui.traffic_panel import TrafficPanel
    from twin.ui.window import MainWindow

_LOOKS = ("indicators", "traffic", "streets")
"""Docks that show what models say."""
_ON_SELECTED = ("close_link", "close_street", "remove_thing")


class Workbench(QObject):
    """The scenario part of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self.results = Results(window.session, self)
        self.comparing = Comparing(window, self.results)
        self._tools: SelectedTools | None = None
        self._panel: IndicatorPanel | None = None
        self._traffic: TrafficPanel | None = None
        self._streets: StreetPanel | None = None
        self._dock: ScenarioDock | None = None
        self._told = False
        self._clicked: tuple[float, float, float] | None = None
        self.drafting = Drafting(window.viewport)
        self.drafting.drawn.connect(self.add)
        self.drafting.changed.connect(self._check_tools)
        self.asking = Asking(self.results, self.drafting, self)
        self.asking.changed.connect(lambda: self.results.replied.follow(self.asking.reply))
        window.viewport.picked.connect(lambda _hit: self.results.replied.clear())
        window.viewport.command.connect(lambda name: self.results.replied.clear() if name == "deselect" else None)
        window.session.opened.connect(self._begin)
        window.session.dropins_changed.connect(self.results.added.remaking.forget)
        window.session.closed.connect(self.results.end)
        window.session.city_changed.connect(self.results.base_changed)
        self.results.failed.connect(window.notices.show_error)
        self.results.tracing.failed.connect(window.notices.show_error)
        self.results.answered.connect(self._show_answers)
        self.results.asked.connect(self._show_work)
        self._calm = Throttle(self._show_work, self)
        window.session.tasks.progressed.connect(lambda _task: self._calm.ask())
        for name in _LOOKS:
            window.panels.docks[name].visibilityChanged.connect(lambda shown: self.look() if shown else None)
        window.viewport.menu_wanted.connect(self._menu)
        window.viewport.picked.connect(self._picked)

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what to call for each of its commands."""
        panels = self._window.panels
        return {
            "what_if": lambda: panels.bring("questions"),
            "questions": lambda: panels.toggle("questions"),
            "scenarios": lambda: panels.toggle("scenarios"),
            "indicators": lambda: panels.toggle("indicators"),
            "parameters": lambda: panels.toggle("parameters"),
            "traffic": lambda: panels.toggle("traffic"),
            "streets": lambda: panels.toggle("streets"),
            "new_scenario": self._copy,
            "halves": lambda: self.comparing.toggle("halves"),
            "curtain": lambda: self.comparing.toggle("curtain"),
            "next_scenario": lambda: self._step(1),
            "previous_scenario": lambda: self._step(-1),
            "draw_path": lambda: self._draw(PathTool),
            "draw_building": lambda: self._draw(BuildingTool),
            "close_link": lambda: self._close(whole=False),
            "close_street": lambda: self._close(whole=True),
            "remove_thing": self._remove,
            "change_height": self._try_height,
        }

    def can(self) -> dict[Needs, bool]:
        """Say which of its commands can be used now."""
        chosen = self._selection
        table = chosen.table if chosen is not None else ""
        named = False
        if chosen is not None and table == "roads" and self.results.shown is not None:
            roads = self.results.shown.state.city.roads
            named = bool((roads.loc[roads["id"].isin(chosen.ids), "name"] != "").any())
        scenarios = self._session.store is not None and bool(self._session.store.state.scenarios)
        return {
            "road": table == "roads",
            "street": named,
            "building": table == "buildings",
            "removable": table in ("buildings", "paths"),
            "scenarios": scenarios,
        }

    def attach(self) -> None:
        """Bring the panels, which were just made anew, together with the answers."""
        docks, lang = self._window.panels.docks, self._window.lang
        self.drafting.begin(self.results.shown, lang)
        self.asking.attach(self._session.store, lang)
        if self.results.shown is None:
            self._tools = self._panel = self._dock = self._traffic = self._streets = None
            return
        from twin.ui.selected import SelectedTools

        self._dock = cast("ScenarioDock", docks["scenarios"].widget())
        self._dock.place_requested.connect(self._fly)
        self._dock.problem.connect(self._window.notices.show_error)
        questions = cast("QuestionPanel", docks["questions"].widget())
        questions.row_chosen.connect(self._show_row)
        questions.answered.connect(self._show_answered)
        questions.layers_wanted.connect(self.results.replied.show)
        questions.selected.connect(self.select)
        self._traffic = cast("TrafficPanel", docks["traffic"].widget())
        self._traffic.follow(self.results.shown)
        self._traffic.edit_made.connect(self.add)
        self._traffic.street_traced.connect(self.results.tracing.streets)
        self._traffic.place_traced.connect(self.results.tracing.place)
        self._traffic.trace_cleared.connect(self.results.tracing.clear)
        self._traffic.selected.connect(self.select)
        self._traffic.table_wanted.connect(lambda: self._window.panels.bring("streets"))
        self._streets = cast("StreetPanel", docks["streets"].widget())
        self._streets.follow(self.results.shown)
        self._streets.edit_made.connect(self._add_by_table)
        self._streets.chosen.connect(self._choose_streets)
        self._streets.shown_wanted.connect(lambda ids: self.select("roads", ids))
        self._panel = cast("IndicatorPanel", docks["indicators"].widget())
        self._panel.row_chosen.connect(self._show_row)
        self._panel.stop_requested.connect(self.results.cancel)
        self._panel.retry_requested.connect(self.results.again)
        from twin.ui.styling import Styling

        layers = cast("LayerDock", docks["layers"].widget())
        self._styling = Styling(layers, self.results.shown, self.results, self._session)
        actions = [self._window.commands[name] for name in _ON_SELECTED]
        self._tools = SelectedTools(self.results.shown, actions, lang)
        self._tools.height_previewed.connect(self.drafting.show_height)
        self._tools.height_chosen.connect(self._change_height)
        inspector = cast("Inspector", docks["inspector"].widget())
        inspector.add_tools(self._tools)
        inspector.set_fields(self.results.added.files.fields)
        self.results.set_language()
        self._show_answers()
        if any(docks[name].isVisible() for name in _LOOKS):
            self.look()

    def refresh(self) -> None:
        """Show what can be done to what is selected."""
        if self._tools is not None:
            self._tools.refresh()

    def look(self) -> None:
        """Let the models answer: the table of indicators is open."""
        if self.results.shown is not None:
            self.results.look()

    def shut(self) -> None:
        """End the engine process."""
        self.asking.shut()
        self.results.shut()

    # --- commands -----------------------------------------------------------------------------------------------

    def add(self, edit: AnyEdit) -> bool:
        """Add an edit to the scenario worked on; say whether it was taken."""
        store = self._session.store
        if store is None:
            return False
        lang = self._window.lang
        try:
            made = edits.add(store, edit, lang)
        except TwinError as error:
            self._window.notices.show_error(error)
            return False
        if made:
            text = tr("The edit is in a new scenario, {name}; the present state stays as it is.", lang, name=made)
            self._session.said.emit(text)
        if not self._told:
            self._told = True
            self._window.panels.reveal("indicators")
            self._window.panels.docks["scenarios"].raise_()
        return True

    def _add_by_table(self, edit: AnyEdit) -> None:
        """Add an edit; the table stays in front, which the first of all edits would hide behind the indicators."""
        told, self._told = self._told, True
        self.add(edit)
        self._told = told

    def ask(self, question: Question) -> None:
        """Begin a guided question."""
        self.asking.begin(question)
        self._window.panels.bring("questions")

    def show_layer(self, id: str) -> None:
        """Show a data layer uppermost, or hide one that is shown."""
        store = self._session.store
        if store is None:
            return
        there = next((row for row in store.state.layers if row.id == id), None)
        if there is not None and there.visible:
            rows = tuple(replace(row, visible=False) if row.id == id else row for row in store.state.layers)
            store.change(N_("Hide layer"), layers=rows)
        else:
            rest = tuple(row for row in store.state.layers if row.id != id)
            store.change(N_("Show layer"), layers=(LayerEntry(id), *rest))

    def work_on(self, scenario: str) -> None:
        """Work on a scenario; "" is the present state."""
        if self._session.store is not None:
            self._session.store.change("Choose scenario", undoable=False, scenario=scenario)

    @property
    def _selection(self) -> Selection | None:
        return None if self._session.store is None else self._session.store.state.selection

    def _copy(self) -> None:
        if self._dock is not None:
            self._window.panels.bring("scenarios")
            self._dock.copy_current()

    def _step(self, step: int) -> None:
        store = self._session.store
        if store is None:
            return
        names = ["", *(one.name for one in store.state.scenarios)]
        now = edits.active(store.state)
        place = names.index("" if now is PRESENT else now.name)
        store.change("Choose scenario", undoable=False, scenario=names[(place + step) % len(names)])

    def _draw(self, kind: type[PathTool] | type[BuildingTool]) -> None:
        """Take a tool in hand, or put it down when it is there already."""
        if isinstance(self.drafting.tool, kind):
            self.drafting.cancel()
        else:
            self.drafting.start(kind)

    def _check_tools(self) -> None:
        tool = self.drafting.tool
        self._window.commands["draw_path"].setChecked(isinstance(tool, PathTool))
        self._window.commands["draw_building"].setChecked(isinstance(tool, BuildingTool))

    def _close(self, *, whole: bool) -> None:
        chosen, shown = self._selection, self.results.shown
        if chosen is not None and shown is not None and chosen.table == "roads":
            self.add(edits.closing(chosen, shown.state.city, whole=whole))

    def _remove(self) -> None:
        chosen = self._selection
        if chosen is not None and chosen.table == "buildings":
            self.add(RemoveBuilding(buildings=chosen.ids))
        elif chosen is not None and chosen.table == "paths":
            self.add(RemovePath(paths=chosen.ids))

    def _try_height(self) -> None:
        if self._tools is not None:
            self._window.panels.bring("inspector")
            self._tools.try_height()

    def _change_height(self, id: str, height: float) -> None:
        self.add(ChangeBuilding(buildings=(id,), height=height))

    def _menu(self, at: QPoint) -> None:
        commands, menu = self._window.commands, QMenu(self._window)
        menu.setToolTipsVisible(False)
        for name in (*_ON_SELECTED, "change_height"):
            if commands[name].isEnabled():
                menu.addAction(commands[name])
        if self._selection is not None:
            menu.addSeparator()
            menu.addAction(commands["to_selection"])
            menu.addAction(commands["deselect"])
        point, city = self._clicked, self.asking.city
        if point is not None and city is not None and not LISTEN.lacks(city):
            menu.addSeparator()
            listen = menu.addAction(tr(LISTEN.title, self._window.lang))
            listen.triggered.connect(lambda: self._listen(point))
        if menu.isEmpty():
            menu.addAction(commands["whole"])
            menu.addAction(commands["top"])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    # --- from the answers to the window ---------------------------------------------------------------------------

    def _begin(self) -> None:
        self._told = False
        self.results.begin()

    def _show_answers(self) -> None:
        if self._panel is not None:
            self._panel.show_answers(self.results.answer, self.results.reference, self.results.names)
        if self._traffic is not None:
            self._traffic.show_answers(self.results.answer, self.results.reference, self.results.names)
        if self._streets is not None:
            self._streets.show_answers(self.results.answer, self.results.reference, self.results.names)
        if self._dock is not None:
            self._dock.set_conflicts(self.results.conflicts)
        self._show_work()

    def _show_work(self) -> None:
        results = self.results
        if self._panel is not None:
            self._panel.show_work(results.busy, results.up_to_date, results.standing)
        if self._dock is not None:
            self._dock.set_conflicts(results.conflicts)

    def _show_answered(self, one: Row) -> None:
        """Paint the first figure of an answer where no layer of data is looked at."""
        store = self._session.store
        if store is None or any(entry.visible and entry.id not in BASE_LAYERS for entry in store.state.layers):
            return
        self._paint(one, undoable=False)

    def _paint(self, one: Row, *, undoable: bool = True) -> tuple[Layer, bool] | None:
        """Paint the field a row speaks of; return its layer, and whether that is the difference to the reference."""
        store, results = self._session.store, self.results
        if store is None or results.data is None or results.shown is None or not one.shown_by:
            return None
        same = edits.active(store.state) is edits.reference(store.state)
        # a figure without a reference is shown as it is
        kind = VALUE if same or math.isnan(one.difference) else DIFFERENCE
        id = layer_id(kind, one.model, one.shown_by)
        layer = results.data.layers.get(id)
        if layer is None:
            return None
        others = tuple(entry for entry in store.state.layers if not is_result(entry.id))
        if store.state.layers[0] != LayerEntry(id):
            layers = (LayerEntry(id), *others)
            store.change(N_("Show on the map"), merge="indicator", undoable=undoable, layers=layers)
        return layer, kind == DIFFERENCE

    def _show_row(self, one: Row) -> None:
        """Paint the field a row speaks of, and fly to its places, or to where the difference is."""
        painted, shown = self._paint(one), self.results.shown
        if painted is None or shown is None:
            return
        layer, differs = painted
        places = one.places
        if differs:
            most = layer.breaks[-2] / 5 if layer.breaks else 0.0
            places = tuple(layer.field.ids[abs(layer.field.values) > most]) or places
        where = layer.field.where
        if where not in TABLES and not (where == "points" and layer.field.places is None):
            return  # it brings places of its own
        table = shown.state.city.table("places" if where == "points" else where)
        found = table[table["id"].isin(list(places))]
        if len(found):
            west, south, east, north = (float(value) for value in found.total_bounds)  # type: ignore[operator]
            self._window.viewport.fly_to_box((west, south, east, north), margin=0.15)

    def _listen(self, point: tuple[float, float, float]) -> None:
        """Ask what is heard at a place: of the ground, or of a wall."""
        x, y, z = point
        above = z - self._window.viewport.canvas.height_at(x, y)
        self.ask(LISTEN)
        self.asking.give("at", ((x, y, round(above, 2)),) if above > 0.5 else ((x, y),))
        self.asking.ask()

    def _picked(self, hit: Hit | None) -> None:
        """Show what was clicked, where only the list of questions stands before it."""
        self._clicked = None if hit is None else hit.point
        docks = self._window.panels.docks
        listed = self.asking.question is None and not docks["questions"].visibleRegion().isEmpty()
        if hit is not None and listed and self._selection is not None and not docks["inspector"].isHidden():
            docks["inspector"].raise_()

    def select(self, table: str, ids: object) -> None:
        """Select what was chosen by name, and go there."""
        if self._session.store is not None:
            chosen = Selection(table, cast("tuple[str, ...]", ids))
            self._session.store.change("Select", undoable=False, selection=chosen)
            self._window.viewport.fly_to_selection(margin=0.1)
            if self.asking.question is None:
                self._window.panels.reveal("inspector")

    def _choose_streets(self, ids: object) -> None:
        """Select the streets of a table where they are."""
        store, links = self._session.store, cast("tuple[str, ...]", ids)
        if store is not None:
            store.change("Select", undoable=False, selection=Selection("roads", links) if links else None)

    def _fly(self, box: object) -> None:
        if box is not None:
            self._window.viewport.fly_to_box(cast("tuple[float, float, float, float]", box))
