"""Holds margin contracts as rows of their record, in order of acceptance."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tallystick.core.events import verdict_dtype
from tallystick.core.machine import Explanation, Records, State, ValueRead
from tallystick.core.schema import Record, schema_of
from tallystick.risk.margin.events import ContractKind, RecordMarginContract

if TYPE_CHECKING:
    import numpy as np

    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["MarginMachine"]


class MarginMachine:
    """The record of contracts; numbers are never reused."""

    name = "margin"
    decides: tuple[type[Record], ...] = (RecordMarginContract,)
    observes: tuple[type[Record], ...] = ()

    def __init__(self, market: MarketMachine, ledger: LedgerMachine) -> None:
        import numpy as np

        self._market = market
        self._ledger = ledger
        self.contracts = np.zeros(0, dtype=schema_of(RecordMarginContract).dtype)

    def decide(self, record: type[Record], records: Records) -> np.ndarray[Any, np.dtype[Any]]:
        """Numbers are new, accounts open, instruments registered, terms possible."""
        import numpy as np

        verdicts = np.zeros(len(records), dtype=verdict_dtype())
        unknown = (records["account"] < 0) | (records["account"] >= self._ledger.account_count)
        absent = (records["instrument"] < 0) | (records["instrument"] >= len(self._market.instruments))
        impossible = (records["quantity"] <= 0) | (records["amount"] <= 0) | (records["ratio"] <= 0)
        impossible |= (records["deposit"] < 0) | (records["due_on"] <= records["opened_on"])
        impossible |= ~np.isin(records["kind"], [kind.value for kind in ContractKind])
        for bit, wrong in enumerate((unknown, impossible, absent), start=1):
            verdicts["mask"] |= wrong.astype(np.uint64) << np.uint64(bit)
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
        accounts, instruments = self._ledger.account_count, len(self._market.instruments)
        compared = [
            ("account", command.account, accounts, "open accounts", 0 <= command.account < accounts),
            (
                "instrument", command.instrument, instruments, "registered instruments",
                0 <= command.instrument < instruments,
            ),
            ("kind", command.kind, "", "contract", command.kind in tuple(ContractKind)),
            *((name, value, 0, "contract", value > 0) for name, value in (
                ("quantity", command.quantity), ("amount", command.amount), ("ratio", command.ratio),
            )),
            ("deposit", command.deposit, 0, "contract", command.deposit >= 0),
            ("due_on", str(command.due_on), str(command.opened_on), "contract", command.due_on > command.opened_on),
        ]  # fmt: skip
        return Explanation(
            values=[
                ValueRead("contract", command.contract, source="contracts on record", passed=not taken),
                *(ValueRead(*values) for values in compared),
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
