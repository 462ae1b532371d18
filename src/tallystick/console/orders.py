"""Orders: what the gate decided on each and why, and one order's life as a timeline of journal events."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.codes import KINDS
from tallystick.console.frame import show_page
from tallystick.console.listing import Action, Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.replies import pairs_of, plain_of
from tallystick.console.sections import sections_of
from tallystick.console.shell import AnyRequest, PageShell, Shell
from tallystick.console.words import mark as _
from tallystick.core.errors import Rejection
from tallystick.risk.gate.events import SUBMIT_REASONS

__all__ = ["HANDLERS", "ORDERS"]

ORDERS = ListPage(
    name="orders",
    address="/risk/orders",
    title=_("Orders"),
    operation="risk.orders",
    columns=(
        Column("order_id", link="/risk/orders/{order_id}", width=141),
        Column("received_at", width=95),
        Column("account_number", title=_("Account"), link="/ledger/accounts/{account}", width=106),
        Column("symbol", link="/market/instruments/{symbol}", width=102),
        Column("side", width=56),
        Column("order_type", width=80),
        Column("time_in_force", width=68),
        Column("lot_type", width=74),
        Column("price", width=77),
        Column("quantity", width=100),
        Column("filled", width=88),
        Column("status", width=104),
        Column("reasons", width=154, grow=True),
    ),
    key=("order_id",),
    record="/risk/orders/{order_id}",
    filters=(
        Filter(
            "status",
            choices=(
                "accepted",
                "open",
                "partly_filled",
                "filled",
                "cancelled",
                "expired",
                "refused",
                "refused_by_exchange",
            ),
        ),
        Filter("reason", sentences={reason.code: reason.name for reason in SUBMIT_REASONS}),
        Filter("side", choices=("buy", "sell")),
        Filter("symbol", size="short"),
        Filter("account", size="short"),
        Filter("business_date", title=_("Date")),
    ),
    sort="-received_at",
    empty=_("Orders of clients and of the firm will be here, accepted or refused, each with its reasons."),
    command="tally run DIR --date 2026-11-20",
    actions=(
        Action(_("New order"), "/do/risk.submit_order"),
        Action(_("Stop or resume"), "/do/risk.kill_switch"),
    ),
)


@get("/risk/orders/{identity:str}")
async def order(request: AnyRequest, shell: PageShell, identity: FromPath[str]) -> Response[str]:
    """One order: its terms, its events in order, where the decision comes from."""
    reply = await shell.ask(request, "risk.order", {"order_id": identity})
    fields = plain_of(reply)
    return await show_page(
        request,
        shell,
        "order.html",
        title=shell.say(request, _("Order {id}"), id=identity),
        identity=identity,
        order=fields,
        facts=pairs_of(reply, without=("account",)),
        reasons=[
            shell.problem(request, reason)
            for reason in fields.get("reasons", ())
            if isinstance(reason, Rejection)
        ],
        events=events_of(shell, request, fields),
        blocks=[block for block in sections_of(reply) if block.name not in ("reasons", "events")],
    )


def events_of(shell: Shell, request: AnyRequest, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a record for its timeline: when, what in words, where in the journal."""
    events = [plain_of(event) for event in fields.get("events", ())]
    return [event | {"what": shell.say(request, KINDS.get(event["kind"], event["kind"]))} for event in events]


HANDLERS = [list_route(ORDERS), order]
