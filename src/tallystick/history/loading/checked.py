"""A source's rows through all checks: which are good and in which order, which are faulty, what is doubted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.core.lake.layout import layout_of
from tallystick.history.loading.checks import Circumstances, note_among_neighbours, note_faults
from tallystick.history.loading.ordering import note_repeated, sorted_places
from tallystick.history.loading.rows import Fault, Rows, Warned

__all__ = ["Checked", "check_rows"]

Array = np.ndarray[Any, np.dtype[Any]]


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

    @property
    def dates(self) -> tuple[int, int]:
        """The first and last date of the good rows, days since 1970; there must be one."""
        days = self.rows.columns[self.rows.dataset.date_column].values[self.places]
        return int(days.min()), int(days.max())

    @property
    def first_words(self) -> set[str]:
        """What stands in the first column of the key, faulty rows included; nothing when it is no text."""
        return set(self.rows.columns[self.rows.dataset.spec.key[0]].words or ())

    def table(self) -> pa.Table:
        """The good rows as the lake takes them, texts as dictionaries."""
        whole = len(self.places) == self.rows.height and bool((np.diff(self.places) == 1).all())
        layout = layout_of(self.rows.dataset.spec)
        fields = {field.name: field.type for field in layout.stored_arrow}
        columns = {}
        for name, column in self.rows.columns.items():
            taken = column if whole else column.take(self.places)
            mask = None if taken.there is None or taken.there.all() else ~taken.there
            if taken.words is not None:
                columns[name] = pa.DictionaryArray.from_arrays(
                    pa.array(taken.values, pa.int32(), mask=mask), pa.array(taken.words, pa.string())
                )
            elif fields[name] == pa.date32():
                columns[name] = pa.array(taken.values.astype(np.int32), mask=mask).view(pa.date32())
            else:
                columns[name] = pa.array(taken.values, mask=mask).cast(fields[name])
        return pa.table(columns)


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
    return Checked(rows, places, notes.faults(), notes.warnings, notes.untraded, count)
