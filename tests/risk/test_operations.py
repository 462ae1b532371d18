"""The doors: what people send and see."""

from __future__ import annotations

import msgspec
import pytest
from gate_house import CLIENT, DAY, OWN_ACCOUNT, open_house
from gate_rooms import account_terms, at_clock, money, order

from tallystick.core.approvals import ApproveProposal
from tallystick.core.day import DayClosed
from tallystick.core.errors import NotFound, Rejection, TallystickError
from tallystick.core.text import render
from tallystick.ledger.events import RecordExecution
from tallystick.risk import operations as doors
from tallystick.risk import requests as r
from tallystick.risk.gate.events import CancelOrder, DoneReason, EndOrder, SubmitOrder
from tallystick.risk.gate.order_ids import order_id_of


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Six orders: filled, partly filled and cancelled, new, refused, expired, refused by the exchange; only read."""
    house = open_house(tmp_path_factory.mktemp("firm"))
    orders = [
        order(1, account=CLIENT, quantity=1_000),
        order(2, "sell", price=50, quantity=2_000, account=CLIENT, instrument=1),
        order(3, "sell", price=50.5, quantity=1_000, account=CLIENT, instrument=1),
        order(4, account=CLIENT, price=120.3),
        order(5, account=CLIENT, price=99),
        order(6, account=OWN_ACCOUNT, capacity=4),
    ]
    assert house.decide(SubmitOrder, orders).verdicts["mask"].tolist() == [0, 0, 0, 64 | 256, 0, 0]
    assert house.send(orders[0]).verdicts["flags"].tolist() == [1]
    fills = [(orders[0], 400, 99.5), (orders[0], 600, 100), (orders[1], 500, 50)]
    for number, (command, quantity, price) in enumerate(fills, 1):
        house.accept(
            RecordExecution(
                execution_id=order_id_of(DAY, 0, number), order_id=command.order_id, account=CLIENT,
                instrument=command.instrument, trade_date=DAY, price=money(price), quantity=quantity,
                executed_at=at_clock("10:01"), side=command.side, lot_type=1, capacity=1,
            )
        )  # fmt: skip
    house.accept(CancelOrder(order_id=orders[1].order_id, account=CLIENT, session=1))
    for command, left, reason in (
        (orders[1], 1_500, DoneReason.CANCELLED),
        (orders[4], 1_000, DoneReason.EXPIRED),
        (orders[5], 1_000, DoneReason.REFUSED_BY_EXCHANGE),
    ):
        house.accept(EndOrder(order_id=command.order_id, quantity_left=left, done_reason=reason))
    yield house
    house.close()


def listed(house, language="en", **fields):
    return doors.orders(house.context(language), msgspec.convert(fields, r.OrdersRequest, strict=False))


def numbers_of(table):
    return [row["order_id"] % 1_000 for row in table.rows()]


def test_orders_lists_the_day_as_it_came(day):
    table = listed(day)
    rows = table.rows()
    assert [(row["order_id"] % 1_000, row["status"]) for row in rows] == [
        (1, "filled"), (2, "cancelled"), (3, "new"), (4, "refused"), (5, "expired"), (6, "refused_by_exchange"),
    ]  # fmt: skip
    first = rows[0]
    assert (first["account_number"], first["symbol"], first["side"], first["lot_type"]) == (
        "9800007", "9901.XTAI", "buy", "board",
    )  # fmt: skip
    assert (first["filled"], first["average_price"]) == (1_000, money(99.8))
    assert first["received_at"].isoformat() == "2026-11-20T02:00:00+00:00"
    assert rows[1]["cancel_asked"]
    assert rows[3]["reasons"] == ["Price above the up-limit", "Price off the tick"]
    assert table.arrow.schema.field("price").metadata == {b"unit": b"1e-4 of the currency"}


def test_orders_speak_chinese(day):
    assert listed(day, "zh_Hant").rows()[3]["reasons"] == ["價格高於漲停", "價格不合升降單位"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "open"}, [3]),
        ({"status": "new"}, [3]),
        ({"status": "accepted"}, [1, 2, 3, 5, 6]),
        ({"status": "refused"}, [4]),
        ({"status": "cancelled"}, [2]),
        ({"account": "9800007"}, [1, 2, 3, 4, 5]),
        ({"account": OWN_ACCOUNT}, [6]),
        ({"account": "5"}, [6]),
        ({"account": "9800007", "symbol": "9902.XTAI", "side": "buy"}, []),
        ({"symbol": "9902.XTAI"}, [2, 3]),
        ({"side": "sell"}, [2, 3]),
        ({"side": "1"}, [1, 4, 5, 6]),
        ({"reason": "gate.off_tick"}, [4]),
        ({"business_date": DAY, "limit": 2, "offset": 1}, [2, 3]),
        ({"sort": "price"}, [2, 3, 5, 1, 6, 4]),
        ({"sort": "-symbol", "limit": 2}, [3, 2]),
        ({"sort": "-order_id", "limit": 1}, [6]),
        ({"sort": "account_number", "limit": 1}, [1]),
        ({"sort": "status"}, [4, 3, 1, 2, 5, 6]),
    ],
    ids=str,
)
def test_orders_filter_sort_and_page(day, filters, expected):
    table = listed(day, **filters)
    assert numbers_of(table) == expected
    if not {"limit", "sort"} & set(filters):
        assert table.total_rows == len(expected)


def test_orders_without_rows_keep_their_columns(day):
    empty, full = listed(day, account="9800007", symbol="9902.XTAI", side="buy").arrow, listed(day).arrow
    assert empty.schema == full.schema


def test_open_orders_of_a_closed_day_are_expired(house):
    house.accept(order(1, account=CLIENT), DayClosed(business_date=DAY))
    assert listed(house).rows()[0]["status"] == "expired"


@pytest.mark.parametrize(
    ("filters", "near"),
    [
        ({"symbol": "9910.XTAI"}, "99"),
        ({"reason": "gate.of_tick"}, "gate.off_tick"),
        ({"account": "nobody"}, "no account nobody"),
        ({"account": "4000"}, "no account 4000"),
        ({"sort": "prise"}, "price"),
    ],
    ids=str,
)
def test_orders_name_the_nearest_word(day, filters, near):
    with pytest.raises(NotFound) as caught:
        listed(day, **filters)
    assert near in str(caught.value)


def test_order_tells_its_life(day):
    reply = doors.order(day.context(), r.OrderRequest(order_id="O20261120-2"))
    assert (reply.status, reply.filled, reply.average_price, reply.symbol) == (
        "cancelled", 500, money(50), "9902.XTAI",
    )  # fmt: skip
    assert [(fill.quantity, fill.price) for fill in reply.fills] == [(500, money(50))]
    assert [(event.kind, event.text) for event in reply.events] == [
        ("gate.submit_order", "accepted"), ("ledger.record_execution", "500 × 50.00"),
        ("gate.cancel_order", "accepted"), ("gate.end_order", "cancelled: 1,500"),
    ]  # fmt: skip
    assert reply.events[0].index == 1


def test_repeated_order_is_told_once_and_its_repetition_as_an_event(day):
    reply = doors.order(day.context(), r.OrderRequest(order_id="O20261120-1"))
    assert [event.text for event in reply.events][:2] == ["accepted", "repeated"]
    assert reply.reservation == money(100_142)


def test_refused_order_says_why_by_the_terms_of_its_day(day):
    reply = doors.order(day.context(), r.OrderRequest(order_id="O20261120-4"))
    assert [rejection.message for rejection in reply.reasons] == [
        "The price 120.30 is above the up-limit 110.00.",
        "The price 120.30 is no multiple of the tick 0.50.",
    ]
    assert reply.fills == []


def test_refused_order_says_why_as_far_as_the_journal_knows(house):
    assert send(house, quantity=9_000).values["codes"] == ["gate.short_of_buying_power"]
    reply = doors.order(house.context(), r.OrderRequest(order_id="O20261120-999000001"))
    assert [rejection.message for rejection in reply.reasons] == ["The order needs …; … is left."]


@pytest.mark.parametrize("identity", ["O20261120-99", "O20200101-1", "O99999999-1"])
def test_unknown_order(day, identity):
    with pytest.raises(NotFound):
        doors.order(day.context(), r.OrderRequest(order_id=identity))


def send(house, language="en", **fields):
    known = {"account": "9800007", "symbol": "9901.XTAI", "side": "buy", "quantity": 1_000, "price": "100"}
    return doors.submit_order(house.context(language), r.SubmitOrderRequest(**known | fields))


def test_submit_order_reserves_and_numbers_by_session(house):
    first = send(house)
    assert (first.order_id, first.reservation) == ("O20261120-999000001", money(100_142))
    assert send(house, price="99", quantity=5, lot="odd").order_id == "O20261120-999000002"
    assert send(house, price="99", quantity=5, lot="odd", session=3).order_id == "O20261120-3000001"
    assert send(house, account=OWN_ACCOUNT).order_id == "O20261120-999000003"
    assert house.journal.batch(first.position).count == 1


def test_equal_orders_of_one_person_are_two_orders(house):
    assert send(house, quantity=5, lot="odd").order_id != send(house, quantity=5, lot="odd").order_id


def test_refused_order_names_all_reasons_with_values(house):
    refusal = send(house, price="115.3", quantity=9_500)
    assert isinstance(refusal, Rejection)
    assert refusal.message == (
        "Order O20261120-999000001 was refused: The price 115.30 is above the up-limit 110.00."
        " The price 115.30 is no multiple of the tick 0.50. The quantity 9500 does not fit the lot 1000."
        " The order needs 1,096,910.00; 300,000.00 is left."
    )
    assert refusal.values["codes"][0] == "gate.price_above_limit"
    assert render(refusal)[1].endswith("See `tally why O20261120-999000001`.")


def test_refused_order_speaks_chinese(house):
    what, _ = render(send(house, "zh_Hant", price="115"), "zh_Hant")
    assert "漲停" in what
    assert "refused" not in what


def test_market_order_out_of_hours_is_refused(house):
    assert send(house, price="").values["codes"] == ["gate.bad_order_type"]


def test_id_taken_by_another_process_is_passed_over(house, monkeypatch):
    from tallystick.risk.gate import order_ids

    first = order_id_of(DAY, 999, 1)
    assert send(house).order_id == "O20261120-999000001"
    monkeypatch.setattr(order_ids, "next_order_id", lambda journal, day, session: first)
    assert send(house).order_id == "O20261120-999000002"
    assert send(house, price="98").order_id == "O20261120-999000003"


@pytest.mark.parametrize("account", ["9800008", "99", "²", "-1"])
def test_account_that_does_not_exist(house, account):
    with pytest.raises(NotFound):
        send(house, account=account)


def test_cancel_asks_and_keeps_the_reservation(house):
    sent = send(house)
    done = doors.cancel_order(house.context(), r.CancelOrderRequest(order_id=sent.order_id))
    assert (done.order_id, done.reservation) == (sent.order_id, money(100_142))
    assert house.machine("gate").tables.accounts[CLIENT, 5] == money(100_142)
    house.accept(
        EndOrder(order_id=order_id_of(DAY, 999, 1), quantity_left=1_000, done_reason=DoneReason.CANCELLED)
    )
    refusal = doors.cancel_order(house.context(), r.CancelOrderRequest(order_id=sent.order_id))
    assert refusal.message == f"Order {sent.order_id} is not open."


def test_kill_switch_stops_at_once_and_resuming_waits_for_a_second_person(house):
    doors.kill_switch(house.context(), r.KillSwitchRequest(reason="a made-up drill"))
    assert send(house).values["reasons"] == "Trading is stopped: a made-up drill."
    request = r.KillSwitchRequest(stopped=False, reason="the drill is over")
    proposal = doors.kill_switch(house.context(), request)
    assert send(house).values["codes"] == ["gate.kill_switch"]
    approve(house, proposal.id)
    assert send(house).reservation


def approve(house, number):
    """As `approvals.approve` does: a second person, then the proposed command with the number."""
    from tallystick.core.events import event_type

    house.send(ApproveProposal(proposal=number), actor="checker")
    found = house.machine("approvals").state.proposals[number]
    command = msgspec.msgpack.decode(found.payload, type=event_type(found.kind).record)
    house.accept(msgspec.structs.replace(command, approval=number))


def test_kill_switch_of_one_account(house):
    doors.kill_switch(house.context(), r.KillSwitchRequest(scope="9800007", reason="made-up suspicion"))
    assert send(house).values["codes"] == ["gate.kill_switch"]
    assert send(house, account=OWN_ACCOUNT).reservation
    terms = doors.account_terms(house.context(), r.AccountTermsRequest(account="9800007"))
    assert terms.stop_reason == "made-up suspicion"


def test_kill_switch_needs_a_reason(house):
    with pytest.raises(TallystickError):
        doors.kill_switch(house.context(), r.KillSwitchRequest(reason=" "))


def test_account_terms_tell_what_is_left(house):
    send(house)
    terms = doors.account_terms(house.context(), r.AccountTermsRequest(account=CLIENT))
    assert (terms.account_number, terms.status, terms.has_terms) == ("9800007", "normal", True)
    assert terms.permissions == ["board_lots", "odd_lots", "market_orders"]
    assert (terms.reserved, terms.buying_power) == (money(100_142), money(300_000 - 100_142))


def test_tighter_terms_at_once_and_looser_by_approval(house):
    context = house.context()
    request = r.SetAccountTermsRequest(
        account="9800007", permissions=["board_lots"], order_value_limit="50,000", reason="made up"
    )
    assert doors.set_account_terms(context, request).id == "9800007"
    assert send(house).values["codes"] == ["gate.value_above_limit"]
    looser = r.SetAccountTermsRequest(account="9800007", order_value_limit="200000", reason="made up")
    proposal = doors.set_account_terms(context, looser)
    assert send(house).values["codes"] == ["gate.value_above_limit"]
    approve(house, proposal.id)
    assert send(house).reservation == money(100_142)
    assert doors.account_terms(context, r.AccountTermsRequest(account=CLIENT)).permissions == ["board_lots"]


def test_terms_out_of_range_are_refused(house):
    refusal = doors.set_account_terms(
        house.context(), r.SetAccountTermsRequest(account=CLIENT, daily_limit="-1", reason="made up")
    )
    assert refusal.code == "gate.terms_malformed"
    assert account_terms(CLIENT).daily_limit == 0
