"""One assignment by AequilibraE's bi-conjugate Frank–Wolfe, run by the interpreter of a throwaway environment.

Usage: PYTHON scripts/bench/traffic_peer.py NETWORK.npz GAP ITERATIONS THREADS

Prints one JSON object. Zero times and capacities are lifted a little, which it demands; links into nodes without a way
out are left out, for it lets flow into them appear elsewhere.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
from aequilibrae.matrix import AequilibraeMatrix
from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass
from aequilibrae.utils.python_signal import PythonSignal


def graph_of(given: Any) -> Graph:
    tail, head, zones = given["tail"], given["head"], given["zones"]
    dead = ~np.isin(head, tail) & ~np.isin(head, zones)
    rows = np.flatnonzero(~dead & ~given["closed"])
    made = Graph()
    made.network = pd.DataFrame(
        {
            "link_id": rows + 1, "a_node": tail[rows], "b_node": head[rows], "direction": 1,
            "free_flow_time": np.maximum(given["free"][rows], 1e-6), "capacity": np.maximum(given["capacity"][rows], 1),
            "b": given["rise"][rows], "power": np.maximum(given["power"][rows], 1.0),
        }
    )  # fmt: skip
    made.prepare_graph(zones)
    made.set_graph("free_flow_time")
    made.set_blocked_centroid_flows(bool(given["blocked"]))
    return made


def main() -> None:
    PythonSignal.emit = lambda *_: None
    given = np.load(sys.argv[1])
    gap, iterations, threads = float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    zones = given["zones"]
    demand = AequilibraeMatrix()
    demand.create_empty(zones=len(zones), matrix_names=["car"], memory_only=True)
    demand.index[:] = zones
    demand.matrix["car"][:, :] = given["matrix"]
    demand.computational_view(["car"])
    work = TrafficAssignment()
    work.set_classes([TrafficClass("car", graph_of(given), demand)])
    work.set_vdf("BPR")
    work.set_vdf_parameters({"alpha": "b", "beta": "power"})
    work.set_capacity_field("capacity")
    work.set_time_field("free_flow_time")
    work.set_algorithm("bfw")
    work.set_cores(threads)
    work.max_iter, work.rgap_target = iterations, gap
    began = time.perf_counter()
    work.execute()
    seconds = time.perf_counter() - began
    report = work.assignment.convergence_report
    print(json.dumps({"seconds": seconds, "gap": float(report["rgap"][-1]), "iterations": len(report["rgap"])}))


if __name__ == "__main__":
    main()
