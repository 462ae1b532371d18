"""Purging: mark, wait, delete, leave a tombstone. The machine judges each step; this does the work between them.

Killed at any moment, it is begun again: a partition whose deletion has begun is deleted to its end, unless a hold came
between while its rows are still there.
"""

from __future__ import annotations

import datetime
import hashlib
import time
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import NotFound, Rejection, mark
from tallystick.core.events import event_of
from tallystick.core.lake.archiving import Partition, contents_of, partitions
from tallystick.core.lake.maintenance import purge
from tallystick.core.ready import ready
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.datasets import find_dataset
from tallystick.history.events import HELD, BeginPurge, MarkPurge, PartitionPurged, PurgePart
from tallystick.history.keeping.asked import date_of, today_of
from tallystick.history.keeping.holds import undisturbed
from tallystick.history.keeping.retention_sentences import sentence_of

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake.proof import Proof
    from tallystick.history.keeping.retention import KeepUntil
    from tallystick.history.machine import HistoryMachine, Purge

__all__ = [
    "KeptLine",
    "PurgeLine",
    "kept_parts",
    "longest_kept",
    "mark_command",
    "run_purges",
    "with_makers",
]

_ = mark


class KeptLine(Record, frozen=True, kw_only=True):
    """Until when a partition is kept: the date (none: for ever, as far as is known), the rule that says so with its
    source, the same as a sentence, the open holds, and where its purge stands (empty also when all that was there then
    is gone: what is there now came since).
    """

    dataset: str
    partition: str
    first: datetime.date
    last: datetime.date
    rows: int
    bytes: int
    files: int
    archived: int
    record_class: str
    keep_until: datetime.date | None
    rule: str
    source: str
    kept_why: str
    holds: str
    purge: str


class PurgeLine(Record, frozen=True, kw_only=True):
    """A partition on its way out: who proposed its deletion (empty where that is not known any more), who approved it
    and so marked it, why it did not get further, if it did not, and the open holds that keep it.
    """

    dataset: str
    partition: str
    rows: int
    state: str
    proposed_by: str
    marked_by: str
    marked_on: datetime.date
    reason: str
    contents: str
    problem: str = ""
    holds: str = ""


def kept_parts(context: Context, dataset: str) -> list[KeptLine]:
    """Every partition of a dataset with the date until which it is kept, and why."""
    machine: HistoryMachine = context.machine("history")
    record_class, today = find_dataset(dataset).record_class, today_of(context)
    lines = []
    for part in partitions(context.lake, dataset):
        span = machine.keep_until(record_class, part.first, part.last, today)
        why = sentence_of(span, part.last, context.language)
        lines.append(_kept(machine, dataset, record_class, part, span, why))
    return lines


def longest_kept(lines: list[KeptLine]) -> KeptLine | None:
    """The partition that is kept longest; None without partitions."""
    for line in lines:
        if line.keep_until is None:
            return line
    return max(lines, key=lambda line: line.keep_until or datetime.date.min, default=None)


def _kept(
    machine: HistoryMachine, dataset: str, record_class: str, part: Partition, span: KeepUntil, why: str
) -> KeptLine:
    holds = machine.holds_on(dataset, record_class, part.first, part.last)
    going = machine.purge_of(dataset, part.name)
    return KeptLine(
        dataset=dataset,
        partition=part.name,
        first=part.first,
        last=part.last,
        rows=part.rows,
        bytes=part.size,
        files=part.files,
        archived=part.archived,
        record_class=record_class,
        keep_until=span.date,
        rule=span.row.rule if span.row else "",
        source=span.row.source if span.row else "",
        kept_why=why,
        holds=", ".join(hold.hold for hold in holds),
        purge=going.state if going and going.state != "purged" else "",
    )


def mark_command(context: Context, dataset: str, before: datetime.date, reason: str) -> MarkPurge | Rejection:
    """The command that marks every partition that ends before a date; or why one of them must stay."""
    machine: HistoryMachine = context.machine("history")
    chosen = []
    for part in partitions(context.lake, dataset):
        going = machine.purge_of(dataset, part.name)
        if part.last < before and (going is None or going.state not in ("marked", "begun")):
            chosen.append(part)
    if not chosen:
        raise NotFound(
            "history.nothing_to_purge",
            "No partition of {dataset} ends before {before} and is not marked already.",
            "See `tally history retention --dataset {dataset}`.",
            dataset=dataset,
            before=str(before),
        )
    parts = [
        PurgePart(partition=part.name, first=part.first, last=part.last, rows=part.rows, contents=b"")
        for part in chosen
    ]
    command = MarkPurge(
        dataset=dataset, record_class=find_dataset(dataset).record_class, parts=parts, reason=reason
    )
    if held := _held(machine, command):
        return held
    against = machine.mask_of(msgspec.structs.replace(command, received_at=time.time_ns())) & ~1
    if against:
        return event_of(MarkPurge).rejections(against, msgspec.structs.asdict(command))[0]
    return msgspec.structs.replace(command, parts=[_proven(context, dataset, part) for part in parts])


def _held(machine: HistoryMachine, command: MarkPurge) -> Rejection | None:
    """The refusal that names the holds and what they keep; None when nothing is held."""
    on = {
        part.partition: machine.holds_on(command.dataset, command.record_class, part.first, part.last)
        for part in command.parts
    }
    names = dict.fromkeys(hold.hold for holds in on.values() for hold in holds)
    if not names:
        return None
    return Rejection(
        code=HELD.code,
        text=_("A hold is open on {dataset}, partition {partitions}: {holds}."),
        remedy=HELD.remedy,
        values={
            "dataset": command.dataset,
            "partitions": ", ".join(partition for partition, holds in on.items() if holds),
            "holds": ", ".join(names),
        },
    )


def _proven(context: Context, dataset: str, part: PurgePart) -> PurgePart:
    """The part with its rows and the hash of its contents as they are now."""
    proof = contents_of(context.lake, dataset, part.first)
    assert proof is not None, f"{dataset} {part.partition} went while it was read"
    return msgspec.structs.replace(part, rows=proof.rows, contents=hash_proof(proof))


def run_purges(context: Context, dataset: str = "") -> list[PurgeLine]:
    """Delete what is marked, past its grace and free; gives every partition that was marked, with what became of it."""
    machine: HistoryMachine = context.machine("history")
    going = [one for one in machine.purges(dataset) if one.state in ("marked", "begun")]
    context.progress.start(translate(_("Deleting what is due"), context.language), len(going))
    found = []
    for one in going:
        with undisturbed(context):
            found.append(_run(context, one))
        context.progress.step(1, f"{one.dataset} {one.part.partition}")
    context.progress.finish()
    return with_makers(context, found)


def _run(context: Context, one: Purge) -> PurgeLine:
    """Delete a partition, if the machine lets it and its contents are those that were approved."""
    part = one.part
    if not is_deleted(context, one):
        proof = contents_of(context.lake, one.dataset, part.first)
        if proof is None or hash_proof(proof) != part.contents:
            return line_of(context, one, problem="changed")
        begin = BeginPurge(dataset=one.dataset, partition=part.partition, today=today_of(context))
        decision = context.send(begin)
        if not decision.accepted:
            told = msgspec.structs.asdict(begin)
            return line_of(context, one, problem=decision.rejections(told)[0].code.rpartition(".")[2])
    purge(context.lake, one.dataset, part.first, token=_token(one))
    context.send(
        PartitionPurged(dataset=one.dataset, partition=part.partition, rows=part.rows, contents=part.contents)
    )
    return line_of(context, one, state="purged")


def hash_proof(proof: Proof) -> bytes:
    """SHA-256 of a proof, as marks and tombstones on the journal have it.

    Of its JSON; seals have that of its msgpack (`feeding.verifying.seal_hash`). Neither can change any more, for both
    are compared with what journals say.
    """
    return hashlib.sha256(msgspec.json.encode(proof, order="deterministic")).digest()


def line_of(context: Context, one: Purge, *, state: str = "", problem: str = "") -> PurgeLine:
    """A purge of the machine as a line."""
    going = (state or one.state) in ("marked", "begun")
    machine, part = context.machine("history"), one.part
    holds = machine.holds_on(one.dataset, one.record_class, part.first, part.last) if going else ()
    return PurgeLine(
        dataset=one.dataset,
        partition=one.part.partition,
        rows=one.part.rows,
        state=state or one.state,
        proposed_by="",
        marked_by=one.marked_by,
        marked_on=date_of(context, one.marked_at),
        reason=one.reason,
        contents=one.part.contents.hex(),
        problem=problem,
        holds=", ".join(hold.hold for hold in holds),
    )


def with_makers(context: Context, lines: list[PurgeLine]) -> list[PurgeLine]:
    """The lines with who proposed each deletion: the maker of the last approved proposal to mark this content."""
    proposals = context.machine("approvals").state.proposals.values()
    kind = event_of(MarkPurge).kind
    makers = {}
    for proposal in proposals:
        if proposal.kind == kind and proposal.state == "approved":
            command = msgspec.msgpack.decode(proposal.payload, type=ready(MarkPurge))
            for part in command.parts:
                makers[command.dataset, part.partition, part.contents.hex()] = proposal.maker
    return [
        msgspec.structs.replace(
            line, proposed_by=makers.get((line.dataset, line.partition, line.contents), "")
        )
        for line in lines
    ]


def is_deleted(context: Context, one: Purge) -> bool:
    """Whether the table names a marked partition's rows no more."""
    return context.lake.committed(one.dataset, _token(one)) is not None


def _token(one: Purge) -> str:
    return f"purge {one.part.contents.hex()} {one.marked_at}"
