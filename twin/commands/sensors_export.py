"""``twin sensors export``: observations to CSV, Parquet or JSON, with owner, licence and class beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from twin.commands.sensors_ingest import history_folder, streams_wanted
from twin.commands.sensors_replay import span_arguments, span_of, warn_of_today
from twin.errors import BadInput
from twin.text import tr, trn

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser

ENDINGS = (".csv", ".parquet", ".json")


def add(parser: Parser, lang: str) -> None:
    """Describe the arguments."""
    span_arguments(parser, lang)
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help=tr("file to write: .csv, .parquet or .json", lang)
    )
    parser.add_argument(
        "--step",
        type=float,
        default=0.0,
        metavar="S",
        help=tr("means over so many seconds instead of single values", lang),
    )
    parser.add_argument("--good-only", action="store_true", help=tr("leave flagged values out", lang))
    parser.add_argument(
        "--allow",
        default="open",
        choices=("open", "internal", "restricted"),
        help=tr("highest information class that may be written", lang),
    )


def run(args: Namespace, console: Console) -> int:
    """Write the file in one step."""
    import pandas as pd

    from twin.disk import atomic
    from twin.sensors.embedded import EmbeddedHistory
    from twin.sensors.stream import QUALITY_NAMES, Quality, to_table

    if args.out.suffix.lower() not in ENDINGS:
        raise BadInput("{path}: a name ending in {known} is expected.", path=args.out.name, known=", ".join(ENDINGS))
    levels = ("open", "internal", "restricted")
    with EmbeddedHistory(history_folder(args.project), read_only=True) as store:
        warn_of_today(store, console)
        start, end = span_of(store, args)
        wanted = streams_wanted(store.streams(), args)
        allowed = [one for one in wanted if levels.index(one.classification) <= levels.index(args.allow)]
        if not allowed:
            raise BadInput(
                "All of these streams are {level}; --allow {level} writes them.", level=wanted[0].classification
            )
        sids = [one.sid for one in allowed]
        if args.step > 0:
            table = store.aggregate(
                start, end, max(round(args.step), 1), ["mean", "count", "min", "max"], sids, args.good_only
            )
        else:
            rows = store.rows(start, end).frame()
            table = rows[rows["sid"].isin(sids) & ((rows["quality"] == 0) | (not args.good_only))]
            names = {int(code): QUALITY_NAMES[code] for code in Quality}
            table = table.assign(quality=table["quality"].map(names))
    facts = to_table(allowed).set_index("sid")
    columns = ["stream", "name", "quantity", "unit", "lon", "lat", "owner", "licence", "classification", "maturity"]
    table = table.join(facts[columns], on="sid").drop(columns="sid")
    order = ["stream", "name", "quantity", "time"]
    table = table[order + [c for c in table.columns if c not in order]]
    for name in ("time", "received"):
        if name in table:
            table[name] = pd.to_datetime(table[name]).dt.tz_localize("UTC")
    with atomic.replacing(args.out.absolute()) as part:
        if args.out.suffix.lower() == ".csv":
            table.to_csv(part, index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
        elif args.out.suffix.lower() == ".json":
            table.to_json(part, orient="records", date_format="iso", force_ascii=False)
        else:
            table.to_parquet(part, index=False, compression="zstd")
    left = len(wanted) - len(allowed)
    if left:
        console.say(
            "twin: "
            + trn(
                "{n} stream was left out for its information class.",
                "{n} streams were left out for their information class.",
                left,
                console.lang,
            )
        )
    licences = sorted({one.licence for one in allowed if one.licence})
    said = trn("{n} row", "{n} rows", len(table), console.lang)
    owners = sorted({one.owner for one in allowed if one.owner})
    console.result(
        {
            "file": str(args.out),
            "rows": len(table),
            "streams": len(allowed),
            "left_out": left,
            "licences": licences,
            "owners": owners,
        },
        "; ".join([f"{args.out}: {said}", ", ".join(owners), ", ".join(licences)]),
    )
    return 0
