"""Replies as templates read them: tables as rows of plain values, records as pairs of name and value."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.operations import Table

__all__ = ["pairs_of", "plain_of", "rows_of"]


def rows_of(table: Table) -> list[dict[str, Any]]:
    """The rows of a Table; times are UTC nanoseconds, everything else Python's own."""
    import pyarrow as pa

    names, columns = [], []
    for field, column in zip(table.arrow.schema, table.arrow.columns, strict=True):
        whole = (
            column.cast(pa.timestamp("ns")).cast(pa.int64()) if pa.types.is_timestamp(field.type) else column
        )
        names.append(field.name)
        columns.append(whole.to_pylist())
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain_of(record: Any) -> dict[str, Any]:
    """The fields of a record with their values, nested Tables as they are."""
    if isinstance(record, msgspec.Struct):
        return {field.name: getattr(record, field.name) for field in msgspec.structs.fields(record)}
    return dict(record)


def pairs_of(record: Any, without: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """The simple fields of a record for a strip of facts, in order; lists, tables and records are left out."""
    return [
        (name, value)
        for name, value in plain_of(record).items()
        if name not in without and not isinstance(value, list | dict | tuple | Table | msgspec.Struct)
    ]
