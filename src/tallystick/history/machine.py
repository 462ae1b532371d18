"""The keeper's state: what was loaded, corrected, sealed and archived, what is held, until when, and what may go."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tallystick.core.approvals import Approved, content_of
from tallystick.core.day import DayOpened
from tallystick.core.machine import Explanation, ValueRead
from tallystick.core.plain import PlainMachine
from tallystick.core.schema import Record, number_date
from tallystick.history.datasets.dataset import DAY_NS
from tallystick.history.events import (
    AdoptRetention,
    ArchiveRestored,
    BeginPurge,
    ClockStarted,
    DatasetCorrected,
    DatasetLoaded,
    MarkPurge,
    PartitionArchived,
    PartitionPurged,
    PartitionSealed,
    PlaceHold,
    PurgePart,
    ReleaseHold,
    RetentionRow,
    RowsDismissed,
    SetQuota,
    StartClock,
    UnmarkPurge,
)
from tallystick.history.keeping.holds import Hold, covers
from tallystick.history.keeping.retention import (
    KeepUntil,
    adopted,
    keep_until,
    problems_of,
    purge_grace_days,
)
from tallystick.history.proposed import compared

__all__ = ["HistoryMachine", "Purge", "Quota"]

YEAR_CLOSED = "year_closed"
FIRST_YEAR = 1900
"""An earlier year is a slip of the pen, not a year of the firm's books."""


class Purge(msgspec.Struct):
    """A partition on its way out: `marked`, `begun`, `purged`, or `unmarked` again; `marked_by` is who approved it.

    `purged_at` is when the deletion that last came to its end was begun, 0 if none did: it stays when the partition got
    rows again and is marked anew.
    """

    dataset: str
    record_class: str
    part: PurgePart
    reason: str
    marked_by: str
    marked_at: int
    state: str = "marked"
    changed_at: int = 0
    purged_at: int = 0


class Quota(msgspec.Struct):
    """Rows and bytes that may be read in a day; None is no limit."""

    rows_per_day: int | None
    bytes_per_day: int | None


class HistoryState(msgspec.Struct):
    """All that the machine knows, each in the order of the journal.

    `replaced` are retention rows that a change replaced, each ending with the day of the change.
    """

    loads: dict[str, DatasetLoaded] = {}
    corrections: list[DatasetCorrected] = []
    dismissals: dict[str, RowsDismissed] = {}
    seals: dict[str, PartitionSealed] = {}
    archives: dict[str, PartitionArchived] = {}
    retention: list[RetentionRow] = []
    replaced: list[RetentionRow] = []
    clocks: dict[str, datetime.date] = {}
    holds: dict[str, Hold] = {}
    purges: dict[str, Purge] = {}
    quotas: dict[str, Quota] = {}
    business_date: datetime.date | None = None


def _refuse(proposal: str, content: bytes) -> bool:
    """Without approvals nothing counts as approved."""
    return False


class HistoryMachine(PlainMachine[HistoryState]):
    """Accepts each content once for a dataset and a way to read it, and nothing that would delete what must be kept.

    `approved(proposal, content)` asks for a second person's approval.

    >>> machine = HistoryMachine()
    >>> load = DatasetLoaded(dataset="history.bars_daily", source="a.csv", sha256=bytes(32), rows=5, quarantined=0,
    ...                      known_time=1)
    >>> machine.decide(DatasetLoaded, [load, load])["mask"].tolist()
    [0, 1]
    >>> machine.loaded("history.bars_daily", bytes(32)).rows
    5
    """

    name = "history"
    decides: tuple[type[Record], ...] = (
        DatasetLoaded,
        DatasetCorrected,
        RowsDismissed,
        PartitionSealed,
        PartitionArchived,
        ArchiveRestored,
        AdoptRetention,
        ClockStarted,
        StartClock,
        PlaceHold,
        ReleaseHold,
        MarkPurge,
        UnmarkPurge,
        BeginPurge,
        PartitionPurged,
        SetQuota,
    )
    observes: tuple[type[Record], ...] = (DayOpened,)

    def __init__(self, approved: Approved = _refuse) -> None:
        super().__init__(HistoryState())
        self._approved = approved

    # Reading

    def loaded(self, dataset: str, sha256: bytes, read_by: str = "") -> DatasetLoaded | None:
        """The load of a content into a dataset, read in one way, or None."""
        return self.state.loads.get(_content(dataset, sha256, read_by))

    def loads(self, dataset: str = "") -> list[DatasetLoaded]:
        """All loads, or those of one dataset, oldest first."""
        return [load for load in self.state.loads.values() if dataset in ("", load.dataset)]

    def corrections(self, dataset: str = "") -> list[DatasetCorrected]:
        """All corrections, or those of one dataset, oldest first."""
        return [one for one in self.state.corrections if dataset in ("", one.dataset)]

    def dismissal(self, mark: bytes) -> RowsDismissed | None:
        """The dismissal of quarantined rows by the mark that stands on them; None where a content released them."""
        return self.state.dismissals.get(mark.hex())

    def seals(self, dataset: str = "") -> list[PartitionSealed]:
        """All sealed days, or those of one dataset, oldest first."""
        return [one for one in self.state.seals.values() if dataset in ("", one.dataset)]

    def archives(self, dataset: str = "") -> list[PartitionArchived]:
        """All archives, or those of one dataset, oldest first."""
        return [one for one in self.state.archives.values() if dataset in ("", one.dataset)]

    def purges(self, dataset: str = "") -> list[Purge]:
        """All partitions that were ever marked, or those of one dataset, in order of their first mark."""
        return [one for one in self.state.purges.values() if dataset in ("", one.dataset)]

    def purge_of(self, dataset: str, partition: str) -> Purge | None:
        """Where a partition's purge stands, or None."""
        return self.state.purges.get(_key(dataset, partition))

    def purged_since(self, dataset: str, at: int = 0) -> list[Purge]:
        """The partitions of a dataset whose deletion was begun after a time and came to its end, oldest date first.

        With the time at which a load was journaled: those whose rows it may have brought, and which are gone.
        """
        gone = [one for one in self.purges(dataset) if one.purged_at > at]
        return sorted(gone, key=lambda one: one.part.first)

    def holds(self, dataset: str = "", record_class: str = "") -> list[Hold]:
        """All holds, or those that speak of one dataset (of a class of record), in order of placing."""
        return [
            hold for hold in self.state.holds.values() if not dataset or hold.speaks_of(dataset, record_class)
        ]

    def holds_on(
        self, dataset: str, record_class: str, first: datetime.date | None, last: datetime.date | None
    ) -> list[Hold]:
        """The open holds that keep a span of a dataset; a span that is not known is kept by every hold on it."""
        return [
            hold for hold in self.state.holds.values() if covers(hold, dataset, first, last, record_class)
        ]

    def keep_until(
        self, record_class: str, first: datetime.date, last: datetime.date, today: datetime.date
    ) -> KeepUntil:
        """Until when records of a class must be kept by the rules in force and those before them, holds aside."""
        rows = [*self.state.retention, *self.state.replaced]
        return keep_until(rows, record_class, first, last, today, self.state.clocks)

    # Deciding

    def mask_of(self, command: Any) -> int:
        """Judge by the kind of command."""
        judge: Callable[[Any], int] = getattr(self, f"_judge_{_name(command)}")
        return judge(command)

    def accept(self, command: Any) -> None:
        """Change the state by the kind of command."""
        take: Callable[[Any], None] = getattr(self, f"_take_{_name(command)}")
        take(command)

    def _is_approved(self, command: Any) -> bool:
        return bool(command.approval) and self._approved(command.approval, content_of(command))

    def _judge_dataset_loaded(self, command: DatasetLoaded) -> int:
        return int(_content(command.dataset, command.sha256, command.read_by) in self.state.loads)

    def _take_dataset_loaded(self, command: DatasetLoaded) -> None:
        self.state.loads[_content(command.dataset, command.sha256, command.read_by)] = command

    def _judge_dataset_corrected(self, command: DatasetCorrected) -> int:
        return int(not command.reason.strip())

    def _take_dataset_corrected(self, command: DatasetCorrected) -> None:
        self.state.corrections.append(command)

    def _judge_rows_dismissed(self, command: RowsDismissed) -> int:
        return int(command.mark.hex() in self.state.dismissals)

    def _take_rows_dismissed(self, command: RowsDismissed) -> None:
        self.state.dismissals[command.mark.hex()] = command

    def _judge_partition_sealed(self, command: PartitionSealed) -> int:
        known = self.state.seals.get(_key(command.dataset, str(command.date)))
        return int(known is not None and (known.rows, known.proof) != (command.rows, command.proof))

    def _take_partition_sealed(self, command: PartitionSealed) -> None:
        self.state.seals.setdefault(_key(command.dataset, str(command.date)), command)

    def _judge_partition_archived(self, command: PartitionArchived) -> int:
        return int(command.manifest.hex() in self.state.archives)

    def _take_partition_archived(self, command: PartitionArchived) -> None:
        self.state.archives[command.manifest.hex()] = command

    def _judge_archive_restored(self, command: ArchiveRestored) -> int:
        known = self.state.archives.get(command.manifest.hex())
        same = known is not None and (known.dataset, known.partition) == (command.dataset, command.partition)
        return int(not same)

    def _take_archive_restored(self, command: ArchiveRestored) -> None:
        """The archive is as it was."""

    def _judge_adopt_retention(self, command: AdoptRetention) -> int:
        unapproved = bool(self.state.retention) and not self._is_approved(command)
        return unapproved | bool(problems_of(command.rows)) << 1

    def _take_adopt_retention(self, command: AdoptRetention) -> None:
        until = max(_date(command.received_at), self.state.business_date or datetime.date.min)
        self.state.retention, self.state.replaced = adopted(
            self.state.retention, self.state.replaced, command.rows, until
        )

    def _take_day_opened(self, command: DayOpened) -> None:
        self.state.business_date = command.business_date

    def _judge_clock_started(self, command: ClockStarted) -> int:
        return int(f"{command.clock} {command.subject}" in self.state.clocks)

    def _take_clock_started(self, command: ClockStarted) -> None:
        self.state.clocks[f"{command.clock} {command.subject}"] = command.date

    def _judge_start_clock(self, command: StartClock) -> int:
        today = self.state.business_date or _date(command.received_at)
        year = int(command.subject) if command.subject.isdecimal() else 0
        over = command.clock == YEAR_CLOSED and FIRST_YEAR <= year < today.year
        done = over and datetime.date(year, 12, 31) < command.date <= today
        return _mask(not self._is_approved(command), not over, over and not done)

    def _take_start_clock(self, command: StartClock) -> None:
        self.state.clocks[f"{command.clock} {command.subject}"] = command.date

    def _judge_place_hold(self, command: PlaceHold) -> int:
        return int(command.hold in self.state.holds)

    def _take_place_hold(self, command: PlaceHold) -> None:
        self.state.holds[command.hold] = Hold(
            hold=command.hold,
            kind=command.kind,
            datasets=command.datasets,
            instruments=command.instruments,
            parties=command.parties,
            accounts=command.accounts,
            first=command.first,
            last=command.last,
            reason=command.reason,
            placed_by=command.actor,
            placed_at=command.received_at,
            record_classes=command.record_classes,
        )

    def _judge_release_hold(self, command: ReleaseHold) -> int:
        hold = self.state.holds.get(command.hold)
        return int(hold is None or not hold.is_open) | (not self._is_approved(command)) << 1

    def _take_release_hold(self, command: ReleaseHold) -> None:
        hold = self.state.holds[command.hold]
        hold.released_at, hold.release_reason = command.received_at, command.reason

    def _judge_mark_purge(self, command: MarkPurge) -> int:
        today = _date(command.received_at)
        spans = [
            self.keep_until(command.record_class, part.first, part.last, today) for part in command.parts
        ]
        marked = (self.purge_of(command.dataset, part.partition) for part in command.parts)
        return _mask(
            not self._is_approved(command),
            any(
                self.holds_on(command.dataset, command.record_class, part.first, part.last)
                for part in command.parts
            ),
            any(span.date is not None and today <= span.date for span in spans),
            any(not span.is_known for span in spans),
            any(one is not None and one.state in ("marked", "begun") for one in marked),
        )

    def _take_mark_purge(self, command: MarkPurge) -> None:
        for part in command.parts:
            earlier = self.purge_of(command.dataset, part.partition)
            self.state.purges[_key(command.dataset, part.partition)] = Purge(
                dataset=command.dataset,
                record_class=command.record_class,
                part=part,
                reason=command.reason,
                marked_by=command.actor,
                marked_at=command.received_at,
                purged_at=earlier.purged_at if earlier else 0,
            )

    def _going(self, command: UnmarkPurge | BeginPurge | PartitionPurged, *states: str) -> Purge | None:
        found = self.purge_of(command.dataset, command.partition)
        return found if found is not None and found.state in states else None

    def _judge_unmark_purge(self, command: UnmarkPurge) -> int:
        return int(self._going(command, "marked", "begun") is None)

    def _take_unmark_purge(self, command: UnmarkPurge) -> None:
        found = self.state.purges[_key(command.dataset, command.partition)]
        found.state, found.changed_at = "unmarked", command.received_at

    def _judge_begin_purge(self, command: BeginPurge) -> int:
        found = self._going(command, "marked", "begun")
        if found is None:
            return 1
        today, part = _told_date(command), found.part
        span = self.keep_until(found.record_class, part.first, part.last, today)
        grace = purge_grace_days(self.state.retention, found.record_class, today)
        return _mask(
            False,
            bool(self.holds_on(found.dataset, found.record_class, part.first, part.last)),
            span.date is None or today <= span.date,
            grace is None or command.received_at < found.marked_at + grace * DAY_NS,
        )

    def _take_begin_purge(self, command: BeginPurge) -> None:
        found = self.state.purges[_key(command.dataset, command.partition)]
        found.state, found.changed_at = "begun", command.received_at

    def _judge_partition_purged(self, command: PartitionPurged) -> int:
        found = self._going(command, "begun")
        return int(found is None or found.part.contents != command.contents)

    def _take_partition_purged(self, command: PartitionPurged) -> None:
        found = self.state.purges[_key(command.dataset, command.partition)]
        found.state, found.changed_at, found.purged_at = "purged", command.received_at, found.changed_at

    def _judge_set_quota(self, command: SetQuota) -> int:
        """A first quota only limits, at once; unless a role has a narrower one, instead of which it could count."""
        known = self.state.quotas.get(_holder(command))
        roles = [quota for holder, quota in self.state.quotas.items() if holder.startswith("role ")]
        wider = any(
            _is_wider(new, old)
            for quota in ([known] if known else roles)
            for new, old in (
                (command.rows_per_day, quota.rows_per_day),
                (command.bytes_per_day, quota.bytes_per_day),
            )
        )
        limits = (command.rows_per_day or 0, command.bytes_per_day or 0)
        return _mask(
            wider and not self._is_approved(command),
            bool(command.role) == bool(command.user),
            min(limits) < 0,
        )

    def _take_set_quota(self, command: SetQuota) -> None:
        if command.rows_per_day is None and command.bytes_per_day is None:
            self.state.quotas.pop(_holder(command), None)
        else:
            self.state.quotas[_holder(command)] = Quota(command.rows_per_day, command.bytes_per_day)

    def compared(self, command: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is in force and what a proposed command would put there."""
        return compared(self.state, command)

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The command's fields, and for a purge the holds and the date until which each part is kept."""
        found = super().explain(record, command)
        today = _told_date(command)
        parts: Iterable[PurgePart] = ()
        if isinstance(command, MarkPurge):
            parts, record_class = command.parts, command.record_class
        elif isinstance(command, BeginPurge) and (going := self.purge_of(command.dataset, command.partition)):
            parts, record_class = [going.part], going.record_class
        for part in parts:
            holds = self.holds_on(command.dataset, record_class, part.first, part.last)
            names = ", ".join(hold.hold for hold in holds)
            span = self.keep_until(record_class, part.first, part.last, today)
            past = span.date is not None and today > span.date
            source = span.row.source if span.row else ""
            found.values.append(ValueRead(f"holds on {part.partition}", names, passed=not holds))
            found.values.append(
                ValueRead(f"keep until {part.partition}", str(span.date or ""), str(today), source, past)
            )
        return found


def _name(command: Record) -> str:
    """`dataset_loaded` of `DatasetLoaded`."""
    name = type(command).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _content(dataset: str, sha256: bytes, read_by: str) -> str:
    return _key(dataset, f"{sha256.hex()} {read_by}".rstrip())


def _key(dataset: str, part: str) -> str:
    return f"{dataset} {part}"


def _holder(command: SetQuota) -> str:
    return f"role {command.role}" if command.role else f"user {command.user}"


def _is_wider(new: int | None, old: int | None) -> bool:
    return old is not None and (new is None or new > old)


def _mask(*reasons: bool) -> int:
    return sum(1 << bit for bit, reason in enumerate(reasons) if reason)


def _date(at: int) -> datetime.date:
    """The date in UTC; the firm's own is a day on at most, wherever it is."""
    return number_date(at // DAY_NS)


def _told_date(command: Any) -> datetime.date:
    """The date that a command says it is in the firm's zone, believed within a day of the writer's clock."""
    date, told = _date(command.received_at), getattr(command, "today", None)
    return told if told is not None and abs(told - date).days <= 1 else date
