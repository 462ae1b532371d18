"""Our totals beside those of depository, banks and general ledger, computed from the machines, not from the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tallystick.core.context import Context
from tallystick.core.money import parse_money
from tallystick.governance.onboarding.events import AmountProof, QuantityProof
from tallystick.governance.onboarding.reading import Intake
from tallystick.ledger.events import AccountKind, Side
from tallystick.risk.margin.events import ContractKind

if TYPE_CHECKING:
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine
    from tallystick.risk import MarginMachine

__all__ = ["Proof", "client_kinds", "prove"]

CLIENT_KINDS = (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR)


class Proof(NamedTuple):
    """Totals of outside books beside ours: of money, and of securities."""

    amounts: list[AmountProof]
    quantities: list[QuantityProof]

    @property
    def compared(self) -> int:
        """How many totals stand beside each other."""
        return len(self.amounts) + len(self.quantities)

    def differences(self) -> Proof:
        """Only the totals that differ."""
        return Proof(
            [line for line in self.amounts if line.differs],
            [line for line in self.quantities if line.differs],
        )


def client_kinds(accounts: Any) -> Any:
    """Which rows of the ledger's accounts are books of clients or of the firm's own trading, not mirrors."""
    import numpy as np

    return np.isin(accounts["kind"], CLIENT_KINDS)


def prove(context: Context, intake: Intake) -> Proof:
    """Every total of the files beside ours; what only one side has counts as 0 at the other."""
    return Proof([_bank(context, intake), *_general_ledger(context, intake)], _depository(context, intake))


def _depository(context: Context, intake: Intake) -> list[QuantityProof]:
    import numpy as np

    ledger: LedgerMachine = context.machine("ledger")
    market: MarketMachine = context.machine("market")
    positions = ledger.positions()
    mine = positions[client_kinds(ledger.accounts())[positions["account"]]]
    ours = np.zeros(len(market.instruments), dtype=np.int64)
    np.add.at(ours, mine["instrument"], mine["posted"])
    theirs = {row.symbol: row.quantity for _, row in intake.rows["depository_totals"]}
    return [
        QuantityProof(
            source="depository",
            subject=instrument.symbol,
            their_quantity=theirs.get(instrument.symbol, 0),
            our_quantity=int(ours[code]),
        )
        for code, instrument in enumerate(market.instruments)
        if ours[code] or instrument.symbol in theirs
    ]


def _bank(context: Context, intake: Intake) -> AmountProof:
    theirs = sum(parse_money(row.amount) for _, row in intake.rows["bank_totals"])
    return AmountProof(source="bank", subject="client_cash", their_amount=theirs, our_amount=_cash(context))


def _cash(context: Context) -> int:
    ledger: LedgerMachine = context.machine("ledger")
    accounts = ledger.accounts()
    return int(accounts["posted"][client_kinds(accounts)].sum())


def _general_ledger(context: Context, intake: Intake) -> Iterator[AmountProof]:
    ledger: LedgerMachine = context.machine("ledger")
    margin: MarginMachine = context.machine("margin")
    trades = ledger.trades()
    buys = trades["side"] == Side.BUY
    financing = margin.contracts["kind"] == ContractKind.FINANCING
    ours = {
        "client_cash": _cash(context),
        "unsettled_purchases": int((trades["value"] + trades["fee"])[buys].sum()),
        "unsettled_sales": int((trades["value"] - trades["fee"] - trades["tax"])[~buys].sum()),
        "margin_loans": int(margin.contracts["amount"][financing].sum()),
        "short_proceeds": int(margin.contracts["amount"][~financing].sum()),
    }
    theirs = {
        row.general_ledger_account: parse_money(row.amount) for _, row in intake.rows["general_ledger_totals"]
    }
    for name, amount in ours.items():
        if amount or name in theirs:
            yield AmountProof(
                source="general_ledger", subject=name, their_amount=theirs.get(name, 0), our_amount=amount
            )
