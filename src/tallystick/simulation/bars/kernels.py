"""Fills into bars: one loop, integers only."""

from __future__ import annotations

from typing import Any

from numba import njit

from tallystick.simulation.layout import Array

__all__ = ["record_bars"]


@njit(cache=True, nogil=True)
def record_bars(
    fills: Array, book_phase: Array, first: Array, opens: Array, width: Array, bars: Array, days: Array
) -> None:
    """Add fills to bars and day rows. Books 0 … n−1 are the board lots of the n rows, n … 2n−1 their odd lots."""
    for fill in fills:
        row = fill.book
        amount = fill.price * fill.quantity
        if row >= len(days):
            day = days[row - len(days)]
            day.odd_volume += fill.quantity
            day.odd_amount += amount
            day.odd_trades += 1
            continue
        phase = book_phase[row]
        bucket = first[phase]
        if width[phase] > 0:
            bucket += (fill.time - opens[phase]) // width[phase]
        _extend(bars[row, bucket], fill.price, fill.quantity, amount)
        _extend(days[row], fill.price, fill.quantity, amount)


@njit(cache=True, nogil=True)
def _extend(bar: Any, price: int, quantity: int, amount: int) -> None:
    """Take one trade into a bar."""
    if bar.trades == 0:
        bar.open = price
        bar.high = price
        bar.low = price
    bar.high = max(bar.high, price)
    bar.low = min(bar.low, price)
    bar.close = price
    bar.volume += quantity
    bar.amount += amount
    bar.trades += 1
