"""The stage of an onboarding. A firm is live only after its books were proven and the parallel days agreed."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tallystick.core.approvals import content_of
from tallystick.core.errors import TallystickError
from tallystick.core.machine import Explanation, ValueRead
from tallystick.core.plain import PlainMachine
from tallystick.core.schema import Record
from tallystick.governance.onboarding.events import (
    AdvanceOnboarding,
    CompareParallelDay,
    FollowDay,
    ProveOnboarding,
    StartOnboarding,
)
from tallystick.ledger import HOUSE_ACCOUNT_COUNT

if TYPE_CHECKING:
    from tallystick.core.day import DayMachine
    from tallystick.market import MarketMachine

__all__ = ["HOME_VENUE", "OnboardingMachine", "OnboardingState", "Stage"]

HOME_VENUE = "XTAI"
"""The venue whose calendar is the firm's."""


class Stage(StrEnum):
    """How far the taking over is."""

    NONE = "none"
    LOADED = "loaded"
    PROVEN = "proven"
    SHADOW = "shadow"
    PARALLEL = "parallel"
    LIVE = "live"
    ROLLED_BACK = "rolled_back"


NEXT = {
    (Stage.PROVEN, Stage.SHADOW),
    (Stage.SHADOW, Stage.PARALLEL),
    (Stage.PARALLEL, Stage.SHADOW),
    (Stage.PARALLEL, Stage.LIVE),
}
FOLLOWING = (Stage.SHADOW, Stage.PARALLEL)
OPEN_STAGES = (Stage.LOADED, Stage.PROVEN, Stage.SHADOW, Stage.PARALLEL)


class Accounts(Protocol):
    """What the ledger tells: how many accounts are open."""

    @property
    def account_count(self) -> int:
        """Accounts have the codes 0 to this."""


class OnboardingState(msgspec.Struct):
    """Stage, what was refused, how many parallel days in a row agreed and how many must.

    `as_of` is the day of the opening books; `followed_on` the last day followed from files; `compared_on` the last day
    compared since the parallel run began; `uncompared` says that a day of that run was followed and not compared.
    """

    stage: Stage = Stage.NONE
    refused_rows: int = 0
    parallel_days: int = 0
    agreed_days: int = 0
    as_of: datetime.date = datetime.date.min
    followed_on: datetime.date | None = None
    compared_on: datetime.date | None = None
    uncompared: bool = False


class OnboardingMachine(PlainMachine[OnboardingState]):
    """Judges each step of an onboarding."""

    name = "onboarding"
    decides: tuple[type[Record], ...] = (
        StartOnboarding,
        ProveOnboarding,
        FollowDay,
        CompareParallelDay,
        AdvanceOnboarding,
    )

    def __init__(
        self,
        day: DayMachine,
        market: MarketMachine,
        ledger: Accounts,
        approved: Callable[[str, bytes], bool],
    ) -> None:
        super().__init__(OnboardingState())
        self._day = day
        self._market = market
        self._ledger = ledger
        self._approved = approved

    def mask_of(self, command: Any) -> int:
        """The reasons against a step."""
        if isinstance(command, StartOnboarding):
            running = self.state.stage in (*OPEN_STAGES, Stage.LIVE)
            return running | (self._ledger.account_count > HOUSE_ACCOUNT_COUNT) << 1
        if isinstance(command, AdvanceOnboarding):
            return self._advance_mask(command)
        if isinstance(command, FollowDay):
            return self._follow_mask(command.business_date)
        if isinstance(command, CompareParallelDay):
            return self._compare_mask(command.business_date)
        nothing = not (command.amounts or command.quantities)
        mask = int(self.state.stage not in OPEN_STAGES) | (self.state.refused_rows > 0) << 1
        return mask | (nothing or _differences(command) > 0) << 2

    def _follow_mask(self, date: datetime.date) -> int:
        now, day = self.state, self._day.state
        again = date == now.followed_on
        unfinished = day.is_open and day.business_date == now.followed_on
        return (
            self._day_mask(date)
            | again << 3
            | (not again and date != self._expected(now.followed_on or now.as_of)) << 4
            | (not again and unfinished) << 5
            | (not again and now.uncompared) << 6
            | (not again and day.business_date > date) << 7
        )

    def _compare_mask(self, date: datetime.date) -> int:
        now, day = self.state, self._day.state
        last, late = now.compared_on, date > now.as_of
        return (
            self._day_mask(date)
            | (not late) << 3
            | (late and day.business_date != date) << 4
            | (late and day.business_date == date and day.is_open) << 5
            | (last is not None and date not in (last, self._expected(last))) << 6
        )

    def _day_mask(self, date: datetime.date) -> int:
        """The reasons that following and comparing a day share."""
        stage = self.state.stage
        mask = int(stage not in OPEN_STAGES) | (stage in OPEN_STAGES and stage not in FOLLOWING) << 1
        try:
            is_session = self._market.calendar(HOME_VENUE).is_session(date)
        except TallystickError:
            is_session = False
        return mask | (not is_session) << 2

    def _expected(self, last: datetime.date) -> datetime.date | None:
        """The session after a day; None where the calendar ends."""
        try:
            return self._market.calendar(HOME_VENUE).next_session(last)
        except TallystickError:
            return None

    def _advance_mask(self, command: AdvanceOnboarding) -> int:
        stage = self.state.stage
        unapproved = self.needs_approval(command.to) and not self._approved(
            command.approval, content_of(command)
        )
        if command.to == Stage.ROLLED_BACK:
            return int(stage not in (*OPEN_STAGES, Stage.LIVE)) | unapproved << 3
        mask = int(stage not in OPEN_STAGES) | ((stage, command.to) not in NEXT) << 1
        missing = command.to == Stage.LIVE and self.state.agreed_days < self.state.parallel_days
        uncompared = command.to == Stage.LIVE and self.state.uncompared
        return mask | missing << 2 | unapproved << 3 | uncompared << 4

    def needs_approval(self, to: str) -> bool:
        """Whether a step takes a second person: the cut-over does, and so does going back once live."""
        return to == Stage.LIVE or (to == Stage.ROLLED_BACK and self.state.stage == Stage.LIVE)

    def accept(self, command: Any) -> None:
        """Move the stage."""
        if isinstance(command, StartOnboarding):
            self.state = OnboardingState(
                Stage.LOADED, command.refused_rows, command.parallel_days, as_of=command.as_of
            )
        elif isinstance(command, ProveOnboarding):
            self.state.stage = Stage.PROVEN
        elif isinstance(command, FollowDay):
            self.state.followed_on = command.business_date
            self.state.uncompared = self.state.stage == Stage.PARALLEL
        elif isinstance(command, CompareParallelDay):
            self._compared(command)
        elif isinstance(command, AdvanceOnboarding):
            self.state.stage = Stage(command.to)
            if self.state.stage in FOLLOWING:
                self.state.agreed_days, self.state.compared_on, self.state.uncompared = 0, None, False

    def _compared(self, command: CompareParallelDay) -> None:
        """Count a day of the parallel run; one that is compared again counts once, by its last comparison."""
        now = self.state
        if now.stage != Stage.PARALLEL:
            return
        again = now.compared_on == command.business_date
        now.compared_on, now.uncompared = command.business_date, False
        if command.differences or not command.compared:
            now.agreed_days = 0
        elif not again or not now.agreed_days:
            now.agreed_days += 1

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The stage, the counts that were compared, and the days."""
        now = self.state
        last = now.compared_on if record is CompareParallelDay else now.followed_on or now.as_of
        values = [
            ValueRead("stage", str(now.stage), getattr(command, "to", None)),
            ValueRead("refused_rows", now.refused_rows, 0, passed=now.refused_rows == 0),
            ValueRead(
                "agreed", now.agreed_days, now.parallel_days, passed=now.agreed_days >= now.parallel_days
            ),
            ValueRead("needed", now.parallel_days),
            ValueRead("followed_on", str(now.followed_on), passed=not now.uncompared),
        ]
        if isinstance(command, FollowDay | CompareParallelDay):
            days = {
                "business_date": command.business_date,
                "firm_day": self._day.state.business_date,
                "as_of": now.as_of,
                "expected": self._expected(last) if last else None,
            }
            passed = self.mask_of(command) == 0
            values += [ValueRead(name, str(value), passed=passed) for name, value in days.items()]
        if isinstance(command, ProveOnboarding):
            differences = _differences(command)
            values.append(ValueRead("differences", differences, 0, "totals files", differences == 0))
        return Explanation(values=values)


def _differences(command: ProveOnboarding) -> int:
    """How many totals differ."""
    amounts = sum(line.differs for line in command.amounts)
    return amounts + sum(line.differs for line in command.quantities)
