"""The finance system's journal: the day's trades as vouchers of each branch, clients one by one, and its settlement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.ledger.events import AccountKind, Side
from tallystick.simulation.files.books import CASH, DayBooks
from tallystick.simulation.files.sheets import Sheet

__all__ = ["finance_files"]

Array = np.ndarray[Any, np.dtype[Any]]

LEDGER_NAMES = {
    "1113": "銀行存款－交割專戶",
    "1141": "應收帳款－受託買賣",
    "1142": "應收交割帳款－結算所",
    "1161": "營業證券－自營",
    "2141": "應付帳款－受託買賣",
    "2142": "應付交割帳款－結算所",
    "2251": "代收款項－證券交易稅",
    "4011": "經紀手續費收入",
}
CLIENTS, FIRM_TIER = 1, 2

Line = tuple[str, int, int, int, int, str]
"""Ledger account, branch, account code (−1 none), debit, credit, text."""


def finance_files(books: DayBooks) -> list[Sheet]:
    """`journal.csv`; the debits and credits of every voucher are equal."""
    vouchers = [*_trade_vouchers(books), *_settlement_vouchers(books)]
    rows = [
        (f"V{number:05d}", line, *fields)
        for number, lines in enumerate(vouchers, 1)
        for line, fields in enumerate(lines, 1)
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(8)]
    accounts = [books.names.numbers[code].as_py() if code >= 0 else "" for code in columns[4]]
    table = pa.table(
        {
            "booking_date": pa.array([books.date] * len(rows), pa.date32()),
            "voucher": pa.array([f"{books.date:%Y%m%d}{number}" for number in columns[0]], pa.string()),
            "line": pa.array(columns[1], pa.int64()),
            "ledger_account": pa.array(columns[2], pa.string()),
            "ledger_name": pa.array([LEDGER_NAMES[number] for number in columns[2]], pa.string()),
            "branch": pa.array(columns[3], pa.int64()),
            "account": pa.array(accounts, pa.string()),
            "debit": pa.array(columns[5], pa.int64()),
            "credit": pa.array(columns[6], pa.int64()),
            "text": pa.array(columns[7], pa.string()),
        }
    )
    return [Sheet("finance", "journal.csv", "finance.journal", {}, table, "voucher")]


def _trade_vouchers(books: DayBooks) -> list[list[Line]]:
    """One voucher a branch and side: clients owe or are owed, the clearing house the other way, fee and tax apart."""
    trades = books.trades
    vouchers = []
    branches, kinds = books.names.branches[trades["account"]], books.names.kinds[trades["account"]]
    own = kinds != AccountKind.CLIENT
    for branch in np.unique(branches).tolist():
        for side in Side:
            mine = trades[(branches == branch) & (trades["side"] == side) & ~own]
            if len(mine):
                vouchers.append(_brokerage(mine, branch, side))
    for side in Side:
        mine = trades[own & (trades["side"] == side)]
        if len(mine):
            value, tax = int(mine["value"].sum()), int(mine["tax"].sum())
            vouchers.append(_own(value, tax, side))
    return vouchers


def _brokerage(trades: Array, branch: int, side: Side) -> list[Line]:
    accounts, places = np.unique(trades["account"], return_inverse=True)
    value, fee, tax = (np.zeros(len(accounts), np.int64) for _ in range(3))
    for sums, name in ((value, "value"), (fee, "fee"), (tax, "tax")):
        np.add.at(sums, places, trades[name])
    gross, fees, taxes = int(value.sum()), int(fee.sum()), int(tax.sum())
    if side == Side.BUY:
        owed = (value + fee + tax).tolist()
        clients: list[Line] = [
            ("1141", branch, account, amount, 0, "買進")
            for account, amount in zip(accounts.tolist(), owed, strict=True)
        ]
        return [*clients, ("2142", branch, -1, 0, gross, "買進"), ("4011", branch, -1, 0, fees, "手續費")]
    due = (value - fee - tax).tolist()
    sellers: list[Line] = [
        ("2141", branch, account, 0, amount, "賣出")
        for account, amount in zip(accounts.tolist(), due, strict=True)
    ]
    return [
        ("1142", branch, -1, gross, 0, "賣出"), *sellers, ("4011", branch, -1, 0, fees, "手續費"),
        ("2251", branch, -1, 0, taxes, "證券交易稅"),
    ]  # fmt: skip


def _own(value: int, tax: int, side: Side) -> list[Line]:
    if side == Side.BUY:
        return [("1161", 0, -1, value, 0, "自營買進"), ("2142", 0, -1, 0, value, "自營買進")]
    return [
        ("1142", 0, -1, value, 0, "自營賣出"), ("1161", 0, -1, 0, value - tax, "自營賣出"),
        ("2251", 0, -1, 0, tax, "證券交易稅"),
    ]  # fmt: skip


def _settlement_vouchers(books: DayBooks) -> list[list[Line]]:
    """What changed at the bank by this day's settlement: clients one by one, and the clearing house."""
    changed = client_settlement(books)
    lines: list[Line] = []
    for account in np.flatnonzero(changed).tolist():
        amount, branch = int(changed[account]), int(books.names.branches[account])
        if amount < 0:
            lines += [
                ("1113", branch, account, -amount, 0, "客戶交割款"),
                ("1141", branch, account, 0, -amount, "客戶交割款"),
            ]
        else:
            lines += [
                ("2141", branch, account, amount, 0, "客戶交割款"),
                ("1113", branch, account, 0, amount, "客戶交割款"),
            ]
    firm = books.settled[(books.settled["tier"] == FIRM_TIER) & (books.settled["instrument"] == CASH)]
    net = int(firm["amount"].sum())
    if net < 0:
        lines += [("2142", 0, -1, -net, 0, "結算所交割"), ("1113", 0, -1, 0, -net, "結算所交割")]
    elif net > 0:
        lines += [("1113", 0, -1, net, 0, "結算所交割"), ("1142", 0, -1, 0, net, "結算所交割")]
    return [lines] if lines else []


def client_settlement(books: DayBooks) -> Array:
    """What the settlement did to each client's cash (by account code): all that movements do not explain."""
    from tallystick.ledger.events import MoveCash

    changed: Array = np.where(
        books.names.kinds == AccountKind.CLIENT, books.cash_after - books.cash_before, 0
    )
    for one in books.moved:
        if one.kind is MoveCash:
            changed[one.command.account] -= one.command.amount
    return changed
