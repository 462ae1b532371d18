"""Reads the files of one day of the old system against the books as they stood before it.

Executions come in the trading system's layout (`tallystick.wire`), everything else in CSV as at the onboarding.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.events import Reason
from tallystick.core.money import format_money, parse_money
from tallystick.governance.onboarding import reasons
from tallystick.governance.onboarding.layout import DAY_FILES, EXECUTIONS
from tallystick.governance.onboarding.reading import Intake, keep_known, read_files
from tallystick.governance.onboarding.reasons import Fault

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.engine import Engine
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["DayFiles", "Known", "hashes_of", "read_day"]

NAME = "executions"


class Known(msgspec.Struct):
    """What the books know before the day: account numbers and branches, registered symbols, and parties."""

    branches: dict[str, int]
    symbols: dict[str, int]
    securities: dict[str, int]
    """Codes without the venue → instrument code, where a code is of one venue."""
    has_party: Callable[[str], bool]

    @classmethod
    def of(cls, engine: Engine, reference: Callable[[str], str]) -> Known:
        """What the machines know; `reference` makes the vault's reference of a party's key."""
        ledger: LedgerMachine = engine.machines["ledger"]  # type: ignore[assignment]
        market: MarketMachine = engine.machines["market"]  # type: ignore[assignment]
        numbers, branches = ledger.accounts()["number"].tolist(), ledger.accounts()["branch"].tolist()
        parties = set(ledger.parties()["reference"].tolist())
        symbols = {found.symbol: code for code, found in enumerate(market.instruments)}
        securities: dict[str, int] = {}
        for symbol, code in symbols.items():
            security = symbol.partition(".")[0]
            securities[security] = -1 if security in securities else code
        return cls(
            branches={
                number.decode(): branch for number, branch in zip(numbers, branches, strict=True) if number
            },
            symbols=symbols,
            securities={security: code for security, code in securities.items() if code >= 0},
            has_party=lambda key: reference(key).encode() in parties,
        )


class DayFiles(msgspec.Struct):
    """The rows of a day: of CSV files in `intake` (with all that is wrong), executions as columns with their lines."""

    intake: Intake
    executions: pa.Table
    lines: list[int]


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the day by name. TallystickError when the executions are missing."""
    paths = {file.name: folder / f"{file.name}.csv" for file in DAY_FILES} | {NAME: folder / f"{NAME}.csv"}
    if not paths[NAME].exists():
        raise TallystickError(
            "onboarding.file_missing",
            "The file {path} is missing.",
            "Export it; docs/reference/onboarding.md has its columns.",
            path=str(paths[NAME]),
        )
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items() if path.exists()
    }


def read_day(folder: Path, date: datetime.date, known: Known) -> DayFiles:
    """Read every file of the day; a row that does not read, or names what the books do not know, is a fault."""
    intake = read_files(folder, DAY_FILES)
    _refer(intake, known)
    own = {row.account: row.branch for _, row in intake.rows["accounts"]}
    table, lines, faults = _executions(folder / f"{NAME}.csv", date, known, known.branches | own)
    intake.bad += faults
    return DayFiles(intake, table, lines)


def _refer(intake: Intake, known: Known) -> None:
    """Move rows to the bad ones that name what is not known, or bring what is known already."""
    _keep_if(intake, "parties", "party", lambda key: not known.has_party(key), reasons.IS_KNOWN)
    parties = {row.party for _, row in intake.rows["parties"]}
    _keep_if(intake, "accounts", "account", lambda number: number not in known.branches, reasons.IS_OPEN)
    _keep_if(
        intake, "accounts", "party", lambda key: key in parties or known.has_party(key), reasons.NO_PARTY
    )
    accounts = {row.account for _, row in intake.rows["accounts"]} | known.branches.keys()
    for name in ("limits", "cash_movements", "securities_movements"):
        keep_known(intake, name, "account", accounts, reasons.NO_ACCOUNT)
    for name in ("reference_prices", "securities_movements"):
        keep_known(intake, name, "symbol", known.symbols, reasons.SYMBOL)
    _keep_if(intake, "cash_movements", "amount", lambda amount: parse_money(amount) != 0, reasons.NOTHING)
    _keep_if(intake, "securities_movements", "quantity", bool, reasons.NOTHING)


def _keep_if(intake: Intake, name: str, column: str, is_good: Callable[[Any], bool], reason: Reason) -> None:
    values = {getattr(row, column) for _, row in intake.rows[name]}
    keep_known(intake, name, column, {value for value in values if is_good(value)}, reason)


def _executions(
    path: Path, date: datetime.date, known: Known, branches: dict[str, int]
) -> tuple[pa.Table, list[int], list[Fault]]:
    """The executions with their lines, and what is wrong with the file."""
    from tallystick.wire import find_layout, read_file

    read = read_file(find_layout(EXECUTIONS, date), path.read_bytes())
    faults = [
        Fault(
            NAME, fault.line, fault.field,
            Reason(fault.reason.code, fault.reason.text, fault.reason.remedy), places=fault.reason.values,
        )
        for fault in read.faults
    ]  # fmt: skip
    faults += [Fault(NAME, found.line, "", reasons.UNKNOWN, found.what) for found in read.unknown]
    if not faults:
        end = max(read.lines, default=1) + 1
        faults = [
            Fault(
                NAME, end, proof.name, reasons.TOTAL, _shown(proof.name, proof.stated),
                places={"ours": _shown(proof.name, proof.computed)},
            )
            for proof in read.proofs
            if not proof.holds
        ]  # fmt: skip
    faults += _wrong_rows(read.rows, read.lines, date, known, branches)
    return read.rows, read.lines, faults


def _shown(name: str, total: int | None) -> str:
    return "–" if total is None else format_money(total) if name == "amount" else str(total)


def _wrong_rows(
    rows: pa.Table, lines: list[int], date: datetime.date, known: Known, branches: dict[str, int]
) -> Iterator[Fault]:
    """The first thing wrong with each execution, told by the books and by its other columns."""
    names = ("trade_date", "execution_id", "branch", "account", "security", "quantity", "price", "amount")
    seen: set[int] = set()
    columns = (rows.column(name).to_pylist() for name in names)
    for line, (day, number, branch, account, security, quantity, price, amount) in zip(
        lines, zip(*columns, strict=True), strict=True
    ):
        if number in seen:
            yield Fault(NAME, line, "execution_id", reasons.REPEATED, str(number))
        elif account not in branches:
            yield Fault(NAME, line, "account", reasons.NO_ACCOUNT, account)
        elif security not in known.securities:
            yield Fault(NAME, line, "security", reasons.SYMBOL, security)
        elif day != date:
            yield _other(line, "trade_date", day, date)
        elif branch != branches[account]:
            yield _other(line, "branch", branch, branches[account])
        elif amount != price * quantity:
            yield _other(line, "amount", format_money(amount), format_money(price * quantity))
        seen.add(number)


def _other(line: int, column: str, given: object, ours: object) -> Fault:
    return Fault(NAME, line, column, reasons.OTHER_VALUE, str(given), places={"ours": str(ours)})
