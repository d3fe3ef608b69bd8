"""Results: the same after storing, made anew when damaged, and their differences."""

from __future__ import annotations

import numpy as np
import pytest

from twin.layer import Field
from twin.result import FOLDER, Indicator, Result, difference, load, store

IDS = np.array(["a", "å", "c"], dtype=object)


def _result(values=(1.0, np.nan, 3.0), ids=IDS, number=2.5) -> Result:
    field = Field("Residents within 400 m on foot", "persons", "buildings", ids, np.array(values, dtype=np.float32))
    times = np.array(["2026-01-01T00:00", "2026-01-01T01:00"], dtype="datetime64[ms]")
    hourly = Field(
        "Flow", "veh/h", "roads", np.array(["r1", "r2", "r3"], dtype=object),
        np.arange(6, dtype=np.float32).reshape(2, 3), times, "reach", {1: "one"},
    )  # fmt: skip
    indicators = (
        Indicator("x.mean", "Mean within {r} m", number, "%", "x", field.name, ("a", "c"), {"r": "400"}),
        Indicator("x.none", "None", float("nan"), "", "x"),
    )
    parameters = {"b": True, "f": 2.0, "s": "text"}
    return Result("x", "1.0", parameters, "k" * 64, (field, hourly), indicators, "preview", ("Assumed.",), object())


def test_result_is_the_same_after_storing(tmp_path):
    result = _result()
    store(tmp_path, result)
    back = load(tmp_path, result.key)
    assert back is not None
    assert (back.model, back.version, back.parameters, back.key) == ("x", "1.0", result.parameters, result.key)
    assert (back.quality, back.assumptions, back.working) == ("preview", ("Assumed.",), None)
    assert back.parameters["b"] is True
    for a, b in zip(result.fields, back.fields, strict=True):
        assert (a.name, a.unit, a.where, a.source, dict(a.categories)) == (
            b.name, b.unit, b.where, b.source, dict(b.categories))  # fmt: skip
        assert a.values.dtype == b.values.dtype
        assert np.array_equal(a.values, b.values, equal_nan=True)
        assert a.ids.tolist() == b.ids.tolist()
        assert (a.times is None) == (b.times is None)
    assert (back.fields[1].times == result.fields[1].times).all()
    assert back.indicators[0] == result.indicators[0]
    assert np.isnan(back.indicators[1].value)
    assert back.indicators[0].name("en") == "Mean within 400 m"
    assert not [p for p in (tmp_path / FOLDER).iterdir() if p.name != result.key]


def test_storing_again_replaces(tmp_path):
    store(tmp_path, _result())
    store(tmp_path, _result(number=7.0))
    assert load(tmp_path, "k" * 64).indicators[0].value == 7.0


@pytest.mark.parametrize("name", ["result.json", "values-0.parquet", "values-1.parquet"])
@pytest.mark.parametrize("harm", ["absent", "cut", "flipped"])
def test_damaged_result_counts_as_absent(tmp_path, name, harm):
    place = store(tmp_path, _result()) / name
    data = bytearray(place.read_bytes())
    if harm == "absent":
        place.unlink()
    elif harm == "cut":
        place.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 1
        place.write_bytes(data)
    assert load(tmp_path, "k" * 64) is None
    store(tmp_path, _result())
    assert load(tmp_path, "k" * 64) is not None


def test_result_of_another_key_is_not_taken(tmp_path):
    place = store(tmp_path, _result())
    place.rename(place.with_name("j" * 64))
    assert load(tmp_path, "j" * 64) is None
    assert load(tmp_path, "nothing") is None


def test_difference_is_scenario_minus_reference_by_id():
    a = _result((5.0, 6.0, 7.0), np.array(["c", "a", "new"], dtype=object), 4.0)
    b = _result((1.0, 2.0, 3.0), np.array(["a", "gone", "c"], dtype=object), 1.5)
    found = difference(a, b, "Nollalternativ")
    assert found.reference == "Nollalternativ"
    values = dict(zip(found.fields[0].ids, found.fields[0].values.tolist(), strict=True))
    assert (values["c"], values["a"]) == (2.0, 5.0)
    assert np.isnan(values["new"])
    assert np.isnan(values["gone"])
    row = found.rows[0]
    assert (row.value, row.reference, row.difference, row.unit) == (4.0, 1.5, 2.5, "%")


def test_no_change_is_no_difference():
    result = _result((1.0, 2.0, 3.0))
    found = difference(result, result, "Nuläge")
    assert not any(np.nan_to_num(field.values).any() for field in found.fields)
    assert found.rows[0].difference == 0.0
