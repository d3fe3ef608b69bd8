"""Feeds against real brokers and faithful servers: lost connections, floods, paging, events, growing folders."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import paho.mqtt.client as paho
import pytest
import servers
from paho.mqtt.enums import CallbackAPIVersion

from twin.errors import BadInput
from twin.sensors.decode import sensor_community
from twin.sensors.decode.plain import PlainJson
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.feeds import feed as feeding
from twin.sensors.feeds.files import FolderFeed, Layout, read_csv, read_file
from twin.sensors.feeds.http import PolledPage, Web
from twin.sensors.feeds.mqtt import MqttFeed, address
from twin.sensors.feeds.ngsi_ld import NgsiLdFeed
from twin.sensors.feeds.sensorthings import SensorThingsFeed
from twin.sensors.feeds.trafikverket import TrafikverketFeed, query
from twin.sensors.guard import zone_of
from twin.sensors.intake import Intake
from twin.sensors.reading import Reading
from twin.sensors.recorder import InboxSink, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def until(what: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def message(n: int, sensor: str = "s1") -> bytes:
    stamp = f"2026-05-04T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z"
    return json.dumps({"sensor": sensor, "quantity": "no2", "value": n % 50, "time": stamp, "unit": "ug/m3"}).encode()


# --- MQTT


@pytest.fixture(params=["plain", "tls"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[servers.Mosquitto]:
    try:
        made = servers.Mosquitto(tmp_path, tls=request.param == "tls")
    except servers.NotHere as reason:
        pytest.skip(str(reason))
    yield made
    made.stop()


@pytest.fixture
def plain_broker(tmp_path: Path) -> Iterator[servers.Mosquitto]:
    try:
        made = servers.Mosquitto(tmp_path, lines=("max_queued_messages 200", "max_inflight_messages 20"))
    except servers.NotHere as reason:
        pytest.skip(str(reason))
    yield made
    made.stop()


class Publisher:
    """Publishes and waits until the broker has it."""

    def __init__(self, broker: servers.Mosquitto) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if broker.ca:
            self._client.tls_set(str(broker.ca))
        self._client.max_queued_messages_set(0)
        self._client.connect("localhost", broker.port)
        self._client.loop_start()

    def send(self, topic: str, *payloads: bytes, qos: int = 1) -> None:
        sent = [self._client.publish(topic, one, qos=qos) for one in payloads]
        for one in sent:
            one.wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.mark.parametrize("version", [5, 4])
def test_mqtt_is_followed(broker: servers.Mosquitto, version: int) -> None:
    feed = MqttFeed(broker.url, ("city/+/no2", "other/#"), PlainJson(), ca=broker.ca, version=version)
    feed.start()
    until(lambda: feed.status.link == "connected")
    out = Publisher(broker)
    out.send("city/s1/no2", *(message(n) for n in range(20)))
    out.send("elsewhere", message(1))
    out.send("other/a/b", message(21))
    until(lambda: feed.status.received == 21)
    messages = feed.take()
    assert [topic for _, topic, _ in messages] == ["city/s1/no2"] * 20 + ["other/a/b"]
    assert messages[3][0] == message(3)
    feed.stop()
    out.close()
    assert feed.status.link == "off"


def test_mqtt_comes_back_after_the_broker_was_gone_and_gets_what_it_missed(broker: servers.Mosquitto) -> None:
    feed = MqttFeed(broker.url, ("t",), PlainJson(), ca=broker.ca, client_id="twin-test")
    feed.first_wait = 0.1
    feed.start()
    until(lambda: feed.status.link == "connected")
    broker.stop()
    until(lambda: feed.status.link != "connected")
    until(lambda: feed.status.reconnects >= 1 and bool(feed.status.error))
    broker.start()
    until(lambda: feed.status.link == "connected")
    out = Publisher(broker)
    out.send("t", message(1))
    until(lambda: feed.status.received == 1)
    feed.stop()
    out.send("t", message(2), message(3))  # while we are away the broker keeps them
    feed.start()
    until(lambda: feed.status.received == 3)
    feed.stop()
    out.close()


def test_a_wrong_certificate_and_a_wrong_password_are_told_and_not_tried_for_ever(tmp_path: Path) -> None:
    try:
        broker = servers.Mosquitto(tmp_path, tls=True)
    except servers.NotHere as reason:
        pytest.skip(str(reason))
    stranger = MqttFeed(broker.url, ("t",), PlainJson())  # the system does not know this authority
    stranger.start()
    until(lambda: stranger.status.link == "failed")
    assert "certificate verify failed" in stranger.status.error.lower().replace("_", " ")
    until(lambda: stranger.finished)
    stranger.stop()
    broker.stop()
    guarded = tmp_path / "guarded"
    guarded.mkdir()
    (guarded / "users").write_text("")
    (guarded / "users").chmod(0o600)
    closed = servers.Mosquitto(guarded, lines=(f"password_file {guarded / 'users'}",))
    # allow_anonymous stands before; a user that is not in the file is refused
    wrong = MqttFeed(closed.url, ("t",), PlainJson(), user="eve", password="x")
    wrong.start()
    until(lambda: wrong.finished)
    assert "not authori" in wrong.status.error.lower() or "password" in wrong.status.error.lower()
    wrong.stop()
    closed.stop()


def test_addresses_hold_no_password() -> None:
    assert address("mqtts://user@host") == ("host", 8883, True, "user")
    assert address("host:1884") == ("host", 1884, False, "")
    with pytest.raises(BadInput, match="keyring"):
        address("mqtt://user:secret@host")
    for wrong in ("ftp://host", "mqtt://", "mqtt://host:port"):
        with pytest.raises(BadInput, match="no address of a broker"):
            address(wrong)
    with pytest.raises(BadInput, match="no MQTT topic"):
        MqttFeed("mqtt://host", ("a/#/b",), PlainJson())


def test_a_flood_is_recorded_whole_and_a_full_queue_counts_its_losses(
    plain_broker: servers.Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedHistory(tmp_path / "history") as store:
        recorder = Recorder(store)
        feed = MqttFeed(plain_broker.url, ("t",), PlainJson())
        recorder.add(feed, Intake(PlainJson(), store.add_streams))
        recorder.start()
        until(lambda: feed.status.link == "connected")
        out = Publisher(plain_broker)
        for first in range(0, 2000, 100):  # paced within the broker's queue
            out.send("t", *(message(n) for n in range(first, first + 100)))
        until(lambda: recorder.tally.stored == 2000)
        assert (recorder.tally.lost, recorder.tally.refused) == (0, 0)
        recorder.stop()
        assert len(store.series(0, *(store.span() or ())).value) == 2000
        monkeypatch.setattr(feeding, "QUEUE", 50)
        slow = MqttFeed(plain_broker.url, ("t",), PlainJson())
        slow.start()
        until(lambda: slow.status.link == "connected")
        for first in range(0, 300, 100):
            out.send("t", *(message(n) for n in range(first, first + 100)))
        until(lambda: slow.status.received == 300)
        assert slow.status.lost == 250
        slow.stop()
        out.close()


# --- SensorThings over HTTP


class Server:
    """A small HTTP server whose answers a test writes."""

    def __init__(self, answer: Callable[[str, str, dict[str, str], bytes], tuple[int, str, bytes]]) -> None:
        outer = self
        self.asked: list[tuple[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def _do(self, method: str) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((method, self.path))
                query = {k: v[0] for k, v in parse_qs(parts.query).items()}
                status, kind, data = answer(method, parts.path, query, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                self._do("GET")

            def do_POST(self) -> None:
                self._do("POST")

            def do_DELETE(self) -> None:
                self._do("DELETE")

            def log_message(self, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def sensor_things(rows: dict[int, list[tuple[str, float]]], url: list[str]) -> Callable[..., tuple[int, str, bytes]]:
    """Return a server of two datastreams, one page each, with $filter, $top, $skip and dataArray as FROST answers."""

    def answer(method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if path == "/v1.1/Datastreams":
            skip = int(query.get("$skip", 0))
            number = sorted(rows)[skip]
            spot = {"type": "Point", "coordinates": [18.05, 59.31]}
            entity = {
                "@iot.id": number, "name": f"ds {number}", "unitOfMeasurement": {"symbol": "µg/m³"},
                "ObservedProperty": {"name": "NO2"},
                "Thing": {"name": f"Station {number}", "Locations": [{"location": spot}]},
            }  # fmt: skip
            found: dict[str, object] = {"value": [entity]}
            if skip + 1 < len(rows):
                found["@iot.nextLink"] = f"{url[0]}/v1.1/Datastreams?$skip={skip + 1}"
            return 200, "application/json", json.dumps(found).encode()
        number = int(path.split("(")[1].split(")")[0])
        mine = sorted(rows[number])
        if "gt" in query.get("$filter", ""):
            mine = [row for row in mine if row[0] > query["$filter"].split(" gt ")[1]]
        if "desc" in query.get("$orderby", ""):
            mine = mine[::-1]
        skip, top = int(query.get("$skip", 0)), min(int(query.get("$top", 100)), 3)
        page = mine[skip : skip + top]
        part = {"Datastream@iot.navigationLink": f"{url[0]}/v1.1/Datastreams({number})",
                "components": ["phenomenonTime", "result", "resultQuality"],
                "dataArray@iot.count": len(page), "dataArray": [[t, v, None] for t, v in page]}  # fmt: skip
        found = {"value": [part]}
        if skip + top < len(mine):
            rest = "&".join(f"{k}={v}" for k, v in query.items() if k != "$skip")
            found["@iot.nextLink"] = f"{url[0]}{path}?{rest}&$skip={skip + top}".replace(" ", "%20")
        return 200, "application/json", json.dumps(found).encode()

    return answer


def test_sensorthings_pages_metadata_fills_in_and_follows() -> None:
    stamp = "2026-05-04T10:{:02}:00.000Z".format
    rows = {1: [(stamp(n), 10.0 + n) for n in range(8)], 7: [(stamp(n), 50.0 + n) for n in range(2)]}
    url = [""]
    server = Server(sensor_things(rows, url))
    url[0] = server.url
    since = 1_777_888_800_000  # 2026-05-04T10:00:00Z
    feed = SensorThingsFeed(f"{server.url}/v1.1", every_s=0.1, since_ms=since)
    feed.start()
    until(lambda: feed.status.link == "connected")
    found = [one for payload, topic, _ in feed.take() for one in feed.decode(payload, topic)]
    assert sorted(one.value for one in found) == [11, 12, 13, 14, 15, 16, 17, 51]
    assert {(one.sensor, one.quantity, one.unit, one.lon) for one in found} == {
        ("Station 1", "no2", "µg/m³", 18.05), ("Station 7", "no2", "µg/m³", 18.05)
    }  # fmt: skip
    rows[7].append((stamp(30), 99.0))
    new: list[Reading] = []

    def came() -> bool:
        new.extend(one for payload, topic, _ in feed.take() for one in feed.decode(payload, topic))
        return bool(new)

    until(came)
    assert [one.value for one in new] == [99]
    feed.stop()
    server.close()


def test_a_server_that_points_elsewhere_or_answers_without_end_is_refused() -> None:
    def answer(method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if path == "/v1.1/Datastreams":
            return 200, "application/json", b'{"value": [], "@iot.nextLink": "http://elsewhere.invalid/x"}'
        if path == "/large":
            return 200, "application/json", b" " * (21 * 1024 * 1024)
        return 403, "text/plain", b""

    server = Server(answer)
    feed = SensorThingsFeed(f"{server.url}/v1.1")
    feed.first_wait = 5
    feed.start()
    until(lambda: feed.status.link == "failed")
    assert "elsewhere.invalid" in feed.status.error
    feed.stop()
    with Web(server.url) as web:
        with pytest.raises(BadInput, match="more than"):
            web.get("large")
        with pytest.raises(BadInput, match="refuses the key"):
            web.get("key")
    server.close()
    with pytest.raises(BadInput, match="only sent over https"):
        Web("http://city.example", {"Authorization": "x"})
    with pytest.raises(BadInput, match="keyring"):
        Web("https://me:secret@city.example")


# --- NGSI-LD


def noise(n: int) -> dict[str, object]:
    return {"id": f"urn:ngsi-ld:NoiseLevelObserved:{n}", "type": "NoiseLevelObserved",
            "LAeq": {"type": "Property", "value": 50 + n % 20, "observedAt": "2026-05-04T10:00:00Z"}}  # fmt: skip


def test_ngsi_ld_is_polled_page_by_page() -> None:
    def answer(method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        first = int(query["offset"])
        page = [noise(n) for n in range(first, min(first + int(query["limit"]), 250))]
        return 200, "application/json", json.dumps(page).encode()

    server = Server(answer)
    feed = NgsiLdFeed(server.url, "NoiseLevelObserved", every_s=60)
    feed.start()
    until(lambda: feed.status.link == "connected")
    found = [one for payload, topic, _ in feed.take() for one in feed.decode(payload, topic)]
    assert len({one.sensor for one in found}) == 250
    feed.stop()
    server.close()


def test_ngsi_ld_notifies_us_and_forgets_us_at_the_end() -> None:
    subscribed: list[dict[str, Any]] = []

    def answer(method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if method == "POST":
            subscribed.append(json.loads(body))
            return 201, "text/plain", b""
        return (204, "text/plain", b"") if method == "DELETE" else (200, "application/json", b"[]")

    server = Server(answer)
    feed = NgsiLdFeed(server.url, "NoiseLevelObserved", every_s=0)
    feed.start()
    until(lambda: bool(subscribed) and feed.status.link == "connected")
    address = subscribed[0]["notification"]["endpoint"]["uri"]
    import httpx

    told = {"id": "urn:n", "type": "Notification", "data": [noise(1), noise(2)]}
    assert httpx.post(address, json=told).status_code == 204
    assert httpx.post(address.replace("/notify", "/other"), json=told).status_code == 404
    ((payload, topic, _),) = feed.take()
    assert len(feed.decode(payload, topic)) == 2
    feed.stop()
    assert server.asked[-1][0] == "DELETE"
    server.close()


# --- an address of any format


def test_a_page_is_polled_and_handed_on_when_it_changed() -> None:
    values = [{"value_type": "P1", "value": "19.13"}, {"value_type": "P2", "value": "bad"}]
    rows = [{"id": 1, "timestamp": "2026-05-04 10:00:00", "sensor": {"id": 7}, "sensordatavalues": values}]

    def answer(method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", json.dumps(rows).encode()

    server = Server(answer)
    feed = PolledPage(f"{server.url}/v2/data.json", sensor_community.answer)
    feed._every = 0.05
    feed.start()
    until(lambda: len(server.asked) >= 3)
    assert feed.status.received == 1
    good, bad = feed.decode(*feed.take()[0][:2])
    assert isinstance(good, Reading)
    assert str(bad) == "P2: bad is no number."
    rows[0]["sensordatavalues"] = [{"value_type": "P1", "value": "20,5"}]
    until(lambda: feed.status.received == 2)
    (one,) = feed.decode(*feed.take()[0][:2])
    assert (one.sensor, one.quantity, one.value) == ("sensor.community 7", "pm10", 20.5)
    feed.stop()
    server.close()


# --- Trafikverket


def test_trafikverket_is_asked_in_xml_and_followed_by_events() -> None:
    def found(value: float, more: str = "") -> bytes:
        row = {"SiteId": 7, "MeasurementTime": "2026-05-04T10:00:00.000+02:00", "VehicleFlowRate": value,
               "Geometry": {"WGS84": "POINT (18.03 59.32)"}}  # fmt: skip
        info = {"LASTCHANGEID": "5", **({"SSEURL": more} if more else {})}
        return json.dumps({"RESPONSE": {"RESULT": [{"TrafficFlow": [row], "INFO": info}]}}).encode()

    asked: list[bytes] = []

    def answer(method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if method == "POST":
            asked.append(body)
            return 200, "application/json", found(1200, f"{server.url}/v2/sse?id=1")
        events = b": hello\n\nid: 6\ndata: " + found(600) + b"\n\nid: 7\ndata: " + found(900) + b"\n\n"
        return 200, "text/event-stream", events

    server = Server(answer)
    feed = TrafikverketFeed("k&<y", url=f"{server.url}/v2/data.json")
    feed.first_wait = 0.1
    feed.start()
    until(lambda: feed.status.received >= 3)
    feed.stop()
    values = [one.value for payload, topic, _ in feed.take() for one in feed.decode(payload, topic)]
    assert values[:3] == [1200, 600, 900]
    assert b'authenticationkey="k&amp;&lt;y"' in asked[0]
    assert b'changeid="0"' in asked[0]
    until(lambda: len(asked) < 2 or b'changeid="7"' in asked[1] or b'changeid="5"' in asked[1])
    server.close()
    assert b"WITHIN" in query("k", "TrafficFlow", (18.0, 59.3, 18.1, 59.4))


# --- files


def test_csv_as_cities_write_it(tmp_path: Path) -> None:
    path = tmp_path / "air.csv"
    path.write_bytes(
        "\ufeff\n;;\nDatum;Kl;NO2;PM10 (mg/m³);Anm\n2026-05-04;10:00;12,5;0,02;ok\n2026-05-04;24:00;;x;\n\n".encode()
    )
    table = read_csv(path)
    assert list(table.columns) == ["Datum", "Kl", "NO2", "PM10 (mg/m³)", "Anm"]
    found = list(read_file(path, Layout("A", zone_of("UTC+1"))))
    good = [(one.quantity, one.value, one.unit, one.time) for one in found if isinstance(one, Reading)]
    assert good == [("no2", 12.5, "", 1_777_885_200_000), ("pm10", 0.02, "mg/m³", 1_777_885_200_000)]
    (bad,) = [one for one in found if isinstance(one, BadInput)]
    assert str(bad) == "air.csv, row 5: PM10 (mg/m³): x is no number."
    no_zone = list(read_file(path))
    assert all(isinstance(one, BadInput) and "--zone" in str(one) for one in no_zone)
    path.write_text("")
    with pytest.raises(BadInput, match=r"air\.csv is empty"):
        list(read_file(path))
    path.write_text("one column\n1\n")
    with pytest.raises(BadInput, match="columns separated by"):
        list(read_file(path))
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match="no column of times"):
        list(read_file(path))


def test_long_tables_and_parquet(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({
        "sensor": ["a", "b"], "quantity": ["NO2", "Temperature"], "value": [12.5, 291.15], "unit": ["ppb", "K"],
        "time": pd.to_datetime(["2026-05-04T10:00", "2026-05-04T10:05"]).tz_localize("UTC"), "lon": [18.0, 18.1],
        "lat": [59.3, 59.4],
    })  # fmt: skip
    for name in ("long.parquet", "long.csv"):
        path = tmp_path / name
        if name.endswith("csv"):
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path)
        found = [one for one in read_file(path) if isinstance(one, Reading)]
        assert [(one.sensor, one.quantity, one.value, one.unit, one.lon) for one in found] == [
            ("a", "no2", 12.5, "ppb", 18.0), ("b", "temperature", 291.15, "K", 18.1)
        ]  # fmt: skip


def test_real_files(shared_data: Path) -> None:
    node = next((shared_data / "sensors" / "series" / "sensorbee-torkel").glob("*.csv"))
    layout = Layout("Torkel", zone_of("Europe/Stockholm"))
    found = [one for one in read_file(node, layout) if isinstance(one, Reading)]
    kinds = {one.quantity: one.unit for one in found}
    assert kinds["no2"] == "ppb"
    assert kinds["temperature"] == "°C"
    assert len({one.time for one in found if one.quantity == "pm25"}) == 275
    radar = shared_data / "city" / "hornsgatan_sumo" / "test_radar_data_out.csv"
    columns = {"sensor": "detector_id", "time": "time_detector_real", "speed": "speed_detector_real"}
    counted = [one for one in read_file(radar, Layout(columns=columns, passages_s=300)) if isinstance(one, Reading)]
    flows = [one for one in counted if one.quantity == "traffic_flow"]
    speeds = [one for one in counted if one.quantity == "traffic_speed"]
    assert sum(one.value * 300 / 3600 for one in flows) == pytest.approx(158_237)
    assert {one.sensor for one in flows} == {"e2w_in", "e2w_out", "w2e_in", "w2e_out"}
    assert 25 < sum(one.value for one in speeds) / len(speeds) < 40


def test_a_folder_that_grows_is_followed(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    feed = FolderFeed(drop, Layout(), quiet_s=0.05)
    feed.start()
    row = "{},no2,{},2026-05-04T10:{:02}:00Z\n".format
    (drop / "a.csv").write_text("sensor,quantity,value,time\n" + row("a", 5, 0))
    until(lambda: feed.status.received == 1)
    (drop / "a.csv").write_text((drop / "a.csv").read_text() + row("a", 6, 1))
    until(lambda: feed.status.received == 2)
    feed.stop()
    messages = feed.take()
    assert [one.value for one in feed.decode(*messages[-1][:2])] == [5, 6]


# --- inbox as a sink


def test_recording_beside_a_holder_goes_through_the_inbox(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    with EmbeddedHistory(folder) as holder:
        sink = InboxSink(folder)
        intake = Intake(PlainJson(), sink.add_streams)
        recorder = Recorder(sink)
        rows = intake.take([(message(n), "t", 1_790_000_000_000) for n in range(5)])
        assert recorder.store(rows).stored == 5
        again = intake.take([(message(n), "t", 1_790_000_000_000) for n in range(7)])
        told = recorder.store(again)
        assert (told.stored, told.repeated) == (2, 5)
        assert len(list((folder / "inbox").glob("*.parquet"))) == 2
        assert holder.take_inbox().stored == 7
        assert len(holder.series(0, *(holder.span() or ())).value) == 7
