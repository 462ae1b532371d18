"""A firm's stand-in for driving the pages: real access, work, approvals and market rooms in memory; made-up tables for
the rooms behind them. Run it to look at the console: `python tests/console/stand_in.py 8321`, sign in as ann.

Every name, number and price is made up; the same seed gives the same firm.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib
import re
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from made_up_book import BATCHES, DAY, NAMES, OPENING, Book

from tallystick.console import create_pages, serve
from tallystick.core import access_operations, journal_operations, why
from tallystick.core.access import Access, AccessMachine, DefineRole, GrantRole, seed_roles
from tallystick.core.approvals import ApprovalsMachine, proposal_for
from tallystick.core.context import Context
from tallystick.core.day import DayMachine, DayOpened
from tallystick.core.errors import NotFound, Rejection
from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.ids import format_day_id, parse_day_id
from tallystick.core.lake import Lake
from tallystick.core.machine import ValueRead
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record, Timestamp
from tallystick.core.settings import Settings
from tallystick.core.text import translate
from tallystick.core.vault import Vault
from tallystick.core.work import CloseWork, NoteWork, OpenWork, WorkMachine
from tallystick.firm import OPERATION_MODULES
from tallystick.gateway import create_api
from tallystick.governance import day_report
from tallystick.governance import operations as governance_operations
from tallystick.history import HistoryMachine, append_bars
from tallystick.ledger import requests as ledger_requests
from tallystick.market import MarketMachine, day_terms, seed_command
from tallystick.market import operations as market_operations
from tallystick.market.events import RegisterInstrument, SetDayTerms
from tallystick.risk import requests as risk_requests
from tallystick.risk.gate.events import SUBMIT_REASONS, SetKillSwitch

REAL_ROOMS = (access_operations, market_operations, governance_operations)
"""Importing them declares their operations."""
for name in OPERATION_MODULES:
    if name.startswith("tallystick.history"):
        importlib.import_module(name)

PASSWORD = "made-up-password"


class Firm:
    """What a `House` offers, in memory."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.path = folder
        self.book = Book()
        self.machines = {
            m.name: m
            for m in (
                DayMachine(),
                AccessMachine(),
                ApprovalsMachine(),
                WorkMachine(),
                MarketMachine(),
                HistoryMachine(),
            )
        }
        self.moved = 0
        self.damage = None
        self.writer = self
        self.vault = Vault(folder / "vault.sqlite")
        self.access = Access(self, self.vault)
        self.journal = SimpleNamespace(
            head=lambda: SimpleNamespace(seq=BATCHES + self.moved), batches=lambda **_: iter(())
        )
        self.lake = Lake(folder / "lake")
        append_bars(
            self.lake,
            self.book.bars.rename({"turnover": "amount"}).to_arrow(compat_level=pl.CompatLevel.oldest()),
        )
        self._seed()

    def machine(self, name: str) -> Any:
        return self.machines[name]

    def send(self, command: Record, actor: str = "operations") -> Any:
        return self.decide(type(command), [command], actor)

    def decide(self, record: type[Record], records: Any, actor: str = "operations") -> Any:
        kind = event_of(record)
        if not kind.fixed:
            import msgspec

            stamp = OPENING + 16_200 * 10**9 + self.moved * 10**9
            said = {"received_at": stamp} | ({"actor": actor} if hasattr(records[0], "actor") else {})
            records = [msgspec.structs.replace(command, **said) for command in records]
        decider = next((m for m in self.machines.values() if record in m.decides), None)
        verdicts = decider.decide(record, records) if decider else np.zeros(len(records), verdict_dtype())
        self.moved += 1
        rejected = [
            r for mask in verdicts["mask"].tolist() for r in ([kind.reasons_in(mask)] if mask else [])
        ]
        return SimpleNamespace(
            accepted=not rejected,
            position=BATCHES + self.moved,
            verdicts=verdicts,
            rejections=lambda values=None: [
                Rejection(code=r.code, text=r.text, remedy=r.remedy, values=values or {})
                for rs in rejected
                for r in rs
            ],
        )

    def _seed(self) -> None:
        for role in seed_roles():
            self.send(role)
        self.send(DefineRole(role="clerk", permissions=["market.read", "work.read", "journal.read"]))
        for user, role in (("ann", "administrator"), ("ben", "risk_officer"), ("cat", "clerk")):
            self.send(GrantRole(user=user, role=role))
            self.vault.set_password(user, PASSWORD)
        self.send(seed_command())
        self.send(DayOpened(business_date=DAY, code_version="stand-in"))
        for code, name, name_zh in NAMES:
            self.send(
                RegisterInstrument(
                    symbol=f"{code}.XTAI", name=name, name_zh=name_zh, industry="Made-up industry"
                )
            )
        self.moved = 0
        codes = np.arange(len(NAMES))
        prices = np.array([self.book.previous[symbol] for symbol in self.book.symbols])
        terms = day_terms(self.machine("market"), codes, prices, DAY)
        assert self.decide(SetDayTerms, terms).accepted
        for number, (severity, title, owner, due) in enumerate((
            ("severe", "Settlement bank's total differs from ours by TWD 120,000", "ben", DAY),
            ("high", "Account 702-100058-8 was refused 14 times in a row", "ben", DAY),
            ("medium", "Two rule rows end within 60 days", "", DAY + datetime.timedelta(days=6)),
            ("medium", "Quarantined rows of the price file wait", "ann", DAY + datetime.timedelta(days=3)),
            ("low", "Rename the branch codes in the monthly file", "", DAY + datetime.timedelta(days=12)),
        )):  # fmt: skip
            self.send(
                OpenWork(
                    work=f"w{number}",
                    room="risk",
                    title=title,
                    owner=owner,
                    severity=severity,
                    due=due,
                    subject=f"O20261120-{number}",
                )
            )
        self.send(NoteWork(work="w0", note="Asked the bank for its statement."))
        self.send(CloseWork(work="w4", outcome="not needed"))
        self.send(
            proposal_for(
                SetKillSwitch(scope="account:58", stopped=False, reason="The client explained"),
                "p1",
                "Lift the stop of account 58",
                "The client explained",
            ),
            actor="ben",
        )
        self.moved = 0


AMOUNTS = {
    "price",
    "amount",
    "fee",
    "tax",
    "cost",
    "posted_cash",
    "market_value",
    "open",
    "high",
    "low",
    "close",
    "turnover",
}


def listing(frame: pl.DataFrame, request: Any, **filters: Any) -> Table:
    """Filter by equality, sort, page; amounts carry their unit, as the rooms' tables do."""
    for name, value in filters.items():
        if value not in (None, ""):
            frame = frame.filter(pl.col(name).cast(pl.String) == str(value))
    sort = getattr(request, "sort", "")
    if sort:
        frame = frame.sort(
            sort.lstrip("-"), descending=sort.startswith("-"), nulls_last=True, maintain_order=True
        )
    arrow = frame.slice(request.offset, request.limit or None).to_arrow()
    for index, field in enumerate(arrow.schema):
        if field.name.endswith("_at"):
            arrow = arrow.set_column(index, field.name, arrow.column(index).cast(pa.timestamp("ns", "UTC")))
        if field.name in AMOUNTS:
            arrow = arrow.set_column(
                index, field.with_metadata({"unit": "1e-4 of the currency"}), arrow.column(index)
            )
    return Table(arrow, total_rows=len(frame))


def rejections_of(row: dict[str, Any]) -> list[Rejection]:
    """The reason of a refused order, its places filled as far as the row tells."""
    if not row["code"]:
        return []
    reason = next(reason for reason in SUBMIT_REASONS if reason.code == row["code"])
    known = {
        "price": f"{row['price'] / 10_000:,.2f}",
        "quantity": f"{row['quantity']:,}",
        "instrument": row["symbol"],
    }
    values = {name: known.get(name, "…") for name in re.findall(r"{(\w+)}", reason.text + reason.remedy)}
    return [Rejection(code=reason.code, text=reason.text, remedy=reason.remedy, values=values)]


def find_order(context: Context, identity: str) -> dict[str, Any]:
    found = context.house.book.orders.filter(pl.col("order_id") == parse_day_id(identity))
    if found.is_empty():
        raise NotFound(
            "gate.no_order",
            "There is no order {order} in the journal.",
            "See `tally risk orders`.",
            order=identity,
        )
    return found.to_dicts()[0]


@operation("risk.orders", permission="risk.read", summary="List orders with their state and reasons.")
def orders(context: Context, request: risk_requests.OrdersRequest) -> Table:
    """Orders that fit."""
    frame = context.house.book.orders
    if request.status == "accepted":
        frame = frame.filter(pl.col("code") == "")
    elif request.status:
        frame = frame.filter(pl.col("status") == request.status)
    side = {"1": "buy", "2": "sell"}.get(request.side, request.side)
    found = listing(
        frame, request, account=request.account, symbol=request.symbol, side=side, code=request.reason
    )
    language = context.language
    said = [
        [translate(r.text, language).format(**r.values) for r in rejections_of(row)]
        for row in found.arrow.to_pylist()
    ]
    arrow = found.arrow.append_column("reasons", pa.array(said, pa.list_(pa.string())))
    return Table(arrow, total_rows=found.total_rows)


@operation("risk.order", permission="risk.read", summary="Show one order with its fills and reasons.")
def order(context: Context, request: risk_requests.OrderRequest) -> risk_requests.OrderReply:
    """An order by id."""
    row = find_order(context, request.order_id)
    at, seq, price = row["received_at"], row["seq"], row["price"]
    event, fill = risk_requests.OrderEvent, risk_requests.Fill
    events = [
        event(
            at=at, seq=seq, index=3, kind="gate.submit_order", text="Refused" if row["code"] else "Accepted"
        )
    ]
    fills = []
    if row["filled"]:
        text = f"{row['filled']:,} × {price / 10_000:,.2f}"
        events.append(
            event(at=at + 18 * 10**8, seq=seq + 2, index=0, kind="ledger.record_execution", text=text)
        )
        fills.append(
            fill(
                execution_id=row["order_id"], price=price, quantity=row["filled"], executed_at=at + 18 * 10**8
            )
        )
    if 0 < row["filled"] < row["quantity"]:
        text = f"{row['quantity'] - row['filled']:,} left"
        closing = OPENING + 16_200 * 10**9
        events.append(event(at=closing, seq=BATCHES - 2, index=1, kind="gate.end_order", text=text))
    names = set(risk_requests.OrderReply.__struct_fields__) & set(row)
    return risk_requests.OrderReply(
        **{name: row[name] for name in names},
        session=1, cancel_asked=False, average_price=price if fills else 0,
        reservation=0 if row["code"] else price * row["quantity"], fills=fills, reasons=rejections_of(row),
        events=events,
    )  # fmt: skip


@operation(
    "risk.account_terms", permission="risk.read", summary="Show an account's trading terms and means now."
)
def account_terms(
    context: Context, request: risk_requests.AccountTermsRequest
) -> risk_requests.AccountTermsReply:
    """The same for every account."""
    row = account_row(context, request.account)
    return risk_requests.AccountTermsReply(
        account=row["account"], account_number=row["number"], has_terms=True, status="normal",
        permissions=["board_lots", "odd_lots"], daily_limit=50_000_000_000, order_value_limit=20_000_000_000,
        cash=row["cash"], reserved=1_250_000_000, bought=0, sold=0, buying_power=row["cash"],
        stop_reason="",
    )  # fmt: skip


@operation(
    "risk.kill_switch",
    permission="risk.manage",
    summary="Stop order taking at once, or ask to resume it.",
    writes=True,
)
def kill_switch(
    context: Context, request: risk_requests.KillSwitchRequest
) -> access_operations.DoneReply | Rejection:
    """A stop is at once; a resumption needs a second person."""
    command = SetKillSwitch(scope=request.scope, stopped=request.stopped, reason=request.reason)
    if not request.stopped:
        return access_operations.propose(context, command, "Resume order taking", request.reason)
    return access_operations.DoneReply(id=request.scope, position=context.send(command).position)


@operation("risk.set_account_terms", permission="risk.manage", summary="Set trading terms.", writes=True)
def set_account_terms(
    context: Context, request: risk_requests.SetAccountTermsRequest
) -> access_operations.DoneReply:
    """Nothing is kept."""
    return access_operations.DoneReply(id=str(request.account), position=BATCHES)


@operation("ledger.accounts", permission="ledger.read", summary="List accounts with their cash.")
def accounts(context: Context, request: ledger_requests.AccountsRequest) -> Table:
    """Accounts that fit."""
    frame = context.house.book.accounts.filter(pl.col("number").str.contains(request.search, literal=True))
    return listing(
        frame.rename({"cash": "posted"}),
        request,
        number=request.number,
        branch=request.branch,
        kind=request.kind,
    )


def account_row(context: Context, account: str | int) -> dict[str, Any]:
    frame = context.house.book.accounts
    found = frame.filter(
        (pl.col("account").cast(pl.String) == str(account)) | (pl.col("number") == str(account))
    )
    if found.is_empty():
        raise NotFound(
            "ledger.account_missing",
            "There is no account {account}.",
            "See `tally ledger accounts`.",
            account=account,
        )
    return found.to_dicts()[0]


@operation("ledger.account", permission="ledger.read", summary="Show one account with what is there and due.")
def account(context: Context, request: ledger_requests.AccountRequest) -> ledger_requests.AccountReply:
    """One account."""
    row = account_row(context, request.account)
    cash = row.pop("cash")
    return ledger_requests.AccountReply(
        **row,
        reference=hashlib.sha256(row["number"].encode()).hexdigest()[:24],
        cash_posted=cash,
        cash_due_in=1_250_000_000,
        cash_due_out=880_000_000,
        available=cash - 880_000_000,
        holdings=3,
    )


@operation("ledger.cash", permission="ledger.read", summary="Show an account's cash by settlement date.")
def cash(context: Context, request: ledger_requests.AccountRequest) -> ledger_requests.CashReply:
    """Cash of one account."""
    row = account_row(context, request.account)
    dates = [
        ledger_requests.CashDate(
            settlement_date=DAY + datetime.timedelta(days=n), amount=amount, status="due"
        )
        for n, amount in ((3, 1_250_000_000), (4, -880_000_000))
    ]
    return ledger_requests.CashReply(
        account=row["account"],
        account_number=row["number"],
        cash_posted=row["cash"],
        cash_due_in=1_250_000_000,
        cash_due_out=880_000_000,
        cash_retained=0,
        cash_bought_today=880_000_000,
        cash_sold_today=0,
        available=row["cash"] - 880_000_000,
        dates=dates,
    )


@operation(
    "ledger.positions",
    permission="ledger.read",
    summary="List holdings: there, due in, due out, sellable, cost.",
)
def positions(context: Context, request: ledger_requests.PositionsRequest) -> Table:
    """Positions that fit."""
    return listing(context.house.book.positions, request, account=request.account, symbol=request.symbol)


@operation("ledger.trades", permission="ledger.read", summary="List trades with their fee and tax.")
def trades(context: Context, request: ledger_requests.TradesRequest) -> Table:
    """Trades that fit."""
    return listing(
        context.house.book.trades, request, account=request.account, symbol=request.symbol, side=request.side
    )


@operation(
    "ledger.obligations", permission="ledger.read", summary="List what is to be delivered and paid, net."
)
def obligations(context: Context, request: ledger_requests.ObligationsRequest) -> Table:
    """Obligations that fit."""
    return listing(
        context.house.book.obligations,
        request,
        account=request.account,
        settlement_date=request.settlement_date,
    )


@operation(
    "ledger.settlement",
    permission="ledger.read",
    summary="Report a settlement date: due, delivered, late, kept back.",
)
def settlement(
    context: Context, request: ledger_requests.SettlementRequest
) -> ledger_requests.SettlementReply:
    """A settlement date's report."""
    amounts = {
        f"cash_{name}": 0
        for name in (
            "due_in",
            "due_out",
            "delivered",
            "delivered_late",
            "late",
            "covered",
            "paid_out",
            "retained",
            "waiting",
        )
    }
    amounts |= {
        "cash_due_in": 182_450_120_000,
        "cash_due_out": 176_003_480_000,
        "cash_waiting": 182_450_120_000,
    }
    units = dict.fromkeys(("delivered", "delivered_late", "late", "covered", "paid_out", "retained"), 0)
    rows = [
        ledger_requests.InstrumentSettlement(
            symbol=symbol,
            due_in=n * 1000,
            due_out=(n + 3) * 1000,
            firm_net=3000,
            firm_status="due",
            waiting=n * 1000,
            **units,
        )
        for n, symbol in enumerate(context.house.book.symbols[:8], 4)
    ]
    return ledger_requests.SettlementReply(
        settlement_date=DAY + datetime.timedelta(days=4),
        step="waiting",
        complete=False,
        cash_firm_net=6_446_640_000,
        cash_firm_status="due",
        instruments=rows,
        **amounts,
    )


class BatchesRequest(Record, frozen=True, kw_only=True):
    """Which batches."""

    day: datetime.date | None = None
    kind: str = ""
    limit: int = 100
    offset: int = 0


@operation("journal.head", permission="journal.read", summary="Where the journal stands.")
def head(context: Context, request: journal_operations.NoFields) -> journal_operations.HeadReply:
    """The last batch."""
    row = context.house.book.batches.tail(1).to_dicts()[0]
    return journal_operations.HeadReply(
        day=DAY, seq=row["seq"] + context.house.moved, hash=row["hash"], recorded_at=row["recorded_at"]
    )


@operation("journal.batches", permission="journal.read", summary="The batches of the journal, newest first.")
def batches(context: Context, request: BatchesRequest) -> Table:
    """Newest first."""
    frame = context.house.book.batches.drop("previous_hash").reverse()
    return listing(
        frame.filter(pl.col("kind").str.contains(request.kind, literal=True)), request, day=request.day
    )


@operation("journal.batch", permission="journal.read", summary="One batch with its commands and verdicts.")
def batch(context: Context, request: journal_operations.BatchRequest) -> journal_operations.BatchReply:
    """A batch by number."""
    found = context.house.book.batches.filter(pl.col("seq") == request.seq)
    if found.is_empty():
        raise NotFound(
            "journal.no_batch",
            "The journal has no batch {seq}.",
            "See `tally journal batches`.",
            seq=request.seq,
        )
    row = found.to_dicts()[0]
    orders = context.house.book.orders.slice(request.seq * 7 % 2000, row["count"]).to_dicts()[
        request.first :
    ][: request.limit]
    names = ("order_id", "account", "symbol", "side", "order_type", "time_in_force", "price", "quantity")
    commands = [
        {
            "index": request.first + i,
            "accepted": not order["code"],
            "reasons": [order["code"]] if order["code"] else [],
            "reservation": 0 if order["code"] else order["price"] * order["quantity"],
            "command": {name: order[name] for name in names},
        }
        for i, order in enumerate(orders)
    ]
    return journal_operations.BatchReply(commands=commands, **row)


@operation("journal.check", permission="journal.read", summary="Check the hash chain of the journal.")
def check(context: Context, request: journal_operations.DayRequest) -> journal_operations.CheckReply:
    """Every hash fits."""
    frame = context.house.book.batches
    return journal_operations.CheckReply(
        sound=True, days=1, batches=len(frame), records=int(frame["count"].sum()), head=frame["hash"][-1]
    )


@operation("journal.why", permission="journal.read", summary="Why a command was decided so.")
def explain(context: Context, request: journal_operations.WhyRequest) -> why.Why:
    """The values that the gate read."""
    row = find_order(context, request.id)
    last = context.house.book.previous[row["symbol"]]
    values = [
        ValueRead("status", "normal", "normal", "ledger.open_account #6", True),
        ValueRead(
            "limit_up",
            f"{last * 1.1 / 10_000:,.2f}",
            f"{row['price'] / 10_000:,.2f}",
            "market.set_day_terms #4",
            row["code"] != "gate.price_above_limit",
        ),
        ValueRead(
            "tick",
            "0.50",
            f"{row['price'] / 10_000:,.2f}",
            "TWSE Operating Rules 62 (made-up citation)",
            row["code"] != "gate.off_tick",
        ),
        ValueRead(
            "available",
            "1,204,000",
            f"{row['price'] * row['quantity'] / 10_000:,.0f}",
            "ledger",
            row["code"] != "gate.short_of_buying_power",
        ),
    ]
    record = context.house.book.batches.filter(pl.col("seq") == row["seq"]).to_dicts()[0]
    return why.Why(
        id=format_day_id("O", row["order_id"]),
        kind="gate.submit_order",
        day=DAY,
        seq=row["seq"],
        index=3,
        recorded_at=row["received_at"],
        actor="gate-1",
        accepted=not row["code"],
        repeated=False,
        command={},
        reasons=rejections_of(row),
        values=values,
        reservation=0,
        rule_set="4f9a1c22be07d310",
        batch_hash=record["hash"],
    )


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


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8321
    with tempfile.TemporaryDirectory() as folder:
        firm = Firm(Settings(), Path(folder))
        serve(
            create_api(firm, pages=create_pages(firm)),
            "127.0.0.1",
            port,
            started=lambda: print("ready", flush=True),
        )
