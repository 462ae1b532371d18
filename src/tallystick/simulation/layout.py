"""The simulation's arrays: street orders, bars, and the order flow's state."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Array", "FlowTables", "account_dtype", "arrival_dtype", "bar_dtype", "closing_dtype", "day_bar_dtype",
    "instrument_dtype", "pending_dtype", "position_dtype", "street_dtype", "truth_dtype",
]  # fmt: skip

Array = np.ndarray[Any, np.dtype[Any]]

street_dtype = np.dtype([
    ("time", "<i8"), ("price", "<i8"), ("quantity", "<i8"), ("number", "<i4"), ("instrument", "<i4"), ("action", "i1"),
    ("side", "i1"), ("order_type", "i1"), ("time_in_force", "i1"), ("lot_type", "i1"),
])  # fmt: skip
"""A message of another broker, straight to the exchange: UTC ns, price in 1e-4, units, the order's number among street
orders (0, 1, 2, …), instrument code, the matcher's `Action` (1 new, 2 cancel), then as in `SubmitOrder`."""

bar_dtype = np.dtype([
    ("instrument", "<i4"), ("phase", "S16"), ("ts_start", "<i8"), ("ts_end", "<i8"), ("open", "<i8"), ("high", "<i8"),
    ("low", "<i8"), ("close", "<i8"), ("volume", "<i8"), ("amount", "<i8"), ("trades", "<i8"),
])  # fmt: skip
"""A bar of board-lot trades: prices and amount in 1e-4 of the currency, volume in units."""

day_bar_dtype = np.dtype([
    ("instrument", "<i4"), ("open", "<i8"), ("high", "<i8"), ("low", "<i8"), ("close", "<i8"), ("volume", "<i8"),
    ("amount", "<i8"), ("trades", "<i8"), ("odd_volume", "<i8"), ("odd_amount", "<i8"), ("odd_trades", "<i8"),
])  # fmt: skip
"""An instrument's day: board lots, and apart from them odd lots, which never set the day's prices."""

closing_dtype = np.dtype([
    ("instrument", "<i4"), ("close", "<i8"), ("best_bid", "<i8"), ("best_ask", "<i8"), ("next_base", "<i8"),
])  # fmt: skip
"""An instrument at the close: 0 where there was no trade, bid or ask."""

truth_dtype = np.dtype([("order_id", "<i8"), ("label", "<i4")])
"""An order of ours that is wrong on purpose: its id and `Oddity`."""

arrival_dtype = np.dtype([
    ("time", "<i8"), ("draw", "<i8"), ("lifetime", "<i8"), ("instrument", "<i4"), ("size", "<i4"), ("side_draw", "<i4"),
    ("depth", "<i4"), ("style", "<i4"), ("phase", "<i4"), ("kind", "i1"), ("validity", "i1"), ("house", "i1"),
    ("odd", "i1"), ("label", "<i4"),
], align=True)  # fmt: skip
"""One order to come, drawn before the day: when, 62 random bits, how long until it is cancelled (ns, 0 never), row of
the instrument, size in lots (odd lots: units), 16 random bits for the side, levels behind the best, style (see
`arrivals`), phase (0 opening call, 1 continuous, 2 later call), order type, time in force, whether of our firm, whether
an odd lot, `Oddity` or 0."""

instrument_dtype = np.dtype([
    ("lot", "<i8"), ("above", "<i8"), ("below", "<i8"), ("code", "<i4"), ("first", "<i4"), ("count", "<i4"),
    ("bid", "<i4"), ("ask", "<i4"), ("last", "<i4"), ("day_only", "<i4"), ("cash_only", "<i4"),
], align=True)  # fmt: skip
"""One instrument as the flow sees it: lot, prices one tick beyond the limits (0 without limits), code, where its ladder
begins and how long it is; levels 1 … count of best bid, best ask and last trade (else base), 0 for none; whether it
takes limit orders for the day only, and whether it is bought for cash alone."""

account_dtype = np.dtype([
    ("power", "<i8"), ("funds", "<i8"), ("credit", "<i8"), ("order_limit", "<i8"), ("weight", "<i8"), ("code", "<i4"),
    ("status", "<i4"), ("permissions", "<i4"), ("spare", "<i4"),
], align=True)  # fmt: skip
"""One client: buying power left, all that it had or sold today, the part of its power that is no cash, largest value of
an order, 1e-4; activity; code and terms as in the gate."""

position_dtype = np.dtype(
    [("available", "<i8"), ("held", "<i8"), ("weight", "<i8"), ("account", "<i4"), ("instrument", "<i4")],
    align=True,
)
"""One holding: units still to sell, units at the start, running sum of the holders' activity, rows of account and
instrument. Sorted by instrument and account."""

pending_dtype = np.dtype([
    ("left", "<i8"), ("unit_cost", "<i8"), ("cancel_at", "<i8"), ("account", "<i4"), ("position", "<i4"),
    ("next", "<i4"), ("spare", "<i4"),
], align=True)  # fmt: skip
"""One order of ours by its number in the day: units left, money reserved a unit (buys), when its client cancels (0
never), rows of account and position (−1 for buys), next order in the cancel schedule."""


class FlowTables(NamedTuple):
    """All arrays of one day's order flow, as its kernels take them."""

    arrivals: Array
    ladders: Array
    """int64 prices of all ladders, each after an unused level 0."""
    fair: Array
    """int32 [instruments, steps]: the level that the flow pulls each instrument to, in 1/256 levels."""
    instruments: Array
    accounts: Array
    buyers: Array
    """int64 running sum of the activity of accounts that may buy."""
    blocked: Array
    """Rows of blocked accounts."""
    positions: Array
    holders: Array
    """First position of each instrument, and the end."""
    bought: Array
    """int8 filter: which (instrument, account) pairs may have bought today."""
    pending: Array
    schedule: Array
    """int32 heads of the cancel schedule, one a second of the day."""
    street_cancels: Array
    """int64 cancel time of each street order, 0 never."""
    street_next: Array
    street_schedule: Array
    truth: Array
    numbers: Array
    """int64: start of the day, step of `fair` (ns), the id before our first order's, end of the last phase, end of the
    slot, money kept back for an order's costs: flat, and per million of its value."""
    counts: Array
    """int64: orders of ours, street orders, orders of ours still owed by the arrivals, labelled orders; then of the
    slot: our orders, our cancels, street messages."""
