"""Make past decisions again from the journal and compare them to the byte.

`replay` decides one day again, in batches of any size; `verify` checks the whole chain and decides everything again.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tallystick.core.day import DayOpened, DigestRecorded
from tallystick.core.engine import Engine
from tallystick.core.errors import NotFound
from tallystick.core.events import EventType
from tallystick.core.follower import Follower
from tallystick.core.progress import Progress, Silent
from tallystick.core.schema import Record
from tallystick.core.snapshots import code_version

if TYPE_CHECKING:
    from tallystick.core.journal import Batch, JournalReader

__all__ = ["Difference", "ReplayReport", "replay_day", "verify_all"]

DIFFERENCES_SHOWN = 20


class Difference(Record, frozen=True, kw_only=True):
    """A place where deciding again gave something else: the batch, the command in it, what was and what is."""

    seq: int
    index: int
    what: str
    recorded: str
    again: str


class ReplayReport(Record, frozen=True, kw_only=True):
    """What a replay found. `same` is the answer; `digest` the state's SHA-256 at the end, in hex."""

    first_day: datetime.date
    last_day: datetime.date
    batches: int
    records: int
    digests_compared: int
    difference_count: int
    differences: list[Difference]
    digest: str
    recorded_by: str
    replayed_by: str

    @property
    def same(self) -> bool:
        """Whether every verdict and digest came out as recorded."""
        return self.difference_count == 0

    @property
    def passed(self) -> bool:
        """The same, as every check has it."""
        return self.same


class Replay:
    """Decides batches again on an engine and collects what differs."""

    def __init__(self, engine: Engine, batch_size: int | None) -> None:
        self.engine = engine
        self._size = batch_size
        self._waiting: list[Batch] = []
        self.batches = self.records = self.digests_compared = self.difference_count = 0
        self.differences: list[Difference] = []
        self.recorded_by = ""

    def take(self, batch: Batch) -> None:
        """Decide the next batch, or keep it to be joined with the next when a batch size is asked for."""
        self.batches += 1
        self.records += batch.count
        kind = batch.event_type
        joins = (
            self._size is not None and kind.fixed and self._waiting and self._waiting[0].kind == batch.kind
        )
        if self._waiting and not joins:
            self.flush()
        if kind.fixed:
            self._waiting.append(batch)
            if self._size is None or sum(b.count for b in self._waiting) >= self._size:
                self.flush()
            return
        if kind.record is DigestRecorded:
            self._compare_digests(batch)
        if kind.record is DayOpened:
            self.recorded_by = batch.records[0].code_version
        for index, command in enumerate(batch.records):
            verdict = self.engine.decide(kind.record, [command])
            self._compare(kind, batch, index, batch.verdicts[index : index + 1], verdict)

    def flush(self) -> None:
        """Decide the waiting batches of one fixed kind as one stream, cut into the batch size."""
        import numpy as np

        if not self._waiting:
            return
        kind = self._waiting[0].event_type
        records = np.concatenate([batch.records for batch in self._waiting])
        size = self._size or len(records)
        parts = [self.engine.decide(kind.record, records[i : i + size]) for i in range(0, len(records), size)]
        verdicts = np.concatenate(parts)
        start = 0
        for batch in self._waiting:
            again = verdicts[start : start + batch.count]
            if again.tobytes() != batch.verdicts.tobytes():
                for index in np.flatnonzero(again != batch.verdicts).tolist():
                    self._compare(
                        kind, batch, index, batch.verdicts[index : index + 1], again[index : index + 1]
                    )
            start += batch.count
        self._waiting = []

    def _compare(self, kind: EventType, batch: Batch, index: int, recorded: Any, again: Any) -> None:
        if recorded.tobytes() != again.tobytes():
            self._differ(batch.seq, index, kind.kind, str(recorded[0]), str(again[0]))

    def _compare_digests(self, batch: Batch) -> None:
        self.digests_compared += 1
        now = self.engine.digests()
        for name, digest in batch.records[0].digests.items():
            if now.get(name) != digest:
                self._differ(batch.seq, 0, f"digest of {name}", digest.hex(), now.get(name, b"").hex())

    def _differ(self, seq: int, index: int, what: str, recorded: str, again: str) -> None:
        self.difference_count += 1
        if len(self.differences) < DIFFERENCES_SHOWN:
            self.differences.append(
                Difference(seq=seq, index=index, what=what, recorded=recorded, again=again)
            )

    def report(self, first_day: datetime.date, last_day: datetime.date) -> ReplayReport:
        """What was found."""
        self.flush()
        return ReplayReport(
            first_day=first_day,
            last_day=last_day,
            batches=self.batches,
            records=self.records,
            digests_compared=self.digests_compared,
            difference_count=self.difference_count,
            differences=self.differences,
            digest=self.engine.digest().hex(),
            recorded_by=self.recorded_by,
            replayed_by=code_version(),
        )


def replay_day(
    journal: JournalReader,
    engine: Engine,
    snapshots: Path,
    day: datetime.date,
    *,
    batch_size: int | None = None,
    progress: Progress | None = None,
) -> ReplayReport:
    """Bring a fresh engine to the morning of a day and decide the day again.

    Errors: NotFound when the journal lacks the day, JournalDamaged when it cannot be read to its end.

    With `batch_size`, runs of one kind are joined and cut into batches of that size: the verdicts and the digest
    must not change.
    """
    batches = journal.batches(day=day)
    first = next(batches, None)
    if first is None:
        days = journal.days()
        raise NotFound(
            "replay.no_day",
            "The journal has no day {day}.",
            "It has {first} to {last}.",
            day=str(day),
            first=str(days[0]) if days else "no days",
            last=str(days[-1]) if days else "",
        )
    Follower(journal, engine, snapshots).catch_up(first.seq - 1) if first.seq > 1 else None
    replay = Replay(engine, batch_size)
    _drive(replay, first, batches, progress or Silent(), f"replay {day}")
    if journal.damage is not None and journal.damage.day <= day:
        raise journal.damage
    return replay.report(day, day)


def verify_all(journal: JournalReader, engine: Engine, *, progress: Progress | None = None) -> ReplayReport:
    """Decide the firm's whole journal again on a fresh engine. Check the chain first (`JournalReader.check`)."""
    days = journal.days()
    replay = Replay(engine, None)
    batches = journal.batches()
    first = next(batches, None)
    if first is None:
        raise NotFound("replay.empty", "The journal is empty.", "Make a firm with `tally init`.")
    _drive(replay, first, batches, progress or Silent(), "verify")
    if journal.damage is not None:
        raise journal.damage
    return replay.report(days[0], days[-1])


def _drive(replay: Replay, first: Batch, rest: Iterator[Batch], progress: Progress, what: str) -> None:
    progress.start(what)
    replay.take(first)
    for batch in rest:
        replay.take(batch)
        progress.step(batch.count)
    replay.flush()
    progress.finish()
