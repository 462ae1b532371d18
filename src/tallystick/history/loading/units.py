"""Which numbers of a source count the house's own unit already: those of its answers, which are never scaled twice.

Arrow and Parquet say a field's unit in its metadata. A frame of Polars or pandas cannot, so that an answer is known by
its columns of times and source; where neither is sure, the source is refused instead of being read 10,000 times too
large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from tallystick.core.errors import TallystickError
from tallystick.history.loading.reading import NUMBERS, Wanted

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["is_answer", "refuse_own_text", "stated_units", "units_of_frame"]

MARKS = frozenset({"event_time", "known_time", "source"})
"""Columns that every answer of the house has, and no vendor's file all of them."""

PRICES = frozenset({"open", "high", "low", "close", "price", "bid", "ask", "reference", "previous_close", "limit_up",
                    "limit_down", "settlement"})  # fmt: skip
SMALL, LARGE = 1_000, 100_000
"""Whole prices below the first are of the currency; from the second on they may be ours, and between them if all are
multiples of ten, as ticks in 1e-4 are."""


def stated_units(schema: pa.Schema) -> dict[str, int]:
    """The decimals of each column whose metadata says a unit such as `1e-4 of the currency`."""
    found = {}
    for field in schema:
        unit = (field.metadata or {}).get(b"unit", b"").decode("utf-8", "replace")
        if unit.startswith("1e-") and unit[3:4].isdigit():
            found[field.name] = int(unit[3:4])
    return found


def units_of_frame(
    wanted: Wanted, name: str, raw: Mapping[str, pl.Series], header: Sequence[str], stated: Mapping[str, int]
) -> dict[str, int]:
    """The decimals of the dataset's columns that count a unit already; `stated` by the dataset's names.

    TallystickError when a column may count the house's unit and nothing says that it does.
    """
    mapped = wanted.mapping.multiply
    for column, unit in stated.items():
        if unit > wanted.decimals(column) and column not in mapped:
            raise _unclear(name, column, raw[column])
    open_ones = [
        column
        for kind in NUMBERS
        for column in wanted.names(kind, list(raw))
        if wanted.decimals(column) and column not in stated and column not in mapped
    ]
    counted = [column for column in open_ones if raw[column].dtype.is_integer()]
    if not counted:
        return dict(stated)
    others = [
        column
        for column in open_ones
        if column not in counted and raw[column].null_count() < len(raw[column])
    ]
    if is_answer(header):
        for column in others:
            if not raw[column].dtype.is_float() or not _is_whole(raw[column]):
                raise _unclear(name, counted[0], raw[counted[0]])
        return dict(stated) | {column: wanted.decimals(column) for column in (*counted, *others)}
    prices = [column for column in counted if column in PRICES]
    if not any(column in PRICES for column in others) and _may_be_ours([raw[column] for column in prices]):
        raise _unclear(name, prices[0], raw[prices[0]])
    return dict(stated)


def is_answer(header: Sequence[str]) -> bool:
    """Whether a header is of an answer of the house."""
    return MARKS.issubset(header)


def refuse_own_text(wanted: Wanted, name: str, cells: Mapping[str, Sequence[str]]) -> None:
    """Refuse a text with the header of an answer whose prices (the first `cells` of each) have no decimals: the house
    writes them with decimals, so that these were written from a frame of its own units. TallystickError.
    """
    for column in sorted(PRICES.intersection(cells) - set(wanted.mapping.multiply)):
        values = [cell for cell in cells[column] if cell]
        if values and not any("." in value for value in values):
            raise _unclear(name, column, pl.Series(values))


def _may_be_ours(columns: Sequence[pl.Series]) -> bool:
    """Whether whole prices may be in 1e-4."""
    values = [column.cast(pl.Int64, strict=False).drop_nulls() for column in columns]
    most = max((int(part.abs().max() or 0) for part in values if len(part)), default=0)  # type: ignore[arg-type]
    return most >= LARGE or (most >= SMALL and all(bool((part % 10 == 0).all()) for part in values))


def _is_whole(column: pl.Series) -> bool:
    there = column.drop_nulls().drop_nans()
    return bool((there == there.round()).all())


def _unclear(name: str, column: str, values: Any) -> TallystickError:
    first = values.drop_nulls()
    return TallystickError(
        "history.unit_unclear",
        "{file} may give {column} in the house's own unit of 1e-4, and does not say so: {value}.",
        "Give the answer itself or its .arrow, which say their unit; or, if these are amounts of the currency, say so "
        "in a mapping: [multiply] {column} = 1.",
        file=name,
        column=column,
        value=str(first[0]) if len(first) else "",
    )
