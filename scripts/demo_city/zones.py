"""Statistical zones: neighbouring blocks put together until there are as many zones as wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from demo_city.blocks import nearest_quarter

if TYPE_CHECKING:
    from demo_city.table import District

WANTED = 60


def zones(district: District, faces: list[shapely.Polygon], houses: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the zones: all land, no overlaps, about as many residents in each as the blocks allow."""
    spots = houses.geometry.representative_point().to_numpy()
    at = shapely.STRtree(faces).nearest(spots)
    people = np.bincount(at, houses["residents"], len(faces))
    groups = _merged(faces, people)
    shapes = [shapely.coverage_union_all([faces[k] for k in group]) for group in groups]
    order = sorted(range(len(shapes)), key=lambda k: (-round(shapes[k].centroid.y / 400), shapes[k].centroid.x))
    names, seen = [], dict[str, int]()
    for k in order:
        quarter = _quarter(district, shapes[k], houses[np.isin(at, groups[k])])
        seen[quarter] = seen.get(quarter, 0) + 1
        names.append(f"{quarter} {seen[quarter]}")
    return gpd.GeoDataFrame(
        {
            "id": [f"z{k + 1:02d}" for k in range(len(order))],
            "kind": "basområde",
            "code": [f"D{1001 + k}" for k in range(len(order))],
            "name": [name.removesuffix(" 1") if seen[name[:-2]] == 1 else name for name in names],
        },
        geometry=[shapely.orient_polygons(shapes[k]) for k in order],
        crs=district.raw["crs"],
    )


def _quarter(district: District, shape: shapely.Polygon, here: gpd.GeoDataFrame) -> str:
    """Return the quarter most people of a zone live in, or the nearest one where nobody does."""
    lived = here[(here["residents"] > 0) & (here["quarter"] != "")].groupby("quarter")["residents"].sum()
    if len(lived):
        return str(lived.sort_index().idxmax())
    spot = shape.representative_point()
    return nearest_quarter(district, spot.x, spot.y).name


def _merged(faces: list[shapely.Polygon], people: np.ndarray) -> list[list[int]]:
    """Join the group with the fewest people to the neighbour that suits it best, until enough are left."""
    border = _borders(faces)
    groups: dict[int, list[int]] = {k: [k] for k in range(len(faces))}
    mass = {k: float(people[k]) + 1e-4 * faces[k].area for k in groups}
    while len(groups) > WANTED:
        pairs = [
            (mass[a] + mass[b] - 2.0 * border[a][b], min(mass[a], mass[b]), a, b)
            for a in groups
            for b in border[a]
            if a < b
        ]
        _, _, a, b = min(pairs)
        groups[a] += groups.pop(b)
        mass[a] += mass.pop(b)
        for other, length in border.pop(b).items():
            del border[other][b]
            if other != a:
                border[a][other] = border[a].get(other, 0.0) + length
                border[other][a] = border[a][other]
    return list(groups.values())


def _borders(faces: list[shapely.Polygon]) -> dict[int, dict[int, float]]:
    """Length [m] of the border that neighbouring faces share."""
    border: dict[int, dict[int, float]] = {k: {} for k in range(len(faces))}
    for a, b in shapely.STRtree(faces).query(faces, predicate="intersects").T.tolist():
        if a < b:
            length = shapely.intersection(shapely.boundary(faces[a]), shapely.boundary(faces[b])).length
            if length > 5.0:
                border[a][b] = border[b][a] = round(float(length), 3)
    return border
