"""From the key press that ends a footbridge to its first answer of reach on the screen, in the real window.

``xvfb-run python scripts/bench/first_answer.py [P.twin …]`` opens each project (by default the demo) with the models
that are on by default, waits as a planner would, draws three footbridges with the mouse and Enter, and prints when
after Enter the table had the answer and the map had the bridge. The next bridge does not wait for costly models.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from twin.content import demo_project
from twin.project import create, load_view
from twin.scene.camera import Projection
from twin.state import Pose
from twin.ui import theme
from twin.ui.settings import Settings
from twin.ui.window import MainWindow

IDLE = 8.0
"""Seconds a planner looks at the city before the first edit."""
PATIENCE = 20.0
WATCHED = 12.0
"""Seconds after which the next bridge is drawn even where costly models are still at work, as planners do."""


def main() -> None:
    """Measure each project named."""
    app = QApplication(sys.argv[:1])
    theme.apply(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(one) for one in sys.argv[1:]]
        if not paths:
            paths = [Path(folder) / "Demo.twin"]
            create(paths[0], load_view(demo_project())[0].city).close()
        for path in paths:
            measure(path)


def measure(path: Path) -> None:
    """Print the times of three bridges in a project."""
    window = MainWindow(Settings(), "en")
    window.resize(1400, 900)
    window.show()
    window.session.open(path)
    wait(lambda: window.session.store is not None and window.workbench.results.data is not None)
    pause(IDLE)
    store, results = window.session.store, window.workbench.results
    assert store is not None
    for number, line in enumerate(lines(store.state.city)):
        drawn: list[float] = []
        before = None if results.shown is None else results.shown.state.city
        aim(window, line)
        began = time.perf_counter()
        QTest.keyClick(window.viewport.canvas.plotter, Qt.Key.Key_Return)
        said = ""
        answered, complete = 0.0, False

        def spent(began: float = began) -> float:
            return time.perf_counter() - began

        while spent() < PATIENCE and not complete:
            QApplication.processEvents()
            time.sleep(0.002)
            how = {one.model.name: one.how for one in results.standing} if results.current else {}
            if not answered and how.get("reach") in ("refining", "done"):
                window.repaint()
                answered, said = spent(), how["reach"]
            if not drawn and results.shown is not None and results.shown.state.city is not before:
                window.viewport.canvas.draw()
                drawn.append(spent())
            if answered and drawn and (spent() > WATCHED or (results.up_to_date and not results.busy)):
                complete = True
        print(
            f"{path.stem} bridge {number + 1}: reach {answered:.2f} s ({said}), "
            f"picture {drawn[0] if drawn else 0:.2f} s",
            flush=True,
        )
        pause(1.0)
    window.leave()


def lines(city: object) -> list[shapely.LineString]:
    """Return three lines between walk nodes some 150 m apart, over water where there is some."""
    paths, cover = city.paths, city.cover  # type: ignore[attr-defined]
    water = cover[cover["kind"] == "water"].union_all()
    ends = shapely.get_point(paths.geometry.to_numpy(), 0)
    near = ends[shapely.distance(ends, water) < 60.0]
    a, b = shapely.STRtree(near).query(near, predicate="dwithin", distance=180.0)
    tried = shapely.linestrings(np.stack([shapely.get_coordinates(near[one]) for one in (a, b)], axis=1))
    wet = shapely.length(shapely.intersection(tried, water))
    best = tried[np.argsort(-wet)[:5000]]
    chosen: list[shapely.LineString] = []
    for line in best:
        if line.length > 50.0 and all(line.distance(one) > 100.0 for one in chosen):
            chosen.append(line)
        if len(chosen) == 3:
            break
    return chosen


def aim(window: MainWindow, line: shapely.LineString) -> None:
    """Look straight down, take the tool, click both ends."""
    view = window.viewport
    middle = line.centroid
    pose = Pose((middle.x, middle.y, view.canvas.height_at(middle.x, middle.y)), 3 * line.length, 0.0, 90.0, True)
    view.navigator.fly(pose, 0.0)
    view.canvas.draw()
    window.commands["draw_path"].trigger()
    for x, y in line.coords:
        projection = Projection(view.navigator.pose, view.canvas.size)
        at, _ = projection.pixels(np.array([[x, y, view.canvas.height_at(x, y)]]))
        ratio = window.devicePixelRatioF()
        place = QPoint(round(at[0][0] / ratio), round(at[0][1] / ratio))
        QTest.mouseClick(view.canvas.plotter, Qt.MouseButton.LeftButton, pos=place)


def wait(there: object, limit: float = 60.0) -> None:
    """Let the window work until something is so."""
    end = time.perf_counter() + limit
    while not there() and time.perf_counter() < end:  # type: ignore[operator]
        QApplication.processEvents()
        time.sleep(0.005)


def pause(seconds: float) -> None:
    """Let the window work for a while."""
    wait(lambda: False, seconds)


if __name__ == "__main__":
    main()
