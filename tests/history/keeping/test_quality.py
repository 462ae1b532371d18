"""Quality: what scores are made of, gaps between sessions, and where facts are from."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from tallystick.core.errors import TallystickError

DAYS = [datetime.date(2026, 11, day) for day in (16, 17, 18, 19)]


def bar(day=DAYS[2], price=10.0, symbol="9901.XTAI", **more):
    return {"symbol": symbol, "date": day, **dict.fromkeys(("open", "high", "low", "close"), price), **more}


def loaded(firm, rows, known_at):
    return firm.history.load(files=[pl.DataFrame(rows)], known_at=known_at)


def scores(firm, **asked):
    return {row["part"]: row for row in firm.history.quality(limit=0, **asked).rows()}


def test_scores_by_dataset_day_and_reason(firm):
    loaded(firm, [bar(), bar(symbol="9902.XTAI"), bar(symbol="9903.XTAI") | {"high": 1.0}], "2026-11-18")
    loaded(firm, [bar(DAYS[3])], "2026-11-19")
    (whole,) = firm.history.quality(dataset="bars_daily").rows()
    assert (whole["taken"], whole["waiting_rows"], whole["quality"]) == (3, 1, 75.0)
    assert whole["quality"] == firm.history.dataset(dataset="bars_daily").quality
    days = scores(firm, dataset="bars_daily", by="day")
    assert {day: row["quality"] for day, row in days.items()} == {"2026-11-18": 66.66, "2026-11-19": 100.0}
    (reason,) = firm.history.quality(by="reason").rows()
    assert (reason["part"], reason["waiting_rows"], reason["quality"]) == ("history.high_below_low", 1, None)
    assert reason["reason"] == "The high is below the low"
    with pytest.raises(TallystickError):
        firm.history.quality(by="moon")


def test_released_row_counts_as_taken(firm):
    loaded(firm, [bar(), bar(symbol="9903.XTAI") | {"high": 1.0}], "2026-11-18")
    rows = "row,symbol,date,open,high,low,close\n2,9903.XTAI,2026-11-18,10,10,10,10"
    firm.history.release_rows(dataset="bars_daily", file="frame", rows=rows)
    (whole,) = firm.history.quality(dataset="bars_daily").rows()
    assert (whole["taken"], whole["waiting_rows"], whole["released_rows"]) == (2, 0, 1)
    assert whole["quality"] == 100.0


def test_gaps_are_sessions_between_the_first_and_the_last_bar(firm):
    loaded(firm, [bar(DAYS[0]), bar(DAYS[3]), bar(DAYS[1], symbol="9902.XTAI")], "2026-11-19")
    (gap,) = firm.history.gaps().rows()
    assert (gap["symbol"], gap["first_date"], gap["last_date"], gap["sessions"]) == (
        "9901.XTAI",
        DAYS[1],
        DAYS[2],
        2,
    )
    assert firm.history.gaps(known_at="2026-11-18").rows() == []
    assert firm.history.gaps(instruments=["9902.XTAI"]).rows() == []


def test_instruments_without_a_calendar_are_left_out_and_counted(firm):
    rows = [bar(DAYS[0]), bar(DAYS[3]), bar(datetime.date(1991, 3, 4), symbol="MADEUP.XNAS")]
    loaded(firm, rows, "2026-11-19")
    found = firm.history.gaps()
    assert [row["symbol"] for row in found.rows()] == ["9901.XTAI"]
    assert "left out are 1 instruments" in found.title


def test_load_with_times_of_its_own_has_no_day_in_1970(firm):
    firm.history.load(files=[pl.DataFrame([bar() | {"known_time": "2026-11-18 18:00:00"}])])
    assert "1970-01-01" not in scores(firm, dataset="bars_daily", by="day")


def test_versions_tell_what_brought_them_also_after_a_withdrawal(firm):
    loaded(firm, [bar()], "2026-11-18")
    row = "symbol,date,open,high,low,close\n9901.XTAI,2026-11-18,11,11,11,11"
    key = "symbol,date\n9901.XTAI,2026-11-18"
    firm.history.correct_rows(dataset="bars_daily", rows=row, reason="late print", known_at="2026-11-19")
    firm.history.withdraw_rows(dataset="bars_daily", rows=key, reason="wrong day", known_at="2026-11-20")
    asked = {"symbol": "9901.XTAI", "date": DAYS[2]}
    lines = firm.history.versions(**asked).rows()
    assert [(line["withdrawn"], line["close"] // 10_000) for line in lines] == [
        (True, 11),
        (False, 11),
        (False, 10),
    ]
    assert [line["reason"] for line in lines] == ["wrong day", "late print", ""]
    assert [line["what"] for line in lines] == ["corrected", "corrected", "loaded"]
    batch = firm.journal.batch(seq=lines[2]["seq"])
    assert batch.kind == "history.dataset_loaded"
    again = row.replace(",11,11,11,11", ",12,12,12,12")
    firm.history.correct_rows(dataset="bars_daily", rows=again, reason="it was right", known_at="2026-11-21")
    assert [line["withdrawn"] for line in firm.history.versions(**asked).rows()] == [
        False,
        True,
        False,
        False,
    ]
    assert firm.history.versions(symbol="9901.XTAI", date=DAYS[0]).rows() == []


def test_versions_of_minute_bars_of_one_time(firm):
    rows = [
        {
            "symbol": "9901.XTAI",
            "ts_start": f"2026-11-18 09:0{n}:00",
            **dict.fromkeys(("open", "high", "low", "close"), 10.0),
        }
        for n in range(3)
    ]
    firm.history.load(files=[pl.DataFrame(rows)], dataset="bars_minute", known_at="2026-11-18")
    asked = {"symbol": "9901.XTAI", "date": DAYS[2], "dataset": "bars_minute"}
    assert len(firm.history.versions(**asked).rows()) == 3
    assert len(firm.history.versions(**asked, time="2026-11-18 09:01:00").rows()) == 1
