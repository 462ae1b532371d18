"""The day's trades, best quotes and book snapshots as rows of the lake's tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.core.schema import date_number
from tallystick.simulation.phases import TradingPhase
from tallystick.simulation.ticks import Depths, Quotes, Trades

__all__ = ["DEPTH", "QUOTES", "TRADES", "depth_rows", "most_active", "quote_rows", "trade_rows"]

Array = np.ndarray[Any, np.dtype[Any]]

TRADES, QUOTES, DEPTH = "history.trades", "history.quotes", "history.depth"
MOST_TICKED = 50
"""Ticks are kept of so many instruments, those that trade most."""
SIDES = (None, "buy", "sell")


def most_active(activity: Array) -> Array:
    """The rows of the instruments whose ticks are kept."""
    return np.sort(np.argsort(-activity, kind="stable")[:MOST_TICKED])


def trade_rows(
    trades: Trades,
    names: pa.Array,
    codes: Array,
    date: datetime.date,
    phases: Sequence[TradingPhase],
    words: Mapping[str, str],
) -> pa.Table:
    """Rows of `history.trades`; `words` are the names that phases have there where they differ."""
    phase_names = pa.array([words.get(phase.name, phase.name) for phase in phases], pa.string())
    return pa.table({
        **_common(trades.rows, trades.times, names, codes, date),
        "price": pa.array(trades.prices),
        "quantity": pa.array(trades.quantities),
        "side": pa.array(SIDES, pa.string()).take(pa.array(trades.sides)),
        "phase": phase_names.take(pa.array(trades.phases)),
    })  # fmt: skip


def quote_rows(quotes: Quotes, names: pa.Array, codes: Array, date: datetime.date) -> pa.Table:
    """Rows of `history.quotes`; a side without orders is empty."""
    columns = _common(quotes.rows, quotes.times, names, codes, date)
    for place, side in enumerate(("bid", "ask")):
        for name, field in ((side, quotes.prices), (f"{side}_size", quotes.quantities)):
            values = np.ascontiguousarray(field[:, place])
            columns[name] = pa.array(values, mask=quotes.prices[:, place] == 0)
    return pa.table(columns)


def depth_rows(depths: Depths, names: pa.Array, codes: Array, date: datetime.date) -> pa.Table:
    """Rows of `history.depth`; a level without orders is empty."""
    columns = _common(depths.rows, depths.times, names, codes, date)
    for place, side in enumerate(("bid", "ask")):
        for level in range(depths.prices.shape[2]):
            for name, field in ((side, depths.prices), (f"{side}_size", depths.quantities)):
                values = np.ascontiguousarray(field[:, place, level])
                columns[f"{name}_{level + 1}"] = pa.array(values, mask=depths.prices[:, place, level] == 0)
    return pa.table(columns)


def _common(
    rows: Array, times: Array, names: pa.Array, codes: Array, date: datetime.date
) -> dict[str, pa.Array]:
    """The columns that all three share; `seq` counts through an instrument's day."""
    order = np.argsort(rows, kind="stable")
    counted = np.empty(len(rows), np.int64)
    first = np.searchsorted(rows[order], rows[order])
    counted[order] = np.arange(len(rows)) - first + 1
    instruments = codes[rows].astype(np.int32)
    return {
        "symbol": names.take(pa.array(instruments)),
        "instrument": pa.array(instruments),
        "date": pa.array(np.full(len(rows), date_number(date), np.int32)).cast(pa.date32()),
        "ts": pa.array(times),
        "seq": pa.array(counted),
    }
