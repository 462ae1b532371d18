"""What every list request of this room says alike: when it was known, how to sort, and its lines as a reply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.operations import Table
from tallystick.core.schema import Record, schema_of
from tallystick.core.time import SECOND, parse_time

if TYPE_CHECKING:
    from tallystick.core.context import Context

__all__ = ["as_table", "known_time_of", "require_readable", "sort_columns"]


def known_time_of(text: str, zone: str) -> int | None:
    """UTC nanoseconds of `--known-at`: a time of a zone, or a date, which means its end; None when empty.

    >>> known_time_of("2026-11-20", "UTC") - known_time_of("2026-11-20 00:00:00", "UTC") == 86_400 * SECOND - 1
    True
    """
    if not text:
        return None
    if len(text.strip()) <= 10:
        return parse_time(f"{text.strip()} 00:00:00", zone) + 86_400 * SECOND - 1
    return parse_time(text, zone)


def sort_columns(sort: str, names: Iterable[str]) -> Iterable[str]:
    """The columns to sort by. TallystickError names the nearest column to an unknown one."""
    known = sorted(names)
    for name in filter(None, map(str.strip, sort.split(","))):
        if name.removeprefix("-") not in known:
            remedy, near = suggestion(name.removeprefix("-"), known)
            raise TallystickError(
                "history.sort", "There is no column {column} to sort by.", remedy, column=name, **near
            )
        yield name


def require_readable(context: Context, tables: Iterable[str]) -> None:
    """Refuse business tables of rooms that the actor may not read: `ledger.executions` needs `ledger.read` too.

    Forbidden names the permission.
    """
    for name in sorted(set(tables) & set(context.lake.feeds)):
        context.access.require(context.actor, f"{name.partition('.')[0]}.read")


def as_table(record: type[Record], lines: Sequence[Record], total: int, title: str) -> Table:
    """Lines as a reply."""
    import msgspec
    import pyarrow as pa

    arrow = pa.Table.from_pylist(
        [msgspec.structs.asdict(line) for line in lines], schema=schema_of(record).arrow
    )
    return Table(arrow, total_rows=total, title=title)
