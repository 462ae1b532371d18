"""Oddities put into files on purpose: which kinds go where, how plain each strength is, and their labels.

Strength 1 is plain (a factor of ten, the largest row), 2 in between, 3 fine (one share, one dollar, a new id). Rows are
chosen by seed, each at most once. The control totals of a spoilt file are those of its own rows, as a source that knows
no better would send them; only a file that is cut states what it should have held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tallystick.simulation.files.sheets import Sheet
from tallystick.simulation.truth import TruthRow

__all__ = ["KINDS", "STRENGTHS", "Codes", "cut", "spoil"]

STRENGTHS = (1, 2, 3)
DOLLAR, CENT = 10_000, 100

KINDS: dict[str, tuple[str, ...]] = {
    "trading.executions": ("missing_row", "duplicate_row", "wrong_quantity", "wrong_price"),
    "exchange.executions": ("missing_row", "wrong_account", "wrong_quantity"),
    "exchange.obligations": ("wrong_quantity",),
    "depository.positions": ("missing_row", "wrong_quantity", "wrong_account"),
    "depository.movements": ("missing_row", "duplicate_row"),
    "finance.journal": ("wrong_fee", "wrong_branch"),
}
"""The oddities of each layout; those of the bank's statements stand in `statements`."""

SIZES = {"depository.positions": "balance", "finance.journal": "credit"}
FEE_INCOME, BUYERS_OWE, SELLERS_ARE_OWED = "4011", "1141", "2141"


class Codes(NamedTuple):
    """Codes inside the house of what files call accounts and securities."""

    accounts: dict[str, int]
    securities: dict[str, int]


class Change(NamedTuple):
    """What one oddity does: rows to drop, cells to write (row, column, value), rows to add as copies of a row."""

    kind: str
    strength: int
    row: int
    drop: bool = False
    cells: tuple[tuple[int, str, Any], ...] = ()
    copy: dict[str, Any] | None = None


def spoil(sheet: Sheet, each: int, random: np.random.Generator, codes: Codes) -> tuple[Sheet, list[TruthRow]]:
    """The sheet with `each` oddities of every kind and strength that its layout has, and their labels."""
    frame = pl.from_arrow(sheet.rows)
    assert isinstance(frame, pl.DataFrame)
    used: set[int] = set()
    changes: list[Change] = []
    for kind in KINDS.get(sheet.layout, ()):
        for strength in STRENGTHS:
            for _ in range(each):
                row = _choose(frame, sheet, kind, strength, random, used)
                if row is not None:
                    used.add(row)
                    changes.append(CHANGES[kind](frame, sheet, row, strength, random))
    truth = [_label(frame, sheet, change, codes) for change in changes]
    return sheet._replace(rows=_applied(frame, changes).to_arrow()), truth


def cut(sheet: Sheet, random: np.random.Generator) -> tuple[Sheet, TruthRow]:
    """The sheet without its last rows, its trailer still stating them: a transfer that broke off and closed anyhow."""
    left = int(sheet.rows.num_rows * (0.6 + 0.3 * random.random()))
    label = TruthRow(
        kind="cut_file", source=sheet.source, file=sheet.name, field="rows", right=str(sheet.rows.num_rows),
        wrong=str(left),
    )  # fmt: skip
    return sheet._replace(rows=sheet.rows.slice(0, left), stated=sheet.rows), label


def _choose(
    frame: pl.DataFrame, sheet: Sheet, kind: str, strength: int, random: np.random.Generator, used: set[int]
) -> int | None:
    """A row that the oddity can happen to: among the largest for strength 1, the smallest for strength 3."""
    mask = np.ones(frame.height, dtype=bool)
    if kind == "wrong_fee":
        mask = (frame["ledger_account"] == FEE_INCOME).to_numpy() & (frame["credit"] > 0).to_numpy()
    elif kind == "wrong_branch":
        mask = (frame["account"] != "").to_numpy() & (frame["branch"] > 0).to_numpy()
    mask[list(used)] = False
    able = np.flatnonzero(mask)
    if not len(able):
        return None
    sizes = np.abs(frame[SIZES.get(sheet.layout, "quantity")].to_numpy()[able])
    able = able[np.argsort(-sizes, kind="stable")]
    third = max(len(able) // 3, 1)
    group = able[(strength - 1) * third : strength * third] if len(able) >= len(STRENGTHS) else able
    return int(group[random.integers(0, len(group))])


def _missing(
    frame: pl.DataFrame, sheet: Sheet, row: int, strength: int, random: np.random.Generator
) -> Change:
    return Change("missing_row", strength, row, drop=True)


def _duplicate(
    frame: pl.DataFrame, sheet: Sheet, row: int, strength: int, random: np.random.Generator
) -> Change:
    """The same row again: whole; with another time or serial; with a new id."""
    changed: dict[str, Any] = {}
    if strength > 1 and "executed_at" in frame.columns:
        changed["executed_at"] = frame["executed_at"][row] + 1_000_000
    if strength > 1 and "serial" in frame.columns:
        changed["serial"] = frame["serial"].max() + 1 + row  # type: ignore[operator]
    if strength > 2 and "execution_id" in frame.columns:
        changed["execution_id"] = frame["execution_id"].max() + 1 + row  # type: ignore[operator]
    elif strength > 2:
        changed["reference"] = f"{frame['reference'][row]}"[:-1] + "X"
    return Change("duplicate_row", strength, row, copy=changed)


def _quantity(
    frame: pl.DataFrame, sheet: Sheet, row: int, strength: int, random: np.random.Generator
) -> Change:
    column = SIZES.get(sheet.layout, "quantity")
    right = int(frame[column][row])
    wrong = (
        right * 10 if strength == 1 else right + (1_000 if strength == 2 else 1) * (1 if right >= 0 else -1)
    )
    cells: list[tuple[int, str, Any]] = [(row, column, wrong)]
    if "price" in frame.columns:
        cells.append((row, "amount", wrong * int(frame["price"][row])))
    return Change("wrong_quantity", strength, row, cells=tuple(cells))


def _price(frame: pl.DataFrame, sheet: Sheet, row: int, strength: int, random: np.random.Generator) -> Change:
    right = int(frame["price"][row])
    wrong = {1: right * 10, 2: right + max(right // 20 // CENT, 1) * CENT, 3: right + CENT}[strength]
    return Change(
        "wrong_price",
        strength,
        row,
        cells=((row, "price", wrong), (row, "amount", wrong * int(frame["quantity"][row]))),
    )


def _account(
    frame: pl.DataFrame, sheet: Sheet, row: int, strength: int, random: np.random.Generator
) -> Change:
    """Another client's account; one of the same branch; two digits the wrong way round, which no account has."""
    right = str(frame["account"][row])
    if strength == 3:
        digits = list(right)
        places = [n for n in range(4, 11) if digits[n] != digits[n + 1]]
        place = places[-1] if places else 10
        digits[place], digits[place + 1] = digits[place + 1], digits[place]
        return Change("wrong_account", strength, row, cells=((row, "account", "".join(digits)),))
    near = (pl.col("account").str.slice(0, 4) == right[:4]) | pl.lit(strength == 1)
    others = frame.filter((pl.col("account") != right) & near)
    wrong = right if others.is_empty() else str(others["account"][int(random.integers(0, others.height))])
    return Change("wrong_account", strength, row, cells=((row, "account", wrong),))


def _fee(frame: pl.DataFrame, sheet: Sheet, row: int, strength: int, random: np.random.Generator) -> Change:
    """Another commission of a branch, booked against one of its clients, so that the voucher still balances."""
    right = int(frame["credit"][row])
    added = {1: right, 2: 20 * DOLLAR, 3: DOLLAR}[strength]
    voucher = frame["voucher"][row]
    lines = (frame["voucher"] == voucher).to_numpy() & (
        frame["ledger_account"].is_in([BUYERS_OWE, SELLERS_ARE_OWED]).to_numpy()
    )
    column = "debit" if frame["debit"].to_numpy()[lines].any() else "credit"
    value = np.where(lines, frame[column].to_numpy(), -1)
    other = int(np.argmax(value))
    changed = int(frame[column][other]) + (added if column == "debit" else -added)
    return Change(
        "wrong_fee", strength, row, cells=((row, "credit", right + added), (other, column, changed))
    )


def _branch(
    frame: pl.DataFrame, sheet: Sheet, row: int, strength: int, random: np.random.Generator
) -> Change:
    right = int(frame["branch"][row])
    wrong = {1: 0, 2: right + 1 if right % 10 != 2 else right - 1, 3: 9_899}[strength]
    return Change("wrong_branch", strength, row, cells=((row, "branch", wrong),))


CHANGES: dict[str, Callable[[pl.DataFrame, Sheet, int, int, np.random.Generator], Change]] = {
    "missing_row": _missing,
    "duplicate_row": _duplicate,
    "wrong_quantity": _quantity,
    "wrong_price": _price,
    "wrong_account": _account,
    "wrong_fee": _fee,
    "wrong_branch": _branch,
}


def _applied(frame: pl.DataFrame, changes: list[Change]) -> pl.DataFrame:
    spoilt = frame
    for column in {name for change in changes for _, name, _ in change.cells}:
        values = frame[column].to_list()
        for change in changes:
            for row, name, value in change.cells:
                if name == column:
                    values[row] = value
        spoilt = spoilt.with_columns(pl.Series(column, values, dtype=frame.schema[column]))
    copies = []
    for change in changes:
        if change.copy is not None:
            cells = {name: pl.lit(value, dtype=frame.schema[name]) for name, value in change.copy.items()}
            copies.append(frame[change.row].with_columns(**cells))
    dropped = [change.row for change in changes if change.drop]
    kept = spoilt.filter(~pl.int_range(pl.len()).is_in(dropped))
    return pl.concat([kept, *copies])


def _label(frame: pl.DataFrame, sheet: Sheet, change: Change, codes: Codes) -> TruthRow:
    """The label of one oddity, by the row as it should be."""
    row = frame.row(change.row, named=True)
    field, right, wrong = "", "", ""
    if change.cells:
        _, field, value = change.cells[0]
        right, wrong = str(row[field]), str(value)
    elif change.copy:
        field = next(reversed(change.copy))
        right, wrong = str(row[field]), str(change.copy[field])
    key = (
        f"{row['account']}/{row['security']}"
        if sheet.layout == "depository.positions"
        else str(row[sheet.keys])
    )
    return TruthRow(
        kind=change.kind, source=sheet.source, file=sheet.name, key=key, field=field, right=right, wrong=wrong,
        strength=change.strength, account=codes.accounts.get(row.get("account", ""), -1),
        instrument=codes.securities.get(row.get("security", ""), -1),
    )  # fmt: skip
