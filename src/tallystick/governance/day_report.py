"""What happened on one business day, from the journal and the machines as they stood at its end."""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context
from tallystick.core.errors import NotFound
from tallystick.core.operations import operation
from tallystick.core.schema import Money, Record, date_number
from tallystick.core.text import translate
from tallystick.ledger.events import RecordExecution
from tallystick.risk.gate.events import CancelOrder, EndOrder, SubmitOrder

if TYPE_CHECKING:
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["BranchLine", "DayReport", "FileLine", "InstrumentLine", "RefusalLine", "SettlementLine"]

LARGEST_SHOWN = 20
CASH = -1


class DayReportRequest(Record, frozen=True, kw_only=True):
    """The business day; the last one when none is given."""

    date: datetime.date | None = None


class RefusalLine(Record, frozen=True, kw_only=True):
    """How many orders were refused for one reason, by its short name (an order may have several)."""

    code: str
    reason: str
    orders: int


class BranchLine(Record, frozen=True, kw_only=True):
    """One branch's day: fills, shares, turnover, commission and tax in 1e-4 of the currency."""

    branch: int
    fills: int
    quantity: int
    turnover: Money
    fee: Money
    tax: Money


class InstrumentLine(Record, frozen=True, kw_only=True):
    """One instrument's day at this firm, largest turnover first."""

    symbol: str
    fills: int
    quantity: int
    turnover: Money


class SettlementLine(Record, frozen=True, kw_only=True):
    """What settled on this day: cash (empty symbol) and each instrument, as the clearing house saw it."""

    symbol: str
    due_in: int
    due_out: int
    delivered: int
    paid_out: int
    late: int


class FileLine(Record, frozen=True, kw_only=True):
    """One end-of-day file: its source, name, bytes and SHA-256."""

    source: str
    name: str
    size_bytes: int
    sha256: str


class DayReport(Record, frozen=True, kw_only=True):
    """One business day of the firm. Amounts are 1e-4 of the currency."""

    business_date: datetime.date
    orders: int
    accepted: int
    refused: int
    cancels: int
    ended: int
    fills: int
    quantity: int
    turnover: Money
    fee: Money
    tax: Money
    active_accounts: int
    refusals: list[RefusalLine]
    branches: list[BranchLine]
    instruments: list[InstrumentLine]
    settlement: list[SettlementLine]
    files: list[FileLine]
    batches: int
    records: int
    first_seq: int
    last_seq: int
    last_hash: str
    digests: dict[str, str]


@operation(
    "governance.day_report", permission="governance.read", summary="What happened on one business day."
)
def day_report(context: Context, request: DayReportRequest) -> DayReport:
    """Orders, refusals by reason, trades, settlement, files and the journal of a day.

    NotFound when the journal does not have the day.
    """
    date = request.date or context.journal.head().day
    if date is None or date not in context.journal.days():
        raise NotFound(
            "report.no_day",
            "The journal has no day {day}.",
            "Days are listed by `tally journal batches`.",
            day=str(date),
        )
    sizes = _journal_sizes(context, date)
    engine = context.house.engine_at(sizes["last_seq"])
    ledger: LedgerMachine = engine.machines["ledger"]  # type: ignore[assignment]
    market: MarketMachine = engine.machines["market"]  # type: ignore[assignment]
    submitted = context.journal.columns(SubmitOrder, day=date)
    accepted = int((submitted.verdicts["mask"] == 0).sum())
    fees = ledger.fees(date_number(date))
    return DayReport(
        business_date=date,
        orders=len(submitted.records),
        accepted=accepted,
        refused=len(submitted.records) - accepted,
        cancels=len(context.journal.columns(CancelOrder, day=date).records),
        ended=len(context.journal.columns(EndOrder, day=date).records),
        fills=len(context.journal.columns(RecordExecution, day=date).records),
        quantity=int(fees["quantity"].sum()),
        turnover=int(fees["value"].sum()),
        fee=int(fees["fee"].sum()),
        tax=int(fees["tax"].sum()),
        active_accounts=_distinct(fees["account"]),
        refusals=_refusals(submitted.verdicts["mask"], context.language),
        branches=_branches(fees, ledger.accounts()["branch"]),
        instruments=_instruments(fees, market),
        settlement=_settlement(ledger.settlement_report(date_number(date)), market),
        files=_files(context, date),
        digests={name: digest.hex() for name, digest in engine.digests().items()},
        **sizes,
    )


def _journal_sizes(context: Context, date: datetime.date) -> dict[str, Any]:
    batches = list(context.journal.batches(day=date))
    return {
        "batches": len(batches),
        "records": sum(batch.count for batch in batches),
        "first_seq": batches[0].seq,
        "last_seq": batches[-1].seq,
        "last_hash": batches[-1].hash.hex(),
    }


def _distinct(values: Any) -> int:
    import numpy as np

    return len(np.unique(values))


def _refusals(masks: Any, language: str) -> list[RefusalLine]:
    """Orders refused by reason, most first."""
    from tallystick.core.events import event_of

    lines = []
    for bit, reason in enumerate(event_of(SubmitOrder).reasons):
        count = int((masks >> bit & 1).sum())
        if count:
            name = translate(reason.name, language)
            lines.append(RefusalLine(code=reason.code, reason=name, orders=count))
    return sorted(lines, key=lambda line: (-line.orders, line.code))


def _sums(keys: Any, rows: Any, names: tuple[str, ...]) -> tuple[Any, dict[str, list[int]]]:
    """Distinct keys and the sums of some columns over each."""
    import numpy as np

    distinct, place = np.unique(keys, return_inverse=True)
    sums = {}
    for name in names:
        total = np.zeros(len(distinct), dtype=np.int64)
        np.add.at(total, place, rows[name])
        sums[name] = total.tolist()
    return distinct.tolist(), sums


def _branches(fees: Any, branch_of_account: Any) -> list[BranchLine]:
    branches, sums = _sums(
        branch_of_account[fees["account"]], fees, ("fills", "quantity", "value", "fee", "tax")
    )
    return [
        BranchLine(branch=branch, fills=fills, quantity=quantity, turnover=value, fee=fee, tax=tax)
        for branch, fills, quantity, value, fee, tax in zip(branches, *sums.values(), strict=True)
    ]


def _instruments(fees: Any, market: MarketMachine) -> list[InstrumentLine]:
    codes, sums = _sums(fees["instrument"], fees, ("fills", "quantity", "value"))
    lines = [
        InstrumentLine(symbol=market.instruments[code].symbol, fills=fills, quantity=quantity, turnover=value)
        for code, fills, quantity, value in zip(codes, *sums.values(), strict=True)
    ]
    return sorted(lines, key=lambda line: (-line.turnover, line.symbol))[:LARGEST_SHOWN]


def _settlement(report: Any, market: MarketMachine) -> list[SettlementLine]:
    names = ("instrument", "due_in", "due_out", "delivered", "paid_out", "late")
    return [
        SettlementLine(
            symbol="" if code == CASH else market.instruments[code].symbol,
            due_in=due_in,
            due_out=due_out,
            delivered=delivered,
            paid_out=paid_out,
            late=late,
        )
        for code, due_in, due_out, delivered, paid_out, late in report[list(names)].tolist()
    ]


def _files(context: Context, date: datetime.date) -> list[FileLine]:
    """The end-of-day files that came in, by source."""
    folder = context.path / "inbox" / str(date)
    return [
        FileLine(
            source=path.parent.name,
            name=path.name,
            size_bytes=path.stat().st_size,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.glob("*/*"))
        if path.is_file()
    ]
