"""Our clients as the order flow sees them: who is active, who has money, who holds what."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tallystick.simulation.layout import Array, account_dtype, position_dtype

__all__ = ["ClientBook", "account_rows", "buyer_sums", "position_rows"]

NORMAL, BLOCKED = 0, 1


class ClientBook(NamedTuple):
    """Our clients as the flow knows them at the start of the day, arrays of equal length, then their holdings.

    Only accounts that trade for cash belong here, not the firm's own.
    """

    accounts: Array
    """Account codes, each once."""
    status: Array
    """0 normal, 1 blocked, 2 sell only, as in `SetAccountTerms`."""
    permissions: Array
    """Permission bits as in `SetAccountTerms`: 1 board lots, 2 odd lots, 4 market orders, 16 pre-collection."""
    power: Array
    """Buying power: free cash and daily limit, 1e-4 of the currency."""
    credit: Array
    """The daily limit in it: instruments that are not in normal trading are bought for cash alone."""
    order_limit: Array
    """Largest value of one order, 1e-4."""
    holding_account: Array
    """Account code of each holding."""
    holding_instrument: Array
    """Instrument code of each holding."""
    holding_quantity: Array
    """Units that can be sold today."""


def account_rows(clients: ClientBook, rng: np.random.Generator) -> Array:
    """One row a client (`account_dtype`), activity heavy-tailed: a Pareto law of index 1.2, cut at a thousandfold."""
    rows = np.zeros(len(clients.accounts), account_dtype)
    rows["code"], rows["status"], rows["permissions"] = clients.accounts, clients.status, clients.permissions
    rows["power"] = rows["funds"] = clients.power
    rows["credit"], rows["order_limit"] = clients.credit, clients.order_limit
    pareto = np.array(
        [round(1_000 * min(1_000.0, (1 - (k + 0.5) / 4096) ** (-1 / 1.2))) for k in range(4096)], np.int64
    )
    rows["weight"] = pareto[rng.integers(0, len(pareto), len(rows))]
    return rows


def buyer_sums(accounts: Array) -> Array:
    """Running sums of the activity of accounts that may buy."""
    return np.cumsum(np.where(accounts["status"] == NORMAL, accounts["weight"], 0))


def position_rows(clients: ClientBook, instruments: Array, accounts: Array) -> tuple[Array, Array]:
    """Holdings by instrument and account (`position_dtype`), several lots of one holding added up, and the first
    position of each instrument with the end; holdings of accounts or instruments that do not trade are left out.
    """
    account, known_account = _row_of(accounts["code"], clients.holding_account)
    instrument, known_instrument = _row_of(instruments, clients.holding_instrument)
    known = known_account & known_instrument & (clients.holding_quantity > 0)
    keys, place = np.unique(instrument[known] * len(accounts) + account[known], return_inverse=True)
    rows = np.zeros(len(keys), position_dtype)
    if len(accounts):
        rows["instrument"], rows["account"] = np.divmod(keys, len(accounts))
    np.add.at(rows["held"], place, clients.holding_quantity[known])
    rows["available"] = rows["held"]
    holders = accounts[rows["account"]]
    rows["weight"] = np.cumsum(np.where(holders["status"] == BLOCKED, 0, holders["weight"]))
    return rows, np.searchsorted(rows["instrument"], np.arange(len(instruments) + 1)).astype(np.int64)


def _row_of(codes: Array, wanted: Array) -> tuple[Array, Array]:
    """The row of each wanted code, and whether there is one."""
    order = np.argsort(codes, kind="stable")
    if len(codes) == 0:
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    place = np.minimum(np.searchsorted(codes[order], wanted), len(codes) - 1)
    return order[place].astype(np.int64), codes[order][place] == wanted
