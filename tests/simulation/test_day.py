"""A small trading day through a real writer: nothing appears or is lost, batch size and kills change nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest
from demo_firm import PLAN, accepted, by_instrument, digests, leave, totals

from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of
from tallystick.core.schema import date_number
from tallystick.firm import Firm
from tallystick.history import read_bars
from tallystick.ledger.events import AccountKind, MoveCash, MoveSecurities, RecordExecution, Side
from tallystick.market.events import SetDayTerms
from tallystick.risk.gate.events import CancelOrder, EndOrder, SubmitOrder
from tallystick.simulation import run_day
from tallystick.simulation.truth import read_truth

HOLDERS = (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR)
TODAY = date_number(PLAN.date)
RUN = """
import sys
from pathlib import Path
from tallystick.firm import Firm
from tallystick.simulation import load_plan, run_day
with Firm.open(Path(sys.argv[1]), user="demo") as firm:
    run_day(firm.context(), load_plan(firm.path).date)
"""


def test_the_summary_counts_what_the_journal_holds(run):
    firm, summary, _ = run
    orders = firm.house.journal.columns(SubmitOrder, day=PLAN.date)
    assert summary.orders == len(orders.records)
    assert 0.95 * PLAN.house_orders < summary.orders <= PLAN.house_orders
    assert summary.accepted == int((orders.verdicts["mask"] == 0).sum())
    assert summary.cancels == len(firm.house.journal.columns(CancelOrder, day=PLAN.date).records) > 0
    assert summary.executions == len(accepted(firm, RecordExecution)) > 100
    assert sum(summary.refused.values()) >= summary.orders - summary.accepted
    assert summary.movements == len(accepted(firm, MoveCash)) + len(accepted(firm, MoveSecurities))
    assert summary.settled > 0
    assert summary.late == read_truth(firm.path, PLAN.first_day).num_rows


def test_every_accepted_order_is_filled_ended_or_refused(run):
    firm, _, _ = run
    orders, ends, fills = (accepted(firm, kind) for kind in (SubmitOrder, EndOrder, RecordExecution))
    left = dict(zip(orders["order_id"].tolist(), orders["quantity"].tolist(), strict=True))
    for fill in fills:
        left[int(fill["order_id"])] -= int(fill["quantity"])
    assert min(left.values()) >= 0
    for end in ends:
        assert left[int(end["order_id"])] == int(end["quantity_left"])
        left[int(end["order_id"])] = 0
    assert not any(left.values())


def test_executions_keep_the_limits_of_orders_and_day(run):
    firm, _, _ = run
    orders, fills = accepted(firm, SubmitOrder), accepted(firm, RecordExecution)
    terms = accepted(firm, SetDayTerms)
    by_id = {int(order["order_id"]): order for order in orders}
    by_code = {int(row["instrument"]): row for row in terms}
    assert len(by_code) == PLAN.instruments
    for fill in fills:
        order, day = by_id[int(fill["order_id"])], by_code[int(fill["instrument"])]
        assert day["limit_down"] <= fill["price"] <= day["limit_up"]
        if order["order_type"] == 1:
            better = (
                fill["price"] <= order["price"]
                if order["side"] == Side.BUY
                else fill["price"] >= order["price"]
            )
            assert better
    assert (np.diff(fills["executed_at"]) >= 0).all()


def test_nothing_appears_or_is_lost(run):
    firm, _, before = run
    ledger = firm.house.machine("ledger")
    accounts, positions = ledger.accounts(), ledger.positions()
    assert int(accounts["posted"].sum()) == 0
    assert not by_instrument(positions).any()
    holders = np.isin(accounts["kind"], HOLDERS)
    now = by_instrument(positions[holders[positions["account"]]])
    then = by_instrument(before["positions"][holders[before["positions"]["account"]]])
    firm_net = {
        int(row["instrument"]): int(row["amount"]) for row in ledger.obligations(TODAY) if row["tier"] == 2
    }
    moved = np.zeros(len(now), np.int64)
    for move in accepted(firm, MoveSecurities):
        moved[move.instrument] += move.quantity
    for instrument in range(PLAN.instruments):
        assert now[instrument] - then[instrument] == firm_net.get(instrument, 0) + moved[instrument]


def test_a_client_short_of_money_is_covered_and_its_shares_are_kept(run):
    firm, _, _ = run
    late = read_truth(firm.path, PLAN.first_day)["account"].to_pylist()
    due = firm.house.machine("ledger").obligations(TODAY)
    rows = due[np.isin(due["account"], late) & (due["tier"] == 1) & (due["instrument"] == -1)]
    assert sorted(rows["account"].tolist()) == sorted(late)
    assert (rows["state"] > 3).all()
    firm_rows = due[due["tier"] == 2]
    assert set(firm_rows["state"].tolist()) <= {2, 3}, "the firm itself performs"


def test_orders_wrong_on_purpose_were_refused_for_their_reason(run):
    firm, _, _ = run
    truth = read_truth(firm.path, PLAN.date).to_pylist()
    labelled = [row for row in truth if row["source"] == "orders"]
    assert labelled
    orders = firm.house.journal.columns(SubmitOrder, day=PLAN.date)
    masks = dict(zip(orders.records["order_id"].tolist(), orders.verdicts["mask"].tolist(), strict=True))
    for row in labelled:
        codes = [reason.code for reason in event_of(SubmitOrder).reasons_in(masks[int(row["key"])])]
        assert row["wrong"] in codes


def test_bars_of_the_day_are_in_the_lake_and_agree(run):
    firm, _, _ = run
    daily = firm.call("history.bars", start=PLAN.date, end=PLAN.date).arrow
    minute = firm.call("history.bars", start=PLAN.date, end=PLAN.date, freq="1m").arrow
    assert daily.num_rows > 5
    assert totals(daily, "volume", "symbol") == totals(minute, "volume", "symbol")
    assert totals(daily, "amount", "symbol") == totals(minute, "amount", "symbol")
    ours = accepted(firm, RecordExecution)
    board = ours[(ours["lot_type"] == 1) & (ours["side"] == Side.BUY)]
    symbols = [instrument.symbol for instrument in firm.house.machine("market").instruments]
    volume = totals(daily, "volume", "symbol")
    for code in np.unique(board["instrument"]).tolist():
        assert volume[symbols[code]] >= int(board["quantity"][board["instrument"] == code].sum())
    assert set(minute["phase"].to_pylist()) <= {"open_auction", "continuous", "close_auction"}


def test_books_of_the_day_are_in_the_lake_and_their_best_prices_are_the_quotes(run):
    firm, _, _ = run
    books = firm.call("history.depth", limit=0).to_polars()
    quotes = firm.call("history.quotes", limit=0).to_polars().sort("ts")
    assert books.height > 1_000
    best = books.sort("ts").join_asof(quotes, on="ts", by="symbol")
    for side in ("bid", "ask"):
        for name in (side, f"{side}_size"):
            assert best[f"{name}_1"].equals(best[name], null_equal=True, check_names=False), name
    for level in range(1, 5):
        deeper = books.drop_nulls([f"bid_{level + 1}", f"ask_{level + 1}"])
        assert deeper.height > 100
        assert (deeper[f"bid_{level}"] > deeper[f"bid_{level + 1}"]).all()
        assert (deeper[f"ask_{level}"] < deeper[f"ask_{level + 1}"]).all()
    gaps = books.sort("symbol", "ts").select((pl.col("ts").diff().over("symbol")).drop_nulls()).to_series()
    assert gaps.min().total_seconds() >= 55


def test_a_day_is_run_once_and_in_order(run):
    firm, _, _ = run
    with pytest.raises(TallystickError) as caught:
        run_day(firm.context(), PLAN.date)
    assert caught.value.code == "simulation.day_done"
    with pytest.raises(TallystickError) as caught:
        run_day(firm.context(), PLAN.date.replace(day=25))
    assert caught.value.code == "simulation.not_next"


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_deciding_again_in_batches_of_any_size_gives_the_same_state(run, size):
    firm, _, _ = run
    engine = firm.house.engine()
    for batch in firm.house.journal.batches():
        record, step = batch.event_type.record, size if batch.event_type.fixed else 1
        for start in range(0, batch.count, step):
            part = slice(start, start + step)
            verdicts = engine.decide(record, batch.records[part])
            assert np.array_equal(verdicts["mask"], batch.verdicts["mask"][part])
            assert np.array_equal(verdicts["reservation"], batch.verdicts["reservation"][part])
        if batch.kind == "core.day_closed":
            after = engine.digests()
    assert after == digests(firm)


def test_a_run_that_is_killed_goes_on_ends_the_same_and_the_next_session_follows(run, built_folder, tmp_path):
    """Kill -9 of the runner and of its writer at a random moment, then run again."""
    firm, _, _ = run
    folder = tmp_path / "firm"
    shutil.copytree(built_folder, folder)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    runner = subprocess.Popen([sys.executable, "-c", RUN, str(folder)], env=environment)
    day = folder / "journal" / str(PLAN.date)
    while not day.exists():
        assert runner.poll() is None
        time.sleep(0.05)
    time.sleep(random.random() * 2)
    runner.kill()
    runner.wait()
    words = (folder / "journal" / "0.lock").read_text().split()
    os.kill(int(words[0]), signal.SIGKILL)
    with Firm.open(folder, user="demo") as again:
        state = again.house.machine("day").state
        if state.is_open or state.business_date != PLAN.date:
            run_day(again.context(), PLAN.date)
        assert digests(again) == digests(firm)
        for kind in (SubmitOrder, CancelOrder, RecordExecution, EndOrder):
            whole, resumed = (one.house.journal.columns(kind, day=PLAN.date).records for one in (firm, again))
            assert np.array_equal(whole, resumed)
        clean = firm.path / "inbox" / str(PLAN.date)
        for path in clean.rglob("*"):
            if path.is_file():
                other = folder / "inbox" / str(PLAN.date) / path.relative_to(clean)
                assert other.read_bytes() == path.read_bytes()
        following = again.call("simulation.run", date=PLAN.date.replace(day=23))
        assert following.executions > 50
        assert following.settled > 0
        assert "oddities" not in following.__struct_fields__
        leave(again)


def test_the_days_volumes_go_on_from_the_past(run):
    firm, _, _ = run
    symbols = [one.symbol for one in firm.house.machine("market").instruments]
    first = PLAN.history_from
    rows = read_bars(firm.house.lake, symbols, first, PLAN.date, columns=["symbol", "date", "volume"])
    past: dict[str, list[int]] = {}
    today = {}
    for row in rows.to_pylist():
        if row["date"] == PLAN.date:
            today[row["symbol"]] = row["volume"]
        else:
            past.setdefault(row["symbol"], []).append(row["volume"])
    ratios = [volume / np.median(past[symbol]) for symbol, volume in today.items()]
    assert len(ratios) > 0.8 * PLAN.instruments
    assert 0.5 < np.median(ratios) < 2
    assert np.mean([0.1 < ratio < 10 for ratio in ratios]) > 0.9
