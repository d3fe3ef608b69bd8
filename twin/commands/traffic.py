"""``twin traffic``: the user equilibrium of a TNTP network and its trips, to a stated gap."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import BadInput
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser
    from twin.models.traffic.assign import Equilibrium, Step

SHOWN = 5
"""Notes and lost trips named one by one, at most, of each kind."""


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument("network", type=Path, metavar="NET.tntp", help=tr("links, one per row", lang))
    parser.add_argument("trips", type=Path, metavar="TRIPS.tntp", help=tr("trips between zones", lang))
    parser.add_argument("--gap", type=_positive, required=True, metavar="G", help=tr("relative gap to reach", lang))
    parser.add_argument("--toll-weight", type=_weight, default=0.0, metavar="T", help=tr("time per toll", lang))
    parser.add_argument("--distance-weight", type=_weight, default=0.0, metavar="D", help=tr("time per length", lang))
    parser.add_argument("--flows", type=Path, metavar="F.csv", help=tr("where to write flow and cost per link", lang))
    parser.add_argument(
        "--max-seconds", type=_positive, default=math.inf, metavar="S", help=tr("when to give up", lang)
    )
    parser.add_argument("--threads", type=_count, default=1, metavar="N", help=tr("the answer is the same", lang))


def run(args: Namespace, console: Console) -> int:
    """Find the equilibrium; exit 1 when the gap was not reached."""
    from twin.models.compile import compile_all
    from twin.models.traffic.assign import assign
    from twin.models.traffic.network import VehicleClass
    from twin.models.traffic.tntp import cut_off, read_network, read_trips

    lang = console.lang
    found, wanted = read_network(args.network), read_trips(args.trips)
    vehicles = VehicleClass("car", 1.0, args.toll_weight, args.distance_weight)
    demand = wanted.on(found.network, vehicles)
    job = console.job()
    compile_all(job, prefix="twin.models.traffic.")

    def tell(step: Step) -> None:
        done = 0.0 if step.gap >= 1 else min(math.log10(max(step.gap, 1e-16)) / math.log10(min(args.gap, 0.5)), 1.0)
        job.progress(
            max(done, 0.0), N_("Equilibrium: iteration {n}, gap {gap}"), n=step.iteration, gap=f"{step.gap:.1e}"
        )

    answer = assign(
        found.network, [demand], args.gap,
        threads=args.threads, max_seconds=args.max_seconds, report=tell,
    )  # fmt: skip
    job.progress(1.0)
    notes = (*found.notes, *wanted.notes, *cut_off(args.network, found.network, demand))
    problems = [note.text(lang) for note in notes] + _lost(answer, lang)
    for problem in problems[: SHOWN * 4]:
        console.say(f"twin: {problem}")
    if args.flows is not None:
        _write(args.flows, answer)
    console.result(
        {
            "gap": answer.gap,
            "objective": answer.objective,
            "iterations": answer.iterations,
            "seconds": answer.seconds,
            "total_travel_time": answer.total_time,
            "problems": problems,
        },
        _text(answer, lang),
    )
    if answer.gap <= args.gap:
        return 0
    console.say(
        "twin: "
        + tr(
            "{path}: gap {gap} after {seconds} s, {goal} was wanted; allow more time (--max-seconds) or a larger gap.",
            lang, path=args.network, gap=f"{answer.gap:.2e}", seconds=f"{answer.seconds:.1f}", goal=f"{args.gap:g}",
        )
    )  # fmt: skip
    return 1


def _lost(answer: Equilibrium, lang: str) -> list[str]:
    """Tell by reason how much demand is left out."""
    told = []
    for reason in dict.fromkeys(one.reason for one in answer.lost):
        some = [one for one in answer.lost if one.reason == reason]
        examples = ", ".join(f"{one.origin}→{one.destination}" for one in some[:SHOWN])
        told.append(
            tr(
                "{amount} trips left out, {reason}: {n} pairs ({examples})",
                lang, amount=number(sum(one.amount for one in some), lang, 1), reason=tr(reason, lang), n=len(some),
                examples=examples + (", …" if len(some) > SHOWN else ""),
            )
        )  # fmt: skip
    return told


def _text(answer: Equilibrium, lang: str) -> str:
    rows = (
        (N_("Relative gap"), f"{answer.gap:.3e}"),
        (N_("Objective"), number(answer.objective, lang, 4)),
        (N_("Iterations"), str(answer.iterations)),
        (N_("Seconds"), number(answer.seconds, lang, 3)),
        (N_("Total travel time"), number(answer.total_time, lang, 4)),
    )
    return "\n".join(f"{tr(title, lang)}: {value}" for title, value in rows)


def _write(path: Path, answer: Equilibrium) -> None:
    network = answer.network
    tails, heads = network.names[network.tail].tolist(), network.names[network.head].tolist()
    rows = zip(tails, heads, answer.flow.tolist(), answer.cost[0].tolist(), strict=True)
    lines = [f"{tail},{head},{flow!r},{cost!r}" for tail, head, flow, cost in rows]
    try:
        path.write_text("\n".join(["from,to,flow,cost", *lines]) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput("{path}: cannot be written ({reason}).", path=path, reason=error.strerror or error) from error


def _positive(text: str) -> float:
    value = _float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"«{text}»: > 0")
    return value


def _weight(text: str) -> float:
    value = _float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"«{text}»: 0.02")
    return value


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"«{text}»: 1, 2, …")
    return int(text)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
