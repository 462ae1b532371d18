"""Limits and ticks worked out by hand, and held to a referee that only knows the list of valid prices."""

from __future__ import annotations

import bisect
import datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.market import MissingRule, RuleKey, RuleRow, price_limits, round_to_tick, seed_rules, tick_of

RULES = seed_rules()
DATE = datetime.date(2026, 11, 20)


def key(product="stock", venue="XTAI", board="main", market="TW"):
    return RuleKey(market=market, venue=venue, board=board, product=product)


def money(text):
    return int(Fraction(text) * 10_000)


def limits(price, date=DATE, listed=None, **where):
    found = price_limits(RULES, key(**where), money(price), date, listed)
    return tuple(str(Fraction(value, 10_000).limit_denominator()) for value in found[:3]), found


@pytest.mark.parametrize(
    ("price", "basis", "up", "down"),
    [
        ("580", "580", "638", "522"),
        ("1000", "1000", "1100", "900"),
        ("995", "995", "1090", "896"),  # 1094.5 down on the tick of 5; 895.5 up on the tick of 1
        ("95", "95", "104.5", "85.5"),
        ("91", "91", "100", "81.9"),  # 100.1 lands on the tick of 0.5
        ("10", "10", "11", "9"),
        ("9.99", "9.99", "10.95", "9"),  # 10.989 down on the tick of 0.05; 8.991 up on 0.01
        ("0.05", "0.05", "0.06", "0.04"),  # a limit smaller than a tick is one tick
        ("0.01", "0.01", "0.02", "0.01"),  # and no price is below one tick
        ("33.22", "33.2", "36.5", "29.9"),  # off-tick reference: the basis is the nearest tick
        ("33.225", "33.25", "36.55", "29.95"),
    ],
)
def test_limits_of_a_taiwan_stock(price, basis, up, down):
    assert limits(price)[0] == tuple(str(Fraction(text)) for text in (basis, up, down))


@pytest.mark.parametrize(
    ("date", "up", "down"),
    [
        ("2015-05-29", "535", "465"),
        ("2015-06-01", "550", "450"),
        ("2001-09-18", "535", "465"),
        ("2001-09-19", "535", "483"),  # emergency: 3.5 % down, 7 % up; 482.5 up on the tick of 1
        ("2001-09-24", "535", "465"),
    ],
)
def test_limits_on_each_side_of_a_change(date, up, down):
    assert limits("500", datetime.date.fromisoformat(date))[0] == ("500", up, down)


def test_new_share_has_no_limit_for_five_sessions():
    for session in range(1, 6):
        assert limits("100", listed=session)[0] == ("100", "0", "0")
    assert limits("100", listed=6)[0] == ("100", "110", "90")
    assert limits("100", datetime.date(2005, 2, 25), listed=1)[0] == ("100", "107", "93")
    assert limits("100", listed=1, product="etf")[0] == ("100", "110", "90")


def test_limits_of_funds_follow_their_class():
    assert limits("100", product="etf_leveraged_2")[0] == ("100", "120", "80")
    assert limits("100", product="etf_inverse_1")[0] == ("100", "110", "90")
    assert limits("100", product="etf_foreign")[0] == ("100", "0", "0")
    assert limits("20.03", product="etf")[0] == tuple(str(Fraction(t)) for t in ("20.03", "22.03", "18.03"))


@pytest.mark.parametrize(
    ("where", "price", "up", "down"),
    [
        ({"venue": "XSHG"}, "10.05", "11.06", "9.05"),  # 11.055 and 9.045, half up
        ({"venue": "XSHG"}, "0.04", "0.05", "0.03"),  # at least one tick
        ({"venue": "XSHG", "board": "star"}, "50", "60", "40"),
        ({"venue": "BJSE"}, "10", "13", "7"),
        ({"venue": "XSHE", "board": "st"}, "5.15", "5.67", "4.64"),  # 5.665 and 4.635
        ({"venue": "XSHG", "product": "etf"}, "1.005", "1.106", "0.905"),  # 1.1055 and 0.9045
        ({"venue": "CCFX", "board": "IF", "product": "future_index"}, "4000.2", "4400.2", "3600.2"),
    ],
)
def test_limits_in_china(where, price, up, down):
    found = limits(price, market="CN", **where)[0]
    assert found[1:] == (str(Fraction(up)), str(Fraction(down)))


def test_st_limit_changes_in_2026():
    where = {"market": "CN", "venue": "XSHG", "board": "st"}
    assert limits("10", datetime.date(2026, 7, 3), **where)[0] == ("10", "21/2", "19/2")
    assert limits("10", datetime.date(2026, 7, 6), **where)[0] == ("10", "11", "9")


def test_first_sessions_in_china():
    where = {"market": "CN", "venue": "XSHG"}
    assert limits("10", datetime.date(2020, 6, 1), 1, **where)[0] == (
        "10",
        str(Fraction("14.4")),
        str(Fraction("6.4")),
    )
    assert limits("10", datetime.date(2020, 6, 1), 2, **where)[0] == ("10", "11", "9")
    assert limits("10", datetime.date(2023, 4, 10), 5, **where)[0] == ("10", "0", "0")
    assert limits("10", datetime.date(2023, 4, 10), 6, **where)[0] == ("10", "11", "9")
    assert limits("10", DATE, 1, market="CN", venue="BJSE")[0] == ("10", "0", "0")
    assert limits("10", DATE, 2, market="CN", venue="BJSE")[0] == ("10", "13", "7")


def test_limit_smaller_than_a_tick_takes_the_tick_of_its_own_band():
    made_up = {
        "market": "TW",
        "venue": "XTAI",
        "product": "made_up",
        "source": "made up",
        "status": "unverified",
    }
    rows = [
        RuleRow(field="price_limit", value="0.01", unit="percent", **made_up),
        RuleRow(field="tick", value="0.01", unit="price", **made_up),
        RuleRow(field="tick", value="0.05", unit="price", lower_bound=money("10"), **made_up),
    ]
    rules = RULES.adopt(rows)
    assert rules.problems() == []
    assert price_limits(rules, key("made_up"), money("10"), DATE)[:3] == (100_000, 100_500, 99_900)


def test_limits_name_their_rows():
    found = limits("100")[1]
    assert {row.field for row in found.rows} >= {"price_limit", "limit_rounding", "limit_minimum_ticks"}
    assert all(row.source and row.status for row in found.rows)


def test_warrant_follows_its_underlying():
    with pytest.raises(TallystickError, match="follows its underlying"):
        limits("1", product="warrant")


def test_class_without_ticks_is_missing():
    with pytest.raises(MissingRule, match="convertible"):
        limits("100", product="convertible")


def ladder(table, top):
    """Every valid price up to `top`, from the bands alone."""
    prices, price = [], table[0][1]
    while price <= top:
        prices.append(price)
        price += next(tick for bound, tick in reversed(table) if bound <= price)
    return prices


STOCK_TABLE = RULES.tick_table(key(), DATE)
STOCK_PRICES = ladder(STOCK_TABLE, 30_000_000)


@given(st.sampled_from(STOCK_PRICES[:-2000]))
@settings(max_examples=400, deadline=None)
def test_limits_are_the_outermost_valid_prices_within_ten_percent(price):
    found = price_limits(RULES, key(), price, DATE)
    place = bisect.bisect_left(STOCK_PRICES, price)
    above = STOCK_PRICES[bisect.bisect_right(STOCK_PRICES, price * 11 // 10) - 1]
    below = STOCK_PRICES[bisect.bisect_left(STOCK_PRICES, -(-price * 9 // 10))]
    assert found.basis == price
    assert found.limit_up == max(above, STOCK_PRICES[place + 1])
    assert found.limit_down == min(below, STOCK_PRICES[max(place - 1, 0)])


@given(st.integers(1, 30_000_000))
@settings(max_examples=300, deadline=None)
def test_limits_are_on_tick_hold_the_basis_and_leave_a_tick(price):
    found = price_limits(RULES, key(), price, DATE)
    for value in (found.basis, found.limit_up, found.limit_down):
        assert value % tick_of(value, STOCK_TABLE) == 0
    assert found.limit_up > found.basis >= found.limit_down >= STOCK_TABLE[0][1]
    one_tick = tick_of(found.basis, STOCK_TABLE)
    assert found.limit_up <= max(Fraction(11, 10) * found.basis, found.basis + one_tick)
    assert found.limit_down >= min(Fraction(9, 10) * found.basis, found.basis - one_tick)


@given(st.integers(0, 30_000_000))
@settings(deadline=None)
def test_rounding_to_tick_stays_within_a_tick(price):
    tick = tick_of(price, STOCK_TABLE)
    down, up = (round_to_tick(price, STOCK_TABLE, rounding) for rounding in ("floor", "ceiling"))
    nearest = round_to_tick(price, STOCK_TABLE, "half_up")
    assert down <= price <= up <= down + tick
    assert nearest == (up if 2 * price >= down + up and up != down else down)
