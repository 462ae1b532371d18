"""What happens to orders, accounts and terms over a day and from one day to the next; amounts by hand.

A buy of 1,000 at 100 reserves 100,142.50.
"""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from gate_rooms import DAY, TERMS, Room, account_terms, charge, money, order

from tallystick.core.events import verdict_dtype
from tallystick.core.schema import date_number, schema_of
from tallystick.ledger.events import RecordExecution, RecordOpeningCash, RecordOpeningHolding
from tallystick.market.events import AdoptRules, SetDayTerms
from tallystick.risk.gate.events import ChangeAccountTerms, DoneReason, SetKillSwitch, SubmitOrder
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import find_order, find_position

NEXT_DAY = DAY + datetime.timedelta(days=3)
NOT_OPEN, NOT_YOURS = 1, 2


@pytest.fixture
def room():
    made = Room(approved=lambda proposal, content: proposal == "P-1" and len(content) == 32)
    made.open_account(0, cash=money(1_000_000))
    made.open_account(1, cash=money(1_000_000))
    made.ledger.holdings[0, 0] = 5_000
    made.open_day()
    return made


def position(room, account=0, instrument=0):
    """Sellable, held, bought today."""
    positions = room.gate.tables.positions
    return positions[find_position(account, instrument, positions), 1:].tolist()


def state(room, command):
    tables = room.gate.tables
    return int(tables.orders[find_order(command.order_id, tables.slots), at.STATE])


# Fills


def test_partial_fill_releases_pro_rata_and_charges_what_it_cost(room):
    """400 of 1,000: 100,142.50 × 400 ÷ 1,000 = 40,057 is released; 400 at 99 with fee costs 39,656.43."""
    buy = order(1)
    room.decide(buy)
    room.fill(buy, 400, money(99))
    assert room.means(0) == [money(60_085.5), money(39_656.43), 0]
    assert position(room) == [5_000, 0, 400]
    assert state(room, buy) == at.OPEN


def test_last_fill_releases_the_rest(room):
    buy = order(1)
    room.decide(buy)
    for quantity in (333, 333, 334):
        room.fill(buy, quantity)
    assert room.means(0) == [0, money(100_142.5), 0]
    assert state(room, buy) == at.FILLED_WHOLE
    assert room.end(buy, 0) == [NOT_OPEN]


def test_least_fee_counts_once_an_order(room):
    """10 × 100 with the least fee of 20: the first fill pays it, the second nothing more."""
    buy = order(1, quantity=10, lot_type=2)
    room.decide(buy)
    room.fill(buy, 5)
    assert room.means(0)[1] == money(520)
    room.fill(buy, 5)
    assert room.means(0) == [0, money(1_020), 0]


def test_sale_moves_what_is_held_to_sold(room):
    sale = order(1, "sell", quantity=3_000)
    room.decide(sale)
    assert position(room) == [5_000, 3_000, 0]
    room.fill(sale, 1_000)
    assert position(room) == [4_000, 2_000, 0]
    assert room.end(sale, 2_000) == [0]
    assert position(room) == [4_000, 0, 0]


def test_fill_beyond_the_order_is_used_and_releases_no_more_than_was_held(room):
    buy = order(1)
    room.decide(buy)
    room.fill(buy, 1_500)
    assert room.means(0) == [0, money(150_213.75), 0]
    assert state(room, buy) == at.FILLED_WHOLE


def test_fill_after_the_end_is_used(room):
    buy = order(1)
    room.decide(buy)
    assert room.end(buy, 1_000) == [0]
    assert room.means(0) == [0, 0, 0]
    room.fill(buy, 1_000)
    assert room.means(0) == [0, money(100_142.5), 0]
    assert state(room, buy) == at.ENDED
    assert room.gate.tables.firm[at.UNKNOWN_EXECUTIONS] == 0


@pytest.mark.parametrize(
    "changes", [{"order_id": 7}, {"account": 1}, {"instrument": 2}, {"side": 2}], ids=str
)
def test_fill_that_fits_no_order_is_used_and_counted(room, changes):
    buy = order(1)
    room.decide(buy)
    room.fill(buy, 1_000, **changes)
    assert room.means(0)[0] == money(100_142.5)
    assert room.gate.tables.firm[at.UNKNOWN_EXECUTIONS] == 1
    used = sum(sum(room.means(code)[1:]) for code in (0, 1))
    assert used == (money(99_557.5) if "side" in changes else money(100_142.5))


def test_fill_of_a_refused_order_is_used_and_counted(room):
    buy = order(1, price=120)
    assert room.masks(buy) != [0]
    room.fill(buy, 1_000, money(100))
    assert room.means(0) == [0, money(100_142.5), 0]
    assert room.gate.tables.firm[at.UNKNOWN_EXECUTIONS] == 1


def test_fill_of_an_account_or_instrument_out_of_range_is_only_counted(room):
    before = room.gate.tables.accounts.copy()
    for changes in ({"account": 2_000_000_000}, {"account": -1}, {"instrument": -1}, {"instrument": 10**9}):
        room.fill(order(1), 1_000, **changes)
    assert room.gate.tables.firm[at.UNKNOWN_EXECUTIONS] == 4
    assert (room.gate.tables.accounts == before).all()


def test_fill_that_the_ledger_refused_or_repeated_changes_nothing(room):
    buy = order(1)
    room.decide(buy)
    before = room.gate.digest()
    verdicts = np.zeros(2, verdict_dtype())
    verdicts["mask"][0], verdicts["flags"][1] = 4, 1
    fill = RecordExecution(
        execution_id=1, order_id=buy.order_id, account=0, instrument=0, trade_date=DAY, price=money(100),
        quantity=1_000, executed_at=0, side=1, lot_type=1, capacity=1,
    )  # fmt: skip
    room.gate.apply(RecordExecution, schema_of(RecordExecution).pack([fill, fill]), verdicts)
    assert room.gate.digest() == before


# Cancels and ends


def test_cancel_holds_the_reservation_until_the_end(room):
    buy = order(1)
    room.decide(buy)
    assert room.cancel(buy) == [0]
    assert room.means(0)[0] == money(100_142.5)
    assert room.end(buy, 1_000, DoneReason.CANCELLED) == [0]
    assert room.means(0) == [0, 0, 0]
    assert room.cancel(buy) == [NOT_OPEN]
    assert room.end(buy, 1_000) == [NOT_OPEN]


def test_cancel_of_anothers_or_unknown_order(room):
    buy = order(1)
    room.decide(buy)
    assert room.cancel(buy, account=1) == [NOT_YOURS]
    assert room.cancel(order(2)) == [NOT_OPEN]
    room.end(buy, 1_000)
    assert room.cancel(buy, account=1) == [NOT_OPEN | NOT_YOURS]


def test_refused_order_is_not_open(room):
    refused = order(1, price=120)
    room.decide(refused)
    assert room.cancel(refused) == [NOT_OPEN]
    assert room.end(refused, 1_000) == [NOT_OPEN]


# Days


def test_next_day_begins_with_the_ledgers_books(room):
    room.decide(order(1), order(2, "sell"))
    room.close_day()
    room.ledger.cash[0], room.ledger.holdings = money(50), {(0, 2): 700}
    room.open_day(NEXT_DAY)
    assert room.means(0) == [0, 0, 0]
    assert room.gate.tables.accounts[0, at.CASH] == money(50)
    assert position(room, 0, 2) == [700, 0, 0]
    assert find_position(0, 0, room.gate.tables.positions) == -1
    assert room.gate.business_date == NEXT_DAY
    assert room.cancel(order(1)) == [NOT_OPEN]


def test_orders_of_yesterday_are_malformed_and_numbers_begin_anew(room):
    room.decide(order(1))
    room.open_day(NEXT_DAY)
    malformed = 1 << 14
    assert room.masks(order(1), order(1, day=NEXT_DAY), order(1, price=99, day=NEXT_DAY)) == [
        malformed,
        0,
        32,
    ]


def test_day_that_was_refused_does_not_open(room):
    from tallystick.core.day import DayOpened

    room.decide(order(1))
    verdicts = np.zeros(1, verdict_dtype())
    verdicts["mask"] = 1
    before = room.gate.digest()
    room.gate.apply(DayOpened, [DayOpened(business_date=NEXT_DAY, code_version="")], verdicts)
    assert room.gate.digest() == before


def test_first_terms_stay_over_days(room):
    room.open_day(NEXT_DAY)
    assert room.masks(order(1, day=NEXT_DAY)) == [0]


# Moves and terms during the day


def test_cash_and_securities_moved_count_at_once(room):
    room.move_cash(0, money(-950_000))
    assert room.masks(order(1)) == [at.SHORT_OF_BUYING_POWER]
    room.move_cash(0, money(60_000))
    assert room.masks(order(2)) == [0]
    room.move_securities(1, 2, 1_000)
    assert room.masks(order(3, "sell", account=1, instrument=2)) == [0]
    room.move_securities(0, 0, -5_000)
    assert room.masks(order(4, "sell")) == [at.SHORT_OF_SELLABLE]


def test_opening_books_that_arrive_during_the_day_count_at_once(room):
    cash = [RecordOpeningCash(account=code, amount=money(7)) for code in (0, 1, 0)]
    room.gate.apply(RecordOpeningCash, schema_of(RecordOpeningCash).pack(cash), np.zeros(3, verdict_dtype()))
    assert room.gate.tables.accounts[:2, at.CASH].tolist() == [money(1_000_014), money(1_000_007)]
    lots = [
        RecordOpeningHolding(account=0, instrument=i, quantity=10, cost=0, acquired_on=DAY) for i in (0, 2, 0)
    ]
    verdicts = np.zeros(3, verdict_dtype())
    verdicts["mask"][1] = 2
    room.gate.apply(RecordOpeningHolding, schema_of(RecordOpeningHolding).pack(lots), verdicts)
    assert position(room) == [5_020, 0, 0]
    assert find_position(0, 2, room.gate.tables.positions) == -1


def test_repeated_fact_counts_once(room):
    """The ledger answers a repeated row with its earlier verdict, flagged; nothing moved."""
    cash = schema_of(RecordOpeningCash).pack([RecordOpeningCash(account=0, amount=money(7))] * 2)
    verdicts = np.zeros(2, verdict_dtype())
    verdicts["flags"][1] = 1
    room.gate.apply(RecordOpeningCash, cash, verdicts)
    assert room.gate.tables.accounts[0, at.CASH] == money(1_000_007)


def test_recorded_sales_find_room_where_no_position_was(room):
    """Verdicts of an older version are applied as they stand."""
    sales = [order(number, "sell", account=1, instrument=number) for number in range(1, 300)]
    room.gate.apply(SubmitOrder, schema_of(SubmitOrder).pack(sales), np.zeros(len(sales), verdict_dtype()))
    assert [position(room, 1, sale.instrument) for sale in sales] == [[0, 1_000, 0]] * len(sales)


def day_terms(**changes):
    fields = {
        "instrument": 0, "business_date": DAY, "reference_price": money(100), "limit_up": money(110),
        "limit_down": money(90), "lot": 1_000, "tick_table": 0, "status": 0, "order_minimum": 0,
    }  # fmt: skip
    return SetDayTerms(**fields | changes)


def test_terms_of_the_day_count_at_once_and_later_ones_wait(room):
    room.observe(day_terms(status=1))
    assert room.masks(order(1)) == [at.HALTED]
    room.observe(day_terms(), day_terms(business_date=NEXT_DAY, status=1))
    assert room.masks(order(2)) == [0]
    room.market.day_terms = np.array(
        [(date_number(NEXT_DAY), money(100), 0, 0, 1_000, 0, 1, 0), *room.market.day_terms[1:].tolist()],
        TERMS,
    )
    room.open_day_with_present_terms(NEXT_DAY)
    assert room.masks(order(3, day=NEXT_DAY)) == [at.HALTED]
    assert room.masks(order(4, day=NEXT_DAY, instrument=1)) == [at.UNKNOWN_INSTRUMENT]


def test_new_instrument_during_the_day(room):
    for _ in range(200):
        room.market.symbols.append("1234.XTAI")
    room.market.__post_init__()
    room.observe(day_terms(instrument=150))
    assert room.masks(order(1, instrument=150), order(2, instrument=151)) == [0, at.UNKNOWN_INSTRUMENT]


def test_adopted_rules_count_at_once_and_number_the_rule_set(room):
    room.market.commissions["XTAI", "stock"] = charge(1, 100)
    room.market.tick_arrays = [np.array([0, 20_000]), *room.market.tick_arrays[1:]]
    room.market.order_types["order_types.continuous"] = "limit ROD"
    room.observe(AdoptRules(rule_set="beef", rows=b"", approval="P-9"))
    verdicts = room.decide(order(1), order(2, price=101), order(3, time_in_force=2))
    assert verdicts.tolist() == [
        (0, money(101_000), 2, 0), (at.OFF_TICK, 0, 2, 0), (at.BAD_ORDER_TYPE, 0, 2, 0),
    ]  # fmt: skip


def test_repetition_keeps_the_rule_set_it_was_decided_by(room):
    room.decide(order(1))
    room.observe(AdoptRules(rule_set="beef", rows=b"", approval="P-9"))
    assert room.decide(order(1)).tolist() == [(0, money(100_142.5), 1, 1)]


# Account terms


def test_tighter_terms_take_effect_at_once_and_looser_need_approval(room):
    assert room.masks(account_terms(0, permissions=1, order_value_limit=money(90_000))) == [0]
    assert room.masks(order(1)) == [at.VALUE_ABOVE_LIMIT]
    looser = account_terms(0, permissions=1, order_value_limit=money(900_000))
    assert room.masks(looser) == [at.TERMS_UNAPPROVED]
    fields = {n: getattr(looser, n) for n in looser.__struct_fields__ if n != "received_at"}
    assert room.masks(ChangeAccountTerms(**fields)) == [at.TERMS_UNAPPROVED]
    assert room.masks(ChangeAccountTerms(**fields, approval="P-2")) == [at.TERMS_UNAPPROVED]
    assert room.masks(ChangeAccountTerms(**fields, approval="P-1")) == [0]
    assert room.masks(order(2)) == [0]


@pytest.mark.parametrize(
    ("before", "after", "is_looser"),
    [
        ({}, {}, False),
        ({"status": 1}, {"status": 0}, True),
        ({"status": 1}, {"status": 2}, True),
        ({"status": 2}, {"status": 1}, False),
        ({"permissions": 1}, {"permissions": 3}, True),
        ({"permissions": 3}, {"permissions": 1}, False),
        ({"permissions": 17}, {"permissions": 1}, True),
        ({"permissions": 1}, {"permissions": 17}, False),
        ({"daily_limit": 1}, {"daily_limit": 2}, True),
        ({"order_value_limit": 2}, {"order_value_limit": 1}, False),
        ({"order_value_limit": 1}, {"order_value_limit": 2}, True),
    ],
    ids=str,
)
def test_what_is_looser(before, after, is_looser):
    room = Room()
    room.open_account(0, **before)
    assert room.masks(account_terms(0, **after)) == [at.TERMS_UNAPPROVED if is_looser else 0]


def test_terms_out_of_range_or_of_nobody(room):
    bad = [
        {"status": 3},
        {"status": -1},
        {"permissions": 32},
        {"daily_limit": -1},
        {"daily_limit": 2**61 + 1},
    ]
    bad += [{"order_value_limit": -1}, {"order_value_limit": 2**62}]
    masks = room.masks(
        *(account_terms(0, **{"permissions": 7, "order_value_limit": 0} | fields) for fields in bad)
    )
    assert [mask & at.TERMS_MALFORMED for mask in masks] == [at.TERMS_MALFORMED] * len(bad)
    assert room.masks(account_terms(2), account_terms(-1), account_terms(10**9)) == [1, 1, 1]


@pytest.mark.parametrize("field", ["account", "status", "daily_limit", "order_value_limit", "permissions"])
@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**62, 2**31])
def test_change_of_terms_with_a_number_of_any_size_is_refused(room, field, value):
    fields = {"account": 0, "status": 0, "daily_limit": 0, "order_value_limit": 0, "permissions": 1}
    within = field in ("daily_limit", "order_value_limit") and value == 2**31
    (mask,) = room.masks(ChangeAccountTerms(**fields | {field: value}, approval="P-1"))
    assert (mask == 0) == within


def test_last_of_several_terms_of_an_account_counts(room):
    room.decide(account_terms(1, daily_limit=0, permissions=3), account_terms(1, permissions=1))
    assert room.gate.tables.accounts[1, at.PERMISSIONS] == 1


# The switch


def switch(stopped, scope="firm", approval=""):
    return SetKillSwitch(scope=scope, stopped=stopped, reason="made-up reason", approval=approval)


@pytest.mark.parametrize(("scope", "others"), [("firm", at.KILL_SWITCH), ("account:0", 0)])
def test_stop_works_at_once_and_lifting_needs_approval(room, scope, others):
    assert room.masks(switch(True, scope)) == [0]
    assert room.masks(order(1), order(2, account=1)) == [at.KILL_SWITCH, others]
    assert room.masks(switch(False, scope), switch(False, scope, "P-2")) == [1, 1]
    assert room.masks(switch(False, scope, "P-1")) == [0]
    assert room.masks(order(3), order(4, account=1)) == [0, 0]
    assert room.gate.words.stops == {}


@pytest.mark.parametrize(
    "scope",
    ["", "firms", "account:", "account:2", "account:-1", "account:00", "account:1x", "account:" + "9" * 5000],
)
def test_stop_of_an_unknown_scope(room, scope):
    assert room.masks(switch(True, scope)) == [2]


def test_stop_outlasts_the_day(room):
    room.masks(switch(True), switch(True, "account:1"))
    room.open_day(NEXT_DAY)
    room.masks(switch(False, "firm", "P-1"))
    assert room.masks(order(1, day=NEXT_DAY), order(2, account=1, day=NEXT_DAY)) == [0, at.KILL_SWITCH]


def test_terms_keep_a_stop(room):
    room.masks(switch(True, "account:0"))
    room.masks(account_terms(0, permissions=1))
    assert room.masks(order(1)) == [at.KILL_SWITCH]


def test_new_account_during_the_day(room):
    room.open_account(70, cash=0)
    room.move_cash(70, money(200_000))
    assert room.masks(order(1, account=70)) == [0]
