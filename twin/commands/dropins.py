"""Drop-ins on the command line: those of the user, of packages and of a project that is trusted take part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.text import tr

if TYPE_CHECKING:
    from pathlib import Path

    from twin.commands.console import Console


def know(project: Path | None, console: Console) -> None:
    """Register what drop-ins add besides layers; code of a project that is not trusted is named and left out."""
    from twin import plugins
    from twin.dropins import trust
    from twin.dropins.register import register

    trust.activate(project)
    if project is not None and trust.must_ask(project):
        said = tr("{path} brings code that is not trusted; it is left out.", console.lang, path=project.name)
        console.say(f"twin: {said} (twin layers {project.name} --trust)")
    if plugins.any_of_others():
        extras = register(plugins.discover())
        for id, reason in extras.errors.items():
            console.say("twin: " + tr("The drop-in «{name}» failed: {reason}", console.lang, name=id, reason=reason))
