"""Decoders on real payloads, the guard against what is malformed, and the intake that makes rows of readings."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import BadInput
from twin.sensors.decode import datex2, sensor_community, smhi
from twin.sensors.decode.lorawan import ChirpStack, ThingsStack
from twin.sensors.decode.ngsi_ld import NgsiLd
from twin.sensors.decode.plain import PlainJson
from twin.sensors.decode.sensorthings import SensorThingsMqtt, datastream, observations
from twin.sensors.decode.trafikverket import answer
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.flagging import Watch, drift, drifts, rule_of
from twin.sensors.guard import MAX_MESSAGE, load_json, now_ms, time_of, zone_of
from twin.sensors.intake import Facts, Intake
from twin.sensors.quantity import quantity_of
from twin.sensors.stream import Quality, Stream, batch
from twin.sensors.units import conversion, ucum

if TYPE_CHECKING:
    from pathlib import Path

    from twin.sensors.reading import Reading


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.fixture(scope="module")
def payloads(shared_data: Path) -> Path:
    return shared_data / "sensors" / "payloads"


def by_quantity(readings: list[Reading]) -> dict[str, Reading]:
    return {one.quantity: one for one in readings}


# --- real payloads


def test_chirpstack_uplink_with_raw_bytes_as_its_own_converter_reads_them(payloads: Path) -> None:
    folder = payloads / "lorawan-chirpstack-v4"
    data = (folder / "ERS2_Sound-payload.json").read_bytes()
    expected = json.loads((folder / "ERS2_Sound-result.json").read_text())["telemetry"][0]
    found = ChirpStack("elsys")(data, "application/x/device/1000000000000001/event/up")
    assert {one.sensor for one in found} == {"1000000000000001"}
    assert {one.time for one in found} == {ms("2023-05-22T07:47:05.404859+00:00")}
    values = {one.quantity: one.value for one in found}
    assert values == {quantity_of(name): value for name, value in expected["values"].items()}
    with pytest.raises(BadInput, match=r"did not decode the payload; name a codec \(elsys\)"):
        ChirpStack()(data, "")
    decoded = json.loads(data) | {"object": {"temperature": 21.5, "ok": True, "inner": {"co2": 600}}}
    again = by_quantity(ChirpStack()(json.dumps(decoded).encode(), ""))
    assert {name: one.value for name, one in again.items()} == {"temperature": 21.5, "inner_co2": 600}


def test_things_stack_uplink(payloads: Path) -> None:
    folder = payloads / "lorawan-ttn-v3"
    data = (folder / "ERS2_Sound-payload.json").read_bytes()
    expected = json.loads((folder / "ERS2_Sound-result.json").read_text())["telemetry"][0]
    found = ThingsStack("elsys")(data, "v3/app@ttn/devices/x/up")
    assert {one.quantity: one.value for one in found} == {quantity_of(k): v for k, v in expected["values"].items()}
    assert found[0].time // 1000 == expected["ts"] // 1000
    decoded = json.loads(data)
    decoded["uplink_message"]["decoded_payload"] = {"humidity": 41}
    decoded["uplink_message"]["locations"] = {"user": {"latitude": 59.31, "longitude": 18.05}}
    (one,) = ThingsStack()(json.dumps(decoded).encode(), "")
    assert (one.value, one.lon, one.lat) == (41, 18.05, 59.31)


def test_sensorthings_entities_and_mqtt(payloads: Path) -> None:
    entity = json.loads((payloads / "sensorthings" / "entitiesDefault.json").read_text())
    thing = {key: entity[key] for key in ("name", "Locations")}
    for number, part in enumerate(entity["Datastreams"]):
        known = datastream({**part, "@iot.id": number, "Thing": thing})
        assert (known.sensor, known.lon, known.lat) == ("thing name 1", -117.05, 51.05)
        readings, refused = observations({"value": part["Observations"]}, {str(number): known}, str(number))
        assert [one.value for one in readings] == [o["result"] for o in part["Observations"]]
        assert refused == []
    echoed = (payloads / "sensorthings" / "observation-mqtt.json").read_bytes()
    (one,) = SensorThingsMqtt()(echoed, "v1.0/Datastreams(12)/Observations")
    assert (one.sensor, one.value, one.time) == ("Datastream 12", 26, ms("2019-08-31T13:16:17.583Z"))
    with pytest.raises(BadInput, match="which Datastream"):
        SensorThingsMqtt()(echoed, "v1.0/Observations")
    rows = [["2026-05-04T10:00:00Z/2026-05-04T10:15:00Z", 4.5], ["2026-05-04T10:30:00Z", None]]
    part = {"Datastream": {"@iot.id": 3}, "components": ["phenomenonTime", "result"], "dataArray": rows}
    array = {"value": [part]}
    readings, refused = observations(array, {})
    assert [(one.sensor, one.value, one.time) for one in readings] == [
        ("Datastream 3", 4.5, ms("2026-05-04T10:15:00Z"))
    ]
    assert "a number is expected" in str(refused[0])


def test_ngsi_ld_entities_of_the_smart_data_models(payloads: Path) -> None:
    folder = payloads / "ngsi-ld"
    utc = NgsiLd(zone_of("UTC"))
    air = by_quantity(utc((folder / "AirQualityObserved-example-normalized.jsonld").read_bytes(), ""))
    assert (air["no2"].value, air["no2"].unit, air["co"].unit) == (69, "GQ", "GP")
    assert air["no2"].time == ms("2016-03-15T11:00:00Z")
    assert air["no2"].lat == pytest.approx(40.4238528)
    assert (air["humidity"].value, ucum(air["humidity"].unit)) == (0.54, "1")
    assert "reliability" not in air
    with pytest.raises(BadInput, match="states no time zone"):
        NgsiLd()((folder / "AirQualityObserved-example-normalized.jsonld").read_bytes(), "")
    values = by_quantity(utc((folder / "AirQualityObserved-example.jsonld").read_bytes(), ""))
    assert (values["no2"].value, values["temperature"].value) == (69, 12.2)
    for name in ("NoiseLevelObserved-example-normalized.jsonld", "NoiseLevelObserved-example.jsonld"):
        noise = by_quantity(NgsiLd()((folder / name).read_bytes(), ""))
        assert (noise["noise_laeq"].value, noise["noise_laeq"].unit) == (67.8, "dB")
        assert noise["noise_laeq"].time == ms("2016-12-28T12:00:00Z")  # the end of the hour measured
    for name in ("TrafficFlowObserved-example-normalized.jsonld", "TrafficFlowObserved-example.jsonld"):
        flow = by_quantity(utc((folder / name).read_bytes(), ""))
        assert (flow["traffic_flow"].value, flow["traffic_flow"].unit) == (197 * 12, "/h")  # 197 in five minutes
        assert "laneid" not in flow
    first = json.loads((folder / "NoiseLevelObserved-example.jsonld").read_text())
    told = {"id": "urn:ngsi-ld:Notification:1", "type": "Notification", "data": [first]}
    assert len(NgsiLd()(json.dumps(told).encode(), "")) == 4


def test_trafikverket_answers(payloads: Path) -> None:
    weather = answer((payloads / "trafikverket" / "WeatherMeasurepoint-response.json").read_bytes())
    first = by_quantity([one for one in weather if one.sensor == "WeatherMeasurepoint 2202"])
    assert {name: (one.value, one.unit) for name, one in first.items()} == {
        "air_temperature" if "air_temperature" in first else "temperature": (2.8, "Cel"),
        "humidity": (91, "%"),
        "wind_direction": (155, "deg"),
    }
    assert (first["humidity"].lon, first["humidity"].lat) == (17.34482, 62.43064)
    assert first["humidity"].time == ms("2024-10-16T22:40:03.001+02:00")
    assert not [one for one in weather if one.sensor.endswith("2214100")]  # a point that measures nothing now
    flow = by_quantity(answer((payloads / "trafikverket" / "TrafficFlow-shape.json").read_bytes()))
    assert (flow["traffic_flow"].value, flow["traffic_speed"].value) == (1200, 68.5)
    with pytest.raises(BadInput, match="Trafikverket answers: wrong key"):
        answer(b'{"RESPONSE":{"RESULT":[{"ERROR":{"SOURCE":"Security","MESSAGE":"wrong key"}}]}}')


def test_sensor_community_and_datex(payloads: Path) -> None:
    found = sensor_community.answer((payloads / "sensor-community" / "upstream.json").read_bytes())
    dust = by_quantity([one for one in found if one.sensor == "sensor.community 2129"])
    assert (dust["pm10"].value, dust["pm25"].value) == (18.40, 16.80)
    assert (dust["pm10"].lon, dust["pm10"].time) == (13.374, ms("2019-04-25T01:53:40Z"))
    xml = (payloads / "datex2" / "measured-data-v2-fr-tipi.xml").read_bytes()
    sites = datex2.answer(xml)
    assert [(one.sensor, one.quantity, one.value) for one in sites][:2] == [
        ("MUM76.h1", "traffic_flow", 70), ("MUM76.h1", "traffic_speed", 92)
    ]  # fmt: skip
    assert sites[2].value == 820
    assert sites[0].time == ms("2026-04-09T00:48:00+02:00")
    bomb = xml.replace(b"<d2LogicalModel", b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><d2LogicalModel', 1)
    with pytest.raises(BadInput, match="entities"):
        datex2.answer(bomb)
    with pytest.raises(BadInput, match="no XML"):
        datex2.answer(xml[:-20])


# --- plain JSON and its mapping


def plain(**facts: object) -> bytes:
    base = {"sensor": "s1", "quantity": "NO2", "value": 12.5, "time": "2026-05-04T10:00:00Z"}
    return json.dumps(base | facts).encode()


def test_plain_json_to_the_letter() -> None:
    (one,) = PlainJson()(plain(unit="µg/m³", lon=18.05, lat=59.31), "t")
    assert (one.sensor, one.quantity, one.value, one.unit) == ("s1", "no2", 12.5, "µg/m³")
    assert (one.time, one.lon, one.lat) == (ms("2026-05-04T10:00:00Z"), 18.05, 59.31)
    many = b"[" + plain() + b"," + plain(value=3, time="2026-05-04T12:00:00.123456789+02:00") + b"]"
    assert [one.value for one in PlainJson()(many, "t")] == [12.5, 3.0]
    assert PlainJson()(many, "t")[1].time == ms("2026-05-04T10:00:00.123+00:00")


def test_one_bad_reading_does_not_cost_the_others() -> None:
    many = b"[" + plain() + b"," + plain(value="x") + b"," + plain(time="2026-05-04T12:00:00Z") + b"]"
    intake = Intake(PlainJson(), numbered())
    assert len(intake.take([(many, "t", now_ms())])) == 2
    assert (intake.counts.received, intake.counts.refused) == (3, 1)
    mapped = Intake(PlainJson({"unit": "=ug/m3"}), numbered())
    assert len(mapped.take([(many, "t", now_ms())])) == 2
    with pytest.raises(BadInput):
        PlainJson()(plain(value="x"), "t")


BAD = {
    "text for a number": (plain(value="12"), "float"),
    "a flag": (plain(value=True), "float"),
    "nothing": (plain(value=None), "float"),
    "NaN": (b'{"sensor":"s","quantity":"no2","value":NaN,"time":"2026-05-04T10:00:00Z"}', "cannot be read"),
    "Infinity": (b'{"sensor":"s","quantity":"no2","value":1e999,"time":"2026-05-04T10:00:00Z"}', "finite|cannot|range"),
    "no zone": (plain(time="2026-05-04T10:00:00"), "states no time zone"),
    "no time": (plain(time="yesterday"), "a time such as"),
    "no sensor": (plain(sensor=" "), "a name is expected"),
    "a sensor that rings": (plain(sensor="s\u0007"), "a name is expected"),
    "no JSON": (b"\xff\xfe{", "cannot be read"),
    "cut short": (plain()[:-5], "cannot be read"),
    "empty": (b"", "cannot be read"),
    "too large": (b'{"sensor":"' + b"x" * MAX_MESSAGE + b'"}', "bytes; at most"),
    "too deep": (b"[" * 500 + b"]" * 500, "nested deeper"),
    "off the globe": (plain(lon=200, lat=10), "no place in degrees"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_refused_in_one_line(name: str) -> None:
    data, said = BAD[name]
    with pytest.raises(BadInput, match=said) as caught:
        PlainJson()(data, "t")
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_mapping_reads_another_shape() -> None:
    data = json.dumps({"dev": {"eui": 17}, "v": ["4,5"], "t": "2026-05-04T10:00:00", "pos": {"x": "18.05", "y": 59.3}})
    mapping = {
        "sensor": "dev.eui",
        "quantity": "topic:2",
        "value": "v.0",
        "time": "t",
        "unit": "=ppb",
        "lon": "pos.x",
        "lat": "pos.y",
    }
    (one,) = PlainJson(mapping, zone_of("Europe/Stockholm"))(data.encode(), "city/NO2/x")
    assert (one.sensor, one.quantity, one.value, one.unit, one.lon) == ("17", "no2", 4.5, "ppb", 18.05)
    assert one.time == ms("2026-05-04T08:00:00Z")
    with pytest.raises(BadInput, match="speed is no field"):
        PlainJson({"speed": "v"})


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["sensor", "value", "time", "data", "id", "RESPONSE", "RESULT", "object", "deviceInfo", "result", "location",
         "station", "parameter", "key"]),
        inner, max_size=5),
    max_leaves=20,
).map(lambda v: json.dumps(v).encode()))  # fmt: skip
def test_no_message_breaks_the_intake(data: bytes) -> None:
    """Whatever arrives is taken or counted as refused; nothing raises."""
    for decode in (PlainJson(), PlainJson({"value": "a.b"}), ChirpStack("elsys"), ThingsStack("elsys"),
                   SensorThingsMqtt(), NgsiLd(), answer, datex2.answer, sensor_community.answer,
                   smhi.answer):  # fmt: skip
        intake = Intake(decode, numbered())
        rows = intake.take([(data, "a/b", now_ms())])
        assert len(rows) <= intake.counts.received
        assert intake.counts.refused + len(rows) == intake.counts.received


# --- guard


def test_times() -> None:
    assert time_of("2026-10-25T02:30:00+02:00") != time_of("2026-10-25T02:30:00+01:00")
    assert time_of("2026-05-04 10:00", zone_of("UTC+1")) == ms("2026-05-04T09:00:00Z")
    assert time_of("2026-05-04T10:00Z/2026-05-04T11:00Z") == ms("2026-05-04T11:00:00Z")
    for wrong in (17, None, "", "now", "2026-13-01T00:00:00Z", "x" * 1000):
        with pytest.raises(BadInput):
            time_of(wrong)
    with pytest.raises(BadInput, match="no time zone"):
        zone_of("Mars/Olympus")
    with pytest.raises(BadInput, match="no JSON"):
        load_json(b'{"a": Infinity}')
    assert load_json(b'{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}')["a"].startswith("[[")


def test_units_are_converted_or_refused() -> None:
    factor, offset = conversion("[degF]", "Cel")
    assert 212 * factor + offset == pytest.approx(100)
    assert conversion("K", "Cel")[1] == pytest.approx(-273.15)
    assert conversion(ucum("KMH"), "m/s")[0] == pytest.approx(1 / 3.6)
    assert conversion("/d", "/h")[0] == pytest.approx(1 / 24)
    with pytest.raises(BadInput, match="cannot be turned"):
        conversion("[ppb]", "ug/m3")


# --- intake


def numbered():  # type: ignore[no-untyped-def]
    """Return what gives numbers to streams, as a store does."""
    known: list[Stream] = []

    def add(streams):  # type: ignore[no-untyped-def]
        import dataclasses

        given = [dataclasses.replace(one, sid=len(known) + i) for i, one in enumerate(streams)]
        known.extend(given)
        return tuple(given)

    add.known = known  # type: ignore[attr-defined]
    return add


def test_intake_makes_streams_converts_and_counts() -> None:
    add = numbered()
    intake = Intake(PlainJson(), add, facts=Facts("air", "City", "CC0-1.0", "internal", "pilot", 60.0))
    now = now_ms()
    rows = intake.take([
        (plain(unit="mg/m3", value=0.05), "t", now),
        (plain(unit="ug/m3", value=51, time="2026-05-04T10:01:00Z"), "t", now),
        (plain(unit="ppb", value=51, time="2026-05-04T10:02:00Z"), "t", now),
        (plain(quantity="soil moisture", value=3), "t", now),
        (plain(time="2999-01-01T00:00:00Z"), "t", now),
        (plain(time="1970-01-01T00:00:10Z"), "t", now),
        (b"{", "t/7", now),
    ])  # fmt: skip
    assert rows.value.tolist() == pytest.approx([50, 51, 3])
    assert (intake.counts.received, intake.counts.refused) == (7, 4)
    (no2, soil) = add.known
    assert (no2.id, no2.unit, no2.owner, no2.classification, no2.maturity) == (
        "s1:no2",
        "ug/m3",
        "City",
        "internal",
        "pilot",
    )
    assert (soil.quantity, soil.unit) == ("soil_moisture", "1")
    reasons = [str(one.reason) for one in intake.counts.samples]
    assert any("lies in the future" in text for text in reasons)
    assert any("never set" in text for text in reasons)
    assert any("[ppb] cannot be turned into ug/m3" in text for text in reasons)
    assert intake.counts.samples[-1].topic == "t/7" or any(one.topic == "t/7" for one in intake.counts.samples)
    assert intake.latest_ms == ms("2026-05-04T10:01:00Z")


def test_unknown_sensors_wait_until_accepted() -> None:
    add = numbered()
    intake = Intake(PlainJson(), add, unknown="park")
    now = now_ms()
    assert len(intake.take([(plain(), "t", now), (plain(time="2026-05-04T10:05:00Z"), "t", now)])) == 0
    assert (intake.counts.parked, intake.counts.refused, list(intake.parked)) == (2, 0, ["s1"])
    assert len(intake.accept("s1")) == 2
    assert (intake.counts.parked, len(add.known)) == (0, 1)
    assert len(intake.take([(plain(time="2026-05-04T10:06:00Z"), "t", now)])) == 1


def test_flags_follow_the_rule_and_keep_the_value() -> None:
    watch = Watch(rule_of(Stream("s:no2", "no2", "ug/m3")))
    hour = 3_600_000
    assert watch.flag(-3.0, 0) == Quality.OUT_OF_RANGE
    assert [watch.flag(v, i * hour) for i, v in enumerate([10, 11, 12, 11, 10, 11], start=1)] == [Quality.GOOD] * 6
    assert watch.flag(400, 7 * hour) == Quality.SPIKE
    assert watch.flag(12, 8 * hour) == Quality.GOOD
    assert [watch.flag(12, (8 + i) * hour) for i in range(1, 9)][-1] == Quality.STUCK
    assert watch.flag(20, 20 * hour, doubt=True) == Quality.SOURCE
    own = Watch(rule_of(Stream("s:x", "x", "1", low=2, high=3)))
    assert own.flag(4, 0) == Quality.OUT_OF_RANGE
    assert rule_of(Stream("s:no2", "no2", "[ppb]")).spike == 0  # our limits are in µg/m³


def test_drift_is_told_from_noise() -> None:
    rng = np.random.default_rng(5)
    peers = 20 + rng.normal(0, 3, (30, 1)) + rng.normal(0, 0.5, (30, 6))
    steady = peers.mean(axis=1) + rng.normal(0, 0.5, 30)
    moving = steady + 0.2 * np.arange(30)
    calm, moved = drift(0, steady, peers), drift(1, moving, peers)
    assert calm is not None
    assert moved is not None
    assert not calm.is_drift
    assert moved.is_drift
    assert moved.per_day == pytest.approx(0.2, abs=0.03)
    assert drift(0, steady[:3], peers[:3]) is None


def test_drift_is_found_in_a_history(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    with EmbeddedHistory(tmp_path / "history") as store:
        store.add_streams([Stream(f"s{i}:no2", "no2", "ug/m3") for i in range(5)])
        hours = np.datetime64("2026-05-01", "ms") + np.arange(30 * 24) * np.timedelta64(3_600_000, "ms")
        shared = 20 + 5 * np.sin(np.arange(len(hours)) / 50)
        for sid in range(5):
            value = shared + rng.normal(0, 0.5, len(hours)) + (0.3 * np.arange(len(hours)) / 24 if sid == 3 else 0)
            store.append(batch(np.full(len(hours), sid), hours, value))
        (found,) = drifts(store)
        assert found.sid == 3
        assert found.per_day == pytest.approx(0.3, abs=0.02)


def test_the_real_air_series_is_flagged_where_it_is_implausible(shared_data: Path) -> None:
    """Negative instrument noise and the CO2 of 109 ppm are kept and flagged."""
    from twin.sensors.feeds.files import Layout, read_file
    from twin.sensors.reading import Reading

    (path,) = (shared_data / "sensors" / "series" / "slb-sveavagen").glob("*.csv")
    found = list(read_file(path, Layout("Sveavägen", zone_of("UTC+1"))))
    assert not [one for one in found if isinstance(one, BadInput)]
    add = numbered()
    intake = Intake(PlainJson(), add)
    rows = intake.take_readings([one for one in found if isinstance(one, Reading)])
    assert intake.counts.refused == 0
    assert len(rows) == 7680 * 6 - (62 + 17 + 1 + 1 + 1 + 4)
    assert rows.time.min() == np.datetime64("2024-05-30T23:15")
    flagged = {one.quantity: rows.quality[rows.sid == one.sid] for one in add.known}
    pm10 = rows.take(rows.sid == next(one.sid for one in add.known if one.quantity == "pm10"))
    assert (pm10.value < 0).sum() == 18
    assert (pm10.quality[pm10.value < 0] == Quality.OUT_OF_RANGE).all()
    assert pm10.value.min() == pytest.approx(-5.2, abs=0.05)
    co2 = rows.take(rows.sid == next(one.sid for one in add.known if one.quantity == "co2"))
    assert co2.quality[co2.value.argmin()] == Quality.OUT_OF_RANGE
    assert all((flags > 0).mean() < 0.05 for flags in flagged.values())
    assert math.isfinite(float(rows.value.sum()))
    assert datetime.now(UTC)
