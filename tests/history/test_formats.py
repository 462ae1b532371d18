"""What files look like: encodings, archives, fixed width, DBF, headers in the middle, dates of the Republic."""

from __future__ import annotations

import datetime
import gzip
import struct
import zipfile

import pytest

from tallystick.core.errors import TallystickError
from tallystick.history import read_bars
from tallystick.history.loading.columns import ColumnMapping, vendor_mapping
from tallystick.history.loading.encodings import as_utf8, detect
from tallystick.history.loading.load import load_files
from tallystick.history.loading.operations import LoadRequest, MappingRequest, load, mapping

HEADER = "代號,日期,開盤,最高,最低,收盤,成交股數"
ROW = "9902,2026-11-19,10,11,9,10.5,1000"
TAIWAN = "證券代號,證券名稱,成交股數,開盤價,最高價,最低價,收盤價"
MAINLAND = "证券代码,证券名称,成交量,开盘价,最高价,最低价,收盘价"


def load_one(context, path, known_at, mapping=None, dataset="bars_daily", date=None):
    return load_files(context, dataset, [path], mapping or vendor_mapping("generic"), known_at, date)


def closes(context):
    return {
        (bar["symbol"], bar["date"].isoformat()): bar["close"] for bar in read_bars(context.lake).to_pylist()
    }


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (TAIWAN, "big5", "cp950"),
        (MAINLAND, "gb18030", "gb18030"),
        (TAIWAN, "utf-8", "utf-8"),
        (TAIWAN, "utf-8-sig", "utf-8-sig"),
        (TAIWAN, "utf-16", "utf-16"),
        ("symbol,date", "ascii", "ascii"),
    ],
)
def test_encoding_is_found_out(text, encoding, found):
    assert detect(text.encode(encoding)) == found
    assert as_utf8(text.encode(encoding))[0].decode() == text


@pytest.mark.parametrize("encoding", ["big5", "gb18030", "utf-8-sig", "utf-16"])
def test_file_of_any_encoding_loads(context, tmp_path, known_at, encoding):
    header = HEADER if encoding != "gb18030" else "代码,日期,开盘价,最高价,最低价,收盘价,成交量"
    path = tmp_path / "prices.csv"
    path.write_bytes("\r\n".join([header, ROW]).encode(encoding))
    report = load_one(context, path, known_at)
    assert report.loaded == 1
    assert closes(context) == {("9902", "2026-11-19"): 105_000}


def test_row_in_another_encoding_costs_only_itself(context, tmp_path, known_at):
    lines = ["名稱," + HEADER, "虛構甲," + ROW, "虛構乙," + ROW.replace("11-19", "11-18")]
    path = tmp_path / "prices.csv"
    path.write_bytes(
        "\n".join(lines).encode("big5") + b"\nx,\xff\xfe\xff" + ROW.replace("11-19", "11-17").encode()
    )
    report = load_one(context, path, known_at)
    assert (report.loaded, [(r.row, r.code, r.value) for r in report.reasons]) == (
        2,
        [(4, "history.row_encoding", "cp950")],
    )
    assert report.reasons[0].reason == (
        "symbol is not text in the encoding of its file, cp950: the file mixes encodings, or the row is damaged."
    )


def test_archives_hold_one_or_several_files(context, tmp_path, known_at):
    path = tmp_path / "prices.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "\n".join([HEADER, ROW]))
        archive.writestr("in/b.csv", "\n".join([HEADER, ROW.replace("9902", "9903"), "x"]).encode("big5"))
    report = load_one(context, path, known_at)
    assert [(file.file, file.loaded, file.quarantined) for file in report.files] == [
        ("prices.zip/a.csv", 1, 0),
        ("prices.zip/in/b.csv", 1, 1),
    ]
    assert all(file.repeated for file in load_one(context, path, known_at).files)
    alone = tmp_path / "other name.csv"
    alone.write_text("\n".join([HEADER, ROW]))
    assert (
        load_one(context, alone, known_at).files[0].repeated
    )  # known by its content, wherever it comes from
    packed = tmp_path / "more.csv.gz"
    packed.write_bytes(gzip.compress("\n".join([HEADER, ROW.replace("9902", "9904")]).encode()))
    assert load_one(context, packed, known_at).loaded == 1


def test_fixed_width_is_cut_in_bytes(context, tmp_path, known_at):
    lines = ["虛構公司9902  20261119  10.00  10.50", "甲      9903  20261119   1.00   1.50"]
    path = tmp_path / "prices.txt"
    path.write_bytes("\r\n".join(lines).encode("big5"))
    mapping = ColumnMapping(
        fixed={"name": (1, 8), "symbol": (9, 14), "date": (15, 22), "open": (23, 29), "close": (30, 36),
               "low": (23, 29), "high": (30, 36)},
        suffix=".XTAI",
    )  # fmt: skip
    with pytest.raises(TallystickError, match="The place of symbol in a line is no place"):
        load_one(context, path, known_at, ColumnMapping(fixed={"symbol": (6, 1)}))
    assert load_one(context, path, known_at, mapping).loaded == 2
    assert closes(context) == {("9902.XTAI", "2026-11-19"): 105_000, ("9903.XTAI", "2026-11-19"): 15_000}


def dbf(rows, *, cut=0):
    fields = [
        ("SYMBOL", "C", 6),
        ("DATE", "D", 8),
        *((name, "N", 9) for name in ("OPEN", "HIGH", "LOW", "CLOSE")),
    ]
    width = 1 + sum(size for _, _, size in fields)
    head = 32 + 32 * len(fields) + 1
    data = struct.pack("<BBBBIHH20x", 3, 126, 11, 19, len(rows), head, width)
    for name, kind, size in fields:
        data += struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), size, 0)
    data += b"\x0d"
    for mark, *cells in rows:
        data += mark + b"".join(
            cell.encode("big5").ljust(size) for cell, (_, _, size) in zip(cells, fields, strict=True)
        )
    return data[: len(data) - cut]


def test_dbf_loads_without_its_deleted_rows(context, tmp_path, known_at):
    path = tmp_path / "prices.dbf"
    rows = [
        (b" ", "9902", "20261119", "10", "11", "9", "10.5"),
        (b"*", "9903", "20261119", "10", "11", "9", "10.5"),
        (b" ", "9904", "20261119", "10", "8", "9", "10.5"),
    ]
    path.write_bytes(dbf(rows))
    report = load_one(context, path, known_at)
    assert (report.loaded, [(r.row, r.code) for r in report.reasons]) == (1, [(2, "history.high_below_low")])
    path.write_bytes(dbf(rows, cut=20))
    with pytest.raises(TallystickError, match="no DBF table: it says 3 records and holds 2"):
        load_one(context, path, known_at)


@pytest.mark.parametrize(
    "written",
    ["115/11/19", "1151119", "115年11月19日", "115.11.19", "2026/11/19", "2026年11月19日", "20261119"],
)
def test_dates_of_every_form_are_one(context, write, known_at, written):
    report = load_one(context, write("prices.csv", HEADER, ROW.replace("2026-11-19", written)), known_at)
    assert (report.loaded, list(closes(context))) == (1, [("9902", "2026-11-19")])


@pytest.mark.parametrize("written", ["115/02/30", "1151319", "261119", "15-11-19"])
def test_dates_that_are_none_or_could_be_two_are_told(context, write, known_at, written):
    report = load_one(context, write("prices.csv", HEADER, ROW.replace("2026-11-19", written)), known_at)
    assert [reason.code for reason in report.reasons] == ["history.not_a_date"]


def test_two_digit_years_of_the_republic(context, write, known_at):
    load_one(context, write("prices.csv", HEADER, ROW.replace("2026-11-19", "99/1/4")), known_at)
    assert list(closes(context)) == [("9902", "2010-01-04")]


def test_header_in_the_middle_is_found(context, write, known_at):
    path = write(
        "prices.csv", "a made-up exchange", "", "index,value,change", "main,100,1", "", HEADER, ROW, "9903,x,1,1,1,1,1"
    )  # fmt: skip
    report = load_one(context, path, known_at)
    assert (report.loaded, [(r.row, r.column) for r in report.reasons]) == (1, [(8, "date")])


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.csv", b"<!DOCTYPE html><html><title>No trading</title></html>", r"HTML \(No trading\)"),
        ("a.csv", b"\r\n<html><body>x</body></html>", r"HTML \(<html"),
        ("a.csv", b"%PDF-1.7 x", "PDF"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xx", "Excel"),
        ("a.csv", b"\x00\x01\x02,\x00", "binary"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is(context, tmp_path, known_at, name, data, what):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(TallystickError, match=what):
        load_one(context, path, known_at)


def test_file_of_another_date_than_asked_for_is_refused(context, house, write, known_at):
    path = write("prices.csv", HEADER, ROW)
    with pytest.raises(TallystickError, match=r"prices.csv is of 2026-11-19, not of 2026-11-18"):
        load(context, LoadRequest(files=[str(path)], date=datetime.date(2026, 11, 18)))
    titled = write("titled.csv", "115年11月19日 made-up quotes", "代號,開盤,最高,最低,收盤", "9902,1,1,1,1")
    with pytest.raises(TallystickError, match=r"titled.csv is of 2026-11-19"):
        load_one(context, titled, known_at, date=datetime.date(2026, 11, 18))
    assert house.sent == []
    assert load_one(context, titled, known_at).loaded == 1
    minutes = write(
        "minutes.csv", "代號,時間,開盤,最高,最低,收盤", "9903,09:00,1,1,1,1", "9903,2026-11-19 09:01,1,1,1,1"
    )
    with pytest.raises(TallystickError, match=r"minutes.csv is of 2026-11-19, not of 2026-11-18"):
        load_one(context, minutes, known_at, dataset="bars_minute", date=datetime.date(2026, 11, 18))
    assert (
        load_one(context, minutes, known_at, dataset="bars_minute", date=datetime.date(2026, 11, 19)).loaded
        == 2
    )
    bare = write("bare.csv", "代號,開盤,最高,最低,收盤", "9903,1,1,1,1")
    with pytest.raises(TallystickError, match="has no column date"):
        load_one(context, bare, known_at)
    assert load_one(context, bare, known_at, date=datetime.date(2026, 11, 18)).loaded == 1
    assert set(closes(context)) == {("9902", "2026-11-19"), ("9903", "2026-11-18")}


def test_mapping_is_proposed_from_names_and_values(context, write, tmp_path):
    path = write("odd.csv", "代碼;交易日;頭;頂;底;收盤價;張數", "9903;20261118;51.2;51.9;50.8;51.5;1234")
    found = mapping(context, MappingRequest(file=str(path)))
    assert found.mapping.splitlines() == [
        'dataset = "history.bars_daily"',
        "# The venue of symbols that name none, e.g. .XTAI or .ROCO: see that it is theirs.",
        'suffix = ".XTAI"',
        "",
        "[columns]",
        'symbol = "代碼"',
        'close = "收盤價"',
        'volume = "張數"',
        'date = "交易日"',
        '# open = "頭 | 頂 | 底"',
        '# high = "頭 | 頂 | 底"',
        '# low = "頭 | 頂 | 底"',
        "",
        "[multiply]",
        "volume = 1000",
    ]
    assert (found.missing, found.unused_columns) == (["open", "high", "low"], ["頭", "頂", "底"])
    filled = found.mapping
    for column, name in (("open", "頭"), ("high", "頂"), ("low", "底")):
        filled = filled.replace(f'# {column} = "頭 | 頂 | 底"', f'{column} = "{name}"')
    (tmp_path / "odd.toml").write_text(filled, encoding="utf-8")
    request = LoadRequest(files=[str(path)], mapping=str(tmp_path / "odd.toml"), known_at="2026-11-20")
    assert load(context, request).loaded == 1
