"""Rows typed as text: read as CSV, released from quarantine, and how one quarantined row is told."""

from __future__ import annotations

import datetime
import json

import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.history import read_bars
from tallystick.history.keeping.typed_operations import CorrectRowsRequest, correct_rows
from tallystick.history.loading.operations import LoadRequest, QuarantineRequest, load, quarantine
from tallystick.history.loading.typed import LARGEST_TEXT, cells_of, rows_of_text
from tallystick.history.loading.typed_operations import (
    QuarantinedRequest,
    ReleaseRowsRequest,
    quarantined,
    release_rows,
)

HEADER = "symbol,date,open,high,low,close"


@pytest.fixture
def faulty(context, write):
    path = write("p.csv", HEADER, "A,2026-11-19,1,0,1,1", "A,2026-11-18,1,1,1,x", "A,2026-11-17,1,1,1,1")
    load(context, LoadRequest(files=[str(path)], known_at="2026-11-19"))
    return context


def test_typed_rows_are_released_like_those_of_a_file(faulty):
    rows = f"row,{HEADER}\n2,A,2026-11-19,1,2,1,1\n3,A,2026-11-18,1,1,1,y\n"
    request = ReleaseRowsRequest(dataset="bars_daily", file="p.csv", rows=rows, known_at="2026-11-20")
    report = release_rows(faulty, request)
    assert (report.loaded, [one.column for one in report.reasons]) == (1, ["close"])
    bars = read_bars(faulty.lake)
    assert bars["high"].to_pylist() == [10_000, 20_000]
    assert bars["source"].to_pylist() == ["generic", "typed"]
    assert [row["row"] for row in quarantine(faulty, QuarantineRequest(file="p.csv")).rows()] == [3]


def test_one_row_tells_how_it_came_and_what_became_of_it(faulty):
    request = QuarantinedRequest(dataset="bars_daily", file="p.csv", row=2)
    told = quarantined(faulty, request)
    assert (told.column, told.value, told.text) == ("high", "0", "A,2026-11-19,1,0,1,1")
    assert told.cells == ["A", "2026-11-19", "1", "0"]
    read = {"symbol": "A", "date": "2026-11-19", "open": "1", "high": "0", "low": "1", "close": "1"}
    assert {one.column: one.value for one in told.columns if one.value} == read
    assert [one.column for one in told.columns if one.required] == HEADER.split(",")
    assert (told.released_at, told.released_by) == (None, "")
    rows = f"row,{HEADER}\n2,A,2026-11-19,1,2,1,1"
    report = release_rows(faulty, ReleaseRowsRequest(dataset="bars_daily", file="p.csv", rows=rows))
    after = quarantined(faulty, request)
    assert after.released_by == report.source_hash
    assert after.released_at > after.set_aside_at == told.set_aside_at
    with pytest.raises(NotFound, match=r"Row 9 of p.csv is not in quarantine"):
        quarantined(faulty, QuarantinedRequest(dataset="bars_daily", file="p.csv", row=9))


def test_row_of_another_vendor_is_offered_as_it_was_understood(context, write):
    lines = [
        "名称,日期,成交量,代码,开盘,最低,最高,收盘",
        "甲,2026-11-20,868,600000.SH,20.5,20.50,20.49,20.49",
    ]
    path = write("v.csv", *lines)
    report = load(context, LoadRequest(files=[str(path)], known_at="2026-11-20"))
    assert report.quarantined == 1
    told = quarantined(context, QuarantinedRequest(dataset="bars_daily", file="v.csv", row=2))
    given = {one.column: one.value for one in told.columns if one.value}
    assert [given[name] for name in ("high", "low", "volume")] == ["20.49", "20.5", "868"]
    names = ",".join(given)
    line = ",".join((given | {"high": "20.6", "low": "20.49"}).values())
    request = ReleaseRowsRequest(dataset="bars_daily", file="v.csv", rows=f"row,{names}\n2,{line}")
    assert release_rows(context, request).loaded == 1
    (bar,) = read_bars(context.lake).to_pylist()
    assert (bar["high"], bar["low"], bar["volume"]) == (206_000, 204_900, 868)


def test_times_are_offered_as_they_can_be_given_again(context, write):
    header = "symbol,ts_start,ts_end,open,high,low,close"
    path = write("m.csv", header, "9901.XTAI,2026-11-20 09:00:00.000000001,2026-11-20 09:01:00,1,0,1,1")
    load(context, LoadRequest(files=[str(path)], dataset="bars_minute", known_at="2026-11-20"))
    told = quarantined(context, QuarantinedRequest(dataset="bars_minute", file="m.csv", row=2))
    given = {one.column: one.value for one in told.columns if one.value}
    line = ",".join((given | {"high": "1"}).values())
    rows = f"row,{','.join(given)}\n2,{line}"
    report = release_rows(context, ReleaseRowsRequest(dataset="bars_minute", file="m.csv", rows=rows))
    assert (report.loaded, report.files[0].file) == (1, "typed")
    assert (
        context.lake.scan("history.bars_minute")["ts_start"].cast("int64").to_pylist()[0] % 1_000_000_000 == 1
    )


def test_release_keeps_known_figures_that_it_does_not_give(context, write):
    good = write("g.csv", f"{HEADER},volume", "A,2026-11-19,1,1,1,1,868000")
    load(context, LoadRequest(files=[str(good)], known_at="2026-11-19"))
    path = write("p.csv", f"{HEADER},volume", "A,2026-11-19,1,0,1,1,868000")
    load(context, LoadRequest(files=[str(path)], known_at="2026-11-20"))
    rows = f"row,{HEADER}\n2,A,2026-11-19,1,2,1,1\n"
    report = release_rows(context, ReleaseRowsRequest(dataset="bars_daily", file="p.csv", rows=rows))
    assert report.changed == 1
    (bar,) = read_bars(context.lake).to_pylist()
    assert (bar["high"], bar["volume"]) == (20_000, 868_000)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "history.no_rows"),
        ("row,close\n", "history.no_rows"),
        ("row,close\n2,1,3", "history.row_cells"),
        ("row\n" + "1\n" * LARGEST_TEXT, "history.text_too_large"),
    ],
)
def test_text_that_holds_no_rows_is_told(text, code):
    with pytest.raises(TallystickError) as told:
        rows_of_text(text)
    assert told.value.code == code


def test_cells_of_text_and_of_frames():
    assert rows_of_text('name,close\n"A, B",1\n\n')[0] == {"name": "A, B", "close": "1"}
    assert cells_of("1101.XTAI;2026-11-20;1102.XTAI", ["symbol", "date"])[1] == {"date": "2026-11-20"}
    assert cells_of('{"symbol": "A", "date": "2026-11-20", "close": null}', ["symbol"])[1] == {"symbol": "A"}
    assert cells_of('{"symbol": "A", "note": "cut sho', ["symbol"])[1] == {}


def test_row_of_a_frame_is_kept_as_json(context):
    rows = [
        {"symbol": "甲", "date": datetime.date(2026, 11, 19), "open": 1.5, "high": 1, "low": 1, "close": None}
    ]
    assert load(context, LoadRequest(files=[rows], known_at="2026-11-19")).quarantined == 1
    (kept,) = quarantine(context, QuarantineRequest()).rows()
    assert json.loads(kept["text"]) == {**rows[0], "date": "2026-11-19"}
    told = quarantined(context, QuarantinedRequest(dataset="bars_daily", file="frame", row=1))
    assert {one.column: one.value for one in told.columns}["symbol"] == "甲"


def test_typed_correction_is_whole_or_not_at_all_and_nothing_of_it_waits(context):
    good = [{"symbol": "A", "date": "2026-11-18", "open": 1, "high": 1, "low": 1, "close": 1}]
    load(context, LoadRequest(files=[good], known_at="2026-11-18"))
    line = "symbol,date,open,high,low,close\nA,2026-11-18,1,2,1,2\nA,2026-11-17,1,1,1,abc\nA,2026-11-16,3,2,1,1\n"
    asked = {"dataset": "bars_daily", "reason": "late print", "known_at": "2026-11-19"}
    with pytest.raises(TallystickError) as told:
        correct_rows(context, CorrectRowsRequest(rows=line, **asked))
    assert told.value.code == "history.typed_wrongly"
    assert "row 2: close is no number: abc. row 3: open is not between low and high" in str(told.value)
    assert quarantine(context, QuarantineRequest()).total_rows == 0
    assert read_bars(context.lake)["close"].to_pylist() == [10_000]
    right = line.replace("abc", "1").replace(",3,2,", ",1,2,")
    assert correct_rows(context, CorrectRowsRequest(rows=right, **asked)).rows == 3
    assert quarantine(context, QuarantineRequest()).total_rows == 0


def test_remedy_of_a_misspelt_column_can_be_followed_where_rows_are_typed(context):
    line = "symbl,date,open,high,low,close\n9901.XTAI,2026-11-19,1,1,1,1"
    with pytest.raises(TallystickError) as refused:
        correct_rows(context, CorrectRowsRequest(rows=line, dataset="bars_daily", reason="late print"))
    assert "Write symbol in the header" in str(refused.value)
    assert "mapping" not in str(refused.value)
