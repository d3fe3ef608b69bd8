"""The demo district and the test cities: plausible, whole, the same in every run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from demo_city import generate, history, people, project
from demo_city.demand import demand
from demo_city.dice import shared_out
from demo_city.generate import Demo, test_city
from demo_city.table import District
from twin.city import schema
from twin.city.content_hash import table_hash
from twin.content import demo_project
from twin.project import load_city, load_view
from twin.sensors.embedded import EmbeddedHistory

if TYPE_CHECKING:
    from twin.city.city import City


@pytest.fixture(scope="module")
def made() -> Demo:
    return generate.build()


@pytest.fixture(scope="module")
def city(made: Demo) -> City:
    return made.city


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "demo.twin"
    project.write(path)
    return path


def files(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def overlaps(shapes: np.ndarray) -> np.ndarray:
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = a < b
    return shapely.area(shapely.intersection(shapes[a[pair]], shapes[b[pair]]))


def graph(table: pd.DataFrame, both_ways: bool) -> tuple[coo_matrix, dict[str, int]]:
    names = sorted({*table["from_node"], *table["to_node"]})
    index = {name: i for i, name in enumerate(names)}
    a, b = table["from_node"].map(index).to_numpy(), table["to_node"].map(index).to_numpy()
    length = table["length"].to_numpy()
    if both_ways:
        a, b, length = np.r_[a, b], np.r_[b, a], np.r_[length, length]
    return coo_matrix((length, (a, b)), shape=(len(names), len(names))).tocsr(), index


def test_it_has_what_every_model_needs(city: City) -> None:
    counts = {name: len(city.table(name)) for name in schema.TABLES}
    assert 1400 <= counts["buildings"] <= 1650
    assert 540 <= counts["roads"] <= 660
    assert counts["zones"] == 60
    assert 2000 <= counts["trees"] <= 4500
    assert counts.pop("growth") == 0  # factors on estimated demand; the demo states its own
    assert min(counts.values()) > 0, counts
    assert city.synthetic
    assert (city.crs, city.height_system) == ("EPSG:3011", "RH 2000")


def test_every_row_says_that_it_is_synthetic(city: City) -> None:
    used = {source for name in schema.TABLES for source in city.table(name)["source_id"]}
    assert city.terrain is not None
    assert used | {city.terrain.source_id, "demo-history"} == set(city.sources["id"])
    assert set(city.sources["note"]) == {"synthetic, not for decisions"}
    assert set(city.sources["classification"]) == {"open"}
    assert set(city.sources["licence"]) == {"CC0-1.0"}


@pytest.mark.parametrize("name", [name for name, table in schema.TABLES.items()])
def test_ids_are_unique_and_shapes_valid(city: City, name: str) -> None:
    table = city.table(name)
    assert table["id"].is_unique
    if schema.TABLES[name].geometry:
        assert table.geometry.is_valid.all()
        assert set(table.geom_type) == {schema.TABLES[name].geometry}


def test_houses_touch_but_do_not_overlap(city: City) -> None:
    shapes = city.buildings.geometry.to_numpy()
    assert shapely.area(shapes).min() >= 60.0
    assert overlaps(shapes).max() < 0.05
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.01)
    joined = np.unique(a[a != b])
    assert len(joined) > 0.7 * len(shapes), "a stone city is built wall to wall"


def test_no_house_stands_in_street_water_or_air(city: City) -> None:
    shapes = city.buildings.geometry.to_numpy()
    water = city.cover.loc[city.cover["kind"] == "water"].union_all()
    assert not shapely.intersects(shapes, water).any()
    ground = city.roads[city.roads["level"] == 0].geometry.to_numpy()
    assert not len(shapely.STRtree(shapes).query(ground, predicate="dwithin", distance=3.0)[0])
    coords, owner = shapely.get_coordinates(shapes, return_index=True)
    assert city.terrain is not None
    height = city.terrain.sample(coords[:, 0], coords[:, 1])
    lowest = pd.Series(height).groupby(owner).min().to_numpy()
    assert np.abs(lowest - city.buildings["ground"].to_numpy()).max() <= 0.006


def test_courtyards_are_there_and_open(city: City) -> None:
    yards = city.cover[(city.cover["name"] == "") & city.cover["kind"].isin(["green", "paved"])]
    assert len(yards) > 80
    plain = city.buildings[city.buildings["name"] == ""]
    houses = shapely.union_all(plain.geometry.to_numpy())
    assert shapely.area(shapely.intersection(yards.geometry.to_numpy(), houses)).max() < 1.0


def test_heights_floors_and_homes_agree(city: City) -> None:
    houses = city.buildings[city.buildings["use"].isin(["residential", "mixed", "office"])]
    storey = houses["height"] / houses["floors"]
    assert storey.between(2.8, 6.5).all()
    assert houses["floors"].between(1, 24).all()
    assert 4.5 < houses["floors"].mean() < 6.5
    assert (city.buildings["dwellings_small"] <= city.buildings["dwellings"]).all()
    assert ((city.buildings["dwellings"] > 0) == (city.buildings["tenure"] != "")).all()
    assert not city.buildings["address"].duplicated().any()
    assert city.buildings["address"].str.match(r".+ \d+$").all()


def test_streets_hang_together(city: City) -> None:
    matrix, _ = graph(city.roads, both_ways=False)
    assert connected_components(matrix, directed=True, connection="strong")[0] == 1
    first: dict[str, tuple[float, ...]] = {}
    for row in city.roads.itertuples():
        for node, point in ((row.from_node, row.geometry.coords[0]), (row.to_node, row.geometry.coords[-1])):
            assert first.setdefault(node, point) == point
    assert city.roads["bridge"].any()
    assert city.roads["tunnel"].any()
    street = city.roads[(city.roads["name"] == "Hornsgatan") & city.roads["id"].str.endswith("a")]
    assert street["length"].sum() == pytest.approx(2000, abs=120)
    assert shapely.line_merge(shapely.union_all(street.geometry.to_numpy())).geom_type == "LineString"


def test_both_directions_of_a_street_mirror_each_other(city: City) -> None:
    roads = city.roads.set_index("id")
    for name in roads.index[roads.index.str.endswith("b")]:
        there, back = roads.loc[name[:-1] + "a"], roads.loc[name]
        assert (there.from_node, there.to_node) == (back.to_node, back.from_node)
        assert there.gradient == -back.gradient
        assert not back.oneway
    assert roads["oneway"].sum() > 15


def test_gradients_follow_the_terrain(city: City) -> None:
    steep = city.roads["gradient"].abs()
    assert steep.max() < 9.0
    assert (steep <= 8.0).mean() > 0.98
    assert steep.quantile(0.9) > 3.0, "the ridge must be felt"


def test_signals_and_bans_name_real_links(city: City) -> None:
    assert (city.junctions["kind"] == "signal").sum() >= 15
    links = city.roads.set_index("id")
    pairs = [
        (row.node, *pair.split(">"))
        for row in city.junctions.itertuples()
        for pair in row.banned_turns.split("; ")
        if pair
    ]
    assert len(pairs) >= 4
    for node, into, out in pairs:
        assert links.loc[into, "to_node"] == node == links.loc[out, "from_node"]


def test_walk_network_is_one_and_has_steps(city: City) -> None:
    matrix, _ = graph(city.paths, both_ways=True)
    assert connected_components(matrix, directed=False)[0] == 1
    assert city.paths["steps"].sum() >= 8
    assert city.paths["bridge"].any()
    shared = set(city.paths["from_node"]) & set(city.roads["from_node"])
    assert len(shared) > 150, "streets and walk network share their nodes"


def test_a_footbridge_over_the_bay_would_matter(city: City) -> None:
    """From Tantolunden to Årstadal it is under 300 m as the crow flies and six times as far on foot."""
    origin = District().origin
    spots = {}
    for row in city.paths.itertuples():
        spots[row.from_node], spots[row.to_node] = row.geometry.coords[0], row.geometry.coords[-1]
    names, at = list(spots), np.array(list(spots.values()))
    tanto = names[int(np.hypot(*(at - origin - [900, 447]).T).argmin())]
    arsta = names[int(np.hypot(*(at - origin - [770, 254]).T).argmin())]
    matrix, index = graph(city.paths, both_ways=True)
    walk = dijkstra(matrix, indices=index[tanto])[index[arsta]]
    crow = float(np.hypot(*(np.array(spots[tanto]) - spots[arsta])))
    assert crow < 300
    assert walk > 6 * crow
    water = city.cover.loc[city.cover["kind"] == "water"].union_all()
    assert 120 < shapely.LineString([spots[tanto], spots[arsta]]).intersection(water).length < 220


def test_zones_tile_the_land(city: City) -> None:
    shapes = city.zones.geometry.to_numpy()
    assert overlaps(shapes).max() < 0.5
    water = city.cover.loc[city.cover["kind"] == "water"].union_all()
    west, south, east, north = District().box
    land = (east - west) * (north - south) - water.area
    assert shapely.area(shapes).sum() == pytest.approx(land, rel=2e-3)
    assert city.zones["code"].is_unique
    assert city.zones["name"].is_unique


def test_groups_add_up_to_the_residents_of_the_houses(city: City) -> None:
    at = people.zone_of(city.zones, city.buildings)
    residents = pd.Series(city.buildings["residents"].to_numpy()).groupby(city.zones["id"].to_numpy()[at]).sum()
    sums = city.population.groupby(["zone", "dimension"])["persons"].sum().unstack()
    assert set(sums.columns) == {"origin", "income", "age", "tenure"}
    for dimension in sums:
        assert (sums[dimension] == residents.reindex(sums.index).fillna(0)).all(), dimension
    assert (city.population["persons"] % 1 == 0).all()
    share = city.population[city.population["group"] == "born_elsewhere"].set_index("zone")["persons"] / sums["origin"]
    assert share.quantile(0.95) - share.quantile(0.05) > 0.15, "segregation must be there to be measured"


def test_whole_numbers_are_shared_out_exactly() -> None:
    rng = np.random.default_rng(3)
    for total in (0, 1, 7, 1000):
        parts = shared_out(total, rng.random(6))
        assert parts.sum() == total
        assert parts.min() >= 0


def test_water_lies_low_and_shores_rise(city: City) -> None:
    assert city.terrain is not None
    heights = city.terrain.heights
    west, _, _, north = city.terrain.bounds
    x = west + (np.arange(heights.shape[1]) + 0.5) * 5
    y = north - (np.arange(heights.shape[0]) + 0.5) * 5
    gx, gy = np.meshgrid(x, y)
    water = city.cover.loc[city.cover["kind"] == "water"].union_all()
    wet = shapely.contains_xy(water, gx, gy)
    assert heights[wet].max() <= -1.0
    assert heights[~wet].min() >= 1.0
    assert 28 < heights.max() < 45
    quays = city.cover[city.cover["kind"] == "quay"]
    assert (quays["level"] == 1.2).all()


def test_ground_cover_does_not_overlap(city: City) -> None:
    assert overlaps(city.cover.geometry.to_numpy()).max() < 1.0
    assert set(city.cover["kind"]) <= set(schema.COVER_KINDS)
    assert city.cover["ground_factor"].between(0, 1).all()


def test_counts_agree_with_the_demand(city: City) -> None:
    """The counts are the assigned demand within 10 %, and Hornsgatan carries what it should."""
    _, _, flows = demand(District(), city.zones, city.buildings, city.roads)
    counted = city.roads["aadt"].notna().to_numpy()
    assert 36 <= counted.sum() <= 48
    error = city.roads["aadt"].to_numpy()[counted] / flows.all[counted] - 1
    assert np.abs(error).max() <= 0.10
    street = (city.roads["name"] == "Hornsgatan").to_numpy()
    length = city.roads["length"].to_numpy()[street]
    both = 2 * (flows.all[street] * length).sum() / length.sum()
    assert 20_000 <= both <= 25_000
    assert city.roads["heavy_share"].max() < 12


def test_demand_runs_between_zones(city: City) -> None:
    zones = set(city.zones["id"])
    assert set(city.demand["origin"]) <= zones
    assert set(city.demand["destination"]) <= zones
    assert set(city.demand["period"]) == {"night", "morning", "midday", "afternoon", "evening"}
    assert set(city.demand["vehicle_class"]) == {"car", "car_electric", "truck_light", "truck_heavy"}
    assert (city.demand["trips"] > 0).all()
    assert city.demand["basis"].str.contains("synthetic").all()


def test_rules_say_what_is_in_force(city: City) -> None:
    rules = city.rules.set_index(["kind", "rule_class"])["status"]
    assert rules["environmental_zone", "2"] == "in_force"
    assert rules["environmental_zone", "3"] == "proposed"
    assert rules["studded_tyre_ban", ""] == "in_force"
    zone = city.rules[(city.rules["kind"] == "environmental_zone") & (city.rules["rule_class"] == "2")].union_all()
    street = city.roads[city.roads["name"] == "Hornsgatan"]
    assert zone.contains(street.geometry.iloc[len(street) // 2])


def test_places_cover_the_kinds(city: City) -> None:
    kinds = set(city.places["kind"])
    wanted = "school preschool stop station square park library health_centre supermarket district mast"
    assert set(wanted.split()) <= kinds
    land = city.zones.union_all().buffer(1)
    inside = shapely.contains(land, city.places.geometry.to_numpy())
    assert inside.all(), city.places["name"][~inside].tolist()


def test_a_week_of_history(made: Demo) -> None:
    rows, streams = made.observations, made.streams
    assert set(rows["stream"]) == set(streams["stream"])
    assert not rows.duplicated(["stream", "time"]).any()
    days = rows["time"].dt.strftime("%Y-%m-%d").unique()
    assert (days.min(), days.max(), len(days)) == ("2026-05-04", "2026-05-10", 7)
    assert {history.SPIKE, history.STUCK} <= set(rows["quality"])
    per_stream = rows.groupby("stream").size()
    expected = streams.set_index("stream")["period_s"].rdiv(7 * 86400)
    missing = 1 - per_stream / expected
    assert missing.max() < 0.05
    assert 5 < (missing > 0).sum() < len(streams)
    good = rows[rows["quality"] == history.GOOD].merge(streams[["stream", "quantity"]], on="stream")
    low, high = good.groupby("quantity")["value"].min(), good.groupby("quantity")["value"].max()
    assert low["noise_laeq"] > 35
    assert high["noise_laeq"] < 90
    assert low["traffic_flow"] >= 0
    assert -5 < low["temperature"] < high["temperature"] < 30


def test_traffic_of_the_week_follows_the_counts(made: Demo) -> None:
    """The mean of a mast over the week is the daily traffic of its street, roughly."""
    streams = made.streams[(made.streams["quantity"] == "traffic_flow") & (made.streams["name"] == "Hornsgatan 108")]
    rows = made.observations[made.observations["stream"].isin(streams["stream"]) & (made.observations["quality"] == 0)]
    assert 24 * rows["value"].mean() == pytest.approx(31_000, rel=0.15)
    hour = (rows["time"].dt.hour + 2) % 24
    assert rows.loc[hour == 17, "value"].mean() > 6 * rows.loc[hour == 3, "value"].mean()


def test_two_builds_are_the_same_bytes(built: Path, tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[2] / "scripts" / "build_demo"
    other = tmp_path / "demo.twin"
    subprocess.run([sys.executable, script, other], check=True, capture_output=True)
    assert files(other) == files(built)


def test_the_shipped_demo_is_what_its_tables_make(city: City, made: Demo) -> None:
    shipped = load_city(demo_project())
    for name in (*schema.TABLES, "sources"):
        assert table_hash(shipped.table(name)) == table_hash(city.table(name)), f"run scripts/build_demo ({name})"
    assert shipped.terrain is not None
    assert city.terrain is not None
    assert np.array_equal(shipped.terrain.heights, city.terrain.heights)
    with EmbeddedHistory(demo_project() / "history", read_only=True) as store:
        rows = store.rows(*(store.span() or ()))
        names = np.array([one.id for one in store.streams()], object)
    expected = made.observations.sort_values(["time", "stream"])
    shipped_rows = pd.DataFrame({"stream": names[rows.sid], "time": rows.time, "value": rows.value})
    shipped_rows = shipped_rows.sort_values(["time", "stream"])
    assert np.array_equal(shipped_rows["stream"].to_numpy(), expected["stream"].to_numpy())
    assert np.array_equal(shipped_rows["value"].to_numpy(), expected["value"].to_numpy())


def test_the_shipped_demo_is_small_and_opens_with_a_view() -> None:
    size = sum(file.stat().st_size for file in demo_project().rglob("*") if file.is_file())
    assert size < 15e6
    state, pose = load_view(demo_project())
    assert pose == state.bookmarks[0].pose
    assert state.city.synthetic
    assert len(state.bookmarks) >= 5


@pytest.mark.parametrize("n", [12, 300, 2500])
def test_a_test_city_has_exactly_so_many_houses(n: int) -> None:
    city = test_city(n)
    assert len(city.buildings) == n
    assert city.buildings.geometry.is_valid.all()
    assert overlaps(city.buildings.geometry.to_numpy()).max(initial=0.0) < 0.05
    assert city.buildings["ground"].min() > 1.0
    assert len(city.roads)
    assert city.population.groupby("dimension")["persons"].sum().eq(city.buildings["residents"].sum()).all()
    assert city.synthetic
    water = city.cover.union_all()
    assert not city.buildings.intersects(water).any()
    assert not len(
        shapely.STRtree(city.buildings.geometry.to_numpy()).query(
            city.roads.geometry.to_numpy(), predicate="dwithin", distance=3.0
        )[0]
    )


def test_a_test_city_depends_on_its_seed_alone() -> None:
    hashes = [table_hash(test_city(400, seed).buildings) for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]
