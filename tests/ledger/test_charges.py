"""Rates, orders and day trades against the same said with fractions and loops."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.money import LIMIT, round_ratio
from tallystick.ledger.charges import amount_of, commission, day_traded, is_computable
from tallystick.ledger.closing import share_of
from tallystick.ledger.grouping import Groups

ROUNDINGS = ("floor", "ceiling", "half_up", "half_even")


def rate(numerator, denominator, unit=10_000, rounding="floor", minimum=0):
    return SimpleNamespace(
        numerator=numerator, denominator=denominator, unit=unit, rounding=rounding, minimum=minimum, source=""
    )


@given(
    st.lists(st.integers(0, LIMIT), min_size=1, max_size=5),
    st.sampled_from([(1_425, 1_000_000), (57, 40_000), (3, 1_000), (1, 2), (1, 1), (0, 1)]),
    st.sampled_from([1, 10, 10_000]),
    st.sampled_from(ROUNDINGS),
)
def test_amounts_are_exact_up_to_the_limit(values, ratio, unit, rounding):
    numerator, denominator = ratio
    given_rate = rate(numerator, denominator, unit, rounding)
    expected = [round_ratio(v * numerator, denominator * unit, rounding) * unit for v in values]
    assert amount_of(np.array(values, dtype=np.int64), given_rate).tolist() == expected


@pytest.mark.parametrize(
    "bad",
    [rate(-1, 2), rate(3, 2), rate(1, 0), rate(1, 2, unit=0), rate(2**40, 2**41), rate(1, 2, minimum=-1)],
)
def test_rate_that_is_none_is_not_computable(bad):
    assert not is_computable(bad)


rows_of_orders = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 10**12), st.integers(1, 50)), min_size=1, max_size=30
)


@given(rows_of_orders, st.integers(0, 10**6))
def test_commission_of_an_order_does_not_depend_on_its_fills(rows, minimum):
    orders, values, _ = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    charge = rate(1_425, 1_000_000, minimum=minimum)
    fees = commission(Groups(orders), values, charge)
    assert (fees >= 0).all()
    for order in set(orders.tolist()):
        whole = int(values[orders == order].sum())
        exact = max(round_ratio(whole * 1_425, 10**10, "floor") * 10_000, minimum)
        assert fees[orders == order].sum() == exact


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(1, 30), st.booleans()), max_size=25)
)
def test_day_trades_pair_as_far_as_the_smaller_side_earliest_first(rows):
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    account, side, quantity, eligible = (np.array(c, dtype=t) for c, t in zip(columns, "qqq?", strict=True))
    paired = day_traded(account, np.zeros_like(account), side, quantity, eligible)
    for who in range(3):
        totals = {s: int(quantity[(account == who) & (side == s) & eligible].sum()) for s in (1, 2)}
        for s in (1, 2):
            left = min(totals.values())
            for place in np.flatnonzero((account == who) & (side == s)):
                expected = min(left, int(quantity[place])) if eligible[place] else 0
                left -= expected
                assert paired[place] == expected


@given(st.integers(0, LIMIT), st.integers(1, 10**6), st.data())
def test_shares_of_an_amount_add_up(amount, whole, data):
    cut = data.draw(st.integers(0, whole))
    array = np.array([amount]), np.array([cut]), np.array([whole])
    front = int(share_of(*array)[0])
    assert 0 <= front <= amount
    assert front * whole - amount * cut < whole * whole
    if cut == whole:
        assert front == amount


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-50, 50)), max_size=30))
def test_groups_sum_as_loops_do(rows):
    first, second, values = (
        np.array(c, dtype=np.int64) for c in (zip(*rows, strict=True) if rows else ((), (), ()))
    )
    groups = Groups(first, second)
    running = {}
    for place, (key, value) in enumerate(zip(zip(first, second, strict=True), values, strict=True)):
        running[key] = running.get(key, 0) + value
        assert groups.running(values)[place] == running[key]
    assert groups.totals(values).tolist() == [running[key] for key in zip(first, second, strict=True)]
    assert groups.steps(groups.running(values)).tolist() == values.tolist()
