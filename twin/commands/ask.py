"""``twin ask``: a guided question of the window, answered on the command line."""

from __future__ import annotations

import math
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.commands import run as running
from twin.errors import BadInput, UsageError
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.chart import Chart
    from twin.city.city import City
    from twin.commands.console import Console, Parser
    from twin.layer import Layer
    from twin.questions.question import Question, Reply
    from twin.result import Row
    from twin.scenario.scenario import Scenario
    from twin.state import State

WRITERS = {".gpkg": "GPKG", ".geojson": "GeoJSON"}
"""Kinds of files that what an answer shows on the map is written to."""


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    running.project(parser, lang)
    parser.add_argument("question", nargs="?", metavar="QUESTION", help=tr("its id; without one all are listed", lang))
    parser.add_argument("steps", nargs="*", metavar="STEP=VALUE", help=tr("what its steps ask for", lang))
    parser.add_argument("--scenario", metavar="S", default="", help=tr("the scenario it is asked in", lang))
    parser.add_argument(
        "--reference", metavar="R",
        help=tr("what it is compared with; by default the zero alternative, else the city as it is", lang),
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="FILE", help=tr("also write what the answer shows on the map (.gpkg, .geojson)", lang)
    )


def run(args: Namespace, console: Console) -> int:
    """Answer, or list the questions there are."""
    from twin.questions.registry import find, questions

    if args.question is None:
        return _listed(args.project, console)
    question = find(args.question)
    if question is None:
        known = ", ".join(one.id for one in questions())
        raise BadInput("There is no question called {name}; there are: {known}.", name=args.question, known=known)
    if args.out is not None and Path(args.out).suffix.lower() not in WRITERS:
        raise UsageError("--out: {name}: expected the ending .gpkg or .geojson", name=args.out)
    return _answered(question, args, console)


def _listed(project: str, console: Console) -> int:
    from twin.questions.question import Choice
    from twin.questions.registry import questions
    from twin.questions.written import form

    city = running.opened(project, console)[0].city
    told, lines = [], []
    for one in questions():
        steps = [
            {"id": step.id, "title": tr(step.title, console.lang), "value": form(step)}
            | ({"keys": [key for key, _ in step.of(city)]} if isinstance(step, Choice) else {})
            for step in one.steps
        ]
        told.append({"id": one.id, "title": tr(one.title, console.lang), "steps": steps})
        lines.append(f"{one.id}: {tr(one.title, console.lang)}")
        lines += [
            f"    {step['id']}={step['value']}  {step['title']}"
            + (f" ({', '.join(step['keys'])})" if step.get("keys") else "")
            for step in steps
        ]
    console.result({"questions": told}, "\n".join(lines))
    return 0


def _answered(question: Question, args: Namespace, console: Console) -> int:
    from twin.chain.registry import seen_alike
    from twin.questions.question import Asked, replied
    from twin.scenario.scenario import find, reference_of, shown_name

    lang = console.lang
    state, chain = running.opened(args.project, console)
    begun = find(state.scenarios, args.scenario)
    before = _edited(state.city, begun)
    lacks = question.lacks(before)
    if lacks:
        raise BadInput(lacks)
    values = _values(question, args.steps, state, before)
    made = question.make(values, before, lang)
    scenario = begun.adding(*made.edits)
    for model, own in made.parameters.items():
        for name, value in own.items():
            scenario = scenario.with_parameter(model, name, value)
    if scenario is not begun and not args.scenario:
        scenario = scenario.changed(name=made.name or tr(question.title, lang), role="alternativ")
    reference = find(state.scenarios, args.reference) if args.reference else reference_of(state.scenarios, scenario)
    reference = seen_alike(reference, scenario)
    models = running.wanted(question.models, state)
    after, other = running.answered(chain, [scenario, reference], models, console, console.job())
    chain.close()
    failed = running.failed(after, question.models)
    if failed:
        return failed
    names = shown_name(scenario, lang), shown_name(reference, lang)
    asked = Asked(values, _edited(state.city, scenario), state.city, after, other, names, lang,
                  _loaded(question, args.project, state))  # fmt: skip
    reply = replied(question, asked)
    if args.out is not None:
        _write(reply.layers, asked.city, Path(args.out))
    for text in dict.fromkeys(said for name in question.models for said in after.results[name].assumptions):
        console.say(tr(text, lang))
    console.result(
        {"question": question.id, "scenario": names[0], "reference": names[1], **_told(reply)}, _text(reply, lang)
    )
    return 0


def _values(question: Question, steps: list[str], state: State, city: City) -> dict[str, Any]:
    """Return the values of a question's steps: those given, else the defaults."""
    from twin.questions.written import form, value

    values, known = question.first_values(city), {step.id: step for step in question.steps}
    layers = [(one.id, one.about.title, one.about.unit) for one in state.imported]
    for word in steps:
        name, sign, text = word.partition("=")
        if not sign or name not in known:
            raise BadInput(
                "«{word}» is no step of {question}; expected: {known}.", word=word, question=question.id,
                known=", ".join(f"{id}={form(step)}" for id, step in known.items()) or "–",
            )  # fmt: skip
        values[name] = value(known[name], text, city, layers)
    missing = question.missing(values)
    if missing is not None:
        raise BadInput("{question} needs {step}={form}.", question=question.id, step=missing.id, form=form(missing))
    return values


def _edited(base: City, scenario: Scenario) -> City:
    return reduce(lambda city, edit: edit.apply(city), scenario.active, base)


def _loaded(question: Question, project: str, state: State) -> dict[str, Any]:
    """Return the numbers of the project's data layers, where the question asks for any."""
    from twin.datafile.evaluate import evaluate
    from twin.project import data_folders, resolve_path
    from twin.questions.question import Loaded

    if not any(isinstance(step, Loaded) for step in question.steps):
        return {}
    found = evaluate(state.imported, state.city, data_folders(resolve_path(project)))
    return {id: one.field for id, one in found.numbers.items()}


def _write(layers: tuple[Layer, ...], city: City, path: Path) -> None:
    from twin.scripting import as_frame

    if not layers:
        raise BadInput(N_("The answer shows nothing of its own on the map: there is nothing to write."))
    if path.suffix.lower() == ".geojson" and len(layers) > 1:
        raise BadInput("{name}: a GeoJSON file holds one layer; the answer has {n}.", name=path.name, n=len(layers))
    for layer in layers:
        table = as_frame(layer.field, city)
        if layer.texts:
            table["text"] = list(layer.texts)
        try:
            table.to_file(path, layer=layer.id.partition(":")[2], driver=WRITERS[path.suffix.lower()])
        except (OSError, RuntimeError) as error:
            raise BadInput("{path}: {reason}", path=str(path), reason=str(error)) from None


def _told(reply: Reply) -> dict[str, object]:
    return {
        "sentence": reply.sentence,
        "rows": [
            {"id": r.id, "value": r.value, "reference": r.reference, "difference": r.difference, "unit": r.unit}
            for r in reply.rows
        ],
        "notes": list(reply.notes),
        "chart": None if reply.chart is None else _series(reply.chart),
        "layers": [{"id": one.id, "title": one.title, "values": len(one.field.values)} for one in reply.layers],
    }


def _series(chart: Chart) -> dict[str, object]:
    """Return the numbers of a chart, each series with its title."""
    return {
        "title": chart.title, "names": list(chart.x.names), "unit": chart.y.unit,
        "series": [{"title": part.title, "values": [float(v) for v in part.y]} for part in chart.parts],
    }  # fmt: skip


def _text(reply: Reply, lang: str) -> str:
    return "\n".join([reply.sentence, *(_line(row, lang) for row in reply.rows), *(f"  – {n}" for n in reply.notes)])


def _line(row: Row, lang: str) -> str:
    from twin.indicator_text import places_shown, signed

    decimals = places_shown(row)
    text = f"  {tr(row.title, lang, **row.fields)}: {number(row.value, lang, decimals, tr(row.unit, lang))}"
    if math.isnan(row.reference):
        return text
    return f"{text} ({number(row.reference, lang, decimals)}, {signed(row.difference, lang, decimals)})"
