"""What a model says of itself: its parameters as one table a user can see, what it reads, how it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from twin.city.digest import PARTS
from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.changes import Changes
    from twin.city.city import City
    from twin.jobs import Job
    from twin.layer import Paint
    from twin.result import Result, Value


@dataclass(frozen=True)
class Parameter:
    """A number, switch or text of a model: name, title, unit, default, where the default is from, and its limits.

    A text without ``choices`` is free, up to :data:`MAX_TEXT` characters; the model says what it cannot read in it.
    """

    name: str
    title: str
    unit: str
    default: Value
    source: str
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()


_READABLE = (*PARTS, "sources")
MAX_TEXT = 100_000
"""Longest free text of a parameter."""


class Run(Protocol):
    """How every model is called."""

    def __call__(
        self,
        city: City,
        parameters: Mapping[str, Value],
        inputs: Mapping[str, Result],
        previous: Result | None = None,
        changed: Changes | None = None,
        job: Job | None = None,
    ) -> Result:
        """Answer for a City; with ``previous`` and ``changed`` for what changed since, with the same outcome."""
        ...


@dataclass(frozen=True)
class Model:
    """A model: name and version, the parts of a City and the models it reads, its parameters, how it runs.

    Parameters
    ----------
    name, title, version : str
        ``title`` is English of the catalogue; another ``version`` makes all earlier answers void.
    reads, needs : tuple of str
        Tables of the City, and models whose answers it takes as ``inputs``.
    parameters : tuple of Parameter
    run : Run
        The answer itself.
    uses : tuple of str
        Models whose answers it takes where they are there; without them it answers less.
    preview : Run, optional
        A quick answer that stands until the other is there; called in the same way, in about a second.
    seconds : float
        What ``run`` takes for a city as large as the demo, roughly [s]: cheap models answer first.
    on_request : bool
        Off until somebody asks for it, as it is costly.
    paints : mapping from name of a field to Paint
        How its fields are painted where that is not as others.
    lens : tuple of str
        Parameters that say what is looked at and how it is measured, nothing of the city: a scenario and its reference
        are always asked with the same.
    pivots : bool
        Its answer depends on the City before any edit too (``City.present``): it is fitted there.
    reweighs : tuple of str
        Parameters that only weigh what its working state holds: an answer made with other values of these is as good a
        ``previous`` as one with the same.
    """

    name: str
    title: str
    version: str
    reads: tuple[str, ...]
    needs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    run: Run
    uses: tuple[str, ...] = ()
    preview: Run | None = None
    seconds: float = 1.0
    on_request: bool = False
    lens: tuple[str, ...] = ()
    pivots: bool = False
    reweighs: tuple[str, ...] = ()
    paints: Mapping[str, Paint] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse to read what no City has."""
        unknown = [name for name in self.reads if name not in _READABLE]
        if unknown:
            raise BadInput("The model {model} reads {unknown}; a city has: {known}.", model=self.name,
                           unknown=", ".join(map(str, unknown)), known=", ".join(_READABLE))  # fmt: skip


class Values(dict[str, "Value"]):
    """Parameters by name; one that is not there is answered with the names of those that are."""

    def __missing__(self, name: str) -> Value:
        """Raise KeyError."""
        raise KeyError(f"there is no parameter {name}; there are: {', '.join(self) or '–'}")


def follows(model: Model, one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Return whether an answer with some parameters is a ``previous`` of one with others: alike but for weights."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} <= set(model.reweighs)


@dataclass(frozen=True)
class ParameterRow:
    """A row of the table of parameters as a user sees it."""

    parameter: Parameter
    value: Value
    changed: bool


def settled(model: Model, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return all parameters of a model, those not given at their default.

    Raises
    ------
    BadInput
        When one is unknown, of another kind or outside its limits.
    """
    return checked_values(model.name, model.parameters, given)


def checked_values(owner: str, parameters: tuple[Parameter, ...], given: Mapping[str, Value]) -> dict[str, Value]:
    """Return all parameters of a model or drop-in, those not given at their default; raises as :func:`settled`."""
    known = {one.name: one for one in parameters}
    for name in given:
        if name not in known:
            raise BadInput(
                "«{model}» has no parameter {name}; there are: {known}.",
                model=owner,
                name=name,
                known=", ".join(known) or "–",
            )
    return Values({name: _checked(owner, one, given.get(name, one.default)) for name, one in known.items()})


def table(model: Model, given: Mapping[str, Value]) -> tuple[ParameterRow, ...]:
    """Return the table of parameters: value, unit, default, source, and whether it was changed."""
    values = settled(model, given)
    return tuple(ParameterRow(one, values[one.name], values[one.name] != one.default) for one in model.parameters)


def _checked(owner: str, one: Parameter, value: Value) -> Value:
    fields = {"model": owner, "name": one.name, "value": value}
    if isinstance(one.default, bool):
        if not isinstance(value, bool):
            raise BadInput("{model}.{name} is {value}; it must be yes or no (true or false).", **fields)
        return value
    if isinstance(one.default, str):
        if not one.choices:
            if not isinstance(value, str) or len(value) > MAX_TEXT:
                raise BadInput("{model}.{name} must be a text of at most {most} characters.", most=MAX_TEXT, **fields)
            return value
        if value not in one.choices:
            raise BadInput("{model}.{name} is {value}; it must be one of {known}.", known=one.choices, **fields)
        return value
    if isinstance(value, bool | str) or not one.low <= value <= one.high:
        raise BadInput(
            "{model}.{name} is {value}; it must be a number from {low} to {high}.", low=one.low, high=one.high, **fields
        )
    return float(value)
