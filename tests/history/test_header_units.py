"""Units that a header states are read, told, and refused where a mapping says otherwise."""

from __future__ import annotations

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.text import render
from tallystick.history import read_bars
from tallystick.history.loading.header_units import factor_of
from tallystick.history.loading.operations import LoadRequest, MappingRequest, load, mapping

KNOWN = "2026-11-20"
HEADER = "日期,股票代號,開盤,最高,最低,收盤,成交量(張),成交金額(千元)"
ROW = "20261119,9901.XTAI,100,101,99,100,123,12300"


def bar(context):
    row = read_bars(context.lake).to_pylist()[0]
    return row["volume"], row["amount"]


@pytest.mark.parametrize(
    ("header", "money", "factor"),
    [
        ("成交量(張)", False, 1_000),
        ("成交量（張）", False, 1_000),
        ("成交股數[仟股]", False, 1_000),
        ("成交量(股)", False, 1),
        ("成交量(手)", False, 100),
        ("張數", False, 1_000),
        ("成交仟股", False, 1_000),
        ("成交手数", False, 100),
        ("成交金額(千元)", True, 1_000),
        ("成交金額(單位:新台幣仟元)", True, 1_000),
        ("成交额(万元)", True, 10_000),
        ("成交金額(百萬元)", True, 1_000_000),
        ("成交额(亿元)", True, 100_000_000),
        ("收盤價(元)", True, 1),
        ("成交金額", True, None),
        ("成交量", False, None),
        ("成交數量(B+S)", False, None),
        ("收盤價(張)", True, None),
    ],
)
def test_units_of_headers(header, money, factor):
    assert factor_of(header, money=money) == factor


@pytest.mark.parametrize("rows", [1, 30_000])
def test_a_file_is_read_by_the_units_of_its_header(context, write, rows):
    report = load(context, LoadRequest(files=[str(write("lots.csv", HEADER, *[ROW] * rows))], known_at=KNOWN))
    assert bar(context) == (123_000, 12_300_000 * 10_000)
    told = [(w.code, w.column, w.warning) for w in report.warnings]
    assert told == [
        ("history.unit_stated", "volume", "volume is read in units of 1,000, as its header says."),
        ("history.unit_stated", "amount", "amount is read in units of 1,000, as its header says."),
    ]


def test_a_mapping_that_says_the_same_is_no_doubt_and_another_is_refused(context, write):
    path = str(write("lots.csv", HEADER, ROW))
    other = str(write("other.toml", "[multiply]", "volume = 1"))
    with pytest.raises(TallystickError) as told:
        load(context, LoadRequest(files=[path], mapping=other, known_at=KNOWN))
    assert (
        "states a unit of 1,000 in its header 成交量(張), the mapping one of 1 for volume"
        in render(told.value)[0]
    )
    same = str(write("same.toml", "[multiply]", "volume = 1000", "amount = 1000"))
    report = load(context, LoadRequest(files=[path], mapping=same, known_at=KNOWN))
    assert (report.loaded, report.warnings) == (1, [])
    assert bar(context) == (123_000, 12_300_000 * 10_000)


def test_a_proposal_has_the_units_and_the_venues_and_a_line_for_what_is_left(context, write):
    found = mapping(
        context,
        MappingRequest(
            file=str(write("lots.csv", HEADER, ROW.replace("XTAI", "TW"), ROW.replace("XTAI", "TWO")))
        ),
    )
    assert found.mapping.endswith(
        '[multiply]\nvolume = 1000\namount = 1000\n\n[venues]\nTW = "XTAI"\nTWO = "ROCO"\n'
    )
    short = "日期,股票代號,開,高,低,收,量(張),額"
    found = mapping(context, MappingRequest(file=str(write("short.csv", short, ROW))))
    assert 'volume = "量(張)"\namount = "額"' in found.mapping
    odd = "日期,股票代號,開,高,低,收,多少,總計"
    found = mapping(context, MappingRequest(file=str(write("odd.csv", odd, ROW))))
    assert '# volume = "多少 | 總計"' in found.mapping


def test_a_file_that_looks_like_fixed_width_is_told(context, write):
    lines = [
        "9901  20261119   1,100   1,200   1,000   1,150",
        "9902  20261119   2,100   2,200   2,000   2,150",
    ]
    found = mapping(context, MappingRequest(file=str(write("fixed.txt", *lines)))).mapping
    assert "looks like a file of fixed width" in found
    assert "#   [1, 4]  9901\n#   [7, 14]  20261119\n" in found
    assert (
        "[fixed]\nsymbol = [1, 4]\ndate = [7, 14]\n# open = [18, 22] | [26, 30] | [34, 38] | [42, 46]\n"
        in found
    )


@pytest.mark.parametrize("encoding", ["big5", "utf-8"])
def test_a_file_of_fixed_width_with_a_row_of_names_is_proposed_whole(context, write, encoding):
    rows = [
        ["代號", "日期", "開盤", "最高", "最低", "收盤", "張數"],
        ["9901", "20261119", "11.0", "12.0", "10.0", "11.5", "0012"],
        ["9902", "20261119", "21.0", "22.0", "20.0", "21.5", "0034"],
        ["9903", "2026"],
    ]
    lines = [" ".join(cell + " " * (9 - len(cell.encode(encoding))) for cell in row).rstrip() for row in rows]
    path = str(write("fixed.txt", *lines, encoding=encoding))
    found = mapping(context, MappingRequest(file=path))
    assert (found.missing, found.unused_columns) == ([], [])
    own = str(write("own.toml", found.mapping))
    report = load(context, LoadRequest(files=[path], mapping=own, known_at=KNOWN))
    assert (report.loaded, [one.row for one in report.reasons]) == (2, [1, 4])
    bars = context.lake.scan("history.bars_daily").to_pylist()
    assert [(bar["symbol"], bar["low"], bar["volume"]) for bar in bars] == [
        ("9901.XTAI", 100_000, 12_000),
        ("9902.XTAI", 200_000, 34_000),
    ]


def test_a_file_cut_inside_its_last_field_is_doubted(context, tmp_path):
    header = "symbol,date,open,high,low,close,volume\n"
    row = "9901.XTAI,2026-11-19,100,101,99,100,12"
    for name, text, doubts in [
        ("cut.csv", header + row, [("history.cut_short", "volume", 2)]),
        ("whole.csv", header + row + "\n", []),
        ("quoted.csv", header + row.replace(",12", ',"12"'), []),
        ("unread.csv", header.replace("volume", "other") + row, []),
    ]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        report = load(context, LoadRequest(files=[str(path)], known_at=KNOWN))
        assert [(w.code, w.column, w.row) for w in report.warnings] == doubts, name


def test_a_line_of_fixed_width_that_is_too_short_is_doubted(context, write, tmp_path):
    own = write(
        "own.toml", "[fixed]", "symbol = [1, 9]", "date = [10, 17]", "open = [18, 21]", "high = [22, 25]",
        "low = [26, 29]", "close = [30, 33]", "volume = [34, 39]",
    )  # fmt: skip
    line = "9901.XTAI20261119 100 101  99 100123456"
    for name, text, doubts in [
        ("cut.txt", line[:-4], ["history.cut_short"]),
        ("whole.txt", line, []),
    ]:
        (tmp_path / name).write_text(text, encoding="utf-8")
        report = load(context, LoadRequest(files=[str(tmp_path / name)], mapping=str(own), known_at=KNOWN))
        assert [w.code for w in report.warnings] == doubts, name
