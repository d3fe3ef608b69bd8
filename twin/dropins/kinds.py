"""What a drop-in is: one Python file (or module of a package) that adds one kind of thing, told by what it defines."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from twin.errors import Cancelled, told
from twin.jobs import Job
from twin.layer import Layer, Scale
from twin.models.model import Model, Parameter, checked_values
from twin.privacy.provenance import derived

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from twin.city.city import City
    from twin.result import Value

Kind = Literal["layer", "model", "reader", "feed", "scale", "block"]
Origin = Literal["program", "user", "project", "package"]

DEFINES: Mapping[str, Kind] = {
    "make": "layer", "MODEL": "model", "read": "reader", "FEED": "feed", "SCALE": "scale", "SCALES": "scale",
    "block": "block",
}  # fmt: skip
"""What a file defines for each kind of thing; a file defines one of these."""


@dataclass(frozen=True)
class DropIn:
    """A drop-in found: its id (file name), title and group (English of the catalogue), where, and any error.

    Parameters
    ----------
    id, title, group : str
    path : Path
    make : callable or None
        Of a layer: ``make(city)``, ``make(city, values)`` or ``make(city, values, job)``. None for other kinds, and
        where the file could not be loaded; ``error`` then says why, with the line.
    error : str
    kind : str
        See :data:`DEFINES`.
    thing : object
        What the file defines: the Model, the reader module, the feed, the scales, the function of a report block.
    parameters : tuple of Parameter
        What a user can choose; the program makes a form of it.
    origin : str
    on_request : bool
        Made only when somebody shows it, as it takes its time.
    """

    id: str
    title: str
    group: str
    path: Path
    make: Callable[..., Layer | None] | None
    error: str = ""
    kind: Kind = "layer"
    thing: object = None
    parameters: tuple[Parameter, ...] = ()
    origin: Origin = "program"
    on_request: bool = False


def load(path: Path, origin: Origin = "user") -> DropIn:
    """Load a file; what goes wrong in it is the drop-in's ``error``."""
    try:
        return described(_import(path), path.stem, path, origin)
    except (Exception, SystemExit) as error:  # a stranger's code: whatever it raises is shown beside it
        return failed(path, where(error, path), origin=origin)


def described(module: ModuleType, id: str, path: Path, origin: Origin) -> DropIn:
    """Say what a loaded module adds.

    Raises
    ------
    TypeError
        When it defines nothing, or something of another type than its kind has.
    """
    found = [name for name in DEFINES if hasattr(module, name)]
    kinds = dict.fromkeys(DEFINES[name] for name in found)
    if len(kinds) != 1:
        known = ", ".join(f"{name} ({kind})" for name, kind in DEFINES.items())
        raise TypeError(f"the file defines {', '.join(found) or 'none'} of {known}; one kind is expected")
    kind, what = next(iter(kinds)), getattr(module, found[0])
    parameters = tuple(getattr(module, "PARAMETERS", ()))
    if not all(isinstance(one, Parameter) for one in parameters):
        raise TypeError("PARAMETERS holds something that is no Parameter")
    title = getattr(module, "TITLE", None)
    make = None
    if kind in ("layer", "block"):
        if not callable(what):
            raise TypeError(f"{found[0]} is not a function")
        make = what if kind == "layer" else None
        if title is None:
            raise AttributeError("TITLE is missing: the title of the layer")
    elif kind == "model":
        if not isinstance(what, Model):
            raise TypeError(f"MODEL is a {type(what).__name__}, expected a Model")
        title, parameters = what.title, what.parameters
    elif kind == "reader":
        what = _reader(module)
        title = title or what.FORMAT
    elif kind == "feed" and not callable(what):
        raise TypeError("FEED is no function (or class) that makes a feed of its settings")
    elif kind == "scale":
        what = what if isinstance(what, tuple) else (what,)
        if not all(isinstance(one, Scale) for one in what):
            raise TypeError(f"{found[0]} is no Scale (or tuple of Scale)")
        title = title or ", ".join(one.name for one in what)
    group = str(getattr(module, "GROUP", ""))
    later = bool(getattr(module, "ON_REQUEST", False))
    return DropIn(id, str(title or id), group, path, make, "", kind, what, parameters, origin, later)


def _reader(module: ModuleType) -> Any:
    for name in ("FORMAT", "sniff", "inspect", "read"):
        if not hasattr(module, name):
            raise TypeError(f"{name} is missing: a reader defines FORMAT, sniff, inspect and read")
    return module


def failed(path: Path, error: str, suffix: str = "", origin: Origin = "user") -> DropIn:
    """Return what stands for a drop-in that could not be loaded."""
    return DropIn(path.stem + suffix, path.stem, "", path, None, error, origin=origin)


def made(dropin: DropIn, city: City, values: Mapping[str, Value] | None = None, job: Job | None = None) -> Layer | None:
    """Make the layer of a drop-in for a city; what it states as its source inherits from the city's.

    Parameters
    ----------
    dropin : DropIn
        Of a layer.
    city : City
    values : mapping, optional
        Chosen values of its parameters; the others stand at their defaults.
    job : Job, optional
        Hears of progress, where the layer tells it, and can stop it.

    Raises
    ------
    TypeError
        When it returns something else than a Layer or None.
    """
    layer = answered(dropin, city, values, job)
    return None if layer is None else owned(layer, city)


def answered(
    dropin: DropIn, city: City, values: Mapping[str, Value] | None = None, job: Job | None = None
) -> Layer | None:
    """Return what a drop-in itself answers, as :func:`made`."""
    if dropin.make is None:
        raise TypeError(f"{dropin.id} is no layer")
    settled = checked_values(dropin.id, dropin.parameters, values or {})
    wanted = len(inspect.signature(dropin.make).parameters)
    layer = dropin.make(*(city, settled, job or Job())[:wanted])
    if layer is not None and not isinstance(layer, Layer):
        raise TypeError(f"make(city) returned {type(layer).__name__}, expected a Layer (of layer_of) or None")
    return layer


def owned(layer: Layer, city: City) -> Layer:
    """Return a layer whose own source inherits from what of the city it is made of."""
    if layer.field.about is None:
        return layer
    return replace(layer, field=replace(layer.field, about=derived(layer.field.about, city)))


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


def where(error: BaseException, path: Path) -> str:
    """Say an error with the last line of the drop-in that took part in it."""
    if isinstance(error, Cancelled):
        raise error
    return told(error, path)
