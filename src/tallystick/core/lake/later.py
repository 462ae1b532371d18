"""Versions of facts that were known at a time or later: what a row known at that time could contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tallystick.core.lake.conditions import Conditions, quoted
from tallystick.core.lake.datafiles import restored
from tallystick.core.lake.plan import select
from tallystick.core.lake.relation import parquet

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake

__all__ = ["known_from"]


def known_from(
    lake: Lake, name: str, known_time: int, *, columns: Sequence[str], within: Mapping[str, Any]
) -> pa.Table | None:
    """Every version known at a time (UTC nanoseconds) or later, withdrawals included, of facts whose key columns are
    `within` (as in `Lake.scan`); None without reading a file when the plan says that there is none.
    """
    state = lake.state(name)
    conditions = Conditions(within)
    if conditions.is_empty_answer:
        return None
    chosen = select(state.layout, state.groups, conditions.spans, None)
    files = [
        file
        for file in (*chosen.clean, *chosen.mixed)
        if int(file.upper.get("known_time", known_time)) >= known_time
    ]
    if not files:
        return None
    folder = lake.storage.fetch(name, files)
    names = ", ".join(quoted(column) for column in columns)
    condition = " AND ".join(filter(None, [conditions.sql(), f"known_time >= {known_time}"]))
    query = f"SELECT {names} FROM {parquet(state.layout, folder, files)} WHERE {condition}"
    return restored(state.layout, lake.engine.arrow(query, conditions.parameters()), tuple(columns))
