"""Ticks: single trades, best quotes, and snapshots of the book, each at an instant and in the order of its sequence."""

from __future__ import annotations

from tallystick.core.lake import TableSpec
from tallystick.core.schema import BusinessDate, Int32, Int64, Price, Quantity, Record, Text, Timestamp
from tallystick.history.datasets.dataset import Dataset, SourcedRecord, market_table

__all__ = ["DEPTH", "DEPTH_LEVELS", "QUOTES", "TRADES", "Depth", "Quote", "Trade"]

DEPTH_LEVELS = 5
"""How many prices on each side a snapshot of the book holds."""

KEY = ("symbol", "date", "ts", "seq")
SORT = ("symbol", "ts", "seq")


class Trade(SourcedRecord, frozen=True, kw_only=True):
    """One execution: `ts` when it happened, `seq` its order among those of one symbol and instant (from the source, or
    counted in the order of the file). `date` is the trade date, also of night sessions. `side` is who took (`buy`,
    `sell`) where the source says; `phase` the part of the day.
    """

    symbol: Text
    instrument: Int32
    date: BusinessDate
    ts: Timestamp
    seq: Int64
    price: Price
    quantity: Quantity
    side: Text | None = None
    phase: Text | None = None


class Quote(SourcedRecord, frozen=True, kw_only=True):
    """The best bid and ask from an instant on; a side without orders is empty."""

    symbol: Text
    instrument: Int32
    date: BusinessDate
    ts: Timestamp
    seq: Int64
    bid: Price | None = None
    bid_size: Quantity | None = None
    ask: Price | None = None
    ask_size: Quantity | None = None


class Depth(SourcedRecord, frozen=True, kw_only=True):
    """The book from an instant on: the five best prices of each side, best first, with their quantities."""

    symbol: Text
    instrument: Int32
    date: BusinessDate
    ts: Timestamp
    seq: Int64
    bid_1: Price | None = None
    bid_size_1: Quantity | None = None
    bid_2: Price | None = None
    bid_size_2: Quantity | None = None
    bid_3: Price | None = None
    bid_size_3: Quantity | None = None
    bid_4: Price | None = None
    bid_size_4: Quantity | None = None
    bid_5: Price | None = None
    bid_size_5: Quantity | None = None
    ask_1: Price | None = None
    ask_size_1: Quantity | None = None
    ask_2: Price | None = None
    ask_size_2: Quantity | None = None
    ask_3: Price | None = None
    ask_size_3: Quantity | None = None
    ask_4: Price | None = None
    ask_size_4: Quantity | None = None
    ask_5: Price | None = None
    ask_size_5: Quantity | None = None


def _spec(name: str, record: type[Record], title: str) -> TableSpec:
    return market_table(name, record, title, key=KEY, sort=SORT, rhythm="day")


LEVELS = tuple(
    f"{side}{part}_{level}"
    for side in ("bid", "ask")
    for level in range(1, DEPTH_LEVELS + 1)
    for part in ("", "_size")
)
OPTIONAL = ("date", "seq", "event_time")
CHECKS = ("not_negative", "positive", "not_future", "session", "tick", "duplicate_key", "sequence")

TRADES = Dataset(
    spec=_spec("trades", Trade, "Trades"),
    required=("symbol", "ts", "price", "quantity"),
    optional=("side", "phase", *OPTIONAL),
    checks=(*CHECKS, "limit", "hours", "totals"),
    time="instant",
    traded=("price", "quantity"),
)

QUOTES = Dataset(
    spec=_spec("quotes", Quote, "Best quotes"),
    required=("symbol", "ts", "bid", "ask"),
    optional=("bid_size", "ask_size", *OPTIONAL),
    checks=(*CHECKS, "crossed"),
    time="instant",
)

DEPTH = Dataset(
    spec=_spec("depth", Depth, "Book snapshots"),
    required=("symbol", "ts", "bid_1", "ask_1"),
    optional=(*(name for name in LEVELS if name not in ("bid_1", "ask_1")), *OPTIONAL),
    checks=(*CHECKS, "crossed"),
    time="instant",
)
