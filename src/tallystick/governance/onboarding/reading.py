"""Reads the files of an onboarding: good rows, and bad rows with line, column and reason. Nothing is dropped unseen."""

from __future__ import annotations

import csv
import hashlib
import typing
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core.errors import TallystickError, nearest
from tallystick.core.money import parse_money
from tallystick.core.schema import Record
from tallystick.governance.onboarding.layout import FILES, Amount, OnboardingFile, Row

__all__ = ["BadRow", "Intake", "read_file", "read_folder"]

HOUSE_ACCOUNTS = ("OWN", "ERROR")
WHERE_KNOWN = {
    "party": "is in no row of parties.csv.",
    "account": "is in no row of accounts.csv.",
    "symbol": "is not registered: register the instrument first.",
}
AMOUNT_COLUMNS = {
    "amount",
    "cost",
    "deposit",
    "ratio",
    "price",
    "fee",
    "tax",
    "daily_limit",
    "order_value_limit",
}


class BadRow(Record, frozen=True, kw_only=True):
    """A row that was not taken: its file, its line in the file (the header is 1), and why."""

    file: str
    line: int
    column: str
    reason: str


class Intake(msgspec.Struct):
    """What was read: good rows by file, bad rows, the SHA-256 of every file."""

    rows: dict[str, list[Any]]
    bad: list[BadRow]
    hashes: dict[str, str]


def read_folder(folder: Path, symbols: Collection[str]) -> Intake:
    """Read every file of the layout; TallystickError for a missing file or column, bad rows for the rest.

    A row is bad too when its account or party is in no row of its own file, or its symbol is not registered.
    """
    intake = Intake(rows={}, bad=[], hashes={})
    for file in FILES:
        path = folder / f"{file.name}.csv"
        if not path.exists():
            if file.required:
                raise TallystickError(
                    "onboarding.file_missing",
                    "The file {path} is missing.",
                    "Export it; docs/reference/onboarding.md has its columns.",
                    path=str(path),
                )
            intake.rows[file.name] = []
            continue
        intake.hashes[file.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        intake.rows[file.name], bad = read_file(file, path)
        intake.bad += bad
    _refer(intake, symbols)
    return intake


def read_file(file: OnboardingFile, path: Path) -> tuple[list[tuple[int, Any]], list[BadRow]]:
    """One file: line number and row of each row that reads, and the others with their reason."""
    bad: list[BadRow] = []
    return list(_good_rows(file, path, bad)), bad


def _good_rows(file: OnboardingFile, path: Path, bad: list[BadRow]) -> Iterator[tuple[int, Row]]:
    """Line number and row of each row that reads; the others go to `bad`."""
    seen: set[tuple[Any, ...]] = set()
    with path.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source)
        _check_header(file, path, reader.fieldnames or [])
        for fields in reader:
            line = reader.line_num
            try:
                row = _row(file, fields)
            except (msgspec.ValidationError, TallystickError) as error:
                column, reason = _place(error)
                bad.append(BadRow(file=file.name, line=line, column=column, reason=reason))
                continue
            key = tuple(getattr(row, column) for column in file.key)
            if key in seen:
                bad.append(
                    BadRow(
                        file=file.name,
                        line=line,
                        column=file.key[0],
                        reason="This row repeats an earlier one.",
                    )
                )
                continue
            seen.add(key)
            yield line, row


def _check_header(file: OnboardingFile, path: Path, header: typing.Sequence[str]) -> None:
    known = {field.name: field.required for field in msgspec.structs.fields(file.row)}
    missing = [name for name, required in known.items() if required and name not in header]
    unknown = [name for name in header if name not in known]
    if missing or unknown:
        raise TallystickError(
            "onboarding.columns",
            "{path}: missing columns {missing}; unknown columns {unknown}.",
            "Nearest are {near}; docs/reference/onboarding.md has all.",
            path=str(path),
            missing=", ".join(missing) or "none",
            unknown=", ".join(unknown) or "none",
            near=", ".join(filter(None, (nearest(name, known) for name in unknown))) or "none",
        )


def _row(file: OnboardingFile, fields: dict[str, Any]) -> Row:
    """One row from its cells; empty cells take the default, amounts must be exact decimals."""
    if None in fields or None in fields.values():
        raise TallystickError(
            "onboarding.cells", "The row has more or fewer cells than the header.", "Check the quotes."
        )
    cells = {name: value.strip() for name, value in fields.items() if value.strip()}
    for name in AMOUNT_COLUMNS & cells.keys():
        if file.columns.get(name) is Amount:
            parse_money(cells[name])
    return msgspec.convert(cells, file.row, strict=False)


def _place(error: Exception) -> tuple[str, str]:
    """The column and the reason of a failure; msgspec names the path as `$.column`."""
    words = str(error)
    reason, _, path = words.partition(" - at `$.")
    return (path.rstrip("`") if path else ""), reason


def _refer(intake: Intake, symbols: Collection[str]) -> None:
    """Move rows that name an unknown party or account to the bad ones."""
    parties = {row.party for _, row in intake.rows["parties"]}
    intake.rows["accounts"] = _known(intake, "accounts", "party", parties)
    intake.rows["consents"] = _known(intake, "consents", "party", parties)
    accounts = {row.account for _, row in intake.rows["accounts"]} | set(HOUSE_ACCOUNTS)
    for name in ("cash", "holdings", "margin_contracts", "unsettled_trades", "error_trades", "limits"):
        intake.rows[name] = _known(intake, name, "account", accounts)
    for name in ("holdings", "margin_contracts", "unsettled_trades", "error_trades", "depository_totals"):
        intake.rows[name] = _known(intake, name, "symbol", symbols)


def _known(intake: Intake, name: str, column: str, valid: Collection[str]) -> list[Any]:
    good = []
    for line, row in intake.rows[name]:
        value = getattr(row, column)
        if value in valid:
            good.append((line, row))
        else:
            reason = f"{column} {value} {WHERE_KNOWN[column]}"
            intake.bad.append(BadRow(file=name, line=line, column=column, reason=reason))
    return good
