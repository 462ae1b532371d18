"""The kernel's way through a text against the exact way: every line gives the same row, fault or nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tallystick.history.datasets import find_dataset
from tallystick.history.loading import reading, sources
from tallystick.history.loading.columns import ColumnMapping, find_columns
from tallystick.history.loading.headers import find_heading
from tallystick.history.loading.reading import Wanted
from tallystick.history.loading.sources import FrameSource, TextSource

SYMBOLS = ["9901.XTAI", "9902", "虛構", "", " 9903 ", '="9904"', '"9905"', "--", "NA", "Name"]
DATES = [
    "2026-11-19",
    "20261119",
    "2026/11/19",
    "2026-02-30",
    "115/11/19",
    "",
    "2026-11-1x",
    "2026-13-01",
    "1799-01-01",
    "26/11/16",
    "99/1/4",
    "民國115/11/19",
    "2026-11-19 00:00:00",
    "2026-11-19T00:00:00Z",
]
PRICES = ["", "-", "--", "1e3", "+5", ".5", "5.", ".", "-.5", "nan", "inf", '"1,234.5"', "0.00005", "1.00000",
          "1.23456", "1" * 15, "9" * 15, "9" * 16, "9" * 18, "1" * 12 + ".1234", "9" * 11 + ".9999", " 5", "5 ", "１",
          "1.2.3", '"100,5"', '"1,234"', '"1,234,567"', '"12,34.5"']  # fmt: skip
COUNTS = ["", "0", "10", "10.0", "10.5", "-3", "922337203685477", "9223372036854775807", "x"]
TIMES = ["2026-11-19 09:00:00", "2026-11-19T09:00", "09:00:30.25", "09:00", "24:00", "2026-11-19 09:00:00.123456789",
         "20261119090000", "", "9:00", "2026-11-19", "0900", "90000", "2026-11-19T01:00:00Z",
         "2026-11-19 09:00:00.5+0800", "115/11/19 09:00:00", "26/11/19 09:00"]  # fmt: skip
SYMBOL, DATE, COUNT, TIME = map(st.sampled_from, (SYMBOLS, DATES, COUNTS, TIMES))
PRICE = st.one_of(st.from_regex(r"\A-?[0-9]{1,8}(\.[0-9]{0,6})?\Z"), st.sampled_from(PRICES))
PLAIN = ["9901.XTAI", "2026-11-19", "10", "11.5", "9", "10.25", "1000"]
ODD = st.lists(
    st.one_of(
        st.tuples(st.just(0), SYMBOL),
        st.tuples(st.just(1), DATE),
        st.tuples(st.integers(2, 5), PRICE),
        st.tuples(st.just(6), COUNT),
    ),
    max_size=3,
)
"""What differs from a plain row: so few fields that most rows stay good, and each oddity is seen alone."""
GOOD = ODD.map(lambda changes: ",".join((dict(enumerate(PLAIN)) | dict(changes)).values()))
LINE = st.one_of(
    GOOD,
    st.sampled_from(["", "  ", "a,b", "1,2,3,4,5,6,7,8", 'x,"open,1,1,1,1,1', "9901,2026-11-19,1,1,1,1,1,"]),
)
DAILY = "symbol,date,open,high,low,close,volume"
EACH = [
    ",".join((dict(enumerate(PLAIN)) | {place: odd}).values())
    for place, oddities in ((0, SYMBOLS), (1, DATES), (2, PRICES), (6, COUNTS))
    for odd in oddities
]


def rows_of(text, dataset, mapping, *, fast):
    """What is read of a text: each row's number with its values or fault, and the lines that broke."""
    data = text.encode()
    heading = find_heading(data, lambda _: 0)
    source = TextSource("f.csv", b"", data, heading, "utf-8", len(data))
    found = find_dataset(dataset)
    wanted = Wanted(found, mapping, "Asia/Taipei")
    places = find_columns(found, source.header, mapping, "f.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "FAST_BYTES", 0 if fast else 1 << 60)
        patch.setattr(reading, "BLOCK_BYTES", 64)
        rows, broken = source.read(wanted, places, None)
    told = {}
    faults = {fault.place: (fault.column, fault.code) for fault in rows.notes.faults()}
    for place, number in enumerate(rows.numbers.tolist()):
        code = rows.notes.codes[place]
        if code == 0:
            told[number] = {
                name: None if column.missing[place] else value_of(column, place)
                for name, column in rows.columns.items()
            }
        elif code != 254:
            told[number] = faults.get(place, "untraded")
    return told, broken, rows.rounded


def value_of(column, place):
    value = column.values[place]
    return column.words[value] if column.words is not None else int(value)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(LINE, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from([1, 1_000])
)
@example(EACH, "\n", True, 1)
@example(EACH, "\r\n", False, 1_000)
def test_kernel_reads_lines_as_the_exact_way_does(lines, ending, ends, factor):
    text = ending.join([DAILY, *lines]) + (ending if ends else "")
    mapping = ColumnMapping(multiply={"volume": factor})
    assert rows_of(text, "bars_daily", mapping, fast=True) == rows_of(text, "bars_daily", mapping, fast=False)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(SYMBOL, st.sampled_from(["2026-11-19", "20261118"]), TIME, PRICE), max_size=6))
def test_times_of_a_date_are_the_same_both_ways(lines):
    text = "\n".join(["symbol,date,time,price,quantity", *(",".join([*line, "5"]) for line in lines)])
    exact, fast = (
        rows_of(text, "trades", ColumnMapping(columns={"ts": "time"}), fast=way) for way in (False, True)
    )
    assert fast == exact


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.one_of(st.floats(), st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), st.none()),
        min_size=1,
        max_size=30,
    )
)
def test_kernel_reads_floats_by_their_shortest_decimal(values):
    frame = pl.DataFrame({"symbol": ["A"] * len(values), "reference": pl.Series(values, dtype=pl.Float64)})
    found = find_dataset("reference_prices")
    told = []
    for most in (0, 1 << 60):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "FAST_ROWS", most)
            wanted = Wanted(found, ColumnMapping(), "UTC")
            rows, _ = FrameSource("f", b"", frame).read(wanted, {"symbol": (0,), "reference": (1,)}, None)
        good = rows.notes.codes == 0
        told.append(
            (
                rows.notes.codes.tolist(),
                np.where(good, rows.columns["reference"].values, 0).tolist(),
                rows.rounded,
            )
        )
    assert told[0] == told[1]
