"""What models say to the scenario that is worked on, and its city on the screen: asked in the background.

After each edit the engine process is asked for the parts of the picture that changed, then for the answers. Until
they are there the city and the answers before stay on the screen. A question carries its key; an answer to what is no
longer asked is only kept for later.
"""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from twin.content import demo_project
from twin.errors import Cancelled
from twin.jobs import Engine
from twin.text import N_, tr
from twin.ui import answering, edits
from twin.ui.result_layers import ResultLayers, is_result, result_layers
from twin.ui.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twin.chain.chain import Answer
    from twin.city.city import City
    from twin.jobs import Task
    from twin.scenario.conflicts import Conflict
    from twin.scenario.scenario import Scenario
    from twin.scenario.version import Versions
    from twin.state import State
    from twin.ui.opening import CityData
    from twin.ui.session import Session

WARM_AFTER = 2_500
"""Milliseconds after opening at which the engine begins to read the city, so that the first edit finds it there."""
_KEPT = 16
"""Answers and pictures kept for undo and for going from scenario to scenario."""
_TITLES = {"picture": N_("Drawing {name}"), "answer": N_("Working out {name}"), "reference": N_("Working out {name}")}


@dataclass(frozen=True, eq=False)
class _Plan:
    """A scenario's city, made beside the GUI thread, and the keys of the questions to ask."""

    number: int
    base: City
    digest: str
    scenario: Scenario
    city: City
    key: str
    reference: Scenario
    reference_key: str
    conflicts: tuple[Conflict, ...]


class Results(QObject):
    """Follows the session's Store; holds what is shown and what was answered."""

    changed = Signal()
    """``shown`` and ``data`` are others and belong together: another city, or other result layers."""
    answered = Signal()
    """``answer`` or ``reference`` is another."""
    asked = Signal()
    """Something is being worked out, or no longer."""
    failed = Signal(object)
    _found = Signal(object, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.shown: Shown | None = None
        self.data: CityData | None = None
        self.answer: Answer | None = None
        self.reference: Answer | None = None
        self.names = ("", "")
        """What the two that were answered are called."""
        self.conflicts: tuple[Conflict, ...] = ()
        """What is wrong with the edits of the scenario worked on."""
        self._answered = 0
        self._wanted = False
        self._engine: Engine | None = None
        self._held: set[str] = set()
        self._retried = -1
        self._versions: Versions | None = None
        self._number = 0
        self._asked = 0
        self._drawn: CityData | None = None
        self._cities: OrderedDict[str, tuple[City, CityData]] = OrderedDict()
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._running: list[Task] = []
        self._thread = ThreadPoolExecutor(1, "scenario")
        self._layers = ResultLayers({}, ())
        self._stop: Callable[[], None] = lambda: None
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(WARM_AFTER)
        self._idle.timeout.connect(self.warm)
        self._found.connect(self._take_found)

    # --- coming and going -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Follow the project that was opened."""
        self.end()
        session = self._session
        if session.store is None or session.data is None:
            return
        self.shown = Shown(session.store)
        self.data = self._drawn = session.data
        self._stop = session.store.listen(self._changed)
        self._idle.start()
        self._ask()

    def end(self) -> None:
        """Forget the project; what still runs for it is stopped."""
        self._idle.stop()
        self._stop()
        self._stop = lambda: None
        self._number += 1
        self._asked = self._number
        self.cancel()
        if self.shown is not None:
            self.shown.end()
        self.shown = self.data = self._drawn = self.answer = self.reference = self._versions = None
        self._cities.clear()
        self._answers.clear()
        self._layers = ResultLayers({}, ())
        self._wanted = False

    def shut(self) -> None:
        """End the engine process and the thread."""
        self.end()
        self._thread.shutdown()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def warm(self) -> None:
        """Let the engine read the city before it is asked."""
        session = self._session
        if session.store is not None:
            base = session.store.state.city
            self._beside(lambda: _digest(base), lambda digest: self._hold(base, digest))

    def drawn(self) -> tuple[State, CityData, City | Path]:
        """Return what a child needs to draw the view as it is: as :meth:`Session.drawn`, with the city shown."""
        state, data, source = self._session.drawn()
        if self.shown is None or self.data is None:
            return state, data, source
        edited = self.shown.state.city is not self.shown.base
        return state, self.data, self.shown.state.city if edited else source

    @property
    def busy(self) -> bool:
        """Whether an answer or a picture is being made."""
        return bool(self._running) or self._asked != self._number

    @property
    def up_to_date(self) -> bool:
        """Whether ``answer`` answers what is asked now."""
        return self.answer is not None and self._answered == self._number

    @property
    def running(self) -> tuple[Task, ...]:
        """What the engine was asked and did not answer yet."""
        return tuple(self._running)

    def cancel(self) -> None:
        """Stop what is being worked out; the city and the answers before stay."""
        for task in self.running:
            task.cancel()

    def look(self) -> None:
        """Let answers be made even where nothing was edited: somebody looks at them."""
        if not self._wanted:
            self._wanted = True
            self._ask()

    def again(self) -> None:
        """Ask again, after a stop or a failure."""
        self._ask()

    def set_language(self) -> None:
        """Say the titles of the layers in the session's language."""
        self._paint()

    def base_changed(self) -> None:
        """Take the city of the Store as the base anew (an import, or its undo)."""
        session = self._session
        if session.store is None or session.data is None or self.shown is None:
            return
        self._cities.clear()
        self._answers.clear()
        self._versions = None
        self._show(session.store.state.city, session.data)
        self._ask()

    # --- asking -----------------------------------------------------------------------------------------------------

    def _changed(self, old: State, new: State) -> None:
        other = old.scenarios is not new.scenarios or (old.scenario, old.reference) != (new.scenario, new.reference)
        painted = old.layers is not new.layers and self.answer is None and self._needed(new)
        if (other and old.city is new.city) or painted:
            self._ask()

    def _needed(self, state: State) -> bool:
        """Answers are made where something was asked: a scenario, a result layer, an open table."""
        return bool(state.scenarios) or self._wanted or any(is_result(entry.id) for entry in state.layers)

    def _ask(self) -> None:
        session = self._session
        if session.store is None or session.data is None:
            return
        state = session.store.state
        self._number += 1
        number, base = self._number, state.city
        scenario, reference = edits.active(state), edits.reference(state)
        if not self._needed(state):
            self._asked = self._answered = number
            self._show(base, session.data)
            self._take(None, None)
            return
        versions = self._versions = self._versions or _new_versions()

        def work() -> _Plan:
            from twin.scenario.conflicts import check
            from twin.scenario.scenario import key

            digest = _digest(base)
            city = versions.build(base, digest, scenario.active).city
            keys = key(digest, scenario), key(digest, reference)
            return _Plan(
                number, base, digest, scenario, city, keys[0], reference, keys[1], check(base, scenario.edits)
            )  # fmt: skip

        self._beside(work, self._go)
        self.asked.emit()

    def _go(self, plan: _Plan) -> None:
        session = self._session
        if plan.number != self._number or session.data is None or self.shown is None:
            return
        self._asked = plan.number
        self.conflicts = plan.conflicts
        known = self._cities.get(plan.key)
        if plan.city is plan.base:
            self._show(plan.city, session.data)
        elif known is not None:
            self._show(*known)
        else:
            self._submit(answering.remesh, plan, plan.scenario, "picture", lambda task: self._drawn_by(plan, task))
        self._take_both(plan)
        for scenario, key, what in (
            (plan.scenario, plan.key, "answer"),
            (plan.reference, plan.reference_key, "reference"),
        ):
            if key not in self._answers and not (what == "reference" and key == plan.key):
                self._submit(answering.answer, plan, scenario, what, partial(self._keep, plan, key))
        self.asked.emit()

    def _submit(
        self, function: Callable[..., Any], plan: _Plan, scenario: Scenario, what: str, then: Callable[[Task], None]
    ) -> None:
        from twin.scenario.codec import encode_scenario

        self._hold(plan.base, plan.digest)
        name = edits.shown_name(scenario, self._session.lang)
        title = tr(_TITLES[what], self._session.lang, name=name)
        self._start(function, plan.digest, encode_scenario(scenario), key=what, title=title, then=then)

    def _hold(self, base: City, digest: str) -> None:
        session = self._session
        if digest in self._held or session.data is None or session.project is None or session.store is None:
            return
        if session.store.state.city is not base:
            return
        from twin.scene.remesh import footing

        self._held.add(digest)
        saved = session.city_on_disk
        path = session.project.path
        keep = path if saved and not session.read_only and path != demo_project() else None
        title = tr("Getting the models ready", session.lang)
        self._start(
            answering.hold, path if saved else base, digest, keep, footing(session.data.mesh), key=None, title=title,
            then=lambda _task: None,
        )  # fmt: skip

    def _start(
        self, function: Callable[..., Any], *args: Any, key: str | None, title: str, then: Callable[[Task], None]
    ) -> None:
        if self._engine is None:
            self._engine = Engine("twin.ui.answering", "twin.chain.chain", "twin.scene.mesh")

        def done(task: Task) -> None:
            if task in self._running:
                self._running.remove(task)
            if task.error is not None:
                self._held.clear()  # it may have died, and with it what it held; to hold twice costs nothing
            then(task)
            self.asked.emit()

        task = self._session.tasks.through(self._engine, function, *args, key=key, title=title, then=done)
        if task.running:
            self._running.append(task)

    # --- answers ----------------------------------------------------------------------------------------------------

    def _drawn_by(self, plan: _Plan, task: Task) -> None:
        if not self._came(plan, task) or self._session.data is None:
            return
        from twin.scene.remesh import joined

        base = self._session.data
        mesh = joined(base.mesh, task.result.parts)
        data = replace(base, mesh=mesh, layers=task.result.layers, errors=task.result.errors)
        _remember(self._cities, plan.key, (plan.city, data))
        if plan.number == self._number:
            self._show(plan.city, data)

    def _keep(self, plan: _Plan, key: str, task: Task) -> None:
        if not self._came(plan, task):
            return
        _remember(self._answers, key, task.result)
        if plan.number == self._number:
            self._take_both(plan)

    def _take_both(self, plan: _Plan) -> None:
        """Take the answers once both are there; until then the ones before stay, so that nothing flickers."""
        answer, reference = self._answers.get(plan.key), self._answers.get(plan.reference_key)
        if answer is not None and reference is not None:
            lang = self._session.lang
            self.names = edits.shown_name(plan.scenario, lang), edits.shown_name(plan.reference, lang)
            self._answered = plan.number
            self._take(answer, reference)

    def _came(self, plan: _Plan, task: Task) -> bool:
        """Say whether there is an answer; one that a crash took away is asked for once more."""
        if self._session.store is None or self._session.store.state.city is not plan.base:
            return False
        if task.error is None:
            return True
        if plan.number == self._number and not isinstance(task.error, Cancelled):
            if self._retried == plan.number:
                self.failed.emit(task.error)
            else:
                self._ask()
                self._retried = self._number
        return False

    def _take(self, answer: Answer | None, reference: Answer | None) -> None:
        other = answer is not self.answer or reference is not self.reference
        self.answer, self.reference = answer, reference
        if other:
            self._paint()
        self.answered.emit()

    def _show(self, city: City, data: CityData) -> None:
        if self.shown is None:
            return
        if city is self.shown.state.city and data is self._drawn:
            return
        self._drawn = data
        self._let_go(city)
        self.shown.show(city)
        self._join()

    def _let_go(self, city: City) -> None:
        """Deselect what is not in a city."""
        store = self._session.store
        chosen = store.state.selection if store is not None else None
        if store is not None and chosen is not None and not city.table(chosen.table)["id"].isin(chosen.ids).any():
            store.change("Deselect", undoable=False, selection=None)

    def _paint(self) -> None:
        self._layers = result_layers(self.answer, self.reference, self.names, self._session.lang)
        self._join()

    def _join(self) -> None:
        if self._drawn is None:
            return
        layers = {**self._drawn.layers, **self._layers.layers}
        dropins = (*self._drawn.dropins, *self._layers.entries)
        self.data = replace(self._drawn, layers=layers, dropins=dropins)
        self.changed.emit()

    # --- the thread beside ------------------------------------------------------------------------------------------

    def _beside(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Work in the one thread for what needs the window's own objects; ``then`` runs on the GUI thread."""
        self._thread.submit(work).add_done_callback(lambda future: self._found.emit(future, then))

    def _take_found(self, future: Future[Any], then: Callable[[Any], None]) -> None:
        error = future.exception()
        if error is None:
            then(future.result())
        else:
            self._asked = self._number
            self.failed.emit(error)


def _digest(city: City) -> str:
    from twin.city.digest import city_digest

    return city_digest(city)


def _new_versions() -> Versions:
    from twin.scenario.version import Versions

    return Versions()


def _remember(kept: OrderedDict[str, Any], key: str, value: object) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
