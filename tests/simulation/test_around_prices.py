"""What stands around the made-up prices is sound, known when it could be, and adjusts them back to the drawn path."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from demo_firm import PLAN

from tallystick.core.time import parse_time
from tallystick.simulation.genesis.actions import RATIO, Action
from tallystick.simulation.genesis.listing import made_up_instruments
from tallystick.simulation.genesis.past import draw_past
from tallystick.simulation.returns import log_returns, real_prices

AROUND = ("actions", "reference_prices", "index_members", "rates", "fundamentals", "futures_settlement")
NEW_YEAR = datetime.date(2026, 1, 15)


def rows_of(firm, dataset, **within):
    return firm.house.lake.scan(f"history.{dataset}", within=within or None)


@pytest.fixture
def past(built):
    """The past of the built firm, drawn again."""
    prices = real_prices()
    listing = made_up_instruments(PLAN, len(prices.symbols))
    return draw_past(built.house.machine("market"), PLAN, listing, PLAN.first_day, log_returns(prices.closes))


def test_each_dataset_is_filled_and_journaled(built):
    loads = built.call("history.loads", what="loaded", limit=50).rows()
    assert {f"history.{name}" for name in AROUND} <= {load["dataset"] for load in loads}
    assert all(rows_of(built, name).num_rows for name in AROUND)
    take_over = parse_time("2026-11-19 17:00:00", "Asia/Taipei")
    for name in AROUND:
        assert all(known.value <= take_over for known in rows_of(built, name)["known_time"].to_pylist()), name


@pytest.mark.parametrize(
    ("action", "close", "reference"),
    [
        (Action(0, 0, "cash", 2_5000, 0, 30), 100_0000, 97_5000),
        (Action(0, 0, "stock", 0, RATIO // 10, 30), 110_0000, 100_0000),
        (Action(0, 0, "reduction", 0, RATIO * 8 // 10, 30), 80_0000, 100_0000),
        (Action(0, 0, "par_change", 0, 2 * RATIO, 30), 100_0000, 50_0000),
    ],
)
def test_an_ex_date_has_the_reference_price_of_the_exchanges(action, close, reference):
    assert action.reference(close) == reference


def test_adjusted_prices_are_the_drawn_path_again(built, past):
    """Within a tick of the raw prices, and half of one where a limit cut them."""
    market = built.house.machine("market")
    symbols = [one.symbol for one in market.instruments]
    kinds = {row["kind"] for row in rows_of(built, "actions").to_pylist()}
    assert kinds == {"cash", "stock", "reduction", "par_change"}
    adjusted = built.call("history.bars", adjust="total", limit=100_000).to_pandas()
    adjusted = adjusted[adjusted["date"].astype(str) <= str(PLAN.first_day)]
    table = adjusted.pivot_table(index="date", columns="symbol", values="close")
    touched = sorted({action.column for action in past.actions.rows})
    assert len(touched) > 10
    for column in touched:
        closes = table[symbols[past.codes[column]]].to_numpy().astype(float)
        path = past.path.close[:, column].astype(float)
        scales = past.actions.scales[:, column]
        instrument = market.instruments[past.codes[column]]
        bands = np.array(market.rules.tick_table(instrument, PLAN.first_day), np.int64)
        raw = past.bars.close[:, column]
        tick = bands[np.searchsorted(bands[:, 0], raw, side="right") - 1, 1]
        assert (np.abs(closes - path) <= 1.5 * tick / scales).all(), instrument.symbol
        assert np.array_equal(past.bars.close[scales == 1, column], past.path.close[scales == 1, column])


def test_raw_prices_fall_on_ex_dates_as_much_as_their_terms_say(past):
    for action in past.actions.rows:
        before = int(past.bars.close[action.session - 1, action.column])
        assert past.year.previous[action.session, action.column] == before
        reference = int(past.year.references[action.session, action.column])
        assert reference == pytest.approx(action.reference(before), rel=0.006)


def test_every_bar_is_inside_the_limits_of_its_reference_price(past):
    year = past.year
    limited = year.limit_up > 0
    for field in (year.bars.open, year.bars.high, year.bars.low, year.bars.close):
        assert (field <= year.limit_up)[limited].all()
        assert (field >= year.limit_down)[limited].all()


def test_a_day_s_bars_are_checked_against_its_reference_prices(built):
    references = rows_of(built, "reference_prices").to_pandas().set_index(["symbol", "date"])
    bars = rows_of(built, "bars_daily").to_pandas().set_index(["symbol", "date"])
    assert len(references) == len(bars)
    joined = bars.join(references[["limit_up", "limit_down"]])
    assert (joined["high"] <= joined["limit_up"]).all()
    assert (joined["low"] >= joined["limit_down"]).all()


def test_an_index_is_known_as_it_was_and_those_that_left_stay(built):
    before = built.call("history.universe", name="MX50", date=NEW_YEAR)
    after = built.call("history.universe", name="MX50", date=PLAN.first_day)
    assert before.total_rows == after.total_rows == 5
    then, now = ({row["symbol"] for row in table.rows()} for table in (before, after))
    assert then != now
    members = rows_of(built, "index_members").to_pylist()
    assert {row["index"] for row in members} == {"MX50", "MXELEC"}
    assert len({row["symbol"] for row in members if row["index"] == "MX50"}) > 5
    open_ones = [row for row in members if row["index"] == "MX50" and row["valid_to"] is None]
    assert sum(row["weight"] for row in open_ones) == RATIO


def test_figures_are_known_after_their_periods_and_some_are_restated(built):
    figures = built.house.lake.scan("history.fundamentals").to_pylist()
    assert {row["item"] for row in figures} == {"revenue", "net_income", "eps"}
    assert all(row["period_end"] < row["announced"] <= PLAN.first_day for row in figures)
    assert any(row["revision"] == 1 and row["reason"] == "restated" for row in figures)
    rates = rows_of(built, "rates").to_pandas()
    policy = rates[rates["curve"] == "MADEUP-POLICY"].sort_values("date")["rate"]
    assert policy.nunique() == 3
    assert rates["rate"].between(0, 5 * RATIO // 100).all()


def test_futures_settle_by_the_index_until_they_expire(built):
    rows = rows_of(built, "futures_settlement").to_pylist()
    assert {row["underlying"] for row in rows} == {"MX50"}
    assert all(str(row["date"]) <= row["expiry"] for row in rows)
    assert all(row["settlement"] % 10_000 == 0 and row["open_interest"] > 0 for row in rows)


def test_ticks_of_the_day_are_the_exchange_s_own(run):
    firm, _, _ = run
    trades, quotes = (rows_of(firm, name).to_pandas() for name in ("trades", "quotes"))
    minutes = rows_of(firm, "bars_minute").to_pandas()
    volume = trades.groupby("symbol")["quantity"].sum()
    assert (volume == minutes.groupby("symbol")["volume"].sum().loc[volume.index]).all()
    assert len(volume) > 10
    assert set(trades["phase"]) <= set(minutes["phase"])
    assert trades["side"].isna().equals(~trades["phase"].eq("continuous"))
    both = quotes.dropna(subset=["bid", "ask"])
    assert len(both) > 100
    assert (both["bid"] < both["ask"]).all()
    assert not quotes.duplicated(["symbol", "seq"]).any()
    day = rows_of(firm, "reference_prices", date=(PLAN.date, PLAN.date))
    assert day.num_rows == PLAN.instruments
