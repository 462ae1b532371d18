"""Orders, and what the gate reads to decide them."""

from __future__ import annotations

from tallystick.console.fields.field import MONEY, Field
from tallystick.console.words import mark as _

__all__ = ["ORDERS"]

ORDERS = {
    # orders
    "order_id": Field(_("Order"), "id", width=146, letter="O"),
    "execution_id": Field(_("Execution"), "id", width=146, letter="X"),
    "symbol": Field(_("Instrument"), "symbol", width=106),
    "instrument": Field(_("Instrument"), "symbol", width=108),
    "instrument_name": Field(_("Name"), width=150),
    "side": Field(_("Side"), "code", width=64),
    "order_type": Field(_("Type"), "code", width=72),
    "time_in_force": Field(_("Validity"), "code", width=72),
    "lot_type": Field(_("Lot"), "code", width=80),
    "capacity": Field(_("Capacity"), "code", width=90),
    "session": Field(_("Door"), "key", width=64),
    "price": Field(_("Price"), "price", MONEY, 92, 2),
    "average_price": Field(_("Average price"), "price", MONEY, 110, 2),
    "quantity": Field(_("Quantity"), "quantity", _("shares"), 104),
    "filled": Field(_("Filled"), "quantity", _("shares"), 104),
    "quantity_filled": Field(_("Filled"), "quantity", _("shares"), 104),
    "quantity_left": Field(_("Left"), "quantity", _("shares"), 104),
    "left": Field(_("Left"), "quantity", _("shares"), 104),
    "reserved": Field(_("Reserved"), "money", MONEY, 110),
    "value": Field(_("Value"), "code", width=120, end=True),
    "status": Field(_("Status"), "code", width=112),
    "state": Field(_("State"), "code", width=100),
    "done_reason": Field(_("Ended by"), "code", width=110),
    "stopped": Field(_("Stopped"), "flag", width=80),
    "scope": Field(_("Scope"), width=120),
    "approval": Field(_("Approval"), width=140),
    "daily_limit": Field(_("Daily trading limit"), "money", MONEY, 130),
    "order_value_limit": Field(_("Limit of one order"), "money", MONEY, 130),
    "permissions": Field(_("Permissions"), "list", width=160),
    # what the gate reads
    "trading_status": Field(_("Trading status")),
    "way_of_trading": Field(_("Way of trading")),
    "held_by_orders": Field(_("Held by open orders"), "quantity", _("shares")),
    "needed": Field(_("Needed"), "money", MONEY),
    "limit": Field(_("Limit of one order"), "money", MONEY),
    "fields": Field(_("Fields of the order")),
    "products": Field(_("Products")),
    "problem": Field(_("Problem")),
    "agreed": Field(_("Days that agreed"), "count"),
    "missing": Field(_("Missing")),
    "free": Field(_("Free to leave")),
    "begun": Field(_("Settlement begun")),
    "clears": Field(_("Cleared market")),
    "commission": Field(_("Commission")),
    "contract": Field(_("Contract")),
}
