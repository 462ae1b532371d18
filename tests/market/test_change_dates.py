"""Every dated row of the seed is walked over: on each of its change dates another row answers, from a source."""

from __future__ import annotations

import datetime

import pytest

from tallystick.market import Calendar, ExpiredRule, RuleKey, seed_rules

RULES = seed_rules()
DAY = datetime.timedelta(days=1)
OF_CALENDARS = ("session_day", "calendar_known")
DATED = [row for row in RULES.rows if row.field not in OF_CALENDARS]
SAME_VALUE = {
    # A text that said the same again: field, first day. Another row answers, with its own source.
    ("contract_face", "2020-02-01"),
    ("day_trade_tax", "2025-01-01"),
    ("day_trade_tax_proprietary", "2025-01-01"),
    ("disposition_prepayment", "2014-04-21"),
    ("futures_tax", "2019-01-01"),
    ("margin_maintenance", "2026-03-30"),
    ("margin_non_hedge", "2017-09-18"),
    ("margin_non_hedge", "2019-04-22"),
    ("no_limit_sessions", "2023-04-10"),
    ("order_types.call", "2020-03-23"),
    ("transaction_tax", "2008-09-19"),  # the seller's; the buyer's ended
}


def answer(row, date):
    """The rows that hold for a row's class on a date; None where what was known has ended."""
    key = RuleKey(market=row.market, venue=row.venue, board=row.board, product=row.product)
    try:
        return RULES.find(row.field, key, date, row.side)
    except ExpiredRule:
        return None


def change_dates(row):
    """The first day of a row and the first day after it."""
    return [date for date in (row.valid_from, row.valid_to and row.valid_to + DAY) if date]


def told(rows, *every):
    """What rows say of each side; a row for both sides says it of each that is told apart in any of them."""
    sides = {held.side for others in every for held in others or ()} - {""} or {""}
    return {
        (side, held.lower_bound, held.unit, held.value)
        for held in rows or ()
        for side in (sides if held.side == "" else {held.side})
    }


def test_there_are_changes_to_walk_over():
    assert sum(len(change_dates(row)) for row in DATED) > 400


@pytest.mark.parametrize("field", sorted({row.field for row in DATED}))
def test_answer_differs_across_each_change_date(field):
    for row in DATED:
        if row.field != field:
            continue
        for date in change_dates(row):
            before, after = answer(row, date - DAY), answer(row, date)
            assert before != after, (field, date)
            assert (row in (before or ()), row in (after or ())) == (
                date != row.valid_from,
                date == row.valid_from,
            )
            values = [told(rows, before, after) for rows in (before, after)]
            if values[0] == values[1]:
                assert (field, date.isoformat()) in SAME_VALUE, (field, date)
            for held in (*(before or ()), *(after or ())):
                assert held.source
                assert held.status


@pytest.mark.parametrize("name", sorted({row.venue for row in RULES.rows if row.field == "calendar_known"}))
def test_each_day_out_of_the_week_changes_the_calendar(name):
    calendar = Calendar(name)
    rows = [row for row in RULES.rows if row.field == "session_day" and row.venue == name]
    assert rows
    for row in rows:
        assert row.source
        assert row.status
        assert row.valid_from == row.valid_to
        assert calendar.kind(row.valid_from) == row.value
        assert row.value != ("open" if row.valid_from.weekday() < 5 else "closed"), row.valid_from
