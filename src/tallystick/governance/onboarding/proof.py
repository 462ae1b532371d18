"""Our totals beside those of depository, banks and general ledger, computed from the machines, not from the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context
from tallystick.core.money import parse_money
from tallystick.governance.onboarding.events import ProofLine
from tallystick.governance.onboarding.reading import Intake
from tallystick.ledger.events import AccountKind, Side
from tallystick.risk.margin.events import ContractKind

if TYPE_CHECKING:
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine
    from tallystick.risk import MarginMachine

__all__ = ["client_kinds", "proof_lines"]

CLIENT_KINDS = (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR)


def client_kinds(accounts: Any) -> Any:
    """Which rows of the ledger's accounts are books of clients or of the firm's own trading, not mirrors."""
    import numpy as np

    return np.isin(accounts["kind"], CLIENT_KINDS)


def proof_lines(context: Context, intake: Intake) -> list[ProofLine]:
    """Every total of the files beside ours; what only one side has counts as 0 at the other."""
    return [*_depository(context, intake), _bank(context, intake), *_general_ledger(context, intake)]


def _depository(context: Context, intake: Intake) -> Iterator[ProofLine]:
    import numpy as np

    ledger: LedgerMachine = context.machine("ledger")
    market: MarketMachine = context.machine("market")
    positions = ledger.positions()
    mine = positions[client_kinds(ledger.accounts())[positions["account"]]]
    ours = np.zeros(len(market.instruments), dtype=np.int64)
    np.add.at(ours, mine["instrument"], mine["posted"])
    theirs = {row.symbol: row.quantity for _, row in intake.rows["depository_totals"]}
    for code, instrument in enumerate(market.instruments):
        if ours[code] or instrument.symbol in theirs:
            yield ProofLine(
                source="depository",
                subject=instrument.symbol,
                theirs=theirs.get(instrument.symbol, 0),
                ours=int(ours[code]),
            )


def _bank(context: Context, intake: Intake) -> ProofLine:
    theirs = sum(parse_money(row.amount) for _, row in intake.rows["bank_totals"])
    return ProofLine(source="bank", subject="client_cash", theirs=theirs, ours=_cash(context))


def _cash(context: Context) -> int:
    ledger: LedgerMachine = context.machine("ledger")
    accounts = ledger.accounts()
    return int(accounts["posted"][client_kinds(accounts)].sum())


def _general_ledger(context: Context, intake: Intake) -> Iterator[ProofLine]:
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
            yield ProofLine(source="general_ledger", subject=name, theirs=theirs.get(name, 0), ours=amount)
