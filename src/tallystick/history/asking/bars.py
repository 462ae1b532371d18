"""Bars of instruments, as known at a time."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tallystick.core.errors import TallystickError
from tallystick.core.schema import schema_of
from tallystick.history.datasets import find_dataset

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake import Lake

__all__ = ["FREQUENCIES", "count_bars", "read_bars"]

FREQUENCIES = {"1d": "history.bars_daily", "1m": "history.bars_minute"}
"""The dataset of each bar length."""


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
