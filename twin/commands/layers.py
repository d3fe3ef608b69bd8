"""``twin layers``: the drop-ins that were found, and what is wrong with them; trust in those of a project; a check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import BadInput, UsageError
from twin.text import N_, tr

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from twin.commands.console import Console, Parser
    from twin.plugins import DropIn

KINDS = {
    "layer": N_("layer"), "model": N_("model"), "reader": N_("reader"), "feed": N_("feed"),
    "scale": N_("colour scale"), "block": N_("report block"),
}  # fmt: skip


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "project", nargs="?", metavar="P.twin", help=tr("a project, for the drop-ins that lie in it", lang)
    )
    parser.add_argument(
        "--trust", action="store_true", help=tr("let the code that lies in the project run from now on", lang)
    )
    parser.add_argument(
        "--check", metavar="FILE.py", type=Path, help=tr("run one drop-in on a project (the demo) and look at it", lang)
    )
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="M",
        help=tr("ask these models, and list the layers of their answers by name", lang),
    )  # fmt: skip


def run(args: Namespace, console: Console) -> int:
    """List the drop-ins, one with an error with it, and of a project its data and what its models answer."""
    from twin import plugins
    from twin.commands.results import FIELD
    from twin.dropins import trust
    from twin.dropins.register import register
    from twin.project import resolve_path

    project = None if args.project is None else resolve_path(args.project)
    if args.check is not None:
        return _check(args.check, project, console)
    if args.trust:
        if project is None:
            raise UsageError("--trust needs a project.")
        if not trust.digest(project):
            raise BadInput("{path} brings no code.", path=project.name)
        trust.trust(project)
    if args.models and project is None:
        raise UsageError("--models needs a project.")
    trust.activate(project)
    found = plugins.discover()
    extras = register(found)
    lang = console.lang
    code = "" if project is None else trust.digest(project)
    lines = _lines([replace(one, error=extras.errors.get(one.id, one.error)) for one in found], lang)
    result: dict[str, Any] = {"layers": _rows(found, lang), "user_folder": str(plugins.user_folder())}
    if project is not None:
        told = _of_project(project, args.models, console)
        result |= told
        lines += [""] + [f"{row['id']}  {row['title']}" for rows in told.values() for row in rows]
        lines.append(tr("The difference to a reference: difference:MODEL:{field}", lang, field=FIELD))
        if any(row["id"].endswith(FIELD) for row in told["results"]):
            lines.append(tr("The fields of a model are listed once it has answered; --models M asks it.", lang))
    if code:
        said = N_("The code in {path} is trusted ({digest}).") if trust.is_trusted(project) else N_(  # type: ignore[arg-type]
            "The code in {path} is not trusted and was left out ({digest}); --trust lets it run.")  # fmt: skip
        lines.append(tr(said, lang, path=args.project, digest=code))
    lines.append(tr("Your own layers lie in {folder}.", lang, folder=plugins.user_folder()))
    if code:
        result["code"] = {"sha256": code, "trusted": trust.is_trusted(project)}  # type: ignore[arg-type]
    console.result(result, "\n".join(lines))
    return 0


def _of_project(path: Path, models: list[str], console: Console) -> dict[str, list[dict[str, str]]]:
    """Return id and title of the data layers of a project and of what its models answer."""
    from twin.chain.chain import Chain
    from twin.chain.registry import ordered
    from twin.commands import run as running
    from twin.commands.results import listed
    from twin.content import demo_project
    from twin.project import load_view
    from twin.result import fields_stored
    from twin.scenario.scenario import PRESENT

    state, _ = load_view(path)
    fields = fields_stored(path)
    if models:
        names = [one.name for one in ordered(models, uses=False)]
        chain = Chain(state.city, None if path == demo_project() else path)
        (answer,) = running.answered(chain, [PRESENT], names, console, console.job())
        chain.close()
        fields |= {name: tuple(one.name for one in result.fields) for name, result in answer.results.items()}
    return {
        "data": [{"id": one.id, "title": one.about.title} for one in state.imported],
        "results": [{"id": id, "title": tr(title, console.lang)} for id, title in listed(fields)],
    }


def _rows(found: tuple[DropIn, ...], lang: str) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "title": tr(one.title, lang),
            "group": tr(one.group, lang),
            "origin": one.origin,
            "path": str(one.path),
            "parameters": [parameter.name for parameter in one.parameters],
            "error": one.error or None,
        }
        for one in found
    ]


def _lines(found: Sequence[DropIn], lang: str) -> list[str]:
    width = max((len(one.id) for one in found), default=0)
    lines = []
    for one in found:
        kind = "" if one.kind == "layer" else f"[{tr(KINDS[one.kind], lang)}] "
        group = f" ({tr(one.group, lang)})" if one.group else ""
        lines.append(f"{one.id:{width}}  {kind}{tr(one.title, lang)}{group}")
        if one.error:
            lines.append(f"  ! {one.error}")
    return lines


def _check(file: Path, project: Path | None, console: Console) -> int:
    from twin.content import demo_project
    from twin.dropins.check import check_dropin
    from twin.project import load_city

    if not file.is_file():
        raise BadInput("{path}: there is no such file.", path=file.name)
    city = load_city(project or demo_project(), console.job())
    try:
        check_dropin(file, city)
    except AssertionError as error:
        said = str(error)
        raise BadInput("{reason}", reason=said if said.startswith(file.name) else f"{file.name}: {said}") from error
    text = tr("{path} works on {city}.", console.lang, path=file.name, city=city.name)
    console.result({"path": str(file), "ok": True}, text)
    return 0
