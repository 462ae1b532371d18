"""How a damaged journal is told: one error class, one constructor for each thing that can be wrong."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tallystick.core.errors import TallystickError
from tallystick.core.errors import mark as _

__all__ = [
    "JournalDamaged", "broken_link", "missing_batch", "missing_tail", "reading", "unreadable", "wrong_format",
    "wrong_hash",
]  # fmt: skip

# What SQLite says when the file is fine but cannot be had just now.
NOT_DAMAGE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_FULL}


class JournalDamaged(TallystickError):
    """A day's file is not what was written: `day`, `seq` (batch, 0 if none can be named) and `path` say where.

    The journal can still be read up to the damage and after it, never written, until the day is restored.
    """

    def __init__(
        self, code: str, text: str, /, *, day: datetime.date, seq: int, path: Path, **values: Any
    ) -> None:
        self.day = day
        self.seq = seq
        self.path = path
        super().__init__(
            code,
            text,
            _(
                "Restore the day from a backup: `tally repair DIR --day {day} --backup FILE`; "
                "until then it is read-only."
            ),
            day=day.isoformat(),
            seq=seq,
            path=str(path),
            **values,
        )


def wrong_hash(day: datetime.date, seq: int, path: Path) -> JournalDamaged:
    """A batch whose content, or whose place after the one before, differs from its hash."""
    return JournalDamaged(
        "journal.wrong_hash", "Batch {seq} of {day} does not match its hash.", day=day, seq=seq, path=path
    )


def missing_batch(day: datetime.date, seq: int, path: Path) -> JournalDamaged:
    """A number that the next batch skips."""
    return JournalDamaged(
        "journal.missing_batch", "Batch {seq} of {day} is missing.", day=day, seq=seq, path=path
    )


def missing_tail(day: datetime.date, seq: int, path: Path, *, last: int) -> JournalDamaged:
    """A file that ends before batches known to have been written; `seq` is the first one lost."""
    return JournalDamaged(
        "journal.missing_tail",
        "The journal of {day} ends at batch {last}, but batch {seq} was written.",
        day=day,
        seq=seq,
        path=path,
        last=last,
    )


def broken_link(day: datetime.date, seq: int, path: Path) -> JournalDamaged:
    """Two neighbouring days, or a day and the head last acknowledged, that do not fit together at batch `seq`."""
    return JournalDamaged(
        "journal.broken_link",
        "The journal of {day} is not what its neighbour continues: batch {seq} differs.",
        day=day,
        seq=seq,
        path=path,
    )


def unreadable(day: datetime.date, seq: int, path: Path, problem: str) -> JournalDamaged:
    """A file that SQLite cannot read at or after batch `seq`."""
    return JournalDamaged(
        "journal.unreadable",
        "The journal of {day} cannot be read at batch {seq}: {problem}.",
        day=day,
        seq=seq,
        path=path,
        problem=problem,
    )


def wrong_format(day: datetime.date, path: Path, found: int, known: int) -> JournalDamaged:
    """A file whose format number this release does not know."""
    return JournalDamaged(
        "journal.wrong_format",
        "The journal of {day} has format {found}; this release reads {known}.",
        day=day,
        seq=0,
        path=path,
        found=found,
        known=known,
    )


@contextlib.contextmanager
def reading(day: datetime.date, seq: int, path: Path) -> Iterator[None]:
    """Turn what SQLite notices in the block into JournalDamaged; a busy or full file is told as what it is."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # our own fault, such as a closed connection
    except (sqlite3.Error, MemoryError, UnicodeError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in NOT_DAMAGE:
            raise TallystickError(
                "journal.busy",
                "The journal file {path} cannot be used: {problem}.",
                "Close other programs that hold it, make room on the disk, then try again.",
                path=str(path),
                problem=str(error),
            ) from error
        raise unreadable(day, seq, path, str(error)) from error
