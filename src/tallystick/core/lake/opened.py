"""Days that are not sealed: what their feeds give, in DuckDB's memory for as long as the feeds give the same.

So a question sees what was journaled a moment ago, and one that comes again finds its rows ready.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from tallystick.core.lake.conditions import Conditions
from tallystick.core.lake.datafiles import stored
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.relation import HotPart, version_rows

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake, State

__all__ = ["OpenDays", "touches"]

KEPT = 3
"""Tables that were replaced stay for so many replacements, since a question may be about to read them."""


class Held(NamedTuple):
    """What a feed gave for a day, and the table in memory that has it."""

    given: pa.Table
    table: str


class OpenDays:
    """The unsealed days of a lake's tables."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._lock = threading.RLock()
        self._held: dict[tuple[str, datetime.date], Held] = {}
        self._replaced: list[str] = []

    def of(self, state: State) -> tuple[State, Sequence[datetime.date]]:
        """A table's state now and its days that are not sealed in it.

        The days are asked before the state: one that is sealed between the two is then in the state's files.
        """
        days = self._lake.feed_days.get(state.layout.name)
        if days is None:
            return state, ()
        told = list(days())
        state = self._lake.state(state.layout.name)
        return state, [day for day in told if state.layout.partition_number(day) not in state.groups]

    def parts(self, state: State, days: Sequence[datetime.date], conditions: Conditions) -> list[HotPart]:
        """The rows of the days that the conditions touch, as tables in memory."""
        parts = []
        for day in days:
            if not touches(state.layout, conditions, day):
                continue
            rows = self._lake.feeds[state.layout.name](day)
            if rows.num_rows:
                parts.append(HotPart(self._table(state.layout, day, rows), (), {}, True))
        return parts

    def _table(self, layout: Layout, day: datetime.date, rows: pa.Table) -> str:
        with self._lock:
            held = self._held.get((layout.name, day))
            if held is not None and held.given is rows:
                return held.table
            numbered = stored(layout, rows).select(layout.names)
            numbered = numbered.append_column("_row", pa.array(range(rows.num_rows), pa.int64()))
            engine = self._lake.engine
            table = engine.hold(numbered, lambda given: version_rows(layout, given, "_row"))
            self._held[layout.name, day] = Held(rows, table)
            if held is not None:
                self._replaced.append(held.table)
            while len(self._replaced) > KEPT:
                engine.drop(self._replaced.pop(0))
            return table


def touches(layout: Layout, conditions: Conditions, day: datetime.date) -> bool:
    """Whether a day is inside what the conditions say of the table's partition column."""
    assert layout.partition is not None, f"{layout.name} has no partitions"
    lowest, highest = conditions.spans.get(layout.partition[0], (None, None))
    number = layout.partition_number(day)
    return (lowest is None or int(lowest) <= number) and (highest is None or number <= int(highest))
