"""Rows of any dataset as they were loaded: of some symbols and dates, as known at a time."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tallystick.core.errors import TallystickError
from tallystick.core.schema import schema_of
from tallystick.history.asking.phases import full_order
from tallystick.history.datasets import Dataset, find_dataset, is_there
from tallystick.history.requests import require_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake import Lake

__all__ = ["Span", "count_rows", "read_rows", "stream_rows"]


class Span(NamedTuple):
    """Which rows: of some symbols (all when none is named), from `start` to `end` by the dataset's date, both included,
    and where it has instants from `since` to `until` (UTC nanoseconds), both included.
    """

    symbols: Sequence[str] = ()
    start: datetime.date | None = None
    end: datetime.date | None = None
    since: int | None = None
    until: int | None = None

    def within(self, dataset: Dataset) -> dict[str, Any]:
        """The conditions on the dataset's key. TallystickError when symbols are named and its key has none."""
        found: dict[str, Any] = {}
        if dataset.date_column:
            found[dataset.date_column] = (self.start, self.end)
        if dataset.time == "instant" and "ts" in dataset.spec.key:
            found["ts"] = (self.since, self.until)
        if self.symbols:
            if "symbol" not in dataset.spec.key:
                raise TallystickError(
                    "history.no_symbols",
                    "{dataset} cannot be asked by instruments: its key has no symbol.",
                    "Leave the instruments out, or ask by `tally history sql`.",
                    dataset=dataset.name,
                )
            found["symbol"] = list(dict.fromkeys(self.symbols))
        return found


def read_rows(
    lake: Lake,
    name: str,
    span: Span,
    *,
    known_at: int | None = None,
    columns: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    within: Mapping[str, Any] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> pa.Table:
    """The rows of a dataset; without `order` as they are sorted in it, with an empty one in any.

    Rows that are equal by the order come as they are sorted, those that begin together in the order of the day
    (`asking.phases`), so that pages fit together. A column that is named twice comes once.

    `within` are further conditions on the key, as `Lake.scan` takes them. A dataset that nothing was loaded into gives
    no rows. TallystickError for an unknown dataset or column.
    """
    dataset = find_dataset(name)
    conditions = {**span.within(dataset), **(within or {})}
    schema = schema_of(dataset.spec.record)
    wanted = list(dict.fromkeys(columns or schema.columns))
    if not is_there(lake, dataset.spec):
        require_columns(wanted, schema.columns)
        return schema.arrow.empty_table().select(wanted)
    return lake.scan(
        dataset.name,
        columns=wanted,
        within=conditions,
        known_at=known_at,
        order=full_order(dataset, order or ()) if order is None or order else (),
        limit=limit,
        offset=offset,
    )


def stream_rows(
    lake: Lake, name: str, span: Span, *, known_at: int | None = None, columns: Sequence[str] | None = None
) -> pa.RecordBatchReader:
    """What `read_rows` gives as record batches, partition by partition, in each in its order: for answers larger than
    memory.

    They are of the dataset as it is now, whatever comes in while they are read.
    """
    dataset = find_dataset(name)
    wanted = list(dict.fromkeys(columns or dataset.columns))
    if not is_there(lake, dataset.spec):
        return read_rows(lake, name, span, columns=wanted).to_reader()
    return lake.batches(
        dataset.name,
        columns=wanted,
        within=span.within(dataset),
        known_at=known_at,
        order=full_order(dataset),
    )


def count_rows(
    lake: Lake,
    name: str,
    span: Span,
    *,
    known_at: int | None = None,
    within: Mapping[str, Any] | None = None,
) -> int:
    """How many rows `read_rows` gives without a limit."""
    dataset = find_dataset(name)
    conditions = {**span.within(dataset), **(within or {})}
    if not is_there(lake, dataset.spec):
        return 0
    return lake.count(dataset.name, within=conditions, known_at=known_at)
