"""Panels: a row for each date, a column for each instrument."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.errors import TallystickError
from tallystick.history import Span, read_bars, read_panel
from tallystick.history.asking.terms import RATIO


def day(text):
    return datetime.date.fromisoformat(f"2026-{text}")


def lines(panel):
    return [tuple(row.values()) for row in panel.to_pylist()]


def date(day):
    return datetime.date(2026, 11, day)


def test_panel_has_a_row_for_each_date_and_a_column_for_each_instrument(lake, closes):
    closes("B", "11-02", 1, None, 3)
    closes("A", "11-03", 2, 4)
    panel = read_panel(lake, "close", Span())
    assert panel.column_names == ["date", "A", "B"]
    assert lines(panel) == [(date(2), None, 10_000), (date(3), 20_000, None), (date(4), 40_000, 30_000)]
    assert panel.schema.field("A").metadata == {b"unit": b"1e-4 of the currency"}


def test_columns_come_as_asked_also_those_without_bars(lake, closes):
    closes("A", "11-02", 1)
    closes("B", "11-02", 2)
    panel = read_panel(lake, "volume", Span(["B", "C", "A", "B"]))
    assert panel.column_names == ["date", "B", "C", "A"]
    assert lines(panel) == [(date(2), None, None, None)]
    assert lines(read_panel(lake, "close", Span(["C"]))) == []


def test_a_span_limits_the_dates_not_the_adjustment(lake, put, closes):
    closes("A", "11-02", 100, 100, 50, 50)
    closes("B", "11-02", 7, 7, 7, 7)
    put("actions", 1, {"symbol": "A", "ex_date": "11-04", "kind": "par_change", "ratio": 2 * RATIO})
    early, late = Span(end=date(3)), Span(start=date(4))
    assert lines(read_panel(lake, "close", early, adjust="total"))[0] == (date(2), 500_000, 70_000)
    assert len(lines(read_panel(lake, "close", early, adjust="total"))) == 2
    after = read_panel(lake, "close", late, adjust="total", anchor="series_start")
    assert lines(after) == [(date(4), 1_000_000, 70_000), (date(5), 1_000_000, 70_000)]
    assert after.schema.metadata[b"anchor"] == b"series_start"


@pytest.mark.parametrize("field", ["open", "close", "volume", "amount"])
@pytest.mark.parametrize("anchor", ["latest_bar", "series_start"])
def test_panel_shows_what_bars_show(lake, put, closes, field, anchor):
    closes("A", "11-02", 100, 100, 50, 49, volume=[3, None, 5, 7], amount=[1, 2, 3, 4])
    closes("B", "11-02", 10, 10, 9)
    put("actions", 1, {"symbol": "A", "ex_date": "11-04", "kind": "stock", "ratio": RATIO})
    put("actions", 1, {"symbol": "B", "ex_date": "11-04", "kind": "cash", "cash": 10_000})
    for adjust in ("none", "split", "total"):
        panel = read_panel(lake, field, Span(), adjust=adjust, anchor=anchor)
        bars = read_bars(lake, adjust=adjust, anchor=anchor).to_pylist()
        shown = {(row["date"], symbol): row[symbol] for row in panel.to_pylist() for symbol in ("A", "B")}
        for row in bars:
            assert shown.pop((row["date"], row["symbol"])) == row[field]
        assert set(shown.values()) <= {None}


def test_panel_is_as_known_at(lake, closes):
    closes("A", "11-02", 1, 2, known=5)
    closes("A", "11-03", 3, known=9)
    assert lines(read_panel(lake, "close", Span(), known_at=8))[1] == (date(3), 20_000)
    assert lines(read_panel(lake, "close", Span()))[1] == (date(3), 30_000)
    assert lines(read_panel(lake, "close", Span(), known_at=4)) == []


def test_unknown_field_is_refused(lake):
    with pytest.raises(TallystickError, match=r"cannot show cloze\. Did you mean close"):
        read_panel(lake, "cloze", Span())


def test_the_columns_are_those_of_the_span_however_it_is_adjusted(lake, closes, put):
    closes("A", "11-02", 100, 98)
    closes("OLD", "10-01", 5)
    closes("NEW", "11-09", 5)
    put("actions", 1, {"symbol": "A", "ex_date": "11-03", "kind": "cash", "cash": 20_000})
    span = Span((), day("11-02"), day("11-03"))
    for adjust in ("none", "split", "total"):
        for anchor in ("latest_bar", "series_start"):
            panel = read_panel(lake, "close", span, adjust=adjust, anchor=anchor)
            assert panel.column_names == ["date", "A"]
