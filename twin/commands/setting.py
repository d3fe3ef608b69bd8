"""Parameters on the command line: ``--set model.name=value``, checked by the table of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import BadInput, UsageError
from twin.models.model import checked_values
from twin.text import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twin.commands.console import Parser
    from twin.models.model import Parameter
    from twin.result import Value

_FLAGS = {"true": True, "yes": True, "ja": True, "on": True, "false": False, "no": False, "nej": False, "off": False}


def add(parser: Parser, lang: str) -> None:
    """Describe the option."""
    parser.add_argument(
        "--set", dest="given", action="append", default=[], metavar="NAME.PARAMETER=VALUE",
        help=tr("a parameter of a model or layer, such as reach.steps_factor=2; several when given again", lang),
    )  # fmt: skip


def chosen(words: Iterable[str], owners: Mapping[str, tuple[Parameter, ...]]) -> dict[str, dict[str, Value]]:
    """Return values by owner and name of parameter.

    Parameters
    ----------
    words : iterable of str
        Such as ``"reach.steps_factor=2"``; the last one of a name counts.
    owners : mapping from name of a model or layer to its parameters
        Those that can be set.

    Raises
    ------
    UsageError
        When a word is not written so.
    BadInput
        When owner or parameter is unknown, or the value impossible; the message lists what there is.

    Examples
    --------
    >>> from twin.models.reach import REACH
    >>> chosen(["reach.steps_factor=2"], {"reach": REACH.parameters})
    {'reach': {'steps_factor': 2.0}}
    """
    given: dict[str, dict[str, Value]] = {}
    for word in words:
        place, equals, text = word.partition("=")
        owner, dot, name = place.partition(".")
        if not (equals and dot and owner and name):
            raise UsageError(
                "--set: «{text}» is not written NAME.PARAMETER=VALUE, such as reach.steps_factor=2", text=word
            )
        if owner not in owners:
            known = ", ".join(owners) or "–"
            raise BadInput("--set: nothing that is asked here is called «{name}»; there are: {known}.", name=owner,
                           known=known)  # fmt: skip
        table = {one.name: one for one in owners[owner]}
        given.setdefault(owner, {})[name] = _value(text, table.get(name))
    for owner, values in given.items():
        settled = checked_values(owner, owners[owner], values)
        given[owner] = {name: settled[name] for name in values}
    return given


def _value(text: str, one: Parameter | None) -> Value:
    """Read a value as its parameter's default is one; what cannot be read stays text, which the table refuses."""
    if one is None or isinstance(one.default, str):
        return text
    if isinstance(one.default, bool):
        return _FLAGS.get(text.strip().lower(), text)
    try:
        return float(text)
    except ValueError:
        return text
