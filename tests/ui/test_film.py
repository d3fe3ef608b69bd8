"""Films: a played span as frames and as one file that moves, each frame the picture of its time with the time on it."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from shapely.geometry import box

from twin import localtime
from twin.city.city import City
from twin.cli import main
from twin.errors import BadInput, Cancelled
from twin.jobs import Job
from twin.layer import Field, layer_of
from twin.report.figure import Press, export_png
from twin.report.film import Frames, Reel, check_film, export_film
from twin.state import LayerEntry, Pose, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twin.layer import Layer

pytestmark = pytest.mark.usefixtures("qapp")
SIZE = (320, 200)
TOP = Pose((30, 10, 0), 100.0, top=True)
FIRST = localtime.parse("2026-10-20 08:00")
REEL = Reel(FIRST, FIRST + 7200.0, 3600.0, 4.0)


@pytest.fixture(scope="module")
def city() -> City:
    house = gpd.GeoDataFrame(
        {"id": ["a"], "source_id": "s", "height": [10.0], "ground": 0.0}, geometry=[box(10, -10, 50, 30)]
    )
    sources = pd.DataFrame({"id": ["s"], "title": ["Houses"], "owner": ["The city"], "licence": ["CC0-1.0"]})
    return City("Testköping", "EPSG:3011", "RH 2000").replaced(buildings=house, sources=sources)


@pytest.fixture(scope="module")
def layers() -> dict[str, Layer]:
    times = np.datetime64(round(FIRST * 1000), "ms") + np.arange(3) * np.timedelta64(1, "h")
    values = np.array([[5.0], [15.0], [25.0]], dtype=np.float32)
    field = Field("Level", "dB", "buildings", np.array(["a"], object), values, times)
    layer = layer_of("level", "Level", field, breaks=(0, 10, 20, 30))
    assert layer is not None
    return {"level": layer}


@pytest.fixture
def press(city: City, layers: dict[str, Layer]) -> Iterator[Press]:
    made = Press(city, _state(city), layers, SIZE, 96, TOP, "light", "en")
    yield made
    made.close()


def _state(city: City) -> State:
    return State(city, layers=(LayerEntry("level"), *State(city).layers))


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB")).astype(int)


def test_a_folder_of_frames_holds_the_picture_of_each_time(
    tmp_path: Path, city: City, layers: dict[str, Layer], press: Press
) -> None:
    out = tmp_path / "frames"
    out.mkdir()
    told: list[str] = []
    instants = check_film(out, REEL, SIZE, 96, layers.values())
    export_film(out, press, REEL, instants, "en", Job(lambda _f, text, fields: told.append(text.format(**fields))))
    assert [path.name for path in sorted(out.iterdir())] == [f"frame-{n:05d}.png" for n in (1, 2, 3)]
    assert "Frame 3 of 3" in told
    assert [path.name for path in tmp_path.iterdir()] == ["frames"], "nothing passing is left"
    houses = []
    for n, t in enumerate(instants):
        alone = tmp_path / "alone.png"
        now = _state(city)
        export_png(alone, city, now.changed(time=type(now.time)(at=t)), layers, SIZE, 96, TOP, lang="en")
        with Image.open(out / f"frame-{n + 1:05d}.png") as frame, Image.open(alone) as one:
            seen, picture = _pixels(frame), _pixels(one)
        assert np.abs(seen[60:] - picture[60:]).mean() < 0.5, "drawn as the picture of that time is"
        assert np.abs(seen[:40, 160:] - picture[:40, 160:]).max() > 60, "but for the time, which stands top right"
        houses.append(seen[100, 160])
    assert len({tuple(colour) for colour in houses}) == 3, "the values of the three times have three colours"


@pytest.mark.parametrize("ending", ["webp", "gif"])
def test_one_file_moves_and_lasts_as_long_as_was_said(
    tmp_path: Path, layers: dict[str, Layer], press: Press, ending: str
) -> None:
    out = tmp_path / f"film.{ending}"
    out.write_bytes(b"an older film")
    export_film(out, press, REEL, check_film(out, REEL, SIZE, 96, layers.values()), "en", Job())
    with Image.open(out) as film:
        assert (film.format, film.size, film.n_frames) == (ending.upper(), SIZE, 3)
        shown = []
        for n in range(3):
            film.seek(n)
            film.load()
            assert film.info["duration"] == 250
            shown.append(_pixels(film)[100, 160])
    assert all(np.abs(a - b).max() > 20 for a, b in itertools.pairwise(shown))
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_gif_keeps_the_colours_of_a_few_dots_among_much_grey(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    grey = np.repeat(rng.integers(120, 250, (300, 400, 1)), 3, axis=2) + rng.integers(0, 5, (300, 400, 3))
    dots = {(20, 30): (255, 90, 45), (60, 200): (160, 0, 30), (200, 90): (255, 224, 130), (250, 350): (30, 0, 80)}
    for (y, x), colour in dots.items():
        grey[y : y + 3, x : x + 3] = colour
    files = [tmp_path / "1.png", tmp_path / "2.png"]
    for file in files:
        Image.fromarray(grey.astype(np.uint8)).save(file)
        grey = grey[:, ::-1]
    Frames(files, few=True).save(tmp_path / "f.gif", save_all=True, duration=100)
    with Image.open(tmp_path / "f.gif") as film:
        assert film.n_frames == 2
        seen = _pixels(film)
    for (y, x), colour in dots.items():
        assert np.abs(seen[y + 1, x + 1] - colour).max() < 20


def test_a_film_that_is_stopped_leaves_nothing_and_spoils_nothing(
    tmp_path: Path, layers: dict[str, Layer], press: Press
) -> None:
    out = tmp_path / "film.webp"
    out.write_bytes(b"an older film")
    asked = [0]

    def stopped() -> bool:
        asked[0] += 1
        return asked[0] > 2

    with pytest.raises(Cancelled):
        export_film(out, press, REEL, REEL.instants, "en", Job(cancelled=stopped))
    assert out.read_bytes() == b"an older film"
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_what_cannot_be_a_film_is_refused_in_one_line(tmp_path: Path, layers: dict[str, Layer]) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine", encoding="utf-8")
    late = Reel(FIRST + 1e6, FIRST + 2e6, 3600.0)
    for out, reel, size, said in (
        (full, REEL, SIZE, "new or empty"),
        (tmp_path / "a.mp4", REEL, SIZE, r"written as \.webp or \.gif"),
        (tmp_path / "a.webp", Reel(FIRST, FIRST, 60.0), SIZE, "needs a span"),
        (tmp_path / "a.webp", Reel(FIRST, FIRST + 60.0, 0.0), SIZE, "step above 0"),
        (tmp_path / "a.webp", Reel(FIRST, FIRST + 7200.0, 1.0), SIZE, "longer step"),
        (tmp_path / "a.webp", late, SIZE, "2026-10-20T08:00 to 2026-10-20T10:00"),
        (tmp_path / "a.webp", REEL, (9000, 200), "cannot be made"),
    ):
        with pytest.raises(BadInput, match=said):
            check_film(out, reel, size, 96, layers.values())


def test_days_go_by_the_calendar_over_the_night_of_25_hours() -> None:
    first = localtime.parse("2026-10-24 08:00")
    found = Reel(first, localtime.parse("2026-10-26 08:00"), 86_400.0).instants
    assert [localtime.said(t, "en", weekday=False) for t in found] == [
        "2026-10-24 08:00", "2026-10-25 08:00", "2026-10-26 08:00",
    ]  # fmt: skip
    hours = Reel(localtime.parse("2026-10-25 01:00"), localtime.parse("2026-10-25 03:00"), 3600.0).instants
    assert [localtime.said(t, "en", weekday=False)[11:] for t in hours] == ["01:00", "02:00 CEST", "02:00 CET", "03:00"]


def test_the_command_makes_a_film_of_the_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "flow.webp"
    said = [
        "render",
        "demo",
        "--layer",
        "sensors:traffic_flow",
        "--from",
        "2026-05-05 06:00",
        "--to",
        "2026-05-05 08:00",
    ]
    code = main(
        [*said, "--step", "1h", "--rate", "2", "--size", "240x160", "--out", str(out), "--json", "--lang", "en"]
    )
    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (answer["frames"], answer["size"]) == (3, [240, 160])
    with Image.open(out) as film:
        assert film.n_frames == 3
        shown = []
        for n in range(3):
            film.seek(n)
            shown.append(_pixels(film))
    assert all(np.abs(a - b).max() > 30 for a, b in itertools.pairwise(shown))


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--from", "2026-05-05"], 2, "needs --from and --to"),
    (["--step", "1h"], 2, "belongs to a film"),
    (["--from", "2026-05-05", "--to", "2026-05-06", "--step", "soon"], 2, "no length of time"),
    (["--from", "2026-05-06", "--to", "2026-05-05"], 1, "end must lie after"),
    (["--from", "2026-05-05", "--to", "2026-05-06", "--out", "a.mp4"], 1, "written as .webp or .gif"),
    (["--from", "2026-05-05", "--to", "2026-05-06", "--out", "a.png"], 1, "written as .webp or .gif"),
    (["--from", "2030-05-05", "--to", "2030-05-06", "--out", "a.gif", "--layer", "sensors:no2"], 1, "sensors:no2"),
    (["--from", "2026-05-05", "--to", "2026-05-06", "--out", "a.gif", "--layer", "road_speed"], 1, "changes with time"),
])  # fmt: skip
def test_what_the_command_refuses(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int,
    said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    more = [] if "--out" in words else ["--out", "a.webp"]
    assert main(["render", "demo", "--size", "240x160", "--lang", "en", *more, *words]) == code
    told = capsys.readouterr().err
    assert told.count("\n") == 1 or code == 2
    assert said in told
    assert list(tmp_path.iterdir()) == []
