"""Answers larger than memory: a table's rows partition by partition, each read when it is wanted."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tallystick.core.lake.asking import Question, scan
from tallystick.core.lake.datafiles import restored
from tallystick.core.lake.layout import unknown_column
from tallystick.core.schema import date_number

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake, State
    from tallystick.core.lake.layout import Layout

__all__ = ["stream"]

BATCH_ROWS = 65_536
DAY_NS = 86_400_000_000_000


def stream(lake: Lake, state: State, question: Question) -> pa.RecordBatchReader:
    """The rows that answer a question as record batches, by partition and in each by its order (else the table's sort).

    All batches are of the table as it is now: what is committed while they are read is not in them (of days that are
    not sealed, what their feed gives then). The question has no limit. One partition at a time is in
    memory.
    """
    layout = state.layout
    columns = list(question.columns) if question.columns is not None else list(layout.names)
    for name in columns:
        if name not in layout.kinds:
            raise unknown_column(layout, name)
    schema = restored(layout, layout.stored_arrow.empty_table(), tuple(columns)).schema

    def batches() -> Iterator[pa.RecordBatch]:
        for within in _parts(lake, state, question.within):
            part = question._replace(columns=columns, within=within, order=question.order or layout.sort)
            found = scan(lake, state, part, hot=True)
            yield from found.cast(schema).combine_chunks().to_batches(max_chunksize=BATCH_ROWS)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _parts(lake: Lake, state: State, within: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The conditions on the key, once for each partition that they touch, in order of dates."""
    layout = state.layout
    column = layout.partition[0] if layout.partition else ""
    span = within.get(column, (None, None))
    if not column or not isinstance(span, tuple):
        yield within
        return
    generation = lake.generation()
    numbers = {number for number in state.groups if number is not None}
    numbers |= set(generation.opened(layout.name) if generation else ())
    numbers |= {layout.partition_number(day) for day in lake.open_days.of(state)[1]}
    for number in sorted(numbers):
        low, high = (
            _bound(layout, column, day, last) for last, day in enumerate(layout.partition_days(number))
        )
        lowest = low if span[0] is None else max(low, span[0])
        highest = high if span[1] is None else min(high, span[1])
        if lowest <= highest:
            yield {**within, column: (lowest, highest)}


def _bound(layout: Layout, column: str, day: datetime.date, last: int) -> Any:
    """A day as the column has it: a date, or the first or last nanosecond of the day."""
    if layout.kinds[column] == "date":
        return day
    return (date_number(day) + last) * DAY_NS - last
