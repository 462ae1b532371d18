"""Rows in the lake's own order, and which of them repeat a key: one sort answers both."""

from __future__ import annotations

from typing import Any

import numpy as np

from tallystick.core.lake.layout import layout_of
from tallystick.core.lake.partitions import partition_numbers
from tallystick.history.loading.rows import Rows, Typed

__all__ = ["note_repeated", "sorted_places", "stable_order"]

Array = np.ndarray[Any, np.dtype[Any]]

SECOND = 1_000_000_000
BITS = 63
SMALL = 1 << 16


def sorted_places(rows: Rows, kept: Array) -> tuple[Array, Array]:
    """The places of kept rows by partition, sort columns and the rest of the key, equal keys as they came; and which of
    them have the key of the one before.
    """
    twice = np.zeros(len(kept), dtype=bool)
    if len(kept) < 2:
        return kept, twice
    keys = _keys(rows, kept)
    packed = _packed(keys)
    if packed is None:
        order = np.lexsort([key for key, _ in reversed(keys)])
        twice[1:] = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key, _ in keys])
        return kept[order], twice
    if (packed[1:] < packed[:-1]).any():
        order = _order_of(keys, packed)
        kept, packed = kept[order], packed[order]
    np.equal(packed[1:], packed[:-1], out=twice[1:])
    return kept, twice


def _order_of(keys: list[tuple[Array, int]], packed: Array) -> Array:
    """The stable order of rows by all keys; last keys by which they stand in order already need no sorting."""
    bits = 0
    for number in range(len(keys) - 1, 0, -1):
        bits += keys[number][1].bit_length()
        rest = packed & ((1 << bits) - 1)
        if (rest[1:] < rest[:-1]).any():
            bits -= keys[number][1].bit_length()
            break
    return stable_order(packed >> bits)


def stable_order(numbers: Array) -> Array:
    """The order of numbers not below 0, equal ones as they stand; of few distinct ones in one pass."""
    if len(numbers) and int(numbers.max()) < SMALL:
        return np.argsort(numbers.astype(np.uint16), kind="stable")
    places = (len(numbers) - 1).bit_length() if len(numbers) else 0
    if len(numbers) and int(numbers.max()).bit_length() + places <= BITS:
        numbered = (numbers << places) | np.arange(len(numbers))
        numbered.sort()
        return np.asarray(numbered & ((1 << places) - 1))
    return np.argsort(numbers, kind="stable")


def note_repeated(rows: Rows, places: Array, twice: Array) -> Array:
    """Which of the sorted places repeat an earlier row in every value. Rows that repeat only a key are noted, the first
    among them, since nothing says which is right.
    """
    alike = np.zeros(len(places), dtype=bool)
    if not twice.any():
        return alike
    first_of_run = np.maximum.accumulate(np.where(twice, 0, np.arange(len(places))))
    disputed: dict[int, int] = {}
    for later in np.flatnonzero(twice).tolist():
        first, place = int(first_of_run[later]), int(places[later])
        if all(_equal(column, int(places[first]), place) for column in rows.columns.values()):
            alike[later] = True
        else:
            disputed.setdefault(first, place)
    for first, other in disputed.items():
        _note_run(rows, places, twice, alike, (first, other))
    return alike


def _note_run(rows: Rows, places: Array, twice: Array, alike: Array, disputed: tuple[int, int]) -> None:
    """Note each row of a run whose key says different things, with the number of one that says otherwise."""
    first, other = disputed
    key, at = rows.dataset.spec.key[0], first
    while at == first or (at < len(places) and twice[at]):
        against = other if at == first or alike[at] else int(places[first])
        rows.notes.note_one(int(places[at]), "history.key_twice", key, str(rows.numbers[against]))
        alike[at] = False
        at += 1


def _equal(column: Typed, one: int, other: int) -> bool:
    if column.there is not None and not (column.there[one] and column.there[other]):
        return bool(column.there[one] == column.there[other])
    return bool(column.values[one] == column.values[other])


def _keys(rows: Rows, kept: Array) -> list[tuple[Array, int]]:
    """The sort keys as numbers from 0, with the largest of each."""
    layout = layout_of(rows.dataset.spec)
    taken = {name: rows.columns[name].values[kept] for name in layout.order[:-1]}
    keys = []
    if layout.partition is not None:
        keys.append(_from_zero(partition_numbers(layout, taken[layout.partition[0]])))
    for name, values in taken.items():
        words = rows.columns[name].words
        keys.append(_from_zero(values if words is None else _ranks(words)[values]))
    return keys


def _ranks(words: list[str]) -> Array:
    """The place of each text in the order of their bytes, which is the lake's."""
    ranks = np.empty(len(words), np.int64)
    ranks[sorted(range(len(words)), key=lambda word: words[word].encode())] = np.arange(len(words))
    return ranks


def _from_zero(key: Array) -> tuple[Array, int]:
    """The numbers less the lowest, in their own memory if they can, and the largest of these."""
    if not len(key):
        return key, 0
    low, high = int(key.min()), int(key.max())
    whole = key.astype(np.int64, copy=False)
    whole -= low
    if high - low > SECOND and not (whole % SECOND).any():
        return whole // SECOND, (high - low) // SECOND
    return whole, high - low


def _packed(keys: list[tuple[Array, int]]) -> Array | None:
    """The keys as one number each, or None when they do not fit."""
    if sum(high.bit_length() for _, high in keys) > BITS:
        return None
    packed, first = keys[0][0], True
    for key, high in keys:
        packed = key if first else (packed << high.bit_length()) | key
        first = False
    return packed
