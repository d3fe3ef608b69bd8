"""``twin layers``: the drop-ins that were found, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.text import tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments (it has none of its own)."""


def run(args: Namespace, console: Console) -> int:
    """List the drop-ins; one with an error is listed with it."""
    from twin import plugins

    found = plugins.discover()
    lang = console.lang
    rows = [
        {
            "id": one.id,
            "title": tr(one.title, lang),
            "group": tr(one.group, lang),
            "path": str(one.path),
            "error": one.error or None,
        }
        for one in found
    ]
    width = max((len(one.id) for one in found), default=0)
    lines = []
    for one in found:
        lines.append(f"{one.id:{width}}  {tr(one.title, lang)}" + (f" ({tr(one.group, lang)})" if one.group else ""))
        if one.error:
            lines.append(f"  ! {one.error}")
    lines.append(tr("Your own layers lie in {folder}.", lang, folder=plugins.user_folder()))
    console.result({"layers": rows, "user_folder": str(plugins.user_folder())}, "\n".join(lines))
    return 0
