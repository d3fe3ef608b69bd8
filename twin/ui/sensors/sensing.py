"""Sensors in a window: the history that is open, its layers on the map, what is live, the panel, the status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from twin import localtime
from twin.content import demo_project
from twin.errors import TwinError
from twin.sensors.glance import Read
from twin.sensors.limits import Alarm, Limit, alarms, load_limits, save_limits
from twin.sensors.onmap import PREFIX, layers_now, same_picture
from twin.sensors.settings import FeedSettings, load_feeds, save_feeds
from twin.sensors.states import Standing, standings
from twin.sensors.stream import Frame
from twin.state import LayerEntry
from twin.text import N_
from twin.ui.opening import DropInInfo
from twin.ui.sensors.desk import Desk
from twin.ui.sensors.note import Note
from twin.ui.sensors.pointing import Pointing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.layer import Field, Layer
    from twin.result import Result
    from twin.sensors.feeds.feed import Status
    from twin.sensors.history import HistoryStore
    from twin.ui.sensors.panel import SensorPanel
    from twin.ui.window import MainWindow

_EVERY = 1000
"""Milliseconds between two looks at what is live."""
_READ_EVERY_S = 60.0
"""Seconds between two readings of the stretch that can be played, while new values come."""
_PLAYED_S = 0.5
"""Seconds between two looks at the values while time is played."""
_WEEK_MS = 7 * 86_400_000


class Sensing(QObject):
    """The sensor part of one window."""

    changed = Signal()
    """Other streams, another frame, or feeds that stand otherwise."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.desk = Desk(self)
        self.read = Read()
        self.feeds: list[FeedSettings] = []
        self.limits: list[Limit] = []
        self.alarms: list[Alarm] = []
        self.frame: Frame | None = None
        self.synthetic = False
        """A synthetic history without feeds: its week is played as though it happened now."""
        self._panel: SensorPanel | None = None
        self._extra: dict[str, Layer] = {}
        self._live: dict[str, Layer] = {}
        self._dirty = False
        self._looking = self._asked = False
        self._read_at = self._looked_at = 0.0
        self._going: np.datetime64 | None = None
        self.note = Note()
        window.statusBar().addPermanentWidget(self.note)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self._tick)
        window.session.opened.connect(self._begin)
        window.session.closed.connect(self._end)
        window.session.status_changed.connect(self._moved)
        window.session.city_changed.connect(lambda: self.desk.read(self._city(), self._took))
        window.timing.clock.ticked.connect(lambda _t: self._ticked())
        window.timing.clock.changed.connect(self._follow)
        window.workbench.results.answered.connect(self._answered)
        self.pointing = Pointing(self, window)
        self.desk.failed.connect(self._failed)
        self.desk.arrived.connect(self._arrived)

    # --- what the panel asks ----------------------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """Whether feeds can be kept and recorded in this project."""
        return not self._window.session.read_only and (self.desk.store is None or not self.desk.store.read_only)

    @property
    def lang(self) -> str:
        """Language of the window."""
        return self._window.lang

    @property
    def statuses(self) -> dict[str, Status]:
        """How each feed that is followed stands, by its id."""
        recorder = self.desk.recorder
        if recorder is None:
            return {}
        on = [one.id for one in self.feeds if one.on]
        return {id: feed.status for id, (feed, _) in zip(on, recorder.pairs, strict=False)}

    def connected(self) -> NDArray[np.bool_] | None:
        """Say for each stream whether its feed is connected; None where nothing is followed."""
        found = self.statuses
        if not found or not self._is_live:
            return None
        linked = {id for id, status in found.items() if status.link == "connected"}
        return np.array(
            [not one.source or one.source not in found or one.source in linked for one in self.read.streams]
        )

    def how(self) -> NDArray[np.uint8]:
        """Return how each stream stands in the frame that is shown."""
        if self.frame is None:
            return np.full(len(self.read.streams), Standing.NONE, np.uint8)
        return standings(self.frame, self.read.streams, self.connected())

    def set_feeds(self, feeds: list[FeedSettings]) -> None:
        """Keep other feeds and follow them."""
        folder = self.desk.folder
        if folder is None:
            return
        try:
            save_feeds(folder, feeds)
        except (OSError, TwinError) as error:
            self._failed(error)
            return
        self.feeds = feeds
        if self.desk.store is None:
            self.desk.make(self._city(), self._opened)
        else:
            self.desk.record(feeds)
        self._keep_time()
        self.changed.emit()

    def set_limits(self, limits: list[Limit]) -> None:
        """Keep other thresholds."""
        self.limits = limits
        if self.desk.folder is not None and self.writable:
            try:
                save_limits(self.desk.folder, limits)
            except OSError as error:
                self._failed(error)
        self._look()

    def show_layer(self, layer: Layer) -> None:
        """Add a layer of the panel's own (residuals) and show it."""
        self._extra[layer.id] = layer
        self._give()
        self.show_quantity(layer.id.removeprefix(PREFIX))

    def show_quantity(self, quantity: str, sid: int | None = None) -> None:
        """Show the layer of a quantity on top of the map, at a time when a stream has values where one is named."""
        store = self._window.session.store
        if store is None:
            return
        last = self.last_of(sid) if sid is not None else None
        block = self.read.block
        if last is not None and block is not None and not self._is_live and not block.start <= last <= block.end:
            self._go_to(last)
        id = f"{PREFIX}{quantity}"
        others = tuple(entry for entry in store.state.layers if entry.id != id)
        if store.state.layers[0] != LayerEntry(id):
            store.change(N_("Show on the map"), layers=(LayerEntry(id), *others))

    def last_of(self, sid: int) -> np.datetime64 | None:
        """Return when a stream has its newest value; None where it has none."""
        frame = self.read.latest
        if frame is None or sid >= len(frame.time) or np.isnat(frame.time[sid]):
            return None
        return cast(np.datetime64, frame.time[sid])

    def fly(self, sid: int) -> None:
        """Fly to a sensor."""
        where = self.read.where
        if where is not None and np.isfinite(where.xy[sid]).all():
            x, y = (float(v) for v in where.xy[sid])
            self._window.viewport.fly_to_box((x - 60, y - 60, x + 60, y + 60))

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the view, in the City's system."""
        x, y, _ = self._window.viewport.navigator.pose.focus
        return x, y

    @property
    def answers(self) -> list[tuple[Result, list[Field]]]:
        """What the models answered for the scenario shown, with its fields."""
        answer = self._window.workbench.results.answer
        if answer is None:
            return []
        return [(result, list(result.fields)) for result in answer.results.values()]

    def ask_models(self) -> None:
        """Let the models answer, so that they can be compared."""
        self._window.workbench.look()

    def choose(self, sids: list[int]) -> None:
        """Choose streams in the panel, where it is open."""
        if self._panel is not None and self._panel.isVisible():
            self._panel.choose(sids)

    @property
    def city(self) -> City:
        """The city as it is."""
        return self._city()

    # --- the window -------------------------------------------------------------------------------------------------

    def table(self) -> dict[str, Callable[[], object]]:
        """Return what to call for its commands."""
        return {"sensors": lambda: self._window.panels.toggle("sensors")}

    def attach(self) -> None:
        """Bring the panel, which was just made anew, together with the history."""
        from twin.ui.sensors.panel import SensorPanel

        panel = self._window.panels.docks["sensors"].widget()
        self._panel = panel if isinstance(panel, SensorPanel) else None
        if self._panel is not None:
            self._panel.attach(self)
        self._say()
        self._live = {}
        self._look()

    def shut(self) -> None:
        """Close the history and end its thread."""
        self._timer.stop()
        self.desk.shut()

    # --- coming and going -------------------------------------------------------------------------------------------

    def _begin(self, after: Path | None = None) -> None:
        session = self._window.session
        project = session.project
        if project is None or session.store is None:
            return
        folder = project.path / "history"
        self.synthetic = False
        try:
            self.feeds, self.limits = load_feeds(folder), load_limits(folder)
        except TwinError as error:
            self.feeds, self.limits = [], []
            self._failed(error)
        read_only = session.read_only or project.path == demo_project()
        self.desk.open(folder, read_only, session.store.state.city, self._opened, after)

    def _moved(self) -> None:
        """Go on in the other folder when the project was saved under another name."""
        project = self._window.session.project
        if project is not None and self.desk.folder is not None and self.desk.folder != project.path / "history":
            self._begin(self.desk.folder)

    def _opened(self, read: Read) -> None:
        self._took(read)
        if self.writable:  # also without feeds, so that what others drop into the inbox is taken
            self.desk.record(self.feeds)
        self._keep_time()

    def _end(self) -> None:
        self._timer.stop()
        self.desk.close()
        self._asked = False
        self.read, self.frame, self._panel = Read(), None, None
        self.feeds, self.limits, self.alarms, self._live, self._extra = [], [], [], {}, {}
        self._window.workbench.results.added.files.add({}, ())
        self.note.hide()

    def _took(self, read: Read) -> None:
        self.read = read
        self._going = None
        self._read_at = time.monotonic()
        store = self._window.session.store
        old = read.span is not None and np.datetime64("now", "ms") - read.span[1] > np.timedelta64(1, "D")
        self.synthetic = bool(store is not None and store.state.city.synthetic and not self.feeds and old)
        self._live = {}
        self._look()

    def _city(self) -> City:
        store = self._window.session.store
        assert store is not None
        return store.state.city

    def _failed(self, error: object) -> None:
        self._window.notices.show_error(cast("BaseException", error))

    # --- time -------------------------------------------------------------------------------------------------------

    @property
    def _is_live(self) -> bool:
        return self._window.timing.clock.when.live

    def _keep_time(self) -> None:
        if self.desk.store is not None:
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()

    def _answered(self) -> None:
        if self._panel is not None:
            self._panel.refresh()

    def _arrived(self) -> None:
        self._dirty = True

    def _looked(self, new: bool) -> None:
        self._asked = False
        self._dirty |= new

    def _tick(self) -> None:
        store = self.desk.store
        if store is not None and store.read_only and not self._asked:  # another process may record here
            self._asked = True
            self.desk.look(self._looked)
        if self._dirty and store is not None:
            other = len(store.streams()) != len(self.read.streams)
            # What is measured now puts an end to a synthetic week.
            if other or self.synthetic or time.monotonic() - self._read_at > _READ_EVERY_S:
                self._dirty = False
                # Whoever looks at an earlier stretch stays there.
                t, span = self._window.timing.clock.when.at, self.read.span
                earlier = (
                    t is not None and self.read.block is not None and span is not None and self.read.block.end < span[1]
                )
                around = np.datetime64(round(t * 1000), "ms") if earlier and t is not None else None
                self.desk.read(self._city(), self._took, around)
                return
        if self._is_live:
            if time.monotonic() - self._looked_at > 0.5 * _EVERY / 1000:  # the clock tells of each second too
                self._look()
        else:
            self._say()
            if self._panel is not None and self.feeds:
                self._panel.refresh()

    def _ticked(self) -> None:
        """Follow the time; while it is played the map alone shows each step, list and chart a few a second."""
        if not self._window.timing.clock.playing or time.monotonic() - self._looked_at >= _PLAYED_S:
            self._follow()

    def _follow(self) -> None:
        self._keep_time()
        block, span, t = self.read.block, self.read.span, self._window.timing.clock.when.at
        if block is not None and span is not None and t is not None and not self._is_live:
            at = np.datetime64(round(t * 1000), "ms")
            if span[0] <= at <= span[1] and not block.start <= at <= block.end:
                self._go_to(at)  # a time was typed that lies outside what is in memory
                return
        self._look()

    def _go_to(self, at: np.datetime64) -> None:
        """Read the stretch around a time, and show that time."""

        def took(read: Read) -> None:
            self._took(read)
            self._window.timing.clock.go(localtime.instant(at))

        if at != self._going:
            self._going = at
            self.desk.read(self._city(), took, at)

    def _look(self) -> None:
        """Take the frame of the time shown, and give map and panel what it holds."""
        if self._looking:  # what is given here moves the ends of the time bar, which tells us so
            return
        self._looking = True
        self._looked_at = time.monotonic()
        try:
            self._take_frame()
        finally:
            self._looking = False
        self._say()
        if self._panel is not None:
            self._panel.refresh()
        self.changed.emit()

    def _take_frame(self) -> None:
        block, store = self.read.block, self.desk.store
        if self._is_live and store is not None and self.read.streams:
            self.frame = self._now(store)
        elif block is not None:
            t = self._window.timing.clock.time
            at = block.end if t is None else np.datetime64(round(t * 1000), "ms")
            span, latest = self.read.span, self.read.latest
            if span is not None and at >= span[1] and latest is not None:
                self.frame = Frame(max(at, span[1]), latest.value, latest.time, latest.quality)  # of any age
            else:
                self.frame = block.frame(at)
        else:
            self.frame = self.read.latest
        self.alarms = alarms(self.limits, self.read.streams, self.frame) if self.frame is not None else []
        if self._is_live and self.frame is not None and self.read.where is not None:
            first = self.read.block.start if self.read.block is not None else None
            made = layers_now(
                self.read.streams, self.read.where, self.frame, self.lang, self.connected(), self.read.layers, first
            )
            # A layer that shows the same stays the same object, so that nothing is drawn anew for it.
            kept = self._live
            self._live = {id: kept[id] if same_picture(kept.get(id), one) else one for id, one in made.items()}
        else:
            self._live = {}
        self._give()

    def _now(self, store: HistoryStore) -> Frame:
        now = np.datetime64("now", "ms")
        if not self.synthetic or self.read.block is None:
            found = store.latest()
            n = len(self.read.streams)  # new ones come with the next reading
            return Frame(now, found.value[:n], found.time[:n], found.quality[:n])
        # The last week there is as though it were this one: the same weekday, the same time of day.
        block = self.read.block
        last, at = int(block.end.astype("int64")), int(now.astype("int64"))
        weeks = -((last - at) // _WEEK_MS) * _WEEK_MS
        then = block.frame(np.datetime64(at - weeks, "ms"))
        return Frame(now, then.value, then.time + np.timedelta64(weeks, "ms"), then.quality)

    def _give(self) -> None:
        """Hand the layers to the map: those of now while live, else those that follow time."""
        base = {**self.read.layers, **self._live, **self._extra}
        entries = [
            DropInInfo(id, layer.title, N_("Sensors")) for id, layer in base.items()
        ]  # fmt: skip
        self._window.workbench.results.added.files.add(base, tuple(entries))

    def _say(self) -> None:
        if self._window.session.store is not None:
            self.note.show_state(self, self._is_live)
