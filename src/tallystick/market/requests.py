"""What the market's doors take and give: requests, replies and the lines of their tables.

Prices are int64 in 1e-4 of the currency, quantities are units.
"""

from __future__ import annotations

import datetime

from tallystick.core.schema import BusinessDate, Price, Quantity, Record
from tallystick.market.instruments import Instrument
from tallystick.market.listing import PagedRequest

__all__ = [
    "CalendarRequest",
    "DayLine",
    "DayTermsRequest",
    "InstrumentReply",
    "InstrumentRequest",
    "InstrumentsRequest",
    "ProposeRulesRequest",
    "RegisterInstrumentRequest",
    "RuleLine",
    "RuleRequest",
    "RulesRequest",
    "TermsLine",
    "VenueLine",
    "VenuesRequest",
]


class InstrumentsRequest(PagedRequest, frozen=True, kw_only=True):
    """Which instruments: `text` is looked for in symbol and names."""

    text: str = ""
    venue: str = ""
    board: str = ""
    product: str = ""


class InstrumentRequest(Record, frozen=True, kw_only=True):
    """One instrument by its symbol, e.g. `2330.XTAI`."""

    symbol: str


class TermsLine(Record, frozen=True, kw_only=True):
    """An instrument's terms of one business date, prices in 1e-4; limits of 0 mean no limit."""

    symbol: str
    name: str
    business_date: BusinessDate
    reference_price: Price
    limit_up: Price
    limit_down: Price
    tick: Price
    lot: Quantity
    order_minimum: Quantity
    status: str


class InstrumentReply(Record, frozen=True, kw_only=True):
    """An instrument and its last terms, None before the first."""

    instrument: Instrument
    terms: TermsLine | None


class VenuesRequest(PagedRequest, frozen=True, kw_only=True):
    """Which venues: of one jurisdiction (TW, CN, US) or all."""

    market: str = ""


class VenueLine(Record, frozen=True, kw_only=True):
    """A venue and the span of days that its calendar knows."""

    venue: str
    name: str
    name_zh: str
    market: str
    zone: str
    currency: str
    calendar: str
    known_from: BusinessDate
    known_to: BusinessDate


class CalendarRequest(PagedRequest, frozen=True, kw_only=True):
    """The days of a venue from `first` to `last`, by default the month of the business date; `kind` filters."""

    venue: str = "XTAI"
    first: datetime.date | None = None
    last: datetime.date | None = None
    kind: str = ""


class DayLine(Record, frozen=True, kw_only=True):
    """One day of a venue: `open`, `settlement_only` or `closed`; by which source when it leaves the weekly pattern."""

    date: BusinessDate
    kind: str
    settles_on: datetime.date | None
    phases: str
    reason: str
    source: str
    status: str


class RuleRequest(PagedRequest, frozen=True, kw_only=True):
    """What holds for an instrument (`symbol`), or for a class of instruments (`venue`, `board`, `product`), on a date
    (by default the business date); `field` narrows it.
    """

    symbol: str = ""
    venue: str = ""
    board: str = "*"
    product: str = "*"
    date: datetime.date | None = None
    field: str = ""
    limit: int = 500


class RulesRequest(PagedRequest, frozen=True, kw_only=True):
    """Which rule rows: those in force on `date`, or with `all_dates` the past and future ones too. `expiring` keeps
    rows that end within 60 days of the date, or have ended, without a successor.
    """

    market: str = ""
    venue: str = ""
    board: str = ""
    product: str = ""
    field: str = ""
    status: str = ""
    date: datetime.date | None = None
    all_dates: bool = False
    expiring: bool = False


class RuleLine(Record, frozen=True, kw_only=True):
    """One rule row for people. `warning` is `expired` or `expiring`, `days_left` the days to its last one."""

    warning: str
    days_left: int | None
    field: str
    label: str
    market: str
    venue: str
    board: str
    product: str
    side: str
    lower_bound: str
    value: str
    unit: str
    valid_from: datetime.date | None
    valid_to: datetime.date | None
    source: str
    source_date: str
    status: str
    note: str


class DayTermsRequest(PagedRequest, frozen=True, kw_only=True):
    """The terms of instruments on a date (by default the business date); `text` is looked for in the symbol."""

    date: datetime.date | None = None
    text: str = ""


class ProposeRulesRequest(Record, frozen=True, kw_only=True):
    """A change of rules: `rows` is CSV text with the columns of docs/reference/rules.md, `reason` says why."""

    rows: str
    reason: str


class RegisterInstrumentRequest(Record, frozen=True, kw_only=True):
    """A new instrument and why: `symbol` is the exchange's code, a dot and the venue, which gives market and currency.

    `product` is a class that the rules of the venue name (stock, etf, …), `underlying` the symbol that it derives from.
    """

    symbol: str
    name: str
    reason: str
    name_zh: str = ""
    isin: str = ""
    board: str = "main"
    product: str = "stock"
    industry: str = ""
    underlying: str = ""
    shares_issued: Quantity = 0
    listed_on: datetime.date | None = None
