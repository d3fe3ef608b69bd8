"""The page of models beside sensors: what it says is what the comparison gives, and early answers are called so."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from shapely import LineString

from twin.city.city import City
from twin.layer import Field
from twin.result import Result
from twin.sensors.embedded import EmbeddedHistory
from twin.sensors.onmap import stands
from twin.sensors.stream import Stream, batch
from twin.ui.sensors.validation_page import ValidationPage

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

LON, LAT = 18.05, 59.317


def said(page: ValidationPage) -> str:
    return page.figures.text().replace("\N{NO-BREAK SPACE}", " ")


def test_figures_are_those_of_the_answer_and_early_ones_say_so(qtbot: QtBot, tmp_path: Path) -> None:
    with EmbeddedHistory(tmp_path / "history") as store:
        store.add_streams(
            [Stream("m:traffic_flow", "traffic_flow", "/h", name="Mast", lon=LON, lat=LAT, period_s=3600)]
        )
        time = np.datetime64("2026-05-03T22:00", "ms") + np.arange(24) * np.timedelta64(1, "h")
        store.append(batch(np.zeros(24), time, np.full(24, 100.0)))
        where = stands(store.streams(), City("Small", "EPSG:3011"))
        x, y = where.xy[0]
        lines = [LineString([(x - 50, y + 5), (x + 50, y + 5)]), LineString([(x + 50, y + 5), (x - 50, y + 5)])]
        roads = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=lines, crs="EPSG:3011")
        ids = np.array(["a", "b"], object)
        flow = Field("Traffic on a mean day (ÅDT)", "veh/day", "roads", ids, np.array([1000, 1500], np.float32))
        early = Result("traffic", "1", {}, "k", (flow,), (), "preview")
        sensing = SimpleNamespace(
            answers=[(early, [flow])],
            read=SimpleNamespace(streams=store.streams(), where=where, span=(time[0], time[-1])),
            city=City("Small", "EPSG:3011").replaced(roads=roads),
            synthetic=False,
            desk=SimpleNamespace(ask=lambda work, then: then(work(store))),
        )
        page = ValidationPage("en")
        qtbot.addWidget(page)
        page.attach(sensing)  # type: ignore[arg-type]
        assert said(page) == "1 sensor · bias 100 /d · RMSE 100 /d · GEH below 5: 100 %"
        assert page.said.text().startswith("Preview; it is being refined.")
        final = replace(flow, values=np.array([1000, 1400], np.float32))
        sensing.answers = [(replace(early, fields=(final,), quality="final"), [final])]
        page.refresh()
        assert said(page) == "1 sensor · bias 0 /d · RMSE 0 /d · GEH below 5: 100 %"
        assert not page.said.text().startswith("Preview")
        assert page.on_map.isEnabled()
