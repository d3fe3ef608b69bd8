"""A test helper for drop-ins: runs one as the program does and says in one line what would trouble its users."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from twin.city.city import City
from twin.city.content_hash import city_key
from twin.city.schema import TABLES
from twin.dropins import kinds
from twin.errors import BadInput, named
from twin.jobs import Job
from twin.layer import legend
from twin.models.model import settled
from twin.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.dropins.kinds import DropIn
    from twin.layer import Field, Layer
    from twin.models.model import Model
    from twin.result import Value


def check_dropin(
    file: str | Path,
    city: City,
    values: Mapping[str, Value] | None = None,
    inputs: Mapping[str, Result] | None = None,
) -> Any:
    """Run a drop-in on a city and on an empty one, and look at what it gives.

    Parameters
    ----------
    file : path
        The drop-in.
    city : City
        To run it on, such as the demo: ``twin.api.load_city("demo")``.
    values : mapping, optional
        Its parameters; defaults by default.
    inputs : mapping, optional
        Of a model: answers of the models it needs.

    Returns
    -------
    Layer, Result or the thing it defines
        What it made of the city.

    Raises
    ------
    AssertionError
        Saying what is wrong.
    """
    dropin = kinds.load(Path(file).resolve())
    _be(not dropin.error, dropin.error)
    if dropin.kind == "layer":
        return _check_layer(dropin, city, values or {})
    if dropin.kind == "model":
        return _check_model(dropin, city, values or {}, inputs or {})
    return dropin.thing


def _check_layer(dropin: DropIn, city: City, values: Mapping[str, Value]) -> Layer:
    before = city_key(city)
    heard: list[float] = []
    job = Job(lambda fraction, _text, _fields: heard.append(fraction))
    try:
        layer = kinds.answered(dropin, city, values, job)
    except Exception as error:
        raise AssertionError(kinds.where(error, dropin.path)) from error
    _be(city_key(city) == before, f"{dropin.id}: it changed the city; make new tables instead")
    _be(heard == sorted(heard), f"{dropin.id}: its progress goes back")
    try:
        empty = kinds.answered(dropin, City("Empty", city.crs), values, Job())
    except Exception as error:
        said = kinds.where(error, dropin.path)
        raise AssertionError(f"{said} (on an empty city, which must give None)") from error
    _be(empty is None, f"{dropin.id}: an empty city must give None")
    if layer is None:
        raise AssertionError(
            f"{dropin.path.name}: make returned None for this city: it has nothing to show, or a return is missing"
        )
    _check_field(layer.field, city)
    _be(bool(layer.title), f"{dropin.id}: the layer has no title")
    _be(bool(legend(layer, "sv").classes), f"{dropin.id}: the legend is empty")
    _be(layer.high > layer.low, f"{dropin.id}: the range {layer.low} – {layer.high} is empty")
    _travels(layer, dropin)
    _check_source(layer.field, city, stated=True)
    return kinds.owned(layer, city)


def _check_field(field: Field, city: City) -> None:
    name = field.name
    known = np.isfinite(field.values)
    _be(field.values.dtype == np.float32, f"{name}: values are {field.values.dtype}, expected float32")
    _be(field.where == "picture" or bool(known.any()), f"{name}: no value is known")
    _be(not np.isinf(field.values).any(), f"{name}: a value is infinite; write nan for unknown")
    if field.places is None:
        where = "places" if field.where == "points" else field.where
        _be(where in TABLES, f"{name}: values of «{where}» need places, such as Grid or Walls (docs/drawing.md)")
        lost = set(field.ids) - set(city.table(where)["id"])
        _be(not lost, f"{name}: {len(lost)} ids are not in {where}, such as {next(iter(lost), '')}")
    if field.values.ndim == 2:
        _be(field.times is not None, f"{name}: values of several times need times")
    if field.times is not None:
        _be(field.values.ndim == 2, f"{name}: it has times; values of shape (times, places) are expected")
        _be(bool((np.diff(field.times.astype("int64")) > 0).all()), f"{name}: times must rise")


def _check_source(field: Field, city: City, *, stated: bool) -> None:
    """Refuse values that do not say whose they are; those of a model are the model's where none is stated."""
    if field.about is not None:
        missing = field.about.missing()
        _be(not missing, f"{field.name}: its source does not state: {', '.join(missing)}")
    elif field.source or stated:
        _be(
            field.source in set(city.sources["id"]),
            f"{field.name}: its source «{field.source}» is none of the city's; say whose it is: "
            "about=Source(title, owner=…, licence=…, classification=…) (docs/drop-ins.md)",
        )


def _check_model(dropin: DropIn, city: City, values: Mapping[str, Value], inputs: Mapping[str, Result]) -> Result:
    model = cast("Model", dropin.thing)
    lacking = [name for name in model.needs if name not in inputs]
    _be(not lacking, f"{model.name}: give inputs for {', '.join(lacking)}")
    before = city_key(city)
    chosen = settled(model, values)
    heard: list[float] = []

    def asked(job: Job) -> Result:
        try:
            result = model.run(city, chosen, inputs, None, None, job)
        except Exception as error:
            raise AssertionError(kinds.where(error, dropin.path)) from error
        _be(isinstance(result, Result), f"{dropin.path.name}: run returned {named(result)}, expected a Result")
        return result

    result = asked(Job(lambda fraction, _t, _f: heard.append(fraction)))
    _be(city_key(city) == before, f"{model.name}: it changed the city; make new tables instead")
    _be(result.model == model.name, f"{model.name}: the Result calls its model {result.model}")
    _be(bool(result.fields or result.indicators), f"{model.name}: it answers neither fields nor indicators")
    for field in result.fields:
        _check_field(field, city)
        _check_source(field, city, stated=False)
    again = asked(Job())
    same = all(
        np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(result.fields, again.fields, strict=True)
    )
    _be(same, f"{model.name}: asked twice it answers differently; fix the seed of what is random")
    _travels(result.without_working(), dropin)
    return result


def _travels(thing: object, dropin: DropIn) -> None:
    """Refuse what cannot go to the window's process."""
    try:
        pickle.loads(pickle.dumps(thing))
    except Exception as error:
        raise AssertionError(f"{dropin.path.name}: it cannot be sent to another process: {error}") from error


def _be(true: bool, said: str) -> None:
    if not true:
        raise AssertionError(said)


def loaded(file: str | Path) -> DropIn:
    """Load one drop-in.

    Raises
    ------
    BadInput
        With what is wrong in it.
    """
    dropin = kinds.load(Path(file).resolve())
    if dropin.error:
        raise BadInput("{reason}", reason=dropin.error)
    return dropin
