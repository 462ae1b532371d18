"""Rows out of quarantine: corrected they come in, the first view of them stays."""

from __future__ import annotations

import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.history import read_bars
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
    report = release(context, ReleaseRequest(corrected=str(fixed), file="p.csv", known_at="2026-11-20"))
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
    again = release(context, ReleaseRequest(corrected=str(fixed), file="p.csv", known_at="2026-11-20"))
    assert again.files[0].repeated
    assert len(house.sent) == 2


def test_release_killed_before_its_mark_is_finished_by_the_next(context, house, write, monkeypatch):
    from tallystick.history.loading import releasing

    path = write("p.csv", HEADER, "A,2026-11-19,1,0,1,1")
    load(context, LoadRequest(files=[str(path)], known_at="2026-11-19"))
    fixed = [{"row": 2, "symbol": "A", "date": "2026-11-19", "open": 1, "high": 2, "low": 1, "close": 1}]
    request = ReleaseRequest(corrected=fixed, file="p.csv", known_at="2026-11-20")
    with monkeypatch.context() as patch:
        patch.delattr(releasing, "_mark")
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
        release(context, ReleaseRequest(corrected=[good | {"row": 2}], file="q.csv"))
    with pytest.raises(NotFound, match=r"Row 9 of p.csv is not in quarantine"):
        release(context, ReleaseRequest(corrected=[good | {"row": 9}], file="p.csv"))
    with pytest.raises(TallystickError, match="does not say which quarantined rows"):
        release(context, ReleaseRequest(corrected=[good], file="p.csv"))
    assert len(read_bars(context.lake)) == 0
