"""Trades and best quotes of some instruments of an exchange's day, as they happened."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tallystick.simulation.layout import Array

__all__ = ["Quotes", "TickRecorder", "Trades"]

NO_SIDE = 0


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


class TickRecorder:
    """Keeps the ticks of the instruments whose rows are named, out of `count` rows (board lots only)."""

    def __init__(self, rows: Array, count: int) -> None:
        self._rows = np.sort(np.asarray(rows, np.int64))
        self._kept = np.zeros(2 * count, bool)
        self._kept[self._rows] = True
        self._trades: list[Trades] = []
        self._quotes: list[Quotes] = []
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
