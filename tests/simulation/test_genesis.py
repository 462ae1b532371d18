"""A plan makes the same firm each time, its books prove, and only the vault knows names."""

from __future__ import annotations

import datetime

import msgspec
import numpy as np
import pytest
from demo_firm import PLAN, by_instrument, digests, make
from stdnum import isin

from tallystick.core.errors import TallystickError
from tallystick.core.schema import date_number, number_date
from tallystick.core.settings import FirmSettings, Settings
from tallystick.core.time import parse_time
from tallystick.core.vault import Vault
from tallystick.firm import Firm
from tallystick.ledger import HOUSE_ACCOUNT_COUNT
from tallystick.ledger.events import AccountKind, RecordOpeningHolding, RecordOpeningTrade, Side
from tallystick.simulation import DemoPlan, build
from tallystick.simulation.genesis.listing import made_up_instruments
from tallystick.simulation.genesis.names import identity_of, person
from tallystick.simulation.genesis.people import account_numbers, client_people
from tallystick.simulation.truth import read_truth


def test_equal_plans_make_equal_firms(built_folder, tmp_path):
    with Firm.open(built_folder, user="demo") as first, make(tmp_path / "again") as again:
        assert digests(first) == digests(again)


def test_other_seeds_make_other_people_and_markets(tmp_path):
    vault = Vault(tmp_path / "vault.sqlite")
    one, other = (
        next(client_people(msgspec.structs.replace(PLAN, seed=seed), vault, PLAN.first_day, 8, 7))
        for seed in (7, 8)
    )
    assert not np.array_equal(one.accounts["opened_on"], other.accounts["opened_on"])
    assert one.persons != other.persons
    plans = [DemoPlan(instruments=20, seed=seed) for seed in (7, 8)]
    prices = [made_up_instruments(plan, 20).first_prices for plan in plans]
    assert not np.array_equal(*prices)


def test_accounts_made_in_batches_of_another_size_are_as_many_and_named_alike(tmp_path):
    vault = Vault(tmp_path / "vault.sqlite")
    vault.adopt_key(b"k" * 32)
    day = datetime.date(2026, 11, 19)
    whole = list(client_people(PLAN, vault, day, 8, 7))
    one = list(client_people(msgspec.structs.replace(PLAN, accounts_at_once=10_000), vault, day, 8, 7))
    assert (len(whole), len(one)) == (3, 1)
    for name in ("account", "party"):
        joined = np.concatenate([people.accounts[name] for people in whole])
        assert np.array_equal(joined, one[0].accounts[name])
        assert np.array_equal(joined[:200], np.sort(joined[:200]))


def test_books_sum_to_zero_and_every_account_has_its_number(built):
    ledger = built.house.machine("ledger")
    accounts = ledger.accounts()
    assert len(accounts) == HOUSE_ACCOUNT_COUNT + 200 + 8
    assert int(accounts["posted"].sum()) == 0
    assert not by_instrument(ledger.positions()).any()
    clients = accounts[accounts["kind"] == AccountKind.CLIENT]
    assert len(set(clients["number"].tolist())) == 208
    assert (account_numbers(clients["branch"], clients["account"]) == clients["number"]).all()
    assert set(clients["branch"].tolist()) == {9801, 9802, 9803, 9804}


def test_unsettled_trades_settle_on_the_demo_day_and_after(built):
    ledger = built.house.machine("ledger")
    trades = built.house.journal.columns(RecordOpeningTrade).records
    settles = {str(day.astype("datetime64[D]")) for day in np.unique(trades["settlement_date"])}
    assert settles == {"2026-11-20", "2026-11-23"}
    sells = trades[trades["side"] == Side.SELL]
    assert (sells["tax"] > 0).any()
    assert (trades["fee"] >= 20_0000).all()
    buys = trades[trades["side"] == Side.BUY]
    assert len(buys) > 20
    assert len(sells) > 20
    due = ledger.obligations(date_number(PLAN.date))
    assert len(due)
    held = ledger.positions()
    keys = held["account"].astype(np.int64) << 32 | held["instrument"]
    own = due[(due["tier"] == 1) & (due["instrument"] >= 0) & (due["amount"] < 0)]
    places = np.searchsorted(keys, own["account"].astype(np.int64) << 32 | own["instrument"])
    assert (held["posted"][places] >= -own["amount"]).all(), "sellers hold what they owe"


def test_only_the_labelled_clients_lack_money(built):
    ledger = built.house.machine("ledger")
    due = ledger.obligations(date_number(PLAN.date))
    cash = due[(due["tier"] == 1) & (due["instrument"] == -1) & (due["amount"] < 0)]
    posted = ledger.accounts()["posted"]
    short = cash[posted[cash["account"]] < -cash["amount"]]
    clients = short["account"][short["account"] >= HOUSE_ACCOUNT_COUNT]
    truth = read_truth(built.path, PLAN.first_day)
    assert sorted(clients.tolist()) == truth["account"].to_pylist()
    assert 1 <= truth.num_rows <= 3


def test_names_are_in_the_vault_and_nowhere_else(built):
    reference = built.house.vault.reference(identity_of(17))
    assert built.house.vault.person(reference) == person(17, seed=PLAN.seed)
    name = person(17, seed=PLAN.seed)["name"].encode()
    kept = [path for path in built.path.rglob("*") if path.is_file() and name in path.read_bytes()]
    assert {path.name.partition("-")[0] for path in kept} <= {"vault.sqlite"}
    parties = built.house.machine("ledger").accounts()["reference"].tolist()
    assert reference.encode() in parties


def test_instruments_are_made_up_and_sound():
    listing = made_up_instruments(DemoPlan(), 20)
    symbols = [command.symbol for command in listing.commands]
    assert len(set(symbols)) == 200
    assert all(symbol[0] == "M" and symbol[1:5].isdigit() for symbol in symbols)
    assert all(isin.is_valid(command.isin) for command in listing.commands)
    assert len({command.name_zh for command in listing.commands}) == 200
    assert {command.venue for command in listing.commands} == {"XTAI", "ROCO"}
    assert sum(command.product == "etf" for command in listing.commands) == 20
    assert listing.popularity.sum() == pytest.approx(1)


def test_a_year_of_bars_is_in_the_lake(built):
    rows = built.call("history.bars", start=PLAN.history_from, end=PLAN.first_day)
    sessions = len(built.house.machine("market").calendar("XTAI").sessions(PLAN.history_from, PLAN.first_day))
    assert rows.total_rows == 20 * sessions


def test_a_year_trades_about_as_many_shares_as_are_issued(built):
    """Between a tenth and ten times, of each instrument; once in the median."""
    rates = [row["turnover_rate"] for row in built.call("history.study", study="liquidity").rows()]
    assert len(rates) == 20
    assert 1_000 < min(rates) <= max(rates) < 100_000
    assert 5_000 < sorted(rates)[10] < 20_000


def test_the_door_refuses_a_firm_whose_first_day_is_closed(built):
    with pytest.raises(TallystickError) as caught:
        built.call("simulation.build", clients=10)
    assert caught.value.code == "simulation.day_not_open"


def test_a_build_goes_on_where_it_was_stopped(tmp_path, built_folder):
    from tallystick.core.progress import Recorded, Stopped

    class StopsLate(Recorded):
        def step(self, units: int = 1, note: str = "") -> None:
            super().step(units, note)
            self.stop_asked = self.what == "Taking over books"

    settings = Settings(firm=FirmSettings(clock="commands", seed=PLAN.seed))
    with Firm.create(tmp_path / "firm", first_day=PLAN.first_day, settings=settings, user="demo") as firm:
        with pytest.raises(Stopped):
            build(firm.context(progress=StopsLate()), PLAN)
        with pytest.raises(TallystickError) as caught:
            build(firm.context(), msgspec.structs.replace(PLAN, seed=8))
        assert caught.value.code == "simulation.not_empty"
        build(firm.context(), PLAN)
        with Firm.open(built_folder, user="demo") as whole:
            assert digests(firm) == digests(whole)


def test_a_firm_that_does_not_fit_the_plan_is_refused(firm):
    with pytest.raises(TallystickError) as caught:
        build(firm.context(), DemoPlan(date=datetime.date(2026, 11, 23)))
    assert caught.value.code == "simulation.wrong_day"
    settings = firm.path / "firm.toml"
    settings.write_text(settings.read_text().replace('"commands"', '"system"'))
    with Firm.open(firm.path, user="mei") as other, pytest.raises(TallystickError) as caught:
        build(other.context(), PLAN)
    assert caught.value.code == "simulation.clock"


def rows_of(firm, dataset, **within):
    return firm.house.lake.scan(dataset, within=within or None)


def test_what_clients_bring_is_what_they_bought_before(built):
    """Every lot that was taken over is a purchase of the earlier system, at the price and charge that it cost."""
    ledger = built.house.machine("ledger")
    numbers = {row["account"]: row["number"].decode() for row in ledger.accounts()}
    symbols = [instrument.symbol for instrument in built.house.machine("market").instruments]
    trades = rows_of(built, "history.past_trades").to_pylist()
    bought = {
        (trade["account"], trade["symbol"], trade["date"], trade["quantity"], trade["amount"] + trade["fee"])
        for trade in trades
        if trade["side"] == "buy"
    }
    lots = built.house.journal.columns(RecordOpeningHolding).records
    clients = lots[lots["account"] >= HOUSE_ACCOUNT_COUNT]
    assert len(clients) > 200
    for lot in clients:
        key = (
            numbers[lot["account"]],
            symbols[lot["instrument"]],
            number_date(lot["acquired_on"]),
            lot["quantity"],
        )
        assert (*key, lot["cost"]) in bought
    assert {trade["account"] for trade in trades} <= set(numbers.values())
    assert all(trade["amount"] == trade["price"] * trade["quantity"] for trade in trades)
    assert {trade["date"].year for trade in trades} == {2022, 2023, 2024, 2025, 2026}


def test_nothing_is_known_of_clients_before_it_happened(built):
    take_over = parse_time("2026-11-19 16:00:00", "Asia/Taipei")
    contacts = rows_of(built, "history.client_contacts").to_pylist()
    assert 200 < len(contacts) < 600
    assert all(row["known_time"].value <= take_over for row in contacts)
    assert all(row["closed"] is None or row["ts"] < row["closed"] == row["known_time"] for row in contacts)
    assert {None, 3, 4, 5} <= {row["satisfaction"] for row in contacts} <= {None, 1, 2, 3, 4, 5}
    terms = rows_of(built, "history.product_terms").to_pylist()
    assert {row["outcome"] for row in terms} == {None, "renewed", "left", "called"}
    assert all((row["outcome"] is None) == (row["ended_on"] is None) for row in terms)
    assert all(row["ended_on"] is None or row["ended_on"] <= PLAN.first_day for row in terms)


def test_institutions_trade_no_more_than_was_traded(built):
    flows = rows_of(built, "history.investor_flows").to_pandas().set_index(["symbol", "date"])
    bars = rows_of(built, "history.bars_daily").to_pandas().set_index(["symbol", "date"])
    assert len(flows) == len(bars)
    for side in ("bought", "sold"):
        whole = sum(flows[f"{who}_{side}"] for who in ("foreign", "trust", "dealer", "hedge"))
        assert (whole <= bars["volume"].loc[whole.index]).all()
        assert (whole > 0).mean() > 0.9


def test_each_brought_dataset_is_in_the_journal_and_answers_its_studies(built):
    loads = built.call("history.loads", what="loaded", limit=50).rows()
    brought = {"past_trades", "client_contacts", "product_terms", "investor_flows"}
    assert {f"history.{name}" for name in brought} <= {load["dataset"] for load in loads}
    for study in (
        "investor_share",
        "client_service",
        "product_performance",
        "product_renewal",
        "client_trades_by_year",
    ):
        assert built.call("history.study", study=study).total_rows, study
