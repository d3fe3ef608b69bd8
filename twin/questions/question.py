"""A guided question: a few steps that make edits of a scenario, and the models' answer in one plain sentence.

Values and functions only, no window: a question can be asked from a test or a script as well. How to add one:
docs/questions.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from twin.privacy.guard import result_for_export
from twin.text import N_

if TYPE_CHECKING:
    from twin.chain.answer import Answer
    from twin.chart import Chart
    from twin.city.city import City
    from twin.layer import Field, Layer
    from twin.result import Row
    from twin.scenario.kinds import AnyEdit
    from twin.scenario.scenario import Value

Values = Mapping[str, Any]
"""What the steps gave, by the step's id; a step that is not there (yet) is None."""
Topic = Literal["traffic", "noise", "people", "walking"]

TOPICS: dict[Topic, str] = {
    "walking": N_("On foot"),
    "traffic": N_("Traffic"),
    "noise": N_("Noise"),
    "people": N_("People and segregation"),
}
"""Headings of the list of questions, in their order."""


def always(values: Values) -> bool:
    """Say yes: a step that is always asked."""
    return True


@dataclass(frozen=True)
class Pick:
    """Choose things on the map, or by name: its value is a tuple of ids of ``table``, never empty.

    ``by_name``: a name in the list stands for all rows that bear it (a street); a click is one row all the same.
    """

    id: str
    title: str
    table: str
    hint: str = ""
    optional: bool = False
    by_name: bool = True
    when: Callable[[Values], bool] = always


@dataclass(frozen=True)
class Draw:
    """Draw on the map.

    ``kind``: ``"path"`` and ``"building"`` give an edit (with the fields of their card); ``"line"`` and ``"area"`` a
    tuple of points (x, y) [m], ``"point"`` a tuple of one; ``"spot"`` a tuple of one point of the ground (x, y) or of a
    wall (x, y, height above the ground) [m], taken with one click.
    """

    id: str
    title: str
    kind: Literal["path", "building", "line", "area", "point", "spot"]
    hint: str = ""
    optional: bool = False
    when: Callable[[Values], bool] = always


@dataclass(frozen=True)
class Number:
    """A number with its unit and limits."""

    id: str
    title: str
    unit: str
    low: float
    high: float
    default: float
    step: float = 1.0
    decimals: int = 0
    hint: str = ""
    when: Callable[[Values], bool] = always


@dataclass(frozen=True)
class Choice:
    """One of some options (key, text), or with ``several`` a tuple of keys, at least one.

    ``options`` may depend on the city; texts are English of the catalogue or proper names.
    """

    id: str
    title: str
    options: tuple[tuple[str, str], ...] | Callable[[City], tuple[tuple[str, str], ...]]
    default: str | tuple[str, ...] = ""
    several: bool = False
    hint: str = ""
    when: Callable[[Values], bool] = always

    def of(self, city: City) -> tuple[tuple[str, str], ...]:
        """Return the options in a city."""
        return self.options(city) if callable(self.options) else self.options


@dataclass(frozen=True)
class Tick:
    """Yes or no."""

    id: str
    title: str
    default: bool = False
    hint: str = ""
    when: Callable[[Values], bool] = always


@dataclass(frozen=True)
class Loaded:
    """One of the project's data layers whose unit begins with ``unit``: its value is the layer's id."""

    id: str
    title: str
    unit: str = ""
    hint: str = ""
    when: Callable[[Values], bool] = always


Step = Pick | Draw | Number | Choice | Tick | Loaded


@dataclass(frozen=True)
class Made:
    """What a question makes of its steps: edits, parameters by model and name, and a name for a new scenario."""

    edits: tuple[AnyEdit, ...] = ()
    name: str = ""
    parameters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Asked:
    """What a reply is made from: the models' answers for the scenario and for its reference, which are named.

    ``city`` has the edits in it, ``base`` is the city as it is. Only the results of the question's own models are
    sure to be there, in both answers. ``loaded`` has the numbers of the project's data layers by id, where they have
    been read.
    """

    values: Values
    city: City
    base: City
    answer: Answer
    reference: Answer
    names: tuple[str, str]
    lang: str
    loaded: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Reply:
    """The answer.

    Parameters
    ----------
    sentence : str
        One plain sentence in the reader's language: the figure with its unit, and the reference by name.
    rows : tuple of Row
        The figures behind it; the first with ``shown_by`` is what «Show on the map» paints.
    notes : tuple of str
        Uncertainty, and what the answer cannot say; one click away. The models' assumptions are added to them.
    chart : Chart, optional
    layers : tuple of Layer
        What the answer shows on the map until the next click there; ids begin with ``reply:``.
    """

    sentence: str
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    layers: tuple[Layer, ...] = ()


def replied(question: Question, asked: Asked) -> Reply:
    """Return the reply to a question, made of what may leave the program: it is copied into notes and reports.

    Where answers are made of people who need protection the higher threshold and the rounding of exports apply to all
    of it, sentence, figures and chart.
    """
    answer, reference = _leaving(asked.answer), _leaving(asked.reference)
    return question.reply(dataclasses.replace(asked, answer=answer, reference=reference))


def _leaving(answer: Answer) -> Answer:
    return dataclasses.replace(
        answer, results={name: result_for_export(one) for name, one in answer.results.items()}
    )  # fmt: skip


def any_city(city: City) -> str:
    """Say that a question can be asked of every city."""
    return ""


@dataclass(frozen=True)
class Question:
    """A question a planner may ask.

    Parameters
    ----------
    id : str
        Stable.
    topic : str
        A key of :data:`TOPICS`.
    title, purpose : str
        The question, and one line of what it is good for; English of the catalogue.
    steps : tuple of Step
    models : tuple of str
        Names of the models whose answers the reply speaks of.
    make : function (values, city shown, language) → Made
        Raises a TwinError with one clear line where the values do not go together.
    reply : function (Asked) → Reply
        Runs beside the window, so it may take a second; it must not touch Qt.
    lacks : function (city) → str
        What the city lacks for this question, English of the catalogue; "" for nothing.
    icon : str
    """

    id: str
    topic: Topic
    title: str
    purpose: str
    steps: tuple[Step, ...]
    models: tuple[str, ...]
    make: Callable[[Values, City, str], Made]
    reply: Callable[[Asked], Reply]
    lacks: Callable[[City], str] = any_city
    icon: str = "help"

    def asked_for(self, values: Values) -> tuple[Step, ...]:
        """Return the steps that are asked with these values."""
        return tuple(step for step in self.steps if step.when(values))

    def first_values(self, city: City) -> dict[str, Any]:
        """Return the values before anything is chosen: the defaults."""
        return {step.id: first_value(step, city) for step in self.steps}

    def missing(self, values: Values) -> Step | None:
        """Return the first step that still lacks its value; None when the question can be asked."""
        return next((step for step in self.asked_for(values) if not _given(step, values.get(step.id))), None)


def first_value(step: Step, city: City) -> Any:
    """Return a step's default; None where something must be chosen or drawn."""
    if isinstance(step, Number | Tick):
        return step.default
    if isinstance(step, Choice):
        keys = tuple(key for key, _ in step.of(city))
        if step.several:
            return tuple(key for key in step.default if key in keys)
        return step.default if step.default in keys else next(iter(keys), None)
    return None


def _given(step: Step, value: Any) -> bool:
    if isinstance(step, Pick | Draw) and step.optional:
        return True
    if isinstance(step, Number):
        return value is not None and step.low <= value <= step.high
    if isinstance(step, Choice):  # a key may be "", as that of «as it is»
        return value is not None and value != ()
    return value is not None and value != () and value != ""
