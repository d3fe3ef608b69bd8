"""What is known about a thing from other tables: people of a zone, sensors on a mast, rules and zones around it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from twin.city import schema
from twin.text import N_, number, tr
from twin.ui.facts import SMALL_CELL, Fact, Group, measure, source_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import shapely

    from twin.city.city import City

_UNITS = {"ug/m3": "µg/m³", "Cel": "°C", "/h": "veh/h"}
"""How people write the units that data files write in plain letters."""


def population(city: City, zone: str, lang: str) -> list[Group]:
    """Tell the residents of a zone by each grouping, with shares; small counts are hidden."""
    people = city.population
    people = people[people["zone"] == zone]
    groups = []
    tip = tr("Counts below {n} are not shown, so that nobody can be recognised.", lang, n=SMALL_CELL)
    for dimension, cells in people.groupby("dimension", sort=False):
        counts = dict(zip(cells["group"].astype(str), cells["persons"].astype(float), strict=True))
        total = sum(counts.values())
        hidden = kept_secret(counts)
        heading = tr("Residents by {grouping}", lang, grouping=tr(schema.word(str(dimension)), lang).lower())
        facts = [_cell(name, n, total, tip, lang, secret=name in hidden) for name, n in counts.items()]
        title = tr("All", lang)
        if 0 < total < SMALL_CELL or len(hidden) == len(counts):
            everyone = Fact(title, f"<\u202f{SMALL_CELL}" if total < SMALL_CELL else tr("hidden", lang), tip=tip)
        else:
            everyone = measure(title, total, lang, decimals=0)
        groups.append(Group(f"people:{dimension}", heading, (*facts, everyone)))
    return groups


def kept_secret(counts: Mapping[str, float]) -> frozenset[str]:
    """Return the groups whose counts must not be told.

    Those below :data:`SMALL_CELL`, and so many of the next smallest that the small ones cannot be worked out from
    the total: at least two cells, together at least :data:`SMALL_CELL` persons.

    Examples
    --------
    >>> sorted(kept_secret({"a": 3, "b": 9, "c": 72}))
    ['a', 'b']
    """
    rising = sorted((n, name) for name, n in counts.items() if n > 0)
    hidden = [(n, name) for n, name in rising if n < SMALL_CELL]
    for n, name in rising[len(hidden) :]:
        if not hidden or (len(hidden) > 1 and sum(m for m, _ in hidden) >= SMALL_CELL):
            break
        hidden.append((n, name))
    return frozenset(name for _, name in hidden)


def _cell(name: str, n: float, total: float, tip: str, lang: str, *, secret: bool) -> Fact:
    title = tr(schema.word(name), lang)
    if 0 < n < SMALL_CELL:
        return Fact(title, f"<\u202f{SMALL_CELL}", tip=tip, plain=f"<{SMALL_CELL}")
    if secret:
        why = tr("Hidden so that a small count beside it cannot be worked out.", lang)
        return Fact(title, tr("hidden", lang), tip=why)
    share = n / total if total > 0 else math.nan
    text = number(n, lang, 0)
    if share == share:
        text += f"  ·  {number(100 * share, lang, 1, '%')}"
    return Fact(title, text, share=share if share == share else None, plain=f"{n:.0f}")


def sensors(row: pd.Series, streams: pd.DataFrame | None, lang: str) -> tuple[Fact, ...]:
    """List what is measured at a mast."""
    if streams is None or "place" not in streams:
        return ()
    mine = streams[streams["place"].astype(str) == str(row["id"])]
    return tuple(_stream(stream, lang) for _, stream in mine.iterrows())


def _stream(stream: pd.Series, lang: str) -> Fact:
    """Say what one sensor measures, how often and how well; who owns it and how open it is in the tip."""
    unit = str(stream.get("unit") or "")
    title = tr(schema.word(str(stream.get("quantity") or stream.get("stream") or "")), lang)
    title += f" [{_UNITS.get(unit, unit)}]" if unit else ""
    parts = []
    period = float(stream.get("period_s", math.nan))
    if period == period:
        every = number(period, lang, 0, "s") if period < 60 else number(period / 60, lang, 0, "min")
        parts.append(tr("every {time}", lang, time=every))
    if stream.get("accuracy"):
        parts.append(_accuracy(str(stream["accuracy"]), lang))
    height = float(stream.get("height_m", math.nan))
    if height == height:
        parts.append(tr("{height} up", lang, height=number(height, lang, 1, "m")))
    source = {name: str(stream.get(name) or "") for name in ("owner", "licence", "classification", "maturity", "note")}
    tip = "\n".join(f"{fact.title}: {fact.value}" for fact in source_facts(source, lang) if fact.value)
    return Fact(title, ", ".join(parts) or tr(N_("yes"), lang), tip=tip, plain=str(stream.get("stream") or ""))


def _accuracy(text: str, lang: str) -> str:
    """Write an accuracy such as «±0.5 Cel» with the language's decimals and the units people use."""
    for plain, shown in _UNITS.items():
        text = text.replace(f" {plain}", f" {shown}")
    return re.sub(r"\d+\.\d+", lambda found: number(float(found[0]), lang, len(found[0].split(".")[1])), text)


def rules(city: City, table: str, row: pd.Series, lang: str) -> tuple[Fact, ...]:
    """List the rules whose area the thing lies in; of a street, those on a real part of it."""
    all_rules, shape = city.rules, row.geometry
    if table not in ("roads", "buildings", "places") or not len(all_rules) or shape is None:
        return ()
    facts = []
    for place in all_rules.sindex.query(shape, predicate="intersects"):
        rule = all_rules.iloc[int(place)]
        part = _part_inside(shape, rule.geometry, table)
        if part > 0:
            facts.append(_rule_fact(rule, part, lang))
    return tuple(facts)


def _part_inside(shape: shapely.Geometry, area: shapely.Geometry, table: str) -> float:
    """Return which part of the thing lies in an area; a street that only touches it counts as outside."""
    if table == "places":
        return 1.0
    if table == "buildings":
        return 1.0 if area.covers(shape.representative_point()) else 0.0
    inside = shape.intersection(area).length
    part = float(inside / shape.length) if shape.length else 0.0
    return part if part >= 0.5 or inside >= 15.0 else 0.0


def _rule_fact(rule: pd.Series, part: float, lang: str) -> Fact:
    kind = tr(schema.word(str(rule["kind"])), lang)
    if rule["rule_class"]:
        kind += " " + tr("class {name}", lang, name=rule["rule_class"])
    status = tr(schema.word(str(rule["status"])), lang) if rule["status"] else tr("status not stated", lang)
    if part < 0.99:
        status += ", " + tr("on {share} of the length", lang, share=number(100 * part, lang, 0, "%"))
    names = [tr(schema.word(v.strip()), lang) for v in str(rule["vehicle_classes"]).split(",") if v.strip()]
    tip = [str(rule["name"])] if rule["name"] else []
    tip += [tr("Applies to: {classes}", lang, classes=", ".join(names))] if names else []
    if rule["hours"]:
        tip.append(tr("Hours: {hours}", lang, hours=rule["hours"]))
        status += ", " + str(rule["hours"])
    if rule["valid_from"]:
        tip.append(tr("Valid from {date}", lang, date=rule["valid_from"]))
    return Fact(kind, status, tip="\n".join(tip), target=("rules", str(rule["id"])), plain=str(rule["status"]))


def zones(city: City, table: str, row: pd.Series, lang: str) -> tuple[Fact, ...]:
    """List the zones a thing lies in."""
    all_zones, shape = city.zones, row.geometry
    if table in ("zones", "rules", "cover") or not len(all_zones) or shape is None or shape.is_empty:
        return ()
    inside = all_zones.sindex.query(shape.representative_point(), predicate="intersects")
    facts = []
    for place in np.sort(inside):
        zone = all_zones.iloc[int(place)]
        kind = tr(schema.word(str(zone["kind"])), lang) or tr(N_("Zone"), lang)
        named = str(zone["name"] or zone["code"] or zone["id"])
        facts.append(Fact(kind, named, target=("zones", str(zone["id"]))))
    return tuple(facts)
