"""Growing columns and an index over keys: the shape of everything that the ledger holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from tallystick.ledger import kernels

__all__ = ["Array", "Columns", "Index", "grown"]

Array = np.ndarray[Any, np.dtype[Any]]

FIRST_ROWS = 64


def grown(array: Array, rows: int, fill: int = 0) -> Array:
    """The array itself if it has that many rows, else a copy of at least double size, the new rows set to `fill`."""
    if len(array) >= rows:
        return array
    size = max(rows, 2 * len(array), FIRST_ROWS)
    larger = np.zeros((size, *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    if fill:
        larger[len(array) :] = fill
    return larger


class Columns:
    """Columns of equal length that grow at the end; `columns["price"]` is a view of the rows in use.

    >>> trades = Columns(price="<i8", side="i1")
    >>> trades.append(2, price=[5, 7], side=1)
    >>> trades["price"].tolist(), len(trades)
    ([5, 7], 2)
    """

    def __init__(self, **types: str) -> None:
        self._arrays: dict[str, Array] = {
            name: np.zeros(FIRST_ROWS, dtype=code) for name, code in types.items()
        }
        self._count = 0
        self._room = FIRST_ROWS

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name][: self._count]

    @property
    def names(self) -> list[str]:
        """The columns' names in order of declaration."""
        return list(self._arrays)

    def reserve(self, more: int) -> None:
        """Make room for `more` rows, so that a kernel may write them."""
        if self._count + more > self._room:
            for name, array in self._arrays.items():
                self._arrays[name] = grown(array, self._count + more)
                self._room = len(self._arrays[name])

    def whole(self, name: str) -> Array:
        """A column with its spare rows; its address changes when the columns grow."""
        return self._arrays[name]

    def append(self, count: int, **values: Any) -> None:
        """Add `count` rows; columns that are not given keep what `whole` had there (0 unless a kernel wrote)."""
        self.reserve(count)
        for name, value in values.items():
            self._arrays[name][self._count : self._count + count] = value
        self._count += count

    def keep(self, rows: Array) -> None:
        """Keep only the rows of a mask, in their order."""
        for name in self._arrays:
            kept = self[name][rows]
            self._arrays[name][:] = 0
            self._arrays[name][: len(kept)] = kept
        self._count = int(np.count_nonzero(rows))

    def save(self) -> dict[str, Array]:
        """Copies of all columns by name."""
        return {name: self[name].copy() for name in self._arrays}

    def load(self, saved: dict[str, Array]) -> None:
        """Take what `save` gave."""
        self._count = 0
        self.append(len(next(iter(saved.values()))), **saved)


class Index:
    """int64 keys and the rows 0, 1, 2, … that stand for them, in order of first appearance.

    >>> index = Index()
    >>> index.rows(np.array([7, 9, 7]), add=True).tolist(), index.rows(np.array([8])).tolist()
    ([0, 1, 0], [-1])
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all keys."""
        self.keys: Array = np.zeros(FIRST_ROWS, dtype=np.int64)
        self.slots: Array = np.full(4 * FIRST_ROWS, -1, dtype=np.int64)
        self.count = 0

    def reserve(self, more: int) -> None:
        """Make room for `more` keys, so that slots are never more than half full."""
        self.keys = grown(self.keys, self.count + more)
        if len(self.slots) < 2 * (self.count + more):
            size = 1 << int(4 * (self.count + more)).bit_length()
            self.slots = np.full(size, -1, dtype=np.int64)
            kernels.fill_slots(self.slots, self.keys, self.count)

    def rows(self, keys: Array, *, add: bool = False) -> Array:
        """The row of each key; a key without one gets -1, or the next row when `add` says so."""
        wanted = np.ascontiguousarray(keys, dtype=np.int64)
        if add:
            self.reserve(len(wanted))
        rows = np.empty(len(wanted), dtype=np.int64)
        self.count = kernels.find_rows(self.slots, self.keys, self.count, wanted, add, rows)
        return rows

    def rebuild(self, keys: Array) -> None:
        """Forget all keys and take these, which are distinct, in their order."""
        self.clear()
        self.reserve(len(keys))
        self.keys[: len(keys)] = keys
        self.count = len(keys)
        kernels.fill_slots(self.slots, self.keys, self.count)
