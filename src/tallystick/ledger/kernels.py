"""Loops on arrays that NumPy cannot say: finding rows by key, taking each id once, first-in-first-out lots.

Everything is int64 (marks are uint64); no kernel allocates what it is given, and none decides with floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tallystick.market import charge_at

__all__ = [
    "add_lots", "admit", "claim_ids", "fill_slots", "find_rows", "mark_rows", "take_charges", "take_lots",
]  # fmt: skip

Array = np.ndarray[Any, np.dtype[Any]]

SPREAD = np.uint64(11_400_714_819_323_198_485)
"""2^64 ÷ golden ratio: spreads neighbouring keys over the slots."""
MARK_START = np.uint64(14_695_981_039_346_656_037)
MARK_PRIME = np.uint64(1_099_511_628_211)
HALF = np.uint64(32)


@njit(cache=True, nogil=True)
def slot_of(slots: Array, keys: Array, key: int) -> int:
    """The slot that holds the row of `key`, or the empty slot (-1) where it belongs; slots are a power of two."""
    mask = slots.size - 1
    place = int((np.uint64(key) * SPREAD) >> HALF) & mask
    while slots[place] >= 0 and keys[slots[place]] != key:
        place = (place + 1) & mask
    return place


@njit(cache=True, nogil=True)
def fill_slots(slots: Array, keys: Array, count: int) -> None:
    """Enter the first `count` keys into empty slots."""
    for row in range(count):
        slots[slot_of(slots, keys, keys[row])] = row


@njit(cache=True, nogil=True)
def find_rows(slots: Array, keys: Array, count: int, wanted: Array, add: bool, rows: Array) -> int:
    """Write the row of each wanted key, -1 if it has none; with `add` it gets the next row. Returns the new count."""
    for i in range(wanted.size):
        slot = slot_of(slots, keys, wanted[i])
        if slots[slot] < 0 and add:
            keys[count] = wanted[i]
            slots[slot] = count
            count += 1
        rows[i] = slots[slot]
    return count


@njit(cache=True, nogil=True)
def mark_rows(octets: Array, first: int, marks: Array) -> None:
    """A 64-bit fingerprint (FNV-1a) of each row of bytes from byte `first` on."""
    for i in range(octets.shape[0]):
        mark = MARK_START
        for j in range(first, octets.shape[1]):
            mark = (mark ^ np.uint64(octets[i, j])) * MARK_PRIME
        marks[i] = mark


@njit(cache=True, nogil=True)
def earlier_row(ids: Array, wanted: int) -> int:
    """The place of an id in a sorted array, or -1."""
    low, high = 0, ids.size
    while low < high:
        middle = (low + high) // 2
        if ids[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < ids.size and ids[low] == wanted else -1


@njit(cache=True, nogil=True)
def claim_ids(
    slots: Array, keys: Array, marks: Array, count: int, old_ids: Array, old_marks: Array,
    ids: Array, contents: Array, amounts: Array, gross: Array, limit: int,
    repeated: np.uint64, too_large: np.uint64, masks: Array, repeats: Array,
) -> int:  # fmt: skip
    """Take ids in order: a known one with the same content is a repetition, with other content refused.

    A fresh one with no mask is entered, if the `gross` totals (money, units) stay within the limit with its amounts.
    Returns the new count.
    """
    for i in range(ids.size):
        slot = slot_of(slots, keys, ids[i])
        row = slots[slot]
        old = -1 if row >= 0 else earlier_row(old_ids, ids[i])
        if row >= 0 or old >= 0:
            mark = marks[row] if row >= 0 else old_marks[old]
            if mark == contents[i]:
                masks[i] = 0
                repeats[i] = True
            else:
                masks[i] |= repeated
        elif masks[i] == 0:
            if gross[0] + amounts[i, 0] > limit or gross[1] + amounts[i, 1] > limit:
                masks[i] |= too_large
                continue
            gross[0] += amounts[i, 0]
            gross[1] += amounts[i, 1]
            keys[count] = ids[i]
            marks[count] = contents[i]
            slots[slot] = count
            count += 1
    return count


@njit(cache=True, nogil=True)
def admit(amounts: Array, gross: Array, limit: int, too_large: np.uint64, masks: Array) -> None:
    """Refuse in order what would carry the `gross` totals (money, units) over the limit; add up the rest."""
    for i in range(masks.size):
        if masks[i] == 0:
            if gross[0] + amounts[i, 0] > limit or gross[1] + amounts[i, 1] > limit:
                masks[i] |= too_large
            else:
                gross[0] += amounts[i, 0]
                gross[1] += amounts[i, 1]


@njit(cache=True, nogil=True)
def take_charges(values: Array, table: Array, which: Array, taken: Array) -> None:
    """Write the charge on each value: row `which` of `table` has numerator, denominator, minimum, unit, rounding."""
    for i in range(values.size):
        charge = table[which[i]]
        taken[i] = charge_at(values[i], charge[0], charge[1], charge[2], charge[3], charge[4])


@njit(cache=True, nogil=True)
def front_cost(cost: int, quantity: int, taken: int) -> int:
    """The cost of the first `taken` of a lot's units: whole parts, the remainder one each on the units in front."""
    return cost // quantity * taken + min(taken, cost % quantity)


@njit(cache=True, nogil=True)
def add_lots(
    rows: Array,
    acquired: Array,
    quantities: Array,
    costs: Array,
    ends: Array,
    owed: Array,
    lots: Array,
    count: int,
) -> int:
    """Put lots in their holdings' queues by date acquired, equal dates in order of arrival; what is owed is met first.

    `ends[row]` is (first, last) lot of a holding or -1; a lot is (row, acquired, quantity, cost, next). Returns the
    new count of lots.
    """
    for i in range(rows.size):
        row = rows[i]
        met = min(owed[row], quantities[i])
        owed[row] -= met
        if met == quantities[i]:
            continue
        lot = count
        count += 1
        lots[lot, 0] = row
        lots[lot, 1] = acquired[i]
        lots[lot, 2] = quantities[i] - met
        lots[lot, 3] = costs[i] - front_cost(costs[i], quantities[i], met)
        before = ends[row, 1]
        if before >= 0 and lots[before, 1] > acquired[i]:
            before = -1
            after = ends[row, 0]
            while lots[after, 1] <= acquired[i]:
                before = after
                after = lots[after, 4]
        after = ends[row, 0] if before < 0 else lots[before, 4]
        lots[lot, 4] = after
        if before < 0:
            ends[row, 0] = lot
        else:
            lots[before, 4] = lot
        if after < 0:
            ends[row, 1] = lot
    return count


@njit(cache=True, nogil=True)
def take_lots(rows: Array, quantities: Array, ends: Array, owed: Array, lots: Array) -> None:
    """Take quantities from the oldest lots of holdings; what no lot covers is owed and met by the next lots."""
    for i in range(rows.size):
        row = rows[i]
        left = quantities[i]
        while left > 0 and ends[row, 0] >= 0:
            lot = ends[row, 0]
            taken = min(left, lots[lot, 2])
            lots[lot, 3] -= front_cost(lots[lot, 3], lots[lot, 2], taken)
            lots[lot, 2] -= taken
            left -= taken
            if lots[lot, 2] == 0:
                ends[row, 0] = lots[lot, 4]
                if ends[row, 0] < 0:
                    ends[row, 1] = -1
        owed[row] += left
