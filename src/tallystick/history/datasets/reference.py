"""What stands around the prices: corporate actions, reference prices, and who belonged to an index when."""

from __future__ import annotations

from tallystick.core.schema import BusinessDate, Int32, Money, Price, Text
from tallystick.history.datasets.dataset import Dataset, Ratio, SourcedRecord, market_table

__all__ = [
    "ACTIONS",
    "ACTION_KINDS",
    "INDEX_MEMBERS",
    "REFERENCE_PRICES",
    "CorporateAction",
    "IndexMember",
    "ReferencePrice",
]

ACTION_KINDS = ("cash", "stock", "rights", "reduction", "par_change", "reform")
"""Kinds of corporate action; `reform` (share-reform compensation) does not adjust prices."""


class CorporateAction(SourcedRecord, frozen=True, kw_only=True):
    """What a company did to its shares from `ex_date` on, one row for each kind.

    Two cash dividends of one ex-date, from earnings and from capital surplus, are one row with their sum.

    `cash` is money per share. `ratio` is free shares per share (`stock`), shares kept per share (`reduction`), new
    shares per old (`par_change`). Rights carry `subscription_price` and new shares per share as `subscription_ratio`.
    `announced` is the date of the announcement; what the firm knew goes by `known_time`.
    """

    symbol: Text
    instrument: Int32
    ex_date: BusinessDate
    kind: Text
    cash: Money | None = None
    ratio: Ratio | None = None
    subscription_price: Price | None = None
    subscription_ratio: Ratio | None = None
    currency: Text | None = None
    announced: BusinessDate | None = None


class ReferencePrice(SourcedRecord, frozen=True, kw_only=True):
    """The price that a date's band is measured from (the opening base), the close before it, and the limits."""

    symbol: Text
    instrument: Int32
    date: BusinessDate
    reference: Price
    previous_close: Price | None = None
    limit_up: Price | None = None
    limit_down: Price | None = None


class IndexMember(SourcedRecord, frozen=True, kw_only=True):
    """A symbol in an index from `valid_from` to `valid_to`, both included (none: still in it); delisted ones stay."""

    index: Text
    symbol: Text
    instrument: Int32
    valid_from: BusinessDate
    valid_to: BusinessDate | None = None
    weight: Ratio | None = None


ACTIONS = Dataset(
    spec=market_table(
        "actions", CorporateAction, "Corporate actions", key=("symbol", "ex_date", "kind"), sort=("symbol", "ex_date"),
        by="ex_date", rhythm="year",
    ),
    required=("symbol", "ex_date", "kind"),
    optional=(
        "cash", "ratio", "subscription_price", "subscription_ratio", "currency", "announced", "event_time"
    ),
    checks=("not_negative", "kind", "duplicate_key", "cross_source"),
)  # fmt: skip

REFERENCE_PRICES = Dataset(
    spec=market_table(
        "reference_prices", ReferencePrice, "Reference prices", key=("symbol", "date"), rhythm="year"
    ),
    required=("symbol", "date", "reference"),
    optional=("previous_close", "limit_up", "limit_down", "event_time"),
    checks=("positive", "session", "tick", "duplicate_key", "cross_source"),
    traded=("reference",),
)

INDEX_MEMBERS = Dataset(
    spec=market_table(
        "index_members",
        IndexMember,
        "Index membership",
        key=("index", "symbol", "valid_from"),
        by="valid_from",
        rhythm="year",
    ),
    required=("index", "symbol", "valid_from"),
    optional=("valid_to", "weight", "event_time"),
    checks=("not_negative", "closed", "duplicate_key"),
)
