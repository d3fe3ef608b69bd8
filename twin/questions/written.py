"""Steps of a question written as text, for the command line: ``speed=30``, ``at=152300,6577800``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import BadInput
from twin.questions.question import Choice, Draw, Loaded, Number, Pick, Tick
from twin.scenario.buildings import AddBuilding
from twin.scenario.codec import decode_edits
from twin.scenario.streets import AddPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.city import City
    from twin.questions.question import Step

YES, NO = ("yes", "true", "1", "ja"), ("no", "false", "0", "nej")
MOST_TEXT = 1_000_000
"""Longest text of a value, as characters."""
_EDITS = {"path": AddPath, "building": AddBuilding}
_POINTS = {"line": (2, 100_000), "area": (3, 100_000), "point": (1, 1), "spot": (1, 1)}
"""How many points a drawing takes, at least and at most."""


def form(step: Step) -> str:
    """Return how a step's value is written, for the list of questions.

    Examples
    --------
    >>> form(Number("speed", "Speed", "km/h", 10.0, 120.0, 30.0))
    '10 … 120 km/h'
    """
    if isinstance(step, Number):
        return f"{step.low:g} … {step.high:g} {step.unit}".rstrip()
    if isinstance(step, Choice):
        return "KEY,KEY" if step.several else "KEY"
    if isinstance(step, Tick):
        return "yes|no"
    if isinstance(step, Pick):
        return f"ID,ID… ({step.table})"
    if isinstance(step, Loaded):
        return "LAYER"
    return f"EDIT.json ({_EDITS[step.kind].__name__})" if step.kind in _EDITS else "X,Y X,Y…"


def value(step: Step, text: str, city: City, layers: Sequence[tuple[str, str, str]] = ()) -> Any:
    """Return a step's value from its text.

    Parameters
    ----------
    step : Step
    text : str
        Of a Pick ids or names of rows, by commas; of a Draw points ``x,y`` by spaces (of a spot also ``x,y,height``),
        or for a path or a building the file of an edit; of a Choice its key, several by commas; of a Loaded the id or
        the title of a data layer.
    city : City
    layers : sequence of (id, title, unit)
        The data layers of the project.

    Raises
    ------
    BadInput
        One line: which step, what is wrong, what is expected.
    """
    text = text.strip()
    if len(text) > MOST_TEXT:
        raise BadInput("{step}: {n} characters are too many.", step=step.id, n=len(text))
    if isinstance(step, Number):
        return _number(step, text)
    if isinstance(step, Tick):
        if text.lower() not in YES + NO:
            raise BadInput("{step}: «{text}» is not yes or no.", step=step.id, text=text)
        return text.lower() in YES
    if isinstance(step, Choice):
        keys = [key for key, _ in step.of(city)]
        chosen = tuple(part.strip() for part in text.split(",")) if step.several else (text,)
        for one in chosen:
            _among(step, one, keys)
        return chosen if step.several else text
    if isinstance(step, Pick):
        return _picked(step, text, city)
    if isinstance(step, Loaded):
        own = [(id, title) for id, title, unit in layers if unit.startswith(step.unit)]
        _among(step, text, [word for both in own for word in both])
        return next(id for id, title in own if text in (id, title))
    return _drawn(step, text)


def _number(step: Number, text: str) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = math.nan
    if not step.low <= found <= step.high:
        raise BadInput("{step}: «{text}» is not a number within {form}.", step=step.id, text=text, form=form(step))
    return found


def _among(step: Step, text: str, known: Sequence[str]) -> None:
    if text not in known:
        shown = ", ".join(known[:40]) or "–"
        raise BadInput("{step}: «{text}» is not one of: {known}.", step=step.id, text=text, known=shown)


def _picked(step: Pick, text: str, city: City) -> tuple[str, ...]:
    table = city.table(step.table)
    ids = [str(id) for id in table["id"]]
    names = [str(name) for name in table["name"]] if step.by_name and "name" in table else [""] * len(ids)
    found: dict[str, None] = {}
    known = set(ids)
    for part in (part.strip() for part in text.split(",")):
        rows = [part] if part in known else [id for id, name in zip(ids, names, strict=True) if part and name == part]
        if not rows:
            raise BadInput("{step}: the table {table} has no row «{text}», by id or name.", step=step.id,
                           table=step.table, text=part)  # fmt: skip
        found |= dict.fromkeys(rows)
    return tuple(found)


def _drawn(step: Draw, text: str) -> Any:
    if step.kind in _EDITS:
        path = Path(text)
        try:
            entries = decode_edits(path.read_bytes(), text)
        except OSError as error:
            raise BadInput("{path}: {reason}", path=text, reason=error.strerror or "") from None
        if len(entries) != 1 or not isinstance(entries[0].edit, _EDITS[step.kind]):
            raise BadInput("{path}: one edit of the kind {kind} was expected.", path=text,
                           kind=_EDITS[step.kind].__name__)  # fmt: skip
        return entries[0].edit
    wide = (2, 3) if step.kind == "spot" else (2,)
    try:
        points = tuple(tuple(float(part) for part in word.split(",")) for word in text.split())
    except ValueError:
        points = ()
    least, most = _POINTS[step.kind]
    fit = all(len(one) in wide and all(map(math.isfinite, one)) for one in points)
    if not fit or not least <= len(points) <= most:
        raise BadInput("{step}: «{text}» is no {kind}: expected at least {n} points as x,y x,y in the city's system.",
                       step=step.id, text=text[:80], kind=step.kind, n=least)  # fmt: skip
    return points
