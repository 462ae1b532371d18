"""Trades of the two sessions before the demo day, not settled yet when the books are taken over.

Buyers keep the money and sellers the shares until the day they settle, but for a few clients who are made late on
purpose and labelled so.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from tallystick.core.ids import NUMBERS_A_DAY
from tallystick.core.schema import number_date, schema_of
from tallystick.ledger.events import Capacity, RecordOpeningTrade, Side
from tallystick.simulation.genesis.wealth import BOARD_LOT, Market, Wealth, charged_by_column

__all__ = ["cash_due", "number_trades", "opening_trades"]

Array = np.ndarray[Any, np.dtype[Any]]

BUYERS, SELLERS = 0.3, 0.12
"""Share of accounts that bought, and of holdings that were sold from, in each session."""
MOST_SPENT = 0.28
"""Share of the cash that one purchase takes at most; there are at most three."""
LEAST_CASH = 20_000_0000


def opening_trades(random: np.random.Generator, accounts: Array, wealth: Wealth, market: Market) -> Array:
    """Packed `RecordOpeningTrade` of some accounts, without ids, by trade date and account."""
    parts = [_buys(random, accounts, wealth, market), _sells(random, wealth, market)]
    account, column, side, units, session = (np.concatenate(pair) for pair in zip(*parts, strict=True))
    pick = random.integers(0, 4, len(account))
    prices = np.stack([market.open, market.high, market.low, market.close])
    price = prices[pick, session, column]
    value = price * units
    rows = np.zeros(len(account), schema_of(RecordOpeningTrade).dtype)
    rows["account"], rows["instrument"], rows["side"] = account, market.codes[column], side
    rows["trade_date"] = market.session_numbers[session]
    rows["settlement_date"] = np.array(market.settlement_dates)[session - len(market.close)]
    rows["price"], rows["quantity"], rows["capacity"] = price, units, Capacity.CASH
    rows["fee"] = charged_by_column(value, column, market.commissions)
    rows["tax"] = np.where(side == Side.SELL, charged_by_column(value, column, market.taxes), 0)
    return rows[np.lexsort((rows["account"], rows["trade_date"]))]


def number_trades(batches: list[Array]) -> Array:
    """All trades in order of trade date with their ids: date and number in the day."""
    trades = np.concatenate(batches)
    trades = trades[np.argsort(trades["trade_date"], kind="stable")]
    for number in np.unique(trades["trade_date"]).tolist():
        mine = np.flatnonzero(trades["trade_date"] == number)
        date: datetime.date = number_date(number)
        first = (date.year * 10_000 + date.month * 100 + date.day) * NUMBERS_A_DAY
        trades["execution_id"][mine] = first + 1 + np.arange(len(mine))
    return trades


def cash_due(trades: Array, settlement_date: int, accounts: Array) -> Array:
    """What each account pays (above zero) or gets net on a settlement date, fee and tax included, 1e-4."""
    mine = trades[trades["settlement_date"] == settlement_date]
    sign = np.where(mine["side"] == Side.BUY, 1, -1)
    amount = sign * mine["price"] * mine["quantity"] + mine["fee"] + mine["tax"]
    due = np.zeros(len(accounts), np.int64)
    np.add.at(due, np.searchsorted(accounts, mine["account"]), amount)
    return due


def _buys(
    random: np.random.Generator, accounts: Array, wealth: Wealth, market: Market
) -> tuple[Array, Array, Array, Array, Array]:
    draw = random.random((3, len(accounts)))
    able = wealth.cash >= LEAST_CASH
    counts = np.where(able & (draw[0] < 2 * BUYERS), 1 + (draw[1] < 0.5) + (draw[2] < 0.2), 0)
    owner = np.repeat(np.arange(len(accounts)), counts)
    column = np.searchsorted(np.cumsum(market.popularity), random.random(len(owner)) * (1 - 1e-9))
    session = len(market.close) - 1 - random.integers(0, 2, len(owner))
    money = wealth.cash[owner] * (0.02 + random.random(len(owner)) * (MOST_SPENT - 0.02))
    units = (money // market.high[session, column]).astype(np.int64)
    units = np.where(units >= BOARD_LOT, units // BOARD_LOT * BOARD_LOT, units)
    bought = units > 0
    side = np.full(len(owner), Side.BUY, np.int8)
    return accounts[owner][bought], column[bought], side[bought], units[bought], session[bought]


def _sells(
    random: np.random.Generator, wealth: Wealth, market: Market
) -> tuple[Array, Array, Array, Array, Array]:
    """One sale at most of a holding, of its first lot."""
    lots = wealth.lots
    first = np.flatnonzero(
        np.diff(lots["account"].astype(np.int64) << 32 | lots["instrument"].astype(np.int64), prepend=-1)
    )
    sold = first[random.random(len(first)) < 2 * SELLERS]
    held = lots["quantity"][sold]
    units = np.where(held >= BOARD_LOT, np.maximum(held // 2 // BOARD_LOT, 1) * BOARD_LOT, held)
    session = len(market.close) - 1 - random.integers(0, 2, len(sold))
    side = np.full(len(sold), Side.SELL, np.int8)
    return lots["account"][sold], wealth.columns[sold], side, units, session
