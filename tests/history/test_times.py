"""Times: numbers by their digits and never a moment of 1970, the forms of Taiwan, and the date beside a time."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from tallystick.history.loading.columns import ColumnMapping, vendor_mapping
from tallystick.history.loading.load import load_files
from tallystick.history.loading.times import read_clock_times

DAY = datetime.date(2026, 11, 20)
NINE = 1_795_136_400_000_000_000
"""2026-11-20 09:00 in Taipei."""
SECOND = 1_000_000_000
MILLIONTH = 1_000
TRADE = {"symbol": "9901.XTAI", "date": "2026-11-20", "price": 50.5, "quantity": 1000}


def read(values, *, beside=True, kind=None):
    days = pl.Series([DAY] * len(values)) if beside else None
    return read_clock_times(pl.Series(values, dtype=kind), "Asia/Taipei", days).values.to_list()


@pytest.mark.parametrize("kind", [pl.Int32, pl.Int64, pl.UInt32, pl.Float64])
def test_whole_numbers_are_times_of_day_by_their_digits(kind):
    assert read([90001, 100000, None], kind=kind) == [NINE + SECOND, NINE + 3600 * SECOND, None]
    assert read([900, 1330], kind=kind) == [NINE, NINE + 16_200 * SECOND]
    assert read([1, 90000], kind=kind)[0] == NINE - (9 * 3600 - 1) * SECOND, "beside 90000, 1 is 00:00:01"
    assert read([90001], kind=kind, beside=False) == [None]


def test_whole_numbers_are_nanoseconds_only_where_that_is_a_time_of_ours():
    assert read([NINE, 20261120090000, 90000]) == [NINE] * 3
    assert read([NINE // 10**9, NINE // 10**6, NINE // 10**3, 315_532_799_999_999_999, -5]) == [None] * 5
    assert read([NINE // 10**9], beside=False) == [None]
    assert read([90001.5, 1e300, float("inf")], kind=pl.Float64) == [None] * 3


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("115/11/20 09:00:01", SECOND),
        ("民國115年11月20日 09:00:01", SECOND),
        ("20261120 090001", SECOND),
        ("2026/11/20 上午 09:00:01", SECOND),
        ("2026-11-20 9:00:01 AM", SECOND),
        ("2026/11/20 下午 01:00:00", 4 * 3600 * SECOND),
        ("115/11/20 下午1:00:00+08:00", 4 * 3600 * SECOND),
        ("下午 12:00", 3 * 3600 * SECOND),
        ("下午 13:00", 4 * 3600 * SECOND),
        ("上午 12:00:00", -9 * 3600 * SECOND),
        ("090001123456", SECOND + 123_456 * MILLIONTH),
        ("90001123456", SECOND + 123_456 * MILLIONTH),
        ("20261120090000123", 123_000 * MILLIONTH),
        ("20261120090000123456", 123_456 * MILLIONTH),
    ],
)
def test_times_as_files_of_taiwan_write_them(text, after):
    assert read([text, text]) == [NINE + after] * 2


def test_what_could_be_two_times_is_none():
    strange = [
        "上午 13:00",
        "下午 25:00",
        "202611200900",
        "x 20261120090000",
        "26/11/20 09:00",
        "2026112009000012",
    ]
    assert read(strange) == [None] * len(strange)


def load(context, rows, *, dataset="trades", **mapping):
    given = ColumnMapping(**mapping) if mapping else vendor_mapping("generic")
    return load_files(context, dataset, [rows], given)


def test_a_list_with_numbers_for_times_loads_at_them(context):
    report = load(context, [TRADE | {"time": 90001}, TRADE | {"time": 1_795_136_401}])
    assert report.loaded == 1
    (row,) = context.lake.scan("history.trades", columns=["ts", "date"]).to_pylist()
    assert row["date"] == DAY
    assert (
        int(context.lake.scan("history.trades", columns=["ts"])["ts"].cast("int64")[0].as_py())
        == NINE + SECOND
    )
    (reason,) = report.reasons
    assert (reason.row, reason.code) == (2, "history.not_a_time")
    assert reason.reason == "ts is no time: 1795136401."


def test_a_time_of_another_day_than_its_date_is_set_aside(context):
    times = ["2026-11-20 09:00:01", "2025-03-05 09:00:01", "2026-11-21 00:00:00", "2026-11-19 22:00:00"]
    report = load(context, [TRADE | {"time": time, "symbol": "TXF202612.XTAF"} for time in times])
    assert (report.loaded, [(r.row, r.code) for r in report.reasons]) == (
        2,
        [(2, "history.other_day"), (3, "history.other_day")],
    )
    assert report.reasons[0].reason.startswith(
        "ts is of another day than the row's date 2026-11-20: 2025-03-05 09:00"
    )


def test_the_day_is_that_of_the_venue(context):
    bar = dict.fromkeys(("open", "high", "low", "close", "volume"), 1)
    late = {"symbol": "A.XNAS", "date": "2026-11-19", "time": "2026-11-20T04:30:00Z"} | bar
    report = load(context, [late], dataset="bars_minute")
    assert "history.other_day" not in [r.code for r in report.reasons], "in New York it is still the 19th"
    assert load(context, [late | {"symbol": "A"}], dataset="bars_minute").loaded == 1, (
        "nobody knows where A is traded"
    )
    report = load(context, [late | {"symbol": "A.XTAI"}], dataset="bars_minute")
    assert [r.code for r in report.reasons] == ["history.other_day"]


CHINA = {"date": "2026-11-19"} | dict.fromkeys(("open", "high", "low", "close", "volume"), 1)


@pytest.mark.parametrize(
    ("times", "doubted"),
    [
        (["09:30", "09:31", "11:29"], True),
        (["09:31", "11:30", "15:00"], False),
        (["09:30", "11:30", "15:00"], False),
    ],
)
def test_bars_labelled_by_their_start_are_doubted_where_their_end_is_expected(context, times, doubted):
    rows = [CHINA | {"code": "600000", "time": time} for time in times]
    report = load_files(context, "bars_minute", [rows], vendor_mapping("cn_minute"))
    codes = [warning.code for warning in report.warnings]
    assert (report.loaded, "history.label_doubtful" in codes) == (3, doubted)


def test_bare_codes_of_the_mainland_get_the_venue_of_their_range(context):
    venues = {"600000": "XSHG", "688001": "XSHG", "510300": "XSHG", "000001": "XSHE", "300750": "XSHE",
              "159915": "XSHE", "920001": "BJSE", "830001": "BJSE"}  # fmt: skip
    left = ["204001", "399001", "113001", "60000", "600000.SH", "sz000002"]
    rows = [CHINA | {"code": code, "amount": 1} for code in (*venues, *left)]
    assert load_files(context, "bars_daily", [rows], vendor_mapping("cn_daily")).quarantined == 0
    found = set(context.lake.scan("history.bars_daily", columns=["symbol"])["symbol"].to_pylist())
    assert found == {f"{code}.{venue}" for code, venue in venues.items()} | {
        "204001",
        "399001",
        "113001",
        "60000",
        "000002.XSHE",
    }
