"""What the order gate writes to the journal: orders, cancels, ends of orders, account terms, the kill switch."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Annotated

from tallystick.core.events import Command, Fixed, Reason, event
from tallystick.core.schema import Column, Flag, Int32, Int64, Money, Price, Quantity, Text
from tallystick.ledger.events import Capacity, LotType, Side

__all__ = [
    "AccountStatus",
    "CancelOrder",
    "ChangeAccountTerms",
    "DoneReason",
    "EndOrder",
    "OrderType",
    "SetAccountTerms",
    "SetKillSwitch",
    "SubmitOrder",
    "TimeInForce",
    "TradingPermission",
]


class OrderType(IntEnum):
    """Limit or market."""

    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    """Rest of day, immediate or cancel, fill or kill."""

    ROD = 1
    IOC = 2
    FOK = 3


class DoneReason(IntEnum):
    """Why an order ended without filling whole."""

    CANCELLED = 1
    EXPIRED = 2
    REFUSED_BY_EXCHANGE = 3


class AccountStatus(IntEnum):
    """Whether an account may trade."""

    NORMAL = 0
    BLOCKED = 1
    SELL_ONLY = 2


class TradingPermission(IntFlag):
    """What an account may send; PRE_COLLECTION takes away: its orders count on cash alone (預收款券)."""

    BOARD_LOTS = 1
    ODD_LOTS = 2
    MARKET_ORDERS = 4
    DAY_TRADE = 8
    PRE_COLLECTION = 16


SUBMIT_REASONS = (
    Reason(
        "gate.kill_switch",
        "Trading is stopped: {stop_reason}.",
        "Ask the risk officer to lift the stop.",
        name="Order taking stopped",
    ),
    Reason(
        "gate.unknown_account",
        "Account {account} is not known to the gate.",
        "Open the account and set its terms.",
        name="Account unknown",
    ),
    Reason(
        "gate.account_blocked",
        "Account {account} may not trade: its status is {status}.",
        "See the account's record.",
        name="Account may not trade",
    ),
    Reason(
        "gate.unknown_instrument",
        "Instrument {instrument} has no terms for this day.",
        "Load the day's terms.",
        name="No terms for the day",
    ),
    Reason(
        "gate.halted",
        "Trading in {instrument} is halted.",
        "Wait for the resumption notice.",
        name="Trading halted",
    ),
    Reason(
        "gate.id_reused",
        "Order id {order_id} was used with other content.",
        "Never reuse an order id.",
        name="Order id used before",
    ),
    Reason(
        "gate.price_above_limit",
        "The price {price} is above the up-limit {limit_up}.",
        "Bid at most {limit_up}.",
        name="Price above the up-limit",
    ),
    Reason(
        "gate.price_below_limit",
        "The price {price} is below the down-limit {limit_down}.",
        "Offer at least {limit_down}.",
        name="Price below the down-limit",
    ),
    Reason(
        "gate.off_tick",
        "The price {price} is no multiple of the tick {tick}.",
        "Round to the tick.",
        name="Price off the tick",
    ),
    Reason(
        "gate.bad_lot",
        "The quantity {quantity} does not fit the lot {lot}.",
        "Send whole lots, or an odd-lot order below one lot.",
        name="Quantity does not fit the lot",
    ),
    Reason(
        "gate.bad_order_type",
        "This order type and time in force are not allowed now.",
        "Send a limit order for the day.",
        name="Order type not allowed",
    ),
    Reason(
        "gate.short_of_buying_power",
        "The order needs {needed}; {available} is left.",
        "Lower the quantity or bring cash.",
        name="Short of buying power",
    ),
    Reason(
        "gate.short_of_sellable",
        "The order sells {quantity}; {sellable} is sellable.",
        "Sell at most what is sellable.",
        name="Short of sellable shares",
    ),
    Reason(
        "gate.value_above_limit",
        "The order's value {value} is above the limit of one order {limit}.",
        "Split the order.",
        name="Value above the limit of one order",
    ),
    Reason(
        "gate.malformed",
        "A field of the order is out of its range.",
        "Compare the order with the reference.",
        name="Field out of range",
    ),
    Reason(
        "gate.day_not_open",
        "The business day is not open for orders.",
        "Send orders between opening and close.",
        name="Day not open",
    ),
    Reason(
        "gate.no_charge_rule",
        "No rule in force gives {missing}, so that what {instrument} costs cannot be told.",
        "Have the missing rule row adopted first.",
        name="No rule for the charges",
    ),
)


@event("gate.submit_order", reasons=SUBMIT_REASONS, letter="O")
class SubmitOrder(Fixed, frozen=True, kw_only=True):
    """A client's order for the exchange. `price` is 0 for a market order; `session` is the door it came through."""

    order_id: Int64
    account: Int32
    instrument: Int32
    price: Price
    quantity: Quantity
    session: Int32
    side: Annotated[Side, Column("int8")]
    order_type: Annotated[OrderType, Column("int8")]
    time_in_force: Annotated[TimeInForce, Column("int8")]
    lot_type: Annotated[LotType, Column("int8")]
    capacity: Annotated[Capacity, Column("int8")]


@event(
    "gate.cancel_order",
    reasons=(
        Reason("gate.unknown_order", "Order {order_id} is not open.", "See `tally risk orders`."),
        Reason(
            "gate.not_your_order", "Order {order_id} belongs to another account.", "Cancel your own orders."
        ),
    ),
)
class CancelOrder(Fixed, frozen=True, kw_only=True):
    """Ask the exchange to cancel what is left of an order; the reservation is held until the exchange confirms."""

    order_id: Int64
    account: Int32
    session: Int32


@event(
    "gate.end_order",
    reasons=(Reason("gate.unknown_order", "Order {order_id} is not open.", "See `tally risk orders`."),),
)
class EndOrder(Fixed, frozen=True, kw_only=True):
    """The exchange reports that an order is out of its book; what was reserved for the rest is released."""

    order_id: Int64
    quantity_left: Quantity
    done_reason: Annotated[DoneReason, Column("int8")]


TERMS_REASONS = (
    Reason(
        "gate.terms_unknown_account",
        "Account {account} is not open in the ledger.",
        "Open the account first.",
    ),
    Reason(
        "gate.terms_malformed",
        "A field of the terms is out of its range.",
        "Compare the terms with the reference.",
    ),
    Reason(
        "gate.terms_unapproved",
        "These terms allow account {account} more than before and lack a second person's approval.",
        "Propose the change with its reason.",
    ),
)


@event("gate.set_account_terms", reasons=TERMS_REASONS)
class SetAccountTerms(Fixed, frozen=True, kw_only=True):
    """An account's first trading terms, or tighter ones, which take effect at once.

    `status` is an `AccountStatus`. `daily_limit` (單日買賣額度) is what it may buy for beyond cash and today's sales;
    `order_value_limit` caps one order, so that 0 lets none pass. `permissions` are `TradingPermission` bits.
    """

    account: Int32
    status: Int32
    daily_limit: Money
    order_value_limit: Money
    permissions: Int32


@event("gate.change_account_terms", reasons=TERMS_REASONS)
class ChangeAccountTerms(Command, frozen=True, kw_only=True):
    """An account's trading terms with a second person's approval, which looser terms need."""

    account: Int32
    status: Int32
    daily_limit: Money
    order_value_limit: Money
    permissions: Int32
    approval: Text = ""


@event(
    "gate.set_kill_switch",
    reasons=(
        Reason("gate.switch_unapproved", "Lifting a stop needs a second person.", "Propose it first."),
        Reason(
            "gate.switch_scope", "There is nothing named {scope} to stop.", 'Write "firm" or "account:17".'
        ),
    ),
)
class SetKillSwitch(Command, frozen=True, kw_only=True):
    """Stop or resume all order taking: for the firm (`scope` "firm"), or one account ("account:17", by its code)."""

    scope: Text
    stopped: Flag
    reason: Text
    approval: Text = ""
