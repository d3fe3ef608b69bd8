"""What the tests of the window share: settings of their own, a small hand-made city, a Store over it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box
from windows import opened_window

from twin.chain.registry import MODELS
from twin.city.city import City, Terrain
from twin.project import create
from twin.state import Bookmark, Pose, State, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from twin.ui.window import MainWindow

X, Y = 153_000.0, 6_579_000.0


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings and caches of a test in its own folder."""
    monkeypatch.setenv("TWIN_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TWIN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def quiet_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave noise off until a test asks for it: it would keep the processors busy beside every window."""
    monkeypatch.setitem(MODELS, "noise", replace(MODELS["noise"], on_request=True))


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a window open or a VTK widget alive."""
    yield
    if "qtbot" not in request.fixturenames:
        return
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    # qtbot closes what it was given when the test ends, before this runs.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
    left = [type(widget).__name__ for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not left, f"windows left open: {left}"
    if "pyvistaqt" in sys.modules:
        from pyvistaqt import QtInteractor

        alive = [w for w in QApplication.allWidgets() if isinstance(w, QtInteractor) and not w._closed]
        assert not alive, "a QtInteractor was not closed"


def make_city() -> City:
    """Return a City of three buildings, two streets, a zone with people, a school, a mast, a wall, trees, rules."""
    crs = "EPSG:3011"

    def frame(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)

    buildings = frame([
        {"id": "b1", "source_id": "s", "name": "Kv. Tranan", "address": "Hornsgatan 12", "use": "residential",
         "ground": 18.2, "height": 21.5, "height_source": "levels", "floors": 6, "dwellings": 40, "residents": 71,
         "dwellings_small": 9, "jobs": 3, "tenure": "rental", "geometry": box(X, Y, X + 20, Y + 30)},
        {"id": "b2", "source_id": "s", "address": "Hornsgatan 14", "use": "office", "ground": 18.0, "height": 12.0,
         "height_source": "default", "floors": 3, "jobs": 120, "geometry": box(X + 30, Y, X + 60, Y + 25)},
        {"id": "b3", "source_id": "s2", "use": "school", "height": 47.0, "floors": 14,
         "geometry": box(X + 70, Y, X + 90, Y + 30)},
    ])  # fmt: skip
    roads = frame([
        {"id": "r1", "source_id": "s", "name": "Hornsgatan", "kind": "secondary", "oneway": False, "lanes": 2,
         "speed": 50, "capacity": 1800, "gradient": 2.4, "aadt": 21_600, "heavy_share": 6.0,
         "allowed": "car,bus,bicycle", "geometry": LineString([(X, Y - 10), (X + 100, Y - 10)])},
        {"id": "r2", "source_id": "s", "name": "Torkel Knutssonsgatan", "kind": "residential_street", "oneway": True,
         "lanes": 1, "speed": 30, "geometry": LineString([(X + 100, Y - 10), (X + 100, Y + 190)])},
    ])  # fmt: skip
    zones = frame([
        {"id": "z1", "source_id": "s", "kind": "DeSO", "code": "0180C3210", "name": "Mariatorget",
         "geometry": box(X - 50, Y - 50, X + 150, Y + 250)},
    ])  # fmt: skip
    groups = [("origin", "born_sweden", 812), ("origin", "born_eu", 121), ("origin", "born_outside_eu", 3),
              ("age", "0-19", 180), ("age", "20-64", 600), ("age", "65+", 156)]  # fmt: skip
    population = pd.DataFrame(
        [
            {"id": f"p{i}", "source_id": "s", "zone": "z1", "dimension": d, "group": g, "persons": n}
            for i, (d, g, n) in enumerate(groups)
        ]
    )
    places = frame([
        {"id": "school", "source_id": "s", "kind": "school", "name": "Mariaskolan", "capacity": 430,
         "geometry": Point(X + 75, Y + 15)},
        {"id": "mast", "source_id": "s", "kind": "mast", "name": "Mast Hornsgatan 108",
         "geometry": Point(X + 40, Y - 6)},
    ])  # fmt: skip
    rules = frame([
        {"id": "u1", "source_id": "s", "kind": "environmental_zone", "rule_class": "2", "name": "Miljözon Hornsgatan",
         "status": "in_force", "vehicle_classes": "car", "valid_from": "2020-01-15",
         "geometry": box(X - 5, Y - 20, X + 105, Y)},
        {"id": "u2", "source_id": "s", "kind": "environmental_zone", "rule_class": "3", "name": "Miljözon innerstad",
         "status": "proposed", "vehicle_classes": "car,truck_light", "geometry": box(X - 60, Y - 60, X + 50, Y + 260)},
    ])  # fmt: skip
    sources = pd.DataFrame([
        {"id": "s", "title": "Small test city", "licence": "CC0-1.0", "owner": "Test", "classification": "open",
         "date": "2026-03-01", "maturity": "test", "catalogue": "https://example.org/record/1",
         "note": "Synthetic, not for decisions."},
        {"id": "s2", "title": "School register", "licence": "internal use", "owner": "School board",
         "classification": "internal", "date": "2025-11-30", "maturity": "established"},
    ])  # fmt: skip
    heights = np.full((60, 60), 18.0, np.float32)
    terrain = Terrain(heights, (5, 0, X - 50, 0, -5, Y + 250))
    return City("Small", crs, "RH 2000", synthetic=True, terrain=terrain).replaced(
        buildings=buildings, roads=roads, zones=zones, population=population, places=places, rules=rules,
        barriers=frame([{"id": "w1", "source_id": "s", "kind": "noise_screen", "height": 3.0, "a500": 0.8,
                         "geometry": LineString([(X, Y - 20), (X + 60, Y - 20)])}]),
        trees=frame([{"id": "t1", "source_id": "s", "kind": "lind", "height": 14.0, "crown": 8.0,
                      "geometry": Point(X + 15, Y - 4)}]),
        paths=frame([{"id": "g1", "source_id": "s", "kind": "steps", "steps": True, "length": 41.0,
                      "geometry": LineString([(X, Y + 40), (X + 30, Y + 68)])}]),
        cover=frame([{"id": "c1", "source_id": "s", "kind": "park", "name": "Mariatorget", "ground_factor": 1.0,
                      "geometry": box(X, Y + 80, X + 60, Y + 180)}]),
        sources=sources,
    )  # fmt: skip


@pytest.fixture
def small_city() -> City:
    """Return the small hand-made city."""
    return make_city()


@pytest.fixture
def store(small_city: City) -> Store:
    """Return a Store over the small city, with two bookmarks."""
    views = (Bookmark("Hela området", Pose((X, Y, 20.0), 800.0)), Bookmark("Hornsgatan", Pose((X, Y, 20.0), 200.0)))
    return Store(State(small_city, bookmarks=views))


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, small_city: City) -> MainWindow:
    """Return a window with a project of the small city open and drawn; many modules have one of their own."""
    create(tmp_path / "P.twin", small_city).close()
    return opened_window(qtbot, qapp, tmp_path / "P.twin", (1200, 800))
