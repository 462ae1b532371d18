"""All datasets by name, their tables in a lake, and filling them without checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.errors import NotFound, suggestion
from tallystick.core.lake import Commit, Lake, TableSpec
from tallystick.history.datasets.bars import DAILY, MINUTE
from tallystick.history.datasets.dataset import DAY_NS, Dataset

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.context import Context

__all__ = ["DATASETS", "append_bars", "find_dataset", "lake_of", "with_own_columns"]

DATASETS: dict[str, Dataset] = {dataset.spec.name: dataset for dataset in (DAILY, MINUTE)}
"""What can be loaded, by name."""


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
