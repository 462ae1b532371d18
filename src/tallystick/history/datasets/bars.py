"""Bars: the records of daily and minute trading, prices as traded."""

from __future__ import annotations

from tallystick.core.schema import (
    BusinessDate,
    Int32,
    Int64,
    Money,
    Price,
    Quantity,
    Text,
    Timestamp,
)
from tallystick.history.datasets.dataset import MINUTE_NS, Dataset, SourcedRecord, market_table

__all__ = ["DAILY", "FIVE_MINUTES", "MINUTE", "DailyBar", "MinuteBar"]

CHECKS = (
    "not_negative", "positive", "high_low", "not_future", "session", "tick", "limit", "duplicate_key", "amount",
    "stale", "gap", "cross_source", "totals",
)  # fmt: skip


class DailyBar(SourcedRecord, frozen=True, kw_only=True):
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


class MinuteBar(SourcedRecord, frozen=True, kw_only=True):
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


PRICES = ("open", "high", "low", "close")
FIGURES = ("volume", "amount", "trade_count", "event_time")

DAILY = Dataset(
    spec=market_table("bars_daily", DailyBar, "Daily bars", key=("symbol", "date"), rhythm="year"),
    required=("symbol", "date", *PRICES),
    optional=FIGURES,
    checks=CHECKS,
    traded=PRICES,
    true_from="event_time",
)


def _minutes(name: str, title: str, minutes: int) -> Dataset:
    spec = market_table(
        name,
        MinuteBar,
        title,
        key=("symbol", "date", "ts_start", "phase"),
        sort=("symbol", "date", "ts_start"),
        rhythm="day",
    )
    return Dataset(
        spec=spec,
        required=("symbol", "ts_start", *PRICES),
        optional=("date", "ts_end", "phase", *FIGURES),
        checks=(*CHECKS, "hours"),
        time="interval",
        interval_ns=minutes * MINUTE_NS,
        traded=PRICES,
        defaults={"phase": "continuous"},
    )


MINUTE = _minutes("bars_minute", "Minute bars", 1)
FIVE_MINUTES = _minutes("bars_5_minutes", "Five-minute bars", 5)
