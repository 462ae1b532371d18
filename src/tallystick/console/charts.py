"""Charts as data: what the browser draws, and the same numbers for the table beside it.

Prices leave here as numbers of the currency (a chart's axis needs no exact tenth of a cent); tables stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.core.money import SCALE

__all__ = ["candles", "columns_by_time", "only_closes", "without_unknown"]


def candles(rows: Sequence[dict[str, Any]], currency: str) -> dict[str, Any]:
    """Candles and volumes of bars in order of date; a line of closes where that is all that is known.

    >>> bar = {"date": "2026-11-20", "open": 10000, "high": 20000, "low": 10000, "close": 15000, "volume": 7}
    >>> candles([bar], "TWD")["bars"], candles([bar], "TWD")["line"]
    ([{'time': '2026-11-20', 'open': 1.0, 'high': 2.0, 'low': 1.0, 'close': 1.5}], False)
    """
    bars = [
        {"time": str(row["date"])[:10]}
        | {name: row[name] / SCALE for name in ("open", "high", "low", "close")}
        for row in rows
        if all(row.get(name) is not None for name in ("open", "high", "low", "close"))
    ]
    volumes = [
        {"time": str(row["date"])[:10], "value": row["volume"]}
        for row in rows
        if row.get("volume") is not None
    ]
    line = only_closes(rows)
    return {"kind": "candles", "unit": currency, "bars": bars, "volumes": volumes, "line": line}


def only_closes(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether bars tell nothing but a close a day: the source had no opening, highest and lowest.

    >>> flat = {"open": 5, "high": 5, "low": 5, "close": 5}
    >>> only_closes([flat]), only_closes([flat, flat | {"high": 6}]), only_closes([])
    (True, False, False)
    """
    return bool(rows) and all(row.get("open") == row["high"] == row["low"] == row["close"] for row in rows)


def without_unknown(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bars whose volume and amount are None where no bar has any: then nobody counted them.

    >>> without_unknown([{"volume": 0, "amount": 0}, {"volume": 0, "amount": 3}])
    [{'volume': None, 'amount': 0}, {'volume': None, 'amount': 3}]
    """
    unknown = {name: None for name in ("volume", "amount") if not any(row.get(name) for row in rows)}
    return [{name: unknown.get(name, value) for name, value in row.items()} for row in rows]


def columns_by_time(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Counts over the day, one series a name; `at` of a row is UTC nanoseconds."""
    series = {name: [{"time": row["at"] // 10**9, "value": row[name]} for row in rows] for name in names}
    return {"kind": "columns", "series": series}
