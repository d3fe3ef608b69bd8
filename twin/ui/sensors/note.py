"""What the window says of sensors in words: the line in the status bar, names of streams, spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel

from twin import localtime
from twin.sensors.quantity import title_of
from twin.sensors.states import age_text, ages
from twin.text import tr
from twin.ui.widgets import STEP, restyle

if TYPE_CHECKING:
    from twin.sensors.glance import Read
    from twin.ui.sensors.sensing import Sensing


class Note(QLabel):
    """How the connections stand; it stands in the status bar always while feeds are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sensor_note")
        self.setProperty("role", "small")
        self.setContentsMargins(0, 0, 2 * STEP, 0)
        self.hide()

    def show_state(self, sensing: Sensing, live: bool) -> None:
        """Say how feeds, the newest value and thresholds stand; hidden where there is nothing to say."""
        parts, bad = _feeds(sensing, live)
        if sensing.frame is not None and live and not sensing.synthetic and sensing.read.streams:
            age = ages(sensing.frame)
            if np.isfinite(age).any():
                newest = age_text(float(np.nanmin(age)), sensing.lang)
                parts.append(tr("newest value {age} old", sensing.lang, age=newest))
        if sensing.alarms:
            parts.append(tr("{n} thresholds crossed", sensing.lang, n=len(sensing.alarms)))
            bad = True
        self.setText(" · ".join(parts))
        restyle(self, role="problem" if bad else "small")
        self.setVisible(bool(parts))


def _feeds(sensing: Sensing, live: bool) -> tuple[list[str], bool]:
    lang = sensing.lang
    on = [one for one in sensing.feeds if one.on]
    if on and not sensing.writable:
        return [tr("Feeds are not followed: the project is open for reading only", lang)], True
    if on:
        found = sensing.statuses
        linked = sum(status.link == "connected" for status in found.values())
        parts = [tr("Feeds: {n} of {all} connected", lang, n=linked, all=len(on))]
        lost = sum(status.lost for status in found.values())
        if lost:
            parts.append(tr("{n} lost", lang, n=lost))
        return parts, linked < len(on)
    return ([tr("Live: a synthetic week played as now", lang)] if sensing.synthetic and live else []), False


def span_text(read: Read, lang: str) -> str:
    """Say which span a history covers."""
    if read.span is None:
        return tr("No observations yet", lang)
    first, last = (localtime.said(localtime.instant(t), lang, weekday=False) for t in read.span)
    return f"{first} – {last}"


def stream_name(read: Read, sid: int, lang: str) -> str:
    """Name a stream for people: its place and quantity."""
    one = read.streams[sid]
    return f"{one.name or one.sensor or one.id}, {tr(title_of(one.quantity), lang)}"
