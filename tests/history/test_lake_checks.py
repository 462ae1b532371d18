"""Doubts that rows of the lake raise: totals of a day, and the session before a file's first one."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from tallystick.history import load_frame
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.load import load_files

DAY = datetime.date(2026, 11, 19)
DAILY, MINUTE, TRADES = "history.bars_daily", "history.bars_minute", "history.trades"


def bar(day=19, symbol="9902.XTAI", close=100, volume=5_000, **changes):
    row = {"symbol": symbol, "date": datetime.date(2026, 11, day), "open": 100, "high": 101, "low": 99}
    return row | {"close": close, "volume": volume} | changes


def minute(time, volume, high=101, low=99, symbol="9902.XTAI"):
    prices = {"open": 100, "high": high, "low": low, "close": 100, "volume": volume}
    return {"symbol": symbol, "ts_start": f"2026-11-19 {time}"} | prices


def loaded(context, known_at, rows, dataset=DAILY):
    return load_frame(
        context, pl.DataFrame(rows), dataset=dataset, mapping=ColumnMapping(), known_time=known_at
    )


def warned(report):
    told = [(w.code.removeprefix("history."), w.column, w.rows, w.row) for w in report.warnings]
    return [one for one in told if one[0] != "unregistered"]


@pytest.mark.parametrize(
    ("minutes", "doubts"),
    [
        ([minute("09:00", 2_000), minute("09:01", 3_000)], []),
        ([minute("09:00", 2_000), minute("09:01", 3_001)], ["volume"]),
        ([minute("09:00", 2_000), minute("09:01", 1, high=102, low=98)], ["high", "low"]),
        ([minute("09:00", 9_000, symbol="9903.XTAI")], []),
    ],
)
def test_bars_within_a_day_and_its_daily_bar(context, known_at, minutes, doubts):
    loaded(context, known_at, [bar()])
    assert warned(loaded(context, known_at, minutes, MINUTE)) == [("totals", name, 1, 1) for name in doubts]
    others = {"volume": 7, "high": 200, "low": 1, "symbol": "9904.XTAI"}
    again = [bar(close=99.5), bar(**others)]
    assert [w for w in warned(loaded(context, known_at + 1, again)) if w[0] == "totals"] == [
        ("totals", name, 1, 1) for name in doubts
    ]


def test_trades_and_a_daily_bar(context, known_at):
    loaded(context, known_at, [bar(volume=2)])
    ticks = [
        {"symbol": "9902.XTAI", "ts": f"2026-11-19 09:00:{n:02}", "price": 102, "quantity": 1}
        for n in range(3)
    ]
    assert warned(loaded(context, known_at, ticks, TRADES)) == [
        ("totals", "volume", 1, 1),
        ("totals", "high", 1, 1),
    ]


def test_what_is_not_known_does_not_contradict(context, known_at):
    loaded(context, known_at, [bar(volume=None)])
    rows = [{name: value for name, value in minute("09:00", 1).items() if name != "volume"}]
    assert warned(loaded(context, known_at, [minute("09:01", 9_000)], MINUTE)) == []
    assert warned(loaded(context, known_at, rows, MINUTE)) == []


def test_the_row_before_is_in_the_lake(context, known_at):
    loaded(context, known_at, [bar(17), bar(17, "9903.XTAI"), bar(13, "9904.XTAI", close=100.5)])
    assert warned(loaded(context, known_at, [bar(18, close=99.5)])) == []
    rows = [bar(18, "9903.XTAI"), bar(18, "9904.XTAI"), bar(18, "9905.XTAI")]
    assert warned(loaded(context, known_at, rows)) == [("stale", "close", 1, 1), ("gap", "date", 1, 2)]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_row_before_is_in_another_file(context, known_at, write, at_once):
    header = "symbol,date,open,high,low,close,volume"
    files = [
        str(write(f"{day}.csv", header, f"9902.XTAI,2026-11-{day},100,101,99,100,{volume}"))
        for day, volume in ((19, 5_000), (12, 4_000), (18, 5_000), (13, 4_001))
    ]
    groups = [files] if at_once else [[files[place]] for place in (1, 3, 2, 0)]
    found = [
        (w.file, w.code.removeprefix("history."))
        for group in groups
        for w in load_files(context, DAILY, group, ColumnMapping(), known_at).warnings
        if w.code != "history.unregistered"
    ]
    assert sorted(found) == [("18.csv", "gap"), ("19.csv", "stale")]


def test_symbols_of_no_known_venue_are_told(context, known_at):
    rows = [bar(symbol=symbol) for symbol in ("2330", "9902.XTAI", "2330.TW", "600000.SH", "600009.XSHG")]
    assert warned(loaded(context, known_at, rows)) == [("venue_unknown", "symbol", 3, 1)]
