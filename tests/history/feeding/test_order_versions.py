"""One order's life in the journal, version by version; real machines, a journal of a few batches written by hand."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from tallystick.core.business import BusinessDay
from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.ids import day_id
from tallystick.core.journal import Journal, JournalReader, Row, encode_payload
from tallystick.ledger import LedgerMachine
from tallystick.ledger.events import Capacity, LotType, RecordExecution, Side
from tallystick.market import MarketMachine
from tallystick.risk.gate.events import (
    CancelOrder,
    DoneReason,
    EndOrder,
    OrderType,
    SubmitOrder,
    TimeInForce,
)
from tallystick.risk.tables import order_versions

DAY = datetime.date(2026, 11, 20)


def order(number, quantity=3_000):
    return SubmitOrder(
        order_id=day_id(DAY, number), account=4, instrument=2, price=100_0000, quantity=quantity, session=1,
        side=Side.BUY, order_type=OrderType.LIMIT, time_in_force=TimeInForce.ROD, lot_type=LotType.BOARD,
        capacity=Capacity.CASH,
    )  # fmt: skip


def fill(number, quantity, price=99_0000, execution=1):
    return RecordExecution(
        execution_id=execution, order_id=day_id(DAY, number), account=4, instrument=2, trade_date=DAY, price=price,
        quantity=quantity, executed_at=1, side=Side.BUY, lot_type=LotType.BOARD, capacity=Capacity.CASH,
    )  # fmt: skip


def cancel(number):
    return CancelOrder(order_id=day_id(DAY, number), account=4, session=1)


def end(number, left, reason):
    return EndOrder(order_id=day_id(DAY, number), quantity_left=left, done_reason=reason)


@pytest.fixture
def versions(tmp_path):
    """Write batches (time, commands, masks, flags) of a day; gives each order's versions as known at their times."""

    def write(*batches, is_closed=True):
        with Journal.open(tmp_path / "journal") as journal:
            journal.roll(DAY)
            closing = [(1_000, [DayClosed(business_date=DAY)], [0], [0])] if is_closed else []
            opened = (0, [DayOpened(business_date=DAY, code_version="made-up")], [0], [0])
            for at, commands, masks, flags in [opened, *batches, *closing]:
                kind = event_of(type(commands[0]))
                verdicts = np.zeros(len(commands), verdict_dtype())
                verdicts["mask"], verdicts["flags"] = masks, flags
                payload = bytes(encode_payload(kind, commands, verdicts))
                journal.append([Row(at, "made-up", kind.kind, kind.version, len(commands), payload)])
        with JournalReader(tmp_path / "journal") as reader:
            market = MarketMachine()
            machines = {"market": market, "ledger": LedgerMachine(market)}
            day = BusinessDay(
                reader, DAY, after=0, until=reader.head().seq, is_closed=is_closed,
                machine=lambda _, name: machines[name],
            )  # fmt: skip
            found = order_versions(day)
        told: dict[int, list] = {}
        names = ("order_id", "known_time", "status", "filled", "filled_value", "cancel_asked")
        for number, *rest in zip(*(found[name].to_pylist() for name in names), strict=True):
            told.setdefault(number % 1_000_000, []).append(tuple(rest))
        return told

    return write


def accepted(at, *commands):
    return at, list(commands), [0] * len(commands), [0] * len(commands)


def test_an_order_that_nobody_ends_expires_with_the_day(versions):
    sent = accepted(10, order(1), order(2))
    found = versions(sent, accepted(20, fill(2, 1_000)))
    assert found[1] == [(10, "new", 0, 0, False), (1_000, "expired", 0, 0, False)]
    value = 1_000 * 99_0000
    assert found[2] == [
        (10, "new", 0, 0, False), (20, "partly_filled", 1_000, value, False), (1_000, "expired", 1_000, value, False),
    ]  # fmt: skip


def test_an_open_day_expires_nothing(versions):
    found = versions(accepted(10, order(1)), is_closed=False)
    assert found[1] == [(10, "new", 0, 0, False)]


def test_fills_cancel_and_end_are_versions_and_what_changes_nothing_is_none(versions):
    found = versions(
        accepted(10, order(1)),
        accepted(20, fill(1, 1_000)),
        accepted(30, cancel(1)),
        accepted(31, cancel(1)),
        accepted(40, end(1, 2_000, DoneReason.CANCELLED)),
    )
    value = 1_000 * 99_0000
    assert found[1] == [
        (10, "new", 0, 0, False), (20, "partly_filled", 1_000, value, False),
        (30, "partly_filled", 1_000, value, True), (40, "cancelled", 1_000, value, True),
    ]  # fmt: skip


def test_fills_of_one_batch_are_one_version_and_a_filled_order_stays_so(versions):
    two = accepted(20, fill(1, 1_000), fill(1, 2_000, price=98_0000, execution=2))
    found = versions(accepted(10, order(1)), two)
    assert found[1] == [
        (10, "new", 0, 0, False),
        (20, "filled", 3_000, 1_000 * 99_0000 + 2_000 * 98_0000, False),
    ]


def test_what_happens_at_the_time_of_sending_is_in_the_first_version(versions):
    found = versions(accepted(10, order(1)), accepted(10, fill(1, 3_000)))
    assert found[1] == [(10, "filled", 3_000, 3_000 * 99_0000, False)]


def test_the_exchanges_refusal_and_expiry_are_told_apart(versions):
    ends = accepted(20, end(1, 3_000, DoneReason.REFUSED_BY_EXCHANGE), end(2, 3_000, DoneReason.EXPIRED))
    found = versions(accepted(10, order(1), order(2)), ends)
    assert [row[1] for row in found[1]] == ["new", "refused_by_exchange"]
    assert [row[:2] for row in found[2]] == [(10, "new"), (20, "expired")]


def test_refused_commands_and_repetitions_change_no_order(versions):
    found = versions(
        accepted(10, order(1)),
        (20, [order(2), order(1)], [1, 0], [0, 1]),
        (30, [fill(1, 500), fill(1, 700, execution=2)], [1, 0], [0, 1]),
        (40, [cancel(1)], [1], [0]),
        accepted(50, fill(77, 100, execution=3)),
        is_closed=False,
    )
    assert found == {1: [(10, "new", 0, 0, False)], 2: [(20, "refused", 0, 0, False)]}


def test_a_day_without_orders_has_none(versions):
    assert versions() == {}
