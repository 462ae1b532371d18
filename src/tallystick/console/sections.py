"""The nested parts of a reply as tables: what a record page shows below its facts."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.console.replies import plain_of, rows_of
from tallystick.core.operations import Table

__all__ = ["Block", "sections_of"]


class Block(msgspec.Struct, frozen=True):
    """Rows under a name: the field that held them, the columns in order, the rows."""

    name: str
    columns: list[str]
    rows: list[dict[str, Any]]


def sections_of(reply: Any) -> list[Block]:
    """A block for each Table or list of records in a reply; a reply that is a Table is one block without a name."""
    if isinstance(reply, Table):
        return [_block("", rows_of(reply), reply.arrow.column_names)]
    blocks = []
    for name, value in plain_of(reply).items():
        if isinstance(value, Table):
            blocks.append(_block(name, rows_of(value), value.arrow.column_names))
        elif isinstance(value, list | tuple) and value and not isinstance(value[0], str | int | float):
            rows = [plain_of(row) for row in value]
            blocks.append(_block(name, rows, list(rows[0])))
    return blocks


def _block(name: str, rows: list[dict[str, Any]], columns: list[str]) -> Block:
    return Block(name=name, columns=columns, rows=rows)
