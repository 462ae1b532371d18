"""Rows that begin at one time come in the order of the day, and pages fit together, whoever answers."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from tallystick.core.time import parse_time
from tallystick.history import Span, resample
from tallystick.history.asking.bars import View, find_bars
from tallystick.history.asking.rows import read_rows, stream_rows

SYMBOLS = ("A", "B", "C")
TIMES = ("09:00:00", "13:25:00")
DAYS = ("2026-11-19", "2026-11-20")
PHASES = ("opening_call", "continuous", "odd_lot", "close_auction")
"""In the order of the day; by name the auctions would come otherwise."""

EXPECTED = [
    (symbol, parse_time(f"{day} {time}", "UTC"), phase)
    for symbol in SYMBOLS
    for day in DAYS
    for time in TIMES
    for phase in PHASES
]


@pytest.fixture(params=["one file", "many files", "corrected", "hot"])
def filled(lake, put, request):
    """The bars in every shape that is asked otherwise: by Polars, by DuckDB, with several versions, hot."""
    rows = [{"symbol": s, "ts_start": at, "phase": phase, "close": 5} for s, at, phase in EXPECTED]
    random.Random(3).shuffle(rows)
    parts = 6 if request.param == "many files" else 1
    for part in range(parts):
        put("bars_minute", 1, *rows[part::parts])
    if request.param == "corrected":
        put("bars_minute", 2, *rows[::3])
    if request.param == "hot":
        lake.publish_hot()
        assert lake.hot_days("history.bars_minute") == len(DAYS)
    return lake


def seen(bars):
    times = bars["ts_start"].cast(pa.int64()).to_pylist()
    return list(zip(bars["symbol"].to_pylist(), times, bars["phase"].to_pylist(), strict=True))


@pytest.mark.parametrize("symbols", [(), ("B",), SYMBOLS])
def test_bars_that_begin_together_come_in_the_order_of_the_day(filled, symbols):
    expected = [row for row in EXPECTED if row[0] in (symbols or SYMBOLS)]
    span = Span(symbols)
    assert seen(find_bars(filled, span, View("1m"))[0]) == expected
    assert seen(find_bars(filled, span, View("1m", "total"))[0]) == expected
    for length in (5, 15):
        every = resample(read_rows(filled, "bars_minute", span), f"{length}m")
        merged = [row for row in expected if row[2] != "continuous"]
        assert [row for row in seen(every) if row[2] != "continuous"] == merged
        assert seen(every)[:4] == expected[:4]
    streamed = stream_rows(filled, "bars_minute", span).read_all()
    assert seen(streamed) == sorted(expected, key=lambda row: row[1] // 86_400_000_000_000)  # day by day


@pytest.mark.parametrize(("order", "key"), [((), None), (("-close",), None), (("-symbol",), 0)])
def test_pages_fit_together(filled, order, key):
    expected = EXPECTED if key is None else sorted(EXPECTED, key=lambda row: row[key], reverse=True)
    pages = [
        find_bars(filled, Span(), View("1m"), order=order, limit=7, offset=offset)[0]
        for offset in range(0, len(EXPECTED), 7)
    ]
    assert [row for page in pages for row in seen(page)] == expected


def test_phases_need_not_be_asked_for(filled):
    found = read_rows(filled, "bars_minute", Span(("A",)), columns=["ts_start", "open"])
    assert found.column_names == ["ts_start", "open"]
    assert found["ts_start"].cast(pa.int64()).to_pylist() == [
        at for symbol, at, _ in EXPECTED if symbol == "A"
    ]


def test_the_same_order_in_sql(filled):
    order = (
        "symbol, date, ts_start, phase IN ('closing_call', 'close_auction'), "
        "phase NOT IN ('opening_call', 'open_auction'), phase"
    )
    assert seen(filled.sql(f"SELECT * FROM history.bars_minute ORDER BY {order}")) == EXPECTED
