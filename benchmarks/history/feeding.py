"""Business history of a traded day: derived from the journal, asked before sealing, sealed with proof, asked after.

    python benchmarks/history/feeding.py [--firm DIR] [--orders 165000] [--accept]

The firm is a made-up one whose demo day was run (218,000 order messages and 165,000 orders); `--firm` takes one that is
there, which is only read. Its day is sealed into a lake of this run's own. The peer writes the very rows of every
table as plain sorted zstd-3 Parquet with one `fsync` each by PyArrow, without proof, snapshot or catalog; deriving the
rows is in neither.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, at_most, circumstances, keep

from tallystick.core.business import BusinessTable
from tallystick.core.lake import Lake
from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm, business_tables
from tallystick.history import feed_lake
from tallystick.history.feeding.feeds import keep_sealed_through
from tallystick.simulation import DemoPlan, build, run_day

TARGET_SECONDS = 5.0


def make_firm(folder: Path, orders: int) -> Path:
    plan = DemoPlan(house_orders=orders)
    settings = Settings(firm=FirmSettings(clock="commands", seed=plan.seed))
    with Firm.create(folder, first_day=plan.first_day, settings=settings, user="benchmark") as firm:
        build(firm.context(), plan)
        run_day(firm.context(), plan.date)
    return folder


def seconds_of(work: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def write_plainly(folder: Path, table: BusinessTable, rows: pa.Table) -> None:
    """The peer: sorted, compressed alike, synced."""
    path = folder / f"{table.name}.parquet"
    order = [(name, "ascending") for name in (*table.spec.sort, "known_time")]
    pq.write_table(rows.sort_by(order), path, compression="zstd", compression_level=3, row_group_size=61_440)
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def measured(firm: Firm, folder: Path) -> dict[str, Any]:
    journal, tables = firm.house.journal, business_tables()
    with Lake(folder / "warm") as warm:  # imports, compiled kernels, the machines' snapshot in the page cache
        closed = [span for span in feed_lake(warm, firm.house, tables).days.spans() if span.is_closed]
        warm.seal(closed[0].date, [table.name for table in tables])
    day = closed[-1].date
    journal.close()
    with Lake(folder / "lake") as lake:
        feeds = feed_lake(lake, firm.house, tables)
        keep_sealed_through(lake, closed[-2])
        found: dict[str, Any] = {"day": str(day)}
        found["derive_s"], rows = seconds_of(
            lambda: {table.name: feeds.rows(table.name, day) for table in tables}
        )
        found["rows"] = {name: table.num_rows for name, table in rows.items()}
        question = "SELECT symbol, sum(value) FROM ledger.executions GROUP BY symbol"
        found["first_question_s"], before = seconds_of(lambda: lake.sql(question))
        found["same_question_s"], _ = seconds_of(lambda: lake.sql(question))
        found["seal_s"], sealed = seconds_of(lambda: lake.seal(day, list(rows)))
        found["question_after_s"], after = seconds_of(lambda: lake.sql(question))
        assert before.sort_by("symbol").equals(after.sort_by("symbol")), "sealing changed an answer"
        found["bytes"] = sum(lake.describe(one.name).bytes for one in sealed)
    given = {table.name: table for table in tables}
    found["plain_s"], _ = seconds_of(
        lambda: [write_plainly(folder, given[name], rows[name]) for name in rows]
    )
    found["plain_bytes"] = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    return found


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--firm", type=Path, default=None)
    parser.add_argument("--orders", type=int, default=165_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Firm.open(given.firm or make_firm(folder / "firm", given.orders)) as firm:
            found = measured(firm, folder)
    found["circumstances"] = circumstances("duckdb", "pyarrow", "pyiceberg")
    count = sum(found["rows"].values())
    print(f"{found['day']}: {count:,} rows in {len(found['rows'])} tables; {found['circumstances']}")
    for table, rows in found["rows"].items():
        print(f"    {table:28} {rows:9,}")
    print(f"derived from the journal, machines included  {found['derive_s']:6.2f} s")
    print(f"turnover by symbol, unsealed, first time     {found['first_question_s']:6.2f} s")
    print(f"    again                                    {found['same_question_s']:6.3f} s")
    print(f"    after sealing                            {found['question_after_s']:6.3f} s")
    print(f"sealed with proof                            {found['seal_s']:6.2f} s, {found['bytes']:,} bytes")
    print(
        f"plain Parquet of the same rows               {found['plain_s']:6.2f} s, {found['plain_bytes']:,} bytes"
    )
    ratios = {
        "plain Parquet / sealing, seconds": found["plain_s"] / found["seal_s"],
        "plain Parquet / sealed, bytes": found["plain_bytes"] / found["bytes"],
    }
    what = f"all tables of a day of {given.orders:,} orders derived"
    targets = [at_most(what, found["derive_s"], TARGET_SECONDS, "s")]
    return keep("history-feeding", found, ratios, accept=given.accept, targets=targets)


if __name__ == "__main__":
    raise SystemExit(main())
