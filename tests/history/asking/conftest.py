"""Rows for the lake in few words: `put(dataset, known, row, row, …)`, dates as `11-20` of 2026."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.core.lake import Lake
from tallystick.core.schema import date_number, schema_of
from tallystick.history import append_bars
from tallystick.history.datasets import find_dataset

DATES = ("date", "ex_date", "valid_from", "valid_to", "period_end", "announced")


def day(text):
    """The date of `11-20` (2026), or of a whole date."""
    return datetime.date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def put_rows(lake, name, known, rows):
    """Append rows that say what matters; the rest is filled in."""
    dataset = find_dataset(name)
    schema = schema_of(dataset.spec.record).arrow
    filled = []
    for row in rows:
        row = {
            key: day(value) if key in DATES and isinstance(value, str) else value
            for key, value in row.items()
        }
        if name.startswith("bars_") and "close" in row:
            row = {"open": row["close"], "high": row["close"], "low": row["close"], **row}
        if "ts_start" in row:
            row = {"ts_end": row["ts_start"] + 60_000_000_000, "phase": "continuous", **row}
        if dataset.time != "date":
            at = row.get("ts", row.get("ts_start"))
            row = {"date": datetime.date.fromordinal(719_163 + at // 86_400_000_000_000), **row}
        filled.append({"instrument": -1, **row})
    names = list(dict.fromkeys(name for row in filled for name in row))
    columns = {
        name: pa.array([row.get(name) for row in filled], storage(schema.field(name).type)) for name in names
    }
    return append_bars(lake, pa.table(columns), dataset=dataset.name, known_time=known, source="test")


def storage(kind):
    """Times are given as whole numbers."""
    return pa.int64() if pa.types.is_timestamp(kind) else kind


@pytest.fixture
def lake(tmp_path):
    with Lake(tmp_path / "lake") as opened:
        yield opened


@pytest.fixture
def put(lake):
    def add(name, known, *rows):
        return put_rows(lake, name, known, rows)

    return add


@pytest.fixture
def closes(put):
    """`closes("A", "11-02", 100, 101, None, …)`: daily bars of successive dates, prices in whole units."""

    def add(symbol, first, *prices, known=1, **more):
        start = date_number(day(first))
        rows = [
            {
                "symbol": symbol,
                "date": datetime.date.fromordinal(719_163 + start + n),
                "close": round(price * 10_000),
            }
            | {name: values[n] for name, values in more.items()}
            for n, price in enumerate(prices)
            if price is not None
        ]
        put("bars_daily", known, *rows)

    return add
