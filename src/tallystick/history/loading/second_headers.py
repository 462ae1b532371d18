"""Rows of names in the middle of a text: one that says the same again is passed over, another one ends what is sure.

Where two exports stand in one file, the rows below the second header may have their columns in another order. None of
them is read by the first header: all are set aside, down to a header that says the first one's columns again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from tallystick.history.loading.columns import known_columns, known_names
from tallystick.history.loading.header_units import stated_factors
from tallystick.history.loading.reading import Wanted
from tallystick.history.loading.rows import NO_ROW, Rows
from tallystick.history.loading.values import as_text

__all__ = ["headers_among", "mark_headers"]

Array = np.ndarray[Any, np.dtype[Any]]


def headers_among(
    frame: pl.DataFrame, rows: Rows, header: Sequence[str], wanted: Wanted
) -> dict[int, list[str]]:
    """The faulty rows whose cells are mostly names of columns, by their numbers; `frame` has the rows as they came."""
    places = np.flatnonzero(rows.notes.codes)
    if not len(places):
        return {}
    names = {name.casefold() for name in header if name} | known_names(wanted.dataset, wanted.mapping)
    cells = [as_text(frame.to_series(place).gather(places)).fill_null("") for place in range(frame.width)]
    known = np.sum([cell.str.to_lowercase().is_in(list(names)).to_numpy() for cell in cells], axis=0)
    there = np.sum([(cell != "").to_numpy() for cell in cells], axis=0)
    found = np.flatnonzero((known > 1) & (2 * known > there)).tolist()
    return {int(rows.numbers[places[spot]]): [cell[spot] for cell in cells] for spot in found}


def mark_headers(
    rows: Rows,
    headers: Mapping[int, Sequence[str]],
    header: Sequence[str],
    places: Mapping[str, tuple[int, ...]],
    wanted: Wanted,
) -> None:
    """Pass over the headers that say the first one's columns, and note the rows below the others."""
    if not headers:
        return
    numbers = np.array(sorted(headers), np.int64)
    other = np.array([not _says_same(headers[number], header, places, wanted) for number in numbers.tolist()])
    last = np.searchsorted(numbers, rows.numbers, side="right") - 1
    below = (last >= 0) & other[last] & (rows.notes.codes != NO_ROW)
    again = np.isin(rows.numbers, numbers[~other])
    rows.notes.codes[below | again] = 0
    rows.notes.note(below, "history.second_header", "")
    rows.notes.doubt(again, "history.header_again", "")
    rows.notes.codes[again] = NO_ROW


def _says_same(
    names: Sequence[str], header: Sequence[str], places: Mapping[str, tuple[int, ...]], wanted: Wanted
) -> bool:
    """Whether both headers have the columns that are read at the same places, in the same units."""
    if known_columns(wanted.dataset, names, wanted.mapping) != dict(places):
        return False
    return stated_factors(wanted.dataset, names, places) == stated_factors(wanted.dataset, header, places)
