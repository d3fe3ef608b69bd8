"""Where the shipped content lies: ``layers/``, ``data/`` and ``shaders/``.

In a wheel they are under ``twin/_content/``, in a checkout beside the package.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from twin.errors import TwinError


@cache
def folder(name: str) -> Path:
    """Return the folder of shipped content with this name.

    Parameters
    ----------
    name : str
        ``"layers"``, ``"data"`` or ``"shaders"``.

    Raises
    ------
    TwinError
        When the installation lacks the folder.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "_content" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise TwinError("The installation lacks its folder {name}; install the program again.", name=name)


def demo_project() -> Path:
    """Return the shipped demo project, which is opened read-only."""
    return folder("data") / "demo.twin"
