"""``twin run``: the models for a scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twin.commands import setting
from twin.text import N_, error_text, number, tr

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from twin.chain.answer import Answer
    from twin.chain.chain import Chain
    from twin.commands.console import Console, Parser
    from twin.jobs import Job
    from twin.models.model import Parameter
    from twin.scenario.scenario import Scenario
    from twin.state import State

_REUSED = {"": "", "memory": N_("answered before"), "disk": N_("answered before")}


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    project(parser, lang)
    parser.add_argument(
        "--scenario", action="append", metavar="S",
        help=tr("the scenario, several when given again; the city as it is by default", lang),
    )  # fmt: skip
    models(parser, lang)
    setting.add(parser, lang)
    parser.add_argument(
        "--scheduler", metavar="ADDRESS",
        help=tr("address of a Dask scheduler; several scenarios, and models that can, run on its workers", lang),
    )  # fmt: skip


def project(parser: Parser, lang: str) -> None:
    """Describe the argument that names the project."""
    parser.add_argument("project", metavar="P.twin", help=tr("the project; demo is the shipped one", lang))


def unsaved(parser: Parser, lang: str) -> None:
    """Describe the switch of commands that save over what a crash left behind."""
    parser.add_argument(
        "--without-unsaved", action="store_true",
        help=tr("go on without work that was not saved when the program ended; it stays an earlier version", lang),
    )  # fmt: skip


def models(parser: Parser, lang: str) -> None:
    """Describe the argument that names the models."""
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="M",
        help=tr("models to run, or all; those switched on in the project by default", lang),
    )  # fmt: skip


def run(args: Namespace, console: Console) -> int:
    """Run the chain, report what was done and the indicators."""
    from twin.jobcluster import cluster_of
    from twin.privacy.guard import result_for_export
    from twin.scenario.scenario import find

    lang = console.lang
    state, chain = opened(args.project, console)
    scenarios = [find(state.scenarios, name) for name in args.scenario or [""]]
    for one in scenarios:
        warn(state, one.name, console)
    models = wanted(args.models, state)
    given = setting.chosen(args.given, settable(models))
    scenarios = [one.assuming(given) for one in scenarios]
    with cluster_of(args.scheduler) as cluster:
        job = console.job(cluster)
        if len(scenarios) == 1:
            answers = answered(chain, scenarios, models, console, job)
        else:
            answers = _each(args.project, scenarios, models, job)
    chain.close()
    # what is written here may go anywhere
    answers = [
        replace(one, results={name: result_for_export(result) for name, result in one.results.items()})
        for one in answers
    ]
    for text in dict.fromkeys(
        said for one in answers for result in one.results.values() for said in result.assumptions
    ):
        console.say(tr(text, lang))
    say_sources(answers, console)
    rows = [_row(one) for one in answers]
    console.result(rows[0] if len(rows) == 1 else {"runs": rows}, "\n".join(_text(one, lang) for one in answers))
    return max(failed(one, args.models) for one in answers)


def say_sources(answers: Sequence[Answer], console: Console) -> None:
    """Say whose the values of drop-in models are, and their information class."""
    from twin.city.schema import word

    fields = (field for one in answers for result in one.results.values() for field in result.fields)
    for about in dict.fromkeys(field.about for field in fields):
        if about is not None:
            said = tr("Source: {source}", console.lang, source=about.said())
            name = tr(word(about.classification), console.lang)
            console.say(f"{said}. " + tr("Information class: {name}", console.lang, name=name))


def _each(project: str, scenarios: Sequence[Scenario], models: Sequence[str], job: Job) -> list[Answer]:
    """Return the answers to several scenarios, each a part of work of its own."""
    from twin.chain.ensemble import ensemble
    from twin.chain.serve import Question
    from twin.project import load_city, resolve_path

    path = resolve_path(project)
    # results of many scenarios at once would push those of the window out of the project
    return ensemble(Question(str(path), "", b"", tuple(models), keep=False), scenarios, load_city, job)


def _row(answer: Answer) -> dict[str, object]:
    return {
        "scenario": answer.scenario,
        "key": answer.key,
        "models": {
            name: {"seconds": one.seconds, "quality": one.quality, "reused": bool(one.reused)}
            for name, one in answer.runs.items()
        },
        "indicators": [
            {"id": one.id, "value": one.value, "unit": one.unit, "model": one.model} for one in answer.indicators
        ],
    }


def settable(names: Sequence[str]) -> dict[str, tuple[Parameter, ...]]:
    """Return the tables of parameters of the models that run."""
    from twin.chain.registry import MODELS, ordered

    return {one.name: MODELS[one.name].parameters for one in (ordered(names, uses=False) if names else ())}


def wanted(names: Sequence[str], state: State) -> tuple[str, ...]:
    """Return the models a command runs: those named with what they need and use, all, or the project's choice."""
    from twin.chain.registry import MODELS, ordered, switched_on

    if "all" in names:
        return tuple(MODELS)
    return tuple(one.name for one in ordered(names)) if names else switched_on(state.models)


def answered(
    chain: Chain, scenarios: Sequence[Scenario], names: Sequence[str], console: Console, job: Job
) -> list[Answer]:
    """Return the final answers to scenarios; a model that has none is named on stderr, the others answer."""
    from twin.chain.answer import Answer
    from twin.chain.registry import MODELS

    answers = [Answer(one.name, chain.key(one)) for one in scenarios]
    for step in chain.steps(scenarios, names, job, exact=True) if names else ():
        answers = [one.after(step) for one in answers]
        if step.error is not None:
            said = error_text(step.error, console.lang)
            title = "" if "title" in step.error.fields else tr(MODELS[step.model].title, console.lang) + ": "
            console.say(f"twin: {title}{said}")
    return answers


def failed(answer: Answer, names: Sequence[str]) -> int:
    """Return 1 when a model that was asked for by name gave no answer, or none gave any."""
    missed = any(name in answer.errors for name in names) or (answer.errors and not answer.results)
    return 1 if missed else 0


def opened(text: str, console: Console | None = None) -> tuple[State, Chain]:
    """Return the State of a project and the chain over its city; results are kept where the project is ours."""
    from twin.chain.chain import Chain
    from twin.commands.console import Console as Speaker
    from twin.commands.dropins import know
    from twin.content import demo_project
    from twin.project import load_view, resolve_path

    path = resolve_path(text)
    know(path, console or Speaker("en"))
    state, _ = load_view(path)
    return state, Chain(state.city, None if path == demo_project() else path)


def warn(state: State, name: str, console: Console) -> None:
    """Say which of a scenario's edits do not go together."""
    from twin.scenario.conflicts import check
    from twin.scenario.scenario import find

    for conflict in check(state.city, find(state.scenarios, name).edits):
        console.say(f"twin: {name}: {conflict.text(console.lang)}")


def _text(answer: Answer, lang: str) -> str:
    lines = [f"{answer.scenario}  {answer.key[:12]}"]
    for name, one in answer.runs.items():
        how = tr(_REUSED[one.reused], lang)
        lines.append(f"{name}  {number(one.seconds, lang, 2, 's')}  {one.quality}  {how}".rstrip())
    for row in answer.indicators:
        lines.append(f"  {row.name(lang)}: {number(row.value, lang, unit=tr(row.unit, lang))}")
    return "\n".join(lines)
