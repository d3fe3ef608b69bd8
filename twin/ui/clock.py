"""The clock of a window: the time that is shown now, at rest, live or played. All that shows time listens."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from twin import when as whens
from twin.text import N_
from twin.when import When

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twin.layer import Layer
    from twin.state import State, Store
    from twin.when import Span

_FRAME = 40
"""Milliseconds between two steps of playback; a frame that takes longer makes the next step longer, not later."""
_LIVE = 1000


class Clock(QObject):
    """At rest it shows what the State says; playing and live it runs, and writes back where it stops.

    Parameters
    ----------
    now : function, optional
        The instant [s] that is now; tests give their own.
    """

    ticked = Signal(object)
    """The instant [s] that is shown now, None for the last of everything."""
    changed = Signal()
    """Played or not, live or not, another stretch, step or speed."""

    def __init__(self, parent: QObject | None = None, now: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._now = now
        self._store: Store | None = None
        self._layers: Mapping[str, Layer] = {}
        self._stop: Callable[[], None] = lambda: None
        self._running: float | None = None
        self._last = 0.0
        self.span: Span | None = None
        """First and last time that the layers shown hold."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    # -- what it is

    @property
    def when(self) -> When:
        """What is chosen."""
        return self._store.state.time if self._store is not None else When()

    @property
    def time(self) -> float | None:
        """The instant [s] that is shown now; None where nothing has times and none was chosen."""
        if self._running is not None:
            return self._running
        if self.when.live:
            return self._now()
        at = self.when.at
        return at if at is not None else self.span[1] if self.span else None

    @property
    def shown(self) -> float | None:
        """As :attr:`time`, but None while the last of everything is shown."""
        return self.time if self._running is not None or self.when.live else self.when.at

    @property
    def playing(self) -> bool:
        """Whether time is played."""
        return self._running is not None

    @property
    def stretch(self) -> Span | None:
        """First and last instant [s] that are played."""
        return self.when.within(self.span)

    @property
    def now(self) -> float:
        """The instant [s] that is now."""
        return self._now()

    # -- what is done with it

    def attach(self, store: Store | None) -> None:
        """Show the time of another project; None for none."""
        self.rest()
        self._stop()
        self._store, self._layers, self.span = store, {}, None
        self._stop = store.listen(self._follow) if store is not None else lambda: None
        self._keep_time()
        self.changed.emit()
        self.ticked.emit(self.shown)

    def set_layers(self, layers: Mapping[str, Layer]) -> None:
        """Take the layers there are; those that are shown say what stretch of time there is."""
        self._layers = layers
        self._measure()

    def play(self) -> None:
        """Play from the time shown, from the beginning where that is the end."""
        stretch = self.stretch
        if self._store is None or stretch is None:
            return
        t = self.time
        if t is None or self.when.live or not stretch[0] <= t < stretch[1]:
            t = stretch[0]
        if self.when.live:
            self._put(at=t, live=False)
        self._running, self._last = t, time.perf_counter()
        self._keep_time()
        self.changed.emit()
        self.ticked.emit(t)

    def rest(self) -> None:
        """Stop playing; the time shown stays."""
        if self._running is not None:
            t, self._running = self._running, None
            self._put(at=t, live=False)
            self._keep_time()
            self.changed.emit()

    def toggle(self) -> None:
        """Play, or stop playing."""
        if self.playing:
            self.rest()
        else:
            self.play()

    def go(self, t: float) -> None:
        """Show an instant [s]; playing goes on from there."""
        if self._running is not None:
            self._running, self._last = t, time.perf_counter()
            self.ticked.emit(t)
        else:
            self._put(at=t, live=False)

    def step(self, count: int, step: float | None = None) -> None:
        """Go some steps on, or back below 0; of another length than the chosen one where ``step`` [s] says so."""
        self.rest()
        t = self.time
        if t is None:
            t = self._now()
        t = whens.stepped(t, step or self.when.step, count)
        stretch = self.stretch
        if stretch is not None:
            t = min(max(t, stretch[0]), stretch[1])
        self.go(t)

    def to_end(self, last: bool) -> None:
        """Go to the end of the stretch, or to its beginning."""
        self.rest()
        if self.stretch is not None:
            self.go(self.stretch[1 if last else 0])

    def set_live(self, live: bool) -> None:
        """Show what is measured now, or stay at the time that is shown."""
        t = self.time
        self.rest()
        self._put(at=None if live else t, live=live)

    def set_stretch(self, low: float | None, high: float | None) -> None:
        """Play another stretch; None for all there is on that side."""
        self._put(low=low, high=high)

    def set_pace(self, *, step: float | None = None, speed: float | None = None, loop: bool | None = None) -> None:
        """Choose another step [s], speed [s per second], or whether it begins again at the end."""
        now = self.when
        self._put(
            step=now.step if step is None else step, speed=now.speed if speed is None else speed,
            loop=now.loop if loop is None else loop,
        )  # fmt: skip

    # -- inside

    def _put(self, **parts: object) -> None:
        if self._store is not None:
            new = replace(self._store.state.time, **parts)  # type: ignore[arg-type]  # fields of When
            if new != self._store.state.time:
                self._store.change(N_("Choose time"), undoable=False, time=new)

    def _follow(self, old: State, new: State) -> None:
        if old.layers is not new.layers:
            self._measure()
        if old.time is new.time:
            return
        self._keep_time()
        self.changed.emit()
        if self._running is None and (old.time.at, old.time.live) != (new.time.at, new.time.live):
            self.ticked.emit(self.shown)

    def _measure(self) -> None:
        shown = self._store.state.layers if self._store is not None else ()
        found = [self._layers[row.id] for row in shown if row.visible and row.id in self._layers]
        span = whens.span_of(found)
        if span != self.span:
            self.span = span
            self.changed.emit()

    def _keep_time(self) -> None:
        """Let the timer run as often as is needed."""
        if self._running is not None:
            self._timer.start(_FRAME)
        elif self.when.live:
            self._timer.start(_LIVE)
        else:
            self._timer.stop()

    def _tick(self) -> None:
        if self._running is None:
            self.ticked.emit(self.shown)
            return
        stretch = self.stretch
        if stretch is None:  # the layer that was played is gone
            self.rest()
            return
        clock = time.perf_counter()
        self._running, over = whens.played(self._running, clock - self._last, self.when, stretch)
        self._last = clock
        self.ticked.emit(self._running)
        if over:
            self.rest()
