"""Rows of records as a table for the doors: sorted by a column, paged, with the units of their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.schema import Record, schema_of

if TYPE_CHECKING:
    from tallystick.core.operations import Table

__all__ = ["PagedRequest", "table_of"]


class PagedRequest(Record, frozen=True, kw_only=True):
    """Which part of a list: `sort` names a column, `-` before it for descending."""

    limit: int = 100
    offset: int = 0
    sort: str = ""


def table_of(record: type[Record], rows: Sequence[Record], request: PagedRequest, title: str = "") -> Table:
    """The asked page of the rows as a table; `total_rows` counts them all. TallystickError for an unknown column.

    Empty values come last in either order.
    """
    import pyarrow as pa

    from tallystick.core.operations import Table

    schema = schema_of(record)
    column = request.sort.removeprefix("-")
    found = list(rows)
    if column:
        if column not in schema.columns:
            remedy, near = suggestion(column, schema.columns)
            raise TallystickError(
                "market.sort", "There is no column {column} to sort by.", remedy, column=column, **near
            )
        filled = [row for row in found if getattr(row, column) is not None]
        filled.sort(key=lambda row: getattr(row, column), reverse=request.sort.startswith("-"))
        found = filled + [row for row in found if getattr(row, column) is None]
    page = found[max(request.offset, 0) :][: max(request.limit, 0)]
    arrow = pa.Table.from_pylist([msgspec.structs.asdict(row) for row in page], schema=schema.arrow)
    return Table(arrow, total_rows=len(found), title=title)
