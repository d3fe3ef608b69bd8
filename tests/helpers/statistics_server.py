"""A statistical office on this machine: PxWebApi 2 and WFS 2.0 with the documented shapes, limits and refusals."""

from __future__ import annotations

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import Any
from urllib.parse import parse_qs, urlparse

YEARS = ("2022", "2023", "2024")
BIRTH = {"1": "Sverige", "2": "Europa utom Sverige", "3": "Övriga världen"}
SEX = {"1": "män", "2": "kvinnor"}
NAMES = {"Fodelseregion": "födelseregion", "Kon": "kön", "Region": "region", "Tid": "år"}


class Office(ThreadingHTTPServer):
    """Holds a table TAB6571 of areas × birth region × sex × year, and a layer stat:DeSO_2025."""

    def __init__(self, areas: dict[str, Any], cells: int = 150_000, calls: int = 30, per: float = 10.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.areas, self.cells, self.calls, self.per = areas, cells, calls, per
        self.asked: list[float] = []
        self.refused = 0
        self.paths: list[str] = []
        self.north_first = False
        self.sparse = False
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()

    def count(self, code: str, birth: str, sex: str, year: str) -> int | None:
        """Return the persons of a cell: made up, the same each time; two cells are blank."""
        number = sum(ord(c) for c in code)
        if (code, birth) == (sorted(self.areas)[1], "3"):
            return None
        return 100 * int(birth) + number % 89 + 7 * int(sex) + YEARS.index(year)


class _Handler(BaseHTTPRequestHandler):
    server: Office

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _answer(self, body: Any) -> None:
        office, url = self.server, urlparse(self.path)
        office.paths.append(self.path)
        now = time.monotonic()
        office.asked = [t for t in office.asked if t > now - office.per]
        if len(office.asked) >= office.calls:
            office.refused += 1
            self._send(429, {"type": "Too many requests", "title": "Too many requests", "status": 429}, "1")
            return
        office.asked.append(now)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/tables/TAB6571/metadata":
            self._send(200, self._cube({}, with_values=False))
        elif url.path == "/tables/TAB6571/data" and body is not None:
            self._data(body)
        elif url.path.startswith("/tables/"):
            self._send(404, {"type": "Non-existent table", "title": "Non-existent table", "status": 404})
        else:
            self._features(query)

    # --- PxWebApi ---------------------------------------------------------------------------------------------------

    def _values(self) -> dict[str, list[str]]:
        return {
            "Region": sorted(self.server.areas), "Fodelseregion": list(BIRTH), "Kon": list(SEX),
            "ContentsCode": ["000007Y4"], "Tid": list(YEARS),
        }  # fmt: skip

    def _data(self, body: Any) -> None:
        chosen = {}
        known = self._values()
        for one in body["selection"]:
            code, wanted = one["variableCode"], one["valueCodes"]
            if code not in known:
                self._send(400, {"title": "Non-existent variable", "status": 400})
                return
            patterns = [re.compile(re.escape(value).replace(r"\*", ".*") + r"\Z") for value in wanted]
            chosen[code] = [value for value in known[code] if any(p.match(value) for p in patterns)]
            if not all(any(p.match(value) for value in known[code]) for p in patterns):
                self._send(400, {"title": "Non-existent value", "status": 400})
                return
        for code in ("ContentsCode", "Tid"):
            if code not in chosen:
                self._send(400, {"title": "Missing selection for mandantory variable", "status": 400})
                return
        n = 1
        for values in chosen.values():
            n *= len(values)
        if n > self.server.cells:
            self._send(403, {"title": "Too many cells selected", "status": 403})
            return
        self._send(200, self._cube(chosen, with_values=True))

    def _cube(self, chosen: dict[str, list[str]], with_values: bool) -> dict[str, Any]:
        known = self._values()
        labels = {"Fodelseregion": BIRTH, "Kon": SEX, "ContentsCode": {"000007Y4": "Antal"}}
        order = [code for code in known if not with_values or code in chosen]  # what is left out is summed
        values = {code: chosen.get(code, known[code]) for code in order}
        dimension = {
            code: {
                "label": {"Fodelseregion": "födelseregion", "Kon": "kön", "Region": "region", "Tid": "år"}.get(
                    code, code
                ),
                "category": {
                    "index": {value: i for i, value in enumerate(values[code])},
                    "label": {value: labels.get(code, {}).get(value, value) for value in values[code]},
                },
                "extension": {"elimination": code in ("Region", "Fodelseregion", "Kon")},
            }
            for code in order
        }
        cube: dict[str, Any] = {
            "version": "2.0", "class": "dataset", "label": "Befolkning efter födelseregion, DeSO", "source": "SCB",
            "updated": "2025-02-21T07:00:00Z", "id": order, "size": [len(values[code]) for code in order],
            "role": {"time": ["Tid"], "geo": ["Region"], "metric": ["ContentsCode"]}, "dimension": dimension,
        }  # fmt: skip
        if with_values:
            cells = [self._cell(dict(zip(order, cell, strict=True))) for cell in product(*values.values())]
            cube["value"] = {str(i): v for i, v in enumerate(cells) if v is not None} if self.server.sparse else cells
        return cube

    def _cell(self, at: dict[str, str]) -> int | None:
        sexes = [at["Kon"]] if "Kon" in at else list(SEX)
        births = [at["Fodelseregion"]] if "Fodelseregion" in at else list(BIRTH)
        found = [self.server.count(at["Region"], b, s, at["Tid"]) for b in births for s in sexes]
        return None if None in found else sum(n for n in found if n is not None)

    # --- WFS --------------------------------------------------------------------------------------------------------

    def _features(self, query: dict[str, str]) -> None:
        if query.get("typeNames") != "stat:DeSO_2025":
            text = f"Feature type {query.get('typeNames')} unknown"
            report = f'<ows:Exception exceptionCode="x"><ows:ExceptionText>{text}</ows:ExceptionText></ows:Exception>'
            self._raw(200, "application/xml", f'<ows:ExceptionReport version="2.0.0">{report}</ows:ExceptionReport>')
            return
        codes = sorted(self.server.areas)
        match = re.match(r"kommun\s*=\s*'(\d+)'", query.get("cql_filter", ""))
        if match:
            codes = [code for code in codes if code.startswith(match[1])]
        first, many = int(query["startIndex"]), int(query["count"])
        features = [self._feature(code) for code in codes[first : first + many]]
        name = f"urn:ogc:def:crs:EPSG::{query['srsName'].rsplit(':', 1)[-1]}"
        self._send(200, {
            "type": "FeatureCollection", "features": features, "numberMatched": len(codes),
            "numberReturned": len(features), "crs": {"type": "name", "properties": {"name": name}},
        })  # fmt: skip

    def _feature(self, code: str) -> dict[str, Any]:
        ring = [list(map(float, xy)) for xy in self.server.areas[code]]
        if self.server.north_first:
            ring = [xy[::-1] for xy in ring]
        return {
            "type": "Feature", "id": f"DeSO_2025.{code}", "geometry_name": "geom",
            "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
            "properties": {"desokod": f"{code}_DeSO2025", "kommun": code[:4], "kommunnamn": "Stockholm"},
        }  # fmt: skip

    def _send(self, status: int, body: Any, after: str = "") -> None:
        self._raw(status, "application/json", json.dumps(body), after)

    def _raw(self, status: int, kind: str, text: str, after: str = "") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        if after:
            self.send_header("retry-after", after)
        self.end_headers()
        self.wfile.write(data)
