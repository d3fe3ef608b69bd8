"""``twin render``: a picture without a window."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from twin import localtime
from twin.commands.console import size
from twin.errors import BadInput
from twin.text import error_text, tr
from twin.when import moment, span_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, Sequence

    from twin.commands.console import Console, Parser
    from twin.layer import Layer
    from twin.plugins import DropIn
    from twin.state import Pose, State


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument("project", metavar="P.twin", help=tr("the project; demo is the shipped one", lang))
    parser.add_argument("--out", required=True, metavar="F.png", type=Path, help=tr("picture to write", lang))
    parser.add_argument("--size", required=True, metavar="WxH", type=size, help=tr("width and height in pixels", lang))
    parser.add_argument("--dpi", metavar="N", type=int, default=150, help=tr("dots per inch, 150 by default", lang))
    parser.add_argument(
        "--layer", metavar="K", help=tr("a layer to show, as twin layers names it, or sensors:QUANTITY", lang)
    )
    parser.add_argument("--scenario", metavar="S", help=tr("a scenario of the project", lang))
    parser.add_argument(
        "--time", metavar="T", help=tr("city-local time to show of layers with times, such as 2026-11-21T08:00", lang)
    )
    parser.add_argument("--view", metavar="BOOKMARK", help=tr("a bookmark of the project", lang))
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help=tr("colours of the map", lang))


def run(args: Namespace, console: Console) -> int:
    """Draw the project as it was saved, with what the options change."""
    from twin import plugins
    from twin.datafile.evaluate import evaluate
    from twin.dropins import trust
    from twin.project import data_folders, load_view, resolve_path
    from twin.report.figure import export_png
    from twin.sensors.glance import is_sensor_layer, sensor_layer

    began = time.monotonic()
    if args.out.suffix.lower() != ".png":
        raise BadInput("{path}: the picture must be named .png.", path=args.out.name)
    path = resolve_path(args.project)
    state, pose = load_view(path, console.job())
    if args.scenario is not None:
        state = _with_scenario(path, state, args.scenario)
    if args.view is not None:
        pose = _bookmark(path, state, args.view)
    trust.activate(path)
    dropins = plugins.discover()
    layers: Mapping[str, Layer] = {}
    if args.layer is not None:
        own = state.data_layer(args.layer)
        if own is not None:
            data = evaluate([own], state.city, data_folders(path))
            if data.errors:
                raise data.errors[own.id]
        if is_sensor_layer(args.layer):
            at = None if args.time is None else moment(_instant(args.time))
            layer: Layer | None = sensor_layer(path / "history", state.city, args.layer, at)
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
    if args.time is not None:
        state = state.changed(time=replace(state.time, at=instant_in(layers.values(), args.time), live=False))
    export_png(args.out, state.city, state, layers, args.size, args.dpi, pose, args.theme, console.lang)
    width, height = args.size
    text = tr("Wrote {path} ({width} × {height}).", console.lang, path=args.out, width=width, height=height)
    seconds = round(time.monotonic() - began, 2)
    console.result({"out": str(args.out), "size": [width, height], "dpi": args.dpi, "seconds": seconds}, text)
    return 0


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
        there = ", ".join(sorted(one.id for one in dropins))
        raise BadInput("There is no layer «{name}»; there are: {there}.", name=name, there=there)
    layers, errors = plugins.evaluate(chosen, state.city, state.values)
    if name in errors:
        raise BadInput("The layer «{name}» failed: {reason}", name=name, reason=errors[name])
    return layers.get(name)


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


def _with_layer(state: State, name: str, data: set[str]) -> State:
    """Show one data layer uppermost and no other one."""
    from twin.state import LayerEntry

    rest = tuple(
        dataclasses.replace(row, visible=row.visible and row.id not in data) for row in state.layers if row.id != name
    )
    opacity = next((row.opacity for row in state.layers if row.id == name), 1.0)
    return state.changed(layers=(LayerEntry(name, True, opacity), *rest), selection=None)
