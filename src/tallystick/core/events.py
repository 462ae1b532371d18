"""Declaring what goes into the journal: one decorator on a record class.

An event is a command or fact that some machine decides. Hot kinds are *fixed* (NumPy records of at most 128 bytes),
all others are msgpack of the record. A verdict is one small fixed record for every kind: a mask of reasons, a
reservation, a rule set; what the reasons mean is declared beside the event.

>>> from tallystick.core.schema import Text
>>> @event("doctest.say_hello", reasons=(Reason("doctest.too_loud", "The greeting {greeting} is too loud."),))
... class SayHello(Command, frozen=True, kw_only=True):
...     greeting: Text
>>> event_type("doctest.say_hello").record is SayHello
True
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tallystick.core.errors import NotFound, Rejection, suggestion
from tallystick.core.schema import Record, Schema, Timestamp, schema_of

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "Command",
    "EventType",
    "Fixed",
    "Reason",
    "all_events",
    "event",
    "event_of",
    "event_type",
    "verdict_dtype",
]

FIXED_SIZE_LIMIT_BYTES = 128


class Reason(msgspec.Struct, frozen=True):
    """Why a command can be refused: stable code, sentence, remedy. Its place in the event's list is its mask bit.

    A `name` says it in a few words without values, for lists and counts, where the sentence's places stay unfilled.
    """

    code: str
    text: str
    remedy: str = ""
    name: str = ""


class Command(Record, frozen=True, kw_only=True):
    """Base of general (msgpack) events. `command_id` is the sender's own, never reused: the same id with the same
    content gets the earlier answer, with other content a refusal. The writer stamps `actor` and `received_at`.
    """

    command_id: str = ""
    actor: str = ""
    received_at: Timestamp = 0


class Fixed(Record, frozen=True, kw_only=True):
    """Base of fixed events: the writer stamps `received_at`; the record's first other field is its id."""

    received_at: Timestamp = 0


class EventType(msgspec.Struct, frozen=True):
    """One version of one kind of event: its record class, whether it is fixed, the reasons it can be refused for.

    `letter` begins the ids of a fixed kind as people write them (`O20261120-42`); the id is the record's first column
    after `received_at`.
    """

    kind: str
    version: int
    record: type[Record]
    fixed: bool
    reasons: tuple[Reason, ...]
    letter: str = ""

    @property
    def schema(self) -> Schema[Any]:
        """The storage schema of the record class."""
        return schema_of(self.record)

    def reasons_in(self, mask: int) -> tuple[Reason, ...]:
        """The declared reasons whose bits are set in a verdict's mask, in order of declaration."""
        return tuple(reason for bit, reason in enumerate(self.reasons) if mask >> bit & 1)

    def rejections(self, mask: int, values: dict[str, Any]) -> list[Rejection]:
        """The reasons of a mask as rejections, their places filled from `values`."""
        return [
            Rejection(code=reason.code, text=reason.text, remedy=reason.remedy, values=values)
            for reason in self.reasons_in(mask)
        ]


_EVENTS: dict[tuple[str, int], EventType] = {}
_BY_RECORD: dict[type[Record], EventType] = {}

AnyEvent = TypeVar("AnyEvent", bound=Record)


def event(
    kind: str, *, version: int = 1, reasons: tuple[Reason, ...] = (), letter: str = ""
) -> Callable[[type[AnyEvent]], type[AnyEvent]]:
    """Declare a record class as the event `room.noun_verb`, in one version, with the reasons for refusal.

    A subclass of `Fixed` becomes a fixed record; one over 128 bytes, or with a column of open size, is an error here.
    Old versions stay declared for ever, so that old journals read.
    """

    def declare(record: type[AnyEvent]) -> type[AnyEvent]:
        fixed = issubclass(record, Fixed)
        if fixed:
            size = schema_size(record)
            if size > FIXED_SIZE_LIMIT_BYTES:
                raise TypeError(f"{kind} has {size} bytes, over {FIXED_SIZE_LIMIT_BYTES}")
        if (kind, version) in _EVENTS and _EVENTS[kind, version].record.__qualname__ != record.__qualname__:
            raise TypeError(f"{kind} version {version} is declared twice")
        if len(reasons) > 63:
            raise TypeError(f"{kind} has more reasons than mask bits")
        _EVENTS[kind, version] = _BY_RECORD[record] = EventType(
            kind=kind, version=version, record=record, fixed=fixed, reasons=reasons, letter=letter
        )
        return record

    return declare


def event_type(kind: str, version: int | None = None) -> EventType:
    """The declared type of a kind, newest version unless named. NotFound names the nearest kind."""
    if version is None:
        version = max((v for k, v in _EVENTS if k == kind), default=0)
    found = _EVENTS.get((kind, version))
    if found is None:
        remedy, near = suggestion(kind, [k for k, _ in _EVENTS])
        raise NotFound(
            "events.unknown",
            "No event {kind} version {version} is declared.",
            remedy,
            kind=kind,
            version=version,
            **near,
        )
    return found


def event_of(record: type[Record]) -> EventType:
    """The event type that a record class was declared as."""
    return _BY_RECORD[record]


def all_events() -> list[EventType]:
    """Every declared event, sorted by kind and version."""
    return [_EVENTS[key] for key in sorted(_EVENTS)]


@functools.cache
def verdict_dtype() -> np.dtype[Any]:
    """The NumPy dtype of a verdict, 24 bytes: `mask` (0 accepts), `reservation` (1e-4 money held, or 0),
    `rule_set` (number of the rule set in force), `flags` (bit 0: a repetition of an earlier command).
    """
    import numpy as np

    return np.dtype([("mask", "<u8"), ("reservation", "<i8"), ("rule_set", "<u4"), ("flags", "<u4")])


def schema_size(record: type[Record]) -> int:
    """Bytes of one packed fixed record, told without importing NumPy. TypeError if a column has no fixed size."""
    schema = schema_of(record)
    if not schema.is_fixed:
        raise TypeError(f"{record.__name__} is declared fixed but has a column of open size")
    sizes = {"int8": 1, "bool": 1, "int16": 2, "int32": 4, "date": 4}
    return sum((c.size or sizes.get(c.kind, 8)) for c in schema.columns.values() if c is not None)
