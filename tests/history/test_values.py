"""Decimals are exact: compared with Python's own decimal arithmetic."""

from __future__ import annotations

import datetime
import decimal
import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.history.loading.times import read_clock_times
from tallystick.history.loading.values import MISSING, read_dates, read_decimals, read_whole

NONE = [*MISSING, "-", "--", "---", "----", "-------", "－－", "—"]
NUMBER = st.one_of(
    st.from_regex(r"\A[+-]?[0-9]{1,15}(\.[0-9]{0,30})?\Z"),
    st.from_regex(r"\A[+-]?[0-9]{0,6}\.[0-9]{3}[5][0]{0,20}[0-9]?\Z"),
    st.integers(-(10**14), 10**14).map(str),
    st.floats(-1e9, 1e9).map(repr),
    st.sampled_from([*NONE, "nan", "-inf", "Infinity", "abc", "1.2.3", "1e3", "2E-5", " 7 ", "1,234.5",
                     "100,5", "-1,234,567", '="0.5"']),
    st.just("99999999999999999999"),
)  # fmt: skip


def expected(text, multiply):
    """What the rules say: ("value", int), or the name of the fault."""
    body = text.strip().removeprefix('="').removesuffix('"')
    if body in NONE:
        return "missing"
    try:
        number = decimal.Decimal(
            re.sub(r"^([+-]?\d{1,3}(,\d{3})+)", lambda found: found[1].replace(",", ""), body)
        )
    except decimal.InvalidOperation:
        return "unreadable"
    if not number.is_finite():
        return "not_finite"
    with decimal.localcontext(prec=80):
        scaled = (number * multiply * 10_000).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP)
    return int(scaled) if abs(scaled) < 2**63 else "too_large"


def found(column, place):
    for fault in ("missing", "unreadable", "not_finite", "too_large"):
        if getattr(column, fault)[place]:
            assert column.values[place] is None
            return fault
    return column.values[place]


@settings(deadline=None)
@given(st.lists(NUMBER, min_size=1, max_size=20), st.sampled_from([1, 1, 1_000]))
def test_decimals_are_those_of_decimal_arithmetic(texts, multiply):
    column = read_decimals(pl.Series(texts, dtype=pl.String), multiply)
    assert [found(column, place) for place in range(len(texts))] == [
        expected(text, multiply) for text in texts
    ]


@settings(deadline=None)
@given(st.lists(st.floats(-1e10, 1e10), min_size=1, max_size=20))
def test_floats_are_read_by_their_shortest_decimal(values):
    column = read_decimals(pl.Series(values, dtype=pl.Float64))
    assert column.values.to_list() == [expected(repr(value), 1) for value in values]


@pytest.mark.parametrize("kind", [pl.Int32, pl.Int64, pl.UInt64, pl.Int8])
def test_whole_numbers_of_any_width(kind):
    column = read_whole(pl.Series([0, 5, 127, None], dtype=kind), 1_000)
    assert column.values.to_list() == [0, 5_000, 127_000, None]
    assert column.missing.to_list() == [False, False, False, True]
    large = read_decimals(pl.Series([2**60, 3], dtype=pl.Int64))
    assert (large.values.to_list(), large.too_large.to_list()) == ([None, 30_000], [True, False])


def test_dates_and_times_of_the_usual_forms():
    texts = ["2026-11-20", " 20261120", "2026/11/20", "2026-13-01", "", None, "20-11-2026"]
    dates = read_dates(pl.Series(texts))
    day = datetime.date(2026, 11, 20)
    assert dates.values.to_list() == [day, day, day, None, None, None, None]
    assert dates.unreadable.to_list() == [False, False, False, True, False, False, True]
    assert dates.missing.to_list() == [False, False, False, False, True, True, False]
    nine = 1_795_136_400_000_000_000
    for form in (
        "2026-11-20 09:00:00",
        "2026-11-20T09:00",
        "2026/11/20 09:00",
        "20261120090000",
        "2026-11-20 09:00:00.000",
    ):
        assert read_clock_times(pl.Series([form]), "Asia/Taipei", None).values.to_list() == [nine], form
    clock = read_clock_times(pl.Series(["09:00"]), "Asia/Taipei", pl.Series([day]))
    assert clock.values.to_list() == [nine]
    naive = pl.Series([datetime.datetime(2026, 11, 20, 9)])
    assert read_clock_times(naive, "Asia/Taipei", None).values.to_list() == [nine]
    aware = naive.dt.replace_time_zone("UTC").dt.offset_by("-8h")
    assert read_clock_times(aware, "Asia/Taipei", None).values.to_list() == [nine]
