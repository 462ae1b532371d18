"""Writing the journal: one process, one transaction an append, nothing told before it is on the disk."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tallystick.core.errors import TallystickError
from tallystick.core.journal.acknowledged import AcknowledgedFile
from tallystick.core.journal.chain import FIRST_HASH, Head, Row, chain_hash
from tallystick.core.journal.checkpoint import Checkpointer, presize_wal, wal_path
from tallystick.core.journal.file import connect, create, day_path
from tallystick.core.journal.lock import WriterLock
from tallystick.core.journal.reader import JournalReader
from tallystick.core.settings import JournalSettings

__all__ = ["Journal", "lock_path"]

CACHE_KIB = 16_384
INSERT = "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def lock_path(folder: Path, shard: int) -> Path:
    """The lock of a shard's one writer."""
    return folder / f"{shard}.lock"


class Journal(JournalReader):
    """The journal of one shard, open for appending by this process alone.

    Made by `Journal.open`. If anything fails during an append or roll, nothing was told as appended, and the object
    refuses further use: open the journal again, which shows what is on the disk.
    """

    def __init__(self, folder: Path, shard: int, settings: JournalSettings, lock: WriterLock) -> None:
        """Use `Journal.open`."""
        super().__init__(folder, shard)
        self._settings = settings
        self._writer_lock = lock
        self._head = Head(None, 0, FIRST_HASH)
        self._failure: BaseException | None = None
        self._closed = False
        self._connection: sqlite3.Connection | None = None
        self._checkpointer: Checkpointer | None = None
        self._longest_pause_ms = 0.0
        self._acknowledged = AcknowledgedFile(folder, shard)

    @classmethod
    def open(cls, folder: Path, shard: int = 0, settings: JournalSettings | None = None) -> Self:
        """Open the journal in a folder (`firm/journal`, made if absent) for appending.

        Proves the newest day and its link to the day before. JournalDamaged if either fails (read it with
        JournalReader then); TallystickError naming the process if another one has it open.
        """
        lock = WriterLock(lock_path(folder, shard))
        journal: Self | None = None
        try:
            with JournalReader(folder, shard) as reader:
                days = reader.days()
                report = reader.check(day=days[-1]) if days else reader.check()
            if report.damage is not None:
                raise report.damage
            journal = cls(folder, shard, settings or JournalSettings(), lock)
            journal._head = report.head
            if report.head.day is not None:
                for day in days[-2:-1]:
                    _settle(day_path(folder, day, shard))
                journal._open_day(report.head.day)
            journal.require_own_folder()
        except BaseException as error:
            if journal is None:
                lock.close()
            else:
                fault = journal._stop(error)
                journal.close()
                if isinstance(error, sqlite3.Error):
                    raise fault from error
            raise
        return journal

    @property
    def longest_checkpoint_pause_ms(self) -> float:
        """The longest that an append ever waited for the WAL to start anew, since opening."""
        current = self._checkpointer.longest_pause_ms if self._checkpointer else 0.0
        return max(self._longest_pause_ms, current)

    @property
    def wal_bytes(self) -> int:
        """The size of the WAL file on the disk now."""
        path = wal_path(day_path(self.folder, self._head.day, self.shard)) if self._head.day else None
        return path.stat().st_size if path and path.exists() else 0

    @property
    def is_in_its_folder(self) -> bool:
        """Whether the folder is the one that was opened: another may stand at its path since, or none."""
        return self._writer_lock.stands

    def require_own_folder(self) -> None:
        """TallystickError if the folder is not the one that was opened: then nothing may be opened or made by path."""
        if not self.is_in_its_folder:
            raise TallystickError(
                "journal.folder_gone",
                "{folder} was removed, moved or replaced while its journal was open.",
                "Give the command again: a new writer begins in the folder that is there.",
                folder=str(self.folder),
            )

    def head(self) -> Head:
        """The last batch appended; what the newest day continues, if that day is empty."""
        return self._head

    def append(self, rows: Sequence[Row]) -> Head:
        """Append batches in one transaction; returns the new head after the sync, when all are on the disk.

        Any failure means that none was told as appended, and ends the use of this object.
        """
        assert self._head.day is not None, "roll the journal to its first day before appending"
        connection, checkpointer = self._usable()
        seq, digest, size_bytes = self._head.seq, self._head.hash, 0
        values = []
        for row in rows:
            assert row.count > 0, "a batch holds at least one command"
            seq += 1
            digest = chain_hash(digest, seq, row)
            values.append((seq, *row[:5], digest, row.payload))
            size_bytes += memoryview(row.payload).nbytes
        if not values:
            return self._head
        try:
            _insert(connection, values)
            self._acknowledged.write(seq, self._head.day, digest)
            self._head = head = Head(self._head.day, seq, digest)
            checkpointer.committed(len(values), size_bytes)
        except sqlite3.Error as error:
            raise self._stop(error) from error
        except BaseException as error:
            self._stop(error)
            raise
        return head

    def roll(self, day: datetime.date) -> Head:
        """Begin the file of a later day, which continues the last batch; the old one is left as one whole file.

        Again to the newest day while that is empty does nothing (a kill came between roll and first append).
        TallystickError if the day is not later. Any other failure ends the use of this object.
        """
        last = self._head.day
        if last is not None:
            self._usable()
        if last is not None and day == last and self._head.seq == self.first(last).seq:
            return self._head
        if last is not None and day <= last:
            raise TallystickError(
                "journal.day_backwards",
                "The journal cannot go from {last} to {given}.",
                "Open a later day.",
                last=last.isoformat(),
                given=day.isoformat(),
            )
        self.require_own_folder()
        try:
            self._close_day()
            create(day_path(self.folder, day, self.shard), day, self.shard, self._head)
            self._head = Head(day, self._head.seq, self._head.hash)
            self._open_day(day)
        except sqlite3.Error as error:
            raise self._stop(error) from error
        except BaseException as error:
            self._stop(error)
            raise
        return self._head

    def close(self) -> None:
        """End the use: the day's file is left whole, the lock is free. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self._close_day()
        finally:
            super().close()
            self._acknowledged.close()
            self._writer_lock.close()

    def _usable(self) -> tuple[sqlite3.Connection, Checkpointer]:
        if self._failure is not None:
            raise TallystickError(
                "journal.stopped",
                "The journal stopped after batch {seq}: {problem}.",
                "Open the firm again; what is on the disk decides what was recorded.",
                seq=self._head.seq,
                problem=str(self._failure),
            )
        assert self._connection is not None, "the journal is closed"
        assert self._checkpointer is not None, "the journal is closed"
        return self._connection, self._checkpointer

    def _stop(self, error: BaseException) -> TallystickError:
        """Refuse further use, and say why."""
        self._failure = error
        return TallystickError(
            "journal.append_failed",
            "The journal cannot be written after batch {seq}: {problem}.",
            "Make room on the disk or mend it, then open the firm again.",
            seq=self._head.seq,
            problem=str(error),
        )

    def _open_day(self, day: datetime.date) -> None:
        path = day_path(self.folder, day, self.shard)
        _settle(path)
        self._connection = connection = connect(path, "rw")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        presize_wal(connection, path, self._settings.wal_presize_bytes)
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._checkpointer = Checkpointer(path, connection, self._settings)
        self._acknowledged.write(self._head.seq, day, self._head.hash)

    def _close_day(self) -> None:
        """Leave the day as one file, unless a reader that stays keeps the last pages in the WAL until it goes."""
        if self._checkpointer is not None:
            self._checkpointer.close()
            self._longest_pause_ms = self.longest_checkpoint_pause_ms
            self._checkpointer = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            if self._head.day is not None and self._failure is None and self.is_in_its_folder:
                _settle(day_path(self.folder, self._head.day, self.shard))


def _insert(connection: sqlite3.Connection, values: Sequence[tuple[object, ...]]) -> None:
    """Store rows in one transaction, on the disk when this returns. A single row is a transaction by itself."""
    if len(values) == 1:
        connection.execute(INSERT, values[0])
    else:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(INSERT, values)
        connection.execute("COMMIT")


def _settle(path: Path) -> None:
    """Move what the WAL still holds (after a kill, or because a reader stayed) into the file."""
    if wal_path(path).exists():
        connection = connect(path, "rw")
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
