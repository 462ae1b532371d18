"""Governance's business tables: who decided what, and who read personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.access import PersonalDataRead
from tallystick.core.business import REPEATED, BusinessDay, BusinessTable, codes_as_text
from tallystick.core.lake import TableSpec
from tallystick.core.schema import BusinessDate, Flag, Int32, Int64, Money, Record, Text, Timestamp

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TABLES", "Decided", "PersonalRead"]


class Decided(Record, frozen=True, kw_only=True):
    """One command's verdict, at journal batch `seq`, place `place`: `tally journal why SEQ.PLACE` explains it.

    `reasons` are the codes of all reasons against it, parted by commas; `identity` is the id of an order or execution,
    empty for other kinds; `repeated` says that it repeats an earlier command and got its answer. `rule_set` counts the
    rule sets adopted until then, where the decider says so (0 elsewhere).
    """

    business_date: BusinessDate
    seq: Int64
    place: Int32
    kind: Text
    actor: Text
    accepted: Flag
    repeated: Flag
    reasons: Text
    reservation: Money
    rule_set: Int64
    event_time: Timestamp
    known_time: Timestamp
    identity: Int64 | None = None


class PersonalRead(Record, frozen=True, kw_only=True):
    """Someone was shown personal data: by which operation, about whom (keyed reference or account)."""

    business_date: BusinessDate
    seq: Int64
    place: Int32
    actor: Text
    operation: Text
    subject: Text
    event_time: Timestamp
    known_time: Timestamp


def decisions(day: BusinessDay) -> pa.Table:
    """Every command of the day."""
    import numpy as np
    import pyarrow as pa

    found = day.commands()
    verdicts = found.verdicts
    # A mask means something only together with its kind, so that both are looked up as one number.
    masks, which = np.unique(verdicts["mask"], return_inverse=True)
    pairs = found.kind * len(masks) + which
    said = {
        pair: ",".join(
            reason.code
            for reason in found.kinds[pair // len(masks)].reasons_in(int(masks[pair % len(masks)]))
        )
        for pair in np.unique(pairs).tolist()
    }
    return pa.table({
        "business_date": pa.repeat(pa.scalar(day.date), len(found.seq)), "seq": found.seq,
        "place": found.place.astype(np.int32),
        "kind": codes_as_text(found.kind, {n: kind.kind for n, kind in enumerate(found.kinds)}),
        "actor": codes_as_text(found.actor, dict(enumerate(found.actors))),
        "accepted": verdicts["mask"] == 0, "repeated": (verdicts["flags"] & REPEATED) == 1,
        "reasons": codes_as_text(pairs, said),
        "reservation": np.ascontiguousarray(verdicts["reservation"]),
        "rule_set": verdicts["rule_set"].astype(np.int64), "event_time": found.received_at,
        "known_time": found.recorded_at, "identity": pa.array(found.identity, mask=found.identity == 0),
    })  # fmt: skip


def personal_reads(day: BusinessDay) -> pa.Table:
    """Every reading of personal data, which is journaled before the data is shown."""
    import pyarrow as pa

    lines = [
        (
            day.date,
            batch.seq,
            place,
            batch.actor,
            command.operation,
            command.subject,
            command.received_at,
            batch.recorded_at,
        )
        for batch in day.batches(PersonalDataRead)
        for place, command in enumerate(batch.records)
        if not batch.verdicts["mask"][place]
    ]
    kinds = [pa.date32(), pa.int64(), pa.int32(), *[pa.string()] * 3, *[pa.int64()] * 2]
    columns = list(zip(*lines, strict=True)) or [()] * len(kinds)
    names = list(PersonalRead.__struct_fields__)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names=names
    )


PLACE = ("seq", "place")

TABLES = (
    BusinessTable(
        TableSpec(
            "governance.decisions", Decided, ("business_date", *PLACE), PLACE, ("business_date", "day"), "governance",
            "Decisions",
        ),
        "decisions",
        (decisions,),
    ),
    BusinessTable(
        TableSpec(
            "governance.personal_reads", PersonalRead, ("business_date", *PLACE), PLACE, ("business_date", "day"),
            "governance", "Reads of personal data",
        ),
        "logs",
        (personal_reads,),
    ),
)  # fmt: skip
"""Governance's tables, as `firm.py` hands them to the history room."""
