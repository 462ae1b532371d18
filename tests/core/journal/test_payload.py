"""Payloads: verdicts and records go in and come out the same."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.journal import Batch, encode_payload

INT64 = st.integers(-(2**63), 2**63 - 1)


def verdicts_of(masks):
    verdicts = np.zeros(len(masks), verdict_dtype())
    verdicts["mask"] = masks
    verdicts["reservation"] = np.arange(len(masks)) - 5
    return verdicts


def batch_of(declared, records, verdicts, buffer=None):
    payload = bytes(encode_payload(declared, records, verdicts, buffer))
    return Batch(
        seq=1, day=None, recorded_at=0, actor="a", kind=declared.kind, version=1, count=len(verdicts),
        payload=payload, hash=bytes(32),
    )  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_fixed_records_come_back(house, data):
    fields = {"fill_id": INT64, "order_id": INT64, "price": INT64, "quantity": INT64, "received_at": INT64}
    symbol = st.text("0123456789.XTAI", max_size=12)
    rows = data.draw(st.lists(st.builds(house.Fill, **fields, symbol=symbol), min_size=1, max_size=20))
    masks = data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=len(rows), max_size=len(rows)))
    declared, verdicts = event_of(house.Fill), verdicts_of(masks)
    for records in (rows, declared.schema.pack(rows)):
        batch = batch_of(declared, records, verdicts)
        assert declared.schema.unpack(batch.records) == rows
        assert batch.verdicts.tolist() == verdicts.tolist()
        assert len(batch.payload) == len(rows) * (24 + declared.schema.dtype.itemsize)


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_general_records_come_back(house, data):
    values = st.dictionaries(st.text(), st.integers(-(2**63), 2**64 - 1), max_size=3)
    note = st.builds(house.Note, text=st.text(), values=values, command_id=st.text(max_size=5))
    notes = data.draw(st.lists(note, min_size=1, max_size=20))
    masks = data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=len(notes), max_size=len(notes)))
    batch = batch_of(event_of(house.Note), notes, verdicts_of(masks))
    assert batch.records == notes
    assert batch.verdicts["mask"].tolist() == masks


@settings(deadline=None, max_examples=50)
@given(
    counts=st.lists(st.integers(1, 50), min_size=1, max_size=8),
    general=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_buffer_used_again_gives_the_same_bytes(house, counts, general):
    buffer = bytearray()
    for count, is_general in zip(counts, general, strict=False):
        verdicts = verdicts_of(range(count))
        kind = house.Note if is_general else house.Fill
        records = [house.Note(text=str(n)) if is_general else house.Fill(fill_id=n) for n in range(count)]
        alone = bytes(encode_payload(event_of(kind), records, verdicts))
        assert bytes(encode_payload(event_of(kind), records, verdicts, buffer)) == alone


def test_strided_records_are_stored_packed(house):
    declared = event_of(house.Fill)
    records = declared.schema.pack([house.Fill(fill_id=n) for n in range(10)])
    batch = batch_of(declared, records[::3], verdicts_of(range(10))[::3])
    assert batch.records["fill_id"].tolist() == [0, 3, 6, 9]
    assert batch.verdicts["mask"].tolist() == [0, 3, 6, 9]


def test_views_are_read_only(house):
    batch = batch_of(event_of(house.Fill), [house.Fill(fill_id=1)], verdicts_of([0]))
    assert not batch.records.flags.writeable
    assert not batch.verdicts.flags.writeable


def test_wrong_input_is_refused(house):
    declared = event_of(house.Fill)
    with pytest.raises(AssertionError, match="one verdict a command"):
        encode_payload(declared, [house.Fill(fill_id=1)], verdicts_of([0, 0]))
    with pytest.raises(AssertionError, match=r"test_journal\.fill needs"):
        encode_payload(declared, np.zeros(1, "<i8"), verdicts_of([0]))


@pytest.mark.parametrize("kind", ["Fill", "Note"])
def test_record_changed_without_a_new_version_is_told(house, kind):
    record = getattr(house, kind)
    sample = house.Fill(fill_id=1) if kind == "Fill" else house.Note(text="a")
    batch = batch_of(event_of(record), [sample, sample], verdicts_of([0, 0]))
    changed = msgspec.structs.replace(batch, count=1)
    with pytest.raises((TallystickError, msgspec.DecodeError)) as caught:
        changed.records  # noqa: B018
    if kind == "Fill":
        assert caught.value.code == "journal.declaration"
