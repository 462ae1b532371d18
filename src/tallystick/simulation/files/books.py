"""What the files are made of: the day's orders and executions, the books before and after, and who is who."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.core.schema import date_number
from tallystick.core.time import market_time

if TYPE_CHECKING:
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine
    from tallystick.simulation.day.movements import Movement

__all__ = ["CASH", "DayBooks", "Names", "day_books"]

Array = np.ndarray[Any, np.dtype[Any]]

CASH = -1
"""Instrument code of money in the ledger's obligations."""


class Names(NamedTuple):
    """What accounts and instruments are called outside: rows by code."""

    numbers: pa.Array
    branches: Array
    kinds: Array
    securities: pa.Array
    security_names: pa.Array

    def account_columns(self, accounts: Array) -> dict[str, Any]:
        """Columns `branch` and `account` of some account codes."""
        return {
            "branch": pa.array(self.branches[accounts].astype(np.int64)),
            "account": self.numbers.take(pa.array(accounts)),
        }

    def security(self, instruments: Array) -> pa.Array:
        """Security codes without the venue."""
        return self.securities.take(pa.array(instruments))


class DayBooks(NamedTuple):
    """One day as the files tell it. Arrays are those of the ledger's reads and of the trading."""

    date: datetime.date
    settlement_date: datetime.date
    """When trades of the day settle."""
    midnight: int
    """Beginning of the day in UTC ns."""
    names: Names
    orders: Array
    masks: Array
    executions: Array
    ends: Array
    moved: list[Movement]
    """Accepted movements of cash and securities."""
    trades: Array
    cash_before: Array
    cash_after: Array
    positions_before: Array
    positions_after: Array
    settled: Array
    """Obligations of this settlement date."""
    owed: Array
    """Obligations that the day's trades made."""

    def day_time(self, moments: Array) -> pa.Array:
        """UTC ns as nanoseconds since the day's midnight, to the microsecond."""
        return pa.array((moments - self.midnight) // 1_000 * 1_000)


def day_books(
    date: datetime.date,
    market: MarketMachine,
    before: LedgerMachine,
    after: LedgerMachine,
    *,
    orders: Array,
    masks: Array,
    executions: Array,
    ends: Array,
    moved: list[Movement],
) -> DayBooks:
    """The day from the machines as they stood before it and after its last deadline."""
    calendar = market.calendar("XTAI")
    settlement = calendar.settlement_date(date)
    accounts = after.accounts()
    symbols = [instrument.symbol.partition(".")[0] for instrument in market.instruments]
    names = Names(
        numbers=pa.array([number.decode() for number in accounts["number"].tolist()]),
        branches=accounts["branch"],
        kinds=accounts["kind"],
        securities=pa.array(symbols),
        security_names=pa.array(
            [_short(instrument.name_zh or instrument.name) for instrument in market.instruments]
        ),
    )
    cash_before = np.zeros(len(accounts), np.int64)
    cash_before[: before.account_count] = before.accounts()["posted"]
    return DayBooks(
        date=date, settlement_date=settlement, midnight=market_time(date, datetime.time(), calendar.zone), names=names,
        orders=orders, masks=masks, executions=executions, ends=ends, moved=moved,
        trades=after.trades(date_number(date)), cash_before=cash_before, cash_after=accounts["posted"],
        positions_before=before.positions(), positions_after=after.positions(),
        settled=after.obligations(date_number(date)), owed=after.obligations(date_number(settlement)),
    )  # fmt: skip


def _short(name: str, octets: int = 16) -> str:
    """The front of a name that fits so many bytes in CP950, no character cut."""
    return name.encode("cp950")[:octets].decode("cp950", errors="ignore").rstrip()
