"""A small trading day for tests: a few made-up instruments and clients, Taiwan's phases and ticks as plain data."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import numpy as np

from tallystick.core.schema import date_number, schema_of
from tallystick.core.time import SECOND, market_time
from tallystick.market.events import SetDayTerms
from tallystick.market.matching import Kind, Validity, kind_mask
from tallystick.risk.gate.events import CancelOrder, SubmitOrder
from tallystick.simulation.clients.book import ClientBook
from tallystick.simulation.exchange import Exchange
from tallystick.simulation.flow import FlowSettings, OrderFlow
from tallystick.simulation.layout import street_dtype
from tallystick.simulation.phases import TradingPhase
from tallystick.simulation.trading_day import TradingDay

Array = Any
DATE = datetime.date(2026, 11, 20)
TICKS = {
    1: (
        (0, 100),
        (10_0000, 500),
        (50_0000, 1_000),
        (100_0000, 5_000),
        (500_0000, 1_0000),
        (1000_0000, 5_0000),
    )
}
EVERY_KIND = kind_mask(*((kind, validity) for kind in Kind for validity in Validity))
LIMIT_DAY = kind_mask((Kind.LIMIT, Validity.ROD))
LARGEST_LOTS = 499
BUY, SELL = 1, 2
BOARD, ODD = 1, 2


def at(hour: int, minute: int = 0, second: float = 0) -> int:
    """UTC ns of a wall-clock time in Taipei on the day."""
    return market_time(DATE, datetime.time(hour, minute), "Asia/Taipei") + round(second * SECOND)


def phases() -> list[TradingPhase]:
    ordinary = (0, 3)
    every = (0, 2, 3)
    return [
        TradingPhase(
            name="opening_call", lot_type=BOARD, mode="call", opens=at(8, 30), closes=at(9), kinds=LIMIT_DAY,
            random_priority=True, statuses=every,
        ),
        TradingPhase(
            name="continuous", lot_type=BOARD, mode="continuous", opens=at(9), closes=at(13, 25), kinds=EVERY_KIND,
            statuses=ordinary,
        ),
        TradingPhase(
            name="disposition_call", lot_type=BOARD, mode="periodic", opens=at(9), closes=at(13, 25),
            kinds=LIMIT_DAY, first_match=at(9, 5), interval=300 * SECOND, statuses=(2,),
        ),
        TradingPhase(
            name="closing_call", lot_type=BOARD, mode="call", opens=at(13, 25), closes=at(13, 30), kinds=LIMIT_DAY,
            ends_session=True, statuses=every,
        ),
        TradingPhase(
            name="odd_lot", lot_type=ODD, mode="periodic", opens=at(9), closes=at(13, 30), kinds=LIMIT_DAY,
            first_match=at(9, 10), interval=5 * SECOND, random_priority=True, ends_session=True,
        ),
    ]  # fmt: skip


def tick_of(price: int) -> int:
    return [tick for bound, tick in TICKS[1] if bound <= price][-1]


def terms(
    references: list[int], statuses: dict[int, int] | None = None, unlimited: tuple[int, ...] = ()
) -> Array:
    """Day terms with a band of ten percent; instrument codes 100, 101, …"""
    rows = np.zeros(len(references), schema_of(SetDayTerms).dtype)
    rows["instrument"], rows["business_date"] = 100 + np.arange(len(rows)), date_number(DATE)
    rows["lot"], rows["tick_table"] = 1_000, 1
    for place, reference in enumerate(references):
        up, down = reference * 110 // 100, -(-reference * 90 // 100)
        rows[place]["reference_price"] = reference
        rows[place]["status"] = (statuses or {}).get(place, 0)
        if place not in unlimited:
            rows[place]["limit_up"] = up // tick_of(up) * tick_of(up)
            rows[place]["limit_down"] = -(-down // tick_of(down)) * tick_of(down)
    return rows


def trading_day(rows: Array) -> TradingDay:
    return TradingDay(DATE, rows, TICKS, phases())


def exchange(rows: Array, salt: int = 7) -> Exchange:
    return Exchange(trading_day(rows), largest_lots=LARGEST_LOTS, salt=salt)


def orders(*rows: dict[str, int]) -> Array:
    """Packed orders: limit, for the day, board lot, of account 5, unless said otherwise."""
    packed = np.zeros(len(rows), schema_of(SubmitOrder).dtype)
    plain = {
        "instrument": 100,
        "account": 5,
        "order_type": 1,
        "time_in_force": 1,
        "lot_type": BOARD,
        "capacity": 1,
    }
    for place, row in enumerate(rows):
        for name, value in {**plain, **row}.items():
            packed[place][name] = value
    return packed


def cancels(*rows: tuple[int, int]) -> Array:
    """Packed cancels from (time, order id)."""
    packed = np.zeros(len(rows), schema_of(CancelOrder).dtype)
    for place, (time, order_id) in enumerate(rows):
        packed[place]["received_at"], packed[place]["order_id"] = time, order_id
    return packed


def street(*rows: dict[str, int]) -> Array:
    """Street messages: new limit orders for the day of 1,000, unless said otherwise."""
    packed = np.zeros(len(rows), street_dtype)
    plain = {
        "instrument": 100, "action": 1, "order_type": 1, "time_in_force": 1, "lot_type": BOARD, "quantity": 1_000
    }  # fmt: skip
    for place, row in enumerate(rows):
        for name, value in {**plain, "number": place, **row}.items():
            packed[place][name] = value
    return packed


NO_ORDERS, NO_CANCELS, NO_STREET = orders(), cancels(), street()


def clients(count: int, rows: Array, seed: int = 5, holdings: int = 6) -> ClientBook:
    """Made-up clients: one in fifty blocked, one in fifty sell only, wealth and holdings heavy-tailed."""
    rng = np.random.default_rng(seed)
    status = rng.choice([0, 1, 2], count, p=[0.96, 0.02, 0.02])
    credit = rng.integers(0, 500_000, count) * 1_0000
    many = count * holdings
    return ClientBook(
        accounts=np.arange(1_000, 1_000 + count, dtype=np.int32),
        status=status,
        permissions=rng.choice([1, 3, 7, 15, 23], count, p=[0.1, 0.2, 0.4, 0.2, 0.1]),
        power=(rng.pareto(1.5, count) * 500_000 + 20_000).astype(np.int64) * 1_0000 + credit,
        credit=credit,
        order_limit=np.full(count, 50_000_000_0000),
        holding_account=rng.integers(1_000, 1_000 + count, many),
        holding_instrument=rng.choice(rows["instrument"], many),
        holding_quantity=1_000 * rng.integers(1, 20, many) + rng.choice([0, 0, 137], many),
    )


class Played(NamedTuple):
    """A whole day's messages and reports."""

    exchange: Exchange
    flow: OrderFlow
    orders: Array
    cancels: Array
    street: Array
    executions: Array
    ends: Array
    slots: list[tuple[int, Array, Array, Array, Array]]
    """Of each slot: its end, orders, cancels, executions, ends."""


def play(
    rows: Array,
    book: ClientBook,
    targets: Array,
    *,
    seed: int = 7,
    slot: float = 30,
    settings: FlowSettings | None = None,
) -> Played:
    """Run a day as a day runner does, with a gate that refuses what the truth table labels."""
    day = trading_day(rows)
    venue, flow = (
        Exchange(day, largest_lots=LARGEST_LOTS, salt=seed),
        OrderFlow(day, book, targets, seed=seed, settings=settings),
    )
    sent, reports, slots = [], [], []
    while flow.now < flow.ends:
        until = min(flow.now + round(slot * SECOND), flow.ends)
        batch = flow.slot(until, *venue.top())
        wrong = np.isin(batch.orders["order_id"], flow.truth()["order_id"])
        report = venue.run(until, batch.orders[~wrong], batch.cancels, batch.street)
        flow.observe(report.executions, report.ends, batch.orders["order_id"][wrong])
        sent.append(batch)
        reports.append(report)
        slots.append((until, batch.orders, batch.cancels, report.executions, report.ends))
    report = venue.run(flow.ends + 1, NO_ORDERS, NO_CANCELS, NO_STREET)
    reports.append(report)
    slots.append((flow.ends + 1, NO_ORDERS, NO_CANCELS, report.executions, report.ends))
    return Played(
        venue, flow, *(np.concatenate([batch[k] for batch in sent]) for k in range(3)),
        *(np.concatenate([report[k] for report in reports]) for k in range(2)), slots,
    )  # fmt: skip
