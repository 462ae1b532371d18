"""A made-up firm whose own system is the "old" one: what it exports of a day, for another firm to follow."""

from __future__ import annotations

import csv
import datetime
import shutil
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from tallystick.core.money import format_money
from tallystick.core.time import format_time
from tallystick.firm import Firm
from tallystick.ledger.events import MoveCash, MoveSecurities
from tallystick.market.events import RegisterInstrument, SetDayTerms
from tallystick.wire import find_layout, read_file, write_file

ZONE = "Asia/Taipei"


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one CSV file."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def write(folder: Path, name: str, head: str, rows: list[tuple[object, ...]]) -> None:
    """Write one CSV file."""
    lines = [head, *(",".join(map(str, row)) for row in rows), ""]
    (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")


def add_totals(folder: Path) -> None:
    """What depository, bank and general ledger would say, summed from the files."""
    held: dict[str, int] = {}
    for row in read(folder, "holdings"):
        held[row["symbol"]] = held.get(row["symbol"], 0) + int(row["quantity"])
    cash = sum(Decimal(row["amount"]) for row in read(folder, "cash"))
    bought, sold = Decimal(), Decimal()
    for row in read(folder, "unsettled_trades") + read(folder, "error_trades"):
        value = Decimal(row["price"]) * int(row["quantity"])
        if row["side"] == "buy":
            bought += value + Decimal(row["fee"])
        else:
            sold += value - Decimal(row["fee"]) - Decimal(row["tax"])
    loans = sum(Decimal(row["amount"]) for row in read(folder, "margin_contracts"))
    books = {
        "client_cash": cash,
        "unsettled_purchases": bought,
        "unsettled_sales": sold,
        "margin_loans": loans,
    }
    write(folder, "depository_totals", "symbol,quantity", list(held.items()))
    write(folder, "bank_totals", "bank_account,amount", [("all", cash)])
    write(folder, "general_ledger_totals", "general_ledger_account,amount", list(books.items()))


def register_same(firm: Firm, old: Firm) -> None:
    """Register every instrument of the old firm."""
    for found in old.house.machine("market").instruments:
        command = RegisterInstrument(
            symbol=found.symbol,
            name=found.name,
            market=found.market,
            venue=found.venue,
            board=found.board,
            product=found.product,
        )
        assert firm.house.writer.send(command).accepted


def export_day(old: Firm, day: datetime.date, folder: Path) -> Path:
    """The old firm's files of one of its days: executions as its trading system wrote them, movements, prices."""
    folder.mkdir()
    shutil.copy(old.path / "inbox" / str(day) / "trading" / "executions.csv", folder)
    numbers = [number.decode() for number in old.house.machine("ledger").accounts()["number"].tolist()]
    symbols = [found.symbol for found in old.house.machine("market").instruments]
    cash, shares = [], []
    for batch in old.house.journal.batches(day=day, kinds=["ledger.move_cash", "ledger.move_securities"]):
        for record, mask in zip(batch.records, batch.verdicts["mask"].tolist(), strict=True):
            at = format_time(record.received_at, ZONE, digits=6)[11:]
            if isinstance(record, MoveCash) and not mask:
                cash.append((record.bank_reference, numbers[record.account], plain(record.amount), at))
            if isinstance(record, MoveSecurities) and not mask:
                shares.append((
                    record.depository_reference, numbers[record.account], symbols[record.instrument],
                    record.quantity, at,
                ))  # fmt: skip
    terms = old.house.journal.columns(SetDayTerms, day=day).records
    prices = [(symbols[row["instrument"]], plain(row["reference_price"])) for row in terms]
    write(folder, "cash_movements", "reference,account,amount,at", cash)
    write(folder, "securities_movements", "reference,account,symbol,quantity,at", shares)
    write(folder, "reference_prices", "symbol,price", prices)
    return folder


def plain(amount: int) -> str:
    """An amount in 1e-4 as decimal text without separators."""
    return format_money(int(amount)).replace(",", "")


def write_executions(folder: Path, day: datetime.date, *fills: tuple[object, ...]) -> None:
    """`executions.csv` of fills (id, order, account, branch, security, side, quantity, price in 1e-4, hour)."""
    columns = list(zip(*fills, strict=True)) or [()] * 9
    names = ("execution_id", "order_id", "account", "branch", "security", "side", "quantity", "price")
    types = (pa.int64(), pa.int64(), pa.string(), pa.int64(), pa.string(), *[pa.int64()] * 3)
    table = {
        name: pa.array(values, kind) for name, values, kind in zip(names, columns[:8], types, strict=True)
    }
    hours = [int(hour) * 3600 * 10**9 for hour in columns[8]]  # type: ignore[call-overload]
    table |= {
        "trade_date": pa.array([day] * len(fills), pa.date32()),
        "executed_at": pa.array(hours, pa.int64()),
        "security_name": pa.array(["made up"] * len(fills), pa.string()),
        "lot_type": pa.array([1] * len(fills), pa.int64()),
        "capacity": pa.array([1] * len(fills), pa.int64()),
        "amount": pa.array([p * q for p, q in zip(columns[7], columns[6], strict=True)], pa.int64()),  # type: ignore[operator]
    }
    data = write_file(find_layout("trading.executions", day), pa.table(table))
    (folder / "executions.csv").write_bytes(data)


def alter_price(folder: Path, day: datetime.date, line: int, more: int) -> dict[str, object]:
    """Raise the price of one execution in `executions.csv`, its totals too; gives the row as it was."""
    layout = find_layout("trading.executions", day)
    path = folder / "executions.csv"
    rows = read_file(layout, path.read_bytes()).rows.to_pylist()
    before = dict(rows[line])
    rows[line]["price"] += more
    rows[line]["amount"] = rows[line]["price"] * rows[line]["quantity"]
    path.write_bytes(write_file(layout, pa.Table.from_pylist(rows)))
    return before
