"""The doors to the journal itself: look, check, explain, decide again, repair."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core import replay, why
from tallystick.core.context import Context
from tallystick.core.errors import NotFound
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record

__all__ = ["BatchReply", "CheckReply", "HeadReply"]


class NoFields(Record, frozen=True, kw_only=True):
    """Nothing to say."""


class HeadReply(Record, frozen=True, kw_only=True):
    """Where the journal stands: its open or last day, last batch, that batch's chain hash in hex and time (UTC ns)."""

    day: datetime.date | None
    seq: int
    hash: str
    recorded_at: int


class BatchesRequest(Record, frozen=True, kw_only=True):
    """Which batches to list: of a day, of a kind, newest first."""

    day: datetime.date | None = None
    kind: str = ""
    limit: int = 100
    offset: int = 0


class BatchRequest(Record, frozen=True, kw_only=True):
    """One batch by its number; `first` and `limit` page through its commands."""

    seq: int
    first: int = 0
    limit: int = 100


class BatchReply(Record, frozen=True, kw_only=True):
    """A batch as it stands in the chain, with some of its commands and their verdicts."""

    seq: int
    day: datetime.date
    recorded_at: int
    actor: str
    kind: str
    version: int
    count: int
    hash: str
    previous_hash: str
    commands: list[dict[str, Any]]


class DayRequest(Record, frozen=True, kw_only=True):
    """One business day, or all when none is given."""

    day: datetime.date | None = None


class CheckReply(Record, frozen=True, kw_only=True):
    """What checking the hash chain found: everything counted, and the first damage with what to do."""

    sound: bool
    days: int
    batches: int
    records: int
    head: str
    damage: str = ""


class ReplayRequest(Record, frozen=True, kw_only=True):
    """The day to decide again (the last one when none is given), and in batches of which size."""

    date: datetime.date | None = None
    batch_size: int | None = None


class WhyRequest(Record, frozen=True, kw_only=True):
    """An id (`O20261120-42`, `X20261120-7`) or a journal position (`1234.5`)."""

    id: str


class VerifyReply(Record, frozen=True, kw_only=True):
    """The chain checked and every decision made again."""

    chain: CheckReply
    replay: replay.ReplayReport | None


class RepairRequest(Record, frozen=True, kw_only=True):
    """The damaged day and a backup copy of its journal file."""

    day: datetime.date
    backup: str


class RepairReply(Record, frozen=True, kw_only=True):
    """The backup that took the day's place, and where the damaged file was kept."""

    day: datetime.date
    kept: str


@operation("journal.head", permission="journal.read", summary="Where the journal stands.")
def head(context: Context, request: NoFields) -> HeadReply:
    """The last batch, its hash and time."""
    now = context.journal.head()
    recorded_at = context.journal.batch(now.seq).recorded_at if now.seq else 0
    return HeadReply(day=now.day, seq=now.seq, hash=now.hash.hex(), recorded_at=recorded_at)


@operation("journal.batches", permission="journal.read", summary="The batches of the journal, newest first.")
def batches(context: Context, request: BatchesRequest) -> Table:
    """Rows of sequence, day, time, actor, kind, version, count, hash."""
    return context.journal.listing(
        day=request.day, kind=request.kind, limit=request.limit, offset=request.offset
    )


@operation("journal.batch", permission="journal.read", summary="One batch with its commands and verdicts.")
def batch(context: Context, request: BatchRequest) -> BatchReply:
    """A batch by number; NotFound when the journal has no such batch."""
    found = context.journal.batch(request.seq)
    chosen = slice(request.first, request.first + request.limit)
    records = found.records[chosen]
    commands = found.event_type.schema.unpack(records) if found.event_type.fixed else records
    rows = []
    for index, command in enumerate(commands):
        verdict = found.verdicts[request.first + index]
        mask = int(verdict["mask"])
        rows.append(
            {
                "index": request.first + index,
                "command": msgspec.to_builtins(command),
                "accepted": mask == 0,
                "reasons": [reason.code for reason in found.event_type.reasons_in(mask)],
                "reservation": int(verdict["reservation"]),
            }
        )
    previous = context.journal.batch(found.seq - 1).hash.hex() if found.seq > 1 else ""
    return BatchReply(
        seq=found.seq,
        day=found.day,
        recorded_at=found.recorded_at,
        actor=found.actor,
        kind=found.kind,
        version=found.version,
        count=found.count,
        hash=found.hash.hex(),
        previous_hash=previous,
        commands=rows,
    )


@operation("journal.check", permission="journal.read", summary="Check the hash chain of the journal.")
def check(context: Context, request: DayRequest) -> CheckReply:
    """Recompute every hash of a day or of all days."""
    report = context.journal.check(day=request.day, progress=context.progress)
    damage = str(report.damage) if report.damage else ""
    return CheckReply(
        sound=not damage,
        days=report.days,
        batches=report.batches,
        records=report.records,
        head=report.head.hash.hex(),
        damage=damage,
    )


@operation("journal.why", permission="journal.read", summary="Why a command was decided so.")
def explain(context: Context, request: WhyRequest) -> why.Why:
    """The decision with the values it read, the thresholds, the reasons, the rule set, the journal position."""
    return why.why(context.journal, context.house.engine(), context.house.snapshots, request.id)


@operation("journal.replay", permission="journal.read", summary="Decide a day again and compare to the byte.")
def replay_date(context: Context, request: ReplayRequest) -> replay.ReplayReport:
    """Verdicts and digests of a day made again, in batches of any size."""
    day = request.date or context.journal.head().day
    if day is None:
        raise NotFound("replay.empty", "The journal is empty.", "Make a firm with `tally init`.")
    return replay.replay_day(
        context.journal,
        context.house.engine(),
        context.house.snapshots,
        day,
        batch_size=request.batch_size,
        progress=context.progress,
    )


@operation(
    "journal.verify", permission="journal.read", summary="Check the chain and decide everything again."
)
def verify(context: Context, request: NoFields) -> VerifyReply:
    """The whole chain, then the whole life of the firm; a damaged chain is not replayed."""
    chain = check(context, DayRequest())
    again = (
        replay.verify_all(context.journal, context.house.engine(), progress=context.progress)
        if chain.sound
        else None
    )
    return VerifyReply(chain=chain, replay=again)


@operation(
    "journal.repair",
    permission="journal.admin",
    summary="Put a sound backup in a damaged day's place.",
    writes=True,
)
def repair(context: Context, request: RepairRequest) -> RepairReply:
    """Checks the backup's chain against its neighbours, swaps it in, keeps the damaged file beside it."""
    kept = context.journal.restore_day(request.day, Path(request.backup))
    return RepairReply(day=request.day, kept=str(kept))
