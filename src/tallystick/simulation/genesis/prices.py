"""Price history of made-up instruments: drawn returns put on ticks inside the limits, and each day's other numbers.

A day's close is the reference price moved by the day's return, rounded to the nearest tick of the price it comes to
and cut at the limits. Open, high and low are drawn around it: the open takes a third of the move and some noise, high
and low lie outside open and close by a share of the instrument's daily deviation. Volume lies around what the
instrument's order flow trades in a day, lasts from day to day, and grows with the size of the move. The amount is
volume at the mean of open, high, low and twice the close. Floats propose; the numbers kept are integers on tick, in
lots and inside the limits.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["DailyBars", "daily_bars", "on_tick"]

Array = np.ndarray[Any, np.dtype[Any]]

OPENING_SHARE = 0.35
NOISE_SHARE = 0.3
TURNOVER_MEMORY = 0.9


class DailyBars(NamedTuple):
    """Bars [sessions, instruments], int64: prices and amount in 1e-4, volume in units."""

    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    amount: Array


TermsOf = Callable[[datetime.date, Array], Array]
"""Packed `SetDayTerms`, one row an instrument, for a date and reference prices."""


def daily_bars(
    first_prices: Array,
    returns: Array,
    sessions: Sequence[datetime.date],
    terms_of: TermsOf,
    tick_tables: Sequence[Array],
    typical_lots: Array,
    seed: int,
) -> DailyBars:
    """The bars of each session: returns [sessions, instruments] walked from the first reference prices.

    `typical_lots` is what each instrument trades on a middling day.
    """
    shape = returns.shape
    random = np.random.default_rng([seed, 2])
    noise = random.standard_normal((3, *shape)) * returns.std(axis=0) * NOISE_SHARE
    bars = DailyBars(*(np.empty(shape, np.int64) for _ in DailyBars._fields))
    busy = _turnover(random, returns)
    previous = first_prices.astype(np.int64)
    for day, session in enumerate(sessions):
        terms = terms_of(session, previous)
        move = returns[day]
        opening = OPENING_SHARE * move + noise[0, day]
        close, first = _moved(terms, move, tick_tables), _moved(terms, opening, tick_tables)
        above = _moved(terms, np.maximum(move, opening) + np.abs(noise[1, day]), tick_tables)
        below = _moved(terms, np.minimum(move, opening) - np.abs(noise[2, day]), tick_tables)
        high = np.maximum(above, np.maximum(first, close))
        low = np.minimum(below, np.minimum(first, close))
        lots = np.maximum(np.rint(busy[day] * typical_lots), 1).astype(np.int64)
        amount = lots * ((first + high + low + 2 * close) * terms["lot"] // 5)
        for field, values in zip(bars, (first, high, low, close, lots * terms["lot"], amount), strict=True):
            field[day] = values
        previous = close
    return bars


def on_tick(prices: Array, tables: Array, tick_tables: Sequence[Array]) -> Array:
    """Prices on the nearest tick, half up. A tick table is flat: lower bound, tick, lower bound, tick, and so on.

    >>> on_tick(np.array([1_002_500, 99_949]), np.array([0, 0]), [np.array([0, 100, 1_000_000, 5_000])]).tolist()
    [1005000, 99900]
    """
    ticks = np.empty(len(prices), np.int64)
    for number in np.unique(tables).tolist():
        table, mine = tick_tables[number], tables == number
        ticks[mine] = table[1::2][np.searchsorted(table[::2], prices[mine], side="right") - 1]
    rounded: Array = np.maximum((prices + ticks // 2) // ticks * ticks, ticks)
    return rounded


def _moved(terms: Array, shift: Array, tick_tables: Sequence[Array]) -> Array:
    """The reference prices moved by logarithmic returns, on tick and inside the limits."""
    wanted = np.maximum(np.rint(terms["reference_price"] * np.exp(shift)), 1).astype(np.int64)
    prices = on_tick(wanted, terms["tick_table"], tick_tables)
    highest = np.where(terms["limit_up"] > 0, terms["limit_up"], prices)
    inside: Array = np.clip(prices, np.maximum(terms["limit_down"], 1), highest)
    return inside


def _turnover(random: np.random.Generator, returns: Array) -> Array:
    """How busy each session is [sessions, instruments], about 1 in the median: lasting, more on days of large moves."""
    lasting: Array = np.multiply(random.standard_normal(returns.shape), 0.35)
    for day in range(1, len(returns)):
        lasting[day] += TURNOVER_MEMORY * lasting[day - 1]
    deviation = np.maximum(returns.std(axis=0), 1e-9)
    busy: Array = np.exp(lasting + 0.4 * (np.abs(returns) / deviation - 0.8))
    return busy
