"""The matcher beside its own plain-Python reference, and beside `order-matching` from PyPI when that is installed.

    python benchmarks/market/matching.py [--messages 1000000] [--accept]

One made-up stream of messages (two thirds new orders at heavy-tailed distances from a common middle, one third
cancels, 3 % market, 3 % IOC, 2 % FOK) over 200 books:

- `one batch` and `batches of 170` (a slot of the simulated day) through the matcher, results copied out each time;
- `wide ladder`: the same on books without price limits, ladders of some 3,600 prices;
- `same as reference` and `reference`: 30,000 such messages over 10 books through the matcher and through
  `plain_book.py` beside this, in turns; the fills must be the same; rates of processor time, since the matcher's few
  milliseconds fit between two turns of other processes and the reference's second does not;
- `auctions`: call auctions of books holding 500 orders each, and the search of the price alone;
- `one by one` and `order-matching` (pure Python, floats): 2,000 limit orders into one book, a call each for both;
  the number of fills must be the same; rates of processor time again.

Left out of the comparison: the reference and the peer make no arrays, the peer gets no cancels and no market orders.
Compile time is told apart.
"""

from __future__ import annotations

import datetime
import sys
import time
from pathlib import Path

import numpy as np
import plain_book as plain

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, circumstances, installed, keep

from tallystick.market.matching import (
    BookMode,
    Kind,
    Matcher,
    Validity,
    kind_mask,
    message_dtype,
    price_ladder,
)

BOUNDS, TICKS = [0, 10_0000, 50_0000, 100_0000, 500_0000, 1000_0000], [100, 500, 1_000, 5_000, 1_0000, 5_0000]
BASE = 96_0000
BOOKS = 200
EVERY_KIND = kind_mask(*((kind, validity) for kind in Kind for validity in Validity))
ROUNDS = 3
COMPARED, COMPARED_BOOKS = 30_000, 10


def stream(ladder: np.ndarray, count: int, books: int = BOOKS) -> np.ndarray:
    rng = np.random.default_rng(20_261_120)
    rows = np.zeros(count, message_dtype)
    rows["time"] = np.arange(count) * 1_000
    new = rng.random(count) > 0.33
    new[: min(count, 1_000)] = True
    numbers = np.cumsum(new) - 1
    rows["action"] = np.where(new, 1, 2)
    rows["order"] = np.where(new, numbers, np.maximum(numbers - rng.integers(0, 20_000, count), 0))
    rows["book"] = rng.integers(0, books, count)
    rows["side"] = rng.integers(1, 3, count)
    away = (rng.pareto(1.2, count) * 2).astype(np.int64) - 2
    middle = int(np.searchsorted(ladder, BASE))
    level = np.where(rows["side"] == 1, middle - away, middle + away).clip(0, len(ladder) - 1)
    rows["price"] = ladder[level]
    rows["quantity"] = 1_000 * (1 + rng.pareto(1.5, count).astype(np.int64).clip(0, 400))
    rows["kind"] = np.where(rng.random(count) < 0.03, 2, 1)
    rows["validity"] = rng.choice([1, 2, 3], count, p=[0.95, 0.03, 0.02])
    return rows


def matcher(ladder: np.ndarray, books: int = BOOKS, mode: BookMode = BookMode.CONTINUOUS) -> Matcher:
    made = Matcher([ladder] * books, [BASE] * books, [1_000] * books, [499_000] * books)
    made.set_mode(range(books), mode, kinds=EVERY_KIND)
    return made


def messages_a_second(ladder: np.ndarray, rows: np.ndarray, batch: int) -> float:
    best = 0.0
    for _ in range(ROUNDS):
        made = matcher(ladder)
        start = time.perf_counter()
        for at in range(0, len(rows), batch):
            made.submit(rows[at : at + batch])
        best = max(best, len(rows) / (time.perf_counter() - start))
    return best


def compared(ladder: np.ndarray) -> tuple[float, float]:
    """Ours and the reference on the same messages, in turns; messages a second of processor time, the best of each."""
    rows = stream(ladder, COMPARED, books=COMPARED_BOOKS)
    names = ["time", "action", "order", "book", "side", "kind", "validity", "price", "quantity"]
    messages = [plain.Message(*row) for row in rows[names].tolist()]
    kinds = {(kind, validity) for kind in Kind for validity in Validity}
    ours, theirs = 0.0, 0.0
    for _ in range(ROUNDS):
        slow = plain.ReferenceMatcher(
            [
                plain.Book(ladder.tolist(), BASE, 1_000, 499_000, mode=2, kinds=kinds)
                for _ in range(COMPARED_BOOKS)
            ]
        )
        start = time.process_time()
        for message in messages:
            slow.handle(message)
        theirs = max(theirs, COMPARED / (time.process_time() - start))
        made = matcher(ladder, COMPARED_BOOKS)
        start = time.process_time()
        fills = made.submit(rows).fills
        ours = max(ours, COMPARED / (time.process_time() - start))
        told = fills[["time", "price", "quantity", "maker", "taker", "book"]].tolist()
        assert told == [row[:6] for row in slow.fills]
    return ours, theirs


def auctions(ladder: np.ndarray) -> tuple[float, float]:
    rows = stream(ladder, BOOKS * 500)
    rows["action"], rows["order"], rows["kind"], rows["validity"] = 1, np.arange(len(rows)), 1, 1
    made = matcher(ladder, mode=BookMode.CALL)
    made.submit(rows)
    made.indicative(0)
    matcher(ladder).auction([0], time=1)
    start = time.perf_counter()
    for book in range(BOOKS):
        made.indicative(book)
    searched = BOOKS / (time.perf_counter() - start)
    start = time.perf_counter()
    fills = made.auction(range(BOOKS), time=1).fills
    held = BOOKS / (time.perf_counter() - start)
    assert len(fills) > BOOKS
    return searched, held


def beside_peer(ladder: np.ndarray, rows: np.ndarray, count: int = 2_000) -> tuple[float, float] | None:
    """Ours and the peer on the same limit orders, one by one for both; None when it is not installed."""
    if not installed("order-matching", "order_matching"):
        return None
    from loguru import logger
    from order_matching.enums import Side
    from order_matching.matching_engine import MatchingEngine
    from order_matching.order import LimitOrder
    from order_matching.orders import Orders

    logger.remove()
    chosen = rows[(rows["action"] == 1) & (rows["kind"] == 1) & (rows["validity"] == 1)][:count]
    moment = datetime.datetime(2026, 11, 20)
    orders = [
        LimitOrder(side=Side.BUY if side == 1 else Side.SELL, price=price / 1e4, size=float(quantity), timestamp=moment,
                   order_id=str(order), trader_id="x")
        for side, price, quantity, order in chosen[["side", "price", "quantity", "order"]].tolist()
    ]  # fmt: skip
    engine, trades = MatchingEngine(seed=1), 0
    start = time.process_time()
    for order in orders:
        engine.place(Orders([order]))
        trades += len(engine.match(timestamp=moment).trades)
    theirs = count / (time.process_time() - start)
    single = chosen.copy()
    single["book"], single["order"] = 0, np.arange(count)
    made, fills = matcher(ladder, books=1), 0
    start = time.process_time()
    for at in range(count):
        fills += len(made.submit(single[at : at + 1]).fills)
    ours = count / (time.process_time() - start)
    assert fills == trades
    return ours, theirs


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    given = parser.parse_args()
    ladder = price_ladder(86_4000, 105_5000, BOUNDS, TICKS)
    wide = price_ladder(100, 960_0000, BOUNDS, TICKS)
    rows = stream(ladder, given.messages)
    start = time.perf_counter()
    matcher(ladder).submit(rows[:10])
    compiled = time.perf_counter() - start
    print(f"{circumstances('numba')}; first call (compile or cache) {compiled:.2f} s")
    speeds: dict[str, float] = {
        "one batch": messages_a_second(ladder, rows, len(rows)),
        "batches of 170": messages_a_second(ladder, rows, 170),
        "wide ladder": messages_a_second(wide, stream(wide, given.messages), len(rows)),
    }
    speeds["same as reference"], speeds["reference"] = compared(ladder)
    speeds["auction prices"], speeds["auctions"] = auctions(ladder)
    peer = beside_peer(ladder, rows)
    if peer is not None:
        speeds["one by one"], speeds["order-matching"] = peer
    for name, speed in speeds.items():
        print(f"{name:<16} {speed:14,.0f} a second")
    ratios = {"matcher / reference": speeds["same as reference"] / speeds["reference"]}
    if peer is not None:
        ratios["matcher / order-matching"] = speeds["one by one"] / peer[1]
    return keep("market-matching", {"a_second": speeds}, ratios, accept=given.accept)


if __name__ == "__main__":
    sys.exit(main())
