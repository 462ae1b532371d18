"""What clients ask, hold, renew and traded before: answers worked out by hand."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.core.schema import schema_of
from tallystick.core.time import parse_time
from tallystick.history import append_bars
from tallystick.history.studies.operations import StudyRequest, study
from tallystick.ledger.tables import TABLES

ONE, TWO = "9901.XTAI", "9902.XTAI"
SEVEN, EIGHT, GONE = "980100000077", "980200000089", "980300000082"
HOUR = 3_600 * 10**9


def answer(context, name, **asked):
    return study(context, StudyRequest(study=name, **asked))


def contact(number, day, client, channel, hours, mark, kind="request", branch="9801"):
    ts = parse_time(f"2026-{day} 10:00:00", "Asia/Taipei")
    return {
        "contact": f"C{number}", "client": client, "branch": branch, "channel": channel, "kind": kind, "ts": ts,
        "date": datetime.date.fromisoformat(f"2026-{day}"), "closed": None if hours is None else ts + hours * HOUR,
        "satisfaction": mark,
    }  # fmt: skip


@pytest.fixture
def served(context):
    rows = [
        contact(1, "01-05", "K1", "phone", 1, 5),
        contact(2, "01-05", "K2", "phone", 3, 2, "complaint"),
        contact(3, "01-31", "K1", "phone", 8, None),
        contact(4, "01-31", "K1", "phone", None, None, branch="9802"),
        contact(5, "01-07", "K3", "app", 2, 4),
        contact(6, "02-02", "K3", "app", 4, 3, "complaint", branch="9802"),
    ]
    append_bars(context.lake, pa.Table.from_pylist(rows), dataset="history.client_contacts")
    return context


def test_service_counts_contacts_complaints_and_marks(served):
    phone, app, february = answer(served, "client_service").rows()
    assert (phone["month"], phone["channel"], phone["contacts"], phone["client_count"]) == (
        "2026-01",
        "phone",
        4,
        2,
    )
    assert (phone["complaint_count"], phone["complaint_share"], phone["open_contacts"]) == (1, 2_500, 1)
    assert (phone["hours_to_close"], phone["mark_count"], phone["satisfaction"]) == (3.0, 2, 3.5)
    assert (app["contacts"], app["satisfaction"]) == (1, 4.0)
    assert (february["month"], february["complaint_share"]) == ("2026-02", 10_000)


def test_service_of_each_branch_in_a_span(served):
    one, two = answer(served, "service_by_branch", end=datetime.date(2026, 1, 31)).rows()
    assert (one["branch"], one["contacts"], one["satisfaction"], one["hours_to_close"]) == (
        "9801",
        4,
        3.67,
        2.5,
    )
    assert (two["branch"], two["contacts"], two["open_contacts"], two["satisfaction"]) == ("9802", 1, 1, None)


def test_contact_that_was_closed_since_counts_once(served):
    """C4 is told again when it was closed two days later; what was known before stays so."""
    late = contact(4, "01-31", "K1", "phone", 48, 1, branch="9802")
    append_bars(
        served.lake, pa.Table.from_pylist([late]), dataset="history.client_contacts",
        known_time=parse_time("2026-02-03 00:00:00", "Asia/Taipei"),
    )  # fmt: skip
    now, before = (answer(served, "client_service", known_at=at).rows()[0] for at in ("", "2026-02-01"))
    assert (now["contacts"], now["open_contacts"], now["satisfaction"]) == (4, 0, 2.67)
    assert (before["contacts"], before["open_contacts"], before["satisfaction"]) == (4, 1, 3.5)


def term(number, product, kind, client, start, end, amount, outcome=None, paid_back=None):
    dates = {name: datetime.date.fromisoformat(day) for name, day in (("start", start), ("end", end))}
    return {
        "contract": f"P{number}", "product": product, "kind": kind, "client": client, **dates,
        "amount": amount * 10_000, "outcome": outcome, "ended_on": dates["end"] if outcome else None,
        "paid_back": None if paid_back is None else paid_back * 10_000,
    }  # fmt: skip


@pytest.fixture
def contracts(context):
    rows = [
        term(1, "N1", "note", "K1", "2026-01-05", "2026-03-05", 1_000, "renewed", 1_010),
        term(2, "N1", "note", "K2", "2026-01-05", "2026-03-05", 3_000, "left", 3_110),
        term(3, "N1", "note", "K3", "2026-01-05", "2026-03-05", 1_000, "called", 960),
        term(4, "N1", "note", "K1", "2026-03-05", "2026-05-05", 1_000),
        term(5, "A1", "advice", "K1", "2026-02-01", "2026-03-31", 20, "renewed"),
        term(6, "A1", "advice", "K2", "2026-02-01", "2026-04-30", 20, "renewed"),
        term(7, "A1", "advice", "K3", "2026-02-01", "2026-04-30", 20, "left"),
    ]
    append_bars(context.lake, pa.Table.from_pylist(rows), dataset="history.product_terms")
    return context


def test_renewal_is_of_those_that_could_choose(contracts):
    """A note that its issuer called asked nobody whether to stay: of the two others one stayed."""
    note, advice, april = answer(contracts, "product_renewal").rows()
    assert (note["month"], note["product_kind"], note["ended"], note["amount"]) == (
        "2026-03",
        "note",
        3,
        5_000_0000,
    )
    assert (note["renewed"], note["left_count"], note["called"], note["renewal_share"]) == (1, 1, 1, 5_000)
    assert note["contract_return"] == 160  # 5,080 of 5,000
    assert (advice["renewal_share"], advice["contract_return"]) == (10_000, None)
    assert (april["month"], april["renewal_share"]) == ("2026-04", 5_000)


def test_renewal_by_product_counts_those_that_run(contracts):
    note, advice = answer(contracts, "renewal_by_product").rows()
    assert (note["product"], note["contracts"], note["client_count"], note["running"]) == ("N1", 4, 3, 1)
    assert (note["ended"], note["renewal_share"], note["amount"]) == (3, 5_000, 6_000_0000)
    assert (advice["product"], advice["renewal_share"]) == ("A1", 6_667)
    (early,) = answer(contracts, "renewal_by_product", end=datetime.date(2026, 1, 31)).rows()
    assert early["running"] == 0


def stored(context, name, rows):
    """Rows of a ledger's table, what they do not say left blank."""
    spec = next(table.spec for table in TABLES if table.name == name)
    context.lake.create(spec)
    schema = schema_of(spec.record).arrow
    blank = {
        column.name: None if column.nullable else "" if pa.types.is_string(column.type) else 0
        for column in schema
    }
    context.lake.append(name, pa.Table.from_pylist([blank | row for row in rows], schema=schema))


@pytest.fixture
def held(context):
    days = [(5, 100), (6, 90), (7, 99)]
    bars = [
        {"symbol": symbol, "date": datetime.date(2026, 1, day), "volume": 1,
         **dict.fromkeys(("open", "high", "low", "close"), price * 10_000)}
        for day, price in days for symbol, price in ((ONE, price), (TWO, 10))
    ]  # fmt: skip
    append_bars(context.lake, pa.Table.from_pylist(bars))
    action = {"symbol": ONE, "ex_date": datetime.date(2026, 1, 6), "kind": "cash", "cash": 10_0000}
    append_bars(context.lake, pa.Table.from_pylist([action]), dataset="history.actions")

    def position(day, account, symbol, posted, cost):
        date = datetime.date(2026, 1, day)
        return {
            "business_date": date, "account": account, "symbol": symbol, "instrument": int(symbol == TWO),
            "posted": posted, "cost": cost * 10_000, "event_time": 1, "known_time": 1,
        }  # fmt: skip

    rows = [
        position(6, 7, ONE, 900, 1),
        position(7, 7, ONE, 100, 9_000), position(7, 8, ONE, 200, 18_000), position(7, 8, TWO, 50, 1_000),
        position(7, 5, ONE, 5_000, 1), position(7, 1, ONE, -5_300, 0),
    ]  # fmt: skip
    stored(context, "ledger.positions", rows)
    return context


def test_performance_is_of_clients_holdings_with_dividends(held):
    """From 100 over a dividend of 10 (reference 90) to 99: the price lost 1 %, who held it gained 10 %."""
    one, two = answer(held, "product_performance").rows()
    assert (one["symbol"], one["product"], one["accounts"], one["quantity"]) == (ONE, "stock", 2, 300)
    assert (one["market_value"], one["cost"], one["gain_on_cost"]) == (29_700_0000, 27_000_0000, 1_000)
    assert (one["price_return"], one["total_return"]) == (-100, 1_000)
    assert (two["symbol"], two["total_return"], two["gain_on_cost"]) == (TWO, 0, -5_000)


def test_performance_of_a_span_counts_the_actions_in_it(held):
    (one,) = answer(held, "product_performance", start=datetime.date(2026, 1, 6), instrument=ONE).rows()
    assert (one["price_return"], one["total_return"]) == (1_000, 1_000)
    (then,) = answer(held, "product_performance", end=datetime.date(2026, 1, 6)).rows()
    assert (then["quantity"], then["price_return"], then["total_return"]) == (900, -1_000, 0)


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("product_performance", "ledger.read"), ("client_trades_by_year", "ledger.read"),
        ("client_service", "clients.read"), ("renewal_by_product", "clients.read"),
    ],
)  # fmt: skip
def test_rows_about_clients_are_shown_to_who_may_read_their_room(held, name, needed):
    held.house.access.closed = {needed}
    with pytest.raises(PermissionError, match=needed):
        answer(held, name)
    held.house.access.closed = {"risk.read"}
    answer(held, name)


def test_market_studies_need_no_room_but_history(served):
    served.house.access.closed = {"ledger.read", "clients.read"}
    assert answer(served, "investor_share").total_rows == 0
    assert served.house.access.asked == []


def past_trade(number, account, date, side, symbol, amount):
    return {
        "trade": f"T{number}", "account": account, "branch": "9801", "symbol": symbol, "side": side, "quantity": 1,
        "date": datetime.date.fromisoformat(date), "amount": amount * 10_000, "fee": 20_0000, "tax": 0,
    }  # fmt: skip


@pytest.fixture
def traded(context):
    day = datetime.date(2026, 1, 5)
    bought = {
        "business_date": day, "trade_date": day, "account": 8, "execution_id": 1, "order_id": 1, "branch": 9802,
        "symbol": ONE, "side": "buy", "origin": "exchange", "value": 700_0000, "event_time": 1, "known_time": 1,
        "fee": 20_0000, "tax": 0,
    }  # fmt: skip
    stored(context, "ledger.executions", [bought, bought | {"account": 5, "execution_id": 2}])
    rows = [
        past_trade(1, EIGHT, "2024-05-02", "buy", ONE, 1_000),
        past_trade(2, EIGHT, "2024-06-03", "sell", TWO, 500),
        past_trade(3, SEVEN, "2024-06-03", "sell", ONE, 100),
        past_trade(4, GONE, "2025-06-03", "buy", ONE, 50),
    ]
    append_bars(context.lake, pa.Table.from_pylist(rows), dataset="history.past_trades")
    return context


def test_trades_of_the_years_before_and_since_are_one_history(traded):
    """The house's own trade (account 5) is not a client's; the account of 2025 was closed before the firm came here."""
    rows = answer(traded, "client_trades_by_year").rows()
    assert [(row["year"], row["account_number"], row["turnover"] // 10_000, row["executions"]) for row in rows] == [
        (2024, EIGHT, 1_500, 2), (2024, SEVEN, 100, 1), (2024, GONE, 0, 0),
        (2025, GONE, 50, 1), (2025, SEVEN, 0, 0), (2025, EIGHT, 0, 0),
        (2026, EIGHT, 700, 1), (2026, SEVEN, 0, 0), (2026, GONE, 0, 0),
    ]  # fmt: skip
    assert (rows[0]["bought_value"], rows[0]["sold_value"], rows[0]["fee"]) == (1_000_0000, 500_0000, 40_0000)
    assert {row["account_number"]: row["branch"] for row in rows} == {
        SEVEN: "9801",
        EIGHT: "9802",
        GONE: "9801",
    }
    months = answer(traded, "client_trades").rows()
    assert [(row["month"], row["accounts"]) for row in months] == [
        ("2024-05", 1), ("2024-06", 2), ("2025-06", 1), ("2026-01", 1),
    ]  # fmt: skip


def test_shares_and_products_have_the_earlier_years_too(traded):
    products = answer(traded, "product_turnover").rows()
    assert {row["month"] for row in products} >= {"2024-05", "2025-06", "2026-01"}
    bar = dict.fromkeys(("open", "high", "low", "close"), 10_000) | {"volume": 2_000, "amount": 2_000_0000}
    bars = [bar | {"symbol": ONE, "date": datetime.date(2024, 5, 2)}]
    append_bars(traded.lake, pa.Table.from_pylist(bars))
    shares = {
        (row["month"], row["branch"]): row["market_share"] for row in answer(traded, "branch_share").rows()
    }
    assert shares["2024-05", "9801"] == 2_500  # 1,000 of 2 × 2,000


def test_years_of_the_largest_account_or_of_one_by_its_code(traded):
    top = answer(traded, "client_trades_by_year", top=1).rows()
    assert {row["account_number"] for row in top} == {EIGHT}
    (seven,) = answer(traded, "client_trades_by_year", account="7").rows()
    assert seven["year"] == 2024
    assert (seven["account_number"], seven["sold_value"]) == (SEVEN, 100_0000)
    gone = answer(traded, "client_trades_by_year", account=GONE)
    assert gone.total_rows == 1
