"""All commands of one fixed kind as growing arrays, so that a view reads each batch once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.journal.batch import Batch, Columns
from tallystick.core.schema import Record

if TYPE_CHECKING:
    import numpy as np

__all__ = ["ColumnCache"]


class ColumnCache:
    """The arrays of one event type as far as `seq`; arrays once handed out never change."""

    def __init__(self, record: type[Record]) -> None:
        self.event_type = event_of(record)
        if not self.event_type.fixed:
            raise TypeError(f"{self.event_type.kind} is not a fixed kind; read it with batches()")
        self.seq = 0
        self._count = 0
        self._arrays = self._room(0)

    def add(self, batch: Batch) -> None:
        """Take one batch; batches of other versions of the kind are passed over."""
        self.seq = batch.seq
        if batch.version != self.event_type.version:
            return
        start, self._count = self._count, self._count + batch.count
        if self._count > len(self._arrays.seqs):
            larger = self._room(max(self._count, 2 * len(self._arrays.seqs)))
            for new, old in zip(larger, self._arrays, strict=True):
                new[:start] = old[:start]
            self._arrays = larger
        self._arrays.records[start : self._count] = batch.records
        self._arrays.verdicts[start : self._count] = batch.verdicts
        self._arrays.seqs[start : self._count] = batch.seq

    def columns(self) -> Columns:
        """Read-only views of everything taken so far."""
        views = [array[: self._count] for array in self._arrays]
        for view in views:
            view.flags.writeable = False
        return Columns(*views)

    def _room(self, size: int) -> Columns:
        import numpy as np

        dtypes: list[np.dtype[Any]] = [self.event_type.schema.dtype, verdict_dtype(), np.dtype(np.int64)]
        return Columns(*(np.empty(size, dtype) for dtype in dtypes))
