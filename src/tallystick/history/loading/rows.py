"""Rows between a source and the lake: typed columns as arrays, and what is wrong with which row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tallystick.history.datasets import Dataset
from tallystick.history.loading.reasons import CODES, REASONS
from tallystick.history.loading.values import as_text, is_missing

__all__ = ["NO_ROW", "Fault", "Notes", "Rows", "Typed", "Warned", "coded", "filled", "recoded"]

Array = np.ndarray[Any, np.dtype[Any]]

UNTRADED, NO_ROW = 255, 254
"""Stand among the codes of faults for a row without trade, and for a line that is no row."""


class Typed(NamedTuple):
    """A column: numbers, times (UTC nanoseconds) and dates (days) as they are, texts as places in `words`; `there`
    tells which rows have a value (None: all).
    """

    values: Array
    there: Array | None = None
    words: list[str] | None = None

    def take(self, places: Array) -> Typed:
        """The rows at these places."""
        return Typed(self.values[places], None if self.there is None else self.there[places], self.words)

    def part(self, span: slice) -> Typed:
        """A span of the rows, without a copy."""
        return Typed(self.values[span], None if self.there is None else self.there[span], self.words)

    @property
    def missing(self) -> Array:
        """Which rows have no value."""
        return np.zeros(len(self.values), dtype=bool) if self.there is None else ~self.there


class Fault(NamedTuple):
    """A fault of a row: its place among the source's rows, column, reason code, value as it came (None: as it stands
    in the source).
    """

    place: int
    column: str
    code: str
    value: str | None


class Warned(NamedTuple):
    """What a check cannot be sure of: reason code, column, how many rows, the place of the first of them, and a value
    to tell (else that row's number).
    """

    code: str
    column: str
    rows: int
    place: int
    value: str = ""


class Notes:
    """The first fault of each row, by number, so that a million rows cost a byte each; and what is only doubted."""

    def __init__(self, rows: int) -> None:
        self.codes: Array = np.zeros(rows, dtype=np.uint8)
        self.columns: Array = np.zeros(rows, dtype=np.uint8)
        self.names: list[str] = []
        self.told: dict[int, str] = {}
        self.warnings: list[Warned] = []

    def note(self, wrong: pl.Series | Array | None, code: str, column: str) -> None:
        """Note a fault where `wrong` and no earlier fault."""
        if wrong is None or not wrong.any():
            return
        where = np.asarray(wrong.fill_null(False) if isinstance(wrong, pl.Series) else wrong)
        where = where & (self.codes == 0)
        self.codes[where] = CODES[code]
        self.columns[where] = self._number(column)

    def note_untraded(self, where: Array) -> None:
        """Mark rows that say that nothing was traded: no fault, and not kept."""
        self.codes[where & (self.codes == 0)] = UNTRADED

    @property
    def untraded(self) -> int:
        """How many rows say that nothing was traded."""
        return int((self.codes == UNTRADED).sum())

    def note_one(self, place: int, code: str, column: str, value: str) -> None:
        """Note a fault of one row with the value to tell, if it has none."""
        if not self.codes[place]:
            self.codes[place] = CODES[code]
            self.columns[place] = self._number(column)
            self.told[place] = value

    def doubt(self, where: Array, code: str, column: str) -> None:
        """Warn of rows that may be wrong; they are kept."""
        places = np.flatnonzero(where & (self.codes == 0))
        if len(places):
            self.warnings.append(Warned(code, column, len(places), int(places[0])))

    def faults(self) -> list[Fault]:
        """All faults in order of place."""
        return [
            Fault(
                place,
                self.names[self.columns[place]],
                REASONS[self.codes[place] - 1].code,
                self.told.get(place),
            )
            for place in np.flatnonzero((self.codes != 0) & (self.codes < NO_ROW)).tolist()
        ]

    def part(self, span: slice) -> Notes:
        """The notes of a span of the rows: what is noted there is noted here."""
        found = Notes(0)
        found.codes, found.columns = self.codes[span], self.columns[span]
        found.names = self.names
        return found

    def fill(self, places: Array, others: Notes) -> None:
        """Take the notes of rows that were read apart, at the places where they belong."""
        names = np.array([self._number(name) for name in others.names] or [0], np.uint8)
        self.codes[places] = others.codes
        self.columns[places] = names[others.columns]
        self.told |= {int(places[place]): value for place, value in others.told.items()}

    def _number(self, column: str) -> int:
        if column not in self.names:
            self.names.append(column)
        return self.names.index(column)


class Rows(NamedTuple):
    """The rows of a source: typed columns by name, row numbers as people see them, notes, how many were rounded, and
    whether their sequence was counted here.

    Faulty rows are among them until they are taken out; their values stand for nothing where they could not be read.
    """

    dataset: Dataset
    columns: dict[str, Typed]
    numbers: Array
    notes: Notes
    rounded: int = 0
    counted: bool = False

    @property
    def height(self) -> int:
        """How many rows."""
        return len(self.numbers)

    def part(self, span: slice) -> Rows:
        """A span of the rows, without a copy; what is noted of it is noted of these."""
        columns = {name: column.part(span) for name, column in self.columns.items()}
        return self._replace(columns=columns, numbers=self.numbers[span], notes=self.notes.part(span))


def coded(column: pl.Series) -> Typed:
    """A column as places in the list of its distinct texts; what files write for no value is none."""
    found = column.to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    there = None if found.null_count == 0 else np.asarray(found.is_valid())
    codes = np.asarray(found.indices.fill_null(0)).astype(np.int32)
    words = pl.Series(found.dictionary)
    texts: list[str] = as_text(words).set(is_missing(words), "").to_list()
    return recoded(Typed(codes, there, texts), texts)


def filled(whole: Typed, places: Array, part: Typed) -> Typed:
    """A column with the rows that were read apart at their places."""
    there = whole.there
    if part.there is not None and there is None:
        there = np.ones(len(whole.values), dtype=bool)
    if there is not None:
        there[places] = ~part.missing
    if whole.words is None:
        whole.values[places] = part.values
        return whole._replace(there=there)
    known = {word: code for code, word in enumerate(whole.words)}
    codes = np.array([known.setdefault(word, len(known)) for word in part.words or []], np.int32)
    whole.values[places] = codes[part.values]
    return Typed(whole.values, there, list(known))


def recoded(column: Typed, words: Sequence[str]) -> Typed:
    """A column of texts with other words; equal ones become one. An empty word is no value."""
    places: dict[str, int] = {}
    new = np.array([places.setdefault(word, len(places)) for word in words], np.int32)
    codes = new[column.values] if len(new) else column.values
    there = column.there
    if "" in places and words:
        there = ~column.missing & (codes != places[""])
        there = None if there.all() else there
    return Typed(codes, there, list(places) or [""])
