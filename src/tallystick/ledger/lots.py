"""Lots: when and at what cost each holding was acquired, first in first out.

A projection beside the books, on trade dates: it decides nothing and has a digest of its own. Cost is the price paid
with the fee, in 1e-4; it leaves a lot in proportion, whole units first, so that costs always sum exactly.
"""

from __future__ import annotations

import hashlib

import numpy as np

from tallystick.ledger import kernels
from tallystick.ledger.columns import Array, grown
from tallystick.ledger.holdings import Holdings, account_of, instrument_of

__all__ = ["LOT_COLUMNS", "Lots"]

LOT_COLUMNS = ("key", "acquired", "quantity", "cost")
ROW, ACQUIRED, QUANTITY, COST = range(4)
EMPTIED_BEFORE_PACKING = 65_536


class Lots:
    """Queues of lots by row of the holdings; what was sold without a lot is owed and met by the next."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._clear()

    def _clear(self) -> None:
        self._ends: Array = np.zeros((0, 2), dtype=np.int64)
        self._owed: Array = np.zeros(0, dtype=np.int64)
        self._lots: Array = np.zeros((0, 5), dtype=np.int64)
        self._count = 0

    def add(self, rows: Array, acquired: Array, quantities: Array, costs: Array) -> None:
        """Acquire: one lot for each row of holdings, with the date (number), units above zero and cost in 1e-4."""
        self._fit()
        self._lots = grown(self._lots, self._count + len(rows))
        rows, acquired, quantities, costs = map(_whole_numbers, (rows, acquired, quantities, costs))
        self._count = kernels.add_lots(
            rows, acquired, quantities, costs, self._ends, self._owed, self._lots, self._count
        )

    def take(self, rows: Array, quantities: Array) -> None:
        """Dispose of units, oldest first."""
        self._fit()
        kernels.take_lots(
            _whole_numbers(rows), _whole_numbers(quantities), self._ends, self._owed, self._lots
        )

    def pack(self) -> None:
        """Give back the room of emptied lots when they are many; nothing that can be read changes."""
        empty = self._count - np.count_nonzero(self._lots[: self._count, QUANTITY])
        if empty > max(EMPTIED_BEFORE_PACKING, self._count // 2):
            self.load(self.save())

    def costs(self) -> Array:
        """The cost of each row of holdings, in 1e-4."""
        total = np.zeros(len(self._holdings), dtype=np.int64)
        lots = self._lots[: self._count]
        np.add.at(total, lots[:, ROW], lots[:, COST])
        return total

    def save(self) -> dict[str, Array]:
        """Lots by key of holding, oldest first, and what is owed by key: equal lots give equal arrays."""
        lots = self._lots[: self._count]
        lots = lots[lots[:, QUANTITY] > 0]
        keys = self._holdings.keys[lots[:, ROW]]
        order = np.lexsort((lots[:, ACQUIRED], keys))
        rows = np.flatnonzero(self._owed)
        rows = rows[np.argsort(self._holdings.keys[rows], kind="stable")]
        columns = zip(LOT_COLUMNS[1:], (ACQUIRED, QUANTITY, COST), strict=True)
        saved = {"key": keys[order]} | {name: lots[order, column] for name, column in columns}
        return saved | {"owed_key": self._holdings.keys[rows], "owed": self._owed[rows]}

    def load(self, saved: dict[str, Array]) -> None:
        """Take what `save` gave."""
        self._clear()
        owing, holding = (
            self._holdings.rows(account_of(keys), instrument_of(keys))
            for keys in (saved["owed_key"], saved["key"])
        )
        self.add(holding, saved["acquired"], saved["quantity"], saved["cost"])
        self._owed[owing] = saved["owed"]

    def digest(self) -> bytes:
        """SHA-256 of the lots in canonical order."""
        whole = hashlib.sha256()
        for name, array in sorted(self.save().items()):
            whole.update(name.encode() + b"\0" + np.ascontiguousarray(array, dtype=np.int64).tobytes())
        return whole.digest()

    def _fit(self) -> None:
        self._ends = grown(self._ends, len(self._holdings), fill=-1)
        self._owed = grown(self._owed, len(self._holdings))


def _whole_numbers(column: Array) -> Array:
    return np.ascontiguousarray(column, dtype=np.int64)
