"""The doors of the ledger: accounts, cash, positions, trades, fees, obligations, the report of a settlement date.

All read the machine as of the journal's head. An account is named by its number or by the house's code; only the
party's keyed reference is shown, never personal data.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context
from tallystick.core.errors import NotFound, suggestion
from tallystick.core.operations import Table, operation
from tallystick.core.schema import date_number, number_date
from tallystick.ledger.events import AccountKind, Side
from tallystick.ledger.requests import (
    AccountReply,
    AccountRequest,
    AccountsRequest,
    CashDate,
    CashReply,
    FeesRequest,
    InstrumentSettlement,
    ObligationsRequest,
    PositionsRequest,
    SettlementReply,
    SettlementRequest,
    TradesRequest,
)
from tallystick.ledger.states import CASH, Obligation, Step

if TYPE_CHECKING:
    from tallystick.ledger.columns import Array
    from tallystick.ledger.machine import LedgerMachine

__all__ = [
    "account",
    "account_code",
    "accounts",
    "cash",
    "fees",
    "obligations",
    "positions",
    "settlement",
    "trades",
]

READ = "ledger.read"
TIERS = {1: "client", 2: "clearing_house"}


@operation("ledger.accounts", permission=READ, summary="List accounts with their cash.")
def accounts(context: Context, request: AccountsRequest) -> Table:
    """Accounts in order of code unless sorted: account, number, party, branch, kind, opened_on, posted, status."""
    import numpy as np

    from tallystick.ledger.paging import MONEY, Shown, codes, page, texts

    ledger = _ledger(context)
    rows = ledger.accounts()
    mask = np.ones(len(rows), dtype=np.bool_)
    if request.number:
        mask &= rows["account"] == account_code(ledger, request.number)
    if request.search:
        mask &= np.char.find(rows["number"], request.search.encode()) >= 0
    if request.branch is not None:
        mask &= rows["branch"] == request.branch
    if request.kind:
        mask &= rows["kind"] == _kind(request.kind)
    rows = rows[mask]
    late = set(ledger.late_accounts())
    columns = {
        "account": Shown(lambda p: rows["account"][p], "int32"),
        "number": Shown(texts(rows["number"]), "text"),
        "party": Shown(lambda p: rows["party"][p], "int32"),
        "branch": Shown(lambda p: rows["branch"][p], "int16"),
        "kind": Shown(codes(rows["kind"], AccountKind), "text"),
        "opened_on": Shown(lambda p: rows["opened_on"][p], "date"),
        "posted": Shown(lambda p: rows["posted"][p], unit=MONEY),
        "status": Shown(
            lambda p: ["late" if a in late else "normal" for a in rows["account"][p].tolist()], "text"
        ),
    }
    return page(len(rows), columns, sort=request.sort, limit=request.limit, offset=request.offset)


@operation("ledger.account", permission=READ, summary="Show one account with what is there and due.")
def account(context: Context, request: AccountRequest) -> AccountReply:
    """One account; NotFound when no account has the number or code."""
    ledger = _ledger(context)
    code = account_code(ledger, request.account)
    view, cash_view = ledger.account(code), ledger.cash(code)
    return AccountReply(
        account=code, number=view.number, party=view.party, reference=view.reference, branch=view.branch,
        kind=view.kind.name.lower(), opened_on=view.opened_on,
        status="late" if code in ledger.late_accounts() else "normal", cash_posted=cash_view.posted,
        cash_due_in=cash_view.due_in, cash_due_out=cash_view.due_out, available=cash_view.free,
        holdings=len(ledger.positions(code)),
    )  # fmt: skip


@operation("ledger.cash", permission=READ, summary="Show an account's cash by settlement date.")
def cash(context: Context, request: AccountRequest) -> CashReply:
    """Cash of one account; NotFound when no account has the number or code."""
    ledger = _ledger(context)
    code = account_code(ledger, request.account)
    view = ledger.cash(code)
    dates = [
        CashDate(settlement_date=day.date, amount=day.amount, status=day.state.name.lower())
        for day in view.dates
    ]
    return CashReply(
        account=code, account_number=ledger.account(code).number, cash_posted=view.posted,
        cash_due_in=view.due_in, cash_due_out=view.due_out, cash_retained=view.retained,
        cash_bought_today=view.bought_today, cash_sold_today=view.sold_today, available=view.free, dates=dates,
    )  # fmt: skip


@operation(
    "ledger.positions", permission=READ, summary="List holdings: there, due in, due out, sellable, cost."
)
def positions(context: Context, request: PositionsRequest) -> Table:
    """Positions in order of account and instrument unless sorted."""
    from tallystick.ledger.paging import MONEY, SHARES, Shown, page

    ledger = _ledger(context)
    rows = ledger.positions(account_code(ledger, request.account) if request.account != "" else None)
    rows = _of_kind(ledger, _of_symbol(context, rows, request.symbol), request.kind)
    columns = _account_and_symbol(context, ledger, rows)
    units = ("posted", "due_in", "due_out", "bought_today", "sold_today", "sellable", "retained", "kept")
    columns |= {name: _shown(rows, name, SHARES) for name in units}
    columns["cost"] = Shown(lambda p: rows["cost"][p], unit=MONEY)
    return page(len(rows), columns, sort=request.sort, limit=request.limit, offset=request.offset)


@operation("ledger.trades", permission=READ, summary="List trades with their fee and tax.")
def trades(context: Context, request: TradesRequest) -> Table:
    """Trades in journal order unless sorted; fee, tax and settlement date are 0 or empty until trading is closed."""
    from tallystick.ledger.paging import MONEY, SHARES, Shown, page

    ledger = _ledger(context)
    rows = ledger.trades(None if request.trade_date is None else date_number(request.trade_date))
    rows = _of_symbol(context, _of_account(ledger, rows, request.account), request.symbol)
    if request.side:
        sides = {word: s.value for s in Side for word in (s.name.lower(), str(s.value))}
        rows = rows[rows["side"] == _meant("side", request.side, sides)]
    columns = {
        "execution_id": Shown(lambda p: rows["execution_id"][p]),
        "order_id": Shown(lambda p: rows["order_id"][p]),
        "executed_at": Shown(lambda p: rows["executed_at"][p], "timestamp"),
        **_account_and_symbol(context, ledger, rows),
        **_codes(rows, ("side", "lot_type", "capacity")),
        "price": _shown(rows, "price", MONEY),
        "quantity": _shown(rows, "quantity", SHARES),
        "day_traded": _shown(rows, "day_traded", SHARES),
        "amount": _shown(rows, "value", MONEY),
        "fee": _shown(rows, "fee", MONEY),
        "tax": _shown(rows, "tax", MONEY),
        "trade_date": Shown(lambda p: rows["trade_date"][p], "date"),
        "settlement_date": Shown(
            lambda p: _dates(rows["settlement_date"][p]), "date", key=lambda p: rows["settlement_date"][p]
        ),
    }
    return page(len(rows), columns, sort=request.sort, limit=request.limit, offset=request.offset)


@operation("ledger.fees", permission=READ, summary="List commission and tax of a trade date by order.")
def fees(context: Context, request: FeesRequest) -> Table:
    """Orders of a trade date in the order of their first fills unless sorted."""
    from tallystick.ledger.paging import MONEY, SHARES, Shown, page

    ledger = _ledger(context)
    date = _last_trade_date(ledger) if request.trade_date is None else date_number(request.trade_date)
    rows = _of_account(ledger, ledger.fees(date), request.account)
    columns = {
        "order_id": Shown(lambda p: rows["order_id"][p]),
        **_account_and_symbol(context, ledger, rows),
        **_codes(rows, ("side",)),
        "fills": _shown(rows, "fills"),
        "quantity": _shown(rows, "quantity", SHARES),
        "day_traded": _shown(rows, "day_traded", SHARES),
        "amount": _shown(rows, "value", MONEY),
        "fee": _shown(rows, "fee", MONEY),
        "tax": _shown(rows, "tax", MONEY),
    }
    return page(len(rows), columns, sort=request.sort, limit=request.limit, offset=request.offset)


@operation("ledger.obligations", permission=READ, summary="List what is to be delivered and paid, net.")
def obligations(context: Context, request: ObligationsRequest) -> Table:
    """Obligations of one or all settlement dates: securities in `quantity`, cash in `amount`; + receives, − gives."""
    import numpy as np

    from tallystick.ledger.paging import MONEY, SHARES, Shown, page

    ledger = _ledger(context)
    dates = ledger.settlement_dates()
    if request.settlement_date is not None:
        dates = [date_number(request.settlement_date)]
    parts = [ledger.obligations(date) for date in dates] or [ledger.obligations(0)]
    rows = np.concatenate(parts)
    date_of_row = np.repeat(
        np.array([*dates, 0][: len(parts)], dtype=np.int32), [len(part) for part in parts]
    )
    mask = np.ones(len(rows), dtype=np.bool_)
    if request.account != "":
        mask &= rows["account"] == account_code(ledger, request.account)
    if request.tier:
        mask &= rows["tier"] == _meant("tier", request.tier, {name: code for code, name in TIERS.items()})
    if request.status:
        states = {state.name.lower(): state.value for state in Obligation}
        mask &= rows["state"] == _meant("status", request.status, states)
    rows, date_of_row = rows[mask], date_of_row[mask]
    is_cash, amount, number = rows["instrument"] == CASH, rows["amount"], _numbers(ledger)
    columns = {
        "settlement_date": Shown(lambda p: date_of_row[p], "date"),
        "tier": Shown(lambda p: [TIERS[t] for t in rows["tier"][p].tolist()], "text"),
        **_account_and_symbol(context, ledger, rows),
        "counterparty": Shown(lambda p: number(rows["counter"][p]), "text"),
        "quantity": Shown(lambda p: _unless(is_cash[p], amount[p]), unit=SHARES, key=lambda p: amount[p]),
        "amount": Shown(lambda p: _unless(~is_cash[p], amount[p]), unit=MONEY, key=lambda p: amount[p]),
        "status": _states(rows["state"]),
    }
    return page(len(rows), columns, sort=request.sort, limit=request.limit, offset=request.offset)


@operation(
    "ledger.settlement", permission=READ, summary="Report a settlement date: due, delivered, late, kept back."
)
def settlement(context: Context, request: SettlementRequest) -> SettlementReply:
    """The report of a settlement date; NotFound when nothing settles on it."""
    ledger = _ledger(context)
    wanted = request.settlement_date
    date = _current_settlement_date(ledger) if wanted is None else date_number(wanted)
    rows = ledger.settlement_report(date)
    if not len(rows):
        raise NotFound(
            "ledger.no_settlement", "Nothing settles on {date}.", "See `tally ledger obligations`.",
            date=str(number_date(date)) if date else "any date",
        )  # fmt: skip
    report = [dict(zip(rows.dtype.names or (), row, strict=True)) for row in rows.tolist()]
    totals = next((row for row in report if row["instrument"] == CASH), None) or dict.fromkeys(report[0], 0)
    names = [field for field in totals if field not in ("instrument", "firm_state")]
    symbols = [instrument.symbol for instrument in context.machine("market").instruments]
    instruments = [
        InstrumentSettlement(
            symbol=symbols[row["instrument"]],
            firm_status=_status(row["firm_state"]),
            **{n: row[n] for n in names},
        )
        for row in report
        if row["instrument"] != CASH
    ]
    return SettlementReply(
        settlement_date=number_date(date),
        step=ledger.settlement_step(date).name.lower(),
        complete=not any(row["waiting"] or row["late"] or row["retained"] for row in report),
        cash_firm_status=_status(totals["firm_state"]),
        **{f"cash_{name}": totals[name] for name in names},
        instruments=instruments,
    )


def account_code(ledger: LedgerMachine, account: str | int) -> int:
    """The code of an account given by number or code. NotFound when there is none."""
    code = ledger.find_account(account) if isinstance(account, str) else account
    if code < 0 and isinstance(account, str) and account.isascii() and account.isdigit():
        code = int(account)
    if not 0 <= code < ledger.account_count:
        raise NotFound(
            "ledger.account_missing", "There is no account {account}.", "See `tally ledger accounts`.",
            account=account,
        )  # fmt: skip
    return code


def _ledger(context: Context) -> LedgerMachine:
    ledger: LedgerMachine = context.machine("ledger")
    return ledger


def _last_trade_date(ledger: LedgerMachine) -> int:
    return int(ledger.trades()["trade_date"].max(initial=0))


def _current_settlement_date(ledger: LedgerMachine) -> int:
    """The last settlement date that has begun, else the first to come, 0 if there is none."""
    dates = ledger.settlement_dates()
    begun = [date for date in dates if ledger.settlement_step(date) != Step.WAITING]
    return begun[-1] if begun else next(iter(dates), 0)


def _of_account(ledger: LedgerMachine, rows: Array, account: str | int) -> Array:
    return rows if account == "" else rows[rows["account"] == account_code(ledger, account)]


def _of_symbol(context: Context, rows: Array, symbol: str) -> Array:
    """Rows of one instrument; NotFound (the market's) when no instrument has the symbol."""
    return rows if not symbol else rows[rows["instrument"] == context.machine("market").code_of(symbol)]


def _meant(field: str, word: str, words: dict[str, int]) -> int:
    """What a filter's word stands for. NotFound names the nearest word, since no row would fit an unknown one."""
    if word.lower() not in words:
        remedy, near = suggestion(word.lower(), words)
        raise NotFound("ledger.filter", "There is no {field} {word}.", remedy, field=field, word=word, **near)
    return words[word.lower()]


def _kind(word: str) -> int:
    """The account kind of a word."""
    return _meant("kind", word, {kind.name.lower(): kind.value for kind in AccountKind})


def _of_kind(ledger: LedgerMachine, rows: Array, word: str) -> Array:
    """Rows of accounts of one kind."""
    return rows if not word else rows[ledger.accounts()["kind"][rows["account"]] == _kind(word)]


def _numbers(ledger: LedgerMachine) -> Any:
    """A function from account codes to account numbers."""
    numbers = ledger.accounts()["number"]
    return lambda accounts: [number.decode() for number in numbers[accounts].tolist()]


def _account_and_symbol(context: Context, ledger: LedgerMachine, rows: Array) -> dict[str, Any]:
    """The columns that every table of the ledger begins with; cash has no symbol."""
    from tallystick.ledger.paging import Shown

    symbols = [*(instrument.symbol for instrument in context.machine("market").instruments), ""]
    number = _numbers(ledger)
    return {
        "account": Shown(lambda p: rows["account"][p], "int32"),
        "account_number": Shown(lambda p: number(rows["account"][p]), "text"),
        "symbol": Shown(lambda p: [symbols[code] for code in rows["instrument"][p].tolist()], "text"),
    }


def _shown(rows: Array, name: str, unit: str = "") -> Any:
    from tallystick.ledger.paging import Shown

    return Shown(lambda p: rows[name][p], "int64", unit)


def _codes(rows: Array, names: tuple[str, ...]) -> dict[str, Any]:
    from tallystick.ledger.events import Capacity, LotType
    from tallystick.ledger.paging import Shown, codes

    kinds = {"side": Side, "lot_type": LotType, "capacity": Capacity}
    return {name: Shown(codes(rows[name], kinds[name]), "text") for name in names}


def _states(states: Array) -> Any:
    from tallystick.ledger.paging import Shown

    return Shown(lambda p: [_status(state) for state in states[p].tolist()], "text")


def _status(state: int) -> str:
    """The word of an obligation's state; nothing where there is no obligation."""
    return Obligation(state).name.lower() if state else ""


def _dates(numbers: Array) -> list[datetime.date | None]:
    """Dates of numbers; 0 is none yet."""
    return [number_date(number) if number else None for number in numbers.tolist()]


def _unless(hidden: Array, values: Array) -> list[int | None]:
    return [None if hide else value for hide, value in zip(hidden.tolist(), values.tolist(), strict=True)]
