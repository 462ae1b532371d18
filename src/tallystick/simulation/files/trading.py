"""The trading system's exports: every execution of the day, and every order with what became of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.core.events import event_of
from tallystick.risk.gate.events import SubmitOrder
from tallystick.simulation.files.books import DayBooks
from tallystick.simulation.files.sheets import Sheet

__all__ = ["FIRM_CODE", "order_states", "trading_files"]

Array = np.ndarray[Any, np.dtype[Any]]

FIRM_CODE = "9800"
FILLED, CANCELLED, EXPIRED, REFUSED_BY_EXCHANGE, REFUSED = 1, 2, 3, 4, 5


def trading_files(books: DayBooks) -> list[Sheet]:
    """`executions.csv` and `orders.dat`."""
    return [_executions(books), _orders(books)]


def order_states(books: DayBooks) -> tuple[Array, Array]:
    """Units filled of each order, and its state: 1 filled, 2 cancelled, 3 expired, 4, 5 refused by exchange or gate."""
    orders, ends = books.orders, books.ends
    place = {identity: row for row, identity in enumerate(orders["order_id"].tolist())}
    filled = np.zeros(len(orders), np.int64)
    np.add.at(filled, [place[i] for i in books.executions["order_id"].tolist()], books.executions["quantity"])
    state = np.where(books.masks != 0, REFUSED, FILLED).astype(np.int64)
    state[[place[i] for i in ends["order_id"].tolist()]] = ends["done_reason"] + 1
    return filled, state


def _executions(books: DayBooks) -> Sheet:
    rows = books.executions
    table = pa.table(
        {
            "trade_date": pa.array(rows["trade_date"]).cast(pa.date32()),
            "executed_at": books.day_time(rows["executed_at"]),
            "execution_id": pa.array(rows["execution_id"]),
            "order_id": pa.array(rows["order_id"]),
            **books.names.account_columns(rows["account"]),
            "security": books.names.security(rows["instrument"]),
            "security_name": books.names.security_names.take(pa.array(rows["instrument"])),
            "side": pa.array(rows["side"].astype(np.int64)),
            "lot_type": pa.array(rows["lot_type"].astype(np.int64)),
            "capacity": pa.array(rows["capacity"].astype(np.int64)),
            "quantity": pa.array(rows["quantity"]),
            "price": pa.array(rows["price"]),
            "amount": pa.array(rows["price"] * rows["quantity"]),
        }
    )
    return Sheet("trading", "executions.csv", "trading.executions", {}, table, "execution_id")


def _orders(books: DayBooks) -> Sheet:
    rows = books.orders
    filled, state = order_states(books)
    table = pa.table(
        {
            "order_id": pa.array(rows["order_id"]),
            "received_at": books.day_time(rows["received_at"]),
            **books.names.account_columns(rows["account"]),
            "security": books.names.security(rows["instrument"]),
            "side": pa.array(rows["side"].astype(np.int64)),
            "order_type": pa.array(rows["order_type"].astype(np.int64)),
            "time_in_force": pa.array(rows["time_in_force"].astype(np.int64)),
            "lot_type": pa.array(rows["lot_type"].astype(np.int64)),
            "price": pa.array(rows["price"]),
            "quantity": pa.array(rows["quantity"]),
            "filled": pa.array(filled),
            "state": pa.array(state),
            "reason": _reasons(books.masks),
        }
    )
    header = {"trade_date": books.date, "firm": FIRM_CODE}
    return Sheet("trading", "orders.dat", "trading.orders", header, table, "order_id")


def _reasons(masks: Array) -> pa.Array:
    """The first reason's code of each refused order, without the room's name."""
    distinct, places = np.unique(masks, return_inverse=True)
    kind = event_of(SubmitOrder)
    words = [
        kind.reasons_in(int(mask))[0].code.partition(".")[2] if mask else "" for mask in distinct.tolist()
    ]
    return pa.array(words, pa.string()).take(pa.array(places))
