"""What the firm itself brings: money and shares of its own account, money to stand in for late clients, its terms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tallystick.core.money import SCALE
from tallystick.core.schema import number_date, schema_of
from tallystick.ledger import house_accounts
from tallystick.ledger.events import AccountKind, RecordOpeningCash, RecordOpeningHolding
from tallystick.risk.gate.events import SetAccountTerms, TradingPermission
from tallystick.simulation.genesis.wealth import BOARD_LOT, Market, charged_by_column

__all__ = ["HouseBooks", "house_books"]

Array = np.ndarray[Any, np.dtype[Any]]

OWN_DOLLARS, ERROR_DOLLARS = 500_000_000, 60_000_000
OWN_INSTRUMENTS = 40
OWN_LIMIT_DOLLARS = 2_000_000_000
OWN_PERMISSIONS = (
    TradingPermission.BOARD_LOTS
    | TradingPermission.ODD_LOTS
    | TradingPermission.MARKET_ORDERS
    | TradingPermission.DAY_TRADE
)


class HouseBooks(NamedTuple):
    """Packed `RecordOpeningCash`, `RecordOpeningHolding` and `SetAccountTerms` of the firm's own accounts."""

    cash: Array
    lots: Array
    terms: Array


def house_books(market: Market) -> HouseBooks:
    """The own account trades the instruments held most; the error account has money only."""
    today = number_date(int(market.session_numbers[-1]))
    codes = {row.kind: row.account for row in house_accounts(today)}
    own, error = codes[AccountKind.PROPRIETARY], codes[AccountKind.ERROR]
    cash = np.zeros(2, schema_of(RecordOpeningCash).dtype)
    cash["account"], cash["amount"] = (own, error), np.array([OWN_DOLLARS, ERROR_DOLLARS]) * SCALE
    columns = np.argsort(-market.popularity, kind="stable")[:OWN_INSTRUMENTS]
    lots = np.zeros(len(columns), schema_of(RecordOpeningHolding).dtype)
    lots["account"], lots["instrument"] = own, market.codes[columns]
    lots["quantity"] = BOARD_LOT * (50 + 10 * (np.arange(len(columns)) % 20))
    lots["acquired_on"] = market.session_numbers[0]
    value = lots["quantity"] * market.close[0, columns]
    lots["cost"] = value + charged_by_column(value, columns, market.commissions)
    terms = np.zeros(2, schema_of(SetAccountTerms).dtype)
    terms["account"], terms["permissions"] = (own, error), OWN_PERMISSIONS
    terms["daily_limit"] = terms["order_value_limit"] = OWN_LIMIT_DOLLARS * SCALE
    order = np.argsort(lots["instrument"])
    return HouseBooks(cash, lots[order], terms)
