"""The index and the columns against a dict and a list."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tallystick.ledger.columns import Columns, Index
from tallystick.ledger.holdings import account_of, instrument_of, key_of

keys = st.lists(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 40), max_size=60), max_size=6)


@given(keys, keys)
def test_index_is_a_dict_in_order_of_appearance(batches, questions):
    index, expected = Index(), {}
    for batch in batches:
        rows = index.rows(np.array(batch, dtype=np.int64), add=True)
        assert rows.tolist() == [expected.setdefault(key, len(expected)) for key in batch]
    for batch in questions:
        rows = index.rows(np.array(batch, dtype=np.int64))
        assert rows.tolist() == [expected.get(key, -1) for key in batch]
    assert index.count == len(expected)
    index.rebuild(np.array(list(expected)[::2], dtype=np.int64))
    assert index.rows(np.array(list(expected), dtype=np.int64))[::2].tolist() == list(range(index.count))


def test_index_of_keys_that_crowd_one_place():
    index = Index()
    crowd = np.arange(5_000, dtype=np.int64) << 40
    assert index.rows(crowd, add=True).tolist() == list(range(5_000))
    assert index.rows(crowd[::-1]).tolist() == list(range(5_000))[::-1]


def test_columns_keep_and_load():
    columns = Columns(number="<i8", text="S4")
    columns.append(3, number=[1, 2, 3], text=[b"a", b"b", b"c"])
    columns.append(200, number=7)
    columns.keep(columns["number"] != 2)
    assert columns["number"][:3].tolist() == [1, 3, 7]
    assert len(columns) == 202
    other = Columns(number="<i8", text="S4")
    other.load(columns.save())
    assert other["text"][:3].tolist() == [b"a", b"c", b""]
    other.append(1, number=9)
    assert other["text"][-1] == b""


def test_keys_of_holdings_come_apart_again():
    keys = key_of(np.array([0, 7, 2**31 - 1]), np.array([0, 2**31 - 1, 5]))
    assert account_of(keys).tolist() == [0, 7, 2**31 - 1]
    assert instrument_of(keys).tolist() == [0, 2**31 - 1, 5]
