"""The ledger: accounts, positions, trades, what is to be settled; one account with all that belongs to it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.listing import Column, Filter, ListPage, grid_config
from tallystick.console.lists import list_route
from tallystick.console.orders import ORDERS
from tallystick.console.replies import pairs_of
from tallystick.console.requests import field_names
from tallystick.console.sections import sections_of
from tallystick.console.shell import Answer, AnyRequest, PageShell, say_in
from tallystick.console.words import mark as _
from tallystick.core.operations import OPERATIONS

__all__ = ["ACCOUNTS", "HANDLERS", "OBLIGATIONS", "POSITIONS", "TRADES"]

ACCOUNT_LINK = "/ledger/accounts/{account}"
INSTRUMENT_LINK = "/market/instruments/{symbol}"
ACCOUNT_KINDS = ("client", "proprietary", "error", "fees", "tax", "clearing", "control")

ACCOUNTS = ListPage(
    name="accounts",
    address="/ledger/accounts",
    title=_("Accounts"),
    operation="ledger.accounts",
    columns=(
        Column("number", link=ACCOUNT_LINK, width=130),
        Column("account", title=_("Code"), width=70),
        Column("party", width=70),
        Column("branch", width=72),
        Column("kind", kind="code", width=136),
        Column("opened_on", width=88),
        Column("posted", title=_("Cash"), kind="money", unit="{currency}", width=140),
        Column("status", width=100),
    ),
    key=("account",),
    record=ACCOUNT_LINK,
    filters=(
        Filter("search", title=_("Number holds"), size="wide"),
        Filter("branch"),
        Filter("kind", choices=ACCOUNT_KINDS),
    ),
    sort="account",
    empty=_("Accounts of clients and of the firm will be here."),
    command="tally onboard DIR --at 2026-11-20",
)

POSITIONS = ListPage(
    name="positions",
    address="/ledger/positions",
    title=_("Positions"),
    operation="ledger.positions",
    columns=(
        Column("account_number", title=_("Account"), link=ACCOUNT_LINK, width=106),
        Column("symbol", link=INSTRUMENT_LINK, width=102),
        Column("posted", width=98),
        Column("due_in", width=96),
        Column("due_out", width=102),
        Column("bought_today", width=128),
        Column("sold_today", width=116),
        Column("sellable", width=103),
        Column("retained", width=106),
        Column("kept", width=136),
        Column("cost", width=98),
    ),
    key=("account", "symbol"),
    record=ACCOUNT_LINK,
    filters=(
        Filter("kind", title=_("Accounts of"), choices=ACCOUNT_KINDS, first="client", size="wide"),
        Filter("account"),
        Filter("symbol"),
    ),
    sort="account",
    empty=_("Holdings of every account will be here: posted, due in, due out, sellable."),
    command="tally onboard DIR --at 2026-11-20",
)

TRADES = ListPage(
    name="trades",
    address="/ledger/trades",
    title=_("Executions"),
    operation="ledger.trades",
    columns=(
        Column("execution_id", width=136),
        Column("executed_at", width=96),
        Column("order_id", link="/risk/orders/{order_id}", width=141),
        Column("account_number", title=_("Account"), link=ACCOUNT_LINK, width=106),
        Column("symbol", link=INSTRUMENT_LINK, width=102),
        Column("side", width=56),
        Column("price", width=77),
        Column("quantity", width=100),
        Column("amount", width=102),
        Column("fee", unit="", width=62),
        Column("tax", unit="", width=62),
        Column("trade_date", width=88),
        Column("settlement_date", width=100),
    ),
    key=("execution_id",),
    record="/risk/orders/{order_id}",
    filters=(
        Filter("trade_date"),
        Filter("account"),
        Filter("symbol"),
        Filter("side", choices=("buy", "sell")),
    ),
    sort="-executed_at",
    empty=_("Executions will be here, each novated to the clearing house, with fee and tax."),
    command="tally run DIR --date 2026-11-20",
)

OBLIGATIONS = ListPage(
    name="obligations",
    address="/ledger/obligations",
    title=_("Obligations"),
    operation="ledger.obligations",
    columns=(
        Column("settlement_date", width=112),
        Column("tier", width=132),
        Column("account_number", title=_("Account"), link=ACCOUNT_LINK, width=106),
        Column("counterparty", width=98),
        Column("symbol", link=INSTRUMENT_LINK, width=102),
        Column("quantity", width=104),
        Column("amount", width=102),
        Column("status", width=100),
    ),
    key=("settlement_date", "tier", "account", "symbol", "counterparty"),
    filters=(
        Filter("settlement_date"),
        Filter("account"),
        Filter("tier", choices=("client", "clearing_house")),
        Filter("status", choices=("due", "settled", "settled_late", "late", "defaulted", "retained")),
    ),
    empty=_("What is to be delivered and paid will be here, netted for each settlement date."),
    command="tally run DIR --date 2026-11-20",
)

ACCOUNT_TABS = (
    (_("Holdings"), POSITIONS),
    (_("Orders"), ORDERS),
    (_("Executions"), TRADES),
)


@get("/ledger/accounts/{identity:str}")
async def account(request: AnyRequest, shell: PageShell, identity: FromPath[str]) -> Response[str]:
    """One account: its facts, cash, holdings, orders, trades."""
    reply = await shell.ask(request, "ledger.account", {"account": identity})
    cash = await shell.attempt(request, "ledger.cash", {"account": identity})
    terms = await shell.attempt(request, "risk.account_terms", {"account": identity})
    tabs = []
    for title, page in ACCOUNT_TABS:
        if page.operation in OPERATIONS and "account" in field_names(page.operation):
            narrowed = msgspec.structs.replace(
                page, columns=tuple(c for c in page.columns if c.name not in ("account", "account_number"))
            )
            config = grid_config(narrowed, OPERATIONS[page.operation], say_in(shell, request), shell.firm.currency,
                                 {"account": reply.account})  # fmt: skip
            tabs.append((title, config))
    return await show_page(
        request,
        shell,
        "account.html",
        title=shell.say(request, _("Account {number}"), number=reply.number),
        number=reply.number,
        facts=[*account_facts(reply), *cash_facts(cash), *terms_facts(terms)],
        sections=sections_of(reply),
        cash=cash,
        cash_sections=sections_of(cash.value) if cash.value else [],
        tabs=tabs,
    )


def account_facts(reply: Any) -> list[tuple[str, Any]]:
    """What the account is; its kind under a name of its own, since other kinds are events'."""
    names = {"kind": "account_kind"}
    return [(names.get(name, name), value) for name, value in pairs_of(reply, without=("available",))]


def cash_facts(cash: Answer) -> list[tuple[str, Any]]:
    """What the account's own facts do not say of its cash."""
    names = ("cash_retained", "cash_bought_today", "cash_sold_today", "available")
    return [(name, getattr(cash.value, name)) for name in names] if cash.value else []


def terms_facts(terms: Answer) -> list[tuple[str, Any]]:
    """What the account may do, and its means now."""
    names = ("permissions", "daily_limit", "order_value_limit", "reserved", "buying_power", "stop_reason")
    found = [(name, getattr(terms.value, name)) for name in names] if terms.value else []
    return [(name, value) for name, value in found if value != ""]


@get("/ledger/settlement")
async def settlement(request: AnyRequest, shell: PageShell, date: FromQuery[str] = "") -> Response[str]:
    """The report of a settlement date: due, delivered, late, kept back; cash and each instrument."""
    reply = await shell.ask(request, "ledger.settlement", {"settlement_date": date} if date else {})
    return await show_page(
        request,
        shell,
        "settlement.html",
        title=shell.say(request, _("Settlement of {date}"), date=reply.settlement_date),
        report=reply,
        cash=[(name, value) for name, value in pairs_of(reply) if name.startswith("cash_")],
        blocks=sections_of(reply),
    )


HANDLERS = [
    list_route(ACCOUNTS), list_route(POSITIONS), list_route(TRADES), list_route(OBLIGATIONS), account, settlement,
]  # fmt: skip
