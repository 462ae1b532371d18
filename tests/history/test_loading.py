"""Files and frames come in; broken rows are told by their number, the good ones are there."""

from __future__ import annotations

import datetime
import gzip

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.history import load_frame, read_bars
from tallystick.history.loading.columns import ColumnMapping, read_mapping, vendor_mapping
from tallystick.history.loading.load import load_files
from tallystick.history.loading.operations import LoadRequest, load

HEADER = "symbol,date,open,high,low,close,volume,amount"
GOOD = "9901.XTAI,2026-11-19,580,591,575,588,1000,586000"


def load_one(context, path, known_at=None, dataset="history.bars_daily", vendor="generic"):
    return load_files(context, dataset, [path], vendor_mapping(vendor), known_at)


def told(report):
    return [(reason.row, reason.column, reason.code.removeprefix("history.")) for reason in report.reasons]


def test_csv_with_broken_rows_loads_the_good_and_lists_the_rest(context, write, known_at):
    path = write(
        "prices.csv",
        HEADER,
        GOOD,
        "9901.XTAI,2026-11-18,580,590,575,588,abc,586000",
        "9901.XTAI,2026-11-17,580,590,575,588,1000",
        "",
        "9901.XTAI,2026-11-31,580,590,575,588,1000,1",
        "9901.XTAI,2026-11-16,580,570,575,588,1000,1",
        "9901.XTAI,2026-11-13,600,590,575,588,1000,1",
        "9901.XTAI,2026-11-12,580,590,575,588,-5,1",
        "9901.XTAI,2026-11-11,580,590,575,NaN,1000,1",
        "9901.XTAI,2026-11-10,inf,590,575,588,1000,1",
        "9901.XTAI,2026-11-21,580,590,575,588,1000,1",
        ',2026-11-09,580,590,575,588,1000,1',
        '9901.XTAI,"2026-11-09,580,590,575,588,1000,1',
        "9901.XTAI,2026-11-06,580,590,575,,1000,1",
        "9901.XTAI,2026-11-05,580,590,575,588,10.5,1",
        "9901.XTAI,2026-11-03,580,592,575,588,1000,586000",
        GOOD,
        "9901.XTAI,2026-11-04,--,--,--,--,0,0",
        "9902.XTAI,2026-11-04,10,11,9,10.25,7,",
        "9901.XTAI,2026-11-03,580,593,575,588,1000,586000",
        "9901.XTAI,2026-11-03,580,592,575,588,1000,586000",
    )  # fmt: skip
    report = load_one(context, path, known_at)
    assert told(report) == [
        (3, "volume", "not_whole"),
        (4, "", "row_fields"),
        (6, "date", "not_a_date"),
        (7, "high", "high_below_low"),
        (8, "open", "outside_range"),
        (9, "volume", "negative"),
        (10, "close", "not_finite"),
        (11, "open", "not_finite"),
        (12, "date", "future"),
        (13, "symbol", "empty"),
        (14, "", "row_quotes"),
        (15, "close", "empty"),
        (16, "volume", "not_whole"),
        (17, "symbol", "key_twice"),
        (21, "symbol", "key_twice"),
        (22, "symbol", "key_twice"),
    ]
    assert (report.loaded, report.quarantined, report.duplicates, report.without_trade) == (2, 16, 1, 1)
    assert [reason.reason for reason in report.reasons[-3:]] == [
        f"The key is in row {other} too, with other values." for other in (21, 17, 21)
    ]
    assert report.reasons[2].reason == "date is no date: 2026-11-31."
    bars = read_bars(context.lake).to_pylist()
    assert [(bar["symbol"], bar["instrument"], bar["close"], bar["volume"]) for bar in bars] == [
        ("9901.XTAI", 0, 5_880_000, 1_000),
        ("9902.XTAI", -1, 102_500, 7),
    ]
    assert bars[0]["high"] == 5_910_000
    assert bars[0]["amount"] == 5_860_000_000
    assert bars[1]["amount"] is None
    assert bars[0]["event_time"].date() == datetime.date(2026, 11, 20)
    assert bars[0]["source"] == "generic"


def test_same_file_twice_changes_nothing_and_says_so(context, house, write, known_at):
    path = write("prices.csv", HEADER, GOOD, "9901.XTAI,2026-11-18,x,590,575,588,1,1")
    first = load_one(context, path, known_at)
    again = load_one(context, path)
    renamed = path.rename(path.with_name("other.csv"))
    once_more = load_one(context, renamed)
    for later in (again, once_more):
        assert later.files[0].repeated
        assert (first.loaded, first.duplicates) == (1, 0)
        assert (later.loaded, later.duplicates) == (0, 1), "the row is there already"
        assert (later.quarantined, told(later)) == (first.quarantined, told(first))
        assert later.source_hash == first.source_hash
        assert later.files[0].file == "prices.csv"
    assert len(house.sent) == 1
    assert house.sent[0].rows == 1
    assert house.sent[0].sha256.hex() == first.source_hash
    assert context.lake.describe("history.bars_daily").rows == 1
    assert context.lake.describe("history.quarantine").rows == 1


def test_a_file_that_is_named_twice_counts_once(context, write, known_at):
    path = write("prices.csv", HEADER, GOOD, "9901.XTAI,2026-11-18,x,590,575,588,1,1")
    report = load_files(context, "bars_daily", [path, path], vendor_mapping("generic"), known_at)
    assert (report.loaded, report.duplicates, report.quarantined) == (1, 1, 1)
    assert told(report) == [(3, "open", "not_a_number")]
    assert [file.repeated for file in report.files] == [False, True]


def test_load_killed_before_the_journal_continues_without_doubling(context, house, write, known_at):
    path = write("prices.csv", HEADER, GOOD, "9901.XTAI,2026-11-18,x,590,575,588,1,1")
    send = house.send
    house.send = None  # the process dies here
    with pytest.raises(TypeError):
        load_one(context, path, known_at)
    house.send = send
    report = load_one(context, path, known_at + 10**9)
    assert (report.loaded, report.quarantined, report.duplicates) == (1, 1, 0)
    assert context.lake.describe("history.bars_daily").rows == 1
    assert context.lake.describe("history.quarantine").rows == 1
    assert house.sent[0].rows == 1


def test_overlapping_file_adds_only_what_is_new_or_changed(context, write, known_at):
    load_one(context, write("a.csv", HEADER, GOOD, "9901.XTAI,2026-11-18,580,590,575,588,1,1"), known_at)
    second = write(
        "b.csv", HEADER, GOOD, "9901.XTAI,2026-11-18,580,590,575,589,1,1", "9901.XTAI,2026-11-17,5,5,5,5,5,5"
    )
    report = load_one(context, second, known_at + 10**9)
    assert (report.loaded, report.duplicates, report.quarantined) == (2, 1, 0)
    assert read_bars(context.lake)["close"].to_pylist() == [50_000, 5_890_000, 5_880_000]
    assert read_bars(context.lake, known_at=known_at)["close"].to_pylist() == [5_880_000, 5_880_000]


def test_prices_are_exact_decimals(context, write, known_at):
    path = write(
        "prices.csv", HEADER,
        'A,2026-11-19,0.1,0.10005,0.09994999999999999999999,"0.1000",1,"1,234,567.89"',
        "B,2026-11-19,+1.,1e0,.5,1,1,1",
        "C,2026-11-19,99999999999999999999,99999999999999999999,1,1,1,1",
    )  # fmt: skip
    report = load_one(context, path, known_at)
    assert told(report) == [(4, "open", "too_large")]
    assert report.files[0].rounded == 2
    found = read_bars(context.lake).to_pylist()
    assert [found[0][name] for name in ("open", "high", "low", "close", "amount")] == [
        1_000,
        1_001,
        999,
        1_000,
        12_345_678_900,
    ]
    assert [found[1][name] for name in ("open", "high", "low", "close")] == [10_000, 10_000, 5_000, 10_000]


def test_mended_headers_vendors_and_mappings(context, write, known_at, tmp_path):
    chinese = write(
        "每日收盤.csv", '"證券代號","交易日期","開盤價","最高價","最低價","收盤價","成交股數","備註"',
        '="0050","2026/11/19","1,180.00","1,195.00","1,175.00","1,190.00","12,345","x"',
    )  # fmt: skip
    mapping = tmp_path / "mine.toml"
    mapping.write_text('suffix = ".XTAI"\nsource = "mine"\n[multiply]\nvolume = 1000\n', encoding="utf-8")
    report = load_files(context, "bars_daily", [chinese], read_mapping(mapping), known_at)
    assert (report.loaded, report.quarantined) == (1, 0)
    assert report.files[0].unused_columns == ["備註"]
    (bar,) = read_bars(context.lake).to_pylist()
    assert (bar["symbol"], bar["open"], bar["volume"], bar["source"]) == (
        "0050.XTAI",
        11_800_000,
        12_345_000,
        "mine",
    )
    with pytest.raises(
        TallystickError, match=r"no column close; its header reads symbol, date, .*Nearest is Clse"
    ):
        load_one(context, write("c.csv", "symbol,date,open,high,low,Clse", "A,2026-11-19,1,1,1,1"), known_at)
    mapped = ColumnMapping(columns={"close": "Schluss"})
    with pytest.raises(TallystickError, match="no column Schluss"):
        load_files(context, "bars_daily", [write("d.csv", HEADER, GOOD)], mapped, known_at)
    with pytest.raises(TallystickError, match="does not read"):
        read_mapping(write("bad.toml", "colums = 1"))
    with pytest.raises(NotFound, match=r"no vendor generik. Did you mean generic"):
        vendor_mapping("generik")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_separators_endings_marks_and_gzip(context, tmp_path, known_at, separator, ending):
    lines = [HEADER, GOOD, "9901.XTAI,2026-11-18,580,590,575,588,abc,1", GOOD.replace("11-19", "11-17")]
    text = "\ufeff" + ending.join(line.replace(",", separator) for line in lines)
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    report = load_one(context, path, known_at)
    assert (report.loaded, told(report)) == (2, [(3, "volume", "not_whole")])


def test_row_that_is_not_utf8_costs_only_itself(context, tmp_path, known_at):
    lines = [
        HEADER.encode(),
        GOOD.encode(),
        "台積電,2026-11-18,580,590,575,588,1,1".encode("big5"),
        "台積電,2026-11-18,580,590,575,588,1,1".encode(),
    ]
    path = tmp_path / "prices.csv"
    path.write_bytes(b"\n".join(lines))
    report = load_one(context, path, known_at)
    assert (report.loaded, told(report)) == (2, [(3, "symbol", "row_encoding")])


def test_file_that_is_no_file_is_told(context, write, tmp_path, known_at):
    for path, problem in (
        (tmp_path / "none.csv", "There is no file .*none.csv. Check its name"),
        (write("empty.csv", ""), "holds no rows"),
        (write("broken.parquet", "no parquet"), "cannot be read"),
        (write("broken.csv.gz", "no gzip"), "cannot be unpacked: it is cut short or damaged"),
    ):
        with pytest.raises(TallystickError, match=problem):
            load_one(context, path, known_at)
    with pytest.raises(NotFound, match=r"no dataset history.bars_dayly. Did you mean history.bars_daily"):
        load_one(context, write("x.csv", HEADER, GOOD), known_at, dataset="history.bars_dayly")
    with pytest.raises(TallystickError, match="No file is named"):
        load(context, LoadRequest(files=[]))
    only_header = load_one(context, write("header.csv", HEADER), known_at)
    assert (only_header.loaded, only_header.quarantined) == (0, 0)


def frames():
    day = datetime.date(2026, 11, 19)
    rows = {"symbol": ["A", "B", "C"], "date": [day] * 3, "open": [1.1, 2.0, 1.0], "high": [1.30005, 2.0, 1.0],
            "low": [1.0, 2.0, 1.5], "close": [1.2, 2.0, float("nan")], "volume": [5, 6, 7]}  # fmt: skip
    return {
        "polars": pl.DataFrame(rows),
        "lazy": pl.DataFrame(rows).lazy(),
        "pandas": pd.DataFrame(rows),
        "arrow": pa.table(rows),
        "objects": pl.DataFrame(rows).to_dicts(),
    }


@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "arrow", "objects"])
def test_frames_load_as_files_do(context, known_at, kind):
    frame = frames()[kind]
    report = load_frame(context, frame, known_time=known_at)
    code = "empty" if kind == "pandas" else "not_finite"  # in pandas NaN is how a missing value is written
    assert (report.loaded, told(report)) == (2, [(3, "close", code)])
    assert report.files[0].rounded == 1
    assert read_bars(context.lake)["high"].to_pylist() == [13_001, 20_000]
    assert load_frame(context, frame, known_time=known_at).files[0].repeated
    assert context.lake.describe("history.bars_daily").rows == 2


def test_frame_that_is_none_is_told(context):
    with pytest.raises(TallystickError, match="is no frame of rows"):
        load_frame(context, 5)


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_table_files_load(context, tmp_path, known_at, suffix):
    path = tmp_path / f"prices.{suffix}"
    frame = frames()["polars"]
    frame.write_parquet(path) if suffix == "parquet" else frame.write_ipc(path)
    report = load(context, LoadRequest(files=[str(path)], known_at="2026-11-20 18:00:00"))
    assert (report.loaded, told(report)) == (2, [(3, "close", "not_finite")])
    assert load(context, LoadRequest(files=[frames()["objects"]], known_at="2026-11-20")).duplicates == 2


def test_minute_bars_take_local_times(context, write, known_at):
    path = write(
        "minutes.csv", "time,code,open,high,low,close,volume",
        "2026-11-19 09:00:00,9901.XTAI,1,1,1,1,1",
        "2026-11-19 09:01,9901.XTAI,1,1,1,1,1",
        "2026-11-19 25:00,9901.XTAI,1,1,1,1,1",
        "2026-11-20 18:30,9901.XTAI,1,1,1,1,1",
    )  # fmt: skip
    report = load_one(context, path, known_at, dataset="bars_minute")
    assert told(report) == [(4, "ts_start", "not_a_time"), (5, "ts_start", "future")]
    found = read_bars(context.lake, freq="1m").to_pylist()
    assert [bar["ts_start"].isoformat() for bar in found] == [
        "2026-11-19T01:00:00+00:00",
        "2026-11-19T01:01:00+00:00",
    ]
    assert [(bar["ts_end"] - bar["ts_start"]).total_seconds() for bar in found] == [60, 60]
    assert [(str(bar["date"]), bar["phase"]) for bar in found] == [("2026-11-19", "continuous")] * 2
    ends = write("ends.csv", "date,time,code,open,high,low,close", "20261118,09:01:00,9901.XTAI,1,1,1,1")
    load_files(context, "bars_minute", [ends], ColumnMapping(label="end"), known_at)
    (first,) = read_bars(context.lake, freq="1m", end=datetime.date(2026, 11, 18)).to_pylist()
    assert first["ts_start"].isoformat() == "2026-11-18T01:00:00+00:00"


def test_reasons_come_in_the_callers_language(context, write, known_at):
    context.language = "zh_Hant"
    report = load_one(context, write("p.csv", HEADER, GOOD.replace("2026-11-19", "soon")), known_at)
    assert report.reasons[0].reason == "date 不是日期：soon。"
