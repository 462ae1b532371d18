"""The matcher against its blind referee, report by report, over random streams of phases and messages."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest
from blind_matching_referee import BlindReferee
from hypothesis import given, settings
from hypothesis import strategies as st

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

KINDS = [(kind, validity) for kind in Kind for validity in Validity]
WRONG_FIELDS = ["number", "book", "side", "kind", "validity", "price", "lot", "quantity", "action"]
TICKS = ([0, 10_0000], [100, 500])
OUTCOMES = {each.value: each.name.lower().replace("_", " ") for each in Outcome}
REASONS = {each.value: each.name.lower() for each in EndReason}

integers = st.integers
every_kind = st.just(frozenset(KINDS))
books_given = st.tuples(
    integers(9_9700, 10_0100),  # lowest price, at a change of the tick
    integers(0, 1500),  # to the highest
    integers(9_9000, 10_2500),  # base, not always a price
    st.sampled_from([(1, 9), (2, 12), (1000, 9000)]),  # lot, largest quantity
)
either = integers(0, 1)
numbers_back = integers(0, 9)
modes = st.sampled_from([*BookMode, BookMode.CALL, *[BookMode.CONTINUOUS] * 5])
masks = integers(0, 6).flatmap(lambda draw: every_kind if draw else st.frozensets(st.sampled_from(KINDS)))
some_books = st.sampled_from([[0], [1], [0, 1], [1, 0]])
STEPS = {
    "new": (
        28,
        (integers(1, 2), st.sampled_from(KINDS + 9 * KINDS[:1]), integers(0, 4), integers(1, 6), either),
    ),
    "wrong": (
        1,
        (
            st.sampled_from(WRONG_FIELDS),
            integers(-1, 4),
        ),
    ),
    "cancel": (3, (numbers_back,)),
    "reduce": (2, (numbers_back, st.sampled_from([-1, 0, 1, 1, 1, 2, 2, 4]))),
    "mode": (2, (either, modes, masks, integers(0, 4).map(bool))),
    "auction": (2, (some_books,)),
    "expire": (1, (some_books,)),
    "shuffle": (1, (either, st.one_of(integers(0, 9), integers(0, 2**62)))),
    "send": (3, ()),
}
steps_given = st.sampled_from([name for name, (weight, _) in STEPS.items() for _ in range(weight)]).flatmap(
    lambda name: st.tuples(st.just(name), *STEPS[name][1])
)


@dataclass
class Pair:
    """Kernel and referee, given the same; messages wait for the kernel until something else happens."""

    matcher: Matcher
    referee: BlindReferee
    time: int = 0
    number: int = 0
    fills: int = 0
    waiting: list[tuple[int, ...]] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    def send(self) -> None:
        """Hand the kernel what waits, as one batch; compare."""
        batch = np.array(self.waiting, message_dtype)
        self.compare(self.matcher.submit(batch))
        self.waiting, self.outcomes = [], []

    def compare(self, matched) -> None:
        """What the kernel reported, against what the referee did since the last time."""
        assert [OUTCOMES[outcome] for outcome in matched.outcomes] == self.outcomes
        fields = ["time", "book", "price", "quantity", "maker", "taker", "taker_side", "auction"]
        assert matched.fills[fields].tolist() == self.referee.fills
        ends = matched.ends[["time", "order", "quantity", "reason"]].tolist()
        assert [(*end[:3], REASONS[end[3]]) for end in ends] == self.referee.ends
        self.fills += len(matched.fills)
        self.referee.fills, self.referee.ends = [], []
        self.compare_books()

    def compare_books(self) -> None:
        """What rests, what is shown and what an auction would do."""
        prices, quantities, last = self.matcher.top()
        for at, book in enumerate(self.referee.books):
            shown = [list(zip(p, q, strict=True)) for p, q in zip(*self.matcher.depth(at, 4), strict=True)]
            assert [[level for level in side if level[1]] for side in shown] == self.referee.depth(at, 4)
            best = [(side or [(0, 0)])[0] for side in self.referee.depth(at, 1)]
            assert list(zip(prices[at], quantities[at], strict=True)) == best
            assert last[at] == (book.last or 0)
            assert self.matcher.indicative(at) == self.referee.call_price(at)
        resting = {order.number: order.left for book in self.referee.books for order in book.orders}
        assert self.matcher.resting == len(resting)
        numbers = np.array(sorted(self.referee.used), dtype=np.int64)
        assert self.matcher.left(numbers).tolist() == [resting.get(number, 0) for number in numbers]

    def enter(self, side, kind, price, quantity, book, validity, number=None, action=1) -> None:
        """A new order for both, numbered unless a number is given."""
        if number is None:
            self.number += 1
            number = self.number
        self.waiting.append((self.time, price, quantity, number, book, action, side, kind, validity))
        if action == Action.NEW:
            names = {each: each.name.lower() for each in Kind}, {each: each.name for each in Validity}
            outcome = self.referee.new(
                self.time,
                number,
                book,
                side,
                names[0].get(kind, "?"),
                names[1].get(validity, "?"),
                price,
                quantity,
            )
        else:
            outcome = "malformed"
        self.outcomes.append(outcome)

    def step(self, step) -> None:
        """One thing that happens, from the strategy's tuple."""
        self.time += 1
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_new(self, side, kind, price, lots, book) -> None:
        rules = self.referee.books[book]
        at = rules.ladder[min(price, len(rules.ladder) - 1)]
        self.enter(side, kind[0], at, lots * rules.lot, book, kind[1])

    def do_wrong(self, what, amount) -> None:
        rules = self.referee.books[0]
        order = {
            "side": 1, "kind": 1, "price": rules.ladder[0], "quantity": rules.lot, "book": 0, "validity": 1
        }  # fmt: skip
        changes = {
            "number": {"number": 1 + amount % max(self.number, 1)},
            "book": {"book": 2 + amount if amount >= 0 else -1},
            "side": {"side": 0 if amount < 0 else 3 + amount},
            "kind": {"kind": 0 if amount < 0 else 3 + amount},
            "validity": {"validity": 0 if amount < 0 else 4 + amount},
            "price": {"price": rules.ladder[amount % len(rules.ladder)] + 1},
            "lot": {"quantity": rules.lot + amount},
            "quantity": {"quantity": (rules.largest // rules.lot + amount) * rules.lot if amount else 0},
            "action": {"action": 0 if amount < 0 else 4 + amount},
        }
        self.enter(**(order | changes[what]))

    def do_cancel(self, back) -> None:
        number = max(self.number - back, 0)
        self.waiting.append((self.time, 0, 0, number, 0, Action.CANCEL, 0, 0, 0))
        self.outcomes.append(self.referee.cancel(self.time, number))

    def do_reduce(self, back, lots) -> None:
        number = max(self.number - back, 0)
        by = lots * self.referee.books[number % 2].lot
        self.waiting.append((self.time, 0, by, number, 0, Action.REDUCE, 0, 0, 0))
        self.outcomes.append(self.referee.reduce(self.time, number, by))

    def do_mode(self, at, mode, kinds, cancels) -> None:
        self.send()
        if mode == BookMode.CONTINUOUS:
            self.do_auction([at])
        self.matcher.set_mode([at], mode, kinds=kind_mask(*kinds), cancels=cancels)
        book = self.referee.books[at]
        book.mode, book.cancels = mode.name.lower(), cancels
        book.kinds = frozenset((kind.name.lower(), validity.name) for kind, validity in kinds)

    def do_auction(self, books) -> None:
        self.send()
        for at in books:
            self.referee.auction(self.time, at)
        self.compare(self.matcher.auction(books, self.time))

    def do_expire(self, books) -> None:
        self.send()
        for at in books:
            self.referee.expire(self.time, at)
        self.compare(self.matcher.expire(books, self.time))

    def do_shuffle(self, at, salt) -> None:
        self.send()
        self.referee.shuffle(at, salt)
        self.matcher.shuffle([at], salt)

    def do_send(self) -> None:
        self.send()


def pair_of(books) -> Pair:
    """Kernel and referee with the same two books, both gathering orders for a call."""
    ladders = [price_ladder(low, low + span + 500, *TICKS) for low, span, _, _ in books]
    given_books = [
        (ladder.tolist(), base, *sizes) for ladder, (_, _, base, sizes) in zip(ladders, books, strict=True)
    ]
    _, bases, lots, largest = zip(*given_books, strict=True)
    pair = Pair(Matcher(ladders, bases, lots, largest), BlindReferee(given_books))
    for at in (0, 1):
        pair.do_mode(at, BookMode.CALL, frozenset(KINDS), True)
    return pair


def random_step(draw: random.Random):
    """A step as `steps_given` has them, mostly orders around one price, so that queues grow and many meet."""
    name = draw.choices(list(STEPS), [weight for weight, _ in STEPS.values()])[0]
    if name == "new":
        side, kind = draw.randint(1, 2), draw.choice(KINDS + 9 * KINDS[:1])
        away = min(int(draw.paretovariate(1.2)) - 2, 6)
        price = max(5 - away if side == 1 else 5 + away, 0)
        return (name, side, kind, price, draw.randint(1, 6), draw.randint(0, 1))
    if name == "mode":
        mode = draw.choice([*BookMode, BookMode.CALL, *[BookMode.CONTINUOUS] * 5])
        kinds = frozenset(KINDS if draw.random() < 0.9 else draw.sample(KINDS, 3))
        return (name, draw.randint(0, 1), mode, kinds, draw.random() < 0.8)
    if name == "wrong":
        what = draw.choice(WRONG_FIELDS)
        return (name, what, draw.randint(-1, 4))
    if name in ("auction", "expire"):
        return (name, draw.choice([[0], [1], [0, 1], [1, 0]]))
    more = {
        "cancel": (draw.randint(0, 30),),
        "reduce": (draw.randint(0, 30), draw.choice([-1, 0, 1, 1, 1, 2, 2, 4])),
        "shuffle": (draw.randint(0, 1), draw.choice([0, 1, 2**62, draw.randint(0, 2**62)])),
    }
    return (name, *more.get(name, ()))


@pytest.mark.parametrize("seed", range(4))
def test_kernel_reports_what_the_blind_referee_does_on_a_long_stream(seed):
    draw = random.Random(seed)
    pair = pair_of([(9_9700, 600, 10_0020, (1, 9)), (draw.randint(1, 50) * 1_0000, 9_000, 1, (1000, 9000))])
    for _ in range(5_000):
        pair.step(random_step(draw))
    pair.do_send()
    assert pair.fills > 1_000


def test_more_than_one_of_a_queue_is_shown_as_one_level():
    pair = pair_of([(9_9700, 600, 10_0020, (1, 9))] * 2)
    for _ in range(3):
        pair.do_new(1, KINDS[0], 2, 4, 0)
    pair.do_send()
    assert pair.referee.depth(0, 4)[0] == [(9_9900, 12)]


def test_nothing_is_left_of_an_order_that_was_never_seen():
    pair = pair_of([(9_9700, 600, 10_0020, (1, 9))] * 2)
    assert pair.matcher.left(np.array([0, 5, -1])).tolist() == [0, 0, 0]


@settings(max_examples=150)
@given(st.lists(books_given, min_size=2, max_size=2), st.lists(steps_given, min_size=20, max_size=90))
def test_kernel_reports_what_the_blind_referee_does(books, steps):
    pair = pair_of(books)
    for step in steps:
        pair.step(step)
    pair.do_send()
