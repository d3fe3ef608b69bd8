"""Running models for scenarios: in dependency order, each only when what it reads was not answered before.

Answers come one model at a time (:meth:`Chain.steps`): first all that is known or quick, and previews of what is not,
then the rest. Scenarios that are compared are asked about together, so that a preview is never compared with a final
answer.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from twin.chain.answer import Answer, Run, Step
from twin.chain.registry import MODELS, ordered
from twin.chain.warm import BUDGET, Warm
from twin.city.digest import city_digest
from twin.city.residents import with_people
from twin.city.schema import TABLES
from twin.errors import BadInput, Cancelled, JobFailed, TwinError, named, raised_in, told
from twin.jobs import Job
from twin.models.model import settled
from twin.privacy.guard import coarsened, guarded, is_made_of_people
from twin.privacy.provenance import derived, has_protected_residents
from twin.result import FOLDER, Result, is_outdated, load, store
from twin.scenario.scenario import PRESENT
from twin.scenario.scenario import key as scenario_key
from twin.scenario.version import Versions
from twin.text import N_, Term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from twin.chain.answer import How
    from twin.city.city import City
    from twin.layer import Field
    from twin.models.model import Model
    from twin.privacy.provenance import Source
    from twin.result import Value
    from twin.scenario.scenario import Scenario
    from twin.scenario.version import Version

MAX_STORED = 400
"""Results kept on disk for a project; the longest unused leave first."""
PATIENCE = 0.7
"""Seconds that a model may be expected to take and still be answered at once, without a preview before it."""
_log = logging.getLogger(__name__)
_RUNNING = N_("{model}")


@dataclass(eq=False)
class _Asked:
    """A scenario that was asked about, and what is answered so far; ``final`` names answers that do not get better."""

    scenario: Scenario
    version: Version
    key: str
    values: Mapping[str, Mapping[str, Value]]
    results: dict[str, Result] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)

    def taken(self, model: Model) -> list[str]:
        """Return the models that one takes answers of: all it needs, and of those it uses what was asked too."""
        return [*model.needs, *(name for name in model.uses if name in self.values)]

    def inputs(self, model: Model) -> dict[str, Result]:
        """Return the answers a model gets; one that it uses may have failed."""
        return {name: self.results[name] for name in self.taken(model) if name in self.results}


class Chain:
    """The models over one base city, with what they keep warm.

    Parameters
    ----------
    base : City
        As it is in the project; where no building has residents or jobs they are placed from its zones, else
        estimated, and every result says so.
    folder : Path, optional
        Where ``results/`` is; without it nothing is stored.
    budget : int
        Bytes of warm state.
    models : mapping, optional
        Those to choose from.
    """

    def __init__(
        self, base: City, folder: Path | None = None, budget: int = BUDGET, models: Mapping[str, Model] = MODELS
    ) -> None:
        self.digest = city_digest(base)
        city, self.assumptions = with_people(base)
        self._base = dataclasses.replace(city, present=city)
        self._protected = has_protected_residents(base)
        self._folder = folder
        self._models = models
        self._versions = Versions()
        self._spent: dict[tuple[str, bool], float] = {}
        self.warm = Warm(budget)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="results")
        if folder is not None:
            self._writer.submit(_sweep, folder / FOLDER)

    def city(self, scenario: Scenario) -> City:
        """Return the City of a scenario."""
        return self._version(scenario).city

    def key(self, scenario: Scenario) -> str:
        """Return the key of a scenario."""
        return scenario_key(self.digest, scenario)

    def run(self, scenario: Scenario, names: Iterable[str] = (), job: Job | None = None) -> Answer:
        """Run models for a scenario, to their final answers.

        Parameters
        ----------
        scenario : Scenario
        names : iterable of str
            Models wanted; what they need runs too. All by default.
        job : Job, optional
            Hears of each model in turn, and can stop between and within them; what is answered by then is kept.

        Raises
        ------
        BadInput
            When a model or a parameter is unknown or a value impossible, or a model cannot answer for this city.
        JobFailed
            When a model fails for a reason of its own.
        """
        answer = Answer(scenario.name, self.key(scenario))
        for step in self.steps([scenario], names, job):
            if step.error is not None:
                raise step.error
            answer = answer.after(step)
        return answer

    def steps(
        self,
        scenarios: Sequence[Scenario],
        names: Iterable[str] = (),
        job: Job | None = None,
        *,
        previews: bool = False,
        exact: bool = False,
    ) -> Iterator[Step]:
        """Answer model by model for scenarios that belong together.

        Parameters
        ----------
        scenarios : sequence of Scenario
            A scenario, and what it is compared with.
        names, job
            As for :meth:`run`.
        previews : bool
            Whether a model that takes long first says what its preview finds.
        exact : bool
            Whether only the models named run, and what they need; else also what they use where it is there.

        Yields
        ------
        Step
            As soon as it is there. A model that fails says so in its Step, and so do those that need it; the others
            answer all the same.

        Raises
        ------
        BadInput
            When a model or a parameter is unknown or a value impossible.
        """
        chosen = ordered(names, self._models, uses=not exact)
        asked = []
        for scenario in scenarios:
            values = {model.name: settled(model, scenario.parameters.get(model.name, {})) for model in chosen}
            asked.append(_Asked(scenario, self._version(scenario), self.key(scenario), values))
        failed: dict[str, TwinError] = {}
        done = 0.0
        whole = sum(model.seconds for model in chosen)

        def part(model: Model) -> Job:
            step = (job or Job()).part(done / whole, (done + model.seconds) / whole, model.name)
            step.progress(0.0, _RUNNING, model=Term(model.title))
            return step

        for model in chosen if previews else ():
            step = self._at_once(model, asked, part)
            if step is not None:
                yield step
        for model in chosen:
            if not all(model.name in one.final for one in asked):
                step = self._in_full(model, asked, failed, part(model))
                if step.error is not None:
                    failed[model.name] = step.error
                yield step
            done += model.seconds

    def working(self, scenario: Scenario, name: str, job: Job | None = None) -> Result:
        """Return a model's final answer with its working state, which is made anew where it was let go.

        Parameters
        ----------
        scenario : Scenario
        name : str
            A model that needs no others.
        job : Job, optional
        """
        answer = self.run(scenario, [name], job)
        key = answer.runs[name].key
        held = self.warm.get(key)
        if held is not None and held.working is not None:
            return held
        model, version = self._models[name], self._version(scenario)
        values = settled(model, scenario.parameters.get(name, {}))
        result = dataclasses.replace(model.run(version.city, values, {}, None, None, job), key=key)
        self.warm.put(result, version, False)
        return result

    def flush(self) -> None:
        """Wait until all results are on disk."""
        self._writer.submit(int).result()

    def close(self) -> None:
        """Wait until all results are on disk and end the thread that writes them."""
        self._writer.shutdown(wait=True)

    def _version(self, scenario: Scenario) -> Version:
        return self._versions.build(self._base, self.digest, scenario.active)

    # --- one model ------------------------------------------------------------------------------------------------

    def _at_once(self, model: Model, asked: list[_Asked], part: Callable[[Model], Job]) -> Step | None:
        """Answer what can be answered quickly, the same way for all; None when it has to wait, or fails."""
        if any(name not in one.results for one in asked for name in one.taken(model)):
            return None
        quick = all(self._expected(model, one) <= PATIENCE for one in asked)
        if not quick and model.preview is None:
            return None
        try:
            return self._together(model, asked, part(model), preview=not quick)
        except Cancelled:
            raise
        except Exception:  # the full answer is tried later and says what is wrong
            _log.info("%s gave no answer at once", model.name, exc_info=True)
            return None

    def _in_full(self, model: Model, asked: list[_Asked], failed: Mapping[str, TwinError], job: Job) -> Step:
        missing = next((name for name in model.needs if name in failed), None)
        if missing is not None:
            title = Term(self._models[missing].title)
            return Step(model.name, {}, {}, error=BadInput("It needs an answer of «{model}».", model=title))
        try:
            return self._together(model, asked, job, preview=False)
        except Cancelled:
            raise
        except Exception as error:
            file = _file(model)
            if isinstance(error, TwinError) and (file is None or raised_in(error, file)):
                return Step(model.name, {}, {}, error=error)  # its own word to the user
            _log.exception("%s failed", model.name)
            reason = f"{type(error).__name__}: {error}" if file is None else told(error, file)
            wrapped = JobFailed("«{title}» failed: {reason}", title=Term(model.title), reason=reason)
            wrapped.__cause__ = error
            return Step(model.name, {}, {}, error=wrapped)

    def _together(self, model: Model, asked: list[_Asked], job: Job, *, preview: bool) -> Step:
        """Run a model for all scenarios, the cheapest first, so that its answer helps the next."""
        left = sorted(reversed(asked), key=lambda one: self._expected(model, one))
        for number, one in enumerate(left):
            share = job.part(number / len(left), (number + 1) / len(left))
            self._run(model, one, share, preview=preview)
        final = all(model.name in one.final for one in asked)
        results = {one.key: one.results[model.name] for one in asked}
        return Step(model.name, results, {one.key: one.runs[model.name] for one in asked}, final)

    def _run(self, model: Model, one: _Asked, job: Job, *, preview: bool) -> None:
        begun = time.perf_counter()
        runner = model.preview if preview and model.preview is not None else model.run
        values, version = one.values[model.name], one.version
        inputs = one.inputs(model)
        own = question(model, values, version, inputs, preview=preview)
        rough = preview or any(result.quality == "preview" for result in inputs.values())
        final = not preview and all(name in one.final for name in inputs)
        result, how = self._known(own)
        if result is None:
            near = self.warm.nearest(model, values, version, preview)
            previous, changed = (None, None) if near is None else near
            result = runner(version.city, values, inputs, previous, changed, job)
            if not isinstance(result, Result):
                raise TypeError(f"run returned {named(result)}, expected a Result")
            fields = tuple(one if one.about is None else _owned(one, model, version.city) for one in result.fields)
            result = dataclasses.replace(result, fields=fields)
            quality = "preview" if rough else result.quality
            assumptions = self.assumptions + result.assumptions
            result = dataclasses.replace(result, key=own, quality=quality, assumptions=assumptions)
            result = self._coarsened(guarded(result, base=self._of_base(model, one, result)))
            if final and not is_made_of_people(result):
                self._store(result)
            if not preview:
                self._spent[model.name, near is not None] = time.perf_counter() - begun
        self.warm.put(result, version, preview)
        one.results[model.name] = result.without_working()
        one.runs[model.name] = Run(own, time.perf_counter() - begun, result.quality, how)
        if final:
            one.final.add(model.name)

    def _expected(self, model: Model, one: _Asked) -> float:
        """Return how long the full answer will take [s], as far as can be known: nothing where it is known."""
        values = one.values[model.name]
        own = question(model, values, one.version, one.inputs(model))
        if self.warm.has(own) or (self._folder is not None and (self._folder / FOLDER / own).is_dir()):
            return 0.0
        near = self.warm.nearest(model, values, one.version) is not None
        return self._spent.get((model.name, near), self._spent.get((model.name, False), model.seconds))

    # --- what is kept -------------------------------------------------------------------------------------------

    def _of_base(self, model: Model, one: _Asked, result: Result) -> Result | None:
        """Return what the model says of the city as it is, where that is needed to guard the people in an answer."""
        if not is_made_of_people(result) or not one.scenario.active:
            return None
        plain = PRESENT.changed(parameters=one.scenario.parameters)
        found = None
        # of the same models and no others: those that are off stay off, and both answers are made of the same
        for step in self.steps([plain], [*one.taken(model), model.name], exact=True):
            if step.error is not None:
                raise step.error
            if step.model == model.name:
                (found,) = step.results.values()
        return found

    def _known(self, key: str) -> tuple[Result | None, How]:
        result = self.warm.get(key)
        if result is not None:
            return result, "memory"
        result = None if self._folder is None else load(self._folder, key)
        if result is None or self._folder is None:
            return None, ""
        try:
            os.utime(self._folder / FOLDER / key)
        except OSError:  # a project on a read-only disk
            _log.debug("%s: its time could not be set", key)
        return self._coarsened(result), "disk"

    def _coarsened(self, result: Result) -> Result:
        return coarsened(result) if self._protected else result

    def _store(self, result: Result) -> None:
        if self._folder is not None:
            self._writer.submit(_store, self._folder, result.without_working())


def _owned(field: Field, model: Model, city: City) -> Field:
    """Return a field with its own source, which inherits from the tables that its model reads."""
    about = cast("Source", field.about)
    tables = tuple(name for name in model.reads if name in TABLES) if about.tables is None else about.tables
    return dataclasses.replace(field, about=derived(dataclasses.replace(about, tables=tables), city))


def _file(model: Model) -> Path | None:
    """Return the file of a model that is none of ours, so that its writer is told where it failed."""
    code = getattr(model.run, "__code__", None)
    own = str(getattr(model.run, "__module__", "")).startswith("twin.")
    return None if code is None or own else Path(code.co_filename)


def question(
    model: Model,
    values: Mapping[str, object],
    version: Version,
    inputs: Mapping[str, Result],
    preview: bool = False,
) -> str:
    """Return the key of a model's answer: SHA-256 of model, version, parameters, tables read and answers needed.

    What the model does not read has no part in it, so an edit of anything else asks nothing new. A preview is an
    answer to another question.
    """
    read = {name: version.digest(name) for name in model.reads}
    needed = {name: result.key for name, result in inputs.items()}
    body: tuple[object, ...] = (model.name, model.version, values, version.city.crs, read, needed)
    if preview:
        body = (*body, "preview")
    if model.pivots:
        body = (*body, {name: version.root.digest(name) for name in model.reads})
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()


def _store(folder: Path, result: Result) -> None:
    try:
        store(folder, result)
        _tidy(folder / FOLDER)
    except (OSError, TwinError):  # a full or read-only disk: the answer is there, only not for next time
        _log.warning("the result %s could not be stored", result.key, exc_info=True)


def _sweep(folder: Path) -> None:
    """Remove what an earlier format of results left: it may tell of people what no longer is written down."""
    try:
        for place in folder.iterdir():
            if is_outdated(place):
                shutil.rmtree(place, ignore_errors=True)
    except OSError:  # no results yet
        _log.debug("%s was not looked through", folder.name)


def _tidy(folder: Path) -> None:
    kept = [place for place in folder.iterdir() if not place.name.startswith(".")]
    if len(kept) <= MAX_STORED:
        return
    kept.sort(key=lambda place: place.stat().st_mtime)
    for place in kept[: len(kept) - MAX_STORED]:
        shutil.rmtree(place, ignore_errors=True)
