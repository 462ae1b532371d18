"""The terms of a trading day for many instruments at once: reference prices and dated rules make `SetDayTerms`.

Instruments of one class share all rules, so that rules are looked up once for each class and the prices run through
one kernel.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.core.errors import NotFound
from tallystick.core.schema import date_number, schema_of
from tallystick.market.charges import ROUNDING_CODES
from tallystick.market.events import SetDayTerms
from tallystick.market.kernels import set_limits
from tallystick.market.limits import limit_rule
from tallystick.market.rules import RuleKey, TickTable

if TYPE_CHECKING:
    from tallystick.market.instruments import Instrument
    from tallystick.market.machine import MarketMachine

__all__ = ["day_terms"]

Array = np.ndarray[Any, np.dtype[Any]]

LISTING_HORIZON_DAYS = 60
"""Listings older than this are long past for every rule about the first sessions."""

NO_BOUND = np.iinfo(np.int64).max


class ClassTerms(NamedTuple):
    """What one class of instruments has on a date: a row for `set_limits`, tick table, lot, least order."""

    limits: list[int]
    tick_table: int
    lot: int
    order_minimum: int


def day_terms(
    machine: MarketMachine,
    instruments: Sequence[int] | Array,
    reference_prices: Sequence[int] | Array,
    date: datetime.date,
    statuses: Sequence[int] | Array | None = None,
) -> Array:
    """`SetDayTerms` for instruments (codes) and their reference prices (int64, 1e-4) on a date, packed, same order.

    The reference price of a row is the opening basis: the price put on tick where the rules say so. Without
    `statuses` all are normal (0). MissingRule or ExpiredRule when a class lacks a rule; NotFound for a code that is
    not registered. Warrants follow their underlying and are refused here.
    """
    codes = np.asarray(instruments, np.int64)
    prices = np.ascontiguousarray(reference_prices, np.int64)
    assert codes.shape == prices.shape, "one price for each instrument"
    packed = np.zeros(len(codes), schema_of(SetDayTerms).dtype)
    if not len(codes):
        return packed
    groups, classes = _classes(machine, codes, date)
    limits = np.array([found.limits for found in classes], np.int64)
    tables = np.array([found.tick_table for found in classes], np.int64)
    out = np.empty((len(codes), 3), np.int64)
    set_limits(prices, groups, limits, _tick_rows(machine.tick_arrays), tables, out)
    packed["instrument"], packed["business_date"] = codes, date_number(date)
    packed["reference_price"], packed["limit_up"], packed["limit_down"] = out.T
    packed["lot"] = np.array([found.lot for found in classes], np.int64)[groups]
    packed["order_minimum"] = np.array([found.order_minimum for found in classes], np.int64)[groups]
    packed["tick_table"] = tables[groups]
    packed["status"] = 0 if statuses is None else statuses
    return packed


def _classes(machine: MarketMachine, codes: Array, date: datetime.date) -> tuple[Array, list[ClassTerms]]:
    """The class of each instrument, and the terms of each class."""
    known = machine.instruments
    if codes.min() < 0 or codes.max() >= len(known):
        raise NotFound(
            "market.code_missing", "Instrument {instrument} is not registered.", "See `tally market instruments`.",
            instrument=int(codes.min() if codes.min() < 0 else codes.max()),
        )  # fmt: skip
    numbers: dict[tuple[RuleKey, int | None], int] = {}
    groups = np.empty(len(codes), np.int64)
    listed: dict[tuple[str, datetime.date], int | None] = {}
    for place, code in enumerate(codes.tolist()):
        instrument = known[code]
        sessions = None
        if instrument.listed_on is not None:
            listing = (instrument.venue, instrument.listed_on)
            if listing not in listed:
                listed[listing] = _sessions_listed(machine, instrument, date)
            sessions = listed[listing]
        groups[place] = numbers.setdefault((RuleKey.of(instrument), sessions), len(numbers))
    return groups, [_class_terms(machine, key, date, sessions) for key, sessions in numbers]


def _sessions_listed(machine: MarketMachine, instrument: Instrument, date: datetime.date) -> int | None:
    """How many sessions since listing, the date's own included; None when the listing is long past."""
    listed_on = instrument.listed_on
    if listed_on is None or (date - listed_on).days > LISTING_HORIZON_DAYS:
        return None
    return len(machine.calendar(instrument.venue).sessions(listed_on, date)) if listed_on <= date else 0


def _class_terms(
    machine: MarketMachine, key: RuleKey, date: datetime.date, sessions: int | None
) -> ClassTerms:
    rules = machine.rules
    rule = limit_rule(rules, key, date, sessions)
    inward = rule.rounding == "inward"
    roundings = [
        ROUNDING_CODES["floor" if inward else rule.rounding],
        ROUNDING_CODES["ceiling" if inward else rule.rounding],
    ]
    factors = [0, 0, 0, 0]
    if rule.up is not None and rule.down is not None:
        up, down = 1 + rule.up, max(1 - rule.down, Fraction(0))
        factors = [up.numerator, up.denominator, down.numerator, down.denominator]
    basis = rules.find("opening_basis_rounding", key, date)
    lot = rules.row("lot", key, date).count
    least = rules.find("order_minimum", key, date)
    return ClassTerms(
        limits=[
            *factors,
            *roundings,
            rule.minimum_ticks,
            rule.price_minimum_ticks,
            ROUNDING_CODES[basis[0].value] if basis else -1,
        ],
        tick_table=machine.tick_table_of(rules.tick_table(key, date)),
        lot=lot,
        order_minimum=least[0].count if least else lot,
    )


def _tick_rows(tables: Sequence[Array]) -> Array:
    """Tick tables as rows of one array; what is left of a row is a band that no price reaches."""
    rows = np.full((len(tables), max(map(len, tables))), NO_BOUND, np.int64)
    for place, table in enumerate(tables):
        rows[place, : len(table)] = table
    return rows


def flat(table: TickTable) -> Array:
    """A tick table as kernels take it: lower bound, tick, lower bound, tick, and so on."""
    return np.array([number for band in table for number in band], np.int64)
