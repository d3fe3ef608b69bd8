"""Traffic rules in force and proposed, as areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

if TYPE_CHECKING:
    from demo_city.streets import Streets
    from demo_city.table import District


def rules(district: District, streets: Streets) -> gpd.GeoDataFrame:
    """Return the table ``rules``: along a street (its whole width) or in a drawn area."""
    rows, shapes = [], []
    for number, row in enumerate(district.raw["rule"]):
        if "street" in row:
            way = next(w for w in streets.ways if w.name == row["street"])
            shape = shapely.LineString(way.line).buffer(way.width / 2, cap_style="flat", join_style="mitre")
        else:
            shape = shapely.Polygon(district.points(row["line"]))
        rows.append(
            {
                "id": f"u{number:02d}",
                **{
                    key: row.get(key, "")
                    for key in ("kind", "rule_class", "name", "status", "vehicle_classes", "hours", "valid_from")
                },
            }
        )
        shapes.append(shapely.set_precision(shape, 0.01))
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=district.raw["crs"])
