"""What the ledger room writes to the journal: parties, accounts, opening books, executions, settlement steps."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

from tallystick.core.events import Command, Fixed, Reason, event
from tallystick.core.schema import (
    BusinessDate,
    Column,
    FixedText12,
    FixedText24,
    Int16,
    Int32,
    Int64,
    Money,
    Price,
    Quantity,
    Text,
    Timestamp,
)

__all__ = [
    "AccountKind",
    "Capacity",
    "CloseTrading",
    "LotType",
    "MoveCash",
    "MoveSecurities",
    "OpenAccount",
    "PartyKind",
    "RecordExecution",
    "RecordOpeningCash",
    "RecordOpeningHolding",
    "RecordOpeningTrade",
    "RegisterParty",
    "Side",
]


class Side(IntEnum):
    """Which way an order or trade goes."""

    BUY = 1
    SELL = 2


class LotType(IntEnum):
    """Which book of the venue: board lots, intraday odd lots, after-hours fixed price."""

    BOARD = 1
    ODD = 2
    FIXED_PRICE = 3


class Capacity(IntEnum):
    """On what terms a client trades: with own cash and shares, on margin, short, or firm's own account."""

    CASH = 1
    MARGIN = 2
    SHORT = 3
    PROPRIETARY = 4


class PartyKind(IntEnum):
    """What a party is to the firm."""

    CLIENT = 1
    FIRM = 2
    CLEARING_HOUSE = 3
    DEPOSITORY = 4
    BANK = 5
    ISSUER = 6


class AccountKind(IntEnum):
    """What an account is for. `CONTROL` accounts are the mirror of outside books, so that every book sums to zero."""

    CLIENT = 1
    PROPRIETARY = 2
    ERROR = 3
    FEES = 4
    TAX = 5
    CLEARING = 6
    CONTROL = 7


UNKNOWN_ACCOUNT = Reason(
    "ledger.unknown_account", "Account {account} is not open.", "Open the account first."
)
UNKNOWN_INSTRUMENT = Reason(
    "ledger.unknown_instrument", "Instrument {instrument} is not registered.", "Register it first."
)
NOT_POSITIVE = Reason(
    "ledger.not_positive", "The quantity or amount must be above zero.", "Check the sign in the file."
)
TOO_LARGE = Reason(
    "ledger.too_large", "The amount passes 2^61 units.", "Check the units of price and quantity."
)
REPEATED = Reason(
    "ledger.id_repeated", "The id {id} was used with other content.", "Ids are never reused: give a new one."
)
MALFORMED = Reason(
    "ledger.malformed", "A field of the record is out of its range.", "Compare the record with the reference."
)
HOUSE_ACCOUNT = Reason(
    "ledger.house_account",
    "Account {account} is an account of the house.",
    "Book it on a client's or own account.",
)
NOT_CLEARED = Reason(
    "ledger.market_not_cleared",
    "Instrument {instrument} is of market {market}; this ledger clears {clears}.",
    "Clear that market in a ledger of its own.",
)
TRADING_CLOSED = Reason(
    "ledger.trade_date_closed",
    "Trading of {trade_date} is closed.",
    "Record it as an opening trade with its fee and tax.",
)
SETTLEMENT_BEGUN = Reason(
    "ledger.settlement_begun",
    "Settlement of {settlement_date} has begun or passed.",
    "Give a settlement date after {begun}.",
)


@event(
    "ledger.register_party",
    reasons=(
        Reason(
            "ledger.party_out_of_order",
            "Party {party} is not the next number.",
            "Number parties without gaps.",
        ),
        MALFORMED,
    ),
)
class RegisterParty(Fixed, frozen=True, kw_only=True):
    """A person or body. `reference` is the keyed reference to the vault, never personal data itself."""

    party: Int32
    kind: Annotated[PartyKind, Column("int8")]
    reference: FixedText24


@event(
    "ledger.open_account",
    reasons=(
        Reason(
            "ledger.account_out_of_order",
            "Account {account} is not the next number.",
            "Number accounts without gaps.",
        ),
        Reason("ledger.unknown_party", "Party {party} is not registered.", "Register the party first."),
        MALFORMED,
        Reason(
            "ledger.house_incomplete",
            "The house accounts are not open yet: {missing}.",
            "Open clearing, fees, tax and the control accounts of bank and depository first.",
        ),
        Reason(
            "ledger.control_of_whom",
            "Control account {account} mirrors neither a bank nor a depository.",
            "Open it for the party of a bank or a depository.",
        ),
    ),
)
class OpenAccount(Fixed, frozen=True, kw_only=True):
    """A securities and cash account of a party at a branch; `number` is what clients see."""

    account: Int32
    party: Int32
    branch: Int16
    kind: Annotated[AccountKind, Column("int8")]
    opened_on: BusinessDate
    number: FixedText12


@event("ledger.record_opening_cash", reasons=(UNKNOWN_ACCOUNT, TOO_LARGE, HOUSE_ACCOUNT))
class RecordOpeningCash(Fixed, frozen=True, kw_only=True):
    """Cash taken over at onboarding: client money against the bank's control account."""

    account: Int32
    amount: Money


@event(
    "ledger.record_opening_holding",
    reasons=(UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT, NOT_POSITIVE, TOO_LARGE, HOUSE_ACCOUNT, NOT_CLEARED),
)
class RecordOpeningHolding(Fixed, frozen=True, kw_only=True):
    """One lot of a holding taken over at onboarding, against the depository's control account."""

    account: Int32
    instrument: Int32
    quantity: Quantity
    cost: Money
    acquired_on: BusinessDate


TRADE_REASONS = (
    UNKNOWN_ACCOUNT,
    UNKNOWN_INSTRUMENT,
    NOT_POSITIVE,
    TOO_LARGE,
    REPEATED,
    MALFORMED,
    HOUSE_ACCOUNT,
    NOT_CLEARED,
)


@event("ledger.record_execution", reasons=(*TRADE_REASONS, TRADING_CLOSED), letter="X")
class RecordExecution(Fixed, frozen=True, kw_only=True):
    """A fill of one of our orders, reported by the exchange: it binds the firm and is novated to the clearing house."""

    execution_id: Int64
    order_id: Int64
    account: Int32
    instrument: Int32
    trade_date: BusinessDate
    price: Price
    quantity: Quantity
    executed_at: Timestamp
    side: Annotated[Side, Column("int8")]
    lot_type: Annotated[LotType, Column("int8")]
    capacity: Annotated[Capacity, Column("int8")]


@event("ledger.record_opening_trade", reasons=(*TRADE_REASONS, SETTLEMENT_BEGUN))
class RecordOpeningTrade(Fixed, frozen=True, kw_only=True):
    """A trade made before the firm came here and not settled yet, with fee and tax as the old books had them."""

    execution_id: Int64
    account: Int32
    instrument: Int32
    trade_date: BusinessDate
    settlement_date: BusinessDate
    price: Price
    quantity: Quantity
    fee: Money
    tax: Money
    side: Annotated[Side, Column("int8")]
    capacity: Annotated[Capacity, Column("int8")]


@event(
    "ledger.move_cash",
    reasons=(
        UNKNOWN_ACCOUNT,
        TOO_LARGE,
        Reason(
            "ledger.overdrawn",
            "Account {account} has {free}, not {amount}.",
            "Move at most the free balance.",
        ),
        HOUSE_ACCOUNT,
    ),
)
class MoveCash(Command, frozen=True, kw_only=True):
    """Cash in (+) or out (−) of an account over the client's bank, with the bank's reference."""

    account: Int32
    amount: Money
    bank_reference: Text


@event(
    "ledger.move_securities",
    reasons=(
        UNKNOWN_ACCOUNT,
        UNKNOWN_INSTRUMENT,
        TOO_LARGE,
        Reason(
            "ledger.short_of_securities",
            "Account {account} has {free} free, not {quantity}.",
            "Move at most the free quantity.",
        ),
        HOUSE_ACCOUNT,
        NOT_CLEARED,
    ),
)
class MoveSecurities(Command, frozen=True, kw_only=True):
    """Securities in (+) or out (−) of an account over the depository, with its reference."""

    account: Int32
    instrument: Int32
    quantity: Quantity
    depository_reference: Text


@event(
    "ledger.close_trading",
    reasons=(
        Reason("ledger.trading_closed", "Trading of {trade_date} is closed already.", "Nothing to do."),
        SETTLEMENT_BEGUN,
        Reason(
            "ledger.other_market",
            "This ledger clears {clears}, not {market}.",
            "Close the market that it clears.",
        ),
        Reason(
            "ledger.no_fee_terms",
            "No rule in force on {trade_date} gives {missing}.",
            "Adopt the missing rule rows, then close again.",
        ),
    ),
)
class CloseTrading(Command, frozen=True, kw_only=True):
    """End of a trade date: fees and taxes are fixed, day trades paired, obligations netted for the settlement date."""

    trade_date: BusinessDate
    settlement_date: BusinessDate
    market: Text = "TW"
