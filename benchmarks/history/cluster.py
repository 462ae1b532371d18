"""The same tables asked by this process and by Daft on two Ray nodes of this machine, the same questions.

    python benchmarks/history/cluster.py [--days 20] [--accept]

Made-up minute bars of 1,000 instruments. Answers must be equal, row by row. On one machine the cluster cannot win: its
nodes have the cores that we have, and every question pays for tasks sent between processes; what this tells is that
price, which a table too large for one machine has to earn. Daft without Ray on the same files is the
peer. Starting the nodes and the first question are told apart. Without Daft and Ray (`make peers` has them) there is
nothing to measure.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, circumstances, installed, keep, timed
from minute_bars import MINUTES, NAME, SPEC, days_of_bars, symbol_of

from tallystick.core.lake import Lake
from tallystick.core.settings import LakeSettings

INSTRUMENTS = 1_000
NODE_BYTES = 512 * 2**20
QUESTIONS = {
    "daily highs, lows and volumes": "SELECT symbol, date, max(high) AS high, min(low) AS low, sum(volume) AS volume "
    "FROM {name} GROUP BY symbol, date ORDER BY symbol, date",
    "one instrument": "SELECT date, ts_start, close, volume FROM {name} "
    f"WHERE symbol = '{symbol_of(500)}' ORDER BY ts_start",
    "volume by day": "SELECT date, sum(volume) AS volume, count(*) AS bars FROM {name} GROUP BY date ORDER BY date",
}


@contextmanager
def two_nodes() -> Iterator[str]:
    """A Ray cluster of a head and a worker on loopback; its address."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": NODE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        cluster.add_node(**node)
        yield cluster.address
    finally:
        ray.shutdown()
        cluster.shutdown()


def native_daft(files: list[str]) -> dict[str, Any]:
    """The questions of Daft without Ray, in a process of its own: one that has asked stays with what it asked."""
    import daft

    bars = daft.read_parquet(files)
    return {
        what: timed(lambda question=question: daft.sql(question.format(name="bars"), bars=bars).to_arrow(), 3)
        for what, question in QUESTIONS.items()
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--days", type=int, default=20)
    given = parser.parse_args()
    if not installed("Daft on Ray", "daft", "ray"):
        return 0
    warnings.simplefilter("ignore")
    print(f"{circumstances('daft', 'ray', 'duckdb')}; {given.days * INSTRUMENTS * MINUTES / 1e6:.2f} M bars")
    found: dict[str, Any] = {"days": given.days}
    with tempfile.TemporaryDirectory() as name:
        with Lake(Path(name) / "lake") as lake:
            lake.create(SPEC)
            bars = days_of_bars(INSTRUMENTS)
            for _ in range(given.days):
                lake.append(NAME, next(bars))
            files = [str(lake.table_folder(NAME) / file.path) for file in lake.state(NAME).plan.files]
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            peers = pool.submit(native_daft, files).result()
        start = time.perf_counter()
        with two_nodes() as address, Lake(Path(name) / "lake", LakeSettings(cluster=address)) as lake:
            found["start two nodes, s"] = round(time.perf_counter() - start, 3)
            for what, question in QUESTIONS.items():
                text = question.format(name=NAME)
                here, answer = timed(lambda text=text: lake.sql(text, engine="local"), 5)
                there, same = timed(lambda text=text: lake.sql(text, engine="cluster"), 3)
                assert same.to_pylist() == answer.to_pylist(), f"{what}: the answers differ"
                assert peers[what][1].num_rows == answer.num_rows, what
                found[what] = {"local": here, "cluster": there, "Daft": peers[what][0]}
                print(
                    f"{what:<32} {answer.num_rows:>8,} rows  local {here['best']:7.3f} s  "
                    f"cluster {there['best']:7.3f} s (first {there['first']:.3f})  "
                    f"Daft alone {peers[what][0]['best']:7.3f} s"
                )
    print(f"two nodes started in {found['start two nodes, s']} s; all answers equal")
    ratios = {
        f"{what}: {peer} / {ours}": found[what][theirs]["best"] / found[what][which]["best"]
        for what in QUESTIONS
        for peer, theirs, ours, which in (
            ("cluster", "cluster", "ours here", "local"),
            ("Daft alone", "Daft", "cluster", "cluster"),
        )
    }
    return keep("history-cluster", found, ratios, accept=given.accept)


if __name__ == "__main__":
    sys.exit(main())
