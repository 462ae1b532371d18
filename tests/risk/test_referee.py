"""Kernel against referee on random days: masks, reservations and every balance."""

from __future__ import annotations

import pytest
from gate_referee import CODES
from gate_streams import Day, feed

from tallystick.risk.gate.events import SubmitOrder
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import find_order, find_position


def compare_answers(messages, answers):
    for place, ((message, expected), answer) in enumerate(zip(messages, answers, strict=True)):
        mask, reservation, _rules, flags = answer
        if isinstance(message, SubmitOrder):
            names = [code for bit, code in enumerate(CODES) if mask >> bit & 1]
            assert (mask, reservation, bool(flags)) == expected, (place, message, names)
        else:
            assert mask == (expected or 0), (place, message)


def compare_balances(gate, referee):
    tables = gate.tables
    for code, account in referee.accounts.items():
        row = tables.accounts[code, [at.CASH, at.RESERVED, at.BOUGHT, at.SOLD]].tolist()
        assert row == [account.cash, account.reserved, account.bought, account.sold], code
    for (account, instrument), holding in referee.holdings.items():
        row = tables.positions[find_position(account, instrument, tables.positions)].tolist()
        assert row[1:] == [holding.sellable, holding.held, holding.bought_today], (account, instrument)
    for order_id, order in referee.orders.items():
        row = tables.orders[find_order(order_id, tables.slots)]
        assert (row[at.STATE] == at.OPEN) == order.open, order_id
        if order.open:
            assert row[at.QUANTITY] - row[at.FILLED] == order.left
            assert row[at.RESERVED_LEFT] == order.reserved
    assert tables.firm[at.UNKNOWN_EXECUTIONS] == referee.unknown_fills


@pytest.mark.parametrize(("seed", "batch"), [(1, 1), (2, 7), (3, 32), (4, 4_096)])
def test_random_day_agrees_with_referee(seed, batch):
    day = Day(seed, 6_000)
    answers = feed(day.room.gate, [message for message, _ in day.messages], batch)
    compare_answers(day.messages, answers)
    compare_balances(day.room.gate, day.referee)
    accepted = sum(
        isinstance(m, SubmitOrder) and not a[0] for (m, _), a in zip(day.messages, answers, strict=True)
    )
    assert accepted > 500


def test_random_days_meet_every_reason():
    seen = 0
    for seed in (1, 2):
        for message, answer in Day(seed, 6_000).messages:
            if isinstance(message, SubmitOrder):
                seen |= answer[0]
    assert [code for bit, code in enumerate(CODES) if not seen >> bit & 1] == ["day_not_open"]
