"""The compiled ticks and limits give the same integers as the plain functions, on any table."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.market import round_to_tick, round_to_tick_at, seed_rules, tick_at, tick_of
from tallystick.market.charges import ROUNDING_CODES
from tallystick.market.terms import flat

TABLES = sorted(seed_rules().tick_tables())


@given(st.sampled_from(TABLES), st.integers(0, 2**40))
@settings(max_examples=500, deadline=None)
def test_ticks_are_the_same(table, price):
    assert tick_at(price, flat(table)) == tick_of(price, table)
    for rounding, code in ROUNDING_CODES.items():
        assert round_to_tick_at(price, flat(table), code) == round_to_tick(price, table, rounding)


def test_ticks_at_the_bounds_of_the_stock_table():
    stock = next(table for table in TABLES if table[-1] == (10_000_000, 50_000) and table[1][0] == 100_000)
    prices = [bound + step for bound, _ in stock[1:] for step in (-1, 0)]
    assert [tick_at(price, flat(stock)) for price in prices] == [
        100, 500, 500, 1_000, 1_000, 5_000, 5_000, 10_000, 10_000, 50_000,
    ]  # fmt: skip


def test_table_may_be_padded_with_bands_that_no_price_reaches():
    padded = np.concatenate([flat(TABLES[0]), np.full(4, np.iinfo(np.int64).max)])
    assert tick_at(123_456, padded) == tick_of(123_456, TABLES[0])
