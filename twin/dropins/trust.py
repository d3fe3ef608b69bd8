"""Code that a project brings: it runs only after the user has trusted exactly these files, by their SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

import platformdirs

from twin.disk import atomic
from twin.errors import BadInput

FOLDER = "plugins"
"""Folder of a project in which its drop-ins lie."""
_FILE = "trusted.json"
MAX_FILES, MAX_BYTES = 200, 10_000_000
ACTIVE = "TWIN_PROJECT_PLUGINS"
"""Environment variable with the trusted folder of the open project: child processes inherit it."""


def code_of(project: Path) -> tuple[Path, ...]:
    """Return the files of code that a project brings, in the order of their names."""
    folder = project / FOLDER
    if not folder.is_dir() or folder.is_symlink():
        return ()
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts))


def digest(project: Path) -> str:
    """Return the SHA-256 of a project's code, names and contents; "" when it brings none.

    Raises
    ------
    BadInput
        When there are too many or too large files, or a link that leads elsewhere.
    """
    files = code_of(project)
    if not any(path.suffix == ".py" for path in files):
        return ""
    if len(files) > MAX_FILES or sum(path.stat().st_size for path in files) > MAX_BYTES:
        raise BadInput(
            "{path}: its folder {folder} is too large to be code of a project.", path=project.name, folder=FOLDER
        )
    total = hashlib.sha256()
    for path in files:
        if path.is_symlink():
            raise BadInput("{path}: {file} is a link; code of a project lies in it.", path=project.name, file=path.name)
        data = path.read_bytes()
        name = path.relative_to(project / FOLDER).as_posix()
        total.update(f"{len(name)} {name} {len(data)}\n".encode())
        total.update(data)
    return total.hexdigest()


def is_trusted(project: Path) -> bool:
    """Say whether the user trusted exactly the code that lies in a project now."""
    own = digest(project)
    return bool(own) and own in _known()


def must_ask(project: Path) -> bool:
    """Say whether a project brings code that nobody has decided on."""
    return bool(digest(project)) and not is_trusted(project)


def trust(project: Path) -> None:
    """Trust the code that lies in a project now; any change of it asks again."""
    own = digest(project)
    if own:
        _keep({**_known(), own: project.name})


def forget(project: Path) -> None:
    """Trust the code of a project no longer."""
    _keep({known: name for known, name in _known().items() if known != digest(project)})


def activate(project: Path | None) -> None:
    """Let the code of a project take part from now on, here and in child processes, if it is trusted."""
    os.environ.pop(ACTIVE, None)
    with contextlib.suppress(BadInput):  # too much to be code of a project: it is told when the user is asked
        if project is not None and is_trusted(project):
            os.environ[ACTIVE] = str(project / FOLDER)


def active() -> Path | None:
    """Return the trusted folder of the open project, None when there is none or its code is another by now."""
    named = os.environ.get(ACTIVE)
    if not named:
        return None
    folder = Path(named)
    return folder if is_trusted(folder.parent) else None


def _settings() -> Path:
    named = os.environ.get("TWIN_CONFIG_DIR")
    return Path(named) if named else platformdirs.user_config_path("stockholm-twin", appauthor=False)


def _known() -> dict[str, str]:
    try:
        found = json.loads((_settings() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _keep(known: dict[str, str]) -> None:
    _settings().mkdir(parents=True, exist_ok=True)
    atomic.write(_settings() / _FILE, json.dumps(known, indent=2).encode())
