"""Rows out of quarantine: corrected they come in, the first view of them stays."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.time import parse_time
from tallystick.history import read_bars
from tallystick.history.datasets import find_dataset
from tallystick.history.loading.matching import contradicts
from tallystick.history.loading.operations import (
    LoadRequest,
    QuarantineRequest,
    ReleaseRequest,
    load,
    quarantine,
    release,
)

HEADER = "symbol,date,open,high,low,close"


def test_corrected_rows_come_in_and_the_first_view_stays(context, house, write):
    path = write("p.csv", HEADER, "A,2026-11-19,1,0,1,1", "A,2026-11-18,1,1,1,x", "A,2026-11-17,1,1,1,1")
    load(context, LoadRequest(files=[str(path)], known_at="2026-11-19"))
    assert quarantine(context, QuarantineRequest(file="p.csv")).total_rows == 2
    fixed = write("fixed.csv", "row," + HEADER, "2,A,2026-11-19,1,2,1,1", "3,A,2026-11-18,1,1,1,y")
    report = release(context, ReleaseRequest(files=[str(fixed)], file="p.csv", known_at="2026-11-20"))
    assert (report.loaded, [(r.row, r.column) for r in report.reasons]) == (1, [(3, "close")])
    assert read_bars(context.lake)["high"].to_pylist() == [10_000, 20_000]
    waiting = quarantine(context, QuarantineRequest(file="p.csv")).rows()
    assert [(row["row"], row["code"]) for row in waiting] == [(3, "history.not_a_number")]
    (gone,) = quarantine(context, QuarantineRequest(file="p.csv", released=True)).rows()
    assert (gone["row"], gone["text"], gone["released_by"]) == (2, "A,2026-11-19,1,0,1,1", report.source_hash)
    assert [(one.source, one.rows) for one in house.sent] == [("p.csv", 1), ("fixed.csv", 1)]
    before = context.lake.scan(
        "history.quarantine", known_at=context.machine("history").loads()[0].known_time
    )
    assert before["released_by"].to_pylist() == [None, None]
    again = release(context, ReleaseRequest(files=[str(fixed)], file="p.csv", known_at="2026-11-20"))
    assert again.files[0].repeated
    assert [(r.row, r.column) for r in again.reasons] == [(3, "close")], (
        "what is still wrong is told each time"
    )
    assert len(house.sent) == 2
    assert quarantine(context, QuarantineRequest()).total_rows == 1, "a row that fails again waits once"


def test_release_killed_before_its_mark_is_finished_by_the_next(context, house, write, monkeypatch):
    from tallystick.history.loading import releasing

    path = write("p.csv", HEADER, "A,2026-11-19,1,0,1,1")
    load(context, LoadRequest(files=[str(path)], known_at="2026-11-19"))
    fixed = [{"row": 2, "symbol": "A", "date": "2026-11-19", "open": 1, "high": 2, "low": 1, "close": 1}]
    request = ReleaseRequest(files=[fixed], file="p.csv", known_at="2026-11-20")
    with monkeypatch.context() as patch:
        patch.delattr(releasing, "mark_released")
        with pytest.raises(NameError):
            release(context, request)
    assert quarantine(context, QuarantineRequest(released=True)).total_rows == 0
    assert release(context, request).files[0].repeated
    assert quarantine(context, QuarantineRequest(released=True)).total_rows == 1
    assert len(read_bars(context.lake)) == 1


def test_what_cannot_be_released_is_told(context, write):
    path = write("p.csv", HEADER, "A,2026-11-19,1,0,1,1")
    load(context, LoadRequest(files=[str(path)], known_at="2026-11-19"))
    good = {"symbol": "A", "date": "2026-11-19", "open": 1, "high": 2, "low": 1, "close": 1}
    with pytest.raises(NotFound, match=r"No row of q.csv is in quarantine"):
        release(context, ReleaseRequest(files=[[good | {"row": 2}]], file="q.csv"))
    with pytest.raises(NotFound, match=r"Row 9 of p.csv is not in quarantine"):
        release(context, ReleaseRequest(files=[[good | {"row": 9}]], file="p.csv"))
    with pytest.raises(TallystickError, match="does not say which quarantined rows"):
        release(context, ReleaseRequest(files=[[good]], file="p.csv"))
    assert len(read_bars(context.lake)) == 0


@pytest.fixture
def two_days(context, tmp_path):
    """Two files of one name whose second rows were set aside; the hashes of both."""
    hashes = []
    for number, symbol in enumerate(["A.XTAI", "B.XTAI"]):
        path = tmp_path / f"d{number}" / "day.csv"
        path.parent.mkdir()
        path.write_text(f"{HEADER}\n{symbol},2026-11-{16 + number},1,0,1,1\n")
        hashes.append(load(context, LoadRequest(files=[str(path)], known_at="2026-11-19")).source_hash)
    return hashes


def fixed(symbol, day, row=2):
    return {
        "row": row,
        "symbol": symbol,
        "date": f"2026-11-{day}",
        "open": 1,
        "high": 2,
        "low": 1,
        "close": 1,
    }


def released(context):
    found = quarantine(context, QuarantineRequest(released=True)).rows()
    return [(row["text"].partition(",")[0], row["sha256"]) for row in found]


def test_of_two_contents_of_one_name_the_row_whose_key_fits_is_released(context, two_days):
    release(context, ReleaseRequest(files=[[fixed("A.XTAI", 16)]], file="day.csv"))
    assert released(context) == [("A.XTAI", two_days[0])]
    for wrong in (fixed("C.XTAI", 16), fixed("B.XTAI", 16), fixed("A.XTAI", 17)):
        with pytest.raises(
            TallystickError, match=r"Row 2 of day.csv was set aside as .*, which is not about"
        ):
            release(context, ReleaseRequest(files=[[wrong]], file="day.csv"))
    with pytest.raises(TallystickError, match=r"which is not about B\.XTAI"):
        release(context, ReleaseRequest(files=[[fixed("B.XTAI", 17)]], file="day.csv", sha256=two_days[0]))
    with pytest.raises(NotFound, match="is in quarantine for"):
        release(context, ReleaseRequest(files=[[fixed("B.XTAI", 17)]], file="day.csv", sha256="00ff"))
    assert read_bars(context.lake)["symbol"].to_pylist() == ["A.XTAI"]
    request = ReleaseRequest(files=[[fixed("B.XTAI", 17)]], file="day.csv", sha256=two_days[1][:8])
    assert release(context, request).loaded == 1
    assert sorted(released(context)) == [("A.XTAI", two_days[0]), ("B.XTAI", two_days[1])]


def test_row_that_waits_in_several_contents_is_named_by_the_hash(context, tmp_path):
    hashes = []
    for number in range(2):
        path = tmp_path / f"d{number}" / "day.csv"
        path.parent.mkdir()
        path.write_text(f"{HEADER}\nA.XTAI,2026-11-16,1,0,1,1\nB.XTAI,2026-11-1{number},1,1,1,1\n")
        hashes.append(load(context, LoadRequest(files=[str(path)], known_at="2026-11-19")).source_hash)
    with pytest.raises(TallystickError, match="fits each") as told:
        release(context, ReleaseRequest(files=[[fixed("A.XTAI", 16)]], file="day.csv"))
    assert all(one[:12] in str(told.value) for one in hashes)
    for one in hashes:
        request = ReleaseRequest(files=[[fixed("A.XTAI", 16)]], file="day.csv", sha256=one)
        release(context, request)
    assert sorted(row for _, row in released(context)) == sorted(hashes)
    assert len(read_bars(context.lake)) == 3


@pytest.mark.parametrize(
    ("text", "column", "symbol", "other"),
    [
        ("2330,115/11/16,1,0,1,1", "high", "2330.XTAI", "2331.XTAI"),
        ("TXF;202612;2026-11-16;1", "price", "TXF 202612.XTAF", "MXF 202612.XTAF"),
        ('{"symbol": "A", "date": "2026-11-16", "high": 0}', "high", "A", "B"),
        (",2026-11-16,1,0,1,1", "symbol", "A", None),
    ],
)
def test_what_a_row_says_is_read_in_its_own_way(text, column, symbol, other):
    row = {"text": text, "column": column, "reason": "history.high_below_low"}
    daily, day = find_dataset("bars_daily"), datetime.date(2026, 11, 16)
    assert not contradicts(daily, row, {"symbol": symbol, "date": day}, "Asia/Taipei")
    assert contradicts(daily, row, {"symbol": symbol, "date": datetime.date(2026, 11, 17)}, "Asia/Taipei")
    if other:
        assert contradicts(daily, row, {"symbol": other, "date": day}, "Asia/Taipei")


def test_a_minute_is_told_from_another():
    row = {"text": "A,2026-11-16 09:05,1,0,1,1", "column": "high", "reason": "history.high_below_low"}
    minute = find_dataset("bars_minute")
    at = parse_time("2026-11-16 09:05:00", "Asia/Taipei")
    assert not contradicts(minute, row, {"symbol": "A", "ts_start": at}, "Asia/Taipei")
    assert contradicts(minute, row, {"symbol": "A", "ts_start": at + 7 * 60 * 10**9}, "Asia/Taipei")
