"""Who trades: what foreign investors, investment trusts and dealers bought and sold of an instrument on a date."""

from __future__ import annotations

from tallystick.core.lake import TableSpec
from tallystick.core.schema import BusinessDate, Int32, Quantity, Text
from tallystick.history.datasets.dataset import Dataset, SourcedRecord

__all__ = ["INVESTOR_FLOWS", "InvestorFlow"]


class InvestorFlow(SourcedRecord, frozen=True, kw_only=True):
    """What institutions bought and sold of an instrument on a date, in units: a row of the exchange's daily report
    (Taiwan: 三大法人買賣超).

    `foreign` is foreign and mainland investors without foreign dealers, `trust` investment trusts (投信), `dealer`
    dealers for their own account, `hedge` dealers hedging what they issued (empty where the report does not tell it
    apart). `foreign_dealer` is counted in the dealers too, so that it belongs to no sum.
    """

    symbol: Text
    instrument: Int32
    date: BusinessDate
    foreign_bought: Quantity
    foreign_sold: Quantity
    trust_bought: Quantity
    trust_sold: Quantity
    dealer_bought: Quantity
    dealer_sold: Quantity
    hedge_bought: Quantity | None = None
    hedge_sold: Quantity | None = None
    foreign_dealer_bought: Quantity | None = None
    foreign_dealer_sold: Quantity | None = None


INVESTOR_FLOWS = Dataset(
    spec=TableSpec(
        "history.investor_flows",
        InvestorFlow,
        ("symbol", "date"),
        ("symbol", "date"),
        ("date", "year"),
        "history",
        "Investor flows",
    ),
    required=(
        "symbol", "date", "foreign_bought", "foreign_sold", "trust_bought", "trust_sold", "dealer_bought",
        "dealer_sold",
    ),
    optional=("hedge_bought", "hedge_sold", "foreign_dealer_bought", "foreign_dealer_sold", "event_time"),
    checks=("not_negative", "not_future", "session", "duplicate_key", "cross_source"),
    true_from="event_time",
)  # fmt: skip
