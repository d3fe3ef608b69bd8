"""``twin sensors replay``: the history as it came in, to a broker or as lines of plain JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from twin.commands.sensors_ingest import history_folder, streams_wanted
from twin.errors import BadInput
from twin.text import tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser
    from twin.sensors.embedded import EmbeddedHistory


def span_arguments(parser: Parser, lang: str) -> None:
    """Describe the arguments that name a part of the history."""
    parser.add_argument(
        "--from", dest="start", default="", metavar="TIME", help=tr("first time; the history's by default", lang)
    )
    parser.add_argument(
        "--to", dest="end", default="", metavar="TIME", help=tr("last time; the history's by default", lang)
    )
    parser.add_argument(
        "--stream", action="append", default=[], metavar="ID", help=tr("a stream or sensor; may be repeated", lang)
    )
    parser.add_argument(
        "--quantity", action="append", default=[], metavar="Q", help=tr("a quantity; may be repeated", lang)
    )
    parser.add_argument(
        "--zone", default="UTC", help=tr("time zone of times that state none: Europe/Stockholm, UTC+1", lang)
    )


def add(parser: Parser, lang: str) -> None:
    """Describe the arguments."""
    span_arguments(parser, lang)
    parser.add_argument(
        "--speed",
        type=float,
        default=0.0,
        metavar="X",
        help=tr("times as fast as it was; 0 = as fast as it goes", lang),
    )
    parser.add_argument("--now", action="store_true", help=tr("as though it happened now: times are moved", lang))
    parser.add_argument("--url", default="", help=tr("broker to publish to; lines on the terminal by default", lang))
    parser.add_argument(
        "--topic",
        action="append",
        default=[],
        metavar="T",
        help=tr(
            "topic to publish to; {sensor} and {quantity} are filled in", lang, sensor="{sensor}", quantity="{quantity}"
        ),
    )


def run(args: Namespace, console: Console) -> int:
    """Play the history; Ctrl+C ends it."""
    from twin.sensors.embedded import EmbeddedHistory
    from twin.sensors.guard import now_ms, said

    folder = history_folder(args.project)
    with EmbeddedHistory(folder, read_only=True) as store:
        warn_of_today(store, console)
        start, end = span_of(store, args)
        wanted = {one.sid: one for one in streams_wanted(store.streams(), args)}
        rows = store.rows(start, end)
    publish = _broker(args.url, args.topic[0] if args.topic else "twin/{sensor}/{quantity}") if args.url else _line
    times = rows.time.astype("int64").tolist()
    shift = now_ms() - times[0] if args.now and times else 0
    began, n = time.monotonic(), 0
    try:
        for sid, at, value, quality in zip(
            rows.sid.tolist(), times, rows.value.tolist(), rows.quality.tolist(), strict=True
        ):
            one = wanted.get(sid)
            if one is None:
                continue
            if args.speed > 0:
                due = began + (at - times[0]) / 1000.0 / args.speed
                time.sleep(max(due - time.monotonic(), 0.0))
            moved = shift if args.speed in (0.0, 1.0) else round(now_ms() - at) if args.now else 0
            message = {"sensor": one.sensor or one.id.rsplit(":", 1)[0], "quantity": one.quantity,
                       "value": round(value, 6), "time": said(at + moved), "unit": one.unit}  # fmt: skip
            if one.lon == one.lon:
                message |= {"lon": one.lon, "lat": one.lat}
            if quality:
                message["quality"] = quality
            publish(message)
            n += 1
    except KeyboardInterrupt:
        pass
    close = getattr(publish, "close", None)
    if close is not None:
        close()
        console.result({"published": n, "seconds": round(time.monotonic() - began, 2)}, f"{n}")
    return 0


def warn_of_today(store: EmbeddedHistory, console: Console) -> None:
    """Say when another process records just now, so that today's values cannot be seen."""
    if store.partial:
        console.say(
            "twin: " + tr("Another process records here; what is not yet in a day file is left out.", console.lang)
        )


def span_of(store: object, args: Namespace):  # type: ignore[no-untyped-def]
    """Return the span that options name, else all there is."""
    import numpy as np

    from twin.sensors.guard import time_of, zone_of

    span = store.span()  # type: ignore[attr-defined]
    if span is None:
        raise BadInput("The history is empty.")
    zone = zone_of(args.zone)
    start = np.datetime64(time_of(args.start, zone, "--from"), "ms") if args.start else span[0]
    end = np.datetime64(time_of(args.end, zone, "--to"), "ms") if args.end else span[1]
    if end < start:
        raise BadInput("--to lies before --from.")
    return start, end


def _line(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")


class _broker:
    """Publishes messages with QoS 1, at most so many unconfirmed at a time."""

    def __init__(self, url: str, topic: str) -> None:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        from twin.sensors.feeds.mqtt import address

        host, port, tls, _ = address(url)
        self._topic = topic
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        if tls:
            self._client.tls_set()
        try:
            self._client.connect(host, port)
        except OSError as error:
            raise BadInput("{where}: {reason}", where=f"{host}:{port}", reason=error.strerror or str(error)) from error
        self._client.loop_start()
        self._sent: list[object] = []

    def __call__(self, message: dict[str, object]) -> None:
        topic = self._topic.replace(
            "{sensor}", str(message["sensor"]).replace("/", "-").replace("+", "-").replace("#", "-")
        )
        topic = topic.replace("{quantity}", str(message["quantity"]))
        info = self._client.publish(topic, json.dumps(message), qos=1)
        self._sent.append(info)
        if len(self._sent) >= 500:
            for one in self._sent[:250]:
                one.wait_for_publish(10)  # type: ignore[attr-defined]
            del self._sent[:250]

    def close(self) -> None:
        for one in self._sent:
            one.wait_for_publish(10)  # type: ignore[attr-defined]
        self._client.disconnect()
        self._client.loop_stop()
