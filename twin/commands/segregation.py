"""``twin segregation``: every measure of a table of units, and profiles over k and radius."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import BadInput, UsageError
from twin.privacy.cells import BASE, EXPORT
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from numpy.typing import NDArray

    from twin.city.unit_table import UnitTable
    from twin.commands.console import Console, Parser
    from twin.models.segregation.answer import Wanted
    from twin.models.segregation.shapes import Shapes

    Floats = NDArray[np.float64]

NOTES = {
    "units": N_("Values depend on how units are drawn: {n} inhabited units, the middle one of {persons} persons."),
    "twice": N_("Column {column} names {n} units more than once, such as {example}; each row counts as a unit."),
    "withheld": N_(
        "{n} units rest on fewer than {least} persons and are blank in {file}, counts are to multiples of {base} "
        "(public statistics: --public)."
    ),
    "missing": N_("{n} units lack a count and are left out."),
    "noise": N_("In {n} units the group exceeded the total by at most {most} persons; the total was raised to it."),
    "degrees": N_("Areas and places are measured in degrees; there are no distances, and values differ from metres."),
    "no outlines": N_("The table has no outlines, so that only counts could be measured."),
    "points": N_("Units are points without area: measures of outlines are left out."),
    "pairs": N_("Measures over pairs of units are left out beyond {n} units."),
    "pysal": N_(
        "Clustering, proximity and decay are in PySAL's convention; under «published» as Massey and Denton wrote them."
    ),
    "no system": N_("The table names no reference system; coordinates are taken as metres."),
    "bridge": N_("Only walked measures can react to a bridge or a path; all others see residence and straight lines."),
    "off network": N_("{n} units are too far from the walk network and left out of walked measures."),
}


_AREA_NAMES = ("desonamn", "deso_namn", "regsonamn", "regso_namn")


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    arg = parser.add_argument
    arg("table", metavar="TABLE", type=Path, help=tr("CSV, Parquet, GeoPackage …: a row per unit", lang))
    arg("--group", metavar="COL", help=tr("persons of the group", lang))
    arg("--total", metavar="COL", help=tr("all persons, the group among them", lang))
    arg("--other", metavar="COL", help=tr("persons the group is compared with", lang))
    arg("--groups", metavar="A,B,C", type=_names, help=tr("columns of several groups that do not overlap", lang))
    arg("--by", metavar="COL", help=tr("split M and H between and within clusters of units", lang))
    arg(
        "--k", metavar="K", type=_whole, nargs="*", action="extend",
        help=tr("nearest k persons, such as 200,1600; alone: 200, 1600, 12800, 51200", lang),
    )  # fmt: skip
    arg(
        "--radii", metavar="M", type=_metres, nargs="*", action="extend",
        help=tr("environments within metres, such as 500,1000; alone: 500, 1000, 2000, 4000", lang),
    )  # fmt: skip
    arg("--network", metavar="P", help=tr("project or file whose walk network is walked", lang))
    arg("--fall", choices=("flat", "triangle", "biweight"), default="biweight", help=tr("how nearness weighs", lang))
    arg("--crs", metavar="C", help=tr("reference system to measure in, such as EPSG:3011", lang))
    arg("--x", metavar="COL", help=tr("column of east coordinates, where the table has no outlines", lang))
    arg("--y", metavar="COL", help=tr("column of north coordinates, where the table has no outlines", lang))
    arg("--atkinson", metavar="B", type=float, default=0.5, help=tr("Atkinson's b, between 0 and 1", lang))
    arg("--null", choices=("permutation", "binomial"), default="permutation", help=tr("how chance is drawn", lang))
    arg("--draws", metavar="N", type=int, default=200, help=tr("draws of the band of chance; 0: none", lang))
    arg("--seed", metavar="N", type=int, default=0, help=tr("the same seed gives the same band", lang))
    arg(
        "--noise", metavar="N", type=float, default=0.0,
        help=tr("persons by which published noise may make a group exceed its total", lang),
    )  # fmt: skip
    arg("--local", metavar="FILE.csv", type=Path, help=tr("write values of each unit", lang))
    arg("--public", action="store_true", help=tr("public statistics: few persons need not be withheld", lang))


def run(args: Namespace, console: Console) -> int:
    """Read, measure, tell."""
    _check(args)
    from twin.city.unit_table import read_table
    from twin.models.compile import compile_all
    from twin.models.segregation import answer

    table = read_table(args.table)
    if not table.rows:
        raise BadInput("{path}: the table has no rows; a row per unit was expected", path=table.path.name)
    notes: list[tuple[str, dict[str, object]]] = []
    counts, total, names = _counts(args, table, notes)
    network = _network(args, console) if args.network else None
    units, crs, planar = _units(args, table, network, notes)
    wanted = _wanted(args, planar)
    _scales(args, wanted, units, planar)
    job = console.job()
    if args.groups:
        cluster = table.text(args.by) if args.by else None
        values = answer.several_groups(counts, wanted, cluster, job)
    else:
        values = answer.two_groups(counts[:, 0], total, units, wanted, job)
    if units is not None:
        if wanted.ks or wanted.radii:
            compile_all(job, prefix="twin.models.segregation.")
        values |= answer.straight(units, counts, names, wanted, job)
        if network is not None:
            values |= _walked(network, units, counts, names, wanted, console, notes)
        _about_outlines(args, units, planar, values, notes)
    facts = answer.about(counts)
    size = number(facts["persons_per_unit"]["median"], console.lang, 0)
    notes.insert(0, ("units", {"n": facts["units"], "persons": size}))
    if facts["missing_units"]:
        notes.append(("missing", {"n": facts["missing_units"]}))
    _look_for_twins(table, notes)
    if args.local:
        from twin.commands import segregation_local

        labels = names if args.groups else [names[0], args.other or "rest"]
        few = segregation_local.write(args.local, counts, labels, args.public)
        if few:
            said = {"n": few, "least": EXPORT, "base": BASE, "file": args.local.name}
            notes.append(("withheld", said))
    result = values | {
        "table": str(args.table), **facts, "groups": _shares(counts, names), "crs": crs,
        "parameters": _parameters(args, wanted),
        "notes": [_note(key, fields, console.lang) for key, fields in notes],
    }  # fmt: skip
    console.result(result, _text(result, console.lang))
    return 0


def _note(key: str, fields: dict[str, object], lang: str) -> str:
    said = {name: number(value, lang, 0) if isinstance(value, int) else value for name, value in fields.items()}
    return tr(NOTES[key], lang, **said)


def _check(args: Namespace) -> None:
    """Refuse options that do not go together."""
    if bool(args.group) == bool(args.groups):
        raise UsageError("name either --group COL or --groups A,B,C (see {program} --help)", program="twin segregation")
    if args.group and bool(args.total) == bool(args.other):
        raise UsageError("--group needs --total COL or --other COL, one of them")
    if args.groups and (args.total or args.other):
        raise UsageError("--groups counts everybody; --total and --other belong to --group")
    if args.groups and (len(args.groups) < 2 or len(set(args.groups)) < len(args.groups)):
        raise UsageError("--groups needs at least two different columns")
    if args.by and not args.groups:
        raise UsageError("--by belongs to --groups")
    if bool(args.x) != bool(args.y):
        raise UsageError("--x and --y go together")
    if args.network and args.k is None and args.radii is None:
        raise UsageError("--network needs --k or --radii: what shall be walked to?")
    if args.seed < 0 or args.noise < 0:
        raise UsageError("--seed and --noise are 0 or more")
    if args.draws and args.draws < 20:
        raise UsageError("--draws is {n}; at least 20 were expected, or 0 for none", n=args.draws)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _whole(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        found = [0]
    if min(found, default=1) < 1:
        raise argparse.ArgumentTypeError(f"«{text}»: 200,1600")
    return found


def _metres(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        found = [np.nan]
    if not all(0 <= r < np.inf for r in found):
        raise argparse.ArgumentTypeError(f"«{text}»: 500,1000")
    return found


def _wanted(args: Namespace, planar: bool) -> Wanted:
    from twin.models.segregation import answer, multiscalar, neighbours

    ks, radii = (None if one is None else [v for part in one for v in part] for one in (args.k, args.radii))
    return answer.Wanted(
        atkinson=args.atkinson, null=args.null, draws=args.draws, seed=args.seed, fall=args.fall, planar=planar,
        ks=() if ks is None else neighbours.checked_ks(ks or neighbours.KS),
        radii=() if radii is None else tuple(sorted(set(radii or multiscalar.RADII))),
    )  # fmt: skip


def _counts(args: Namespace, table: UnitTable, notes: list[Any]) -> tuple[Floats, Floats, list[str]]:
    """Return counts of groups (n, g) that do not overlap, all persons (n,), and the names of groups shown."""
    if args.groups:
        counts = np.stack([table.counts(name) for name in args.groups], axis=1)
        return counts, counts.sum(axis=1), list(args.groups)
    group = table.counts(args.group)
    if args.other:
        other = table.counts(args.other)
        return np.stack([group, other], axis=1), group + other, [args.group]
    total = table.counts(args.total)
    over = group - total
    wrong = over > args.noise + 1e-9 * total
    if wrong.any():
        row = int(np.argmax(wrong))
        raise BadInput(
            "{path}: row {row}: {group} counts {a}, more than all persons in {total}, {b} (published noise: --noise)",
            path=table.path.name, row=row + 1, group=args.group, total=args.total, a=f"{group[row]:g}",
            b=f"{total[row]:g}",
        )  # fmt: skip
    raised = over > 0
    if raised.any():
        notes.append(("noise", {"n": int(raised.sum()), "most": f"{np.nanmax(over):g}"}))
    total = np.where(raised, group, total)
    return np.stack([group, total - group], axis=1), total, [args.group]


def _network(args: Namespace, console: Console) -> Any:
    """Return the City whose walk network is to be walked."""
    from twin.city import formats
    from twin.city.reading import ReadOptions
    from twin.project import load_city, resolve_path

    path = Path(args.network)
    if args.network == "demo" or path.is_dir() or path.name == "project.json":
        city = load_city(resolve_path(args.network))
    else:
        city = formats.read(path, ReadOptions(target_crs=args.crs), console.job()).city
    if not len(city.paths):
        raise BadInput("{path}: there is no walk network in it", path=args.network)
    return city


def _units(args: Namespace, table: UnitTable, network: Any, notes: list[Any]) -> tuple[Shapes | None, str | None, bool]:
    """Return the units' outlines in the system to measure in, that system, and whether it is in metres."""
    import shapely

    from twin.city import crs
    from twin.models.segregation.shapes import shapes

    geometries: Any = table.geometries
    declared = table.crs
    if args.x:
        geometries, declared = shapely.points(table.coordinates(args.x), table.coordinates(args.y)), None
    if geometries is None:
        notes.append(("no outlines", {}))
        return None, None, True
    if declared is None:
        declared = args.crs or (network.crs if network is not None else None)
    if declared is None:
        notes.append(("no system", {}))
        return shapes(geometries), None, True
    target = args.crs or (network.crs if network is not None else None)
    if target is None:
        here = shapely.total_bounds(geometries)
        way = crs.transformer(declared, crs.LONLAT)
        box = way.transform_bounds(*here) if np.isfinite(here).all() else None
        target = crs.choose(declared, box)
    if network is not None and crs.horizontal(target) != crs.horizontal(network.crs):
        raise BadInput(
            "the walk network is in {network} and the measure in {crs}; leave --crs out, or name the network's",
            network=network.crs, crs=target,
        )  # fmt: skip
    made = shapes(_moved(geometries, declared, target))
    return made, crs.horizontal_or_text(target), crs.metric(target)


def _moved(geometries: Any, source: str, target: str) -> Any:
    import shapely

    from twin.city import crs

    if crs.horizontal_or_text(source) == crs.horizontal_or_text(target):
        return geometries
    way = crs.transformer(source, target)
    return shapely.transform(geometries, lambda at: np.stack(way.transform(at[:, 0], at[:, 1]), axis=1))


def _scales(args: Namespace, wanted: Wanted, units: Shapes | None, planar: bool) -> None:
    """Refuse scales where there are no places or no metres to take them in."""
    if not (wanted.ks or wanted.radii):
        return
    if units is None:
        raise BadInput("{path}: --k and --radii need outlines, or --x and --y", path=args.table.name)
    if not planar:
        raise BadInput("{crs} is not in metres; --k and --radii need a system that is", crs=args.crs)


def _walked(
    network: Any, units: Shapes, counts: Floats, names: list[str], wanted: Wanted, console: Console, notes: list[Any]
) -> dict[str, Any]:
    from twin.models.segregation import answer, walking
    from twin.models.walk import network as net

    walk = walking.walk(units.middle, net.build(network.paths, net.Rules()))
    notes.append(("bridge", {}))
    if not walk.reached.all():
        notes.append(("off network", {"n": int((~walk.reached).sum())}))
    return answer.walked(walk, counts, names, wanted, console.job())


def _about_outlines(args: Namespace, units: Shapes, planar: bool, values: dict[str, Any], notes: list[Any]) -> None:
    from twin.models.segregation.answer import MOST_PAIRED

    if not planar:
        notes.append(("degrees", {}))
    if args.groups:
        return
    if not units.areal:
        notes.append(("points", {}))
    elif "absolute_clustering" in values:
        notes.append(("pysal", {}))
    elif planar:
        notes.append(("pairs", {"n": MOST_PAIRED}))


def _shares(counts: Floats, names: list[str]) -> list[dict[str, Any]]:
    known = counts[~np.isnan(counts).any(axis=1)]
    every = known.sum()
    return [
        {
            "name": name,
            "persons": float(known[:, g].sum()),
            "share": float(known[:, g].sum() / every) if every else None,
        }
        for g, name in enumerate(names)
    ]


def _parameters(args: Namespace, wanted: Wanted) -> dict[str, Any]:
    from twin.models.segregation import proximity, walking
    from twin.models.segregation.answer import MOST_PAIRED

    return {
        "group": args.group, "total": args.total, "other": args.other, "groups": args.groups, "by": args.by,
        "k": list(wanted.ks), "radii": list(wanted.radii), "fall": wanted.fall, "network": args.network,
        "crs": args.crs, "x": args.x, "y": args.y, "atkinson": wanted.atkinson, "null": wanted.null,
        "draws": wanted.draws, "seed": wanted.seed, "noise": args.noise, "centre": wanted.centre,
        "nearness_scale": wanted.nearness_scale, "nearness_alpha": proximity.ALPHA, "nearness_beta": proximity.BETA,
        "access": walking.ACCESS, "concentration_profile_steps": 1000, "most_paired": MOST_PAIRED,
        "local": None if args.local is None else str(args.local), "public": args.public,
    }  # fmt: skip


def _look_for_twins(table: UnitTable, notes: list[Any]) -> None:
    """Say where a column of codes names units twice: several years in one table, say, or two tables in one."""
    from twin.city.statistics.groups import CODE_COLUMNS

    for column in table.columns:
        if column.strip().lower() in (*CODE_COLUMNS, *_AREA_NAMES):
            codes = [code for code in table.text(column) if code.strip()]
            many = Counter(codes)
            twice = [code for code, times in many.items() if times > 1]
            if twice:
                notes.append(("twice", {"column": column, "n": len(twice), "example": twice[0]}))


_TITLES = {
    "dissimilarity": N_("Dissimilarity D"), "isolation": N_("Isolation"), "exposure": N_("Exposure to the others"),
    "gini": N_("Gini"), "entropy": N_("Entropy H"), "atkinson": N_("Atkinson"),
    "correlation_ratio": N_("Correlation ratio (eta²)"), "mutual_information": N_("Mutual information M [nats]"),
    "theil_h": N_("Theil's H"), "divergence": N_("Divergence [nats]"),
    "normalised_exposure": N_("Normalised exposure"), "diversity": N_("Diversity of all [nats]"),
    "spatial_dissimilarity": N_("Dissimilarity less that of neighbours"), "delta": N_("Delta"),
    "spatial_proximity": N_("Spatial proximity"),
}  # fmt: skip


def _text(result: dict[str, Any], lang: str) -> str:
    lines = [f"{group['name']}: {number(group['persons'], lang, 0)} ({_part(group['share'], lang)})"
             for group in result["groups"]]  # fmt: skip
    for key, title in _TITLES.items():
        value = result.get(key)
        if isinstance(value, float) and np.isfinite(value):
            chance = result.get("band", {}).get(key)
            beside = ""
            if chance is not None:
                low, high = number(chance["low"], lang, 4), number(chance["high"], lang, 4)
                beside = "  " + tr("by chance {low} to {high}", lang, low=low, high=high)
            lines.append(f"  {tr(title, lang)}: {number(value, lang, 4)}{beside}")
    for key, found in result.get("parts", {}).items():
        between, within = _shown(found["between"], lang), _shown(found["within"], lang)
        split = tr("between clusters {between}, within {within}", lang, between=between, within=within)
        lines.append(f"  {tr(_TITLES[key], lang)}: {split}")
    for row in result.get("neighbourhoods", []):
        said = tr("too coarse", lang) if not row["usable"] else f"D {_shown(row['dissimilarity'], lang)}"
        lines.append(f"  {row['group']}, k = {number(row['k'], lang, 0)}: {said}")
    for row in result.get("multiscalar", []):
        lines.append(f"  H({number(row['radius'], lang, 0)} m): {_shown(row['theil_h'], lang)}")
    for row in result.get("barrier_effect", []):
        effect = tr("Barrier effect", lang)
        lines.append(f"  {effect} ({number(row['radius'], lang, 0)} m): {_shown(row['effect'], lang)}")
    return "\n".join([*lines, *(f"  {note}" for note in result["notes"])])


def _shown(value: float, lang: str) -> str:
    return number(value, lang, 4) if np.isfinite(value) else "–"


def _part(share: float | None, lang: str) -> str:
    return "–" if share is None else f"{number(100 * share, lang, 1)} %"
