"""Adjusted prices, computed when they are asked for, from raw closes and corporate actions as known at one time.

The factor of an ex-date is that date's reference price over the previous raw close (`terms`); without a bar since the
ex-date before, over that one's reference price. Anchored at the latest
bar (前復權), a bar's price is multiplied by the factors of all later ex-dates up to the symbol's last bar; anchored at
the start of the series (後復權), it is divided by those of all ex-dates after its first bar up to its own date. Factors
are exact fractions; a price is rounded once, half away from zero, to 1e-4, a volume to whole units.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.history.asking.asof import match_rows
from tallystick.history.asking.kernels import note_last, scale_rows, segment_rows
from tallystick.history.asking.terms import ActionTerms, Step, step_of

__all__ = [
    "Adjust",
    "Anchor",
    "Closes",
    "ExDate",
    "Factors",
    "Scaling",
    "as_dates",
    "ex_dates",
    "factors_of",
    "scaling_of",
]

Adjust = Literal["none", "split", "total"]
Anchor = Literal["latest_bar", "series_start"]
Array = np.ndarray[Any, np.dtype[Any]]
Fraction = tuple[int, int]

UNIT = 10**12
"""One whole of a factor as the kernels take it, in 1e-12."""

FIT = 2**62
FIRST_DATE = -(2**31)


class Closes(NamedTuple):
    """Raw closes: the symbols, and of each row its symbol's number, date (days since 1970-01-01) and close (1e-4)."""

    symbols: Sequence[str]
    codes: Array
    dates: Array
    closes: Array


class ExDate(NamedTuple):
    """A symbol's actions of one ex-date: their kinds, the price before, and what they do.

    `close` is the raw close before, or the reference price (half up) of the ex-date before where no bar lies between;
    None when there is no earlier bar. `reached` says whether a bar has this date or a later one; without both the
    actions change nothing.
    """

    symbol: str
    date: int
    kinds: tuple[str, ...]
    close: int | None
    reached: bool
    step: Step | None

    @property
    def counts(self) -> bool:
        """Whether bars before and from the ex-date on stand on different footings."""
        return self.close is not None and self.reached


class Scaling(NamedTuple):
    """Cumulative factors by segment: exact fractions, and in 1e-12 with what the kernel must know of them."""

    fractions: list[Fraction]
    scaled: Array
    exact: Array
    limits: Array

    def floats(self) -> Array:
        """The factors as the nearest floats, to be shown."""
        return np.array([top / bottom for top, bottom in self.fractions], dtype=np.float64)

    def apply(self, values: Array, segments: Array) -> Array:
        """Values times the factors of their segments, exactly, half away from zero."""
        result = np.empty(values.size, dtype=np.int64)
        doubtful = np.zeros(values.size, dtype=np.bool_)
        scale_rows(values, segments, self.scaled, self.exact, self.limits, result, doubtful)
        for row in np.flatnonzero(doubtful):
            top, bottom = self.fractions[segments[row]]
            value = int(values[row])
            rounded = (2 * abs(value) * top + bottom) // (2 * bottom)
            result[row] = rounded if value >= 0 else -rounded
        return result


class Factors(NamedTuple):
    """What adjusts the rows of some symbols: where each symbol's ex-dates are, and the factors of prices and volumes in
    the segments between them.
    """

    first: Array
    after: Array
    dates: Array
    price: list[Fraction]
    volume: list[Fraction]

    def segments(self, codes: Array, dates: Array) -> Array:
        """The segment of each row, by its symbol's number and date."""
        found = np.empty(codes.size, dtype=np.int64)
        segment_rows(codes, dates, self.first, self.after, self.dates, found)
        return found


def ex_dates(actions: pa.Table, closes: Closes) -> list[ExDate]:
    """The ex-dates of typed corporate actions, by symbol and date, with the closes before them.

    Those between the same two bars follow one another: what one makes of the close is the price before the next.
    """
    actions = actions.sort_by([("symbol", "ascending"), ("ex_date", "ascending"), ("kind", "ascending")])
    symbols = actions["symbol"].to_pylist()
    numbers = {symbol: number for number, symbol in enumerate(closes.symbols)}
    count = len(numbers) + 1
    codes = np.array([numbers.get(symbol, len(numbers)) for symbol in symbols], dtype=np.int32)
    dates = as_dates(actions["ex_date"])
    found = match_rows(
        codes, dates.astype(np.int64) - 1, closes.codes, closes.dates.astype(np.int64), codes=count
    )
    before = closes.closes[found].tolist() if closes.closes.size else [0] * len(symbols)
    last = np.full(count, FIRST_DATE, dtype=np.int32)
    note_last(closes.codes, closes.dates, last)
    reached = (last[codes] >= dates).tolist()
    terms = map(ActionTerms, *(actions[name].to_pylist() for name in ActionTerms._fields))
    rows = zip(symbols, dates.tolist(), found.tolist(), reached, before, terms, strict=True)
    listed: list[ExDate] = []
    place, price = ("", -1), (0, 1)
    for (symbol, date, row, is_reached, close), group in itertools.groupby(
        rows, operator.itemgetter(0, 1, 2, 3, 4)
    ):
        if place != (place := (symbol, row)):
            price = (close, 1)
        together = [one for *_, one in group]
        kinds = tuple([action.kind for action in together])
        if row < 0:
            listed.append(ExDate(symbol, date, kinds, None, is_reached, None))
            continue
        step = step_of(together, *price)
        listed.append(ExDate(symbol, date, kinds, _half_up(*price), is_reached, step))
        price = price if step.mark == "impossible" else step.reference
    return listed


def factors_of(listed: Sequence[ExDate], symbols: Sequence[str], adjust: Adjust, anchor: Anchor) -> Factors:
    """The factors of every segment of every symbol, in the order of `symbols`."""
    by_symbol: dict[str, list[ExDate]] = {}
    for one in listed:
        if one.counts:
            by_symbol.setdefault(one.symbol, []).append(one)
    first, after = np.zeros(len(symbols), dtype=np.int64), np.zeros(len(symbols), dtype=np.int64)
    dates: list[int] = []
    prices: list[Fraction] = []
    volumes: list[Fraction] = []
    for code, symbol in enumerate(symbols):
        steps = [one.step for one in by_symbol.get(symbol, ()) if one.step]
        first[code], after[code] = len(dates), len(dates) + len(steps)
        dates.extend(one.date for one in by_symbol.get(symbol, ()))
        prices.extend(_chained([step.total if adjust == "total" else step.split for step in steps], anchor))
        volumes.extend(_chained([step.shares for step in steps], anchor))
    return Factors(first, after, np.array(dates, dtype=np.int32), prices, volumes)


def scaling_of(fractions: list[Fraction]) -> Scaling:
    """What scales values by exact fractions, by segment."""
    scaled, exact, limits = [], [], []
    for top, bottom in fractions:
        number, rest = divmod(2 * top * UNIT + bottom, 2 * bottom)
        scaled.append(min(number, FIT))
        exact.append(rest == bottom)
        limits.append(0 if number >= FIT else min(FIT // max(number // 10**6, 1), FIT // 10**6))
    return Scaling(
        fractions,
        np.array(scaled, dtype=np.int64),
        np.array(exact, dtype=np.bool_),
        np.array(limits, dtype=np.int64),
    )


def as_dates(column: pa.ChunkedArray) -> Array:
    """A date column as days since 1970-01-01, int32."""
    return np.asarray(column.cast(pa.int32()).to_numpy())


def _half_up(top: int, bottom: int) -> int:
    return (2 * top + bottom) // (2 * bottom)


def _chained(steps: Sequence[Fraction], anchor: Anchor) -> list[Fraction]:
    """The factor of each segment between ex-dates, from the earliest on: one more than there are ex-dates."""
    top, bottom = 1, 1
    chained = [(1, 1)]
    for one, other in steps if anchor == "series_start" else reversed(steps):
        top, bottom = (top * other, bottom * one) if anchor == "series_start" else (top * one, bottom * other)
        chained.append((top, bottom))
    return chained if anchor == "series_start" else chained[::-1]
