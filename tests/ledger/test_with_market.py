"""The ledger on the real market machine and its seeded rules: the charges of a day in Taiwan."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from ledger_firm import ANNA, BO, MONDAY, OWN, WEDNESDAY, Firm, money

from tallystick.core.schema import date_number
from tallystick.ledger.events import CloseTrading
from tallystick.market import MarketMachine, RuleRow, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument
from tallystick.market.rule_rows import encode_rows

CONVERTIBLE = 5
DAY_AFTER = datetime.date(2027, 3, 2)


@pytest.fixture
def market():
    machine = MarketMachine()
    machine.decide(AdoptRules, [seed_command()])
    listed = [("1101.XTAI", "stock"), ("9902.XTAI", "stock"), ("0050.XTAI", "etf"), ("9903.XTAI", "etf_bond")]
    listed += [("9904.ROCO", "stock"), ("99051.ROCO", "convertible")]
    machine.decide(
        RegisterInstrument,
        [RegisterInstrument(symbol=s, name="Made up", venue=s[-4:], product=p) for s, p in listed],
    )
    assert len(machine.instruments) == 6
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
    firm.buys(ANNA, 1_000, 50)
    firm.buys(ANNA, 1_000, 50, instrument=4)
    command = CloseTrading(trade_date=MONDAY, settlement_date=WEDNESDAY)
    explanation = firm.ledger.explain(CloseTrading, command)
    rates = {(value.name, value.value): value.source for value in explanation.values}
    assert "commission_rate of TW/XTAI/stock" in rates["commission", "XTAI/main/stock: 57/40000"]
    assert "commission_rate of TW/ROCO/stock" in rates["commission", "ROCO/main/stock: 57/40000"]
    assert "Securities Transaction Tax Act" in rates["transaction_tax", "XTAI/main/stock: 3/1000"]
    assert not [value for _, value in rates if "etf" in str(value)]
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
    assert values["missing"] == "transaction_tax (TW/XTAI/main/etf_bond)"
    firm.sells(BO, 1_000, 40, trade_date=DAY_AFTER)
    firm.closes_trading(DAY_AFTER, DAY_AFTER + datetime.timedelta(days=2))


def row(field, value, unit="percent", venue="XTAI", product="stock", **changes):
    fields = {
        "market": "TW", "venue": venue, "product": product, "field": field, "value": value, "unit": unit,
        "source": "made-up resolution", "status": "unverified",
    }  # fmt: skip
    return RuleRow(**fields | changes)


def adopt(market, *rows):
    """What a second person approved is in force."""
    market._approved = lambda proposal, content: True
    payload = encode_rows(rows)
    command = AdoptRules(rule_set=hashlib.sha256(payload).hexdigest()[:16], rows=payload, approval="P-1")
    assert not market.decide(AdoptRules, [command])["mask"].any()


def charged(firm):
    """Fee and tax in dollars of each order of Monday, in order of the orders."""
    fees = firm.ledger.fees(date_number(MONDAY))
    return [(int(row["fee"]) / 10_000, int(row["tax"]) / 10_000) for row in fees]


def test_approved_change_of_one_class_is_charged_to_that_class_only(market):
    """By hand, 100,000 each: the listed share 0.05 % with 80 at least; the fund, and the share of the other venue, as
    before.
    """
    adopt(market, row("commission_rate", "0.05"), row("commission_minimum", "80", "currency", product="*"))
    firm = Firm(market)
    for instrument in (0, 2, 4):
        firm.buys(ANNA, 1_000, 100, instrument=instrument)
        firm.buys(BO, 100, 100, instrument=instrument)
    firm.closes_trading()
    fees = firm.ledger.fees(date_number(MONDAY))
    paid = {(int(r["account"]), int(r["instrument"])): int(r["fee"]) // 10_000 for r in fees}
    assert paid == {
        (ANNA, 0): 80, (BO, 0): 80, (ANNA, 2): 142, (BO, 2): 80, (ANNA, 4): 142, (BO, 4): 20,
    }  # fmt: skip


def test_share_and_fund_of_one_venue_have_their_own_commission(market):
    adopt(
        market,
        row("commission_rate", "0.05", product="etf"),
        row("commission_minimum", "1", "currency", product="etf"),
    )
    firm = Firm(market)
    firm.buys(ANNA, 1_000, 100)
    firm.buys(ANNA, 1_000, 100, instrument=2)
    firm.closes_trading()
    assert charged(firm) == [(142, 0), (50, 0)]


def test_rate_above_the_cap_of_its_class_is_charged_at_the_cap(market):
    adopt(market, row("commission_rate_cap", "0.1", venue="ROCO", status="verified"))
    firm = Firm(market)
    firm.buys(ANNA, 1_000, 100)
    firm.buys(ANNA, 1_000, 100, instrument=4)
    firm.closes_trading()
    assert charged(firm) == [(142, 0), (100, 0)]


def test_step_and_rounding_are_those_of_the_class(market):
    """100,050 × 0.1425 % = 142.57125."""
    adopt(market, row("commission_step", "0.01", "currency", venue="ROCO", product="*"),
          row("commission_rounding", "ceiling", "rounding", venue="ROCO", product="*"))  # fmt: skip
    firm = Firm(market)
    firm.buys(ANNA, 1_000, 100.05)
    firm.buys(ANNA, 1_000, 100.05, instrument=4)
    firm.closes_trading()
    assert charged(firm) == [(142, 0), (142.58, 0)]


def test_day_trade_tax_and_lot_types_are_those_of_the_class(market):
    """Sold for 100,000 and bought back: XTAI stocks 0.15 %, ROCO stocks 0.2 % now; funds do not pair at all now."""
    adopt(
        market, row("day_trade_tax", "0.2", venue="ROCO", side="sell"),
        row("day_trade.lot_types", "none", "none", product="etf"),
        row("day_trade_tax", "0.01", product="etf", side="sell"),
    )  # fmt: skip
    firm = Firm(market)
    for instrument in (0, 4, 2):
        firm.holds(ANNA, 1_000, instrument)
        firm.sells(ANNA, 1_000, 100, instrument=instrument)
        firm.buys(ANNA, 1_000, 100, instrument=instrument)
    firm.closes_trading()
    taxes = {
        int(r["instrument"]): int(r["tax"]) // 10_000
        for r in firm.ledger.fees(date_number(MONDAY))
        if r["tax"]
    }
    assert taxes == {0: 150, 4: 200, 2: 100}


def test_the_firms_own_day_trades_have_the_brokers_rate(market):
    adopt(market, row("day_trade_tax_proprietary", "0.25", side="sell"))
    firm = Firm(market)
    for account in (OWN, ANNA):
        firm.holds(account, 1_000)
        firm.sells(account, 1_000, 100, capacity=4 if account == OWN else 1)
        firm.buys(account, 1_000, 100, capacity=4 if account == OWN else 1)
    firm.closes_trading()
    taxes = {
        int(r["account"]): int(r["tax"]) // 10_000 for r in firm.ledger.fees(date_number(MONDAY)) if r["tax"]
    }
    assert taxes == {OWN: 250, ANNA: 150}


def test_class_without_commission_stops_the_close_only_when_a_client_traded_it(market):
    command = CloseTrading(trade_date=MONDAY, settlement_date=WEDNESDAY)
    firm = Firm(market)
    firm.buys(OWN, 1_000, 100, instrument=CONVERTIBLE, capacity=4)
    firm.buys(ANNA, 1_000, 100)
    assert all(value.passed for value in firm.ledger.explain(CloseTrading, command).values)
    firm.buys(ANNA, 1_000, 100, instrument=CONVERTIBLE)
    before = firm.ledger.digest()
    assert firm.refused(command) == ["no_fee_terms"]
    assert firm.ledger.digest() == before
    values = {value.name: value.value for value in firm.ledger.explain(CloseTrading, command).values}
    assert values["missing"] == "commission_rate (TW/ROCO/main/convertible)"
    adopt(market, row("commission_rate", "0.1", venue="ROCO", product="convertible"))
    firm.closes_trading()
    assert charged(firm) == [(0, 0), (142, 0), (100, 0)]


def test_expired_day_trade_tax_stops_the_close_only_when_something_was_day_traded(market):
    firm = Firm(market)
    later = datetime.date(2028, 1, 3)
    settlement = datetime.date(2028, 1, 5)
    firm.holds(ANNA, 2_000)
    firm.sells(ANNA, 1_000, 100, trade_date=later)
    command = CloseTrading(trade_date=later, settlement_date=settlement)
    assert all(value.passed for value in firm.ledger.explain(CloseTrading, command).values)
    firm.buys(ANNA, 1_000, 100, trade_date=later)
    assert firm.refused(command) == ["no_fee_terms"]
    values = {value.name: value.value for value in firm.ledger.explain(CloseTrading, command).values}
    assert values["missing"] == "day_trade_tax (TW/XTAI/main/stock)"


def test_expired_lot_types_stop_the_close_only_when_the_class_was_sold(market):
    adopt(market, row("day_trade.lot_types", "board", "list", product="*", valid_from=datetime.date(2014, 1, 6),
                      valid_to=datetime.date(2026, 11, 13)))  # fmt: skip
    firm = Firm(market)
    command = CloseTrading(trade_date=MONDAY, settlement_date=WEDNESDAY)
    firm.buys(ANNA, 1_000, 100)
    firm.holds(ANNA, 1_000, 4)
    firm.sells(ANNA, 1_000, 100, instrument=4)
    assert all(value.passed for value in firm.ledger.explain(CloseTrading, command).values)
    firm.sells(ANNA, 1_000, 100)
    assert firm.refused(command) == ["no_fee_terms"]
    values = {value.name: value.value for value in firm.ledger.explain(CloseTrading, command).values}
    assert values["missing"] == "day_trade.lot_types (TW/XTAI/main/stock)"
