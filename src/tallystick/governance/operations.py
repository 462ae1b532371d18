"""The doors to governance: the tour of the founding document, the day report, onboarding."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import Rejection
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.governance.day_report import DayReport
from tallystick.governance.onboarding import Stage, steps
from tallystick.governance.onboarding.events import AdvanceOnboarding, ProofLine
from tallystick.governance.onboarding.reading import BadRow
from tallystick.governance.tour import founding_lines

if TYPE_CHECKING:
    from tallystick.governance.onboarding import OnboardingMachine

__all__ = ["DayReport", "OnboardReply", "StatusReply"]


class NoFields(Record, frozen=True, kw_only=True):
    """Nothing to say."""


class TourRequest(Record, frozen=True, kw_only=True):
    """Which lines: all, or those of one status (`answered`, `partly`, `to come`)."""

    status: str = ""
    limit: int = 100
    offset: int = 0


class OnboardRequest(Record, frozen=True, kw_only=True):
    """The folder with the files, the date they stand for, and how many parallel days must agree before the cut-over."""

    folder: str
    at: datetime.date
    parallel_days: int = 5


class OnboardReply(Record, frozen=True, kw_only=True):
    """What was taken and what was not, the totals that differ, and whether the books are proven (`accepted`)."""

    accepted: bool
    stage: str
    loaded: dict[str, int]
    refused: list[BadRow]
    compared: int
    differences: list[ProofLine]


class StatusReply(Record, frozen=True, kw_only=True):
    """How far the onboarding is."""

    stage: str
    refused_rows: int
    parallel_days: int
    agreed_days: int


class AdvanceRequest(Record, frozen=True, kw_only=True):
    """The next stage (`shadow`, `parallel`, `live`, `rolled_back`) and why."""

    to: Stage
    reason: str


class CompareRequest(Record, frozen=True, kw_only=True):
    """The folder with the old system's close (`cash.csv`, `holdings.csv`) and its business date."""

    folder: str
    date: datetime.date


class CompareReply(Record, frozen=True, kw_only=True):
    """One parallel day: how many totals were compared, which differ, how many days agreed in a row."""

    accepted: bool
    compared: int
    differences: list[ProofLine]
    agreed_days: int


@operation(
    "governance.tour",
    permission="governance.read",
    summary="What the founding document asks, and what answers it.",
)
def tour(context: Context, request: TourRequest) -> Table:
    """A row for each line of the document: what it asks, status, operations, pages, what is missing."""
    import pyarrow as pa

    lines = [line for line in founding_lines() if request.status in ("", line.status)]
    page = lines[request.offset : request.offset + request.limit]
    language = context.language
    columns = {
        "key": [line.key for line in page],
        "part": [translate(line.part, language) for line in page],
        "asks": [translate(line.asks, language) for line in page],
        "status": [line.status for line in page],
        "commands": [" ".join(line.commands) for line in page],
        "pages": [" ".join(line.pages) for line in page],
        "missing": [translate(line.missing, language) if line.missing else "" for line in page],
    }
    return Table(pa.table(columns), total_rows=len(lines))


@operation(
    "governance.onboard",
    permission="governance.manage",
    summary="Take a firm over from files and prove it.",
    writes=True,
    local=True,
)
def onboard(context: Context, request: OnboardRequest) -> OnboardReply | Rejection:
    """Stops order taking, loads what reads, lists what does not, and puts our totals beside the outside books'."""
    intake, started = steps.begin(context, Path(request.folder), request.at, request.parallel_days)
    if isinstance(started, Rejection):
        return started
    lines, proven = steps.load_and_prove(context, intake)
    return OnboardReply(
        accepted=proven,
        stage=str(_machine(context).state.stage),
        loaded={name: len(rows) for name, rows in intake.rows.items()},
        refused=intake.bad,
        compared=len(lines),
        differences=[line for line in lines if line.theirs != line.ours],
    )


@operation("governance.onboard_status", permission="governance.read", summary="How far the onboarding is.")
def onboard_status(context: Context, request: NoFields) -> StatusReply:
    """The stage and the parallel days that agreed."""
    now = _machine(context).state
    return StatusReply(
        stage=str(now.stage),
        refused_rows=now.refused_rows,
        parallel_days=now.parallel_days,
        agreed_days=now.agreed_days,
    )


@operation(
    "governance.onboard_advance",
    permission="governance.manage",
    summary="Go to the next stage of the onboarding, or roll back.",
    writes=True,
)
def onboard_advance(context: Context, request: AdvanceRequest) -> DoneReply | Rejection:
    """Going live is proposed to a second person; the other steps take effect at once."""
    command = AdvanceOnboarding(to=str(request.to), reason=request.reason)
    if request.to == Stage.LIVE:
        return propose(context, command, "Cut over to these books", request.reason)
    decision = context.send(command)
    if decision.accepted:
        return DoneReply(id=str(request.to), position=decision.position)
    return decision.rejections(steps.places(_machine(context), command))[0]


@operation(
    "governance.onboard_compare",
    permission="governance.manage",
    summary="Compare a parallel day with the old system's close.",
    writes=True,
    local=True,
)
def onboard_compare(context: Context, request: CompareRequest) -> CompareReply | Rejection:
    """Every account's cash and every holding; a day counts when nothing differs."""
    from tallystick.governance.onboarding.parallel import compare_day

    differences, compared, decision = compare_day(context, Path(request.folder), request.date)
    if not decision.accepted:
        return decision.rejections()[0]
    return CompareReply(
        accepted=not differences,
        compared=compared,
        differences=differences,
        agreed_days=_machine(context).state.agreed_days,
    )


def _machine(context: Context) -> OnboardingMachine:
    machine: OnboardingMachine = context.machine("onboarding")
    return machine
