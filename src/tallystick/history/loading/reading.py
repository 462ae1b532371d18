"""Rows of a source as typed columns: plain lines and floats by kernels, everything else the exact way of `values`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tallystick.core.schema import schema_of
from tallystick.history.datasets import Dataset
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.line_index import NEWLINE, count_lines
from tallystick.history.loading.rows import Notes, Rows, Typed, coded
from tallystick.history.loading.times import read_clock_times
from tallystick.history.loading.values import (
    Column,
    read_dates,
    read_decimals,
    read_units,
    read_whole,
    whole_texts,
)

__all__ = ["Wanted", "read_exactly", "read_plain_lines"]

Array = np.ndarray[Any, np.dtype[Any]]

NUMBERS = ("int32", "int64")
LARGEST = 2**63 - 1
BLOCK_BYTES = 1 << 26
FAST_ROWS = 100_000
"""From so many rows on, floats go through the kernel, which takes a moment to load."""


class Wanted(NamedTuple):
    """What to read: the dataset, how the source writes it, the zone of its clock."""

    dataset: Dataset
    mapping: ColumnMapping
    zone: str

    def names(self, kind: str, there: Sequence[str]) -> list[str]:
        """The columns of a storage kind that a source gives."""
        columns = self.dataset.columns
        return [name for name in self.dataset.given if name in there and columns[name].kind == kind]

    def decimals(self, name: str) -> int:
        """How many decimals a number keeps: 4 for money and prices, 8 for ratios, none for quantities."""
        unit = self.dataset.columns[name].unit
        return int(unit[3:4]) if unit.startswith("1e-") else 0

    def needs_time(self, name: str) -> bool:
        """Whether a row must say a time that its source gives: one that its record cannot be without."""
        return name not in schema_of(self.dataset.spec.record).optional

    def may_miss(self, name: str) -> bool:
        """Whether a row may leave a column empty."""
        return name not in self.dataset.required or name in schema_of(self.dataset.spec.record).optional


def read_exactly(
    wanted: Wanted,
    raw: dict[str, pl.Series],
    numbers: Array,
    units: Mapping[str, int] | None = None,
    notes: Notes | None = None,
) -> Rows:
    """Rows from columns as they came, every value by its digits; what cannot be read is noted, beside what `notes` say
    already. `units` are columns that count the house's own unit already, with its decimals: 4 for 1e-4.
    """
    notes = Notes(len(numbers)) if notes is None else notes
    columns: dict[str, Typed] = {}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        given = [name for kind in NUMBERS for name in wanted.names(kind, list(raw))]
        given.sort(key=wanted.dataset.given.index)
        texts = {name: pool.submit(_read_text, raw[name]) for name in wanted.names("text", list(raw))}
        counted = {
            name: pool.submit(_read_number, wanted, name, raw[name], (units or {}).get(name))
            for name in given
        }
        dates = {name: read_dates(raw[name], wanted.zone) for name in wanted.names("date", list(raw))}
        on = dates["date"].values if "date" in dates else None
        times = {
            name: read_clock_times(raw[name], wanted.zone, on)
            for name in wanted.names("timestamp", list(raw))
        }
    for name, text in texts.items():
        columns[name], no_text = text.result()
        notes.note(no_text, "history.not_a_text", name)
        if not wanted.may_miss(name):
            notes.note(columns[name].missing, "history.empty", name)
    for name, read in dates.items():
        columns[name] = _noted(notes, name, read, "history.not_a_date", empty=name in wanted.dataset.spec.key)
    for name, read in times.items():
        columns[name] = _noted(notes, name, read, "history.not_a_time", empty=wanted.needs_time(name))
    found = {name: number.result() for name, number in counted.items()}
    if wanted.dataset.traded:
        untraded = [found[name].missing.to_numpy() for name in wanted.dataset.traded]
        notes.note_untraded(np.logical_and.reduce(untraded))
    for name, read in found.items():
        code = "history.not_a_number" if wanted.decimals(name) else "history.not_whole"
        if raw[name].dtype == pl.String and bool(read.unreadable.any()):
            notes.note(read.unreadable & raw[name].str.contains(",", literal=True), "history.comma", name)
        columns[name] = _noted(notes, name, read, code, empty=not wanted.may_miss(name))
    rounded = sum(read.rounded for read in found.values())
    return Rows(wanted.dataset, columns, numbers, notes, rounded)


def _read_text(column: pl.Series) -> tuple[Typed, pl.Series | None]:
    """A column of texts, and where it has none: floats are texts where they are whole, as 2330.0 is 2330."""
    if not column.dtype.is_float() and not column.dtype.is_decimal():
        return coded(column), None
    whole = whole_texts(column)
    return coded(whole), column.is_not_null() & whole.is_null()


def _read_number(wanted: Wanted, name: str, column: pl.Series, unit: int | None) -> Column:
    factor, decimals = wanted.mapping.multiply.get(name, 1), wanted.decimals(name)
    if unit is not None and unit <= decimals and name not in wanted.mapping.multiply:
        return read_units(column, 10 ** (decimals - unit))
    if decimals == 0:
        return read_whole(column, factor)
    if column.dtype.is_float() and factor == 1 and len(column) >= FAST_ROWS:
        return _read_floats(column, decimals)
    return read_decimals(column, factor * 10 ** (decimals - 4))


def _read_floats(column: pl.Series, decimals: int) -> Column:
    """Floats by their shortest decimal: quickly where that has few enough digits, else through its text."""
    from tallystick.history.loading.kernels import NONE, read_floats

    given = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    found = np.empty(len(given), np.int64)
    left = read_floats(given, 10**decimals, 1e15, found) if column.dtype == pl.Float64 else len(given)
    if column.dtype != pl.Float64:
        return read_decimals(column, 10 ** (decimals - 4))
    values = pl.Series(found)
    if not left:
        nowhere = _nowhere(column)
        return Column(values, nowhere, nowhere, nowhere, nowhere)
    places = pl.Series(np.flatnonzero(found == NONE))
    rest = read_decimals(column.gather(places), 10 ** (decimals - 4))
    # Polars scatters in place, so that each mask needs a column of its own.
    missing, unreadable, not_finite, large = (
        _nowhere(column).scatter(places, part)
        for part in (rest.missing, rest.unreadable, rest.not_finite, rest.too_large)
    )
    return Column(values.scatter(places, rest.values), missing, unreadable, not_finite, large, rest.rounded)


def _nowhere(column: pl.Series) -> pl.Series:
    return pl.repeat(False, len(column), dtype=pl.Boolean, eager=True)


def _noted(notes: Notes, name: str, column: Column, code: str, *, empty: bool) -> Typed:
    """A column that was read as arrays; what is wrong with it is noted (`empty`: also missing values)."""
    notes.note(column.not_finite, "history.not_finite", name)
    notes.note(column.too_large, "history.too_large", name)
    notes.note(column.unreadable, code, name)
    if empty:
        notes.note(column.missing, "history.empty", name)
    values = column.values
    if not values.null_count():
        return Typed(_numbers(values))
    return Typed(_numbers(values.fill_null(_zero(values))), values.is_not_null().to_numpy())


def _zero(values: pl.Series) -> Any:
    import datetime

    return datetime.date(1970, 1, 1) if values.dtype == pl.Date else 0


def _numbers(values: pl.Series) -> Array:
    found: Array = values.to_physical().to_numpy()
    return found.astype(np.int64) if found.dtype != np.int64 else found


class Plain(NamedTuple):
    """What the kernel read of a text: a row for each line, and the lines that were not plain [line, begin, end], whose
    rows hold nothing yet; lines count from 0.
    """

    columns: dict[str, Typed]
    lines: int
    rest: Array


def read_plain_lines(
    wanted: Wanted,
    text: bytes,
    span: tuple[int, int],
    places: dict[str, tuple[int, ...]],
    fields: int,
    separator: str,
) -> Plain:
    """Read the plain lines of a span of a text of UTF-8 rows; blocks of it at once on all cores."""
    from tallystick.history.loading.kernels import WORDS, read_lines

    data = np.frombuffer(text, np.uint8)
    table = _field_table(wanted, places, fields)
    blocks = _blocks(text, *span)
    counts = [sum(count_lines(text, begin, end)) + (text[end - 1] != NEWLINE) for begin, end in blocks]
    before = np.cumsum([0, *counts]).tolist()
    values = np.empty((len(places), before[-1]), np.int64)

    def read(number: int) -> tuple[Array, dict[str, list[str]]]:
        begin, end = blocks[number]
        part = values[:, before[number] : before[number + 1]]
        rest = np.empty((counts[number], 3), np.int64)
        words = np.empty((len(places), WORDS, 2), np.int64)
        others, known = read_lines(data, begin, end, ord(separator), table, part, rest, words)
        texts = {
            name: [text[start:stop].decode() for start, stop in words[column, : known[column]].tolist()]
            for column, name in enumerate(places)
        }
        return rest[:others] + np.array([before[number], 0, 0]), texts

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = list(pool.map(read, range(len(blocks))))
    rest = np.concatenate([rows for rows, _ in found])
    values[:, rest[:, 0]] = 0
    columns = {}
    for column, name in enumerate(places):
        texts = [block[name] for _, block in found]
        columns[name] = _typed(wanted, name, values[column], texts, before)
    return Plain(columns, before[-1], rest)


def _field_table(wanted: Wanted, places: dict[str, tuple[int, ...]], fields: int) -> Array:
    """For each field of the header: kind, decimals, the largest size, whether it must be there, its column's number."""
    from tallystick.history.loading.kernels import DATE, NUMBER, TEXT, TIME

    kinds = {"text": TEXT, "date": DATE, "timestamp": TIME}
    table = np.zeros((fields, 5), np.int64)
    for column, (name, place) in enumerate(places.items()):
        kind = kinds.get(wanted.dataset.columns[name].kind, NUMBER)
        times = kind == TIME and wanted.needs_time(name)
        needed = not wanted.may_miss(name) or times or name in wanted.dataset.spec.key
        # The exact way reads whole numbers in 1e-4 first, so that both ways have the same largest one.
        whole = kind == NUMBER and not wanted.decimals(name)
        limit = LARGEST // (wanted.mapping.multiply.get(name, 1) * (10_000 if whole else 1))
        table[place[0]] = kind, wanted.decimals(name), limit, needed, column
    return table


def _blocks(text: bytes, begin: int, stop: int) -> list[tuple[int, int]]:
    """Parts of a span that end with a line: at least as many as there are cores."""
    size = min(BLOCK_BYTES, (stop - begin) // (os.cpu_count() or 1) + 1)
    blocks = []
    while begin < stop:
        found = text.find(b"\n", min(begin + size, stop), stop)
        end = stop if found < 0 else found + 1
        blocks.append((begin, end))
        begin = end
    return blocks


def _typed(wanted: Wanted, name: str, values: Array, texts: list[list[str]], before: list[int]) -> Typed:
    """A column of the kernel's numbers; texts of all blocks get one list of words."""
    from tallystick.history.loading.kernels import NONE

    there = None
    if wanted.may_miss(name) and bool((values == NONE).any()):
        there = values != NONE
        values[~there] = 0
    if wanted.dataset.columns[name].kind != "text":
        factor = wanted.mapping.multiply.get(name, 1)
        if factor != 1:
            values *= factor
        return Typed(values, there)
    places: dict[str, int] = {}
    codes = np.empty(len(values), np.int32)
    for number, words in enumerate(texts):
        span = slice(before[number], before[number + 1])
        codes[span] = np.array([places.setdefault(word, len(places)) for word in words] or [0])[values[span]]
    return Typed(codes, there, list(places) or [""])
