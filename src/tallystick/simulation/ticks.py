"""Trades, best quotes and book snapshots of some instruments of an exchange's day, as they happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tallystick.simulation.layout import Array

__all__ = ["SNAPSHOT_NS", "Depths", "Quotes", "TickRecorder", "Trades"]

NO_SIDE = 0
SNAPSHOT_NS = 60_000_000_000
"""A book is kept so often."""
LEVELS = 5
"""So many prices of each side are kept."""


class Trades(NamedTuple):
    """Matches of board lots in order of happening: time (UTC ns), row of the instrument, price (1e-4), units, side of
    who came (1 buy, 2 sell, 0 in an auction), index of the phase.
    """

    times: Array
    rows: Array
    prices: Array
    quantities: Array
    sides: Array
    phases: Array


class Quotes(NamedTuple):
    """Best bid and ask [quotes, 2] and their units, 0 where there is none, each from a time (UTC ns) on."""

    times: Array
    rows: Array
    prices: Array
    quantities: Array


class Depths(NamedTuple):
    """Books at a time (UTC ns): prices and units [books, 2, levels], bids in row 0, best first; 0 where is none."""

    times: Array
    rows: Array
    prices: Array
    quantities: Array


class TickRecorder:
    """Keeps the ticks of the instruments whose rows are named, out of `count` rows (board lots only)."""

    def __init__(self, rows: Array, count: int) -> None:
        self._rows = np.sort(np.asarray(rows, np.int64))
        self._kept = np.zeros(2 * count, bool)
        self._kept[self._rows] = True
        self._trades: list[Trades] = []
        self._quotes: list[Quotes] = []
        self._depths: list[Depths] = []
        self._snapped = -1
        self._last = np.zeros((len(self._rows), 4), np.int64)

    def record(self, fills: Array, book_phase: Array) -> None:
        """Keep fills (`fill_dtype`); `book_phase` gives the phase index that each book is in."""
        if not len(self._rows) or not len(fills):
            return
        found = fills[self._kept[fills["book"]]]
        sides = np.where(found["auction"] == 1, NO_SIDE, found["taker_side"]).astype(np.int8)
        rows = found["book"].copy()
        self._trades.append(
            Trades(
                found["time"].copy(), rows, found["price"].copy(), found["quantity"].copy(), sides, book_phase[rows]
            )
        )  # fmt: skip

    def look(self, time: int, prices: Array, quantities: Array, trading: Array) -> None:
        """Note the best quotes of a time, [books, 2], where they changed; `trading` says which books trade now."""
        if not len(self._rows):
            return
        now = np.concatenate([prices[self._rows], quantities[self._rows]], axis=1)
        changed = np.flatnonzero((now != self._last).any(axis=1) & trading[self._rows])
        if len(changed):
            self._last[changed] = now[changed]
            times = np.full(len(changed), time, np.int64)
            self._quotes.append(Quotes(times, self._rows[changed], now[changed, :2], now[changed, 2:]))

    def snap(self, time: int, book: Callable[[int, int], tuple[Array, Array]], trading: Array) -> None:
        """Keep each trading book, as `Matcher.depth` gives it, at the first time of each minute."""
        minute = time // SNAPSHOT_NS
        rows = self._rows[trading[self._rows]]
        if minute == self._snapped or not len(rows):
            return
        self._snapped = minute
        books = [book(row, LEVELS) for row in rows.tolist()]
        prices, quantities = (np.stack(sides) for sides in zip(*books, strict=True))
        self._depths.append(Depths(np.full(len(rows), time, np.int64), rows, prices, quantities))

    def trades(self) -> Trades:
        """All trades so far."""
        nothing = np.zeros(0, np.int64)
        parts = [Trades(*(nothing for _ in Trades._fields)), *self._trades]
        return Trades(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))

    def quotes(self) -> Quotes:
        """All quotes so far."""
        nothing, pairs = np.zeros(0, np.int64), np.zeros((0, 2), np.int64)
        parts = [Quotes(nothing, nothing, pairs, pairs), *self._quotes]
        return Quotes(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))

    def depths(self) -> Depths:
        """All books so far."""
        nothing, levels = np.zeros(0, np.int64), np.zeros((0, 2, LEVELS), np.int64)
        parts = [Depths(nothing, nothing, levels, levels), *self._depths]
        return Depths(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))
