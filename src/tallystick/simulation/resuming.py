"""Sending a run that may have been begun before: what the journal holds of it already is not sent again.

A run is deterministic: the same plan and day make the same commands in the same order. After a kill it is started
again from its beginning; fixed commands that the journal holds are compared and answered from there, the first new one
goes to the writer. So the journal of a resumed run is that of one that never stopped. General commands carry ids, and
the writer itself answers those it knows.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of, verdict_dtype

if TYPE_CHECKING:
    from tallystick.core.context import Context, Decision
    from tallystick.core.schema import Record

__all__ = ["ACTOR", "ResumingWriter"]

Array = np.ndarray[Any, np.dtype[Any]]

ACTOR = "simulation"
"""Who sends the commands of a simulated firm: clients, exchange, bank and depository alike."""


class ResumingWriter:
    """The writer as a run of one business day sees it; `resumed` counts commands answered from the journal."""

    def __init__(self, context: Context, day: datetime.date) -> None:
        self._writer = context.writer
        self._recorded: dict[type[Record], tuple[Array, Array]] = {}
        self.resumed = 0
        parts: dict[type[Record], list[tuple[Array, Array]]] = {}
        if day in context.journal.days():
            for batch in context.journal.batches(day=day):
                if batch.actor == ACTOR and batch.event_type.fixed:
                    parts.setdefault(batch.event_type.record, []).append((batch.records, batch.verdicts))
        for record, found in parts.items():
            rows, verdicts = (np.concatenate(column) for column in zip(*found, strict=True))
            self._recorded[record] = (rows, verdicts)

    def decide(self, record: type[Record], rows: Array) -> Array:
        """Durable verdicts (`verdict_dtype`) of fixed commands. TallystickError when the journal holds others."""
        earlier = self._take(record, rows)
        rest = rows[len(earlier) :]
        if not len(rest):
            return earlier
        verdicts = self._writer.decide(record, rest, actor=ACTOR).verdicts
        return np.concatenate([earlier, verdicts]) if len(earlier) else verdicts

    def send(self, record: type[Record], commands: list[Any]) -> Decision:
        """The durable decision on general commands of one kind; each has its id."""
        assert all(command.command_id for command in commands), "an id makes a command safe to send again"
        return self._writer.decide(record, commands, actor=ACTOR)

    def _take(self, record: type[Record], rows: Array) -> Array:
        """Verdicts of the commands at the front that the journal holds."""
        if record not in self._recorded:
            return np.zeros(0, verdict_dtype())
        recorded, verdicts = self._recorded[record]
        count = min(len(rows), len(recorded))
        names = [name for name in recorded.dtype.names or () if name != "received_at"]
        if not all(np.array_equal(recorded[name][:count], rows[name][:count]) for name in names):
            raise TallystickError(
                "simulation.other_run",
                "The journal holds other commands of the kind {kind} than this run makes.",
                "The day was begun with another plan or version: run it in a new firm.",
                kind=event_of(record).kind,
            )
        self._recorded[record] = (recorded[count:], verdicts[count:])
        if count == len(recorded):
            del self._recorded[record]
        self.resumed += count
        taken: Array = verdicts[:count]
        return taken
