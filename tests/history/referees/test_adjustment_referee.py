"""Adjusted prices worked out by hand, and what must hold of any."""

from __future__ import annotations

import datetime
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given

from referees.adjustment_referee import (
    PRICES,
    adjusted_bars,
    events_of,
    factors_on,
    half_up,
    reference,
    reference_of_dates,
    volume_multiple,
)
from referees.known_at_referee import as_known_at
from referees.strategies import adjustment_cases

ONE = 10**8
NINTH = datetime.date(2026, 11, 9)


def day(number):
    return NINTH + datetime.timedelta(days=number)


def bars(*closes, numbers=None, volume=100):
    """A bar for each close on days 0, 1, 2, … or the days of the given numbers."""
    numbers = range(len(closes)) if numbers is None else numbers
    return [
        {"symbol": "A", "date": day(number), "known_time": 0, "volume": volume} | dict.fromkeys(PRICES, close)
        for number, close in zip(numbers, closes, strict=True)
    ]


def action(number, kind, cash=None, ratio=None, price=None, subscribed=None, known_time=0):
    return {
        "symbol": "A",
        "ex_date": day(number),
        "kind": kind,
        "cash": cash,
        "ratio": None if ratio is None else int(Fraction(ratio) * ONE),
        "subscription_price": price,
        "subscription_ratio": None if subscribed is None else int(Fraction(subscribed) * ONE),
        "known_time": known_time,
    }


def closes(rows):
    return [row["close"] for row in rows]


def volumes(rows):
    return [row["volume"] for row in rows]


CASH = action(1, "cash", cash=10)
STOCK = action(1, "stock", ratio="0.25")
RIGHTS = action(1, "rights", price=50, subscribed="0.25")
REDUCTION = action(1, "reduction", ratio="0.8")
REFUND = action(1, "reduction", cash=20, ratio="0.8")
SPLIT = action(1, "par_change", ratio=10)
MERGED = action(1, "par_change", ratio="0.2")
REFORM = action(1, "reform", cash=30, ratio="0.3")


@pytest.mark.parametrize(
    ("actions", "total", "split", "volume"),
    [
        ([CASH], 90, 100, 1),
        ([STOCK], 80, 80, Fraction(5, 4)),
        ([RIGHTS], 90, 100, 1),  # (100 + 12.5) / 1.25
        ([REDUCTION], 125, 125, 1),
        ([REFUND], 100, 125, 1),  # (100 - 20) / 0.8
        ([SPLIT], 10, 10, 10),
        ([MERGED], 500, 500, Fraction(1, 5)),
        ([REFORM], 100, 100, 1),
        ([CASH, REFORM], 90, 100, 1),
        ([CASH, STOCK], 72, 80, Fraction(5, 4)),  # (100 - 10) / 1.25
        ([CASH, STOCK, RIGHTS], Fraction(205, 3), 80, Fraction(5, 4)),  # (100 - 10 + 12.5) / 1.5
        ([STOCK, SPLIT], 8, 8, Fraction(25, 2)),
        ([CASH, STOCK, REFUND, SPLIT], Fraction(13, 2), 10, Fraction(25, 2)),  # (72 - 20) / 0.8 / 10
    ],
)
def test_reference_after_actions_of_one_day(actions, total, split, volume):
    for given_in in (actions, actions[::-1]):
        assert reference(100, given_in, "total") == total
        assert reference(100, given_in, "split") == split
        assert volume_multiple(given_in) == volume


def test_each_kind_reads_only_its_own_columns():
    """A row may carry more than its kind needs, as a source's table of all kinds does."""
    full = {"cash": 10, "ratio": ONE // 4, "subscription_price": 60, "subscription_ratio": ONE}
    alone = {kind: reference(100, [{"kind": kind, **full}]) for kind in ("cash", "stock", "rights", "reform")}
    assert alone == {"cash": 90, "stock": 80, "rights": 80, "reform": 100}
    assert reference(100, [{"kind": "reduction", **full}]) == 360
    assert reference(100, [{"kind": "par_change", **full}]) == 400
    assert volume_multiple([{"kind": "rights", **full}, {"kind": "reduction", **full}]) == 1
    empty = dict.fromkeys(full)
    for kind in ("cash", "stock", "rights", "reform"):
        assert reference(100, [{"kind": kind, **empty}]) == 100


def test_two_events_on_both_anchors():
    """100 | 90 ex cash 10 (factor 0.9) | 45 ex one free share for one (factor 0.5)."""
    raw, actions = bars(100, 90, 45), [action(2, "stock", ratio=1), CASH]
    assert closes(adjusted_bars(raw, actions, "total", "latest_bar")) == [45, 45, 45]
    assert closes(adjusted_bars(raw, actions, "total", "series_start")) == [100, 100, 100]
    assert closes(adjusted_bars(raw, actions, "split", "latest_bar")) == [50, 45, 45]
    assert closes(adjusted_bars(raw, actions, "split", "series_start")) == [100, 90, 90]
    assert closes(adjusted_bars(raw, actions, "none", "latest_bar")) == [100, 90, 45]
    assert volumes(adjusted_bars(raw, actions, "total", "latest_bar")) == [200, 200, 100]
    assert volumes(adjusted_bars(raw, actions, "split", "series_start")) == [100, 100, 50]
    assert volumes(adjusted_bars(raw, actions, "none")) == [100, 100, 100]


def test_reduction_after_bonus_with_odd_numbers():
    """Factors 10/11 of a bonus of 10%, then 1 / 0.6 of a reduction: earlier prices times 50/33."""
    raw = bars(33, 30, 50)
    actions = [action(1, "stock", ratio="0.1"), action(2, "reduction", ratio="0.6")]
    adjusted = adjusted_bars(raw, actions, "total")
    assert closes(adjusted) == [50, 50, 50]
    assert volumes(adjusted) == [110, 100, 100]


def test_all_four_prices_take_the_factor_and_nothing_else_does():
    raw = bars(100, 90)
    raw[0] |= {"open": 50, "high": 120, "low": 40, "amount": 900, "trade_count": 3, "source": "x"}
    first = adjusted_bars(raw, [CASH], "total")[0]
    assert [first[name] for name in PRICES] == [45, 108, 36, 90]
    assert (first["amount"], first["trade_count"], first["source"], first["date"]) == (900, 3, "x", day(0))


def test_an_ex_date_without_session_applies_at_the_next_bar():
    raw = bars(100, 80, 60, numbers=[0, 1, 5])
    for number in (2, 3, 4, 5):
        assert closes(adjusted_bars(raw, [action(number, "cash", cash=8)], "total")) == [90, 72, 60]


def test_actions_moved_to_one_bar_follow_one_another():
    """Stock first: 80 / 2 - 8 = 32. Cash first, or both on one date: (80 - 8) / 2 = 36."""
    raw = bars(100, 80, 60, numbers=[0, 1, 5])
    for stock, cash, expected in ((2, 3, 32), (3, 2, 36), (5, 2, 36), (4, 4, 36)):
        actions = [action(stock, "stock", ratio=1), action(cash, "cash", cash=8)]
        assert closes(adjusted_bars(raw, actions, "total")) == [expected * Fraction(100, 80), expected, 60]


@pytest.mark.parametrize(
    ("first", "second", "price"),
    [
        (action(2, "par_change", ratio=10), action(4, "cash", cash=5_000), 5_000),
        (action(2, "reduction", ratio="0.5"), action(4, "cash", cash=20_000), 180_000),
        (
            action(2, "stock", ratio="0.1"),
            action(4, "stock", ratio="0.2"),
            Fraction(100_000) / Fraction("1.32"),
        ),
    ],
)
def test_terms_are_per_share_of_their_own_ex_date(first, second, price):
    raw = bars(100_000, 100_000, numbers=[0, 9])
    for actions in ([first, second], [second, first]):
        assert closes(adjusted_bars(raw, actions, "total")) == [price, 100_000]


def test_actions_at_the_edges_do_nothing():
    raw = bars(100, 90, numbers=[0, 1])
    for number in (-5, -1, 0, 2, 9):
        for anchor in ("latest_bar", "series_start"):
            assert closes(adjusted_bars(raw, [action(number, "stock", ratio=1)], "total", anchor)) == [
                100,
                90,
            ]
    assert adjusted_bars([], [CASH], "total") == []
    assert closes(adjusted_bars(raw[:1], [CASH], "total")) == [100]


def test_the_previous_close_is_that_of_the_bar_before_also_without_volume():
    raw = bars(200, 100, 90)
    raw[1]["volume"] = 0
    raw[0]["volume"] = None
    adjusted = adjusted_bars(raw, [action(2, "cash", cash=10)], "total")
    assert closes(adjusted) == [180, 90, 90]
    assert volumes(adjusted) == [None, 0, 100]


def test_known_at():
    """The action is known at 5, corrected at 8 and undone at 12; the close before it is corrected at 10."""
    raw = bars(100, 90)
    raw.append({**raw[0], "close": 50, "known_time": 10})
    actions = [{**CASH, "cash": cash, "known_time": at} for cash, at in ((20, 5), (10, 8), (0, 12))]
    answers = {
        at: closes(adjusted_bars(raw, actions, "total", known_at=at)) for at in (-1, 0, 4, 5, 8, 10, 12)
    }
    assert answers == {
        -1: [],
        0: [100, 90],
        4: [100, 90],
        5: [80, 90],
        8: [90, 90],
        10: [40, 90],
        12: [50, 90],
    }
    assert closes(adjusted_bars(raw, actions, "total")) == [50, 90]


def test_a_bar_that_was_not_yet_known_moves_the_action():
    """Day 1 was loaded late, at 7: before, the ex-date had no session, and P was the close of day 0."""
    raw = bars(100, 80, 60)
    raw[1]["known_time"] = 7
    assert closes(adjusted_bars(raw, [action(2, "cash", cash=10)], "total", known_at=6)) == [90, 60]
    assert closes(adjusted_bars(raw, [action(2, "cash", cash=10)], "total")) == [Fraction(175, 2), 70, 60]


def test_an_action_of_equal_known_time_gives_way_to_the_later_commit():
    raw = bars(100, 90)
    both = [CASH, {**CASH, "cash": 20}]
    assert closes(adjusted_bars(raw, both, "total")) == [80, 90]
    assert closes(adjusted_bars(raw, both[::-1], "total")) == [90, 90]


def test_factors_of_a_date_without_daily_bar():
    raw = bars(100, 80, 60, numbers=[0, 1, 5])
    events = events_of(raw, [action(3, "cash", cash=8)], "total")
    assert events == [(day(5), Fraction(9, 10), 1)]
    assert [factors_on(day(number), events, "latest_bar")[0] for number in (0, 4, 5, 9)] == [
        Fraction(9, 10),
        Fraction(9, 10),
        1,
        1,
    ]
    assert [factors_on(day(number), events, "series_start")[0] for number in (4, 5)] == [1, Fraction(10, 9)]


def test_what_has_no_factor_is_refused():
    raw = bars(100, 90)
    with pytest.raises(ValueError, match="reference of 100 is -50"):
        adjusted_bars(raw, [{**CASH, "cash": 150}], "total")
    assert closes(adjusted_bars(raw, [{**CASH, "cash": 150}], "split")) == [100, 90]
    with pytest.raises(ValueError, match="reference of 100 is 0"):
        adjusted_bars(raw, [{**CASH, "cash": 100}], "total")
    with pytest.raises(ValueError, match="above 0"):
        adjusted_bars(raw, [{**REDUCTION, "ratio": None}], "split")
    with pytest.raises(ValueError, match="no adjustment full"):
        adjusted_bars(raw, [], "full")
    with pytest.raises(ValueError, match="no anchor middle"):
        adjusted_bars(raw, [], "total", "middle")
    with pytest.raises(ValueError, match="one instrument"):
        adjusted_bars(raw, [{**CASH, "symbol": "B"}], "total")


def test_stored_prices_are_rounded_once_and_half_up():
    """A bonus of 100% and a price of 1.0001: half is 0.50005, stored as 0.5001 where banker's rounding says 0.5000."""
    raw = bars(1_0001, 5000)
    assert half_up(adjusted_bars(raw, [{**STOCK, "ratio": ONE}], "total")[0]["close"]) == 5001


@given(adjustment_cases)
def test_the_anchor_changes_the_level_and_no_return(case):
    for adjust in ("none", "split", "total"):
        latest, start = (
            adjusted_bars(case["bars"], case["actions"], adjust, anchor, case["known_at"])
            for anchor in ("latest_bar", "series_start")
        )
        raw = as_known_at(case["bars"], ("symbol", "date"), case["known_at"])
        assert len(latest) == len(start) == len(raw)
        for ours, theirs in zip(pairwise(latest), pairwise(start), strict=True):
            assert ours[1]["close"] / ours[0]["close"] == theirs[1]["close"] / theirs[0]["close"]
        if raw:
            assert [latest[-1][name] for name in PRICES] == [raw[-1][name] for name in PRICES]
            assert [start[0][name] for name in PRICES] == [raw[0][name] for name in PRICES]


@given(adjustment_cases)
def test_a_holder_is_as_rich_at_the_reference_as_at_the_close_before(case):
    """Walks one holder through the actions: shares, cash received, subscriptions paid."""
    actions = {row["kind"]: row for row in case["actions"]}.values()
    close = case["bars"][0]["close"]
    received, shares = Fraction(0), Fraction(1)
    for row in actions:
        if row["kind"] == "cash":
            received += row["cash"]
        if row["kind"] == "stock":
            shares += Fraction(row["ratio"], ONE)
        if row["kind"] == "rights":
            shares += Fraction(row["subscription_ratio"], ONE)
            received -= Fraction(row["subscription_ratio"], ONE) * row["subscription_price"]
    for row in actions:
        if row["kind"] == "reduction":
            received += shares * (row["cash"] or 0)
            shares *= Fraction(row["ratio"], ONE)
    for row in actions:
        if row["kind"] == "par_change":
            shares *= Fraction(row["ratio"], ONE)
    assert shares * reference(close, actions) + received == close


@given(adjustment_cases)
def test_a_return_across_an_ex_date_is_the_close_over_the_reference(case):
    raw = as_known_at(case["bars"], ("symbol", "date"), case["known_at"])
    actions = as_known_at(case["actions"], ("symbol", "ex_date", "kind"), case["known_at"])
    adjusted = adjusted_bars(case["bars"], case["actions"], "total", "latest_bar", case["known_at"])
    for (before, bar), (first, second) in zip(pairwise(raw), pairwise(adjusted), strict=True):
        here = [row for row in actions if before["date"] < row["ex_date"] <= bar["date"]]
        fair = reference_of_dates(before["close"], here) if here else before["close"]
        assert second["close"] / first["close"] == Fraction(bar["close"]) / fair
