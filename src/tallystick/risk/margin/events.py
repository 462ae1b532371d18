"""What the margin topic writes to the journal: contracts."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

from tallystick.core.events import Fixed, Reason, event
from tallystick.core.schema import BusinessDate, Column, Int32, Int64, Money, Quantity

__all__ = ["ContractKind", "RecordMarginContract"]


class ContractKind(IntEnum):
    """Financing (融資) lends cash, short (融券) lends securities."""

    FINANCING = 1
    SHORT = 2


@event(
    "margin.record_contract",
    reasons=(
        Reason(
            "margin.contract_taken",
            "Contract {contract} is on record already.",
            "Each contract has its own number.",
        ),
        Reason("margin.unknown_account", "Account {account} is not open.", "Open the account first."),
        Reason(
            "margin.impossible_contract",
            "A contract needs a kind, a quantity, an amount and a ratio above zero, and must be due after its opening.",
            "Compare with the old books.",
        ),
        Reason(
            "margin.unknown_instrument", "Instrument {instrument} is not registered.", "Register it first."
        ),
    ),
)
class RecordMarginContract(Fixed, frozen=True, kw_only=True):
    """One open contract with the ratio that was in force when it was opened, in 1e-4 (0.6 is 6,000).

    For financing `amount` is the loan; for a short it is the proceeds and `deposit` the margin paid in.
    Source: 證券商辦理有價證券買賣融資融券業務操作辦法: quotas are the client's, ratios are each contract's.
    """

    contract: Int64
    account: Int32
    instrument: Int32
    kind: Annotated[ContractKind, Column("int8")]
    quantity: Quantity
    amount: Money
    deposit: Money
    ratio: Int32
    opened_on: BusinessDate
    due_on: BusinessDate
