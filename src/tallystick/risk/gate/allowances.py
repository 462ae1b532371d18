"""What the rules of a day allow a class of instruments: order types by the way of trading, and the hours of each."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from tallystick.core.time import market_time
from tallystick.market import Instrument, MarketMachine
from tallystick.risk.gate.events import OrderType, TimeInForce
from tallystick.risk.gate.state import kernels as at

__all__ = ["Allowance", "allowance_of", "order_type_bit"]

WAYS = (("continuous", at.IN_CONTINUOUS), ("call", at.IN_CALL), ("odd_lot", at.IN_ODD_LOTS))
PLAIN = "limit ROD"
NO_WINDOW = (0, 0)


class Allowance(NamedTuple):
    """`order_types`: three sets of six bits, see `state.kernels`. `windows`: from and until (UTC ns) of the first
    and the second part of continuous trading, equal where there is none.
    """

    order_types: int
    windows: tuple[int, int, int, int]


def order_type_bit(words: str) -> int:
    """The bit of an order type and time in force as the rule rows write them.

    >>> order_type_bit("limit ROD"), order_type_bit("market FOK")
    (1, 32)
    """
    kind, force = words.split()
    return 1 << (3 * (OrderType[kind.upper()] - 1) + TimeInForce[force] - 1)


def allowance_of(market: MarketMachine, instrument: Instrument, date: datetime.date) -> Allowance:
    """What the rules in force allow an instrument's class on a date.

    Where no row speaks of order types, a limit order for the day is allowed, but not in odd lots.
    """
    order_types = 0
    for way, first in WAYS:
        rows = market.rules.find(f"order_types.{way}", instrument, date)
        words = [part.strip() for row in rows for part in row.value.split(",")]
        if not words and first != at.IN_ODD_LOTS:
            words = [PLAIN]
        for part in words:
            order_types |= order_type_bit(part) << first
    calendar = market.calendar(instrument.venue)
    windows = [
        (market_time(date, phase.opens, calendar.zone), market_time(date, phase.closes, calendar.zone))
        for phase in calendar.phases(date, instrument)
        if phase.mode == "continuous"
    ]
    first_part, later_part = (*windows, NO_WINDOW, NO_WINDOW)[:2]
    return Allowance(order_types, (*first_part, *later_part))
