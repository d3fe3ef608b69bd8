"""Drop-ins: files that add a layer. Ours lie in ``layers/``, a user's in the user's own folder; no privileges.

A drop-in is one Python file with a title and a function; see ``docs/drop-ins.md``. What goes wrong in it
stands beside it and never stops the program.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from twin.content import folder
from twin.layer import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

    from twin.city.city import City


@dataclass(frozen=True)
class DropIn:
    """A drop-in found: its id (file name), title and group (English of the catalogue), where, and any error.

    ``make`` is None where the file could not be loaded; ``error`` then says why, with the line.
    """

    id: str
    title: str
    group: str
    path: Path
    make: Callable[[City], Layer | None] | None
    error: str = ""


def user_folder() -> Path:
    """Return the folder where a user's own drop-ins lie (it need not exist)."""
    return Path(platformdirs.user_data_dir("stockholm-twin", appauthor=False)) / "layers"


def discover(folders: Iterable[Path] | None = None) -> tuple[DropIn, ...]:
    """Load all drop-ins of some folders, by default ours and the user's.

    A file whose id was found in an earlier folder is listed with an error instead of replacing it.

    Returns
    -------
    tuple of DropIn
        In the order of folders and file names.
    """
    found: dict[str, DropIn] = {}
    for place in folders if folders is not None else (folder("layers"), user_folder()):
        for path in sorted(place.glob("*.py")):
            dropin = _load(path)
            if dropin.id in found:
                dropin = _failed(path, f"{found[dropin.id].path} has the same name", suffix=f" ({place.name})")
            found[dropin.id] = dropin
    return tuple(found.values())


def evaluate(dropins: Iterable[DropIn], city: City) -> tuple[Mapping[str, Layer], Mapping[str, str]]:
    """Make the layers of a city.

    Returns
    -------
    layers : mapping from drop-in id to Layer
        Only those that have something to show for this city.
    errors : mapping from drop-in id to text
        What went wrong, with file and line; loading errors included.
    """
    layers: dict[str, Layer] = {}
    errors: dict[str, str] = {}
    for dropin in dropins:
        if dropin.make is None:
            errors[dropin.id] = dropin.error
            continue
        try:
            layer = dropin.make(city)
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(f"make(city) returned {type(layer).__name__}, expected a Layer or None")
        except (Exception, SystemExit) as error:  # a stranger's code: whatever it raises is shown beside it
            errors[dropin.id] = _where(error, dropin.path)
            continue
        if layer is not None:
            layers[dropin.id] = layer
    return layers, errors


def _load(path: Path) -> DropIn:
    try:
        module = _import(path)
        title, make = module.TITLE, module.make
        if not callable(make):
            raise TypeError("make is not a function")
        return DropIn(path.stem, str(title), str(getattr(module, "GROUP", "")), path, make)
    except (Exception, SystemExit) as error:  # see evaluate
        return _failed(path, _where(error, path))


def _failed(path: Path, error: str, suffix: str = "") -> DropIn:
    return DropIn(path.stem + suffix, path.stem, "", path, None, error)


def _import(path: Path) -> ModuleType:
    name = f"twin_dropin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _where(error: BaseException, path: Path) -> str:
    """Say an error with the last line of the drop-in that took part in it."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
    place = f"{path.name}:{lines[-1]}" if lines else path.name
    return f"{place}: {type(error).__name__}: {error}"
