"""Work spread over a real scheduler with two worker processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cluster_work
import pytest
from small_cities import small_city

from twin.cli import main
from twin.errors import BadInput, Cancelled
from twin.jobcluster import cluster_of, spread
from twin.jobs import Job
from twin.project import create
from twin.scenario.codec import encode_edits
from twin.scenario.others import AddPlace

pytest.importorskip("distributed")
HELPERS = Path(cluster_work.__file__).parent
ROOT = Path(__file__).resolve().parents[2]


def _start(module: str, *words: str, folder: Path) -> subprocess.Popen:
    env = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{HELPERS}",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s",
    }
    with (folder / f"{module}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *words], env=env, cwd=folder, stdout=log, stderr=log
        )


def _wait_for(path: Path, seconds: float = 60) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.is_file() and path.read_text().strip():
            return path.read_text()
        time.sleep(0.05)
    raise TimeoutError(path.name)


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """A scheduler and two workers; gives the address and a function that starts one more worker."""
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    started = [
        _start(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(told),
            folder=folder,
        )
    ]

    def worker() -> subprocess.Popen:
        words = ("--scheduler-file", str(told), "--nthreads", "1", "--no-nanny", "--no-dashboard")
        started.append(_start("dask_worker", *words, folder=folder))
        return started[-1]

    try:
        address = json.loads(_wait_for(told))["address"]
        for _ in range(2):
            worker()
        _wait_for_workers(address, 2)
        yield address, worker
    finally:
        for process in started:
            process.kill()
            process.wait()


def _wait_for_workers(address: str, number: int) -> None:
    from distributed import Client

    with Client(address, timeout=240, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=240)


def test_the_same_answer_as_here(workers) -> None:
    address, _ = workers
    heard = []
    with cluster_of(address) as cluster:
        job = Job(lambda fraction, text, fields: heard.append(fraction), cluster=cluster)
        assert spread(cluster_work.add, 10, [1, 2, 3, 1], job.part(0.0, 0.5)) == [11, 12, 13, 11]
    assert spread(cluster_work.add, 10, [1, 2, 3, 1], Job()) == [11, 12, 13, 11]
    assert heard[-1] == 0.5
    assert spread(cluster_work.add, 10, [], job) == []


def test_an_error_of_a_part_is_the_error(workers) -> None:
    with cluster_of(workers[0]) as cluster, pytest.raises(BadInput, match="part 3 is wrong"):
        spread(cluster_work.failing, 3, [1, 2, 3, 4], Job(cluster=cluster))


def test_a_killed_worker_loses_nothing(workers, tmp_path: Path) -> None:
    address, worker = workers
    done: list[list[int]] = []

    def work() -> None:
        with cluster_of(address) as cluster:
            done.append(spread(cluster_work.slow, str(tmp_path), list(range(20)), Job(cluster=cluster)))

    thread = threading.Thread(target=work)
    thread.start()
    end = time.monotonic() + 60
    while not list(tmp_path.glob("0.*")) and time.monotonic() < end:
        time.sleep(0.02)
    first = next(tmp_path.glob("0.*"))
    os.kill(int(first.suffix[1:]), signal.SIGKILL)
    thread.join(120)
    assert done == [[2 * k for k in range(20)]]
    assert len(list(tmp_path.glob("0.*"))) == 2, "another worker took the part over"
    worker()
    _wait_for_workers(address, 2)


def test_stop_ends_the_work(workers) -> None:
    stop = threading.Event()
    with cluster_of(workers[0]) as cluster:
        threading.Timer(0.5, stop.set).start()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            spread(cluster_work.long, None, [20.0], Job(cancelled=stop.is_set, cluster=cluster))
        assert time.monotonic() - begun < 17


def test_nobody_there_and_no_workers(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"No Dask scheduler answers at 127\.0\.0\.1:9"), cluster_of("127.0.0.1:9"):
        pass
    with pytest.raises(BadInput, match="No Dask scheduler answers at nonsense"), cluster_of("nonsense:address"):
        pass
    with cluster_of(None) as cluster:
        assert cluster is None


@pytest.mark.parametrize("spread_out", [True, False])
def test_scenarios_on_workers_say_what_they_say_here(workers, tmp_path: Path, capsys, spread_out) -> None:
    place, edits = tmp_path / "p.twin", tmp_path / "edits.json"
    create(place, small_city(5)).close()
    edits.write_bytes(encode_edits([AddPlace(at=(300.0, 300.0), place_kind="school", name="Nya skolan")]))
    assert main(["edit", str(place), "--scenario", "Skola", "--add", str(edits)]) == 0
    capsys.readouterr()

    def run(*words: str) -> dict:
        assert main(["run", str(place), "--models", "reach", "--json", *words]) == 0
        return json.loads(capsys.readouterr().out)

    where = ("--scheduler", workers[0]) if spread_out else ()
    both = run("--scenario", "Skola", "--scenario", "", *where)["runs"]
    for found, alone in zip(both, (run("--scenario", "Skola"), run()), strict=True):
        assert (found["scenario"], found["key"]) == (alone["scenario"], alone["key"])
        assert found["indicators"] == alone["indicators"]
    assert both[0]["indicators"] != both[1]["indicators"]
