"""The hash chain: what a batch's hash covers, byte for byte.

    hash = SHA-256(hash of the batch before, header, payload)

    header, little-endian: seq u64, recorded_at i64, version u32, count u32, payload bytes u64,
                           actor bytes u16, kind bytes u16, actor (UTF-8), kind (UTF-8)

The length of each text stands before it, so that no two batches have the same header. The first batch of a journal
follows 32 zero bytes.
"""

from __future__ import annotations

import datetime
import hashlib
import struct
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["FIRST_HASH", "Head", "Row", "chain_hash"]

FIRST_HASH = bytes(32)
HEADER = struct.Struct("<QqIIQHH")


class Row(NamedTuple):
    """What the writer asks to append as one batch: `count` commands of one kind and version by one actor.

    `payload` (any contiguous buffer) is what `encode_payload` gave: verdicts, then records. `recorded_at` is UTC
    nanoseconds.
    """

    recorded_at: int
    actor: str
    kind: str
    version: int
    count: int  # type: ignore[assignment]  # a row's word, over tuple.count
    payload: Buffer


class Head(msgspec.Struct, frozen=True):
    """Where a journal stands: the newest day (None before the first), its last batch, and that batch's hash."""

    day: datetime.date | None
    seq: int
    hash: bytes


def chain_hash(previous: bytes, seq: int, row: Row) -> bytes:
    """The hash of a batch that follows one with hash `previous`.

    >>> chain_hash(FIRST_HASH, 1, Row(0, "ana", "doctest.say_hello", 1, 1, b"")).hex()[:16]
    '32531122e98f2533'
    """
    actor, kind = row.actor.encode(), row.kind.encode()
    length = memoryview(row.payload).nbytes
    header = HEADER.pack(seq, row.recorded_at, row.version, row.count, length, len(actor), len(kind))
    digest = hashlib.sha256(previous + header + actor + kind)
    digest.update(row.payload)
    return digest.digest()
