"""Loading price files, checks included, against what reads the same file without any.

python benchmarks/history/load.py [--rows 2000000] [--store]

A made-up CSV of daily bars (one row in a thousand broken) and the same rows as Parquet go through the whole load: read,
exact decimals, all checks, quarantine, lake. The peer is DuckDB reading the CSV with its types guessed, into a table
of its own; it checks nothing and keeps prices as floats. `--store` writes the ratio that later runs are held to.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import polars as pl

from tallystick.core.context import Context
from tallystick.core.lake import Lake
from tallystick.core.settings import Settings
from tallystick.history import HistoryMachine
from tallystick.history.events import DatasetLoaded
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files

STORED = Path(__file__).with_suffix(".json")


class BenchHouse:
    """A lake and the history machine; commands are decided here, without a journal."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder / "lake")
        self.settings = Settings()
        self.history = HistoryMachine()
        self.market = SimpleNamespace(instruments=[])
        self.writer = self

    def machine(self, name):
        return getattr(self, name)

    def send(self, command, *, actor=None):
        self.history.decide(DatasetLoaded, [command])
        return SimpleNamespace(accepted=True)


def made_up_rows(rows: int) -> pl.DataFrame:
    random = np.random.default_rng(7)
    instruments = 1_000
    days = -(-rows // instruments)
    dates = np.repeat(np.arange(days, dtype=np.int32) + 12_000, instruments)[:rows]
    close = (random.random(rows) * 900 + 10).round(2)
    frame = pl.DataFrame(
        {
            "symbol": np.tile([f"{1000 + n}.XTAI" for n in range(instruments)], days)[:rows],
            "date": pl.Series(dates).cast(pl.Date),
            "open": (close * 0.999).round(2),
            "high": (close * 1.01).round(2),
            "low": (close * 0.99).round(2),
            "close": close,
            "volume": random.integers(1, 10_000, rows) * 1_000,
            "amount": (close * 1_000).round(2),
        }
    )
    broken = pl.Series(np.arange(rows) % 1_000 == 999)
    return frame.with_columns(high=pl.when(broken).then(pl.col("low") - 1).otherwise(pl.col("high")))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--store", action="store_true")
    given = parser.parse_args()
    print(
        f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores, polars {pl.__version__}, duckdb {duckdb.__version__}"
    )
    frame = made_up_rows(given.rows)
    spent = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame.write_csv(folder / "prices.csv")
        frame.write_parquet(folder / "prices.parquet")
        frame.head(1_000).write_csv(folder / "warm.csv")
        warm = BenchHouse(folder / "warm")
        start = time.perf_counter()
        load_files(
            Context(warm, SimpleNamespace(name="bench")),
            "bars_daily",
            [folder / "warm.csv"],
            vendor_mapping("generic"),
        )
        print(f"{'warm-up':<16} {time.perf_counter() - start:6.2f} s (imports, first table)")
        for file in ("prices.csv", "prices.parquet"):
            house = BenchHouse(folder / file.replace(".", "-"))
            context = Context(house, SimpleNamespace(name="bench"))
            start = time.perf_counter()
            report = load_files(context, "bars_daily", [folder / file], vendor_mapping("generic"))
            spent[file] = time.perf_counter() - start
            assert report.quarantined == given.rows // 1_000
            assert report.loaded == given.rows - report.quarantined
            house.lake.close()
        peer = duckdb.connect(str(folder / "peer.duckdb"))
        start = time.perf_counter()
        peer.execute(f"CREATE TABLE bars AS SELECT * FROM read_csv('{folder}/prices.csv')")
        peer.execute("CHECKPOINT")
        spent["duckdb"] = time.perf_counter() - start
        peer.close()
    for what, seconds in spent.items():
        print(f"{what:<16} {seconds:6.2f} s  {given.rows / seconds / 1e6:6.2f} M rows/s")
    print(f"load {os.getloadavg()[0]:.2f}")
    ratio = round(spent["duckdb"] / spent["prices.csv"], 3)
    if given.store:
        STORED.write_text(json.dumps({"csv / duckdb": ratio}) + "\n")
    stored = json.loads(STORED.read_text())["csv / duckdb"] if STORED.exists() else 0.0
    print(f"csv / duckdb: ratio {ratio}, stored {stored}")
    return int(ratio < 0.8 * stored)


if __name__ == "__main__":
    sys.exit(main())
