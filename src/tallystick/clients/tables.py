"""The clients' business table: what happened to clients, in one line each. `risk` adds the trading terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.clients.events import RecordConsent
from tallystick.core.business import BusinessDay, BusinessTable, is_taken, places_of
from tallystick.core.lake import TableSpec
from tallystick.core.schema import (
    BusinessDate,
    Int16,
    Int32,
    Int64,
    Money,
    Record,
    Text,
    Timestamp,
    schema_of,
)
from tallystick.ledger.events import OpenAccount, RegisterParty

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CLIENT_EVENTS", "TABLES", "ClientEvent", "event_rows"]


class ClientEvent(Record, frozen=True, kw_only=True):
    """Something that happened to a client (`party`) or one of its accounts, as journaled at batch `seq`, place `place`.

    `event` is `party_registered`, `account_opened`, `terms_set`, `trading_stopped`, `trading_resumed` or
    `consent_granted`, `consent_withdrawn`, …; `account` is -1 where it is about the client as a whole. The rest is
    filled where the event has it: trading terms, or the use that a consent is about.
    """

    business_date: BusinessDate
    party: Int32
    account: Int32
    seq: Int64
    place: Int32
    event: Text
    event_time: Timestamp
    known_time: Timestamp
    effective_on: BusinessDate | None = None
    branch: Int16 | None = None
    status: Text | None = None
    daily_limit: Money | None = None
    order_value_limit: Money | None = None
    permissions: Int32 | None = None
    recipient: Text | None = None
    purpose: Text | None = None
    data_class: Text | None = None
    channel: Text | None = None


def event_rows(day: BusinessDay, columns: dict[str, Any]) -> pa.Table:
    """Rows of `ClientEvent` from some of its columns (arrays or lists of equal length); the others are empty."""
    import pyarrow as pa

    count = len(columns["seq"])
    given = {"business_date": pa.repeat(pa.scalar(day.date), count), **columns}
    arrays = []
    for field in schema_of(ClientEvent).arrow:
        values = given.get(field.name)
        if values is None:
            arrays.append(pa.nulls(count, field.type))
        else:
            kind = pa.int64() if pa.types.is_timestamp(field.type) else None
            array = values if isinstance(values, pa.Array) else pa.array(values, kind)
            arrays.append(array.cast(field.type))
    return pa.table(arrays, schema=schema_of(ClientEvent).arrow)


def opened(day: BusinessDay) -> pa.Table:
    """Parties registered and accounts opened."""
    import numpy as np
    import pyarrow as pa

    tables = []
    for record, event in ((RegisterParty, "party_registered"), (OpenAccount, "account_opened")):
        records, verdicts, seqs = day.columns(record)
        taken = is_taken(verdicts)
        rows = records[taken]
        columns = {
            "seq": seqs[taken], "place": places_of(seqs)[taken], "event": [event] * len(rows),
            "event_time": np.ascontiguousarray(rows["received_at"]), "known_time": day.known(seqs[taken]),
            "party": np.ascontiguousarray(rows["party"]), "account": np.full(len(rows), -1, np.int32),
        }  # fmt: skip
        if record is OpenAccount:
            opened_on = np.ascontiguousarray(rows["opened_on"])
            columns |= {name: np.ascontiguousarray(rows[name]) for name in ("account", "branch")}
            columns["effective_on"] = pa.array(opened_on).cast(pa.date32())
        tables.append(event_rows(day, columns))
    return pa.concat_tables(tables)


def consents(day: BusinessDay) -> pa.Table:
    """Consents granted, withdrawn, expired."""
    found: list[dict[str, Any]] = []
    for batch in day.batches(RecordConsent):
        for place, command in enumerate(batch.records):
            if not batch.verdicts["mask"][place]:
                used = {
                    name: getattr(command, name) for name in ("recipient", "purpose", "data_class", "channel")
                }
                found.append({
                    "seq": batch.seq, "place": place, "event": f"consent_{command.state}", "party": command.party,
                    "account": -1, "event_time": command.received_at, "known_time": batch.recorded_at,
                    "effective_on": command.effective_on, **used,
                })  # fmt: skip
    names = found[0] if found else ("seq", "place", "event", "party", "account", "event_time", "known_time")
    return event_rows(day, {name: [line[name] for line in found] for name in names})


CLIENT_EVENTS = BusinessTable(
    TableSpec(
        "clients.events", ClientEvent, ("business_date", "party", "account", "seq", "place"),
        ("party", "account", "seq", "place"), ("business_date", "day"), "clients", "Client events",
    ),
    "client_events",
    (opened, consents),
)  # fmt: skip

TABLES = (CLIENT_EVENTS,)
"""The clients' tables, as `firm.py` hands them to the history room."""
