"""All trades that are not settled long since, each id once and for ever."""

from __future__ import annotations

from typing import Any

import numpy as np

from tallystick.core.events import event_of
from tallystick.core.money import LIMIT
from tallystick.core.schema import Record
from tallystick.ledger import kernels
from tallystick.ledger.columns import Array, Columns, Index
from tallystick.ledger.states import TradeState

__all__ = ["TRADE_COLUMNS", "Trades", "contents_of"]

TRADE_COLUMNS = {
    "execution_id": "<i8", "order_id": "<i8", "price": "<i8", "quantity": "<i8", "value": "<i8", "executed_at": "<i8",
    "fee": "<i8", "tax": "<i8", "day_traded": "<i8", "content": "<u8", "account": "<i4", "instrument": "<i4",
    "trade_date": "<i4", "settlement_date": "<i4", "side": "i1", "lot_type": "i1", "capacity": "i1", "state": "i1",
}  # fmt: skip


def contents_of(record: type[Record], rows: Array) -> Array:
    """A 64-bit fingerprint of what each fixed record says, without the time it was received."""
    dtype = event_of(record).schema.dtype
    packed = np.ascontiguousarray(rows, dtype=dtype)
    octets = np.array(packed.view(np.uint8).reshape(len(packed), dtype.itemsize))
    marks = np.empty(len(packed), dtype=np.uint64)
    kernels.mark_rows(octets, dtype["received_at"].itemsize, marks)
    return marks


class Trades:
    """Trades in journal order. Of those that left, ids and fingerprints stay, so that no id is ever taken twice."""

    def __init__(self) -> None:
        self.columns = Columns(**TRADE_COLUMNS)
        self._ids = Index()
        self._old: dict[str, Array] = {
            "id": np.zeros(0, dtype=np.int64),
            "content": np.zeros(0, dtype=np.uint64),
        }

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def claim(
        self,
        ids: Array,
        contents: Array,
        amounts: Array,
        gross: Array,
        masks: Array,
        repeated: int,
        too_large: int,
    ) -> Array:
        """Take the ids of trades without a mask, in order; tells which repeat an earlier trade whole.

        `amounts` (n, 2) is money and units, added to the `gross` totals; mask bits `repeated` and `too_large` are set
        where an id came with other content or a total would pass 2^61. Claimed ids must be followed by `append`.
        """
        self._reserve(len(ids))
        repeats = np.zeros(len(ids), dtype=np.bool_)
        self._ids.count = kernels.claim_ids(
            self._ids.slots, self._ids.keys, self.columns.whole("content"), self._ids.count,
            self._old["id"], self._old["content"], ids, contents, amounts, gross, LIMIT,
            np.uint64(repeated), np.uint64(too_large), masks, repeats,
        )  # fmt: skip
        return repeats

    def append(self, record: type[Record], rows: Array, **values: Any) -> None:
        """Enter accepted trades. Their ids and fingerprints are there if they were claimed just before."""
        if self._ids.count == len(self.columns):
            self._reserve(len(rows))
            self._ids.rows(rows["execution_id"], add=True)
            values["content"] = contents_of(record, rows)
        names = [name for name in TRADE_COLUMNS if name in (rows.dtype.names or ())]
        self.columns.append(len(rows), **{name: rows[name] for name in names}, **values)
        assert self._ids.count == len(self.columns), "each trade has one id"

    def row_of(self, execution_id: int) -> int:
        """The row of a trade by id, or -1."""
        return int(self._ids.rows(np.array([execution_id]))[0])

    def knows(self, execution_id: int) -> bool:
        """Whether the id was ever taken."""
        place = np.searchsorted(self._old["id"], execution_id)
        is_old = place < len(self._old["id"]) and self._old["id"][place] == execution_id
        return bool(is_old) or self.row_of(execution_id) >= 0

    def open_on(self, trade_date: int) -> Array:
        """Rows of a trade date that wait for the close, in journal order."""
        return np.flatnonzero((self["trade_date"] == trade_date) & (self["state"] == TradeState.OPEN))

    def forget_before(self, settlement_date: int) -> None:
        """Drop trades that settled before a date, keeping their ids and fingerprints."""
        gone = (self["state"] != TradeState.OPEN) & (self["settlement_date"] < settlement_date)
        if not gone.any():
            return
        ids = np.concatenate([self._old["id"], self["execution_id"][gone]])
        contents = np.concatenate([self._old["content"], self["content"][gone]])
        order = np.argsort(ids, kind="stable")
        self._old = {"id": ids[order], "content": contents[order]}
        self.columns.keep(~gone)
        self._ids.rebuild(self["execution_id"])

    def save(self) -> dict[str, Array]:
        """All columns, and the ids and fingerprints of trades that left."""
        return self.columns.save() | {f"old.{name}": array.copy() for name, array in self._old.items()}

    def load(self, saved: dict[str, Array]) -> None:
        """Take what `save` gave."""
        self._old = {name: np.array(saved[f"old.{name}"]) for name in self._old}
        self.columns = Columns(**TRADE_COLUMNS)
        self.columns.load({name: saved[name] for name in TRADE_COLUMNS})
        self._ids.rebuild(self["execution_id"])

    def _reserve(self, more: int) -> None:
        self.columns.reserve(more)
        self._ids.reserve(more)
