"""Longer bars worked out by hand, and what must hold of any."""

from __future__ import annotations

import datetime
import itertools

import pytest
from hypothesis import given

from referees.resample_referee import SUMS, resample_days, resample_minutes, resample_ns
from referees.strategies import days_cases, minutes_cases

MINUTE = 60 * 10**9
DATE = datetime.date(2026, 11, 20)


def bar(minute, prices=(10, 10, 10, 10), volume=1, phase="continuous", **rest):
    row = {"symbol": "A", "date": DATE, "ts_start": minute * MINUTE, "ts_end": (minute + 1) * MINUTE}
    row |= dict(zip(("open", "high", "low", "close"), prices, strict=True))
    return {**row, "phase": phase, "volume": volume, "amount": 100, "trade_count": 1, "known_time": 7, **rest}


def starts(rows):
    return [(row["ts_start"] // MINUTE, row["ts_end"] // MINUTE, row["volume"]) for row in rows]


def test_first_high_low_last_and_sums():
    bars = [bar(2, (30, 50, 28, 29), 4), bar(0, (10, 12, 9, 11), 2), bar(1, (11, 13, 5, 30), 3, known_time=9)]
    assert resample_minutes(bars, [(0, 270 * MINUTE)], 5) == [
        {
            "symbol": "A",
            "date": DATE,
            "ts_start": 0,
            "ts_end": 5 * MINUTE,
            "phase": "continuous",
            "open": 10,
            "high": 50,
            "low": 5,
            "close": 29,
            "volume": 9,
            "amount": 300,
            "trade_count": 3,
            "known_time": 9,
            "event_time": 5 * MINUTE,
        }
    ]


def test_buckets_are_half_open():
    rows = resample_minutes([bar(minute) for minute in (0, 4, 5, 9, 14)], [(0, 60 * MINUTE)], 5)
    assert starts(rows) == [(0, 5, 2), (5, 10, 2), (10, 15, 1)]


def test_buckets_are_anchored_at_the_opening_and_cut_at_the_closing():
    """A session of 09:30 to 11:25 in hours: the clock's full hours play no part."""
    session = [(570 * MINUTE, 685 * MINUTE)]
    rows = resample_minutes([bar(minute) for minute in (570, 599, 600, 629, 630, 684)], session, 60)
    assert starts(rows) == [(570, 630, 4), (630, 685, 2)]


def test_a_lunch_break_begins_anew():
    """Morning of 25 minutes, afternoon at 40: the bar at 40 is not on the morning's grid of 15."""
    sessions = [(0, 25 * MINUTE), (40 * MINUTE, 60 * MINUTE)]
    rows = resample_minutes([bar(minute) for minute in (0, 15, 24, 40, 54, 55)], sessions, 15)
    assert starts(rows) == [(0, 15, 1), (15, 25, 2), (40, 55, 2), (55, 60, 1)]


def test_the_session_end_is_merged():
    """A print labelled 10, where trading ends, makes no bar of its own, also when the end is on the grid."""
    rows = resample_minutes([bar(9, volume=2), bar(10, (7, 7, 7, 7), 5)], [(0, 10 * MINUTE)], 5)
    assert starts(rows) == [(5, 10, 7)]
    assert rows[0]["close"] == 7
    assert starts(resample_minutes([bar(7, volume=5)], [(0, 7 * MINUTE)], 5)) == [(5, 7, 5)]


def test_where_sessions_meet_the_instant_belongs_to_the_one_that_opens():
    rows = resample_minutes([bar(6), bar(7)], [(0, 7 * MINUTE), (7 * MINUTE, 14 * MINUTE)], 5)
    assert starts(rows) == [(5, 7, 1), (7, 12, 1)]


def test_auctions_stay_rows_of_their_own():
    opening = bar(0, (9, 9, 9, 9), 50, "open_auction")
    pauses = [bar(3, (8, 8, 8, 8), 5, "pause_auction"), bar(4, (8, 8, 8, 8), 6, "pause_auction")]
    closing = bar(10, (11, 11, 11, 11), 70, "close_auction")
    rows = resample_minutes([closing, *pauses, bar(0), bar(9), opening], [(0, 10 * MINUTE)], 5)
    assert [row["phase"] for row in rows] == [
        "open_auction",
        "continuous",
        "pause_auction",
        "pause_auction",
        "continuous",
        "close_auction",
    ]
    assert [row for row in rows if row["phase"] != "continuous"] == [opening, *pauses, closing]


def test_symbols_and_trade_dates_are_not_mixed():
    """A night session: one grid, and the trade date is the bar's, not the clock's."""
    later = DATE + datetime.timedelta(days=3)
    bars = [bar(0, symbol="B"), bar(1, date=later), bar(2)]
    rows = resample_minutes(bars, [(0, 10 * MINUTE)], 5)
    assert [(row["symbol"], row["date"]) for row in rows] == [("A", DATE), ("A", later), ("B", DATE)]


def test_nulls_are_left_out_of_sums():
    bars = [bar(0, volume=None, amount=None), bar(1, volume=0, amount=None), bar(6, volume=None)]
    rows = resample_minutes(bars, [(0, 10 * MINUTE)], 5)
    assert [[row[name] for name in SUMS] for row in rows] == [[0, None, 2], [None, 100, 1]]


def test_bars_without_volume_count_for_prices():
    rows = resample_minutes([bar(0, (90, 95, 90, 95), 0), bar(1)], [(0, 10 * MINUTE)], 5)
    assert [rows[0][name] for name in ("open", "high", "low", "close")] == [90, 95, 10, 10]


def test_a_bar_outside_every_session_is_refused():
    for minute in (-1, 11):
        with pytest.raises(ValueError, match="no session"):
            resample_minutes([bar(minute)], [(0, 10 * MINUTE)], 5)


def test_weeks_and_months():
    dates = [
        "2026-10-30",
        "2026-10-31",
        "2026-11-02",
        "2026-11-06",
        "2026-11-09",
    ]  # Friday, Saturday, Monday, …
    days = [datetime.date.fromisoformat(date) for date in dates]
    bars = [bar(0, (n, n + 5, n - 5, n + 1), n, date=date) for n, date in enumerate(days, 10)]
    weeks = resample_days(bars[::-1], "1w")
    assert [(str(row["start"]), str(row["end"]), str(row["first_date"]), row["volume"]) for row in weeks] == [
        ("2026-10-26", "2026-11-02", "2026-10-30", 21),
        ("2026-11-02", "2026-11-09", "2026-11-02", 25),
        ("2026-11-09", "2026-11-16", "2026-11-09", 14),
    ]
    assert [[row[name] for name in ("open", "high", "low", "close")] for row in weeks] == [
        [10, 16, 5, 12],
        [12, 18, 7, 14],
        [14, 19, 9, 15],
    ]
    months = resample_days(bars, "1mo")
    assert [(str(row["start"]), str(row["last_date"]), row["open"], row["close"]) for row in months] == [
        ("2026-10-01", "2026-10-31", 10, 12),
        ("2026-11-01", "2026-11-09", 12, 15),
    ]
    both = resample_days([*bars, *({**each, "symbol": "B", "volume": 1} for each in bars)], "1mo")
    assert [(row["symbol"], row["volume"]) for row in both] == [("A", 21), ("A", 39), ("B", 2), ("B", 3)]
    with pytest.raises(ValueError, match="1y"):
        resample_days(bars, "1y")


@given(minutes_cases)
def test_nothing_is_lost_and_buckets_keep_to_their_session(case):
    bars, sessions, minutes = case["bars"], case["sessions"], case["minutes"]
    rows = resample_minutes(bars, sessions, minutes)
    for name in SUMS:
        assert sum(row[name] or 0 for row in rows) == sum(each[name] or 0 for each in bars)
    names = [(row["symbol"], row["date"], row["ts_start"], row["phase"]) for row in rows]
    assert len(set(names)) == len(names)
    instants = [name[:3] for name in names]
    assert instants == sorted(instants)
    for before, after in itertools.pairwise(names):
        if before[:3] == after[:3]:
            assert before[3] != "close_auction"
            assert after[3] != "open_auction"
    for row in rows:
        assert row["low"] <= min(row["open"], row["close"]) <= max(row["open"], row["close"]) <= row["high"]
        if row["phase"] == "continuous":
            assert any(opening <= row["ts_start"] < row["ts_end"] <= closing for opening, closing in sessions)
            assert row["ts_end"] - row["ts_start"] <= minutes * MINUTE


@given(minutes_cases)
def test_five_minutes_then_fifteen_is_fifteen_at_once(case):
    bars, sessions = case["bars"], case["sessions"]
    fives = resample_minutes(bars, sessions, 5)
    assert resample_minutes(fives, sessions, 15) == resample_minutes(bars, sessions, 15)
    assert resample_ns(bars, sessions, 60 * MINUTE) == resample_minutes(bars, sessions, 60)


@given(days_cases)
def test_days_lose_nothing(case):
    rows = resample_days(case["bars"], case["freq"])
    assert sum(row["volume"] or 0 for row in rows) == sum(each["volume"] or 0 for each in case["bars"])
    for row in rows:
        assert row["start"] <= row["first_date"] <= row["last_date"] < row["end"]
        assert row["start"].weekday() == 0 if case["freq"] == "1w" else row["start"].day == 1
