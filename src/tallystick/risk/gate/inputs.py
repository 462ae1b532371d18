"""What the gate needs of the rooms below it, and nothing more: the market's terms and charges, the ledger's books."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Approved", "Charge", "FeeTerms", "Instrument", "Ledger", "Market"]


class Approved(Protocol):
    """Asks whether a second person approved exactly this content (`core.approvals`)."""

    def __call__(self, proposal: str, content: bytes, /) -> bool:
        """True if the proposal of this content was approved."""


class Charge(Protocol):
    """One dated rate: amount × numerator ÷ denominator, at least `minimum` (1e-4 of the currency)."""

    @property
    def numerator(self) -> int:
        """Of the rate."""

    @property
    def denominator(self) -> int:
        """Of the rate, above zero."""

    @property
    def minimum(self) -> int:
        """The least charge of one order, in 1e-4; 0 for taxes."""

    @property
    def source(self) -> str:
        """Where the rate comes from, for people."""


class FeeTerms(Protocol):
    """Commission and transaction tax in force on one date."""

    @property
    def commission(self) -> Charge:
        """The broker's fee, per order."""

    @property
    def transaction_tax(self) -> Mapping[str, Charge]:
        """The seller's tax by product class."""

    @property
    def day_trade_lots(self) -> Collection[int]:
        """The lot types (`LotType`) that may pair to day trades."""


class Instrument(Protocol):
    """What is traded: its symbol for people, and the class that rules are looked up by."""

    @property
    def symbol(self) -> str:
        """For people, e.g. `2330.XTAI`."""

    @property
    def market(self) -> str:
        """The jurisdiction, e.g. `TW`."""

    @property
    def venue(self) -> str:
        """The venue's code, e.g. `XTAI`."""

    @property
    def board(self) -> str:
        """The venue's segment."""

    @property
    def product(self) -> str:
        """Product class of the rule tables, e.g. `stock`, `etf`."""


class Rules(Protocol):
    """The dated rules in force."""

    def find(self, field: str, key: Any, date: datetime.date) -> Sequence[Any]:
        """The rows about a field for an instrument on a date, each with its `value`; empty when none is."""


class Calendar(Protocol):
    """A venue's days."""

    @property
    def zone(self) -> str:
        """The venue's time zone."""

    def phases(self, date: datetime.date, classified: Any) -> Sequence[Any]:
        """The parts of a day for an instrument: each with `opens`, `closes`, `mode`."""


class Market(Protocol):
    """The market's machine."""

    @property
    def day_terms(self) -> Any:
        """By instrument code, a structured array: `business_date` (days), `reference_price`, `limit_up`,
        `limit_down`, `lot`, `tick_table`, `status`, `order_minimum`.
        """

    @property
    def tick_arrays(self) -> Sequence[np.ndarray[Any, np.dtype[Any]]]:
        """By tick table: lower bound, tick, lower bound, tick, … rising."""

    @property
    def instruments(self) -> Sequence[Instrument]:
        """All instruments by code."""

    @property
    def rules(self) -> Rules:
        """The rules in force."""

    def calendar(self, venue: str) -> Calendar:
        """A venue's calendar by the rules in force."""

    def fee_terms(self, date: datetime.date) -> FeeTerms:
        """The terms in force on a trade date; TallystickError when no rule row holds."""


class Ledger(Protocol):
    """The ledger's machine."""

    @property
    def account_count(self) -> int:
        """How many accounts are open: codes 0 to this less one."""

    def gate_cash(self) -> np.ndarray[Any, np.dtype[Any]]:
        """Available cash by account code, int64 in 1e-4 of the currency."""

    def gate_holdings(self) -> np.ndarray[Any, np.dtype[Any]]:
        """What can be sold: rows of `account`, `instrument`, `sellable`."""

    def account(self, code: int) -> Any:
        """An account's record, with its `number`."""
