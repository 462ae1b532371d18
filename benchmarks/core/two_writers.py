"""Two processes that commit to one table of the lake at once: nothing is lost, nothing doubled, and what it takes.

    python benchmarks/core/two_writers.py [--commits 1000] [--rows 1000] [--accept]

Each writer commits its own made-up facts, so many rows at a time, with a token for each commit; every tenth commit is
sent twice with the same token, as a client does that got no answer. After every 100 commits of each the table is
compacted. At the end the rows are compared with what was sent. Plain PyIceberg does the same work in a table of the
same columns, but a tenth of the commits and no compaction; it knows no tokens, so that nothing is sent twice, and a
commit that it refuses because the other writer came first is tried again. A DuckDB file is no peer here: it lets one
process write. The target of one writer's commit is in `benchmarks/core/lake.py`.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, at_most, circumstances, keep
from minute_bars import DAY_NS

from tallystick.core.lake import Lake, TableSpec
from tallystick.core.schema import BusinessDate, Int64, Record, Text, Timestamp

DATE = 20_500
AGAIN, COMPACTED = 10, 100
WRITERS = 2
TRIES = 1_000


class Fact(Record, frozen=True, kw_only=True):
    """A fact of a writer."""

    writer: Text
    number: Int64
    date: BusinessDate
    value: Int64
    event_time: Timestamp
    known_time: Timestamp


NAME = "benchmark.facts"
SPEC = TableSpec(NAME, Fact, ("writer", "number", "date"), ("writer", "number"), ("date", "day"))


def facts(writer: int, commit: int, rows: int) -> pa.Table:
    """The rows of a commit."""
    numbers = np.arange(commit * rows, (commit + 1) * rows)
    times = np.full(rows, DATE * DAY_NS)
    return pa.table(
        {
            "writer": [f"W{writer}"] * rows,
            "number": numbers,
            "date": pa.array(np.full(rows, DATE, np.int32)).cast(pa.date32()),
            "value": numbers * 7 % 1_000_003 + writer,
            "event_time": times,
            "known_time": times,
        }
    )


def write_ours(folder: Path, writer: int, commits: range, rows: int) -> tuple[list[float], int]:
    seconds = []
    with Lake(folder) as lake:
        for number in commits:
            given = facts(writer, number, rows)
            start = time.perf_counter()
            lake.append(NAME, given, token=f"{writer}-{number}")
            seconds.append(time.perf_counter() - start)
            if number % AGAIN == 0:
                lake.append(NAME, given, token=f"{writer}-{number}")
    return seconds, 0


def plain_catalog(folder: Path) -> Any:
    from pyiceberg.catalog.sql import SqlCatalog

    return SqlCatalog("plain", uri=f"sqlite:///{folder}/plain.db", warehouse=f"file://{folder}/plain")


def write_plain(folder: Path, writer: int, commits: range, rows: int) -> tuple[list[float], int]:
    from pyiceberg.exceptions import CommitFailedException

    catalog, seconds, refused = plain_catalog(folder), [], 0
    for number in commits:
        given = facts(writer, number, rows)
        start = time.perf_counter()
        for _ in range(TRIES):
            try:
                catalog.load_table(NAME).append(given)
                break
            except CommitFailedException:
                refused += 1
        seconds.append(time.perf_counter() - start)
    return seconds, refused


def run(write: Any, folder: Path, commits: int, rows: int, compact: Any) -> tuple[float, list[float], int]:
    """Wall seconds of both writers together, the seconds of every commit, and how many were refused."""
    spent, every, refused = 0.0, [], 0
    with ProcessPoolExecutor(WRITERS, multiprocessing.get_context("spawn")) as pool:
        for first in range(0, commits, COMPACTED):
            some = range(first, min(first + COMPACTED, commits))
            start = time.perf_counter()
            given = [pool.submit(write, folder, writer, some, rows) for writer in range(WRITERS)]
            for seconds, count in (future.result() for future in given):
                every += seconds
                refused += count
            spent += time.perf_counter() - start
            compact()
    return spent, every, refused


def wrong_rows(found: pa.Table, commits: int, rows: int) -> int:
    """How many rows are lost, doubled or changed."""
    columns = ["writer", "number", "value"]
    sent = [facts(writer, number, rows) for writer in range(WRITERS) for number in range(commits)]
    expected = pa.concat_tables(sent).select(columns)
    counted = found.select(columns).group_by(columns).aggregate([([], "count_all")])
    doubled = found.num_rows - counted.num_rows
    kept = counted.select(columns).join(expected, columns, join_type="inner").num_rows
    return doubled + (expected.num_rows - kept) + (counted.num_rows - kept)


def spread(seconds: list[float]) -> dict[str, float]:
    p50, p99 = (float(found) * 1e3 for found in np.percentile(seconds, [50, 99]))
    return {"p50_ms": round(p50, 2), "p99_ms": round(p99, 2), "max_ms": round(max(seconds) * 1e3, 2)}


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--commits", type=int, default=1_000, help="of each writer")
    parser.add_argument("--rows", type=int, default=1_000, help="of a commit")
    given = parser.parse_args()
    few = max(given.commits // 10, 1)
    print(circumstances("pyarrow", "pyiceberg"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Lake(folder / "lake") as lake:
            lake.create(SPEC)
            ours = run(write_ours, folder / "lake", given.commits, given.rows, lambda: lake.compact(NAME))
            wrong = wrong_rows(lake.scan(NAME), given.commits, given.rows)
            files = len(lake.state(NAME).plan.files)
        catalog = plain_catalog(folder)
        catalog.create_namespace("benchmark")
        catalog.create_table(NAME, facts(0, 0, 1).schema)
        plain = run(write_plain, folder, few, given.rows, lambda: None)
        plain_wrong = wrong_rows(catalog.load_table(NAME).scan().to_arrow(), few, given.rows)
    found = {"commits": given.commits, "rows": given.rows, "files": files}
    for what, commits, (spent, seconds, refused), bad in (
        ("ours", given.commits, ours, wrong),
        ("plain pyiceberg", few, plain, plain_wrong),
    ):
        rate = WRITERS * commits / spent
        found[what] = spread(seconds) | {"commits_s": round(rate, 1), "refused": refused, "wrong rows": bad}
        print(f"{what:<16} {WRITERS} x {commits:,} commits of {given.rows:,} rows: {found[what]}")
    few = WRITERS * min(few, COMPACTED)  # of both the first commits, since a growing table takes longer
    first = [float(np.median(seconds[:few])) for _, seconds, _ in (plain, ours)]
    ratios = {"commit of two writers, p50: plain pyiceberg / ours": first[0] / first[1]}
    what = f"rows lost or doubled, {WRITERS} writers x {given.commits:,} commits of {given.rows:,} rows"
    return keep(
        "core-two-writers", found, ratios, accept=given.accept, targets=[at_most(what, wrong, 0, "rows")]
    )


if __name__ == "__main__":
    sys.exit(main())
