"""In which order rows are wanted, for every engine: by columns, and by texts that have an order of their own.

>>> order = ["-date", Ranked("phase", first=("open",), last=("close",))]
>>> columns_of(order)
['date', 'phase']
>>> print(*order_sql(order), sep=", ")
"date" DESC, CASE WHEN "phase" IN ('open') THEN 0 WHEN "phase" IN ('close') THEN 2 ELSE 1 END
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tallystick.core.lake.conditions import quoted

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Order", "Ranked", "columns_of", "order_polars", "order_sql"]


class Ranked(NamedTuple):
    """A column of texts of which some come before, and some after, all the others; the others are equal by it."""

    name: str
    first: tuple[str, ...]
    last: tuple[str, ...]


Order = Sequence[str | Ranked]
"""Columns by name, `-` before one for descending, and ranked ones."""


def columns_of(order: Order) -> list[str]:
    """The columns that an order looks at."""
    return [one.name if isinstance(one, Ranked) else one.removeprefix("-") for one in order]


def order_sql(order: Order) -> list[str]:
    """The parts of an ORDER BY."""
    texts = []
    for one, name in zip(order, map(quoted, columns_of(order)), strict=True):
        if isinstance(one, Ranked):
            first, last = (", ".join(map(_literal, values)) for values in (one.first, one.last))
            texts.append(f"CASE WHEN {name} IN ({first}) THEN 0 WHEN {name} IN ({last}) THEN 2 ELSE 1 END")
        else:
            texts.append(name + (" DESC" if one.startswith("-") else ""))
    return texts


def order_polars(frame: pl.LazyFrame, order: Order) -> pl.LazyFrame:
    """A frame in an order; rows that are equal by it stay as they are."""
    import polars as pl

    by: list[pl.Expr] = []
    for one, column in zip(order, map(pl.col, columns_of(order)), strict=True):
        if isinstance(one, Ranked):
            late, early = (column.is_in(texts).fill_null(False) for texts in (one.last, one.first))
            by.append(late.cast(pl.Int8) - early.cast(pl.Int8))
        else:
            by.append(column)
    downward = [isinstance(one, str) and one.startswith("-") for one in order]
    return frame.sort(by, descending=downward, maintain_order=True)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
