"""Who owes what on a settlement date: clients with the firm, the firm with the clearing house, both net.

One row for each (account, instrument) and one of cash for each account: above zero receives, below zero delivers or
pays, all or nothing. Beside them the firm's own rows towards the clearing house, one for each instrument and cash.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tallystick.ledger.columns import Array
from tallystick.ledger.holdings import key_of
from tallystick.ledger.states import CASH, OPEN_STATES, Obligation, Step

__all__ = ["FIRM_ROW", "ROW", "SettlementDay", "load_days", "net", "save_days"]

ROW = np.dtype(
    [("account", "<i4"), ("instrument", "<i4"), ("counter", "<i4"), ("state", "<i4"), ("amount", "<i8")]
)
"""`counter` is the account on the other side: the clearing house, or the firm's account that stood in."""
FIRM_ROW = np.dtype([("instrument", "<i4"), ("state", "<i4"), ("amount", "<i8")])

LATE_STATES = (Obligation.LATE, Obligation.DEFAULTED)


def net(accounts: Array, instruments: Array, amounts: Array) -> tuple[Array, Array, Array]:
    """Sums by (account, instrument), sorted, without those that come to zero."""
    keys = key_of(accounts, instruments.astype(np.int64) + 1)
    order = np.argsort(keys, kind="stable")
    keys, amounts = keys[order], amounts[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    sums = np.add.reduceat(amounts, first) if len(first) else amounts
    first, sums = first[sums != 0], sums[sums != 0]
    rows = order[first]
    return accounts[rows], instruments[rows], sums


class SettlementDay:
    """The obligations of one settlement date and how far its steps are."""

    def __init__(self, date: int, clearing: int) -> None:
        self.date = date
        self.step = Step.WAITING
        self.clearing = clearing
        self.rows: Array = np.zeros(0, dtype=ROW)
        self.firm: Array = np.zeros(0, dtype=FIRM_ROW)

    def add(self, accounts: Array, instruments: Array, amounts: Array) -> None:
        """Net more obligations into the rows, before the day's first step."""
        assert self.step == Step.WAITING, "obligations are fixed once settlement has begun"
        old = self.rows
        parts = [(old["account"], accounts), (old["instrument"], instruments), (old["amount"], amounts)]
        account, instrument, amount = net(*(np.concatenate(pair) for pair in parts))
        self.rows = np.zeros(len(account), dtype=ROW)
        self.rows["account"], self.rows["instrument"], self.rows["amount"] = account, instrument, amount
        self.rows["counter"], self.rows["state"] = self.clearing, Obligation.DUE

    def add_firm(self, instruments: Array, amounts: Array) -> None:
        """Net more of what the firm gets from (+) or gives to (−) the clearing house."""
        instruments = np.concatenate([self.firm["instrument"], instruments])
        amounts = np.concatenate([self.firm["amount"], amounts])
        _, instrument, amount = net(np.zeros_like(instruments), instruments, amounts)
        self.firm = np.zeros(len(instrument), dtype=FIRM_ROW)
        self.firm["instrument"], self.firm["amount"], self.firm["state"] = instrument, amount, Obligation.DUE

    @property
    def is_late(self) -> Array:
        """Mask of rows past their deadline and not made good."""
        late: Array = np.isin(self.rows["state"], LATE_STATES)
        return late

    @property
    def is_uncovered(self) -> Array:
        """Mask of late rows for which no account of the firm stood in."""
        uncovered: Array = self.is_late & (self.rows["counter"] == self.clearing)
        return uncovered

    @property
    def firm_is_behind(self) -> bool:
        """Whether the firm has yet to deliver or pay the clearing house."""
        return bool(((self.firm["amount"] < 0) & np.isin(self.firm["state"], OPEN_STATES)).any())

    @property
    def is_complete(self) -> bool:
        """Whether nothing is open any more."""
        done = (Obligation.SETTLED, Obligation.SETTLED_LATE)
        return bool(np.isin(self.rows["state"], done).all() and np.isin(self.firm["state"], done).all())

    def cash_row(self, account: int) -> int:
        """The place of an account's cash row, or -1."""
        place = int(np.searchsorted(self.rows["account"], account))
        found = place < len(self.rows) and self.rows["account"][place] == account
        return place if found and self.rows["instrument"][place] == CASH else -1


def save_days(days: dict[int, SettlementDay]) -> dict[str, Array]:
    """Settlement days as arrays, in order of date."""
    saved: list[Any] = [days[date] for date in sorted(days)]
    return {
        "dates": np.array([(day.date, day.step) for day in saved], dtype=np.int64).reshape(-1, 2),
        "sizes": np.array([(len(day.rows), len(day.firm)) for day in saved], dtype=np.int64).reshape(-1, 2),
        "rows": np.concatenate([np.zeros(0, dtype=ROW), *(day.rows for day in saved)]),
        "firm": np.concatenate([np.zeros(0, dtype=FIRM_ROW), *(day.firm for day in saved)]),
    }


def load_days(saved: dict[str, Array], clearing: int) -> dict[int, SettlementDay]:
    """The settlement days that `save_days` gave."""
    days = {}
    ends = np.cumsum(saved["sizes"], axis=0)
    for (date, step), sizes, end in zip(saved["dates"].tolist(), saved["sizes"], ends, strict=True):
        day = days[date] = SettlementDay(date, clearing)
        day.step = Step(step)
        day.rows = np.array(saved["rows"][end[0] - sizes[0] : end[0]])
        day.firm = np.array(saved["firm"][end[1] - sizes[1] : end[1]])
    return days
