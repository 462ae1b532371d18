"""The risk room: orders with their reasons, trading terms, the stop of order taking."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
from ledger import account_row
from listing import find_order, listing, rejections_of
from made_up_book import BATCHES, OPENING

from tallystick.core import access_operations
from tallystick.core.context import Context
from tallystick.core.errors import Rejection
from tallystick.core.operations import Table, operation
from tallystick.core.text import translate
from tallystick.risk import requests as risk_requests
from tallystick.risk.gate.events import SetKillSwitch


@operation("risk.orders", permission="risk.read", summary="List orders with their state and reasons.")
def orders(context: Context, request: risk_requests.OrdersRequest) -> Table:
    """Orders that fit."""
    frame = context.house.book.orders
    if request.status == "accepted":
        frame = frame.filter(pl.col("code") == "")
    elif request.status:
        frame = frame.filter(pl.col("status") == request.status)
    side = {"1": "buy", "2": "sell"}.get(request.side, request.side)
    found = listing(
        frame, request, account=request.account, symbol=request.symbol, side=side, code=request.reason
    )
    language = context.language
    said = [
        [translate(r.text, language).format(**r.values) for r in rejections_of(row)]
        for row in found.arrow.to_pylist()
    ]
    arrow = found.arrow.append_column("reasons", pa.array(said, pa.list_(pa.string())))
    return Table(arrow, total_rows=found.total_rows)


@operation("risk.order", permission="risk.read", summary="Show one order with its fills and reasons.")
def order(context: Context, request: risk_requests.OrderRequest) -> risk_requests.OrderReply:
    """An order by id."""
    row = find_order(context, request.order_id)
    at, seq, price = row["received_at"], row["seq"], row["price"]
    event, fill = risk_requests.OrderEvent, risk_requests.Fill
    events = [
        event(
            at=at, seq=seq, index=3, kind="gate.submit_order", text="Refused" if row["code"] else "Accepted"
        )
    ]
    fills = []
    if row["filled"]:
        text = f"{row['filled']:,} × {price / 10_000:,.2f}"
        events.append(
            event(at=at + 18 * 10**8, seq=seq + 2, index=0, kind="ledger.record_execution", text=text)
        )
        fills.append(
            fill(
                execution_id=row["order_id"], price=price, quantity=row["filled"], executed_at=at + 18 * 10**8
            )
        )
    if 0 < row["filled"] < row["quantity"]:
        text = f"{row['quantity'] - row['filled']:,} left"
        closing = OPENING + 16_200 * 10**9
        events.append(event(at=closing, seq=BATCHES - 2, index=1, kind="gate.end_order", text=text))
    names = set(risk_requests.OrderReply.__struct_fields__) & set(row)
    return risk_requests.OrderReply(
        **{name: row[name] for name in names},
        session=1, cancel_asked=False, average_price=price if fills else 0,
        reservation=0 if row["code"] else price * row["quantity"], fills=fills, reasons=rejections_of(row),
        events=events,
    )  # fmt: skip


@operation(
    "risk.account_terms", permission="risk.read", summary="Show an account's trading terms and means now."
)
def account_terms(
    context: Context, request: risk_requests.AccountTermsRequest
) -> risk_requests.AccountTermsReply:
    """The same for every account."""
    row = account_row(context, request.account)
    return risk_requests.AccountTermsReply(
        account=row["account"], account_number=row["number"], has_terms=True, status="normal",
        permissions=["board_lots", "odd_lots"], daily_limit=50_000_000_000, order_value_limit=20_000_000_000,
        cash=row["cash"], reserved=1_250_000_000, bought=0, sold=0, buying_power=row["cash"],
        stop_reason="",
    )  # fmt: skip


@operation(
    "risk.kill_switch",
    permission="risk.manage",
    summary="Stop order taking at once, or ask to resume it.",
    writes=True,
)
def kill_switch(
    context: Context, request: risk_requests.KillSwitchRequest
) -> access_operations.DoneReply | Rejection:
    """A stop is at once; a resumption needs a second person."""
    command = SetKillSwitch(scope=request.scope, stopped=request.stopped, reason=request.reason)
    if not request.stopped:
        return access_operations.propose(context, command, "Resume order taking", request.reason)
    return access_operations.DoneReply(id=request.scope, position=context.send(command).position)


@operation("risk.set_account_terms", permission="risk.manage", summary="Set trading terms.", writes=True)
def set_account_terms(
    context: Context, request: risk_requests.SetAccountTermsRequest
) -> access_operations.DoneReply:
    """Nothing is kept."""
    return access_operations.DoneReply(id=str(request.account), position=BATCHES)
