"""What the doors of the ledger take and give: requests and replies.

Money is int64 in 1e-4 of the currency, quantities are units; an account is named by its number or the house's code.
"""

from __future__ import annotations

import datetime

from tallystick.core.schema import BusinessDate, Money, Quantity, Record

__all__ = [
    "AccountReply",
    "AccountRequest",
    "AccountsRequest",
    "CashDate",
    "CashReply",
    "FeesRequest",
    "InstrumentSettlement",
    "ObligationsRequest",
    "PositionsRequest",
    "SettlementReply",
    "SettlementRequest",
    "TradesRequest",
]


class AccountsRequest(Record, frozen=True, kw_only=True):
    """Which accounts: by part of the number (`search`), the whole `number`, branch, kind (`client`, `error`, …)."""

    search: str = ""
    number: str = ""
    branch: int | None = None
    kind: str = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


class AccountRequest(Record, frozen=True, kw_only=True):
    """One account, by its number or the house's code."""

    account: str | int


class AccountReply(Record, frozen=True, kw_only=True):
    """One account: who it is of (party and keyed reference), what for, what is there and due."""

    account: int
    number: str
    party: int
    reference: str
    branch: int
    kind: str
    opened_on: BusinessDate
    status: str
    cash_posted: Money
    cash_due_in: Money
    cash_due_out: Money
    available: Money
    holdings: int


class CashDate(Record, frozen=True, kw_only=True):
    """What one settlement date brings (+) or takes (−), and its state."""

    settlement_date: BusinessDate
    amount: Money
    status: str


class CashReply(Record, frozen=True, kw_only=True):
    """An account's cash: there, to come, owed, kept back for lateness, today's trades, free to leave (`available`)."""

    account: int
    account_number: str
    cash_posted: Money
    cash_due_in: Money
    cash_due_out: Money
    cash_retained: Money
    cash_bought_today: Money
    cash_sold_today: Money
    available: Money
    dates: list[CashDate]


class PositionsRequest(Record, frozen=True, kw_only=True):
    """Which positions: of an account (number or code), of an instrument, of accounts of a kind (`client`, …)."""

    account: str | int = ""
    symbol: str = ""
    kind: str = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


class TradesRequest(Record, frozen=True, kw_only=True):
    """Which trades: of a trade date, an account (number or code), an instrument, a side (`buy`, `sell`)."""

    trade_date: datetime.date | None = None
    account: str | int = ""
    symbol: str = ""
    side: str = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


class ObligationsRequest(Record, frozen=True, kw_only=True):
    """Which obligations: of a settlement date, an account (number or code), a tier, a status (`due`, `late`, …)."""

    settlement_date: datetime.date | None = None
    account: str | int = ""
    tier: str = ""
    status: str = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


class FeesRequest(Record, frozen=True, kw_only=True):
    """Whose fees: of a trade date (the last one if none is given), of an account (number or code)."""

    trade_date: datetime.date | None = None
    account: str | int = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


class SettlementRequest(Record, frozen=True, kw_only=True):
    """Which settlement date; the last one that has begun, else the first to come, if none is given."""

    settlement_date: datetime.date | None = None


class InstrumentSettlement(Record, frozen=True, kw_only=True):
    """One instrument on a settlement date, in units: due to and from clients, the firm's net with the clearing house
    (+ receives) and its status, what clients delivered (on time, late), what is late and how much of that the firm's
    accounts stood in for, what was paid out, is kept back, and waits.
    """

    symbol: str
    due_in: Quantity
    due_out: Quantity
    firm_net: Quantity
    firm_status: str
    delivered: Quantity
    delivered_late: Quantity
    late: Quantity
    covered: Quantity
    paid_out: Quantity
    retained: Quantity
    waiting: Quantity


class SettlementReply(Record, frozen=True, kw_only=True):
    """The report of a settlement date: how far it is, cash in the same terms as instruments, then the instruments."""

    settlement_date: BusinessDate
    step: str
    complete: bool
    cash_due_in: Money
    cash_due_out: Money
    cash_firm_net: Money
    cash_firm_status: str
    cash_delivered: Money
    cash_delivered_late: Money
    cash_late: Money
    cash_covered: Money
    cash_paid_out: Money
    cash_retained: Money
    cash_waiting: Money
    instruments: list[InstrumentSettlement]
