"""Charts as data: what the browser draws, and the same numbers for the table beside it.

Prices leave here as numbers of the currency (a chart's axis needs no exact tenth of a cent); tables stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.core.money import SCALE

__all__ = ["candles", "columns_by_time"]


def candles(rows: Sequence[dict[str, Any]], currency: str) -> dict[str, Any]:
    """Candles and volumes of bars in order of date.

    >>> bar = {"date": "2026-11-20", "open": 10000, "high": 20000, "low": 10000, "close": 15000, "volume": 7}
    >>> candles([bar], "TWD")["bars"]
    [{'time': '2026-11-20', 'open': 1.0, 'high': 2.0, 'low': 1.0, 'close': 1.5}]
    """
    bars = [
        {"time": str(row["date"])[:10]}
        | {name: row[name] / SCALE for name in ("open", "high", "low", "close")}
        for row in rows
        if all(row.get(name) is not None for name in ("open", "high", "low", "close"))
    ]
    volumes = [{"time": str(row["date"])[:10], "value": row.get("volume") or 0} for row in rows]
    return {"kind": "candles", "unit": currency, "bars": bars, "volumes": volumes}


def columns_by_time(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Counts over the day, one series a name; `at` of a row is UTC nanoseconds."""
    series = {name: [{"time": row["at"] // 10**9, "value": row[name]} for row in rows] for name in names}
    return {"kind": "columns", "series": series}
