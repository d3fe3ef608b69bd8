"""Shader sources from ``shaders/``, with their includes put in."""

from __future__ import annotations

import re
from functools import cache

from twin.content import folder
from twin.errors import TwinError

_INCLUDE = re.compile(r"^//#include (\S+)$", re.MULTILINE)


@cache
def source(name: str) -> str:
    """Return a shader with the files it includes by a line ``//#include NAME``.

    Parameters
    ----------
    name : str
        File name in ``shaders/``, e.g. ``"building.frag"``.

    Raises
    ------
    TwinError
        When the file is missing.
    """
    path = folder("shaders") / name
    if not path.is_file():
        raise TwinError("The installation lacks the shader {name}; install the program again.", name=name)
    return _INCLUDE.sub(lambda match: source(match.group(1)), path.read_text(encoding="utf-8"))
