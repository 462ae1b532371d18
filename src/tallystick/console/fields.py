"""What the names in operations mean to people: title, form, unit, width. One name, one meaning, on every page."""

from __future__ import annotations

import msgspec

from tallystick.console.words import mark as _

__all__ = ["FIELDS", "KINDS", "Field", "field_of"]

KINDS = {
    "text", "symbol", "code", "number", "count", "quantity", "money", "price", "percent", "date", "time", "stamp",
    "key", "id", "hash", "flag", "list", "bytes",
}  # fmt: skip
"""How a value is written: money and prices come as whole 1e-4 units, percent as parts per 10,000."""

RIGHT_KINDS = {"number", "count", "quantity", "money", "price", "percent", "bytes"}


class Field(msgspec.Struct, frozen=True):
    """One name: its title, how it is written, its unit (`{currency}` is the firm's), its width in pixels."""

    title: str
    kind: str = "text"
    unit: str = ""
    width: int = 110
    decimals: int = 0
    end: bool = False
    """Whether text is set to the right, because numbers stand in it."""
    words: str = ""
    """For coded values: the table of words, when it is not that of the field's own name."""
    letter: str = ""
    """For ids of a day: the letter in front (`O` of `O20261120-42`)."""

    @property
    def right(self) -> bool:
        """Whether it is set to the right, as numbers are."""
        return self.end or self.kind in RIGHT_KINDS


MONEY = "{currency}"

FIELDS: dict[str, Field] = {
    # the journal
    "seq": Field(_("Sequence"), "count", width=90),
    "day": Field(_("Business date"), "date", width=96),
    "business_date": Field(_("Business date"), "date", width=96),
    "recorded_at": Field(_("Recorded"), "stamp", width=174),
    "received_at": Field(_("Received"), "time", width=104),
    "actor": Field(_("By"), width=120),
    "kind": Field(_("Kind"), width=190),
    "version": Field(_("Version"), "number", width=70),
    "count": Field(_("Commands"), "count", width=90),
    "hash": Field(_("Chain hash"), "hash", width=130),
    "previous_hash": Field(_("Hash before"), "hash", width=130),
    "batch_hash": Field(_("Chain hash"), "hash", width=130),
    "payload_bytes": Field(_("Payload"), "bytes", "B", 90),
    "index": Field(_("Place"), "number", width=64),
    "cancel_asked": Field(_("Cancel asked for"), "flag", width=90),
    "accepted": Field(_("Accepted"), "flag", width=90),
    "reasons": Field(_("Reasons"), "list", width=320),
    "reason": Field(_("Reason"), width=260),
    "buying_power": Field(_("Buying power"), "money", MONEY, 130),
    "bought": Field(_("Bought today"), "money", MONEY, 130),
    "sold": Field(_("Sold today"), "money", MONEY, 130),
    "stop_reason": Field(_("Stopped because"), width=220),
    "has_terms": Field(_("Has trading terms"), "flag", width=110),
    "reservation": Field(_("Reserved"), "money", MONEY, 110),
    "rule_set": Field(_("Rule set"), "hash", width=130),
    "repeated": Field(_("Repeated"), "flag", width=80),
    "command_id": Field(_("Command"), width=160),
    # orders
    "order_id": Field(_("Order"), "id", width=136, letter="O"),
    "execution_id": Field(_("Execution"), "id", width=136, letter="X"),
    "symbol": Field(_("Instrument"), "symbol", width=104),
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
    "value": Field(_("Value"), width=120, end=True),
    "status": Field(_("Status"), "code", width=112),
    "state": Field(_("State"), "code", width=100),
    "done_reason": Field(_("Ended by"), "code", width=110),
    "stopped": Field(_("Stopped"), "flag", width=80),
    "scope": Field(_("Scope"), width=120),
    "approval": Field(_("Approval"), width=140),
    "daily_limit": Field(_("Daily trading limit"), "money", MONEY, 130),
    "order_value_limit": Field(_("Limit of one order"), "money", MONEY, 130),
    "permissions": Field(_("Permissions"), "list", width=160),
    # the ledger
    "account": Field(_("Account"), "key", width=80),
    "account_kind": Field(_("Kind"), "code", width=130, words="kind"),
    "account_number": Field(_("Account number"), width=116),
    "number": Field(_("Number"), width=110),
    "party": Field(_("Party"), "key", width=80),
    "branch": Field(_("Branch"), "key", width=72),
    "opened_on": Field(_("Opened"), "date", width=96),
    "executed_at": Field(_("Executed"), "time", width=104),
    "trade_date": Field(_("Trade date"), "date", width=96),
    "settlement_date": Field(_("Settlement date"), "date", width=110),
    "amount": Field(_("Amount"), "money", MONEY, 120),
    "gross": Field(_("Amount"), "money", MONEY, 120),
    "fee": Field(_("Fee"), "money", MONEY, 92),
    "fees": Field(_("Fees"), "money", MONEY, 92),
    "tax": Field(_("Tax"), "money", MONEY, 92),
    "taxes": Field(_("Taxes"), "money", MONEY, 92),
    "net": Field(_("Net"), "money", MONEY, 120),
    "turnover": Field(_("Turnover"), "money", MONEY, 130),
    "cost": Field(_("Cost"), "money", MONEY, 120),
    "market_value": Field(_("Market value"), "money", MONEY, 130),
    "posted": Field(_("Posted"), "quantity", _("shares"), 110),
    "due_in": Field(_("Due in"), "quantity", _("shares"), 110),
    "due_out": Field(_("Due out"), "quantity", _("shares"), 110),
    "sellable": Field(_("Sellable"), "quantity", _("shares"), 110),
    "sold_today": Field(_("Sold today"), "quantity", _("shares"), 110),
    "bought_today": Field(_("Bought today"), "quantity", _("shares"), 110),
    "reference": Field(_("Reference in the vault"), width=180),
    "holdings": Field(_("Holdings"), "count", width=90),
    "retained": Field(_("Kept back"), "quantity", _("shares"), 110),
    "kept": Field(_("Kept"), "quantity", _("shares"), 110),
    "day_traded": Field(_("Day-traded"), "quantity", _("shares"), 110),
    "tier": Field(_("Between"), "code", width=170),
    "step": Field(_("Step"), "code", width=130),
    "complete": Field(_("Complete"), "flag", width=90),
    "firm_net": Field(_("Firm's net"), "quantity", _("shares"), 110),
    "firm_status": Field(_("Firm's status"), "code", width=110, words="status"),
    "delivered": Field(_("Delivered"), "quantity", _("shares"), 110),
    "delivered_late": Field(_("Delivered late"), "quantity", _("shares"), 110),
    "late": Field(_("Late"), "quantity", _("shares"), 100),
    "covered": Field(_("Covered by the firm"), "quantity", _("shares"), 130),
    "paid_out": Field(_("Paid out"), "quantity", _("shares"), 110),
    "waiting": Field(_("Waiting"), "quantity", _("shares"), 110),
    "cash_firm_net": Field(_("Cash, firm's net"), "money", MONEY, 130),
    "cash_firm_status": Field(_("Cash, firm's status"), "code", width=120, words="status"),
    "cash_delivered": Field(_("Cash paid in"), "money", MONEY, 130),
    "cash_delivered_late": Field(_("Cash paid in late"), "money", MONEY, 130),
    "cash_late": Field(_("Cash late"), "money", MONEY, 120),
    "cash_covered": Field(_("Cash covered by the firm"), "money", MONEY, 140),
    "cash_paid_out": Field(_("Cash paid out"), "money", MONEY, 130),
    "cash_retained": Field(_("Cash kept back"), "money", MONEY, 130),
    "cash_waiting": Field(_("Cash waiting"), "money", MONEY, 130),
    "cash_bought_today": Field(_("Bought today"), "money", MONEY, 130),
    "cash_sold_today": Field(_("Sold today"), "money", MONEY, 130),
    "cash_in": Field(_("Cash in"), "money", MONEY, 120),
    "cash_out": Field(_("Cash out"), "money", MONEY, 120),
    "accounts": Field(_("Accounts"), "count", width=90),
    "dates": Field(_("By settlement date")),
    "instruments": Field(_("By instrument")),
    "at": Field(_("From"), "time", width=104),
    "fills": Field(_("Fills"), "count", width=80),
    "available": Field(_("Available"), "money", MONEY, 120),
    "cash": Field(_("Cash"), "money", MONEY, 120),
    "cash_posted": Field(_("Cash"), "money", MONEY, 120),
    "cash_due_in": Field(_("Cash due in"), "money", MONEY, 120),
    "cash_due_out": Field(_("Cash due out"), "money", MONEY, 120),
    "bank_reference": Field(_("Bank reference"), width=160),
    "depository_reference": Field(_("Depository reference"), width=160),
    "acquired_on": Field(_("Acquired"), "date", width=96),
    "trades": Field(_("Trades"), "count", width=80),
    "counterparty": Field(_("Counterparty"), width=140),
    # the market
    "name": Field(_("Name"), width=180),
    "name_zh": Field(_("Chinese name"), width=130),
    "isin": Field(_("ISIN"), width=120),
    "market": Field(_("Market"), width=72),
    "venue": Field(_("Venue"), width=72),
    "board": Field(_("Board"), width=90),
    "product": Field(_("Product"), width=100),
    "currency": Field(_("Currency"), width=80),
    "industry": Field(_("Industry"), width=150),
    "underlying": Field(_("Underlying"), width=110),
    "shares_issued": Field(_("Shares issued"), "quantity", width=140),
    "listed_on": Field(_("Listed"), "date", width=96),
    "delisted_on": Field(_("Delisted"), "date", width=96),
    "field": Field(_("Rule"), width=220),
    "label": Field(_("Rule"), width=260),
    "warning": Field(_("Warning"), "code", width=96),
    "days_left": Field(_("Days left"), "number", width=80),
    "lower_bound": Field(_("Band from"), width=92, end=True),
    "source_date": Field(_("Text of"), width=110),
    "order_minimum": Field(_("Least order"), "quantity", _("shares"), 100),
    "text": Field(_("Text"), width=320),
    "answer": Field(_("Status"), "code", width=110),
    "unit": Field(_("Unit"), "code", width=120),
    "valid_from": Field(_("Valid from"), "date", width=96),
    "valid_to": Field(_("Valid to"), "date", width=96),
    "source": Field(_("Source"), width=380),
    "reference_price": Field(_("Reference price"), "price", MONEY, 120, 2),
    "limit_up": Field(_("Limit up"), "price", MONEY, 100, 2),
    "limit_down": Field(_("Limit down"), "price", MONEY, 100, 2),
    "lot": Field(_("Lot"), "quantity", _("shares"), 80),
    "tick": Field(_("Tick"), "price", MONEY, 80, 2),
    "tick_table": Field(_("Tick table"), "number", width=90),
    # history
    "date": Field(_("Date"), "date", width=96),
    "open": Field(_("Opening"), "price", MONEY, 96, 2),
    "high": Field(_("Highest"), "price", MONEY, 96, 2),
    "low": Field(_("Lowest"), "price", MONEY, 96, 2),
    "close": Field(_("Closing"), "price", MONEY, 96, 2),
    "last": Field(_("Last price"), "price", MONEY, 96, 2),
    "previous": Field(_("Previous close"), "price", MONEY, 110, 2),
    "volume": Field(_("Volume"), "quantity", _("shares"), 120),
    "change": Field(_("Change"), "percent", "%", 90, 2),
    "dataset": Field(_("Dataset"), width=180),
    "title": Field(_("Title"), width=320),
    "owner": Field(_("Owner"), width=120),
    "rows": Field(_("Rows"), "count", width=110),
    "files": Field(_("Files"), "count", width=80),
    "quarantined": Field(_("In quarantine"), "count", width=110),
    "column": Field(_("Column"), width=110),
    "code": Field(_("Code"), width=170),
    "size_bytes": Field(_("Size"), "bytes", "B", 110),
    "sha256": Field(_("SHA-256"), "hash", width=130),
    "row": Field(_("Row"), "count", width=80),
    "bytes": Field(_("Size"), "bytes", "B", 110),
    "first": Field(_("First"), width=110),
    "file": Field(_("File"), width=240),
    "remedy": Field(_("What to do"), width=320),
    "known_time": Field(_("Known since"), "stamp", width=174),
    "event_time": Field(_("Event time"), "stamp", width=174),
    # work and approvals
    "work": Field(_("Work item"), width=120),
    "room": Field(_("Room"), width=100),
    "subject": Field(_("Subject"), width=140),
    "severity": Field(_("Severity"), "code", width=100),
    "due": Field(_("Due by"), "date", width=96),
    "opened_at": Field(_("Opened"), "stamp", width=174),
    "opened_by": Field(_("Opened by"), width=120),
    "outcome": Field(_("Outcome"), width=220),
    "note": Field(_("Note"), width=260),
    "closed_at": Field(_("Closed"), "stamp", width=174),
    "proposal": Field(_("Proposal"), width=140),
    "summary": Field(_("Summary"), width=320),
    "maker": Field(_("Maker"), width=120),
    "checker": Field(_("Checker"), width=120),
    "proposed_at": Field(_("Proposed"), "stamp", width=174),
    "decided_at": Field(_("Decided"), "stamp", width=174),
    "user": Field(_("User"), width=120),
    "role": Field(_("Role"), width=140),
    "operation": Field(_("Operation"), width=200),
    "permission": Field(_("Permission"), width=140),
}


def field_of(name: str) -> Field:
    """The field of a name; one that is not listed is shown as text under its own name.

    >>> field_of("unheard_of").title
    'unheard of'
    """
    return FIELDS.get(name) or Field(name.replace("_", " "))
