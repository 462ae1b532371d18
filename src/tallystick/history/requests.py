"""What the requests of this room say alike: when it was known, how to sort, and lines as a reply."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.operations import Table
from tallystick.core.schema import Record, schema_of
from tallystick.core.text import translate
from tallystick.core.time import format_time, market_time, parse_date, parse_time

if TYPE_CHECKING:
    from tallystick.core.context import Context

__all__ = [
    "PageRequest",
    "Paged",
    "as_table",
    "known_by",
    "known_time_of",
    "latest_time",
    "no_span",
    "page_of",
    "require_columns",
    "require_not_future",
    "require_readable",
    "sort_columns",
    "time_span_of",
    "unreadable_datasets",
]

TIME_LIMIT = 2**63 - 1


class Paged(Protocol):
    """A request for a part of a list: all lines when `limit` is 0."""

    @property
    def limit(self) -> int:
        """The most lines."""

    @property
    def offset(self) -> int:
        """Lines to pass over."""

    @property
    def sort(self) -> str:
        """Columns to sort by, `-` before one for descending, parted by commas."""


class PageRequest(Record, frozen=True, kw_only=True):
    """Which part of the list, all of it with `limit` 0; `sort` names a column, `-` before it for descending."""

    limit: int = 100
    offset: int = 0
    sort: str = ""


def known_time_of(text: str, zone: str) -> int | None:
    """UTC nanoseconds of `--known-at`: a time of a zone, or a date, which means its end; None when empty.

    >>> known_time_of("2026-11-20", "UTC") - known_time_of("2026-11-20 00:00:00", "UTC") == 86_400 * 10**9 - 1
    True
    """
    if not text.strip():
        return None
    if not _is_date(text):
        return _kept(parse_time(text, zone))
    date = _date_of(text)
    # A day of a zone may be shorter or longer than 24 hours, and the calendar has a last one.
    following = date + datetime.timedelta(1) if date < datetime.date.max else date
    return _kept(_beginning_of(following, zone) - 1)


def latest_time(context: Context) -> int:
    """The firm's present, UTC nanoseconds: the clock, or the journal's last entry where that is later (simulated days
    may be ahead of the clock).
    """
    head = context.journal.head()
    return max(time.time_ns(), context.journal.batch(head.seq).recorded_at if head.seq else 0)


def known_by(context: Context, text: str) -> int | None:
    """`--known-at` of rows that are brought in; None when empty. Of today's date it is now, not the day's end.

    TallystickError for a time after the firm's present: nobody knows rows before they are there.
    """
    zone = context.settings.firm.zone
    known = known_time_of(text, zone)
    if known is None:
        return None
    latest = latest_time(context)
    if known > latest and _is_date(text) and _beginning_of(_date_of(text), zone) <= latest:
        return latest
    require_not_future(known, latest, zone)
    return known


def require_not_future(known: int, latest: int, zone: str) -> None:
    """Refuse a time of knowing after the firm's present."""
    if known > latest:
        raise TallystickError(
            "history.known_in_future",
            "{known} is still to come; now it is {now}.",
            "Give the time since when the rows are known, or leave it out for now.",
            known=format_time(known, zone, digits=0),
            now=format_time(latest, zone, digits=0),
        )


def time_span_of(since: str, until: str, zone: str) -> tuple[int | None, int | None]:
    """UTC nanoseconds of `--since` and `--until`, both included: times of a zone, or dates from the beginning of the
    first to the end of the last; None where one is empty. TallystickError when it ends before it begins.

    >>> time_span_of("1970-01-01", "1970-01-01", "UTC") == (0, 86_400 * 10**9 - 1)
    True
    """
    first = None
    if since.strip():
        first = _kept(_beginning_of(_date_of(since), zone) if _is_date(since) else parse_time(since, zone))
    last = known_time_of(until, zone)
    if first is not None and last is not None and last < first:
        raise no_span(since, until)
    return first, last


def no_span(start: object, end: object) -> TallystickError:
    """The refusal of a span that ends before it begins."""
    return TallystickError(
        "history.no_span",
        "Nothing can be from {start} to {end}.",
        "Name the earlier one first; leave one out for an open end.",
        start=str(start),
        end=str(end),
    )


def _is_date(text: str) -> bool:
    return len(text.strip()) <= len("2026-11-20")


def _date_of(text: str) -> datetime.date:
    try:
        return parse_date(text)
    except TallystickError:
        raise TallystickError(
            "history.time_text",
            "{text} is neither a date nor a time.",
            "Write 2026-11-20, or 2026-11-20 09:00:00.",
            text=text,
        ) from None


def _beginning_of(date: datetime.date, zone: str) -> int:
    return market_time(date, datetime.time(), zone)


def _kept(nanoseconds: int) -> int:
    """The time, or the nearest that the lake's 64 bits can hold (1677 to 2262)."""
    return max(-TIME_LIMIT, min(nanoseconds, TIME_LIMIT))


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


def require_columns(names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a column that an answer does not have. TallystickError names the nearest one."""
    there = list(known)
    for name in names:
        if name not in there:
            remedy, near = suggestion(name, there)
            raise TallystickError(
                "history.column_unknown", "The answer has no column {column}.", remedy, column=name, **near
            )


def require_readable(context: Context, tables: Iterable[str]) -> None:
    """Refuse tables of rooms that the actor may not read: `ledger.executions` needs `ledger.read` too, and so does a
    dataset that is the ledger's by its declaration.

    Forbidden names the permission.
    """
    for name in sorted(set(tables)):
        if room := _other_room(context, name):
            context.access.require(context.actor, f"{room}.read")


def unreadable_datasets(context: Context) -> list[str]:
    """The datasets whose rows the actor may not read, whatever table they stand in."""
    from tallystick.history.datasets import DATASETS

    rooms = {name: _other_room(context, name) for name in DATASETS}
    may = {room: context.access.allows(context.actor, f"{room}.read") for room in set(rooms.values()) if room}
    return sorted(name for name, room in rooms.items() if room and not may[room])


def _other_room(context: Context, table: str) -> str:
    """The room besides History whose reading right a table asks for; empty when none."""
    from tallystick.history.datasets import DATASETS

    owner = table.partition(".")[0] if table in context.lake.feeds else ""
    if not owner and table in DATASETS:
        owner = DATASETS[table].spec.owner
    return "" if owner == "history" else owner


def as_table(record: type[Record], lines: Sequence[Record], total: int, title: str) -> Table:
    """Lines as a reply."""
    import msgspec
    import pyarrow as pa

    arrow = pa.Table.from_pylist(
        [msgspec.structs.asdict(line) for line in lines], schema=schema_of(record).arrow
    )
    return Table(arrow, total_rows=total, title=title)


def page_of(
    context: Context, record: type[Record], lines: Sequence[Record], request: Paged, title: str
) -> Table:
    """Lines sorted and paged as the request says; `title` is a sentence to translate."""
    found = list(lines)
    for name in reversed(list(sort_columns(request.sort, record.__struct_fields__))):
        column = name.removeprefix("-")
        found.sort(
            key=lambda line: (getattr(line, column) is not None, getattr(line, column)),
            reverse=name[0] == "-",
        )
    page = found[request.offset :][: request.limit or None]
    return as_table(record, page, len(found), translate(title, context.language))
