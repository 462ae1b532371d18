"""A load does not undo what a person decided, says what it changes, and keeps what its source does not speak of."""

from __future__ import annotations

import contextlib
import threading

import pytest

from tallystick.core.context import Context
from tallystick.history import read_bars
from tallystick.history.keeping.operations import correct, withdraw
from tallystick.history.keeping.requests import CorrectRequest, WithdrawRequest
from tallystick.history.loading import recorded
from tallystick.history.loading.operations import LoadRequest, load
from tallystick.history.loading.setting_aside import set_aside_rows

BAR = {"symbol": "A.XTAI", "date": "2026-10-07", "open": 10, "high": 12, "low": 9, "close": 10.5}
OTHER = {**BAR, "symbol": "B.XTAI"}


def bring(context, *rows, **more):
    return load(context, LoadRequest(files=[list(rows)], **more))


def bar(context, symbol="A.XTAI"):
    found = [row for row in read_bars(context.lake).to_pylist() if row["symbol"] == symbol]
    return found[0] if found else None


def told(report):
    return [(reason.row, reason.code.removeprefix("history.")) for reason in report.reasons]


def test_a_load_does_not_undo_a_correction(context):
    bring(context, BAR, OTHER, known_at="2026-10-10")
    fixed = {**BAR, "close": 10.7}
    correct(
        context,
        CorrectRequest(
            files=[[fixed]], dataset="bars_daily", reason="vendor notice 12", known_at="2026-10-12"
        ),
    )
    again = bring(context, {**BAR, "date": "2026/10/07"}, {**OTHER, "close": 11}, known_at="2026-10-13")
    assert told(again) == [(1, "corrected_before")]
    assert "vendor notice 12" in again.reasons[0].reason
    assert (again.loaded, again.changed) == (1, 1)
    assert (bar(context)["close"], bar(context, "B.XTAI")["close"]) == (10_7000, 11_0000)
    same = bring(context, {**fixed, "date": "20261007"}, known_at="2026-10-14")
    assert (same.loaded, same.duplicates, told(same)) == (0, 1, [])


def test_a_load_does_not_bring_a_withdrawn_fact_back(context):
    bring(context, BAR, OTHER, known_at="2026-10-10")
    key = [{"symbol": "A.XTAI", "date": "2026-10-07"}]
    withdraw(
        context,
        WithdrawRequest(files=[key], dataset="bars_daily", reason="never traded", known_at="2026-10-12"),
    )
    again = bring(context, {**BAR, "date": "2026/10/07"}, OTHER, known_at="2026-10-13")
    assert (told(again), again.duplicates) == ([(1, "withdrawn_before")], 1)
    assert "never traded" in again.reasons[0].reason
    assert bar(context) is None
    correct(
        context, CorrectRequest(files=[[BAR]], dataset="bars_daily", reason="it did", known_at="2026-10-14")
    )
    assert bar(context)["close"] == 10_5000


def test_a_load_says_how_many_facts_it_changes(context):
    bring(context, BAR, OTHER, known_at="2026-10-10")
    later = bring(context, {**BAR, "close": 11}, OTHER, {**BAR, "date": "2026-10-08"}, known_at="2026-10-11")
    assert (later.loaded, later.changed, later.duplicates) == (2, 1, 1)
    assert later.files[0].changed == 1


@pytest.mark.parametrize("close", [10.5, 11])
def test_figures_of_which_a_file_does_not_speak_stay_known(context, close):
    bring(context, {**BAR, "volume": 500, "amount": 5_300}, OTHER, known_at="2026-10-10")
    report = bring(context, {**BAR, "close": close}, {**BAR, "date": "2026-10-08"}, known_at="2026-10-11")
    assert (report.loaded, told(report)) == (2 if close == 11 else 1, [])
    found = bar(context)
    assert (found["close"], found["volume"], found["amount"]) == (close * 10_000, 500, 5_300_0000)


def test_a_figure_that_a_file_empties_is_doubted(context):
    bring(context, {**BAR, "volume": 500}, known_at="2026-10-10")
    report = bring(context, {**BAR, "volume": None}, {**OTHER, "volume": 7}, known_at="2026-10-11")
    assert [
        (warned.code, warned.column, warned.row) for warned in report.warnings if "emptied" in warned.code
    ] == [("history.figure_emptied", "volume", 1)]
    assert bar(context)["volume"] is None


def test_two_loads_at_once_do_not_miss_what_the_other_says(context, house, monkeypatch):
    both = threading.Barrier(2)
    known = recorded.known_facts

    def meet(*given):
        found = known(*given)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(
                timeout=0.5
            )  # both have read what is known before either adds to it, if nothing keeps them apart
        return found

    monkeypatch.setattr(recorded, "known_facts", meet)
    reports = []

    def run(close):
        rows = [{**BAR, "close": close}, {**OTHER, "close": 10.5}]
        reports.append(bring(Context(house, context.actor), *rows, known_at="2026-10-10"))

    threads = [threading.Thread(target=run, args=(close,)) for close in (10.5, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = sorted((one.loaded, one.duplicates, one.quarantined) for one in reports)
    assert counts == [(0, 1, 1), (2, 0, 0)]
    assert {told(one)[0][1] for one in reports if one.quarantined} == {"known_otherwise"}
    assert house.lake.describe("history.bars_daily").rows == 2


def test_a_content_is_said_anew_with_another_time_of_knowing(context, house):
    bring(context, BAR, known_at="2026-10-10")
    bring(context, {**BAR, "close": 11}, known_at="2026-10-11")
    again = bring(context, BAR)
    assert (again.files[0].repeated, bar(context)["close"]) == (True, 11_0000)
    later = bring(context, BAR, known_at="2026-10-12")
    assert (later.loaded, later.changed, later.files[0].repeated) == (1, 1, False)
    assert bar(context)["close"] == 10_5000
    assert all(bring(context, BAR, known_at=f"2026-10-{day}").files[0].repeated for day in (10, 12))
    assert house.lake.describe("history.bars_daily").rows == 3


def test_a_wrong_time_of_knowing_does_not_stick_to_a_content(context):
    wrong = bring(context, BAR, known_at="2025-10-10")
    assert told(wrong) == [(1, "future")]
    right = bring(context, BAR, known_at="2026-10-10")
    assert (right.loaded, right.quarantined) == (1, 0)
    assert set_aside_rows(context.lake, "history.bars_daily")[-1]["released_by"] is not None
    assert bring(context, BAR, known_at="2025-10-10").quarantined == 0, "nothing waits any more"
