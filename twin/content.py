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


def font_files() -> tuple[Path, ...]:
    """Return the files of the one type family, Roboto (Apache-2.0, from the package font-roboto).

    The same files serve window, scene and figures, so that pictures are alike on every machine.
    """
    import font_roboto

    base = Path(font_roboto.__file__).resolve().parent
    found = {path.name: path for path in base.rglob("Roboto-*.ttf")}
    return tuple(found[f"Roboto-{cut}.ttf"] for cut in ("Regular", "Medium", "Bold", "Italic"))


def demo_project() -> Path:
    """Return the shipped demo project, which is opened read-only."""
    return folder("data") / "demo.twin"
