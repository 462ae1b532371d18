"""Lots against queues of single units, each with its own cost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tallystick.ledger import lots as lots_module
from tallystick.ledger.holdings import Holdings
from tallystick.ledger.lots import Lots

adds = st.tuples(
    st.just("add"), st.integers(0, 2), st.integers(0, 5), st.integers(1, 12), st.integers(0, 10_000)
)
takes = st.tuples(st.just("take"), st.integers(0, 2), st.integers(1, 15))


class Units:
    """Per holding: (date, [cost of each unit]) oldest first, and what is owed."""

    def __init__(self):
        self.queues, self.owed = {n: [] for n in range(3)}, dict.fromkeys(range(3), 0)

    def add(self, holding, date, quantity, cost):
        units = [cost // quantity + (n < cost % quantity) for n in range(quantity)]
        met = min(self.owed[holding], quantity)
        self.owed[holding] -= met
        if met < quantity:
            self.queues[holding].append((date, units[met:]))
            self.queues[holding].sort(key=lambda lot: lot[0])

    def take(self, holding, quantity):
        while quantity and self.queues[holding]:
            date, units = self.queues[holding][0]
            taken = min(quantity, len(units))
            quantity -= taken
            self.queues[holding][:1] = [(date, units[taken:])] if taken < len(units) else []
        self.owed[holding] += quantity

    def listed(self):
        return [(n, d, len(u), sum(u)) for n, queue in sorted(self.queues.items()) for d, u in queue]


def new_lots():
    holdings = Holdings()
    rows = holdings.rows(np.array([2, 0, 1]), np.array([9, 9, 9]))
    return Lots(holdings), dict(zip((2, 0, 1), rows.tolist(), strict=True))


def listed(lots):
    saved = lots.save()
    accounts = (saved["key"] >> 32).tolist()
    return list(zip(accounts, *(saved[n].tolist() for n in ("acquired", "quantity", "cost")), strict=True))


def do(lots, rows, step):
    if step[0] == "add":
        _, holding, date, quantity, cost = step
        lots.add(np.array([rows[holding]]), np.array([date]), np.array([quantity]), np.array([cost]))
    else:
        lots.take(np.array([rows[step[1]]]), np.array([step[2]]))


@given(st.lists(adds | takes, max_size=40))
def test_lots_are_first_in_first_out_and_costs_exact(steps):
    lots, rows = new_lots()
    units = Units()
    for step in steps:
        do(lots, rows, step)
        getattr(units, step[0])(*step[1:])
    assert listed(lots) == units.listed()
    assert {n: int(lots.costs()[rows[n]]) for n in range(3)} == {
        n: sum(sum(u) for _, u in units.queues[n]) for n in range(3)
    }


@given(st.lists(adds | takes, max_size=30), st.lists(adds | takes, max_size=15))
def test_lots_go_on_after_saving_and_packing(before, after):
    lots, rows = new_lots()
    for step in before:
        do(lots, rows, step)
    other, other_rows = new_lots()
    other.load(lots.save())
    for step in after:
        do(lots, rows, step)
        do(other, other_rows, step)
    assert other.digest() == lots.digest()


def test_emptied_lots_give_back_their_room(monkeypatch):
    monkeypatch.setattr(lots_module, "EMPTIED_BEFORE_PACKING", 10)
    lots, rows = new_lots()
    for n in range(100):
        do(lots, rows, ("add", n % 3, n, 5, 100))
    for n in range(90):
        do(lots, rows, ("take", n % 3, 5))
    digest = lots.digest()
    lots.pack()
    assert lots.digest() == digest
    assert lots._count == 10
