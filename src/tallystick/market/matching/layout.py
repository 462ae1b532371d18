"""The matcher's arrays: one record each for books, price levels, orders, messages, fills and ends."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Array",
    "Tables",
    "book_dtype",
    "end_dtype",
    "fill_dtype",
    "level_dtype",
    "message_dtype",
    "order_dtype",
]

Array = np.ndarray[Any, np.dtype[Any]]


def _record(*columns: tuple[str, str]) -> np.dtype[Any]:
    """An aligned record without padding, since the content of padding bytes would be left to chance."""
    dtype = np.dtype(list(columns), align=True)
    assert dtype.itemsize == sum(dtype[name].itemsize for name in dtype.names or ())
    return dtype


message_dtype = _record(
    ("time", "i8"),
    ("price", "i8"),
    ("quantity", "i8"),
    ("order", "i4"),
    ("book", "i4"),
    ("action", "i2"),
    ("side", "i2"),
    ("kind", "i2"),
    ("validity", "i2"),
)
"""What the matcher is asked: UTC ns, price in 1e-4 (0 for market orders), units, the sender's order number, the book,
then `Action`, side (1 buy, 2 sell), `Kind`, `Validity`. Cancels and reductions need action, order, time, quantity."""

fill_dtype = _record(
    ("time", "i8"),
    ("price", "i8"),
    ("quantity", "i8"),
    ("maker", "i4"),
    ("taker", "i4"),
    ("book", "i4"),
    ("taker_side", "i2"),
    ("auction", "i2"),
)
"""One match. In continuous trading the maker rested and the taker came; in an auction nobody takes: the maker is the
buy order, the taker the sell order, and `auction` is 1."""

end_dtype = _record(("time", "i8"), ("quantity", "i8"), ("order", "i4"), ("reason", "i4"))
"""An order that left without filling whole: when, what was left, which, `EndReason`."""

order_dtype = _record(
    ("remaining", "i8"),
    ("next", "i4"),
    ("previous", "i4"),
    ("level", "i4"),
    ("book", "i4"),
    ("side", "i4"),
    ("state", "i4"),
)
"""One order, by its number: what is left, its neighbours in the level's queue (−1 none), level inside the book, state
(0 unseen, 1 in the book, 2 ended)."""

level_dtype = _record(("price", "i8"), ("quantity", "i8"), ("head", "i4"), ("tail", "i4"))
"""One price level of one side: its price, the sum of what is left, first and last order (−1 none)."""

book_dtype = _record(
    ("lot", "i8"),
    ("largest", "i8"),
    ("first", "i4"),
    ("count", "i4"),
    ("best_bid", "i4"),
    ("best_ask", "i4"),
    ("last", "i4"),
    ("base", "i4"),
    ("kinds", "i4"),
    ("mode", "i2"),
    ("cancels", "i2"),
)
"""One book. Prices are levels 1 … `count` of its ladder; level 0 holds resting market sells and `count + 1` resting
market buys, so that the best bid is always the highest occupied level and the best ask the lowest (`count + 1` when
there is none; the best bid is then 0). `last` is the level of the day's last trade (0 none), `base` that of the opening
base; `kinds` the kinds of order it takes now; `first` where its level 0 stands in `levels`."""


class Tables(NamedTuple):
    """All arrays of one matcher, in the order in which kernels take them. `levels` holds all bid levels, then all ask
    levels.
    """

    books: Array
    levels: Array
    orders: Array
    fills: Array
    ends: Array
    counts: Array
    """int64: fills written, ends written, orders in the books."""
