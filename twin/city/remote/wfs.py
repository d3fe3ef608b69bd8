"""Maps of areas from a Web Feature Service (OGC WFS 2.0), such as SCB's, page by page as GeoJSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import shape

from twin.city.unit_table import UnitTable
from twin.errors import BadInput
from twin.text import N_

if TYPE_CHECKING:
    from twin.city.remote.web import Web
    from twin.jobs import Job

SCB = "https://geodata.scb.se/geoserver/stat/wfs"
PAGE = 1_000
"""Features of one answer."""
MOST = 200_000
"""Features that are read at most."""


def fetch(web: Web, layer: str, crs: str = "EPSG:3006", condition: str = "", job: Job | None = None) -> UnitTable:
    """Return the features of a layer with their outlines.

    Parameters
    ----------
    web : Web
    layer : str
        Such as ``stat:DeSO_2025``.
    crs : str
        System asked for, and expected in the answer.
    condition : str
        In the service's language (CQL), such as ``kommun = '0180'``; "" = all.
    job : Job, optional

    Raises
    ------
    BadInput
        When there is no such layer, the service refuses, or answers in another system.
    """
    found: list[Any] = []
    total = None
    while total is None or len(found) < total:
        if job is not None and total:
            job.progress(len(found) / total, N_("Asking for {table}"), table=layer)
        params = {
            "service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": layer, "srsName": crs,
            "outputFormat": "application/json", "count": str(PAGE), "startIndex": str(len(found)),
        }  # fmt: skip
        if condition:
            params["cql_filter"] = condition
        page = _page(web, layer, params, job)
        _check_system(page, layer, crs)
        features = page["features"]
        if not features:
            break
        found += features
        matched = page.get("numberMatched", page.get("totalFeatures"))
        total = matched if isinstance(matched, int) else (len(found) + 1 if len(features) == PAGE else len(found))
        if len(found) > MOST:
            raise BadInput("{layer} has more than {n} features; state a condition.", layer=layer, n=MOST)
    if not found:
        raise BadInput("{layer} has no feature there.", layer=layer)
    names = dict.fromkeys(name for one in found for name in one.get("properties") or {})
    columns = {name: [(one.get("properties") or {}).get(name) for one in found] for name in names}
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = [_shape(one, layer) for one in found]
    return UnitTable(Path(re.sub(r"\W+", "_", layer) + ".geojson"), columns, len(found), shapes, crs)


def _page(web: Web, layer: str, params: dict[str, str], job: Job | None) -> dict[str, Any]:
    data = web.get("", params, None, job)
    if data.lstrip()[:1] == b"<":  # an exception report
        text = re.search(rb"<(?:\w+:)?ExceptionText>(.*?)</", data, re.DOTALL)
        said = text[1].decode("utf-8", "replace").strip() if text else "XML"
        raise BadInput("{layer}: the service refuses: {said}", layer=layer, said=" ".join(said.split())[:200])
    import msgspec

    try:
        page = msgspec.json.decode(data)
    except msgspec.DecodeError:
        raise BadInput("{layer}: the service did not answer with GeoJSON.", layer=layer) from None
    if not isinstance(page, dict) or not isinstance(page.get("features"), list):
        raise BadInput("{layer}: the service did not answer with GeoJSON.", layer=layer)
    return page


def _check_system(page: dict[str, Any], layer: str, crs: str) -> None:
    """Refuse coordinates in another system than was asked for."""
    name = str(((page.get("crs") or {}).get("properties") or {}).get("name", ""))
    said = re.search(r"(\d+)$", name)
    if said and said[1] != crs.rsplit(":", 1)[-1]:
        raise BadInput("{layer}: asked for {crs}, the service answers in {other}.", layer=layer, crs=crs, other=name)


def _shape(feature: Any, layer: str) -> Any:
    geometry = feature.get("geometry")
    if geometry is None:
        return None
    try:
        return shapely.force_2d(shape(geometry))
    except Exception as error:  # whatever a broken geometry leads to
        raise BadInput("{layer}: an outline cannot be read ({reason})", layer=layer, reason=error) from error
