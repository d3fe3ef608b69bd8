"""Scenario: a name, a role and the edits that make another city of the one that is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from twin.errors import BadInput
from twin.scenario.edit import plain
from twin.scenario.kinds import AnyEdit
from twin.text import N_, tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Role = Literal["nulage", "nollalternativ", "planforslag", "alternativ"]
Status = Literal["draft", "review", "approved"]
Value = bool | float | Annotated[str, msgspec.Meta(max_length=100_000)]

ROLES: dict[Role, str] = {
    "nulage": N_("Present state"),
    "nollalternativ": N_("Zero alternative"),
    "planforslag": N_("Plan proposal"),
    "alternativ": N_("Alternative"),
}
STATUSES: dict[Status, str] = {"draft": N_("Draft"), "review": N_("For review"), "approved": N_("Approved")}
MAX_EDITS = 5_000


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An edit in a scenario: switched on or off, with a note."""

    edit: AnyEdit
    enabled: bool = True
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to the city, as edits and parameters.

    ``parent`` names the scenario it was copied from; a copy holds edits of its own (docs/decisions). ``parameters``
    are those that differ from a model's defaults, by model and name.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    role: Role = "alternativ"
    horizon: Annotated[int, msgspec.Meta(ge=1800, le=2300)] | None = None
    parent: Annotated[str, msgspec.Meta(max_length=120)] = ""
    status: Status = "draft"
    edits: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=MAX_EDITS)] = ()
    parameters: dict[str, dict[str, Value]] = {}

    @property
    def active(self) -> tuple[AnyEdit, ...]:
        """The edits that are switched on, in order."""
        return tuple(entry.edit for entry in self.edits if entry.enabled)

    def changed(self, **parts: object) -> Scenario:
        """Return a Scenario with some parts exchanged."""
        return msgspec.structs.replace(self, **parts)

    def adding(self, *edits: AnyEdit, note: str = "") -> Scenario:
        """Return a Scenario with edits at its end, their values checked as if they were read from a file.

        Raises
        ------
        BadInput
            Naming the first edit whose values cannot be, or when there are more than a scenario holds.
        """
        checked = []
        for number, edit in enumerate(edits, len(self.edits) + 1):
            try:
                checked.append(
                    Entry(msgspec.json.decode(msgspec.json.encode(edit, enc_hook=plain), type=AnyEdit), True, note)
                )
            except (msgspec.ValidationError, ValueError, TypeError) as error:
                raise BadInput("Edit {number}: {reason}", number=number, reason=error) from error
        if len(self.edits) + len(checked) > MAX_EDITS:
            raise BadInput("A scenario holds at most {n} edits.", n=MAX_EDITS)
        return self.changed(edits=self.edits + tuple(checked))

    def with_parameter(self, model: str, name: str, value: Value | None) -> Scenario:
        """Return a Scenario with a parameter of a model set; None sets it back to its default."""
        own = {key: dict(values) for key, values in self.parameters.items()}
        if value is None:
            own.get(model, {}).pop(name, None)
        else:
            own.setdefault(model, {})[name] = value
        return self.changed(parameters={key: values for key, values in own.items() if values})

    def assuming(self, given: Mapping[str, Mapping[str, Value]]) -> Scenario:
        """Return a Scenario with parameters of several models set, by model and name."""
        made = self
        for model, values in given.items():
            for name, value in values.items():
                made = made.with_parameter(model, name, value)
        return made


PRESENT = Scenario(name="Nuläge", role="nulage")
"""The city as it is: what every project has, without a row in its list of scenarios."""


def shown_name(scenario: Scenario, lang: str) -> str:
    """Return what a scenario is called; the present state in the reader's language."""
    return tr(ROLES["nulage"], lang) if scenario.name == PRESENT.name else scenario.name


def key(base: str, scenario: Scenario) -> str:
    """Return the key of a scenario: SHA-256 over the base city's hash, the edits switched on and the parameters.

    Names, notes, roles and what is switched off do not count: the same question has the same key.

    Parameters
    ----------
    base : str
        Content hash of the base city (:func:`twin.city.digest.city_digest`).
    scenario : Scenario
    """
    body = (base, scenario.active, scenario.parameters)
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()


def find(scenarios: Iterable[Scenario], name: str) -> Scenario:
    """Return a scenario by name; "" and «nulage» are the city as it is.

    Raises
    ------
    BadInput
        When there is none of this name; the message lists those there are.
    """
    known = list(scenarios)
    for scenario in known:
        if scenario.name == name:
            return scenario
    if name in ("", "nulage", PRESENT.name):
        return PRESENT
    names = ", ".join([PRESENT.name, *(s.name for s in known)])
    raise BadInput("There is no scenario called {name}; there are: {known}.", name=name, known=names)


def reference_of(scenarios: Sequence[Scenario], scenario: Scenario) -> Scenario:
    """Return what a scenario is compared with when nobody says: the zero alternative, else the present state."""
    zero = [s for s in scenarios if s.role == "nollalternativ" and s.name != scenario.name]
    return zero[0] if zero else PRESENT


def copied(scenarios: Sequence[Scenario], name: str, new: str = "") -> Scenario:
    """Return a copy of a scenario under a name that is not taken, with the original as its parent.

    Edits and parameters are the copy's own: a later change of the original does not reach it. A copy of the present
    state or of the zero alternative becomes an alternative; it begins as a draft.
    """
    origin = find(scenarios, name)
    role: Role = origin.role if origin.role == "planforslag" else "alternativ"
    own = new or _free({s.name for s in scenarios} | {PRESENT.name}, origin.name)
    return origin.changed(name=own, parent=origin.name, role=role, status="draft")


def children(scenarios: Iterable[Scenario], name: str) -> tuple[Scenario, ...]:
    """Return the scenarios that were copied from one; those without a known parent hang on the present state."""
    known = tuple(scenarios)
    names = {s.name for s in known}
    return tuple(s for s in known if (s.parent if s.parent in names else PRESENT.name) == name and s.name != name)


def ancestors(scenarios: Iterable[Scenario], name: str) -> tuple[Scenario, ...]:
    """Return what a scenario was copied from, nearest first; a circle ends where it closes."""
    known = {s.name: s for s in scenarios}
    chain: list[Scenario] = []
    seen = {name}
    while name in known and known[name].parent in known and known[name].parent not in seen:
        name = known[name].parent
        seen.add(name)
        chain.append(known[name])
    return tuple(chain)


def replaced(scenarios: Iterable[Scenario], name: str, new: Scenario) -> tuple[Scenario, ...]:
    """Return the scenarios with one exchanged; where it got another name its children follow.

    Raises
    ------
    BadInput
        When the new name is another scenario's.
    """
    known = tuple(scenarios)
    if any(s.name == new.name for s in known if s.name != name) or new.name == PRESENT.name:
        raise BadInput("There is a scenario called {name} already.", name=new.name)
    exchanged = (new if s.name == name else s for s in known)
    return tuple(s.changed(parent=new.name) if s.parent == name and s.name != new.name else s for s in exchanged)


def removed(scenarios: Iterable[Scenario], name: str) -> tuple[Scenario, ...]:
    """Return the scenarios without one; its children become its parent's."""
    known = tuple(scenarios)
    parent = next((s.parent for s in known if s.name == name), "")
    return tuple(s.changed(parent=parent) if s.parent == name else s for s in known if s.name != name)


def _free(taken: set[str], name: str) -> str:
    stem = name.rsplit(" ", 1)[0] if name.rsplit(" ", 1)[-1].isdigit() else name
    number = 2
    while f"{stem} {number}" in taken:
        number += 1
    return f"{stem} {number}"
