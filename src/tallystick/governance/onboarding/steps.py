"""The steps of taking a firm over, each of which may be stopped and done again."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.context import Context
from tallystick.core.errors import Rejection
from tallystick.governance.onboarding.events import ProveOnboarding, StartOnboarding
from tallystick.governance.onboarding.reading import Intake, read_folder
from tallystick.risk.gate.events import SetKillSwitch

if TYPE_CHECKING:
    from tallystick.governance.onboarding.machine import OnboardingMachine
    from tallystick.governance.onboarding.proof import Proof
    from tallystick.market import MarketMachine

__all__ = ["begin", "load_and_prove", "places"]


def begin(
    context: Context, folder: Path, at: datetime.date, parallel_days: int
) -> tuple[Intake, Rejection | None]:
    """Read the files and begin: order taking stops, the files' hashes go on record. The same files begin once."""
    market: MarketMachine = context.machine("market")
    intake = read_folder(folder, {found.symbol for found in market.instruments})
    number = "-".join(sorted(intake.hashes.values()))
    context.send(
        SetKillSwitch(command_id=f"onboarding-stop-{at}", scope="firm", stopped=True, reason="onboarding")
    )
    command = StartOnboarding(
        command_id=f"onboarding-{at}-{number}",
        as_of=at,
        files=intake.hashes,
        rows={name: len(rows) for name, rows in intake.rows.items()},
        refused_rows=len(intake.bad),
        parallel_days=parallel_days,
    )
    decision = context.send(command)
    if decision.accepted:
        return intake, None
    return intake, decision.rejections(places(context.machine("onboarding"), command))[0]


def load_and_prove(context: Context, intake: Intake) -> tuple[Proof, bool]:
    """Load what reads and put the totals beside the outside books'; the totals and whether they prove the books."""
    from tallystick.governance.onboarding.loading import load
    from tallystick.governance.onboarding.proof import prove

    load(context, intake)
    proof = prove(context, intake)
    command = ProveOnboarding(amounts=proof.amounts, quantities=proof.quantities)
    return proof, context.send(command).accepted


def places(machine: OnboardingMachine, command: Any) -> dict[str, Any]:
    """What fills the places of a refusal's sentences: the command's single values, and those that were read."""
    given = {
        name: value
        for name, value in msgspec.structs.asdict(command).items()
        if not isinstance(value, list | dict)
    }
    return given | {value.name: value.value for value in machine.explain(type(command), command).values}
