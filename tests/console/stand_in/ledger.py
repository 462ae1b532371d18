"""The ledger: accounts, cash, holdings, trades, obligations, a settlement date."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

import polars as pl
from listing import listing
from made_up_book import DAY

from tallystick.core.context import Context
from tallystick.core.errors import NotFound
from tallystick.core.operations import Table, operation
from tallystick.ledger import requests as ledger_requests


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
