"""Drop-ins: files that add layers, models, readers, feeds, colour scales or report blocks; ours have no privileges.

A drop-in is one Python file; see ``docs/drop-ins.md``. What goes wrong in it stands beside it and never stops the
program. They are looked for in ``layers/``, in the user's folder, in the open project (once its code is trusted) and
among the entry points ``stockholm_twin`` of installed packages.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from twin.content import folder
from twin.dropins import kinds, trust
from twin.dropins.kinds import DropIn
from twin.dropins.register import register

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from twin.city.city import City
    from twin.dropins.kinds import Origin
    from twin.jobs import Job
    from twin.layer import Layer
    from twin.result import Value

__all__ = ["ENTRY_POINTS", "DropIn", "discover", "evaluate", "know", "user_folder"]

ENTRY_POINTS = "stockholm_twin"
"""Group of entry points under which an installed package names modules that are drop-ins."""


def user_folder() -> Path:
    """Return the folder where a user's own drop-ins lie (it need not exist)."""
    return Path(platformdirs.user_data_dir("stockholm-twin", appauthor=False)) / "layers"


def discover(folders: Iterable[Path] | None = None) -> tuple[DropIn, ...]:
    """Load all drop-ins of some folders; by default ours, the user's, the trusted project's, and those of packages.

    A file whose id was found in an earlier folder is listed with an error instead of replacing it; files whose name
    begins with ``_`` are helpers of others and passed over.

    Returns
    -------
    tuple of DropIn
        In the order of folders and file names.
    """
    found: dict[str, DropIn] = {}

    def keep(dropin: DropIn) -> None:
        if dropin.id in found:
            said = f"{found[dropin.id].path} has the same name"
            dropin = kinds.failed(dropin.path, said, f" ({dropin.path.parent.name})", dropin.origin)
        found[dropin.id] = dropin

    places = _places() if folders is None else ((place, "user") for place in folders)
    for place, origin in places:
        for path in sorted(place.glob("[!_]*.py")):
            keep(kinds.load(path, origin))
    if folders is None:
        for dropin in _of_packages():
            keep(dropin)
    return tuple(found.values())


def _places() -> Iterator[tuple[Path, Origin]]:
    yield folder("layers"), "program"
    yield user_folder(), "user"
    project = trust.active()
    if project is not None:
        yield project, "project"


def any_of_others() -> bool:
    """Say whether there are drop-ins besides the program's own, without loading any."""
    others = any(next(place.glob("[!_]*.py"), None) for place, origin in _places() if origin != "program")
    return others or bool(metadata.entry_points(group=ENTRY_POINTS))


def know(project: Path | None) -> tuple[Mapping[str, str], bool]:
    """Let the models, readers, feeds and colour scales of drop-ins take part; code of a project once it is trusted.

    Parameters
    ----------
    project : Path, optional
        The project whose own code may take part.

    Returns
    -------
    errors : mapping from drop-in id to text
        What is there already, or could not be loaded.
    left_out : bool
        Whether the project brings code that nobody has trusted.
    """
    trust.activate(project)
    left_out = project is not None and trust.must_ask(project)
    if not any_of_others():
        return {}, left_out
    found = discover()
    broken = {one.id: one.error for one in found if one.error}
    return {**broken, **register(found).errors}, left_out


def stamp() -> tuple[tuple[str, int, int], ...]:
    """Return names, sizes and times of the files of drop-ins: another when one of them is."""
    files = [path for place, _ in _places() for path in sorted(place.glob("*.py"))]
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)


def _of_packages() -> Iterator[DropIn]:
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        path = Path(entry.value.partition(":")[0].replace(".", "/") + ".py")
        try:
            module = entry.load()
            path = Path(getattr(module, "__file__", None) or path)
            yield kinds.described(module, entry.name, path, "package")
        except (Exception, SystemExit) as error:  # a stranger's code, see kinds.load
            yield kinds.failed(path, kinds.where(error, path), origin="package")


def evaluate(
    dropins: Iterable[DropIn],
    city: City,
    values: Mapping[str, Mapping[str, Value]] | None = None,
    job: Job | None = None,
) -> tuple[Mapping[str, Layer], Mapping[str, str]]:
    """Make the layers of a city.

    Parameters
    ----------
    dropins : iterable of DropIn
        Those that are no layers are passed over.
    city : City
    values : mapping, optional
        Chosen parameters by drop-in id.
    job : Job, optional
        Hears of each in turn, and can stop.

    Returns
    -------
    layers : mapping from drop-in id to Layer
        Only those that have something to show for this city.
    errors : mapping from drop-in id to text
        What went wrong, with file and line; loading errors included.
    """
    layers: dict[str, Layer] = {}
    errors: dict[str, str] = {}
    dropins = tuple(dropins)
    for place, dropin in enumerate(dropins):
        if dropin.error:
            errors[dropin.id] = dropin.error
        if dropin.make is None:
            continue
        part = None if job is None else job.part(place / len(dropins), (place + 1) / len(dropins))
        try:
            layer = kinds.made(dropin, city, (values or {}).get(dropin.id), part)
        except (Exception, SystemExit) as error:  # a stranger's code: whatever it raises is shown beside it
            errors[dropin.id] = kinds.where(error, dropin.path)
            continue
        if layer is not None:
            layers[dropin.id] = layer
    return layers, errors
