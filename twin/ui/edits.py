"""Edits as the window makes them and says them: one undo step each, in the scenario that is worked on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from twin.chain.registry import MODELS
from twin.city.schema import word
from twin.scenario import along
from twin.scenario import scenario as scenarios
from twin.scenario.buildings import AddBuilding, ChangeBuilding, HousingTransfer
from twin.scenario.kinds import title
from twin.scenario.others import ScaleDemand
from twin.scenario.scenario import PRESENT, Scenario
from twin.scenario.streets import AddPath, AddRoad, ChangeRoad, CloseRoad
from twin.text import N_, number, tr, trn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.city import City
    from twin.questions.question import Made
    from twin.scenario.kinds import AnyEdit
    from twin.scenario.scenario import Value
    from twin.state import Selection, State, Store

_NAMED = 2


def active(state: State) -> Scenario:
    """Return the scenario that is worked on; the present state when the one named is gone."""
    return next((one for one in state.scenarios if one.name == state.scenario), PRESENT)


def reference(state: State) -> Scenario:
    """Return the scenario the one worked on is compared with."""
    if state.reference == PRESENT.name:
        return PRESENT
    chosen = next((one for one in state.scenarios if one.name == state.reference), None)
    return chosen or scenarios.reference_of(state.scenarios, active(state))


def copy(store: Store, name: str, lang: str) -> str:
    """Copy a scenario and work on the copy; return its name."""
    origin = scenarios.find(store.state.scenarios, name)
    new = _free(store.state, lang) if origin is PRESENT else ""
    made = scenarios.copied(store.state.scenarios, name, new)
    store.change(N_("Copy scenario"), scenarios=(*store.state.scenarios, made), scenario=made.name)
    return made.name


def add(store: Store, edit: AnyEdit, lang: str) -> str:
    """Add an edit to the scenario that is worked on; the present state stays as it is and is copied first.

    Returns
    -------
    str
        Name of the scenario when it was made for this edit, "" when it was there.

    Raises
    ------
    BadInput
        When the edit's values cannot be.
    """
    now, rest, made = _own(store.state, lang)
    new = now.adding(edit)
    store.change(title(edit), scenarios=scenarios.replaced(rest, now.name, new), scenario=new.name)
    return made


def ask(
    store: Store, label: str, made: Made, lang: str, before: Sequence[AnyEdit] = ()
) -> tuple[tuple[AnyEdit, ...], str]:
    """Put a question's edits and parameters into the scenario that is worked on, as one step.

    Parameters
    ----------
    store : Store
    label : str
        The question, English of the catalogue.
    made : Made
        The present state is copied first, under the name it gives.
    lang : str
    before : sequence of Edit
        What the question put there when it was asked before: it is taken out again.

    Returns
    -------
    edits, name
        The edits as they stand in the scenario, and the scenario's name.

    Raises
    ------
    BadInput
        When the edits' values cannot be.
    """
    now, rest, _ = _own(store.state, lang, made.name, only_looked=bool(made.edits))
    kept = tuple(entry for entry in now.edits if not any(entry.edit is one for one in before))
    new = now.changed(edits=kept).adding(*made.edits)
    for model, values in made.parameters.items():
        defaults = {one.name: one.default for one in MODELS[model].parameters}
        for name, value in values.items():
            new = new.with_parameter(model, name, None if value == defaults[name] else value)
    store.change(label, scenarios=scenarios.replaced(rest, now.name, new), scenario=new.name)
    return tuple(entry.edit for entry in new.edits[len(kept) :]), new.name


def set_parameter(store: Store, model: str, name: str, value: Value | None, lang: str) -> str:
    """Set a parameter in the scenario that is worked on, None for its default; return as :func:`add` does."""
    now, rest, made = _own(store.state, lang)
    new = now.with_parameter(model, name, value)
    if new.parameters == now.parameters:
        return ""
    label, merge = N_("Change parameter"), f"{new.name}:{model}:{name}"
    store.change(label, merge=merge, scenarios=scenarios.replaced(rest, now.name, new), scenario=new.name)
    return made


def _own(
    state: State, lang: str, name: str = "", only_looked: bool = False
) -> tuple[Scenario, tuple[Scenario, ...], str]:
    """Return a scenario that may be changed, all scenarios with it, and its name where it was made for this.

    With ``only_looked`` what was made only to look at the city in some way is copied as the present state is: it bears
    the name of what was looked at, and is none of what is built now.
    """
    now = active(state)
    if now is not PRESENT and not (only_looked and _only_looks(now)):
        return now, state.scenarios, ""
    new = scenarios.copied(state.scenarios, now.name, _free(state, lang, name))
    return new, (*state.scenarios, new), new.name


def _only_looks(scenario: Scenario) -> bool:
    """Say whether a scenario changes nothing of the city, only how models look at it."""
    if scenario.edits or not scenario.parameters:
        return False
    return all(model in MODELS and set(MODELS[model].lens) >= set(own) for model, own in scenario.parameters.items())


def _free(state: State, lang: str, name: str = "") -> str:
    """Return a name that no scenario bears: the one wanted, where need be with a number, else «Alternative n»."""
    taken = {one.name for one in state.scenarios} | {PRESENT.name}
    n = 1
    free = name
    while not free or free in taken:
        free = f"{name} {n + 1}" if name else tr("Alternative {n}", lang, n=n)
        n += 1
    return free


def put(store: Store, label: str, new: Scenario, merge: str = "") -> None:
    """Exchange the scenario that is worked on."""
    state = store.state
    changed = scenarios.replaced(state.scenarios, state.scenario, new)
    store.change(label, merge=merge, scenarios=changed, scenario=new.name)


# --- edits of what is selected ------------------------------------------------------------------------------------


def closing(selection: Selection, city: City, *, whole: bool) -> CloseRoad:
    """Return the edit that closes the selected street links, or the whole streets of their names."""
    return CloseRoad(roads=tuple((along.same_street if whole else along.both_ways)(city, selection.ids)))


def extent(edit: AnyEdit, cities: Sequence[City]) -> tuple[float, float, float, float] | None:
    """Return the box [m] around what an edit draws or is about; None when it has no place.

    Parameters
    ----------
    edit : Edit
    cities : sequence of City
        Where to look for what it names: the city shown, the city as it is.
    """
    drawn: Any = edit
    shapes: list[Any] = [shapely.LineString(drawn.line)] if hasattr(edit, "line") else []
    shapes += [shapely.Polygon(drawn.footprint)] if getattr(edit, "footprint", None) else []
    shapes += [shapely.Point(drawn.point)] if hasattr(edit, "point") else []
    for table, ids in edit.needs().items():
        for city in cities:
            rows = city.table(table)
            rows = rows[rows["id"].isin(list(ids))]
            shapes += list(rows["geometry"]) if "geometry" in rows.columns else []
    if not shapes:
        return None
    west, south, east, north = (float(value) for value in shapely.total_bounds(shapes))
    return west, south, east, north


# --- in words -----------------------------------------------------------------------------------------------------


def sentence(edit: AnyEdit, cities: Sequence[City], lang: str) -> str:
    """Say an edit in one line: what it does, to what (looked up in the cities in turn), by how much."""
    what = tr(title(edit), lang)
    details = [text for text in (_named(edit, cities, lang), _how(edit, lang)) if text]
    return f"{what}: {', '.join(details)}" if details else what


def _named(edit: AnyEdit, cities: Sequence[City], lang: str) -> str:
    """Name the things an edit is about, the first two of them."""
    own = getattr(edit, "name", "") or ""
    needs = {table: ids for table, ids in edit.needs().items() if ids}
    if not needs or own:
        return own
    table, ids = next(iter(needs.items()))
    names = list(dict.fromkeys(thing_names(cities, table, ids, lang)))
    said = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    if more > 0:
        said += " " + trn("and {n} more", "and {n} more", more, lang)
    elif len(ids) > len(names):
        said += f" ({trn('{n} link', '{n} links', len(ids), lang)})" if table in ("roads", "paths") else ""
    return said


def thing_names(cities: Sequence[City], table: str, ids: Sequence[str], lang: str) -> list[str]:
    """Return what things are called: name, address, or what they are."""
    found: dict[str, Any] = {}
    for city in cities:
        rows = city.table(table)
        rows = rows[rows["id"].isin([one for one in ids if one not in found])]
        found |= {str(row["id"]): row for _, row in rows.iterrows()}
    return [_thing_name(found.get(id), id, lang) for id in ids]


def _thing_name(row: Any, id: str, lang: str) -> str:
    if row is None:
        return id
    texts = [str(row[name]) for name in ("name", "address") if name in row.index]
    kind = str(row.get("use", "") or row.get("kind", "") or "")
    return next((text for text in texts if text.strip()), tr(word(kind), lang) if kind else id)


def _how(edit: AnyEdit, lang: str) -> str:
    if isinstance(edit, AddPath | AddRoad):
        return number(shapely.LineString(edit.line).length, lang, 0, "m")
    if isinstance(edit, AddBuilding):
        area = number(shapely.Polygon(edit.footprint).area, lang, 0, "m²")
        return f"{tr(word(edit.use), lang)}, {area}, {number(edit.height, lang, unit='m')}"
    if isinstance(edit, ChangeBuilding):
        return ", ".join(_values(edit, _BUILDING, lang))
    if isinstance(edit, ChangeRoad):
        return ", ".join(_values(edit, _ROAD, lang))
    if isinstance(edit, HousingTransfer):
        return number(edit.persons, lang, 0, tr("persons", lang))
    if isinstance(edit, ScaleDemand):
        return "× " + number(edit.factor, lang)
    return ""


_BUILDING = (("height", N_("height"), "m"), ("floors", N_("floors"), ""), ("dwellings", N_("dwellings"), ""),
             ("residents", N_("residents"), ""), ("jobs", N_("jobs"), ""))  # fmt: skip
_ROAD = (("speed", N_("speed"), "km/h"), ("lanes", N_("lanes"), ""), ("capacity", N_("capacity"), "veh/h"),
         ("flow_factor", N_("traffic ×"), ""))  # fmt: skip


def _values(edit: Any, names: tuple[tuple[str, str, str], ...], lang: str) -> list[str]:
    given = ((tr(text, lang), getattr(edit, name), unit) for name, text, unit in names)
    return [f"{text} {number(value, lang, unit=unit)}" for text, value, unit in given if value is not None]
