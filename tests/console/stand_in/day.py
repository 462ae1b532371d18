"""The day report, with the orders of every five minutes."""

from __future__ import annotations

import hashlib

import polars as pl
from made_up_book import BATCHES, DAY, OPENING

from tallystick.core.context import Context
from tallystick.core.operations import operation
from tallystick.core.schema import Record, Timestamp
from tallystick.core.text import translate
from tallystick.governance import day_report
from tallystick.risk.gate.events import SUBMIT_REASONS


class Interval(Record, frozen=True, kw_only=True):
    """Five minutes of the day."""

    at: Timestamp
    accepted: int
    refused: int


class ReportWithIntervals(day_report.DayReport, frozen=True, kw_only=True):
    """The day report as the board would like it: with the orders of every five minutes."""

    intervals: list[Interval]


@operation(
    "governance.day_report", permission="governance.read", summary="What happened on one business day."
)
def report_day(context: Context, request: day_report.DayReportRequest) -> ReportWithIntervals:
    """The made-up day."""
    book = context.house.book
    refused = book.orders.filter(pl.col("code") != "")
    slot = ((pl.col("received_at") - OPENING) // (300 * 10**9)).alias("slot")
    good = (pl.col("code") == "").sum().alias("accepted")
    counts = book.orders.group_by(slot).agg(good, pl.len().alias("all")).sort("slot").to_dicts()
    texts = {reason.code: translate(reason.name, context.language) for reason in SUBMIT_REASONS}
    by_code = refused.group_by("code").len().sort("len", "code", descending=[True, False]).to_dicts()
    sums = (pl.len().alias("fills"), pl.col("quantity").sum(), pl.col("amount").sum().alias("turnover"))
    by_symbol = (
        book.trades.group_by("symbol").agg(*sums).sort("turnover", descending=True).head(20).to_dicts()
    )
    branch = (pl.col("account") % 12).alias("branch")
    by_branch = (
        book.trades.group_by(branch)
        .agg(*sums, pl.col("fee").sum(), pl.col("tax").sum())
        .sort("branch")
        .to_dicts()
    )
    names = ("fills", "quantity", "turnover", "fee", "tax")
    return ReportWithIntervals(
        business_date=request.date or DAY,
        orders=len(book.orders),
        accepted=len(book.orders) - len(refused),
        refused=len(refused),
        cancels=318,
        ended=411,
        fills=len(book.trades),
        quantity=int(book.trades["quantity"].sum()),
        turnover=int(book.trades["amount"].sum()),
        fee=int(book.trades["fee"].sum()),
        tax=int(book.trades["tax"].sum()),
        active_accounts=book.trades["account"].n_unique(),
        batches=BATCHES,
        records=int(book.batches["count"].sum()),
        first_seq=1,
        last_seq=BATCHES,
        last_hash=book.batches["hash"][-1],
        refusals=[
            day_report.RefusalLine(code=row["code"], reason=texts[row["code"]], orders=row["len"])
            for row in by_code
        ],
        branches=[
            day_report.BranchLine(branch=row["branch"], **{name: row[name] for name in names})
            for row in by_branch
        ],
        instruments=[day_report.InstrumentLine(**row) for row in by_symbol],
        settlement=[
            day_report.SettlementLine(
                symbol=symbol, due_in=due, due_out=due, delivered=due, paid_out=due, late=0
            )
            for symbol, due in (("", 182_450_120_000), ("2330.XTAI", 41_000), ("2317.XTAI", 12_000))
        ],
        files=[
            day_report.FileLine(source="depository", name="balances.txt", size_bytes=18_230, sha256="ab" * 32)
        ],
        digests={name: hashlib.sha256(name.encode()).hexdigest() for name in ("market", "ledger", "gate")},
        intervals=[
            Interval(
                at=OPENING + row["slot"] * 300 * 10**9,
                accepted=row["accepted"],
                refused=row["all"] - row["accepted"],
            )
            for row in counts
        ],
    )
