"""The catalog: what each dataset holds, how good and how fresh it is, where it came from, and how it is kept."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tallystick.core.schema import Record, Timestamp
from tallystick.core.text import translate
from tallystick.history.datasets import DATASETS, QUARANTINE
from tallystick.history.keeping.quality import score

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake
    from tallystick.history.keeping.purging import KeptLine
    from tallystick.history.machine import HistoryMachine

__all__ = ["DatasetLine", "DatasetReply", "describe_dataset", "list_datasets"]


class DatasetLine(Record, frozen=True, kw_only=True):
    """A table of the lake: rows with superseded versions, bytes, first and last date, when its newest row was known.

    `quality` is the share of the rows that came by loads and did not stay in quarantine, in percent (none without
    loads); `holds` names the open holds that speak of it.
    """

    dataset: str
    title: str
    owner: str
    record_class: str
    rows: int
    bytes: int
    files: int
    version: int
    first: datetime.date | None
    last: datetime.date | None
    known_time: Timestamp | None
    quarantined: int
    quality: float | None
    holds: str


class DatasetReply(DatasetLine, frozen=True, kw_only=True):
    """One dataset: its line in the catalog, what made it, and how it is kept.

    `loads`, `corrections`, `sealed_days` count what `history.loads` lists; `hot_partitions` are in the hot generation
    as they are now, and so are asked fast. `keep_until` is of the partition that is kept longest (none: for ever, as
    far as is known, because of `kept_by`).
    """

    columns: list[str]
    key: list[str]
    partitioned_by: str
    partitions: int
    loads: int
    corrections: int
    sealed_days: int
    sealed_until: datetime.date | None
    hot_partitions: int
    archived_partitions: int
    archived_rows: int
    marked_partitions: int
    purged_partitions: int
    keep_until: datetime.date | None
    kept_by: str


def list_datasets(context: Context) -> list[DatasetLine]:
    """A line for each table of the lake, and for each dataset that could be loaded and is not."""
    there = set(context.lake.tables())
    return [_line(context, name, name in there) for name in sorted({*there, *DATASETS})]


def _line(context: Context, name: str, there: bool) -> DatasetLine:
    declared = DATASETS.get(name)
    machine: HistoryMachine = context.machine("history")
    told = context.lake.describe(name) if there else None
    title = told.title if told else declared.spec.title if declared else ""
    owner = told.owner if told else declared.spec.owner if declared else ""
    quarantined = _quarantined(context.lake, name) if there else 0
    return DatasetLine(
        dataset=name,
        title=translate(title, context.language) if title else name,
        owner=owner,
        record_class=declared.record_class if declared else "",
        rows=told.rows if told else 0,
        bytes=told.bytes if told else 0,
        files=told.files if told else 0,
        version=told.version if told else 0,
        first=told.first_date if told else None,
        last=told.last_date if told else None,
        known_time=told.last_known_time if told else None,
        quarantined=quarantined,
        quality=_quality(machine, name, quarantined),
        holds=", ".join(
            hold.hold
            for hold in machine.holds(name, declared.record_class if declared else "")
            if hold.is_open
        ),
    )


def _quarantined(lake: Lake, name: str) -> int:
    """How many rows of a dataset stand in quarantine and were not released since."""
    if QUARANTINE.name not in lake.tables():
        return 0
    releases = "released_by" in lake.state(QUARANTINE.name).layout.kinds
    return lake.count(
        QUARANTINE.name, within={"dataset": name}, where="released_by IS NULL" if releases else ""
    )


def _quality(machine: HistoryMachine, name: str, quarantined: int) -> float | None:
    good = sum(load.rows + load.duplicates + load.without_trade for load in machine.loads(name))
    good += sum(one.rows + one.unchanged for one in machine.corrections(name))
    return score(good, quarantined)


def describe_dataset(context: Context, name: str) -> DatasetReply:
    """All that the catalog knows of one dataset. NotFound names the nearest."""
    import msgspec

    from tallystick.history.keeping.purging import kept_parts

    lake, declared = context.lake, DATASETS.get(name)
    there = name in lake.tables()
    spec = lake.spec(name) if there or declared is None else declared.spec
    machine: HistoryMachine = context.machine("history")
    parts = kept_parts(context, name) if there and declared else []
    purges = machine.purges(name)
    seals = machine.seals(name)
    until, by = _longest(parts)
    return DatasetReply(
        **msgspec.structs.asdict(_line(context, name, there)),
        columns=list(spec.record.__struct_fields__),
        key=list(spec.key),
        partitioned_by=" ".join(spec.partition) if spec.partition else "",
        partitions=len(parts),
        loads=len(machine.loads(name)),
        corrections=len(machine.corrections(name)),
        sealed_days=len(seals),
        sealed_until=max((one.date for one in seals), default=None),
        hot_partitions=lake.hot_days(name) if there else 0,
        archived_partitions=sum(part.archived > 0 for part in parts),
        archived_rows=sum(one.rows for one in machine.archives(name)),
        marked_partitions=sum(one.state in ("marked", "begun") for one in purges),
        purged_partitions=sum(one.state == "purged" for one in purges),
        keep_until=until,
        kept_by=by,
    )


def _longest(parts: list[KeptLine]) -> tuple[datetime.date | None, str]:
    """Until when the partition is kept that is kept longest, and by which rule."""
    for part in parts:
        if part.keep_until is None:
            return None, part.rule
    last = max(parts, key=lambda part: part.keep_until or datetime.date.min, default=None)
    return (last.keep_until, last.rule) if last else (None, "")
