"""``twin sensors add`` and ``twin sensors ingest``."""

from __future__ import annotations

import argparse
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from twin.commands.console import pair
from twin.errors import BadInput, ProjectLocked, UsageError
from twin.sensors.settings import FORMATS
from twin.text import tr, trn

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser
    from twin.sensors.feeds.feed import Feed
    from twin.sensors.recorder import Recorder, Sink
    from twin.sensors.settings import FeedSettings
    from twin.sensors.stream import Stream

_ABSORB_S = 60.0
_OVER_HTTP = {"ngsi-ld": "ngsi-ld", "sensor-community": "http", "datex2": "http"}


def _source(parser: Parser, lang: str) -> None:
    parser.add_argument("--url", default="", help=tr("address: mqtt://HOST:PORT, mqtts://…, https://…, a folder", lang))
    parser.add_argument(
        "--topic", action="append", default=[], metavar="T", help=tr("MQTT topic; may be repeated", lang)
    )
    parser.add_argument("--format", default="json", choices=FORMATS,
                        help=tr("format of the messages", lang))  # fmt: skip
    parser.add_argument(
        "--kind", default="", metavar="KIND", help=tr("kind of feed; by default the address tells", lang)
    )
    parser.add_argument(
        "--object", default="", metavar="TYPE", help=tr("type of the entities or objects asked for", lang)
    )
    parser.add_argument(
        "--sites",
        default="",
        metavar="URL",
        help=tr("table of sites of a DATEX II publication, an address or file", lang),
    )
    parser.add_argument("--map", action="append", default=[], type=pair, metavar="FIELD=PATH",
                        help=tr("where a field lies in the message, or the column of a file", lang))  # fmt: skip
    parser.add_argument("--codec", default="", help=tr("reads raw LoRaWAN payloads: elsys", lang))
    parser.add_argument(
        "--zone", default="", help=tr("time zone of times that state none: Europe/Stockholm, UTC+1", lang)
    )
    parser.add_argument("--user", default="", help=tr("user name at the broker", lang))
    parser.add_argument(
        "--credential", default="", metavar="NAME", help=tr("name of the password or key in the keyring", lang)
    )
    parser.add_argument(
        "--ca", default="", metavar="FILE", help=tr("certificate of the authority that signed the server's", lang)
    )
    parser.add_argument(
        "--every", type=float, default=60.0, metavar="S", help=tr("seconds between two questions", lang)
    )
    parser.add_argument("--name", default="", help=tr("name of the feed", lang))
    parser.add_argument("--owner", default="", help=tr("who owns the data", lang))
    parser.add_argument("--licence", default="", help=tr("under which licence", lang))
    parser.add_argument("--class", dest="classification", default="open", choices=("open", "internal", "restricted"),
                        help=tr("information class", lang))  # fmt: skip
    parser.add_argument(
        "--maturity", default="test", choices=("test", "pilot", "established"), help=tr("maturity of the sensors", lang)
    )
    parser.add_argument(
        "--period", type=float, default=0.0, metavar="S", help=tr("expected seconds between two values", lang)
    )
    parser.add_argument(
        "--retention", type=float, default=0.0, metavar="DAYS", help=tr("days to keep observations; 0 = always", lang)
    )
    parser.add_argument("--known-only", action="store_true", help=tr("keep readings of unknown sensors aside", lang))
    parser.add_argument("--at", action="append", default=[], type=_place, metavar="SENSOR=LON,LAT",
                        help=tr("where a sensor stands, in degrees", lang))  # fmt: skip


def add_add(parser: Parser, lang: str) -> None:
    """Describe the arguments of ``add``."""
    _source(parser, lang)
    parser.add_argument(
        "--remove", default="", metavar="NAME", help=tr("take a feed out again; its history stays", lang)
    )
    parser.add_argument(
        "--test", type=float, default=0.0, metavar="S", help=tr("connect for so many seconds first", lang)
    )


def add_ingest(parser: Parser, lang: str) -> None:
    """Describe the arguments of ``ingest``."""
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help=tr("CSV or Parquet files; else a feed", lang)
    )
    _source(parser, lang)
    parser.add_argument("--feed", default="", metavar="NAME", help=tr("a feed of the project; all by default", lang))
    parser.add_argument(
        "--seconds", type=float, default=0.0, metavar="N", help=tr("how long; until stopped by default", lang)
    )
    parser.add_argument("--sensor", default="", help=tr("name of the sensor of a file", lang))
    parser.add_argument(
        "--unit", action="append", default=[], type=pair, metavar="QUANTITY=UNIT", help=tr("unit of a column", lang)
    )
    parser.add_argument(
        "--passages",
        type=float,
        default=0.0,
        metavar="S",
        help=tr("each row is a vehicle: count in steps of so many seconds", lang),
    )
    parser.add_argument(
        "--store", default="", metavar="DSN", help=tr("record into PostgreSQL instead of the project's folder", lang)
    )


def run_add(args: Namespace, console: Console) -> int:
    """Add or remove a feed, or show those there are."""
    from twin.sensors.settings import feed_of, load_feeds, save_feeds

    folder = history_folder(args.project, write=True)
    feeds = load_feeds(folder)
    lang = console.lang
    if args.remove:
        rest = [one for one in feeds if one.id != args.remove]
        if len(rest) == len(feeds):
            raise BadInput("The project has no feed called {name}.", name=args.remove)
        save_feeds(folder, rest)
        feeds = rest
    elif args.url or args.kind:
        settings = _settings(args)
        feed = feed_of(settings)
        if args.test > 0:
            _test(feed, args.test, console)
        feeds = [*(one for one in feeds if one.id != settings.id), settings]
        save_feeds(folder, feeds)
    shown = [msgspec.to_builtins(one) for one in feeds]
    lines = [f"{one.id}  {one.kind}  {one.url} {' '.join(one.topics)}  {one.owner}  {one.licence}" for one in feeds]
    console.result({"feeds": shown}, "\n".join(lines) or tr("The project has no feeds.", lang))
    return 0


def run_ingest(args: Namespace, console: Console) -> int:
    """Record until the time is over, then say what became of everything."""
    from twin.sensors.recorder import Recorder

    folder = history_folder(args.project, write=True)
    sink = _sink(args, folder)
    recorder = Recorder(sink, failed=lambda error: console.say(f"twin: {error}"))
    began = time.monotonic()
    _begin(args, folder, recorder, console)
    linked: dict[str, bool] = {}
    if recorder.pairs and not args.files:
        _follow(recorder, args.seconds, folder if not args.store else None, linked, console)
    recorder.stop()
    if not args.store:
        absorb(folder, finish=True)
    tally = recorder.tally
    lang = console.lang
    reasons = {tr(text, "en"): n for text, n in recorder.reasons.items()}
    samples = [
        {"reason": str(one.reason), "topic": one.topic, "sample": one.sample}
        for _, intake in recorder.pairs
        for one in intake.counts.samples
    ][-10:]
    errors = [feed.status.error for feed, _ in recorder.pairs if feed.status.error and not linked.get(feed.where())]
    result = {
        "received": tally.received,
        "stored": tally.stored,
        "refused": tally.refused,
        "lost": tally.lost,
        "latest": _rfc(tally.latest_ms),
        "repeated": tally.repeated,
        "parked": tally.parked,
        "seconds": round(time.monotonic() - began, 1),
        "reasons": reasons,
        "samples": samples,
        "errors": errors,
    }
    text = "  ".join(
        [
            trn("{n} received", "{n} received", tally.received, lang),
            trn("{n} stored", "{n} stored", tally.stored, lang),
            trn("{n} refused", "{n} refused", tally.refused, lang),
            trn("{n} lost", "{n} lost", tally.lost, lang),
            _rfc(tally.latest_ms) or "–",
        ]
    )
    for one in samples[-3:]:
        console.say(f"twin: {one['reason']}  {one['sample']}")
    console.result(result, text)
    if errors:
        raise BadInput("{where}: {reason}", where=recorder.pairs[0][0].where(), reason=errors[0])
    return 0


def history_folder(text: str, write: bool = False) -> Path:
    """Return the ``history`` folder of a project.

    Raises
    ------
    BadInput
        When there is no project, or it is the shipped demo and would be written.
    """
    from twin.content import demo_project
    from twin.disk.record import read_record
    from twin.project import RECORD, resolve_path

    path = resolve_path(text)
    read_record(path / RECORD)
    if write and path == demo_project():
        raise BadInput("The shipped demo is not written to; save it under another name first.")
    return path / "history"


def absorb(folder: Path, finish: bool = False) -> bool:
    """Take the inbox into the store if nobody holds it; say whether it could be done."""
    from twin.sensors.embedded import EmbeddedHistory

    try:
        store = EmbeddedHistory(folder)
    except ProjectLocked:
        return False  # a window holds it and takes the inbox itself
    with store:
        store.take_inbox()
        if finish:
            store.settle()
    return True


def _begin(args: Namespace, folder: Path, recorder: Recorder, console: Console) -> None:
    """Start what is to be recorded: files, the feed named by options, or feeds of the project."""
    from twin.sensors.intake import Intake
    from twin.sensors.recorder import newest_of
    from twin.sensors.settings import feed_of, load_feeds

    sink = recorder.sink
    if args.files:
        _files(args, recorder, console)
        return
    if args.url or args.kind:
        chosen = [_settings(args)]
    else:
        chosen = [one for one in load_feeds(folder) if (one.on and not args.feed) or one.id == args.feed]
    if not chosen:
        raise UsageError("Nothing to record: name files, an address (--url), or a feed of the project (--feed).")
    for one in chosen:
        since = newest_of(sink, one.id) if not hasattr(sink, "folder") else 0  # type: ignore[arg-type]
        feed = feed_of(one, since)
        intake = Intake(feed.decode, sink.add_streams, sink.streams(), one.facts(), one.unknown, dict(one.places))
        recorder.add(feed, intake)
    recorder.start()


def _follow(recorder: Recorder, seconds: float, folder: Path | None, linked: dict[str, bool], console: Console) -> None:
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    until = time.monotonic() + seconds if seconds > 0 else float("inf")
    took, said = time.monotonic(), ""
    try:
        while time.monotonic() < until and not stop.wait(min(0.1, max(until - time.monotonic(), 0.0))):
            for feed, _ in recorder.pairs:
                status = feed.status
                linked[feed.where()] = linked.get(feed.where(), False) or status.link == "connected"
                if status.error and status.error != said:
                    said = status.error
                    console.say(f"twin: {feed.where()}: {status.error}")
            if all(feed.finished for feed, _ in recorder.pairs):
                break
            if folder is not None and time.monotonic() - took > _ABSORB_S:
                took = time.monotonic()
                absorb(folder)
    except KeyboardInterrupt:
        pass


def _files(args: Namespace, recorder: Recorder, console: Console) -> None:
    from twin.sensors.feeds.files import Layout, read_file
    from twin.sensors.guard import now_ms, zone_of
    from twin.sensors.intake import Intake
    from twin.sensors.reading import Reading

    settings = _settings(args, "folder")
    zone = zone_of(args.zone) if args.zone else None
    layout = Layout(args.sensor, zone, dict(args.map), dict(args.unit), args.passages)
    intake = Intake(lambda payload, topic: [], recorder.sink.add_streams, recorder.sink.streams(), settings.facts(),
                    settings.unknown, dict(settings.places))  # fmt: skip
    feed = _Nothing(args.files)
    recorder.pairs.append((feed, intake))
    for path in args.files:
        waiting: list[Reading] = []
        now = now_ms()
        for one in read_file(path, layout):
            if isinstance(one, Reading):
                waiting.append(one)
            else:
                intake.counts.received += 1
                intake.refuse(one, now, path.name, "")
            if len(waiting) >= 100_000:
                recorder.store(intake.take_readings(waiting, now))
                waiting.clear()
        # By time, so that the rules of spikes and stuck values see them as they happened.
        waiting.sort(key=lambda reading: reading.time)
        recorder.store(intake.take_readings(waiting, now))


def _Nothing(files: list[Path]) -> Feed:
    """Return a feed that stands for files read at once."""
    from twin.sensors.feeds.files import FolderFeed

    return FolderFeed(files[0].parent)


def _settings(args: Namespace, kind: str = "") -> FeedSettings:
    from twin.sensors.settings import FeedSettings, check

    url = args.url
    guess = "mqtt" if not url or url.split(":")[0] in ("mqtt", "mqtts", "tcp", "ssl") else ""
    if not guess:
        guess = "folder" if "://" not in url else _OVER_HTTP.get(args.format, "sensorthings")
    kind = kind or args.kind or guess
    name = args.name or (args.files[0].name if getattr(args, "files", None) else url.split("://")[-1] or kind)
    name = "".join(c if c.isalnum() or c in " .-_" else "-" for c in name)[:60]
    settings = FeedSettings(
        id=name, kind=kind, url=url or ("." if kind == "folder" else ""), topics=tuple(args.topic), format=args.format,
        mapping=dict(args.map), codec=args.codec, zone=args.zone, user=args.user, credential=args.credential,
        ca=args.ca, every_s=args.every, object=args.object, sites=args.sites, owner=args.owner, licence=args.licence,
        classification=args.classification, maturity=args.maturity, period_s=args.period,
        retention_days=args.retention, unknown="park" if args.known_only else "take", places=dict(args.at),
    )  # fmt: skip
    check(settings)
    return settings


def _sink(args: Namespace, folder: Path) -> Sink:
    if args.store:
        from twin.sensors.postgres import PostgresHistory

        return PostgresHistory(args.store)
    from twin.sensors.recorder import InboxSink

    folder.mkdir(exist_ok=True)
    absorb(folder)
    return InboxSink(folder)


def _test(feed: Feed, seconds: float, console: Console) -> None:
    """Connect for a while and say what came; a feed that does not connect is refused."""
    feed.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until and feed.status.link != "failed":
        time.sleep(0.05)
    status = feed.status
    feed.stop()
    if status.link == "failed" or (status.link == "connecting" and not status.received):
        raise BadInput("{where}: {reason}", where=feed.where(), reason=status.error or "no answer")
    console.say(f"twin: {feed.where()}: {status.received} messages in {seconds:g} s")


def _place(text: str) -> tuple[str, tuple[float, float]]:
    name, _, spot = text.partition("=")
    try:
        lon, lat = (float(part) for part in spot.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"«{text}»: SENSOR=LON,LAT") from None
    if not name or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise argparse.ArgumentTypeError(f"«{text}»: SENSOR=LON,LAT")
    return name, (lon, lat)


def _rfc(ms: int) -> str | None:
    from twin.sensors.guard import said

    return said(ms) if ms else None


def streams_wanted(streams: tuple[Stream, ...], args: Any) -> list[Stream]:
    """Return the streams that options name (``--stream``, ``--quantity``, ``--source``), all by default."""
    found = [
        one
        for one in streams
        if (not args.stream or one.id in args.stream or one.sensor in args.stream)
        and (not args.quantity or one.quantity in args.quantity)
    ]
    if not found:
        raise BadInput("No stream of the history fits what was asked for; it has {n}.", n=len(streams))
    return found
