"""What rows need beyond what a source gives: symbols with their venue, ends, dates, sequence, and the house's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tallystick.history.loading.clock import local_days, local_times
from tallystick.history.loading.reading import Wanted
from tallystick.history.loading.rows import Rows, Typed, recoded

__all__ = ["TradeDate", "complete"]

VENUE = re.compile(r"\.([A-Z]{4}|TW|TWO|SH|SS|SZ|BJ|HK)$")
"""A venue as the house names it, or as vendors do: no suffix is put behind it."""

SIX_DIGITS = re.compile(r"[0-9]{6}")

Array = np.ndarray[Any, np.dtype[Any]]

TradeDate = Callable[[Array, str, str], Array]
"""Gives the trade dates of local times of a venue whose night session begins at a time of day."""


def complete(wanted: Wanted, rows: Rows, trade_date: TradeDate) -> Rows:
    """The rows with every column that the dataset needs but the house's own."""
    mapping, dataset = wanted.mapping, wanted.dataset
    columns = dict(rows.columns)
    for name, text in mapping.constants.items():
        columns[name] = Typed(np.zeros(rows.height, np.int32), None, [text])
    for name, column in columns.items():
        if column.words is not None:
            columns[name] = _in_our_words(wanted, name, column)
    for name, divisor in mapping.divide.items():
        if name in columns:
            column = columns[name]
            rows.notes.note((column.values % divisor != 0) & ~column.missing, "history.not_divided", name)
            columns[name] = column._replace(values=column.values // divisor)
    if dataset.time == "interval":
        _place_interval(wanted, columns, rows)
    start = {"interval": "ts_start", "instant": "ts"}.get(dataset.time)
    if start and mapping.night:
        local = local_times(columns[start].values, wanted.zone)
        columns["date"] = Typed(trade_date(local, mapping.venue, mapping.night))
    elif start and "date" not in columns:
        columns["date"] = Typed(local_days(columns[start].values, wanted.zone))
    for name, word in dataset.defaults.items():
        columns[name] = _or_default(columns.get(name), word, rows.height)
    counted = "seq" in dataset.columns and "seq" not in columns
    if counted:
        columns["seq"] = Typed(_counted(columns["symbol"].values, columns["ts"].values))
    return rows._replace(columns=columns, counted=counted)


def _in_our_words(wanted: Wanted, name: str, column: Typed) -> Typed:
    mapping = wanted.mapping
    meaning = mapping.values.get(name, {})
    if "" in meaning and column.there is not None:
        column = _or_default(column, meaning[""], len(column.values))
    words = [meaning.get(word, word) for word in column.words or []]
    if name == "symbol" and mapping.venues:
        words = [_with_venue(word, mapping.venues) for word in words]
    if name == "symbol" and mapping.codes:
        words = [_by_code(word, mapping.codes) for word in words]
    if name == "symbol" and mapping.suffix:
        words = [word if _names_venue(word) or not word else word + mapping.suffix for word in words]
    return column if words == column.words else recoded(column, words)


def _names_venue(symbol: str) -> bool:
    """Whether a symbol ends with a venue; a strike with decimals (CDO-202612-267.5-C) is none.

    >>> _names_venue("2330.XTAI"), _names_venue("2330.TW"), _names_venue("CDO-202612-267.5-C")
    (True, True, False)
    """
    return VENUE.search(symbol) is not None


def _with_venue(symbol: str, venues: Mapping[str, str]) -> str:
    """A symbol with the house's name of its venue: 600000.SH, SH600000 and sh.600000 are one."""
    code, dot, venue = symbol.rpartition(".")
    if dot and code.upper() in venues:
        code, venue = venue, code
    elif not dot and symbol[:2].upper() in venues and symbol[2:].isdigit():
        code, venue = symbol[2:], symbol[:2]
    return f"{code}.{venues[venue.upper()]}" if venue.upper() in venues and code else symbol


def _by_code(symbol: str, codes: Mapping[str, str]) -> str:
    """A bare code of six digits with the venue of its first ones; the longest beginning counts.

    >>> _by_code("600000", {"60": "XSHG"}), _by_code("00700", {"00": "XSHE"})
    ('600000.XSHG', '00700')
    """
    begin = max((one for one in codes if symbol.startswith(one)), key=len, default="")
    return f"{symbol}.{codes[begin]}" if begin and SIX_DIGITS.fullmatch(symbol) else symbol


def _place_interval(wanted: Wanted, columns: dict[str, Typed], rows: Rows) -> None:
    """Start and end of each interval, one of them from the length where the source gives one time only."""
    length = wanted.dataset.interval_ns
    if "ts_end" not in columns:
        given = columns["ts_start"]
        if wanted.mapping.label == "end":
            columns["ts_end"], columns["ts_start"] = given, given._replace(values=given.values - length)
        else:
            columns["ts_end"] = given._replace(values=given.values + length)
    wrong = columns["ts_end"].values < columns["ts_start"].values
    known = ~columns["ts_end"].missing & ~columns["ts_start"].missing
    rows.notes.note(wrong & known, "history.ends_before_start", "ts_end")


def _or_default(column: Typed | None, word: str, count: int) -> Typed:
    if column is None:
        return Typed(np.zeros(count, np.int32), None, [word])
    if column.there is None:
        return column
    words = [*(column.words or []), word]
    filled = np.where(column.there, column.values, len(words) - 1).astype(np.int32)
    return recoded(Typed(filled, None, words), words)


def _counted(symbols: Array, times: Array) -> Array:
    """The order of rows with one symbol and instant, as they stand in the file, from 1."""
    order = np.lexsort([times, symbols])
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (symbols[order][1:] == symbols[order][:-1]) & (times[order][1:] == times[order][:-1])
    places = np.arange(len(order))
    first = np.maximum.accumulate(np.where(same, 0, places))
    counted = np.empty(len(order), np.int64)
    counted[order] = places - first + 1
    return counted
