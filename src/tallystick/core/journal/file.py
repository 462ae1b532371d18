"""One day's file: how it is made, found and opened, and how its rows are read in short transactions."""

from __future__ import annotations

import datetime
import os
import sqlite3
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tallystick.core.disk import sync_file, sync_folder
from tallystick.core.journal.batch import Batch
from tallystick.core.journal.chain import Head, Row, chain_hash
from tallystick.core.journal.damage import reading, unreadable, wrong_format

__all__ = ["PAGE_BYTES", "DayFile", "connect", "create", "day_path"]

# Measured: one row is as fast as with 4 KiB (16 KiB costs 20 µs more), a batch nearly as fast as with 16 KiB.
PAGE_BYTES = 8_192
FORMAT = 1
APPLICATION_ID = 0x54414C59  # "TALY"
BUSY_SECONDS = 10.0
# A read transaction holds at most so many bytes, so that it never keeps the WAL from being reset for long.
CHUNK_BYTES = 4_194_304

# `hash` stands before `payload`: whoever wants only the chain does not walk through a payload's pages.
TABLES = """
CREATE TABLE opening (day TEXT NOT NULL, shard INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE batches (
    seq INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL,
    version INTEGER NOT NULL, count INTEGER NOT NULL, hash BLOB NOT NULL, payload BLOB NOT NULL
);
"""
COLUMNS = "seq, recorded_at, actor, kind, version, count, hash"


class Opening(NamedTuple):
    """What a day continues: the last batch of the day before and its hash."""

    seq: int
    hash: bytes


def day_path(folder: Path, day: datetime.date, shard: int) -> Path:
    """Where a day's file is: `<folder>/<YYYY-MM-DD>/<shard>.sqlite`."""
    return folder / day.isoformat() / f"{shard}.sqlite"


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in autocommit; `mode` is `ro`, `rw` or `rwc`. Texts come as bytes, for damage may be in them."""
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = bytes
    return connection


def create(path: Path, day: datetime.date, shard: int, previous: Head) -> None:
    """Make the empty file of a day that continues `previous`, durable under its name or not there at all.

    It is built beside as `<name>.new`; a kill leaves at most that, which the next one replaces.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    for leftover in path.parent.glob(new.name + "*"):
        leftover.unlink()
    connection = connect(new, "rwc")
    try:
        connection.executescript(
            f"PRAGMA page_size={PAGE_BYTES}; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={FORMAT};"
            f"PRAGMA synchronous=FULL; {TABLES} PRAGMA journal_mode=WAL;"
        )
        values = (day.isoformat(), shard, previous.seq, previous.hash)
        connection.execute("INSERT INTO opening VALUES (?, ?, ?, ?)", values)
    finally:
        connection.close()
    sync_file(new)
    new.rename(path)
    sync_folder(path.parent)
    sync_folder(path.parent.parent)


class Stored(NamedTuple):
    """A row as SQLite gave it, nothing of it proven yet; `payload` is None where it was not asked for."""

    seq: int
    recorded_at: int
    actor: bytes
    kind: bytes
    version: int
    count: int  # type: ignore[assignment]  # a row's word, over tuple.count
    hash: bytes
    payload: bytes | None

    def proven(self, day: datetime.date, previous: bytes) -> Batch | None:
        """The batch, if its content and its place after `previous` match its hash; else None."""
        if self.payload is None:
            return None
        try:
            row = Row(
                self.recorded_at,
                self.actor.decode(),
                self.kind.decode(),
                self.version,
                self.count,
                self.payload,
            )
            if chain_hash(previous, self.seq, row) != self.hash:
                return None
        except (AttributeError, UnicodeError, TypeError, struct.error):
            return None  # a damaged header gave a column another type, or a number that fits no header
        return Batch(day=day, seq=self.seq, hash=self.hash, **row._asdict())


class DayFile:
    """One day of one shard, read-only. Every method is one short read transaction.

    `proven` is the last batch up to which this object has seen every hash match.
    """

    def __init__(self, folder: Path, day: datetime.date, shard: int) -> None:
        self.day = day
        self.shard = shard
        self.path = day_path(folder, day, shard)
        with reading(day, 0, self.path):
            self.inode = _inode(self.path)
            self._connection = _connect_readonly(self.path)
        try:
            self.opening = self._read_opening()
        except BaseException:
            self.close()
            raise
        self.proven = self.opening.seq

    def is_current(self) -> bool:
        """Whether the path still leads to the file that was opened (a restored day is another file)."""
        try:
            return self.inode == _inode(self.path)
        except sqlite3.OperationalError:
            return False

    def last(self) -> tuple[int, bytes]:
        """Number and hash, as stored, of the day's last batch; of the opening if there is none yet."""
        with reading(self.day, self.opening.seq, self.path):
            row = self._connection.execute(
                "SELECT seq, hash FROM batches ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        return row or (self.opening.seq, self.opening.hash)

    def hash_of(self, seq: int) -> bytes | None:
        """The stored hash of a batch or of the opening; None if the file does not hold it."""
        if seq == self.opening.seq:
            return self.opening.hash
        with reading(self.day, seq, self.path):
            row = self._connection.execute("SELECT hash FROM batches WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row else None

    def rows(self, after: int, until: int, kinds: Sequence[str] | None = None) -> list[Stored]:
        """The next rows in order, as many as a short transaction may take; empty at the end.

        With `kinds` the rows of other kinds come without payload, as far as `proven` reaches.
        """
        payload, values = "payload", [after, until]
        if kinds is not None:
            wanted = ", ".join("?" * len(kinds))
            payload = f"CASE WHEN seq > ? OR kind IN ({wanted}) THEN payload END"
            values = [self.proven, *kinds, after, until]  # type: ignore[list-item]
        query = f"SELECT {COLUMNS}, {payload} FROM batches WHERE seq > ? AND seq <= ? ORDER BY seq"
        rows: list[Stored] = []
        room = CHUNK_BYTES
        with reading(self.day, after + 1, self.path):
            cursor = self._connection.execute(query, values)
            try:
                for values_read in cursor:
                    rows.append(Stored(*values_read))
                    room -= 256 + (len(rows[-1].payload) if isinstance(rows[-1].payload, bytes) else 0)
                    if room < 0:
                        break
            except (sqlite3.Error, MemoryError):
                if not rows:
                    raise  # otherwise give what was read; the next call meets the damage at its first row
            finally:
                cursor.close()
        return rows

    def proves(self, seq: int) -> None:
        """Note that a batch matched its hash."""
        if seq == self.proven + 1:
            self.proven = seq

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _read_opening(self) -> Opening:
        with reading(self.day, 0, self.path):
            (number,) = self._connection.execute("PRAGMA user_version").fetchone()
            if number != FORMAT:
                raise wrong_format(self.day, self.path, number, FORMAT)
            rows = self._connection.execute("SELECT day, shard, seq, hash FROM opening").fetchall()
        if len(rows) != 1 or rows[0][:2] != (self.day.isoformat().encode(), self.shard):
            raise unreadable(self.day, 0, self.path, f"its opening is of another day or shard: {rows!r}")
        opening = Opening(*rows[0][2:])
        if not isinstance(opening.seq, int) or not isinstance(opening.hash, bytes) or len(opening.hash) != 32:
            raise unreadable(self.day, 0, self.path, f"its opening is no number and hash: {opening!r}")
        return opening


def _inode(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except FileNotFoundError as error:
        raise sqlite3.OperationalError("the file is missing") from error
    return found.st_dev, found.st_ino


def _connect_readonly(path: Path) -> sqlite3.Connection:
    """A read-only connection; on a medium that cannot be written, one that needs no locks."""
    connection = connect(path, "ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if os.access(path.parent, os.W_OK):
            raise
        return connect(path, "ro&immutable=1")
    return connection
