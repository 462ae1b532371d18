"""The journal: its head, batches, check, and why an order was decided so."""

from __future__ import annotations

import datetime

import polars as pl
from listing import find_order, listing, rejections_of
from made_up_book import DAY

from tallystick.core import journal_operations, why
from tallystick.core.context import Context
from tallystick.core.errors import NotFound
from tallystick.core.ids import format_day_id
from tallystick.core.machine import ValueRead
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record


class BatchesRequest(Record, frozen=True, kw_only=True):
    """Which batches."""

    day: datetime.date | None = None
    kind: str = ""
    limit: int = 100
    offset: int = 0


@operation("journal.head", permission="journal.read", summary="Where the journal stands.")
def head(context: Context, request: journal_operations.NoFields) -> journal_operations.HeadReply:
    """The last batch."""
    row = context.house.book.batches.tail(1).to_dicts()[0]
    return journal_operations.HeadReply(
        day=DAY, seq=row["seq"] + context.house.moved, hash=row["hash"], recorded_at=row["recorded_at"]
    )


@operation("journal.batches", permission="journal.read", summary="The batches of the journal, newest first.")
def batches(context: Context, request: BatchesRequest) -> Table:
    """Newest first."""
    frame = context.house.book.batches.drop("previous_hash").reverse()
    return listing(
        frame.filter(pl.col("kind").str.contains(request.kind, literal=True)), request, day=request.day
    )


@operation("journal.batch", permission="journal.read", summary="One batch with its commands and verdicts.")
def batch(context: Context, request: journal_operations.BatchRequest) -> journal_operations.BatchReply:
    """A batch by number."""
    found = context.house.book.batches.filter(pl.col("seq") == request.seq)
    if found.is_empty():
        raise NotFound(
            "journal.no_batch",
            "The journal has no batch {seq}.",
            "See `tally journal batches`.",
            seq=request.seq,
        )
    row = found.to_dicts()[0]
    orders = context.house.book.orders.slice(request.seq * 7 % 2000, row["count"]).to_dicts()[
        request.first :
    ][: request.limit]
    names = ("order_id", "account", "symbol", "side", "order_type", "time_in_force", "price", "quantity")
    commands = [
        {
            "index": request.first + i,
            "accepted": not order["code"],
            "reasons": [order["code"]] if order["code"] else [],
            "reservation": 0 if order["code"] else order["price"] * order["quantity"],
            "command": {name: order[name] for name in names},
        }
        for i, order in enumerate(orders)
    ]
    return journal_operations.BatchReply(commands=commands, **row)


@operation("journal.check", permission="journal.read", summary="Check the hash chain of the journal.")
def check(context: Context, request: journal_operations.DayRequest) -> journal_operations.CheckReply:
    """Every hash fits."""
    frame = context.house.book.batches
    return journal_operations.CheckReply(
        sound=True, days=1, batches=len(frame), records=int(frame["count"].sum()), head=frame["hash"][-1]
    )


@operation("journal.why", permission="journal.read", summary="Why a command was decided so.")
def explain(context: Context, request: journal_operations.WhyRequest) -> why.Why:
    """The values that the gate read."""
    row = find_order(context, request.id)
    last = context.house.book.previous[row["symbol"]]
    values = [
        ValueRead("status", "normal", "normal", "ledger.open_account #6", True),
        ValueRead(
            "limit_up",
            f"{last * 1.1 / 10_000:,.2f}",
            f"{row['price'] / 10_000:,.2f}",
            "market.set_day_terms #4",
            row["code"] != "gate.price_above_limit",
        ),
        ValueRead(
            "tick",
            "0.50",
            f"{row['price'] / 10_000:,.2f}",
            "TWSE Operating Rules 62 (made-up citation)",
            row["code"] != "gate.off_tick",
        ),
        ValueRead(
            "available",
            "1,204,000",
            f"{row['price'] * row['quantity'] / 10_000:,.0f}",
            "ledger",
            row["code"] != "gate.short_of_buying_power",
        ),
    ]
    record = context.house.book.batches.filter(pl.col("seq") == row["seq"]).to_dicts()[0]
    return why.Why(
        id=format_day_id("O", row["order_id"]),
        kind="gate.submit_order",
        day=DAY,
        seq=row["seq"],
        index=3,
        recorded_at=row["received_at"],
        actor="gate-1",
        accepted=not row["code"],
        repeated=False,
        command={},
        reasons=rejections_of(row),
        values=values,
        reservation=0,
        rule_set="4f9a1c22be07d310",
        batch_hash=record["hash"],
    )
