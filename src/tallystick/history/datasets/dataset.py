"""What a dataset is: a lake table, with what loading, keeping and asking need to know of it.

A dataset is added by declaring it: its record says how each column is read (prices and money as exact 1e-4 integers,
ratios as 1e-8, quantities and counts whole, texts, dates, times), its checks are named.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from tallystick.core.lake import TableSpec
from tallystick.core.schema import Column, Flag, Int32, Record, Text, Timestamp, schema_of

__all__ = ["DAY_NS", "MINUTE_NS", "OWN_COLUMNS", "Dataset", "Ratio", "SourcedRecord", "market_table"]

DAY_NS = 86_400_000_000_000
MINUTE_NS = 60_000_000_000

OWN_COLUMNS = ("instrument", "event_time", "known_time", "source", "revision", "reason", "withdrawn")
"""Columns that the house fills itself; a source may give `event_time`."""

Ratio = Annotated[int, Column("int64", unit="1e-8")]
"""A pure number (shares per share, a weight, a yearly rate as a fraction) in 1e-8: 5% is 5,000,000."""


class SourcedRecord(Record, frozen=True, kw_only=True):
    """What every row that a source gives says at its end: since when it is true and known, who says so, and why it was
    corrected.

    `revision` counts the source's own corrections (0 or none for the first), `reason` says why a row was corrected,
    `withdrawn` that the fact was taken back.
    """

    own_columns_first = True

    event_time: Timestamp
    known_time: Timestamp
    source: Text
    revision: Int32 | None = None
    reason: Text | None = None
    withdrawn: Flag | None = None


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A lake table with what the room needs to know of it.

    `record_class` is what retention goes by. `required` columns a source must give, `optional` ones it may; a dataset
    that requires none is not filled from files. `checks` names those of `loading.checks` that apply. `time` says when a
    row is about: a date, an interval (`ts_start` to before `ts_end`, as long as `interval_ns` unless the source says
    its end), or an instant (`ts`, with `seq` for the order of equal ones). `traded` are the columns that are all empty
    when nothing was traded: such a row is counted, not kept. `defaults` are texts for columns that a source leaves out.
    `true_from` says of a dataset of dates whether a row is true from the beginning of its date (a reference price) or
    from its `event_time` (a day's close, an execution).
    """

    spec: TableSpec
    record_class: str = "market_data"
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    time: Literal["date", "interval", "instant"] = "date"
    interval_ns: int = 0
    traded: tuple[str, ...] = ()
    defaults: Mapping[str, str] = {}
    true_from: Literal["date", "event_time"] = "date"

    @property
    def name(self) -> str:
        """The table's name, e.g. `history.bars_daily`."""
        return self.spec.name

    @property
    def columns(self) -> Mapping[str, Column]:
        """The record's columns by name, with how each is stored."""
        return _columns_of(self.spec.record)

    @property
    def time_column(self) -> str:
        """The column by which an as-of join takes the rows, so that none counts before it could be true."""
        if self.time == "date":
            return "event_time" if self.true_from == "event_time" else self.date_column
        return "ts_end" if self.time == "interval" else "ts"

    @property
    def given(self) -> tuple[str, ...]:
        """The columns that a source may or must give."""
        return (*self.required, *self.optional)

    @property
    def date_column(self) -> str:
        """The date that a row belongs to (`date`, `ex_date`, `valid_from`, …), or an empty text when it has none."""
        dates = [name for name in self.spec.key if self.columns[name].kind == "date"]
        return "date" if "date" in dates else next(iter(dates), "")


@functools.cache
def _columns_of(record: type[Record]) -> Mapping[str, Column]:
    """Asked for each cell of a quarantined row, so worked out once."""
    return {name: column for name, column in schema_of(record).columns.items() if column}


def market_table(
    name: str,
    record: type[Record],
    title: str,
    *,
    key: tuple[str, ...],
    rhythm: Literal["day", "month", "year"],
    by: str = "date",
    sort: tuple[str, ...] = (),
) -> TableSpec:
    """The table `history.<name>` of a record, sorted by its key unless `sort` says otherwise.

    Each day, month or year (`rhythm`) of the date `by`, which is in the key, is a partition.
    """
    return TableSpec(f"history.{name}", record, key, sort or key, (by, rhythm), "history", title)
