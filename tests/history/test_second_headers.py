"""Files of several parts: a header that comes again, one with other columns, returns for newlines, nothing below it."""

from __future__ import annotations

import pytest

from tallystick.history import read_bars
from tallystick.history.loading import sources
from tallystick.history.loading.columns import vendor_mapping
from tallystick.history.loading.load import load_files

HEADER = "symbol,date,open,high,low,close,volume"
OTHER = "symbol,date,close,high,low,open,volume"


def row(day, first="100", last="101"):
    return f"9.XTAI,2026-11-{day},{first},102,99,{last},5000"


def load_one(context, path):
    return load_files(context, "bars_daily", [path], vendor_mapping("generic"))


def closes(context):
    return [bar["close"] // 10_000 for bar in read_bars(context.lake).to_pylist()]


def warned(report):
    return [(one.code, one.rows, one.row) for one in report.warnings if "header" in one.code]


@pytest.fixture(params=[False, True])
def fast(request, monkeypatch):
    monkeypatch.setattr(sources, "FAST_BYTES", 0 if request.param else 1 << 60)


@pytest.mark.usefixtures("fast")
def test_rows_below_a_header_with_other_columns_are_set_aside(context, write):
    path = write("p.csv", HEADER, row(16), OTHER, row(17), "x,broken", HEADER, row(18, "100", "100"))
    report = load_one(context, path)
    assert [(r.row, r.code) for r in report.reasons] == [
        (3, "history.second_header"),
        (4, "history.second_header"),
        (5, "history.row_fields"),
    ]
    assert (closes(context), warned(report)) == ([101, 100], [("history.header_again", 1, 6)])


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("again", [HEADER, HEADER.upper(), "代號,日期,開盤價,最高價,最低價,收盤價,成交股數"])
def test_a_header_that_says_the_same_again_is_passed_over(context, write, again):
    report = load_one(context, write("p.csv", HEADER, row(16), again, row(17), again, row(18)))
    assert (report.loaded, report.quarantined) == (3, 0)
    assert warned(report) == [("history.header_again", 2, 3)]


def test_a_header_with_another_unit_is_another_header(context, write):
    lots = "代號,日期,開盤價,最高價,最低價,收盤價,成交量(張)"
    report = load_one(context, write("p.csv", lots.replace("張", "股"), row(16), lots, row(17)))
    assert [(r.row, r.code) for r in report.reasons] == [
        (3, "history.second_header"),
        (4, "history.second_header"),
    ]


def test_rows_without_trade_below_another_header_are_set_aside_too(context, write):
    report = load_one(context, write("p.csv", HEADER, row(16), OTHER, "9.XTAI,2026-11-17,--,----,-,--,0"))
    assert (report.without_trade, [r.row for r in report.reasons]) == (0, [3, 4])


def test_any_number_of_dashes_is_no_trade(context, write):
    lines = [
        f"{mark}.XTAI,2026-11-16,{mark},{mark},{mark},{mark},0" for mark in ("-", "---", "----", "--------")
    ]
    report = load_one(context, write("p.csv", HEADER, *(line.replace("-", "A", 1) for line in lines)))
    assert (report.quarantined, report.without_trade) == (0, 4)


@pytest.mark.usefixtures("fast")
def test_lines_that_end_with_returns_alone_are_lines(context, tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes("\r".join([HEADER, row(16), row(17, "x"), row(18), ""]).encode())
    report = load_one(context, path)
    assert (report.loaded, [(r.row, r.column) for r in report.reasons]) == (2, [(3, "open")])
    path.write_bytes("\r".join(["a title", HEADER, row(19)]).encode() + b"\r\n")
    assert load_one(context, path).loaded == 1


def test_a_return_inside_a_line_is_no_crash(context, tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(
        "\n".join(["a title", "a\rremark", HEADER, row(16), "9.X\rTAI,2026-11-17,x,1,1,1,1"]).encode()
    )
    report = load_one(context, path)
    assert (report.loaded, [r.row for r in report.reasons]) == (1, [5])


def test_a_header_and_nothing_below_it_is_told(context, write):
    assert warned(load_one(context, write("p.csv", HEADER))) == [("history.header_only", 0, 0)]


def test_a_damaged_mark_of_thousands_costs_its_own_row(context, write):
    volumes = ["1,000", "12,34", "25,012,345", "2,345"]
    lines = [row(16 + place).replace("5000", f'"{volume}"') for place, volume in enumerate(volumes)]
    report = load_one(context, write("p.csv", HEADER, *lines))
    assert (report.loaded, [(r.row, r.column, r.code, r.value) for r in report.reasons]) == (
        3,
        [(3, "volume", "history.comma", "12,34")],
    )
    assert "has a comma that does not surely part thousands: 12,34." in report.reasons[0].reason
