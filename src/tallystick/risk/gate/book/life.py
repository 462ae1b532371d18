"""One order's life: every event of the journal that names it, in order, and its fills."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.core.events import event_of
from tallystick.ledger.events import RecordExecution
from tallystick.risk.gate.events import CancelOrder, DoneReason, EndOrder, SubmitOrder
from tallystick.risk.gate.explanation import amount_text
from tallystick.risk.requests import Fill, OrderEvent

if TYPE_CHECKING:
    from tallystick.core.journal import JournalReader

__all__ = ["Life", "read_life"]

KINDS = (SubmitOrder, CancelOrder, RecordExecution, EndOrder)


class Life(NamedTuple):
    """The accepted fills of an order, and all events about it, refused and repeated ones too."""

    fills: list[Fill]
    events: list[OrderEvent]


def read_life(journal: JournalReader, day: datetime.date, order_id: int) -> Life:
    """What happened to an order on its business day."""
    fills, events = [], []
    for record in KINDS:
        rows, verdicts, seqs = journal.columns(record, day=day)
        for place in np.flatnonzero(rows["order_id"] == order_id).tolist():
            row, mask, flags = rows[place], int(verdicts["mask"][place]), int(verdicts["flags"][place])
            seq = int(seqs[place])
            events.append(
                OrderEvent(
                    at=int(row["received_at"]),
                    seq=seq,
                    index=place - int(np.searchsorted(seqs, seq)),
                    kind=event_of(record).kind,
                    text=_words(record, row, mask, flags),
                )
            )
            if record is RecordExecution and not mask and not flags & 1:
                fills.append(
                    Fill(
                        execution_id=int(row["execution_id"]), price=int(row["price"]), quantity=int(row["quantity"]),
                        executed_at=int(row["executed_at"]),
                    )
                )  # fmt: skip
    return Life(fills, sorted(events, key=lambda found: (found.seq, found.index)))


def _words(record: Any, row: Any, mask: int, flags: int) -> str:
    """An event in words and numbers; the words are keys of the catalogs."""
    if mask:
        return "refused"
    if flags & 1:
        return "repeated"
    if record is RecordExecution:
        return f"{int(row['quantity']):,} × {amount_text(row['price'])}"
    if record is EndOrder:
        reason = int(row["done_reason"])
        word = DoneReason(reason).name.lower() if reason in set(DoneReason) else str(reason)
        return f"{word}: {int(row['quantity_left']):,}"
    return "accepted"
