"""The ledger room: who holds what, who owes whom, and the settlement of it.

Words: a *holding* is what an account has of an instrument, there (posted), owed (held out) and to come (incoming).
An *obligation* is a net duty or right of a settlement date, in two tiers: client with firm, firm with clearing house.
The *clearing* account stands for the clearing house, *control* accounts mirror the books of bank and depository.

It guarantees: every posting is a pair and every book sums to zero; an execution's id counts once, for ever; a client
gets cash and securities of a settlement date only when it has performed its own part; amounts are exact integers.
It takes executions, movements and deadlines from the journal; it may not read clocks, files or other rooms above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.ledger.house import HOUSE_ACCOUNT_COUNT, house_accounts, house_parties
from tallystick.ledger.states import Obligation, Step, TradeState

if TYPE_CHECKING:
    from tallystick.ledger.deadlines import settlement_deadlines
    from tallystick.ledger.machine import LedgerMachine
    from tallystick.ledger.tables import accounts_as_columns, symbols_as_text

__all__ = [
    "HOUSE_ACCOUNT_COUNT",
    "LedgerMachine",
    "Obligation",
    "Step",
    "TradeState",
    "accounts_as_columns",
    "house_accounts",
    "house_parties",
    "settlement_deadlines",
    "symbols_as_text",
]


def __getattr__(name: str) -> Any:
    """Import the heavy parts on first use, so that the room's events load without NumPy."""
    if name == "settlement_deadlines":
        from tallystick.ledger.deadlines import settlement_deadlines

        return settlement_deadlines
    if name == "LedgerMachine":
        from tallystick.ledger.machine import LedgerMachine

        return LedgerMachine
    if name in ("accounts_as_columns", "symbols_as_text"):
        from tallystick.ledger import tables

        return getattr(tables, name)
    raise AttributeError(name)
