"""The parallel run: the old system's close beside ours, every account's cash and every holding, day by day."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.money import parse_money
from tallystick.governance.onboarding.events import CompareParallelDay, ProofLine
from tallystick.governance.onboarding.layout import FILES
from tallystick.governance.onboarding.proof import client_kinds
from tallystick.governance.onboarding.reading import read_file

if TYPE_CHECKING:
    from tallystick.core.context import Decision
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["compare_day"]

SAMPLE = 100


def compare_day(context: Context, folder: Path, date: datetime.date) -> tuple[list[ProofLine], int, Decision]:
    """Compare `cash.csv` and `holdings.csv` of the old system's close with our books; journal what came out.

    Returns the differences, how many totals were compared, and the journal's decision. A file with a bad row is
    refused whole: half a close proves nothing.
    """
    theirs = _theirs(folder)
    ours = _ours(context)
    lines = [
        ProofLine(
            source=source,
            subject=subject,
            theirs=theirs.get((source, subject), 0),
            ours=ours.get((source, subject), 0),
        )
        for source, subject in sorted(theirs.keys() | ours.keys())
    ]
    differences = [line for line in lines if line.theirs != line.ours]
    content = hashlib.sha256(repr(sorted(theirs.items())).encode()).hexdigest()[:16]
    decision = context.send(
        CompareParallelDay(
            command_id=f"parallel-{date}-{content}",
            business_date=date,
            compared=len(lines),
            differences=len(differences),
            sample=differences[:SAMPLE],
        )
    )
    return differences, len(lines), decision


def _theirs(folder: Path) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for name in ("cash", "holdings"):
        file = next(file for file in FILES if file.name == name)
        rows, bad = read_file(file, folder / f"{name}.csv")
        if bad:
            raise TallystickError(
                "onboarding.bad_close",
                "{path}: {count} rows do not read, the first at line {line}: {reason}",
                "Export the close again.",
                path=str(folder / f"{name}.csv"),
                count=len(bad),
                line=bad[0].line,
                reason=bad[0].reason,
            )
        for _, row in rows:
            key, amount = _cell(name, row)
            found[key] = found.get(key, 0) + amount
    return found


def _cell(name: str, row: Any) -> tuple[tuple[str, str], int]:
    if name == "cash":
        return ("cash", row.account), parse_money(row.amount)
    return ("holding", f"{row.account} {row.symbol}"), row.quantity


def _ours(context: Context) -> dict[tuple[str, str], int]:
    return dict(_our_cells(context))


def _our_cells(context: Context) -> Iterator[tuple[tuple[str, str], int]]:
    ledger: LedgerMachine = context.machine("ledger")
    market: MarketMachine = context.machine("market")
    accounts = ledger.accounts()
    numbers = [number.decode() for number in accounts["number"].tolist()]
    mine = client_kinds(accounts)
    for account, posted in zip(
        accounts["account"][mine].tolist(), accounts["posted"][mine].tolist(), strict=True
    ):
        if posted:
            yield ("cash", numbers[account]), posted
    positions = ledger.positions()
    positions = positions[mine[positions["account"]] & (positions["posted"] != 0)]
    for account, instrument, posted in positions[["account", "instrument", "posted"]].tolist():
        yield ("holding", f"{numbers[account]} {market.instruments[instrument].symbol}"), posted
