"""Drawing n buildings: our scene beside one actor per building and one merged mesh, in the same run.

Usage: python scripts/bench/render.py [--n 10000,50000,100000,200000] [--size 1280x800] [--actors 10000] [--json]

Each method runs in a process of its own, off-screen, on the same synthetic city and the same three cameras.
Times are the least of several; "first frame" is from the finished mesh to the first picture, with the upload
and the compiling of shaders; "window" (an empty one) is a part of it that does not depend on the method.
"moving" frames are those of a turning camera once the pace is found; "memory" is the most resident memory from before
meshing to the end, the city itself not counted. One actor per building is run up to ``--actors`` buildings.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyvista as pv

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

METHODS = ("actors", "merged", "ours-buildings", "ours")
NAMES = {
    "actors": "one actor per building",
    "merged": "one merged mesh, cell scalars",
    "ours-buildings": "ours, buildings alone",
    "ours": "ours, the whole map with names",
}
ROWS = (
    "mesh_s",
    "window_s",
    "first_frame_s",
    "far_still_ms",
    "far_moving_ms",
    "oblique_moving_ms",
    "street_moving_ms",
    "recolour_ms",
    "time_step_ms",
    "recoloured_frame_ms",
    "pick_ms",
    "reopen_s",
    "memory_MB",
)
_CITIES = Path(tempfile.gettempdir()) / "twin-bench-cities"


class Memory:
    """The most resident memory since it was made [MB] (Linux)."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self._before = self._read("VmRSS")

    def added(self) -> float:
        """Return how much more there was at most."""
        return self._read("VmHWM") - self._before

    @staticmethod
    def _read(name: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def least(work: Callable[[], object], times: int = 8) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def city_of(n: int) -> Any:
    """Return the test city of n buildings; made once and kept."""
    path = _CITIES / f"{n}.pickle"
    if not path.exists():
        from demo_city.generate import test_city

        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(test_city(n)))
    return pickle.loads(path.read_bytes())


def poses(city: Any) -> dict[str, Any]:
    from twin.scene import camera
    from twin.state import Pose

    west, south, east, north = city.bounds()
    x, y = (west + east) / 2, (south + north) / 2
    z = 0.0
    if city.terrain is not None:
        z = float(city.terrain.sample(np.array([x]), np.array([y]))[0])
    return {
        "far": camera.whole(city.bounds(), 1.6),
        "oblique": Pose((x, y, z), 700.0, 20.0, 35.0),
        "street": Pose((x, y, z + 2.0), 120.0, 20.0, 6.0),
    }


def place(plotter: pv.Plotter, pose: Any, shift: np.ndarray) -> None:
    from twin.scene import camera

    view = plotter.camera
    view.position = tuple(camera.eye(pose) - shift)
    view.focal_point = tuple(np.asarray(pose.focus) - shift)
    view.up = tuple(camera.axes(pose)[1])
    view.view_angle = camera.VIEW_ANGLE
    plotter.renderer.ResetCameraClippingRange()


def extruded(city: Any, shift: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Extrude each footprint by itself, as a plain script would: points and faces per building."""
    import mapbox_earcut

    points, faces = [], []
    for shape, ground, height in zip(
        city.buildings.geometry, city.buildings["ground"], city.buildings["height"], strict=True
    ):
        rings = [np.asarray(r.coords)[:-1, :2] - shift[:2] for r in (shape.exterior, *shape.interiors)]
        flat, ends = np.concatenate(rings), np.cumsum([len(r) for r in rings]).astype(np.uint32)
        n = len(flat)
        roof = mapbox_earcut.triangulate_float64(flat, ends).reshape(-1, 3) + n
        low = 0.0 if np.isnan(ground) else float(ground)
        cells, start = [np.column_stack([np.full(len(roof), 3), roof]).ravel()], 0
        for end in ends:
            i = np.arange(start, end)
            j = np.roll(i, -1)
            cells.append(np.column_stack([np.full(len(i), 4), i, j, j + n, i + n]).ravel())
            start = int(end)
        z = np.concatenate([np.full(n, low), np.full(n, low + float(height))])
        points.append(np.column_stack([np.tile(flat, (2, 1)), z]).astype(np.float32))
        faces.append(np.concatenate(cells))
    return points, faces


def plotter_of(size: tuple[int, int]) -> pv.Plotter:
    plotter = pv.Plotter(off_screen=True, window_size=list(size))
    plotter.render_window.Render()
    return plotter


def run_peer(method: str, n: int, size: tuple[int, int]) -> dict[str, float]:
    city = city_of(n)
    west, south, east, north = city.bounds()
    shift = np.array([np.floor((west + east) / 2), np.floor((south + north) / 2), 0.0])
    values = np.random.default_rng(1).random((2, n)).astype(np.float32)
    memory = Memory()
    start = time.perf_counter()
    points, faces = extruded(city, shift)
    meshes: list[pv.PolyData] = []
    if method == "actors":
        meshes = [pv.PolyData(p, f) for p, f in zip(points, faces, strict=True)]
    else:
        offsets = np.cumsum([0] + [len(p) for p in points[:-1]])
        cells = []
        for face, offset in zip(faces, offsets, strict=True):
            shifted = face.copy()
            at, ends = 0, len(face)
            while at < ends:
                shifted[at + 1 : at + 1 + face[at]] += offset
                at += face[at] + 1
            cells.append(shifted)
        meshes = [pv.PolyData(np.concatenate(points), np.concatenate(cells))]
    result = {"mesh_s": time.perf_counter() - start}
    start = time.perf_counter()
    plotter = plotter_of(size)
    result["window_s"] = time.perf_counter() - start
    cameras = poses(city)
    if method == "actors":
        actors = [plotter.add_mesh(mesh, color="#ddd8ce", reset_camera=False) for mesh in meshes]
    else:
        owner = np.repeat(np.arange(n), [count_faces(face) for face in faces])
        meshes[0].cell_data["value"] = values[0][owner]
        plotter.add_mesh(meshes[0], scalars="value", reset_camera=False, show_scalar_bar=False)
    place(plotter, cameras["oblique"], shift)
    plotter.show(auto_close=False)
    result["first_frame_s"] = time.perf_counter() - start
    # As ours while the camera moves: one sample per pixel.
    plotter.render_window.SetMultiSamples(0)
    for name, pose in cameras.items():
        place(plotter, pose, shift)
        result[f"{name}_moving_ms"] = 1e3 * least(plotter.render_window.Render)
    result["far_still_ms"] = result["far_moving_ms"]
    if method == "actors":

        def recolour() -> None:
            for actor, value in zip(actors, values[1], strict=True):
                actor.GetProperty().SetColor(value, value, value)
    else:

        def recolour() -> None:
            meshes[0].cell_data["value"][:] = values[1][owner]
            meshes[0].GetCellData().GetScalars().Modified()
            meshes[0].Modified()

    result["recolour_ms"] = 1e3 * least(recolour, 3)

    def again() -> None:
        recolour()
        plotter.render_window.Render()

    result["recoloured_frame_ms"] = 1e3 * least(again, 4)
    from vtkmodules.vtkRenderingCore import vtkCellPicker

    picker = vtkCellPicker()
    result["pick_ms"] = 1e3 * least(lambda: picker.Pick(size[0] / 2, size[1] / 2, 0, plotter.renderer), 5)
    result["memory_MB"] = memory.added()
    plotter.close()
    return result


def count_faces(cells: np.ndarray) -> int:
    at, n = 0, 0
    while at < len(cells):
        at += cells[at] + 1
        n += 1
    return n


def run_ours(method: str, n: int, size: tuple[int, int]) -> dict[str, float]:
    from twin.city.city import City
    from twin.layer import Field, Layer, scale
    from twin.scene import mesh
    from twin.scene.resolve import resolve
    from twin.scene.view import SceneView
    from twin.state import State

    city = city_of(n)
    cameras = poses(city)
    mesh.build(city_of(60))
    if method == "ours-buildings":
        city = City(city.name, city.crs, buildings=city.buildings)
    memory = Memory()
    start = time.perf_counter()
    built = mesh.build(city)
    result = {"mesh_s": time.perf_counter() - start}
    ids = city.buildings["id"].to_numpy(object)
    random = np.random.default_rng(1).random((2, len(ids))).astype(np.float32)
    layers = [
        Layer("v", "V", Field("V", "", "buildings", ids, values), scale("viridis"), 0.0, 1.0) for values in random
    ]
    from twin.state import BASE_LAYERS, LayerEntry

    state = State(city, tuple(LayerEntry(name) for name in ("v", *BASE_LAYERS)))
    drawn = [resolve(state, built, {"v": layer}, "light", "sv") for layer in layers]
    start = time.perf_counter()
    plotter = plotter_of(size)
    result["window_s"] = time.perf_counter() - start
    view = SceneView(plotter)
    view.set_pose(cameras["oblique"])
    view.show(drawn[0])
    view.render()
    result["first_frame_s"] = time.perf_counter() - start
    for name, pose in cameras.items():
        view.set_pose(pose)
        view.settle()
        view.render()
        if name == "far":
            result["far_still_ms"] = 1e3 * least(lambda: still(view), 4)
        turn = [0.0]

        def frame(pose: Any = pose, turn: list[float] = turn) -> None:
            import dataclasses

            turn[0] += 1e-4
            view.set_pose(dataclasses.replace(pose, azimuth=pose.azimuth + turn[0]))
            view.render()

        for _ in range(12):
            frame()
        result[f"{name}_moving_ms"] = 1e3 * least(frame)
    plotter.render_window.SetMultiSamples(0)
    result["recolour_ms"] = 1e3 * least(lambda: (view.show(drawn[1]), view.show(drawn[0])), 5) / 2
    result["time_step_ms"] = time_step(view, drawn[0], state, built, ids)

    def again() -> None:
        view.show(drawn[1] if again.turn else drawn[0])  # type: ignore[attr-defined]
        again.turn = not again.turn  # type: ignore[attr-defined]
        plotter.render_window.Render()

    again.turn = True  # type: ignore[attr-defined]
    result["recoloured_frame_ms"] = 1e3 * least(again, 4)
    view.pick(size[0] / 2, size[1] / 2)
    result["pick_ms"] = 1e3 * least(lambda: view.pick(size[0] / 2, size[1] / 2), 20)
    result["memory_MB"] = memory.added()
    if method == "ours":
        result["reopen_s"] = reopen(city, size)
    view.close()
    plotter.close()
    return result


def still(view: Any) -> None:
    """Draw a frame as it is drawn at once when the camera stops."""
    view.settle()
    view.render()


def time_step(view: Any, drawn: Any, state: Any, built: Any, ids: np.ndarray) -> float:
    """Return how long another of 24 times takes [ms], without its frame."""
    import dataclasses

    from twin.layer import Field, Layer, scale
    from twin.scene.resolve import Paint

    times = np.arange(24).astype("datetime64[h]").astype("datetime64[ms]")
    values = np.random.default_rng(2).random((24, len(ids))).astype(np.float32)
    layer = Layer("t", "T", Field("T", "", "buildings", ids, values, times), scale("viridis"), 0.0, 1.0)
    view.show(dataclasses.replace(drawn, paints={"buildings": Paint(layer, 1.0)}))
    view.render()
    hours = iter(range(1000))
    took = 1e3 * least(lambda: view.set_time(times[0] + np.timedelta64(13 * next(hours) % 1380, "m")), 20)
    view.show(drawn)
    return took


def reopen(city: Any, size: tuple[int, int]) -> float:
    """Return how long a project takes from its files to its first full frame when it was opened before [s]."""
    from twin import project
    from twin.jobs import Job
    from twin.scene.resolve import resolve
    from twin.scene.view import SceneView
    from twin.state import State
    from twin.ui import opening

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TWIN_CACHE_DIR"] = folder
        path = Path(folder) / "city.twin"
        project.create(path, city).close()
        opening.load(path, None, Job())
        start = time.perf_counter()
        opened = opening.load(path, None, Job())
        buffers: list[pickle.PickleBuffer] = []
        sent = pickle.dumps(opened, 5, buffer_callback=buffers.append)  # as it comes out of its process
        opened = pickle.loads(sent, buffers=buffers)
        plotter = plotter_of(size)
        view = SceneView(plotter)
        view.set_pose(poses(city)["far"])
        view.show(resolve(State(opened.city), opened.data.mesh, opened.data.layers, "light", "sv"))
        view.render()
        took = time.perf_counter() - start
        view.close()
        plotter.close()
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", default="10000,50000,100000,200000")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--actors", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--method", choices=METHODS)
    options = parser.parse_args()
    width, height = (int(v) for v in options.size.split("x"))
    sizes = [int(v) for v in options.n.split(",")]
    if options.method:
        run = run_ours if options.method.startswith("ours") else run_peer
        print(json.dumps(run(options.method, sizes[0], (width, height))))
        return 0
    found: dict[int, dict[str, dict[str, float]]] = {}
    for n in sizes:
        city_of(n)
        found[n] = {}
        for method in METHODS:
            if method == "actors" and n > options.actors:
                continue
            command = [sys.executable, __file__, "--n", str(n), "--size", options.size, "--method", method]
            done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
            if done.returncode:
                print(done.stderr, file=sys.stderr)
                return 1
            found[n][method] = json.loads(done.stdout.strip().splitlines()[-1])
        if not options.json:
            table(n, options.size, found[n])
    if options.json:
        print(json.dumps(found))
    return 0


def table(n: int, size: str, found: dict[str, dict[str, float]]) -> None:
    """Print what was measured at one size."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"\n{n} buildings, {size}, load {load:.1f}\n")
    print("| | " + " | ".join(NAMES[m] for m in found) + " |")
    print("|---" * (len(found) + 1) + "|")
    for row in ROWS:
        cells = [f"{found[m][row]:.3g}" if row in found[m] else "–" for m in found]
        name, unit = row.rsplit("_", 1)
        print(f"| {name.replace('_', ' ')} [{unit}] | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
