"""The last head told to anyone, kept beside the journal, so that a lost tail is noticed.

A chain proves what is there, not that its end is still there: SQLite takes a damaged frame of the WAL for the end of
what was written, and drops every commit after it without a word. So each append, once durable, also notes its head in
`<shard>.head`. The note is not synced (it costs about 2 µs), survives a kill, and after a power cut can only be older
than the journal. A journal that ends before its note has lost batches.
"""

from __future__ import annotations

import datetime
import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

__all__ = ["Acknowledged", "AcknowledgedFile", "read_acknowledged"]

SLOT = struct.Struct("<QI32sI")  # seq, day as ordinal, hash, CRC-32 of all three
# Two slots written in turn: a kill inside one write leaves the other.
SLOT_BYTES = 64


class Acknowledged(NamedTuple):
    """The last batch that the writer told as appended: its number, its day, its hash."""

    seq: int
    day: datetime.date
    hash: bytes


def path_of(folder: Path, shard: int) -> Path:
    """Where the note of a shard is."""
    return folder / f"{shard}.head"


def read_acknowledged(folder: Path, shard: int) -> Acknowledged | None:
    """The newest note that is whole; None if there is none, as in a copy of the day files alone."""
    try:
        content = path_of(folder, shard).read_bytes()
    except FileNotFoundError:
        return None
    notes = [_parse(content[start : start + SLOT.size]) for start in (0, SLOT_BYTES)]
    return max((note for note in notes if note), default=None)


class AcknowledgedFile:
    """The writer's side of the note."""

    def __init__(self, folder: Path, shard: int) -> None:
        self._descriptor = os.open(path_of(folder, shard), os.O_RDWR | os.O_CREAT, 0o644)
        self._slot = 0

    def write(self, seq: int, day: datetime.date, digest: bytes) -> None:
        """Note a head that is durable."""
        content = SLOT.pack(seq, day.toordinal(), digest, 0)[:-4]
        os.pwrite(self._descriptor, content + zlib.crc32(content).to_bytes(4, "little"), self._slot)
        self._slot ^= SLOT_BYTES

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def _parse(slot: bytes) -> Acknowledged | None:
    if len(slot) < SLOT.size:
        return None
    seq, ordinal, digest, check = SLOT.unpack(slot)
    if zlib.crc32(slot[:-4]) != check or not ordinal:
        return None
    return Acknowledged(seq, datetime.date.fromordinal(ordinal), digest)
