"""Exact amounts, ids that carry their day, times in a market's zone."""

from __future__ import annotations

import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core import money
from tallystick.core.errors import TallystickError
from tallystick.core.ids import day_id, day_of_id, format_day_id, parse_day_id
from tallystick.core.time import format_time, market_time, parse_date, parse_time

DECIMAL = {
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
}


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.sampled_from(sorted(DECIMAL)))
def test_rounding_equals_decimal_with_the_same_name(numerator: int, denominator: int, rounding: str) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    if (Decimal(numerator) % denominator) and abs(
        exact - exact.to_integral_value(ROUND_FLOOR) - Decimal("0.5")
    ) < Decimal("1e-12"):
        exact = (Decimal(2 * numerator) / Decimal(2 * denominator)).normalize()
    assert money.round_ratio(numerator, denominator, rounding) == int(
        exact.to_integral_value(DECIMAL[rounding])
    )  # type: ignore[arg-type]


@given(st.integers(-(2**60), 2**60))
def test_an_amount_written_with_four_decimals_reads_back(amount: int) -> None:
    assert money.parse_money(money.format_money(amount, 4)) == amount


@pytest.mark.parametrize("text", ["", "1.23456", "abc", "1.2.3", "１２", "--1", "1e5"])
def test_text_that_is_no_amount_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(TallystickError, match="not an amount"):
        money.parse_money(text)


def test_a_product_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TallystickError, match="does not fit"):
        money.checked_product(2**40, 2**40)


@given(st.dates(datetime.date(1990, 1, 1), datetime.date(2200, 1, 1)), st.integers(0, 10**9 - 1))
def test_an_id_carries_its_day_and_reads_back(date: datetime.date, number: int) -> None:
    identity = day_id(date, number)
    assert day_of_id(identity) == date
    assert parse_day_id(format_day_id("O", identity)) == identity
    assert 0 < identity < 2**63


@pytest.mark.parametrize("text", ["", "O", "O2026-1", "hello", "O20261120-", "20261120-x"])
def test_a_bad_id_says_how_to_write_one(text: str) -> None:
    with pytest.raises(TallystickError, match="not an id"):
        parse_day_id(text)


@pytest.mark.parametrize("identity", [1, 20261345 * 10**9 + 1])
def test_a_number_that_carries_no_day_is_no_id(identity: int) -> None:
    with pytest.raises(TallystickError, match="not an id"):
        day_of_id(identity)


def test_market_time_knows_the_zone() -> None:
    nine = market_time(datetime.date(2026, 11, 20), datetime.time(9), "Asia/Taipei")
    assert nine == parse_time("2026-11-20 09:00:00", "Asia/Taipei") == parse_time("2026-11-20T01:00:00")
    assert format_time(nine + 1, "Asia/Taipei", digits=9) == "2026-11-20 09:00:00.000000001"


def test_bad_date_and_time_say_how_to_write_them() -> None:
    with pytest.raises(TallystickError, match="2026-11-20"):
        parse_date("20/11/2026")
    with pytest.raises(TallystickError, match="not a time"):
        parse_time("nine o'clock")
