"""Areas and people of a statistical office, by hand and from its services; what does not match is listed."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from statistics_server import Office

from twin import cli
from twin.city.city import City
from twin.city.remote import pxweb, wfs
from twin.city.remote.web import Web
from twin.city.statistics.bring import About, bring_people, bring_zones
from twin.city.statistics.codes import Division, check_alike, division
from twin.city.statistics.groups import known_group, slug
from twin.city.unit_table import read_table
from twin.errors import BadInput
from twin.privacy.provenance import is_protected
from twin.project import load_city

EAST, NORTH = 674_000.0, 6_580_000.0


def _ring(i: int):
    x, y = EAST + 500 * (i % 5), NORTH + 500 * (i // 5)
    return [(x, y), (x + 500, y), (x + 500, y + 500), (x, y + 500), (x, y)]


AREAS = {f"0180C{1000 + 10 * i}": _ring(i) for i in range(12)} | {"0114A0010": _ring(20)}


@pytest.fixture
def office():
    with Office(AREAS) as made:
        yield made


def _zones_file(path, codes, crs="EPSG:3006", column="deso"):
    shapes = [shapely.Polygon(AREAS.get(code, _ring(30))) for code in codes]
    gpd.GeoDataFrame({column: codes, "namn": [f"A {c}" for c in codes]}, geometry=shapes, crs=crs).to_file(path)
    return read_table(path)


def _people_file(path, codes, **columns):
    pd.DataFrame({"deso": codes, **columns}).to_csv(path, index=False, sep=";")
    return read_table(path)


# --- codes and columns ------------------------------------------------------------------------------------------


def test_divisions_are_told_apart():
    assert division(["0180C1010", "0114A0010"]) == Division("DeSO")
    assert division(["0180R001"]).kind == "RegSO"
    assert division(["0180C1010_DeSO2025"]) == Division("DeSO", "2025")
    assert division(["0180C1010"], "deso 2018") == Division("DeSO", "2018")
    assert division(["Farsta"], "stadsdelsområde").name == "stadsdelsområde"
    for codes, stated in ((["0180C1010_DeSO2025", "0180C1020"], ""), (["0180C1010"], "RegSO 2025"),
                          (["0180C1010_DeSO2025"], "DeSO 2018")):  # fmt: skip
        with pytest.raises(BadInput):
            division(codes, stated)


@pytest.mark.parametrize(
    ("table", "zones", "said"),
    [
        (Division("DeSO", "2018"), Division("DeSO", "2025"), "not joined"),
        (Division("DeSO"), Division("DeSO", "2025"), "which division"),
        (Division("DeSO", "2018"), Division("DeSO"), "map"),
        (Division("RegSO", "2025"), Division("DeSO", "2025"), "of RegSO"),
    ],
)
def test_divisions_are_never_joined_silently(table, zones, said):
    with pytest.raises(BadInput, match=said):
        check_alike(table, zones)
    check_alike(zones if zones.settled else table, zones if zones.settled else table)


def test_columns_that_scb_names():
    assert known_group("fb_sverige").group == "born_sweden"
    assert (known_group("Europa utom Sverige").dimension, known_group("45–64 år").group) == ("origin", "age_45_64")
    assert known_group("lgh_hyresratt") is None  # dwellings, not persons
    assert slug("Äganderätt, m.m.") == "aganderatt_m_m"


# --- by hand ----------------------------------------------------------------------------------------------------


def test_files_by_hand(tmp_path):
    codes = sorted(AREAS)[1:6]
    city, notes = bring_zones(
        City("c", "EPSG:3011"), _zones_file(tmp_path / "deso.gpkg", codes), {}, About(kind="DeSO 2018")
    )
    assert notes == ()
    assert (len(city.zones), set(city.zones["kind"]), city.zones["name"][0]) == (5, {"DeSO 2018"}, f"A {codes[0]}")
    assert city.zones.geometry.area.to_numpy() == pytest.approx(250_000, rel=1e-3)
    table = _people_file(
        tmp_path / "p.csv", [*codes[:4], "0999C9999"], fb_sverige=[10, 20, "..", 40, 1], fb_europa_utom_sverige=1,
        fb_ovriga_varlden_inkl_okand=2, fb_totalt=[13, 25, 1, 43, 4],
    )  # fmt: skip
    city, notes = bring_people(city, table, {}, About(kind="DeSO 2018", owner="SCB", classification="open"))
    said = {note.message.split("}")[1].split(";")[0].strip(): (note.n, note.examples) for note in notes}
    assert said["rows of the table have a code that no zone has"] == (1, ("0999C9999",))
    assert said["zones have no row in the table"] == (1, (codes[4],))
    assert said["counts are blank or withheld"][0] == 1
    assert any("do not add up" in note.message and note.n == 1 for note in notes)
    people = city.population.set_index(["zone", "group"])["persons"]
    assert people[codes[0], "born_sweden"] == 10
    assert np.isnan(people[codes[2], "born_sweden"])
    assert not is_protected(city)
    again, _ = bring_people(city, table, {}, About(kind="DeSO 2018", owner="SCB"))
    assert len(again.population) == len(city.population)
    assert is_protected(again)  # nobody says it is open


def test_what_is_wrong_is_said_in_one_line(tmp_path):
    codes = sorted(AREAS)[1:4]
    table = _zones_file(tmp_path / "z.gpkg", codes)
    with pytest.raises(BadInput, match="which division"):
        bring_zones(City("c", "EPSG:3011"), table, {}, About())
    city, _ = bring_zones(City("c", "EPSG:3011"), table, {}, About(kind="DeSO 2025"))
    people = _people_file(tmp_path / "p.csv", codes, fb_sverige=[1, "x", 3])
    with pytest.raises(BadInput, match=r"row 2, column fb_sverige: «x» is not a number"):
        bring_people(city, people, {}, About(kind="DeSO 2025"))
    good = _people_file(tmp_path / "q.csv", codes, fb_sverige=1, other=2)
    with pytest.raises(BadInput, match="not joined"):
        bring_people(city, good, {}, About(kind="DeSO 2018"))
    with pytest.raises(BadInput, match="no column nothing"):
        bring_people(city, good, {"origin:a": "nothing"}, About(kind="DeSO 2025"))
    with pytest.raises(BadInput, match="no zones yet"):
        bring_people(City("c", "EPSG:3011"), good, {}, About(kind="DeSO 2025"))
    with pytest.raises(BadInput, match="stands there twice"):
        bring_people(city, _people_file(tmp_path / "r.csv", [codes[0]] * 2, fb_sverige=1), {}, About(kind="DeSO 2025"))
    unknown = _people_file(tmp_path / "s.csv", codes, hus=1)
    with pytest.raises(BadInput, match="say which do"):
        bring_people(city, unknown, {}, About(kind="DeSO 2025"))
    with pytest.raises(BadInput, match="no outlines"):
        bring_zones(city, good, {}, About(kind="DeSO 2025"))


def test_real_tables_of_stockholm(shared_data, tmp_path):
    folder = shared_data / "segregation" / "stockholm"
    areas = read_table(folder / "stockholm_basomraden_befolkning_2014_2016.gpkg")
    code = next(name for name in areas.columns if areas.rows == len(set(areas.text(name))))
    about = About(kind="basområde", owner="Stockholms stad", licence="CC0-1.0", classification="open")
    city, notes = bring_zones(City("s", "EPSG:3011"), areas, {"code": code}, about)
    assert len(city.zones) == 419
    ages = {f"age:{name}": name for name in areas.columns if "2016" in name and not name.startswith("bef_")}
    city, notes = bring_people(city, areas, {"code": code, **dict(list(ages.items())[:14])}, about)
    assert not [note for note in notes if note.kind == "skipped"]
    assert 800_000 < city.population["persons"].sum() < 1_000_000
    table = read_table(folder / "deso_stockholms_lan_2022.csv")
    codes = [c for c in table.text("deso") if c.startswith("0180")]
    made = {c: _ring(i) for i, c in enumerate(codes)}  # its outlines are nowhere to be had: squares stand in
    shapes = [shapely.Polygon(ring) for ring in made.values()]
    gpd.GeoDataFrame({"deso": codes}, geometry=shapes, crs="EPSG:3006").to_file(tmp_path / "d.gpkg")
    city, _ = bring_zones(City("s", "EPSG:3011"), read_table(tmp_path / "d.gpkg"), {}, About(kind="DeSO 2018"))
    city, notes = bring_people(city, table, {}, About(kind="DeSO 2018"))
    assert (len(city.zones), notes[0].n) == (544, 1287 - 544)
    origin = city.population[city.population["dimension"] == "origin"]
    assert set(origin["group"]) == {"born_sweden", "born_europe", "born_elsewhere"}
    from twin.models.segregation.model import run

    found = {one.id: one.value for one in run(city, {"ks": "1600"}, {}).indicators}
    assert 0.3 < found["segregation.d"] < 0.5  # Stockholm, born outside Europe against all others, DeSO


# --- from the services ------------------------------------------------------------------------------------------


def test_a_table_is_fetched_in_parts(office):
    office.cells = 12  # four areas a call
    pxweb_cells, pxweb.CELLS = pxweb.CELLS, 12
    try:
        web = Web(office.url)
        held = pxweb.describe(web, "TAB6571")
        assert [one.code for one in held.variables] == ["Region", "Fodelseregion", "Kon", "ContentsCode", "Tid"]
        table = pxweb.fetch(web, held, "födelseregion", "0180")
    finally:
        pxweb.CELLS = pxweb_cells
    assert sum("/data" in path for path in office.paths) == 3
    assert table.rows == 12
    codes = table.text("code")
    blank = sorted(AREAS)[1]
    for code, value, other in zip(codes, table.counts("Sverige"), table.counts("Övriga världen"), strict=True):
        assert value == sum(office.count(code, "1", sex, "2024") for sex in "12")
        assert np.isnan(other) == (code == blank)
    office.sparse, office.cells = True, 150_000
    again = pxweb.fetch(web, held, "Fodelseregion", "0180", year="2022")
    assert again.counts("Sverige")[0] == sum(office.count(codes[0], "1", sex, "2022") for sex in "12")


def test_a_busy_service_is_asked_again(office):
    office.calls, office.per = 2, 1.0
    web = Web(office.url)
    for _ in range(4):
        pxweb.describe(web, "TAB6571")
    assert office.refused >= 1


def test_our_own_pace_keeps_within_the_limit(office):
    office.calls, office.per = 5, 0.6
    web = Web(office.url, calls=4, per=0.7)
    for _ in range(9):
        pxweb.describe(web, "TAB6571")
    assert office.refused == 0


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda web: pxweb.describe(web, "TAB1"), "Non-existent table"),
        (lambda web: pxweb.fetch(web, pxweb.describe(web, "TAB6571"), "shoe"), "has no variable shoe"),
        (lambda web: pxweb.fetch(web, pxweb.describe(web, "TAB6571"), "Kon", year="1999"), "has no 1999"),
        (lambda web: pxweb.fetch(web, pxweb.describe(web, "TAB6571"), "Kon", "99"), "no area whose code"),
        (lambda web: wfs.fetch(web, "stat:Nothing"), "Feature type stat:Nothing unknown"),
        (lambda web: wfs.fetch(web, "stat:DeSO_2025", condition="kommun = '9999'"), "no feature there"),
    ],
)
def test_refusals_are_said(office, ask, said):
    with pytest.raises(BadInput, match=said):
        ask(Web(office.url))


def test_no_connection_and_no_address():
    with pytest.raises(BadInput, match="no web address"):
        Web("ftp://x")
    web = Web("http://127.0.0.1:9")
    import twin.city.remote.web as module

    tries, module.TRIES = module.TRIES, 1
    try:
        with pytest.raises(BadInput, match="gave no answer"):
            web.get()
    finally:
        module.TRIES = tries


@pytest.mark.parametrize("north_first", [False, True])
def test_a_map_is_fetched_page_by_page(office, north_first):
    office.north_first = north_first
    page, wfs.PAGE = wfs.PAGE, 5
    try:
        table = wfs.fetch(Web(office.url), "stat:DeSO_2025", condition="kommun = '0180'")
    finally:
        wfs.PAGE = page
    assert (table.rows, sum("startIndex" in path for path in office.paths)) == (12, 3)
    city, notes = bring_zones(City("c", "EPSG:3011"), table, {}, About())
    assert set(city.zones["kind"]) == {"DeSO 2025"}
    assert city.zones["code"].tolist() == sorted(c for c in AREAS if c.startswith("0180"))
    assert city.zones.geometry.area.to_numpy() == pytest.approx(250_000, rel=1e-3)
    assert bool(notes) == north_first
    assert city.zones.total_bounds[1] > 6_000_000


# --- the command line -------------------------------------------------------------------------------------------


def test_fetch_and_import_to_the_letter(office, tmp_path, capsys):
    place = str(tmp_path / "p.twin")

    def say(*words):
        code = cli.main(["--json", "--lang", "en", *words])
        out = capsys.readouterr()
        return code, (json.loads(out.out) if code == 0 else out.err)

    people = ("fetch", place, "--people", "TAB6571", "--by", "Fodelseregion", "--url", office.url)
    assert say(*people)[0] == 1
    code, said = say("fetch", place, "--zones", "stat:DeSO_2025", "--where", "kommun = '0180'", "--url", office.url)
    assert code == 0, said
    assert said["rows"] == 12
    code, said = say(*people)
    assert code == 1
    assert "which division" in said
    code, said = say(*people, "--kind", "DeSO 2018")
    assert code == 1
    assert "not joined" in said
    code, said = say(*people, "--kind", "DeSO 2025")
    assert (code, said["rows"]) == (0, 36)
    assert any("code that no zone has" in note["text"] for note in said["notes"])
    code, said = say("fetch", place, "--people", "TAB6571", "--list", "--url", office.url)
    assert [one["code"] for one in said["variables"]][:2] == ["Region", "Fodelseregion"]
    city = load_city(tmp_path / "p.twin")
    assert set(city.population["group"]) == {"born_sweden", "born_europe", "born_elsewhere"}
    table = tmp_path / "own.csv"
    pd.DataFrame({"kod": city.zones["code"], "few": 3, "many": 99}).to_csv(table, index=False)
    code, said = say(
        "import", str(table), "--to", place, "--as", "population", "--map", "income:low=few", "income:high=many",
        "kind=DeSO 2025", "--about", "owner=Me", "classification=internal",
    )  # fmt: skip
    assert (code, said["files"][0]["rows"]) == (0, 60)
    assert is_protected(load_city(tmp_path / "p.twin"))
    code, said = say("import", str(table), "--to", place, "--as", "population", "--about", "colour=red")
    assert code == 1
    assert "no field colour" in said
