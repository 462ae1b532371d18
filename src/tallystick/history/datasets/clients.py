"""What other systems of the firm know of its clients: contacts, contracts with an end, trades of earlier years.

Loaded from their exports like any file. A client is named by a number of that system, never by a name. They belong to
the rooms whose words they use, so that reading them takes the right to read those rooms too.
"""

from __future__ import annotations

from tallystick.core.lake import TableSpec
from tallystick.core.schema import (
    BusinessDate,
    Int32,
    Money,
    Price,
    Quantity,
    Text,
    Timestamp,
)
from tallystick.history.datasets.dataset import Dataset, SourcedRecord

__all__ = [
    "CLIENT_CONTACTS",
    "CONTACT_KINDS",
    "OUTCOMES",
    "PAST_TRADES",
    "PRODUCT_TERMS",
    "SIDES",
    "ClientContact",
    "PastTrade",
    "ProductTerm",
]

CONTACT_KINDS = ("request", "question", "complaint")
"""Why a client gets in touch."""

OUTCOMES = ("renewed", "left", "called")
"""How a contract ended: the client went on with a new one, took its money, or the issuer ended it before its time."""

SIDES = ("buy", "sell")


class ClientContact(SourcedRecord, frozen=True, kw_only=True):
    """A client got in touch at `ts`, and it was dealt with at `closed` (empty: it still waits).

    `contact` is the case's number, `client` the client's, both in the system that the row comes from. `kind` is one of
    `CONTACT_KINDS`; `channel` and `topic` are the firm's own words. `satisfaction` is the client's mark from 1 (bad) to
    5, empty when nobody asked or answered. What changed since comes as a later row of the same contact.
    """

    contact: Text
    client: Text
    branch: Text | None = None
    channel: Text
    topic: Text | None = None
    kind: Text
    date: BusinessDate
    ts: Timestamp
    closed: Timestamp | None = None
    satisfaction: Int32 | None = None


class ProductTerm(SourcedRecord, frozen=True, kw_only=True):
    """A client's contract from `start` to its agreed `end`: a structured note, a margin contract, a year of advice.

    `product` is the product's code in the system that the row comes from, `kind` the firm's own word for its kind.
    `outcome` is empty while the contract runs, then one of `OUTCOMES`, on `ended_on`; `paid_back` is all that the
    client got out of `amount`, where the product pays.
    """

    contract: Text
    product: Text
    kind: Text
    client: Text
    branch: Text | None = None
    start: BusinessDate
    end: BusinessDate
    amount: Money
    currency: Text | None = None
    outcome: Text | None = None
    ended_on: BusinessDate | None = None
    paid_back: Money | None = None


class PastTrade(SourcedRecord, frozen=True, kw_only=True):
    """A client's trade from before the firm came here, as its earlier system has it: what the journal cannot know.

    `trade` is its number there, `account` the account number that people know, `amount` price × quantity.
    """

    trade: Text
    account: Text
    branch: Text | None = None
    symbol: Text
    instrument: Int32
    date: BusinessDate
    side: Text
    price: Price | None = None
    quantity: Quantity
    amount: Money
    fee: Money | None = None
    tax: Money | None = None


CLIENT_CONTACTS = Dataset(
    spec=TableSpec(
        "history.client_contacts",
        ClientContact,
        ("contact", "date"),
        ("contact", "date"),
        ("date", "year"),
        "clients",
        "Client contacts",
    ),
    record_class="client_events",
    required=("contact", "client", "ts", "channel"),
    optional=("branch", "topic", "kind", "date", "closed", "satisfaction", "event_time"),
    checks=("not_future", "words", "closed", "satisfaction", "duplicate_key"),
    time="instant",
    defaults={"kind": "request"},
)

PRODUCT_TERMS = Dataset(
    spec=TableSpec(
        "history.product_terms",
        ProductTerm,
        ("contract", "start"),
        ("contract", "start"),
        ("start", "year"),
        "clients",
        "Terms of products",
    ),
    record_class="contracts",
    required=("contract", "product", "kind", "client", "start", "end", "amount"),
    optional=("branch", "currency", "outcome", "ended_on", "paid_back", "event_time"),
    checks=("not_negative", "words", "closed", "duplicate_key"),
)

PAST_TRADES = Dataset(
    spec=TableSpec(
        "history.past_trades",
        PastTrade,
        ("account", "date", "trade"),
        ("account", "date"),
        ("date", "year"),
        "ledger",
        "Trades of earlier years",
    ),
    record_class="executions",
    required=("trade", "account", "symbol", "date", "side", "quantity", "amount"),
    optional=("branch", "price", "fee", "tax", "event_time"),
    checks=("not_negative", "not_future", "words", "duplicate_key"),
)
