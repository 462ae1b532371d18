"""Currencies are never added, sessions count while an instrument was there, splits are no volume and no change: answers
worked out by hand.
"""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.console import field_of
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.schema import schema_of
from tallystick.core.time import parse_time
from tallystick.history import append_bars
from tallystick.history.datasets import find_dataset
from tallystick.history.studies.given import GIVEN
from tallystick.history.studies.operations import StudyRequest, study
from tallystick.history.studies.study import studies
from tallystick.ledger.tables import TABLES as ledger_tables
from tallystick.market.events import RegisterInstrument
from tallystick.risk.tables import TABLES as risk_tables

ONE, TWO, SHANGHAI, NASDAQ, TAIPEI = "9901.XTAI", "9902.XTAI", "600999.XSHG", "MADE.XNAS", "8801.ROCO"


def answer(context, name, **asked):
    return study(context, StudyRequest(study=name, **asked))


def bar(day, symbol, close=100, volume=1_000, month=1):
    prices = dict.fromkeys(("open", "high", "low", "close"), close * 10_000)
    date = datetime.date(2026, month, day)
    return {"symbol": symbol, "date": date, **prices, "volume": volume, "amount": close * volume * 10_000}


def load(context, rows, dataset="history.bars_daily"):
    append_bars(
        context.lake,
        pa.Table.from_pylist(rows),
        dataset=dataset,
        known_time=parse_time("2026-03-01 00:00:00"),
    )


@pytest.fixture
def world(context):
    """One session of four venues in three currencies."""
    load(context, [bar(5, ONE, 100), bar(5, TAIPEI, 50), bar(5, SHANGHAI, 20), bar(5, NASDAQ, 7)])
    return context


def test_turnover_is_of_the_home_market_in_its_currency(world):
    found = answer(world, "market_turnover")
    (row,) = found.rows()
    assert (row["turnover"], row["instrument_count"], row["currency"]) == (150_000_0000, 2, "TWD")
    assert found.title == "Turnover of the market: XTAI, ROCO, XTAF, TWD"


@pytest.mark.parametrize(
    ("venue", "turnover", "currency"),
    [("XSHG", 20_000, "CNY"), ("XNAS", 7_000, "USD"), ("ROCO", 50_000, "TWD")],
)
def test_turnover_of_a_venue_is_in_its_own_currency(world, venue, turnover, currency):
    found = answer(world, "market_turnover", venue=venue)
    (row,) = found.rows()
    assert (row["turnover"], row["currency"]) == (turnover * 10_000, currency)
    assert found.title.endswith(f"{venue}, {currency}")


def test_ranks_are_within_a_currency(world):
    (row,) = answer(world, "market_concentration", top=1, venue="XSHG").rows()
    assert (row["largest_share"], row["largest_instrument"]) == (10_000, SHANGHAI)
    assert [row["symbol"] for row in answer(world, "liquidity").rows()] == [ONE, TAIPEI]
    (one,) = answer(world, "liquidity", instrument=NASDAQ).rows()
    assert (one["turnover_a_session"], one["currency"]) == (7_000_0000, "USD")


def test_unknown_venue_names_the_nearest(world):
    with pytest.raises(NotFound, match=r"no venue XTAL .* Did you mean XTAI"):
        answer(world, "market_turnover", venue="XTAL")
    with pytest.raises(TallystickError, match="client_service does not look at venue"):
        answer(world, "client_service", venue="XTAI")


def test_volume_curve_stands_in_the_venues_clock(context):
    start = parse_time("2026-01-05 09:30:00", "America/New_York")
    prices = dict.fromkeys(("open", "high", "low", "close"), 10_000)
    row = {
        "symbol": NASDAQ, "date": datetime.date(2026, 1, 5), "ts_start": start, "ts_end": start + 60 * 10**9,
        "phase": "continuous", **prices, "volume": 5,
    }  # fmt: skip
    load(context, [row], "history.bars_minute")
    assert answer(context, "volume_curve", venue="XNAS").rows()[0]["clock"] == "09:30"
    assert answer(context, "volume_curve").total_rows == 0


def test_own_trades_are_of_one_currency_and_of_home_where_the_books_name_no_venue(context):
    def trade(number, symbol, amount):
        return {
            "trade": f"T{number}", "account": "980100000077", "branch": "9801", "symbol": symbol, "side": "buy",
            "quantity": 1, "date": datetime.date(2025, 5, 2), "amount": amount * 10_000, "fee": 0, "tax": 0,
        }  # fmt: skip

    spec = next(table.spec for table in ledger_tables if table.name == "ledger.executions")
    context.lake.create(spec)
    context.lake.append(spec.name, schema_of(spec.record).arrow.empty_table())
    load(context, [trade(1, ONE, 100), trade(2, "9905", 10), trade(3, NASDAQ, 1)], "history.past_trades")
    (row,) = answer(context, "client_trades").rows()
    assert (row["bought_value"], row["currency"]) == (110_0000, "TWD")
    (row,) = answer(context, "client_trades", venue="XNAS").rows()
    assert (row["bought_value"], row["currency"]) == (1_0000, "USD")


def test_contracts_are_of_one_currency(context):
    def term(number, currency, amount):
        day = datetime.date(2026, 1, 5)
        return {
            "contract": f"P{number}", "product": "N1", "kind": "note", "client": "K1", "start": day, "end": day,
            "amount": amount * 10_000, "currency": currency, "outcome": "left", "ended_on": day, "paid_back": amount,
        }  # fmt: skip

    load(context, [term(1, None, 100), term(2, "TWD", 10), term(3, "USD", 1)], "history.product_terms")
    for name in ("product_renewal", "renewal_by_product"):
        (row,) = answer(context, name).rows()
        assert (row["amount"], row["currency"]) == (110_0000, "TWD")
        (row,) = answer(context, name, currency="USD").rows()
        assert (row["amount"], row["currency"]) == (1_0000, "USD")


def test_sessions_without_a_trade_are_the_same_for_all_and_for_one(context):
    load(context, [bar(day, ONE) for day in (5, 6, 7, 8, 9)] + [bar(5, TWO), bar(9, TWO)])
    one, two = answer(context, "liquidity").rows()
    assert (one["sessions_without_trade"], two["sessions_without_trade"]) == (0, 3)
    for asked in (one, two):
        assert answer(context, "liquidity", instrument=asked["symbol"]).rows() == [asked]


def test_sessions_before_a_listing_and_after_a_delisting_do_not_count(context, house):
    """Its own bars say when it came and went, unless the market room knows better."""
    dates = {"listed_on": datetime.date(2026, 1, 6), "delisted_on": datetime.date(2026, 1, 8)}
    made = RegisterInstrument(symbol="9904.XTAI", name="Example Four", **dates)
    house.engine.decide(RegisterInstrument, [made])
    days = (5, 6, 7, 8, 9)
    rows = [bar(day, TAIPEI.replace("ROCO", "XTAI")) for day in days]
    load(context, [*rows, bar(6, TWO), bar(8, TWO), bar(7, "9904.XTAI"), bar(6, ONE)])
    missed = {row["symbol"]: row["sessions_without_trade"] for row in answer(context, "liquidity").rows()}
    assert missed == {"8801.XTAI": 0, TWO: 1, "9904.XTAI": 2, ONE: 3}
    asked = {"start": datetime.date(2026, 1, 7), "end": datetime.date(2026, 1, 8)}
    missed = {
        row["symbol"]: row["sessions_without_trade"] for row in answer(context, "liquidity", **asked).rows()
    }
    assert missed == {"8801.XTAI": 0, TWO: 1, "9904.XTAI": 1}


def test_turnover_rate_counts_todays_shares(context, house):
    """Each old share became two: 1,000 traded before are 2,000 of the 10,000 that there are now."""
    made = RegisterInstrument(symbol="9904.XTAI", name="Example Four", shares_issued=10_000)
    house.engine.decide(RegisterInstrument, [made])
    load(context, [bar(5, "9904.XTAI", 100), bar(6, "9904.XTAI", 50), bar(7, "9904.XTAI", 50)])
    act = {"symbol": "9904.XTAI", "ex_date": datetime.date(2026, 1, 6), "kind": "stock", "ratio": 100_000_000}
    load(context, [act], "history.actions")
    (row,) = answer(context, "liquidity").rows()
    assert row["turnover_rate"] == 4_000
    (row,) = answer(context, "liquidity", end=datetime.date(2026, 1, 5)).rows()
    assert row["turnover_rate"] == 2_000


def test_turnover_rate_counts_todays_shares_after_a_capital_reduction(context, house):
    """Two shares became one: 2 × 1,000 before are 1,000 of today's 10,000, and 2 × 500 were traded since."""
    made = RegisterInstrument(symbol="9904.XTAI", name="Example Four", shares_issued=10_000)
    house.engine.decide(RegisterInstrument, [made])
    days = [(5, 100, 1_000), (6, 100, 1_000), (7, 200, 500), (8, 200, 500)]
    load(context, [bar(day, "9904.XTAI", close, volume) for day, close, volume in days])
    act = {
        "symbol": "9904.XTAI",
        "ex_date": datetime.date(2026, 1, 7),
        "kind": "reduction",
        "ratio": 50_000_000,
    }
    load(context, [act], "history.actions")
    (row,) = answer(context, "liquidity").rows()
    assert row["turnover_rate"] == 2_000


def test_change_of_the_price_adjusts_for_splits(context):
    """A change of par from 100 to 50 is no fall of the price; the dividend of 10 after it is."""
    spec = next(table.spec for table in ledger_tables if table.name == "ledger.positions")
    schema = schema_of(spec.record).arrow
    blank = {one.name: None if one.nullable else "" if pa.types.is_string(one.type) else 0 for one in schema}
    row = blank | {
        "business_date": datetime.date(2026, 1, 7), "account": 7, "symbol": ONE, "posted": 10, "cost": 10_000,
        "event_time": 1, "known_time": 1,
    }  # fmt: skip
    context.lake.create(spec)
    context.lake.append(spec.name, pa.Table.from_pylist([row], schema=schema))
    load(context, [bar(5, ONE, 100), bar(6, ONE, 50), bar(7, ONE, 40)])
    acts = [
        {"symbol": ONE, "ex_date": datetime.date(2026, 1, 6), "kind": "par_change", "ratio": 200_000_000, "cash": None},
        {"symbol": ONE, "ex_date": datetime.date(2026, 1, 7), "kind": "cash", "ratio": None, "cash": 10_0000},
    ]  # fmt: skip
    load(context, acts, "history.actions")
    (found,) = answer(context, "product_performance").rows()
    assert (found["price_return"], found["total_return"]) == (-2_000, 0)


@pytest.mark.parametrize("name", studies())
def test_measured_columns_say_their_unit(name, world):
    kinds = {
        "money": "1e-4 of the currency", "price": "1e-4 of the currency", "share": "parts per 10,000",
        "percent": "parts per 10,000", "quantity": "units (shares, contracts)",
    }  # fmt: skip
    declared = {table.name: table.spec for table in (*ledger_tables, *risk_tables)}
    for table in {*studies()[name].tables} - {*GIVEN, *world.lake.tables()}:
        world.lake.create(declared.get(table) or find_dataset(table).spec)
    columns = answer(world, name).arrow.schema
    assert columns
    for column in columns:
        unit = (column.metadata or {}).get(b"unit", b"").decode()
        kind = field_of(column.name).kind
        assert unit == kinds.get(kind, unit), column.name
        assert unit or not pa.types.is_floating(column.type), column.name
