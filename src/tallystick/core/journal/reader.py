"""Reading the journal: any number of processes, each batch proven by its hash before it is given out."""

from __future__ import annotations

import bisect
import datetime
import os
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from tallystick.core.errors import NotFound
from tallystick.core.journal.acknowledged import read_acknowledged
from tallystick.core.journal.batch import Batch, Columns
from tallystick.core.journal.chain import FIRST_HASH, Head
from tallystick.core.journal.columns import ColumnCache
from tallystick.core.journal.damage import (
    JournalDamaged,
    broken_link,
    missing_batch,
    missing_tail,
    wrong_hash,
)
from tallystick.core.journal.file import DayFile, day_path
from tallystick.core.progress import Progress, Silent
from tallystick.core.schema import Record

__all__ = ["ChainReport", "JournalReader"]

LAST = 2**63 - 1
OPEN_FILES = 8
# A folder changed less than so long ago may change again within the same tick of the file system's clock.
TICK_NS = 100_000_000
# Batches between two reports of progress.
STRIDE = 64


class ChainReport(msgspec.Struct, frozen=True):
    """What a check of the chain found: how much was proven, up to which head, and the first damage (None: sound)."""

    days: int
    batches: int
    records: int
    head: Head
    damage: JournalDamaged | None


class JournalReader:
    """The journal of one shard in a folder (`firm/journal`), read-only, while a writer may be appending.

    Whatever is given out was proven against its hash and its place in the chain; damage raises JournalDamaged where
    it is met, and what stands before and after it can still be read. Transactions are short. One object may be used
    by several threads, not across a fork.
    """

    def __init__(self, folder: Path, shard: int = 0) -> None:
        self.folder = folder
        self.shard = shard
        self._files: dict[datetime.date, DayFile] = {}
        self._days: list[datetime.date] = []
        self._listed_at_ns = -1
        self._columns: dict[tuple[type[Record], datetime.date | None], ColumnCache] = {}
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all files; a later call opens them again."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    @property
    def damage(self) -> JournalDamaged | None:
        """The damage that readings were cut short by; always None here, where damage is raised."""
        return None

    def days(self) -> list[datetime.date]:
        """The business days that have a file, in order."""
        try:
            changed_at_ns = os.stat(self.folder).st_mtime_ns
        except FileNotFoundError:
            return []
        if changed_at_ns != self._listed_at_ns:
            dates = sorted(date for name in os.listdir(self.folder) if (date := _date(name)))
            self._days = [date for date in dates if day_path(self.folder, date, self.shard).exists()]
            # A day's folder stands there a moment before its file: then, and within a tick, look again next time.
            settled = dates[-1:] == self._days[-1:] and time.time_ns() - changed_at_ns > TICK_NS
            self._listed_at_ns = changed_at_ns if settled else -1
        return list(self._days)

    def head(self) -> Head:
        """The last batch, proven; what the newest day continues, if that day is empty."""
        with self._lock:
            acknowledged = read_acknowledged(self.folder, self.shard)
            days = self.days()
            if not days and acknowledged is not None:
                path = day_path(self.folder, acknowledged.day, self.shard)
                raise missing_tail(acknowledged.day, acknowledged.seq, path, last=0)
            if not days:
                return Head(None, 0, FIRST_HASH)
            file = self._file(days[-1])
            head = Head(file.day, *file.last())
            if acknowledged is not None and (head.seq, head.hash) == (acknowledged.seq, acknowledged.hash):
                return head
            # An append is under way, or this is a copy without the note: prove the last batch itself.
            if head.seq == file.opening.seq:
                self._check_opening(file.day)
                self._check_end(file.day, self._promised(file.day), head)
            for batch in self._proven(file.day, max(head.seq - 1, file.opening.seq), LAST, None):
                head = Head(file.day, batch.seq, batch.hash)
            return head

    def first(self, day: datetime.date) -> Head:
        """What a day continues: the last batch before it, as the day's file says."""
        opening = self._file(self._known(day)).opening
        return Head(day, opening.seq, opening.hash)

    def last(self, day: datetime.date) -> Head:
        """The last batch of a day, as the day's file says; `check` proves it."""
        return Head(day, *self._file(self._known(day)).last())

    def batches(
        self,
        *,
        after: int = 0,
        until: int | None = None,
        day: datetime.date | None = None,
        kinds: Collection[str] | None = None,
    ) -> Iterator[Batch]:
        """The batches numbered above `after` up to and with `until`, in order; of one day or all, some kinds or all.

        Each is proven before it is given. The first reading proves also those of other kinds, since a damaged kind
        would hide a batch. JournalDamaged where damage is met, NotFound if the day has no file.
        """
        last = LAST if until is None else until
        wanted = None if kinds is None else sorted(kinds)
        for date in self._days_after(after) if day is None else [self._known(day)]:
            opening = self._file(date).opening.seq
            if opening < last:
                yield from self._proven(date, max(after, opening), last, wanted)

    def batch(self, seq: int) -> Batch:
        """One batch by its number. NotFound if the journal does not reach it."""
        for batch in self.batches(after=seq - 1, until=seq) if seq > 0 else ():
            return batch
        raise NotFound(
            "journal.no_batch",
            "The journal has no batch {seq}.",
            "Its last is {last}.",
            seq=seq,
            last=self.head().seq,
        )

    def columns(self, record: type[Record], *, day: datetime.date | None = None) -> Columns:
        """All commands of one fixed kind (in the version of this record class) as arrays, of one day or all.

        Kept and extended: a second call reads only new batches. TypeError for a kind that is not fixed.
        """
        with self._lock:
            cache = self._columns.get((record, day))
            if cache is None:
                cache = self._columns[record, day] = ColumnCache(record)
            reached = self.head().seq
            kinds = [cache.event_type.kind]
            for batch in self.batches(after=cache.seq, until=reached, day=day, kinds=kinds):
                cache.add(batch)
            cache.seq = reached
            return cache.columns()

    def check(self, *, day: datetime.date | None = None, progress: Progress | None = None) -> ChainReport:
        """Prove every batch of one day or all, each day's link to its neighbours, and that no tail is lost."""
        shown = progress or Silent()
        days = self.days() if day is None else [self._known(day)]
        shown.start("check the chain")
        head, batches, records, done = Head(None, 0, FIRST_HASH), 0, 0, 0
        damage: JournalDamaged | None = None
        try:
            for date in days:
                self._check_opening(date)
                opening = self._file(date).opening
                head = Head(date, opening.seq, opening.hash)
                for batch in self._proven(date, opening.seq, LAST, None):
                    head = Head(date, batch.seq, batch.hash)
                    batches, records = batches + 1, records + batch.count
                    if batches % STRIDE == 0:
                        shown.step(STRIDE, date.isoformat())
                done += 1
            if not days:
                head = self.head()
        except JournalDamaged as found:
            damage = found
        shown.finish()
        return ChainReport(days=done, batches=batches, records=records, head=head, damage=damage)

    def _known(self, day: datetime.date) -> datetime.date:
        """The day, if it has a file."""
        days = self.days()
        if day not in days:
            raise NotFound(
                "journal.no_day",
                "The journal has no file for {day}.",
                "Its days are {days}.",
                day=day.isoformat(),
                days=", ".join(date.isoformat() for date in days[-5:]) or "-",
            )
        return day

    def _file(self, day: datetime.date) -> DayFile:
        """The open file of a day; the ones longest not used are closed."""
        with self._lock:
            file = self._files.pop(day, None)
            if file is not None and not file.is_current():
                file.close()
                file = None
            self._files[day] = file = file or DayFile(self.folder, day, self.shard)
            while len(self._files) > OPEN_FILES:
                self._files.pop(next(iter(self._files))).close()
            return file

    def _days_after(self, seq: int) -> list[datetime.date]:
        """The days that can hold batches after `seq`."""
        days = self.days()
        if not days or self._file(days[-1]).opening.seq <= seq:
            return days[-1:]
        found = bisect.bisect_right(days, seq, key=lambda date: self._file(date).opening.seq)
        if not found:
            raise missing_batch(days[0], seq + 1, self._file(days[0]).path)
        return days[found - 1 :]

    def _proven(self, day: datetime.date, after: int, until: int, kinds: list[str] | None) -> Iterator[Batch]:
        """The batches of one day, each proven; where the file ends, also that this is its end."""
        with self._lock:
            promised, path = self._promised(day), self._file(day).path
            at = Head(day, after, self._file(day).hash_of(after) or b"")
            if not at.hash:
                last = self._file(day).last()
                if last[0] > after:
                    raise missing_batch(day, after, path)
                self._check_end(day, promised, Head(day, *last))
                return
        while at.seq < until:
            with self._lock:
                file = self._file(day)
                proven_before, stored = file.proven, file.rows(at.seq, until, kinds)
            if not stored:
                self._check_end(day, promised, at)
                return
            for row in stored:
                if row.seq != at.seq + 1:
                    raise missing_batch(day, at.seq + 1, path)
                if kinds is None or row.seq > proven_before or row.payload is not None:
                    batch = row.proven(day, at.hash)
                    if batch is None:
                        raise wrong_hash(day, row.seq, path)
                    file.proves(row.seq)
                    if kinds is None or batch.kind in kinds:
                        yield batch
                at = Head(day, row.seq, row.hash)

    def _promised(self, day: datetime.date) -> tuple[Head | None, bool]:
        """What the day's file must reach, known from elsewhere: the next day's opening (True), or the note."""
        with self._lock:
            acknowledged = read_acknowledged(self.folder, self.shard)
            days = self.days()
            following = bisect.bisect_right(days, day)
            if following < len(days):
                opening = self._file(days[following]).opening
                return Head(days[following], opening.seq, opening.hash), True
            if acknowledged is None:
                return None, False
            return Head(acknowledged.day, acknowledged.seq, acknowledged.hash), False

    def _check_end(self, day: datetime.date, promised: tuple[Head | None, bool], end: Head) -> None:
        """Raise JournalDamaged if the day's file ends there although more, or something else, was written."""
        (head, closed), file = promised, self._file(day)
        if head is None or head.seq < file.opening.seq:
            return
        if head.seq == end.seq:
            found: bytes | None = end.hash
        else:
            found = file.hash_of(head.seq) if head.seq < end.seq and not closed else None
        if found == head.hash:
            return
        if closed and head.day and not self._fits_its_opening(head.day):
            raise broken_link(head.day, head.seq, self._file(head.day).path)
        if end.seq < head.seq:
            raise missing_tail(day, end.seq + 1, file.path, last=end.seq)
        raise broken_link(day, head.seq, file.path)

    def _check_opening(self, day: datetime.date) -> None:
        """Raise JournalDamaged, naming the one at fault, if a day does not continue the day before."""
        days = self.days()
        place = bisect.bisect_left(days, day)
        file = self._file(day)
        before = (0, FIRST_HASH) if place == 0 else self._file(days[place - 1]).last()
        if before != tuple(file.opening):
            if place and self._fits_its_opening(day):
                file = self._file(days[place - 1])
            raise broken_link(file.day, self._file(day).opening.seq, file.path)

    def _fits_its_opening(self, day: datetime.date) -> bool:
        """Whether the day's first batch follows what the day's opening says, so that the opening must be right."""
        file = self._file(day)
        first = file.rows(file.opening.seq, file.opening.seq + 1)
        return bool(first) and first[0].proven(day, file.opening.hash) is not None


def _date(name: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(name) if len(name) == 10 else None
    except ValueError:
        return None
