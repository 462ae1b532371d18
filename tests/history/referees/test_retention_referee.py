"""Days of keeping and purging worked out by hand."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given

from referees.retention_referee import FOR_EVER, covers, keep_until, later, may_purge, may_purge_all
from referees.strategies import retention_cases

ONE_DAY = datetime.timedelta(days=1)


def day(text):
    return datetime.date.fromisoformat(text)


MADE, ENDED, LATE = day("2020-03-01"), day("2022-06-30"), day("2060-01-01")
ROW = {
    "market": "CN",
    "record_class": "identity",
    "event_date": MADE,
    "clocks": {"event": MADE, "relationship_end": ENDED, "account_closed": None},
    "dataset": "clients.files",
    "symbol": "A",
}


def rule(years=0, months=0, clock="event", **rest):
    whole = {"market": "CN", "record_class": "identity", "clock": clock, "years": years, "months": months}
    return {**whole, "valid_from": None, "valid_to": None, **rest}


def hold(opened="2021-01-01", released=None, dataset=None, **within):
    released = released and day(released)
    return {"opened": day(opened), "released": released, "dataset": dataset, "within": within}


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        ([rule(5)], day("2025-03-01")),
        ([rule(0, 2)], day("2020-05-01")),
        ([rule(1, 11)], day("2022-02-01")),
        ([rule(5), rule(20), rule(10)], day("2040-03-01")),  # the longest wins
        (
            [rule(5), rule(3, clock="relationship_end")],
            day("2025-06-30"),
        ),  # the longest by its end, not years
        ([rule(5, clock="relationship_end")], day("2027-06-30")),
        ([rule(20), rule(1, clock="account_closed")], FOR_EVER),  # P5
        ([rule(1, clock="never heard of")], FOR_EVER),
        ([], FOR_EVER),  # P4
        ([rule(5, record_class="logs")], FOR_EVER),
        ([rule(5, market="TW")], FOR_EVER),
        ([rule(5, market="*"), rule(4)], day("2025-03-01")),
    ],
)
def test_kept_until(rules, answer):
    assert keep_until(ROW, rules, LATE) == answer


def test_rules_of_other_times():
    """5 years to the end of 2024 and 10 from 2025 on, as in China's law against money laundering."""
    rules = [rule(5, valid_to=day("2024-12-31")), rule(10, valid_from=day("2025-01-01"))]
    assert keep_until(ROW, rules, day("2024-12-31")) == day("2025-03-01")  # the new one is not yet in force
    assert keep_until(ROW, rules, day("2025-01-01")) == day("2030-03-01")
    new = {**ROW, "event_date": day("2025-01-01"), "clocks": {"event": day("2025-01-01")}}
    assert keep_until(new, rules[:1], LATE) == FOR_EVER  # ended the day before the row was made: no rule
    last = {**ROW, "event_date": day("2024-12-31"), "clocks": {"event": day("2024-12-31")}}
    assert keep_until(last, rules[:1], LATE) == day("2029-12-31")


def test_unknown_market_and_date_meet_every_rule():
    rules = [rule(1, market="TW", valid_to=day("2000-01-01")), rule(2)]
    assert keep_until({**ROW, "market": None}, rules, LATE) == day("2022-03-01")
    assert keep_until({**ROW, "market": None, "event_date": None}, [rules[0]], LATE) == day("2021-03-01")


def test_purge_is_allowed_only_the_day_after():
    rules = [rule(5)]
    assert [may_purge(ROW, rules, [], day(f"2025-0{text}")) for text in ("2-28", "3-01", "3-02")] == [
        False,
        False,
        True,
    ]
    assert not may_purge(ROW, [], [], FOR_EVER)


@pytest.mark.parametrize(
    ("held", "covered"),
    [
        (hold(), True),
        (hold(opened="2025-03-02"), True),  # opened on the day asked
        (hold(opened="2025-03-03"), False),
        (hold(released="2025-03-03"), True),
        (hold(released="2025-03-02"), False),  # released on the day asked
        (hold(dataset="clients.files"), True),
        (hold(dataset="ledger.cash"), False),
        (hold(symbol=("values", ["A", "B"])), True),
        (hold(symbol=("values", ["B"])), False),
        (hold(symbol=("range", "A", "A")), True),
        (hold(event_date=("range", MADE, MADE)), True),
        (hold(event_date=("range", MADE + ONE_DAY, LATE)), False),
        (hold(symbol=("values", ["A"]), event_date=("range", LATE, LATE)), False),  # all must be met
        (hold(client=("values", ["C1"])), True),  # P9: the row does not say whose it is
    ],
)
def test_holds(held, covered):
    asked = day("2025-03-02")
    assert covers(held, ROW, asked) is covered
    assert may_purge(ROW, [rule(5)], [held], asked) is not covered
    assert may_purge(ROW, [rule(5)], [hold(released="2021-01-02"), held], asked) is not covered


def test_rows_that_go_together_go_when_the_last_may():
    other = {**ROW, "clocks": {"event": day("2021-03-01")}}
    assert not may_purge_all([ROW, other], [rule(5)], [], day("2026-03-01"))
    assert may_purge_all([ROW, other], [rule(5)], [], day("2026-03-02"))


@pytest.mark.parametrize(
    ("start", "years", "months", "end"),
    [
        ("2024-02-29", 4, 0, "2028-02-29"),
        ("2024-02-29", 0, 12, "2025-02-28"),
        ("2025-12-31", 0, 2, "2026-02-28"),
        ("2025-11-30", 0, 1, "2025-12-30"),
        ("2025-12-15", 0, 1, "2026-01-15"),
        ("2025-05-05", 0, 0, "2025-05-05"),
    ],
)
def test_later(start, years, months, end):
    assert later(day(start), years, months) == day(end)


@given(retention_cases)
def test_more_rules_and_holds_never_free_a_row(case):
    rows, rules, holds, asked = case["rows"], case["rules"], case["holds"], case["asked"]
    for row in rows:
        if may_purge(row, rules, holds, asked):
            assert may_purge(row, rules, [], asked)
            assert asked > keep_until(row, rules, asked)
            assert not any(covers(held, row, asked) for held in holds)
            assert not may_purge(row, rules, [*holds, hold(opened="1990-01-01")], asked)
    if may_purge_all(rows, rules, holds, asked):
        assert may_purge_all(rows[1:], rules, holds, asked)
