"""A question being asked in the window: its values, the edits it made, the wait for the models, the reply."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from twin.chain.registry import switched_on
from twin.errors import TwinError
from twin.questions.question import Asked, Draw, Loaded, Pick, replied
from twin.text import N_, tr
from twin.ui import edits
from twin.ui.drawing import BuildingTool, OutlineTool, PathTool, SpotTool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.city.city import City
    from twin.questions.question import Question, Reply
    from twin.scenario.kinds import AnyEdit
    from twin.scenario.scenario import Scenario
    from twin.state import State, Store
    from twin.ui.drafting import Drafting
    from twin.ui.drawing import HeightAt, Tool
    from twin.ui.results import Results

_CALM = 200
"""Milliseconds without work after which the models are taken to be stopped."""
Phase = Literal["steps", "working", "answered"]


class Asking(QObject):
    """At most one question at a time; it lives as long as the window, its panel does not."""

    changed = Signal()
    """The question, a value, how far the answer is, or the reply is another."""
    _replied = Signal(int, object)

    def __init__(self, results: Results, drafting: Drafting, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results = results
        self._drafting = drafting
        self._store: Store | None = None
        self._lang = "en"
        self.question: Question | None = None
        self.values: dict[str, Any] = {}
        self.phase: Phase = "steps"
        self.reply: Reply | None = None
        self.problem: Exception | str | None = None
        """Why there is no reply: an error, or English of the catalogue."""
        self._edits: tuple[AnyEdit, ...] = ()
        self._snapshot: object = None
        self._seen: tuple[int, ...] | None = None
        self._number = 0
        self._thread = ThreadPoolExecutor(1, "reply")
        self._stop: Callable[[], None] = lambda: None
        self._replied.connect(self._take)
        results.answered.connect(self._look)
        results.asked.connect(self._look)
        results.failed.connect(self._failed)

    # -- what is asked

    def attach(self, store: Store | None, lang: str) -> None:
        """Ask of another project, or in another language; None for no project."""
        if store is not self._store:
            self._stop()
            self._stop = store.listen(self._follow) if store is not None else lambda: None
            self._store = store
            self.leave()
        if lang != self._lang:
            self._lang = lang
            self._reply_anew()

    @property
    def city(self) -> City | None:
        """The city that is shown."""
        return None if self._results.shown is None else self._results.shown.state.city

    @property
    def stale(self) -> bool:
        """Whether the reply speaks of another scenario than the one that is worked on now."""
        return self.phase == "answered" and self._snapshot != self._now()

    @property
    def altered(self) -> bool:
        """Whether values were changed after the reply."""
        return self.phase == "answered" and self._asked_values != self.values

    @property
    def names(self) -> tuple[str, str]:
        """What the scenario and its reference are called."""
        return self._results.names

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the question's models assume, in the reader's language."""
        answer = self._results.answer
        models = self.question.models if self.question is not None and answer is not None else ()
        found = [answer.results[name] for name in models if answer is not None and name in answer.results]
        return tuple(tr(text, self._lang) for result in found for text in result.assumptions)

    @property
    def quality(self) -> str:
        """«preview» while an answer the reply speaks of is one."""
        answer, question = self._results.answer, self.question
        runs = answer.runs if answer is not None else {}
        names = question.models if question is not None else ()
        return "preview" if any(runs[name].quality == "preview" for name in names if name in runs) else "final"

    @property
    def fraction(self) -> float:
        """How far the models are, 0–1."""
        return max((task.fraction for task in self._results.running if task.running), default=0.0)

    @property
    def loaded(self) -> tuple[tuple[str, str, str], ...]:
        """Id, title and unit of the project's data layers."""
        imported = () if self._store is None else self._store.state.imported
        return tuple((one.id, one.about.title, one.about.unit) for one in imported)

    def begin(self, question: Question) -> None:
        """Ask a question from its first step; what fits is taken from what is selected and what is loaded."""
        self.leave(tell=False)
        city = self.city
        if city is None or self._store is None:
            return
        self.question, self.values = question, question.first_values(city)
        for step in question.steps:
            if isinstance(step, Loaded):
                self.values[step.id] = next((id for id, _, unit in self.loaded if unit.startswith(step.unit)), None)
        self._take_selection(self._store.state)
        self.changed.emit()

    def leave(self, tell: bool = True) -> None:
        """Ask nothing more; what was built stays."""
        self._number += 1
        self._drafting.forget()
        self.question, self.values, self.reply, self.problem = None, {}, None, None
        self.phase, self._edits, self._seen, self._snapshot = "steps", (), None, None
        self._asked_values: dict[str, Any] = {}
        if tell:
            self.changed.emit()

    def give(self, id: str, value: Any) -> None:
        """Give a step its value."""
        if self.values.get(id) != value:
            self.values[id] = value
            self.problem = None
            self.changed.emit()

    def draw(self, step: Draw) -> None:
        """Let something be drawn on the map; once it is there and nothing else is missing, the question is asked."""
        self._drafting.forget()
        make: Callable[[City, HeightAt], Tool]
        if step.kind == "path":
            make = PathTool
        elif step.kind == "building":
            make = BuildingTool
        elif step.kind == "spot":
            make = partial(SpotTool, title=step.title)
        else:
            make = partial(OutlineTool, kind=step.kind, title=step.title)
        self._drafting.start(make, partial(self._drawn, step))

    def ask(self) -> None:
        """Build what the steps say and wait for the models."""
        question, store, city = self.question, self._store, self.city
        if question is None or store is None or city is None or question.missing(self.values) is not None:
            return
        self.problem = None
        try:
            made = question.make(dict(self.values), city, self._lang)
            self.phase = "working"
            self._switch_on(question, store)
            if made.edits or made.parameters:
                self._edits, _ = edits.ask(store, question.title, made, self._lang, self._edits)
            else:
                self._results.look()
        except TwinError as error:
            self.phase, self.problem = "steps", error
            self.changed.emit()
            return
        self._drafting.forget()
        self._asked_values = dict(self.values)
        self._snapshot, self._seen, self.reply = self._now(), None, None
        self.changed.emit()
        self._look()

    def stop(self) -> None:
        """Wait no longer; what was built stays."""
        self._results.cancel()

    def shut(self) -> None:
        """End the thread that words replies."""
        self._stop()
        self._thread.shutdown()

    # -- inside

    def _switch_on(self, question: Question, store: Store) -> None:
        """Let the models work that the question needs."""
        working = switched_on(store.state.models)
        if any(name not in working for name in question.models):
            models = {**store.state.models, **dict.fromkeys(question.models, True)}
            store.change(N_("Switch model on"), undoable=False, models=models)

    def _drawn(self, step: Draw, what: Any) -> None:
        self.values[step.id] = what
        self.problem = None
        if self.question is not None and self.question.missing(self.values) is None:
            self.ask()
        else:
            self.changed.emit()

    def _now(self) -> object:
        if self._store is None:
            return None
        state = self._store.state
        now = edits.active(state)
        return now.active, now.parameters, edits.reference(state).name

    def _follow(self, old: State, new: State) -> None:
        if self.question is None:
            return
        if old.selection != new.selection:
            self._take_selection(new)
        self.changed.emit()

    def _take_selection(self, state: State) -> None:
        """Take what is selected for a step that asks for such things, the first that lacks it or else the last."""
        chosen, question = state.selection, self.question
        if chosen is None or question is None or self.phase == "working":
            return
        steps = [s for s in question.asked_for(self.values) if isinstance(s, Pick) and s.table == chosen.table]
        step = next((s for s in steps if not self.values.get(s.id)), steps[-1] if steps else None)
        if step is not None:
            self.values[step.id] = tuple(chosen.ids)
            self.problem = None

    def _look(self) -> None:
        """See whether the models have answered what was asked."""
        results = self._results
        if self.question is None or self.phase == "steps" or self._snapshot != self._now():
            return
        own = {one.model.name: one for one in results.standing if one.model.name in self.question.models}
        failed = next((one.error for one in own.values() if one.how == "failed"), None)
        if not results.current:
            return
        if failed is not None:
            self._failed(failed)
        elif own and all(one.how in ("refining", "done") and not one.old for one in own.values()):
            seen = self._results_of(own)
            if seen != self._seen:
                self._seen = seen
                self._reply_anew()
        elif self.phase == "working" and not results.busy:
            QTimer.singleShot(_CALM, self, self._check_stopped)  # or they are about to begin
        self.changed.emit()

    def _check_stopped(self) -> None:
        results = self._results
        if self.phase == "working" and self.reply is None and results.current and not results.busy and not self._seen:
            self.phase, self.problem = "steps", N_("It was not worked out: the models were stopped.")
            self.changed.emit()

    def _results_of(self, models: Iterable[str]) -> tuple[int, ...]:
        """Return what tells answers of models apart from those before."""
        both = self._results.answer, self._results.reference
        return tuple(id(one.results.get(name)) for one in both if one is not None for name in models)

    def _failed(self, error: Exception) -> None:
        if self.phase == "working":
            self.phase, self.problem = "steps", error
            self.changed.emit()

    def _reply_anew(self) -> None:
        results, question, store = self._results, self.question, self._store
        answer, reference = results.answer, results.reference
        if question is None or store is None or answer is None or reference is None or self.phase == "steps":
            return
        self._number += 1
        number, lang, names = self._number, self._lang, results.names
        base, scenario, values = store.state.city, edits.active(store.state), dict(self._asked_values)

        files = results.added.files
        found = {id: files.numbers(id) for id, _, _ in self.loaded}
        loaded = {id: one.field for id, one in found.items() if one is not None}

        def work() -> Reply:
            asked = Asked(values, _edited(base, scenario), base, answer, reference, names, lang, loaded)
            return replied(question, asked)

        self._thread.submit(work).add_done_callback(partial(self._tell, number))

    def _tell(self, number: int, future: Future[Any]) -> None:
        self._replied.emit(number, future)

    def _take(self, number: int, future: Future[Reply]) -> None:
        if number != self._number or self.question is None:
            return
        error = future.exception()
        if error is not None:
            self.phase = "steps"
            self.problem = error if isinstance(error, TwinError) else N_("The answer could not be put into words.")
            if not isinstance(error, TwinError):
                self.changed.emit()
                raise error  # a mistake in the question's code: told as any other, with its trace
        else:
            self.phase, self.reply = "answered", future.result()
        self.changed.emit()


def _edited(base: City, scenario: Scenario) -> City:
    return reduce(lambda city, edit: edit.apply(city), scenario.active, base)
