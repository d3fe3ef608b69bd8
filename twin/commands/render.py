"""``twin render``: a picture without a window, or a film of a span of time."""

from __future__ import annotations

import dataclasses
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin import localtime
from twin.commands import setting
from twin.commands.console import size
from twin.errors import BadInput, UsageError
from twin.scene.palette import THEMES
from twin.text import error_text, tr, trn
from twin.when import moment, span_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, Sequence

    from twin.city.city import City
    from twin.commands.console import Console, Parser
    from twin.layer import Layer
    from twin.plugins import DropIn
    from twin.report.film import Reel
    from twin.report.marks import Mark
    from twin.state import Pose, State


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument("project", metavar="P.twin", help=tr("the project; demo is the shipped one", lang))
    parser.add_argument(
        "--out",
        required=True,
        metavar="F.png",
        type=Path,
        help=tr("picture to write; with --from a film F.webp or F.gif, or a folder of frames", lang),
    )
    parser.add_argument("--size", required=True, metavar="WxH", type=size, help=tr("width and height in pixels", lang))
    parser.add_argument("--dpi", metavar="N", type=int, default=150, help=tr("dots per inch, 150 by default", lang))
    parser.add_argument(
        "--layer", metavar="K",
        help=tr("a layer as twin layers P.twin names it, of a model too (reach:FIELD), or sensors:QUANTITY", lang),
    )  # fmt: skip
    parser.add_argument("--scenario", metavar="S", help=tr("a scenario of the project", lang))
    parser.add_argument(
        "--reference", metavar="R",
        help=tr("with the layer of a model: what the scenario is compared with, and shares its colours with", lang),
    )  # fmt: skip
    setting.add(parser, lang)
    parser.add_argument(
        "--time", metavar="T", help=tr("city-local time to show of layers with times, such as 2026-11-21T08:00", lang)
    )
    parser.add_argument("--view", metavar="BOOKMARK", help=tr("a bookmark of the project", lang))
    parser.add_argument(
        "--above", action="store_true", help=tr("straight from above, north up, at a true scale with a bar", lang)
    )
    parser.add_argument("--theme", choices=THEMES, default="light", help=tr("colours of the map", lang))
    parser.add_argument("--sun", action="store_true", help=tr("light and shadows of the time shown", lang))
    parser.add_argument("--from", dest="first", metavar="T", help=tr("first time of a film, city-local", lang))
    parser.add_argument("--to", dest="last", metavar="T", help=tr("last time of a film, city-local", lang))
    parser.add_argument(
        "--step", metavar="D", help=tr("time from one frame to the next: 15min, 1h (by default) or 1d", lang)
    )
    parser.add_argument("--rate", metavar="N", type=float, help=tr("frames a second, 10 by default", lang))


def run(args: Namespace, console: Console) -> int:
    """Draw the project as it was saved, with what the options change."""
    from twin.commands.dropins import know
    from twin.project import load_view, resolve_path
    from twin.state import BASE_LAYERS

    began = time.monotonic()
    reel = _reel(args)
    if reel is None and args.out.suffix.lower() != ".png":
        raise BadInput("{path}: the picture must be named .png.", path=args.out.name)
    path = resolve_path(args.project)
    know(path, console)
    own, pose = load_view(path, console.job())
    state = own
    marks: tuple[Mark, ...] = ()
    if args.scenario is not None:
        before = state.city
        state = _with_scenario(path, state, args.scenario)
        marks = _marks(state, before)
    if args.view is not None:
        pose = _bookmark(path, state, args.view)
    if args.above:
        from twin.scene import camera, offscreen

        pose = camera.north(camera.top(pose or offscreen.whole_pose(state.city, args.size)))
    if args.sun:
        state = state.changed(sunlit=True)
    result = _of_model(args, path, own, console)
    if result is None:
        state, layers = _shown(args, path, state, reel, console)
    else:
        layers = {result.id: result}
        state = _with_layer(state, result.id, {row.id for row in state.layers} - set(BASE_LAYERS))
    width, height = args.size
    told: dict[str, object] = {"out": str(args.out), "size": [width, height], "dpi": args.dpi}
    if reel is None:
        from twin.report.figure import export_png

        if args.time is not None:
            at = _at(args, layers.values(), console)
            state = state.changed(time=replace(state.time, at=at, live=False))
        export_png(
            args.out, state.city, state, layers, args.size, args.dpi, pose, args.theme, console.lang, marks=marks
        )  # fmt: skip
        text = tr("Wrote {path} ({width} × {height}).", console.lang, path=args.out, width=width, height=height)
    else:
        told["frames"] = frames = _film(args, state, layers, pose, reel, marks, console)
        text = trn(
            "Wrote {path} ({n} frame of {width} × {height}).",
            "Wrote {path} ({n} frames of {width} × {height}).",
            frames, console.lang, path=args.out, width=width, height=height,
        )  # fmt: skip
    console.result({**told, "seconds": round(time.monotonic() - began, 2)}, text)
    return 0


def _of_model(args: Namespace, path: Path, state: State, console: Console) -> Layer | None:
    """Return the layer of a model's answer where one is asked for."""
    from twin.commands import results, run

    want = None if args.layer is None or _is_own(args.layer, state) else results.wanted(args.layer)
    if want is None:
        if args.reference is not None:
            raise UsageError("--reference belongs to the layer of a model, such as --layer difference:reach:FIELD")
        return None
    given = setting.chosen(args.given, run.settable((want.model,)))
    return results.layer(path, state, want, (args.scenario, args.reference), given, console)


def _film(
    args: Namespace, state: State, layers: Mapping[str, Layer], pose: Pose | None, reel: Reel,
    marks: tuple[Mark, ...], console: Console,
) -> int:  # fmt: skip
    """Make a film; return how many frames it has."""
    from twin.report.figure import Press
    from twin.report.film import check_film, export_film

    shown = [layers[row.id] for row in state.layers if row.visible and row.id in layers]
    if not state.sunlit and span_of(shown) is None:
        raise BadInput("Nothing that is shown changes with time; name a layer (--layer) or take --sun.")
    instants = check_film(args.out, reel, args.size, args.dpi, shown)
    press = Press(state.city, state, layers, args.size, args.dpi, pose, args.theme, console.lang, marks=marks)
    try:
        export_film(args.out, press, reel, instants, console.lang, console.job())
    finally:
        press.close()
    return len(instants)


def _reel(args: Namespace) -> Reel | None:
    """Return what is to be played; None for one picture."""
    if args.first is None and args.last is None:
        for option, value in (("--step", args.step), ("--rate", args.rate)):
            if value is not None:
                raise UsageError("{option} belongs to a film: say --from and --to too.", option=option)
        return None
    if args.first is None or args.last is None or args.time is not None:
        raise UsageError("A film needs --from and --to, and no --time.")
    from twin.report.film import Reel, check_film

    rate = 10.0 if args.rate is None else args.rate
    reel = Reel(_instant(args.first), _instant(args.last), _seconds(args.step or "1h"), rate)
    check_film(args.out, reel, args.size, args.dpi, ())  # before anything that takes long
    return reel


def _seconds(text: str) -> float:
    """Read a length of time."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)", text.strip())
    if found is None:
        raise UsageError("--step: «{text}» is no length of time, such as 15min, 1h or 1d", text=text)
    return float(found[1]) * {"s": 1.0, "min": localtime.MINUTE, "h": localtime.HOUR, "d": localtime.DAY}[found[2]]


def _shown(
    args: Namespace, path: Path, state: State, reel: Reel | None, console: Console
) -> tuple[State, Mapping[str, Layer]]:
    """Return the State with the layers that are asked for, and these layers."""
    from twin import plugins
    from twin.datafile.evaluate import evaluate
    from twin.project import data_folders
    from twin.sensors.glance import is_sensor_layer, sensor_layer

    dropins = plugins.discover()
    asked = {one.id for one in dropins if one.kind == "layer"}
    asked &= {args.layer} if args.layer is not None else {row.id for row in state.layers if row.visible}
    given = setting.chosen(args.given, {one.id: one.parameters for one in dropins if one.id in asked})
    values = {id: {**state.values.get(id, {}), **own} for id, own in given.items()}
    state = state.changed(values={**state.values, **values})
    layers: Mapping[str, Layer] = {}
    if args.layer is not None:
        own = state.data_layer(args.layer)
        if own is not None:
            data = evaluate([own], state.city, data_folders(path))
            if data.errors:
                raise data.errors[own.id]
        if is_sensor_layer(args.layer):
            at = None if args.time is None else moment(_instant(args.time))
            span = None if reel is None else (moment(reel.first), moment(reel.last), reel.step)
            layer: Layer | None = sensor_layer(path / "history", state.city, args.layer, at, span)
        else:
            layer = data.layers.get(args.layer) if own is not None else _layer(dropins, args.layer, state)
        if layer is None:
            raise BadInput("The layer «{name}» has nothing to show for this city.", name=args.layer)
        layers = {args.layer: layer}
        state = _with_layer(state, args.layer, {one.id for one in dropins} | {one.id for one in state.imported})
    else:
        shown = {row.id for row in state.layers if row.visible}
        layers, errors = plugins.evaluate([one for one in dropins if one.id in shown], state.city, state.values)
        data = evaluate([one for one in state.imported if one.id in shown], state.city, data_folders(path))
        layers = {**layers, **data.layers}
        errors = {**errors, **{id: error_text(error, console.lang) for id, error in data.errors.items()}}
        for name, reason in errors.items():
            console.say("twin: " + tr("The layer «{name}» failed: {reason}", console.lang, name=name, reason=reason))
    return state, layers


def _with_scenario(path: Path, state: State, name: str) -> State:
    """Return the State with a scenario worked on, and its city."""
    from twin.city.digest import city_digest
    from twin.scenario.scenario import PRESENT, find
    from twin.scenario.version import Versions

    try:
        scenario = find(state.scenarios, name)
    except BadInput:
        there = ", ".join(f"«{one.name}»" for one in (PRESENT, *state.scenarios))
        raise BadInput(
            "{path}: there is no scenario «{name}»; there are: {there}.", path=path.name, name=name, there=there
        ) from None
    city = Versions().build(state.city, city_digest(state.city), scenario.active).city
    return state.changed(city=city, scenario="" if scenario is PRESENT else scenario.name)


def _marks(state: State, before: City) -> tuple[Mark, ...]:
    """Return what the edits of the scenario that is shown are about."""
    from twin.report.marks import marks_of
    from twin.scenario.scenario import find

    terrain = state.city.terrain

    def height_at(x: float, y: float) -> float:
        return 0.0 if terrain is None else float(terrain.sample(np.array([x]), np.array([y]))[0])

    return marks_of(find(state.scenarios, state.scenario).active, (state.city, before), height_at)


def _bookmark(path: Path, state: State, name: str) -> Pose:
    for bookmark in state.bookmarks:
        if bookmark.name == name:
            return bookmark.pose
    there = ", ".join(f"«{bookmark.name}»" for bookmark in state.bookmarks) or "–"
    raise BadInput("{path}: there is no bookmark «{name}»; there are: {there}.", path=path.name, name=name, there=there)


def _layer(dropins: Sequence[DropIn], name: str, state: State) -> Layer | None:
    from twin import plugins

    chosen = [one for one in dropins if one.id == name and one.kind == "layer"]
    if not chosen:
        from twin.commands.results import FIELD, listed

        ids = [one.id for one in dropins if one.kind == "layer" and not one.error]
        ids += [one.id for one in state.imported] + [id for id, _ in listed({})] + [f"difference:MODEL:{FIELD}"]
        raise BadInput("There is no layer «{name}»; there are: {there}.", name=name, there=", ".join(ids))
    layers, errors = plugins.evaluate(chosen, state.city, state.values)
    if name in errors:
        raise BadInput("The layer «{name}» failed: {reason}", name=name, reason=errors[name])
    return layers.get(name)


def _at(args: Namespace, layers: Iterable[Layer], console: Console) -> float:
    """Return the instant [s] to show; says so where all that has times ended before it."""
    given = tuple(layers)
    span = span_of(given)
    if span is None and args.sun:
        return _instant(args.time)
    at = instant_in(given, args.time)
    if span is not None and at > span[1]:
        last, names = f"{localtime.local(span[1]):%Y-%m-%dT%H:%M}", ", ".join(one.id for one in given)
        said = tr("The layer «{name}» ends at {last}; its last values are shown.", console.lang, name=names, last=last)
        console.say("twin: " + said)
    return at


def instant_in(layers: Iterable[Layer], when: str) -> float:
    """Return the instant [s] that is meant by a time, city-local where it names no zone, of what layers hold.

    Raises
    ------
    BadInput
        When it is no time, no layer has times, or all of them begin later.
    """
    t = _instant(when)
    given = tuple(layers)
    span = span_of(given)
    if span is None:
        names = ", ".join(layer.id for layer in given) or "–"
        raise BadInput("The layer «{name}» has no times.", name=names)
    if t < span[0]:
        first = f"{localtime.local(span[0]):%Y-%m-%dT%H:%M}"
        raise BadInput("The layer «{name}» begins at {first}.", name=", ".join(one.id for one in given), first=first)
    return t


def _instant(when: str) -> float:
    try:
        return localtime.parse(when)
    except BadInput:
        raise BadInput("«{text}» is not a time; write 2026-11-21T08:00.", text=when) from None


def _is_own(name: str, state: State) -> bool:
    """Say whether a layer is of a data file or of sensors, and of no model."""
    from twin.sensors.glance import is_sensor_layer

    return state.data_layer(name) is not None or is_sensor_layer(name)


def _with_layer(state: State, name: str, data: set[str]) -> State:
    """Show one data layer uppermost and no other one."""
    from twin.state import LayerEntry

    rest = tuple(
        dataclasses.replace(row, visible=row.visible and row.id not in data) for row in state.layers if row.id != name
    )
    opacity = next((row.opacity for row in state.layers if row.id == name), 1.0)
    return state.changed(layers=(LayerEntry(name, True, opacity), *rest), selection=None)
