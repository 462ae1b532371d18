"""When the deadlines of a settlement day are, by the dated rules: the moments that the ledger acts on."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tallystick.core.time import SECOND, market_time
from tallystick.market import RuleKey

if TYPE_CHECKING:
    from tallystick.market import MarketMachine

__all__ = ["settlement_deadlines"]

DEADLINES = (
    ("securities_in", "settlement_deadline.member_delivers", 0),
    ("cash_in", "settlement_deadline.member_pays", 0),
    ("pay_out", "settlement_deadline.member_receives", 1),
    ("bank_close", "settlement_deadline.bank_close", 0),
)
"""Step of the settlement day, the rule that sets its time, and seconds after it (receipts come after the time)."""


def settlement_deadlines(
    market: MarketMachine, date: datetime.date, venue: str = "XTAI"
) -> list[tuple[str, int]]:
    """Name and moment (UTC ns) of each deadline of a date, in order, as `TimeReached` tells them to the ledger.

    MissingRule or ExpiredRule when the rules do not say.
    """
    calendar = market.calendar(venue)
    key = RuleKey(market=calendar.market, venue=venue, product="stock")
    return [
        (
            f"{calendar.market}.settlement.{step}",
            market_time(date, market.rules.row(field, key, date).clock, calendar.zone) + seconds * SECOND,
        )
        for step, field, seconds in DEADLINES
    ]
