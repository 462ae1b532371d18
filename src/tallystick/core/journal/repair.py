"""Copies of a day's file, and putting one back in the place of a damaged file."""

from __future__ import annotations

import datetime
import os
import shutil
import sqlite3
from pathlib import Path

from tallystick.core.disk import sync_file, sync_folder
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.journal.acknowledged import AcknowledgedFile, read_acknowledged
from tallystick.core.journal.chain import FIRST_HASH, Head
from tallystick.core.journal.checkpoint import wal_path
from tallystick.core.journal.damage import JournalDamaged
from tallystick.core.journal.file import DayFile, connect, day_path
from tallystick.core.journal.lock import WriterLock
from tallystick.core.journal.reader import LAST, JournalReader
from tallystick.core.journal.writer import INSERT, lock_path

__all__ = ["backup_day", "restore_day"]


def backup_day(folder: Path, day: datetime.date, target: Path, shard: int = 0) -> None:
    """Copy a day's file whole to `target`, also while the writer appends to it."""
    source, copy = connect(day_path(folder, day, shard), "ro"), sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()


def restore_day(
    folder: Path, day: datetime.date, backup: Path, *, shard: int = 0, accept_loss: bool = False
) -> Path | None:
    """Put a backup of a day in the place of its damaged file, which is kept beside it as `<name>.damaged`.

    The backup's chain is proven first, by itself and against the neighbouring days. If it ends early, it is continued
    with what the damaged file still proves. TallystickError if the backup is damaged too, or does not reach what is
    known to have been written; for the newest day `accept_loss` restores it nevertheless.

    Returns the path of the damaged file that was kept, None if the day had no file. JournalDamaged if the restored
    day is not sound, which only a failing disk can bring about.
    """
    lock = WriterLock(lock_path(folder, shard))
    workshop = folder / f".restore-{shard}"
    try:
        shutil.rmtree(workshop, ignore_errors=True)
        copy = day_path(workshop, day, shard)
        copy.parent.mkdir(parents=True)
        for source, target in ((backup, copy), (wal_path(backup), wal_path(copy))):
            if source.exists():
                shutil.copyfile(source, target)
        head = _prove(workshop, day, shard, backup)
        head = _extend(copy, head, folder, shard)
        _fit(folder, workshop, head, shard, accept_loss)
        kept = _swap(copy, day_path(folder, day, shard))
        if accept_loss:
            note = AcknowledgedFile(folder, shard)
            for _slot in range(2):
                note.write(head.seq, day, head.hash)
            note.close()
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
        lock.close()
    with JournalReader(folder, shard) as reader:
        damage = reader.check(day=day).damage
    if damage is not None:
        raise damage
    return kept


def _prove(workshop: Path, day: datetime.date, shard: int, backup: Path) -> Head:
    """The head of the copied backup, every batch proven."""
    try:
        with JournalReader(workshop, shard) as reader:
            opening = reader.first(day)
            head = Head(day, opening.seq, opening.hash)
            for batch in reader.batches(after=opening.seq, day=day):
                head = Head(day, batch.seq, batch.hash)
            return head
    except (JournalDamaged, NotFound) as damage:
        raise TallystickError(
            "journal.backup_damaged",
            "{backup} cannot be used: {problem}",
            "Take another backup of {day}.",
            backup=str(backup),
            problem=str(damage),
            day=day.isoformat(),
        ) from damage


def _extend(copy: Path, head: Head, folder: Path, shard: int) -> Head:
    """Continue the copy with the batches of the damaged file that chain to it; returns the new head."""
    assert head.day is not None
    connection = connect(copy, "rw")
    try:
        connection.execute("BEGIN IMMEDIATE")
        damaged = DayFile(folder, head.day, shard)
        try:
            while rows := damaged.rows(head.seq, LAST):
                for row in rows:
                    batch = row.proven(head.day, head.hash) if row.seq == head.seq + 1 else None
                    if batch is None:
                        return head
                    values = (
                        batch.seq,
                        batch.recorded_at,
                        batch.actor,
                        batch.kind,
                        batch.version,
                        batch.count,
                    )
                    connection.execute(INSERT, (*values, batch.hash, batch.payload))
                    head = Head(head.day, batch.seq, batch.hash)
        finally:
            damaged.close()
    except JournalDamaged:
        pass  # what it could not give is what the backup is for
    finally:
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return head


def _fit(folder: Path, workshop: Path, head: Head, shard: int, accept_loss: bool) -> None:
    """TallystickError unless the copy continues the day before and reaches all that is known to have been written."""
    assert head.day is not None
    with JournalReader(workshop, shard) as copy, JournalReader(folder, shard) as reader:
        days = reader.days()
        before = [date for date in days if date < head.day]
        after = [date for date in days if date > head.day]
        start = reader.last(before[-1]) if before else Head(None, 0, FIRST_HASH)
        opening = copy.first(head.day)
        fits = (opening.seq, opening.hash) == (start.seq, start.hash)
        known = reader.first(after[0]) if after else read_acknowledged(folder, shard)
        if known is not None and (after or not accept_loss):
            end = head.hash if known.seq == head.seq else None
            if not after and opening.seq < known.seq < head.seq:
                end = copy.batch(known.seq).hash
            fits = fits and (end == known.hash or (not after and known.seq < opening.seq))
    if not fits:
        raise TallystickError(
            "journal.backup_does_not_fit",
            "The backup of {day} holds batches {first} to {last}, which its neighbours do not continue.",
            "Take another backup; for the newest day `--accept-loss` goes on without the batches that are lost.",
            day=head.day.isoformat(),
            first=opening.seq + 1,
            last=head.seq,
        )


def _swap(copy: Path, path: Path) -> Path | None:
    """Put the copy in place in one step; the damaged file stays beside it, with its WAL, at the path returned.

    The old WAL goes first, since SQLite would apply it to the new file.
    """
    kept = path.with_name(path.name + ".damaged")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.damaged{number}")
    path.parent.mkdir(exist_ok=True)
    existed = path.exists()
    if existed:
        os.link(path, kept)
    if wal_path(path).exists():
        wal_path(path).rename(wal_path(kept))
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    sync_file(copy)
    copy.rename(path)
    sync_folder(path.parent)
    return kept if existed else None
