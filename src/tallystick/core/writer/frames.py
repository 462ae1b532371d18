"""What goes over the writer's socket: a length, then one msgpack message.

A request holds commands of one kind; its body is the packed records of a fixed kind or a msgpack list of the others.
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from tallystick.core.disk import ANY_WORK, disk_full, is_full
from tallystick.core.errors import TallystickError
from tallystick.core.events import EventType
from tallystick.core.schema import Record

__all__ = [
    "FRAME_LIMIT_BYTES",
    "GREETING",
    "Fault",
    "Frames",
    "Reply",
    "Request",
    "decode_body",
    "encode_body",
    "frame",
    "plain_values",
]

FRAME_LIMIT_BYTES = 64 * 1024 * 1024
LENGTH = struct.Struct("<I")
GREETING = 0
"""The number of the reply that greets a client; requests count from 1."""


class Request(msgspec.Struct, frozen=True, array_like=True):
    """Commands of one kind by one actor; `number` pairs the reply with it."""

    number: int
    actor: str
    kind: str
    version: int
    count: int
    body: bytes


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """Why a request could not be decided at all (a TallystickError on the other side)."""

    code: str
    text: str
    remedy: str
    values: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Fault | None:
        """What to tell of an error that stops the writer: a full disk, or the operator's fault; None for others."""
        if is_full(error):
            error = disk_full(ANY_WORK, error)
        if not isinstance(error, TallystickError):
            return None
        return cls(error.code, error.text, error.remedy, plain_values(error.values))

    def error(self) -> TallystickError:
        """The fault as the exception to raise at the client."""
        return TallystickError(self.code, self.text, self.remedy, **self.values)


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The durable answer: the batch and place of the first command, one verdict each; or a fault."""

    number: int
    seq: int = 0
    index: int = 0
    verdicts: bytes = b""
    fault: Fault | None = None


def frame(message: msgspec.Struct) -> bytes:
    """The bytes of one message on the wire."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


def plain_values(values: dict[str, Any]) -> dict[str, Any]:
    """Values of a failure in a form that goes over the wire: what is no plain value becomes text."""
    return {
        key: value if isinstance(value, str | int | float | bool | None) else str(value)
        for key, value in values.items()
    }


def encode_body(kind: EventType, records: Any) -> tuple[int, bytes]:
    """Count and body of commands: a packed array (or records, packed here) for fixed kinds, msgpack for the others."""
    if kind.fixed:
        packed = kind.schema.pack(records) if isinstance(records, list | tuple) else records
        if packed.dtype != kind.schema.dtype:
            raise TallystickError(
                "writer.dtype",
                "The array does not have the columns of {kind}.",
                "Build it with schema_of({record}).dtype.",
                kind=kind.kind,
                record=kind.record.__name__,
            )
        return len(packed), packed.tobytes()
    return len(records), msgspec.msgpack.encode(list(records))


def decode_body(kind: EventType, count: int, body: bytes) -> Any:
    """Commands from a request's body; TallystickError when the bytes are not `count` records of the kind."""
    if kind.fixed:
        import numpy as np

        if len(body) != count * kind.schema.dtype.itemsize:
            raise TallystickError(
                "writer.size",
                "{size} bytes are not {count} records of {kind}.",
                "Use the same version at both ends.",
                size=len(body),
                count=count,
                kind=kind.kind,
            )
        return np.frombuffer(body, dtype=kind.schema.dtype).copy()
    try:
        records: list[Record] = msgspec.msgpack.decode(body, type=list[kind.record])  # type: ignore[name-defined]
    except msgspec.MsgspecError as error:
        raise TallystickError(
            "writer.message",
            "The command {kind} does not read: {problem}.",
            "Compare its fields with the reference.",
            kind=kind.kind,
            problem=str(error),
        ) from None
    return records


class Frames:
    """Cuts a byte stream into messages, keeping the unfinished rest."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Add received bytes, give every whole message that is there now, each once."""
        messages: list[bytes] = []
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._buffer, start)
            if length > FRAME_LIMIT_BYTES:
                raise TallystickError(
                    "writer.frame",
                    "A message of {size} bytes passes the limit.",
                    "Send fewer commands at once.",
                    size=length,
                )
            end = start + LENGTH.size + length
            if len(self._buffer) < end:
                break
            messages.append(bytes(self._buffer[start + LENGTH.size : end]))
            start = end
        del self._buffer[:start]
        return messages
