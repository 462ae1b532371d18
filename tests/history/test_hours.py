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
