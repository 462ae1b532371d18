"""All datasets by name, their tables in a lake, and filling them without checks."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from tallystick.core.errors import NotFound, suggestion
from tallystick.core.lake import Commit, Lake, TableSpec
from tallystick.history.datasets.bars import DAILY, FIVE_MINUTES, MINUTE
from tallystick.history.datasets.clients import CLIENT_CONTACTS, PAST_TRADES, PRODUCT_TERMS
from tallystick.history.datasets.dataset import DAY_NS, Dataset
from tallystick.history.datasets.figures import FUNDAMENTALS, FUTURES_SETTLEMENT, RATES
from tallystick.history.datasets.flows import INVESTOR_FLOWS
from tallystick.history.datasets.reference import ACTIONS, INDEX_MEMBERS, REFERENCE_PRICES
from tallystick.history.datasets.ticks import DEPTH, QUOTES, TRADES

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.context import Context

__all__ = ["DATASETS", "append_bars", "declare", "find_dataset", "is_there", "lake_of", "with_own_columns"]

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        DAILY, MINUTE, FIVE_MINUTES, TRADES, QUOTES, DEPTH, ACTIONS, REFERENCE_PRICES, INDEX_MEMBERS, FUNDAMENTALS,
        FUTURES_SETTLEMENT, RATES, INVESTOR_FLOWS, CLIENT_CONTACTS, PRODUCT_TERMS, PAST_TRADES,
    )
}  # fmt: skip
"""All datasets by name: those of this room, and those that other rooms had declared."""


def declare(*datasets: Dataset) -> None:
    """Make datasets of other rooms known, once at start; `firm.py` calls this. Declaring one again changes nothing."""
    for dataset in datasets:
        known = DATASETS.setdefault(dataset.name, dataset)
        assert known == dataset, f"{dataset.name} is declared twice, differently"


def find_dataset(name: str) -> Dataset:
    """The dataset of a name (`history.bars_daily`, or `bars_daily`). NotFound names the nearest."""
    found = DATASETS.get(name) or DATASETS.get(f"history.{name}")
    if found is None:
        remedy, near = suggestion(name, DATASETS)
        raise NotFound(
            "history.dataset_unknown", "There is no dataset {dataset}.", remedy, dataset=name, **near
        )
    return found


_fitted: weakref.WeakKeyDictionary[Lake, set[str]] = weakref.WeakKeyDictionary()
"""The tables of each opened lake that are known to be there, in today's form."""


def lake_of(target: Context | Lake, *specs: TableSpec) -> Lake:
    """The lake of a context, or the lake itself, with these tables in it, in today's form."""
    lake = target if isinstance(target, Lake) else target.lake
    fitted = _fitted.setdefault(lake, set())
    for spec in specs:
        if spec.name not in fitted:
            lake.create(spec)
            fitted.add(spec.name)
    return lake


def is_there(lake: Lake, spec: TableSpec) -> bool:
    """Whether a lake has a table; one of an earlier release gets the columns that were added since."""
    if spec.name not in _fitted.get(lake, ()):
        if spec.name not in lake.tables():
            return False
        lake_of(lake, spec)
    return True


def append_bars(
    target: Context | Lake,
    bars: pa.Table,
    *,
    dataset: str = "history.bars_daily",
    source: str = "simulation",
    known_time: int | None = None,
    token: str = "",
) -> Commit:
    """Add rows that need no checks, as fast as the lake takes them: for `simulation` and for derived data.

    `bars` has the dataset's columns; `instrument` is -1 where it is left out, `event_time` the bar's end,
    `known_time` the one given (UTC nanoseconds) or the event time, `source` as given. A second call with the same
    token does nothing. TallystickError when a column is missing. Nothing is journaled: say so in an event of your own.
    """
    found = find_dataset(dataset)
    lake = lake_of(target, found.spec)
    return lake.append(found.name, with_own_columns(found, bars, source, known_time), token=token)


def with_own_columns(dataset: Dataset, rows: pa.Table, source: str, known_time: int | None) -> pa.Table:
    """The rows with the columns that a source need not give."""
    import pyarrow as pa

    count = rows.num_rows
    filled = {name: rows[name] for name in rows.column_names}
    if "instrument" in dataset.columns:
        filled.setdefault("instrument", pa.repeat(pa.scalar(-1, pa.int32()), count))
    filled.setdefault("event_time", event_times(dataset, rows))
    if known_time is not None:
        filled["known_time"] = pa.repeat(pa.scalar(known_time, pa.int64()), count)
    filled.setdefault("known_time", filled["event_time"])
    one_word = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), pa.array([source]))
    filled.setdefault("source", one_word)
    return pa.table(filled)


def event_times(dataset: Dataset, rows: pa.Table) -> pa.Array:
    """When each row became true: its instant, the end of its interval, or the end of its date in UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if dataset.time == "date":
        days = rows[dataset.date_column].cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        return pc.multiply(pc.add(days, 1), DAY_NS)
    return rows["ts_end" if dataset.time == "interval" else "ts"].cast(pa.int64())
