"""The matcher against hand-worked examples; `test_blind_matching` has the referee."""

from __future__ import annotations

import numpy as np
import pytest
from blind_matching_referee import rank
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.market.matching import (
    Action,
    BookMode,
    EndReason,
    Kind,
    Matcher,
    Outcome,
    Validity,
    kind_mask,
    message_dtype,
    price_ladder,
)

ALL = kind_mask(*((kind, validity) for kind in Kind for validity in Validity))
LIMIT_DAY = kind_mask((Kind.LIMIT, Validity.ROD))
BUY, SELL = 1, 2


class Desk:
    """One book of whole-number prices 90 … 110 (in 1e-4), and short ways to send orders to it."""

    def __init__(self, mode: BookMode = BookMode.CONTINUOUS, base: int = 100) -> None:
        self.matcher = Matcher([np.arange(90, 111)], bases=[base], lots=[1], largest=[1_000])
        self.matcher.set_mode([0], mode, kinds=ALL)
        self.number = -1
        self.fills: list[tuple[int, int, int, int]] = []
        self.ends: list[tuple[int, int, EndReason]] = []

    def send(self, **fields: int) -> Outcome:
        message = np.zeros(1, message_dtype)
        for name, value in {"kind": 1, "validity": 1, "time": 7, **fields}.items():
            message[name] = value
        return self.take(self.matcher.submit(message))

    def take(self, matched) -> Outcome:
        self.fills += [
            (int(f["maker"]), int(f["taker"]), int(f["price"]), int(f["quantity"])) for f in matched.fills
        ]
        self.ends += [(int(e["order"]), int(e["quantity"]), EndReason(e["reason"])) for e in matched.ends]
        return Outcome(matched.outcomes[0]) if len(matched.outcomes) else Outcome.ACCEPTED

    def order(self, side: int, price: int, quantity: int, **fields: int) -> int:
        self.number += 1
        outcome = self.send(action=1, order=self.number, side=side, price=price, quantity=quantity, **fields)
        assert outcome == Outcome.ACCEPTED
        return self.number

    def market(self, side: int, quantity: int, **fields: int) -> int:
        return self.order(side, 0, quantity, kind=2, **fields)


# continuous trading


def test_continuous_takes_best_price_first_and_earliest_first() -> None:
    desk = Desk()
    desk.order(SELL, 101, 5)
    desk.order(SELL, 100, 3)
    desk.order(SELL, 100, 4)
    desk.order(BUY, 101, 9)
    assert desk.fills == [(1, 3, 100, 3), (2, 3, 100, 4), (0, 3, 101, 2)]
    assert desk.matcher.left(np.arange(4)).tolist() == [3, 0, 0, 0]


def test_limit_order_rests_with_what_is_left() -> None:
    desk = Desk()
    desk.order(SELL, 100, 3)
    desk.order(BUY, 100, 5)
    prices, quantities = desk.matcher.depth(0)
    assert (prices[0, 0], quantities[0, 0], prices[1, 0]) == (100, 2, 0)


def test_immediate_or_cancel_ends_with_its_remainder() -> None:
    desk = Desk()
    desk.order(SELL, 100, 3)
    desk.order(BUY, 100, 5, validity=Validity.IOC)
    assert desk.fills == [(0, 1, 100, 3)]
    assert desk.ends == [(1, 2, EndReason.REMAINDER)]


def test_fill_or_kill_fills_whole_over_levels_or_not_at_all() -> None:
    desk = Desk()
    desk.order(SELL, 100, 3)
    desk.order(SELL, 101, 3)
    desk.order(BUY, 101, 7, validity=Validity.FOK)
    desk.order(BUY, 100, 4, validity=Validity.FOK)
    assert not desk.fills
    desk.order(BUY, 101, 6, validity=Validity.FOK)
    assert desk.fills == [(0, 4, 100, 3), (1, 4, 101, 3)]
    assert desk.ends == [(2, 7, EndReason.KILLED), (3, 4, EndReason.KILLED)]


def test_market_order_takes_every_price_then_waits_before_limit_orders() -> None:
    desk = Desk()
    desk.order(SELL, 105, 1)
    desk.order(SELL, 110, 1)
    desk.market(BUY, 5)  # 2: takes both, 3 left, last trade 110
    desk.order(BUY, 110, 1)  # 3: at the limit, yet behind the market order
    desk.order(SELL, 108, 4)  # 4: market buy ranks at max(last 110, limit buy 110, limit sell 108)
    assert desk.fills == [(0, 2, 105, 1), (1, 2, 110, 1), (2, 4, 110, 3), (3, 4, 110, 1)]


def test_resting_market_order_meets_a_limit_above_everything_at_that_limit() -> None:
    desk = Desk(base=95)
    desk.market(BUY, 2)
    desk.order(BUY, 97, 1)
    desk.order(SELL, 99, 1)  # converted: max(base 95, limit buy 97, limit sell 99)
    desk.order(SELL, 96, 1)  # converted: max(last 99, limit buy 97, limit sell 96)
    assert desk.fills == [(0, 2, 99, 1), (0, 3, 99, 1)]


def test_market_orders_of_both_sides_meet_at_the_last_price() -> None:
    desk = Desk(base=95)
    desk.market(SELL, 2)
    desk.market(BUY, 1)
    assert desk.fills == [(0, 1, 95, 1)]


def test_cancel_and_reduction_keep_the_others_places() -> None:
    desk = Desk()
    for _ in range(3):
        desk.order(BUY, 100, 5)
    assert desk.send(action=Action.REDUCE, order=0, quantity=3) == Outcome.ACCEPTED
    assert desk.send(action=Action.CANCEL, order=1) == Outcome.ACCEPTED
    assert desk.send(action=Action.CANCEL, order=1) == Outcome.NOT_OPEN
    desk.order(SELL, 100, 7)
    assert desk.fills == [(0, 3, 100, 2), (2, 3, 100, 5)]
    assert desk.ends == [(1, 5, EndReason.CANCELLED)]


def test_reduction_by_all_that_is_left_is_a_cancel() -> None:
    desk = Desk()
    desk.order(BUY, 100, 5)
    assert desk.send(action=Action.REDUCE, order=0, quantity=9) == Outcome.ACCEPTED
    assert desk.ends == [(0, 5, EndReason.CANCELLED)]
    assert desk.matcher.resting == 0


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"price": 111}, Outcome.OFF_LADDER),
        ({"price": 89}, Outcome.OFF_LADDER),
        ({"quantity": 0}, Outcome.BAD_QUANTITY),
        ({"quantity": 1_001}, Outcome.BAD_QUANTITY),
        ({"book": 1}, Outcome.MALFORMED),
        ({"side": 3}, Outcome.MALFORMED),
        ({"kind": 3}, Outcome.MALFORMED),
        ({"validity": 0}, Outcome.MALFORMED),
        ({"action": 9}, Outcome.MALFORMED),
        ({"order": -1}, Outcome.MALFORMED),
    ],
)
def test_bad_message_is_refused_and_leaves_the_book_alone(fields: dict[str, int], outcome: Outcome) -> None:
    desk = Desk()
    assert (
        desk.send(**{"action": 1, "order": 0, "side": BUY, "price": 100, "quantity": 1, **fields}) == outcome
    )
    assert desk.matcher.resting == 0
    assert not desk.fills


def test_order_number_is_used_once() -> None:
    desk = Desk()
    desk.order(BUY, 100, 1)
    assert desk.send(action=1, order=0, side=BUY, price=100, quantity=1) == Outcome.MALFORMED
    assert not desk.ends


def test_closed_book_takes_nothing() -> None:
    desk = Desk()
    desk.order(BUY, 100, 1)
    desk.matcher.set_mode([0], BookMode.CLOSED)
    assert desk.send(action=1, order=1, side=BUY, price=100, quantity=1) == Outcome.CLOSED
    assert desk.send(action=Action.CANCEL, order=0) == Outcome.CANCEL_NOT_ALLOWED
    desk.take(desk.matcher.expire([0], time=9))
    assert desk.ends == [(1, 1, EndReason.REFUSED), (0, 1, EndReason.EXPIRED)]


# call auctions: worked by hand from art. 58-3


def auctioned(base: int, *orders: tuple[int, int, int]) -> Desk:
    desk = Desk(BookMode.CALL, base)
    for side, price, quantity in orders:
        desk.order(side, price, quantity)
    assert not desk.fills
    price, volume = desk.matcher.indicative(0)
    desk.take(desk.matcher.auction([0], time=9))
    assert volume == sum(quantity for *_, quantity in desk.fills)
    assert {p for _, _, p, _ in desk.fills} <= {price}
    return desk


def test_auction_takes_the_price_of_most_volume() -> None:
    # At 101: buys 102, 101 (8) meet sells 99, 101 (9): 8. At 102: 5. At 99 to 100: 4.
    desk = auctioned(100, (BUY, 102, 5), (BUY, 101, 3), (SELL, 99, 4), (SELL, 101, 5))
    assert desk.fills == [(0, 2, 101, 4), (0, 3, 101, 1), (1, 3, 101, 3)]
    assert desk.matcher.left(np.arange(4)).tolist() == [0, 0, 0, 1]


def test_auction_fills_better_orders_whole_and_shares_the_price_by_time() -> None:
    # 100 is the only price of volume 6: the buy at 101 is filled whole, of the two at 100 the earlier first.
    desk = auctioned(100, (BUY, 100, 4), (BUY, 100, 4), (BUY, 101, 2), (SELL, 100, 6))
    assert desk.fills == [(2, 3, 100, 2), (0, 3, 100, 4)]


@pytest.mark.parametrize(("base", "price"), [(95, 98), (98, 98), (100, 100), (102, 102), (108, 102)])
def test_auction_among_equal_prices_takes_the_nearest_to_the_base(base: int, price: int) -> None:
    desk = auctioned(base, (BUY, 102, 5), (SELL, 98, 5))
    assert desk.fills == [(0, 1, price, 5)]


def test_auction_leaves_out_prices_at_which_a_better_order_would_wait() -> None:
    # Volume 5 at 98, 99 and 100; below 100 the buy of 10 at 100 would be partly unfilled above the price.
    desk = auctioned(97, (BUY, 100, 10), (SELL, 98, 5))
    assert desk.fills == [(0, 1, 100, 5)]


def test_auction_prefers_the_last_trade_to_the_base() -> None:
    desk = Desk(base=92)
    desk.order(SELL, 101, 1)
    desk.order(BUY, 101, 1)
    desk.matcher.set_mode([0], BookMode.CALL, kinds=ALL)
    desk.order(BUY, 105, 1)
    desk.order(SELL, 95, 1)
    desk.take(desk.matcher.auction([0], time=9))
    assert desk.fills[-1] == (2, 3, 101, 1)


def test_auction_without_crossing_orders_trades_nothing() -> None:
    desk = auctioned(100, (BUY, 99, 5), (SELL, 101, 5))
    assert not desk.fills
    assert desk.matcher.indicative(0) == (0, 0)


def test_market_order_left_from_continuous_trading_goes_first_in_the_closing_call() -> None:
    desk = Desk()
    desk.market(BUY, 4)
    desk.matcher.set_mode([0], BookMode.CALL, kinds=LIMIT_DAY)
    desk.order(BUY, 103, 4)
    desk.order(SELL, 102, 6)
    # The market buy counts as 103. At 102 and 103 the volume is 6; at 102 the buys of 8 above it would not all be
    # filled, so 103.
    desk.take(desk.matcher.auction([0], time=9))
    assert desk.fills == [(0, 2, 103, 4), (1, 2, 103, 2)]


def test_call_refuses_what_must_be_done_at_once() -> None:
    desk = Desk(BookMode.CALL)
    message = {"action": 1, "order": 0, "side": BUY, "price": 100, "quantity": 1}
    assert desk.send(**message, validity=Validity.IOC) == Outcome.KIND_NOT_ALLOWED


def test_shuffle_gives_the_priority_of_the_lot_numbers() -> None:
    desk = Desk(BookMode.CALL)
    for _ in range(50):
        desk.order(BUY, 100, 1)
    desk.matcher.shuffle([0], salt=5)
    desk.order(SELL, 100, 50)
    desk.take(desk.matcher.auction([0], time=9))
    drawn = [maker for maker, *_ in desk.fills]
    assert drawn == sorted(range(50), key=lambda number: rank(5, number))
    assert drawn != list(range(50))


def test_crossed_book_cannot_begin_continuous_trading() -> None:
    desk = Desk(BookMode.CALL)
    desk.order(BUY, 100, 1)
    desk.order(SELL, 100, 1)
    with pytest.raises(AssertionError, match="auction first"):
        desk.matcher.set_mode([0], BookMode.CONTINUOUS)


def test_bad_ladder_is_the_operators_fault() -> None:
    with pytest.raises(TallystickError, match="book 0"):
        Matcher([np.array([3, 2])], bases=[2], lots=[1], largest=[1])


@pytest.mark.parametrize(
    ("lower", "upper", "first", "last", "count"),
    [
        (90_0000, 110_0000, 90_0000, 110_0000, 121),  # 0.1 to 100, 0.5 above
        (100, 12_0000, 100, 12_0000, 1_040),  # 0.01 to 10, 0.05 above
        (4_0050, 4_0170, 4_0100, 4_0100, 1),
        (5, 50, 0, 0, 0),
    ],
)
def test_ladder_of_a_tick_table(lower: int, upper: int, first: int, last: int, count: int) -> None:
    ladder = price_ladder(lower, upper, [0, 10_0000, 50_0000, 100_0000], [100, 500, 1_000, 5_000])
    assert len(ladder) == count
    if count:
        assert (ladder[0], ladder[-1]) == (first, last)


# random messages


def random_messages(rng: np.random.Generator, count: int, first_order: int, books: int) -> np.ndarray:
    """Orders on few prices, so that queues grow; some cancels and reductions, a few malformed ones."""
    rows = np.zeros(count, message_dtype)
    rows["time"] = np.arange(count)
    rows["action"] = rng.choice([1, 2, 3, 9], count, p=[0.72, 0.2, 0.07, 0.01])
    new = rows["action"] == 1
    rows["order"] = np.where(
        new, first_order + np.cumsum(new) - 1, rng.integers(-1, first_order + count, count)
    )
    rows["book"] = rng.integers(-1, books + 1, count) if rng.random() < 0.1 else rng.integers(0, books, count)
    rows["side"] = rng.integers(1, 3, count)
    rows["kind"] = rng.choice([1, 2], count, p=[0.9, 0.1])
    rows["validity"] = rng.choice([1, 2, 3], count, p=[0.8, 0.1, 0.1])
    centre = np.where(rows["side"] == 1, -1, 1) * rng.integers(-2, 3)
    rows["price"] = 100 + centre + rng.integers(-5, 6, count)
    rows["quantity"] = rng.integers(0, 9, count) * rng.choice([1, 1, 10], count)
    return rows


def test_batches_do_not_change_what_happens() -> None:
    rng = np.random.default_rng(3)
    rows = random_messages(rng, 3_000, 0, 2)
    seen = []
    for size in (1, 7, 3_000):
        matcher = Matcher([np.arange(95, 106)] * 2, bases=[100, 100], lots=[1, 1], largest=[90, 90])
        matcher.set_mode([0, 1], BookMode.CONTINUOUS, kinds=ALL)
        parts = [matcher.submit(rows[at : at + size]) for at in range(0, len(rows), size)]
        seen.append(tuple(np.concatenate([part[k] for part in parts]).tobytes() for k in range(3)))
    assert seen[0] == seen[1] == seen[2]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_was_ordered_is_filled_ended_or_left(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = random_messages(rng, 400, 0, 1)
    rows = rows[rows["action"] != Action.REDUCE]
    matcher = Matcher([np.arange(95, 106)], bases=[100], lots=[1], largest=[90])
    matcher.set_mode([0], BookMode.CONTINUOUS, kinds=ALL)
    matched = matcher.submit(rows)
    new = rows[rows["action"] == Action.NEW]
    ordered = np.zeros(500, np.int64)
    ordered[new["order"]] = new["quantity"]
    seen = np.zeros(500, np.int64)
    for who in ("maker", "taker"):
        np.add.at(seen, matched.fills[who], matched.fills["quantity"])
    np.add.at(seen, matched.ends["order"], matched.ends["quantity"])
    known = np.arange(int(rows["order"].max()) + 1)
    seen[known] += matcher.left(known)
    assert (seen[known] == ordered[known]).all()
