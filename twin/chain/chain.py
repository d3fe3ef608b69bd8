"""Running models for a scenario: in dependency order, each only when what it reads is not what was answered before."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from twin.chain.registry import MODELS, ordered
from twin.chain.warm import BUDGET, Warm
from twin.city.digest import city_digest
from twin.city.residents import with_people
from twin.errors import TwinError
from twin.models.model import settled
from twin.result import FOLDER, difference, load, store
from twin.scenario.scenario import key as scenario_key
from twin.scenario.version import Versions
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from twin.city.city import City
    from twin.jobs import Job
    from twin.models.model import Model
    from twin.result import Difference, Indicator, Quality, Result
    from twin.scenario.scenario import Scenario
    from twin.scenario.version import Version

How = Literal["", "memory", "disk"]
MAX_STORED = 400
"""Results kept on disk for a project; the longest unused leave first."""
_log = logging.getLogger(__name__)
_RUNNING = N_("{model}")


@dataclass(frozen=True)
class Run:
    """How a model came to its answer: its key, seconds it took, its quality, and where it was taken from."""

    key: str
    seconds: float
    quality: Quality
    reused: How = ""


@dataclass(frozen=True, eq=False)
class Answer:
    """What the models say to a scenario.

    ``key`` is that of the question; whoever asked compares it with what is asked now and drops what is stale.
    """

    scenario: str
    key: str
    results: Mapping[str, Result]
    runs: Mapping[str, Run]

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators, in the order of the models."""
        return tuple(one for result in self.results.values() for one in result.indicators)

    @property
    def quality(self) -> Quality:
        """«preview» when any of it is."""
        return "preview" if any(run.quality == "preview" for run in self.runs.values()) else "final"


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
        self._base, self.assumptions = with_people(base)
        self._folder = folder
        self._models = models
        self._versions = Versions()
        self.warm = Warm(budget)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="results")

    def city(self, scenario: Scenario) -> City:
        """Return the City of a scenario."""
        return self._version(scenario).city

    def key(self, scenario: Scenario) -> str:
        """Return the key of a scenario."""
        return scenario_key(self.digest, scenario)

    def run(self, scenario: Scenario, names: Iterable[str] = (), job: Job | None = None) -> Answer:
        """Run models for a scenario.

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
            When a model or a parameter is unknown or a value impossible.
        """
        version = self._version(scenario)
        chosen = ordered(names, self._models)
        results: dict[str, Result] = {}
        runs: dict[str, Run] = {}
        for number, model in enumerate(chosen):
            part = None if job is None else job.part(number / len(chosen), (number + 1) / len(chosen))
            if part is not None:
                part.progress(0.0, _RUNNING, model=model.title)
            results[model.name], runs[model.name] = self._run(model, scenario, version, results, part)
        return Answer(scenario.name, self.key(scenario), results, runs)

    def flush(self) -> None:
        """Wait until all results are on disk."""
        self._writer.submit(int).result()

    def close(self) -> None:
        """Wait until all results are on disk and end the thread that writes them."""
        self._writer.shutdown(wait=True)

    def _version(self, scenario: Scenario) -> Version:
        return self._versions.build(self._base, self.digest, scenario.active)

    def _run(
        self, model: Model, scenario: Scenario, version: Version, results: Mapping[str, Result], job: Job | None
    ) -> tuple[Result, Run]:
        begun = time.perf_counter()
        values = settled(model, scenario.parameters.get(model.name, {}))
        inputs = {name: results[name] for name in (*model.needs, *model.uses) if name in results}
        own = question(model, values, version, inputs)
        result, how = self._known(own)
        if result is None:
            near = self.warm.nearest(model.name, values, version)
            previous, changed = (None, None) if near is None else near
            result = model.run(version.city, values, inputs, previous, changed, job)
            result = dataclasses.replace(result, key=own, assumptions=self.assumptions + result.assumptions)
            self._store(result)
        self.warm.put(result, version)
        return result.without_working(), Run(own, time.perf_counter() - begun, result.quality, how)

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
        return result, "disk"

    def _store(self, result: Result) -> None:
        if self._folder is not None:
            self._writer.submit(_store, self._folder, result.without_working())


def question(model: Model, values: Mapping[str, object], version: Version, inputs: Mapping[str, Result]) -> str:
    """Return the key of a model's answer: SHA-256 of model, version, parameters, tables read and answers needed.

    What the model does not read has no part in it, so an edit of anything else asks nothing new.
    """
    read = {name: version.digest(name) for name in model.reads}
    needed = {name: result.key for name, result in inputs.items()}
    body = (model.name, model.version, values, version.city.crs, read, needed)
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()


def compared(answer: Answer, reference: Answer) -> dict[str, Difference]:
    """Return the answers of a scenario minus those of a reference, by model; the reference is named in each."""
    return {
        name: difference(result, reference.results[name], reference.scenario)
        for name, result in answer.results.items()
        if name in reference.results
    }


def _store(folder: Path, result: Result) -> None:
    try:
        store(folder, result)
        _tidy(folder / FOLDER)
    except (OSError, TwinError):  # a full or read-only disk: the answer is there, only not for next time
        _log.warning("the result %s could not be stored", result.key, exc_info=True)


def _tidy(folder: Path) -> None:
    kept = [place for place in folder.iterdir() if not place.name.startswith(".")]
    if len(kept) <= MAX_STORED:
        return
    kept.sort(key=lambda place: place.stat().st_mtime)
    for place in kept[: len(kept) - MAX_STORED]:
        shutil.rmtree(place, ignore_errors=True)
