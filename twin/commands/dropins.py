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

    errors, left_out = plugins.know(project)
    if left_out and project is not None:
        said = tr("{path} brings code that is not trusted; it is left out.", console.lang, path=project.name)
        console.say(f"twin: {said} (twin layers {project.name} --trust)")
    for id, reason in errors.items():
        console.say("twin: " + tr("The drop-in «{name}» failed: {reason}", console.lang, name=id, reason=reason))
