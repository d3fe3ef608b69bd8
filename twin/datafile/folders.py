"""Where the files of data layers lie: in the project, or waiting in a folder of the user's until it is saved."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from twin.disk import atomic
from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = "data"
"""Folder of a project in which the files of its data layers lie."""
_OURS = re.compile(r"[a-z0-9-]{1,40}-[0-9a-f]{12}\.(parquet|tif)(\.aux\.xml)?")


def staging() -> Path:
    """Return the folder where content waits until the project it was taken into is saved."""
    return Path(platformdirs.user_cache_dir("stockholm-twin", appauthor=False)) / "layers"


def tidy(folder: Path, days: float = 60.0) -> None:
    """Remove content that has waited in the staging folder for so long that nobody will save it."""
    old = time.time() - days * 86_400
    for path in (folder / FOLDER).glob("*-*.*"):
        with contextlib.suppress(OSError):
            if is_ours(path) and path.stat().st_mtime < old:
                path.unlink()


def located(name: str, folders: Iterable[Path]) -> Path:
    """Return where the content of a layer lies.

    Raises
    ------
    BadInput
        When it is in none of the folders.
    """
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise BadInput("The file {file} of a data layer is missing; import it again.", file=name)


def bring(names: Iterable[str], folder: Path, sources: Iterable[Path]) -> None:
    """Put the files that a project names into its folder; one that is nowhere any more is left out."""
    sources = tuple(sources)
    for name in names:
        target = folder / name
        found = next((place / name for place in sources if (place / name).is_file()), None)
        if target.is_file() or found is None:
            continue
        target.parent.mkdir(exist_ok=True)
        with atomic.replacing(target) as part:
            shutil.copyfile(found, part)


def is_ours(path: Path) -> bool:
    """Whether a file in ``data/`` bears a name that only this program gives."""
    return _OURS.fullmatch(path.name) is not None
