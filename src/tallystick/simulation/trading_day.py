"""One venue's trading day as exchange and order flow share it: instruments' terms, their price ladders, phases."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tallystick.market import matching
from tallystick.simulation.layout import Array, instrument_dtype
from tallystick.simulation.phases import TradingPhase

__all__ = ["TickTables", "TradingDay", "instrument_rows"]

NORMAL = 0

TickTables = Mapping[int, Sequence[tuple[int, int]]]
"""Tick table number of the day's terms → bands (lower bound, tick), ascending, 1e-4 of the currency."""


class TradingDay(NamedTuple):
    """A venue's day: what trades, in which prices, when."""

    date: datetime.date
    terms: Array
    """Packed `SetDayTerms`, one row an instrument; the row is its place in every array of the simulation."""
    tick_tables: TickTables
    phases: Sequence[TradingPhase]
    """Of board lots and odd lots, by the dated rules."""

    def ladders(self, *, unlimited_multiple: int = 10) -> list[Array]:
        """The valid prices of each instrument, ascending; without limits all from one tick to `unlimited_multiple`
        times the reference price.
        """
        ladders = []
        for row in self.terms:
            bounds, ticks = zip(*self.tick_tables[int(row["tick_table"])], strict=True)
            lower, upper = int(row["limit_down"]), int(row["limit_up"])
            if upper == 0:
                lower, upper = int(ticks[0]), int(row["reference_price"]) * unlimited_multiple
            ladders.append(matching.price_ladder(lower, upper, bounds, ticks))
        return ladders


def instrument_rows(day: TradingDay, ladders: Sequence[Array]) -> Array:
    """The order flow's row of each instrument (`instrument_dtype`), before any trade."""
    terms, tick_tables = day.terms, day.tick_tables
    rows = np.zeros(len(terms), instrument_dtype)
    rows["lot"], rows["code"] = terms["lot"], terms["instrument"]
    rows["count"] = [len(ladder) for ladder in ladders]
    rows["first"] = np.cumsum(rows["count"] + 1) - rows["count"] - 1
    rows["day_only"] = (terms["limit_up"] == 0) | (terms["status"] != NORMAL)
    rows["cash_only"] = terms["status"] != NORMAL
    for row, term in zip(rows, terms, strict=True):
        if term["limit_up"] > 0:
            bounds, ticks = zip(*tick_tables[int(term["tick_table"])], strict=True)
            up, down, step = int(term["limit_up"]), int(term["limit_down"]), 2 * max(ticks)
            row["above"] = matching.price_ladder(up + 1, up + step, bounds, ticks)[0]
            row["below"] = np.append(0, matching.price_ladder(max(1, down - step), down - 1, bounds, ticks))[
                -1
            ]
    bases = [
        np.searchsorted(ladder, price)
        for ladder, price in zip(ladders, terms["reference_price"], strict=True)
    ]
    rows["last"] = np.clip(np.array(bases, np.int64) + 1, 1, rows["count"])
    return rows
