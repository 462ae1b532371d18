"""Where facts are from: every version of them, when it was known, and the load or correction that brought it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tallystick.core.schema import schema_of
from tallystick.history.datasets import Dataset, is_there
from tallystick.history.events import DatasetCorrected
from tallystick.history.keeping.lineage import LoadLine, made_by

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.machine import HistoryMachine

__all__ = ["Facts", "find_versions"]

LIMIT = 500
"""Versions that are given at most; a day of minute bars has some hundreds."""

NAMED = 3
"""So many loads are named at most where several may have brought a version."""

HIDDEN = ("instrument", "event_time", "reason", "withdrawn")
"""Columns that only the house's own books need, and those that say again what the lines of loads say."""

MADE_BY = (
    pa.field("withdrawn", pa.bool_()),
    pa.field("what", pa.string()),
    pa.field("position", pa.string()),
    pa.field("seq", pa.int64()),
    pa.field("file", pa.string()),
    pa.field("by", pa.string()),
    pa.field("reason", pa.string()),
)


class Facts(NamedTuple):
    """Which facts: of an instrument on a date, and where the dataset has times of one time (UTC nanoseconds) only."""

    symbol: str
    date: datetime.date
    time: int | None = None

    def within(self, dataset: Dataset) -> dict[str, Any]:
        """The conditions on the dataset's key."""
        found: dict[str, Any] = {"symbol": [self.symbol]}
        if dataset.date_column:
            found[dataset.date_column] = (self.date, self.date)
        clock = {"interval": "ts_start", "instant": "ts"}.get(dataset.time)
        if clock and self.time is not None:
            found[clock] = (self.time, self.time)
        return found


def find_versions(context: Context, dataset: Dataset, facts: Facts) -> pa.Table:
    """The versions, newest first: key and figures, when known, from which source, and what brought them.

    A fact that was taken back has a line of its own for that. An earlier version is found by asking what was known
    just before the next one, so nothing but the lake's own answer is trusted.
    """
    stored = schema_of(dataset.spec.record).arrow
    shown = pa.schema([field.with_nullable(True) for field in stored if field.name not in HIDDEN])
    read = [*shown.names, *(name for name in stored.names if name == "reason")]
    rows = _versions(context, dataset, facts, read) if is_there(context.lake, dataset.spec) else []
    makers = _makers(context, dataset)
    lines = [row | _made(row, _fitting(row, makers)) for row in rows[:LIMIT]]
    return pa.Table.from_pylist(lines, schema=pa.schema([*shown, *MADE_BY]))


def _versions(context: Context, dataset: Dataset, facts: Facts, names: list[str]) -> list[dict[str, Any]]:
    """All versions of the facts, and when they were taken back; the newest first, each once."""
    key = [*dataset.spec.key, "known_time", "withdrawn"]
    machine: HistoryMachine = context.machine("history")
    found = _backwards(context, dataset, facts, names, None)
    for one in machine.corrections(dataset.name):
        if one.withdrawn:
            there = {_key(row, dataset) for row in _scan(context, dataset, facts, names, one.known_time)}
            before = _backwards(context, dataset, facts, names, one.known_time - 1)
            gone = {_key(row, dataset): row for row in reversed(before)}
            found += before
            found += [
                row | {"known_time": one.known_time, "withdrawn": True}
                for place, row in gone.items()
                if place not in there and row["known_time"] < one.known_time
            ]
    once = {tuple(row[name] for name in key): row for row in found}
    return sorted(once.values(), key=lambda row: (-int(row["known_time"]), *map(str, _key(row, dataset))))


def _backwards(
    context: Context, dataset: Dataset, facts: Facts, names: list[str], known_at: int | None
) -> list[dict[str, Any]]:
    """The versions that were known at a time, and those before them."""
    found: list[dict[str, Any]] = []
    while rows := _scan(context, dataset, facts, names, known_at):
        newest = max(row["known_time"] for row in rows)
        found += [row | {"withdrawn": False} for row in rows if row["known_time"] == newest]
        known_at = newest - 1
        if len(found) >= LIMIT:
            break
    return found


def _key(row: dict[str, Any], dataset: Dataset) -> tuple[Any, ...]:
    return tuple(row[name] for name in dataset.spec.key)


def _scan(
    context: Context, dataset: Dataset, facts: Facts, names: list[str], known_at: int | None
) -> list[dict[str, Any]]:
    rows = context.lake.scan(
        dataset.name,
        columns=names,
        within=facts.within(dataset),
        known_at=known_at,
        order=list(dataset.spec.sort),
        limit=LIMIT,
    )
    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(place, field.name, rows[field.name].cast(pa.int64()))
    return list(rows.to_pylist())


def _makers(context: Context, dataset: Dataset) -> dict[int, list[tuple[LoadLine, Any]]]:
    """What brought rows of a dataset, by the time since when they are known."""
    found: dict[int, list[tuple[LoadLine, Any]]] = {}
    for line, command in made_by(context, dataset.name):
        if line.known_time:
            found.setdefault(int(line.known_time), []).append((line, command))
    return found


def _fitting(row: dict[str, Any], makers: dict[int, list[tuple[LoadLine, Any]]]) -> list[LoadLine]:
    """Those that can have brought a version: of its time of knowing, its kind, and for a correction its reason and
    revision; where one is of the version's own source, only such ones.
    """
    fitting = [line for line, command in makers.get(row["known_time"], []) if _fits(row, command)]
    named = [] if row["withdrawn"] else [line for line in fitting if line.source == row.get("source")]
    return named or fitting


def _fits(row: dict[str, Any], command: Any) -> bool:
    """Whether a record can be about a version; one that was taken back has the figures and reason of the one before."""
    if row["withdrawn"]:
        return bool(getattr(command, "withdrawn", 0))
    if isinstance(command, DatasetCorrected):
        said = (row.get("reason"), row.get("revision")) == (command.reason, command.revision)
        return said and command.rows > 0
    return not row.get("reason") and command.rows > 0


def _made(row: dict[str, Any], lines: list[LoadLine]) -> dict[str, Any]:
    """What is said of those that may have brought a version: what they have in common; the journal's positions and the
    files of all where they are few, and of none where they are many.
    """

    def said(name: str) -> str:
        told = list(dict.fromkeys(str(getattr(line, name)) for line in lines))
        return ", ".join(told) if len(told) <= NAMED else ""

    def common(name: str) -> str:
        told = {str(getattr(line, name)) for line in lines}
        return told.pop() if len(told) == 1 else ""

    return {
        "what": common("what"),
        "position": said("position"),
        "seq": lines[0].seq if len(lines) == 1 else 0,
        "file": said("source"),
        "by": common("by"),
        "reason": common("reason") if row["withdrawn"] else row.get("reason") or common("reason"),
    }
