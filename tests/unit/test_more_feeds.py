"""SMHI, DATEX II with its table of sites, temporal entities of NGSI-LD: decoders, and faithful local servers."""

from __future__ import annotations

import json
import math
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from twin.errors import BadInput
from twin.sensors.decode import datex2, smhi
from twin.sensors.decode.datex2_sites import sites
from twin.sensors.decode.ngsi_ld import NgsiLd
from twin.sensors.feeds.datex2 import Datex2Feed
from twin.sensors.feeds.ngsi_ld import NgsiLdFeed
from twin.sensors.feeds.smhi import SmhiFeed
from twin.sensors.guard import now_ms
from twin.sensors.intake import Intake
from twin.sensors.reading import Reading
from twin.sensors.settings import FeedSettings, feed_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twin.sensors.feeds.feed import Feed
    from twin.sensors.reading import Found

HOUR = 3_600_000
Answer = tuple[int, bytes]


class Server:
    """A small HTTP server: paths asked, and what answers them."""

    def __init__(self, answer: Callable[[str, dict[str, str]], Answer]) -> None:
        outer = self
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append(self.path)
                status, data = answer(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})
                self.send_response(status)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str, dict[str, str]], Answer]], Server]]:
    made: list[Server] = []

    def begin(answer: Callable[[str, dict[str, str]], Answer]) -> Server:
        made.append(Server(answer))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def readings(found: list[Found]) -> list[Reading]:
    assert all(isinstance(one, Reading) for one in found), found
    return [one for one in found if isinstance(one, Reading)]


def heard(feed: Feed) -> list[Reading]:
    return [one for payload, topic, _ in feed.take() for one in readings(feed.decode(payload, topic))]


# --- SMHI


def station(parameter: str, values: list[tuple[int, str, str]], key: str = "98230") -> bytes:
    """An answer of ``station/KEY/period/…``, as the service documents it."""
    return json.dumps({
        "value": [{"date": at, "value": value, "quality": quality} for at, value, quality in values],
        "updated": now_ms(),
        "parameter": {"key": parameter, "name": "Lufttemperatur", "summary": "momentanvärde, 1 gång/tim",
                      "unit": "celsius"},
        "station": {"key": key, "name": "Stockholm-Observatoriekullen A", "owner": "SMHI", "height": 2.0},
        "period": {"key": "latest-months", "from": 0, "to": 1, "summary": "", "sampling": "60 minuter"},
        "position": [{"from": 0, "to": 1, "height": 40.0, "latitude": 59.0, "longitude": 18.0},
                     {"from": 1, "to": 2, "height": 43.1, "latitude": 59.3417, "longitude": 18.0549}],
        "link": [],
    }).encode()  # fmt: skip


def all_stations(parameter: str, at: int) -> bytes:
    """An answer of ``station-set/all/period/latest-hour``."""

    def one(key: str, value: list[dict[str, Any]] | None) -> dict[str, Any]:
        return {"key": key, "name": f"Station {key}", "owner": "SMHI", "ownerCategory": "CLIMATE", "height": 2.0,
                "latitude": 59.5, "longitude": 17.5, "from": 0, "to": at, "value": value}  # fmt: skip

    return json.dumps({
        "key": parameter, "updated": at, "title": "Lufttemperatur", "parameter": {"key": parameter, "unit": "celsius"},
        "station": [one("1", [{"date": at, "value": "-3.4", "quality": "Y"}]), one("2", None),
                    one("3", [{"date": at, "value": "", "quality": "G"}])],
    }).encode()  # fmt: skip


def test_smhi_one_station() -> None:
    now = now_ms()
    found = readings(smhi.answer(station("1", [(now - 9 * HOUR, "7.4", "Y"), (now - HOUR, "-0.4", "Y"),
                                               (now - 30 * HOUR, "5.0", "G")])))  # fmt: skip
    assert [one.value for one in found] == [7.4, -0.4, 5.0]
    assert {(one.sensor, one.quantity, one.unit) for one in found} == {("SMHI 98230", "temperature", "Cel")}
    assert found[0].name == "Stockholm-Observatoriekullen A"
    assert (found[0].lon, found[0].lat) == (18.0549, 59.3417), "where it stands now"
    assert [one.doubt for one in found] == [True, False, False], "Y of the last hours only means: not checked yet"


def test_smhi_all_stations_of_an_hour() -> None:
    at = now_ms() - HOUR // 2
    found = smhi.answer(all_stations("4", at))
    (good,) = [one for one in found if isinstance(one, Reading)]
    assert (good.sensor, good.quantity, good.value, good.time, good.unit) == ("SMHI 1", "wind_speed", -3.4, at, "m/s")
    (bad,) = [one for one in found if isinstance(one, BadInput)]
    assert "is no number" in str(bad)
    with pytest.raises(BadInput, match="no parameter we read"):
        smhi.answer(all_stations("16", at))
    for wrong in (b"[]", b"{}", b'{"parameter": {"key": "1"}}'):
        with pytest.raises(BadInput):
            smhi.answer(wrong)


def test_smhi_fills_in_what_was_missed_then_follows_the_hour(serve: Any) -> None:
    now = now_ms()
    said = {"value": "1.0"}

    def answer(path: str, query: dict[str, str]) -> Answer:
        parts = path.split("/")
        parameter, period = parts[2], parts[-2]
        if parameter == "4":
            return 404, b""  # this station measures no wind
        first = {"latest-months": 3000, "latest-day": 24, "latest-hour": 1}[period]
        return 200, station(parameter, [(now - n * HOUR, said["value"], "G") for n in range(first)])

    server = serve(answer)
    feed = SmhiFeed(["98230"], ["1", "4"], 0.05, now - 5 * HOUR, f"{server.url}")
    feed.start()
    until(lambda: feed.status.link == "connected" and len(server.asked) > 3)
    assert server.asked[0] == "/parameter/1/station/98230/period/latest-day/data.json"
    assert len(heard(feed)) == 25
    said["value"] = "2.5"
    until(lambda: feed.status.waiting > 0)
    assert [one.value for one in heard(feed)] == [2.5]
    assert server.asked[-1].endswith("latest-hour/data.json")
    feed.stop()
    long_ago = SmhiFeed(["98230"], ["1"], 60, 0, server.url)
    long_ago.start()
    until(lambda: long_ago.status.link == "connected")
    assert len(heard(long_ago)) == 3000
    long_ago.stop()
    nothing = SmhiFeed(["98230"], ["4"], 60, 0, server.url)
    nothing.start()
    until(lambda: nothing.status.link == "failed")
    assert "measures any" in nothing.status.error
    nothing.stop()


def test_smhi_is_a_feed_of_a_project() -> None:
    feed = feed_of(FeedSettings(id="weather", kind="smhi", topics=("98230",), object="1, 6"))
    assert isinstance(feed, SmhiFeed)
    assert feed.where() == "https://opendata-download-metobs.smhi.se/api/version/1.0"
    for wrong in (
        FeedSettings(id="w", kind="smhi", topics=("Stockholm",)),
        FeedSettings(id="w", kind="smhi", object="2"),
    ):
        with pytest.raises(BadInput, match=r"number of a station|no parameter we read"):
            feed_of(wrong)


# --- DATEX II


TABLE = b"""<?xml version="1.0"?>
<d2LogicalModel modelBaseVersion="2" xmlns="http://datex2.eu/schema/2/2_0" xmlns:xsi="urn:x">
 <payloadPublication xsi:type="MeasurementSiteTablePublication">
  <measurementSiteTable id="T" version="1">
   <measurementSiteRecord id="MUM76.h1" version="1">
    <measurementSiteName><values><value lang="fr"> Rue   du Nord </value></values></measurementSiteName>
    <measurementSpecificCharacteristics index="0"><measurementSpecificCharacteristics>
      <specificLane>allLanesCompleteCarriageway</specificLane>
      <specificMeasurementValueType>trafficFlow</specificMeasurementValueType>
      <specificVehicleCharacteristics><vehicleType>anyVehicle</vehicleType></specificVehicleCharacteristics>
    </measurementSpecificCharacteristics></measurementSpecificCharacteristics>
    <measurementSpecificCharacteristics index="2"><measurementSpecificCharacteristics>
      <specificLane>lane2</specificLane>
      <specificVehicleCharacteristics><vehicleType>lorry</vehicleType></specificVehicleCharacteristics>
    </measurementSpecificCharacteristics></measurementSpecificCharacteristics>
    <measurementSiteLocation xsi:type="Point"><pointByCoordinates><pointCoordinates>
      <latitude>43.3</latitude><longitude>5.37</longitude>
    </pointCoordinates></pointByCoordinates></measurementSiteLocation>
   </measurementSiteRecord>
   <measurementSiteRecord id="nowhere" version="1"/>
  </measurementSiteTable>
 </payloadPublication>
</d2LogicalModel>"""


def values(inner: str) -> bytes:
    return (
        '<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0"><payloadPublication><siteMeasurements>'
        '<measurementSiteReference id="MUM76.h1" version="1"/>'
        "<measurementTimeDefault>2026-05-04T10:00:00+02:00</measurementTimeDefault>"
        f"{inner}</siteMeasurements></payloadPublication></d2LogicalModel>"
    ).encode()


def flow(index: int, value: int, more: str = "") -> str:
    return (
        f'<measuredValue index="{index}"><measuredValue><basicData>{more}<vehicleFlow><vehicleFlowRate>{value}'
        "</vehicleFlowRate></vehicleFlow></basicData></measuredValue></measuredValue>"
    )


def test_datex2_joins_values_to_the_table_of_sites() -> None:
    table = sites(TABLE)
    assert set(table) == {"MUM76.h1", "nowhere"}
    assert math.isnan(table["nowhere"].lon)
    sent = values(flow(0, 70) + flow(2, 8, "<dataError>true</dataError>"))
    whole, lane = readings(datex2.answer(sent, "", table))
    assert (whole.sensor, whole.name, whole.lon, whole.lat) == ("MUM76.h1", "Rue du Nord", 5.37, 43.3)
    assert (lane.sensor, lane.name, lane.value, lane.doubt) == (
        "MUM76.h1 lane2 lorry",
        "Rue du Nord lane2 lorry",
        8,
        True,
    )
    first, second = readings(datex2.answer(sent))
    assert (first.sensor, second.sensor) == ("MUM76.h1", "MUM76.h1 #2"), "without a table values are counted"
    assert math.isnan(first.lon)


def test_datex2_version_3_names_its_values_otherwise() -> None:
    sent = values(flow(0, 70).replace("measuredValue", "physicalQuantity"))
    (one,) = readings(datex2.answer(sent))
    assert (one.quantity, one.value, one.unit) == ("traffic_flow", 70, "/h")
    table = TABLE.replace(b"measurementSiteRecord", b"measurementSite").replace(
        b"pointCoordinates", b"coordinatesForDisplay"
    )
    assert sites(table)["MUM76.h1"].lat == 43.3


def test_a_table_that_is_none_or_attacks_is_refused() -> None:
    with pytest.raises(BadInput, match="no measurement sites"):
        sites(values(""))
    bomb = b'<!DOCTYPE a [<!ENTITY x "y">]><measurementSiteRecord id="&x;"/>'
    with pytest.raises(BadInput, match="document type"):
        sites(bomb)


@pytest.mark.parametrize("place", ["file", "web"])
def test_datex2_feed_reads_the_table_first(serve: Any, tmp_path: Path, place: str) -> None:
    def answer(path: str, query: dict[str, str]) -> Answer:
        return (200, TABLE) if path == "/sites.xml" else (200, values(flow(0, 70)))

    server = serve(answer)
    file = tmp_path / "sites.xml"
    file.write_bytes(TABLE)
    table = str(file) if place == "file" else f"{server.url}/sites.xml"
    feed = feed_of(FeedSettings(id="d", kind="http", format="datex2", url=f"{server.url}/m.xml", sites=table))
    assert isinstance(feed, Datex2Feed)
    feed.start()
    until(lambda: feed.status.waiting > 0)
    (one,) = heard(feed)
    assert (one.lon, one.lat) == (5.37, 43.3)
    feed.stop()
    lacking = Datex2Feed(f"{server.url}/m.xml", str(tmp_path / "not here.xml"))
    lacking.start()
    until(lambda: lacking.status.link == "failed")
    assert "cannot be read" in lacking.status.error
    lacking.stop()


# --- NGSI-LD


def temporal(times: list[str], short: bool) -> dict[str, Any]:
    spot = {"type": "Point", "coordinates": [18.05, 59.31]}
    if short:
        return {"id": "urn:ngsi-ld:AirQualityObserved:a", "type": "AirQualityObserved",
                "NO2": {"type": "Property", "values": [[n, t] for n, t in enumerate(times)]}}  # fmt: skip
    return {"id": "urn:ngsi-ld:AirQualityObserved:a", "type": "AirQualityObserved",
            "location": [{"type": "GeoProperty", "value": spot}],
            "NO2": [{"type": "Property", "value": n, "observedAt": t, "unitCode": "GQ"} for n, t in enumerate(times)],
            "PM10": {"type": "Property", "value": 9, "observedAt": times[0]}}  # fmt: skip


TIMES = ["2026-05-04T10:00:00Z", "2026-05-04T11:00:00Z"]


@pytest.mark.parametrize("short", [False, True])
def test_temporal_entities_give_a_value_for_each_time(short: bool) -> None:
    found = readings(NgsiLd()(json.dumps([temporal(TIMES, short)]).encode(), ""))
    no2 = [one for one in found if one.quantity == "no2"]
    assert [(one.value, one.unit) for one in no2] == [(0, no2[0].unit), (1, no2[0].unit)]
    assert no2[0].unit in ("GQ", "ug/m3")
    assert no2[1].time - no2[0].time == HOUR
    if not short:
        assert (no2[0].lon, no2[0].lat) == (18.05, 59.31)
        assert len(found) == 3


@pytest.mark.parametrize("offers", [True, False])
def test_ngsi_ld_fills_in_where_the_broker_remembers(serve: Any, offers: bool) -> None:
    asked: dict[str, str] = {}

    def answer(path: str, query: dict[str, str]) -> Answer:
        if path.endswith("/temporal/entities"):
            asked.update(query)
            return (200, json.dumps([temporal(TIMES, False)]).encode()) if offers else (404, b"")
        entity = {"id": "urn:ngsi-ld:AirQualityObserved:a", "type": "AirQualityObserved",
                  "NO2": {"value": 7, "observedAt": "2026-05-04T12:00:00Z", "unitCode": "GQ"}}  # fmt: skip
        return 200, json.dumps([entity]).encode()

    server = serve(answer)
    feed = NgsiLdFeed(server.url, "AirQualityObserved", 60, since_ms=1_777_880_000_000)
    feed.start()
    until(lambda: feed.status.link == "connected")
    values_ = [one.value for one in heard(feed) if one.quantity == "no2"]
    assert values_ == ([0, 1, 7] if offers else [7])
    assert (asked["timerel"], asked["timeAt"], asked["type"]) == ("after", "2026-05-04T07:33:20Z", "AirQualityObserved")
    feed.stop()


def test_an_intake_stores_what_these_feeds_bring() -> None:
    made: list[Any] = []

    def numbered(streams: Any) -> tuple[Any, ...]:
        import dataclasses

        new = [dataclasses.replace(one, sid=len(made) + n) for n, one in enumerate(streams)]
        made.extend(new)
        return tuple(new)

    intake = Intake(smhi.answer, numbered)
    rows = intake.take([(station("9", [(now_ms() - HOUR, "1013.2", "G")]), "9", now_ms())])
    assert len(rows) == 1
    assert (made[0].quantity, made[0].unit, made[0].name) == (
        "pressure_sea_level",
        "hPa",
        "Stockholm-Observatoriekullen A",
    )
    assert rows.quality.tolist() == [0]
