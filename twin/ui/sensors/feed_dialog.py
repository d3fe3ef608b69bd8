"""A feed: where from, in which format, whose; tested before it is kept, with a sample to map its fields by."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from twin.errors import TwinError
from twin.sensors.decode.plain import FIELDS
from twin.sensors.feeds.smhi import DEFAULT_URL as SMHI
from twin.sensors.feeds.trafikverket import DEFAULT_URL as TRAFIKVERKET
from twin.sensors.reading import Reading
from twin.sensors.secret import keep_secret
from twin.sensors.settings import FORMATS, FeedSettings, check, feed_of
from twin.text import N_, error_text, tr
from twin.ui.widgets import STEP, NumberBox, button, label, restyle, row, see_through

if TYPE_CHECKING:
    from twin.sensors.feeds.feed import Feed

_KINDS = {
    "mqtt": N_("MQTT broker"), "sensorthings": "OGC SensorThings", "ngsi-ld": N_("NGSI-LD context broker"),
    "trafikverket": "Trafikverket", "smhi": N_("SMHI weather stations"), "folder": N_("Folder of files"),
    "http": N_("Web address"),
}  # fmt: skip
_FORMATS = {
    "json": N_("Plain JSON"), "sensorthings": "SensorThings", "chirpstack": "ChirpStack v4",
    "ttn": "The Things Stack v3", "ngsi-ld": "NGSI-LD", "sensor-community": "Sensor.Community", "datex2": "DATEX II",
}  # fmt: skip
_CLASSES = {"open": N_("open"), "internal": N_("internal"), "restricted": N_("restricted")}
_MATURITIES = {"test": N_("test"), "pilot": N_("pilot"), "established": N_("established")}
_TOPICS, _STATIONS = N_("Topics"), N_("Numbers of stations, empty = all")
_TYPE, _PARAMETERS = N_("Type"), N_("Numbers of parameters")
_ADDRESSES = {"mqtt": "mqtts://host:8883", "folder": "/data/measured", "trafikverket": TRAFIKVERKET, "smhi": SMHI}
_TEST_S = 8.0


class FeedDialog(QDialog):
    """Add or change a feed."""

    def __init__(self, parent: QWidget, lang: str, old: FeedSettings | None, taken: list[str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._lang, self._taken = lang, taken
        self._old = old or FeedSettings(id="")
        self._feed: Feed | None = None
        self._left = 0.0
        self.settings: FeedSettings | None = None
        self.setWindowTitle(tr("Change feed", lang) if old else tr("Add feed", lang))
        self._form = QFormLayout()
        self._form.setSpacing(2 * STEP)
        self._make_fields()
        self.sample = QPlainTextEdit()
        self.sample.setReadOnly(True)
        self.sample.setFixedHeight(96)
        self.sample.setPlaceholderText(tr("A message received by the test stands here; map its fields by it.", lang))
        self.sample.setAccessibleName(tr("Sample message", lang))
        self.problem = label("", "small")
        self.test = button(tr("Test connection", lang))
        self.test.clicked.connect(lambda _checked=False: self._test())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        ok, cancel = (
            buttons.button(b) for b in (QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel)
        )
        ok.setText(tr("Keep and follow", lang))
        cancel.setText(tr("Cancel", lang))
        buttons.accepted.connect(self._keep)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * STEP, 5 * STEP, 6 * STEP, 4 * STEP)
        column.setSpacing(3 * STEP)
        page = QWidget()
        page.setLayout(self._form)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        area.setAccessibleName(self.windowTitle())
        see_through(area)
        column.addWidget(area, 1)
        column.addLayout(row(self.test, self.problem))
        column.addWidget(self.sample)
        column.addWidget(buttons)
        self._area = area
        self.resize(560, 640)
        self._timer = QTimer(self)
        self._timer.setInterval(200)
        self._timer.timeout.connect(self._look)
        self.finished.connect(lambda _code: self._end_test())
        self._fit()

    def _make_fields(self) -> None:
        old, lang = self._old, self._lang
        self.name = self._line(N_("Name"), old.id, N_("Hornsgatan air"))
        self.kind = self._choice(N_("Kind"), _KINDS, old.kind)
        self.url = self._line(N_("Address"), old.url, "mqtts://host:8883")
        self.topic = self._line(_TOPICS, " ".join(old.topics), "city/+/no2")
        self.format = self._choice(N_("Format"), {k: _FORMATS[k] for k in FORMATS}, old.format)
        self.mapping = self._line(
            N_("Fields"),
            " ".join(f"{k}={v}" for k, v in old.mapping.items()),
            "sensor=dev.id value=v.0 unit==ug/m3",
        )
        self.mapping.setToolTip(
            tr(
                "Where each field lies: {fields}. Names joined by dots, =TEXT a constant, topic:2 a part of the topic",
                lang,
                fields=", ".join(FIELDS),
            )
        )
        self.codec = self._choice(N_("Payload codec"), {"": N_("none"), "elsys": "Elsys"}, old.codec)
        self.object = self._line(_TYPE, old.object, "AirQualityObserved")
        self.sites = self._line(N_("Table of sites"), old.sites, "https://host/sites.xml")
        self.sites.setToolTip(tr("Address or file that tells where the sites of a DATEX II publication stand", lang))
        self.zone = self._line(N_("Time zone"), old.zone, "Europe/Stockholm")
        self.zone.setToolTip(tr("Of times that state none; without it they are refused", lang))
        self.user = self._line(N_("User"), old.user, "")
        self.credential = self._line(N_("Key in the keyring"), old.credential, N_("name of the password or key"))
        self.password = self._line(N_("New password or key"), "", N_("goes to the keyring, never into the project"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.ca = self._line(N_("Authority's certificate"), old.ca, "ca.pem")
        self.every = self._number(N_("Ask every [s]"), old.every_s, 1, 86_400)
        self.period = self._number(N_("Expected interval [s]"), old.period_s, 0, 86_400 * 31)
        self.owner = self._line(N_("Owner"), old.owner, "")
        self.licence = self._line(N_("Licence"), old.licence, "CC0-1.0")
        self.classification = self._choice(N_("Information class"), _CLASSES, old.classification)
        self.maturity = self._choice(N_("Maturity"), _MATURITIES, old.maturity)
        self.unknown = self._choice(
            N_("Unknown sensors"), {"park": N_("wait until I accept them"), "take": N_("are recorded at once")},
            old.unknown if self._old.id else "park",
        )  # fmt: skip
        self.retention = self._number(N_("Keep for [days], 0 = always"), old.retention_days, 0, 36_500)
        self.kind.currentIndexChanged.connect(lambda _i: self._fit())
        self.format.currentIndexChanged.connect(lambda _i: self._fit())

    def _line(self, title: str, text: str, hint: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setPlaceholderText(tr(hint, self._lang))
        field.setAccessibleName(tr(title, self._lang))
        self._form.addRow(tr(title, self._lang), field)
        return field

    def _choice(self, title: str, choices: dict[str, str], now: str) -> QComboBox:
        field = QComboBox()
        for key, text in choices.items():
            field.addItem(tr(text, self._lang), key)
        field.setCurrentIndex(max(field.findData(now), 0))
        field.setAccessibleName(tr(title, self._lang))
        self._form.addRow(tr(title, self._lang), field)
        return field

    def _number(self, title: str, now: float, low: float, high: float) -> QDoubleSpinBox:
        field = NumberBox()
        field.setRange(low, high)
        field.setDecimals(0)
        field.setValue(now)
        field.setAccessibleName(tr(title, self._lang))
        self._form.addRow(tr(title, self._lang), field)
        return field

    def _fit(self) -> None:
        """Show only the fields that this kind of feed has."""
        kind, form = str(self.kind.currentData()), str(self.format.currentData())
        web = kind in ("sensorthings", "ngsi-ld", "trafikverket", "smhi", "http")
        hints = {"mqtt": "city/+/no2", "smhi": "98230"}, {"ngsi-ld": "AirQualityObserved", "smhi": "1, 3, 4, 6"}
        for line, texts in zip((self.topic, self.object), hints, strict=True):
            line.setPlaceholderText(texts.get(kind, ""))
        for line, title in ((self.topic, _STATIONS if kind == "smhi" else _TOPICS),
                             (self.object, _PARAMETERS if kind == "smhi" else _TYPE)):  # fmt: skip
            line.setAccessibleName(tr(title, self._lang))
            name = self._form.labelForField(line)
            if isinstance(name, QLabel):
                name.setText(line.accessibleName())
        shown = {
            self.topic: kind in ("mqtt", "smhi"), self.format: kind in ("mqtt", "http"),
            self.ca: kind == "mqtt", self.user: kind == "mqtt",
            self.mapping: kind == "folder" or (kind in ("mqtt", "http") and form == "json"),
            self.codec: kind == "mqtt" and form in ("chirpstack", "ttn"), self.every: web,
            self.object: kind in ("ngsi-ld", "trafikverket", "smhi"), self.sites: kind == "http" and form == "datex2",
            self.credential: kind not in ("folder", "smhi"), self.password: kind not in ("folder", "smhi"),
            self.zone: kind not in ("sensorthings", "trafikverket", "smhi"),
        }  # fmt: skip
        for field, there in shown.items():
            self._form.setRowVisible(field, there)
        page = self._area.widget()  # as wide as its labels and fields need: there is no bar to push them aside with
        if page is not None:
            self._area.setMinimumWidth(
                page.minimumSizeHint().width() + self._area.verticalScrollBar().sizeHint().width()
            )
        self.url.setPlaceholderText(_ADDRESSES.get(kind, "https://host/…"))

    def made(self) -> FeedSettings:
        """Return the settings as they stand in the form.

        Raises
        ------
        TwinError
            When something is wrong or lacking.
        """
        mapping = dict(re.findall(r"(\w+)=(\S+)", self.mapping.text()))
        settings = FeedSettings(
            id=self.name.text().strip(), kind=str(self.kind.currentData()), url=self.url.text().strip(),
            topics=tuple(self.topic.text().split()), format=str(self.format.currentData()), mapping=mapping,
            codec=str(self.codec.currentData()), zone=self.zone.text().strip(), user=self.user.text().strip(),
            credential=self.credential.text().strip(), ca=self.ca.text().strip(), every_s=self.every.value(),
            object=self.object.text().strip(), sites=self.sites.text().strip(), owner=self.owner.text().strip(),
            licence=self.licence.text().strip(),
            classification=str(self.classification.currentData()), maturity=str(self.maturity.currentData()),
            period_s=self.period.value(), retention_days=self.retention.value(),
            unknown=self.unknown.currentData(), on=self._old.on, places=self._old.places,
        )  # fmt: skip
        check(settings)
        if settings.id in self._taken:
            raise TwinError("There is a feed called {name} already.", name=settings.id)
        if self.password.text():
            if not settings.credential:
                raise TwinError("Give the key a name in the keyring.")
            keep_secret(settings.credential, self.password.text())
            self.password.clear()
        if settings.ca and not Path(settings.ca).is_file():
            raise TwinError("{path} is not there.", path=settings.ca)
        return settings

    # --- testing --------------------------------------------------------------------------------------------------

    def _test(self) -> None:
        self._end_test()
        try:
            self._feed = feed_of(self.made())
        except TwinError as error:
            self._tell(error_text(error, self._lang), bad=True)
            return
        self._left = _TEST_S
        self._feed.start()
        self._timer.start()
        self.test.setEnabled(False)
        self._tell(tr("Connecting to {where}", self._lang, where=self._feed.where()))

    def _look(self) -> None:
        feed = self._feed
        if feed is None:
            return
        self._left -= 0.2
        status = feed.status
        messages = feed.take(1)
        if status.error:
            self._tell(status.error, bad=True)
            self._end_test()
        elif messages:
            payload, topic, _ = messages[0]
            try:
                readings = feed.decode(payload, topic)
                one = readings[0]
                if not isinstance(one, Reading):
                    raise one
                text = tr("Understood: {sensor}, {quantity} = {value} {unit}", self._lang, sensor=one.sensor,
                          quantity=one.quantity, value=float(one.value), unit=one.unit)  # fmt: skip
                self._tell(text)
            except (TwinError, IndexError) as error:
                self._tell(error_text(error, self._lang), bad=True)
            self._show(payload, topic)
            self._end_test()
        elif self._left <= 0:
            connected = status.link == "connected"
            said = tr("Connected; nothing came in {n} seconds.", self._lang, n=int(_TEST_S))
            self._tell(
                said if connected else tr("No answer in {n} seconds.", self._lang, n=int(_TEST_S)), bad=not connected
            )
            self._end_test()

    def _show(self, payload: bytes, topic: str) -> None:
        text = payload[:4000].decode("utf-8", "replace")
        try:
            text = json.dumps(json.loads(payload), indent=1, ensure_ascii=False)[:4000]
        except ValueError:
            pass
        self.sample.setPlainText(f"{topic}\n{text}")

    def _end_test(self) -> None:
        self._timer.stop()
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.stop(2.0)
        self.test.setEnabled(True)

    def _keep(self) -> None:
        try:
            self.settings = self.made()
        except TwinError as error:
            self._tell(error_text(error, self._lang), bad=True)
            return
        self.accept()

    def _tell(self, text: str, bad: bool = False) -> None:
        self.problem.setText(text)
        restyle(self.problem, role="problem" if bad else "small")
