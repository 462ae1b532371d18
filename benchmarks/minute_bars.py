"""Made-up minute bars for the benchmarks: not a market, but with what storage and questions depend on.

Prices walk on their instruments' ticks (Taiwan's six steps), from day to day and minute to minute, more at the open and
the close; a bar's high and low lie around its open and close. Volumes are whole lots, log-normal, more at the ends of
the day. The amount is what such lots cost at prices between low and high, so it is nearly always another number.
Nothing is chosen for how well it compresses.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tallystick.core.lake import TableSpec
from tallystick.core.schema import (
    BusinessDate,
    Int32,
    Int64,
    Money,
    Price,
    Quantity,
    Record,
    Text,
    Timestamp,
    date_number,
)

FIRST_DAY = datetime.date(2026, 1, 5)
MINUTES = 240
MINUTE_NS = 60_000_000_000
DAY_NS = 86_400_000_000_000
OPENS_NS = 3_600_000_000_000
LOT = 1_000
TICK_FROM, TICKS = (0, 10, 50, 100, 500, 1_000), (100, 500, 1_000, 5_000, 10_000, 50_000)
NAME = "benchmark.bars"


class Bar(Record, frozen=True, kw_only=True):
    """What `history.bars_minute` keeps of a minute, and no more."""

    symbol: Text
    instrument: Int32
    date: BusinessDate
    ts_start: Timestamp
    ts_end: Timestamp
    phase: Text
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity | None = None
    amount: Money | None = None
    trade_count: Int64 | None = None
    event_time: Timestamp
    known_time: Timestamp
    source: Text


SPEC = TableSpec(
    NAME, Bar, ("symbol", "date", "ts_start", "phase"), ("symbol", "date", "ts_start"), ("date", "day")
)


def day_of(number: int) -> datetime.date:
    """The date of a day of the made-up market."""
    return FIRST_DAY + datetime.timedelta(number)


def moment_of(number: int, minute: int) -> int:
    """When a minute of a day begins, in nanoseconds."""
    return date_number(day_of(number)) * DAY_NS + OPENS_NS + minute * MINUTE_NS


def symbol_of(instrument: int) -> str:
    """The symbol of an instrument."""
    return f"{1000 + instrument}.XTAI"


def days_of_bars(instruments: int, seed: int = 7, first: int = 0) -> Iterator[pa.Table]:
    """Day after day of bars as a lake table is given them, sorted by (symbol, time)."""
    random = np.random.default_rng(seed)
    shape = (instruments, MINUTES)
    price = np.exp(random.normal(4.0, 1.1, instruments)).clip(5, 1_800)
    activity = np.exp(random.normal(2.5, 1.5, instruments))[:, None]
    volatility = random.uniform(0.01, 0.03, instruments)[:, None]
    busy = 0.6 + 1.2 * np.linspace(-1, 1, MINUTES) ** 2
    number = first
    while True:
        tick = np.asarray(TICKS)[np.searchsorted(TICK_FROM, price, side="right") - 1][:, None]
        begin = price[:, None] * np.exp(random.normal(0, 0.5, (instruments, 1)) * volatility)
        step = volatility / np.sqrt(MINUTES)
        path = begin * np.exp(np.cumsum(random.standard_normal(shape) * step * np.sqrt(busy), axis=1))
        close = np.maximum((path * 1e4 / tick).round(), 1).astype(np.int64) * tick
        before = np.hstack(
            [np.maximum((begin * 1e4 / tick).round(), 1).astype(np.int64) * tick, close[:, :-1]]
        )
        moved = random.integers(-1, 2, shape) * (random.random(shape) < 0.3)
        opened = np.maximum(before + moved * tick, tick)
        reach = path * step * 1e4 / tick / 2
        up, down = (np.abs(random.standard_normal(shape) * reach).astype(np.int64) * tick for _ in range(2))
        high, low = np.maximum(opened, close) + up, np.maximum(np.minimum(opened, close) - down, tick)
        lots = np.maximum((activity * np.exp(random.standard_normal(shape) * 0.9) * busy).astype(np.int64), 1)
        above = ((high - low) // tick * lots * random.beta(2, 2, shape)).astype(np.int64) * tick
        trades = np.clip((lots**0.7 * random.uniform(0.5, 1.2, shape)).astype(np.int64), 1, lots)
        figures = {"open": opened, "high": high, "low": low, "close": close, "volume": lots * LOT}
        figures |= {"amount": (low * lots + above) * LOT, "trade_count": trades}
        yield _as_table(number, instruments, {name: values.ravel() for name, values in figures.items()})
        price = path[:, -1].clip(1, 9_000)
        number += 1


def _as_table(number: int, instruments: int, figures: dict[str, np.ndarray]) -> pa.Table:
    count = instruments * MINUTES
    codes = np.repeat(np.arange(instruments, dtype=np.int32), MINUTES)
    starts = np.tile(moment_of(number, 0) + np.arange(MINUTES, dtype=np.int64) * MINUTE_NS, instruments)

    def text(values: list[str], places: np.ndarray) -> pa.Array:
        return pa.DictionaryArray.from_arrays(places, pa.array(values)).cast(pa.string())

    nothing = np.zeros(count, np.int8)
    dates = pa.array(np.full(count, date_number(day_of(number)), np.int32)).cast(pa.date32())
    return pa.table(
        {
            "symbol": text([symbol_of(code) for code in range(instruments)], codes), "instrument": codes,
            "date": dates, "ts_start": starts, "ts_end": starts + MINUTE_NS, "phase": text(["continuous"], nothing),
            **figures,
            "event_time": starts + MINUTE_NS, "known_time": starts + MINUTE_NS, "source": text(["feed"], nothing),
        }
    )  # fmt: skip
