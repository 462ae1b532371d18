"""The depository's files: each client's balance at the end of the day, and the book entries that led to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.ledger.events import AccountKind, MoveSecurities
from tallystick.simulation.files.books import DayBooks
from tallystick.simulation.files.sheets import Sheet
from tallystick.simulation.files.trading import FIRM_CODE

__all__ = ["depository_files"]

Array = np.ndarray[Any, np.dtype[Any]]

HOLDERS = (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR)
SETTLEMENT, TRANSFER_IN, TRANSFER_OUT = 1, 2, 3


def depository_files(books: DayBooks) -> list[Sheet]:
    """`positions.dat` and `movements.dat`; balances of yesterday and movements of today give balances of today."""
    return [_positions(books), _movements(books)]


def _keys(books: DayBooks, positions: Array) -> tuple[Array, Array]:
    """Account and instrument as one number, and the balance, of holders that have some."""
    mine = np.isin(books.names.kinds[positions["account"]], HOLDERS) & (positions["posted"] != 0)
    rows = positions[mine]
    return rows["account"].astype(np.int64) << 32 | rows["instrument"].astype(np.int64), rows["posted"]


def _positions(books: DayBooks) -> Sheet:
    keys, balances = _keys(books, books.positions_after)
    table = pa.table(
        {
            "account": books.names.numbers.take(pa.array(keys >> 32)),
            "security": books.names.security(keys & 0xFFFFFFFF),
            "balance": pa.array(balances),
        }
    )
    header = {"balance_date": books.date, "participant": FIRM_CODE}
    return Sheet("depository", "positions.dat", "depository.positions", header, table, "account")


def _movements(books: DayBooks) -> Sheet:
    """Transfers one by one; all else that changed a balance is its settlement."""
    transfers = [one.command for one in books.moved if one.kind is MoveSecurities]
    moved = np.array(
        [(one.account << 32 | one.instrument, one.quantity) for one in transfers], np.int64
    ).reshape(-1, 2)
    before, after = _keys(books, books.positions_before), _keys(books, books.positions_after)
    keys = np.concatenate([before[0], after[0], moved[:, 0]])
    changes = np.concatenate([-before[1], after[1], -moved[:, 1]])
    distinct, places = np.unique(keys, return_inverse=True)
    settled = np.zeros(len(distinct), np.int64)
    np.add.at(settled, places, changes)
    keys, quantities = distinct[settled != 0], settled[settled != 0]
    references = [f"S{books.date:%y%m%d}{number:07d}" for number in range(len(keys))]
    kinds = np.concatenate(
        [np.full(len(keys), SETTLEMENT), np.where(moved[:, 1] > 0, TRANSFER_IN, TRANSFER_OUT)]
    ).astype(np.int64)
    keys = np.concatenate([keys, moved[:, 0]])
    table = pa.table(
        {
            "serial": pa.array(np.arange(1, len(keys) + 1)),
            "account": books.names.numbers.take(pa.array(keys >> 32)),
            "security": books.names.security(keys & 0xFFFFFFFF),
            "kind": pa.array(kinds),
            "quantity": pa.array(np.concatenate([quantities, moved[:, 1]])),
            "reference": pa.array([*references, *(one.depository_reference for one in transfers)]),
        }
    )
    header = {"entry_date": books.date, "participant": FIRM_CODE}
    return Sheet("depository", "movements.dat", "depository.movements", header, table, "reference")
