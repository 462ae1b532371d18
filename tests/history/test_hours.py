"""Times of day: what is outside the venue's sessions is set aside, or told where the sessions are not verified."""

from __future__ import annotations

import polars as pl
import pytest

from tallystick.history import load_frame
from tallystick.history.loading.columns import ColumnMapping


def loaded(context, known_at, dataset, *rows):
    prices = {"open": 100, "high": 100, "low": 100, "close": 100}
    if dataset == "history.trades":
        prices = {"price": 100, "quantity": 1}
    time = "ts" if dataset == "history.trades" else "ts_start"
    frame = pl.DataFrame([{"symbol": symbol, time: moment} | prices for symbol, moment in rows])
    mapping = ColumnMapping(zone="Asia/Taipei")
    return load_frame(context, frame, dataset=dataset, mapping=mapping, known_time=known_at)


@pytest.mark.parametrize("dataset", ["history.bars_minute", "history.bars_5_minutes", "history.trades"])
def test_times_outside_the_sessions_are_set_aside(context, known_at, dataset):
    times = ["08:45", "09:00", "13:30", "14:30", "18:00", "22:00"]
    report = loaded(context, known_at, dataset, *(("9902.XTAI", f"2026-11-19 {time}") for time in times))
    assert [(r.row, r.code) for r in report.reasons] == [(row, "history.outside_hours") for row in (1, 5, 6)]


def test_the_night_session_is_one(context, known_at):
    times = [
        "2026-11-18 15:00",
        "2026-11-19 04:59",
        "2026-11-19 07:00",
        "2026-11-19 08:45",
        "2026-11-19 13:45",
    ]
    report = loaded(context, known_at, "history.trades", *(("XX202612.XTAF", time) for time in times))
    assert [r.row for r in report.reasons] == [3]
    dates = context.lake.scan("history.trades", columns=["date"], order=["ts"])["date"].to_pylist()
    assert [date.day for date in dates] == [19, 19, 19, 19], "a night belongs to the next session"


def test_the_night_before_a_weekend_belongs_to_monday(context, known_at):
    times = ["2026-11-13 15:00", "2026-11-14 04:59", "2026-11-16 09:00", None]
    loaded(context, known_at, "history.bars_minute", *(("XX202612.XTAF", time) for time in times))
    dates = context.lake.scan("history.bars_minute", columns=["date"])["date"].to_pylist()
    assert {date.isoformat() for date in dates} == {"2026-11-16"}


def test_the_break_at_noon_and_a_venue_without_sessions(context, known_at):
    rows = [
        ("600009.XSHG", "2026-11-19 10:00"),
        ("600009.XSHG", "2026-11-19 12:00"),
        ("ODD", "2026-11-19 03:00"),
    ]
    assert [r.row for r in loaded(context, known_at, "history.bars_minute", *rows).reasons] == [2]


def test_sessions_that_are_not_verified_only_warn(context, known_at):
    report = loaded(context, known_at, "history.bars_minute", ("430009.BJSE", "2026-11-19 20:00"))
    assert (report.loaded, [w.code for w in report.warnings]) == (1, ["history.perhaps_outside_hours"])


@pytest.mark.parametrize(
    ("dataset", "clocks", "told"),
    [
        ("history.bars_minute", ["09:00", "09:05", "09:15"], "5 min or more apart; they may belong to"),
        ("history.bars_minute", ["09:00", "09:15"], "15 min or more apart, longer"),
        ("history.bars_minute", ["09:00", "09:05", "09:06"], None),
        ("history.bars_minute", ["09:00"], None),
        ("history.bars_5_minutes", ["09:00", "09:05"], None),
        ("history.bars_5_minutes", ["09:00", "10:00"], "60 min or more apart, longer"),
    ],
)
def test_bars_that_stand_too_far_apart_are_doubted(context, known_at, dataset, clocks, told):
    rows = [
        (symbol, f"{day} {clock}")
        for symbol in ("9901.XTAI", "9902.XTAI")
        for day in ("2026-11-18", "2026-11-19")
        for clock in clocks
    ]
    report = loaded(context, known_at, dataset, *rows)
    found = [warned.warning for warned in report.warnings if warned.code == "history.spacing"]
    assert (len(found), report.loaded) == (int(told is not None), len(rows))
    assert told is None or told in found[0]


def test_an_auction_at_the_time_of_a_bar_does_not_hide_how_far_bars_stand_apart(context, known_at):
    bar = {"symbol": "9901.XTAI", "open": 100, "high": 100, "low": 100, "close": 100}
    phases = [("09:00", "open_auction"), ("09:00", "continuous"), ("09:05", "continuous")]
    rows = [bar | {"ts_start": f"2026-11-19 {clock}", "phase": phase} for clock, phase in phases]
    mapping = ColumnMapping(zone="Asia/Taipei")
    report = load_frame(context, rows, dataset="history.bars_minute", mapping=mapping, known_time=known_at)
    assert "history.spacing" in [warned.code for warned in report.warnings]
