"""What the ledger needs of the market room, and no more; any object of this shape serves.

The market machine fills it in a firm; the tests fill it with a plain stand-in. Everything is read-only, and the
market machine observes none of the ledger's kinds, so that reading it while deciding is safe.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from tallystick.core.money import Rounding

__all__ = ["Charge", "FeeTerms", "Instrument", "LedgerMarket"]


class Instrument(Protocol):
    """What is traded: its symbol for people, its market, its product class (key of the tax rates)."""

    @property
    def symbol(self) -> str:
        """For people, e.g. `2330.XTAI`."""

    @property
    def market(self) -> str:
        """The market whose cycle it settles in, e.g. `TW`."""

    @property
    def product(self) -> str:
        """Product class of the rule tables, e.g. `stock`, `etf`."""


class Charge(Protocol):
    """One dated rate: amount × numerator ÷ denominator, rounded to a multiple of `unit`, at least `minimum`.

    `unit` and `minimum` are money in 1e-4 (10,000 is one dollar); `source` names the rule row, for people.
    """

    @property
    def numerator(self) -> int:
        """Of the rate."""

    @property
    def denominator(self) -> int:
        """Of the rate, above zero."""

    @property
    def unit(self) -> int:
        """The result is a multiple of this, in 1e-4."""

    @property
    def rounding(self) -> Rounding:
        """How the result comes to a multiple of the unit."""

    @property
    def minimum(self) -> int:
        """The least charge of one order, in 1e-4; 0 for taxes."""

    @property
    def source(self) -> str:
        """Where the rate comes from: rule, article, date, status."""


class FeeTerms(Protocol):
    """Commission and transaction tax in force on one date."""

    @property
    def commission(self) -> Charge:
        """The broker's fee, per order."""

    @property
    def transaction_tax(self) -> Mapping[str, Charge]:
        """The seller's tax by product class; a class that pays none has a rate of 0, one without a rule is absent."""

    @property
    def day_trade_tax(self) -> Mapping[str, Charge]:
        """The seller's tax on what was bought and sold the same day; a class that is absent pays the ordinary rate."""

    @property
    def day_trade_lots(self) -> Collection[int]:
        """The lot types (`LotType`) that may pair to day trades."""


class LedgerMarket(Protocol):
    """The market machine as the ledger sees it."""

    @property
    def instruments(self) -> Sequence[Instrument]:
        """All instruments; the place is the instrument code."""

    @property
    def rule_set(self) -> str:
        """The name of the rules in force, for people."""

    @property
    def rule_set_number(self) -> int:
        """The number of the rules in force, for verdicts."""

    def fee_terms(self, date: datetime.date) -> FeeTerms:
        """The terms in force on a trade date; TallystickError when no rule row holds."""
