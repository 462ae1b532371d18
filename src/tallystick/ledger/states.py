"""The states of a trade and of an obligation, and the steps of a settlement day."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["CASH", "OPEN_STATES", "Obligation", "Step", "TradeState"]

CASH = -1
"""Stands where an instrument code stands and means money."""


class TradeState(IntEnum):
    """How far a trade is: of today, closed with fee and tax, or brought in from the books before with both."""

    OPEN = 1
    CLOSED = 2
    BROUGHT = 3


class Obligation(IntEnum):
    """How far one obligation is: waiting, done, done after its deadline, late, in default, kept back for lateness."""

    DUE = 1
    SETTLED = 2
    SETTLED_LATE = 3
    LATE = 4
    DEFAULTED = 5
    RETAINED = 6


OPEN_STATES = (Obligation.DUE, Obligation.LATE, Obligation.DEFAULTED, Obligation.RETAINED)
"""Obligations in these states still bind."""


class Step(IntEnum):
    """The steps of a settlement day in their order; the name in lower case ends the deadline's name."""

    WAITING = 0
    SECURITIES_IN = 1
    CASH_IN = 2
    PAY_OUT = 3
    BANK_CLOSE = 4
