"""Rows are checked in spans, and lines are found in blocks; neither may be seen from outside."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.history import load_frame
from tallystick.history.loading import checks, line_index, recorded
from tallystick.history.loading.line_index import LineIndex


@given(
    text=st.lists(st.sampled_from([b"", b"a", b"1,2,3", b"\xe5\x8f\xb0", b"x" * 40])).map(b"\n".join),
    block=st.integers(1, 70),
)
def test_line_index_finds_what_splitting_finds(text, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_index, "BLOCK", block)
        index = LineIndex(text)
        lines = text.split(b"\n")
        order = np.random.default_rng(len(text)).permutation(len(lines)).tolist()
        assert [index.line(place + 1) for place in order] == [lines[place] for place in order]
    assert (index.line(0), index.line(len(lines) + 1)) == (b"", b"")


@pytest.mark.parametrize("span", [1, 7, 1_000])
def test_spans_do_not_change_what_is_found(context, known_at, monkeypatch, span):
    """Rows of two instruments on sessions, a Saturday, off their tick and with a negative volume, in no order."""
    monkeypatch.setattr(checks, "SPAN_ROWS", span)
    monkeypatch.setattr(recorded, "EXAMPLES", 40)
    rows = [
        {"symbol": f"990{1 + n % 2}.XTAI", "date": datetime.date(2026, 8, 3 + n % 20), "open": 100.0, "low": 100.0,
         "high": 100.0 + (n % 5 == 0) * 0.07, "close": 100.0, "volume": -5 if n == 11 else 5}
        for n in (np.arange(40) * 7 % 40).tolist()
    ]  # fmt: skip
    report = load_frame(context, pl.DataFrame(rows), known_time=known_at)
    expected = [(number, _fault(row)) for number, row in enumerate(rows, 1) if _fault(row)]
    assert len({code for _, code in expected}) == 3
    assert [(reason.row, reason.code.removeprefix("history.")) for reason in report.reasons] == expected


def _fault(row):
    if row["volume"] < 0:
        return "negative"
    if row["date"].weekday() >= 5:
        return "not_a_session"
    return "off_tick" if row["symbol"] == "9901.XTAI" and row["high"] > 100 else ""


def test_gaps_are_found_between_years_and_not_where_a_venue_is_shut(context, known_at):
    """Daily bars lie by year and symbol: a symbol's last row of a year and its first of the next are neighbours too."""
    bars = {"open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 5}
    dates = {
        "9901.XTAI": ["2024-12-30", "2024-12-31", "2025-01-02"],  # New Year's Day is no session
        "9902.XTAI": ["2024-12-30", "2025-01-02"],  # the last session of 2024 lacks
        "9903.XSHG": ["2024-12-31", "2025-01-02"],
        "9904.NONE": ["2024-12-30", "2025-01-02"],  # a venue without a calendar
    }
    rows = [
        {"symbol": symbol, "date": datetime.date.fromisoformat(day), **bars}
        for symbol, days in dates.items()
        for day in days
    ]
    report = load_frame(context, pl.DataFrame(rows), known_time=known_at)
    gaps = [(w.rows, w.row) for w in report.warnings if w.code == "history.gap"]
    assert (report.loaded, gaps) == (9, [(1, 5)])
