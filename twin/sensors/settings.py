"""What a project knows of its feeds (``history/feeds.json``), and making a feed of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from twin.disk import atomic
from twin.errors import BadInput
from twin.sensors.guard import zone_of
from twin.sensors.intake import Facts
from twin.sensors.secret import secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.sensors.feeds.feed import Feed
    from twin.sensors.reading import Decoder

FILE = "feeds.json"
FORMATS = ("json", "sensorthings", "chirpstack", "ttn", "ngsi-ld", "sensor-community", "datex2")
KINDS = ("mqtt", "sensorthings", "ngsi-ld", "trafikverket", "smhi", "folder", "http")
_KNOWN_ADDRESS = ("trafikverket", "smhi")
"""Kinds that know their server."""
MORE: dict[str, Callable[[FeedSettings, int], Feed]] = {}
"""Kinds of feed that drop-ins add: settings and the newest time known [ms] to a Feed."""


class FeedSettings(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A feed as a project keeps it; no secret stands here, only its name in the keyring (``credential``)."""

    id: str
    kind: str = "mqtt"
    url: str = ""
    topics: tuple[str, ...] = ()
    format: str = "json"
    mapping: dict[str, str] = {}  # msgspec copies it
    codec: str = ""
    zone: str = ""
    user: str = ""
    credential: str = ""
    ca: str = ""
    every_s: float = 60.0
    object: str = ""
    sites: str = ""
    owner: str = ""
    licence: str = ""
    classification: str = "open"
    maturity: str = "test"
    period_s: float = 0.0
    retention_days: float = 0.0
    unknown: Literal["take", "park"] = "take"
    on: bool = True
    places: dict[str, tuple[float, float]] = {}

    def facts(self) -> Facts:
        """Return what it says of new streams."""
        return Facts(
            self.id, self.owner, self.licence, self.classification, self.maturity, self.period_s, self.retention_days
        )


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: int = 1
    feeds: list[FeedSettings] = []


def load_feeds(folder: Path) -> list[FeedSettings]:
    """Read the feeds of a history; none where there is no file.

    Raises
    ------
    BadInput
        When the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).feeds
    except (msgspec.MsgspecError, OSError) as error:
        raise BadInput("{path}: cannot be read ({reason}).", path=FILE, reason=str(error)) from error


def save_feeds(folder: Path, feeds: list[FeedSettings]) -> None:
    """Write the feeds of a history in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    data = msgspec.json.format(msgspec.json.encode(_File(1, feeds)), indent=2)
    atomic.write(folder / FILE, data)


def decoder(settings: FeedSettings) -> Decoder:
    """Return the decoder of a feed's format.

    Raises
    ------
    BadInput
        When there is no such format, codec or zone.
    """
    from twin.sensors.decode import datex2, sensor_community
    from twin.sensors.decode.lorawan import ChirpStack, ThingsStack
    from twin.sensors.decode.ngsi_ld import NgsiLd
    from twin.sensors.decode.plain import PlainJson
    from twin.sensors.decode.sensorthings import SensorThingsMqtt

    zone = zone_of(settings.zone) if settings.zone else None
    makers: dict[str, Callable[[], Decoder]] = {
        "json": lambda: PlainJson(settings.mapping, zone),
        "sensorthings": SensorThingsMqtt,
        "chirpstack": lambda: ChirpStack(settings.codec),
        "ttn": lambda: ThingsStack(settings.codec),
        "ngsi-ld": lambda: NgsiLd(zone),
        "sensor-community": lambda: sensor_community.answer,
        "datex2": lambda: datex2.answer,
    }
    if settings.format not in makers:
        raise BadInput("{name} is no format; there are: {known}.", name=settings.format, known=", ".join(FORMATS))
    return makers[settings.format]()


def feed_of(settings: FeedSettings, since_ms: int = 0, client_id: str = "") -> Feed:
    """Make a feed.

    Parameters
    ----------
    settings : FeedSettings
    since_ms : int
        Newest time known of its streams [ms], to fill in from.
    client_id : str
        Stable name at a broker, so that it keeps what comes while we are away.

    Raises
    ------
    BadInput
        When something in its settings is wrong.
    """
    check(settings)
    if settings.kind in MORE:
        return MORE[settings.kind](settings, since_ms)
    from twin.sensors.feeds.files import FolderFeed, Layout
    from twin.sensors.feeds.http import PolledPage
    from twin.sensors.feeds.mqtt import MqttFeed
    from twin.sensors.feeds.ngsi_ld import NgsiLdFeed
    from twin.sensors.feeds.sensorthings import SensorThingsFeed
    from twin.sensors.feeds.trafikverket import DEFAULT_URL, TrafikverketFeed

    zone = zone_of(settings.zone) if settings.zone else None
    if settings.kind == "mqtt":
        return MqttFeed(
            settings.url, settings.topics, decoder(settings), user=settings.user, password=secret(settings.credential),
            ca=Path(settings.ca) if settings.ca else None, client_id=client_id,
        )  # fmt: skip
    if settings.kind == "folder":
        return FolderFeed(Path(settings.url), Layout(zone=zone, columns=settings.mapping))
    if settings.kind == "trafikverket":
        key = secret(settings.credential)
        return TrafikverketFeed(
            key, settings.object or "TrafficFlow", None, settings.every_s, settings.url or DEFAULT_URL
        )
    if settings.kind == "smhi":
        from twin.sensors.feeds.smhi import DEFAULT_URL as SMHI
        from twin.sensors.feeds.smhi import SmhiFeed

        return SmhiFeed(
            settings.topics, tuple(re.split(r"[\s,]+", settings.object.strip())) if settings.object.strip() else (),
            settings.every_s, since_ms, settings.url or SMHI,
        )  # fmt: skip
    headers = {"Authorization": f"Bearer {secret(settings.credential)}"} if settings.credential else None
    if settings.kind == "http" and settings.format == "datex2" and settings.sites:
        from twin.sensors.feeds.datex2 import Datex2Feed

        return Datex2Feed(settings.url, settings.sites, settings.every_s, headers)
    if settings.kind == "http":
        return PolledPage(settings.url, decoder(settings), settings.every_s, headers)
    if settings.kind == "sensorthings":
        return SensorThingsFeed(settings.url, settings.every_s, since_ms, headers)
    return NgsiLdFeed(settings.url, settings.object, settings.every_s, zone, headers, since_ms=since_ms)


def check(settings: FeedSettings) -> None:
    """Refuse settings that cannot work, each with what was expected."""
    if not re.fullmatch(r"[\w .-]{1,60}", settings.id):
        raise BadInput("A feed's name has 1 to {n} letters, digits, spaces, dots or dashes.", n=60)
    known = (*KINDS, *MORE)
    if settings.kind not in known:
        raise BadInput("{name} is no kind of feed; there are: {known}.", name=settings.kind, known=", ".join(known))
    if settings.classification not in ("open", "internal", "restricted"):
        raise BadInput("{name} is no information class; there are: {known}.", name=settings.classification,
                       known="open, internal, restricted")  # fmt: skip
    if settings.kind == "mqtt" and not settings.topics:
        raise BadInput("An MQTT feed needs a topic (--topic).")
    if settings.kind == "ngsi-ld" and not settings.object:
        raise BadInput("An NGSI-LD feed needs a type of entities (--object).")
    if settings.kind not in _KNOWN_ADDRESS and not settings.url:
        raise BadInput("A feed needs an address (--url).")
