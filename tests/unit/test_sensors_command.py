"""``twin sensors``: what it records, counts, says and gives back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
import pandas as pd
import pytest
import servers
from paho.mqtt.enums import CallbackAPIVersion

from twin.cli import main
from twin.content import demo_project
from twin.sensors.embedded import EmbeddedHistory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "p.twin"
    shutil.copytree(demo_project(), path)
    for file in path.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[servers.Mosquitto]:
    try:
        made = servers.Mosquitto(tmp_path)
    except servers.NotHere as reason:
        pytest.skip(str(reason))
    yield made
    made.stop()


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main([*words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def keep(broker: servers.Mosquitto, messages: dict[str, bytes]) -> None:
    """Have the broker keep messages for whoever comes, so that none is missed however late somebody subscribes."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("localhost", broker.port)
    client.loop_start()
    for one in [client.publish(topic, message, qos=1, retain=True) for topic, message in messages.items()]:
        one.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def reading(n: int, **facts: object) -> bytes:
    base = {"sensor": f"s{n % 3}", "quantity": "no2", "value": 10 + n, "time": f"2026-11-01T12:{n:02}:00Z",
            "unit": "ug/m3", "lon": 18.05, "lat": 59.317}  # fmt: skip
    return json.dumps(base | facts).encode()


def test_ingest_counts_to_the_letter_and_export_gives_it_back(
    project: Path, broker: servers.Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = [reading(n) for n in range(30)] + [b"{", reading(1, value="x"), reading(2, unit="ppb"), reading(3)]
    keep(broker, {f"city/{n}": message for n, message in enumerate(messages)})
    told = said(capsys, "sensors", "ingest", str(project), "--url", broker.url, "--topic", "city/#", "--format", "json",
                "--seconds", "3", "--owner", "City", "--licence", "CC-BY-4.0")  # fmt: skip
    assert {name: told[name] for name in ("received", "stored", "refused", "lost", "latest", "repeated")} == {
        "received": 34, "stored": 30, "refused": 3, "lost": 0, "latest": "2026-11-01T12:29:00Z", "repeated": 1,
    }  # fmt: skip
    assert sum(told["reasons"].values()) == 3
    out = tmp_path / "out.csv"
    gave = said(capsys, "sensors", "export", str(project), "--from", "2026-11-01", "--out", str(out))
    assert (gave["rows"], gave["streams"] >= 3, gave["licences"]) == (30, True, ["CC-BY-4.0", "CC0-1.0"])
    table = pd.read_csv(out)
    assert sorted(table["value"]) == [10 + n for n in range(30)]
    assert set(table["owner"]) == {"City"}
    assert table["time"].iloc[0] == "2026-11-01T12:00:00Z"
    means = tmp_path / "means.parquet"
    said(capsys, "sensors", "export", str(project), "--from", "2026-11-01", "--step", "3600", "--out", str(means))
    assert pd.read_parquet(means)["count"].sum() == 30


@pytest.mark.parametrize(("format", "topic", "files", "expected"), [
    ("sensorthings", "v1.1/Datastreams(7)/Observations", "sensorthings/observation-mqtt.json", (1, 1, 0)),
    ("chirpstack", "application/1/device/1/event/up", "lorawan-chirpstack-v4/ERS2_Sound-payload.json", (7, 7, 0)),
    ("ttn", "v3/app@ttn/devices/1/up", "lorawan-ttn-v3/ERS2_Sound-payload.json", (7, 7, 0)),
    ("ngsi-ld", "ngsi/{name}", "ngsi-ld/NoiseLevelObserved*", (16, 8, 8)),
])  # fmt: skip
def test_ingest_of_each_format_on_the_real_payloads(
    project: Path, broker: servers.Mosquitto, shared_data: Path, capsys: pytest.CaptureFixture[str], format: str,
    topic: str, files: str, expected: tuple[int, int, int],
) -> None:  # fmt: skip
    found = sorted((shared_data / "sensors" / "payloads").glob(files))
    keep(broker, {topic.format(name=file.name): file.read_bytes() for file in found})
    told = said(capsys, "sensors", "ingest", str(project), "--url", broker.url, "--topic", "#", "--format", format,
                "--codec", "elsys", "--seconds", "3")  # fmt: skip
    assert (told["received"], told["stored"], told["repeated"]) == expected
    assert (told["refused"], told["lost"], told["errors"]) == (0, 0, [])
    with EmbeddedHistory(project / "history", read_only=True) as store:
        assert sum(one.source not in ("", "demo") for one in store.streams()) > 0


def test_ingest_beside_an_open_window_drops_into_the_inbox(
    project: Path, broker: servers.Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    with EmbeddedHistory(project / "history") as window:
        keep(broker, {f"city/{n}": reading(n) for n in range(5)})
        told = said(
            capsys, "sensors", "ingest", str(project), "--url", broker.url, "--topic", "city/#", "--seconds", "2.5"
        )
        assert (told["stored"], told["lost"]) == (5, 0)
        assert list((project / "history" / "inbox").glob("*.parquet"))
        assert window.take_inbox().stored == 5


def test_a_broker_that_is_not_there_is_told_and_costs_the_exit_code(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = servers.free_port()
    told = said(capsys, "sensors", "ingest", str(project), "--url", f"mqtt://127.0.0.1:{port}", "--topic", "t",
                "--seconds", "0.5", code=1)  # fmt: skip
    assert (told["received"], told["stored"], told["latest"]) == (0, 0, None)
    assert "refused" in told["errors"][0]


def test_files_feeds_and_replay(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "air.csv"
    path.write_text("Datum;Kl;NO2\n2026-05-12;10:00;12,5\n2026-05-12;10:15;x\n")
    told = said(capsys, "sensors", "ingest", str(project), str(path), "--zone", "Europe/Stockholm", "--sensor", "A",
                "--at", "A=18.05,59.31", "--class", "internal")  # fmt: skip
    assert (told["received"], told["stored"], told["refused"]) == (2, 1, 1)
    assert "air.csv, row 3" in told["samples"][0]["reason"]
    assert (project / "history" / "2026-05-12.parquet").is_file()
    assert main(["sensors", "replay", str(project), "--stream", "A"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"sensor": "A", "quantity": "no2", "value": 12.5, "time": "2026-05-12T08:00:00Z",
                                "unit": "ug/m3", "lon": 18.05, "lat": 59.31}  # fmt: skip
    assert main(["sensors", "export", str(project), "--stream", "A", "--out", str(tmp_path / "a.csv")]) == 1
    assert "--allow internal" in capsys.readouterr().err
    added = said(
        capsys,
        "sensors",
        "add",
        str(project),
        "--url",
        "mqtt://host",
        "--topic",
        "a/#",
        "--name",
        "Air",
        "--owner",
        "City",
    )
    assert added["feeds"][0]["id"] == "Air"
    assert said(capsys, "sensors", "add", str(project), "--remove", "Air")["feeds"] == []
    for words in (["--url", "mqtt://me:secret@host", "--topic", "a"], ["--url", "mqtt://host"], ["--remove", "B"],
                  ["--kind", "trafikverket", "--credential", "no-such-key"]):  # fmt: skip
        assert main(["sensors", "add", str(project), *words]) == 1
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert main(["sensors", "ingest", "demo", str(path)]) == 1
    assert main(["sensors", "ingest", str(project)]) == 2
    assert main(["sensors"]) == 2


def test_replay_to_a_broker_is_recorded_again(project: Path, broker: servers.Mosquitto, tmp_path: Path) -> None:
    empty = tmp_path / "q.twin"
    shutil.copytree(project, empty)
    shutil.rmtree(empty / "history")
    code = [sys.executable, "-m", "twin.cli", "sensors"]
    ingest = subprocess.Popen(
        [*code, "ingest", str(empty), "--url", broker.url, "--topic", "twin/#", "--seconds", "300", "--json"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: broker.subscribed("twin/#"))
    done = subprocess.run(
        [*code, "replay", str(project), "--url", broker.url, "--to", "2026-05-04T00:30", "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    published = json.loads(done.stdout)["published"]

    def stored() -> int:
        with EmbeddedHistory(empty / "history", read_only=True) as store:
            span = store.span()
            return 0 if span is None else len(store.rows(*span))

    until(lambda: stored() == published)
    ingest.terminate()
    told = json.loads(ingest.communicate(timeout=240)[0])
    assert published == told["stored"] > 100
    assert told["lost"] == 0


def until(what: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_radar_passages_become_counts(project: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    radar = shared_data / "city" / "hornsgatan_sumo" / "test_radar_data_out.csv"
    told = said(capsys, "sensors", "ingest", str(project), str(radar), "--passages", "300",
                "--map", "sensor=detector_id",
                "--map", "time=time_detector_real", "--map", "speed=speed_detector_real", "--period", "300",
                "--at", "e2w_in=18.04662,59.31699")  # fmt: skip
    assert (told["refused"], told["lost"]) == (0, 0)
    with EmbeddedHistory(project / "history", read_only=True) as store:
        one = store.by_id()["e2w_in:traffic_flow"]
        assert (one.lon, one.unit, one.period_s) == (18.04662, "/h", 300)
        flow = store.series(one.sid, *(store.span() or ()))
        assert 24 * flow.value.mean() > 3000


def test_a_picture_shows_sensors_at_a_time(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.png"
    words = ["render", str(project), "--out", str(out), "--size", "400x300"]
    assert main([*words, "--layer", "sensors:noise_laeq", "--time", "2026-05-06T08:00"]) == 0
    assert out.stat().st_size > 5000
    assert main([*words, "--layer", "sensors:ozone"]) == 1
    assert "sensors:noise_laeq" in capsys.readouterr().err
