"""What clients bring: cash and holdings, heavy-tailed, and the terms on which they may trade. A batch at a time.

Wealth is lognormal with a median of 600,000 dollars; a tenth of the clients has most of it. Holdings follow the
popularity of instruments; each was bought in one to three lots in the past year, at that day's close and commission.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tallystick.core.money import SCALE
from tallystick.core.schema import schema_of
from tallystick.ledger.events import RecordOpeningCash, RecordOpeningHolding
from tallystick.market import Charge
from tallystick.risk.gate.events import AccountStatus, SetAccountTerms, TradingPermission

__all__ = ["Market", "Wealth", "account_terms", "charged_by_column", "client_wealth", "opening_cash"]

Array = np.ndarray[Any, np.dtype[Any]]

BLOCKED_SHARE, SELL_ONLY_SHARE, PRE_COLLECTION_SHARE = 0.015, 0.01, 0.02
LIMIT_TIERS = np.array(
    [300_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000, 100_000_000]
)
"""Daily trading limits in dollars; a client has the one nearest below its wealth."""
ORDER_LIMIT = 50_000_000
BOARD_LOT = 1_000


class Market(NamedTuple):
    """What the clients' past is drawn from: history [sessions, instruments] up to the day of the take-over."""

    session_numbers: Array
    """Dates of the sessions, days since 1970-01-01."""
    open: Array
    high: Array
    low: Array
    close: Array
    codes: Array
    """Instrument codes of the columns."""
    popularity: Array
    commissions: list[Charge]
    """The commission of each column's instrument."""
    taxes: list[Charge]
    """The seller's tax of each column's instrument."""
    settlement_dates: tuple[int, int]
    """When trades of the two last sessions settle, days since 1970-01-01."""


class Wealth(NamedTuple):
    """One batch of accounts: cash (1e-4), and lots (packed `RecordOpeningHolding`) by account and instrument.

    `columns` names the market's column of each lot.
    """

    dollars: Array
    cash: Array
    lots: Array
    columns: Array


def client_wealth(random: np.random.Generator, accounts: Array, market: Market) -> Wealth:
    """Cash and lots of some accounts."""
    count = len(accounts)
    dollars = np.clip(np.exp(random.normal(13.3, 1.6, count)), 20_000, 3_000_000_000)
    share = random.beta(1.2, 2.5, count)
    cash = (np.rint(dollars * share) * SCALE).astype(np.int64)
    kinds = np.minimum(1 + random.poisson(1.5 + 2 * np.maximum(np.log10(dollars / 100_000), 0)), 30)
    owner = np.repeat(np.arange(count), kinds)
    column = np.searchsorted(np.cumsum(market.popularity), random.random(len(owner)) * (1 - 1e-9))
    keys = np.unique(owner * len(market.codes) + column)
    owner, column = np.divmod(keys, len(market.codes))
    weight = random.exponential(1.0, len(owner))
    money = (dollars * (1 - share))[owner] * weight / np.bincount(owner, weight, count)[owner]
    units = np.maximum(np.rint(money * SCALE / market.close[-1, column]), 1).astype(np.int64)
    whole = (units >= BOARD_LOT) & (random.random(len(owner)) > 0.35)
    units = np.where(whole, units // BOARD_LOT * BOARD_LOT, units)
    lots, columns = _lots(random, accounts[owner], column, units, market)
    return Wealth(dollars, cash, lots, columns)


def account_terms(random: np.random.Generator, accounts: Array, dollars: Array) -> Array:
    """Trading terms of clients' accounts, packed `SetAccountTerms`; few are blocked, sell-only or pre-collected."""
    draw = random.random((5, len(accounts)))
    rows = np.zeros(len(accounts), schema_of(SetAccountTerms).dtype)
    rows["account"] = accounts
    rows["status"] = np.where(draw[0] < BLOCKED_SHARE, AccountStatus.BLOCKED, AccountStatus.NORMAL)
    rows["status"][draw[0] > 1 - SELL_ONLY_SHARE] = AccountStatus.SELL_ONLY
    tier = np.maximum(np.searchsorted(LIMIT_TIERS, dollars, side="right") - 1, 0)
    rows["daily_limit"] = LIMIT_TIERS[tier] * SCALE
    rows["order_value_limit"] = ORDER_LIMIT * SCALE
    rows["permissions"] = TradingPermission.BOARD_LOTS
    for place, (permission, share) in enumerate(
        [
            (TradingPermission.ODD_LOTS, 0.95),
            (TradingPermission.MARKET_ORDERS, 0.8),
            (TradingPermission.DAY_TRADE, 0.6),
            (TradingPermission.PRE_COLLECTION, PRE_COLLECTION_SHARE),
        ]
    ):
        rows["permissions"] |= np.where(draw[place + 1] < share, int(permission), 0)
    return rows


def opening_cash(accounts: Array, cash: Array) -> Array:
    """Cash taken over, packed `RecordOpeningCash`, for accounts that have some."""
    rows = np.zeros(len(accounts), schema_of(RecordOpeningCash).dtype)
    rows["account"], rows["amount"] = accounts, cash
    brought: Array = rows[cash != 0]
    return brought


def charged_by_column(values: Array, columns: Array, charges: list[Charge]) -> Array:
    """A charge on each value (1e-4), as one order each, by the dated rates of its column's instrument."""
    distinct = list(dict.fromkeys(charges))
    places = {charge: place for place, charge in enumerate(distinct)}
    which = np.array([places[charge] for charge in charges])[columns]
    taken: Array = np.zeros(len(values), np.int64)
    for place, charge in enumerate(distinct):
        mine = which == place
        taken[mine] = charged(values[mine], charge)
    return taken


def charged(values: Array, charge: Charge) -> Array:
    """A charge on each value (1e-4), as one order each, by the dated rate.

    >>> from tallystick.market import Charge
    >>> charged(np.array([5_800_000_000, 0]), Charge(57, 40_000, 200_000, 10_000, "floor", ())).tolist()
    [8260000, 0]
    """
    whole = charge.denominator * charge.unit
    rest = values % whole * charge.numerator
    up = {"floor": 0, "ceiling": whole - 1, "half_up": whole // 2}[charge.rounding]
    steps = values // whole * charge.numerator + (rest + up) // whole
    taken: Array = np.where(values > 0, np.maximum(steps * charge.unit, charge.minimum), 0)
    return taken


def _lots(
    random: np.random.Generator, accounts: Array, columns: Array, units: Array, market: Market
) -> tuple[Array, Array]:
    """Each holding as one to three purchases of the past year, none in the two last sessions."""
    draw = random.random(len(units))
    parts = np.where(units < 3, 1, 1 + (draw < 0.35) + (draw < 0.1))
    holding = np.repeat(np.arange(len(units)), parts)
    place = np.arange(len(holding)) - np.repeat(np.cumsum(parts) - parts, parts)
    quantity = (units // parts)[holding]
    last = place == parts[holding] - 1
    quantity[last] += (units % parts)[holding[last]]
    session = random.integers(0, max(len(market.close) - 2, 1), len(holding))
    order = np.lexsort((session, holding))
    session = session[order]
    rows = np.zeros(len(holding), schema_of(RecordOpeningHolding).dtype)
    rows["account"], rows["instrument"] = accounts[holding], market.codes[columns[holding]]
    rows["quantity"], rows["acquired_on"] = quantity, market.session_numbers[session]
    value = quantity * market.close[session, columns[holding]]
    rows["cost"] = value + charged_by_column(value, columns[holding], market.commissions)
    return rows, columns[holding]
