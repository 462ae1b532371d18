"""As-of join: for each left row, the last right row of the same symbol at or before it.

Rule text: the last right row with `ts` <= left `ts` of the same symbol; among right rows of equal `ts` the larger
`seq`; none before the first; a tolerance is inclusive; a symbol that the right side has not gives none; the order of
the left rows is kept. Neither side need be sorted, and rows may be doubled.

Where the text is silent:

- J1. Right rows equal in symbol, `ts` and `seq`: the one that stands later in the right side as given.
- J2. A right row without `seq` (no such column, or null) ranks below any that has one; a side without `seq` is
  therefore decided by J1 alone.
- J3. The left row's own `seq` plays no part: a right row of the same instant counts as before it.
- J4. A null in a `by` column matches nothing, not even another null. A null `ts` matches nothing on either side.
- J5. The tolerance is a bound on the right row that the rule chose; it never leads to another row. 0 asks for the same
  instant, None for any age. A negative one is refused.
- J6. With several `by` columns all must be equal.

>>> trades = [{"symbol": "A", "ts": 5}, {"symbol": "A", "ts": 1}, {"symbol": "B", "ts": 9}]
>>> quotes = [{"symbol": "A", "ts": ts, "seq": seq} for ts, seq in [(5, 7), (5, 8), (2, 1)]]
>>> asof(trades, quotes)
[1, None, None]
"""

from __future__ import annotations


def asof(left, right, by=("symbol",), tolerance=None):
    """For each left row in order: the position of its right row in `right` as given, or None."""
    if tolerance is not None and tolerance < 0:
        raise ValueError("a tolerance is not negative")
    return [_position(row, right, by, tolerance) for row in left]


def asof_rows(left, right, by=("symbol",), tolerance=None):
    """The same as pairs (left row, right row or None)."""
    positions = asof(left, right, by, tolerance)
    return [(row, None if at is None else right[at]) for row, at in zip(left, positions, strict=True)]


def _position(row, right, by, tolerance):
    best = None
    for position, candidate in enumerate(right):
        if not _may_match(row, candidate, by):
            continue
        if best is None or _rank(candidate, position) > _rank(right[best], best):
            best = position
    if best is None:
        return None
    if tolerance is not None and row["ts"] - right[best]["ts"] > tolerance:
        return None
    return best


def _may_match(row, candidate, by):
    for name in by:
        if row[name] is None or row[name] != candidate[name]:
            return False
    if row["ts"] is None or candidate["ts"] is None:
        return False
    return candidate["ts"] <= row["ts"]


def _rank(candidate, position):
    """Greater is better: later, then larger in sequence, then later in the list."""
    seq = candidate.get("seq")
    return (candidate["ts"], seq is not None, seq or 0, position)
