"""One rule at a time, at its edges; amounts worked out by hand.

A buy of 1,000 at 100 costs 100,000 and 142.50 of commission (0.1425 %): 100,142.50.
"""

from __future__ import annotations

import datetime

import msgspec
import pytest
from gate_rooms import DAY, Room, at_clock, money, order

from tallystick.core.ids import day_id
from tallystick.core.text import LANGUAGES, translate
from tallystick.ledger.events import AccountKind, Capacity, LotType, Side
from tallystick.risk.gate.events import (
    SUBMIT_REASONS,
    AccountStatus,
    OrderType,
    TimeInForce,
    TradingPermission,
)
from tallystick.risk.gate.state import kernels as at


def codes(mask):
    return [r.code.removeprefix("gate.") for bit, r in enumerate(SUBMIT_REASONS) if mask >> bit & 1]


@pytest.fixture
def room():
    made = Room()
    made.open_account(0, cash=money(1_000_000))
    made.ledger.holdings[0, 0] = 5_000
    made.open_day()
    return made


def refusals(room, *orders):
    return [codes(mask) for mask in room.masks(*orders)]


def test_mask_bits_stand_in_the_declared_order():
    declared = [reason.code.removeprefix("gate.").upper() for reason in SUBMIT_REASONS]
    names = {"PRICE_ABOVE_LIMIT": "ABOVE_LIMIT", "PRICE_BELOW_LIMIT": "BELOW_LIMIT"}
    for bit, name in enumerate(declared):
        assert getattr(at, names.get(name, name)) == 1 << bit


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_short_name_of_its_own(language):
    """Lists and counts show it where the sentence's values are not at hand."""
    names = {translate(reason.name, language) for reason in SUBMIT_REASONS}
    assert len(names) == len(SUBMIT_REASONS)
    assert all(names)
    assert not any("{" in name for name in names)


def test_layout_says_what_the_events_say():
    assert tuple(Side) == (at.BUY, at.SELL)
    assert tuple(OrderType) == (at.LIMIT_ORDER, at.MARKET_ORDER)
    assert (at.REST_OF_DAY, at.FILL_OR_KILL) == (TimeInForce.ROD, TimeInForce.FOK)
    assert tuple(LotType) == (at.BOARD_LOT, at.ODD_LOT, at.FIXED_PRICE)
    assert (at.CASH_CAPACITY, at.OWN_CAPACITY) == (Capacity.CASH, Capacity.PROPRIETARY)
    assert list(TradingPermission) == [
        at.MAY_BOARD, at.MAY_ODD, at.MAY_MARKET, at.MAY_DAY_TRADE, at.PRE_COLLECTION,
    ]  # fmt: skip
    assert sum(TradingPermission) == at.ALL_PERMISSIONS
    assert list(AccountStatus) == [0, 1, 2]


def test_sound_buy_reserves_value_and_fee(room):
    verdict = room.decide(order(1, price=100, quantity=1_000))
    assert verdict.tolist() == [(0, money(100_142.5), 1, 0)]
    assert room.means(0) == [money(100_142.5), 0, 0]


def test_small_buy_reserves_the_least_fee(room):
    verdict = room.decide(order(1, price=100, quantity=10, lot_type=LotType.ODD))
    assert verdict["reservation"].tolist() == [money(1_020)]


def test_sound_sale_reserves_no_money_and_holds_the_shares(room):
    assert room.decide(order(1, "sell", quantity=4_000)).tolist() == [(0, 0, 1, 0)]
    assert refusals(room, order(2, "sell", quantity=2_000), order(3, "sell", quantity=1_000)) == [
        ["short_of_sellable"], [],
    ]  # fmt: skip


def test_price_limits_hold_the_edges(room):
    prices = (110, 110.5, 90, 89.9)
    assert refusals(room, *(order(n, price=price) for n, price in enumerate(prices, 1))) == [
        [], ["price_above_limit"], [], ["price_below_limit"],
    ]  # fmt: skip


def test_tick_is_the_one_at_the_price(room):
    prices = (99.9, 99.95, 100, 100.1, 100.5)
    assert refusals(room, *(order(n, price=price, quantity=1_000) for n, price in enumerate(prices, 1))) == [
        [], ["off_tick"], [], ["off_tick"], [],
    ]  # fmt: skip


def test_fund_has_its_own_ticks(room):
    orders = [order(n, price=price, instrument=1) for n, price in enumerate((49.99, 50.01, 50.05), 1)]
    assert refusals(room, *orders) == [[], ["off_tick"], []]


def test_instrument_without_a_tick_table_is_refused(room):
    room.market.day_terms["tick_table"][0] = 7
    room.open_day_with_present_terms()
    assert refusals(room, order(1)) == [["off_tick"]]


def test_lots(room):
    board = [order(n, quantity=quantity) for n, quantity in enumerate((1_000, 1_500, 999), 1)]
    assert refusals(room, *board) == [[], ["bad_lot"], ["bad_lot"]]
    odd = [order(n, quantity=q, lot_type=LotType.ODD) for n, q in enumerate((1, 999, 1_000), 11)]
    assert refusals(room, *odd) == [[], [], ["bad_lot"]]


def test_order_minimum_comes_before_the_lot(room):
    room.market.day_terms["lot"][0], room.market.day_terms["order_minimum"][0] = 1, 200
    room.open_day_with_present_terms()
    assert refusals(room, order(1, quantity=199), order(2, quantity=200), order(3, quantity=201)) == [
        ["bad_lot"], [], [],
    ]  # fmt: skip


def market_order(number, clock="10:00", **changes):
    return order(
        number,
        price=0,
        order_type=OrderType.MARKET,
        received_at=at_clock(clock),
        **{"quantity": 1_000} | changes,
    )


def test_market_order_reserves_at_the_up_limit(room):
    assert room.decide(market_order(1))["reservation"].tolist() == [money(110_000 + 156.75)]


def test_market_order_only_while_trading_is_continuous(room):
    clocks = ("08:59:59", "09:00", "13:24:59", "13:25")
    orders = [market_order(number, clock) for number, clock in enumerate(clocks, 1)]
    assert refusals(room, *orders) == [["bad_order_type"], [], [], ["bad_order_type"]]


def test_immediate_orders_only_while_trading_is_continuous(room):
    orders = [
        order(n, quantity=1_000, time_in_force=force, received_at=at_clock(clock))
        for n, (force, clock) in enumerate(
            [(TimeInForce.IOC, "09:00"), (TimeInForce.FOK, "10:00"), (TimeInForce.IOC, "13:27")], 1
        )
    ]
    assert refusals(room, *orders) == [[], [], ["bad_order_type"]]


def test_odd_lots_and_fixed_price_take_limit_orders_for_the_day_only(room):
    odd = [
        market_order(1, quantity=5, lot_type=LotType.ODD),
        order(2, quantity=5, lot_type=LotType.ODD, time_in_force=TimeInForce.IOC),
        order(3, quantity=1_000, lot_type=LotType.FIXED_PRICE, time_in_force=TimeInForce.FOK),
        order(4, quantity=1_000, lot_type=LotType.FIXED_PRICE),
    ]
    assert refusals(room, *odd) == [["bad_order_type"]] * 3 + [[]]


def test_market_order_needs_a_band_and_the_permission(room):
    room.open_account(1, cash=money(1_000_000), permissions=1 | 2)
    room.set_terms(limits=False)
    room.open_day_with_present_terms()
    assert refusals(room, market_order(1)) == [["bad_order_type"]]
    assert refusals(room, order(2, price=500, quantity=1_000)) == [[]]
    room.open_day()
    assert refusals(room, market_order(3), market_order(4, account=1)) == [[], ["bad_order_type"]]


@pytest.mark.parametrize(
    ("status", "limit_order", "market"),
    [(1, ["halted"], ["halted", "bad_order_type"]), (2, [], ["bad_order_type"]), (3, [], ["bad_order_type"])],
)
def test_status_of_trading(room, status, limit_order, market):
    room.open_day(status=(status, 0, 0))
    assert refusals(room, order(1), market_order(2)) == [limit_order, market]


def test_buying_power_is_cash_sales_and_limit(room):
    room.open_account(1, cash=money(100_000), daily_limit=money(142.5))
    room.open_day()
    assert refusals(room, order(1, account=1), order(2, account=1, quantity=1, lot_type=LotType.ODD)) == [
        [], ["short_of_buying_power"],
    ]  # fmt: skip


def test_buying_power_short_by_the_least_amount(room):
    room.open_account(1, cash=money(100_000), daily_limit=money(142.5) - 1)
    room.open_day()
    assert refusals(room, order(1, account=1)) == [["short_of_buying_power"]]


def test_sales_of_the_day_pay_for_buys(room):
    """A sale of 1,000 at 100: 100,000 less 142.50 commission less 300 tax leaves 99,557.50."""
    room.open_account(1, cash=0)
    room.ledger.holdings[1, 0] = 1_000
    room.open_day()
    sale = order(1, "sell", account=1)
    assert room.masks(sale) == [0]
    assert refusals(room, order(2, account=1, price=99)) == [["short_of_buying_power"]]
    room.fill(sale, 1_000)
    assert room.means(1) == [0, 0, money(99_557.5)]
    assert refusals(room, order(3, account=1, price=99)) == [[]]


@pytest.mark.parametrize(("permissions", "status"), [(1 | 16, 0), (1, 2), (1, 3)])
def test_pre_collection_counts_cash_alone(room, permissions, status):
    room.open_account(1, cash=money(200_000), daily_limit=money(9_000_000), permissions=permissions)
    room.ledger.holdings[1, 0] = 1_000
    room.open_day(status=(status, 0, 0))
    sale = order(1, "sell", account=1)
    assert room.masks(sale) == [0]
    room.fill(sale, 1_000)
    assert refusals(room, order(2, account=1), order(3, account=1)) == [[], ["short_of_buying_power"]]


def test_order_value_limit(room):
    room.open_account(1, cash=money(1_000_000), order_value_limit=money(100_000))
    room.open_day()
    assert refusals(room, order(1, account=1), order(2, account=1, price=100.5)) == [
        [],
        ["value_above_limit"],
    ]


def test_day_trader_sells_what_was_bought_today(room):
    for code, permissions in ((1, 1 | 2 | 8), (2, 1 | 2)):
        room.open_account(code, cash=money(1_000_000), permissions=permissions)
    room.open_day()
    for code in (1, 2):
        buy = order(code, account=code)
        assert room.masks(buy) == [0]
        room.fill(buy, 1_000)
    sales = [order(10 + code, "sell", account=code) for code in (1, 2)]
    odd = order(20, "sell", account=1, quantity=5, lot_type=LotType.ODD)
    assert refusals(room, odd, *sales) == [["short_of_sellable"], [], ["short_of_sellable"]]
    assert refusals(room, order(31, "sell", account=1)) == [["short_of_sellable"]]


def test_account_standing(room):
    room.open_account(1, cash=money(1_000_000), status=AccountStatus.BLOCKED)
    room.open_account(2, cash=money(1_000_000), status=AccountStatus.SELL_ONLY)
    room.open_account(3, cash=money(1_000_000), permissions=TradingPermission.BOARD_LOTS)
    room.open_account(4, cash=money(1_000_000), permissions=TradingPermission.ODD_LOTS)
    room.ledger.holdings[2, 0] = 1_000
    room.open_day()
    orders = [
        order(1, account=1),
        order(2, account=2),
        order(3, "sell", account=2),
        order(4, account=3, quantity=5, lot_type=LotType.ODD),
        order(5, account=4),
        order(6, account=4, quantity=5, lot_type=LotType.ODD),
    ]
    blocked = ["account_blocked"]
    assert refusals(room, *orders) == [blocked, blocked, [], blocked, blocked, []]


def test_unknown_account_and_instrument(room):
    orders = [order(1, account=9), order(2, instrument=9), order(3, account=-1, instrument=-1)]
    assert refusals(room, *orders) == [
        ["unknown_account"], ["unknown_instrument"], ["unknown_account", "unknown_instrument"],
    ]  # fmt: skip


def test_account_without_terms_is_unknown():
    room = Room()
    room.open_account(0, cash=money(1_000_000))
    room.gate.tables.accounts[0, at.STANDING] &= ~at.HAS_TERMS
    room.open_day()
    assert refusals(room, order(1)) == [["unknown_account"]]


def test_terms_of_another_day_do_not_count(room):
    room.set_terms(DAY + datetime.timedelta(days=1))
    room.open_day_with_present_terms(DAY + datetime.timedelta(days=2))
    later = order(1, day=DAY + datetime.timedelta(days=2), received_at=at_clock("10:00", DAY))
    assert refusals(room, later) == [["unknown_instrument"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"side": 0}, {"side": 3}, {"order_type": 0}, {"order_type": 3}, {"time_in_force": 0}, {"time_in_force": 4},
        {"lot_type": 4}, {"lot_type": -1}, {"capacity": Capacity.MARGIN}, {"capacity": Capacity.SHORT},
        {"capacity": Capacity.PROPRIETARY}, {"order_id": day_id(DAY + datetime.timedelta(days=1), 1)},
        {"order_id": 1}, {"order_id": -1}, {"order_id": 2**63 - 1}, {"order_type": OrderType.MARKET},
    ],
    ids=str,
)  # fmt: skip
def test_field_out_of_its_range_is_malformed(room, changes):
    assert refusals(room, msgspec.structs.replace(order(1), **changes)) == [["malformed"]]


@pytest.mark.parametrize(
    ("price", "quantity", "expected"),
    [
        (0, 1_000, ["malformed"]),
        (-1, 1_000, ["malformed"]),
        (money(100), 0, ["malformed"]),
        (money(100), -1_000, ["malformed"]),
        (money(100), 2**31, ["bad_lot", "malformed"]),
        (50_000 * 10**14, 1_000, ["price_above_limit", "malformed"]),
    ],
)
def test_amount_out_of_its_range_is_malformed(room, price, quantity, expected):
    assert refusals(room, msgspec.structs.replace(order(1), price=price, quantity=quantity)) == [expected]


def test_market_order_of_unspeakable_value_is_malformed(room):
    room.market.day_terms["limit_up"][0] = 2**40
    room.open_day_with_present_terms()
    assert refusals(room, market_order(1, quantity=2**31 - 648)) == [["malformed"]]


def test_firms_own_accounts_trade_in_their_own_capacity():
    room = Room()
    for code, kind in ((0, AccountKind.PROPRIETARY), (1, AccountKind.ERROR)):
        room.open_account(code, cash=money(1_000_000), kind=kind)
    room.open_day()
    orders = [
        order(n, account=n % 2, capacity=c) for n, c in ((1, 1), (2, 1), (3, Capacity.PROPRIETARY), (4, 4))
    ]
    assert refusals(room, *orders) == [["malformed"], ["malformed"], [], []]


def test_all_failures_come_at_once(room):
    command = order(1, price=120.3, quantity=1_500_000, account=0)
    assert refusals(room, command) == [
        ["price_above_limit", "off_tick", "short_of_buying_power", "value_above_limit"]
    ]


def test_day_not_open(room):
    room.close_day()
    assert refusals(room, order(1)) == [["day_not_open"]]
    assert refusals(Room(), order(1)) == [
        ["unknown_account", "unknown_instrument", "malformed", "day_not_open"]
    ]


def test_same_id_same_content_gets_the_same_answer(room):
    first = room.decide(order(1), order(2, price=120)).tolist()
    again = room.decide(order(1, received_at=5), order(2, price=120)).tolist()
    assert again == [(mask, reservation, rules, 1) for mask, reservation, rules, _ in first]
    assert room.means(0)[0] == first[0][1]


@pytest.mark.parametrize(
    "changes",
    [
        {"price": money(99)},
        {"quantity": 2_000},
        {"side": Side.SELL},
        {"session": 2},
        {"time_in_force": TimeInForce.IOC},
    ],
    ids=str,
)
def test_same_id_other_content_is_refused(room, changes):
    room.decide(order(1))
    before = room.gate.digest()
    assert refusals(room, msgspec.structs.replace(order(1), **changes)) == [["id_reused"]]
    assert room.gate.digest() == before
    assert room.decide(order(1))["flags"].tolist() == [1]


def test_answers_can_be_read_only_arrays(room):
    """Journal bytes are not writable; the kernels must not care."""
    from tallystick.core.schema import schema_of
    from tallystick.risk.gate.events import SubmitOrder

    packed = schema_of(SubmitOrder).pack([order(1), order(2)])
    packed.flags.writeable = False
    assert room.gate.decide(SubmitOrder, packed[::-1])["mask"].tolist() == [0, 0]


def test_many_orders_grow_the_tables(room):
    room.move_cash(0, money(10**12))
    orders = [order(n, quantity=1, lot_type=LotType.ODD) for n in range(1, 3_000)]
    assert set(room.masks(*orders)) == {0}
    assert room.decide(*orders)["flags"].tolist() == [1] * len(orders)
