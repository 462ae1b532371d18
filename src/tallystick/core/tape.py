"""The tape: observations in bulk (prices, log lines), on the disk before any machine hears of them.

A collector process appends entries to segments, `firm/tape/<dataset>/<segment>.tape`, seals what it has, and sends the
seal to the writer as the command TapeRecorded. From then on machines may read those entries, in journal order.

    segment: the line "TALLYTAPE 1", then frames
    frame:   content bytes u32, CRC-32 of type and content u32, type u8, content     (little-endian)
    seal:    a frame whose content is first u64, count u64, SHA-256 of the sealed entries

Entries are numbered from 0 in each segment; `first` is the number of the first one sealed. The SHA-256 covers for each
entry its length (u32) and its bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from tallystick.core.day import TapeRecorded
from tallystick.core.disk import sync_folder
from tallystick.core.errors import TallystickError
from tallystick.core.journal.lock import WriterLock

__all__ = ["TapeDamaged", "TapeReader", "TapeWriter"]

HEADER = b"TALLYTAPE 1\n"
FRAME = struct.Struct("<IIB")
SEAL = struct.Struct("<QQ32s")
LENGTH = struct.Struct("<I")
ENTRY_TYPE, SEAL_TYPE = 1, 2
SEGMENT_BYTES = 268_435_456
BUFFER_BYTES = 1_048_576
DATASET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class TapeDamaged(TallystickError):
    """Sealed entries that are missing or not what was sealed."""

    def __init__(self, recorded: TapeRecorded) -> None:
        super().__init__(
            "tape.damaged",
            "Entries {first} to {last} of tape {dataset}/{segment} are not what was sealed.",
            "Restore the segment's file from a backup.",
            dataset=recorded.dataset,
            segment=recorded.segment,
            first=recorded.first,
            last=recorded.first + recorded.count - 1,
        )


class Frame(NamedTuple):
    """A whole frame and where the next one starts."""

    type: int
    content: bytes
    end: int


class TapeWriter:
    """Appends to a dataset's newest segment; one writer a dataset. `folder` is `firm/tape`.

    Opening cuts a torn tail off the newest segment; whole entries that were never sealed stay and are part of the next
    seal (`unsealed` tells how many). A segment damaged within its sealed part is left alone and a new one begun. A
    seal that may not have reached the writer is found with `TapeReader.seals` and can be sent again.
    """

    def __init__(self, folder: Path, dataset: str, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        if not DATASET.fullmatch(dataset):
            raise TallystickError(
                "tape.dataset",
                "{dataset!r} is no name for a dataset.",
                "Use letters, digits, dots and dashes.",
                dataset=dataset,
            )
        self.dataset = dataset
        self._folder = folder / dataset
        self._segment_bytes = segment_bytes
        self._buffer = bytearray()
        self._failed = False
        self._descriptor = -1
        self._size = self._first = self._next = 0
        self._digest = hashlib.sha256()
        self._lock = WriterLock(self._folder / "writer.lock")
        try:
            names = _segments(self._folder)
            if not names or not self._continue(names[-1]):
                self._begin(f"{int(names[-1]) + 1 if names else 1:08}")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def unsealed(self) -> int:
        """How many entries the next seal will cover."""
        return self._next - self._first

    def append(self, entry: bytes) -> None:
        """Add an entry; durable only when sealed."""
        assert not self._failed, "a write failed: open the tape again"
        if not self.unsealed and self._size > self._segment_bytes:
            os.close(self._descriptor)
            self._begin(f"{int(self.segment) + 1:08}")
        self._buffer += _frame(ENTRY_TYPE, entry)
        self._digest.update(LENGTH.pack(len(entry)))
        self._digest.update(entry)
        self._next += 1
        if len(self._buffer) > BUFFER_BYTES:
            self._write()

    def seal(self) -> TapeRecorded | None:
        """Make what was appended since the last seal durable, and give what to announce; None if there is nothing.

        Its command_id names the entries, so that announcing twice records once.
        """
        if not self.unsealed:
            return None
        recorded = _recorded(self.dataset, self.segment, self._first, self.unsealed, self._digest.digest())
        self._buffer += _frame(SEAL_TYPE, SEAL.pack(recorded.first, recorded.count, recorded.sha256))
        self._write()
        self._failed = True  # unless the sync below succeeds
        os.fdatasync(self._descriptor)
        self._failed = False
        self._first = self._next
        self._digest = hashlib.sha256()
        return recorded

    def close(self) -> None:
        """Write what is buffered, without sealing it, and let the next writer in."""
        if self._descriptor >= 0:
            if not self._failed:
                self._write()
            os.close(self._descriptor)
            self._descriptor = -1
            self._lock.close()

    def _write(self) -> None:
        self._failed = True  # unless all of it is written
        view = memoryview(self._buffer)
        while view:
            view = view[os.write(self._descriptor, view) :]
        del view
        self._failed = False
        self._size += len(self._buffer)
        self._buffer.clear()

    def _begin(self, segment: str) -> None:
        path = _path(self._folder, segment)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self.segment = segment
        self._size = self._first = self._next = 0
        self._digest = hashlib.sha256()
        self._buffer += HEADER
        self._write()
        os.fsync(self._descriptor)
        sync_folder(self._folder)

    def _continue(self, segment: str) -> bool:
        """Take up a segment after its last whole frame; False if its sealed part is damaged or it has no header."""
        path = _path(self._folder, segment)
        first = number = 0
        digest = hashlib.sha256()
        end = len(HEADER)
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                return False
            for frame in _frames(file):
                end = frame.end
                if frame.type == SEAL_TYPE:
                    first, digest = number, hashlib.sha256()
                else:
                    number += 1
                    digest.update(LENGTH.pack(len(frame.content)))
                    digest.update(frame.content)
            file.seek(end)
            if _holds_seal(file.read()):
                return False
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.ftruncate(self._descriptor, end)
        self.segment, self._size, self._first, self._next, self._digest = segment, end, first, number, digest
        return True


class TapeReader:
    """Reads sealed entries, proven by their hash. `folder` is `firm/tape`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Where the reading of a segment last ended: entry number and offset.
        self._places: dict[tuple[str, str], tuple[int, int]] = {}

    def datasets(self) -> list[str]:
        """The datasets that have a tape."""
        if not self._folder.exists():
            return []
        return sorted(path.name for path in self._folder.iterdir() if _segments(path))

    def read(self, recorded: TapeRecorded) -> list[bytes]:
        """The entries that a seal covers, in order. TapeDamaged if they are not what was sealed."""
        key = (recorded.dataset, recorded.segment)
        number, offset = self._places.get(key, (0, len(HEADER)))
        if number > recorded.first:
            number, offset = 0, len(HEADER)
        entries: list[bytes] = []
        digest = hashlib.sha256()
        try:
            file = _path(self._folder / recorded.dataset, recorded.segment).open("rb")
        except FileNotFoundError:
            raise TapeDamaged(recorded) from None
        with file:
            file.seek(offset)
            for frame in _frames(file):
                offset = frame.end
                if frame.type != ENTRY_TYPE:
                    continue
                number += 1
                if number > recorded.first:
                    entries.append(frame.content)
                    digest.update(LENGTH.pack(len(frame.content)))
                    digest.update(frame.content)
                if len(entries) == recorded.count:
                    break
        if len(entries) != recorded.count or digest.digest() != recorded.sha256:
            raise TapeDamaged(recorded)
        self._places[key] = (number, offset)
        return entries

    def seals(self, dataset: str) -> Iterator[TapeRecorded]:
        """Everything sealed in a dataset, in order, as it was to be announced."""
        for segment in _segments(self._folder / dataset):
            with _path(self._folder / dataset, segment).open("rb") as file:
                file.seek(len(HEADER))
                for frame in _frames(file):
                    if frame.type == SEAL_TYPE:
                        yield _recorded(dataset, segment, *SEAL.unpack(frame.content))


def _recorded(dataset: str, segment: str, first: int, count: int, digest: bytes) -> TapeRecorded:
    name = f"tape:{dataset}/{segment}/{first}"
    return TapeRecorded(
        command_id=name, dataset=dataset, segment=segment, first=first, count=count, sha256=digest
    )


def _path(folder: Path, segment: str) -> Path:
    return folder / f"{segment}.tape"


def _segments(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.tape"))


def _frame(kind: int, content: bytes) -> bytes:
    return FRAME.pack(len(content), zlib.crc32(content, zlib.crc32(bytes([kind]))), kind) + content


def _frames(file: BinaryIO) -> Iterator[Frame]:
    """The whole frames from the file's place on, up to its end or the first that is torn or damaged."""
    offset = file.tell()
    while len(header := file.read(FRAME.size)) == FRAME.size:
        length, check, kind = FRAME.unpack(header)
        content = file.read(length)
        if len(content) < length or zlib.crc32(content, zlib.crc32(header[-1:])) != check:
            return
        offset += FRAME.size + length
        yield Frame(kind, content, offset)


def _holds_seal(tail: bytes) -> bool:
    """Whether a whole seal stands anywhere in what follows the last whole frame: then that was no torn tail."""
    start = tail.find(LENGTH.pack(SEAL.size))
    while start >= 0:
        _length, check, kind = FRAME.unpack_from(tail.ljust(start + FRAME.size, b"\0"), start)
        content = tail[start + FRAME.size : start + FRAME.size + SEAL.size]
        if kind == SEAL_TYPE and zlib.crc32(content, zlib.crc32(bytes([kind]))) == check:
            return True
        start = tail.find(LENGTH.pack(SEAL.size), start + 1)
    return False
