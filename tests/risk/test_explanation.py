"""An explanation names what failed, fills every sentence, and never disagrees with the decision."""

from __future__ import annotations

import re

import msgspec
import pytest
from gate_rooms import Room, account_terms, at_clock, money, order
from gate_streams import FIXED, Day, feed

from tallystick.core.events import event_of
from tallystick.core.schema import schema_of
from tallystick.risk.gate.events import (
    SUBMIT_REASONS,
    CancelOrder,
    ChangeAccountTerms,
    EndOrder,
    OrderType,
    SetKillSwitch,
    SubmitOrder,
)
from tallystick.risk.gate.explanation import mask_of

CHECKS = {
    "stop_reason": "gate.kill_switch", "account": "gate.unknown_account", "status": "gate.account_blocked",
    "instrument": "gate.unknown_instrument", "trading_status": "gate.halted", "order_id": "gate.id_reused",
    "order_type": "gate.bad_order_type", "needed": "gate.short_of_buying_power",
    "value": "gate.value_above_limit", "fields": "gate.malformed", "business_date": "gate.day_not_open",
    "missing": "gate.no_charge_rule",
}  # fmt: skip


@pytest.fixture
def room():
    made = Room()
    made.open_account(0, cash=money(1_000_000))
    made.open_account(1, cash=money(5), status=1, order_value_limit=money(10))
    made.open_day(status=(0, 0, 1))
    return made


def places_of(explanation, command):
    """As `core.why` fills them: the command's fields, then the values read."""
    return msgspec.structs.asdict(command) | {value.name: value.value for value in explanation.values}


def sentences(room, command):
    kind = event_of(SubmitOrder)
    mask = int(room.decide(command)["mask"][0])
    places = places_of(room.gate.explain(SubmitOrder, command), command)
    return [rejection.message for rejection in kind.rejections(mask, places)]


def test_sentences_say_the_values(room):
    assert sentences(room, order(1, price=115.3, quantity=9_500)) == [
        "The price 115.30 is above the up-limit 110.00.",
        "The price 115.30 is no multiple of the tick 0.50.",
        "The quantity 9500 does not fit the lot 1000.",
        "The order needs 1,096,910.8738; 1,000,000.00 is left.",
    ]
    assert sentences(room, order(2, "sell", price=80, account=1, instrument=2)) == [
        "Account 9800001 may not trade: its status is blocked.",
        "Trading in 2330.XTAI is halted.",
        "The price 80.00 is below the down-limit 90.00.",
        "The order sells 1000; 0 is sellable.",
        "The order's value 80,000.00 is above the limit of one order 10.00.",
    ]


def test_sentences_of_the_unknown(room):
    room.decide(SetKillSwitch(scope="firm", stopped=True, reason="a made-up drill"))
    room.close_day()
    assert sentences(room, order(1, account=7, instrument=9, session=5)) == [
        "Trading is stopped: a made-up drill.",
        "Account 7 is not known to the gate.",
        "Instrument 9 has no terms for this day.",
        "The business day is not open for orders.",
    ]


def test_missing_permission_is_told_with_the_status(room):
    room.decide(account_terms(0, permissions=1))
    assert sentences(room, order(1, quantity=5, lot_type=2)) == [
        "Account 9800000 may not trade: its status is normal, no odd lots."
    ]


def test_order_type_names_what_is_allowed_now(room):
    command = order(1, price=0, order_type=OrderType.MARKET, received_at=at_clock("13:26"))
    values = {value.name: value for value in room.gate.explain(SubmitOrder, command).values}
    assert (values["order_type"].value, values["order_type"].threshold) == ("market, rod, board", "limit ROD")
    assert values["way_of_trading"].value == "call"
    assert not values["order_type"].passed


def test_every_reason_has_its_places(room):
    """Whatever fails, the sentence and the remedy of each of its reasons can be filled."""
    day = Day(5, 1_500)
    gate = day.room.gate
    for message, _ in day.messages:
        record = type(message)
        if record is SubmitOrder:
            explanation = gate.explain(record, message)
            kind, places = event_of(record), places_of(explanation, message)
            for rejection in kind.rejections(mask_of(gate, message), places):
                assert rejection.message
                assert rejection.remedy.format(**places) or not rejection.remedy
        feed(gate, [message], 1)


def test_explanation_agrees_with_the_decision():
    day = Day(6, 1_500)
    gate = day.room.gate
    codes = [reason.code for reason in SUBMIT_REASONS]
    for message, answer in day.messages:
        if type(message) is SubmitOrder:
            before = gate.digest()
            failed = {
                CHECKS[v.name]
                for v in gate.explain(SubmitOrder, message).values
                if v.name in CHECKS and not v.passed
            }
            assert gate.digest() == before
            expected = {code for bit, code in enumerate(codes) if answer[0] >> bit & 1}
            assert failed == expected & set(CHECKS.values()), message
        feed(gate, [message], 1)


def test_price_and_quantity_name_each_of_their_limits(room):
    values = room.gate.explain(SubmitOrder, order(1, price=89.95, quantity=1_000)).values
    assert [(v.threshold, v.passed) for v in values if v.name == "price"] == [
        ("110.00", True), ("90.00", False), ("× 0.10", False),
    ]  # fmt: skip


def test_explanation_names_the_rule_set_and_the_source_of_the_fee(room):
    explanation = room.gate.explain(SubmitOrder, order(1))
    assert explanation.rule_set == "f00d"
    fee = next(value for value in explanation.values if value.name == "fee")
    assert fee.value == "142.50"
    assert "made-up schedule" in fee.source


def test_other_commands_are_explained(room):
    room.decide(order(1))
    cancel = CancelOrder(order_id=order(1).order_id, account=1, session=1)
    values = room.gate.explain(CancelOrder, cancel).values
    assert [(v.name, v.value, v.threshold, v.passed) for v in values] == [
        ("order_id", "O20261120-1", None, True), ("state", "open", "open", True),
        ("account", "9800001", "9800000", False),
    ]  # fmt: skip
    end = EndOrder(order_id=5, quantity_left=0, done_reason=1)
    assert not room.gate.explain(EndOrder, end).values[1].passed
    lifting = SetKillSwitch(scope="account:9", stopped=False, reason="")
    assert [v.passed for v in room.gate.explain(SetKillSwitch, lifting).values] == [False, False]
    fields = {n: getattr(account_terms(0), n) for n in account_terms(0).__struct_fields__[1:]}
    terms = room.gate.explain(ChangeAccountTerms, ChangeAccountTerms(**fields, approval="P-1")).values
    assert [v.name for v in terms] == [
        "account", "daily_limit", "order_value_limit", "status", "permissions", "approval",
    ]  # fmt: skip


def test_sentences_of_all_kinds_have_only_places_that_explanations_fill(room):
    for record in room.gate.decides:
        names = {"stop_reason"} if record is SetKillSwitch else set()
        for reason in event_of(record).reasons:
            places = set(re.findall(r"{(\w+)}", reason.text + reason.remedy))
            known = set(schema_of(record).columns) | set(CHECKS) | names
            assert places <= known | {
                "limit_up",
                "limit_down",
                "tick",
                "lot",
                "available",
                "sellable",
                "limit",
            }
    assert set(FIXED) & set(room.gate.decides)
