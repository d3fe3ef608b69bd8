"""Compiled kernels: how they are declared, and how all are compiled ahead with visible progress."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numba

from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.jobs import Job

MODULES = (
    "twin.models.walk.kernels",
    "twin.models.segregation.kernels",
    "twin.models.segregation.kernels_walk",
    "twin.models.traffic.delay",
    "twin.models.traffic.trees",
    "twin.models.traffic.bushes",
    "twin.models.traffic.shifts",
    "twin.models.traffic.select",
    "twin.models.noise.lines",
    "twin.models.noise.section",
    "twin.models.noise.vertical",
)
"""Modules that hold kernels."""
_kernels: dict[str, tuple[Any, str]] = {}


def kernel(signature: str, regroup: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Declare a kernel: compiled on first use or by :func:`compile_all`, kept on disk, running without the GIL.

    Parameters
    ----------
    signature : str
        Types it is called with, in numba's words. Calls with other types work but compile anew, so a test looks
        that there are none.
    regroup : bool
        Sums may be taken in another order, which lets several be taken at once; the order is the same in every run.
    """

    def wrap(function: Callable[..., Any]) -> Any:
        compiled = numba.njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"} if regroup else False)(function)
        _kernels[f"{function.__module__}.{function.__name__}"] = (compiled, signature)
        return compiled

    return wrap


def part(function: Callable[..., Any]) -> Any:
    """Declare a function that only kernels call; it is compiled and kept with them."""
    return numba.njit(nogil=True, cache=True)(function)


def kernels() -> dict[str, tuple[Any, str]]:
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
        if job is not None:
            job.progress(number / len(found), N_("Compiling {name}"), name=name.rsplit(".", 1)[-1])
        function.compile(signature)
    return tuple(found)


if __name__ == "__main__":
    # the module under its own name, else kernels would be registered in another one than this
    importlib.import_module("twin.models.compile").compile_all()
