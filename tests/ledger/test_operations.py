"""The doors of the ledger over a small firm: what they show, how they sort and page, what they say when they cannot."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest
from ledger_firm import (
    ANNA,
    BO,
    CLEARING,
    ERROR,
    FRIDAY,
    FUND,
    MONDAY,
    STOCK,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Firm,
    money,
)

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.operations import OPERATIONS, call
from tallystick.ledger import operations  # noqa: F401 - declares the doors

LEDGER_DOORS = [
    "ledger.account", "ledger.accounts", "ledger.cash", "ledger.fees", "ledger.obligations", "ledger.positions",
    "ledger.settlement", "ledger.trades",
]  # fmt: skip


class Desk:
    """A context as an operation sees it: two machines, an actor who may read."""

    def __init__(self, firm):
        self.machines = {"ledger": firm.ledger, "market": firm.market}
        self.actor = "reader"
        self.access = SimpleNamespace(require=self.require)

    def machine(self, name):
        return self.machines[name]

    def require(self, actor, permission):
        assert (actor, permission) == ("reader", "ledger.read")


@pytest.fixture
def firm():
    """Anna bought, Bo sold and is short of the fund; Tuesday is open."""
    firm = Firm()
    firm.has_cash(ANNA, 300_000)
    firm.has_cash(ERROR, 400_000)
    firm.holds(BO, 1_000, cost=90_000)
    firm.buys(ANNA, 1_000, 100, order_id=5)
    firm.buys(ANNA, 1_000, 101, order_id=5)
    firm.sells(BO, 1_000, 100)
    firm.sells(BO, 500, 20, instrument=FUND)
    firm.closes_trading()
    firm.buys(BO, 1_000, 30, trade_date=TUESDAY, instrument=FUND)
    return firm


@pytest.fixture
def ask(firm):
    return lambda name, **fields: call(Desk(firm), name, fields)


def test_doors_are_declared():
    mine = sorted(name for name in OPERATIONS if name.startswith("ledger."))
    assert mine == LEDGER_DOORS
    assert not any(OPERATIONS[name].writes or OPERATIONS[name].personal for name in mine)


def test_accounts(ask):
    reply = ask("ledger.accounts", sort="-posted", limit=2)
    assert reply.total_rows == 10
    assert [row["number"] for row in reply.rows()] == ["ERROR", "9800000"]
    (row,) = ask("ledger.accounts", number="9800001").rows()
    assert row == {
        "account": BO, "number": "9800001", "party": 5, "branch": 2, "kind": "client",
        "opened_on": datetime.date(2026, 1, 5), "posted": 0, "status": "normal",
    }  # fmt: skip
    assert [row["kind"] for row in ask("ledger.accounts", kind="control").rows()] == ["control", "control"]
    assert ask("ledger.accounts", search="98000", branch=1).total_rows == 2
    assert reply.arrow.schema.field("posted").metadata == {b"unit": b"1e-4 of the currency"}


def test_account_by_number_or_code(ask):
    reply = ask("ledger.account", account="9800000")
    assert ask("ledger.account", account=ANNA) == ask("ledger.account", account=str(ANNA)) == reply
    assert (reply.kind, reply.status, reply.reference) == ("client", "normal", "made-up-0")
    # 201,000 × 0.1425 % = 286.4 → 286
    assert (reply.cash_posted, reply.cash_due_out, reply.available) == (
        money(300_000),
        money(201_286),
        money(98_714),
    )


@pytest.mark.parametrize("name", ["ledger.account", "ledger.cash", "ledger.trades", "ledger.positions"])
@pytest.mark.parametrize("account", ["nobody", 99, "99", -1])
def test_unknown_account_is_named(ask, name, account):
    with pytest.raises(NotFound, match="There is no account"):
        ask(name, account=account)


def test_cash_by_date(ask):
    reply = ask("ledger.cash", account=BO)
    # 100,000 − 142 − 300 + 10,000 − 20 − 10
    assert [(d.settlement_date, d.amount, d.status) for d in reply.dates] == [
        (WEDNESDAY, money(109_528), "due")
    ]
    assert (reply.cash_bought_today, reply.account_number) == (money(30_000), "9800001")


def test_positions(ask):
    rows = ask("ledger.positions", account="9800001").rows()
    assert [(r["symbol"], r["posted"], r["due_in"], r["due_out"], r["bought_today"]) for r in rows] == [
        ("1101.XTAI", 1_000, 0, 1_000, 0),
        ("0050.XTAI", 0, 1_000, 500, 1_000),
    ]
    (held,) = ask("ledger.positions", symbol="1101.XTAI", account=ANNA).rows()
    # cost: 201,000 + 286
    assert (held["sellable"], held["cost"], held["account_number"]) == (2_000, money(201_286), "9800000")
    assert ask("ledger.positions", sort="-due_in", limit=1).rows()[0]["account"] in (ANNA, CLEARING)


def test_positions_of_a_kind_of_account(ask):
    whole = ask("ledger.positions").total_rows
    of_clients = ask("ledger.positions", kind="client")
    of_clearing = ask("ledger.positions", kind="clearing")
    assert 0 < of_clients.total_rows < whole
    assert {row["account"] for row in of_clearing.rows()} == {CLEARING}
    assert CLEARING not in {row["account"] for row in of_clients.rows()}


def test_trades(ask):
    assert ask("ledger.trades").total_rows == 5
    rows = ask("ledger.trades", trade_date=MONDAY, account="9800000", side="buy").rows()
    assert [(r["order_id"], r["quantity"], r["amount"], r["fee"]) for r in rows] == [
        (5, 1_000, money(100_000), money(142)),
        (5, 1_000, money(101_000), money(144)),
    ]
    assert rows[0]["settlement_date"] == WEDNESDAY
    (open_trade,) = ask("ledger.trades", trade_date=TUESDAY).rows()
    assert open_trade["settlement_date"] is None
    assert (open_trade["side"], open_trade["lot_type"], open_trade["capacity"]) == ("buy", "board", "cash")
    newest = ask("ledger.trades", sort="-executed_at", limit=1, offset=1).rows()
    assert newest[0]["symbol"] == "0050.XTAI"
    assert ask("ledger.trades", sort="settlement_date", limit=1).rows()[0]["settlement_date"] is None


def test_fees_by_order(ask):
    assert ask("ledger.fees").total_rows == 1
    rows = ask("ledger.fees", trade_date=MONDAY, sort="-fee").rows()
    assert [(r["symbol"], r["fills"], r["fee"], r["tax"]) for r in rows] == [
        ("1101.XTAI", 2, money(286), 0),
        ("1101.XTAI", 1, money(142), money(300)),
        ("0050.XTAI", 1, money(20), money(10)),
    ]


def test_obligations(ask, firm):
    reply = ask("ledger.obligations", settlement_date=WEDNESDAY, tier="clearing_house", sort="symbol")
    # −201,000 + 100,000 + 10,000; 2,000 − 1,000; −500
    assert [(r["symbol"], r["quantity"], r["amount"], r["counterparty"]) for r in reply.rows()] == [
        ("", None, money(-91_000), "BANK"),
        ("0050.XTAI", -500, None, "DEPOSITORY"),
        ("1101.XTAI", 1_000, None, "DEPOSITORY"),
    ]
    assert reply.arrow.schema.field("quantity").metadata != reply.arrow.schema.field("amount").metadata
    firm.reaches(WEDNESDAY, "securities_in")
    (row,) = ask("ledger.obligations", status="late", tier="client").rows()
    assert (row["account_number"], row["symbol"], row["counterparty"]) == ("9800001", "0050.XTAI", "CLEARING")
    assert ask("ledger.accounts", number="9800001").rows()[0]["status"] == "late"
    assert ask("ledger.account", account=BO).status == "late"
    assert ask("ledger.obligations", account=BO).total_rows == 3
    assert ask("ledger.obligations", settlement_date=FRIDAY).total_rows == 0


def test_settlement_report(ask, firm):
    with pytest.raises(NotFound, match="Nothing settles on 2026-11-20"):
        ask("ledger.settlement", settlement_date=FRIDAY)
    assert ask("ledger.settlement").step == "waiting"
    firm.reaches(WEDNESDAY)
    reply = ask("ledger.settlement")
    assert (reply.settlement_date, reply.step, reply.complete) == (WEDNESDAY, "bank_close", False)
    assert (reply.cash_firm_net, reply.cash_firm_status) == (money(-91_000), "settled")
    fund = next(row for row in reply.instruments if row.symbol == "0050.XTAI")
    assert (fund.due_out, fund.late, fund.covered, fund.firm_status) == (500, 500, 0, "defaulted")
    stock = next(row for row in reply.instruments if row.symbol == "1101.XTAI")
    assert (stock.delivered, stock.paid_out, stock.waiting) == (1_000, 0, 2_000)
    firm.delivers_in(BO, 500, FUND)
    assert ask("ledger.settlement").complete


def test_settlement_without_any_is_said(ask):
    empty = Firm()
    with pytest.raises(NotFound, match="Nothing settles on any date"):
        call(Desk(empty), "ledger.settlement", {})


def test_unknown_column_names_the_nearest(ask):
    with pytest.raises(TallystickError, match="Did you mean quantity"):
        ask("ledger.trades", sort="-quantitty")


def test_pages_are_cut(ask):
    assert [row["account"] for row in ask("ledger.accounts", limit=3, offset=8).rows()] == [8, 9]
    assert ask("ledger.accounts", limit=0).rows() == []


def test_table_of_nothing_keeps_its_columns(ask):
    reply = ask("ledger.trades", trade_date=THURSDAY, sort="symbol")
    assert reply.total_rows == 0
    assert "settlement_date" in reply.arrow.column_names


def test_empty_ledger_answers(ask):
    desk = Desk(Firm())
    assert call(desk, "ledger.obligations", {}).total_rows == 0
    assert call(desk, "ledger.fees", {}).total_rows == 0
    assert call(desk, "ledger.positions", {"symbol": "1101.XTAI"}).total_rows == STOCK


@pytest.mark.parametrize(
    ("name", "fields", "told"),
    [
        ("ledger.accounts", {"number": "9999999"}, "no account 9999999"),
        ("ledger.accounts", {"kind": "clients"}, "no kind clients. Did you mean client"),
        ("ledger.positions", {"account": "9999999"}, "no account 9999999"),
        ("ledger.trades", {"account": 4_000}, "no account 4000"),
        ("ledger.trades", {"side": "bought"}, "no side bought"),
        ("ledger.fees", {"account": "none"}, "no account none"),
        ("ledger.obligations", {"account": "none"}, "no account none"),
        ("ledger.obligations", {"tier": "clent"}, "no tier clent"),
        ("ledger.obligations", {"status": "latte"}, "no status latte. Did you mean late"),
    ],
)
def test_filters_by_what_is_not_there_are_faults(ask, name, fields, told):
    with pytest.raises(NotFound, match=told):
        ask(name, **fields)
