"""Rows of Python objects as columns: whatever a column's cells are, no cell is lost and none stops the others.

A column whose cells are of one kind is of that kind; of several kinds, it is of their texts. A list or an object in a
cell is kept as its JSON, and told beside the frame, since no column of a dataset has such values.
"""

from __future__ import annotations

import decimal
import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

__all__ = ["Several", "column_of_objects", "frame_of_rows", "with_single_values"]

Several = Mapping[str, pl.Series]
"""By column, which cells hold several values."""

SEVERAL = (dict, list, tuple, set)
READ = (
    {pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null, pl.Date, pl.Datetime, pl.Time, pl.Decimal}
    | {pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32, pl.Float64}
)  # fmt: skip
"""Types of columns that are read as they are."""

NUMBERS = frozenset({int, float})


def frame_of_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[pl.DataFrame, Several]:
    """The columns of row objects, in the order in which their names come up; a name that a row lacks is no value.

    >>> frame_of_rows([{"symbol": "9901", "volume": 5}, {"symbol": "9902", "volume": [5]}])[0].rows()
    [('9901', '5'), ('9902', '[5]')]
    """
    names = dict.fromkeys(name for row in rows for name in row)
    several: dict[str, pl.Series] = {}
    return pl.DataFrame(
        [column_of_objects(str(name), [row.get(name) for row in rows], several) for name in names]
    ), several


def column_of_objects(name: str, cells: list[Any], several: dict[str, pl.Series]) -> pl.Series:
    """A column of Python objects; which of its cells hold several values is added to `several`."""
    kinds = set(map(type, cells)) - {type(None)}
    if any(issubclass(kind, SEVERAL) for kind in kinds):
        several[name] = pl.Series(name, [isinstance(cell, SEVERAL) for cell in cells], dtype=pl.Boolean)
    elif (len(kinds) <= 1 or kinds == NUMBERS) and _all_finite(kinds, cells):
        try:
            column = pl.Series(name, cells, strict=False)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            column = pl.Series(dtype=pl.Object)
        if column.dtype != pl.Object:
            return column
    return pl.Series(name, [None if cell is None else _text(cell) for cell in cells], dtype=pl.String)


def with_single_values(column: pl.Series, several: Several) -> tuple[pl.Series, pl.Series | None]:
    """A column of one of the types that are read: without the cells that hold several values, which are told; others
    that are of no such type are given as their texts.
    """
    if column.dtype.is_nested():
        return pl.Series(column.name, [None], dtype=pl.String).new_from_index(
            0, len(column)
        ), column.is_not_null()
    if column.name in several:
        return column.set(several[column.name], None), several[column.name]
    if column.dtype.base_type() in READ:
        return column, None
    if column.dtype == pl.Binary:
        try:
            return column.cast(pl.String), None
        except pl.exceptions.PolarsError:  # some of it is not UTF-8
            texts = [None if cell is None else cell.decode("utf-8", "replace") for cell in column]
            return pl.Series(column.name, texts, dtype=pl.String), None
    return pl.Series(
        column.name, [None if cell is None else str(cell) for cell in column], dtype=pl.String
    ), None


def _all_finite(kinds: set[type], cells: Sequence[Any]) -> bool:
    """Whether no decimal is an infinity or none, which a column of decimals cannot hold."""
    return decimal.Decimal not in kinds or all(cell is None or cell.is_finite() for cell in cells)


def _text(cell: Any) -> str:
    if isinstance(cell, SEVERAL):
        return json.dumps(cell if isinstance(cell, dict) else list(cell), ensure_ascii=False, default=str)
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
