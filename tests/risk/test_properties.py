"""What holds on every stream: batch size, replay, snapshots and reservations."""

from __future__ import annotations

import random

import numpy as np
from gate_rooms import Room
from gate_streams import FIXED, Day, feed, open_room
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.events import verdict_dtype
from tallystick.core.schema import schema_of
from tallystick.risk.gate.events import DoneReason, EndOrder, SubmitOrder
from tallystick.risk.gate.state import kernels as at

few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32)
batches = st.sampled_from([1, 7, 32, 4_096])


def messages_of(seed, count=250):
    return [message for message, _ in Day(seed, count).messages]


def gate_of(seed):
    """A gate as the day of this seed begins."""
    return open_room(random.Random(seed))[0].gate


@few
@given(seeds, batches)
def test_batch_size_changes_nothing(seed, batch):
    messages, alone, together = messages_of(seed), gate_of(seed), gate_of(seed)
    assert feed(alone, messages, 1) == feed(together, messages, batch)
    assert alone.digest() == together.digest()


@few
@given(seeds, batches)
def test_applying_recorded_verdicts_gives_the_decided_state(seed, batch):
    messages, decided, applied = messages_of(seed), gate_of(seed), gate_of(seed)
    answers = np.array(feed(decided, messages, 1), verdict_dtype())
    start = 0
    while start < len(messages):
        record, stop = type(messages[start]), start
        while stop < len(messages) and stop - start < batch and type(messages[stop]) is record:
            stop += 1
        rows = messages[start:stop]
        rows = schema_of(record).pack(rows) if record in FIXED else rows
        if record in FIXED:
            rows.flags.writeable = False
        applied.apply(record, rows, answers[start:stop])
        start = stop
    assert applied.digest() == decided.digest()


@few
@given(seeds, st.floats(0, 1), batches)
def test_snapshot_continues_where_it_was_taken(seed, part, batch):
    messages, gate = messages_of(seed), gate_of(seed)
    cut = int(len(messages) * part)
    feed(gate, messages[:cut], batch)
    state = gate.snapshot()
    for array in state.values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    restored = Room().gate
    restored.market, restored.ledger = gate.market, gate.ledger
    restored._approved = gate._approved
    restored.restore(state)
    assert restored.digest() == gate.digest()
    assert feed(restored, messages[cut:], batch) == feed(gate, messages[cut:], batch)
    assert restored.digest() == gate.digest()


@few
@given(seeds, st.integers(1, 3_000))
def test_digest_does_not_depend_on_capacity(seed, room):
    messages, small, large = messages_of(seed), gate_of(seed), gate_of(seed)
    large.tables.make_room_for_orders(room)
    large.tables.make_room_for_positions(room)
    assert feed(small, messages, 32) == feed(large, messages, 32)
    assert small.digest() == large.digest()


@few
@given(seeds)
def test_what_is_reserved_is_never_negative_and_is_released_whole(seed):
    messages, gate = messages_of(seed, 120), gate_of(seed)
    for message in messages:
        feed(gate, [message], 1)
        accounts, positions = gate.tables.accounts, gate.tables.positions
        used = positions[positions[:, at.KEY] != at.EMPTY]
        orders = gate.tables.orders[: gate.tables.firm[at.ORDER_COUNT]]
        assert (accounts[:, at.RESERVED] >= 0).all()
        assert (used[:, at.HELD] >= 0).all()
        assert accounts[:, at.RESERVED].sum() == orders[:, at.RESERVED_LEFT].sum()
    still_open = [m for m in messages if isinstance(m, SubmitOrder)]
    ends = [
        EndOrder(order_id=m.order_id, quantity_left=0, done_reason=DoneReason.EXPIRED) for m in still_open
    ]
    feed(gate, ends, 32)
    assert not gate.tables.accounts[:, at.RESERVED].any()
    assert not gate.tables.positions[:, at.HELD].any()


@few
@given(seeds)
def test_every_repetition_gets_the_same_answer(seed):
    messages, gate = messages_of(seed), gate_of(seed)
    answers = feed(gate, messages, 32)
    before = gate.digest()
    first = {}
    for message, answer in zip(messages, answers, strict=True):
        if isinstance(message, SubmitOrder) and not answer[3] and message.order_id // 10**9 == 20261120:
            first.setdefault(message.order_id, (message, answer))
    again = feed(gate, [message for message, _ in first.values()], 7)
    assert again == [(mask, reservation, rules, 1) for _, (mask, reservation, rules, _) in first.values()]
    assert gate.digest() == before
