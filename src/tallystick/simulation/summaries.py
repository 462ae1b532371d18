"""What the simulation tells of its work: a made-up firm in counts, a day in figures."""

from __future__ import annotations

import datetime

from tallystick.core.schema import Record

__all__ = ["BuildSummary", "DaySummary"]


class BuildSummary(Record, frozen=True, kw_only=True):
    """What a made-up firm holds: counts, and the first journal day, which is closed."""

    first_day: datetime.date
    date: datetime.date
    instruments: int
    parties: int
    accounts: int
    lots: int
    opening_trades: int
    bars: int


class DaySummary(Record, frozen=True, kw_only=True):
    """A day in figures. Money in 1e-4 of the currency; `refused` counts orders by the code of each reason they had.

    `settled` is what clients paid for purchases settled on the day, `late` the clients that could not; `resumed` counts
    commands that an earlier, stopped run had sent.
    """

    date: datetime.date
    orders: int
    cancels: int
    accepted: int
    refused: dict[str, int]
    executions: int
    turnover: int
    exchange_messages: int
    movements: int
    settled: int
    late: int
    resumed: int
    files: list[str]
