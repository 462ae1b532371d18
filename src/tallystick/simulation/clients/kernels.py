"""Which client sends an order: who may, who can pay or deliver, and who on purpose can not.

Integers only; money in 1e-4 of the currency.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tallystick.simulation.layout import FlowTables

__all__ = ["find_buyer", "find_seller", "find_unable", "mixed", "release", "reserve"]

BUY, SELL = 1, 2
MARKET = 2
NORMAL = 0
MAY_BOARD, MAY_ODD, MAY_MARKET, PRE_COLLECTION = 1, 2, 4, 16
NO_MONEY, BLOCKED = 5, 7
HOUSE = 0
FLAT, PER_MILLION = 5, 6
ATTEMPTS = 8
MOST_LOTS = 400
"""Lots in the largest order that tries to spend more than its client has."""
NONE = -1


@njit(cache=True, nogil=True)
def mixed(draw: int, salt: int) -> int:
    """Another 62 random bits from an arrival's (splitmix64)."""
    z = np.uint64(draw) + np.uint64(salt + 1) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int((z ^ (z >> np.uint64(31))) >> np.uint64(2))


@njit(cache=True, nogil=True)
def find_buyer(t: FlowTables, k: int, price: int, kind: int) -> tuple[int, int]:
    """A client with money for the order, first by activity, then any, and how much; (NONE, 0) if tries find nobody."""
    if len(t.buyers) == 0 or t.buyers[-1] == 0:
        return NONE, 0
    for attempt in range(ATTEMPTS):
        draw = mixed(t.arrivals[k].draw, 16 + attempt)
        account = np.searchsorted(t.buyers, draw % t.buyers[-1], side="right")
        if attempt >= ATTEMPTS // 2:
            account = draw % len(t.buyers)
        if t.accounts[account].status == NORMAL and _may(t, k, account, kind):
            most = _affordable(t, k, account, price)
            quantity = _trimmed(t, k, account, price, most)
            if quantity > 0:
                return account, quantity
    return NONE, 0


@njit(cache=True, nogil=True)
def find_seller(t: FlowTables, k: int, price: int, kind: int) -> tuple[int, int]:
    """A position by its holder's activity with units for the order, and how many; (NONE, 0) if tries find none."""
    a = t.arrivals[k]
    first, end = t.holders[a.instrument], t.holders[a.instrument + 1]
    base = t.positions[first - 1].weight if first > 0 else 0
    if first == end or t.positions[end - 1].weight == base:
        return NONE, 0
    for attempt in range(ATTEMPTS):
        wanted = base + mixed(a.draw, 32 + attempt) % (t.positions[end - 1].weight - base)
        low, high = first, end - 1
        while low < high:
            middle = (low + high) >> 1
            if t.positions[middle].weight <= wanted:
                low = middle + 1
            else:
                high = middle
        if _may(t, k, t.positions[low].account, kind):
            quantity = _trimmed(t, k, t.positions[low].account, price, t.positions[low].available)
            if quantity > 0:
                return low, quantity
    return NONE, 0


@njit(cache=True, nogil=True)
def find_unable(t: FlowTables, k: int, price: int) -> tuple[int, int, int]:
    """A client who can not do it, quantity and side: too little money, no shares, or blocked; NONE if none is found."""
    a = t.arrivals[k]
    lot = t.instruments[a.instrument].lot
    if a.label == BLOCKED:
        if len(t.blocked) == 0:
            return NONE, 0, BUY
        return t.blocked[mixed(a.draw, 7) % len(t.blocked)], lot, BUY
    if len(t.buyers) == 0 or t.buyers[-1] == 0:
        return NONE, 0, BUY
    for attempt in range(ATTEMPTS):
        account = np.searchsorted(t.buyers, mixed(a.draw, 48 + attempt) % t.buyers[-1], side="right")
        if a.label == NO_MONEY:
            lots = 2 * t.accounts[account].funds // (price * lot) + 1 + mixed(a.draw, 8) % 5
            if lots <= MOST_LOTS:
                return account, lots * lot, BUY
        elif t.bought[pair(t, a.instrument, account)] == 0 and not _holds(t, a.instrument, account):
            return account, a.size * lot, SELL
    return NONE, 0, BUY


@njit(cache=True, nogil=True)
def reserve(
    t: FlowTables, k: int, number: int, account: int, position: int, quantity: int, price: int
) -> None:
    """Keep money or units back for an order, so that later ones do not count on them."""
    pending = t.pending[number]
    pending.left = quantity
    pending.account = account
    pending.position = position
    pending.unit_cost = 0
    if position == NONE:
        pending.unit_cost = unit_cost(t, price)
        t.accounts[account].power -= quantity * pending.unit_cost + t.numbers[FLAT]
        t.bought[pair(t, t.arrivals[k].instrument, account)] = 1
    else:
        t.positions[position].available -= quantity


@njit(cache=True, nogil=True)
def release(t: FlowTables, number: int) -> None:
    """Give back the reservation of what is left of an order."""
    if number < 0 or number >= t.counts[HOUSE] or t.pending[number].left <= 0:
        return
    pending = t.pending[number]
    if pending.position == NONE:
        t.accounts[pending.account].power += pending.left * pending.unit_cost
    else:
        t.positions[pending.position].available += pending.left
    pending.left = 0


@njit(cache=True, nogil=True)
def _affordable(t: FlowTables, k: int, account: int, price: int) -> int:
    """Units that a client would buy at once: a part of all its money, at least a lot if that is left."""
    a = t.arrivals[k]
    lot = 1 if a.odd == 1 else t.instruments[a.instrument].lot
    cost = unit_cost(t, price)
    share = t.accounts[account].funds >> (2 + mixed(a.draw, 10) % 4)
    power = t.accounts[account].power - t.numbers[FLAT]
    if t.instruments[a.instrument].cash_only == 1 or t.accounts[account].permissions & PRE_COLLECTION:
        power -= t.accounts[account].credit
    return int(min(power // cost, max(lot, share // cost)))


@njit(cache=True, nogil=True)
def _trimmed(t: FlowTables, k: int, account: int, price: int, most: int) -> int:
    """The wanted quantity, at most `most` and the client's limit of one order, in whole lots."""
    a = t.arrivals[k]
    lot = 1 if a.odd == 1 else t.instruments[a.instrument].lot
    most = min(most, t.accounts[account].order_limit // price)
    return int(min(a.size * lot, most // lot * lot))


@njit(cache=True, nogil=True)
def _may(t: FlowTables, k: int, account: int, kind: int) -> bool:
    """Whether a client's permissions cover the order."""
    needed = MAY_ODD if t.arrivals[k].odd == 1 else MAY_BOARD
    if kind == MARKET:
        needed |= MAY_MARKET
    return bool((t.accounts[account].permissions & needed) == needed)


@njit(cache=True, nogil=True)
def unit_cost(t: FlowTables, price: int) -> int:
    """Money to keep back for one unit, costs included."""
    return int(price + price * t.numbers[PER_MILLION] // 1_000_000 + 1)


@njit(cache=True, nogil=True)
def pair(t: FlowTables, instrument: int, account: int) -> int:
    """Where the filter of bought pairs keeps this one."""
    return mixed(instrument, account) % len(t.bought)


@njit(cache=True, nogil=True)
def _holds(t: FlowTables, instrument: int, account: int) -> bool:
    """Whether a client held the instrument at the start of the day."""
    low, high = t.holders[instrument], t.holders[instrument + 1]
    while low < high:
        middle = (low + high) >> 1
        if t.positions[middle].account < account:
            low = middle + 1
        else:
            high = middle
    return bool(low < t.holders[instrument + 1] and t.positions[low].account == account)
