"""What was known at a time: a store that only appends, and asks by looking at everything.

A store is a list of rows in the order in which they were committed. A row is a dict with the columns of its key,
`known_time`, values, and `withdrawn` (true when the row says that the fact does not hold).

Rule text: rows with equal keys are versions of one fact; the one with the latest known time holds, and of equal ones
the one that was committed last. "As known at T" is a filter on `known_time`.

Where the text is silent:

- K1. T is inclusive: what came to be known at T is known at T. None asks for now, which is every row, also one whose
  `known_time` lies in the future of the clock.
- K2. Commit order does not limit what is known: a row committed today with an earlier `known_time` is from now on part
  of every view from that time on. (A room that stamps the time itself never makes one; a load with `--known-at` does.)
- K3. Within one commit, the later row of the batch counts as committed later.
- K4. A withdrawal is a version like any other: its key has no row from then on, and has one again when a later version
  is not withdrawn. A withdrawal of a key that never was is no fault.
- K5. `revision` decides nothing; `known_time` and the commit do.
- K6. The answer is one row for each key, in the order of keys; its `known_time` is that of the version that holds.

>>> store = [{"key": "A", "known_time": 2, "close": 10}, {"key": "A", "known_time": 5, "close": 11}]
>>> [row["close"] for at in (1, 2, 4, None) for row in as_known_at(store, ("key",), at)]
[10, 10, 11]
"""

from __future__ import annotations


def as_known_at(rows, key, known_at=None):
    """The rows that held at a time, one for each key, in the order of keys."""
    holding = {}
    for row in rows:
        if known_at is not None and row["known_time"] > known_at:
            continue
        name = tuple(row[column] for column in key)
        if name not in holding or row["known_time"] >= holding[name]["known_time"]:
            holding[name] = row
    return [holding[name] for name in sorted(holding) if not holding[name].get("withdrawn")]


def versions_of(rows, key, name):
    """All versions of one fact, from the first to the one that holds now."""
    found = [row for row in rows if tuple(row[column] for column in key) == tuple(name)]
    return sorted(found, key=lambda row: row["known_time"])
