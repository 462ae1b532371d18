"""The five sources' files agree with the books but for what was put in on purpose, and each oddity is labelled."""

from __future__ import annotations

import shutil
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from demo_firm import PLAN, accepted, totals

from tallystick.core.follower import Follower
from tallystick.ledger.events import AccountKind, MoveCash, MoveSecurities, RecordExecution
from tallystick.risk.gate.events import EndOrder, SubmitOrder
from tallystick.simulation.day.movements import Movement
from tallystick.simulation.files.books import day_books
from tallystick.simulation.files.inbox import write_files
from tallystick.simulation.truth import read_truth
from tallystick.wire import find_layout, read_camt053, read_file, read_mt940

LAYOUTS = {
    "trading/executions.csv": "trading.executions",
    "trading/orders.dat": "trading.orders",
    "finance/journal.csv": "finance.journal",
    "exchange/executions-ROCO.dat": "exchange.executions",
    "exchange/executions-XTAI.dat": "exchange.executions",
    "exchange/obligations.dat": "exchange.obligations",
    "depository/positions.dat": "depository.positions",
    "depository/movements.dat": "depository.movements",
}
CUT = "exchange/obligations.dat"


def read(folder, name):
    return read_file(
        find_layout(LAYOUTS[name], PLAN.date), (folder / "inbox" / str(PLAN.date) / name).read_bytes()
    )


@pytest.fixture(scope="module")
def books(run):
    """The day as the journal and the machines tell it, without the runner."""
    firm, _, _ = run
    house = firm.house
    before = Follower(house.journal, house.engine(), house.snapshots)
    before.catch_up(until=house.journal.last(PLAN.first_day).seq)
    orders = house.journal.columns(SubmitOrder, day=PLAN.date)
    moves = [
        Movement(m.received_at, type(m), m)
        for kind in (MoveCash, MoveSecurities)
        for m in accepted(firm, kind)
    ]
    return day_books(
        PLAN.date, house.machine("market"), before.engine.machines["ledger"], house.machine("ledger"),
        orders=orders.records, masks=orders.verdicts["mask"], executions=accepted(firm, RecordExecution),
        ends=accepted(firm, EndOrder), moved=sorted(moves, key=lambda move: move.time),
    )  # fmt: skip


@pytest.fixture(scope="module")
def clean(run, books, tmp_path_factory):
    """The folder of the same day's files without oddities."""
    folder = tmp_path_factory.mktemp("clean")
    files, truth = write_files(folder, books, run[0].house.machine("market"), seed=PLAN.seed, each=0)
    assert not truth
    assert files == run[1].files
    return folder


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_every_file_reads_whole_and_proves_its_control_totals(run, clean, name):
    for folder in (clean, run[0].path):
        found = read(folder, name)
        assert not found.faults
        assert not found.unknown
        assert found.is_proved == (folder == clean or name != CUT)


def test_exchange_and_trading_system_report_the_journals_executions(books, clean):
    trading = read(clean, "trading/executions.csv").rows
    exchange = pa.concat_tables(
        [read(clean, name).rows for name in LAYOUTS if name.startswith("exchange/exec")]
    )
    rows = books.executions
    for name in ("execution_id", "order_id", "price", "quantity", "side"):
        assert trading[name].to_pylist() == rows[name].tolist()
        assert sorted(exchange[name].to_pylist()) == sorted(rows[name].tolist())
    assert totals(trading, "amount", "account") == totals(exchange, "amount", "account")
    numbers = books.names.numbers.to_pylist()
    assert trading["account"].to_pylist() == [numbers[code] for code in rows["account"].tolist()]


def test_order_export_tells_what_became_of_each_order(books, clean):
    rows = read(clean, "trading/orders.dat").rows
    assert rows["order_id"].to_pylist() == books.orders["order_id"].tolist()
    filled, left = rows["filled"].to_numpy(), rows["quantity"].to_numpy()
    state = rows["state"].to_numpy()
    assert int(filled.sum()) == int(books.executions["quantity"].sum())
    assert (filled[state == 1] == left[state == 1]).all()
    assert (filled[state == 5] == 0).all()
    assert ((state == 5) == (books.masks != 0)).all()
    known = {"bad_lot", "off_tick", "short_of_buying_power", "short_of_sellable", "account_blocked"}
    known |= {"price_above_limit", "price_below_limit", ""}
    assert set(rows["reason"].to_pylist()) <= known


def test_obligations_are_the_firms_net_of_the_day(books, clean):
    rows = read(clean, "exchange/obligations.dat").rows
    trades = books.trades
    sign = np.where(trades["side"] == 1, 1, -1)
    nets = totals(pa.table({"security": books.names.security(trades["instrument"]), "net": sign * trades["quantity"]}),
                  "net", "security")  # fmt: skip
    found = dict(zip(rows["security"].to_pylist(), rows["quantity"].to_pylist(), strict=True))
    assert {security: net for security, net in nets.items() if net} == {
        s: q for s, q in found.items() if s != "TWD"
    }
    assert sum(rows["amount"].to_pylist()) == -int((sign * trades["value"]).sum())


def test_depository_rolls_from_yesterday_to_today(books, clean):
    holders = np.isin(books.names.kinds, (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR))

    def balances(positions) -> Counter:
        mine = positions[holders[positions["account"]]]
        numbers = books.names.numbers.take(pa.array(mine["account"])).to_pylist()
        return Counter(dict(zip(zip(numbers, books.names.security(mine["instrument"]).to_pylist(), strict=True),
                                mine["posted"].tolist(), strict=True)))  # fmt: skip

    rolled = balances(books.positions_before)
    movements = read(clean, "depository/movements.dat").rows.to_pylist()
    for row in movements:
        rolled[row["account"], row["security"]] += row["quantity"]
    stated = {
        (row["account"], row["security"]): row["balance"]
        for row in read(clean, "depository/positions.dat").rows.to_pylist()
    }
    assert {key: units for key, units in rolled.items() if units} == stated
    assert {key: units for key, units in balances(books.positions_after).items() if units} == stated
    assert {row["kind"] for row in movements} == {1, 2, 3}


def test_finance_journal_balances_and_holds_fees_and_taxes(books, clean):
    rows = read(clean, "finance/journal.csv").rows
    assert totals(rows, "debit", "voucher") == totals(rows, "credit", "voucher")
    credits, debits = totals(rows, "credit", "ledger_account"), totals(rows, "debit", "ledger_account")
    assert credits["4011"] == int(books.trades["fee"].sum()) > 0
    assert credits["2251"] == int(books.trades["tax"].sum()) > 0
    kinds = books.names.kinds
    client_money = int((books.cash_after - books.cash_before)[kinds == AccountKind.CLIENT].sum())
    moved = sum(one.command.amount for one in books.moved if one.kind is MoveCash)
    firm = books.settled[(books.settled["tier"] == 2) & (books.settled["instrument"] == -1)]["amount"].sum()
    assert debits["1113"] - credits["1113"] == -(client_money - moved) + int(firm)


def test_bank_statements_lead_from_yesterdays_cash_to_todays(books, clean):
    inbox = clean / "inbox" / str(PLAN.date) / "bank"
    found = read_camt053((inbox / "clients.camt053.xml").read_bytes())
    assert found.is_proved
    (statement,) = found.statements
    clients = books.names.kinds == AccountKind.CLIENT
    assert statement.opening == int(books.cash_before[clients].sum())
    assert statement.closing == int(books.cash_after[clients].sum())
    firm = read_mt940((inbox / "firm.mt940").read_bytes())
    assert firm.is_proved
    house = ~clients & (books.names.kinds != AccountKind.CONTROL)
    assert firm.statements[0].closing.amount == int(books.cash_after[house].sum())
    net = books.settled[(books.settled["tier"] == 2) & (books.settled["instrument"] == -1)]["amount"].sum()
    assert [line.amount for line in firm.statements[0].lines if line.reference == "CLEARING-NET"] == [
        int(net)
    ]


def rows_of(folder, name) -> Counter:
    return Counter(tuple(row.items()) for row in read(folder, name).rows.to_pylist())


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != CUT])
def test_a_file_differs_from_the_books_by_its_labels_and_nothing_else(run, clean, name):
    truth = [
        row
        for row in read_truth(run[0].path, PLAN.date).to_pylist()
        if f"{row['source']}/{row['file']}" == name
    ]
    right, wrong = rows_of(clean, name), rows_of(run[0].path, name)
    lost, new = right - wrong, wrong - right
    kinds = Counter(row["kind"] for row in truth)
    pairs = sum(count for kind, count in kinds.items() if kind.startswith("wrong"))
    fees = kinds["wrong_fee"]
    assert lost.total() == pairs + fees + kinds["missing_row"]
    assert new.total() == pairs + fees + kinds["duplicate_row"]
    strengths = Counter((row["kind"], row["strength"]) for row in truth)
    assert set(strengths.values()) <= {PLAN.oddities}
    gone = Counter(value for row in lost for field, value in row)
    for row in truth:
        if row["kind"] == "missing_row" and "/" not in row["key"]:
            assert gone[int(row["key"]) if row["key"].isdigit() else row["key"]]
        elif row["kind"].startswith("wrong"):
            there = [dict(one) for one in new if str(dict(one)[row["field"]]) == row["wrong"]]
            assert there, row


def test_every_kind_comes_in_three_strengths(run):
    truth = read_truth(run[0].path, PLAN.date).to_pylist()
    kinds = Counter(
        (row["source"], row["file"], row["kind"]) for row in truth if row["source"] not in ("orders",)
    )
    for (_, file, kind), count in kinds.items():
        assert count == (1 if kind == "cut_file" else 3 * PLAN.oddities), (file, kind)
    assert {kind for _, _, kind in kinds} == {
        "missing_row", "duplicate_row", "wrong_quantity", "wrong_price", "wrong_account", "wrong_fee", "wrong_branch",
        "cut_file", "timing_difference", "duplicate_entry", "wrong_amount", "wrong_value_date",
    }  # fmt: skip


def test_bank_books_late_entries_on_the_next_day(run, books, clean, tmp_path):
    firm, _, _ = run
    inbox = firm.path / "inbox" / str(PLAN.date) / "bank" / "clients.camt053.xml"
    spoilt = read_camt053(inbox.read_bytes())
    assert spoilt.is_proved, "the bank's own balance holds"
    truth = [
        row for row in read_truth(firm.path, PLAN.date).to_pylist() if row["kind"] == "timing_difference"
    ]
    references = {entry.reference for entry in spoilt.statements[0].entries}
    assert not references & {row["key"] for row in truth}
    shutil.copytree(firm.path / "simulation", tmp_path / "simulation")
    tomorrow = books._replace(date=PLAN.date.replace(day=23))
    write_files(tmp_path, tomorrow, firm.house.machine("market"), seed=PLAN.seed, each=0)
    later = read_camt053((tmp_path / "inbox" / "2026-11-23" / "bank" / "clients.camt053.xml").read_bytes())
    assert later.is_proved
    assert later.statements[0].opening == spoilt.statements[0].closing
    assert {row["key"] for row in truth} <= {entry.reference for entry in later.statements[0].entries}


def test_truth_stays_out_of_the_inbox(run):
    inbox = run[0].path / "inbox"
    assert not [path for path in inbox.rglob("*") if "truth" in path.name]
