"""The matcher's state and its doors: Python outside, kernels inside; memory grows here, by doubling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tallystick.core.errors import TallystickError
from tallystick.market.matching import kernels
from tallystick.market.matching.auction import kernels as auction
from tallystick.market.matching.codes import BookMode, EndReason, Kind, Validity, kind_mask
from tallystick.market.matching.layout import (
    Array,
    Tables,
    book_dtype,
    end_dtype,
    fill_dtype,
    level_dtype,
    order_dtype,
)

__all__ = ["Matched", "Matcher"]

CALL_KINDS = kind_mask((Kind.LIMIT, Validity.ROD), (Kind.MARKET, Validity.ROD))
"""What can wait for an auction: nothing that must be done at once."""


class Matched(NamedTuple):
    """What one call brought, in order of happening. The arrays are the caller's own."""

    outcomes: Array
    """int8, one `Outcome` a message; empty for auctions and expiries."""
    fills: Array
    """`fill_dtype`."""
    ends: Array
    """`end_dtype`."""


class Matcher:
    """Many books at once, each with its price ladder, for one trading day.

    Args:
        ladders: the valid prices of each book, ascending (see `price_ladder`).
        bases: opening base of each book, 1e-4 of the currency; one off the ladder counts as the nearest price on it,
            the higher of two.
        lots: quantity step of each book, units.
        largest: largest quantity of one order of each book, units.

    Books start closed. Orders are known by numbers that the sender gives, each once, best without gaps.

    >>> from tallystick.market.matching import Action, BookMode, Kind, Validity, message_dtype, price_ladder
    >>> ladder = price_ladder(90_0000, 110_0000, [0, 100_0000], [1000, 5000])
    >>> matcher = Matcher([ladder], bases=[100_0000], lots=[1000], largest=[499_000])
    >>> matcher.set_mode([0], BookMode.CONTINUOUS, kinds=kind_mask((Kind.LIMIT, Validity.ROD)))
    >>> messages = np.zeros(2, message_dtype)
    >>> messages["order"], messages["side"], messages["quantity"] = [0, 1], [2, 1], [3000, 1000]
    >>> messages["action"], messages["price"] = Action.NEW, 100_0000
    >>> messages["kind"], messages["validity"] = Kind.LIMIT, Validity.ROD
    >>> matcher.submit(messages).fills[["maker", "taker", "price", "quantity"]].tolist()
    [(0, 1, 1000000, 1000)]
    """

    def __init__(
        self,
        ladders: Sequence[Array],
        bases: Sequence[int] | Array,
        lots: Sequence[int] | Array,
        largest: Sequence[int] | Array,
    ) -> None:
        count = len(ladders)
        assert count == len(bases) == len(lots) == len(largest), (
            "one ladder, base, lot and largest order a book"
        )
        sizes = np.array([len(ladder) for ladder in ladders], np.int64)
        firsts = np.concatenate([[0], np.cumsum(sizes + 2)])
        levels = np.zeros((2, firsts[-1]), level_dtype)
        levels["head"] = levels["tail"] = -1
        books = np.zeros(count, book_dtype)
        for b, ladder in enumerate(ladders):
            if len(ladder) == 0 or (np.diff(ladder) <= 0).any() or ladder[0] <= 0:
                raise TallystickError(
                    "matching.ladder",
                    "The price ladder of book {book} is empty or does not ascend.",
                    "Check limits and tick bands of its instrument.",
                    book=b,
                )
            levels["price"][:, firsts[b] + 1 : firsts[b] + 1 + len(ladder)] = ladder
            books[b]["base"] = _nearest(ladder, int(bases[b])) + 1
        books["lot"], books["largest"], books["first"], books["count"] = lots, largest, firsts[:-1], sizes
        books["best_ask"] = sizes + 1
        self._tables = Tables(
            books,
            levels.reshape(-1),
            np.zeros(0, order_dtype),
            np.zeros(0, fill_dtype),
            np.zeros(0, end_dtype),
            np.zeros(3, np.int64),
        )

    @property
    def books(self) -> Array:
        """The books' rows (`book_dtype`), live and read-only: modes, best levels, last trade."""
        view = self._tables.books.view()
        view.flags.writeable = False
        return view

    @property
    def resting(self) -> int:
        """Orders in all books."""
        return int(self._tables.counts[2])

    def set_mode(
        self, books: Sequence[int] | Array, mode: BookMode, *, kinds: int = 0, cancels: bool = True
    ) -> None:
        """Begin a phase in some books: how they match, which kinds they take (`kind_mask`), whether orders can be
        cancelled. In a call, kinds that must be done at once are never taken. A crossed book must be auctioned first.
        """
        rows = np.asarray(books, np.int64)
        chosen = self._tables.books[rows]
        if mode == BookMode.CONTINUOUS:
            two_sided = (chosen["best_bid"] > 0) & (chosen["best_ask"] <= chosen["count"])
            crossed = two_sided & (chosen["best_bid"] >= chosen["best_ask"])
            assert not crossed.any(), "a crossed book needs its auction first"
        chosen["mode"], chosen["cancels"] = mode, cancels
        chosen["kinds"] = kinds & CALL_KINDS if mode == BookMode.CALL else kinds
        self._tables.books[rows] = chosen

    def submit(self, messages: Array) -> Matched:
        """Handle messages (`message_dtype`) in their order. Refused new orders end as `REFUSED`."""
        highest = int(messages["order"].max(initial=-1))
        self._make_room(len(messages), highest + 1)
        outcomes = np.zeros(len(messages), np.int8)
        kernels.process(*self._tables, messages, outcomes)
        return self._collect(outcomes)

    def auction(self, books: Sequence[int] | Array, time: int) -> Matched:
        """Hold the call auction of some books (TWSE art. 58-3); what is not filled stays in the book."""
        self._make_room(0, 0)
        t = self._tables
        auction.uncross(t.books, t.levels, t.orders, t.fills, t.counts, np.asarray(books, np.int64), time)
        return self._collect(np.zeros(0, np.int8))

    def expire(
        self, books: Sequence[int] | Array, time: int, reason: EndReason = EndReason.EXPIRED
    ) -> Matched:
        """End every order of some books, as at the end of a session."""
        self._make_room(0, 0)
        t = self._tables
        kernels.end_all(
            t.books, t.levels, t.orders, t.ends, t.counts, np.asarray(books, np.int64), time, int(reason)
        )
        return self._collect(np.zeros(0, np.int8))

    def shuffle(self, books: Sequence[int] | Array, salt: int) -> None:
        """Give all orders now in some books a random priority among their price (TWSE art. 58-2: orders entered
        before the opening), decided by `salt` (0 to 2^62) and the order numbers alone.
        """
        t = self._tables
        auction.shuffle(t.books, t.levels, t.orders, np.asarray(books, np.int64), salt)

    def indicative(self, book: int) -> tuple[int, int]:
        """Price and volume at which the call auction would match now; (0, 0) if nothing would."""
        level, volume = auction.clearing(self._tables.books, self._tables.levels, book)
        price = self._tables.levels[self._tables.books[book]["first"] + level]["price"]
        return (int(price), int(volume)) if volume else (0, 0)

    def depth(self, book: int, levels: int = 5) -> tuple[Array, Array]:
        """The best price levels of a book: prices and quantities [2, levels], bids downwards in row 0, asks upwards in
        row 1, zeros where there is none. Resting market orders have no price and are not shown.
        """
        prices, quantities = np.zeros((2, levels), np.int64), np.zeros((2, levels), np.int64)
        kernels.depth(self._tables.books, self._tables.levels, book, prices, quantities)
        return prices, quantities

    def top(self) -> tuple[Array, Array, Array]:
        """Of every book: prices [books, 2] and quantities [books, 2] of the best bid and ask, and last trade prices
        [books]; 0 where there is none.
        """
        count = len(self._tables.books)
        prices, quantities = np.zeros((count, 2), np.int64), np.zeros((count, 2), np.int64)
        lasts = np.zeros(count, np.int64)
        kernels.top_of_books(self._tables.books, self._tables.levels, prices, quantities, lasts)
        return prices, quantities, lasts

    def left(self, orders: Array) -> Array:
        """What is left in the books of the named orders, units; 0 for ended and unseen ones."""
        known = self._tables.orders
        seen = (orders >= 0) & (orders < len(known))
        rows = known[np.where(seen, orders, 0)] if len(known) else np.zeros(len(orders), known.dtype)
        return np.where(seen & (rows["state"] == 1), rows["remaining"], 0)

    def _make_room(self, messages: int, orders: int) -> None:
        """Each fill or end finishes an order, so that no call writes more of them than orders rest and come."""
        t = self._tables
        room = self.resting + messages
        if orders > len(t.orders) or room > min(len(t.fills), len(t.ends)):
            self._tables = t._replace(
                orders=_grown(t.orders, orders), fills=_grown(t.fills, room), ends=_grown(t.ends, room)
            )

    def _collect(self, outcomes: Array) -> Matched:
        t = self._tables
        fills, ends = t.fills[: t.counts[0]].copy(), t.ends[: t.counts[1]].copy()
        t.counts[:2] = 0
        return Matched(outcomes, fills, ends)


def _grown(rows: Array, needed: int) -> Array:
    """The same rows in an array of at least `needed`, at least doubled when it grows."""
    if needed <= len(rows):
        return rows
    grown = np.zeros(max(needed, 2 * len(rows), 1024), rows.dtype)
    grown[: len(rows)] = rows
    return grown


def _nearest(ladder: Array, price: int) -> int:
    """Index of the ladder's price nearest to `price`, the higher of two."""
    right = int(np.searchsorted(ladder, price))
    if right == len(ladder) or (right > 0 and price - ladder[right - 1] < ladder[right] - price):
        return right - 1
    return right
