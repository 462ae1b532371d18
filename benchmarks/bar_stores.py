"""Stores of minute bars behind one set of verbs, for `history/engines.py`: ours and those that it is measured beside.

Each is used as its own documentation advises for such data; `NOT_ALIKE` says what is not alike. An answer is whatever
the store gives without a copy (Arrow, Polars or pandas).
"""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
from minute_bars import DAY_NS, MINUTE_NS, NAME, SPEC

from tallystick.core.lake import Lake
from tallystick.core.lake.datafiles import stored, write_files
from tallystick.core.schema import date_number
from tallystick.core.settings import LakeSettings

__all__ = ["NOT_ALIKE", "STORES", "Store"]

NOT_ALIKE = (
    "only ours, PyIceberg, Delta and ArcticDB keep earlier versions; only ours syncs its files; ours and ArcticDB keep "
    "a correction as a further version, the others change the row; ArcticDB has a table for each instrument and gets "
    "no texts; an upsert of ArcticDB or chDB is an update of the range; ours is asked with its plan cached, plain "
    "PyIceberg and Delta plan anew each time."
)

COLUMNS = ["symbol", "date", "ts_start", "open", "high", "low", "close", "volume"]
CHOSEN = ", ".join(COLUMNS)
AGGREGATE = (
    "SELECT symbol, date, {first}(open, ts_start), max(high), min(low), {last}(close, ts_start), sum(volume) AS volume "
    "FROM {source} GROUP BY symbol, date"
)
DUCKDB_AGGREGATE = AGGREGATE.replace("{first}", "arg_min").replace("{last}", "arg_max")
KEY = ("symbol", "date", "ts_start")
CODEC, LEVEL, GROUP = "zstd", 3, 61_440
ARCTIC_SIZE = "16GB"


class Store:
    """What is asked of every store; a verb that a store lacks gives None."""

    name = ""
    package = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def ingest(self, rows: pa.Table) -> None:
        """Add whole days, sorted by day, symbol and time."""

    def settle(self) -> None:
        """Bring what was added into the shape that questions are asked of (checkpoint, compaction)."""

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        """The bars of an instrument on some days."""

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        """The bars of all instruments at a minute."""

    def aggregate(self) -> Any:
        """Daily bars of everything."""

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        """Put other rows in the place of a day's."""

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        """Change rows of a day by their keys."""

    def mark(self) -> None:
        """Note the version as it is now."""

    def old(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        """`one_symbol` of the noted version."""
        return None

    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def close(self) -> None:
        """Let go of files."""
        shutil.rmtree(self.folder, ignore_errors=True)


class OursLake(Store):
    """Our lake, asked of its files."""

    name, package, hot = "ours, files", "tallystick", False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.lake = Lake(folder, LakeSettings(hot_days=3_660))
        self.lake.create(SPEC)

    def ingest(self, rows: pa.Table) -> None:
        self.lake.append(NAME, rows)

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        return self.lake.scan(
            NAME, columns=COLUMNS, within={"symbol": symbol, "date": (first, last)}, hot=self.hot
        )

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        return self.lake.scan(NAME, columns=COLUMNS, within={"date": date, "ts_start": moment}, hot=self.hot)

    def aggregate(self) -> Any:
        return self.lake.sql(DUCKDB_AGGREGATE.format(source=NAME))

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        # The lake has no such door, since it would pass a hold: this is what its own rewriting does.
        layout = self.lake.state(NAME).layout
        written = write_files(layout, stored(layout, rows), self.lake.table_folder(NAME))
        number = layout.partition_number(date)
        self.lake.tables_writer.commit(
            layout, written, lambda plan: plan.partitions()[number], operation="replace"
        )

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        self.lake.append(NAME, rows)

    def mark(self) -> None:
        self.version = self.lake.versions(NAME)[-1].version

    def old(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        within = {"symbol": symbol, "date": (first, last)}
        return self.lake.scan(NAME, columns=COLUMNS, within=within, version=self.version)

    def size(self) -> int:
        return sum(path.stat().st_size for path in (self.folder / "tables").rglob("*") if path.is_file())

    def close(self) -> None:
        self.lake.close()
        super().close()


class OursHot(OursLake):
    """The hot generation of a lake that is filled already."""

    name, hot = "ours, hot", True

    def __init__(self, folder: Path, filled: OursLake) -> None:
        self.folder, self.lake = filled.folder / "hot", filled.lake

    def settle(self) -> None:
        self.lake.publish_hot()

    def size(self) -> int:
        return Store.size(self)

    def close(self) -> None:
        """The files are the lake's."""


class DuckFile(Store):
    """A DuckDB file with one table."""

    name, package = "DuckDB file", "duckdb"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.file = duckdb.connect(str(folder / "bars.duckdb"))

    def ingest(self, rows: pa.Table) -> None:
        self.file.register("given", rows)
        self.file.execute("CREATE TABLE IF NOT EXISTS bars AS SELECT * FROM given LIMIT 0")
        self.file.execute("INSERT INTO bars FROM given")

    def settle(self) -> None:
        self.file.execute("CHECKPOINT")

    def _ask(self, condition: str, values: list[Any]) -> Any:
        return self.file.sql(f"SELECT {CHOSEN} FROM bars WHERE {condition}", params=values).to_arrow_table()

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        return self._ask("symbol = ? AND date BETWEEN ? AND ?", [symbol, first, last])

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        return self._ask("date = ? AND ts_start = ?", [date, moment])

    def aggregate(self) -> Any:
        return self.file.sql(DUCKDB_AGGREGATE.format(source="bars")).to_arrow_table()

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        self._change("DELETE FROM bars WHERE date = ?", [date], rows)

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        matches = " AND ".join(f"bars.{name} = given.{name}" for name in KEY)
        self._change(f"DELETE FROM bars USING given WHERE {matches}", [], rows)

    def _change(self, delete: str, values: list[Any], rows: pa.Table) -> None:
        self.file.register("given", rows)
        self.file.execute("BEGIN")
        self.file.execute(delete, values)
        self.file.execute("INSERT INTO bars FROM given")
        self.file.execute("COMMIT")

    def close(self) -> None:
        self.file.close()
        super().close()


class ChDB(Store):
    """ClickHouse in this process: a MergeTree by day, ordered by symbol and time."""

    name, package = "chDB", "chdb"

    def __init__(self, folder: Path) -> None:
        from chdb.session import Session

        super().__init__(folder)
        self.session = Session(str(folder))
        self.session.query("CREATE DATABASE bench")

    def ingest(self, rows: pa.Table) -> None:
        kinds = {
            "string": "LowCardinality(String)",
            "date32[day]": "Date32",
            "int64": "Int64",
            "int32": "Int32",
        }
        columns = ", ".join(f"{field.name} {kinds[str(field.type)]} CODEC(ZSTD(3))" for field in rows.schema)
        self.session.query(
            f"CREATE TABLE IF NOT EXISTS bench.bars ({columns}) ENGINE = MergeTree PARTITION BY date "
            "ORDER BY (symbol, ts_start)"
        )
        self.session.query("INSERT INTO bench.bars SELECT * FROM Python(rows)")

    def settle(self) -> None:
        self.session.query("OPTIMIZE TABLE bench.bars FINAL")

    def _ask(self, text: str) -> Any:
        return self.session.query(text, "ArrowTable")

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        days = f"date BETWEEN '{first}' AND '{last}'"
        return self._ask(f"SELECT {CHOSEN} FROM bench.bars WHERE symbol = '{symbol}' AND {days}")

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        return self._ask(f"SELECT {CHOSEN} FROM bench.bars WHERE date = '{date}' AND ts_start = {moment}")

    def aggregate(self) -> Any:
        return self._ask(AGGREGATE.format(first="argMin", last="argMax", source="bench.bars"))

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        self.session.query(f"ALTER TABLE bench.bars DROP PARTITION '{date}'")
        self.ingest(rows)

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        symbols = ", ".join(f"'{symbol}'" for symbol in rows["symbol"].unique().to_pylist())
        self.session.query(f"DELETE FROM bench.bars WHERE date = '{date}' AND symbol IN ({symbols})")
        self.ingest(rows)

    def close(self) -> None:
        self.session.close()
        super().close()


class ArcticDB(Store):
    """ArcticDB on LMDB, a table for each instrument, indexed by time."""

    name, package = "ArcticDB", "arcticdb"

    def __init__(self, folder: Path) -> None:
        from arcticdb import Arctic

        super().__init__(folder)
        self.arctic = Arctic(f"lmdb://{folder}?map_size={ARCTIC_SIZE}")
        self.library = self.arctic.create_library("bars")
        self.symbols: list[str] = []

    def _frames(self, rows: pa.Table) -> dict[str, Any]:
        rows = rows.sort_by([("symbol", "ascending"), ("ts_start", "ascending")])
        frame = rows.drop_columns(["symbol", "phase", "source", "date"]).to_pandas()
        frame.index = frame.pop("ts_start").astype("datetime64[ns]")
        counted = rows["symbol"].combine_chunks().value_counts()
        ends = counted.field("counts").to_numpy().cumsum()
        starts = [0, *ends[:-1]]
        names = counted.field("values").to_pylist()
        return {name: frame.iloc[start:end] for name, start, end in zip(names, starts, ends, strict=True)}

    def ingest(self, rows: pa.Table) -> None:
        from arcticdb import WritePayload

        payloads = [WritePayload(name, frame) for name, frame in self._frames(rows).items()]
        (self.library.append_batch if self.symbols else self.library.write_batch)(payloads)
        self.symbols = [payload.symbol for payload in payloads]

    def _days(self, first: datetime.date, last: datetime.date) -> tuple[Any, Any]:
        import pandas as pd

        start, end = date_number(first) * DAY_NS, (date_number(last) + 1) * DAY_NS - 1
        return pd.Timestamp(start), pd.Timestamp(end)

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date, **version: Any) -> Any:
        days = self._days(first, last)
        return self.library.read(symbol, date_range=days, columns=COLUMNS[3:], **version).data

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        import pandas as pd
        from arcticdb import ReadRequest

        minute = (pd.Timestamp(moment), pd.Timestamp(moment + MINUTE_NS - 1))
        asked = [ReadRequest(name, date_range=minute, columns=COLUMNS[3:]) for name in self.symbols]
        return pd.concat([found.data for found in self.library.read_batch(asked)])

    def aggregate(self) -> Any:
        import pandas as pd
        from arcticdb import QueryBuilder, ReadRequest

        steps = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        days = QueryBuilder().resample("1D").agg(steps)
        asked = [ReadRequest(name, query_builder=days) for name in self.symbols]
        return pd.concat([found.data for found in self.library.read_batch(asked)])

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        for name, frame in self._frames(rows).items():
            self.library.update(name, frame, date_range=self._days(date, date))

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        for name, frame in self._frames(rows).items():
            self.library.update(name, frame)

    def mark(self) -> None:
        self.versions = {name.symbol: name.version for name in self.library.read_metadata_batch(self.symbols)}

    def old(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        return self.one_symbol(symbol, first, last, as_of=self.versions[symbol])


class Delta(Store):
    """A Delta table by day; `deltalake` plans, DuckDB reads."""

    name, package = "Delta", "deltalake"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.engine = duckdb.connect()

    def _write(self, rows: pa.Table, **how: Any) -> None:
        from deltalake import WriterProperties, write_deltalake

        properties = WriterProperties(
            compression=CODEC.upper(), compression_level=LEVEL, max_row_group_size=GROUP
        )
        write_deltalake(self.folder, rows, partition_by=["date"], writer_properties=properties, **how)

    def ingest(self, rows: pa.Table) -> None:
        self._write(rows, mode="append")

    def settle(self) -> None:
        from deltalake import DeltaTable

        self.table = DeltaTable(self.folder)

    def _ask(self, table: Any, filters: Any, select: str, condition: str) -> Any:
        files = [path.removeprefix("file://") for path in table.file_uris(partition_filters=filters)]
        source = f"read_parquet({files}, hive_partitioning = true)"
        return self.engine.sql(f"SELECT {select} FROM {source} WHERE {condition}").to_arrow_table()

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date, table: Any = None) -> Any:
        filters = [("date", ">=", str(first)), ("date", "<=", str(last))]
        return self._ask(table or self.table, filters, CHOSEN, f"symbol = '{symbol}'")

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        return self._ask(self.table, [("date", "=", str(date))], CHOSEN, f"ts_start = {moment}")

    def aggregate(self) -> Any:
        select, _, group = DUCKDB_AGGREGATE.partition(" FROM {source} ")
        return self._ask(self.table, None, select.removeprefix("SELECT "), f"true {group}")

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        self._write(rows, mode="overwrite", predicate=f"date = '{date}'")

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        from deltalake import DeltaTable

        matches = " AND ".join(f"target.{name} = source.{name}" for name in KEY)
        merge = DeltaTable(self.folder).merge(
            rows, f"target.date = '{date}' AND {matches}", source_alias="source", target_alias="target"
        )
        merge.when_matched_update_all().when_not_matched_insert_all().execute()

    def mark(self) -> None:
        self.version = self.table.version()

    def old(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        from deltalake import DeltaTable

        return self.one_symbol(symbol, first, last, DeltaTable(self.folder, version=self.version))


class HiveParquet(Store):
    """Plain sorted Parquet files in folders by day, asked by Polars."""

    name, package = "Polars, Parquet", "polars"

    def _path(self, date: datetime.date) -> Path:
        return self.folder / f"date={date}" / "bars.parquet"

    def ingest(self, rows: pa.Table) -> None:
        for (date,), part in (
            pl.from_arrow(rows).partition_by("date", as_dict=True, include_key=False).items()
        ):
            path = self._path(date)
            path.parent.mkdir(exist_ok=True)
            part.write_parquet(path, compression=CODEC, compression_level=LEVEL, row_group_size=GROUP)

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.folder / "*" / "*.parquet", hive_partitioning=True)

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        chosen = (pl.col("symbol") == symbol) & pl.col("date").is_between(first, last)
        return self._scan().filter(chosen).select(COLUMNS).collect()

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        chosen = (pl.col("date") == date) & (pl.col("ts_start") == moment)
        return self._scan().filter(chosen).select(COLUMNS).collect()

    def aggregate(self) -> Any:
        steps = [pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last()]
        return self._scan().group_by("symbol", "date").agg(*steps, pl.col("volume").sum()).collect()

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        self.ingest(rows)

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        day = pl.read_parquet(self._path(date)).with_columns(date=pl.lit(date))
        self.ingest(day.update(pl.from_arrow(rows), on=list(KEY)).select(rows.column_names).to_arrow())


class PlainIceberg(Store):
    """PyIceberg as it comes, partitioned by day; it plans, DuckDB reads."""

    name, package = "PyIceberg", "pyiceberg"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        from pyiceberg.catalog.sql import SqlCatalog

        self.catalog = SqlCatalog("plain", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
        self.catalog.create_namespace("bench")
        self.engine = duckdb.connect()
        self.table: Any = None

    def ingest(self, rows: pa.Table) -> None:
        if self.table is None:
            self.table = self.catalog.create_table("bench.bars", rows.schema)
            with self.table.update_spec() as update:
                update.add_identity("date")
        self.table.append(rows)

    def _ask(self, filters: Any, select: str, condition: str, **version: Any) -> Any:
        tasks = self.table.scan(row_filter=filters, **version).plan_files()
        files = [task.file.file_path.removeprefix("file://") for task in tasks]
        text = f"SELECT {select} FROM read_parquet({files}, hive_partitioning = false) WHERE {condition}"
        return self.engine.sql(text).to_arrow_table()

    def one_symbol(self, symbol: str, first: datetime.date, last: datetime.date, **version: Any) -> Any:
        from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, LessThanOrEqual

        days = And(GreaterThanOrEqual("date", first.isoformat()), LessThanOrEqual("date", last.isoformat()))
        condition = f"symbol = '{symbol}' AND date BETWEEN '{first}' AND '{last}'"
        return self._ask(And(EqualTo("symbol", symbol), days), CHOSEN, condition, **version)

    def one_minute(self, date: datetime.date, moment: int) -> Any:
        from pyiceberg.expressions import And, EqualTo

        filters = And(EqualTo("date", date.isoformat()), EqualTo("ts_start", moment))
        return self._ask(filters, CHOSEN, f"ts_start = {moment}")

    def aggregate(self) -> Any:
        from pyiceberg.expressions import AlwaysTrue

        select, _, group = DUCKDB_AGGREGATE.partition(" FROM {source} ")
        return self._ask(AlwaysTrue(), select.removeprefix("SELECT "), f"true {group}")

    def replace(self, date: datetime.date, rows: pa.Table) -> None:
        from pyiceberg.expressions import EqualTo

        self.table.overwrite(rows, overwrite_filter=EqualTo("date", date.isoformat()))

    def upsert(self, date: datetime.date, rows: pa.Table) -> None:
        self.table.upsert(rows, join_cols=["symbol", "ts_start"])

    def mark(self) -> None:
        self.snapshot = self.table.current_snapshot().snapshot_id

    def old(self, symbol: str, first: datetime.date, last: datetime.date) -> Any:
        return self.one_symbol(symbol, first, last, snapshot_id=self.snapshot)


STORES: tuple[type[Store], ...] = (OursLake, DuckFile, ChDB, ArcticDB, Delta, HiveParquet, PlainIceberg)
