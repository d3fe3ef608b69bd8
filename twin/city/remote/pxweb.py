"""Tables of a statistical database with PxWebApi version 2, such as SCB's, as tables of areas × groups.

Asked for as JSON-stat 2. A table has variables: an area, one that parts people into groups, the year, what is counted,
and others that are summed where the database allows it. Docs: https://www.scb.se/api, https://www.pxtools.net/PxWebApi.
SCB allows 30 calls in 10 s and 150,000 cells a call; no key is needed; the data are CC0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.unit_table import UnitTable
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.remote.web import Web
    from twin.jobs import Job

SCB = "https://statistikdatabasen.scb.se/api/v2"
CELLS = 150_000
"""Most cells of one answer."""


@dataclass(frozen=True)
class Variable:
    """A variable of a table: code, what it is called, its values with their labels, whether it may be summed over."""

    code: str
    label: str
    values: tuple[str, ...]
    labels: tuple[str, ...]
    eliminable: bool
    role: str = ""


@dataclass(frozen=True)
class Table:
    """What a table of the database holds."""

    id: str
    title: str
    updated: str
    variables: tuple[Variable, ...]

    def variable(self, role: str) -> Variable | None:
        """Return the variable of a role: ``geo``, ``time`` or ``metric``."""
        return next((one for one in self.variables if one.role == role), None)


def describe(web: Web, table: str, lang: str = "sv", job: Job | None = None) -> Table:
    """Return what a table holds.

    Raises
    ------
    BadInput
        When there is no such table, or the answer is no JSON-stat 2.
    """
    found = web.json(f"/tables/{table}/metadata", {"lang": lang, "outputFormat": "json-stat2"}, job=job)
    dimensions = _dimensions(found, table)
    roles = {code: role for role, codes in found.get("role", {}).items() for code in codes}
    variables = []
    for code, one in dimensions.items():
        values = _ordered(one)
        labels = one["category"].get("label", {})
        extension = one.get("extension", {})
        variables.append(
            Variable(
                code, str(one.get("label", code)), values, tuple(str(labels.get(value, value)) for value in values),
                bool(extension.get("elimination", False)), roles.get(code, ""),
            )
        )  # fmt: skip
    return Table(table, str(found.get("label", table)), str(found.get("updated", "")), tuple(variables))


def fetch(
    web: Web, table: Table, group: str, areas: str = "", year: str = "", content: str = "", lang: str = "sv",
    job: Job | None = None,
) -> UnitTable:  # fmt: skip
    """Return a table of areas by the groups of one variable, all others summed or fixed.

    Parameters
    ----------
    web : Web
    table : Table
        As :func:`describe` gives it.
    group : str
        Code or name of the variable whose values become columns.
    areas : str
        Beginning of the areas' codes, such as «0180» for Stockholm; "" = all.
    year : str
        The last by default.
    content : str
        Code or name of what is counted; the first by default.
    lang : str
        Of the labels, which become the columns' names.
    job : Job, optional
        Hears of each part.

    Raises
    ------
    BadInput
        When a variable, a year or an area is not there, or another variable can neither be summed nor is fixed.
    """
    area = table.variable("geo")
    if area is None:
        raise BadInput("{table} has no areas.", table=table.id)
    parts = _named(table, group)
    wanted = [code for code in area.values if code.startswith(areas)]
    if not wanted:
        raise BadInput("{table} has no area whose code begins with {areas}.", table=table.id, areas=areas)
    fixed = _fixed(table, {area.code, parts.code}, year, content)
    per_call = max(CELLS // max(len(parts.values), 1), 1)
    calls = math.ceil(len(wanted) / per_call)
    counts = np.full((len(wanted), len(parts.values)), np.nan)
    for call in range(calls):
        if job is not None:
            job.progress(call / calls, N_("Asking for {table}"), table=table.title)
        some = wanted[call * per_call : (call + 1) * per_call]
        selection = [
            {"variableCode": area.code, "valueCodes": some},
            {"variableCode": parts.code, "valueCodes": list(parts.values)},
            *({"variableCode": code, "valueCodes": [value]} for code, value in fixed.items()),
        ]
        params = {"lang": lang, "outputFormat": "json-stat2"}
        answer = web.json(f"/tables/{table.id}/data", params, {"selection": selection}, job)
        first = call * per_call
        counts[first : first + len(some)] = _cells(answer, table.id, area.code, some, parts.code, parts.values)
    columns: dict[str, Any] = {"code": wanted}
    columns |= {label: counts[:, k] for k, label in enumerate(parts.labels)}
    return UnitTable(Path(f"{table.id}.json"), columns, len(wanted), None, None)


def _named(table: Table, name: str) -> Variable:
    for one in table.variables:
        if name.lower() in (one.code.lower(), one.label.lower()):
            return one
    known = ", ".join(f"{one.code} ({one.label})" for one in table.variables)
    raise BadInput("{table} has no variable {name}; there are: {known}.", table=table.id, name=name, known=known)


def _fixed(table: Table, taken: set[str], year: str, content: str) -> dict[str, str]:
    """Return the one value of each variable that is neither taken nor summed."""
    fixed = {}
    for one in table.variables:
        if one.code in taken:
            continue
        stated = {"time": year, "metric": content}.get(one.role, "")
        if stated:
            at = [i for i, both in enumerate(zip(one.values, one.labels, strict=True)) if stated in both]
            if not at:
                raise BadInput("{table} has no {value} among its {name}.", table=table.id, value=stated, name=one.label)
            fixed[one.code] = one.values[at[0]]
        elif one.role == "time":
            fixed[one.code] = max(one.values)
        elif one.role == "metric" or len(one.values) == 1:
            fixed[one.code] = one.values[0]
        elif not one.eliminable:
            raise BadInput("{table} cannot be summed over {name}.", table=table.id, name=one.label)
    return fixed


def _dimensions(found: Any, table: str) -> dict[str, Any]:
    known = found.get("dimension") if isinstance(found, dict) else None
    if not isinstance(known, dict) or not all(isinstance(one, dict) and "category" in one for one in known.values()):
        raise BadInput("{table}: the answer is no JSON-stat 2.", table=table)
    return {code: known[code] for code in found.get("id", list(known))}


def _ordered(one: Any) -> tuple[str, ...]:
    """Return the values of a dimension in order; its index is a list, or places by value, or not there for one."""
    index = one["category"].get("index")
    if isinstance(index, list):
        return tuple(map(str, index))
    if isinstance(index, dict):
        return tuple(sorted(index, key=index.__getitem__))
    return tuple(one["category"].get("label", {}))


def _cells(answer: Any, table: str, area: str, areas: Sequence[str], group: str, groups: Sequence[str]) -> Any:
    """Return the cells (areas, groups) of an answer, nan where blank or not answered."""
    dimensions = _dimensions(answer, table)
    order, size = list(dimensions), [len(_ordered(one)) for one in dimensions.values()]
    n = math.prod(size)
    values = answer.get("value")
    flat = np.full(n, np.nan)
    if isinstance(values, dict):  # only the cells that hold something
        for key, value in values.items():
            flat[int(key)] = np.nan if value is None else float(value)
    elif isinstance(values, list) and len(values) == n:
        flat[:] = [np.nan if value is None else float(value) for value in values]
    else:
        raise BadInput("{table}: the answer is no JSON-stat 2.", table=table)
    cube = flat.reshape(size)
    others = tuple(i for i, code in enumerate(order) if code not in (area, group))
    if any(size[i] != 1 for i in others):
        raise BadInput("{table}: the answer holds more than was asked for.", table=table)
    plane = np.squeeze(cube, axis=others)
    if order.index(area) > order.index(group):
        plane = plane.T
    rows = {code: i for i, code in enumerate(_ordered(dimensions[area]))}
    columns = {code: i for i, code in enumerate(_ordered(dimensions[group]))}
    out = np.full((len(areas), len(groups)), np.nan)
    for i, code in enumerate(areas):
        for j, other in enumerate(groups):
            if code in rows and other in columns:
                out[i, j] = plane[rows[code], columns[other]]
    return out
