"""What clients traded before the firm came here: some years of purchases and sales, the purchases of the lots they
bring, what they bought and sold again since, and the trades that are not settled yet.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.core.money import SCALE
from tallystick.ledger.events import Side
from tallystick.simulation.genesis.wealth import BOARD_LOT, Market, Wealth, charged_by_column

__all__ = ["EARLIER_YEARS", "PAST_TRADES", "Listed", "past_trades"]

Array = np.ndarray[Any, np.dtype[Any]]

PAST_TRADES = "history.past_trades"
EARLIER_YEARS = 3
"""So many years before the bars begin have trades too."""
ROUND_TRIPS = 2.0
"""How often a client bought something and sold it again in the year, in the mean."""
LONGEST_HELD = 40
"""Sessions between the two at most."""
MOST_LOTS = 5
EARLIER_TRADES, BOUGHT = 6.0, 0.55
"""How often a client traded in all the years before the bars begin, in the mean, and how much of that was bought."""
MOST_OF_WEALTH = 0.6
"""The largest part of what a client has today that one of them was worth."""
GROWTH, SPREAD, STEP = 0.06, 0.15, 500
"""Prices a year earlier were lower by so much, give or take; they stand on a twentieth of a dollar."""


class Listed(NamedTuple):
    """The market that the trades are drawn from, the symbols of its columns, and the sessions (dates as numbers) of the
    years before it.
    """

    market: Market
    symbols: list[str]
    earlier_sessions: Array


trade_dtype = np.dtype([
    ("account", "<i4"), ("column", "<i4"), ("date", "<i4"), ("side", "i1"), ("price", "<i8"), ("quantity", "<i8"),
    ("fee", "<i8"), ("tax", "<i8"),
])  # fmt: skip


def past_trades(
    random: np.random.Generator, accounts: Array, wealth: Wealth, unsettled: Array, listed: Listed
) -> pa.Table:
    """Rows of `history.past_trades` of some accounts (columns account, branch, number, opened_on; rising).

    `unsettled` are the trades that the books bring in, packed `RecordOpeningTrade`.
    """
    market = listed.market
    rows = np.concatenate([
        _earlier(random, accounts, wealth, listed), _purchases(wealth, market), _round_trips(random, accounts, market),
        _brought(unsettled, market),
    ])  # fmt: skip
    rows = rows[np.lexsort((rows["account"], rows["date"]))]
    owner = np.searchsorted(accounts["account"], rows["account"])
    columns = rows["column"]
    return pa.table({
        "trade": pa.array([f"T{account:07d}-{n:06d}" for n, account in enumerate(rows["account"].tolist())]),
        "account": pa.array([number.decode() for number in accounts["number"][owner].tolist()]),
        "branch": pa.array([str(branch) for branch in accounts["branch"][owner].tolist()]),
        "symbol": pa.array(listed.symbols).take(pa.array(columns)),
        "instrument": pa.array(market.codes[columns].astype(np.int32)),
        "date": pa.array(rows["date"]).cast(pa.date32()),
        "side": pa.array(("sell", "buy")).take(pa.array((rows["side"] == Side.BUY).astype(np.int8))),
        "price": pa.array(np.ascontiguousarray(rows["price"])),
        "quantity": pa.array(np.ascontiguousarray(rows["quantity"])),
        "amount": pa.array(rows["price"] * rows["quantity"]),
        "fee": pa.array(np.ascontiguousarray(rows["fee"])),
        "tax": pa.array(np.ascontiguousarray(rows["tax"])),
    })  # fmt: skip


def _earlier(random: np.random.Generator, accounts: Array, wealth: Wealth, listed: Listed) -> Array:
    """Purchases and sales of the years before the bars begin, at prices that lead up to them; none before its account
    was opened.
    """
    market, sessions = listed.market, listed.earlier_sessions
    count = int(random.poisson(EARLIER_TRADES * len(accounts))) if len(sessions) else 0
    owner, session = (
        random.integers(0, len(accounts), count),
        random.integers(0, max(len(sessions), 1), count),
    )
    date = sessions[session] if count else session
    open_by_then = accounts["opened_on"][owner] <= date
    owner, date = owner[open_by_then], date[open_by_then]
    rows = np.zeros(len(owner), trade_dtype)
    rows["account"], rows["date"] = accounts["account"][owner], date
    rows["column"] = np.searchsorted(np.cumsum(market.popularity), random.random(len(owner)) * (1 - 1e-9))
    rows["side"] = np.where(random.random(len(owner)) < BOUGHT, Side.BUY, Side.SELL)
    years = (market.session_numbers[0] - date) / 365
    first = market.close[0, rows["column"]] * np.exp(
        -GROWTH * years + random.normal(0, SPREAD, len(owner)) * years
    )
    rows["price"] = np.maximum(np.rint(first / STEP), 1).astype(np.int64) * STEP
    money = wealth.dollars[owner] * random.random(len(owner)) * MOST_OF_WEALTH * SCALE
    rows["quantity"] = np.maximum(money // rows["price"], 1)
    value = rows["price"] * rows["quantity"]
    rows["fee"] = charged_by_column(value, rows["column"], market.commissions)
    taxes = charged_by_column(value, rows["column"], market.taxes)
    rows["tax"] = np.where(rows["side"] == Side.SELL, taxes, 0)
    return rows


def _purchases(wealth: Wealth, market: Market) -> Array:
    """The purchase of each lot, at the close and for the commission that its cost holds."""
    lots, columns = wealth.lots, wealth.columns
    session = np.searchsorted(market.session_numbers, lots["acquired_on"])
    rows = np.zeros(len(lots), trade_dtype)
    rows["account"], rows["column"], rows["date"] = lots["account"], columns, lots["acquired_on"]
    rows["side"], rows["quantity"] = Side.BUY, lots["quantity"]
    rows["price"] = market.close[session, columns]
    rows["fee"] = lots["cost"] - rows["price"] * rows["quantity"]
    return rows


def _round_trips(random: np.random.Generator, accounts: Array, market: Market) -> Array:
    """Purchases of whole lots that were sold again, all before the two last sessions."""
    sessions = len(market.close) - 2
    count = int(random.poisson(ROUND_TRIPS * len(accounts))) if sessions > 1 else 0
    account = accounts["account"][random.integers(0, len(accounts), count)]
    column = np.searchsorted(np.cumsum(market.popularity), random.random(count) * (1 - 1e-9))
    bought = random.integers(0, max(sessions - 1, 1), count)
    sold = np.minimum(bought + 1 + random.integers(0, LONGEST_HELD, count), sessions - 1)
    quantity = BOARD_LOT * (1 + random.integers(0, MOST_LOTS, count))
    parts = []
    for side, session in ((Side.BUY, bought), (Side.SELL, sold)):
        rows = np.zeros(count, trade_dtype)
        rows["account"], rows["column"], rows["side"], rows["quantity"] = account, column, side, quantity
        rows["date"], rows["price"] = market.session_numbers[session], market.close[session, column]
        value = rows["price"] * quantity
        rows["fee"] = charged_by_column(value, column, market.commissions)
        if side == Side.SELL:
            rows["tax"] = charged_by_column(value, column, market.taxes)
        parts.append(rows)
    return np.concatenate(parts)


def _brought(unsettled: Array, market: Market) -> Array:
    """The trades that the books bring in."""
    rows = np.zeros(len(unsettled), trade_dtype)
    for name in ("account", "side", "price", "quantity", "fee", "tax"):
        rows[name] = unsettled[name]
    order = np.argsort(market.codes, kind="stable")
    rows["column"] = order[np.searchsorted(market.codes[order], unsettled["instrument"])]
    rows["date"] = unsettled["trade_date"]
    return rows
