"""The stage of an onboarding. A firm is live only after its books were proven and the parallel days agreed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from tallystick.core.approvals import content_of
from tallystick.core.machine import Explanation, ValueRead
from tallystick.core.plain import PlainMachine
from tallystick.core.schema import Record
from tallystick.governance.onboarding.events import (
    AdvanceOnboarding,
    CompareParallelDay,
    ProveOnboarding,
    StartOnboarding,
)
from tallystick.ledger import HOUSE_ACCOUNT_COUNT

__all__ = ["OnboardingMachine", "OnboardingState", "Stage"]


class Stage(StrEnum):
    """How far the taking over is."""

    NONE = "none"
    LOADED = "loaded"
    PROVEN = "proven"
    SHADOW = "shadow"
    PARALLEL = "parallel"
    LIVE = "live"
    ROLLED_BACK = "rolled_back"


NEXT = {Stage.PROVEN: Stage.SHADOW, Stage.SHADOW: Stage.PARALLEL, Stage.PARALLEL: Stage.LIVE}
OPEN_STAGES = (Stage.LOADED, Stage.PROVEN, Stage.SHADOW, Stage.PARALLEL)


class Accounts(Protocol):
    """What the ledger tells: how many accounts are open."""

    @property
    def account_count(self) -> int:
        """Accounts have the codes 0 to this."""


class OnboardingState(msgspec.Struct):
    """Stage, what was refused, how many parallel days in a row agreed and how many must."""

    stage: Stage = Stage.NONE
    refused_rows: int = 0
    parallel_days: int = 0
    agreed_days: int = 0


class OnboardingMachine(PlainMachine[OnboardingState]):
    """Judges each step of an onboarding."""

    name = "onboarding"
    decides: tuple[type[Record], ...] = (
        StartOnboarding,
        ProveOnboarding,
        CompareParallelDay,
        AdvanceOnboarding,
    )

    def __init__(self, ledger: Accounts, approved: Callable[[str, bytes], bool]) -> None:
        super().__init__(OnboardingState())
        self._ledger = ledger
        self._approved = approved

    def mask_of(self, command: Any) -> int:
        """The reasons against a step."""
        if isinstance(command, StartOnboarding):
            running = self.state.stage in (*OPEN_STAGES, Stage.LIVE)
            return running | (self._ledger.account_count > HOUSE_ACCOUNT_COUNT) << 1
        mask = int(self.state.stage not in OPEN_STAGES)
        if isinstance(command, ProveOnboarding):
            differ = any(line.theirs != line.ours for line in command.lines) or not command.lines
            return mask | (self.state.refused_rows > 0) << 1 | differ << 2
        if isinstance(command, AdvanceOnboarding):
            return mask | self._advance_mask(command)
        return mask

    def _advance_mask(self, command: AdvanceOnboarding) -> int:
        if command.to == Stage.ROLLED_BACK:
            return 0
        wrong = NEXT.get(self.state.stage) != command.to
        if command.to != Stage.LIVE:
            return wrong << 1
        missing = self.state.agreed_days < self.state.parallel_days
        unapproved = not self._approved(command.approval, content_of(command))
        return wrong << 1 | missing << 2 | unapproved << 3

    def accept(self, command: Any) -> None:
        """Move the stage."""
        if isinstance(command, StartOnboarding):
            self.state = OnboardingState(Stage.LOADED, command.refused_rows, command.parallel_days)
        elif isinstance(command, ProveOnboarding):
            self.state.stage = Stage.PROVEN
        elif isinstance(command, CompareParallelDay):
            agreed = self.state.stage == Stage.PARALLEL and command.compared > 0 and not command.differences
            self.state.agreed_days = self.state.agreed_days + 1 if agreed else 0
        elif isinstance(command, AdvanceOnboarding):
            self.state.stage = Stage(command.to)

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The stage and the counts that were compared."""
        now = self.state
        values = [
            ValueRead("stage", str(now.stage), getattr(command, "to", None)),
            ValueRead("refused_rows", now.refused_rows, 0, passed=now.refused_rows == 0),
            ValueRead(
                "agreed", now.agreed_days, now.parallel_days, passed=now.agreed_days >= now.parallel_days
            ),
            ValueRead("needed", now.parallel_days),
        ]
        if isinstance(command, ProveOnboarding):
            differences = sum(line.theirs != line.ours for line in command.lines)
            values.append(ValueRead("differences", differences, 0, "totals files", differences == 0))
        return Explanation(values=values)
