"""A source's rows through all checks: which are good and in which order, which are faulty, what is doubted."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.core.lake.layout import layout_of
from tallystick.core.schema import number_date
from tallystick.history.loading.checks import Circumstances, note_among_neighbours, note_faults
from tallystick.history.loading.ordering import note_repeated, sorted_places
from tallystick.history.loading.rows import Fault, Rows, Warned

__all__ = ["Checked", "check_rows", "comparable"]

Array = np.ndarray[Any, np.dtype[Any]]

SYMBOLS_NAMED = 1_000
"""At most so many symbols are named when the lake is asked what it knows."""


class Checked(NamedTuple):
    """Rows after the checks: the places of the good ones in the lake's order, faults and doubts, rows without trade,
    rows that came twice alike.
    """

    rows: Rows
    places: Array
    faults: list[Fault]
    warnings: list[Warned]
    without_trade: int
    duplicates: int
    dates: tuple[int, int]
    """The first and last date of the good rows, days since 1970; both 0 when there is none."""

    @property
    def first_words(self) -> set[str]:
        """What stands in the first column of the key, faulty rows included; nothing when it is no text."""
        return set(self.rows.columns[self.rows.dataset.spec.key[0]].words or ())

    def within(self) -> dict[str, Any]:
        """Where the lake may know the rows: their dates, and symbols where they are few; there must be a row."""
        low, high = self.dates
        dataset = self.rows.dataset
        found: dict[str, Any] = {dataset.date_column: (number_date(low), number_date(high))}
        first = self.rows.columns[dataset.spec.key[0]]
        if (
            first.words
            and len(used := np.flatnonzero(np.bincount(first.values[self.places]))) <= SYMBOLS_NAMED
        ):
            found[dataset.spec.key[0]] = [first.words[code] for code in used.tolist()]
        return found

    def without(self, leaving: Array, known: int = 0) -> Checked:
        """The same without rows by their places: noted faults, and `known` ones that are there already."""
        return self._replace(
            places=self.places[~np.isin(self.places, leaving)],
            faults=self.rows.notes.faults(),
            duplicates=self.duplicates + known,
        )

    def table(self) -> pa.Table:
        """The good rows as the lake takes them, texts as dictionaries."""
        whole = len(self.places) == self.rows.height and bool((np.diff(self.places) == 1).all())
        layout = layout_of(self.rows.dataset.spec)
        fields = {field.name: field.type for field in layout.stored_arrow}

        def of(name: str) -> pa.Array:
            column = self.rows.columns[name]
            taken = column if whole else column.take(self.places)
            mask = None if taken.there is None or taken.there.all() else ~taken.there
            if taken.words is not None:
                codes = pa.array(taken.values, pa.int32(), mask=mask)
                return pa.DictionaryArray.from_arrays(codes, pa.array(taken.words, pa.string()))
            if fields[name] == pa.date32():
                return pa.array(taken.values.astype(np.int32), mask=mask).view(pa.date32())
            return pa.array(taken.values, mask=mask).cast(fields[name])

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return pa.table(dict(zip(self.rows.columns, pool.map(of, self.rows.columns), strict=True)))


def comparable(name: str, kind: Any) -> pl.Expr:
    """A column in a form in which new rows and those of the lake compare."""
    column = pl.col(name)
    return column.cast(pl.String) if kind == pl.String else column.to_physical().cast(pl.Int64)


def check_rows(rows: Rows, given: Circumstances) -> Checked:
    """Run every check that the dataset declares."""
    notes = rows.notes
    note_faults(rows, given)
    places, twice = sorted_places(rows, np.flatnonzero(notes.codes == 0))
    duplicates = note_repeated(rows, places, twice)
    count = int(duplicates.sum())
    if count or not (notes.codes[places] == 0).all():
        places = places[(notes.codes[places] == 0) & ~duplicates]
    note_among_neighbours(rows, given._replace(order=places))
    if not (notes.codes[places] == 0).all():
        places = places[notes.codes[places] == 0]
    days = rows.columns[rows.dataset.date_column].values[places]
    dates = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    return Checked(rows, places, notes.faults(), notes.warnings, notes.untraded, count, dates)
