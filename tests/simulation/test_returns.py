"""The bootstrap keeps blocks, correlation and clusters of the real returns; histories keep limits and ticks."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from tallystick.market import MarketMachine, day_terms, seed_command, tick_of
from tallystick.market.events import AdoptRules, RegisterInstrument
from tallystick.simulation.genesis.listing import made_up_instruments
from tallystick.simulation.genesis.past import Past, draw_past
from tallystick.simulation.genesis.plan import DemoPlan
from tallystick.simulation.returns import block_days, bootstrap_returns, log_returns, real_prices


@pytest.fixture(scope="module")
def returns():
    return log_returns(real_prices().closes)


def test_real_prices_are_the_whole_set():
    prices = real_prices()
    assert len(prices.symbols) == 20
    assert prices.symbols[0] == "AAPL"
    days = prices.dates.astype("datetime64[D]")
    assert (str(days[0]), str(days[-1]), len(days)) == ("1990-01-02", "2022-12-28", 8_313)
    assert prices.closes[0, 0] == 2_640
    assert (prices.closes > 0).all()


def test_blocks_are_runs_of_the_mean_length_that_go_round():
    rows = block_days(np.random.default_rng(3), 500, 200_000, 20)
    assert rows.min() == 0
    assert rows.max() == 499
    breaks = int((np.diff(rows) % 500 != 1).sum()) + 1
    assert 19 < 200_000 / breaks < 21
    share_of_days = np.bincount(rows, minlength=500) / len(rows)
    assert share_of_days.max() < 4 / 500


def test_equal_seeds_give_equal_returns_and_other_seeds_others(returns):
    sources = np.arange(8) % 20
    drawn = bootstrap_returns(returns, sources, 300, 7)
    assert np.array_equal(drawn, bootstrap_returns(returns, sources, 300, 7))
    assert np.array_equal(drawn[:, :3], bootstrap_returns(returns, sources[:3], 300, 7))
    assert not np.array_equal(drawn, bootstrap_returns(returns, sources, 300, 8))


def test_each_share_keeps_its_deviation_and_shares_move_together(returns):
    drawn = bootstrap_returns(returns, np.arange(20), 8_000, 11)
    ratio = drawn.std(axis=0) / returns.std(axis=0)
    assert ratio.min() > 0.8
    assert ratio.max() < 1.25
    pairs = np.triu_indices(20, 1)
    assert (np.corrcoef(drawn.T)[pairs] > 0).all()
    mean, real = np.corrcoef(drawn.T)[pairs].mean(), np.corrcoef(returns.T)[pairs].mean()
    assert abs(mean - real) < 0.05


def test_rough_days_stay_in_clusters_inside_blocks(returns):
    """Absolute returns of the market follow one another; blocks of one day lose that, blocks of twenty keep it."""

    def persistence(mean_block: float) -> float:
        drawn = bootstrap_returns(returns, np.arange(20), 8_000, 5, mean_block=mean_block)
        size = np.abs(drawn.mean(axis=1))
        return float(np.corrcoef(size[:-1], size[1:])[0, 1])

    assert persistence(20) > 0.15
    assert abs(persistence(1)) < 0.05


def test_a_fund_moves_less_on_its_own(returns):
    sources = np.zeros(2, np.int64)
    share, fund = bootstrap_returns(returns, sources, 4_000, 9, own=np.array([1.0, 0.25])).std(axis=0)
    assert fund < 0.75 * share


@pytest.fixture(scope="module")
def past() -> tuple[MarketMachine, Past]:
    machine = MarketMachine()
    machine.decide(AdoptRules, [seed_command()])
    plan = DemoPlan(instruments=60, seed=7, history_from=datetime.date(2026, 6, 1))
    prices = real_prices()
    listing = made_up_instruments(plan, len(prices.symbols))
    assert not machine.decide(RegisterInstrument, listing.commands)["mask"].any()
    wild = log_returns(prices.closes) * 4
    return machine, draw_past(machine, plan, listing, datetime.date(2026, 11, 19), wild)


def test_history_stays_inside_the_limits_on_tick_and_in_lots(past):
    machine, (sessions, codes, _, _, year) = past
    bars = year.bars
    assert sessions == machine.calendar("XTAI").sessions(
        datetime.date(2026, 6, 1), datetime.date(2026, 11, 19)
    )
    at_limit = 0
    for day in range(1, len(sessions)):
        terms = day_terms(machine, codes, year.references[day], sessions[day])
        for prices in (bars.open[day], bars.high[day], bars.low[day], bars.close[day]):
            assert (prices <= terms["limit_up"]).all()
            assert (prices >= terms["limit_down"]).all()
        at_limit += int(
            ((bars.close[day] == terms["limit_up"]) | (bars.close[day] == terms["limit_down"])).sum()
        )
        assert (bars.volume[day] % terms["lot"] == 0).all()
    assert at_limit > 0, "returns four times the real ones must hit the limits"


def test_history_is_one_of_bars(past):
    bars = past[1].bars
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.volume > 0).all()
    assert (bars.amount >= bars.volume * bars.low).all()
    assert (bars.amount <= bars.volume * bars.high).all()


def test_every_price_is_a_multiple_of_its_tick(past):
    machine, (sessions, codes, *_) = past
    bars = past[1].bars
    for column, code in enumerate(codes.tolist()[::7]):
        table = machine.rules.tick_table(machine.instruments[code], sessions[0])
        for price in np.unique(bars.close[:, column * 7]).tolist():
            assert price % tick_of(price, table) == 0
