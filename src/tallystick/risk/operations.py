"""The doors of the order gate: look at orders and terms, send and cancel one order, stop and resume.

Orders are read from the journal's columns; amounts that an account has now come from the machine at its head.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import NotFound, Rejection, TallystickError
from tallystick.core.ids import format_day_id, parse_day_id
from tallystick.core.money import parse_money
from tallystick.core.operations import Table, operation
from tallystick.core.text import translate
from tallystick.ledger.events import Capacity, LotType, Side
from tallystick.risk.gate.events import (
    SUBMIT_REASONS,
    AccountStatus,
    CancelOrder,
    ChangeAccountTerms,
    OrderType,
    SetAccountTerms,
    SetKillSwitch,
    SubmitOrder,
    TimeInForce,
    TradingPermission,
)
from tallystick.risk.requests import (
    AcceptedReply,
    AccountTermsReply,
    AccountTermsRequest,
    CancelOrderRequest,
    KillSwitchRequest,
    OrderReply,
    OrderRequest,
    OrdersRequest,
    SetAccountTermsRequest,
    SubmitOrderRequest,
)

if TYPE_CHECKING:
    from tallystick.risk.gate.machine import GateMachine

__all__ = [
    "account_terms",
    "cancel_order",
    "kill_switch",
    "order",
    "orders",
    "set_account_terms",
    "submit_order",
]

READ, TRADE, MANAGE = "risk.read", "risk.trade", "risk.manage"
TRIES = 20


@operation("risk.orders", permission=READ, summary="List orders with their state and reasons.")
def orders(context: Context, request: OrdersRequest) -> Table:
    """Orders of one business day, in order of arrival unless sorted; the columns are those of the page."""
    from tallystick.risk.gate.book.listing import list_orders

    return list_orders(context, request)


@operation("risk.order", permission=READ, summary="Show one order with its fills and reasons.")
def order(context: Context, request: OrderRequest) -> OrderReply:
    """One order. NotFound when the journal has none of this id."""
    from tallystick.risk.gate.book.listing import show_order

    return show_order(context, parse_day_id(request.order_id))


@operation("risk.submit_order", permission=TRADE, summary="Send one order through the gate.", writes=True)
def submit_order(context: Context, request: SubmitOrderRequest) -> AcceptedReply | Rejection:
    """The order's id when it was accepted; else a rejection that names every rule that failed."""
    from tallystick.risk.gate.order_ids import next_order_id
    from tallystick.risk.gate.standing import is_own_account

    gate = _gate(context)
    day = _open_day(gate)
    code = account_code(context, request.account)
    command = SubmitOrder(
        order_id=next_order_id(context.journal, day, request.session),
        account=code,
        instrument=context.machine("market").code_of(request.symbol),
        price=parse_money(request.price) if request.price else 0,
        quantity=request.quantity,
        session=request.session,
        side=Side[request.side.upper()],
        order_type=OrderType.LIMIT if request.price else OrderType.MARKET,
        time_in_force=TimeInForce[request.time_in_force.upper()],
        lot_type=LotType[request.lot.upper()],
        capacity=Capacity.PROPRIETARY if is_own_account(gate, code) else Capacity.CASH,
    )
    command, decision = _send_under_new_id(context, command)
    mask = int(decision.verdicts["mask"][0])
    identity = format_day_id("O", command.order_id)
    if mask:
        return _refused(context, identity, command, mask)
    reservation = int(decision.verdicts["reservation"][0])
    return AcceptedReply(order_id=identity, position=decision.position, reservation=reservation)


@operation("risk.cancel_order", permission=TRADE, summary="Ask the exchange to cancel an order.", writes=True)
def cancel_order(context: Context, request: CancelOrderRequest) -> AcceptedReply | Rejection:
    """The order stays open, and its reservation held, until the exchange reports its end."""
    found = order(context, OrderRequest(order_id=request.order_id))
    command = CancelOrder(order_id=found.order_id, account=found.account, session=request.session)
    decision = context.send(command)
    identity = format_day_id("O", found.order_id)
    if not decision.accepted:
        return decision.rejections({"order_id": identity})[0]
    return AcceptedReply(order_id=identity, position=decision.position, reservation=found.reservation)


@operation(
    "risk.kill_switch",
    permission=MANAGE,
    summary="Stop order taking at once, or ask to resume it.",
    writes=True,
)
def kill_switch(context: Context, request: KillSwitchRequest) -> DoneReply | Rejection:
    """A stop works at once. Resuming is proposed, and takes effect when a second person approves it."""
    if not request.reason.strip():
        raise TallystickError(
            "gate.no_reason", "A stop or its lifting needs a reason.", "Say why in `reason`."
        )
    scope = request.scope
    if scope != "firm":
        scope = f"account:{account_code(context, scope.removeprefix('account:'))}"
    command = SetKillSwitch(scope=scope, stopped=request.stopped, reason=request.reason)
    if not request.stopped:
        return propose(context, command, f"Resume order taking: {scope}", request.reason)
    return _done(context.send(command), scope, command)


@operation("risk.account_terms", permission=READ, summary="Show an account's trading terms and means now.")
def account_terms(context: Context, request: AccountTermsRequest) -> AccountTermsReply:
    """Terms, limits and buying power of one account. NotFound when it is not open."""
    from tallystick.risk.gate.standing import standing_of

    gate = _gate(context)
    return standing_of(gate, account_code(context, request.account))


@operation(
    "risk.set_account_terms",
    permission=MANAGE,
    summary="Set an account's trading terms; looser ones wait for a second person.",
    writes=True,
)
def set_account_terms(context: Context, request: SetAccountTermsRequest) -> DoneReply | Rejection:
    """First and tighter terms take effect at once; what is looser is proposed."""
    from tallystick.risk.gate.standing import needs_approval, standing_of

    gate = _gate(context)
    present = standing_of(gate, account_code(context, request.account))
    words = present.permissions if request.permissions is None else request.permissions
    fields: dict[str, Any] = {
        "account": present.account,
        "status": int(AccountStatus[(request.status or present.status).upper()]),
        "daily_limit": _limit(request.daily_limit, present.daily_limit),
        "order_value_limit": _limit(request.order_value_limit, present.order_value_limit),
        "permissions": int(sum(TradingPermission[word.upper()] for word in words)),
    }
    terms = SetAccountTerms(**fields)
    if needs_approval(gate, terms):
        summary = f"Looser trading terms for account {present.account_number}"
        return propose(context, ChangeAccountTerms(**fields), summary, request.reason)
    return _done(context.send(terms), present.account_number, terms)


def account_code(context: Context, account: str | int) -> int:
    """The code of an account named by its number or its code. NotFound when it is not open."""
    from tallystick.risk.gate.book.orders import account_numbers

    numbers = [number.decode() for number in account_numbers(context.journal).tolist()]
    name = str(account)
    if name in numbers:
        return numbers.index(name)
    if name.isascii() and name.isdigit() and int(name) < len(numbers):
        return int(name)
    raise NotFound(
        "gate.no_account", "There is no account {account}.", "See `tally ledger accounts`.", account=account
    )


def _gate(context: Context) -> GateMachine:
    gate: GateMachine = context.machine("gate")
    return gate


def _open_day(gate: GateMachine) -> datetime.date:
    if gate.business_date == datetime.date.min:
        raise TallystickError("gate.no_day", "No business day was opened yet.", "Open one with `tally run`.")
    return gate.business_date


def _send_under_new_id(context: Context, command: SubmitOrder) -> tuple[SubmitOrder, Any]:
    """Send an order; when another process took its id meanwhile, under the next one."""
    reused = 1 << [reason.code for reason in SUBMIT_REASONS].index("gate.id_reused")
    for _ in range(TRIES):
        decision = context.send(command)
        taken = int(decision.verdicts["flags"][0]) & 1 or int(decision.verdicts["mask"][0]) & reused
        if not taken:
            return command, decision
        command = msgspec.structs.replace(command, order_id=command.order_id + 1)
    raise TallystickError(
        "gate.session_busy",
        "Session {session} is used by another sender at the same time.",
        "Send with a session of its own.",
        session=command.session,
    )


def _refused(context: Context, identity: str, command: SubmitOrder, mask: int) -> Rejection:
    """All the reasons in one rejection, in the caller's language, with the values that the gate read."""
    from tallystick.risk.gate.book.listing import reasons_of

    explanation = _gate(context).explain(SubmitOrder, command)
    reasons = reasons_of(command, mask, {value.name: value.value for value in explanation.values})
    return Rejection(
        code="gate.order_refused",
        text="Order {order} was refused: {reasons}",
        remedy="{remedies} See `tally why {order}`.",
        values={
            "order": identity,
            "reasons": " ".join(_said(reason.text, reason, context) for reason in reasons),
            "remedies": " ".join(_said(reason.remedy, reason, context) for reason in reasons),
            "codes": [reason.code for reason in reasons],
        },
    )


def _said(sentence: str, reason: Rejection, context: Context) -> str:
    return translate(sentence, context.language).format(**reason.values)


def _limit(text: str, present: int) -> int:
    return parse_money(text) if text else present


def _done(decision: Any, identity: str, command: Any) -> DoneReply | Rejection:
    if decision.accepted:
        return DoneReply(id=identity, position=decision.position)
    rejections: list[Rejection] = decision.rejections(msgspec.structs.asdict(command))
    return rejections[0]
