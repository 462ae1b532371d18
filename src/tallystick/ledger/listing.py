"""The market's instruments as an array by code: which are cleared here."""

from __future__ import annotations

import numpy as np

from tallystick.ledger.columns import Array
from tallystick.market import MarketMachine

__all__ = ["Listing"]


class Listing:
    """Follows the market's growing list. `clears` is the market whose settlement cycle this ledger runs."""

    def __init__(self, market: MarketMachine, clears: str) -> None:
        self.market = market
        self.clears = clears
        self._cleared: Array = np.zeros(0, dtype=np.bool_)

    def cleared(self) -> Array:
        """For each instrument code whether its market is cleared here."""
        known, count = len(self._cleared), len(self.market.instruments)
        if known != count:
            new = [instrument.market == self.clears for instrument in self.market.instruments[known:]]
            self._cleared = np.concatenate([self._cleared[:count], np.array(new, dtype=np.bool_)])
        return self._cleared

    def forget(self) -> None:
        """Read the list anew, after a state was restored."""
        self._cleared = np.zeros(0, dtype=np.bool_)
