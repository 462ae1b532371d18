"""Reads the files of an onboarding: good rows, and bad rows with line, column and reason. Nothing is dropped unseen."""

from __future__ import annotations

import csv
import datetime
import hashlib
import typing
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from tallystick.core.errors import TallystickError, nearest
from tallystick.core.events import Reason
from tallystick.core.money import LIMIT, parse_money
from tallystick.governance.onboarding import reasons
from tallystick.governance.onboarding.layout import AMOUNT_KINDS, FILES, OnboardingFile, Row
from tallystick.governance.onboarding.reasons import Fault

__all__ = ["HOUSE_ACCOUNTS", "Intake", "keep_known", "read_file", "read_files", "read_folder"]

HOUSE_ACCOUNTS = ("OWN", "ERROR")
"""The firm's own accounts that files name and `accounts.csv` does not list."""

Lines = list[tuple[int, Any]]
"""Rows with their lines in the file."""


class Intake(msgspec.Struct):
    """What was read: good rows with their lines by file, what is wrong with the others, the SHA-256 of every file."""

    rows: dict[str, Lines]
    bad: list[Fault]
    hashes: dict[str, str]


def read_folder(folder: Path, symbols: Collection[str]) -> Intake:
    """Read every file of the layout; TallystickError for a missing file or column, bad rows for the rest.

    A row is bad too when its account or party is in no row of its own file, or its symbol is not registered.
    """
    intake = read_files(folder, FILES)
    _refer(intake, symbols)
    return intake


def read_files(folder: Path, files: Sequence[OnboardingFile]) -> Intake:
    """Read files of a layout, each row for itself; TallystickError for a missing file or column."""
    intake = Intake(rows={}, bad=[], hashes={})
    for file in files:
        path = folder / f"{file.name}.csv"
        if not file.required and not path.exists():
            intake.rows[file.name] = []
            continue
        intake.rows[file.name], bad = read_file(file, path)
        intake.hashes[file.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        intake.bad += bad
    return intake


def read_file(file: OnboardingFile, path: Path) -> tuple[Lines, list[Fault]]:
    """One file: line number and row of each row that reads, and what is wrong with the others.

    TallystickError when it is missing, lacks a column, or is no CSV in UTF-8.
    """
    if not path.exists():
        raise TallystickError(
            "onboarding.file_missing",
            "The file {path} is missing.",
            "Export it; docs/reference/onboarding.md has its columns.",
            path=str(path),
        )
    good: Lines = []
    bad: list[Fault] = []
    seen: set[tuple[Any, ...]] = set()
    for line, fields in _cells(file, path):
        row = _row(file, line, fields)
        if isinstance(row, Row):
            key = tuple(getattr(row, column) for column in file.key)
            if key not in seen:
                seen.add(key)
                good.append((line, row))
                continue
            value = " ".join(map(str, key))
            row = Fault(file.name, line, file.key[0], reasons.REPEATED, value)
        bad.append(row)
    return good, bad


def _cells(file: OnboardingFile, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and cells by column of each row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            _check_header(file, path, reader.fieldnames or [])
            for fields in reader:
                yield reader.line_num, fields
    except (UnicodeDecodeError, csv.Error):
        raise TallystickError(
            "onboarding.not_csv",
            "{path} is not CSV in UTF-8.",
            "Save it as CSV in UTF-8.",
            path=str(path),
        ) from None


def _check_header(file: OnboardingFile, path: Path, header: Sequence[str]) -> None:
    known = {field.name: field.required for field in msgspec.structs.fields(file.row)}
    missing = [name for name, required in known.items() if required and name not in header]
    unknown = [name for name in header if name not in known]
    if missing or unknown:
        raise TallystickError(
            "onboarding.columns",
            "{path}: missing columns {missing}; unknown columns {unknown}.",
            "Nearest are {near}; docs/reference/onboarding.md has all.",
            path=str(path),
            missing=", ".join(missing) or "–",
            unknown=", ".join(unknown) or "–",
            near=", ".join(filter(None, (nearest(name, known) for name in unknown))) or "–",
        )


def _row(file: OnboardingFile, line: int, fields: dict[str, Any]) -> Row | Fault:
    """One row from its cells, or the first fault; empty cells take the default."""
    if None in fields or None in fields.values():
        return Fault(file.name, line, "", reasons.CELLS)
    cells = {name: value.strip() for name, value in fields.items() if value.strip()}
    for column in msgspec.structs.fields(file.row):
        if column.name not in cells:
            if column.required:
                return Fault(file.name, line, column.name, reasons.EMPTY)
            continue
        reason = _fault_of(column.type, cells[column.name])
        if reason is not None:
            return Fault(file.name, line, column.name, reason, cells[column.name], _choices(column.type))
    return msgspec.convert(cells, file.row, strict=False)


def _fault_of(kind: Any, cell: str) -> Reason | None:
    """Why a cell is no value of a column's type; None when it is one."""
    if kind in AMOUNT_KINDS:
        return _fault_of_amount(cell, AMOUNT_KINDS[kind])
    try:
        value = msgspec.convert(cell, kind, strict=False)
    except msgspec.ValidationError:
        return _fault_by_type(kind, cell)
    return reasons.TOO_LARGE if isinstance(value, int) and abs(value) > LIMIT else None


def _fault_of_amount(cell: str, limit: int) -> Reason | None:
    try:
        amount = parse_money(cell)
    except TallystickError:
        return reasons.AMOUNT
    return reasons.TOO_LARGE if abs(amount) > limit else None


def _fault_by_type(kind: Any, cell: str) -> Reason:
    """The reason that a value which does not read gets, by the type of its column."""
    if _choices(kind):
        return reasons.CHOICE
    plain = typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind
    if plain is not int:
        return {str: reasons.BAD_TEXT, datetime.time: reasons.TIME}.get(plain, reasons.DATE)
    if not cell.removeprefix("-").isdecimal():
        return reasons.WHOLE
    return reasons.TOO_SMALL if int(cell) <= 0 else reasons.TOO_LARGE


def _choices(kind: Any) -> tuple[str, ...]:
    """The words that a column may hold; none when it is not a choice."""
    return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()


def _refer(intake: Intake, symbols: Collection[str]) -> None:
    """Move rows that name an unknown party, account or instrument to the bad ones."""
    parties = {row.party for _, row in intake.rows["parties"]}
    for name in ("accounts", "consents"):
        keep_known(intake, name, "party", parties, reasons.PARTY)
    accounts = {row.account for _, row in intake.rows["accounts"]} | set(HOUSE_ACCOUNTS)
    for name in ("cash", "holdings", "margin_contracts", "unsettled_trades", "error_trades", "limits"):
        keep_known(intake, name, "account", accounts, reasons.ACCOUNT)
    for name in ("holdings", "margin_contracts", "unsettled_trades", "error_trades", "depository_totals"):
        keep_known(intake, name, "symbol", symbols, reasons.SYMBOL)


def keep_known(intake: Intake, name: str, column: str, valid: Collection[str], reason: Reason) -> None:
    """Move the rows of a file that hold no valid value in a column to the bad ones."""
    known: Lines = []
    for line, row in intake.rows[name]:
        value = getattr(row, column)
        if value in valid:
            known.append((line, row))
        else:
            intake.bad.append(Fault(name, line, column, reason, value))
    intake.rows[name] = known
