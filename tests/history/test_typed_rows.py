"""Rows typed as text: read as CSV, released from quarantine, and how one quarantined row is told."""

from __future__ import annotations

import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.history import read_bars
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
    assert {one.column: one.value for one in told.columns if one.value} == {"date": "2026-11-19"}
    assert [one.column for one in told.columns if one.required] == HEADER.split(",")
    assert (told.released_at, told.released_by) == (None, "")
    rows = f"row,{HEADER}\n2,A,2026-11-19,1,2,1,1"
    report = release_rows(faulty, ReleaseRowsRequest(dataset="bars_daily", file="p.csv", rows=rows))
    after = quarantined(faulty, request)
    assert after.released_by == report.source_hash
    assert after.released_at > after.set_aside_at == told.set_aside_at
    with pytest.raises(NotFound, match=r"Row 9 of p.csv is not in quarantine"):
        quarantined(faulty, QuarantinedRequest(dataset="bars_daily", file="p.csv", row=9))


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
    assert cells_of("{'symbol': 'A', 'date': datetime.date(2026, 11, 20)}", ["symbol"])[1] == {}
