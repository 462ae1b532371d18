"""The call auction's loops: at which price most would trade, the matching at that price, the random priority.

Sides are 1 buy and 2 sell; integers only, no allocation (see `matching.kernels`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tallystick.market.matching.kernels import lessen, market_buy_level, market_sell_level, record_fill, slot
from tallystick.market.matching.layout import Array

__all__ = ["clearing", "rank", "shuffle", "uncross"]

BUY, SELL = 1, 2
NONE = -1


@njit(cache=True, nogil=True)
def clearing(books: Array, levels: Array, b: int) -> tuple[int, int]:
    """Level and volume at which a call auction would match now (art. 58-3), (0, 0) when nothing crosses.

    Most volume; all better-priced orders filled; among such prices the nearest to the last trade, else to the base.
    """
    book = books[b]
    market_buys = levels[slot(books, levels, b, BUY, book.count + 1)].quantity
    market_sells = levels[slot(books, levels, b, SELL, 0)].quantity
    high = market_buy_level(books, levels, b, 0) if market_buys > 0 else book.best_bid
    low = market_sell_level(books, levels, b, 0) if market_sells > 0 else book.best_ask
    demand, supply = market_buys, market_sells
    for level in range(low, high + 1):
        demand += levels[slot(books, levels, b, BUY, level)].quantity
    most, lowest, highest = 0, 0, 0
    for level in range(low, high + 1):
        bids = levels[slot(books, levels, b, BUY, level)].quantity + (market_buys if level == high else 0)
        asks = levels[slot(books, levels, b, SELL, level)].quantity
        supply += asks
        if level == low:
            asks += market_sells
        volume = min(demand, supply)
        if volume > most:
            most, lowest = volume, 0
        if volume == most and demand - bids <= volume and supply - asks <= volume:
            lowest = level if lowest == 0 else lowest
            highest = level
        demand -= bids
    if most == 0:
        return 0, 0
    nearest = book.last if book.last > 0 else book.base
    return min(max(nearest, lowest), highest), most


@njit(cache=True, nogil=True)
def uncross(
    books: Array, levels: Array, orders: Array, fills: Array, counts: Array, chosen: Array, time: int
) -> None:
    """Hold the call auction of each chosen book: fill at one price, best price first, first come first."""
    for b in chosen:
        level, left = clearing(books, levels, b)
        book = books[b]
        while left > 0:
            buy = levels[slot(books, levels, b, BUY, book.best_bid)].head
            sell = levels[slot(books, levels, b, SELL, book.best_ask)].head
            quantity = min(left, min(orders[buy].remaining, orders[sell].remaining))
            record_fill(books, levels, orders, fills, counts, buy, sell, level, quantity, time, True)
            lessen(books, levels, orders, counts, buy, quantity)
            lessen(books, levels, orders, counts, sell, quantity)
            left -= quantity


@njit(cache=True, nogil=True)
def shuffle(books: Array, levels: Array, orders: Array, chosen: Array, salt: int) -> None:
    """Give the orders of each queue of the chosen books a random priority (art. 58-2, orders before the opening).

    The order of a queue becomes that of `rank(salt, order number)`.
    """
    for b in chosen:
        book = books[b]
        for side in (BUY, SELL):
            for level in range(book.count + 2):
                place = levels[slot(books, levels, b, side, level)]
                if place.head != place.tail:
                    place.head, place.tail = _sorted_queue(orders, place.head, salt)


@njit(cache=True, nogil=True)
def rank(salt: int, row: int) -> int:
    """A pseudo-random 63-bit number of an order: splitmix64 of salt and order number, without its lowest bit."""
    z = np.uint64(salt) + np.uint64(row + 1) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int((z ^ (z >> np.uint64(31))) >> np.uint64(1))


@njit(cache=True, nogil=True)
def _sorted_queue(orders: Array, head: int, salt: int) -> tuple[int, int]:
    """Sort a linked queue by rank, merging runs of 1, 2, 4, … in place; the new first and last order."""
    width = 1
    while True:
        left, head, tail, runs = head, NONE, NONE, 0
        while left != NONE:
            runs += 1
            right, lefts = left, 0
            while lefts < width and right != NONE:
                lefts += 1
                right = orders[right].next
            rights = width
            while lefts > 0 or (rights > 0 and right != NONE):
                if lefts > 0 and (rights == 0 or right == NONE or rank(salt, left) <= rank(salt, right)):
                    row, left, lefts = left, orders[left].next, lefts - 1
                else:
                    row, right, rights = right, orders[right].next, rights - 1
                if tail == NONE:
                    head = row
                else:
                    orders[tail].next = row
                orders[row].previous = tail
                tail = row
            left = right
        orders[tail].next = NONE
        if runs <= 1:
            return head, tail
        width *= 2
