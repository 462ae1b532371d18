"""Figures by date: of companies' accounts, of futures at settlement, of interest rates."""

from __future__ import annotations

from tallystick.core.schema import BusinessDate, Int32, Money, Price, Quantity, Text
from tallystick.history.datasets.dataset import Dataset, Ratio, SourcedRecord, market_table

__all__ = ["FUNDAMENTALS", "FUTURES_SETTLEMENT", "RATES", "Fundamental", "FuturesSettlement", "InterestRate"]


class Fundamental(SourcedRecord, frozen=True, kw_only=True):
    """One figure of a company's accounts for the period that ends on `period_end`, in 1e-4 of its unit.

    `item` names the figure (`revenue`, `net_income`, `eps`), `period` its length (`month`, `quarter`, `year`,
    `point`). `event_time` is the end of the period; `known_time` when the firm could know it.
    """

    symbol: Text
    instrument: Int32
    item: Text
    period_end: BusinessDate
    period: Text
    value: Money
    currency: Text | None = None
    announced: BusinessDate | None = None


class FuturesSettlement(SourcedRecord, frozen=True, kw_only=True):
    """A contract's settlement price and open interest of a date."""

    symbol: Text
    instrument: Int32
    date: BusinessDate
    settlement: Price
    open_interest: Quantity | None = None
    volume: Quantity | None = None
    underlying: Text | None = None
    expiry: Text | None = None


class InterestRate(SourcedRecord, frozen=True, kw_only=True):
    """A yearly rate of a curve and tenor on a date, as a fraction: 1.5% is 0.015, kept as 1,500,000 of 1e-8."""

    curve: Text
    tenor: Text
    date: BusinessDate
    rate: Ratio
    currency: Text | None = None


FUNDAMENTALS = Dataset(
    spec=market_table(
        "fundamentals",
        Fundamental,
        "Fundamentals",
        key=("symbol", "item", "period_end", "period"),
        sort=("symbol", "item", "period_end"),
        by="period_end",
        rhythm="year",
    ),
    required=("symbol", "item", "period_end", "value"),
    optional=("period", "currency", "announced", "event_time"),
    checks=("not_future", "announced", "duplicate_key"),
    defaults={"period": "quarter"},
    true_from="event_time",
)

FUTURES_SETTLEMENT = Dataset(
    spec=market_table(
        "futures_settlement", FuturesSettlement, "Futures settlement", key=("symbol", "date"), rhythm="year"
    ),
    required=("symbol", "date", "settlement"),
    optional=("open_interest", "volume", "underlying", "expiry", "event_time"),
    checks=("not_negative", "not_future", "session", "duplicate_key", "cross_source"),
    traded=("settlement",),
    true_from="event_time",
)

RATES = Dataset(
    spec=market_table("rates", InterestRate, "Interest rates", key=("curve", "tenor", "date"), rhythm="year"),
    required=("curve", "date", "rate"),
    optional=("tenor", "currency", "event_time"),
    checks=("not_future", "duplicate_key"),
    defaults={"tenor": "spot"},
    true_from="event_time",
)
