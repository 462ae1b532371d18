"""The lake against a bare DuckDB file and plain PyIceberg, on made-up minute bars, back to back in one run.

    python benchmarks/core/lake.py [--days 60] [--instruments 1000] [--accept]

Every peer gets the same rows in the same order, a day at a time, and gives as many rows in answer (checked). Then come
60 commits of 1,000 rows, the compaction of that day and a correction of 1,200 rows; to compact, plain PyIceberg reads
the day and overwrites it, to correct it overwrites the day with the rows merged, and the DuckDB file replaces rows by
their key. Left out of the comparison: peers keep no known-time versions and prove nothing, only the DuckDB file syncs,
and it keeps no earlier state at all. "First" is a question in a new process, with the imports that it needs told
apart. A plan is cold when it is made from the manifests, as PyIceberg makes each of its plans; kept ones are read by
every later process. The rows are `minute_bars.py`. `benchmarks/history/engines.py` asks more peers.
"""

from __future__ import annotations

import datetime
import statistics
import subprocess
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, at_least, at_most, circumstances, keep, timed
from minute_bars import MINUTES, NAME, SPEC, day_of, days_of_bars, moment_of, symbol_of

from tallystick.core.lake import Lake
from tallystick.core.lake.plan import read_plan
from tallystick.core.settings import LakeSettings

COLUMNS = ["symbol", "date", "ts_start", "open", "high", "low", "close", "volume"]
KEY = ["symbol", "date", "ts_start"]
AGGREGATE = (
    "SELECT symbol, date, arg_min(open, ts_start), max(high), min(low), arg_max(close, ts_start), sum(volume) "
    "FROM {table} GROUP BY ALL"
)
FIRST = """
import sys, time
from pathlib import Path
start = time.perf_counter()
from tallystick.core.lake import Lake
import tallystick.core.lake.asking, tallystick.core.lake.engine, tallystick.core.lake.narrow
imported = time.perf_counter() - start
with Lake(Path(sys.argv[1])) as lake:
    for hot in (False, True):
        start = time.perf_counter()
        lake.scan(sys.argv[2], within={"symbol": sys.argv[3]}, hot=hot)
        sys.stdout.write(f"{time.perf_counter() - start} ")
sys.stdout.write(str(imported))
"""


class Report:
    """Prints lines and keeps figures and ratios (peer's best time over ours: higher is better)."""

    def __init__(self):
        self.found, self.ratios, self.targets = {}, {}, []

    def line(self, what, ours, peers=(), unit=1_000, label="ms", note=""):
        told = "".join(f"  {name} {seconds * unit:.2f}" for name, seconds in dict(peers).items())
        print(f"{what:<38} ours {ours * unit:9.2f} {label} {told}{f'  ({note})' if note else ''}")
        self.found[f"{what}, {label}"] = round(ours * unit, 3)
        for name, seconds in dict(peers).items():
            self.found[f"{what}: {name}, {label}"] = round(seconds * unit, 3)
            self.ratios[f"{what} / {name}"] = seconds / ours


def fill(report, folder, days, instruments):
    """Give every store the same days, one append a day."""
    lake = Lake(folder / "lake", LakeSettings(hot_days=days))
    lake.create(SPEC)
    file = duckdb.connect(str(folder / "bare.duckdb"))
    plain = SqlCatalog("plain", uri=f"sqlite:///{folder}/plain.db", warehouse=f"file://{folder}/plain")
    plain.create_namespace("benchmark")
    bars = days_of_bars(instruments)
    table = plain.create_table("benchmark.bars", next(days_of_bars(1)).schema)
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
    spent, processor = {name: [] for name in stores}, 0.0
    plain_bytes = 0
    for _ in range(days):
        rows = next(bars)
        for name, store in stores.items():
            start, busy = time.perf_counter(), time.process_time()
            store(rows)
            spent[name].append(time.perf_counter() - start)
            processor += time.process_time() - busy if name == "ours" else 0
        plain_bytes += sink.stat().st_size
    file.execute("CHECKPOINT")
    first, seconds = spent["ours"][0], {name: sum(times) for name, times in spent.items()}
    ours, count = seconds.pop("ours"), days * instruments * MINUTES
    size = lake.describe(NAME).bytes
    report.line(f"ingest {count / 1e6:.1f} M rows", ours, seconds, 1, "s", f"the first day {first:.2f} s")
    report.found |= {"M rows/s": round(count / ours / 1e6, 3), "bytes a bar": round(size / count, 2)}
    report.targets += [
        at_least("bars into the lake, a day at a time", count / ours / 1e6, 2.0, "M rows/s"),
        at_most("storage over plain sorted zstd-3 Parquet", size / plain_bytes, 1.05, "times"),
    ]
    report.ratios["bytes: plain parquet / ours"] = plain_bytes / size
    steady = (days - 1) * instruments * MINUTES / max(ours - first, 1e-9) / 1e6
    print(
        f"{'':<38} {count / ours / 1e6:.2f} M rows/s, after the first day {steady:.2f}; "
        f"{count / processor / 1e6:.2f} a second of processor time"
    )
    sizes(report, lake, count, plain_bytes)
    return lake, file, table


def sizes(report, lake, count, plain_bytes):
    """Where the bytes are."""
    columns = {}
    for file in lake.state(NAME).plan.files:
        metadata = pq.read_metadata(lake.table_folder(NAME) / file.path)
        for group in range(metadata.num_row_groups):
            for number in range(metadata.num_columns):
                column = metadata.row_group(group).column(number)
                columns[column.path_in_schema] = (
                    columns.get(column.path_in_schema, 0) + column.total_compressed_size
                )
    report.found["bytes a bar, by column"] = {name: round(size / count, 3) for name, size in columns.items()}
    plain = sum(columns[name] for name in COLUMNS)
    total = lake.describe(NAME).bytes
    report.found["bytes of the plain columns"] = round(plain / count, 2)
    report.targets += [
        at_most("bytes a bar, symbol, day, time, prices and volume", plain / count, 8, "bytes"),
        at_most(
            "bytes a bar, with amount, count and all times", lake.describe(NAME).bytes / count, 8, "bytes"
        ),
    ]
    largest = sorted(columns.items(), key=lambda item: -item[1])[:6]
    print(
        f"{'':<38} {total / count:.2f} bytes a bar ({plain / count:.2f} without amount, count and times), "
        f"{total / plain_bytes:.3f} of plain Parquet; "
        + ", ".join(f"{name} {size / count:.2f}" for name, size in largest)
    )


def ask(report, lake, file, table, days, instruments):
    """The three questions, of the lake's files, of a hot generation, and of the peers."""
    symbol, engine = symbol_of(instruments // 2), duckdb.connect()
    first, last = day_of(0), day_of(min(days, 20) - 1)
    date, moment = day_of(days // 2), moment_of(days // 2, 60)
    chosen = ", ".join(COLUMNS)

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
            lambda **hot: lake.scan(
                NAME, columns=COLUMNS, within={"symbol": symbol, "date": (first, last)}, **hot
            ),
            lambda: bare(one_symbol, weeks),
            lambda: iceberg(plan_symbol, one_symbol, weeks),
        ),
        "1 minute, all instruments": (
            lambda **hot: lake.scan(NAME, columns=COLUMNS, within={"date": date, "ts_start": moment}, **hot),
            lambda: bare("date = ? AND ts_start = ?", [date, moment]),
            lambda: iceberg(EqualTo("ts_start", moment), "ts_start = ?", [moment]),
        ),
        "daily aggregate of everything": (
            lambda **_: lake.sql(AGGREGATE.format(table=NAME)),
            lambda: file.sql(AGGREGATE.format(table="bars")).to_arrow_table(),
            None,
        ),
    }
    for hot in (False, True):
        if hot:
            start = time.perf_counter()
            lake.publish_hot()
            report.line("publish a hot generation", time.perf_counter() - start, (), 1, "s")
        for what, (ours, duck, plain) in questions.items():
            times = 3 if "aggregate" in what else 15
            seconds, answer = timed(lambda ours=ours, hot=hot: ours(hot=hot), times)
            peers = {}
            for name, work in (("duckdb file", duck), ("plain pyiceberg", None if hot else plain)):
                if work is not None:
                    spent, other = timed(work, times)
                    peers[name] = spent["best"]
                    assert other.num_rows == answer.num_rows, what
            note = f"median {seconds['median'] * 1e3:.1f} ms, processor {seconds['processor'] * 1e3:.1f} ms"
            report.line(f"{what}: {'hot' if hot else 'files'}", seconds["best"], peers, note=note)
    command = [sys.executable, "-c", FIRST, str(lake.folder), NAME, symbol]
    told = [float(part) for part in subprocess.run(command, check=True, capture_output=True).stdout.split()]
    note = f"hot {told[1] * 1e3:.0f} ms; imports before {told[2]:.2f} s"
    report.line("first question of a process: files", told[0], note=note)


def plans(report, lake, table):
    """Which files a question needs: from the manifests, from the plan that is kept, from the cache."""
    layout, loaded = lake.state(NAME).layout, lake.tables_writer.load(NAME)
    plain = timed(lambda: list(table.scan().plan_files()), 5)[0]["best"]
    for what, work, times, limit, peers in (
        ("cold", lambda: read_plan(layout, loaded), 5, 15, {"plain pyiceberg": plain}),
        ("kept", lambda: (lake._states.clear(), lake.state(NAME)), 9, 15, {}),
        ("cached", lambda: lake.state(NAME), 50, 1, {}),
    ):
        seconds = timed(work, times)[0]["best"]
        name = f"plan of {len(lake.state(NAME).plan.files)} files: {what}"
        report.line(name, seconds, peers)
        report.targets.append(at_most(name, seconds * 1e3, limit, "ms"))


def median_seconds(work, parts):
    """The median of the seconds that each part takes."""
    seconds = []
    for part in parts:
        start = time.perf_counter()
        work(part)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def once(work):
    """Seconds of one piece of work."""
    return timed(work, 1)[0]["best"]


def small_changes(report, lake, file, table):
    """Small commits, their compaction, a correction."""
    rows = next(days_of_bars(1_000, seed=8, first=400))
    rows = rows.take(pa.array(np.argsort(rows["ts_start"].to_numpy(), kind="stable"))).slice(0, 60_000)
    minutes = [rows.slice(minute * 1_000, 1_000) for minute in range(60)]
    date, within = day_of(400), {"date": day_of(400)}
    ours = median_seconds(lambda part: lake.append(NAME, part), minutes)

    def insert(part):
        file.register("part", part)
        file.execute("INSERT INTO bars FROM part")

    peers = {
        "duckdb file": median_seconds(insert, minutes),
        "plain pyiceberg": median_seconds(table.append, minutes),
    }
    report.line("60 commits of 1,000 rows, p50", ours, peers)
    report.targets.append(at_most("commit of 1,000 rows, p50", ours * 1e3, 60, "ms"))
    before = lake.scan(NAME, within=within, order=["symbol", "ts_start"])
    ours, of_day = once(lambda: lake.compact(NAME)), EqualTo("date", date.isoformat())
    assert lake.scan(NAME, within=within, order=["symbol", "ts_start"]).equals(before)
    files = [file for file in lake.state(NAME).plan.files if file.rows == len(rows)]
    assert len(files) == 1, "one file of the day"
    order = [("symbol", "ascending"), ("ts_start", "ascending")]

    def rewrite():
        table.overwrite(table.scan(row_filter=of_day).to_arrow().sort_by(order), overwrite_filter=of_day)

    report.line("compact these, rows proved equal", ours, {"plain pyiceberg": once(rewrite)}, 1, "s")
    report.targets.append(at_most("compact 60 batches into one file, rows equal", ours, 0.6, "s"))
    late = rows.slice(0, 1_200)
    known = pa.array(np.full(1_200, 2**62))
    late = late.set_column(late.column_names.index("known_time"), "known_time", known)

    def replace():
        file.register("late", late)
        file.execute("BEGIN")
        file.execute(
            "DELETE FROM bars USING late WHERE bars.symbol = late.symbol AND bars.ts_start = late.ts_start"
        )
        file.execute("INSERT INTO bars FROM late")
        file.execute("COMMIT")

    def merge():
        kept = table.scan(row_filter=of_day).to_arrow().join(late.select(KEY), KEY, join_type="left anti")
        table.overwrite(pa.concat_tables([kept.cast(late.schema), late]), overwrite_filter=of_day)

    ours = once(lambda: lake.append(NAME, late))
    peers = {"duckdb file": once(replace), "plain pyiceberg": once(merge)}
    report.line("correction of 1,200 rows", ours, peers)
    report.targets.append(at_most("correction of 1,200 rows in the lake", ours * 1e3, 300, "ms"))
    asked = {"within": within, "order": ["symbol", "ts_start"]}
    assert lake.scan(NAME, known_at=2**62 - 1, **asked).equals(before), "the version before is readable"
    assert not lake.scan(NAME, **asked).equals(before)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--instruments", type=int, default=1_000)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    report = Report()
    print(f"{circumstances('duckdb', 'pyarrow', 'polars', 'pyiceberg')}, {datetime.datetime.now():%H:%M}")
    with tempfile.TemporaryDirectory() as folder:
        lake, file, table = fill(report, Path(folder), given.days, given.instruments)
        ask(report, lake, file, table, given.days, given.instruments)
        plans(report, lake, table)
        small_changes(report, lake, file, table)
        lake.close()
        file.close()
    print(circumstances())
    return keep("core-lake", report.found, report.ratios, accept=given.accept, targets=report.targets)


if __name__ == "__main__":
    sys.exit(main())
