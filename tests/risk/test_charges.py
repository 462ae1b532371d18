"""What the gate reserves for charges: by the rules of each instrument's own class, and what the ledger then takes."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from gate_house import CLIENT, DAY, SmallHouse
from gate_rooms import Room, account_terms, charge, money, order
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.approvals import content_of
from tallystick.core.day import DayOpened
from tallystick.core.schema import date_number
from tallystick.ledger import house_accounts, house_parties
from tallystick.ledger.events import (
    AccountKind,
    CloseTrading,
    OpenAccount,
    PartyKind,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningHolding,
    RegisterParty,
)
from tallystick.market import RuleRow, day_terms, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument, SetDayTerms
from tallystick.market.rule_rows import decode_rows, encode_rows
from tallystick.risk.gate.events import SubmitOrder
from tallystick.risk.gate.state import kernels as at

LISTED_STOCK, LISTED_FUND, OTHER_STOCK, CONVERTIBLE = range(4)
SYMBOLS = (
    ("9901.XTAI", "stock"),
    ("0099.XTAI", "etf"),
    ("9902.ROCO", "stock"),
    ("99031.ROCO", "convertible"),
)


def row(field, value, unit="percent", venue="XTAI", product="stock", side=""):
    return RuleRow(
        market="TW", venue=venue, product=product, field=field, side=side, value=value, unit=unit,
        source="made-up resolution", status="unverified",
    )  # fmt: skip


def begun_by(*changes):
    """The seeded rules with some changed: what a firm begins with."""
    rows = {r.identity: r for r in decode_rows(seed_command().rows)} | {r.identity: r for r in changes}
    payload = encode_rows(rows.values())
    return AdoptRules(rule_set=hashlib.sha256(payload).hexdigest()[:16], rows=payload)


@pytest.fixture
def opened(tmp_path):
    """Opens a firm with four classes of instruments at 100, one client with 2,000,000 and 9,000 of each."""
    made = []

    def open_with(*changes):
        house = SmallHouse(tmp_path)
        made.append(house)
        listed = [RegisterInstrument(symbol=s, name="Made up", venue=s[-4:], product=p) for s, p in SYMBOLS]
        house.accept(
            DayOpened(business_date=DAY, code_version="test"), begun_by(*changes), *listed, *house_parties(),
            RegisterParty(party=4, kind=PartyKind.CLIENT, reference="made-up-client"), *house_accounts(DAY),
            OpenAccount(
                account=CLIENT, party=4, branch=1, kind=AccountKind.CLIENT, opened_on=DAY, number="9800007"
            ),
            RecordOpeningCash(account=CLIENT, amount=money(2_000_000)),
            *(RecordOpeningHolding(account=CLIENT, instrument=code, quantity=9_000, cost=0, acquired_on=DAY)
              for code in range(len(SYMBOLS))),
            account_terms(CLIENT, permissions=15),
        )  # fmt: skip
        terms = day_terms(house.machine("market"), [0, 1, 2, 2], [money(100)] * 4, DAY)
        terms["instrument"][3] = CONVERTIBLE
        assert house.decide(SetDayTerms, terms).accepted
        return house

    yield open_with
    for house in made:
        house.close()


def reservation(house, command):
    (verdict,) = house.decide(SubmitOrder, [command]).verdicts
    assert verdict["mask"] == 0
    return int(verdict["reservation"])


def fill(command, number, quantity=None, price=None):
    return RecordExecution(
        execution_id=20261120000000000 + number, order_id=command.order_id, account=command.account,
        instrument=command.instrument, trade_date=DAY, price=price or command.price,
        quantity=quantity or command.quantity, executed_at=0, side=command.side, lot_type=1, capacity=1,
    )  # fmt: skip


def close(house):
    """What the ledger charged each order: (fee, tax)."""
    house.accept(CloseTrading(trade_date=DAY, settlement_date=datetime.date(2026, 11, 24)))
    fees = house.machine("ledger").fees(date_number(DAY))
    return {int(r["order_id"]): (int(r["fee"]), int(r["tax"])) for r in fees}


def buy(number, instrument, **changes):
    return order(number, account=CLIENT, instrument=instrument, **changes)


def values(house, command):
    return {value.name: value for value in house.machine("gate").explain(SubmitOrder, command).values}


def test_changed_commission_of_one_class_is_reserved_for_that_class_only(opened):
    """A buy of 1,000 at 100: 0.05 % is 50, and 70 at least; 142 for the fund and for the stock of the other venue."""
    house = opened(row("commission_rate", "0.05"), row("commission_minimum", "70", "currency"))
    orders = [buy(n, n - 1) for n in (1, 2, 3)]
    assert [reservation(house, o) - money(100_000) for o in orders] == [money(70), money(142), money(142)]
    sources = [values(house, buy(9, code))["fee"].source for code in range(3)]
    assert "commission_rate of TW/XTAI/stock" in sources[LISTED_STOCK]
    assert "made-up resolution" in sources[LISTED_STOCK]
    assert "commission_rate of TW/XTAI/etf" in sources[LISTED_FUND]
    assert "commission_rate of TW/ROCO/stock" in sources[OTHER_STOCK]


def test_change_approved_during_the_day_is_reserved_and_charged(opened):
    """What the judge of the second release tried: 5 % for the stocks of one venue."""
    house = opened()
    first = buy(1, LISTED_STOCK)
    assert reservation(house, first) == money(100_142)
    change = encode_rows([row("commission_rate", "5"), row("commission_minimum", "30", "currency")])
    command = AdoptRules(rule_set=hashlib.sha256(change).hexdigest()[:16], rows=change, approval="P-1")
    market = house.machine("market")
    market._approved = lambda proposal, content: content == content_of(command)
    house.accept(command)
    second, other = buy(2, LISTED_STOCK), buy(3, OTHER_STOCK)
    assert [reservation(house, o) for o in (second, other)] == [money(105_000), money(100_142)]
    house.accept(fill(second, 1), fill(other, 2))
    charged = close(house)
    assert charged[second.order_id] == (money(5_000), 0)
    assert charged[other.order_id] == (money(142), 0)


VARIED = (
    row("commission_rate", "0.0777"), row("commission_minimum", "33", "currency"),
    row("commission_step", "0.01", "currency", product="etf"),
    row("commission_rounding", "ceiling", "rounding", product="etf"),
    row("commission_rate", "0.2", venue="ROCO"), row("commission_rounding", "half_up", "rounding", venue="ROCO"),
    row("commission_rate_cap", "0.1999", venue="ROCO"),
)  # fmt: skip


@pytest.mark.parametrize("instrument", [LISTED_STOCK, LISTED_FUND, OTHER_STOCK])
@pytest.mark.parametrize(
    ("quantity", "parts"), [(1_000, [1_000]), (3_000, [1_000, 1_000, 1_000]), (5_000, [4_000, 1_000])]
)
def test_what_is_reserved_for_an_order_is_what_the_ledger_takes_for_it(opened, instrument, quantity, parts):
    house = opened(*VARIED)
    tick = 0.05 if instrument == LISTED_FUND else 0.1
    command = buy(1, instrument, price=100 - tick, quantity=quantity)
    reserved = reservation(house, command)
    house.accept(*(fill(command, number, part) for number, part in enumerate(parts)))
    bought = house.machine("gate").tables.accounts[CLIENT, at.BOUGHT]
    fee, tax = close(house)[command.order_id]
    assert reserved == command.price * quantity + fee + tax == bought


def test_cheaper_fills_are_charged_less_than_was_reserved(opened):
    house = opened(*VARIED)
    command = buy(1, OTHER_STOCK, quantity=3_000)
    reserved = reservation(house, command)
    house.accept(*(fill(command, n, 1_000, money(100 - n)) for n in range(3)))
    fee, _ = close(house)[command.order_id]
    assert money(300_000 - 3_000) + fee < reserved


def test_proceeds_of_a_sale_are_net_of_what_the_ledger_takes(opened):
    house = opened(*VARIED, row("transaction_tax", "0.4", venue="ROCO", side="sell"))
    command = order(1, "sell", account=CLIENT, instrument=OTHER_STOCK, quantity=3_000, price=99.9)
    reservation(house, command)
    house.accept(*(fill(command, number, 1_000) for number in range(3)))
    sold = house.machine("gate").tables.accounts[CLIENT, at.SOLD]
    fee, tax = close(house)[command.order_id]
    assert tax == money(1_198)  # 299,700 × 0.4 % = 1,198.8
    assert sold == money(299_700) - fee - tax


def test_class_without_a_commission_rule_is_refused_by_name_and_the_day_opens(opened):
    house = opened()
    (verdict,) = house.decide(SubmitOrder, [buy(1, CONVERTIBLE)]).verdicts
    assert (verdict["mask"], verdict["reservation"]) == (at.NO_CHARGE_RULE, 0)
    missing = values(house, buy(2, CONVERTIBLE))["missing"]
    assert (missing.value, missing.passed) == ("commission_rate (TW/ROCO/main/convertible)", False)
    assert reservation(house, buy(3, OTHER_STOCK)) == money(100_142)


def test_sale_needs_a_tax_rule_too(opened):
    house = opened(row("commission_rate", "0.1", venue="ROCO", product="convertible"),
                   row("tax_rounding", "inward", "rounding", venue="ROCO", product="convertible"))  # fmt: skip
    assert reservation(house, buy(1, CONVERTIBLE)) == money(100_100)
    sale = order(2, "sell", account=CLIENT, instrument=CONVERTIBLE)
    assert house.decide(SubmitOrder, [sale]).verdicts["mask"].tolist() == [at.NO_CHARGE_RULE]
    assert values(house, sale)["missing"].value == "tax_rounding (TW/ROCO/main/convertible)"


# On the plain market


def room_of(*symbols):
    room = Room(symbols)
    room.open_account(0, cash=money(100_000_000), permissions=15)
    for code in range(len(symbols)):
        room.ledger.holdings[0, code] = 1_000_000
    return room


def test_lot_types_of_day_trades_are_those_of_the_class():
    """Odd lots pair on one of the two venues only: bought there, they can be sold at once."""
    room = room_of("1101.XTAI", "6488.ROCO")
    room.ledger.holdings = {}
    room.open_day()
    for code in (0, 1):
        bought = order(code + 1, quantity=10, lot_type=2, instrument=code)
        assert room.masks(bought) == [0]
        room.fill(bought, 10, number=code)
        sale = order(code + 11, "sell", quantity=10, lot_type=2, instrument=code)
        assert room.masks(sale) == [0 if code else at.SHORT_OF_SELLABLE]


def test_unknown_instrument_has_no_charge():
    room = room_of("1101.XTAI")
    room.gate.tables.accounts[0, at.CASH] = 0
    room.open_day()
    room.gate.tables.accounts[0, at.CASH] = money(100_000)
    assert room.masks(order(1, instrument=5)) == [at.UNKNOWN_INSTRUMENT]
    assert room.masks(order(2)) == [at.SHORT_OF_BUYING_POWER]


charges = st.builds(
    lambda part, minimum, unit, rounding: charge(part, 100_000, minimum, unit=unit, rounding=rounding),
    st.integers(0, 100_000), st.integers(0, 10**7), st.sampled_from([1, 100, 10_000]),
    st.sampled_from(["floor", "ceiling", "half_up"]),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(charges, charges, st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 30))
def test_fills_of_an_order_use_at_most_what_was_reserved_and_exactly_that_at_its_price(
    first, second, parts, cheaper
):
    room = room_of("1101.XTAI", "6488.ROCO")
    room.market.commissions = {("XTAI", "stock"): first, ("ROCO", "stock"): second}
    room.open_day()
    for code in (0, 1):
        before = room.means(0)[1]
        command = order(code + 1, quantity=1_000 * sum(parts), instrument=code)
        (verdict,) = room.decide(command)
        assert verdict["mask"] == 0
        for number, part in enumerate(parts):
            room.fill(command, 1_000 * part, command.price - cheaper * 1_000, number=number)
        reserved, used, _ = room.means(0)
        assert reserved == 0
        assert used - before <= verdict["reservation"]
        assert cheaper or used - before == verdict["reservation"]
