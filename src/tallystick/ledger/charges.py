"""Commission and transaction tax of a day's fills, exact integers from dated rates.

Commission is charged per order: its minimum once, carried over partial fills, fractions dropped once; each fill bears
what the order's commission rose by with it. Tax is the seller's, per order too, what was day-traded apart from the
rest, each with its own rate.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from tallystick.ledger.columns import Array
from tallystick.ledger.events import Capacity, Side
from tallystick.ledger.grouping import Groups
from tallystick.market import Charge, FeeTerms

__all__ = [
    "amount_of",
    "commission",
    "day_traded",
    "eligible_for_day_trade",
    "is_computable",
    "transaction_tax",
]

DAY_TRADE_CAPACITIES = (Capacity.CASH, Capacity.PROPRIETARY)
"""A day trade (現股當沖) is one with own cash and shares; margin and short sales offset by other rules."""


def is_computable(charge: Charge) -> bool:
    """Whether a rate is one: not below zero, not above one, and exact in 64 bits."""
    whole = charge.denominator * charge.unit
    signs = charge.denominator > 0 and charge.unit > 0 and charge.minimum >= 0
    return signs and 0 <= charge.numerator <= charge.denominator and whole * charge.numerator < 2**63


def amount_of(values: Array, charge: Charge) -> Array:
    """What the rate takes of each value (1e-4, not below zero), rounded to the charge's unit; the minimum is not in it.

    Exact for values up to 2^61: the part of the value that the denominator divides is taken apart first.
    """
    assert is_computable(charge), charge
    whole = charge.denominator * charge.unit
    units = values // whole * charge.numerator
    rest = values % whole * charge.numerator
    units, left = units + rest // whole, rest % whole
    if charge.rounding == "ceiling":
        units = units + (left > 0)
    elif charge.rounding == "half_up":
        units = units + (left >= whole - left)
    elif charge.rounding == "half_even":
        units = units + ((left > whole - left) | ((left == whole - left) & (units % 2 == 1)))
    amounts: Array = units * charge.unit
    return amounts


def commission(orders: Groups, values: Array, charge: Charge) -> Array:
    """The commission of each fill, from the running value of its order and the minimum of one order."""
    running = np.maximum(amount_of(orders.running(values), charge), charge.minimum)
    return orders.steps(running)


def day_traded(
    accounts: Array, instruments: Array, sides: Array, quantities: Array, eligible: Array
) -> Array:
    """The part of each fill's quantity that pairs with the other side of the same account, instrument and day.

    Bought and sold pair as far as the smaller goes, each side's earliest fills first; only eligible fills pair.
    """
    pairs = Groups(accounts, instruments)
    paired = np.zeros_like(quantities)
    sums = {side: np.where(eligible & (sides == side), quantities, 0) for side in Side}
    least = np.minimum(*(pairs.totals(sums[side]) for side in Side))
    for side in Side:
        before = pairs.running(sums[side]) - sums[side]
        paired += np.minimum(np.maximum(least - before, 0), sums[side])
    return paired


def eligible_for_day_trade(lot_types: Array, capacities: Array, lots: Collection[int]) -> Array:
    """Whether each fill may pair to a day trade, by its book and capacity."""
    return np.isin(lot_types, sorted(lots)) & np.isin(capacities, DAY_TRADE_CAPACITIES)


def transaction_tax(
    orders: Groups, products: Array, prices: Array, quantities: Array, paired: Array, terms: FeeTerms
) -> Array:
    """The tax of each fill of sells: the day-traded part at the day-trade rate of its product class, the rest at the
    ordinary rate, each part's fractions dropped once per order. KeyError for a class without a rate.
    """
    taxes = np.zeros_like(quantities)
    for product in sorted(set(products.tolist())):
        mine = products == product
        ordinary = terms.transaction_tax[product]
        for part, charge in (
            (quantities - paired, ordinary),
            (paired, terms.day_trade_tax.get(product, ordinary)),
        ):
            running = orders.running(np.where(mine, prices * part, 0))
            taxes += np.where(mine, orders.steps(amount_of(running, charge)), 0)
    return taxes
