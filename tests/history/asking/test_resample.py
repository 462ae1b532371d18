"""Merging bars: half-open, by sessions, auctions apart, night sessions by trade date."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.core.time import parse_time
from tallystick.history import Span, resample
from tallystick.history.asking.bars import View, find_bars
from tallystick.history.asking.sessions import Sessions
from tallystick.market import seed_rules

MINUTE = 60_000_000_000
SESSIONS = Sessions(seed_rules())
DAY = "2026-11-20"


def clock(time, zone="Asia/Taipei", day=DAY):
    return parse_time(f"{day} {time}", zone)


def minutes(symbol, *times, zone="Asia/Taipei", day=DAY, phase="continuous", price=10):
    """Minute bars that begin at these times; prices and volumes count up."""
    return [
        {
            "symbol": symbol, "date": datetime.date.fromisoformat(day), "ts_start": clock(time, zone, day),
            "ts_end": clock(time, zone, day) + MINUTE, "phase": phase, "open": price + n, "high": price + n + 5,
            "low": price + n - 5, "close": price + n + 1, "volume": 100 + n, "known_time": n,
        }
        for n, time in enumerate(times)
    ]  # fmt: skip


def bars(rows, every="5m", sessions=SESSIONS, zone="Asia/Taipei"):
    found = resample(pa.Table.from_pylist(rows), every, sessions).to_pylist()
    local = datetime.timezone(datetime.timedelta(hours=8))
    for one in found:
        for name in ("ts_start", "ts_end"):
            one[name] = datetime.datetime.fromtimestamp(one[name] // 10**9, local).strftime("%H:%M")
    return found


def spans(rows, every="5m", **more):
    return [(one["ts_start"], one["ts_end"], one["volume"]) for one in bars(rows, every, **more)]


def test_a_bar_is_half_open():
    rows = minutes("2330.XTAI", "09:00:00", "09:04:00", "09:05:00")
    (first, second) = bars(rows)
    assert (first["ts_start"], first["ts_end"], second["ts_start"]) == ("09:00", "09:05", "09:05")
    assert [first[name] for name in ("open", "high", "low", "close", "volume", "known_time")] == [
        10,
        16,
        5,
        12,
        201,
        1,
    ]


def test_closing_print_of_a_morning_makes_no_bar_of_its_own():
    rows = minutes("000001.XSHE", "11:28:00", "11:30:00", "13:00:00", "15:00:00")
    assert spans(rows) == [("11:25", "11:30", 201), ("13:00", "13:05", 102), ("14:55", "15:00", 103)]
    assert [one[:2] for one in spans(rows, "1h")] == [
        ("10:30", "11:30"),
        ("13:00", "14:00"),
        ("14:00", "15:00"),
    ]


def test_without_sessions_bars_go_by_the_clock():
    rows = minutes("2330.NONE", "11:28:00", "11:30:00")
    assert spans(rows) == [("11:25", "11:30", 100), ("11:30", "11:35", 101)]
    assert spans(rows, sessions=None) == spans(rows)


def test_a_session_is_cut_at_its_end_and_counted_from_its_opening():
    rows = minutes("600000.XSHG", "09:30:00", "10:29:00", "10:30:00", "11:29:00", "13:00:00")
    assert spans(rows, "45m") == [
        ("09:30", "10:15", 100), ("10:15", "11:00", 203), ("11:00", "11:30", 103), ("13:00", "13:45", 104)
    ]  # fmt: skip


def test_auction_rows_stay_apart():
    rows = minutes("2330.XTAI", "13:24:00") + minutes(
        "2330.XTAI", "13:30:00", phase="close_auction", price=50
    )
    found = bars(rows)
    assert [(one["phase"], one["ts_start"], one["ts_end"]) for one in found] == [
        ("continuous", "13:20", "13:25"), ("close_auction", "13:30", "13:31")
    ]  # fmt: skip
    day = resample(
        pa.Table.from_pylist([*rows, *minutes("2330.XTAI", "14:00:00", phase="odd_lot", price=99)]), "1d"
    )
    (one,) = day.to_pylist()
    assert (one["open"], one["high"], one["close"], one["volume"]) == (10, 55, 51, 200)


def test_night_session_belongs_to_its_trade_date():
    trade_date = datetime.date(2026, 11, 23)
    night = [
        row | {"date": trade_date}
        for row in minutes("TXF.XTAF", "23:59:00")
        + minutes("TXF.XTAF", "00:00:00", "04:59:00", day="2026-11-21")
    ]
    rows = night + minutes("TXF.XTAF", "08:45:00", day="2026-11-23")
    assert resample(pa.Table.from_pylist(rows), "1d")["volume"].to_pylist() == [401]
    assert {one["date"] for one in bars(rows, "1h")} == {trade_date}


def test_weeks_and_months_end_where_they_end():
    dates = ["2026-10-30", "2026-11-02", "2026-11-06", "2026-11-09"]
    rows = [
        {
            "symbol": "A",
            "date": datetime.date.fromisoformat(one),
            "open": n,
            "high": n,
            "low": n,
            "close": n,
            "volume": 5 if n == 3 else None,
        }
        for n, one in enumerate(dates)
    ]
    weeks = resample(pa.Table.from_pylist(rows), "1w").to_pylist()
    assert [(one["first_date"].day, one["date"].day, one["close"]) for one in weeks] == [
        (30, 30, 0),
        (2, 6, 2),
        (9, 9, 3),
    ]
    months = resample(pa.Table.from_pylist(rows), "1mo").to_pylist()
    assert [(one["date"].isoformat(), one["open"], one["close"]) for one in months] == [
        ("2026-10-30", 0, 0), ("2026-11-09", 1, 3)
    ]  # fmt: skip
    assert [one["volume"] for one in months] == [None, 5]


def test_trades_become_bars(lake, put):
    start = clock("09:00:00")
    put(
        "trades",
        7,
        {"symbol": "2330.XTAI", "ts": start, "seq": 1, "price": 100, "quantity": 3},
        {"symbol": "2330.XTAI", "ts": start, "seq": 2, "price": 98, "quantity": 4},
        {"symbol": "2330.XTAI", "ts": start + MINUTE - 1, "seq": 1, "price": 99, "quantity": 5},
        {"symbol": "2330.XTAI", "ts": start + MINUTE, "seq": 1, "price": 90, "quantity": 1},
    )
    from tallystick.history.asking.rows import read_rows

    first, _ = resample(read_rows(lake, "trades", Span()), "1m", SESSIONS).to_pylist()
    assert [first[name] for name in ("open", "high", "low", "close", "volume", "trade_count")] == [
        100,
        100,
        98,
        99,
        12,
        3,
    ]
    assert first["ts_end"] - first["ts_start"] == datetime.timedelta(minutes=1)


@pytest.mark.parametrize("every", ["7", "0m", "2d", "1441m", "25h", "-5m", "1y", "1.5m"])
def test_a_length_that_makes_no_bars_is_refused(every):
    with pytest.raises(TallystickError, match=f"Bars cannot be made {every} long"):
        resample(pa.Table.from_pylist(minutes("A", "09:00:00")), every)


def test_five_minutes_of_the_lake_are_merged_minutes(lake, put):
    rows = minutes("2330.XTAI", "09:00:00", "09:01:00", "09:05:00")
    put("bars_minute", 3, *({**row, "known_time": None} for row in rows))
    found, total = find_bars(
        lake, Span(["2330.XTAI"]), View("5m", sessions=SESSIONS), limit=1, columns=["close"]
    )
    assert (found.to_pylist(), total) == ([{"close": 12}], 2)
    assert find_bars(lake, Span(["9999.XTAI"]), View("5m", sessions=SESSIONS))[1] == 0
    assert find_bars(lake, Span(), View("1w"))[0].num_rows == 0


def test_five_minute_bars_that_were_loaded_stand_for_their_day(lake, put):
    def on(day, *times):
        return [{**row, "known_time": None} for row in minutes("2330.XTAI", *times, day=day)]

    put("bars_minute", 3, *on("2026-11-19", "09:00:00"), *on(DAY, "09:00:00", "09:01:00", "09:05:00"))
    loaded = {**on(DAY, "09:10:00")[0], "ts_end": clock("09:15:00"), "close": 77}
    put("bars_5_minutes", 3, loaded)
    for adjust in ("none", "total"):
        found, total = find_bars(lake, Span(), View("5m", adjust, sessions=SESSIONS))
        assert (found["close"].to_pylist(), total) == ([11, 77], 2)
    assert found.schema.field("close").metadata == {b"unit": b"1e-4 of the currency"}
    assert found.schema.field("symbol").type == pa.string()


seconds = st.lists(st.integers(0, 270 * 60 - 1), min_size=1, max_size=40)


@given(seconds, st.sampled_from([1, 5, 7, 30, 60]))
def test_nothing_is_lost_or_counted_twice(places, length):
    opening = clock("09:00:00")
    rows = []
    for n, second in enumerate(places):
        at = opening + second * 10**9
        rows.append(
            minutes("2330.XTAI", "09:00:00")[0]
            | {"ts_start": at, "ts_end": at + 10**9, "open": n, "high": n, "low": n, "close": n, "volume": 1}
        )
    expected = {}
    for second in places:
        bucket = second // (60 * length)
        expected[bucket] = expected.get(bucket, 0) + 1
    found = resample(pa.Table.from_pylist(rows), f"{length}m", SESSIONS)
    starts = [(one - opening) // (MINUTE * length) for one in found["ts_start"].cast(pa.int64()).to_pylist()]
    assert dict(zip(starts, found["volume"].to_pylist(), strict=True)) == expected


def test_an_opening_auction_opens_the_day_and_a_closing_one_closes_it():
    for opening, closing in (("open_auction", "close_auction"), ("opening_call", "closing_call")):
        rows = [
            *minutes("2330.XTAI", "09:00:00", "13:30:00", price=50),
            *minutes("2330.XTAI", "09:00:00", phase=opening, price=10),
            *minutes("2330.XTAI", "13:30:00", phase=closing, price=90),
        ]
        for ordered in (rows, rows[::-1]):
            (found,) = resample(pa.Table.from_pylist(ordered), "1d", SESSIONS).to_pylist()
            assert (found["open"], found["close"]) == (10, 91)


def test_bars_that_begin_together_come_in_the_order_of_the_day(lake, put):
    opening, closing = clock("09:00:00"), clock("13:25:00")
    rows = [
        {"symbol": "A", "ts_start": at, "phase": phase, "close": 1}
        for at, phase in (
            (opening, "continuous"), (opening, "open_auction"), (closing, "close_auction"), (closing, "continuous"),
        )
    ]  # fmt: skip
    expected = ["open_auction", "continuous", "continuous", "close_auction"]
    put("bars_minute", 1, *rows)
    found, _ = find_bars(lake, Span(), View("5m"))
    assert found["phase"].to_pylist() == expected
    put("bars_5_minutes", 1, *({**row, "symbol": "B"} for row in rows))
    found, _ = find_bars(lake, Span(), View("5m"))
    assert found["phase"].to_pylist() == expected * 2


def test_bars_of_trades_keep_the_units_of_prices_and_quantities():
    from tallystick.core.schema import schema_of
    from tallystick.history.datasets import find_dataset

    trades = schema_of(find_dataset("trades").spec.record).arrow.empty_table()
    for every in ("5m", "1d"):
        found = resample(trades, every).schema
        assert {found.field(name).metadata[b"unit"] for name in ("open", "close")} == {
            b"1e-4 of the currency"
        }
        assert found.field("volume").metadata[b"unit"].startswith(b"units")


def test_a_contract_that_is_not_registered_has_the_hours_of_its_venues_index_futures():
    """15:00 of a Friday to 05:00 of Saturday is the Monday's; by the clock an hour would begin at 08:00 and 05:00."""
    rows = minutes("TXFL6.XTAF", "08:45:00", "09:44:00", "13:44:00") + minutes(
        "TXFL6.XTAF", "15:00:00", "23:59:00", day="2026-11-20"
    )
    rows[-2:] = [{**row, "date": datetime.date(2026, 11, 23)} for row in rows[-2:]]
    assert [one[:2] for one in spans(rows, "1h")] == [
        ("08:45", "09:45"),
        ("12:45", "13:45"),
        ("15:00", "16:00"),
        ("23:00", "00:00"),
    ]
    (afternoon,) = spans(minutes("IF2612.CCFX", "13:00:00"), "1h")
    assert afternoon[:2] == ("13:00", "14:00")
