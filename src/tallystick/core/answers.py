"""Which command ids were used and what was answered, for ever.

Ids of the open day are in memory; ids of closed days are in one sorted table on disk, with the last day it holds as
watermark, so memory stays bounded. The table is derived: it can be made again from the journal.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import msgspec

from tallystick.core.events import Command

__all__ = ["Answer", "Answers", "content_hash"]


class Answer(msgspec.Struct, frozen=True):
    """An earlier answer: the hash of the command's content, where its batch is, its verdict's bytes."""

    content: bytes
    seq: int
    index: int
    verdict: bytes


def content_hash(kind: str, command: Command) -> bytes:
    """Hash of what a command says, without the time it was received."""
    bare = msgspec.structs.replace(command, received_at=0)
    return hashlib.sha256(kind.encode() + b"\0" + msgspec.msgpack.encode(bare)).digest()[:16]


class Answers:
    """Earlier answers by command id."""

    def __init__(self, path: Path) -> None:
        self._today: dict[str, Answer] = {}
        self._closed = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._closed.execute("PRAGMA journal_mode=WAL")
        self._closed.execute(
            "CREATE TABLE IF NOT EXISTS answers (id TEXT PRIMARY KEY, content BLOB, seq INT, place INT, verdict BLOB)"
            " WITHOUT ROWID"
        )

    @property
    def watermark(self) -> int:
        """The last journal sequence whose ids are in the table on disk."""
        return int(self._closed.execute("SELECT coalesce(max(seq), 0) FROM answers").fetchone()[0])

    def find(self, command_id: str) -> Answer | None:
        """The earlier answer to an id, or None when the id is new."""
        found = self._today.get(command_id)
        if found is None:
            row = self._closed.execute(
                "SELECT content, seq, place, verdict FROM answers WHERE id = ?", (command_id,)
            ).fetchone()
            found = Answer(*row) if row else None
        return found

    def add(self, command_id: str, answer: Answer) -> None:
        """Remember an answer of the open day."""
        self._today[command_id] = answer

    def close_day(self) -> None:
        """Move the open day's ids to disk."""
        rows = [(key, a.content, a.seq, a.index, a.verdict) for key, a in sorted(self._today.items())]
        with self._closed:
            self._closed.execute("BEGIN")
            self._closed.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", rows)
        self._today.clear()

    def close(self) -> None:
        """Close the table."""
        self._closed.close()
