"""What a proposed change of this room would change: beside each proposed value the one in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.history.events import (
    AdoptRetention,
    MarkPurge,
    ReleaseHold,
    RetentionRow,
    SetQuota,
    StartClock,
)

if TYPE_CHECKING:
    from tallystick.history.machine import HistoryState

__all__ = ["compared"]

HOLD_SHOWN = (
    "hold", "kind", "datasets", "record_classes", "instruments", "parties", "accounts", "first", "last", "placed_by",
    "reason",
)  # fmt: skip

Sides = tuple[dict[str, Any], dict[str, Any]]


def compared(state: HistoryState, command: Any) -> Sides:
    """What is in force and what is proposed, as mappings of one shape (`core/proposed.py`)."""
    after = msgspec.structs.asdict(command)
    if isinstance(command, SetQuota):
        holder = f"role {command.role}" if command.role else f"user {command.user}"
        quota = state.quotas.get(holder)
        limits = msgspec.structs.asdict(quota) if quota else {}
        return limits, {
            name: "no limit" if name.endswith("_per_day") and value is None else value
            for name, value in after.items()
        }
    if isinstance(command, AdoptRetention):
        there = [_in_force(state.retention, row) for row in command.rows]
        return {"rows": [msgspec.structs.asdict(row) if row else None for row in there]}, {
            "rows": [msgspec.structs.asdict(row) for row in command.rows]
        }
    if isinstance(command, ReleaseHold):
        hold = state.holds.get(command.hold)
        return {name: getattr(hold, name) for name in HOLD_SHOWN} if hold else {}, after
    if isinstance(command, StartClock):
        date = state.clocks.get(f"{command.clock} {command.subject}")
        return {"date": date} if date else {}, after
    if isinstance(command, MarkPurge):
        return {}, after | {"parts": [msgspec.structs.asdict(part) for part in command.parts]}
    return {}, after


def _in_force(rows: list[RetentionRow], new: RetentionRow) -> RetentionRow | None:
    """The row that a new one replaces: of its identity, else the newest of its jurisdiction, class and rule."""
    same = [row for row in rows if row.identity[:3] == new.identity[:3]]
    exact = [row for row in same if row.identity == new.identity]
    return max(exact or same, key=lambda row: str(row.valid_from or ""), default=None)
