"""Rates, orders and day trades against the same said with fractions and loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.money import LIMIT, round_ratio
from tallystick.ledger.charges import Rates, commission, day_traded, transaction_tax
from tallystick.ledger.closing import share_of
from tallystick.ledger.grouping import Groups
from tallystick.market import Charge

charges = st.builds(
    lambda ratio, minimum, unit, rounding: Charge(*ratio, minimum, unit, rounding, ()),
    st.sampled_from([(1_425, 1_000_000), (57, 40_000), (3, 1_000), (1, 2), (1, 1), (0, 1)]),
    st.sampled_from([0, 200_000, 7]),
    st.sampled_from([1, 10, 10_000]),
    st.sampled_from(("floor", "ceiling", "half_up")),
)


def rates_of(*charges_of_rows):
    """Each row with a charge of its own."""
    return Rates.of(charges_of_rows, np.arange(len(charges_of_rows)))


@given(st.lists(st.tuples(st.integers(0, LIMIT), st.none() | charges), min_size=1, max_size=6))
def test_each_row_has_its_own_exact_charge_up_to_the_limit(rows):
    expected = []
    for value, charge in rows:
        taken = 0
        if charge is not None and value:
            steps = round_ratio(value * charge.numerator, charge.denominator * charge.unit, charge.rounding)
            taken = max(steps * charge.unit, charge.minimum)
        expected.append(taken)
    values = np.array([value for value, _ in rows], dtype=np.int64)
    assert rates_of(*(charge for _, charge in rows)).on(values).tolist() == expected


def test_rates_of_no_rows_take_nothing():
    assert Rates.of([], np.zeros(0, np.int64)).on(np.zeros(0, np.int64)).tolist() == []


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), min_size=1, max_size=8), charges, charges)
def test_tax_of_an_order_is_that_of_both_its_parts(rows, ordinary, day_trade):
    ordinary, day_trade = ordinary._replace(minimum=0), day_trade._replace(minimum=0)
    quantity, paired = np.array([(q, min(q, p)) for q, p in rows]).T
    price = 12_345 + np.arange(len(rows)) * 100
    same = np.zeros(len(rows), np.int64)
    taxes = transaction_tax(
        Groups(same), price, quantity, paired, Rates.of([ordinary], same), Rates.of([day_trade], same)
    )
    apart = paired * (ordinary.numbers != day_trade.numbers)
    parts = [(int((price * (quantity - apart)).sum()), ordinary), (int((price * apart).sum()), day_trade)]
    exact = sum(
        round_ratio(v * c.numerator, c.denominator * c.unit, c.rounding) * c.unit for v, c in parts if v
    )
    assert int(taxes.sum()) == exact
    assert (taxes >= 0).all()


def test_a_day_traded_part_at_the_same_rate_is_no_part_of_its_own():
    tenth = Charge(1, 1_000, 0, 10_000, "floor", ())
    quantity, paired = np.array([2_000]), np.array([1_000])
    one = np.zeros(1, np.int64)
    tax = transaction_tax(
        Groups(one), np.array([1_5000]), quantity, paired, Rates.of([tenth], one), Rates.of([tenth], one)
    )
    assert tax.tolist() == [3_0000], "NT$3 of NT$3,000, not twice NT$1"


rows_of_orders = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 10**12), st.integers(1, 50)), min_size=1, max_size=30
)


@given(rows_of_orders, st.integers(0, 10**6))
def test_commission_of_an_order_does_not_depend_on_its_fills(rows, minimum):
    orders, values, _ = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    charge = Charge(1_425, 1_000_000, minimum, 10_000, "floor", ())
    fees = commission(Groups(orders), values, Rates.of([charge], np.zeros(len(rows), np.int64)))
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
