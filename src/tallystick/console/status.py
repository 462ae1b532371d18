"""Where the firm stands, for the bars of every page: business date, market phase, journal head, open work."""

from __future__ import annotations

import datetime
import time

import msgspec

from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, Problem, Shell
from tallystick.console.words import mark as _
from tallystick.core.operations import OPERATIONS
from tallystick.core.time import format_time

__all__ = ["SEVERITIES", "Status", "status_of"]

PHASES = {
    "opening_call": _("Opening auction"),
    "continuous": _("Continuous trading"),
    "morning": _("Morning session"),
    "afternoon": _("Afternoon session"),
    "closing_call": _("Closing auction"),
    "order_entry": _("Order entry"),
    "after_hours_fixed_price": _("After-hours fixed price"),
    "closed": _("Market closed"),
}
"""Phases that the bar tells, the first of those that run at a time; odd lots and blocks run beside them."""

SEVERITIES = ("severe", "high", "medium", "low")


class Status(msgspec.Struct, frozen=True):
    """What the bars show; `problem` when the head cannot be read, `damage` when the journal is not what was written."""

    day: str = ""
    phase: str = ""
    seq: int = 0
    hash: str = ""
    recorded: str = ""
    alerts: list[tuple[str, int]] = []
    problem: Problem | None = None
    damage: Problem | None = None


async def status_of(request: AnyRequest, shell: Shell) -> Status:
    """The status as the reader may see it; alerts stay empty for who may not see work items."""
    head = await shell.attempt(request, "journal.head")
    damage = await _damage(request, shell)
    if head.problem:
        return Status(problem=head.problem, damage=damage)
    reply = head.value
    recorded = format_time(reply.recorded_at, shell.firm.zone, digits=0) if reply.recorded_at else ""
    return Status(
        day=str(reply.day or ""),
        phase=await _phase(request, shell, reply.day, reply.recorded_at),
        seq=reply.seq,
        hash=reply.hash,
        recorded=recorded,
        alerts=await _alerts(request, shell, reply.seq),
        damage=damage,
    )


async def _damage(request: AnyRequest, shell: Shell) -> Problem | None:
    """What is wrong with the journal, for every reader: what they see then ends before it."""
    shell.damage = await request.app.state.desk.run(lambda: shell.house.damage)
    return shell.problem(request, shell.damage) if shell.damage else None


async def _alerts(request: AnyRequest, shell: Shell, seq: int) -> list[tuple[str, int]]:
    """Open work items by severity, the worst first; counted anew only when the journal has moved."""
    user = request.user.name
    known = shell.counted.get(user)
    if known and known[0] == seq:
        return known[1]
    work = await shell.attempt(request, "work.list", {"limit": 10_000})
    counts = dict.fromkeys(SEVERITIES, 0)
    for row in [] if work.problem else rows_of(work.value):
        if not row.get("outcome") and row.get("severity") in counts:
            counts[row["severity"]] += 1
    alerts = [(severity, count) for severity, count in counts.items() if count]
    shell.counted[user] = (seq, alerts)
    return alerts


async def _phase(request: AnyRequest, shell: Shell, day: datetime.date | None, recorded_at: int) -> str:
    """The phase of the home market at its own time (that of the last batch when time is simulated), or nothing."""
    if day is None or "market.calendar" not in OPERATIONS:
        return ""
    if day not in shell.calendar:
        span = {"venue": shell.firm.home_calendar, "first": day, "last": day}
        answer = await shell.attempt(request, "market.calendar", span)
        if answer.problem:
            return ""
        shell.calendar[day] = next((str(row["phases"]) for row in rows_of(answer.value)), "")
    simulated = shell.firm.clock == "commands"
    now = format_time(recorded_at if simulated else time.time_ns(), shell.firm.zone, digits=0)
    return (
        phase_at(shell.calendar[day], now[11:16]) if simulated or now[:10] == str(day) else PHASES["closed"]
    )


def phase_at(phases: str, clock: str) -> str:
    """The words for the phase that a time of day falls in, from the calendar's text.

    >>> phase_at("08:30-09:00 opening_call; 09:00-13:25 continuous", "09:01"), phase_at("09:00-17:00 block", "14:40")
    ('Continuous trading', 'Market closed')
    """
    running = set()
    for part in phases.split(";"):
        span, _blank, name = part.strip().partition(" ")
        opens, _dash, closes = span.partition("-")
        if opens <= clock < closes:
            running.add(name)
    return next((words for name, words in PHASES.items() if name in running), PHASES["closed"])
