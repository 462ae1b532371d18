"""The exchange's file of the member's executions, one a venue, and the clearing house's net obligations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.simulation.files.books import CASH, DayBooks
from tallystick.simulation.files.sheets import Sheet
from tallystick.simulation.files.trading import FIRM_CODE

__all__ = ["exchange_files"]

Array = np.ndarray[Any, np.dtype[Any]]

FIRM_TIER = 2
MONEY_NAME = "應收付款項"


def exchange_files(books: DayBooks, venues: Array) -> list[Sheet]:
    """`executions-<venue>.dat` for each venue, and `obligations.dat`; `venues` has each instrument code's venue."""
    found = books.executions
    codes = venues[found["instrument"]]
    sheets = [_executions(books, found[codes == venue], venue) for venue in np.unique(codes).tolist()]
    return [*sheets, _obligations(books)]


def _executions(books: DayBooks, rows: Array, venue: str) -> Sheet:
    table = pa.table(
        {
            "security": books.names.security(rows["instrument"]),
            "side": pa.array(rows["side"].astype(np.int64)),
            "lot_type": pa.array(rows["lot_type"].astype(np.int64)),
            "execution_id": pa.array(rows["execution_id"]),
            "order_id": pa.array(rows["order_id"]),
            **books.names.account_columns(rows["account"]),
            "executed_at": books.day_time(rows["executed_at"]),
            "price": pa.array(rows["price"]),
            "quantity": pa.array(rows["quantity"]),
            "amount": pa.array(rows["price"] * rows["quantity"]),
            "security_name": books.names.security_names.take(pa.array(rows["instrument"])),
        }
    )
    header = {"trade_date": books.date, "member": FIRM_CODE, "venue": venue}
    return Sheet("exchange", f"executions-{venue}.dat", "exchange.executions", header, table, "execution_id")


def _obligations(books: DayBooks) -> Sheet:
    """Net of each security, and the money in one line of its own."""
    firm = books.owed[books.owed["tier"] == FIRM_TIER]
    is_cash = firm["instrument"] == CASH
    shares = firm[~is_cash]
    securities = books.names.security(shares["instrument"]).to_pylist()
    names = books.names.security_names.take(pa.array(shares["instrument"])).to_pylist()
    table = pa.table(
        {
            "security": pa.array([*securities, "TWD"]),
            "security_name": pa.array([*names, MONEY_NAME]),
            "quantity": pa.array([*shares["amount"].tolist(), 0]),
            "amount": pa.array([*[0] * len(shares), int(firm["amount"][is_cash].sum())]),
        }
    )
    header = {"trade_date": books.date, "settlement_date": books.settlement_date, "member": FIRM_CODE}
    return Sheet("exchange", "obligations.dat", "exchange.obligations", header, table, "security")
