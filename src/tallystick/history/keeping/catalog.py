"""The catalog: what each dataset holds, how good and how fresh it is, where it came from, and how it is kept."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tallystick.core.text import translate
from tallystick.history.datasets import DATASETS, QUARANTINE
from tallystick.history.keeping.described import DatasetLine, DatasetReply
from tallystick.history.keeping.holds import known_class
from tallystick.history.keeping.quality import score

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake
    from tallystick.history.machine import HistoryMachine

__all__ = ["describe_dataset", "list_datasets"]


def list_datasets(context: Context, hold: str = "") -> list[DatasetLine]:
    """A line for each table of the lake, and for each dataset that could be loaded and is not; with a hold's name only
    for those that it speaks of while it is open.
    """
    there = set(context.lake.tables())
    return [
        _line(context, name, name in there)
        for name in sorted({*there, *DATASETS})
        if not hold or hold in _holds(context, name)
    ]


def _line(context: Context, name: str, there: bool) -> DatasetLine:
    declared = DATASETS.get(name)
    machine: HistoryMachine = context.machine("history")
    told = context.lake.describe(name) if there else None
    title = told.title if told else declared.spec.title if declared else ""
    owner = told.owner if told else declared.spec.owner if declared else ""
    quarantined = _quarantined(context.lake, name) if there else 0
    hot, hot_from, hot_rows = _hot(context.lake, name) if there else ("", None, 0)
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
        hot=hot,
        hot_from=hot_from,
        hot_rows=hot_rows,
        quarantined=quarantined,
        quality=_quality(machine, name, quarantined),
        holds=", ".join(_holds(context, name)),
    )


def _holds(context: Context, name: str) -> list[str]:
    """The open holds that speak of a dataset."""
    machine: HistoryMachine = context.machine("history")
    return [hold.hold for hold in machine.holds(name, known_class(name)) if hold.is_open]


def _hot(lake: Lake, name: str) -> tuple[str, datetime.date | None, int]:
    """Whether a table's newest partitions are hot as they are now, from which date on, and how many rows they have."""
    generation, state = lake.generation(), lake.state(name)
    published = generation.contents.tables.get(name) if generation else None
    if generation is None or published is None or not (published.files or published.opened):
        return "", None, 0
    covered = generation.covered(name, state.groups)
    numbers = sorted((one for one in {*state.groups, *published.opened} if one is not None), reverse=True)
    since, rows = None, 0
    for number in numbers:
        if number not in covered:
            break
        since, rows = number, rows + sum(file.rows for file in state.groups.get(number, ()))
    if since is None:
        return "behind", None, 0
    first = lake.describe(name).first_date
    return "current", max(filter(None, (state.layout.partition_days(since)[0], first))), rows


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


def _archived_rows(lake: Lake, name: str) -> int:
    """The rows of the archived files that a table names now."""
    from tallystick.core.lake.sealing import is_archived

    return sum(file.rows for file in lake.state(name).plan.files if is_archived(file))


def describe_dataset(context: Context, name: str) -> DatasetReply:
    """All that the catalog knows of one dataset. NotFound names the nearest."""
    import msgspec

    from tallystick.history.keeping.catalog_columns import checks_of, columns_of
    from tallystick.history.keeping.purging import kept_parts, longest_kept

    lake, declared = context.lake, DATASETS.get(name)
    there = name in lake.tables()
    spec = lake.spec(name) if there or declared is None else declared.spec
    machine: HistoryMachine = context.machine("history")
    parts = kept_parts(context, name) if there and declared else []
    purges = machine.purges(name)
    seals = machine.seals(name)
    kept = longest_kept(parts)
    return DatasetReply(
        **msgspec.structs.asdict(_line(context, name, there)),
        key=list(spec.key),
        sort_order=list(spec.sort or spec.key),
        partitioned_by=" ".join(spec.partition) if spec.partition else "",
        partitions=len(parts),
        loads=len(machine.loads(name)),
        corrections=len(machine.corrections(name)),
        sealed_days=len(seals),
        sealed_until=max((one.date for one in seals), default=None),
        hot_partitions=lake.hot_days(name) if there else 0,
        archived_partitions=sum(part.archived > 0 for part in parts),
        archived_rows=_archived_rows(lake, name) if there else 0,
        marked_partitions=sum(one.state in ("marked", "begun") for one in purges),
        purged_partitions=sum(one.state == "purged" for one in purges),
        keep_until=kept.keep_until if kept else None,
        kept_by=kept.rule if kept else "",
        kept_why=kept.kept_why if kept else "",
        columns=columns_of(spec, declared),
        checks=checks_of(declared, context.language),
    )
