"""Every decision tells what it read, and every sentence of a refusal finds its values."""

from __future__ import annotations

import re

import msgspec
import pytest
from ledger_firm import ANNA, BO, FOREIGN, FRIDAY, MONDAY, STOCK, TUESDAY, Firm, execution, money

from tallystick.core.events import event_of
from tallystick.ledger import LedgerMachine
from tallystick.ledger.events import (
    AccountKind,
    CloseTrading,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    PartyKind,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    RegisterParty,
    Side,
)

SAMPLES = [
    RegisterParty(party=7, kind=PartyKind.CLIENT, reference="x"),
    OpenAccount(account=10, party=0, branch=1, kind=AccountKind.CLIENT, opened_on=MONDAY, number="1"),
    RecordOpeningCash(account=ANNA, amount=5),
    RecordOpeningHolding(account=ANNA, instrument=STOCK, quantity=5, cost=7, acquired_on=MONDAY),
    execution(1, ANNA, Side.BUY, 1_000, 100),
    RecordOpeningTrade(
        execution_id=2, account=ANNA, instrument=STOCK, trade_date=MONDAY, settlement_date=TUESDAY, price=1,
        quantity=1, fee=0, tax=0, side=Side.BUY, capacity=1,
    ),
    MoveCash(account=ANNA, amount=-5, bank_reference="r"),
    MoveSecurities(account=ANNA, instrument=STOCK, quantity=-5, depository_reference="r"),
    CloseTrading(trade_date=MONDAY, settlement_date=TUESDAY),
]  # fmt: skip


def explained(firm, command):
    return {value.name: value for value in firm.ledger.explain(type(command), command).values}


def test_samples_are_all_kinds():
    assert {type(sample) for sample in SAMPLES} == set(LedgerMachine.decides)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_places_of_every_reason_are_fields_or_values_read(sample):
    known = set(sample.__struct_fields__) | set(explained(Firm(), sample))
    for reason in event_of(type(sample)).reasons:
        assert set(re.findall(r"\{(\w+)", reason.text + reason.remedy)) <= known, reason.code


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_explanation_changes_nothing_and_is_plain(sample):
    firm = Firm()
    before = firm.ledger.digest()
    explanation = firm.ledger.explain(type(sample), sample)
    assert firm.ledger.digest() == before
    assert msgspec.json.encode(explanation)


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, set()),
        ({"account": 99}, {"account"}),
        ({"instrument": 99}, {"instrument", "market"}),
        ({"instrument": FOREIGN}, {"market"}),
        ({"quantity": 0}, {"quantity"}),
        ({"price": 2**61, "quantity": 4}, {"value"}),
    ],
)
def test_what_was_not_passed_is_marked(changes, failed):
    firm = Firm()
    command = msgspec.structs.replace(execution(1, ANNA, Side.BUY, 1_000, 100), **changes)
    assert {value.name for value in explained(firm, command).values() if not value.passed} == failed
    assert bool(firm.decide(command)[0]["mask"]) == bool(failed)


def test_taken_id_and_closed_date_are_marked():
    firm = Firm()
    firm.buys(BO, 1, 1)
    firm.closes_trading(MONDAY, FRIDAY)
    failed = {
        value.name
        for value in explained(firm, execution(1, ANNA, Side.BUY, 1, 1)).values()
        if not value.passed
    }
    assert failed == {"id", "trade_date"}


def test_close_names_each_rate_and_its_source():
    firm = Firm()
    firm.buys(BO, 1, 1)
    values = explained(firm, CloseTrading(trade_date=MONDAY, settlement_date=TUESDAY))
    assert values["commission"].value == "XTAI/main/stock: 1425/1000000"
    assert values["transaction_tax"].value == "XTAI/main/stock: 3/1000"
    assert "made-up schedule" in values["day_trade_tax"].source


def test_free_securities_are_told():
    firm = Firm()
    firm.delivers_in(ANNA, 10)
    value = explained(
        firm, MoveSecurities(account=ANNA, instrument=STOCK, quantity=-11, depository_reference="r")
    )["free"]
    assert (value.value, value.threshold, value.passed) == (10, 11, False)
    assert not explained(firm, MoveCash(account=99, amount=money(-1), bank_reference="r"))["free"].passed


def test_record_classes_carry_the_reasons_of_the_rules():
    kinds = [event_of(record) for record in LedgerMachine.decides]
    assert all(reason.remedy for kind in kinds for reason in kind.reasons)
    assert event_of(RecordExecution).letter == "X"
