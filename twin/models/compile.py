"""Compiled kernels: how they are declared, and how all are compiled ahead with visible progress."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.jobs import Job

MODULES = (
    "twin.models.walk.kernels",
    "twin.models.segregation.kernels",
    "twin.models.segregation.kernels_walk",
    "twin.models.syntax.kernels",
    "twin.models.traffic.delay",
    "twin.models.traffic.trees",
    "twin.models.traffic.bushes",
    "twin.models.traffic.shifts",
    "twin.models.traffic.select",
    "twin.models.traffic.push",
    "twin.models.noise.flat",
    "twin.models.noise.paths",
    "twin.models.noise.streets",
    "twin.models.noise.attend",
    "twin.models.noise.amend",
    "twin.models.noise.product",
    "twin.models.noise.rays",
    "twin.models.noise.vertical",
)
"""Modules that hold kernels."""
_kernels: dict[str, tuple[Any, Any]] = {}
_ready: set[str] = set()


def kernel(signature: Any, regroup: bool = False, quick: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Declare a kernel: compiled on first use or by :func:`compile_all`, kept on disk, running without the GIL.

    Parameters
    ----------
    signature : str or numba signature
        Types it is called with, in numba's words. Calls with other types work but compile anew, so a test looks
        that there are none.
    regroup : bool
        Sums may be taken in another order, which lets several be taken at once; the order is the same in every run.
    quick : bool
        A division by zero gives ∞ or nan, no error, see :func:`quick_part`.
    """
    freely: Any = {"reassoc", "nsz"} if regroup else False
    model: Any = "numpy" if quick else "python"

    def wrap(function: Callable[..., Any]) -> Any:
        made: Any = numba.njit(nogil=True, cache=True, fastmath=freely, error_model=model)
        compiled = made(function)
        _kernels[f"{function.__module__}.{function.__name__}"] = (compiled, signature)
        return compiled

    return wrap


def part(function: Callable[..., Any]) -> Any:
    """Declare a function that only kernels call; it is compiled and kept with them."""
    return numba.njit(nogil=True, cache=True)(function)


def quick_part(function: Callable[..., Any]) -> Any:
    """Declare a part in which a division by zero gives ∞ or nan instead of an error, so that several go at once.

    It makes no arrays and returns none: its arrays are not counted by references, which costs more than most parts do.
    """
    return _quick(function, counted=False)


def roomy_part(function: Callable[..., Any]) -> Any:
    """Declare a part as :func:`quick_part` does that makes arrays for itself."""
    return _quick(function, counted=True)


def _quick(function: Callable[..., Any], counted: bool) -> Any:
    options: Any = {"_nrt": counted}  # numba knows the option, its annotations do not
    return numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function)


def record(kinds: tuple[Any, ...], cls: Any) -> Any:
    """Return the numba type of a NamedTuple class whose fields have these types."""
    return types.NamedTuple(kinds, cls)  # type: ignore[no-untyped-call]


def pair(*kinds: Any) -> Any:
    """Return the numba type of a tuple of these types."""
    return types.Tuple(kinds)  # type: ignore[no-untyped-call]


def _unowned(_typing: Any, values: Any) -> Any:
    """Return a named tuple of arrays and numbers whose arrays are not counted by references, for use in kernels.

    Passing such a tuple from function to function costs nothing; counting its arrays costs more than most functions do.
    The caller of the kernel holds the arrays meanwhile.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = []
        for n, kind in enumerate(signature.return_type):
            value = builder.extract_value(args[0], n)
            if isinstance(kind, types.Array):
                array = arrayobj.make_array(kind)(context, builder, value)  # type: ignore[no-untyped-call]
                array.meminfo = cgutils.get_null_value(array.meminfo.type)  # type: ignore[no-untyped-call]
                array.parent = cgutils.get_null_value(array.parent.type)  # type: ignore[no-untyped-call]
                value = array._getvalue()
            parts.append(value)
        return context.make_tuple(builder, signature.return_type, parts)

    return values(values), generate


unowned: Any = intrinsic(_unowned)
"""See :func:`_unowned`."""


def _times_two_to(_typing: Any, _value: Any, _power: Any) -> Any:
    """Return value × 2^n, where the lowest 12 bits of the number ``power`` hold n; nothing is looked at."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        whole, real = ir.IntType(64), ir.DoubleType()
        bits = builder.shl(builder.bitcast(args[1], whole), ir.Constant(whole, 52))
        return builder.bitcast(builder.add(builder.bitcast(args[0], whole), bits), real)

    return types.float64(types.float64, types.float64), generate


times_two_to: Any = intrinsic(_times_two_to)
"""See :func:`_times_two_to`."""


def kernels() -> dict[str, tuple[Any, Any]]:
    """Return all kernels and their signatures by name."""
    for module in MODULES:
        importlib.import_module(module)
    return dict(_kernels)


def compile_all(job: Job | None = None, prefix: str = "") -> tuple[str, ...]:
    """Compile every kernel whose name begins with ``prefix`` and that is not yet on disk; return their names.

    The first time takes about ten seconds, later ones load what is there.
    """
    found = {name: kept for name, kept in kernels().items() if name.startswith(prefix)}
    for number, (name, (function, signature)) in enumerate(found.items()):
        if name in _ready:
            # numba reads the signature anew each time, which for all kernels of a model takes 10 ms
            continue
        if job is not None:
            job.progress(number / len(found), N_("Compiling {n} of {m}"), n=number + 1, m=len(found))
        function.compile(signature)
        _ready.add(name)
    return tuple(found)


if __name__ == "__main__":
    # the module under its own name, else kernels would be registered in another one than this
    importlib.import_module("twin.models.compile").compile_all()
