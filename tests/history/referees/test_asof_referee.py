"""The as-of referee on joins worked out by hand, and what must hold of any join."""

from __future__ import annotations

import pytest
from hypothesis import given

from referees.asof_referee import asof, asof_rows
from referees.strategies import asof_cases


def rows(text):
    """`A5.1` is symbol A at 5 with sequence 1; `A5` has no sequence."""
    found = []
    for word in text.split():
        ts, _point, seq = word[1:].partition(".")
        found.append({"symbol": word[0], "ts": int(ts)} | ({"seq": int(seq)} if seq else {}))
    return found


@pytest.mark.parametrize(
    ("left", "right", "tolerance", "answer"),
    [
        ("A5", "A5.1", None, [0]),  # the same instant is at or before
        ("A5.1", "A5.9", None, [0]),  # J3: the left sequence plays no part
        ("A5", "A6.1", None, [None]),  # none before the first
        ("A4 A5 A6", "A5.1", None, [None, 0, 0]),
        ("A5", "A3.1 A4.1 A2.1", None, [1]),  # unsorted right side
        ("A9 A1 A5", "A4.1 A0.1", None, [0, 1, 0]),  # order of the left rows kept
        ("A5", "A5.2 A5.1", None, [0]),  # the larger sequence, not the later row
        ("A5", "A4.9 A5.1", None, [1]),  # time goes before sequence
        ("A5", "A5.1 A5.1 A4.1", None, [1]),  # J1
        ("A5", "A5 A5", None, [1]),  # J1 without sequences
        ("A5", "A5.0 A5", None, [0]),  # J2: sequence 0 is more than none
        ("A5 B5 C5", "A5.1 C4.1 D5.1", None, [0, None, 1]),  # B is missing on the right, D on the left
        ("A5", "A3.1", 2, [0]),  # inclusive
        ("A5", "A3.1", 1, [None]),
        ("A5", "A5.1", 0, [0]),
        ("A5", "A4.1", 0, [None]),
        ("A5 A5", "A1.1", None, [0, 0]),  # doubled left rows each get theirs
        ("A5", "", None, [None]),
        ("", "A5.1", None, []),
    ],
)
def test_by_hand(left, right, tolerance, answer):
    assert asof(rows(left), rows(right), tolerance=tolerance) == answer


def test_rows_are_paired():
    left, right = rows("A5 B5"), rows("A4.1")
    assert asof_rows(left, right) == [(left[0], right[0]), (left[1], None)]


def test_several_columns_and_nulls():
    left = [{"symbol": "A", "venue": "X", "ts": 5}, {"symbol": "A", "venue": None, "ts": 5}]
    left.append({"symbol": "A", "venue": "X", "ts": None})
    right = [{"symbol": "A", "venue": "Y", "ts": 4}, {"symbol": "A", "venue": None, "ts": 4}]
    right += [{"symbol": "A", "venue": "X", "ts": 2}, {"symbol": "A", "venue": "X", "ts": None}]
    assert asof(left, right, by=("symbol", "venue")) == [2, None, None]
    assert asof(left, right) == [1, 1, None]


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="not negative"):
        asof([], [], tolerance=-1)


@given(asof_cases)
def test_what_must_hold_of_any_answer(case):
    left, right, tolerance = case["left"], case["right"], case["tolerance"]
    answer = asof(left, right, tolerance=tolerance)
    assert len(answer) == len(left)
    for row, at in zip(left, answer, strict=True):
        before = [r for r in right if r["symbol"] == row["symbol"] and r["ts"] <= row["ts"]]
        if tolerance is not None:
            before = [r for r in before if r["ts"] >= row["ts"] - tolerance]
        if at is None:
            assert before == []
        else:
            last = max((r["ts"], r["seq"]) for r in before)
            assert (right[at]["ts"], right[at]["seq"]) == last
            assert right[at] is [r for r in before if (r["ts"], r["seq"]) == last][-1]


@given(asof_cases)
def test_sorting_the_right_side_keeps_the_rows(case):
    left, right = case["left"], case["right"]
    ordered = sorted(right, key=lambda row: (row["symbol"], row["ts"], row["seq"]))  # stable: J1 stays
    assert [pair[1] for pair in asof_rows(left, right)] == [pair[1] for pair in asof_rows(left, ordered)]
