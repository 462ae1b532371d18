"""Charts as data: what the browser draws, and the same numbers for the table beside it.

Prices leave here as numbers of the currency (a chart's axis needs no exact tenth of a cent); tables stay exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tallystick.core.money import SCALE

__all__ = ["candles", "columns_by_time", "marks", "only_closes", "without_unknown"]


def candles(rows: Sequence[dict[str, Any]], currency: str, *, intraday: bool = False) -> dict[str, Any]:
    """Candles and volumes of bars in order of time; a line of closes where that is all that is known.

    >>> bar = {"date": "2026-11-20", "open": 10000, "high": 20000, "low": 10000, "close": 15000, "volume": 7}
    >>> candles([bar], "TWD")["bars"], candles([bar], "TWD")["line"]
    ([{'time': '2026-11-20', 'open': 1.0, 'high': 2.0, 'low': 1.0, 'close': 1.5}], False)
    """
    whole = [
        row for row in rows if all(row.get(name) is not None for name in ("open", "high", "low", "close"))
    ]
    drawn = _one_a_place(whole) if intraday else whole
    bars = [
        {"time": _place(row, intraday)}
        | {name: row[name] / SCALE for name in ("open", "high", "low", "close")}
        for row in drawn
    ]
    volumes = [
        {"time": _place(row, intraday), "value": row["volume"]}
        for row in drawn
        if row.get("volume") is not None
    ]
    line = only_closes(rows)
    return {
        "kind": "candles",
        "unit": currency,
        "bars": bars,
        "volumes": volumes,
        "line": line,
        "intraday": intraday,
    }


def _one_a_place(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bars that begin at the same time (an auction's print and the minute after it) as one."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        before = found.get(row["ts_start"])
        if before is None:
            found[row["ts_start"]] = row
        else:
            found[row["ts_start"]] = before | {
                "high": max(before["high"], row["high"]),
                "low": min(before["low"], row["low"]),
                "close": row["close"],
                "volume": (before.get("volume") or 0) + (row.get("volume") or 0),
            }
    return [found[start] for start in sorted(found)]


def _place(row: dict[str, Any], intraday: bool) -> int | str:
    """Where a bar stands on the axis: a date, or whole seconds since 1970 UTC."""
    return int(row["ts_start"]) // 10**9 if intraday else str(row["date"])[:10]


def marks(
    rows: Sequence[dict[str, Any]], actions: Sequence[dict[str, Any]], word: Callable[[str], str]
) -> list[dict[str, str]]:
    """Corporate actions on the bars that they act on: each at the first bar from its ex-date on, in words.

    >>> bars = [{"date": "2026-06-26"}, {"date": "2026-06-29"}]
    >>> marks(bars, [{"ex_date": "2026-06-27", "kind": "cash"}, {"ex_date": "2025-01-01", "kind": "cash"}], str)
    [{'time': '2026-06-29', 'text': 'cash'}]
    """
    dates = [str(row["date"])[:10] for row in rows]
    found: dict[str, list[str]] = {}
    for action in actions:
        ex_date = str(action["ex_date"])[:10]
        if dates and dates[0] <= ex_date <= dates[-1]:
            found.setdefault(next(date for date in dates if date >= ex_date), []).append(word(action["kind"]))
    return [{"time": date, "text": " · ".join(found[date])} for date in sorted(found)]


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
