"""A batch as it is read back, and the two payloads: fixed records, or msgpack of a list of records."""

from __future__ import annotations

import datetime
import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.events import EventType, event_type, verdict_dtype
from tallystick.core.machine import Records
from tallystick.core.ready import ready

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Buffer

__all__ = ["Batch", "Columns", "encode_payload"]

VERDICT_BYTES = 24
ENCODER = msgspec.msgpack.Encoder()


class Batch(msgspec.Struct, frozen=True):
    """Commands of one kind by one actor with their verdicts, as they stand in the journal.

    `recorded_at` is UTC nanoseconds; `payload` holds 24 bytes of verdict for each command, then the records; `hash`
    chains the batch to the one before.
    """

    seq: int
    day: datetime.date
    recorded_at: int
    actor: str
    kind: str
    version: int
    count: int
    payload: bytes
    hash: bytes

    @property
    def event_type(self) -> EventType:
        """The declared event, in the version that was recorded. NotFound if this release does not declare it."""
        return event_type(self.kind, self.version)

    @property
    def verdicts(self) -> np.ndarray[Any, np.dtype[Any]]:
        """One verdict (`verdict_dtype`) for each command: a read-only view of the payload."""
        import numpy as np

        return np.frombuffer(self.payload, verdict_dtype(), self.count)

    @property
    def records(self) -> Records:
        """The commands: a read-only structured array for a fixed kind, else a list of records."""
        declared = self.event_type
        body = memoryview(self.payload)[VERDICT_BYTES * self.count :]
        if not declared.fixed:
            records = _decoder(declared.record).decode(body)
            self._expect(len(records) == self.count)
            return records
        import numpy as np

        dtype = declared.schema.dtype
        self._expect(body.nbytes == dtype.itemsize * self.count)
        return np.frombuffer(body, dtype)

    def _expect(self, fits: bool) -> None:
        """The content is proven by its hash; if it does not fit its declaration, the declaration has changed."""
        if not fits:
            raise TallystickError(
                "journal.declaration",
                "Batch {seq} holds {kind} version {version} in another shape than declared.",
                "Declare the changed record as a new version and keep the old one.",
                seq=self.seq,
                kind=self.kind,
                version=self.version,
            )


class Columns(NamedTuple):
    """All commands of one fixed kind as read-only arrays of equal length, in journal order."""

    records: np.ndarray[Any, np.dtype[Any]]
    verdicts: np.ndarray[Any, np.dtype[Any]]
    seqs: np.ndarray[Any, np.dtype[np.int64]]
    """The batch (journal position) that each record stands in."""


def encode_payload(
    declared: EventType,
    records: Records,
    verdicts: np.ndarray[Any, np.dtype[Any]],
    buffer: bytearray | None = None,
) -> Buffer:
    """Verdicts and records as the bytes of a payload.

    `records` is a structured array (or a list to be packed) for a fixed kind, a list of records otherwise. With a
    `buffer` the payload is written there and a view of it returned, to be dropped before the buffer's next use; the
    buffer grows as needed and is worth keeping between batches.
    """
    import numpy as np

    out = bytearray() if buffer is None else buffer
    head = VERDICT_BYTES * len(verdicts)
    assert len(records) == len(verdicts) > 0, "one verdict a command"
    if not declared.fixed:
        if len(out) < head:
            out.extend(bytes(head - len(out)))
        ENCODER.encode_into(records, out, head)
        length = len(out)
    else:
        dtype = declared.schema.dtype
        packed = records if isinstance(records, np.ndarray) else declared.schema.pack(records)
        assert packed.dtype == dtype, f"{declared.kind} needs {dtype}, not {packed.dtype}"
        length = head + packed.nbytes
        if len(out) < length:
            out.extend(bytes(length - len(out)))
        _copy(packed, out, head)
    assert verdicts.dtype == verdict_dtype(), f"verdicts are {verdict_dtype()}, not {verdicts.dtype}"
    _copy(verdicts, out, 0)
    return memoryview(out)[:length]


def _copy(array: np.ndarray[Any, np.dtype[Any]], out: bytearray, offset: int) -> None:
    """Put the bytes of an array into the buffer; as bytes, since NumPy copies records field by field."""
    import numpy as np

    content = np.ascontiguousarray(array).view(np.uint8)
    np.frombuffer(out, np.uint8, len(content), offset)[:] = content


@functools.cache
def _decoder(record: type[Any]) -> msgspec.msgpack.Decoder[list[Any]]:
    return msgspec.msgpack.Decoder(ready(list[record]))  # type: ignore[valid-type]
