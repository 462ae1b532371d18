"""The files of an onboarding, column by column: CSV, UTF-8, a header line, one row a fact.

Amounts are decimal text in the currency, quantities whole units, dates `YYYY-MM-DD`. `docs/reference/onboarding.md`
is made from these records. Files with `totals` in their name come from outside bodies and are only compared.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec

from tallystick.core.money import LIMIT

__all__ = ["AMOUNT_KINDS", "CLOSE_FILES", "DAY_FILES", "EXECUTIONS", "FILES", "OnboardingFile", "Row"]

Amount = Annotated[str, msgspec.Meta(description="decimal text of an amount, at most four decimals")]
"""Decimal text of an amount in the currency, at most four decimals."""

Ratio = Annotated[str, msgspec.Meta(description="decimal text of a ratio, at most four decimals")]
"""Decimal text of a ratio: 0.6 is 60 %."""

TimeOfDay = Annotated[datetime.time, msgspec.Meta(tz=False)]
"""A time of day of the home market, `HH:MM:SS`."""

AMOUNT_KINDS: dict[Any, int] = {Amount: LIMIT, Ratio: 2**31 - 1}
"""The types of columns that hold decimal text, and the largest value of each in 1e-4."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all rows; every field is a column of the file."""


class PartyRow(Row, frozen=True, kw_only=True):
    """A person or body. Name, identity number and contact go to the vault, a keyed reference to the journal."""

    party: str
    kind: Literal["client", "issuer", "firm"]
    name: str
    identity_number: str = ""
    phone: str = ""
    email: str = ""


class AccountRow(Row, frozen=True, kw_only=True):
    """A securities and cash account of a party at a branch (branches are numbered).

    The firm's own accounts exist already; other files name them `OWN` and `ERROR`.
    """

    account: Annotated[str, msgspec.Meta(max_length=12, pattern="^[ -~]*$")]
    party: str
    branch: Annotated[int, msgspec.Meta(ge=0, lt=2**15)]
    kind: Literal["client", "proprietary"]
    opened_on: datetime.date


class CashRow(Row, frozen=True, kw_only=True):
    """The settled cash of an account."""

    account: str
    amount: Amount


class HoldingRow(Row, frozen=True, kw_only=True):
    """One lot of a holding: an account's shares bought on one day, at what cost."""

    account: str
    symbol: str
    quantity: Annotated[int, msgspec.Meta(gt=0)]
    cost: Amount
    acquired_on: datetime.date


class MarginContractRow(Row, frozen=True, kw_only=True):
    """An open margin contract with the loan or margin ratio of its own opening day (0.6 is 60 %)."""

    contract: Annotated[int, msgspec.Meta(gt=0)]
    account: str
    symbol: str
    kind: Literal["financing", "short"]
    quantity: Annotated[int, msgspec.Meta(gt=0)]
    amount: Amount
    deposit: Amount
    ratio: Ratio
    opened_on: datetime.date
    due_on: datetime.date


class TradeRow(Row, frozen=True, kw_only=True):
    """A trade that is not settled yet, with fee and tax as the old books have them."""

    trade: Annotated[int, msgspec.Meta(gt=0)]
    account: str
    symbol: str
    side: Literal["buy", "sell"]
    price: Amount
    quantity: Annotated[int, msgspec.Meta(gt=0)]
    trade_date: datetime.date
    settlement_date: datetime.date
    fee: Amount
    tax: Amount


class LimitRow(Row, frozen=True, kw_only=True):
    """An account's trading terms."""

    account: str
    status: Literal["normal", "blocked", "sell_only"]
    daily_limit: Amount
    order_value_limit: Amount
    permissions: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class ConsentRow(Row, frozen=True, kw_only=True):
    """What a client allowed or refused."""

    party: str
    recipient: str
    purpose: str
    data_class: str
    channel: str
    state: Literal["granted", "withdrawn", "expired", "relation_ended"]
    effective_on: datetime.date
    form_version: str = ""
    evidence_sha256: str = ""


class DepositoryTotalRow(Row, frozen=True, kw_only=True):
    """What the depository holds for the firm and its clients, for each instrument."""

    symbol: str
    quantity: int


class BankTotalRow(Row, frozen=True, kw_only=True):
    """What the banks hold of client money, for each bank account."""

    bank_account: str
    amount: Amount


class GeneralLedgerTotalRow(Row, frozen=True, kw_only=True):
    """The general ledger's balance of an account that these books must explain."""

    general_ledger_account: Literal[
        "client_cash", "unsettled_purchases", "unsettled_sales", "margin_loans", "short_proceeds"
    ]
    amount: Amount


class ReferencePriceRow(Row, frozen=True, kw_only=True):
    """The price that an instrument's limits of the day are reckoned from, and how it trades."""

    symbol: str
    price: Amount
    status: Literal["normal", "halted", "disposition", "full_delivery"] = "normal"


class CashMovementRow(Row, frozen=True, kw_only=True):
    """Money that came to an account (above zero) or left it (below) during the day, with the bank's reference."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    account: str
    amount: Amount
    at: TimeOfDay


class SecuritiesMovementRow(Row, frozen=True, kw_only=True):
    """Securities that came to an account (above zero) or left it (below), with the depository's reference."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    account: str
    symbol: str
    quantity: int
    at: TimeOfDay


class OnboardingFile(msgspec.Struct, frozen=True):
    """One file of an onboarding: its name, row, the columns that make a row unique, whether it must be there."""

    name: str
    row: type[Row]
    key: tuple[str, ...]
    required: bool = True

    @property
    def columns(self) -> dict[str, Any]:
        """Column names and types in file order."""
        return {field.name: field.type for field in msgspec.structs.fields(self.row)}


FILES = (
    OnboardingFile("parties", PartyRow, ("party",)),
    OnboardingFile("accounts", AccountRow, ("account",)),
    OnboardingFile("cash", CashRow, ("account",)),
    OnboardingFile("holdings", HoldingRow, ("account", "symbol", "acquired_on")),
    OnboardingFile("margin_contracts", MarginContractRow, ("contract",), required=False),
    OnboardingFile("unsettled_trades", TradeRow, ("trade",)),
    OnboardingFile("error_trades", TradeRow, ("trade",), required=False),
    OnboardingFile("limits", LimitRow, ("account",)),
    OnboardingFile(
        "consents", ConsentRow, ("party", "recipient", "purpose", "data_class", "channel"), required=False
    ),
    OnboardingFile("depository_totals", DepositoryTotalRow, ("symbol",)),
    OnboardingFile("bank_totals", BankTotalRow, ("bank_account",)),
    OnboardingFile("general_ledger_totals", GeneralLedgerTotalRow, ("general_ledger_account",)),
)
"""All files, in the order in which they are loaded."""

DAY_FILES = (
    OnboardingFile("parties", PartyRow, ("party",), required=False),
    OnboardingFile("accounts", AccountRow, ("account",), required=False),
    OnboardingFile("limits", LimitRow, ("account",), required=False),
    OnboardingFile("reference_prices", ReferencePriceRow, ("symbol",), required=False),
    OnboardingFile("cash_movements", CashMovementRow, ("reference",), required=False),
    OnboardingFile("securities_movements", SecuritiesMovementRow, ("reference",), required=False),
)
"""The files of a day that is followed, beside its executions; parties, accounts and limits are the day's new ones."""

EXECUTIONS = "trading.executions"
"""The layout (`tallystick.wire`) of the day's `executions.csv`, which must be there."""

CLOSE_FILES = ("cash", "holdings", "unsettled_trades", "error_trades")
"""The files of a close that a parallel day is compared with."""
