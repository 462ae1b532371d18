"""The business day and the passing of time as the machines know them: journaled facts, never a clock."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from tallystick.core.events import Command, Reason, event
from tallystick.core.machine import Explanation, ValueRead
from tallystick.core.plain import PlainMachine
from tallystick.core.schema import BusinessDate, Hash32, Record, Text, Timestamp

__all__ = [
    "DayClosed",
    "DayMachine",
    "DayOpened",
    "DayState",
    "DigestRecorded",
    "TapeRecorded",
    "TimeReached",
]

BACKWARDS = Reason("core.time_backwards", "{given} is not after {last}.", "Days and times only go forward.")
STILL_OPEN = Reason("core.day_still_open", "Business day {open_day} is still open.", "Close it first.")
NOT_OPEN = Reason("core.day_not_open", "Business day {given} is not open.", "Open the day with `tally run`.")


@event("core.day_opened", reasons=(BACKWARDS, STILL_OPEN))
class DayOpened(Command, frozen=True, kw_only=True):
    """A business day of the home calendar begins: the journal rolls to a new file. It names code and rules."""

    business_date: BusinessDate
    code_version: Text
    rule_set: Text = ""


@event("core.day_closed", reasons=(NOT_OPEN,))
class DayClosed(Command, frozen=True, kw_only=True):
    """A business day ends. Shard 0 records the heads (sequence, hash) of all shards."""

    business_date: BusinessDate
    heads: dict[str, tuple[int, bytes]] = {}


@event("core.time_reached", reasons=(BACKWARDS,))
class TimeReached(Command, frozen=True, kw_only=True):
    """A deadline of a market's calendar has come, e.g. `TW.settlement.cash_in`; machines act on it."""

    deadline: Text
    business_date: BusinessDate
    at: Timestamp


@event("core.tape_recorded")
class TapeRecorded(Command, frozen=True, kw_only=True):
    """A collector fsynced observations to a tape segment; machines may read them from here on."""

    dataset: Text
    segment: Text
    first: int
    count: int
    sha256: Hash32


@event("core.digest_recorded")
class DigestRecorded(Command, frozen=True, kw_only=True):
    """The digests of all machines after the batch before this one; `tally verify` compares them with a replay."""

    digests: dict[str, bytes]


class DayState(msgspec.Struct):
    """Which business day is or was open, whether it is, the last time reached, the rules in force."""

    business_date: datetime.date = datetime.date.min
    is_open: bool = False
    time_reached: int = 0
    rule_set: str = ""


class DayMachine(PlainMachine[DayState]):
    """Days and times only go forward; one day is open at a time."""

    name = "day"
    decides: tuple[type[Record], ...] = (DayOpened, DayClosed, TimeReached, TapeRecorded, DigestRecorded)

    def __init__(self) -> None:
        super().__init__(DayState())

    def mask_of(self, command: Any) -> int:
        """Refuse what goes back in time, and closing what is not open."""
        now = self.state
        if isinstance(command, DayOpened):
            return (command.business_date <= now.business_date) | now.is_open << 1
        if isinstance(command, DayClosed):
            return int(not now.is_open or command.business_date != now.business_date)
        if isinstance(command, TimeReached):
            return int(command.at < now.time_reached)
        return 0

    def accept(self, command: Any) -> None:
        """Move the day or the time."""
        if isinstance(command, DayOpened):
            self.state.business_date, self.state.is_open = command.business_date, True
            self.state.rule_set = command.rule_set
        elif isinstance(command, DayClosed):
            self.state.is_open = False
        elif isinstance(command, TimeReached):
            self.state.time_reached = command.at

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The day or time that the command was compared with."""
        mask = self.mask_of(command)
        if isinstance(command, TimeReached):
            pairs: list[tuple[str, object]] = [("given", command.at), ("last", self.state.time_reached)]
        else:
            pairs = [
                ("given", getattr(command, "business_date", None)),
                ("last", self.state.business_date),
                ("open_day", self.state.business_date),
            ]
        return Explanation(
            values=[ValueRead(name, str(value), source="journal", passed=not mask) for name, value in pairs]
        )
