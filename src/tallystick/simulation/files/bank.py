"""The settlement bank's statements: the clients' money as camt.053, entry by entry, and the firm's own as MT940."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import numpy as np

from tallystick.ledger.events import AccountKind, MoveCash
from tallystick.simulation.files.books import DayBooks
from tallystick.simulation.files.finance import client_settlement
from tallystick.wire import CamtEntry, CamtStatement, MT940Balance, MT940Line, MT940Statement

__all__ = ["CLIENT_MONEY", "FIRM_MONEY", "BankDay", "bank_day"]

Array = np.ndarray[Any, np.dtype[Any]]

CLIENT_MONEY, FIRM_MONEY = "980-001-CLIENTS", "980-002-FIRM"
FIRM_TIER = 2


class BankDay(NamedTuple):
    """Both statements of a day, and the account code of each entry of the clients' money."""

    clients: CamtStatement
    firm: MT940Statement
    accounts: list[int]


def bank_day(books: DayBooks, opening: int, opened_on: datetime.date, carried: list[CamtEntry]) -> BankDay:
    """The day at the bank.

    `opening` is the bank's own last balance of the clients' money (it may lag the books by entries `carried` over,
    which the bank books today).
    """
    entries, accounts = _client_entries(books)
    moved = sum(entry.amount for entry in entries)
    carried_sum = sum(entry.amount for entry in carried)
    statement = CamtStatement(
        identity=f"C{books.date:%Y%m%d}", number=books.date.timetuple().tm_yday, account=CLIENT_MONEY, currency="TWD",
        created_at=f"{books.date}T18:00:00+08:00", opening=opening, opening_date=opened_on,
        closing=opening + carried_sum + moved, closing_date=books.date, entries=[*carried, *entries],
    )  # fmt: skip
    return BankDay(statement, _firm_statement(books, opened_on), [-1] * len(carried) + accounts)


def _client_entries(books: DayBooks) -> tuple[list[CamtEntry], list[int]]:
    """Movements that clients ordered, then what each paid or got in the settlement."""
    moves = [one.command for one in books.moved if one.kind is MoveCash]
    kinds = books.names.kinds
    entries = [
        CamtEntry(
            reference=one.bank_reference, amount=one.amount, booked_on=books.date, value_date=books.date,
            end_to_end=_number(books, one.account), information="DEPOSIT" if one.amount > 0 else "WITHDRAWAL",
        )
        for one in moves
        if kinds[one.account] == AccountKind.CLIENT
    ]  # fmt: skip
    accounts = [one.account for one in moves if kinds[one.account] == AccountKind.CLIENT]
    changed = client_settlement(books)
    for place, account in enumerate(np.flatnonzero(changed).tolist()):
        entries.append(
            CamtEntry(
                reference=f"K{books.date:%y%m%d}{place:06d}", amount=int(changed[account]), booked_on=books.date,
                value_date=books.date, end_to_end=_number(books, account), information="SETTLEMENT",
            )
        )  # fmt: skip
        accounts.append(account)
    return entries, accounts


def _firm_statement(books: DayBooks, opened_on: datetime.date) -> MT940Statement:
    """The firm's money: what came from clients and went to them for the settlement, and the clearing house's net."""
    house = (books.names.kinds != AccountKind.CLIENT) & (books.names.kinds != AccountKind.CONTROL)
    opening, closing = int(books.cash_before[house].sum()), int(books.cash_after[house].sum())
    changed = client_settlement(books)
    collected, paid = int(-changed[changed < 0].sum()), int(changed[changed > 0].sum())
    net = closing - opening - collected + paid
    lines = [
        MT940Line(value_date=books.date, amount=amount, kind="NTRF", reference=reference, information=text)
        for amount, reference, text in (
            (collected, "CLIENTS-IN", "SETTLEMENT COLLECTED FROM CLIENTS"),
            (-paid, "CLIENTS-OUT", "SETTLEMENT PAID TO CLIENTS"),
            (net, "CLEARING-NET", "CLEARING HOUSE NET"),
        )
        if amount
    ]
    return MT940Statement(
        reference=f"F{books.date:%Y%m%d}", account=FIRM_MONEY, number=books.date.timetuple().tm_yday, lines=lines,
        opening=MT940Balance(amount=opening, currency="TWD", date=opened_on),
        closing=MT940Balance(amount=closing, currency="TWD", date=books.date),
    )  # fmt: skip


def _number(books: DayBooks, account: int) -> str:
    return str(books.names.numbers[account].as_py())
