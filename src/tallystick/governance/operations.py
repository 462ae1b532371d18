"""The doors to governance: the tour of the founding document, the day report, onboarding."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import Rejection
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Money, Record
from tallystick.core.text import translate
from tallystick.governance.day_report import DayReport
from tallystick.governance.onboarding import Stage, steps
from tallystick.governance.onboarding.events import AdvanceOnboarding, AmountProof, QuantityProof
from tallystick.governance.onboarding.exporting import BookFile
from tallystick.governance.onboarding.reasons import BadRow
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


class LoadedFile(Record, frozen=True, kw_only=True):
    """How many rows of a file were taken."""

    file: str
    rows: int


class OnboardReply(Record, frozen=True, kw_only=True):
    """What was taken and what was not, the totals that differ, and whether the books are proven (`accepted`)."""

    accepted: bool
    stage: str
    loaded: list[LoadedFile]
    refused: list[BadRow]
    compared: int
    differing_amounts: list[AmountProof]
    differing_quantities: list[QuantityProof]


class StatusReply(Record, frozen=True, kw_only=True):
    """How far the onboarding is: the last day followed, and the last one compared since the parallel run began."""

    stage: str
    refused_rows: int
    parallel_days: int
    agreed_days: int
    followed_on: datetime.date | None = None
    compared_on: datetime.date | None = None


class AdvanceRequest(Record, frozen=True, kw_only=True):
    """The next stage (`shadow`, `parallel`, `live`, `rolled_back`) and why."""

    to: Stage
    reason: str


class DayRequest(Record, frozen=True, kw_only=True):
    """The folder with the old system's files of a business day, and the day."""

    folder: str
    date: datetime.date


class DayReply(Record, frozen=True, kw_only=True):
    """What was taken of a day, or what is wrong with its files (then nothing was), and what the day came to.

    `fees` and `taxes` are of the day's trades by our rules; `late_accounts` have not performed in the settlement.
    """

    accepted: bool
    loaded: list[LoadedFile]
    refused: list[BadRow]
    fees: Money
    taxes: Money
    late_accounts: list[str]


class CompareRequest(Record, frozen=True, kw_only=True):
    """The folder with the old system's close (`cash.csv`, `holdings.csv`, `unsettled_trades.csv`, `error_trades.csv`)
    and its business date.
    """

    folder: str
    date: datetime.date


class CompareReply(Record, frozen=True, kw_only=True):
    """One parallel day: how many totals were compared, which differ, how many days agreed in a row."""

    accepted: bool
    compared: int
    differing_amounts: list[AmountProof]
    differing_quantities: list[QuantityProof]
    agreed_days: int


class ExportRequest(Record, frozen=True, kw_only=True):
    """The folder to write into, new or empty, and the business date at whose end the books are written."""

    folder: str
    at: datetime.date


class ExportReply(Record, frozen=True, kw_only=True):
    """The files that were written, and the journal batch up to which they tell."""

    business_date: datetime.date
    seq: int
    files: list[BookFile]


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
    proof, proven = steps.load_and_prove(context, intake)
    differences = proof.differences()
    return OnboardReply(
        accepted=proven,
        stage=str(_machine(context).state.stage),
        loaded=[LoadedFile(file=name, rows=len(rows)) for name, rows in intake.rows.items()],
        refused=[fault.said(context.language) for fault in intake.bad],
        compared=proof.compared,
        differing_amounts=differences.amounts,
        differing_quantities=differences.quantities,
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
        followed_on=now.followed_on,
        compared_on=now.compared_on,
    )


@operation(
    "governance.onboard_advance",
    permission="governance.manage",
    summary="Go to the next stage of the onboarding, or roll back.",
    writes=True,
)
def onboard_advance(context: Context, request: AdvanceRequest) -> DoneReply | Rejection:
    """Going live, and going back from there, are proposed to a second person; other steps take effect at once."""
    command = AdvanceOnboarding(to=str(request.to), reason=request.reason)
    if _machine(context).needs_approval(command.to):
        if request.to == Stage.LIVE:
            return propose(context, command, summary="Cut over to these books", reason=request.reason)
        return propose(context, command, summary="Go back to the old system", reason=request.reason)
    decision = context.send(command)
    if decision.accepted:
        return DoneReply(id=str(request.to), position=decision.position)
    return decision.rejections(steps.places(_machine(context), command))[0]


@operation(
    "governance.onboard_day",
    permission="governance.manage",
    summary="Follow one business day of the old system from its files.",
    writes=True,
    local=True,
)
def onboard_day(context: Context, request: DayRequest) -> DayReply | Rejection:
    """Opens the day, books executions and movements, settles, and closes; bad rows refuse the day whole."""
    from tallystick.governance.onboarding.following import follow_day

    followed = follow_day(context, Path(request.folder), request.date)
    if isinstance(followed, Rejection):
        return followed
    return DayReply(
        accepted=not followed.bad,
        loaded=[LoadedFile(file=name, rows=count) for name, count in followed.rows.items()],
        refused=[fault.said(context.language) for fault in followed.bad],
        fees=followed.fees,
        taxes=followed.taxes,
        late_accounts=followed.late,
    )


@operation(
    "governance.onboard_compare",
    permission="governance.manage",
    summary="Compare a parallel day with the old system's close.",
    writes=True,
    local=True,
)
def onboard_compare(context: Context, request: CompareRequest) -> CompareReply | Rejection:
    """Every account's cash, holdings and unsettled trades; a day counts when nothing differs."""
    from tallystick.governance.onboarding.parallel import compare_day

    proof = compare_day(context, Path(request.folder), request.date)
    if isinstance(proof, Rejection):
        return proof
    differences = proof.differences()
    return CompareReply(
        accepted=not differences.compared,
        compared=proof.compared,
        differing_amounts=differences.amounts,
        differing_quantities=differences.quantities,
        agreed_days=_machine(context).state.agreed_days,
    )


@operation(
    "governance.export_books",
    permission="governance.manage",
    summary="Write the books in the files that onboarding reads, to go back to another system.",
    personal=True,
    local=True,
)
def export_books(context: Context, request: ExportRequest) -> ExportReply:
    """Parties, accounts, cash, lots, contracts, unsettled trades, limits and consents at the end of a day."""
    from tallystick.governance.onboarding.exporting import write_books
    from tallystick.governance.onboarding.standing import standing_at

    standing = standing_at(context, request.at)
    return ExportReply(
        business_date=request.at, seq=standing.seq, files=write_books(context, standing, Path(request.folder))
    )


def _machine(context: Context) -> OnboardingMachine:
    machine: OnboardingMachine = context.machine("onboarding")
    return machine
