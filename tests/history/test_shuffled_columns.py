"""Vendors' files with their columns in any order give the same rows: they are mapped by name, never by place."""

from __future__ import annotations

import csv
import io
import random

import pytest

from tallystick.history.loading.operations import LoadRequest, load

KNOWN = "2026-11-20"
ORDERS = 3
OWN = {"instrument", "known_time", "event_time", "source", "reason", "revision"}

# preset: lines before the table, its header, its rows
FILES = {
    "twse_daily": (
        ["115年11月19日 每日收盤行情(全部)"],
        "證券代號 證券名稱 成交股數 成交筆數 成交金額 開盤價 最高價 最低價 收盤價 漲跌(+/-) 漲跌價差 "
        "最後揭示買價 最後揭示賣價 本益比",
        ['="9950" 虛構甲 1,234,000 500 123,400,000 100.00 101.00 99.50 100.50 + 0.50 100.00 100.50 12.00'],
    ),
    "twse_all_day": (
        [],
        "日期 證券代號 證券名稱 成交股數 成交金額 開盤價 最高價 最低價 收盤價 漲跌價差 成交筆數",
        ["1151119 9950 虛構甲 1000 100500 100.00 101.00 99.50 100.50 -0.50 3"],
    ),
    "tpex_daily": (
        ["上櫃股票每日收盤行情(不含定價)", "資料日期:115/11/19"],
        "代號 名稱 收盤 漲跌 開盤 最高 最低 均價 成交股數 成交金額(元) 成交筆數",
        ["9960 虛構丙 10.50 除息 10.00 10.60 9.90 10.20 2,000 20,500 4"],
    ),
    "tpex_open_data": (
        [],
        "Date SecuritiesCompanyCode CompanyName TradingShares Open High Low Close",
        ["1151119 9960 虛構丙 5000 10.00 10.60 9.90 10.50"],
    ),
    "taifex_futures_ticks": (
        [],
        "成交日期 商品代號 到期月份(週別) 成交時間 成交價格 成交數量(B+S) 近月價格 遠月價格 開盤集合競價",
        [
            "20261118 XX 202612 150001 20000 4 - - *",
            "20261119 XX 202612 043000 20005 2 - - _",
            "20261119 XX 202612/202701 084501 12 2 20010 19998 _",
        ],
    ),
    "taifex_option_ticks": (
        [],
        "成交日期 商品代號 履約價格 到期月份(週別) 買賣權別 成交時間 成交價格 成交數量(BorS) 開盤集合競價",
        ["20261119 YYO 20000 202612 買權 084500 12.5 3 *", "20261119 YYO 20000 202612 賣權 084500 7 1 _"],
    ),
    "cn_daily": (
        [],
        "ts_code trade_date open high low close pre_close vol amount",
        ["609901.SH 20261119 10.00 10.50 9.90 10.20 10.00 1234.56 1259.2512"],
    ),
    "cn_minute": (
        [],
        "code time open high low close volume amount",
        ["609901.SH 2026-11-19T09:31:00 1 1 1 1 100 100"],
    ),
}


def written(preset, order):
    """The file with its columns in an order of its own; 0 is the vendor's."""
    before, header, rows = FILES[preset]
    lines = [[cell.replace("_", "") for cell in line.split(" ")] for line in rows]
    lines = [header.split(" "), *lines]
    places = list(range(len(lines[0])))
    if order:
        random.Random(f"{preset} {order}").shuffle(places)
    table = io.StringIO()
    csv.writer(table).writerows([[line[place] for place in places] for line in lines])
    return "\r\n".join([*before, table.getvalue()]).encode("utf-8")


@pytest.mark.parametrize("preset", FILES)
def test_columns_in_any_order_give_the_same_rows(open_house, tmp_path, preset):
    from tallystick.core.access import Actor
    from tallystick.core.context import Context

    found = []
    for order in range(ORDERS):
        folder = tmp_path / str(order)
        folder.mkdir()
        house, path = open_house(folder), folder / "file.csv"
        path.write_bytes(written(preset, order))
        report = load(
            Context(house, Actor("someone")), LoadRequest(files=[str(path)], vendor=preset, known_at=KNOWN)
        )
        assert (report.loaded, report.quarantined) == (len(FILES[preset][2]), 0), report
        rows = house.lake.scan(report.dataset).to_pylist()
        kept = [{name: value for name, value in row.items() if name not in OWN} for row in rows]
        found.append(sorted(kept, key=str))
        house.lake.close()
    assert found == [found[0]] * ORDERS
