"""The matcher's blind referee: docs/explanation/matching.md in sorted lists and loops, by someone who had not read it.

Whoever wrote this had seen neither the kernels nor another reference, only the page and the sources that it names
(TWSE Operating Rules art. 58-2, 58-3, 58-8). Each queue is sorted anew whenever it is needed, an auction tries every
price of the ladder, a market order's price is worked out from all orders that stand. Reports are tuples; the words are
those of the page. Only the numbers of sides (1 buy, 2 sell) are the interface's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BUY, SELL = 1, 2
LIMIT, MARKET = "limit", "market"
ROD, IOC, FOK = "ROD", "IOC", "FOK"
CLOSED, CALL, CONTINUOUS = "closed", "call", "continuous"
_WORD = 2**64 - 1


def rank(salt: int, number: int) -> int:
    """The lot drawn by an order: splitmix64's output number `number + 1` from the seed `salt`, without its last bit."""
    word = (salt + (number + 1) * 0x9E3779B97F4A7C15) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return (word ^ (word >> 31)) >> 1


@dataclass
class Order:
    """One order that stands, or comes in: `place` orders those of one price."""

    number: int
    side: int
    kind: str
    price: int
    left: int
    place: tuple[int, int]


@dataclass
class Book:
    """One instrument's orders; `base` has been put on the ladder."""

    ladder: list[int]
    base: int
    lot: int
    largest: int
    mode: str = CLOSED
    kinds: frozenset[tuple[str, str]] = frozenset()
    cancels: bool = True
    last: int | None = None
    orders: list[Order] = field(default_factory=list)

    def queue(self, side: int) -> list[Order]:
        """The orders of one side by priority: market orders, then the better price, then the earlier."""

        def priority(order: Order) -> tuple[int, int, tuple[int, int]]:
            if order.kind == MARKET:
                return (0, 0, order.place)
            return (1, -order.price if side == BUY else order.price, order.place)

        return sorted((order for order in self.orders if order.side == side), key=priority)

    def converted(self, side: int, incoming: Order | None = None) -> int:
        """What a market order of a side counts as now (art. 58-8)."""
        prices = [self.base if self.last is None else self.last]
        prices += [order.price for order in self.orders if order.kind == LIMIT]
        if incoming is not None and incoming.kind == LIMIT:
            prices.append(incoming.price)
        return max(prices) if side == BUY else min(prices)

    def take(self, order: Order, quantity: int) -> None:
        """Fill an order; one that is filled whole leaves."""
        order.left -= quantity
        assert order.left >= 0
        self.orders = [each for each in self.orders if each.left]


class BlindReferee:
    """Books, numbers that were used, and what was reported: `outcomes`, `fills`, `ends`."""

    def __init__(self, books: list[tuple[list[int], int, int, int]]) -> None:
        """Books as (ladder, base, lot, largest)."""
        self.books = [
            Book(ladder, min(ladder, key=lambda price: (abs(price - base), -price)), lot, largest)
            for ladder, base, lot, largest in books
        ]
        self.used: set[int] = set()
        self.arrivals = 0
        self.fills: list[tuple[int, int, int, int, int, int, int, int]] = []
        self.ends: list[tuple[int, int, int, str]] = []

    def new(
        self,
        time: int,
        number: int,
        book: int,
        side: int,
        kind: str,
        validity: str,
        price: int,
        quantity: int,
    ) -> str:
        """Check a new order, in the page's order, then handle it; the outcome."""
        if number in self.used:
            return "malformed"
        self.used.add(number)
        wrong = self.wrong(book, side, kind, validity, price, quantity)
        if wrong:
            self.ends.append((time, number, quantity, "refused"))
            return wrong
        self.arrivals += 1
        order = Order(number, side, kind, price, quantity, (1, self.arrivals))
        if self.books[book].mode == CONTINUOUS:
            self.meet(time, book, order, validity)
        else:
            self.books[book].orders.append(order)
        return "accepted"

    def wrong(self, book: int, side: int, kind: str, validity: str, price: int, quantity: int) -> str:
        """The first thing wrong with a new order, or nothing."""
        if not 0 <= book < len(self.books) or side not in (BUY, SELL):
            return "malformed"
        if kind not in (LIMIT, MARKET) or validity not in (ROD, IOC, FOK):
            return "malformed"
        rules = self.books[book]
        if rules.mode == CLOSED:
            return "closed"
        if (kind, validity) not in rules.kinds or (rules.mode == CALL and validity != ROD):
            return "kind not allowed"
        if quantity <= 0 or quantity > rules.largest or quantity % rules.lot:
            return "bad quantity"
        if kind == LIMIT and price not in rules.ladder:
            return "off ladder"
        return ""

    def meet(self, time: int, at: int, order: Order, validity: str) -> None:
        """Continuous trading: the incoming order against the other side's best, again and again."""
        book, other = self.books[at], SELL if order.side == BUY else BUY
        if (
            validity == FOK
            and sum(each.left for each in book.queue(other) if reaches(book, order, each)) < order.left
        ):
            self.ends.append((time, order.number, order.left, "killed"))
            return
        while order.left and (queue := book.queue(other)) and reaches(book, order, queue[0]):
            maker = queue[0]
            price = book.converted(other, order) if maker.kind == MARKET else maker.price
            quantity = min(order.left, maker.left)
            self.fills.append((time, at, price, quantity, maker.number, order.number, order.side, 0))
            book.last = price
            order.left -= quantity
            book.take(maker, quantity)
        if order.left and validity == ROD:
            book.orders.append(order)
        elif order.left:
            self.ends.append((time, order.number, order.left, "remainder"))

    def cancel(self, time: int, number: int) -> str:
        """Take an order out."""
        return self.reduce(time, number, None)

    def reduce(self, time: int, number: int, by: int | None) -> str:
        """Reduce an order, or cancel it when `by` is None or all that is left."""
        for book in self.books:
            for order in book.orders:
                if order.number != number:
                    continue
                if not book.cancels or book.mode == CLOSED:
                    return "cancel not allowed"
                if by is not None and (by <= 0 or by % book.lot):
                    return "bad quantity"
                if by is None or by >= order.left:
                    self.ends.append((time, number, order.left, "cancelled"))
                    by = order.left
                book.take(order, by)
                return "accepted"
        return "not open"

    def expire(self, time: int, at: int, reason: str = "expired") -> None:
        """End all that rests: buys by priority, then sells by priority."""
        book = self.books[at]
        self.ends += [
            (time, order.number, order.left, reason) for side in (BUY, SELL) for order in book.queue(side)
        ]
        book.orders = []

    def shuffle(self, at: int, salt: int) -> None:
        """Priority by lot for all that stands now; who comes later queues behind."""
        for order in self.books[at].orders:
            order.place = (0, rank(salt, order.number))

    def call_price(self, at: int) -> tuple[int, int]:
        """Price and volume of a call auction held now; (0, 0) if nothing would match."""
        book = self.books[at]
        best: tuple[int, int, int] | None = None
        near = book.base if book.last is None else book.last
        asked = {
            order.number: order.price if order.kind == LIMIT else book.converted(order.side)
            for order in book.orders
        }
        for price in book.ladder:
            buys = [order for order in book.orders if order.side == BUY]
            sells = [order for order in book.orders if order.side == SELL]
            above = sum(order.left for order in buys if asked[order.number] > price)
            below = sum(order.left for order in sells if asked[order.number] < price)
            volume = min(
                above + sum(order.left for order in buys if asked[order.number] == price),
                below + sum(order.left for order in sells if asked[order.number] == price),
            )
            if volume > 0 and above <= volume and below <= volume:
                candidate = (volume, -abs(price - near), price)
                best = candidate if best is None else max(best, candidate)
        return (0, 0) if best is None else (best[2], best[0])

    def auction(self, time: int, at: int) -> None:
        """Fill at the one price, by priority, until the volume is used up."""
        book = self.books[at]
        price, volume = self.call_price(at)
        while volume:
            buy, sell = book.queue(BUY)[0], book.queue(SELL)[0]
            quantity = min(volume, buy.left, sell.left)
            self.fills.append((time, at, price, quantity, buy.number, sell.number, SELL, 1))
            book.last = price
            volume -= quantity
            book.take(buy, quantity)
            book.take(sell, quantity)

    def depth(self, at: int, levels: int) -> list[list[tuple[int, int]]]:
        """The best prices of each side with what stands there; limit orders only."""
        sides = []
        for side in (BUY, SELL):
            sums: dict[int, int] = {}
            for order in self.books[at].queue(side):
                if order.kind == LIMIT:
                    sums[order.price] = sums.get(order.price, 0) + order.left
            sides.append(list(sums.items())[:levels])
        return sides


def reaches(book: Book, incoming: Order, maker: Order) -> bool:
    """Whether an incoming order may meet one that rests."""
    if MARKET in (incoming.kind, maker.kind):
        return True
    return incoming.price >= maker.price if incoming.side == BUY else incoming.price <= maker.price
