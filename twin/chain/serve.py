"""The chain in the engine process: it opens the project itself, stays warm, and answers questions."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.chain.chain import Chain
from twin.scenario.codec import decode_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.chain.answer import Answer
    from twin.city.city import City
    from twin.jobs import Job

_MOST = 2
_chains: OrderedDict[tuple[str, str], Chain] = OrderedDict()


@dataclass(frozen=True)
class Question:
    """What is asked of the engine.

    Parameters
    ----------
    project : str
        Folder of the project.
    version : str
        Which base city: any text that changes when the project's city files do.
    scenario : bytes
        As :func:`twin.scenario.codec.encode_scenario` writes it.
    models : tuple of str
        Those wanted, all by default.
    keep : bool
        Whether results are stored in the project; False where it is read-only.
    """

    project: str
    version: str
    scenario: bytes
    models: tuple[str, ...] = ()
    keep: bool = True


def ask(question: Question, open_city: Callable[[Path], City], job: Job | None = None) -> Answer:
    """Answer a question; the project is opened the first time, and again when its base city is another.

    Parameters
    ----------
    question : Question
    open_city : callable
        Reads the base city of a project folder; importable, as it travels to the engine process by name.
    job : Job, optional

    Raises
    ------
    BadInput
        When the scenario, a model or a parameter is not what it can be.
    """
    scenario = decode_scenario(question.scenario, Path(question.project).name)
    return _chain(question, open_city).run(scenario, question.models, job)


def warm_up(question: Question, open_city: Callable[[Path], City], job: Job | None = None) -> None:
    """Open the project and load the kernels, so that the first question is answered at once."""
    from twin.models.compile import compile_all

    compile_all(job)
    _chain(question, open_city)


def _chain(question: Question, open_city: Callable[[Path], City]) -> Chain:
    name = (question.project, question.version)
    chain = _chains.get(name)
    if chain is None:
        folder = Path(question.project)
        for old in [key for key in _chains if key[0] == question.project]:
            _chains.pop(old).close()
        chain = _chains[name] = Chain(open_city(folder), folder if question.keep else None)
        while len(_chains) > _MOST:
            _chains.popitem(last=False)[1].close()
    _chains.move_to_end(name)
    return chain
