"""The past brought into the lake: a year of the made-up instruments, and the real shares' own closes."""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tallystick.core.time import market_time
from tallystick.history import append_bars
from tallystick.history.events import DatasetLoaded
from tallystick.simulation.genesis.listing import REAL_VENUES
from tallystick.simulation.genesis.past import Past
from tallystick.simulation.returns import RealPrices

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.market import Calendar

__all__ = ["bring_bars", "close_moment", "past_bars", "real_bars"]

DAILY = "history.bars_daily"


def past_bars(past: Past, symbols: list[str], calendar: Calendar) -> pa.Table:
    """The made-up instruments' bars as rows of `history.bars_daily`, known when each session had closed."""
    sessions, count = len(past.sessions), len(symbols)
    days = np.repeat(np.array(past.sessions, "datetime64[D]").astype(np.int32), count)
    moments = np.repeat(
        np.array([close_moment(calendar, session) for session in past.sessions], np.int64), count
    )
    return pa.table(
        {
            "symbol": pa.array(symbols * sessions),
            "instrument": pa.array(np.tile(past.codes.astype(np.int32), sessions)),
            "date": pa.array(days).cast(pa.date32()),
            **{name: pa.array(getattr(past.bars, name).reshape(-1)) for name in past.bars._fields},
            "event_time": pa.array(moments),
        }
    )


def real_bars(prices: RealPrices, codes: dict[str, int]) -> pa.Table:
    """The real shares' closes as bars of one price: the data set has closes only, so that volume is not known."""
    symbols = [f"{symbol}.{REAL_VENUES.get(symbol, 'XNYS')}" for symbol in prices.symbols]
    days, count = len(prices.dates), len(symbols)
    closes = pa.array(prices.closes.reshape(-1))
    return pa.table(
        {
            "symbol": pa.array(symbols * days),
            "instrument": pa.array(np.tile(np.array([codes[symbol] for symbol in symbols], np.int32), days)),
            "date": pa.array(np.repeat(prices.dates, count)).cast(pa.date32()),
            "open": closes,
            "high": closes,
            "low": closes,
            "close": closes,
        }
    )


def bring_bars(
    context: Context, rows: pa.Table, source: str, *, dataset: str = DAILY, known_time: int | None = None
) -> DatasetLoaded:
    """Append bars to the lake once, and give the fact to be journaled about it; its id is that of the content."""
    digest = _digest(rows)
    token = f"{source} {digest.hex()}"
    append_bars(context, rows, dataset=dataset, source=source, known_time=known_time, token=token)
    return DatasetLoaded(
        command_id=f"{dataset} {token}", dataset=dataset, source=source, sha256=digest, rows=rows.num_rows,
        quarantined=0, known_time=known_time or 0,
    )  # fmt: skip


def close_moment(calendar: Calendar, session: datetime.date) -> int:
    """When the closing call of a session had ended, UTC ns."""
    closes = next(phase.closes for phase in calendar.phases(session) if phase.name == "closing_call")
    return market_time(session, closes, calendar.zone)


def _digest(rows: Any) -> bytes:
    """SHA-256 of the rows' columns in order."""
    whole = hashlib.sha256()
    for name in rows.column_names:
        whole.update(name.encode() + b"\0")
        for chunk in rows.column(name).chunks:
            for buffer in chunk.buffers():
                whole.update(b"" if buffer is None else memoryview(buffer))
    return whole.digest()
