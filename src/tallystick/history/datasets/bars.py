"""Bars: the records of daily and minute trading, prices as traded."""

from __future__ import annotations

from tallystick.core.lake import TableSpec
from tallystick.core.schema import BusinessDate, Int32, Int64, Money, Price, Quantity, Record, Text, Timestamp
from tallystick.history.datasets.dataset import MINUTE_NS, Dataset

__all__ = ["DAILY", "MINUTE", "DailyBar", "MinuteBar"]


class DailyBar(Record, frozen=True, kw_only=True):
    """One instrument's trading of one date, prices as traded (not adjusted).

    `instrument` is the house's code, -1 where the symbol was not registered at loading. `event_time` is the end of
    the date (24:00 UTC) unless the source says better. Volume, amount and number of trades may be unknown.
    """

    symbol: Text
    instrument: Int32
    date: BusinessDate
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity | None = None
    amount: Money | None = None
    trade_count: Int64 | None = None
    event_time: Timestamp
    known_time: Timestamp
    source: Text


class MinuteBar(Record, frozen=True, kw_only=True):
    """One instrument's trading from `ts_start` to before `ts_end`; `date` is the trade date, also of night sessions.

    `phase` says which part of the day (`continuous`, `open_auction`, `close_auction`, …): the print of an auction is a
    bar of its own. `event_time` is `ts_end`.
    """

    symbol: Text
    instrument: Int32
    date: BusinessDate
    ts_start: Timestamp
    ts_end: Timestamp
    phase: Text
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity | None = None
    amount: Money | None = None
    trade_count: Int64 | None = None
    event_time: Timestamp
    known_time: Timestamp
    source: Text


DAILY = Dataset(
    TableSpec(
        "history.bars_daily",
        DailyBar,
        ("symbol", "date"),
        ("symbol", "date"),
        ("date", "year"),
        "history",
        "Daily bars",
    ),
    required=("symbol", "date", "open", "high", "low", "close"),
    optional=("volume", "amount", "trade_count", "event_time"),
)

MINUTE = Dataset(
    TableSpec(
        "history.bars_minute",
        MinuteBar,
        ("symbol", "date", "ts_start", "phase"),
        ("symbol", "date", "ts_start"),
        ("date", "day"),
        "history",
        "Minute bars",
    ),
    required=("symbol", "ts_start", "open", "high", "low", "close"),
    optional=("date", "ts_end", "phase", "volume", "amount", "trade_count", "event_time"),
    kind="minute",
    bar_ns=MINUTE_NS,
)
