"""Rows that need not be loaded leave quarantine with a reason, and stay to be seen."""

from __future__ import annotations

import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files
from tallystick.history.loading.operations import QuarantineRequest, quarantine
from tallystick.history.loading.typed_operations import (
    DismissRowsRequest,
    QuarantinedRequest,
    dismiss_rows,
    quarantined,
)

HEADER = "symbol,date,open,high,low,close"
BARS = "history.bars_daily"


@pytest.fixture
def footers(context, write, known_at):
    lines = ["9901.XTAI,2026-11-19,580,591,575,588", "total,1 row,,,,", "source: made up,,,,,"]
    path = write("prices.csv", HEADER, *lines)
    assert load_files(context, BARS, [path], vendor_mapping("generic"), known_at).quarantined == 2
    return path


def waiting(context, *, released=False):
    found = quarantine(context, QuarantineRequest(dataset=BARS, released=released))
    return [row["row"] for row in found.rows()]


def test_dismissed_rows_wait_no_more_and_say_why(context, house, footers, known_at):
    asked = {"dataset": "bars_daily", "file": "prices.csv", "reason": "the vendor's footer"}
    assert dismiss_rows(context, DismissRowsRequest(rows=[3], **asked)).dismissed_rows == 1
    assert (waiting(context), waiting(context, released=True)) == ([4], [3])
    row = quarantined(context, QuarantinedRequest(dataset=BARS, file="prices.csv", row=3))
    assert row.dismissed_why == "the vendor's footer"
    assert (
        quarantined(context, QuarantinedRequest(dataset=BARS, file="prices.csv", row=4)).dismissed_why == ""
    )
    again = load_files(context, BARS, [footers], vendor_mapping("generic"), known_at)
    assert (again.quarantined, [reason.row for reason in again.reasons]) == (1, [4])
    assert dismiss_rows(context, DismissRowsRequest(**asked)).dismissed_rows == 1, "all that wait"
    assert waiting(context) == []
    assert [(one.rows, one.reason) for one in house.sent[-2:]] == [(1, asked["reason"])] * 2


def test_what_does_not_wait_and_what_has_no_reason_is_refused(context, footers):
    with pytest.raises(NotFound, match=r"Row 2 of prices\.csv is not in quarantine"):
        dismiss_rows(
            context, DismissRowsRequest(dataset="bars_daily", file="prices.csv", rows=[2, 3], reason="x")
        )
    with pytest.raises(NotFound, match=r"No row of other\.csv"):
        dismiss_rows(context, DismissRowsRequest(dataset="bars_daily", file="other.csv", reason="x"))
    with pytest.raises(TallystickError, match="reason is empty"):
        dismiss_rows(context, DismissRowsRequest(dataset="bars_daily", file="prices.csv", reason=" "))
    assert waiting(context) == [3, 4]


def test_a_killed_dismissal_is_given_again(context, house, footers, monkeypatch):
    asked = DismissRowsRequest(dataset="bars_daily", file="prices.csv", reason="footers")
    with monkeypatch.context() as patch:
        patch.setattr("tallystick.history.loading.dismissing.mark_released", None)
        with pytest.raises(TypeError):
            dismiss_rows(context, asked)
    assert waiting(context) == [3, 4]
    assert dismiss_rows(context, asked).dismissed_rows == 2
    assert waiting(context) == []
    assert sum(type(one).__name__ == "RowsDismissed" for one in house.sent) == 1
