"""The ledger on the real market machine and its seeded rules: the charges of a day in Taiwan."""

from __future__ import annotations

import datetime

import pytest
from ledger_firm import ANNA, MONDAY, WEDNESDAY, Firm, money

from tallystick.core.schema import date_number
from tallystick.ledger.events import CloseTrading
from tallystick.market import MarketMachine, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument


@pytest.fixture
def market():
    machine = MarketMachine()
    machine.decide(AdoptRules, [seed_command()])
    listed = [("1101.XTAI", "stock"), ("9902.XTAI", "stock"), ("0050.XTAI", "etf"), ("9903.XTAI", "etf_bond")]
    machine.decide(
        RegisterInstrument, [RegisterInstrument(symbol=s, name="Made up", product=p) for s, p in listed]
    )
    assert len(machine.instruments) == 4
    return machine


def test_day_by_the_seeded_rules(market):
    firm = Firm(market)
    for instrument in range(4):
        firm.holds(ANNA, 1_000, instrument)
    firm.buys(ANNA, 1_000, 50)
    firm.sells(ANNA, 2_000, 51)
    firm.sells(ANNA, 1_000, 100, instrument=2)
    firm.sells(ANNA, 1_000, 40, instrument=3)
    firm.closes_trading()
    fees = firm.ledger.fees(date_number(MONDAY))
    # 50,000 → 71.2; 102,000 → 145.3; 100,000 → 142.5; 40,000 → 57
    assert fees["fee"].tolist() == [money(n) for n in (71, 145, 142, 57)]
    # 51,000 × 0.15 % = 76.5 and 51,000 × 0.3 % = 153; the fund 0.1 %; bond funds 0 until the end of 2026
    assert fees["tax"].tolist() == [money(n) for n in (0, 76 + 153, 100, 0)]
    firm.reaches(WEDNESDAY)
    assert firm.dollars(ANNA) == -50_000 + 102_000 + 140_000 - 71 - 145 - 142 - 57 - 229 - 100


def test_close_names_rows_as_sources(market):
    firm = Firm(market)
    command = CloseTrading(trade_date=MONDAY, settlement_date=WEDNESDAY)
    explanation = firm.ledger.explain(CloseTrading, command)
    values = {value.name: value for value in explanation.values}
    assert values["commission"].value == "57/40000"
    assert "Securities Transaction Tax Act" in values["transaction_tax.stock"].source
    assert explanation.rule_set == market.rule_set
    assert firm.decide(command)[0]["rule_set"] == market.rule_set_number


def test_expired_rule_stops_the_close_of_what_it_concerns(market):
    firm = Firm(market)
    later = datetime.date(2027, 3, 1)
    firm.holds(ANNA, 1_000, 3)
    firm.sells(ANNA, 1_000, 40, instrument=3, trade_date=later)
    command = CloseTrading(trade_date=later, settlement_date=later + datetime.timedelta(days=2))
    assert firm.refused(command) == ["no_fee_terms"]
    values = {value.name: value.value for value in firm.ledger.explain(CloseTrading, command).values}
    assert values["missing"] == "etf_bond"
