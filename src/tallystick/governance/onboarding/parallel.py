"""The parallel run: the old system's close beside ours, day by day.

Compared are every account's cash and holdings, and what each has still to pay, to get and to deliver by settlement
date: so a wrong price or fee of the day shows on the day, not when it settles.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tallystick.core.context import Context
from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.money import parse_money
from tallystick.core.schema import date_number, number_date
from tallystick.governance.onboarding.events import AmountProof, CompareParallelDay, QuantityProof
from tallystick.governance.onboarding.layout import CLOSE_FILES, FILES
from tallystick.governance.onboarding.proof import Proof, client_kinds
from tallystick.governance.onboarding.reading import read_file
from tallystick.governance.onboarding.steps import places
from tallystick.ledger.events import Side

if TYPE_CHECKING:
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["compare_day"]

SAMPLE = 100

Sums = defaultdict[tuple[str, str], int]
"""Totals by what they are of (`cash`, `holding`, `unsettled_cash`, `unsettled_holding`) and whose."""


class Close(NamedTuple):
    """The close of one system: money (1e-4) and units."""

    amounts: Sums
    quantities: Sums

    @classmethod
    def empty(cls) -> Close:
        """A close without anything."""
        return cls(defaultdict(int), defaultdict(int))

    def add_trade(
        self, account: str, symbol: str, settles: datetime.date, side: Side, money: int, units: int
    ) -> None:
        """Add an unsettled trade: what is to be paid counts below zero, so do securities to be delivered."""
        sign = 1 if side == Side.BUY else -1
        self.amounts["unsettled_cash", f"{account} {settles}"] -= sign * money
        self.quantities["unsettled_holding", f"{account} {symbol} {settles}"] += sign * units


def compare_day(context: Context, folder: Path, date: datetime.date) -> Proof | Rejection:
    """Compare the files of the old system's close with our books; journal what came out.

    A file with a bad row is refused whole: half a close proves nothing.
    """
    theirs, ours = _theirs(context, folder), _ours(context, date)
    proof = Proof(
        [
            AmountProof(
                source=key[0],
                subject=key[1],
                their_amount=theirs.amounts.get(key, 0),
                our_amount=ours.amounts.get(key, 0),
            )
            for key in sorted(theirs.amounts.keys() | ours.amounts.keys())
        ],
        [
            QuantityProof(
                source=key[0],
                subject=key[1],
                their_quantity=theirs.quantities.get(key, 0),
                our_quantity=ours.quantities.get(key, 0),
            )
            for key in sorted(theirs.quantities.keys() | ours.quantities.keys())
        ],
    )
    differences = proof.differences()
    command = CompareParallelDay(
        business_date=date,
        compared=proof.compared,
        differences=differences.compared,
        amounts=differences.amounts[:SAMPLE],
        quantities=differences.quantities[:SAMPLE],
    )
    decision = context.send(command)
    if decision.accepted:
        return proof
    return decision.rejections(places(context.machine("onboarding"), command))[0]


def _theirs(context: Context, folder: Path) -> Close:
    """The old system's close from its files."""
    close = Close.empty()
    cash, holdings, *trades = (list(_rows(context, folder, name)) for name in CLOSE_FILES)
    for row in cash:
        close.amounts["cash", row.account] += parse_money(row.amount)
    for row in holdings:
        close.quantities["holding", f"{row.account} {row.symbol}"] += row.quantity
    for row in (row for part in trades for row in part):
        side = Side[row.side.upper()]
        charges = parse_money(row.fee) + parse_money(row.tax)
        money = parse_money(row.price) * row.quantity + (charges if side == Side.BUY else -charges)
        close.add_trade(row.account, row.symbol, row.settlement_date, side, money, row.quantity)
    return close


def _rows(context: Context, folder: Path, name: str) -> Iterator[Any]:
    path = folder / f"{name}.csv"
    file = next(file for file in FILES if file.name == name)
    if not file.required and not path.exists():
        return
    rows, bad = read_file(file, path)
    if bad:
        raise TallystickError(
            "onboarding.bad_close",
            "{path}: {count} rows do not read, the first at line {line}: {reason}",
            "Export the close again.",
            path=str(path),
            count=len(bad),
            line=bad[0].line,
            reason=bad[0].said(context.language).reason,
        )
    yield from (row for _, row in rows)


def _ours(context: Context, date: datetime.date) -> Close:
    """Our books as they stand, with the trades that settle after a date."""
    ledger: LedgerMachine = context.machine("ledger")
    market: MarketMachine = context.machine("market")
    symbols = [found.symbol for found in market.instruments]
    accounts, positions, trades = ledger.accounts(), ledger.positions(), ledger.trades()
    numbers = [number.decode() for number in accounts["number"].tolist()]
    mine, close = client_kinds(accounts), Close.empty()
    for account in (mine & (accounts["posted"] != 0)).nonzero()[0].tolist():
        close.amounts["cash", numbers[account]] += int(accounts["posted"][account])
    held = positions[mine[positions["account"]] & (positions["posted"] != 0)]
    for account, instrument, posted in held[["account", "instrument", "posted"]].tolist():
        close.quantities["holding", f"{numbers[account]} {symbols[instrument]}"] += posted
    waiting = trades[trades["settlement_date"] > date_number(date)]
    for row in waiting:
        side, charges = Side(int(row["side"])), int(row["fee"]) + int(row["tax"])
        money = int(row["value"]) + (charges if side == Side.BUY else -charges)
        close.add_trade(
            numbers[row["account"]],
            symbols[row["instrument"]],
            number_date(row["settlement_date"]),
            side,
            money,
            int(row["quantity"]),
        )
    return close
