"""What was known of the facts that a correction speaks of, and rows made whole with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.history.loading.checked import Checked
from tallystick.history.loading.read import Load
from tallystick.history.loading.rows import Rows, Typed, coded, filled

__all__ = ["Before", "as_stored"]

Array = np.ndarray[Any, np.dtype[Any]]

FEW = 1_000
"""At most so many texts of a column are named when the lake is asked what is there."""


class Before:
    """The versions known now of the facts that a source's rows are about: `rows`, once the source was read."""

    def __init__(self, load: Load, required: tuple[str, ...]) -> None:
        self._load, self._required = load, required
        self.rows: pl.DataFrame = pl.DataFrame()
        self.told: pl.DataFrame = pl.DataFrame()
        """Of each row that has a key its place and, where the fact is known, since when."""

    def keep(self, rows: Rows) -> Rows:
        """The rows with the columns that their source lacks, and in empty cells of `required` ones, as they are known.

        A cell that is required and still empty is noted as a fault.
        """
        spec = self._load.dataset.spec
        places = np.flatnonzero(rows.notes.codes == 0)
        keys = {name: column for name, column in rows.columns.items() if name in spec.key}
        named = as_stored(
            self._load, Checked(rows._replace(columns=keys), places, [], [], 0, 0, (0, 0)).table()
        )
        self.rows = self._ask(named)
        found = named.join(self.rows, on=list(spec.key), how="left", maintain_order="left")
        self.told = found.select(*spec.key, "known_time", place=pl.Series(places))
        columns = dict(rows.columns)
        for name in self._load.dataset.given:
            if name in spec.key or (name in columns and name not in self._required):
                continue
            columns[name] = _over(columns.get(name), places, found[name], rows.height)
            if name in self._required:
                rows.notes.note(columns[name].missing, "history.empty", name)
        return rows._replace(columns=columns)

    def _ask(self, rows: pl.DataFrame) -> pl.DataFrame:
        """What is known of the facts: each column of the key limits what is looked through."""
        within: dict[str, Any] = {}
        for name in self._load.dataset.spec.key:
            if rows[name].dtype != pl.String:
                within[name] = (rows[name].min(), rows[name].max())
            elif rows[name].n_unique() <= FEW:
                within[name] = rows[name].unique().to_list()
        lake, name = self._load.lake, self._load.dataset.name
        return _comparable(lake.scan(name, within=within) if rows.height else lake.scan(name, limit=0))


def as_stored(load: Load, table: pa.Table) -> pl.DataFrame:
    """Checked rows in the types that the lake gives, so that they compare."""
    arrow = load.lake.state(load.dataset.name).layout.arrow
    columns = {name: _plain(table[name]).cast(arrow.field(name).type) for name in table.column_names}
    return _comparable(pa.table(columns))


def _over(column: Typed | None, places: Array, known: pl.Series, height: int) -> Typed:
    """A column with what is known at its empty cells; `known` is of the rows at `places`."""
    text = known.dtype == pl.String
    if column is None:
        kind = np.int32 if text else np.int64
        column = Typed(np.zeros(height, kind), np.zeros(height, dtype=bool), [""] if text else None)
    empty = column.missing[places]
    found = known.filter(pl.Series(empty))
    if text:
        part = coded(found)
    else:
        values = found.to_physical().cast(pl.Int64).fill_null(0).to_numpy()
        part = Typed(values, found.is_not_null().to_numpy())
    there = None if column.there is None else column.there.copy()
    return filled(Typed(column.values.copy(), there, column.words), places[empty], part)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _comparable(table: pa.Table) -> pl.DataFrame:
    """Rows as Polars has them, times as nanoseconds."""
    frame = pl.DataFrame(table)
    return frame.with_columns(
        pl.col(name).to_physical().cast(pl.Int64)
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime)
    )
