"""Loading price files, checks included, against what reads the same file without any.

    python benchmarks/history/load.py [--rows 2000000] [--parts] [--accept]

A made-up CSV of daily bars (one row in a thousand broken), the same rows as Parquet and as Arrow go through the
whole load: read, exact decimals, all checks (1,000 registered instruments: ticks and sessions by the dated rules too),
quarantine, lake; five times each, in turns with the peers, and the best counts of all. `--parts` says where the time
goes. The peers are DuckDB and Polars reading the same file with its types guessed, DuckDB into a table of its own,
Polars into sorted zstd-3 Parquet; they check nothing, keep prices as floats and sync nothing.
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

from measured import arguments, at_least, circumstances, keep

from tallystick.core.context import Context
from tallystick.core.lake import Lake
from tallystick.core.settings import Settings
from tallystick.history import HistoryMachine
from tallystick.history.events import DatasetLoaded
from tallystick.history.loading import checked, filling, load, opening, read, recorded, sources
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files
from tallystick.market import Calendar, MarketMachine, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument

PARTS = (
    (load, "take_file"),
    (opening, "as_utf8"),
    (sources, "read_plain_lines"),
    (sources, "read_exactly"),
    (read, "complete"),
    (checked, "note_faults"),
    (checked, "sorted_places"),
    (checked, "note_repeated"),
    (checked, "note_among_neighbours"),
    (load, "check_source"),
    (recorded, "set_aside"),
    (filling, "with_own_columns"),
    (recorded, "append_all"),
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
        self.journal = SimpleNamespace(head=lambda: SimpleNamespace(seq=0))

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
TURNS = 5
TARGETS = {"CSV": 1.5, "Parquet": 2.0, "Arrow": 2.0}
"""Millions of rows a second, at least."""


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


def load_into(folder: Path, given: object, rows: int) -> float:
    """Seconds of loading a file or table into a new lake; what is loaded and set aside is checked."""
    house = BenchHouse(folder)
    context = Context(house, SimpleNamespace(name="bench"))
    start = time.perf_counter()
    report = load_files(context, "bars_daily", [given], vendor_mapping("generic"))
    seconds = time.perf_counter() - start
    assert report.quarantined == rows // 1_000
    assert report.loaded == rows - report.quarantined
    house.lake.close()
    return seconds


def peers_load(folder: Path, file: Path) -> dict[str, float]:
    """Seconds of DuckDB and of Polars with a file."""
    folder.mkdir()
    start = time.perf_counter()
    with duckdb.connect(str(folder / "peer.duckdb")) as peer:
        peer.execute(f"CREATE TABLE bars AS SELECT * FROM read_{file.suffix[1:]}('{file}')")
        peer.execute("CHECKPOINT")
    between = time.perf_counter()
    frame = pl.read_csv(file, try_parse_dates=True) if file.suffix == ".csv" else pl.read_parquet(file)
    frame.sort("symbol", "date").write_parquet(
        folder / "peer.parquet", compression="zstd", compression_level=3
    )
    return {"DuckDB": between - start, "Polars": time.perf_counter() - between}


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--parts", action="store_true", help="say where the time goes")
    given = parser.parse_args()
    if given.parts:
        tell_parts()
    print(circumstances("polars", "duckdb"))
    frame = made_up_rows(given.rows)
    spent: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"CSV": folder / "prices.csv", "Parquet": folder / "prices.parquet"}
        frame.write_csv(files["CSV"])
        frame.write_parquet(files["Parquet"])
        few = min(given.rows, 200_000)
        frame.head(few).write_csv(folder / "warm.csv")
        seconds = load_into(folder / "warm", folder / "warm.csv", few)
        print(f"{'warm-up':<16} {seconds:6.2f} s (imports, first table, {few:,} rows)")
        for turn in range(TURNS):
            for what, source in {**files, "Arrow": frame.to_arrow()}.items():
                found = {what: load_into(folder / f"ours-{what}-{turn}", source, given.rows)}
                if what in files:
                    theirs = peers_load(folder / f"peers-{what}-{turn}", files[what])
                    found |= {f"{what}, {peer}": seconds for peer, seconds in theirs.items()}
                spent |= {which: min(seconds, spent.get(which, seconds)) for which, seconds in found.items()}
    for what, seconds in spent.items():
        print(f"{what:<16} {seconds:6.2f} s  {given.rows / seconds / 1e6:6.2f} M rows/s")
    ratios = {
        f"{what} / ours": seconds / spent[what.split(",")[0]]
        for what, seconds in spent.items()
        if "," in what
    }
    targets = [
        at_least(f"load {what}, checks included", given.rows / spent[what] / 1e6, least, "M rows/s")
        for what, least in TARGETS.items()
    ]
    found = {f"{what}, s": seconds for what, seconds in spent.items()} | {"rows": given.rows}
    return keep("history-load", found, ratios, accept=given.accept, targets=targets)


if __name__ == "__main__":
    sys.exit(main())
