"""Moving committed pages from the WAL into the day's file while the writer goes on, and starting the WAL anew.

A second connection, in a thread of its own, checkpoints passively whenever some bytes have been committed: little at
a time, so that its sync never holds up a commit for long, and so that the WAL mostly starts anew by itself, inside the
space it was given at opening. Where it does not (a writer without a gap, a reader in the way), the writer pauses until
everything is moved and the last reader has gone on: past the space given if little is left to move, else past
`checkpoint_bytes`, once the passive checkpoint under way is done (not waiting for it keeps the pause short), and at the
latest at twice as much.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

from tallystick.core.disk import sync_file
from tallystick.core.journal.file import BUSY_SECONDS, PAGE_BYTES, connect
from tallystick.core.settings import JournalSettings

__all__ = ["Checkpointer", "presize_wal", "wal_path"]

FRAME_BYTES = PAGE_BYTES + 24
# A row's columns beside its payload.
ROW_BYTES = 128
# New content that starts a passive checkpoint, less than a full batch: measured, waiting for more makes its sync long
# enough to hold up the commits after it.
CONTENT_BYTES = 524_288
# A writer of single rows fills the WAL with versions of one page: little content, many frames.
FRAMES_BYTES = 8_388_608
# So little content is moved in well under a millisecond.
LITTLE_BYTES = 262_144
# How long the writer waits for readers before it goes on with a longer WAL.
PAUSE_LIMIT_MS = 80
SHORT_PAUSE_LIMIT_MS = 5


def wal_path(path: Path) -> Path:
    """The WAL beside a day's file."""
    return path.with_name(path.name + "-wal")


def presize_wal(connection: sqlite3.Connection, path: Path, size_bytes: int) -> None:
    """Grow the WAL on disk, so that a commit changes no file size (0.27 to 0.15 ms for one row).

    A transaction larger than its cache spills into the WAL and is rolled back; its frames are never valid again.
    """
    if size_bytes:
        connection.execute("PRAGMA cache_size=16")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO batches VALUES (0, 0, '', '', 0, 0, x'', zeroblob(?))", (size_bytes,))
        connection.execute("ROLLBACK")
        sync_file(wal_path(path))


class Checkpointer:
    """Keeps the WAL of the writer's connection short.

    `longest_pause_ms` is the longest that the writer ever waited here, `pauses` how often it did.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection, settings: JournalSettings) -> None:
        self.longest_pause_ms = 0.0
        self.pauses = 0
        self._path = path
        self._writer = writer
        self._settings = settings
        self._limit_bytes = self._pause_above_bytes = settings.checkpoint_bytes
        # The space that was made at opening, but for a last batch.
        self._presized_bytes = max(settings.wal_presize_bytes * 3 // 4, FRAMES_BYTES)
        self._content_bytes = 0
        self._frames_bytes = 0
        self._written_bytes = 0
        # The WAL's length when it was last asked for, and how much had been written in all by then.
        self._measured = (0, 0)
        self._failure: sqlite3.Error | None = None
        self._stopping = False
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._run, name="journal-checkpoint", daemon=True)
        self._thread.start()

    def committed(self, rows: int, payload_bytes: int) -> None:
        """Take note of a commit: starts a passive checkpoint, or pauses to start the WAL anew.

        Raises what an earlier checkpoint failed with.
        """
        if self._failure is not None:
            raise self._failure
        # Short rows share a page, a long payload fills pages of its own.
        frames_bytes = (1 + (payload_bytes + rows * ROW_BYTES) // PAGE_BYTES) * FRAME_BYTES
        self._content_bytes += payload_bytes
        self._frames_bytes += frames_bytes
        self._written_bytes += frames_bytes
        wal_bytes, idle = self.wal_bytes, self._idle.is_set()
        near_the_end = wal_bytes > self._presized_bytes and self._content_bytes < LITTLE_BYTES
        if wal_bytes > self._pause_above_bytes and (idle or wal_bytes > 2 * self._pause_above_bytes):
            self._start_anew(PAUSE_LIMIT_MS)
        elif near_the_end and idle:
            self._start_anew(SHORT_PAUSE_LIMIT_MS)
        elif idle and (self._content_bytes >= CONTENT_BYTES or self._frames_bytes >= FRAMES_BYTES):
            self._content_bytes = self._frames_bytes = 0
            self._idle.clear()
            self._wanted.set()

    @property
    def wal_bytes(self) -> int:
        """How much of the WAL is in use, or a little less than that."""
        length_bytes, written_bytes = self._measured
        return length_bytes + self._written_bytes - written_bytes

    def close(self) -> None:
        """Stop the thread and close its connection."""
        self._stopping = True
        self._wanted.set()
        self._thread.join()

    def _start_anew(self, limit_ms: int) -> None:
        """Move what is left and let the next commit write at the WAL's beginning, unless a reader stays too long."""
        started = time.perf_counter()
        self._idle.wait()
        self._writer.execute(f"PRAGMA busy_timeout={limit_ms}")
        busy, frames, _moved = self._writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        self._writer.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        self._content_bytes = self._frames_bytes = 0
        self._measured = (frames * FRAME_BYTES if busy else 0, self._written_bytes)
        again_bytes = self.wal_bytes + FRAMES_BYTES if busy else 0
        self._pause_above_bytes = max(self._limit_bytes, again_bytes)
        self._presized_bytes = max(self._settings.wal_presize_bytes * 3 // 4, FRAMES_BYTES, again_bytes)
        self.pauses += 1
        self.longest_pause_ms = max(self.longest_pause_ms, (time.perf_counter() - started) * 1e3)

    def _run(self) -> None:
        connection = connect(self._path, "rw")
        try:
            connection.execute("PRAGMA synchronous=FULL")
            while True:
                self._wanted.wait()
                self._wanted.clear()
                if self._stopping:
                    return
                self._checkpoint(connection)
                self._idle.set()
        finally:
            self._idle.set()
            connection.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        written_bytes = self._written_bytes
        try:
            _busy, frames, _moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            self._failure = error
        else:
            if frames >= 0:  # another program's checkpoint is under way otherwise
                self._measured = (frames * FRAME_BYTES, written_bytes)
