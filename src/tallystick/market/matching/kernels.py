"""The matching itself: loops over the matcher's arrays, integers only, no allocation.

Sides are 1 buy and 2 sell. A level is a book's own number 0 … count + 1 (see `layout.book_dtype`); `slot` finds its
row in `Tables.levels`. Every function that records fills or ends trusts the caller to have made room.
"""

from __future__ import annotations

from numba import njit

from tallystick.market.matching.codes import Action, BookMode, EndReason, Kind, Outcome, Validity
from tallystick.market.matching.layout import Array

__all__ = [
    "depth",
    "end_all",
    "lessen",
    "market_buy_level",
    "market_sell_level",
    "process",
    "record_fill",
    "slot",
    "top_of_books",
]

BUY, SELL = 1, 2
NEW, CANCEL, REDUCE = int(Action.NEW), int(Action.CANCEL), int(Action.REDUCE)
LIMIT, MARKET = int(Kind.LIMIT), int(Kind.MARKET)
ROD, FOK = int(Validity.ROD), int(Validity.FOK)
CLOSED, CONTINUOUS = int(BookMode.CLOSED), int(BookMode.CONTINUOUS)
ACCEPTED, MALFORMED, BOOK_CLOSED = int(Outcome.ACCEPTED), int(Outcome.MALFORMED), int(Outcome.CLOSED)
OFF_LADDER, BAD_QUANTITY = int(Outcome.OFF_LADDER), int(Outcome.BAD_QUANTITY)
KIND_NOT_ALLOWED, NOT_OPEN = int(Outcome.KIND_NOT_ALLOWED), int(Outcome.NOT_OPEN)
CANCEL_NOT_ALLOWED = int(Outcome.CANCEL_NOT_ALLOWED)
CANCELLED, REMAINDER, KILLED = int(EndReason.CANCELLED), int(EndReason.REMAINDER), int(EndReason.KILLED)
REFUSED = int(EndReason.REFUSED)
UNSEEN, OPEN, ENDED = 0, 1, 2
FILLS, ENDS, RESTING = 0, 1, 2
NONE = -1


@njit(cache=True, nogil=True)
def process(
    books: Array,
    levels: Array,
    orders: Array,
    fills: Array,
    ends: Array,
    counts: Array,
    messages: Array,
    outcomes: Array,
) -> None:
    """Handle messages in order; `outcomes[k]` becomes the `Outcome` of message k."""
    for k in range(len(messages)):
        action = messages[k].action
        if action == NEW:
            outcomes[k] = _enter(books, levels, orders, fills, ends, counts, messages, k)
        elif action in (CANCEL, REDUCE):
            outcomes[k] = _withdraw(books, levels, orders, ends, counts, messages, k)
        else:
            outcomes[k] = MALFORMED


@njit(cache=True, nogil=True)
def _enter(
    books: Array,
    levels: Array,
    orders: Array,
    fills: Array,
    ends: Array,
    counts: Array,
    messages: Array,
    k: int,
) -> int:
    """A new order: check it, match it in continuous trading, let the rest lie or end it."""
    message = messages[k]
    row = message.order
    if row < 0 or row >= len(orders) or orders[row].state != UNSEEN:
        return MALFORMED
    outcome, level = _checked(books, levels, messages, k)
    if outcome != ACCEPTED:
        orders[row].state = ENDED
        _end(ends, counts, row, message.quantity, REFUSED, message.time)
        return outcome
    order = orders[row]
    order.remaining = message.quantity
    order.book = message.book
    order.side = message.side
    order.state = ENDED
    book = books[message.book]
    if book.mode == CONTINUOUS:
        limit = level
        if message.kind == MARKET:
            limit = book.count if message.side == BUY else 1
        if message.validity == FOK and not _fills_whole(books, levels, orders, row, limit):
            _end(ends, counts, row, order.remaining, KILLED, message.time)
            return ACCEPTED
        _take(books, levels, orders, fills, counts, row, limit, message.kind == LIMIT, message.time)
    if order.remaining > 0:
        if message.validity == ROD:
            _rest(books, levels, orders, counts, row, level)
        else:
            _end(ends, counts, row, order.remaining, REMAINDER, message.time)
    return ACCEPTED


@njit(cache=True, nogil=True)
def _checked(books: Array, levels: Array, messages: Array, k: int) -> tuple[int, int]:
    """Outcome and level of a new order: limit orders on the ladder, market orders beyond its end of their side."""
    message = messages[k]
    if message.book < 0 or message.book >= len(books):
        return MALFORMED, 0
    if message.side < BUY or message.side > SELL or message.kind < LIMIT or message.kind > MARKET:
        return MALFORMED, 0
    if message.validity < ROD or message.validity > FOK:
        return MALFORMED, 0
    book = books[message.book]
    if book.mode == CLOSED:
        return BOOK_CLOSED, 0
    if not (book.kinds >> ((message.kind - 1) * 3 + message.validity - 1)) & 1:
        return KIND_NOT_ALLOWED, 0
    if message.quantity <= 0 or message.quantity > book.largest or message.quantity % book.lot != 0:
        return BAD_QUANTITY, 0
    if message.kind == MARKET:
        return ACCEPTED, book.count + 1 if message.side == BUY else 0
    level = _level_of(books, levels, message.book, message.price)
    return (ACCEPTED, level) if level > 0 else (OFF_LADDER, 0)


@njit(cache=True, nogil=True)
def _level_of(books: Array, levels: Array, b: int, price: int) -> int:
    """The level of a price by bisection of the book's ladder, 0 when the price is not on it."""
    first = books[b].first
    low, high = 1, books[b].count
    while low < high:
        middle = (low + high) >> 1
        if levels[first + middle].price < price:
            low = middle + 1
        else:
            high = middle
    return int(low) if low == high and levels[first + low].price == price else 0


@njit(cache=True, nogil=True)
def _withdraw(
    books: Array, levels: Array, orders: Array, ends: Array, counts: Array, messages: Array, k: int
) -> int:
    """A cancel or a reduction; a reduction by all that is left, or more, is a cancel."""
    message = messages[k]
    row = message.order
    if row < 0 or row >= len(orders) or orders[row].state != OPEN:
        return NOT_OPEN
    order = orders[row]
    book = books[order.book]
    if book.mode == CLOSED or book.cancels == 0:
        return CANCEL_NOT_ALLOWED
    if message.action == REDUCE:
        if message.quantity <= 0 or message.quantity % book.lot != 0:
            return BAD_QUANTITY
        if message.quantity < order.remaining:
            order.remaining -= message.quantity
            levels[slot(books, levels, order.book, order.side, order.level)].quantity -= message.quantity
            return ACCEPTED
    left = order.remaining
    _remove(books, levels, orders, counts, row)
    _end(ends, counts, row, left, CANCELLED, message.time)
    return ACCEPTED


@njit(cache=True, nogil=True)
def slot(books: Array, levels: Array, b: int, side: int, level: int) -> int:
    """The row in `levels` of a book's level on one side."""
    return int((side - 1) * (len(levels) >> 1) + books[b].first + level)


@njit(cache=True, nogil=True)
def _end(ends: Array, counts: Array, row: int, left: int, reason: int, time: int) -> None:
    """Record that an order is out without filling whole."""
    end = ends[counts[ENDS]]
    end.time = time
    end.quantity = left
    end.order = row
    end.reason = reason
    counts[ENDS] += 1


@njit(cache=True, nogil=True)
def _rest(books: Array, levels: Array, orders: Array, counts: Array, row: int, level: int) -> None:
    """Put an order at the end of its level's queue."""
    order = orders[row]
    place = levels[slot(books, levels, order.book, order.side, level)]
    order.level = level
    order.next = NONE
    order.previous = place.tail
    order.state = OPEN
    if place.tail == NONE:
        place.head = row
    else:
        orders[place.tail].next = row
    place.tail = row
    place.quantity += order.remaining
    counts[RESTING] += 1
    book = books[order.book]
    if order.side == BUY:
        if level > book.best_bid:
            book.best_bid = level
    elif level < book.best_ask:
        book.best_ask = level


@njit(cache=True, nogil=True)
def _remove(books: Array, levels: Array, orders: Array, counts: Array, row: int) -> None:
    """Take an order out of its queue; the best price moves on when its level is empty."""
    order = orders[row]
    at = slot(books, levels, order.book, order.side, order.level)
    place = levels[at]
    if order.previous == NONE:
        place.head = order.next
    else:
        orders[order.previous].next = order.next
    if order.next == NONE:
        place.tail = order.previous
    else:
        orders[order.next].previous = order.previous
    place.quantity -= order.remaining
    order.state = ENDED
    counts[RESTING] -= 1
    if place.head == NONE:
        book = books[order.book]
        if order.side == BUY and order.level == book.best_bid:
            book.best_bid = _next_bid(books, levels, order.book, order.level)
        elif order.side == SELL and order.level == book.best_ask:
            book.best_ask = _next_ask(books, levels, order.book, order.level)


@njit(cache=True, nogil=True)
def _next_bid(books: Array, levels: Array, b: int, level: int) -> int:
    """The highest occupied bid level below `level`, 0 if none."""
    at = slot(books, levels, b, BUY, level)
    for lower in range(level - 1, 0, -1):
        at -= 1
        if levels[at].head != NONE:
            return lower
    return 0


@njit(cache=True, nogil=True)
def _next_ask(books: Array, levels: Array, b: int, level: int) -> int:
    """The lowest occupied ask level above `level`, count + 1 if none."""
    at = slot(books, levels, b, SELL, level)
    count = books[b].count
    for higher in range(level + 1, count + 1):
        at += 1
        if levels[at].head != NONE:
            return higher
    return int(count + 1)


@njit(cache=True, nogil=True)
def _fills_whole(books: Array, levels: Array, orders: Array, row: int, limit: int) -> bool:
    """Whether the other side holds, at the limit or better, all that the order wants."""
    order = orders[row]
    book = books[order.book]
    wanted = order.remaining
    if order.side == BUY:
        for level in range(book.best_ask, limit + 1):
            wanted -= levels[slot(books, levels, order.book, SELL, level)].quantity
            if wanted <= 0:
                return True
        return False
    for level in range(book.best_bid, limit - 1, -1):
        wanted -= levels[slot(books, levels, order.book, BUY, level)].quantity
        if wanted <= 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _take(
    books: Array,
    levels: Array,
    orders: Array,
    fills: Array,
    counts: Array,
    row: int,
    limit: int,
    is_limit: bool,
    time: int,
) -> None:
    """Match an incoming order against the other side, best price first, first come first, up to its limit."""
    order = orders[row]
    b = order.book
    book = books[b]
    entering = limit if is_limit else 0
    while order.remaining > 0:
        if order.side == BUY:
            level = book.best_ask
            if level > limit:
                break
            price = level if level > 0 else market_sell_level(books, levels, b, entering)
            maker = levels[slot(books, levels, b, SELL, level)].head
        else:
            level = book.best_bid
            if level < limit:
                break
            price = level if level <= book.count else market_buy_level(books, levels, b, entering)
            maker = levels[slot(books, levels, b, BUY, level)].head
        quantity = min(order.remaining, orders[maker].remaining)
        record_fill(books, levels, orders, fills, counts, maker, row, price, quantity, time, False)
        order.remaining -= quantity
        lessen(books, levels, orders, counts, maker, quantity)


@njit(cache=True, nogil=True)
def lessen(books: Array, levels: Array, orders: Array, counts: Array, row: int, quantity: int) -> None:
    """Take a fill off a resting order; a filled one leaves its queue."""
    order = orders[row]
    order.remaining -= quantity
    levels[slot(books, levels, order.book, order.side, order.level)].quantity -= quantity
    if order.remaining == 0:
        _remove(books, levels, orders, counts, row)


@njit(cache=True, nogil=True)
def record_fill(
    books: Array,
    levels: Array,
    orders: Array,
    fills: Array,
    counts: Array,
    maker: int,
    taker: int,
    level: int,
    quantity: int,
    time: int,
    auction: bool,
) -> None:
    """Record a match at a level's price, which becomes the last price."""
    b = orders[maker].book
    book = books[b]
    fill = fills[counts[FILLS]]
    fill.time = time
    fill.price = levels[book.first + level].price
    fill.quantity = quantity
    fill.maker = maker
    fill.taker = taker
    fill.book = b
    fill.taker_side = SELL if auction else orders[taker].side
    fill.auction = 1 if auction else 0
    counts[FILLS] += 1
    book.last = level


@njit(cache=True, nogil=True)
def market_buy_level(books: Array, levels: Array, b: int, entering: int) -> int:
    """Where market buys rank (art. 58-8): the highest of last trade (else base), limit buys and limit sells.

    `entering` is the level of the limit order that is meeting them, 0 for none.
    """
    book = books[b]
    level = max(book.last if book.last > 0 else book.base, entering)
    bid = book.best_bid if book.best_bid <= book.count else _next_bid(books, levels, b, book.count + 1)
    level = max(level, bid)
    if book.best_ask <= book.count:
        for ask in range(book.count, level, -1):
            if levels[slot(books, levels, b, SELL, ask)].head != NONE:
                return ask
    return int(level)


@njit(cache=True, nogil=True)
def market_sell_level(books: Array, levels: Array, b: int, entering: int) -> int:
    """Where market sells rank (art. 58-8): the lowest of last trade (else base), limit buys and limit sells."""
    book = books[b]
    level = book.last if book.last > 0 else book.base
    if entering > 0:
        level = min(level, entering)
    ask = book.best_ask if book.best_ask > 0 else _next_ask(books, levels, b, 0)
    level = min(level, ask)
    if book.best_bid > 0:
        for bid in range(1, level):
            if levels[slot(books, levels, b, BUY, bid)].head != NONE:
                return bid
    return int(level)


@njit(cache=True, nogil=True)
def end_all(
    books: Array,
    levels: Array,
    orders: Array,
    ends: Array,
    counts: Array,
    chosen: Array,
    time: int,
    reason: int,
) -> None:
    """End every order in the chosen books, bids from the highest, then asks from the lowest, each queue in order."""
    for b in chosen:
        book = books[b]
        for side in (BUY, SELL):
            while (book.best_bid > 0) if side == BUY else (book.best_ask <= book.count):
                level = book.best_bid if side == BUY else book.best_ask
                row = levels[slot(books, levels, b, side, level)].head
                left = orders[row].remaining
                _remove(books, levels, orders, counts, row)
                _end(ends, counts, row, left, reason, time)


@njit(cache=True, nogil=True)
def top_of_books(books: Array, levels: Array, prices: Array, quantities: Array, lasts: Array) -> None:
    """Best limit bid and ask of every book: prices and quantities [books, 2], 0 when empty; last trade prices."""
    for b in range(len(books)):
        book = books[b]
        bid = book.best_bid if book.best_bid <= book.count else _next_bid(books, levels, b, book.count + 1)
        ask = book.best_ask if book.best_ask > 0 else _next_ask(books, levels, b, 0)
        prices[b, 0] = levels[book.first + bid].price if bid > 0 else 0
        quantities[b, 0] = levels[slot(books, levels, b, BUY, bid)].quantity if bid > 0 else 0
        prices[b, 1] = levels[book.first + ask].price if ask <= book.count else 0
        quantities[b, 1] = levels[slot(books, levels, b, SELL, ask)].quantity if ask <= book.count else 0
        lasts[b] = levels[book.first + book.last].price if book.last > 0 else 0


@njit(cache=True, nogil=True)
def depth(books: Array, levels: Array, b: int, prices: Array, quantities: Array) -> None:
    """The best levels of one book, [2, levels]: bids downwards, asks upwards, 0 where there is none."""
    book = books[b]
    bid, ask = book.count + 1, 0
    for k in range(prices.shape[1]):
        if bid > 0:
            bid = _next_bid(books, levels, b, bid)
        if ask <= book.count:
            ask = _next_ask(books, levels, b, ask)
        prices[0, k] = levels[book.first + bid].price if bid > 0 else 0
        quantities[0, k] = levels[slot(books, levels, b, BUY, bid)].quantity if bid > 0 else 0
        prices[1, k] = levels[book.first + ask].price if ask <= book.count else 0
        quantities[1, k] = levels[slot(books, levels, b, SELL, ask)].quantity if ask <= book.count else 0
