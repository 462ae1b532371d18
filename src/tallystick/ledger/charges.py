"""Commission and transaction tax of a day's fills, exact integers from dated rates.

Commission is charged per order: its minimum once, carried over partial fills, fractions dropped once; each fill bears
what the order's commission rose by with it. Tax is the seller's, per order too, what was day-traded apart from the
rest, each with its own rate. An order is in one instrument, so that all its fills have the rates of one class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tallystick.ledger.columns import Array
from tallystick.ledger.events import Capacity, Side
from tallystick.ledger.grouping import Groups
from tallystick.ledger.kernels import take_charges
from tallystick.market import Charge

__all__ = ["Rates", "commission", "day_traded", "may_day_trade", "transaction_tax"]

DAY_TRADE_CAPACITIES = (Capacity.CASH, Capacity.PROPRIETARY)
"""A day trade (現股當沖) is one with own cash and shares; margin and short sales offset by other rules."""

NO_CHARGE = (0, 1, 0, 1, 0)


class Rates(NamedTuple):
    """The charge of each row: `which` is its row in `table`, whose columns are those of `Charge.numbers` (int64)."""

    table: Array
    which: Array

    @classmethod
    def of(cls, charges: Sequence[Charge | None], which: Array) -> Rates:
        """The charge of each row by its place in `charges`; None takes nothing."""
        numbers = [NO_CHARGE if charge is None else charge.numbers for charge in charges]
        return cls(np.array(numbers, np.int64).reshape(-1, 5), which)

    def on(self, values: Array) -> Array:
        """The charge on each row's value (1e-4, 0 to 2^61), the least one for an order included; nothing on nothing."""
        taken = np.zeros(len(values), np.int64)
        take_charges(np.ascontiguousarray(values, np.int64), self.table, self.which, taken)
        return taken


def commission(orders: Groups, values: Array, rates: Rates) -> Array:
    """The commission of each fill, from the running value of its order and the minimum of one order."""
    return orders.steps(rates.on(orders.running(values)))


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


def may_day_trade(capacities: Array) -> Array:
    """Whether each fill may pair to a day trade by its capacity."""
    return np.isin(capacities, DAY_TRADE_CAPACITIES)


def transaction_tax(
    orders: Groups, prices: Array, quantities: Array, paired: Array, ordinary: Rates, day_trade: Rates
) -> Array:
    """The tax of each fill of sells: the day-traded part at the day-trade rates, the rest at the ordinary ones.

    Fractions are dropped once per order and rate; where both rates are one, so is the sum.
    """
    taxes = np.zeros_like(quantities)
    one_rate = (ordinary.table[ordinary.which] == day_trade.table[day_trade.which]).all(axis=1)
    apart = np.where(one_rate, 0, paired)
    for part, rates in ((quantities - apart, ordinary), (apart, day_trade)):
        taxes += orders.steps(rates.on(orders.running(prices * part)))
    return taxes
