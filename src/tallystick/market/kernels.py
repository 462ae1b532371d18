"""Ticks, limits and charges on arrays: the same integers as `limits.py` and `charges.py`, compiled.

A tick table is a flat int64 array: lower bound, tick, lower bound, tick, … rising from bound 0, all in 1e-4.
Roundings are codes: 0 down, 1 up, 2 half up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["charge_at", "limits_at", "round_to_tick_at", "set_limits", "tick_at"]

Array = np.ndarray[Any, np.dtype[Any]]

DOWN = 0
UP = 1
HALF_UP = 2


@njit(cache=True, nogil=True)
def tick_at(price: int, ticks: Array) -> int:
    """The tick at a price: the one of the last band that begins at or below it."""
    found: int = ticks[1]
    for band in range(2, len(ticks), 2):
        if ticks[band] > price:
            break
        found = ticks[band + 1]
    return found


@njit(cache=True, nogil=True)
def _rounded(numerator: int, denominator: int, rounding: int) -> int:
    """The whole number nearest to a share of two positive numbers, by the code of the rounding."""
    whole, rest = numerator // denominator, numerator % denominator
    if (rounding == UP and rest > 0) or (rounding == HALF_UP and rest >= denominator - rest):
        return whole + 1
    return whole


@njit(cache=True, nogil=True)
def round_to_tick_at(price: int, ticks: Array, rounding: int) -> int:
    """A price put on its tick."""
    tick = tick_at(price, ticks)
    return _rounded(price, tick, rounding) * tick


@njit(cache=True, nogil=True)
def limits_at(basis: int, rule: Array, ticks: Array) -> tuple[int, int]:
    """Up-limit and down-limit of a basis on tick; 0 and 0 when the rule has none.

    `rule` is one row of limit rules, int64: numerator and denominator of the up-limit's factor, then of the
    down-limit's (e.g. 11/10 and 9/10; denominator 0 means no limit), roundings of both, least distance and lowest
    price in ticks.
    """
    if rule[1] == 0:
        return 0, 0
    tick = tick_at(basis * rule[0] // rule[1], ticks)
    up = _rounded(basis * rule[0], rule[1] * tick, rule[4]) * tick
    tick = tick_at(basis * rule[2] // rule[3], ticks)
    down = _rounded(basis * rule[2], rule[3] * tick, rule[5]) * tick
    up = max(up, basis + rule[6] * tick_at(basis, ticks))
    down = min(down, basis - rule[6] * tick_at(max(basis - 1, 0), ticks))
    return up, max(down, rule[7] * ticks[1], 1)


@njit(cache=True, nogil=True)
def set_limits(
    prices: Array, groups: Array, rules: Array, tick_rows: Array, tables: Array, out: Array
) -> None:
    """Basis, up-limit and down-limit of each reference price, into the three columns of `out`.

    `groups` names the row of `rules` of each price; `tables` the row of `tick_rows` of each group; column 8 of a rule
    is the rounding of the basis, or −1 to take the price as it is.
    """
    for place in range(len(prices)):
        rule, ticks = rules[groups[place]], tick_rows[tables[groups[place]]]
        basis = prices[place]
        if rule[8] >= 0:
            basis = max(round_to_tick_at(basis, ticks, rule[8]), ticks[1])
        out[place, 0] = basis
        out[place, 1], out[place, 2] = limits_at(basis, rule, ticks)


@njit(cache=True, nogil=True)
def charge_at(amount: int, numerator: int, denominator: int, minimum: int, unit: int, rounding: int) -> int:
    """A charge on an amount (1e-4): its share on a multiple of `unit`, at least `minimum`; exact up to 2^61."""
    if amount == 0:
        return 0
    whole = denominator * unit
    taken = amount // whole * numerator + _rounded(amount % whole * numerator, whole, rounding)
    return max(taken * unit, minimum)
