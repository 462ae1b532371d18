"""What the fills of a trade date are charged, each by the rules of its instrument's own class.

Only the classes that traded are looked up: that some other class has no rule does not stop a close.
"""

from __future__ import annotations

import datetime

import numpy as np

from tallystick.ledger.charges import Rates
from tallystick.ledger.columns import Array
from tallystick.market import Charge, FeeTerms, MarketMachine, RuleKey

__all__ = ["CHARGES", "Tariff"]

CHARGES = ("commission", "transaction_tax", "day_trade_tax", "day_trade_tax_proprietary")
"""The charges of a class, as `FeeTerms` names them."""


class Tariff:
    """The charges of one trade date for its fills, given by their instrument codes; `terms` by class of instruments."""

    def __init__(self, market: MarketMachine, trade_date: datetime.date, instruments: Array) -> None:
        codes, fills = np.unique(instruments, return_inverse=True)
        numbers: dict[RuleKey, int] = {}
        listed = [RuleKey.of(market.instruments[code]) for code in codes.tolist()]
        classes = [numbers.setdefault(key, len(numbers)) for key in listed]
        self.terms: dict[RuleKey, FeeTerms] = {key: market.fee_terms(key, trade_date) for key in numbers}
        self._which: Array = np.array(classes, np.int64)[fills]

    def rates(self, charge: str) -> Rates:
        """One of the `CHARGES` for every fill; nothing where the class has no rule, which `absent` tells."""
        return Rates.of(self._charges(charge), self._which)

    def day_trade_rates(self, is_own: Array) -> Rates:
        """The tax of the day-traded part of every fill: the broker's own trades have their own rate."""
        both = self._charges("day_trade_tax") + self._charges("day_trade_tax_proprietary")
        return Rates.of(both, self._which + is_own * len(self.terms))

    def pairs(self, lot_types: Array) -> Array:
        """Whether each fill is in a lot type that may pair to a day trade in its class."""
        allowed = np.zeros(len(lot_types), np.bool_)
        for number, terms in enumerate(self.terms.values()):
            allowed |= (self._which == number) & np.isin(lot_types, sorted(terms.day_trade_lots))
        return allowed

    def absent(self, charge: str, needed: Array) -> set[str]:
        """The rules that are missing for a charge of the fills where it is `needed`; empty for a good tariff."""
        classes = list(self.terms.values())
        found = [classes[number].absent.get(charge, "") for number in np.unique(self._which[needed]).tolist()]
        return {rule for rule in found if rule}

    def _charges(self, charge: str) -> list[Charge | None]:
        return [getattr(terms, charge) for terms in self.terms.values()]
