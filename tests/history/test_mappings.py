"""Mappings of one's own: what is wrong in one is told, and a file about one instrument needs no symbol of its own."""

from __future__ import annotations

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.text import render
from tallystick.history import read_bars
from tallystick.history.loading.columns import read_mapping, vendor_mapping
from tallystick.history.loading.operations import (
    LoadRequest,
    MappingRequest,
    QuarantineRequest,
    load,
    mapping,
    quarantine,
)

KNOWN = "2026-11-20"
ROW = "2026-11-19,100,101,99,100.5,100.1,5000"
HEADER = "Date,Open,High,Low,Close,Adj Close,Volume"


def refused(context, **request):
    with pytest.raises(TallystickError) as told:
        load(context, LoadRequest(known_at=KNOWN, **request))
    return render(told.value)


@pytest.mark.parametrize(
    ("text", "told", "remedy"),
    [
        ('zone = "Mars/Phobos"', "zone = Mars/Phobos", "Asia/Taipei"),
        ('zone = "Asia"', "zone = Asia", "Asia/Taipei"),
        ('night = "3 pm"', "night = 3 pm", "15:00"),
        ('label = "middle"', "label = middle", "start or end"),
        ('encoding = "utf-9"', "encoding = utf-9", "big5"),
        ("[divide]\nvolume = 0", "divide.volume = 0", "above zero"),
        ('[columns]\nsymbl = "x"', "symbl in [columns]", "Did you mean symbol?"),
        ('[columns]\nprice = "x"', "price in [columns]", ""),
        ('[constants]\nclose = "1"', "close in [constants]", "symbol"),
        ("symbol = [", "does not read", ""),
    ],
)
def test_what_is_wrong_in_a_mapping_is_told(context, write, text, told, remedy):
    found = refused(context, files=["none.csv"], mapping=str(write("own.toml", text)))
    assert told in found[0]
    assert remedy in found[1]


def test_a_mapping_names_the_columns_of_its_dataset(write):
    path = write("own.toml", 'dataset = "trades"', "[columns]", 'price = "x"', 'row = "Row"')
    assert read_mapping(path).columns["price"] == "x"
    with pytest.raises(TallystickError, match="price in"):
        read_mapping(path, "bars_daily")


@pytest.mark.parametrize("rows", [1, 30_000])
def test_a_file_about_one_instrument(context, write, rows):
    first = ROW.replace("2026-11-19", "2026-11-18")
    path = str(write("2330.TW.csv", HEADER, first, *[ROW] * rows))
    text, remedy = refused(context, files=[path])
    assert "no column symbol" in text
    assert "--symbol" in remedy
    report = load(context, LoadRequest(files=[path], symbol="9950.XTAI", known_at=KNOWN))
    assert (report.loaded, report.duplicates) == (2, rows - 1)
    assert {bar["symbol"] for bar in read_bars(context.lake).to_pylist()} == {"9950.XTAI"}


def test_a_constant_of_a_mapping_has_its_venue(context, write):
    own = write("own.toml", 'suffix = ".XTAI"', "[constants]", 'symbol = "9950"')
    report = load(
        context, LoadRequest(files=[str(write("x.csv", HEADER, ROW))], mapping=str(own), known_at=KNOWN)
    )
    assert (report.loaded, [w.code for w in report.warnings]) == (1, ["history.unregistered"])
    assert read_bars(context.lake)["symbol"].to_pylist() == ["9950.XTAI"]


def test_the_remedy_is_what_helps(context, write):
    minutes = write("m.csv", "symbol,time,open,high,low,close", "9950.XTAI,2026-11-19 09:00,1,1,1,1")
    assert "--dataset bars_minute`" in refused(context, files=[str(minutes)])[1]
    names = ",".join(
        name if isinstance(name, str) else name[0] for name in vendor_mapping("twse_all_day").columns.values()
    )
    undated = write("d.csv", names, "9950,1,1,1,1,1,1,1")
    assert "--date 2026-11-20" in refused(context, files=[str(undated)], vendor="twse_all_day")[1]


def test_a_proposal_is_a_mapping_that_reads(context, write):
    lots = write("lots.csv", "代碼;日;開;高;低;收;張數", "9903;20261118;51.2;51.9;50.8;51.5;1234")
    found = mapping(context, MappingRequest(file=str(lots)))
    assert found.as_text == found.mapping
    assert (found.missing, found.unused_columns) == ([], [])
    own = write("own.toml", found.mapping)
    assert load(context, LoadRequest(files=[str(lots)], mapping=str(own), known_at=KNOWN)).loaded == 1
    (bar,) = read_bars(context.lake).to_pylist()
    assert (bar["symbol"], bar["high"], bar["volume"]) == ("9903.XTAI", 519_000, 1_234_000)


@pytest.mark.parametrize(
    ("code", "suffix"),
    [
        ("9901", 'suffix = ".XTAI"'),
        ("00878B", 'suffix = ".XTAI"'),
        ("AAPL", '# suffix = ".XTAI"'),
        ("9.XTAI", None),
    ],
)
def test_a_proposal_says_the_venue_of_bare_codes_where_something_tells_it(context, write, code, suffix):
    path = write("p.csv", f"Symbol,{HEADER}", f"{code},{ROW}")
    text = mapping(context, MappingRequest(file=str(path))).mapping
    assert [line for line in text.splitlines() if "suffix" in line] == ([suffix] if suffix else [])


def test_a_proposal_for_a_file_about_one_instrument(context, write):
    text = mapping(context, MappingRequest(file=str(write("2330.csv", HEADER, ROW)))).mapping
    assert text.endswith('[constants]\n# symbol = "2330.XTAI"\n')
    own = write("own.toml", text.replace("# symbol", "symbol"))
    assert read_mapping(own).constants == {"symbol": "2330.XTAI"}


def test_headers_of_a_service_of_open_data_are_known(context, write):
    header = "date,stock_id,Trading_Volume,Trading_money,open,max,min,close,spread,Trading_turnover"
    path = write("open.csv", header, "2026-11-19,9950.XTAI,5000,500000,100,101,99,100,1,7")
    report = load(context, LoadRequest(files=[str(path)], known_at=KNOWN))
    (bar,) = read_bars(context.lake).to_pylist()
    assert (bar["volume"], bar["amount"], bar["trade_count"]) == (5_000, 5_000_000_000, 7)
    assert report.files[0].unused_columns == ["spread"]


def test_the_same_file_by_a_mended_mapping_is_read_again(context, house, write):
    """A first mapping takes texts for prices; the second is right but for one row."""
    rows = ["9950.XTAI,2026-11-18,100,101,99,100.5,x", "9950.XTAI,2026-11-19,100,101,99,y,x"]
    path = str(write("own.csv", "symbol,date,open,high,low,last,note", *rows))
    wrong = str(write("wrong.toml", '[columns]\nclose = "note"'))
    right = str(write("right.toml", '[columns]\nclose = "last"'))
    first = load(context, LoadRequest(files=[path], mapping=wrong, known_at=KNOWN))
    assert (first.loaded, first.quarantined) == (0, 2)
    second = load(context, LoadRequest(files=[path], mapping=right, known_at=KNOWN))
    assert (second.loaded, second.quarantined, second.files[0].repeated) == (1, 1, False)
    waiting = quarantine(context, QuarantineRequest()).rows()
    assert [(row["row"], row["value"]) for row in waiting] == [(3, "y")]
    (gone,) = quarantine(context, QuarantineRequest(released=True)).rows()
    assert (gone["row"], gone["released_by"]) == (2, second.source_hash)
    again = load(context, LoadRequest(files=[path], mapping=right, known_at=KNOWN))
    assert (again.files[0].repeated, again.quarantined, [one.row for one in again.reasons]) == (True, 1, [3])
    assert len(house.sent) == 2


@pytest.mark.parametrize("sign", ["^", "~", " ", "\x01"])
def test_a_header_that_another_sign_parts_is_told_and_proposed(context, write, sign):
    lines = [f"symbol,{HEADER}", f"9950.XTAI,{ROW}"]
    names = [line.replace("Adj Close", "Adjusted").replace(",", sign) for line in lines]
    path = str(write("own.txt", *names))
    remedy = refused(context, files=[path])[1]
    found = mapping(context, MappingRequest(file=path)).mapping
    written = next(line for line in found.splitlines() if line.startswith("separator"))
    assert remedy.endswith(f"in a mapping: {written}")
    own = write("own.toml", found)
    assert load(context, LoadRequest(files=[path], mapping=str(own), known_at=KNOWN)).loaded == 1


def test_a_header_of_fixed_width_is_told(context, write):
    path = write("own.txt", "symbol     date        close", "9950.XTAI  2026-11-19  100.5")
    assert "columns of fixed width" in refused(context, files=[str(path)])[1]


def test_a_vendor_and_a_mapping_are_not_named_together(context, write):
    own = str(write("own.toml", 'suffix = ".XTAI"'))
    text, remedy = refused(context, files=["none.csv"], mapping=own, vendor="cn_dayly")
    assert "Both a vendor, cn_dayly, and a mapping" in text
    assert "Name one of them" in remedy


@pytest.mark.parametrize("files", [[], [""], ["prices.csv", ""]])
def test_no_file_is_told(context, files):
    assert refused(context, files=files)[0] == "No file is named."


def test_columns_that_are_read_from_one_header_are_doubted(context, write):
    own = write("own.toml", '[columns]\nopen = "Close"')
    path = write("x.csv", f"symbol,{HEADER}", f"9901.XTAI,{ROW}")
    report = load(context, LoadRequest(files=[str(path)], mapping=str(own), known_at=KNOWN))
    assert [w.warning for w in report.warnings] == [
        "open, close are read from one and the same column of the file, Close."
    ]


def test_what_is_nearest_is_a_header_that_is_not_taken(context, write):
    """Of these `Close` is nearest to `code`, but it is the close."""
    path = write("x.csv", HEADER, ROW)
    assert "Nearest" not in refused(context, files=[str(path)], vendor="cn_daily")[1]
