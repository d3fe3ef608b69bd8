"""The sheet of facts of one thing or of several: what the inspector shows. No widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from twin.city import schema
from twin.text import N_, number, tr, trn
from twin.ui.around import population, rules, sensors, zones
from twin.ui.facts import SMALL_CELL, Fact, Group, Sheet, column_facts, count, measure, source_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from twin.city.city import City
    from twin.state import Selection

LISTED = 50
"""So many members of a selection are listed by name."""
_SINGULAR = {
    "buildings": N_("Building"), "roads": N_("Street"), "junctions": N_("Junction"), "paths": N_("Walkway"),
    "zones": N_("Zone"), "places": N_("Place"), "barriers": N_("Noise screen"), "cover": N_("Ground"),
    "trees": N_("Tree"), "rules": N_("Traffic rule"),
}  # fmt: skip

_GROUPS: Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "buildings": (
        ("identity", N_("Identity"), ("name", "address", "use")),
        ("geometry", N_("Form"), ("ground", "base", "height", "height_source", "floors", "year")),
        ("people", N_("Use and people"), ("residents", "dwellings", "dwellings_small", "jobs", "tenure")),
    ),
    "roads": (
        ("identity", N_("Identity"), ("name", "kind", "surface")),
        ("traffic", N_("Traffic"), ("speed", "lanes", "oneway", "capacity", "allowed", "aadt", "heavy_share")),
        ("geometry", N_("Form"), ("gradient", "level", "bridge", "tunnel")),
        ("network", N_("Network"), ("from_node", "to_node")),
    ),
    "junctions": (("identity", N_("Identity"), ("kind", "node", "banned_turns")),),
    "paths": (
        ("identity", N_("Identity"), ("name", "kind")),
        ("geometry", N_("Form"), ("steps", "bridge")),
        ("network", N_("Network"), ("from_node", "to_node")),
    ),
    "zones": (("identity", N_("Identity"), ("name", "kind", "code")), ("geometry", N_("Form"), ())),
    "places": (("identity", N_("Identity"), ("name", "kind", "address", "capacity")),),
    "barriers": (("identity", N_("Identity"), ("kind",)), ("geometry", N_("Form"), ("height",))),
    "cover": (
        ("identity", N_("Identity"), ("name", "kind")),
        ("geometry", N_("Form"), ("level", "ground_factor")),
    ),
    "trees": (("identity", N_("Identity"), ("kind",)), ("geometry", N_("Form"), ("height", "crown"))),
    "rules": (
        ("identity", N_("Identity"), ("name", "kind", "rule_class", "status")),
        ("traffic", N_("Traffic"), ("vehicle_classes", "hours", "charge", "valid_from")),
        ("geometry", N_("Form"), ()),
    ),
}

_HEIGHT_TIPS = {
    "measured": N_("The height was measured, for example from laser scanning or a detailed model."),
    "height": N_("The source states the height."),
    "levels": N_("The height is the number of floors times an assumed height per floor."),
    "default": N_("The source states no height; a usual one is assumed. Do not rely on it."),
}


def sheet(city: City, selection: Selection, lang: str, streams: pd.DataFrame | None = None) -> Sheet | None:
    """Say what is selected.

    Parameters
    ----------
    city : City
        Where it is.
    selection : Selection
        Table and ids; ids that are not in the table any more are left out.
    lang : str
        Language.
    streams : DataFrame, optional
        Sensor streams as ``history/streams.parquet`` has them: ``place`` (id of a mast), ``quantity``, ``unit``,
        ``period_s`` [s], ``accuracy``, ``height_m`` [m], ``owner``, ``licence`` …; listed under a mast.

    Returns
    -------
    Sheet or None
        None when nothing of the selection is left.
    """
    rows = city.table(selection.table)
    rows = rows[rows["id"].isin(selection.ids)]
    if not len(rows):
        return None
    if len(rows) > 1:
        return _many(city, selection.table, rows, lang)
    return _one(city, selection.table, rows.iloc[0], lang, streams)


def title_of(table: str, row: pd.Series, lang: str) -> str:
    """Name a thing: its name, else its address, else its kind and id."""
    for column in ("name", "address"):
        if row.get(column):
            return str(row[column])
    kind = str(row.get("kind") or row.get("use") or "")
    what = tr(schema.word(kind, table), lang) if kind else tr(_SINGULAR.get(table, schema.spec(table).title), lang)
    return f"{what[:1].upper()}{what[1:]} {row['id']}"


# -- one thing


def _one(city: City, table: str, row: pd.Series, lang: str, streams: pd.DataFrame | None) -> Sheet:
    groups = []
    for key, heading, names in _GROUPS[table]:
        facts = list(column_facts(table, row, [name for name in names if not _usual(table, name, row)], lang))
        if key == "identity":
            facts.append(Fact(tr("Id", lang), str(row["id"]), plain=str(row["id"])))
        if key == "geometry":
            facts = [*_geometry(table, row, lang), *facts]
        groups.append(Group(key, tr(heading, lang), tuple(facts)))
    if table == "buildings":
        groups = _explain_height(groups, str(row["height_source"]), lang)
        groups.append(Group("parts", tr("Parts", lang), _parts(city, row, lang)))
    if table == "barriers":
        groups.append(Group("absorption", tr("Absorption", lang), _absorption(row, lang)))
    if table == "zones":
        groups.extend(population(city, str(row["id"]), lang))
    if table == "places":
        groups.append(Group("sensors", tr("Sensors", lang), sensors(row, streams, lang)))
    groups.append(Group("rules", tr("Rules here", lang), rules(city, table, row, lang)))
    groups.append(Group("zones", tr("Lies in", lang), zones(city, table, row, lang)))
    source = city.source(str(row["source_id"]))
    groups.append(Group("source", tr("Source", lang), source_facts(source, lang)))
    kind = str(row.get("use") or row.get("kind") or "")
    singular = tr(_SINGULAR.get(table, schema.spec(table).title), lang)
    said = tr(schema.word(kind, table), lang) if kind else ""
    title = title_of(table, row, lang)
    subtitle = f"{singular} · {said}" if said and said.casefold() not in singular.casefold() else singular
    shown = tuple(group for group in groups if group.facts)
    return Sheet(title, subtitle, shown, source.get("classification", ""), city.synthetic)


def _usual(table: str, name: str, row: pd.Series) -> bool:
    """Say whether a value goes without saying: a building that stands on the ground, a street at street level."""
    return (table, name) in (("buildings", "base"), ("roads", "level")) and row[name] == 0


def _geometry(table: str, row: pd.Series, lang: str) -> list[Fact]:
    shape = row.geometry
    kind = schema.TABLES[table].geometry
    if shape is None or shape.is_empty:
        return []
    if kind == "Polygon":
        facts = [_area(tr("Footprint", lang) if table == "buildings" else tr("Area", lang), shape.area, lang)]
        if table == "buildings" and row["floors"] == row["floors"]:
            tip = tr("Footprint times floors; balconies, attics and cellars are not known.", lang)
            floor_area = measure(
                tr("Floor area, about", lang), shape.area * row["floors"], lang, "m²", decimals=0, tip=tip
            )
            facts.append(floor_area)
        return facts
    if kind == "LineString":
        return [measure(tr("Length", lang), shape.length, lang, "m")]
    x, y = number(shape.x, lang, 0), number(shape.y, lang, 0)
    return [Fact(tr("Coordinates", lang), tr("E {east}, N {north}", lang, east=x, north=y))]


def _area(title: str, square_metres: float, lang: str) -> Fact:
    if square_metres >= 100_000:
        return measure(title, square_metres / 10_000, lang, "ha")
    return measure(title, square_metres, lang, "m²", decimals=0)


def _explain_height(groups: list[Group], source: str, lang: str) -> list[Group]:
    tip = tr(_HEIGHT_TIPS.get(source, ""), lang)
    told = tr("Height from", lang)
    return [
        Group(group.key, group.title, tuple(_with_tip(f, tip) if f.title == told else f for f in group.facts))
        for group in groups
    ]


def _with_tip(fact: Fact, tip: str) -> Fact:
    return Fact(fact.title, fact.value, tip, fact.share, fact.link, fact.target, fact.plain)


def _parts(city: City, row: pd.Series, lang: str) -> tuple[Fact, ...]:
    buildings = city.buildings
    if row["parent"]:
        whole = buildings[buildings["id"] == row["parent"]]
        name = title_of("buildings", whole.iloc[0], lang) if len(whole) else str(row["parent"])
        return (Fact(tr("Part of building", lang), name, target=("buildings", str(row["parent"]))),)
    parts = buildings[buildings["parent"] == row["id"]]
    return tuple(
        Fact(
            tr("Part {n}", lang, n=place + 1),
            title_of("buildings", part, lang),
            target=("buildings", str(part["id"])),
        )
        for place, (_, part) in enumerate(parts.iterrows())
    )


def _absorption(row: pd.Series, lang: str) -> tuple[Fact, ...]:
    return tuple(
        measure(f"{number(band, lang, 0)}\u00a0Hz", float(row[f"a{band}"]), lang, decimals=2) for band in schema.BANDS
    )


# -- several things

_SUMS = {
    "buildings": ("residents", "dwellings", "dwellings_small", "jobs"),
    "places": ("capacity",),
}


def _many(city: City, table: str, rows: pd.DataFrame, lang: str) -> Sheet:
    spec = schema.TABLES[table]
    facts = [count(tr(spec.title, lang), len(rows), lang), *_extent(table, rows, lang)]
    columns = {column.name: column for column in spec.columns}
    for name in _SUMS.get(table, ()):
        known = rows[name].dropna()
        tip = ""
        if len(known) < len(rows):
            tip = tr("Known for {known} of {all}", lang, known=len(known), all=len(rows))
        total = float(known.sum()) if len(known) else float("nan")
        facts.append(measure(tr(columns[name].title, lang), total, lang, columns[name].unit, decimals=0, tip=tip))
    groups = [Group("summary", tr("Together", lang), tuple(facts))]
    kind = "use" if table == "buildings" else "kind"
    if kind in columns:
        groups.append(Group("kinds", tr(columns[kind].title, lang), _kinds(table, rows, kind, lang)))
    if table == "zones":
        groups.append(Group("people", tr("Use and people", lang), _people(city, rows, lang)))
    groups.append(Group("members", tr("Selected", lang), _members(table, rows, lang)))
    groups.append(Group("source", tr("Sources", lang), _sources(city, rows, lang)))
    classes = [city.source(str(s)).get("classification", "") for s in rows["source_id"].unique()]
    strictest = max((c for c in classes if c in schema.CLASSIFICATIONS), key=schema.CLASSIFICATIONS.index, default="")
    title = trn("{n} selected", "{n} selected", len(rows), lang)
    shown = tuple(group for group in groups if group.facts)
    return Sheet(title, tr(spec.title, lang), shown, strictest, city.synthetic)


def _extent(table: str, rows: pd.DataFrame, lang: str) -> list[Fact]:
    kind = schema.TABLES[table].geometry
    if kind not in ("Polygon", "LineString"):
        return []
    shapes = rows.geometry.to_numpy()
    if kind == "Polygon":
        return [_area(tr("Area", lang), float(shapely.area(shapes).sum()), lang)]
    return [measure(tr("Length", lang), float(shapely.length(shapes).sum()), lang, "m")]


def _kinds(table: str, rows: pd.DataFrame, column: str, lang: str) -> tuple[Fact, ...]:
    counts = rows.loc[rows[column] != "", column].value_counts()
    return tuple(
        Fact(tr(schema.word(str(name), table), lang), number(int(n), lang, 0), share=float(n) / len(rows))
        for name, n in counts.items()
    )


def _people(city: City, zones: pd.DataFrame, lang: str) -> tuple[Fact, ...]:
    """Count the residents of several zones by the fullest grouping, as one zone's groupings add up alike."""
    people = city.population[city.population["zone"].isin(zones["id"])]
    if not len(people):
        return ()
    total = float(people.groupby("dimension")["persons"].sum().max())
    title = tr("Residents", lang)
    return (Fact(title, f"<\u202f{SMALL_CELL}") if 0 < total < SMALL_CELL else count(title, round(total), lang),)


def _members(table: str, rows: pd.DataFrame, lang: str) -> tuple[Fact, ...]:
    facts = [
        Fact(title_of(table, row, lang), _brief(table, row, lang), target=(table, str(row["id"])))
        for _, row in rows.head(LISTED).iterrows()
    ]
    if len(rows) > LISTED:
        facts.append(Fact(tr("and {n} more", lang, n=number(len(rows) - LISTED, lang, 0)), "…"))
    return tuple(facts)


def _brief(table: str, row: pd.Series, lang: str) -> str:
    kind = str(row.get("use") or row.get("kind") or "")
    return tr(schema.word(kind, table), lang) if kind else tr(_SINGULAR.get(table, ""), lang)


def _sources(city: City, rows: pd.DataFrame, lang: str) -> tuple[Fact, ...]:
    facts = []
    ids: Sequence[str] = [str(value) for value in rows["source_id"].unique()]
    for id in ids:
        source = city.source(id)
        tip = "\n".join(f"{fact.title}: {fact.value}" for fact in source_facts(source, lang) if fact.value)
        facts.append(Fact(source.get("title") or id or tr("not stated", lang), source.get("licence") or "–", tip=tip))
    return tuple(facts)
