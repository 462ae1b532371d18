"""The join behind every page of orders: what became of each order of a day."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tallystick.risk.gate.state.kernels import slot_of

__all__ = ["join_orders"]

Array = np.ndarray[Any, np.dtype[Any]]

REFUSED, NEW, PARTLY_FILLED, FILLED, CANCELLED, EXPIRED, REFUSED_BY_EXCHANGE = range(7)
BY_CANCEL, BY_EXPIRY, BY_EXCHANGE = 1, 2, 3


@njit(cache=True, nogil=True)
def taken(verdict: Any) -> bool:
    """Whether a command was accepted and is no repetition."""
    return bool(verdict.mask == 0 and verdict.flags & 1 == 0)


@njit(cache=True, nogil=True)
def join_orders(
    orders: Array, order_verdicts: Array, fills: Array, fill_verdicts: Array, cancels: Array, cancel_verdicts: Array,
    ends: Array, end_verdicts: Array, is_over: bool, slots: Array, amounts: Array, status: Array, cancel_asked: Array,
) -> None:  # fmt: skip
    """Fill `amounts` (quantity and value filled), `status` and `cancel_asked` of each order.

    `slots` is an empty open-addressing table (keys and rows -1), at least twice the number of orders.
    """
    for row in range(len(orders)):
        status[row] = REFUSED
        if taken(order_verdicts[row]):
            status[row] = NEW
            place = slot_of(orders[row].order_id, slots)
            slots[place, 0], slots[place, 1] = orders[row].order_id, row
    for index in range(len(fills)):
        row = slots[slot_of(fills[index].order_id, slots), 1]
        if row >= 0 and taken(fill_verdicts[index]):
            amounts[row, 0] += fills[index].quantity
            amounts[row, 1] += fills[index].quantity * fills[index].price
    for index in range(len(cancels)):
        row = slots[slot_of(cancels[index].order_id, slots), 1]
        if row >= 0 and taken(cancel_verdicts[index]):
            cancel_asked[row] = True
    for row in range(len(orders)):
        if status[row] == NEW:
            if amounts[row, 0] >= orders[row].quantity:
                status[row] = FILLED
            elif is_over:
                status[row] = EXPIRED
            elif amounts[row, 0] > 0:
                status[row] = PARTLY_FILLED
    for index in range(len(ends)):
        row = slots[slot_of(ends[index].order_id, slots), 1]
        if row >= 0 and taken(end_verdicts[index]):
            reason = ends[index].done_reason
            status[row] = CANCELLED
            if reason == BY_EXPIRY:
                status[row] = EXPIRED
            elif reason == BY_EXCHANGE:
                status[row] = REFUSED_BY_EXCHANGE
