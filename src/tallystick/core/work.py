"""Work items: something a person must do, with an owner, a deadline and notes; used by every room alike."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.events import Command, Reason, event
from tallystick.core.plain import PlainMachine
from tallystick.core.schema import BusinessDate, Record, Text, Timestamp

__all__ = ["AssignWork", "CloseWork", "Note", "NoteWork", "OpenWork", "WorkItem", "WorkMachine", "WorkState"]

UNKNOWN = Reason("core.unknown_work", "There is no open work item {work}.", "See `tally work list`.")


@event(
    "core.open_work", reasons=(Reason("core.work_taken", "Work item {work} exists.", "Use a new number."),)
)
class OpenWork(Command, frozen=True, kw_only=True):
    """Something to be done: about what (`subject`: an id), by whom (empty: not assigned yet), until when."""

    work: Text
    room: Text
    title: Text
    subject: Text = ""
    owner: Text = ""
    severity: Text = "medium"
    due: BusinessDate | None = None


@event("core.assign_work", reasons=(UNKNOWN,))
class AssignWork(Command, frozen=True, kw_only=True):
    """Give a work item to a person."""

    work: Text
    owner: Text


@event("core.note_work", reasons=(UNKNOWN,))
class NoteWork(Command, frozen=True, kw_only=True):
    """Add a note; notes are never changed."""

    work: Text
    note: Text


@event("core.close_work", reasons=(UNKNOWN,))
class CloseWork(Command, frozen=True, kw_only=True):
    """The work is done, or not needed: say which and why."""

    work: Text
    outcome: Text


class Note(msgspec.Struct, frozen=True):
    """Who said what, when."""

    at: Timestamp
    actor: str
    note: str


class WorkItem(msgspec.Struct):
    """A work item as it stands; `outcome` is empty while it is open."""

    room: str
    title: str
    subject: str
    owner: str
    severity: str
    due: BusinessDate | None
    opened_at: int
    opened_by: str
    notes: list[Note] = []
    outcome: str = ""
    closed_at: int = 0


class WorkState(msgspec.Struct):
    """All work items by number."""

    items: dict[str, WorkItem] = {}


class WorkMachine(PlainMachine[WorkState]):
    """Holds work items."""

    name = "work"
    decides: tuple[type[Record], ...] = (OpenWork, AssignWork, NoteWork, CloseWork)

    def __init__(self) -> None:
        super().__init__(WorkState())

    def mask_of(self, command: Any) -> int:
        """Numbers are new, items open."""
        found = self.state.items.get(command.work)
        if isinstance(command, OpenWork):
            return int(found is not None)
        return int(found is None or bool(found.outcome))

    def accept(self, command: Any) -> None:
        """Open, assign, note or close."""
        if isinstance(command, OpenWork):
            self.state.items[command.work] = WorkItem(
                room=command.room,
                title=command.title,
                subject=command.subject,
                owner=command.owner,
                severity=command.severity,
                due=command.due,
                opened_at=command.received_at,
                opened_by=command.actor,
            )
            return
        item = self.state.items[command.work]
        if isinstance(command, AssignWork):
            item.owner = command.owner
        elif isinstance(command, NoteWork):
            item.notes.append(Note(command.received_at, command.actor, command.note))
        elif isinstance(command, CloseWork):
            item.outcome, item.closed_at = command.outcome, command.received_at
