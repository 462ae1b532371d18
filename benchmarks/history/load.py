"""Loading price files, checks included, against what reads the same file without any.

    python benchmarks/history/load.py [--rows 2000000] [--parts] [--accept]

A made-up CSV of daily bars (one row in a thousand broken) and the same rows as Parquet go through the whole load: read,
exact decimals, all checks (1,000 registered instruments: ticks and sessions by the dated rules too), quarantine, lake.
`--parts` says where the time goes. The peer is DuckDB reading the CSV with its types guessed, into a table
of its own; it checks nothing and keeps prices as floats.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, circumstances, keep

from tallystick.core.context import Context
from tallystick.core.lake import Lake
from tallystick.core.settings import Settings
from tallystick.history import HistoryMachine
from tallystick.history.events import DatasetLoaded
from tallystick.history.loading import checked, filling, load, opening, sources
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files
from tallystick.market import Calendar, MarketMachine, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument

PARTS = (
    (load, "hash_file"),
    (opening, "as_utf8"),
    (sources, "read_plain_lines"),
    (sources, "read_exactly"),
    (load, "complete"),
    (checked, "note_faults"),
    (checked, "sorted_places"),
    (checked, "note_repeated"),
    (checked, "note_among_neighbours"),
    (load, "check_source"),
    (load, "set_aside"),
    (filling, "with_own_columns"),
    (load, "append_rows"),
    (Lake, "append"),
)


class BenchHouse:
    """A lake and the history machine; commands are decided here, without a journal."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder / "lake")
        self.settings = Settings()
        self.history = HistoryMachine()
        self.market = MARKET
        self.writer = self

    def machine(self, name):
        return getattr(self, name)

    def send(self, command, *, actor=None):
        self.history.decide(DatasetLoaded, [command])
        return SimpleNamespace(accepted=True)


def made_up_rows(rows: int) -> pl.DataFrame:
    """Sessions of 1,000 instruments in the order of their dates, prices on their tick."""
    random = np.random.default_rng(7)
    days = -(-rows // INSTRUMENTS)
    sessions = Calendar("XTAI").sessions(datetime.date(2017, 1, 1), datetime.date(2026, 11, 20))[:days]
    assert len(sessions) == days, "the calendar has not so many sessions"
    close = random.integers(210, 990, rows)
    volume = random.integers(1, 10_000, rows) * 1_000
    frame = pl.DataFrame(
        {
            "symbol": np.tile([f"{1000 + n}.XTAI" for n in range(INSTRUMENTS)], days)[:rows],
            "date": pl.Series(np.repeat(np.array(sessions, "datetime64[D]"), INSTRUMENTS)[:rows]).cast(
                pl.Date
            ),
            "open": (close - random.integers(0, 5, rows)) / 2,
            "high": (close + random.integers(0, 5, rows)) / 2,
            "low": (close - random.integers(5, 9, rows)) / 2,
            "close": close / 2,
            "volume": volume,
            "amount": close / 2 * volume,
        }
    )
    broken = pl.Series(np.arange(rows) % 1_000 == 999)
    return frame.with_columns(high=pl.when(broken).then(pl.col("low") - 1).otherwise(pl.col("high")))


def registered() -> MarketMachine:
    """A market of the made-up instruments."""
    machine = MarketMachine()
    machine.decide(AdoptRules, [seed_command()])
    commands = [
        RegisterInstrument(symbol=f"{1000 + n}.XTAI", name=f"Example {n}") for n in range(INSTRUMENTS)
    ]
    machine.decide(RegisterInstrument, commands)
    assert len(machine.instruments) == INSTRUMENTS
    return machine


INSTRUMENTS = 1_000
MARKET = registered()


def tell_parts() -> None:
    """Time the steps of a load, as they are called."""
    for module, name in PARTS:
        step = getattr(module, name)

        def timed(*given, step=step, name=name, **named):
            start, used = time.perf_counter(), time.process_time()
            try:
                return step(*given, **named)
            finally:
                spent = time.perf_counter() - start
                print(f"    {name:<22} {spent:6.3f} s, {time.process_time() - used:6.3f} s of cores")

        setattr(module, name, timed)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--parts", action="store_true", help="say where the time goes")
    given = parser.parse_args()
    if given.parts:
        tell_parts()
    print(circumstances("polars", "duckdb"))
    frame = made_up_rows(given.rows)
    spent = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame.write_csv(folder / "prices.csv")
        frame.write_parquet(folder / "prices.parquet")
        frame.head(200_000).write_csv(folder / "warm.csv")
        warm = BenchHouse(folder / "warm")
        start = time.perf_counter()
        load_files(
            Context(warm, SimpleNamespace(name="bench")),
            "bars_daily",
            [folder / "warm.csv"],
            vendor_mapping("generic"),
        )
        print(f"{'warm-up':<16} {time.perf_counter() - start:6.2f} s (imports, first table, 200,000 rows)")
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
    ratios = {"csv / duckdb": spent["duckdb"] / spent["prices.csv"]}
    return keep(
        "history-load",
        {f"{what}, s": seconds for what, seconds in spent.items()},
        ratios,
        accept=given.accept,
    )


if __name__ == "__main__":
    sys.exit(main())
