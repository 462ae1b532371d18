"""What is written into a data file is what every reader finds in it, however its columns are encoded."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.lake import Lake, TableSpec
from tallystick.core.lake.datafiles import SAMPLED_ROWS, stored, write_files
from tallystick.core.lake.layout import layout_of
from tallystick.core.schema import BusinessDate, Float64, Int32, Int64, Money, Record, Text, Timestamp

DAY = datetime.date(2026, 11, 2)


class Trade(Record, frozen=True, kw_only=True):
    code: Text
    date: BusinessDate
    ts: Timestamp
    seq: Int64
    lots: Int32
    amount: Money | None = None
    ratio: Float64
    note: Text | None = None
    event_time: Timestamp
    known_time: Timestamp


SPEC = TableSpec(
    "doctest.trades", Trade, ("code", "date", "ts", "seq"), ("code", "ts", "seq"), ("date", "day")
)
LAYOUT = layout_of(SPEC)
INT64 = st.integers(-(2**63), 2**63 - 1)
ROW = st.tuples(
    st.sampled_from(["a", "b", "零"]),
    INT64,
    st.integers(-(2**31), 2**31 - 1),
    st.none() | INT64,
    st.floats(allow_nan=False),
    st.none() | st.text(max_size=3),
)


def table_of(rows):
    codes, times, lots, amounts, ratios, notes = zip(*rows, strict=True)
    count = len(rows)
    return pa.table(
        {
            "code": pa.array(codes), "date": pa.array([DAY] * count), "ts": pa.array(times, pa.int64()),
            "seq": np.arange(count), "lots": pa.array(lots, pa.int32()), "amount": pa.array(amounts, pa.int64()),
            "ratio": pa.array(ratios, pa.float64()), "note": pa.array(notes, pa.string()),
            "event_time": pa.array(times, pa.int64()), "known_time": np.ones(count, np.int64),
        }
    )  # fmt: skip


def trades(count, chance):
    """Many rows, of which times, sequence, amounts and notes never repeat and the rest does."""
    return table_of(
        [
            (
                "ab"[n * 2 // count],
                n * 1_000_003,
                n % 7,
                int(chance.integers(0, 2**50)),
                n % 3 / 2,
                f"order {n}",
            )
            for n in range(count)
        ]
    )


def read_back(path):
    """The file by PyArrow, Polars and DuckDB."""
    yield pq.read_table(path, partitioning=None)
    yield pl.read_parquet(path, hive_partitioning=False).to_arrow(compat_level=pl.CompatLevel.oldest())
    with duckdb.connect() as connection:
        yield connection.sql(f"FROM read_parquet('{path}', hive_partitioning = false)").to_arrow_table()


def contents(table):
    return sorted(map(repr, table.cast(LAYOUT.stored_arrow).to_pylist()))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=40), times=st.integers(1, 90))
def test_every_reader_finds_what_was_written(rows, times):
    """Repeated, the same rows take another way: what was distinct becomes a dictionary."""
    given_rows = pa.concat_tables([table_of(rows)] * times)
    with tempfile.TemporaryDirectory() as folder:
        (file,) = write_files(LAYOUT, stored(LAYOUT, given_rows), Path(folder))
        expected = contents(given_rows)
        for found in read_back(Path(folder, file.path)):
            assert contents(found) == expected


def test_encoding_follows_what_is_in_a_column(tmp_path):
    rows = trades(3 * SAMPLED_ROWS, np.random.default_rng(1))
    (file,) = write_files(LAYOUT, stored(LAYOUT, rows), tmp_path)
    group = file.metadata.row_group(0)
    used = {group.column(n).path_in_schema: set(group.column(n).encodings) for n in range(group.num_columns)}
    dictionaries = {name for name, encodings in used.items() if "RLE_DICTIONARY" in encodings}
    differences = {name for name, encodings in used.items() if "DELTA_BINARY_PACKED" in encodings}
    assert dictionaries == {"code", "date", "lots", "ratio", "known_time"}
    assert differences == {"ts", "seq", "event_time"}
    for found in read_back(tmp_path / file.path):
        assert contents(found) == contents(rows)


def test_texts_that_come_as_a_dictionary_are_the_same_texts(tmp_path):
    rows = trades(500, np.random.default_rng(2))
    coded = rows
    for name in ("code", "note"):
        coded = coded.set_column(coded.column_names.index(name), name, coded[name].dictionary_encode())
    halves = pa.concat_tables([coded.slice(0, 250), coded.slice(250)])
    with Lake(tmp_path) as lake:
        lake.create(SPEC)
        lake.append(SPEC.name, halves)
        found = lake.scan(SPEC.name)
        assert found.schema.field("code").type == pa.string()
        assert contents(found) == contents(rows)
        assert contents(lake.tables_writer.load(SPEC.name).scan().to_arrow()) == contents(rows)
