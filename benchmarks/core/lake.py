"""The lake against a bare DuckDB file and plain PyIceberg, on made-up minute bars, back to back in one run.

python benchmarks/core/lake.py [--days 20] [--instruments 1000] [--store]

Every peer gets the same rows in the same order and gives the same answers (checked). Left out of the comparison: the
peers keep no known-time versions and sync nothing, the DuckDB file keeps no earlier state at all. `--store` writes the
ratios that a later run is held to (a drop of 20% fails); warm-up is told apart as "first".
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual

from tallystick.core.lake import Lake, TableSpec
from tallystick.core.schema import BusinessDate, Int32, Int64, Money, Price, Quantity, Record, Text, Timestamp
from tallystick.core.settings import LakeSettings

STORED = Path(__file__).with_suffix(".json")
FIRST_DAY = datetime.date(2026, 1, 5)
MINUTES = 240
MINUTE_NS = 60_000_000_000
NAME = "benchmark.bars"


class Bar(Record, frozen=True, kw_only=True):
    symbol: Text
    instrument: Int32
    date: BusinessDate
    ts_start: Timestamp
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    amount: Money
    trade_count: Int64
    event_time: Timestamp
    known_time: Timestamp


SPEC = TableSpec(NAME, Bar, ("symbol", "date", "ts_start"), ("symbol", "date", "ts_start"), ("date", "day"))
COLUMNS = ["symbol", "date", "ts_start", "open", "high", "low", "close", "volume"]
AGGREGATE = (
    "SELECT symbol, date, arg_min(open, ts_start), max(high), min(low), arg_max(close, ts_start), sum(volume) "
    "FROM {table} GROUP BY ALL"
)


def day_of_bars(random, day, instruments):
    """One day's bars of all instruments, as a lake table gives them, sorted by (symbol, time)."""
    count = instruments * MINUTES
    date = FIRST_DAY + datetime.timedelta(day)
    number = (date - datetime.date(1970, 1, 1)).days
    start = int(datetime.datetime.combine(date, datetime.time(1), datetime.UTC).timestamp()) * 1_000_000_000
    ts = start + np.arange(MINUTES, dtype=np.int64) * MINUTE_NS
    walk = np.exp(np.cumsum(random.normal(0, 0.0005, (instruments, MINUTES)), axis=1))
    close = ((random.random((instruments, 1)) * 900 + 10) * walk * 20).round().astype(np.int64) * 500
    opened = np.roll(close, 1, axis=1)
    volume = random.integers(1, 200, (instruments, MINUTES)) * 1_000
    symbols = pa.array([f"{1000 + number}.XTAI" for number in range(instruments)])
    codes = np.repeat(np.arange(instruments, dtype=np.int32), MINUTES)
    times = np.tile(ts, instruments)
    return pa.table(
        {
            "symbol": pa.DictionaryArray.from_arrays(codes, symbols).cast(pa.string()),
            "instrument": codes, "date": pa.array(np.full(count, number, np.int32)).cast(pa.date32()),
            "ts_start": times, "open": opened.ravel(), "high": (np.maximum(opened, close) + 500).ravel(),
            "low": (np.minimum(opened, close) - 500).ravel(), "close": close.ravel(), "volume": volume.ravel(),
            "amount": (close * volume).ravel(), "trade_count": random.integers(1, 50, count),
            "event_time": times + MINUTE_NS, "known_time": times + MINUTE_NS,
        }
    )  # fmt: skip


def timed(work, times=9):
    """Best, median and first seconds of a piece of work, and its last answer."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - start)
    return {"best": min(seconds), "median": statistics.median(seconds), "first": seconds[0]}, answer


class Report:
    """Prints lines and keeps ratios (peer's best time over ours: higher is better)."""

    def __init__(self):
        self.ratios = {}

    def note(self, text, what=""):
        print(f"{what:<38} ours {text}")

    def line(self, what, ours, peers, unit=1_000, label="ms"):
        told = "  ".join(f"{name} {seconds * unit:.2f}" for name, seconds in peers.items())
        print(f"{what:<38} ours {ours * unit:9.2f} {label}   {told}")
        for name, seconds in peers.items():
            self.ratios[f"{what} / {name}"] = round(seconds / ours, 3)


def fill(report, folder, days, instruments):
    """Give every store the same days, one append a day."""
    random = np.random.default_rng(7)
    lake = Lake(folder / "lake", LakeSettings(hot_days=days))
    lake.create(SPEC)
    file = duckdb.connect(str(folder / "bare.duckdb"))
    plain = SqlCatalog("plain", uri=f"sqlite:///{folder}/plain.db", warehouse=f"file://{folder}/plain")
    plain.create_namespace("benchmark")
    table = plain.create_table("benchmark.bars", day_of_bars(random, 0, 1).schema)
    sink = folder / "plain.parquet"

    def insert(rows):
        file.register("given", rows)
        file.execute("CREATE TABLE IF NOT EXISTS bars AS SELECT * FROM given LIMIT 0")
        file.execute("INSERT INTO bars FROM given")

    def write(rows):
        pq.write_table(rows, sink, compression="zstd", compression_level=3, row_group_size=61_440)

    stores = {
        "ours": lambda rows: lake.append(NAME, rows),
        "duckdb file": insert,
        "plain pyiceberg": table.append,
        "parquet": write,
    }
    spent = dict.fromkeys(stores, 0.0)
    plain_bytes = 0
    for day in range(days):
        rows = day_of_bars(random, day, instruments)
        for name, store in stores.items():
            start = time.perf_counter()
            store(rows)
            spent[name] += time.perf_counter() - start
        plain_bytes += sink.stat().st_size
    file.execute("CHECKPOINT")
    ours = spent.pop("ours")
    count = days * instruments * MINUTES
    report.line(f"ingest {count / 1e6:.1f} M rows", ours, spent, 1, "s")
    size = lake.describe(NAME).bytes
    report.note(
        f"{count / ours / 1e6:.2f} M rows/s, {size / count:.2f} bytes a bar, {size / plain_bytes:.3f} of plain Parquet"
    )
    return lake, file, table


def ask(report, lake, file, table, days, instruments):
    """The three questions, of the lake's files, of a hot generation, and of the peers."""
    symbol = f"{1000 + instruments // 2}.XTAI"
    first, last = FIRST_DAY, FIRST_DAY + datetime.timedelta(min(days, 20) - 1)
    moment = int(lake.scan(NAME, columns=["ts_start"], limit=1)["ts_start"].cast(pa.int64())[0].as_py())
    date = FIRST_DAY + datetime.timedelta(
        (moment // 86_400_000_000_000) - (FIRST_DAY - datetime.date(1970, 1, 1)).days
    )
    chosen = ", ".join(COLUMNS)
    engine = duckdb.connect()

    def one(**hot):
        return lake.scan(NAME, columns=COLUMNS, within={"symbol": symbol, "date": (first, last)}, **hot)

    def minute(**hot):
        return lake.scan(NAME, columns=COLUMNS, within={"date": date, "ts_start": moment}, **hot)

    def day_bars():
        return lake.sql(AGGREGATE.format(table=NAME))

    def iceberg(filters, condition, values):
        files = [
            task.file.file_path.removeprefix("file://")
            for task in table.scan(row_filter=filters).plan_files()
        ]
        text = f"SELECT {chosen} FROM read_parquet({files}) WHERE {condition}"
        return engine.sql(text, params=values).to_arrow_table()

    def bare(condition, values):
        return file.sql(f"SELECT {chosen} FROM bars WHERE {condition}", params=values).to_arrow_table()

    one_symbol, weeks = "symbol = ? AND date BETWEEN ? AND ?", [symbol, first, last]
    plan_symbol = And(EqualTo("symbol", symbol), GreaterThanOrEqual("date", first.isoformat()))
    questions = {
        "1 instrument, 4 weeks": (
            one,
            lambda: bare(one_symbol, weeks),
            lambda: iceberg(plan_symbol, one_symbol, weeks),
        ),
        "1 minute, all instruments": (
            minute,
            lambda: bare("ts_start = ?", [moment]),
            lambda: iceberg(EqualTo("ts_start", moment), "ts_start = ?", [moment]),
        ),
        "daily aggregate of everything": (
            lambda **_: day_bars(),
            lambda: file.sql(AGGREGATE.format(table="bars")).to_arrow_table(),
            None,
        ),
    }
    warm = {}
    for what, (ours, duck, plain) in questions.items():
        times = 3 if "aggregate" in what else 9
        warm[what], answer = timed(lambda ours=ours: ours(hot=False), times)
        peers = {}
        for name, work in (("duckdb file", duck), ("plain pyiceberg", plain)):
            if work is not None:
                seconds, other = timed(work, times)
                peers[name] = seconds["best"]
                assert other.num_rows == answer.num_rows, what
        report.line(f"{what}: files", warm[what]["best"], peers)
        seconds = warm[what]
        report.note(
            f"first {seconds['first'] * 1e3:.1f} ms, median {seconds['median'] * 1e3:.1f} ms, {answer.num_rows} rows"
        )
    start = time.perf_counter()
    lake.publish_hot()
    print(f"{'publish a hot generation':<38} ours {time.perf_counter() - start:9.2f} s")
    for what, (ours, duck, _) in questions.items():
        times = 3 if "aggregate" in what else 9
        seconds, _ = timed(lambda ours=ours: ours(hot=True), times)
        peer, _ = timed(duck, times)
        report.line(f"{what}: hot", seconds["best"], {"duckdb file": peer["best"]})


def keep(report, lake, instruments):
    """Small commits, their compaction, a correction, plans."""
    random = np.random.default_rng(8)
    rows = day_of_bars(random, 400, 1_000)
    order = np.argsort(rows["ts_start"].to_numpy(), kind="stable")
    rows = rows.take(pa.array(order))
    seconds = []
    for minute in range(60):
        start = time.perf_counter()
        lake.append(NAME, rows.slice(minute * 1_000, 1_000))
        seconds.append(time.perf_counter() - start)
    middle, longest = statistics.median(seconds) * 1e3, max(seconds) * 1e3
    report.note(f"p50 {middle:.1f} ms, max {longest:.1f} ms", "60 commits of 1,000 rows")
    start = time.perf_counter()
    lake.compact(NAME)
    print(f"{'compact these, rows proved equal':<38} ours {time.perf_counter() - start:9.2f} s")
    late = rows.slice(0, 1_200)
    late = late.set_column(
        late.column_names.index("known_time"), "known_time", pa.array(np.full(1_200, 2**62))
    )
    start = time.perf_counter()
    lake.append(NAME, late)
    print(f"{'correction of 1,200 rows':<38} ours {(time.perf_counter() - start) * 1e3:9.2f} ms")
    cached, _ = timed(lambda: lake.state(NAME), 50)
    cold, _ = timed(lambda: (lake._states.clear(), lake.state(NAME)), 9)
    layout = lake.state(NAME).layout
    table = lake.tables_writer.load(NAME)
    from tallystick.core.lake.plan import read_plan

    iceberg, _ = timed(lambda: read_plan(layout, table), 5)
    print(
        f"{'plan':<38} ours cached {cached['best'] * 1e3:.3f} ms, kept {cold['best'] * 1e3:.2f} ms, "
        f"from manifests {iceberg['best'] * 1e3:.1f} ms"
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--instruments", type=int, default=1_000)
    parser.add_argument("--store", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    report = Report()
    versions = f"duckdb {duckdb.__version__}, pyarrow {pa.__version__}"
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores, {versions}")
    with tempfile.TemporaryDirectory() as folder:
        lake, file, table = fill(report, Path(folder), given.days, given.instruments)
        ask(report, lake, file, table, given.days, given.instruments)
        keep(report, lake, given.instruments)
        lake.close()
        file.close()
    print(f"load {os.getloadavg()[0]:.2f}")
    if given.store:
        STORED.write_text(json.dumps(report.ratios, indent=1, sort_keys=True) + "\n")
        return 0
    stored = json.loads(STORED.read_text()) if STORED.exists() else {}
    worse = {
        what: (ratio, report.ratios[what])
        for what, ratio in stored.items()
        if what in report.ratios and report.ratios[what] < 0.8 * ratio
    }
    for what, (before, now) in worse.items():
        print(f"WORSE {what}: ratio {now}, was {before}")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
