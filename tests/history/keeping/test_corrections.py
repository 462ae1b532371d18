"""Corrections: later versions, earlier views for ever, facts taken back, late rows, kills."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake.maintenance import no_holds
from tallystick.history.keeping import corrections

NAME = "history.bars_daily"
DAY = datetime.date(2025, 12, 1)
FIRST, SECOND, THIRD = "2026-01-05", "2026-01-06", "2026-01-07"


def bar(symbol="9901.XTAI", day=DAY, price=10.0, **more):
    prices = dict.fromkeys(("open", "high", "low", "close"), price)
    return {"symbol": symbol, "date": day, **prices, **more}


@pytest.fixture
def loaded(firm):
    rows = [bar(volume=5), bar("9902.XTAI", volume=6)]
    assert firm.history.load(files=[pl.DataFrame(rows)], known_at=FIRST).loaded == 2
    return firm


def closes(firm, known_at=""):
    found = firm.history.bars(known_at=known_at, columns=["symbol", "close", "volume"]).rows()
    return {row["symbol"]: (row["close"], row["volume"]) for row in found}


def correct(firm, *rows, known_at=SECOND, reason="vendor notice", **more):
    return firm.history.correct(
        dataset="bars_daily", files=[pl.DataFrame(list(rows))], reason=reason, known_at=known_at, **more
    )


def withdraw(firm, *keys, known_at=SECOND):
    rows = [{"symbol": symbol, "date": day} for symbol, day in keys]
    return firm.history.withdraw(
        dataset="bars_daily", files=[pl.DataFrame(rows)], reason="not a session", known_at=known_at
    )


BEFORE = {"9901.XTAI": (100_000, 5), "9902.XTAI": (100_000, 6)}


def test_corrected_row_is_a_later_version_and_keeps_what_it_does_not_say(loaded):
    done = correct(loaded, bar(price=11.0), bar("9902.XTAI"), bar("9903.XTAI", price=7.0))
    assert (done.rows, done.unchanged, done.revision) == (2, 1, 1)
    assert closes(loaded) == {
        "9901.XTAI": (110_000, 5),
        "9902.XTAI": (100_000, 6),
        "9903.XTAI": (70_000, None),
    }
    assert closes(loaded, FIRST) == BEFORE
    lake = loaded.context().lake
    (row,) = lake.scan(NAME, within={"symbol": "9901.XTAI"}).to_pylist()
    assert (row["revision"], row["reason"], row["withdrawn"]) == (1, "vendor notice", None)
    (line,) = loaded.history.loads(what="corrected").rows()
    assert (line["rows"], line["reason"], line["by"]) == (2, "vendor notice", "maker")
    assert line["position"].split(".")[0] == str(done.position)


def test_row_of_some_columns_keeps_the_others_and_is_checked_whole(loaded):
    some = [
        {"symbol": "9901.XTAI", "date": DAY, "high": 12.0, "close": 11.0},
        {"symbol": "9902.XTAI", "date": DAY, "high": None, "close": 11.0},  # above the high that is known
        {"symbol": "9904.XTAI", "date": DAY, "high": 12.0, "close": 11.0},  # nothing is known of its open
    ]
    done = correct(loaded, *some)
    assert (done.rows, done.unchanged, done.quarantined) == (1, 0, 2)
    told = {row["row"]: (row["column"], row["code"]) for row in loaded.history.quarantine().rows()}
    assert told == {2: ("close", "history.outside_range"), 3: ("open", "history.empty")}
    now = loaded.history.bars(columns=["symbol", "open", "high", "low", "close", "volume"]).rows()[0]
    assert now == {
        "symbol": "9901.XTAI",
        "open": 100_000,
        "high": 120_000,
        "low": 100_000,
        "close": 110_000,
        "volume": 5,
    }
    assert closes(loaded, FIRST) == BEFORE


def test_correction_that_names_no_figure_is_refused(loaded):
    with pytest.raises(TallystickError, match="has no column open"):
        correct(loaded, {"symbol": "9901.XTAI", "date": DAY, "clsoe": 11.0})
    assert closes(loaded) == BEFORE


def test_earlier_view_stays_after_compaction_expiry_and_archive(loaded):
    correct(loaded, bar(price=11.0))
    correct(loaded, bar(price=12.0), known_at=THIRD)
    loaded.history.compact()
    loaded.context().lake.maintain(keep_days=0, grace_seconds=-1, holds=no_holds)
    loaded.history.archive(dataset="bars_daily", before="2026-01-01")
    correct(loaded, bar(price=13.0), known_at="2026-01-08")
    views = [closes(loaded, at)["9901.XTAI"][0] for at in (FIRST, SECOND, THIRD, "")]
    assert views == [100_000, 110_000, 120_000, 130_000]
    (row,) = loaded.context().lake.scan(NAME, within={"symbol": "9901.XTAI"}).to_pylist()
    assert row["revision"] == 3


def test_withdrawn_fact_is_gone_from_then_on_and_may_come_back(loaded):
    done = withdraw(loaded, ("9901.XTAI", DAY), ("9909.XTAI", DAY))
    assert (done.withdrawn, done.missing, done.revision) == (1, 1, 1)
    assert closes(loaded) == {"9902.XTAI": (100_000, 6)}
    assert closes(loaded, FIRST) == BEFORE
    loaded.context().lake.publish_hot()
    assert closes(loaded) == {"9902.XTAI": (100_000, 6)}
    assert withdraw(loaded, ("9901.XTAI", DAY), known_at=THIRD).missing == 1
    assert correct(loaded, bar(volume=5), known_at=THIRD).rows == 1
    assert closes(loaded) == BEFORE


def test_same_correction_twice_does_nothing_and_there_and_back_is_told_apart(loaded):
    there, back = bar(price=11.0), bar(price=10.0)
    assert correct(loaded, there).rows == 1
    again = correct(loaded, there, known_at=THIRD)
    assert (again.rows, again.unchanged, again.position) == (0, 1, 0)
    assert correct(loaded, back, known_at=THIRD).rows == 1
    assert correct(loaded, there, known_at="2026-01-08").rows == 1
    views = [closes(loaded, at)["9901.XTAI"][0] for at in (FIRST, SECOND, THIRD, "")]
    assert views == [100_000, 110_000, 100_000, 110_000]
    assert loaded.history.loads(what="corrected").total_rows == 3


def test_broken_rows_are_set_aside_and_the_good_ones_corrected(loaded):
    wrong = bar("9902.XTAI") | {"high": 1.0}
    done = correct(loaded, bar(price=11.0), wrong)
    assert (done.rows, done.quarantined) == (1, 1)
    assert closes(loaded)["9901.XTAI"] == (110_000, 5)
    assert loaded.history.quarantine().total_rows == 1
    told = loaded.history.dataset(dataset="bars_daily")
    assert (told.quarantined, told.corrections, told.quality) == (1, 1, 75.0)


def test_reply_says_why_rows_were_set_aside_and_which_figures_became_empty(loaded):
    done = correct(loaded, bar(price=11.0, volume=None), bar("9902.XTAI") | {"high": 1.0})
    assert [(one.row, one.column, one.code) for one in done.reasons] == [
        (2, "high", "history.high_below_low")
    ]
    assert done.reasons[0].reason == "The high is below the low: 1.0."
    told = [(one.column, one.code, one.rows, one.row) for one in done.warnings]
    assert told == [("volume", "history.figure_emptied", 1, 1)]
    assert done.warnings[0].warning == "volume was known and is empty now, first in row 1."
    again = correct(loaded, bar("9902.XTAI") | {"high": 1.0}, known_at=THIRD)
    assert (again.rows, again.position, len(again.reasons)) == (0, 0, 1)


@pytest.mark.parametrize("known_at", [FIRST, "2025-11-30"])
def test_correction_known_before_its_fact_is_refused_whatever_else_is_faulty(loaded, known_at):
    with pytest.raises(TallystickError) as told:
        correct(loaded, bar(price=11.0), bar("9902.XTAI") | {"high": 1.0}, known_at=known_at)
    assert told.value.code == "history.correction_not_later"
    assert closes(loaded) == BEFORE
    assert loaded.history.quarantine().total_rows == 0, "what is refused leaves nothing behind"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda firm: correct(firm, bar(price=11.0), known_at=FIRST), "known already at that time or later"),
        (
            lambda firm: withdraw(firm, ("9901.XTAI", DAY), known_at=FIRST),
            "known already at that time or later",
        ),
        (lambda firm: correct(firm, bar(price=11.0), reason=" "), "says no reason"),
        (lambda firm: withdraw(firm, ("", DAY)), "names no fact"),
    ],
)
def test_what_would_change_an_earlier_view_is_refused(loaded, call, message):
    with pytest.raises(TallystickError, match=message):
        call(loaded)
    assert closes(loaded) == BEFORE


KEYS = pl.DataFrame([{"symbol": "9901.XTAI", "date": DAY}])


@pytest.mark.parametrize(
    ("door", "files", "message"),
    [
        (
            "correct",
            [[bar(price=11.0)], [bar(price=12.0)]],
            r"speak of the same fact, 9901\.XTAI, 2025-12-01",
        ),
        ("correct", [[bar(price=11.0)], "no_file.csv"], "There is no file"),
        (
            "correct",
            [[bar("9903.XTAI") | {"high": 1.0}], [bar(price=12.0, known=1)], "no_file.csv"],
            "no file",
        ),
        ("withdraw", [KEYS, [{"symbol": "9902.XTAI", "date": "no date"}]], "names no fact"),
        ("withdraw", [KEYS, KEYS], "speak of the same fact"),
    ],
)
def test_several_files_are_done_all_or_none(loaded, door, files, message):
    with pytest.raises(TallystickError, match=message):
        getattr(loaded.history, door)(dataset="bars_daily", files=files, reason="x", known_at=SECOND)
    assert closes(loaded) == BEFORE
    assert loaded.history.loads(what="corrected").total_rows == 0
    assert loaded.history.quarantine().total_rows == 0


def test_several_files_of_other_facts_are_done_together(loaded):
    files = [[bar(price=11.0)], [bar("9902.XTAI", price=12.0)]]
    done = loaded.history.correct(dataset="bars_daily", files=files, reason="x", known_at=SECOND)
    assert (done.rows, done.revision) == (2, 1)
    assert loaded.history.loads(what="corrected").total_rows == 2


@pytest.mark.parametrize("number", [-3, 2**31, 202611200012])
def test_number_that_is_no_count_of_corrections_is_refused(loaded, number):
    with pytest.raises(TallystickError, match="counts a source's own corrections"):
        correct(loaded, bar(price=11.0), source_revision=number)
    assert correct(loaded, bar(price=11.0), source_revision=2**31 - 1).revision == 2**31 - 1
    assert correct(loaded, bar(price=12.0), known_at=THIRD).rows == 1


def test_what_is_not_there_to_be_withdrawn_is_named(loaded):
    done = withdraw(loaded, ("9909.XTAI", DAY), ("9901.XTAI", DAY), ("9908.XTAI", DAY))
    assert (done.withdrawn, done.missing) == (1, 2)
    assert [(one.row, one.reason) for one in done.reasons] == [
        (1, "There is nothing to take back: 9909.XTAI, 2025-12-01."),
        (3, "There is nothing to take back: 9908.XTAI, 2025-12-01."),
    ]


def test_typed_withdrawals_are_done_all_or_none(loaded):
    rows = f"symbol,date\n9901.XTAI,{DAY}\n9909.XTAI,{DAY}\n"
    with pytest.raises(TallystickError, match="row 2: There is nothing to take back: 9909"):
        loaded.history.withdraw_rows(dataset="bars_daily", rows=rows, reason="x", known_at=SECOND)
    assert closes(loaded) == BEFORE


@pytest.mark.parametrize("what", ["correct", "withdraw"])
def test_correction_that_was_killed_before_the_journal_goes_on(loaded, monkeypatch, what):
    def run(known_at):
        if what == "correct":
            return correct(loaded, bar(price=11.0), known_at=known_at)
        return withdraw(loaded, ("9901.XTAI", DAY), known_at=known_at)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(corrections, "_journal", stop)
        with pytest.raises(KeyboardInterrupt):
            run(SECOND)
    assert loaded.history.loads(what="corrected").total_rows == 0
    done = run(THIRD)
    assert (done.rows, done.withdrawn) == ((1, 0) if what == "correct" else (0, 1))
    (line,) = loaded.history.loads(what="corrected").rows()
    assert line["known_time"].date() == datetime.date(2026, 1, 6), "when it was first said"
    assert loaded.context().lake.describe(NAME).rows == 3
