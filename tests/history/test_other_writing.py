"""How others write numbers, dates, times and files: read for what it surely means, else told."""

from __future__ import annotations

import datetime
import json
import zipfile

import polars as pl
import pytest

from tallystick.core.errors import TallystickError
from tallystick.history import read_bars
from tallystick.history.loading import sources
from tallystick.history.loading.columns import ColumnMapping, vendor_mapping
from tallystick.history.loading.headers import title_date
from tallystick.history.loading.load import load_files
from tallystick.history.loading.times import read_clock_times
from tallystick.history.loading.values import read_dates, read_decimals

HEADER = "symbol,date,open,high,low,close,volume"
ROW = "9.XTAI,2026-11-16,100.5,102.5,99.5,101.5,5000"
NINE = 1_795_136_400_000_000_000
"""2026-11-20 09:00 in Taipei."""


def load_one(context, path, **mapping):
    given = ColumnMapping(**mapping) if mapping else vendor_mapping("generic")
    return load_files(context, "bars_daily", [path], given)


def warnings(report):
    return [warning for warning in report.warnings if warning.code != "history.unregistered"]


def closes(context):
    return [bar["close"] for bar in read_bars(context.lake).to_pylist()]


def test_only_whole_groups_of_thousands_are_read():
    texts = pl.Series(["1,234,567.5", "-1,234", "100,5", "1,23,456", "1234,567", ",5", "1,234,5"])
    column = read_decimals(texts)
    assert column.values.to_list() == [12_345_675_000, -12_340_000, None, None, None, None, None]
    assert column.unreadable.to_list() == [False, False, True, True, True, True, True]


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_decimal_commas_are_read_where_a_file_has_no_other(context, write, monkeypatch, separator, fast):
    monkeypatch.setattr(sources, "FAST_BYTES", 0 if fast else 1 << 60)
    lines = [
        HEADER,
        "9.XTAI,2026-11-16,100.5,102.5,99.5,101.500,5000",
        "9.XTAI,2026-11-17,100,1.100.25,99,101,50",
    ]
    path = write("p.csv", *(line.replace(",", separator) for line in lines))
    dotted = {
        "100.5": "100,5",
        "102.5": "102,5",
        "99.5": "99,5",
        "101.500": "101,500",
        "1.100.25": "1.100,25",
    }
    text = path.read_text()
    for point, comma in dotted.items():
        text = text.replace(separator + point, separator + comma)
    path.write_text(text)
    report = load_one(context, path)
    assert (report.loaded, report.quarantined, closes(context)) == (2, 0, [1_015_000, 1_010_000])


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("9.XTAI;2026-11-17;100,5;102,5;99,5;101,500;5000", "open"),
        ('"9.XTAI";2026-11-17;99;102;99;101,500;5000', "close"),
    ],
)
def test_commas_that_could_be_either_are_set_aside(context, write, monkeypatch, fast, row, column):
    monkeypatch.setattr(sources, "FAST_BYTES", 0 if fast else 1 << 60)
    path = write(
        "p.csv", HEADER.replace(",", ";"), ROW.replace(",", ";"), row, "9.XTAI;2026-11-18;1;1;0,5;1;1"
    )
    report = load_one(context, path)
    assert [(r.row, r.column, r.code) for r in report.reasons] == [
        (3, column, "history.comma"),
        (4, "low", "history.comma"),
    ]
    assert closes(context) == [1_015_000]


def test_quoted_thousands_stay_thousands(context, write):
    path = write("p.csv", HEADER, '9.XTAI,2026-11-16,"1,100.5","1,102","1,000","1,101.50","5,000"')
    assert (load_one(context, path).loaded, closes(context)) == (1, [11_015_000])


def test_years_of_two_digits_are_those_of_the_republic_or_none():
    texts = ["99/1/4", "79/01/04", "26/11/16", "78/1/4", "26年11月16日", "民國26年11月16日", "115/11/16"]
    found = read_dates(pl.Series(texts)).values.to_list()
    assert [day and day.isoformat() for day in found] == [
        "2010-01-04", "1990-01-04", None, None, None, "1937-11-16", "2026-11-16"
    ]  # fmt: skip
    assert title_date("26/11/16 quotes") is None
    assert title_date("99/1/4 quotes") == datetime.date(2010, 1, 4)


@pytest.mark.parametrize("fast", [False, True])
def test_dates_with_a_mark_or_a_midnight_are_read(context, write, monkeypatch, fast):
    monkeypatch.setattr(sources, "FAST_BYTES", 0 if fast else 1 << 60)
    texts = ["民國115年11月16日", "民國115/11/16", "2026-11-16T00:00:00", "2026-11-16 00:00:00+08:00"]
    lines = [ROW.replace("9.XTAI,2026-11-16", f"{place}.XTAI,{text}") for place, text in enumerate(texts, 1)]
    wrong = [ROW.replace("2026-11-16", text) for text in ("26/11/16", "2026-11-16 09:00:00")]
    report = load_one(context, write("p.csv", HEADER, *lines, *wrong))
    assert (report.loaded, [r.row for r in report.reasons]) == (4, [6, 7])
    assert {bar["date"].isoformat() for bar in read_bars(context.lake).to_pylist()} == {"2026-11-16"}


@pytest.mark.parametrize(
    "text",
    ["2026-11-20T01:00:00.000000000Z", "2026-11-20T09:00:00+08:00", "2026-11-19 20:00:00-0500", "9:00", "0900",
     "2026-11-20 9:00"],
)  # fmt: skip
def test_times_say_how_far_they_are_from_utc_or_leave_digits_out(text):
    day = pl.Series([datetime.date(2026, 11, 20)])
    assert read_clock_times(pl.Series([text]), "Asia/Taipei", day).values.to_list() == [NINE]


def test_times_that_could_be_two_are_none():
    days = pl.Series([datetime.date(2026, 11, 20)] * 2)
    assert read_clock_times(pl.Series(["0900", "90000"]), "Asia/Taipei", days).values.to_list() == [
        None,
        NINE,
    ]
    texts = pl.Series(["26/11/20 09:00", "9999-12-31 09:00", "1795136400", "1795136400000", "1811121212123"])
    assert read_clock_times(texts, "Asia/Taipei", None).values.to_list() == [None] * 5


def test_a_guess_of_the_encoding_is_told(context, write):
    header = HEADER.replace("symbol", "symbol,name")
    path = write("p.csv", header, ROW.replace("9.XTAI", "9.XTAI,中国"), encoding="gb18030")
    (warning,) = warnings(load_one(context, path))
    assert (warning.code, warning.warning) == (
        "history.encoding_guessed",
        f"The encoding was guessed as {warning.column}.",
    )
    again = write("q.csv", header, ROW.replace("9.XTAI", "8.XTAI,中国"), encoding="gb18030")
    assert warnings(load_one(context, again, encoding="gb18030")) == []
    names = "臺灣證券交易所股份有限公司每日收盤行情"
    sure = write("r.csv", header, ROW.replace("9.XTAI", f"7.XTAI,{names}"), encoding="big5")
    assert warnings(load_one(context, sure)) == []


@pytest.mark.parametrize("fast", [False, True])
def test_rows_of_another_encoding_are_set_aside_where_they_need_it(context, tmp_path, monkeypatch, fast):
    monkeypatch.setattr(sources, "FAST_BYTES", 0 if fast else 1 << 60)
    lines = [HEADER.replace("symbol", "name,symbol").encode()]
    for place, (name, encoding) in enumerate(
        [("臺積電子", "big5"), ("台灣證券", "utf-8"), ("交易所", "big5")], 1
    ):
        lines.append(ROW.replace("9.XTAI", f"{name},{place}.XTAI").encode(encoding))
        lines.append(ROW.replace("9.XTAI", f"{place},{name}").encode(encoding))
    path = tmp_path / "p.csv"
    path.write_bytes(b"\r\n".join(lines))
    report = load_one(context, path)
    assert (report.loaded, [(r.row, r.column, r.code, r.value) for r in report.reasons]) == (
        5,
        [(5, "symbol", "history.row_encoding", "cp950")],
    )
    assert "mixes encodings" in report.reasons[0].reason
    unknown = [w for w in report.warnings if w.code == "history.letters_unknown"]
    assert [(w.rows, w.row) for w in unknown] == [(1, 4)]
    path.write_bytes(
        "代號,日期,開盤,最高,最低,收盤,名稱".encode("big5") + "\n9,2026-11-16,1,1,1,1,台積".encode()
    )
    with pytest.raises(
        TallystickError, match=r"p.csv mixes encodings: its rows are utf-8, its header is not"
    ):
        load_one(context, path)


@pytest.mark.parametrize("own", [b"\x8b\xf4", b"\xfa\x40", b"\x8b\xf4\xa4\xa4", b"\xa4\xa4\x8b\xf4"])
@pytest.mark.parametrize("separator", [",", "|"])
def test_letters_that_an_office_made_itself_cost_no_row(context, tmp_path, own, separator):
    names = "臺灣證券交易所股份有限公司每日收盤行情".encode("big5")
    rows = [ROW.replace("9.XTAI", f"@@,{symbol}.XTAI").encode() for symbol in "789"]
    data = b"\n".join([HEADER.replace("symbol", "name,symbol").encode(), *rows, b""])
    for name in (names, own, b"made by hand"):
        data = data.replace(b"@@", name, 1)
    path = tmp_path / "p.csv"
    path.write_bytes(data.replace(b",", separator.encode()))
    report = load_one(context, path)
    assert (report.loaded, report.quarantined, report.files[0].encoding) == (3, 0, "cp950")
    (warning,) = warnings(report)
    assert (warning.code, warning.rows, warning.row) == ("history.letters_unknown", 1, 3)
    path.write_bytes(data.replace(b"8.XTAI", own + b"8.XTAI"))
    report = load_one(context, path)
    assert [(r.row, r.column, r.code) for r in report.reasons] == [(3, "symbol", "history.row_encoding")]


def test_what_stands_beside_tables_in_an_archive_is_passed_over(context, tmp_path):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "Prices of a made-up exchange.\n")
        archive.writestr("__MACOSX/._p.csv", b"\x00\x01")
        archive.writestr("terms.pdf", b"%PDF-1.7")
        archive.writestr("p.txt", f"{HEADER}\n{ROW}\n")
    report = load_one(context, path)
    assert (report.loaded, [file.file for file in report.files]) == (1, ["p.zip/p.txt"])
    assert [(warning.code, warning.column) for warning in warnings(report)] == [
        ("history.passed_over", name) for name in ("readme.txt", "__MACOSX/._p.csv", "terms.pdf")
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "Prices of a made-up exchange.\n")
    with pytest.raises(TallystickError, match="has no column symbol"):
        load_one(context, path)


def test_a_wanted_name_that_comes_twice_is_refused(context, house, write):
    path = write("p.csv", HEADER.replace("open", "Close ").replace("volume", "open"), ROW)
    with pytest.raises(TallystickError, match=r"The header of p.csv has \S+ ?2 times"):
        load_one(context, path)
    assert house.sent == []
    other = write("q.csv", f"{HEADER},note,note", f"{ROW},a,b")
    assert load_one(context, other).loaded == 1


OBJECT = dict(
    zip(HEADER.split(","), ["9.XTAI", "2026-11-16", 100.5, "102.50", 99.5, 101.10, 5000], strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([OBJECT]),
        json.dumps(OBJECT) + "\n",
        json.dumps({"msg": "ok", "data": [OBJECT]}),
        json.dumps({"fields": list(OBJECT), "data": [list(OBJECT.values())]}, indent=1),
    ],
)
def test_json_of_rows_is_read(context, write, text):
    report = load_one(context, write("p.json", text))
    assert (report.loaded, report.quarantined, closes(context)) == (1, 0, [1_011_000])
    assert read_bars(context.lake).to_pylist()[0]["high"] == 1_025_000


@pytest.mark.parametrize("text", ['{"a": [1]}', "[1, 2]", "[{", '{"fields": ["a"], "data": [[1, 2]]}'])
def test_json_of_something_else_is_refused(context, write, text):
    with pytest.raises(TallystickError, match=r"p.json is no JSON of rows"):
        load_one(context, write("p.json", text))
