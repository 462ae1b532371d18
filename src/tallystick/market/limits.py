"""Ticks, price limits and opening basis by the dated rules, one instrument at a time. Integers only, 1e-4.

The kernels in `kernels.py` do the same for arrays; a test holds them equal.
"""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import NamedTuple

from tallystick.core.errors import TallystickError
from tallystick.core.money import Rounding, round_ratio
from tallystick.market.rule_rows import RuleRow
from tallystick.market.rules import Classified, RuleTable, TickTable

__all__ = [
    "LimitRule",
    "PriceLimits",
    "limit_rule",
    "opening_basis",
    "price_limits",
    "round_to_tick",
    "tick_of",
]


class LimitRule(NamedTuple):
    """How the limits of a class of instruments stand on a date: shares of one, rounding, and the rows that say so.

    `up` and `down` are None when there is no limit.
    """

    up: Fraction | None
    down: Fraction | None
    rounding: str
    minimum_ticks: int
    price_minimum_ticks: int
    rows: tuple[RuleRow, ...]


class PriceLimits(NamedTuple):
    """The limits of one instrument on one date, int64 in 1e-4; 0 and 0 when there is no limit."""

    basis: int
    limit_up: int
    limit_down: int
    rows: tuple[RuleRow, ...]


def tick_of(price: int, table: TickTable) -> int:
    """The tick at a price: the one of the band with the highest lower bound at or below it.

    >>> stock = ((0, 100), (100_000, 500), (500_000, 1_000), (1_000_000, 5_000), (5_000_000, 10_000))
    >>> tick_of(99_900, stock), tick_of(100_000, stock)
    (100, 500)
    """
    return next(tick for bound, tick in reversed(table) if bound <= price)


def round_to_tick(price: int, table: TickTable, rounding: Rounding) -> int:
    """A price put on its tick by the named rounding.

    >>> round_to_tick(1_002_499, ((0, 100), (1_000_000, 5_000)), "half_up")
    1000000
    """
    tick = tick_of(price, table)
    return round_ratio(price, tick, rounding) * tick


def opening_basis(rules: RuleTable, classified: Classified, reference_price: int, date: datetime.date) -> int:
    """The base of the limits: the reference price put on tick where the market's rules say so.

    TWSE and TPEx: nearest tick; ex-date reference prices have two decimals and are often off the tick.
    """
    found = rules.find("opening_basis_rounding", classified, date)
    if not found:
        return reference_price
    table = rules.tick_table(classified, date)
    return max(round_to_tick(reference_price, table, _rounding(found[0].value)), table[0][1])


def limit_rule(
    rules: RuleTable, classified: Classified, date: datetime.date, sessions_listed: int | None = None
) -> LimitRule:
    """The rule of the limits on a date. `sessions_listed` counts the session of the date itself (1 on the first);
    None when the listing is long past.

    MissingRule when nothing is known; TallystickError when the limit follows another instrument's.
    """
    rows: list[RuleRow] = []

    def named(field: str, default: str) -> str:
        found = rules.find(field, classified, date)
        rows.extend(found)
        return found[0].value if found else default

    rounding = named("limit_rounding", "inward")
    minimum, lowest = int(named("limit_minimum_ticks", "0")), int(named("price_minimum_ticks", "0"))
    free = int(named("no_limit_sessions", "0")) if sessions_listed is not None else 0
    up, down = (_share(rules, classified, date, side, sessions_listed, rows) for side in ("up", "down"))
    if sessions_listed is not None and sessions_listed <= free:
        up = down = None
    return LimitRule(up, down, rounding, minimum, lowest, tuple(dict.fromkeys(rows)))


def _share(
    rules: RuleTable,
    classified: Classified,
    date: datetime.date,
    side: str,
    listed: int | None,
    rows: list[RuleRow],
) -> Fraction | None:
    """The limit of one side as a share of one, None for none; on the first session its own row goes before."""
    first = rules.find("first_day_limit", classified, date, side) if listed == 1 else ()
    if first and first[0].unit == "percent":
        row = first[0]
    else:
        row = rules.row("price_limit", classified, date, side)
    rows.append(row)
    if row.unit == "formula":
        raise TallystickError(
            "market.limit_follows",
            "The limit of {product} on {venue} follows its underlying.",
            "Compute it from the underlying's limits and the exercise ratio, and send SetDayTerms with it.",
            product=classified.product, venue=classified.venue,
        )  # fmt: skip
    return None if row.unit == "none" else row.rate


def price_limits(
    rules: RuleTable,
    classified: Classified,
    reference_price: int,
    date: datetime.date,
    sessions_listed: int | None = None,
) -> PriceLimits:
    """The limits for a reference price (int64, 1e-4) on a date, with the rows they come from.

    TWSE Operating Rules art. 63: the share of the basis, the up-limit rounded down and the down-limit up on the tick
    of the resulting price; a limit smaller than one tick is one tick; no price is below one tick. China: half up.

    >>> import tallystick.market as market
    >>> stock = market.RuleKey(market="TW", venue="XTAI", board="main", product="stock")
    >>> price_limits(market.seed_rules(), stock, 5_800_000, datetime.date(2026, 11, 20))[:3]
    (5800000, 6380000, 5220000)
    """
    rule = limit_rule(rules, classified, date, sessions_listed)
    table = rules.tick_table(classified, date)
    basis = opening_basis(rules, classified, reference_price, date)
    if rule.up is None or rule.down is None:
        return PriceLimits(basis, 0, 0, rule.rows)
    up_rounding, down_rounding = ("floor", "ceiling") if rule.rounding == "inward" else (rule.rounding,) * 2
    limit_up = _moved(basis, rule.up, table, _rounding(up_rounding))
    limit_down = _moved(basis, -rule.down, table, _rounding(down_rounding))
    limit_up = max(limit_up, basis + rule.minimum_ticks * tick_of(basis, table))
    limit_down = min(limit_down, basis - rule.minimum_ticks * tick_of(max(basis - 1, 0), table))
    lowest = max(rule.price_minimum_ticks * table[0][1], 1)
    return PriceLimits(basis, limit_up, max(limit_down, lowest), rule.rows)


def _moved(basis: int, share: Fraction, table: TickTable, rounding: Rounding) -> int:
    """The basis moved by a share and put on the tick of the resulting price; exact."""
    numerator, denominator = basis * (share.denominator + share.numerator), share.denominator
    tick = tick_of(max(numerator, 0) // denominator, table)
    return round_ratio(numerator, denominator * tick, rounding) * tick


def _rounding(name: str) -> Rounding:
    roundings: dict[str, Rounding] = {"floor": "floor", "ceiling": "ceiling", "half_up": "half_up"}
    return roundings[name]
