"""The trading of a day, slot by slot: flow to gate, what it accepts to the exchange, what that reports to the books."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tallystick.core.day import TimeReached
from tallystick.core.schema import Record, schema_of
from tallystick.core.time import format_time
from tallystick.ledger.events import RecordExecution
from tallystick.risk.gate.events import CancelOrder, EndOrder, SubmitOrder
from tallystick.simulation.day.movements import Movement
from tallystick.simulation.day.timetable import Timetable, slot_ends
from tallystick.simulation.exchange import Exchange
from tallystick.simulation.flow import FlowSlot, OrderFlow

if TYPE_CHECKING:
    from tallystick.core.progress import Progress
    from tallystick.simulation.resuming import ResumingWriter

__all__ = ["Trading"]

Array = np.ndarray[Any, np.dtype[Any]]


class Trading:
    """One day's trading on its way: `run` goes through the slots; the arrays hold what was sent and reported."""

    def __init__(
        self,
        date: datetime.date,
        clock: Timetable,
        flow: OrderFlow,
        exchange: Exchange,
        writer: ResumingWriter,
        slot_seconds: int,
    ) -> None:
        self.date = date
        self._ends = slot_ends(clock, slot_seconds)
        self._deadlines = [*clock.deadlines]
        self.flow = flow
        self.exchange = exchange
        self.writer = writer
        self.moved: list[tuple[Movement, int]] = []
        """Movements and the masks of their verdicts."""
        self.messages = 0
        """Messages at the exchange, other brokers' included."""
        self._parts: dict[str, list[Array]] = {
            name: [] for name in ("orders", "masks", "cancels", "cancel_masks", "executions", "ends")
        }

    @property
    def slots(self) -> int:
        """How many slots the day has."""
        return len(self._ends)

    def run(self, movements: list[Movement], progress: Progress, zone: str) -> None:
        """All slots, movements and deadlines of the day in order of time. Stopped when the person asked for it."""
        waiting = [*movements]
        for end in self._ends:
            self._slot(end)
            while waiting and waiting[0].time <= end:
                self._move(waiting.pop(0), end)
            self._reach_until(end)
            progress.step(1, format_time(end, zone, digits=0)[11:])

    def finish(self) -> None:
        """The deadlines after trading."""
        self._reach_until(None)

    def rows(self, name: str) -> Array:
        """All rows of `orders`, `masks` (of the gate's verdicts), `cancels`, `cancel_masks`, `executions` or `ends`."""
        kinds: dict[str, type[Record]] = {
            "orders": SubmitOrder, "cancels": CancelOrder, "executions": RecordExecution, "ends": EndOrder,
        }  # fmt: skip
        empty = np.zeros(0, schema_of(kinds[name]).dtype if name in kinds else np.uint64)
        return np.concatenate([empty, *self._parts[name]])

    def _reach_until(self, time: int | None) -> None:
        """Tell the deadlines that have come up to a time (UTC ns), all of them without one."""
        while self._deadlines and (time is None or self._deadlines[0][1] <= time):
            name, at = self._deadlines.pop(0)
            command = TimeReached(
                command_id=f"{name}-{self.date}",
                deadline=name,
                business_date=self.date,
                at=at,
                received_at=at,
            )
            assert self.writer.send(TimeReached, [command]).accepted, f"{name} was refused"

    def _slot(self, end: int) -> None:
        prices, lasts = self.exchange.top()
        slot = self.flow.slot(end, prices, lasts)
        passed, refused = self._ask("orders", "masks", SubmitOrder, slot.orders)
        cancels, _ = self._ask("cancels", "cancel_masks", CancelOrder, _behind(slot))
        report = self.exchange.run(end, passed, cancels, slot.street)
        for name, record, rows in (
            ("executions", RecordExecution, report.executions),
            ("ends", EndOrder, report.ends),
        ):
            if len(rows):
                verdicts = self.writer.decide(record, rows)
                assert not verdicts["mask"].any(), f"{record.__name__} was refused"
                self._parts[name].append(rows)
        self.flow.observe(report.executions, report.ends, refused["order_id"])
        self.messages += report.messages

    def _ask(self, name: str, masks: str, record: type[Record], rows: Array) -> tuple[Array, Array]:
        """Ask the gate; the rows that it accepted, and the others."""
        if not len(rows):
            return rows, rows
        mask = self.writer.decide(record, rows)["mask"]
        self._parts[name].append(rows.copy())
        self._parts[masks].append(mask)
        return rows[mask == 0], rows[mask != 0]

    def _move(self, movement: Movement, end: int) -> None:
        command = msgspec.structs.replace(movement.command, received_at=end)
        mask = int(self.writer.send(movement.kind, [command]).verdicts["mask"][0])
        self.moved.append((movement._replace(command=command), mask))


def _behind(slot: FlowSlot) -> Array:
    """The slot's cancels, none before its last order: the gate hears the slot's orders first."""
    cancels = slot.cancels.copy()
    if len(slot.orders) and len(cancels):
        cancels["received_at"] = np.maximum(cancels["received_at"], slot.orders["received_at"][-1])
    return cancels
