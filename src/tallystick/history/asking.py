"""Asking the history room: bars, what datasets there are, what is in quarantine."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tallystick.core.errors import TallystickError
from tallystick.core.operations import Table
from tallystick.core.schema import Record, Timestamp, schema_of
from tallystick.core.text import translate
from tallystick.core.time import SECOND, parse_time
from tallystick.history.reasons import sentence
from tallystick.history.tables import DATASETS, QUARANTINE, find_dataset

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake import Lake

__all__ = ["FREQUENCIES", "known_time_of", "list_datasets", "list_quarantine", "read_bars"]

FREQUENCIES = {"1d": "history.bars_daily", "1m": "history.bars_minute"}
"""The dataset of each bar length."""


class DatasetLine(Record, frozen=True, kw_only=True):
    """A table of the lake: rows with superseded versions, bytes, first and last date, when its newest row was known."""

    dataset: str
    title: str
    owner: str
    rows: int
    bytes: int
    files: int
    version: int
    first: datetime.date | None
    last: datetime.date | None
    known_time: Timestamp | None
    quarantined: int


class QuarantineLine(Record, frozen=True, kw_only=True):
    """A row that was not loaded."""

    dataset: str
    file: str
    row: int
    column: str
    code: str
    reason: str
    value: str
    text: str
    known_time: Timestamp


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


def read_bars(
    lake: Lake,
    instruments: Sequence[str] = (),
    start: datetime.date | None = None,
    end: datetime.date | None = None,
    *,
    freq: str = "1d",
    known_at: int | None = None,
    columns: Sequence[str] | None = None,
    order: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> pa.Table:
    """Bars of some symbols (all when none is named) from `start` to `end` (both included), as known at a time.

    Prices are int64 in 1e-4 as traded, times UTC. Without `order` they come by symbol and time. A dataset that nothing
    was loaded into gives no rows. TallystickError for an unknown frequency or column.
    """
    spec = find_dataset(_dataset_of(freq)).spec
    wanted = list(columns) if columns else list(schema_of(spec.record).columns)
    if spec.name not in lake.tables():
        return schema_of(spec.record).arrow.empty_table().select(wanted)
    return lake.scan(
        spec.name,
        columns=wanted,
        within=_within(instruments, start, end),
        known_at=known_at,
        order=list(order) or list(spec.sort),
        limit=limit,
        offset=offset,
    )


def count_bars(
    lake: Lake,
    instruments: Sequence[str],
    start: datetime.date | None,
    end: datetime.date | None,
    freq: str,
    known_at: int | None,
) -> int:
    """How many bars `read_bars` gives without a limit."""
    name = _dataset_of(freq)
    if name not in lake.tables():
        return 0
    return lake.count(name, within=_within(instruments, start, end), known_at=known_at)


def list_datasets(lake: Lake, language: str) -> list[DatasetLine]:
    """A line for each table of the lake, and for each dataset that could be loaded and is not."""
    there = lake.tables()
    lines = []
    for name in sorted({*there, *DATASETS}):
        if name not in there:
            spec = DATASETS[name].spec
            title = translate(spec.title, language)
            lines.append(
                DatasetLine(
                    dataset=name,
                    title=title,
                    owner=spec.owner,
                    rows=0,
                    bytes=0,
                    files=0,
                    version=0,
                    first=None,
                    last=None,
                    known_time=None,
                    quarantined=0,
                )
            )
            continue
        told = lake.describe(name)
        lines.append(
            DatasetLine(
                dataset=name,
                title=translate(told.title, language) if told.title else name,
                owner=told.owner,
                rows=told.rows,
                bytes=told.bytes,
                files=told.files,
                version=told.version,
                first=told.first_date,
                last=told.last_date,
                known_time=told.last_known_time,
                quarantined=_quarantined(lake, name),
            )
        )
    return lines


def list_quarantine(
    lake: Lake, language: str, *, dataset: str, file: str, limit: int, offset: int, order: Sequence[str]
) -> tuple[list[QuarantineLine], int]:
    """Quarantined rows with their reasons in words, and how many there are."""
    if QUARANTINE.name not in lake.tables():
        return [], 0
    within = {"dataset": find_dataset(dataset).spec.name} if dataset else {}
    where, values = ("file = ?", [file]) if file else ("", [])
    found = lake.scan(
        QUARANTINE.name,
        within=within,
        where=where,
        parameters=values,
        limit=limit,
        offset=offset,
        order=[*order, "-known_time", "file", "row"],
    )
    lines = [
        QuarantineLine(
            dataset=row["dataset"],
            file=row["file"],
            row=row["row"],
            column=row["column"],
            code=row["reason"],
            reason=sentence(row["reason"], row["column"], row["value"], language),
            value=row["value"],
            text=row["text"],
            known_time=row["known_time"],
        )
        for row in _with_numbers(found).to_pylist()
    ]
    return lines, lake.count(QUARANTINE.name, within=within, where=where, parameters=values)


def as_table(record: type[Record], lines: Sequence[Record], total: int, title: str) -> Table:
    """Lines as a reply."""
    import msgspec
    import pyarrow as pa

    arrow = pa.Table.from_pylist(
        [msgspec.structs.asdict(line) for line in lines], schema=schema_of(record).arrow
    )
    return Table(arrow, total_rows=total, title=title)


def _dataset_of(freq: str) -> str:
    if freq not in FREQUENCIES:
        raise TallystickError(
            "history.frequency",
            "There are no bars of {freq}.",
            "Ask for one of {valid}.",
            freq=freq,
            valid=", ".join(FREQUENCIES),
        )
    return FREQUENCIES[freq]


def _within(
    instruments: Sequence[str], start: datetime.date | None, end: datetime.date | None
) -> dict[str, Any]:
    within: dict[str, Any] = {"date": (start, end)}
    if instruments:
        within["symbol"] = list(instruments)
    return within


def _quarantined(lake: Lake, name: str) -> int:
    if QUARANTINE.name not in lake.tables():
        return 0
    return lake.count(QUARANTINE.name, within={"dataset": name})


def _with_numbers(rows: pa.Table) -> pa.Table:
    """The rows with their times as nanoseconds."""
    import pyarrow as pa

    place = rows.column_names.index("known_time")
    return rows.set_column(place, "known_time", rows["known_time"].cast(pa.int64()))
