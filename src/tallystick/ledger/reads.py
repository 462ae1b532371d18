"""What others read of the books: copies in plain arrays, never the books themselves.

Dates are numbers (`date_number`), amounts 1e-4 of the currency, quantities units. Instrument -1 is cash.
"""

from __future__ import annotations

import datetime

import msgspec
import numpy as np

from tallystick.core.schema import number_date
from tallystick.ledger.books import Books
from tallystick.ledger.columns import Array
from tallystick.ledger.events import AccountKind
from tallystick.ledger.grouping import Groups
from tallystick.ledger.holdings import account_of, instrument_of
from tallystick.ledger.obligations import SettlementDay
from tallystick.ledger.register import TRADING_KINDS
from tallystick.ledger.states import CASH, OPEN_STATES, Obligation
from tallystick.ledger.trades import TRADE_COLUMNS

__all__ = [
    "ACCOUNT",
    "FEE",
    "LOT",
    "OBLIGATION",
    "PARTY",
    "POSITION",
    "SELLABLE",
    "SETTLEMENT",
    "TRADE",
    "AccountView",
    "CashView",
    "DueCash",
    "account",
    "accounts",
    "cash",
    "fees",
    "gate_cash",
    "gate_holdings",
    "late_accounts",
    "lots",
    "obligations",
    "parties",
    "positions",
    "settlement_report",
    "trades",
]  # fmt: skip

ACCOUNT = np.dtype([
    ("account", "<i4"), ("party", "<i4"), ("branch", "<i2"), ("kind", "i1"), ("opened_on", "<i4"), ("number", "S12"),
    ("reference", "S24"), ("posted", "<i8"),
])  # fmt: skip
POSITION = np.dtype([
    ("account", "<i4"), ("instrument", "<i4"), ("posted", "<i8"), ("due_in", "<i8"), ("due_out", "<i8"),
    ("bought_today", "<i8"), ("sold_today", "<i8"), ("retained", "<i8"), ("kept", "<i8"), ("sellable", "<i8"),
    ("cost", "<i8"),
])  # fmt: skip
OBLIGATION = np.dtype([
    ("tier", "i1"), ("account", "<i4"), ("instrument", "<i4"), ("amount", "<i8"), ("counter", "<i4"), ("state", "i1"),
])  # fmt: skip
TRADE = np.dtype([(name, code) for name, code in TRADE_COLUMNS.items() if name != "content"])
FEE = np.dtype([
    ("order_id", "<i8"), ("account", "<i4"), ("instrument", "<i4"), ("side", "i1"), ("fills", "<i8"),
    ("quantity", "<i8"), ("day_traded", "<i8"), ("value", "<i8"), ("fee", "<i8"), ("tax", "<i8"),
])  # fmt: skip
SETTLEMENT = np.dtype([
    ("instrument", "<i4"), ("due_in", "<i8"), ("due_out", "<i8"), ("firm_net", "<i8"), ("firm_state", "i1"),
    ("delivered", "<i8"), ("delivered_late", "<i8"), ("late", "<i8"), ("covered", "<i8"), ("paid_out", "<i8"),
    ("retained", "<i8"), ("waiting", "<i8"),
])  # fmt: skip
PARTY = np.dtype([("party", "<i4"), ("kind", "i1"), ("reference", "S24")])
LOT = np.dtype([
    ("account", "<i4"), ("instrument", "<i4"), ("acquired_on", "<i4"), ("quantity", "<i8"), ("cost", "<i8"),
])  # fmt: skip
SELLABLE = np.dtype([("account", "<i4"), ("instrument", "<i4"), ("sellable", "<i8")])

CLIENTS, FIRM = 1, 2
"""Tiers of obligations: clients with the firm, the firm with the clearing house."""


class AccountView(msgspec.Struct, frozen=True):
    """One account. `reference` is the party's keyed reference to the vault."""

    account: int
    party: int
    branch: int
    kind: AccountKind
    opened_on: datetime.date
    number: str
    reference: str


class DueCash(msgspec.Struct, frozen=True):
    """What one settlement date brings (+) or takes (−) in 1e-4, and how far that is."""

    date: datetime.date
    amount: int
    state: Obligation


class CashView(msgspec.Struct, frozen=True):
    """One account's cash in 1e-4: there, to come and owed on unsettled dates (above zero both), kept back from it,
    free to leave, and the net of each settlement date that is open.
    """

    posted: int
    due_in: int
    due_out: int
    retained: int
    bought_today: int
    sold_today: int
    free: int
    dates: list[DueCash]


def account(books: Books, code: int) -> AccountView:
    """One account by code. IndexError if it is not open."""
    row = {name: books.register.accounts[name][_open(books, code)] for name in books.register.accounts.names}
    return AccountView(
        account=code, party=int(row["party"]), branch=int(row["branch"]), kind=AccountKind(int(row["kind"])),
        opened_on=number_date(row["opened_on"]), number=row["number"].decode(),
        reference=books.register.parties["reference"][row["party"]].decode(),
    )  # fmt: skip


def accounts(books: Books) -> Array:
    """All accounts in order of code."""
    found = np.zeros(books.account_count, dtype=ACCOUNT)
    found["account"] = np.arange(books.account_count)
    for name in books.register.accounts.names:
        found[name] = books.register.accounts[name]
    found["reference"] = books.register.parties["reference"][found["party"]] if len(found) else b""
    found["posted"] = books.cash("posted")
    return found


def parties(books: Books) -> Array:
    """All parties in order of number."""
    found = np.zeros(len(books.register.parties), dtype=PARTY)
    found["party"] = np.arange(len(found))
    for name in ("kind", "reference"):
        found[name] = books.register.parties[name]
    return found


def lots(books: Books) -> Array:
    """All lots in order of account and instrument, oldest first."""
    saved = books.lots.save()
    found = np.zeros(len(saved["key"]), dtype=LOT)
    found["account"], found["instrument"] = account_of(saved["key"]), instrument_of(saved["key"])
    found["acquired_on"] = saved["acquired"]
    for name in ("quantity", "cost"):
        found[name] = saved[name]
    return found


def cash(books: Books, code: int) -> CashView:
    """One account's cash. IndexError if it is not open."""
    _open(books, code)
    dates = []
    for number in sorted(books.days):
        day = books.days[number]
        place = day.cash_row(code)
        if place >= 0 and day.rows["state"][place] in OPEN_STATES:
            state = Obligation(int(day.rows["state"][place]))
            dates.append(DueCash(number_date(number), int(day.rows["amount"][place]), state))
    return CashView(
        posted=int(books.cash("posted")[code]), free=books.free_cash(code), dates=dates,
        due_in=sum(max(0, due.amount) for due in dates), due_out=sum(max(0, -due.amount) for due in dates),
        retained=sum(due.amount for due in dates if due.state == Obligation.RETAINED),
        bought_today=int(books.cash("bought_today")[code]), sold_today=int(books.cash("sold_today")[code]),
    )  # fmt: skip


def positions(books: Books, code: int | None = None) -> Array:
    """Securities of one or all accounts, in order of account and instrument, with the cost of their lots."""
    rows = books.holdings.used()
    keys = books.holdings.keys[rows]
    if code is not None:
        rows, keys = rows[account_of(keys) == code], keys[account_of(keys) == code]
    found = np.zeros(len(rows), dtype=POSITION)
    found["account"], found["instrument"] = account_of(keys), instrument_of(keys)
    names = {
        "posted": "posted",
        "due_in": "incoming",
        "due_out": "held_out",
        "retained": "retained",
        "kept": "kept",
    }
    for name, column in (names | {"bought_today": "bought_today", "sold_today": "sold_today"}).items():
        found[name] = books.holdings[column][rows]
    found["sellable"] = _sellable(books, rows)
    found["cost"] = books.lots.costs()[rows]
    return found


def _sellable(books: Books, rows: Array) -> Array:
    """What is there or to come, less what is owed and what waits for a late account, without today's trades."""
    sellable = np.zeros(len(rows), dtype=np.int64)
    for name in ("posted", "incoming", "sold_today"):
        sellable += books.holdings[name][rows]
    for name in ("kept", "held_out", "bought_today", "retained"):
        sellable -= books.holdings[name][rows]
    return sellable


def obligations(books: Books, settlement_date: int) -> Array:
    """Obligations of a settlement date, clients' tier then the firm's; empty when nothing settles on it."""
    day = books.days.get(settlement_date)
    if day is None:
        return np.zeros(0, dtype=OBLIGATION)
    clients, firm = np.zeros(len(day.rows), dtype=OBLIGATION), np.zeros(len(day.firm), dtype=OBLIGATION)
    clients["tier"], firm["tier"] = CLIENTS, FIRM
    for name in ("account", "instrument", "amount", "counter", "state"):
        clients[name] = day.rows[name]
    for name in ("instrument", "amount", "state"):
        firm[name] = day.firm[name]
    firm["account"] = day.clearing
    is_cash = firm["instrument"] == CASH
    firm["counter"] = np.where(is_cash, books.role("bank"), books.role("depository"))
    return np.concatenate([clients, firm])


def late_accounts(books: Books) -> list[int]:
    """Accounts with an obligation past its deadline and not made good, in order."""
    late = [day.rows["account"][day.is_late] for day in books.days.values()]
    found: list[int] = np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *late])).tolist()
    return found


def trades(books: Books, trade_date: int | None = None) -> Array:
    """Trades of one or all trade dates in journal order; those settled long since are gone."""
    dates = books.trades["trade_date"]
    mine = np.arange(len(dates)) if trade_date is None else np.flatnonzero(dates == trade_date)
    found = np.zeros(len(mine), dtype=TRADE)
    for name in TRADE.names or ():
        found[name] = books.trades[name][mine]
    return found


def fees(books: Books, trade_date: int) -> Array:
    """Commission and tax by order, in the order of each one's first fill. Zero until the trade date is closed."""
    rows = trades(books, trade_date)
    orders = Groups(rows["account"], rows["order_id"], rows["instrument"], rows["side"])
    fill_of_order = orders.running(np.ones(len(rows), dtype=np.int64))
    found = np.zeros(len(rows), dtype=FEE)
    for name in ("order_id", "account", "instrument", "side"):
        found[name] = rows[name]
    for name in ("quantity", "day_traded", "value", "fee", "tax"):
        found[name] = orders.totals(np.ascontiguousarray(rows[name]))
    found["fills"] = orders.totals(np.ones(len(rows), dtype=np.int64))
    first_fills: Array = found[fill_of_order == 1]
    return first_fills


def settlement_report(books: Books, settlement_date: int) -> Array:
    """What was due, delivered, late, stood in for, paid out, kept back and waits on a settlement date, by instrument
    and cash (first). Empty when nothing settles on it.
    """
    day = books.days.get(settlement_date)
    if day is None:
        return np.zeros(0, dtype=SETTLEMENT)
    instruments = np.unique(np.concatenate([day.rows["instrument"], day.firm["instrument"]]))
    report = np.zeros(len(instruments), dtype=SETTLEMENT)
    report["instrument"] = instruments
    firm = np.searchsorted(instruments, day.firm["instrument"])
    report["firm_net"][firm], report["firm_state"][firm] = day.firm["amount"], day.firm["state"]
    for name, mine in _parts(day).items():
        rows = day.rows[mine]
        np.add.at(report[name], np.searchsorted(instruments, rows["instrument"]), np.abs(rows["amount"]))
    return report


def _parts(day: SettlementDay) -> dict[str, Array]:
    """The rows that each column of the report sums."""
    state, gets = day.rows["state"], day.rows["amount"] > 0
    return {
        "due_in": gets,
        "due_out": ~gets,
        "delivered": ~gets & (state == Obligation.SETTLED),
        "delivered_late": ~gets & (state == Obligation.SETTLED_LATE),
        "late": day.is_late,
        "covered": day.is_late & ~day.is_uncovered,
        "paid_out": gets & np.isin(state, (Obligation.SETTLED, Obligation.SETTLED_LATE)),
        "retained": state == Obligation.RETAINED,
        "waiting": state == Obligation.DUE,
    }


def gate_holdings(books: Books) -> Array:
    """What each trading account may sell: there or to come, less what it owes and what waits for a late account.

    Shares bought on closed trade dates count although they are not there yet (they come before a sale of today is
    delivered). Today's trades are left out: the gate counts them itself, as it does the day-trade permission.
    """
    holdings, rows = books.holdings, books.holdings.used()
    keys = holdings.keys[rows]
    found = np.zeros(len(rows), dtype=SELLABLE)
    found["account"], found["instrument"] = account_of(keys), instrument_of(keys)
    found["sellable"] = _sellable(books, rows)
    return found[books.register.trades(found["account"])] if len(found) else found


def gate_cash(books: Books) -> Array:
    """What each trading account may buy for, by account code: cash there, with what every closed trade date still
    brings or takes; nothing that is kept back from it. Today's trades are left out, the house's accounts are 0.
    """
    if not books.account_count:
        return np.zeros(0, dtype=np.int64)
    available = books.cash("posted") - books.cash("kept")
    for day in books.days.values():
        open_rows = np.isin(day.rows["state"], (Obligation.DUE, Obligation.LATE, Obligation.DEFAULTED))
        rows = day.rows[open_rows & (day.rows["instrument"] == CASH)]
        np.add.at(available, rows["account"], rows["amount"])
    return np.where(np.isin(books.register.accounts["kind"], TRADING_KINDS), available, 0)


def _open(books: Books, code: int) -> int:
    if not 0 <= code < books.account_count:
        raise IndexError(f"account {code} is not open")
    return code
