"""A small table of made-up rates, partitioned by day, and ways to fill it."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.core.lake import Lake, TableSpec
from tallystick.core.schema import BusinessDate, Price, Record, Text, Timestamp

FIRST = datetime.date(2026, 11, 2)


class Rate(Record, frozen=True, kw_only=True):
    code: Text
    date: BusinessDate
    minute: int
    rate: Price
    note: str | None = None
    event_time: Timestamp
    known_time: Timestamp


SPEC = TableSpec(
    "doctest.rates",
    Rate,
    ("code", "date", "minute"),
    ("code", "date", "minute"),
    ("date", "day"),
    "doctest",
    "Rates",
)


def make_rows(entries):
    """Rows from (code, day number from FIRST, minute, rate, known_time) tuples."""
    columns = {"code": [], "date": [], "minute": [], "rate": [], "event_time": [], "known_time": []}
    for code, day, minute, rate, known in entries:
        values = (code, FIRST + datetime.timedelta(day), minute, rate, known, known)
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
    types = {"code": pa.string(), "date": pa.date32()}
    return pa.table({name: pa.array(v, types.get(name, pa.int64())) for name, v in columns.items()})


@pytest.fixture
def spec():
    return SPEC


@pytest.fixture
def rows():
    return make_rows


@pytest.fixture
def lake(tmp_path):
    with Lake(tmp_path / "lake") as opened:
        opened.create(SPEC)
        yield opened


@pytest.fixture
def facts():
    """The answer of a scan as {(code, day, minute): rate}."""

    def read(table):
        found = {}
        for row in table.to_pylist():
            key = (row["code"], (row["date"] - FIRST).days, row["minute"])
            assert key not in found, f"{key} came twice"
            found[key] = row["rate"]
        return found

    return read
