"""Holds margin contracts as rows of their record, in order of acceptance."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

from tallystick.core.events import verdict_dtype
from tallystick.core.machine import Explanation, Records, State, ValueRead
from tallystick.core.schema import Record, schema_of
from tallystick.risk.margin.events import RecordMarginContract

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MarginMachine"]


class Accounts(Protocol):
    """What the ledger tells: how many accounts are open."""

    @property
    def account_count(self) -> int:
        """Accounts have the codes 0 to this."""


class MarginMachine:
    """The record of contracts; numbers are never reused."""

    name = "margin"
    decides: tuple[type[Record], ...] = (RecordMarginContract,)
    observes: tuple[type[Record], ...] = ()

    def __init__(self, ledger: Accounts) -> None:
        import numpy as np

        self._ledger = ledger
        self.contracts = np.zeros(0, dtype=schema_of(RecordMarginContract).dtype)

    def decide(self, record: type[Record], records: Records) -> np.ndarray[Any, np.dtype[Any]]:
        """Numbers are new, accounts open, amounts above zero."""
        import numpy as np

        verdicts = np.zeros(len(records), dtype=verdict_dtype())
        unknown = (records["account"] < 0) | (records["account"] >= self._ledger.account_count)
        impossible = (records["quantity"] <= 0) | (records["amount"] <= 0) | (records["ratio"] <= 0)
        verdicts["mask"] = unknown.astype(np.uint64) << 1 | impossible.astype(np.uint64) << 2
        used = set(self.contracts["contract"].tolist())
        for index, number in enumerate(records["contract"].tolist()):
            if number in used:
                verdicts["mask"][index] |= 1
            elif not verdicts["mask"][index]:
                used.add(number)
        self.apply(record, records, verdicts)
        return verdicts

    def apply(self, record: type[Record], records: Records, verdicts: np.ndarray[Any, np.dtype[Any]]) -> None:
        """Keep the accepted contracts."""
        import numpy as np

        self.contracts = np.concatenate([self.contracts, records[verdicts["mask"] == 0]])

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """What was compared."""
        taken = bool((self.contracts["contract"] == command.contract).any())
        accounts = self._ledger.account_count
        return Explanation(
            values=[
                ValueRead("contract", command.contract, source="contracts on record", passed=not taken),
                ValueRead(
                    "account", command.account, accounts, "open accounts", 0 <= command.account < accounts
                ),
                ValueRead("amount", command.amount, 0, "contract", command.amount > 0),
            ]
        )

    def digest(self) -> bytes:
        """SHA-256 of the contracts' bytes."""
        return hashlib.sha256(self.contracts.tobytes()).digest()

    def snapshot(self) -> State:
        """The contracts."""
        return {"contracts": self.contracts.copy()}

    def restore(self, state: State) -> None:
        """Take saved contracts."""
        self.contracts = state["contracts"].copy()
