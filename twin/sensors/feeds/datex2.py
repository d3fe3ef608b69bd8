"""DATEX II over HTTP: measured data asked again and again, joined to the table of sites, which is read once a day."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.sensors.decode import datex2
from twin.sensors.decode.datex2_sites import sites
from twin.sensors.feeds.http import PolledPage, Web
from twin.sensors.guard import MAX_ANSWER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.sensors.decode.datex2_sites import Site
    from twin.sensors.reading import Found

_DAY_S = 86_400.0


class Datex2Feed(PolledPage):
    """Follows a publication of measured data.

    Parameters
    ----------
    url : str
        Of the measured data.
    table : str
        Address or file of the table of sites.
    every_s : float
        Seconds between two questions.
    headers : mapping, optional
        An authorisation, from the keyring; sent to both where they lie at the same place.
    """

    def __init__(self, url: str, table: str, every_s: float = 60.0, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(url, self._decode, every_s, headers)
        self._table, self._read_at = table, 0.0
        self._sites: dict[str, Site] = {}
        if "://" in table:
            Web(table).close()

    def prepare(self) -> None:
        """Read the table of sites, once a day; where that fails later on, the one there is serves."""
        if self._sites and time.monotonic() - self._read_at < _DAY_S:
            return
        try:
            self._sites = sites(self._read_table())
        except (BadInput, OSError):
            if not self._sites:
                raise
        self._read_at = time.monotonic()

    def _read_table(self) -> bytes:
        if "://" in self._table:
            with Web(self._table, self._headers if _place(self._table) == _place(self._url) else None) as web:
                return web.get(self._table)
        path = Path(self._table)
        try:
            if path.stat().st_size > MAX_ANSWER:
                raise BadInput("{path} is larger than {n} bytes.", path=path.name, n=MAX_ANSWER)
            return path.read_bytes()
        except OSError as error:
            raise BadInput(
                "{path} cannot be read ({reason}).", path=path.name, reason=error.strerror or error
            ) from error

    def _decode(self, payload: bytes, topic: str) -> list[Found]:
        return datex2.answer(payload, topic, self._sites)


def _place(url: str) -> str:
    return url.split("/", 3)[2] if url.count("/") >= 2 else ""
