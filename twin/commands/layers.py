"""``twin layers``: the drop-ins that were found, and what is wrong with them; trust in those of a project; a check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import BadInput, UsageError
from twin.text import N_, tr

if TYPE_CHECKING:
    from argparse import Namespace

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


def run(args: Namespace, console: Console) -> int:
    """List the drop-ins; one with an error is listed with it."""
    from twin import plugins
    from twin.dropins import trust
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
    trust.activate(project)
    found = plugins.discover()
    lang = console.lang
    code = "" if project is None else trust.digest(project)
    lines = _lines(found, lang)
    if code:
        said = N_("The code in {path} is trusted ({digest}).") if trust.is_trusted(project) else N_(  # type: ignore[arg-type]
            "The code in {path} is not trusted and was left out ({digest}); --trust lets it run.")  # fmt: skip
        lines.append(tr(said, lang, path=args.project, digest=code))
    lines.append(tr("Your own layers lie in {folder}.", lang, folder=plugins.user_folder()))
    result: dict[str, Any] = {"layers": _rows(found, lang), "user_folder": str(plugins.user_folder())}
    if code:
        result["code"] = {"sha256": code, "trusted": trust.is_trusted(project)}  # type: ignore[arg-type]
    console.result(result, "\n".join(lines))
    return 0


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


def _lines(found: tuple[DropIn, ...], lang: str) -> list[str]:
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
