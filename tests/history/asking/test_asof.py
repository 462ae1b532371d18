"""As-of joins by the stated rules, against a slow model written from them."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.core.schema import date_number
from tallystick.core.text import render
from tallystick.history import Span, asof
from tallystick.history.asking.asof import asof_datasets, duration_of, match_rows


def day(text):
    return datetime.date.fromisoformat(f"2026-{text}")


def naive(left, right, tolerance):
    """The number of the right row of each left row, by looking at all of them."""
    found = []
    for symbol, time in left:
        fits = [
            (ts, seq, row)
            for row, (other, ts, seq) in enumerate(right)
            if symbol is not None and other == symbol and ts <= time and time - ts <= tolerance
        ]
        found.append(max(fits)[2] if fits else -1)
    return found


symbols = st.sampled_from(["A", "B", "C", "", None])
times = st.integers(-5, 30)
sides = st.tuples(
    st.lists(st.tuples(symbols, times), max_size=30),
    st.lists(st.tuples(symbols, times, st.integers(0, 3)), max_size=30),
)


@given(sides, st.integers(0, 40), st.booleans())
def test_join_equals_the_slow_model_in_any_order(both, tolerance, sorted_already):
    left, right = both
    if sorted_already:
        left, right = (sorted(side, key=lambda row: (row[0] or "~", *row[1:])) for side in (left, right))
    left_table = pa.table(
        {"symbol": pa.array([s for s, _ in left], pa.string()), "ts": ints(t for _, t in left)}
    )
    right_table = pa.table(
        {
            "symbol": pa.array([s for s, _, _ in right], pa.string()),
            "ts": ints(t for _, t, _ in right),
            "seq": ints(q for _, _, q in right),
            "row": ints(range(len(right))),
        }
    )
    expected = [None if row < 0 else row for row in naive(left, right, tolerance)]
    joined = asof(left_table, right_table, tolerance=tolerance, columns=["row"])
    assert joined["row"].to_pylist() == expected
    assert joined.select(["symbol", "ts"]).equals(left_table)
    pieces = pa.concat_tables(
        [right_table.slice(start, 3) for start in range(0, len(right), 3)] or [right_table]
    )
    coded = asof(as_dictionary(left_table), as_dictionary(pieces), tolerance=tolerance, columns=["row"])
    assert coded["row"].to_pylist() == expected


def ints(values):
    return pa.array(list(values), pa.int64())


def as_dictionary(table):
    return table.set_column(0, "symbol", table["symbol"].dictionary_encode())


@given(st.lists(st.tuples(st.integers(0, 2), times, st.integers(0, 2)), max_size=25), st.data())
def test_codes_that_are_ready_match_like_texts(right, data):
    left = data.draw(st.lists(st.tuples(st.integers(0, 2), times), max_size=25))
    columns = [np.array([row[n] for row in right], dtype=np.int64) for n in range(3)]
    found = match_rows(
        np.array([row[0] for row in left], dtype=np.int32),
        np.array([row[1] for row in left], dtype=np.int64),
        columns[0].astype(np.int32),
        columns[1],
        columns[2],
        codes=3,
    )
    assert found.tolist() == naive(left, right, 2**62)


def test_rules_of_ties_tolerance_and_missing_symbols():
    trades = pl.DataFrame({"symbol": ["A", "A", "A", "B"], "ts": [4, 5, 15, 5]})
    quotes = pl.DataFrame(
        {"symbol": ["A", "A", "A", "C"], "ts": [5, 5, 5, 1], "seq": [1, 3, 2, 1], "bid": [7, 9, 8, 1]}
    )
    joined = asof(trades, quotes, tolerance=10, columns=["bid"])
    assert joined["bid"].to_pylist() == [None, 9, 9, None]
    assert asof(trades, quotes, tolerance=9, columns=["bid"])["bid"].to_pylist() == [None, 9, None, None]
    unnumbered = asof(trades, quotes.drop("seq"))
    assert unnumbered.column_names == ["symbol", "ts", "ts_right", "bid"]
    assert unnumbered["bid"].to_pylist() == [None, 8, 8, None]


def test_codes_below_zero_name_no_instrument():
    left = pa.table({"instrument": pa.array([-1, 0, 1, None], pa.int32()), "ts": [5, 5, 5, 5]})
    right = pa.table({"instrument": pa.array([-1, 0, None], pa.int32()), "ts": [5, 5, 5], "bid": [1, 2, 3]})
    assert asof(left, right, by="instrument", columns=["bid"])["bid"].to_pylist() == [None, 2, None, None]


def test_dates_and_times_meet_and_gaps_are_refused():
    day = pa.array([20_000], pa.int32()).cast(pa.date32())
    left = pa.table({"symbol": ["A"], "at": pa.array([20_000 * 86_400_000_000], pa.timestamp("us", "UTC"))})
    right = pa.table({"symbol": ["A"], "known": day, "value": [1]})
    assert asof(left, right, on="at", right_on="known")["value"].to_pylist() == [1]
    with pytest.raises(TallystickError, match=r"right rows have no column knwn\. Did you mean known"):
        asof(left, right, on="at", right_on="knwn")
    gaps = pa.table({"symbol": ["A"], "known": pa.array([None], pa.int64())})
    with pytest.raises(TallystickError, match="known cannot order rows: it is int64 with 1 values missing"):
        asof(left, gaps, on="at", right_on="known")


def test_times_with_and_without_a_zone_are_not_compared():
    """09:30 of Taipei taken for 09:30 UTC would see eight hours ahead."""
    clock = datetime.datetime(2026, 11, 20, 9, 30)
    bare = pl.DataFrame({"symbol": ["A"], "ts": [clock]})
    zoned = bare.with_columns(pl.col("ts").dt.replace_time_zone("Asia/Taipei"))
    for left, right, side in ((bare, zoned, "left"), (zoned, bare, "right")):
        with pytest.raises(TallystickError, match=f"times ts of the {side} rows say no time zone") as told:
            asof(left, right)
        assert "replace_time_zone" in render(told.value, "en")[1]
        assert "時區" in render(told.value, "zh_Hant")[0]
    utc = zoned.with_columns(pl.col("ts").dt.convert_time_zone("UTC"), bid=pl.lit(7))
    assert asof(zoned, utc)["bid"].to_pylist() == [7]
    assert asof(bare, bare.with_columns(bid=pl.lit(7)))["bid"].to_pylist() == [7]


def test_whole_numbers_beside_times_are_nanoseconds():
    clock = datetime.datetime(2026, 11, 20, 9, 30, tzinfo=datetime.UTC)
    times = pl.DataFrame({"symbol": ["A"], "ts": [clock]})
    numbers = {
        unit: times.with_columns(pl.col("ts").dt.epoch(unit), bid=pl.lit(7)) for unit in ("ns", "us", "s")
    }
    assert asof(times, numbers["ns"])["bid"].to_pylist() == [7]
    assert asof(numbers["us"], numbers["us"])["bid_right"].to_pylist() == [7]
    for unit in ("us", "s"):
        for left, right in ((times, numbers[unit]), (numbers[unit], times)):
            with pytest.raises(TallystickError, match="are no nanoseconds since 1970"):
                asof(left, right)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("5s", 5 * 10**9),
        ("3d", 3 * 86_400 * 10**9),
        (7, 7),
        ("7", 7),
        ("5min", 300 * 10**9),
        ("5m", 300 * 10**9),
        ("106751d", 106_751 * 86_400 * 10**9),
        (datetime.timedelta(minutes=1, microseconds=1), 60_000_001_000),
    ],
)
def test_a_duration_is_nanoseconds(text, nanoseconds):
    assert duration_of(text) == nanoseconds


@pytest.mark.parametrize("text", ["-5s", "soon", "5 s", "1.5s", "999999999d", datetime.timedelta(-1)])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(TallystickError, match="no length of time") as told:
        duration_of(text)
    assert "at most 106751d" in render(told.value, "en")[1]
    assert "106751d" in render(told.value, "zh_Hant")[1]


def test_times_beyond_nanoseconds_are_later_than_all_others():
    """9999-12-31 stands for "no end": taken as 1816, it would be in everybody's past."""
    end, now = datetime.date(9999, 12, 31), datetime.date(2026, 1, 5)
    left = pl.DataFrame({"symbol": ["A", "A"], "ts": [now, end]})
    right = pl.DataFrame({"symbol": ["A"], "ts": [end], "bid": [7]})
    old = right.with_columns(ts=pl.lit(datetime.date(1, 1, 1)))
    for kind in (pl.Date, pl.Datetime("us", "UTC"), pl.Datetime("ms"), pl.Datetime("us")):
        sides = [frame.with_columns(pl.col("ts").cast(kind)) for frame in (left, right, old)]
        assert asof(sides[0], sides[1])["bid"].to_pylist() == [None, 7]
        assert asof(sides[0], sides[2])["bid"].to_pylist() == [7, 7]
        assert asof(sides[0], sides[2], tolerance="106751d")["bid"].to_pylist() == [None, None]
    zoned = left.head(1).with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))
    assert asof(zoned, right)["bid"].to_pylist() == [None]


def test_trades_get_the_quote_that_was_known_then(lake, put):
    put("trades", 1, *({"symbol": "A", "ts": ts, "seq": 1, "price": 100, "quantity": 5} for ts in (10, 20)))
    put(
        "quotes",
        1,
        {"symbol": "A", "ts": 10, "seq": 1, "bid": 7, "ask": 8},
        {"symbol": "A", "ts": 20, "seq": 1, "bid": 1},
    )
    put("quotes", 9, {"symbol": "A", "ts": 10, "seq": 1, "bid": 6, "ask": 8})
    now = asof_datasets(lake, "trades", "quotes", Span(["A"]), columns=["bid"])
    assert (now["price"].to_pylist(), now["bid"].to_pylist()) == ([100, 100], [6, 1])
    assert asof_datasets(lake, "trades", "quotes", Span(["A"]), columns=["bid"], known_at=5)[
        "bid"
    ].to_pylist() == [7, 1]
    assert asof_datasets(lake, "trades", "depth", Span(["A"]))["bid_1"].to_pylist() == [None, None]


def test_right_side_looks_back_over_days(lake, put, closes):
    closes("A", "11-04", 100, 101)
    put(
        "fundamentals",
        3,
        {"symbol": "A", "item": "eps", "period_end": "09-30", "period": "quarter", "value": 5},
    )
    span = Span(["A"], start=None, end=None)
    found = asof_datasets(lake, "bars_daily", "fundamentals", span, columns=["value"])
    assert found["value"].to_pylist() == [5, 5]


def test_a_days_figures_count_from_its_end_and_what_begins_with_it_from_its_beginning(lake, put, closes):
    """Else a trade of the morning would be joined with the close of the same day."""
    closes("A", "11-19", 100, 101)
    put("reference_prices", 1, {"symbol": "A", "date": "11-20", "reference": 7})
    noon = date_number(day("11-20")) * 86_400 * 10**9 + 4 * 3_600 * 10**9
    put("trades", 1, {"symbol": "A", "ts": noon, "seq": 1, "price": 5, "quantity": 1})
    bars = asof_datasets(lake, "trades", "bars_daily", Span(["A"]))
    assert (bars["close"].to_pylist(), bars["date_right"].to_pylist()) == ([1_000_000], [day("11-19")])
    reference = asof_datasets(lake, "trades", "reference_prices", Span(["A"]), columns=["reference"])
    assert reference["reference"].to_pylist() == [7]
    last = asof_datasets(lake, "bars_daily", "trades", Span(["A"]), columns=["price"])
    assert last["price"].to_pylist() == [None, 5]
    by_date = asof_datasets(lake, "trades", "bars_daily", Span(["A"]), right_on="date", columns=["close"])
    assert by_date["close"].to_pylist() == [1_010_000]


def test_looking_back_has_a_beginning(lake):
    span = Span(start=datetime.date(1, 1, 2))
    assert asof_datasets(lake, "trades", "quotes", span, lookback_days=10**12).num_rows == 0
    with pytest.raises(TallystickError, match="cannot be read from -1 days before"):
        asof_datasets(lake, "trades", "quotes", span, lookback_days=-1)


def test_the_firms_own_door_takes_frames_and_answers_too(context):
    from tallystick.core.operations import Table
    from tallystick.history.asking import operations as doors
    from tallystick.history.asking.questions import AsofRequest

    left = {"symbol": ["A", "A", "B"], "ts": [4, 9, 9]}
    right = {"symbol": ["A", "A"], "ts": [5, 5], "seq": [2, 1], "bid": [7, 8]}
    kinds = (
        *(pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.table),
        lambda rows: Table(pa.table(rows)),
        lambda rows: pa.table(rows).to_pylist(),
    )
    for kind in kinds:
        asked = AsofRequest(left=kind(left), right=kind(right), columns=["bid"])
        assert doors.asof(context, asked).arrow["bid"].to_pylist() == [None, 7, None]
    with pytest.raises(
        TallystickError, match="right cannot be quotes where the other side is a frame"
    ) as one:
        doors.asof(context, AsofRequest(left=pl.DataFrame(left)))
    assert "資料表" in render(one.value, "zh_Hant")[0]
    with pytest.raises(TallystickError, match="left cannot be 5 where"):
        doors.asof(context, AsofRequest(left=5))
    with pytest.raises(TallystickError, match="known_at says which rows of a dataset are read"):
        doors.asof(
            context, AsofRequest(left=pl.DataFrame(left), right=pl.DataFrame(right), known_at="2026-11-20")
        )


NINE = datetime.datetime(2026, 11, 20, 9, tzinfo=datetime.UTC)
LEFT = [{"symbol": "A", "ts": NINE, "price": 1}]
RIGHT = [{"symbol": "A", "ts": NINE, "bid": 7}]


@pytest.mark.parametrize("make", [list, pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.Table.from_pylist])
def test_rows_are_taken_in_every_usual_form(make):
    assert asof(make(LEFT), make(RIGHT))["bid"].to_pylist() == [7]


def test_an_empty_frame_matches_nothing_whatever_its_types():
    nothing = pd.DataFrame(columns=["symbol", "ts", "bid"])
    assert asof(LEFT, nothing)["bid"].to_pylist() == [None]
    assert asof(nothing, RIGHT).num_rows == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("trades.csv", "The right rows are no frame of rows"),
        (None, "The right rows are no frame of rows"),
        (pa.table([[1], [2]], names=["symbol", "symbol"]), "have the column symbol more than once"),
    ],
)
def test_what_is_no_frame_of_rows_is_refused_in_words(given, told):
    with pytest.raises(TallystickError, match=told):
        asof(LEFT, given)
