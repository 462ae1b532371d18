"""Sums by group over rows, in the order in which the rows came."""

from __future__ import annotations

import numpy as np

from tallystick.ledger.columns import Array

__all__ = ["Groups"]


class Groups:
    """Rows grouped by equal keys; within a group they keep their order.

    >>> groups = Groups(np.array([5, 3, 5]))
    >>> groups.totals(np.array([1, 10, 2])).tolist(), groups.running(np.array([1, 10, 2])).tolist()
    ([3, 10, 3], [1, 10, 3])
    """

    def __init__(self, *keys: Array) -> None:
        self._order = np.lexsort(keys[::-1]) if len(keys[0]) else np.zeros(0, dtype=np.int64)
        changes = np.zeros(len(self._order), dtype=np.bool_)
        for key in keys:
            ordered = key[self._order]
            changes[1:] |= ordered[1:] != ordered[:-1]
        changes[:1] = True
        self._first = np.flatnonzero(changes)
        self._group = np.cumsum(changes) - 1

    def totals(self, values: Array) -> Array:
        """For each row the sum over its group."""
        ordered = values[self._order]
        return self._back(np.add.reduceat(ordered, self._first)[self._group] if len(ordered) else ordered)

    def running(self, values: Array) -> Array:
        """For each row the sum over its group up to and with the row."""
        sums = np.cumsum(values[self._order])
        before = np.concatenate([[0], sums])[self._first] if len(sums) else sums
        return self._back(sums - before[self._group])

    def steps(self, running: Array) -> Array:
        """For each row how much a running value of its group rose with it: the inverse of `running`."""
        ordered = running[self._order]
        steps = np.diff(ordered, prepend=0)
        steps[self._first] = ordered[self._first]
        return self._back(steps)

    def _back(self, ordered: Array) -> Array:
        """Values in the rows' own order again."""
        values = np.empty_like(ordered)
        values[self._order] = ordered
        return values
