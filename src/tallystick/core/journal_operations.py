"""The doors to the journal itself: look, check, explain, decide again. Repairing is `tally repair`."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core import replay, why
from tallystick.core.approvals import proposed_command, summary_of
from tallystick.core.context import Context
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.operations import Table, operation
from tallystick.core.proposed import proposed_fields
from tallystick.core.schema import Record, Timestamp, schema_of
from tallystick.core.text import render

if TYPE_CHECKING:
    from tallystick.core.approvals import ApprovalsMachine
    from tallystick.core.journal import Batch

__all__ = ["BatchReply", "CheckReply", "HeadReply"]


class NoFields(Record, frozen=True, kw_only=True):
    """Nothing to say."""


class HeadReply(Record, frozen=True, kw_only=True):
    """Where the journal stands: its open or last day, last batch, that batch's chain hash in hex and time (UTC ns).

    `damage` tells a damaged journal and what to do; the firm is then read-only, and this is the last batch proven
    before.
    """

    day: datetime.date | None
    seq: int
    hash: str
    recorded_at: int
    damage: str = ""


class BatchesRequest(Record, frozen=True, kw_only=True):
    """Which batches to list: of a day, of a kind, newest first."""

    day: datetime.date | None = None
    kind: str = ""
    limit: int = 100
    offset: int = 0


class BatchHeader(Record, frozen=True, kw_only=True):
    """A batch in a list: everything but its commands; the hash in hex."""

    seq: int
    day: datetime.date
    recorded_at: Timestamp
    actor: str
    kind: str
    version: int
    count: int
    hash: str


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

    @property
    def passed(self) -> bool:
        """Whether the chain is whole."""
        return self.sound


class ReplayRequest(Record, frozen=True, kw_only=True):
    """The day to decide again (the last one when none is given), and in batches of which size."""

    date: datetime.date | None = None
    batch_size: int | None = None


class WhyRequest(Record, frozen=True, kw_only=True):
    """An id (`O20261120-42`, `X20261120-7`), the number of a proposal, or a journal position (`1234.5`)."""

    id: str


class VerifyReply(Record, frozen=True, kw_only=True):
    """The chain checked and every decision made again."""

    chain: CheckReply
    replay: replay.ReplayReport | None

    @property
    def passed(self) -> bool:
        """Whether the chain is whole and every decision came out as recorded."""
        return self.chain.sound and self.replay is not None and self.replay.same


@operation("journal.head", permission="journal.read", summary="Where the journal stands.")
def head(context: Context, request: NoFields) -> HeadReply:
    """The last batch, its hash and time, and what is wrong with the journal if it is damaged."""
    damage = _told(context, context.house.damage)
    now = context.journal.head()
    recorded_at = context.journal.batch(now.seq).recorded_at if now.seq else 0
    return HeadReply(day=now.day, seq=now.seq, hash=now.hash.hex(), recorded_at=recorded_at, damage=damage)


def _told(context: Context, damage: TallystickError | None) -> str:
    return " ".join(render(damage, context.language)) if damage else ""


@operation("journal.batches", permission="journal.read", summary="The batches of the journal, newest first.")
def batches(context: Context, request: BatchesRequest) -> Table:
    """Rows of sequence, day, time, actor, kind, version, count, hash."""
    import pyarrow as pa

    last = context.journal.head().seq
    if request.day is None and not request.kind:
        until = last - request.offset
        newest = context.journal.batches(after=max(0, until - request.limit), until=until)
        page = [_header(batch) for batch in newest]
        total = last
    else:
        kinds = [request.kind] if request.kind else None
        found = [_header(batch) for batch in context.journal.batches(day=request.day, kinds=kinds)]
        total = len(found)
        end = max(0, total - request.offset)
        page = found[max(0, end - request.limit) : end]
    rows = page[::-1]
    columns = {
        name: pa.array([getattr(row, name) for row in rows]) for name in schema_of(BatchHeader).columns
    }
    return Table(pa.table(columns, schema=schema_of(BatchHeader).arrow), total_rows=total)


def _header(batch: Batch) -> BatchHeader:
    return BatchHeader(
        seq=batch.seq,
        day=batch.day,
        recorded_at=batch.recorded_at,
        actor=batch.actor,
        kind=batch.kind,
        version=batch.version,
        count=batch.count,
        hash=batch.hash.hex(),
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
                "command": why.said_fields(command),
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
    damage = _told(context, report.damage)
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
    """The decision with the values it read, the thresholds, the reasons, the rule set, the journal position.

    Of a proposal also what it proposes, who decided, and what came of it.
    """
    machine: ApprovalsMachine = context.machine("approvals")
    proposals = machine.state.proposals
    found = why.why(context.journal, context.house.engine(), context.house.snapshots, request.id, proposals)
    if not found.steps:
        return found
    proposal = proposals[found.command["proposal"]]
    changes = proposed_fields(context.house, proposed_command(proposal), compare=False)
    command = {name: value for name, value in found.command.items() if name != "payload"}
    if "summary" in command:
        command["summary"] = summary_of(proposal, context.language)
    return msgspec.structs.replace(found, command=command, changes=changes)


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
