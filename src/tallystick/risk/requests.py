"""What the doors of the risk room take and give: requests and replies.

Money and prices are int64 in 1e-4 of the currency, quantities are units. People write prices and limits as decimals.
"""

from __future__ import annotations

import datetime
from typing import Literal

from tallystick.core.errors import Rejection
from tallystick.core.schema import Money, Price, Quantity, Record, Timestamp

__all__ = [
    "AcceptedReply",
    "AccountTermsReply",
    "AccountTermsRequest",
    "CancelOrderRequest",
    "Fill",
    "KillSwitchRequest",
    "OrderEvent",
    "OrderReply",
    "OrderRequest",
    "OrderStatus",
    "OrdersRequest",
    "SetAccountTermsRequest",
    "SubmitOrderRequest",
]

DESK_SESSION = 999
"""The session whose order numbers the command line and the console use; gateways have their own, from 1."""

OrderStatus = Literal[
    "",
    "accepted",
    "open",
    "new",
    "partly_filled",
    "filled",
    "cancelled",
    "expired",
    "refused",
    "refused_by_exchange",
]
"""`new`: accepted, nothing filled. As filters, `open` takes new and partly filled ones, `accepted` all but refused."""

AccountStatusWord = Literal["normal", "blocked", "sell_only"]
PermissionWord = Literal["board_lots", "odd_lots", "market_orders", "day_trade", "pre_collection"]


class OrdersRequest(Record, frozen=True, kw_only=True):
    """Which orders: of a business date (the journal's newest when none is given), account (number or the house's
    code), symbol, side, status, reason (a code such as `gate.off_tick`).
    """

    business_date: datetime.date | None = None
    account: str | int = ""
    symbol: str = ""
    side: Literal["", "buy", "sell", "1", "2"] = ""
    status: OrderStatus = ""
    reason: str = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


class OrderRequest(Record, frozen=True, kw_only=True):
    """One order, by the id on the page: O20261120-42."""

    order_id: str


class OrderEvent(Record, frozen=True, kw_only=True):
    """One step of an order's life: when, where in the journal, what kind of event, its words."""

    at: Timestamp
    seq: int
    index: int
    kind: str
    text: str = ""


class Fill(Record, frozen=True, kw_only=True):
    """One execution of an order."""

    execution_id: int
    price: Price
    quantity: Quantity
    executed_at: Timestamp


class OrderReply(Record, frozen=True, kw_only=True):
    """One order: what was asked, what became of it step by step, and why it was refused if it was.

    What a sentence lacks (`…`) only the state at that position knows: `tally why` gives it.
    """

    order_id: int
    status: str
    received_at: Timestamp
    account: int
    account_number: str
    symbol: str
    side: str
    order_type: str
    time_in_force: str
    lot_type: str
    capacity: str
    price: Price
    quantity: Quantity
    session: int
    cancel_asked: bool
    filled: Quantity
    average_price: Price
    reservation: Money
    seq: int
    fills: list[Fill]
    reasons: list[Rejection]
    events: list[OrderEvent]


class SubmitOrderRequest(Record, frozen=True, kw_only=True):
    """An order as people give it. `price` is a decimal, empty for a market order; `session` numbers the order."""

    account: str | int
    symbol: str
    side: Literal["buy", "sell"]
    quantity: int
    price: str = ""
    time_in_force: Literal["rod", "ioc", "fok"] = "rod"
    lot: Literal["board", "odd", "fixed_price"] = "board"
    session: int = DESK_SESSION


class CancelOrderRequest(Record, frozen=True, kw_only=True):
    """An order to cancel, by the id on the page."""

    order_id: str
    session: int = DESK_SESSION


class AcceptedReply(Record, frozen=True, kw_only=True):
    """Accepted and on disk: the order, the journal batch, what is reserved."""

    order_id: str
    position: int
    reservation: Money = 0


class KillSwitchRequest(Record, frozen=True, kw_only=True):
    """Stop order taking, or ask to resume it: for `firm`, or an account by its number. Clients are shown the reason."""

    scope: str = "firm"
    stopped: bool = True
    reason: str


class AccountTermsRequest(Record, frozen=True, kw_only=True):
    """One account, by its number or the house's code."""

    account: str | int


class AccountTermsReply(Record, frozen=True, kw_only=True):
    """What an account may do, and its means now. `stop_reason` is empty while it may trade."""

    account: int
    account_number: str
    has_terms: bool
    status: str
    permissions: list[str]
    daily_limit: Money
    order_value_limit: Money
    cash: Money
    reserved: Money
    bought: Money
    sold: Money
    buying_power: Money
    stop_reason: str


class SetAccountTermsRequest(Record, frozen=True, kw_only=True):
    """New terms of an account; what is left out stays. Limits are decimals. Looser terms wait for a second person."""

    account: str | int
    status: AccountStatusWord | None = None
    daily_limit: str = ""
    order_value_limit: str = ""
    permissions: list[PermissionWord] | None = None
    reason: str = ""
