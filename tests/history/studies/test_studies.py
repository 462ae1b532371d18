"""Studies over a small market whose answers are worked out by hand."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.schema import schema_of
from tallystick.core.text import translate
from tallystick.core.time import parse_time
from tallystick.history import append_bars
from tallystick.history.asking.operations import factors
from tallystick.history.asking.questions import FactorsRequest
from tallystick.history.studies.operations import StudiesRequest, StudyRequest, list_studies, study
from tallystick.history.studies.study import studies
from tallystick.ledger.tables import TABLES as ledger_tables
from tallystick.risk.tables import TABLES as risk_tables

ONE, TWO = "9901.XTAI", "9902.XTAI"


def day_of(month, day, symbol, close, volume, amount):
    return {
        "symbol": symbol,
        "date": datetime.date(2026, month, day),
        **dict.fromkeys(("open", "high", "low", "close"), close * 10_000),
        "volume": volume,
        "amount": amount * 10_000,
    }


@pytest.fixture
def traded(context):
    rows = [
        day_of(1, 5, ONE, 100, 3_000, 300_000),
        day_of(1, 5, TWO, 50, 2_000, 100_000),
        day_of(1, 6, ONE, 110, 1_000, 100_000),
        day_of(1, 6, TWO, 50, 0, 0),
        day_of(2, 2, ONE, 110, 1_000, 110_000),
    ]
    append_bars(context.lake, pa.Table.from_pylist(rows), known_time=parse_time("2026-03-01 00:00:00"))
    return context


def answer(context, name, **asked):
    return study(context, StudyRequest(study=name, **asked))


def test_turnover_sums_each_month(traded):
    rows = answer(traded, "market_turnover").rows()
    assert [(row["month"], row["sessions"], row["instrument_count"], row["turnover"]) for row in rows] == [
        ("2026-01", 2, 2, 500_000_0000),
        ("2026-02", 1, 1, 110_000_0000),
    ]
    assert rows[0]["turnover_a_session"] == 250_000_0000


def test_concentration_is_of_the_largest(traded):
    january, february = answer(traded, "market_concentration", top=1).rows()
    assert january["largest_instrument"] == ONE
    assert (january["largest_share"], january["largest_one_share"]) == (8_000, 8_000)
    assert january["herfindahl_index"] == 6_800  # 0.8² + 0.2²
    assert february["herfindahl_index"] == 10_000
    assert answer(traded, "market_concentration").rows()[0]["largest_share"] == 10_000


def test_composition_leaves_out_what_the_market_does_not_know(traded):
    """Only 9901.XTAI is registered, without an industry."""
    rows = answer(traded, "market_composition").rows()
    assert [(row["month"], row["industry"], row["turnover_share"]) for row in rows] == [
        ("2026-01", "–", 10_000),
        ("2026-02", "–", 10_000),
    ]


def test_liquidity_counts_sessions_without_a_trade(traded):
    one, two = answer(traded, "liquidity", end=datetime.date(2026, 1, 31)).rows()
    assert (one["symbol"], one["sessions_without_trade"], one["turnover_a_session"]) == (
        ONE,
        0,
        200_000_0000,
    )
    assert (two["symbol"], two["sessions_without_trade"]) == (TWO, 1)
    assert one["move_a_million"] == 10_000  # 10 % by 0.1 million: 100 % a million
    assert [row["symbol"] for row in answer(traded, "liquidity", instrument=TWO).rows()] == [TWO]


def test_volume_curve_stands_in_the_firms_clock(context):
    def bar(clock, volume):
        start = parse_time(f"2026-01-05 {clock}:00", "Asia/Taipei")
        return {
            "symbol": ONE,
            "date": datetime.date(2026, 1, 5),
            "ts_start": start,
            "ts_end": start + 60 * 10**9,
            "phase": "continuous",
            **dict.fromkeys(("open", "high", "low", "close"), 10_000),
            "volume": volume,
        }

    rows = pa.Table.from_pylist([bar("09:00", 100), bar("09:14", 300), bar("09:15", 200), bar("09:30", 800)])
    append_bars(context.lake, rows, dataset="history.bars_minute")
    found = answer(context, "volume_curve").rows()
    assert [(row["clock"], row["volume"], row["volume_share"]) for row in found] == [
        ("09:00", 400, 2857.1429),
        ("09:15", 200, 1428.5714),
        ("09:30", 800, 5714.2857),
    ]


def test_answer_is_as_known_then(traded):
    assert answer(traded, "market_turnover", known_at="2026-02-28").total_rows == 0


def test_answer_is_sorted_and_paged(traded):
    found = answer(traded, "market_turnover", sort="-month", limit=1)
    assert ([row["month"] for row in found.rows()], found.total_rows) == (["2026-02"], 2)


@pytest.mark.parametrize("name", studies())
def test_every_study_draws_columns_that_it_has(name, traded):
    found = studies()[name]
    columns = answer(traded, name).arrow.column_names
    if columns:
        assert {found.chart.x, *found.chart.y, *filter(None, [found.chart.by])} <= set(columns)
    assert answer(traded, name, known_at="2020-01-01").total_rows == 0


def test_nothing_is_loaded_yet(context):
    assert answer(context, "market_turnover").total_rows == 0


def test_unknown_study_names_the_nearest(context):
    with pytest.raises(NotFound, match="Did you mean market_turnover"):
        answer(context, "market_turnovr")


def test_field_that_a_study_does_not_look_at_is_refused(traded):
    with pytest.raises(TallystickError, match="market_turnover does not look at instrument"):
        answer(traded, "market_turnover", instrument=ONE)


@pytest.mark.parametrize("top", [10, 0, -1])
def test_top_of_a_study_without_one_is_refused(traded, top):
    with pytest.raises(TallystickError, match="liquidity does not look at top"):
        answer(traded, "liquidity", top=top)


@pytest.mark.parametrize("top", [0, -1])
@pytest.mark.parametrize("name", ["market_concentration", "client_trades_by_year"])
def test_fewer_than_one_of_the_largest_are_refused(traded, name, top):
    with pytest.raises(TallystickError, match=f"largest {top}.*1 or more.*then it is 10"):
        answer(traded, name, top=top)


def test_every_row_is_given_unless_fewer_are_asked_for(context):
    """A program that asks for a study, or for factors, gets the whole answer."""
    symbols = [f"M{number:04d}.XTAI" for number in range(120)]
    bars = [day_of(1, day, symbol, 100, 1_000, 100_000) for symbol in symbols for day in (5, 6)]
    append_bars(context.lake, pa.Table.from_pylist(bars))
    acts = [
        {"symbol": symbol, "ex_date": datetime.date(2026, 1, 6), "kind": "cash", "cash": 1_0000}
        for symbol in symbols
    ]
    append_bars(context.lake, pa.Table.from_pylist(acts), dataset="history.actions")
    assert len(answer(context, "liquidity").rows()) == 120
    assert len(factors(context, FactorsRequest()).rows()) == 120


def test_list_names_every_study_in_the_readers_language(context):
    context.language = "zh_Hant"
    lines = list_studies(context, StudiesRequest(sort="-study")).rows()
    assert [line["study"] for line in lines] == sorted(studies(), reverse=True)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in line["question"]) for line in lines)


def execution(number, account, branch, side, symbol, value, fee):
    day = datetime.date(2026, 1, 5)
    return {
        "business_date": day,
        "account": account,
        "execution_id": number,
        "order_id": number,
        "seq": number,
        "place": 0,
        "party": account,
        "branch": branch,
        "instrument": 0,
        "symbol": symbol,
        "side": side,
        "lot_type": "board",
        "capacity": "cash",
        "origin": "exchange",
        "trade_date": day,
        "price": value * 10_000,
        "quantity": 1,
        "value": value * 10_000,
        "event_time": 1,
        "known_time": 1,
        "fee": fee * 10_000,
        "tax": 0,
    }


@pytest.fixture
def firm_trades(traded):
    """Three fills of two branches in a month of 500,000 on the market; one brought in from the books before."""
    rows = [
        execution(1, 7, 9801, "buy", ONE, 60_000, 85),
        execution(2, 7, 9801, "sell", ONE, 20_000, 28),
        execution(3, 8, 9802, "buy", TWO, 40_000, 57),
        execution(4, 8, 9802, "buy", TWO, 99_999, 0) | {"origin": "opening"},
    ]
    spec = next(table.spec for table in ledger_tables if table.name == "ledger.executions")
    traded.lake.create(spec)
    traded.lake.append(spec.name, pa.Table.from_pylist(rows))
    return traded


def test_client_trades_leave_out_what_was_taken_over(firm_trades):
    (row,) = answer(firm_trades, "client_trades").rows()
    assert (row["accounts"], row["executions"], row["instrument_count"]) == (2, 3, 2)
    assert (row["bought_value"], row["sold_value"], row["fee"]) == (100_000_0000, 20_000_0000, 170_0000)


@pytest.mark.parametrize("account", ["980200000089", "8"])
def test_client_trades_of_one_account_by_its_number_or_code(firm_trades, account):
    (one,) = answer(firm_trades, "client_trades", account=account).rows()
    assert (one["accounts"], one["bought_value"], one["sold_value"]) == (1, 40_000_0000, 0)
    assert answer(firm_trades, "client_trades", account="980200000000").total_rows == 0


def test_branch_share_is_of_both_sides(firm_trades):
    one, two = answer(firm_trades, "branch_share").rows()
    assert (one["branch"], one["market_share"]) == ("9801", 800)  # 80,000 of 2 × 500,000
    assert (two["branch"], two["market_share"]) == ("9802", 400)


def test_small_shares_are_not_lost_and_add_up(firm_trades):
    """Twenty branches with 0.0002% of the market each have 0.004% together; rounded to 0.01% each they had none."""
    spec = next(table.spec for table in ledger_tables if table.name == "ledger.executions")
    small = [execution(100 + n, 7, 9900 + n, "buy", ONE, 2, 0) for n in range(20)]
    firm_trades.lake.append(spec.name, pa.Table.from_pylist(small))
    rows = [row for row in answer(firm_trades, "branch_share").rows() if row["branch"].startswith("99")]
    assert [row["market_share"] for row in rows] == [0.02] * 20  # 2 of 2 × 500,000, in parts per 10,000
    assert sum(row["market_share"] for row in rows) == pytest.approx(0.4)


def test_months_without_the_market_are_left_out_of_the_share(firm_trades):
    spec = next(table.spec for table in ledger_tables if table.name == "ledger.executions")
    long_ago = execution(9, 7, 9801, "buy", ONE, 5_000, 7)
    long_ago["business_date"] = long_ago["trade_date"] = datetime.date(2021, 3, 1)
    firm_trades.lake.append(spec.name, pa.Table.from_pylist([long_ago]))
    assert {row["month"] for row in answer(firm_trades, "branch_share").rows()} == {"2026-01"}
    assert "2021-03" in {row["month"] for row in answer(firm_trades, "client_trades").rows()}
    assert "are left out" in studies()["branch_share"].question
    assert "不列入" in translate(studies()["branch_share"].question, "zh_Hant")


def executed(context, rows):
    """Own executions of which each is (day of October, branch, symbol, value)."""
    spec = next(table.spec for table in ledger_tables if table.name == "ledger.executions")
    context.lake.create(spec)
    made = [
        execution(number, 7, branch, "buy", symbol, value, 0) | {"trade_date": datetime.date(2026, 10, day)}
        for number, (day, branch, symbol, value) in enumerate(rows)
    ]
    context.lake.append(spec.name, pa.Table.from_pylist(made))


def test_branch_share_is_of_all_days_of_the_month_whether_the_firm_traded_or_not(context):
    """The market trades 60,000 on each of four days, the firm 10,000 on the first: 10,000 of 2 × 240,000."""
    bars = [day_of(10, day, ONE, 100, 600, 60_000) for day in (1, 2, 5, 6)]
    append_bars(context.lake, pa.Table.from_pylist(bars))
    executed(context, [(1, 9801, ONE, 10_000)])
    (row,) = answer(context, "branch_share").rows()
    assert (row["market_share"], row["turnover_without_market"]) == (208.3333, 0)
    (row,) = answer(context, "branch_share", end=datetime.date(2026, 10, 2)).rows()
    assert row["market_share"] == 416.6667  # of 2 × 120,000


def test_trades_on_days_without_market_data_are_told_apart_from_the_share(context):
    """Bars of one session of one venue are loaded, 60,000; what was traded elsewhere and on other days has no whole."""
    bars = [day_of(10, 1, ONE, 100, 600, 60_000), day_of(10, 2, ONE, 100, 600, 0) | {"amount": None}]
    append_bars(context.lake, pa.Table.from_pylist(bars))
    trades = [
        (1, 9801, ONE, 3_000),
        (1, 9801, "8801.ROCO", 500),
        (2, 9801, ONE, 7_000),
        (9, 9802, ONE, 50_000),
    ]
    executed(context, trades)
    two, one = answer(context, "branch_share").rows()
    assert (one["branch"], two["branch"]) == ("9801", "9802")
    assert (one["turnover"], one["board_turnover"]) == (10_500_0000, 10_500_0000)
    assert (one["turnover_without_market"], one["market_share"]) == (7_500_0000, 250)  # 3,000 of 2 × 60,000
    assert (two["turnover_without_market"], two["market_share"]) == (50_000_0000, 0)


def test_odd_lots_are_no_part_of_the_share(firm_trades):
    """The market's figures are of board lots; so is the share, while the branch's turnover has all."""
    spec = next(table.spec for table in ledger_tables if table.name == "ledger.executions")
    odd = execution(9, 7, 9801, "buy", ONE, 5_000, 7) | {"lot_type": "odd"}
    firm_trades.lake.append(spec.name, pa.Table.from_pylist([odd]))
    one, _ = answer(firm_trades, "branch_share").rows()
    assert (one["turnover"], one["board_turnover"], one["market_share"]) == (85_000_0000, 80_000_0000, 800)


def test_split_is_no_move_of_the_price(context):
    rows = [day_of(1, 5, ONE, 100, 3_000, 1_000_000), day_of(1, 6, ONE, 50, 3_000, 1_000_000)]
    append_bars(context.lake, pa.Table.from_pylist(rows), known_time=parse_time("2026-03-01 00:00:00"))
    assert answer(context, "liquidity").rows()[0]["move_a_million"] == 5_000
    act = {"symbol": ONE, "ex_date": datetime.date(2026, 1, 6), "kind": "stock", "ratio": 100_000_000}
    append_bars(context.lake, pa.Table.from_pylist([act]), dataset="history.actions")
    assert answer(context, "liquidity").rows()[0]["move_a_million"] == 0


def test_names_are_in_the_readers_language(traded):
    market = traded.machine("market")
    names = {one.symbol: (one.name, one.name_zh) for one in market.instruments}
    traded.language = "zh_Hant"
    rows = answer(traded, "liquidity").rows()
    assert rows[0]["name"] == (names[ONE][1] or names[ONE][0])


def test_unknown_instrument_is_said(traded):
    with pytest.raises(NotFound, match=f"Did you mean {ONE}"):
        answer(traded, "liquidity", instrument="9901.XTA")


def test_product_turnover_is_of_products_that_the_market_knows(firm_trades):
    (row,) = answer(firm_trades, "product_turnover").rows()
    assert (row["product"], row["turnover"], row["fee"]) == ("stock", 80_000_0000, 113_0000)


def test_order_service_counts_each_order_once(context):
    spec = next(table.spec for table in risk_tables if table.name == "risk.orders")
    context.lake.create(spec)
    day = datetime.date(2026, 1, 5)
    blank = {
        column.name: "" if pa.types.is_string(column.type) else 0 for column in schema_of(spec.record).arrow
    }
    rows = [
        blank
        | {"business_date": day, "account": 7, "order_id": order, "seq": order, "branch": 9801, "status": status}
        | {"cancel_asked": False, "event_time": known, "known_time": known}
        for order, status, known in (
            (1, "new", 1), (1, "filled", 2), (2, "refused", 1), (3, "expired", 2), (4, "filled", 2),
        )
    ]  # fmt: skip
    context.lake.append(spec.name, pa.Table.from_pylist(rows, schema=schema_of(spec.record).arrow))
    (row,) = answer(context, "order_service").rows()
    assert (row["orders"], row["refused"], row["refused_share"], row["filled_share"]) == (4, 1, 2_500, 6_667)
