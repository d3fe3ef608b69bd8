"""What models say to the scenario that is worked on, and its city on the screen: asked in the background.

After each edit the engine process is asked for the parts of the picture that changed, then for the answers, which come
model by model. Until they are there the city and the answers before stay on the screen. A question carries its key; an
answer to what is no longer asked is only kept for later, and work on it is stopped.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer, Signal

from twin.chain.registry import seen_alike, switched_on
from twin.errors import Cancelled
from twin.jobs import STALE_GRACE
from twin.scenario.scenario import shown_name
from twin.text import N_, tr
from twin.ui import answering, edits
from twin.ui.added import Added
from twin.ui.answers import Answers, Asked, remember
from twin.ui.aside import Aside
from twin.ui.engine_link import EngineLink
from twin.ui.plan import Plan
from twin.ui.questions.replied import Replied
from twin.ui.result_layers import ResultLayers, beside, is_result
from twin.ui.shown import Shown
from twin.ui.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from twin.chain.answer import Answer, Step
    from twin.city.city import City
    from twin.jobs import Task
    from twin.layer import Layer
    from twin.scenario.conflicts import Conflict
    from twin.scenario.version import Versions
    from twin.state import State
    from twin.ui.answers import Standing
    from twin.ui.opening import CityData
    from twin.ui.session import Session

WARM_AFTER = 2_500
"""Milliseconds after opening at which the engine begins to read the city, so that the first edit finds it there."""
_TITLES = {"picture": N_("Drawing {name}"), "reference": N_("Drawing {name}"), "answers": N_("Working out {name}")}


class Results(QObject):
    """Follows the session's Store; holds what is shown and what was answered."""

    changed = Signal()
    """``shown`` and ``data`` are others and belong together: another city, or other result layers."""
    answered = Signal()
    """``answer`` or ``reference`` is another."""
    asked = Signal()
    """Something is being worked out, or no longer."""
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.shown: Shown | None = None
        self.data: CityData | None = None
        self.names = ("", "")
        """What the two that are compared are called."""
        self.conflicts: tuple[Conflict, ...] = ()
        """What is wrong with the edits of the scenario worked on."""
        self._both = self._wanted = False
        self._other: tuple[City, str] | None = None
        self._answers = Answers()
        self._number = self._asked = self._answered = 0
        self._work: tuple[Asked, Task] | None = None
        self._engine = EngineLink(session, self)
        self._engine.told.connect(self.asked)
        self.tracing = Tracing(session, self, self._engine, self._join)
        self.replied = Replied(session, self._join, self)
        self._retried = -1
        self._versions: Versions | None = None
        self._drawn: CityData | None = None
        self._cities: OrderedDict[str, tuple[City, CityData]] = OrderedDict()
        self._aside = Aside(self)
        self._aside.failed.connect(self._fail)
        self._layers = ResultLayers()
        self.added = Added(session, self)
        self.added.changed.connect(self._join)
        self._stop: Callable[[], None] = lambda: None
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(WARM_AFTER)
        self._idle.timeout.connect(self.warm)

    # --- coming and going -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Follow the project that was opened."""
        self.end()
        session = self._session
        if session.store is None or session.data is None:
            return
        self.shown = Shown(session.store)
        self.shown.listen(lambda _old, new: self.added.show(new))
        self.data = self._drawn = session.data
        self._stop = session.store.listen(self._changed)
        self._idle.start()
        self._ask()
        self.added.begin(self.shown.state, self._drawn)

    def end(self) -> None:
        """Forget the project; what still runs for it is stopped."""
        self._idle.stop()
        self._stop()
        self._stop = lambda: None
        self._number += 1
        self._asked = self._number
        self.cancel()
        self.added.show(None)
        if self.shown is not None:
            self.shown.end()
        self.shown = self.data = self._drawn = self._versions = self._work = None
        self._cities.clear()
        self._answers.clear()
        self._other, self._both = None, False
        self._layers = ResultLayers()
        self._wanted = False

    def shut(self) -> None:
        """End the engine process and the thread."""
        self.end()
        self._aside.close()
        self._engine.close()

    def warm(self) -> None:
        """Let the engine read the city before it is asked."""
        session = self._session
        if session.store is not None:
            base = session.store.state.city
            self._aside.do(lambda: _digest(base), lambda digest: self._engine.hold(base, digest))

    def drawn(self) -> tuple[State, CityData, City | Path]:
        """Return what a child needs to draw the view as it is: as :meth:`Session.drawn`, with the city shown."""
        state, data, source = self._session.drawn()
        if self.shown is None or self.data is None:
            return state, data, source
        edited = self.shown.state.city is not self.shown.base
        return state, self.data, self.shown.state.city if edited else source

    def drawn_beside(self) -> tuple[City | Path, Mapping[str, Layer], tuple[str, str]] | None:
        """Return what a child needs to draw the reference too: its city or where it lies, layers, both names."""
        found, store = self.beside, self._session.store
        if found is None or store is None:
            return None
        city, data = found
        return self._session.drawn()[2] if city is store.state.city else city, data.layers, self.names

    @property
    def busy(self) -> bool:
        """Whether an answer or a picture is being made."""
        return bool(self.running) or self._asked != self._number

    @property
    def answer(self) -> Answer | None:
        """What was answered for the scenario; a model still at work may be in it with its answer from before."""
        return self._answers.answer

    @property
    def reference(self) -> Answer | None:
        """What was answered for the reference, of the same models as ``answer``."""
        return self._answers.reference

    @property
    def up_to_date(self) -> bool:
        """Whether ``answer`` answers what is asked now, each model with its last word."""
        return self._answered == self._number and self._answers.complete

    @property
    def current(self) -> bool:
        """Whether ``standing`` speaks of what is asked now; not in the moment before its keys are known."""
        return self._answered == self._number

    @property
    def standing(self) -> tuple[Standing, ...]:
        """How far each model is with what is asked now."""
        told = None if self._work is None else self._work[1]
        working = {}
        if told is not None and told.running and "step" in told.fields:
            working[str(told.fields["step"])] = float(cast("float", told.fields["within"]))
        return self._answers.standing(working, self.busy)

    @property
    def running(self) -> tuple[Task, ...]:
        """What the engine was asked and did not answer yet."""
        return self._engine.running

    def cancel(self) -> None:
        """Stop what is being worked out; the city and the answers before stay."""
        for task in self.running:
            task.cancel()

    def look(self) -> None:
        """Let answers be made even where nothing was edited: somebody looks at them."""
        if not self._wanted:
            self._wanted = True
            self._ask()

    def look_at_both(self, both: bool) -> None:
        """Let the reference be drawn too, or no longer."""
        if both and not self._both:
            self._both = self._wanted = True
            self._ask()
        self._both = both

    @property
    def beside(self) -> tuple[City, CityData] | None:
        """The city of the reference, with its picture and its layers in the scenario's colours; None until drawn."""
        session = self._session
        if self._other is None or session.data is None or session.store is None or self.data is None:
            return None
        city, key = self._other
        known = (city, session.data) if city is session.store.state.city else self._cities.get(key)
        if known is None:
            return None
        layers = beside(self.data.layers, {**known[1].layers, **self._layers.of_reference, **self.added.files.layers})
        return known[0], replace(known[1], layers=layers)

    def again(self) -> None:
        """Ask again, after a stop or a failure."""
        self._answers.retry()
        self._ask()

    def set_language(self) -> None:
        """Say the titles of the layers in the session's language."""
        self._layers = ResultLayers()
        self._name()
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
        chosen = (old.scenario, old.reference, old.models) != (new.scenario, new.reference, new.models)
        other = old.scenarios is not new.scenarios or chosen
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
        scenario = edits.active(state)
        reference = seen_alike(edits.reference(state), scenario)
        if not self._needed(state):
            self._asked = self._answered = number
            self._show(base, session.data)
            self._answers.forget()
            self._stop_work()
            self._tell()
            return
        models = switched_on(state.models)
        if self._versions is None:
            from twin.scenario.version import Versions

            self._versions = Versions()
        versions = self._versions

        def work() -> Plan:
            from twin.scenario.conflicts import check
            from twin.scenario.scenario import key

            digest = _digest(base)
            city = versions.build(base, digest, scenario.active).city
            asked = Asked(key(digest, scenario), key(digest, reference), (scenario.name, reference.name), models)
            other = versions.build(base, digest, reference.active).city
            return Plan(number, base, digest, scenario, city, reference, other, asked, check(base, scenario.edits))

        self._aside.do(work, self._go)
        self.asked.emit()

    def _go(self, plan: Plan) -> None:
        session = self._session
        if plan.number != self._number or session.data is None or self.shown is None:
            return
        self._asked = plan.number
        self.conflicts = plan.conflicts
        known = self._cities.get(plan.asked.key)
        if plan.city is plan.base:
            self._show(plan.city, session.data)
        elif known is not None:
            self._show(*known)
        else:
            self._submit(plan, "picture")
        self._other = plan.reference_city, plan.asked.reference_key
        if self._both and plan.reference_city is not plan.base and plan.asked.reference_key not in self._cities:
            self._submit(plan, "reference")
        self._ask_models(plan)
        self.asked.emit()

    def _ask_models(self, plan: Plan) -> None:
        """Show what is known, and let the models that are lacking answer; work on another question is stopped."""
        lacking = self._answers.ask(plan.asked)
        self._name()
        self._answered = plan.number
        self._tell()
        if self._work is not None and self._work[1].running and self._work[0] == plan.asked:
            return
        self._stop_work()
        if lacking:
            self._work = plan.asked, self._submit(plan, "answers", lacking)

    def _stop_work(self) -> None:
        """Stop the models; they are given time to notice, as what they keep warm is lost when they are ended."""
        if self._work is not None:
            self._work[1].cancel(STALE_GRACE)
            self._work = None

    def _submit(self, plan: Plan, what: str, lacking: tuple[str, ...] = ()) -> Task:
        from twin.scenario.codec import encode_scenario

        self._engine.hold(plan.base, plan.digest)
        one = plan.reference if what == "reference" else plan.scenario
        title = tr(_TITLES[what], self._session.lang, name=shown_name(one, self._session.lang))
        if what != "answers":
            return self._engine.ask(
                answering.remesh, plan.digest, encode_scenario(one), key=what, title=title,
                then=lambda task: self._drawn_by(plan, one is plan.reference, task),
            )  # fmt: skip
        both = (plan.scenario,) if len(plan.asked.keys) == 1 else (plan.scenario, plan.reference)
        return self._engine.ask(
            answering.answer, plan.digest, tuple(encode_scenario(one) for one in both), plan.asked.models, lacking,
            key=what, title=title, then=lambda task: self._answered_all(plan, task),
            take=lambda step: self._take(plan, step),
        )  # fmt: skip

    # --- answers ----------------------------------------------------------------------------------------------------

    def _drawn_by(self, plan: Plan, of_reference: bool, task: Task) -> None:
        if not self._came(plan, task) or self._session.data is None:
            return
        from twin.scene.remesh import joined

        base = self._session.data
        mesh = joined(base.mesh, task.result.parts)
        data = replace(base, mesh=mesh, layers=task.result.layers, errors=task.result.errors)
        key, city = (plan.asked.reference_key, plan.reference_city) if of_reference else (plan.asked.key, plan.city)
        remember(self._cities, key, (city, data))
        if of_reference:
            self.changed.emit()
        elif plan.number == self._number:
            self._show(city, data)

    def _take(self, plan: Plan, step: Step) -> None:
        """Take what one model says, or why it says nothing."""
        if self._session.store is not None and self._session.store.state.city is plan.base:
            if self._answers.take(plan.asked, step):
                self._tell()

    def _answered_all(self, plan: Plan, task: Task) -> None:
        if self._came(plan, task):
            self.answered.emit()

    def _came(self, plan: Plan, task: Task) -> bool:
        """Say whether there is an answer; one that a crash took away is asked for once more."""
        if self._session.store is None or self._session.store.state.city is not plan.base:
            return False
        if task.error is None:
            return True
        mine = plan.number == self._number or (self._work is not None and self._work[1] is task)
        if mine and not isinstance(task.error, Cancelled):
            if self._retried == self._number:
                self.failed.emit(task.error)
            else:
                self._work = None  # it shared the process that died
                self._ask()
                self._retried = self._number
        return False

    def _name(self) -> None:
        if self._session.store is not None:
            state, lang = self._session.store.state, self._session.lang
            scenario, reference = edits.active(state), edits.reference(state)
            self.names = shown_name(scenario, lang), shown_name(reference, lang)

    def _tell(self) -> None:
        """Show the answers as they are now."""
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
        if store is None or chosen is None or chosen.layer:
            return
        if not city.table(chosen.table)["id"].isin(chosen.ids).any():
            store.change("Deselect", undoable=False, selection=None)

    def _paint(self) -> None:
        layers = self._layers.painted(self.answer, self.reference, self.names, self._session.lang)
        if layers is not self._layers:
            self._layers = layers
            self._join()

    def _fail(self, error: object) -> None:
        self._asked = self._number
        self.failed.emit(error)

    def _join(self) -> None:
        if self._drawn is None:
            return
        data = self.added.joined(self._drawn, self._layers)
        layers = {**data.layers, **self.tracing.layers, **self.replied.layers}
        self.data = replace(data, layers=layers, dropins=(*data.dropins, *self.tracing.entries, *self.replied.entries))
        self.changed.emit()


def _digest(city: City) -> str:
    from twin.city.digest import city_digest

    return city_digest(city)
