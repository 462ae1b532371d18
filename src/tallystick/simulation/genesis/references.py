"""Reference prices of the made-up market as rows: what a session's prices are measured from, known before it opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["REFERENCE_PRICES", "reference_rows"]

Array = np.ndarray[Any, np.dtype[Any]]

REFERENCE_PRICES = "history.reference_prices"


def reference_rows(
    symbols: Sequence[str],
    codes: Array,
    dates: Array,
    moments: Array,
    prices: tuple[Array, Array, Array, Array],
) -> pa.Table:
    """Rows of `history.reference_prices` from [sessions, instruments] prices: opening base, close before, limits.

    `dates` are the sessions as numbers, `moments` when each one's prices were known (UTC ns). A limit of 0 is none.
    """
    sessions, count = prices[0].shape
    columns: dict[str, Any] = {
        "symbol": pa.array(list(symbols) * sessions),
        "instrument": pa.array(np.tile(codes.astype(np.int32), sessions)),
        "date": pa.array(np.repeat(dates.astype(np.int32), count)).cast(pa.date32()),
    }
    names = ("reference", "previous_close", "limit_up", "limit_down")
    for name, field in zip(names, prices, strict=True):
        flat = np.ascontiguousarray(field.reshape(-1))
        columns[name] = pa.array(flat, mask=flat == 0)
    times = pa.array(np.repeat(moments.astype(np.int64), count))
    return pa.table({**columns, "event_time": times, "known_time": times})
