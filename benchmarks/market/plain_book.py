"""The order book in plain Python, slow and simple: sorted lists, written sentence by sentence from the rules.

TWSE Operating Rules art. 58-2 (priority: better price, then earlier; orders entered before the opening by lot),
58-3 (call auction and continuous trading), 58-8 (market orders rank by a converted price). The matcher is measured
beside it; its referee in the tests is another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BUY, SELL = 1, 2
NEW, CANCEL, REDUCE = 1, 2, 3
LIMIT, MARKET = 1, 2
ROD, IOC, FOK = 1, 2, 3
CLOSED, CALL, CONTINUOUS = 0, 1, 2
(
    ACCEPTED,
    MALFORMED,
    BOOK_CLOSED,
    OFF_LADDER,
    BAD_QUANTITY,
    KIND_NOT_ALLOWED,
    NOT_OPEN,
    CANCEL_NOT_ALLOWED,
) = range(8)
CANCELLED, EXPIRED, REMAINDER, KILLED, REFUSED = range(1, 6)


@dataclass
class Message:
    time: int
    action: int
    order: int
    book: int = 0
    side: int = 0
    kind: int = LIMIT
    validity: int = ROD
    price: int = 0
    quantity: int = 0


@dataclass
class Order:
    number: int
    book: int
    side: int
    price: int | None  # None: a market order
    left: int


@dataclass
class Book:
    """`buys` and `sells` stand in order of priority: the first is served first."""

    prices: list[int]
    base: int
    lot: int
    largest: int
    mode: int = CLOSED
    kinds: set[tuple[int, int]] = field(default_factory=set)
    cancels: bool = True
    last: int | None = None
    buys: list[Order] = field(default_factory=list)
    sells: list[Order] = field(default_factory=list)

    def side(self, side: int) -> list[Order]:
        return self.buys if side == BUY else self.sells

    def latest(self) -> int:
        """The day's last trade price, else the opening base put on the ladder (nearest price, the higher of two)."""
        return (
            self.last if self.last is not None else min(self.prices, key=lambda p: (abs(p - self.base), -p))
        )

    def converted(self, side: int, entering: Order | None = None) -> int:
        """What a market order's price counts as: the highest of last trade and limit orders, for a sell the lowest."""
        present = self.buys + self.sells + ([entering] if entering else [])
        candidates = [self.latest()] + [order.price for order in present if order.price is not None]
        return max(candidates) if side == BUY else min(candidates)


class ReferenceMatcher:
    def __init__(self, books: list[Book]) -> None:
        self.books = books
        self.orders: dict[int, Order] = {}
        self.open: set[int] = set()
        self.fills: list[tuple[int, int, int, int, int, int, bool]] = []
        """(time, price, quantity, maker, taker, book, auction)"""
        self.ends: list[tuple[int, int, int, int]] = []
        """(time, order, left, reason)"""

    # entry

    def handle(self, m: Message) -> int:
        if m.action == NEW:
            return self.enter(m)
        if m.action in (CANCEL, REDUCE):
            return self.withdraw(m)
        return MALFORMED

    def enter(self, m: Message) -> int:
        if m.order < 0 or m.order in self.orders:
            return MALFORMED
        order = Order(m.order, m.book, m.side, m.price if m.kind == LIMIT else None, m.quantity)
        self.orders[m.order] = order
        outcome = self.check(m)
        if outcome != ACCEPTED:
            self.ends.append((m.time, m.order, m.quantity, REFUSED))
            return outcome
        book = self.books[m.book]
        if book.mode == CONTINUOUS:
            takers_choice = [maker for maker in book.side(3 - m.side) if self.agree(order, maker)]
            if m.validity == FOK and sum(maker.left for maker in takers_choice) < order.left:
                self.ends.append((m.time, m.order, order.left, KILLED))
                return ACCEPTED
            for maker in takers_choice:
                if order.left == 0:
                    break
                price = maker.price
                if price is None:
                    price = book.converted(maker.side, order)
                self.trade(m.time, maker, order, min(maker.left, order.left), price, auction=False)
        if order.left > 0 and m.validity == ROD:
            self.queue(order)
        elif order.left > 0:
            self.ends.append((m.time, m.order, order.left, REMAINDER))
        return ACCEPTED

    def check(self, m: Message) -> int:
        if not 0 <= m.book < len(self.books) or m.side not in (BUY, SELL):
            return MALFORMED
        if m.kind not in (LIMIT, MARKET) or m.validity not in (ROD, IOC, FOK):
            return MALFORMED
        book = self.books[m.book]
        if book.mode == CLOSED:
            return BOOK_CLOSED
        if (m.kind, m.validity) not in book.kinds or (book.mode == CALL and m.validity != ROD):
            return KIND_NOT_ALLOWED
        if m.quantity <= 0 or m.quantity > book.largest or m.quantity % book.lot:
            return BAD_QUANTITY
        if m.kind == LIMIT and m.price not in book.prices:
            return OFF_LADDER
        return ACCEPTED

    @staticmethod
    def agree(taker: Order, maker: Order) -> bool:
        if taker.price is None or maker.price is None:
            return True
        return maker.price <= taker.price if taker.side == BUY else maker.price >= taker.price

    def trade(
        self, time: int, maker: Order, taker: Order, quantity: int, price: int, *, auction: bool
    ) -> None:
        self.fills.append((time, price, quantity, maker.number, taker.number, maker.book, auction))
        self.books[maker.book].last = price
        for order in (maker, taker):
            order.left -= quantity
            if order.left == 0 and order.number in self.open:
                self.leave(order)

    def queue(self, order: Order) -> None:
        """Behind every order with the same or a better price; market orders are better than all limit orders."""
        waiting = self.books[order.book].side(order.side)

        def rank(other: Order) -> tuple[bool, int]:
            price = other.price or 0
            return (other.price is not None, -price if order.side == BUY else price)

        place = sum(1 for other in waiting if rank(other) <= rank(order))
        waiting.insert(place, order)
        self.open.add(order.number)

    def leave(self, order: Order) -> None:
        waiting = self.books[order.book].side(order.side)
        waiting[:] = [other for other in waiting if other is not order]
        self.open.discard(order.number)

    def withdraw(self, m: Message) -> int:
        if m.order not in self.open:
            return NOT_OPEN
        order = self.orders[m.order]
        book = self.books[order.book]
        if book.mode == CLOSED or not book.cancels:
            return CANCEL_NOT_ALLOWED
        if m.action == REDUCE:
            if m.quantity <= 0 or m.quantity % book.lot:
                return BAD_QUANTITY
            if m.quantity < order.left:
                order.left -= m.quantity
                return ACCEPTED
        self.leave(order)
        self.ends.append((m.time, order.number, order.left, CANCELLED))
        return ACCEPTED

    # auctions and phases

    def clearing(self, b: int) -> tuple[int, int]:
        """Price and volume of art. 58-3: try every price of the ladder against each principle."""
        book = self.books[b]
        buys = [
            (book.converted(BUY) if order.price is None else order.price, order.left) for order in book.buys
        ]
        sells = [
            (book.converted(SELL) if order.price is None else order.price, order.left) for order in book.sells
        ]
        possible = []
        for price in book.prices:
            wanted, offered = sum(q for p, q in buys if p >= price), sum(q for p, q in sells if p <= price)
            volume = min(wanted, offered)
            better_buys, better_sells = (
                sum(q for p, q in buys if p > price),
                sum(q for p, q in sells if p < price),
            )
            if better_buys <= volume and better_sells <= volume and volume > 0:
                possible.append((volume, price))
        if not possible:
            return 0, 0
        most = max(volume for volume, _ in possible)
        latest = book.last if book.last is not None else book.base
        price = min((p for v, p in possible if v == most), key=lambda p: (abs(p - latest), -p))
        return price, most

    def auction(self, b: int, time: int) -> None:
        book = self.books[b]
        price, volume = self.clearing(b)
        while volume > 0:
            buy, sell = book.buys[0], book.sells[0]
            quantity = min(buy.left, sell.left, volume)
            self.trade(time, buy, sell, quantity, price, auction=True)
            volume -= quantity

    def shuffle(self, b: int, salt: int) -> None:
        for waiting in (self.books[b].buys, self.books[b].sells):
            prices = list(dict.fromkeys(order.price for order in waiting))
            waiting.sort(key=lambda order: (prices.index(order.price), lot_number(salt, order.number)))

    def expire(self, b: int, time: int) -> None:
        for waiting in (self.books[b].buys, self.books[b].sells):
            for order in list(waiting):
                self.leave(order)
                self.ends.append((time, order.number, order.left, EXPIRED))

    def depth(self, b: int, levels: int) -> list[list[tuple[int, int]]]:
        both = []
        for waiting in (self.books[b].buys, self.books[b].sells):
            sums: dict[int, int] = {}
            for order in waiting:
                if order.price is not None:
                    sums[order.price] = sums.get(order.price, 0) + order.left
            both.append(list(sums.items())[:levels])
        return both


def lot_number(salt: int, number: int) -> int:
    """splitmix64 of salt and order number, without its lowest bit."""
    word = 2**64 - 1
    z = (salt + (number + 1) * 0x9E3779B97F4A7C15) & word
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & word
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & word
    return (z ^ (z >> 31)) >> 1
