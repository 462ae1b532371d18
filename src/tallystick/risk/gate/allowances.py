"""What the rules of a day make of a class of instruments: order types by the way of trading, hours, charges."""

from __future__ import annotations

import datetime

from tallystick.core.time import market_time
from tallystick.market import Charge, FeeTerms, Instrument, MarketMachine
from tallystick.risk.gate.events import OrderType, TimeInForce
from tallystick.risk.gate.state import kernels as at

__all__ = ["CLASS_COLUMNS", "class_rules", "missing_rules", "order_type_bit"]

CLASS_COLUMNS = slice(at.ORDER_TYPES, at.INSTRUMENT_WIDTH)
"""The columns of an instrument's row that its class decides."""
WAYS = (("continuous", at.IN_CONTINUOUS), ("call", at.IN_CALL), ("odd_lot", at.IN_ODD_LOTS))
PLAIN = "limit ROD"
NO_WINDOW = (0, 0)
NO_RULE = (0, 0, 0, 0, 0)


def order_type_bit(words: str) -> int:
    """The bit of an order type and time in force as the rule rows write them.

    >>> order_type_bit("limit ROD"), order_type_bit("market FOK")
    (1, 32)
    """
    kind, force = words.split()
    return 1 << (3 * (OrderType[kind.upper()] - 1) + TimeInForce[force] - 1)


def class_rules(market: MarketMachine, instrument: Instrument, date: datetime.date) -> list[int]:
    """What the rules in force on a date say of an instrument's class, for `CLASS_COLUMNS`: order types, from and until
    (UTC ns) of both parts of continuous trading, lot types of day trades, commission, tax of sales.

    Where no row speaks of order types, a limit order for the day is allowed, but not in odd lots.
    """
    terms = market.fee_terms(instrument, date)
    lots = sum(1 << lot_type for lot_type in terms.day_trade_lots)
    charges = (*_numbers(terms.commission), *_numbers(terms.transaction_tax))
    return [_order_types(market, instrument, date), *_windows(market, instrument, date), lots, *charges]


def missing_rules(terms: FeeTerms, *, is_sale: bool) -> list[str]:
    """The rules that orders of a class need for their charges and that are not in force."""
    needed = ("commission", "transaction_tax") if is_sale else ("commission",)
    return [terms.absent[name] for name in needed if name in terms.absent]


def _numbers(charge: Charge | None) -> tuple[int, ...]:
    return NO_RULE if charge is None else charge.numbers


def _order_types(market: MarketMachine, instrument: Instrument, date: datetime.date) -> int:
    """Three sets of six bits, see `state.kernels`."""
    order_types = 0
    for way, first in WAYS:
        rows = market.rules.find(f"order_types.{way}", instrument, date)
        words = [part.strip() for row in rows for part in row.value.split(",")]
        if not words and first != at.IN_ODD_LOTS:
            words = [PLAIN]
        for part in words:
            order_types |= order_type_bit(part) << first
    return order_types


def _windows(market: MarketMachine, instrument: Instrument, date: datetime.date) -> tuple[int, ...]:
    """From and until of the first and the second part of continuous trading, equal where there is none."""
    calendar = market.calendar(instrument.venue)
    windows = [
        (market_time(date, phase.opens, calendar.zone), market_time(date, phase.closes, calendar.zone))
        for phase in calendar.phases(date, instrument)
        if phase.mode == "continuous"
    ]
    first_part, later_part = (*windows, NO_WINDOW, NO_WINDOW)[:2]
    return (*first_part, *later_part)
