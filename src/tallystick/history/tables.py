"""The datasets of the history room: their records, their lake tables, what a file must give, and filling them fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from tallystick.core.errors import NotFound, suggestion
from tallystick.core.lake import Commit, Lake, TableSpec
from tallystick.core.schema import (
    BusinessDate,
    Hash32,
    Int32,
    Int64,
    Money,
    Price,
    Quantity,
    Record,
    Text,
    Timestamp,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.context import Context

__all__ = [
    "DATASETS",
    "QUARANTINE",
    "DailyBar",
    "Dataset",
    "MinuteBar",
    "QuarantinedRow",
    "append_bars",
    "find_dataset",
    "lake_of",
    "with_own_columns",
]

DAY_NS = 86_400_000_000_000
MINUTE_NS = 60_000_000_000


class DailyBar(Record, frozen=True, kw_only=True):
    """One instrument's trading of one date, prices as traded (not adjusted).

    `instrument` is the house's code, -1 where the symbol was not registered at loading. `event_time` is the end of
    the date (24:00 UTC) unless the source says better. Volume, amount and number of trades may be unknown.
    """

    symbol: Text
    instrument: Int32
    date: BusinessDate
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity | None = None
    amount: Money | None = None
    trade_count: Int64 | None = None
    event_time: Timestamp
    known_time: Timestamp
    source: Text


class MinuteBar(Record, frozen=True, kw_only=True):
    """One instrument's trading from `ts_start` to before `ts_end`; `date` is the trade date, also of night sessions.

    `phase` says which part of the day (`continuous`, `open_auction`, `close_auction`, …): the print of an auction is a
    bar of its own. `event_time` is `ts_end`.
    """

    symbol: Text
    instrument: Int32
    date: BusinessDate
    ts_start: Timestamp
    ts_end: Timestamp
    phase: Text
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity | None = None
    amount: Money | None = None
    trade_count: Int64 | None = None
    event_time: Timestamp
    known_time: Timestamp
    source: Text


class QuarantinedRow(Record, frozen=True, kw_only=True):
    """A row that was not loaded: where it stands (`row` counts as in the file, its header included), in which column,
    for which reason (a code of `history.reasons`), with the value and the whole row as it came.
    """

    dataset: Text
    file: Text
    sha256: Hash32
    row: Int64
    column: Text
    reason: Text
    value: Text
    text: Text
    event_time: Timestamp
    known_time: Timestamp


class Dataset(msgspec.Struct, frozen=True):
    """A lake table with what loading needs: columns that a source must give, those it may give, and the bars' length.

    The rest (`instrument`, times of knowing, `source`) is the loader's own.
    """

    spec: TableSpec
    required: tuple[str, ...]
    optional: tuple[str, ...]
    prices: tuple[str, ...] = ("open", "high", "low", "close")
    kind: Literal["daily", "minute"] = "daily"
    bar_ns: int = DAY_NS


DAILY = Dataset(
    TableSpec(
        "history.bars_daily",
        DailyBar,
        ("symbol", "date"),
        ("symbol", "date"),
        ("date", "year"),
        "history",
        "Daily bars",
    ),
    required=("symbol", "date", "open", "high", "low", "close"),
    optional=("volume", "amount", "trade_count", "event_time"),
)

MINUTE = Dataset(
    TableSpec(
        "history.bars_minute",
        MinuteBar,
        ("symbol", "date", "ts_start", "phase"),
        ("symbol", "date", "ts_start"),
        ("date", "day"),
        "history",
        "Minute bars",
    ),
    required=("symbol", "ts_start", "open", "high", "low", "close"),
    optional=("date", "ts_end", "phase", "volume", "amount", "trade_count", "event_time"),
    kind="minute",
    bar_ns=MINUTE_NS,
)

DATASETS: dict[str, Dataset] = {dataset.spec.name: dataset for dataset in (DAILY, MINUTE)}
"""What can be loaded, by name."""

QUARANTINE = TableSpec(
    "history.quarantine",
    QuarantinedRow,
    ("dataset", "sha256", "row"),
    ("dataset", "sha256", "row"),
    None,
    "history",
    "Quarantined rows",
)


def find_dataset(name: str) -> Dataset:
    """The dataset of a name (`history.bars_daily`, or `bars_daily`). NotFound names the nearest."""
    found = DATASETS.get(name) or DATASETS.get(f"history.{name}")
    if found is None:
        remedy, near = suggestion(name, DATASETS)
        raise NotFound(
            "history.dataset_unknown", "There is no dataset {dataset}.", remedy, dataset=name, **near
        )
    return found


def lake_of(target: Context | Lake, *specs: TableSpec) -> Lake:
    """The lake of a context, or the lake itself, with these tables in it."""
    lake = target if isinstance(target, Lake) else target.lake
    there = set(lake.tables())
    for spec in specs:
        if spec.name not in there:
            lake.create(spec)
    return lake


def append_bars(
    target: Context | Lake,
    bars: pa.Table,
    *,
    dataset: str = "history.bars_daily",
    source: str = "simulation",
    known_time: int | None = None,
    token: str = "",
) -> Commit:
    """Add bars that need no checks, as fast as the lake takes them: for `simulation` and for derived data.

    `bars` has the dataset's columns; `instrument` is -1 where it is left out, `event_time` the bar's end,
    `known_time` the one given (UTC nanoseconds) or the event time, `source` as given. A second call with the same
    token does nothing. TallystickError when a column is missing. Nothing is journaled: say so in an event of your own.
    """
    found = find_dataset(dataset)
    lake = lake_of(target, found.spec)
    return lake.append(found.spec.name, with_own_columns(found, bars, source, known_time), token=token)


def with_own_columns(dataset: Dataset, bars: pa.Table, source: str, known_time: int | None) -> pa.Table:
    """The bars with the columns that a source need not give."""
    import pyarrow as pa

    rows = bars.num_rows
    filled = {name: bars[name] for name in bars.column_names}
    filled.setdefault("instrument", pa.repeat(pa.scalar(-1, pa.int32()), rows))
    filled.setdefault("event_time", event_times(dataset, bars))
    if known_time is not None:
        filled["known_time"] = pa.repeat(pa.scalar(known_time, pa.int64()), rows)
    filled.setdefault("known_time", filled["event_time"])
    filled.setdefault("source", pa.repeat(pa.scalar(source), rows))
    return pa.table(filled)


def event_times(dataset: Dataset, bars: pa.Table) -> pa.Array:
    """When each bar became true: its end; of a daily bar the end of its date in UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if dataset.kind == "daily":
        days = bars["date"].cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        return pc.multiply(pc.add(days, 1), DAY_NS)
    return bars["ts_end"].cast(pa.int64())
