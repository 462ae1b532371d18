"""Files as known vendors write them, made up: each preset reads its own traps right."""

from __future__ import annotations

import datetime
import json

import pytest

from tallystick.core.errors import TallystickError
from tallystick.history import DATASETS, read_bars
from tallystick.history.loading.columns import _vendors, vendor_mapping
from tallystick.history.loading.operations import LoadRequest, load

KNOWN = "2026-11-20"
TWSE = (
    '"115年11月19日 價格指數(臺灣證券交易所)"',
    '"指數","收盤指數","漲跌(+/-)","漲跌點數"',
    '"虛構指數","1,000.00","+","1.00"',
    "",
    '"115年11月19日 每日收盤行情(全部)"',
    '"證券代號","證券名稱","成交股數","成交筆數","成交金額","開盤價","最高價","最低價","收盤價","漲跌(+/-)","漲跌價差",'
    '"最後揭示買價","最後揭示買量","最後揭示賣價","最後揭示賣量","本益比",',
    '="9950","虛構甲        ","1,234,000","500","123,400,000","100.00","101.00","99.50","100.50","+","0.50",'
    '"100.00","5","100.50","7","12.00",',
    '"9951B","虛構乙","0","0","0","--","--","--","--"," ","0.00","--","0","--","0","0.00",',
    '"備註:"',
    '"漲跌價差為當日收盤價與前一日收盤價之比較。"',
)


def put(tmp_path, lines, encoding="big5"):
    path = tmp_path / "file.csv"
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return str(path)


def bars(context, **named):
    return read_bars(context.lake, **named).to_pylist()


def test_twse_daily_quotes(context, tmp_path):
    report = load(context, LoadRequest(files=[put(tmp_path, TWSE)], vendor="twse_daily", known_at=KNOWN))
    assert (report.loaded, report.quarantined, report.without_trade) == (1, 0, 1)
    assert report.files[0].encoding == "cp950"
    (bar,) = bars(context)
    assert (bar["symbol"], bar["date"], bar["trade_count"]) == ("9950.XTAI", datetime.date(2026, 11, 19), 500)
    assert [bar[name] for name in ("open", "high", "low", "close")] == [
        1_000_000,
        1_010_000,
        995_000,
        1_005_000,
    ]
    assert (bar["volume"], bar["amount"]) == (1_234_000, 1_234_000_000_000)
    other = LoadRequest(files=[put(tmp_path, TWSE)], vendor="twse_daily", date=datetime.date(2026, 11, 18))
    with pytest.raises(TallystickError, match=r"is of 2026-11-19, not of 2026-11-18"):
        load(context, other)
    changed = [line.replace("1,234,000", "1,235,000") for line in TWSE]
    with pytest.raises(TallystickError, match="is of 2026-11-19, not of 2026-11-18"):
        load(context, LoadRequest(files=[put(tmp_path, changed)], vendor="twse_daily", date=other.date))


def test_twse_all_day_has_the_amount_before_the_count(context, tmp_path):
    lines = (
        "日期,證券代號,證券名稱,成交股數,成交金額,開盤價,最高價,最低價,收盤價,漲跌價差,成交筆數",
        '"1151119","9950","虛構甲","1000","100500","100.00","101.00","99.50","100.50","-0.50","3"',
    )
    load(context, LoadRequest(files=[put(tmp_path, lines)], vendor="twse_all_day", known_at=KNOWN))
    (bar,) = bars(context)
    assert (bar["amount"], bar["trade_count"], bar["close"]) == (1_005_000_000, 3, 1_005_000)


@pytest.mark.parametrize("average", ["", ",均價 "])
def test_tpex_daily_has_the_close_first(context, tmp_path, average):
    mean = ",10.20" if average else ""
    lines = (
        "上櫃股票每日收盤行情(不含定價)",
        "資料日期:115/11/19",
        f"代號,名稱,收盤 ,漲跌,開盤 ,最高 ,最低{average},成交股數  , 成交金額(元), 成交筆數 ",
        f'"9960","虛構丙","10.50","除息","10.00","10.60","9.90"{mean},"2,000","20,500","4"',
        "共1筆",
    )
    report = load(context, LoadRequest(files=[put(tmp_path, lines)], vendor="tpex_daily", known_at=KNOWN))
    (bar,) = bars(context)
    assert (report.quarantined, bar["symbol"], bar["open"], bar["close"]) == (
        0,
        "9960.ROCO",
        100_000,
        105_000,
    )
    assert (bar["volume"], bar["amount"], bar["trade_count"]) == (2_000, 205_000_000, 4)


def test_tpex_open_data(context, tmp_path):
    lines = (
        "Date,SecuritiesCompanyCode,CompanyName,TradingShares,Open,High,Low,Close",
        "1151119,9960,虛構丙,5,1,2,1,1.5",
    )
    load(context, LoadRequest(files=[put(tmp_path, lines, "utf-8")], vendor="tpex_open_data", known_at=KNOWN))
    assert [(bar["symbol"], bar["close"]) for bar in bars(context)] == [("9960.ROCO", 15_000)]


FUTURES = (
    "成交日期,商品代號,到期月份(週別),成交時間,成交價格,成交數量(B+S),近月價格,遠月價格,開盤集合競價",
    "20261118,XX     ,202612     ,150001,20000,4,-,-,*",
    "20261119,XX     ,202612     ,043000,20005,2,-,-, ",
    "20261119,XX     ,202612     ,084500,20010,6,-,-,*",
    "20261119,XX     ,202612/202701,084501,-12,2,20010,19998, ",
    "20261119,XX     ,202612     ,084502,20010,3,-,-, ",
)


def test_taifex_futures_ticks_halve_volumes_and_know_the_night(context, tmp_path):
    request = LoadRequest(files=[put(tmp_path, FUTURES)], vendor="taifex_futures_ticks", known_at=KNOWN)
    report = load(context, request)
    assert report.dataset == "history.trades"
    assert [(r.row, r.column, r.code) for r in report.reasons] == [(6, "quantity", "history.not_divided")]
    found = context.lake.scan("history.trades", order=["ts"]).to_pylist()
    assert [(row["symbol"], row["price"], row["quantity"], row["phase"]) for row in found] == [
        ("XX202612.XTAF", 200_000_000, 2, "open_auction"),
        ("XX202612.XTAF", 200_050_000, 1, "continuous"),
        ("XX202612.XTAF", 200_100_000, 3, "open_auction"),
        ("XX202612/202701.XTAF", -120_000, 1, "continuous"),
    ]
    assert {row["date"] for row in found} == {datetime.date(2026, 11, 19)}
    assert found[0]["ts"].isoformat() == "2026-11-18T07:00:01+00:00"


def test_taifex_option_ticks_do_not_halve(context, tmp_path):
    lines = (
        "成交日期,商品代號,履約價格,到期月份(週別),買賣權別,成交時間,成交價格,成交數量(B or S),開盤集合競價",
        "20261119,YYO  ,20000,202612  ,買權 ,084500,12.5,3,*",
        "20261119,YYO  ,20000,202612  ,賣權 ,084500,7,1, ",
    )
    load(context, LoadRequest(files=[put(tmp_path, lines)], vendor="taifex_option_ticks", known_at=KNOWN))
    found = context.lake.scan("history.trades", order=["symbol"]).to_pylist()
    assert [(row["symbol"], row["quantity"]) for row in found] == [
        ("YYO-202612-20000-C.XTAF", 3),
        ("YYO-202612-20000-P.XTAF", 1),
    ]


def test_mainland_daily_counts_lots_and_thousands_and_says_that_it_is_from_memory(context, tmp_path):
    lines = (
        "ts_code,trade_date,open,high,low,close,pre_close,vol,amount",
        "609901.SH,20261119,10.00,10.50,9.90,10.20,10.00,1234.56,1259.2512",
        "SZ009901,20261119,10.00,10.50,9.90,10.20,10.00,1,1.02",
    )
    report = load(
        context, LoadRequest(files=[put(tmp_path, lines, "gb18030")], vendor="cn_daily", known_at=KNOWN)
    )
    first, second = bars(context)
    assert (first["symbol"], first["volume"], first["amount"]) == ("009901.XSHE", 100, 10_200_000)
    assert (second["symbol"], second["volume"], second["amount"]) == ("609901.XSHG", 123_456, 12_592_512_000)
    assert [(warned.code, warned.rows) for warned in report.warnings] == [("history.unverified", 2)]
    assert "cn_daily" in report.warnings[0].warning


def test_mainland_minutes_are_labelled_by_their_end(context, tmp_path):
    lines = ("code,time,open,high,low,close,volume,amount", "609901.SH,2026-11-19 09:31:00,1,1,1,1,100,100")
    load(context, LoadRequest(files=[put(tmp_path, lines, "utf-8")], vendor="cn_minute", known_at=KNOWN))
    (bar,) = bars(context, freq="1m")
    assert bar["ts_start"].isoformat() == "2026-11-19T01:30:00+00:00"


def test_every_preset_reads_and_names_columns_of_its_dataset():
    for vendor in _vendors():
        mapping = vendor_mapping(vendor)
        assert mapping.told, vendor
        if vendor != "generic":
            given = DATASETS[mapping.dataset].given
            assert {*mapping.columns, *mapping.join, *mapping.multiply, *mapping.divide} <= set(given), vendor


MONTH_FIELDS = [
    "日期",
    "成交股數",
    "成交金額",
    "開盤價",
    "最高價",
    "最低價",
    "收盤價",
    "漲跌價差",
    "成交筆數",
]
MONTH_ROWS = [
    ["115/11/16", "1,000", "100,500", "100.00", "101.00", "99.50", "100.50", "X0.00", "3"],
    ["115/11/17", "2,000", "201,000", "100.00", "101.00", "99.50", "100.50", "-0.50", "4"],
]
MONTH_TITLE = "115年11月 9950 虛構甲           各日成交資訊"


def test_twse_month_of_one_stock_has_the_stock_in_its_title(context, tmp_path):
    lines = [
        f'"{MONTH_TITLE}"',
        *(",".join(f'"{cell}"' for cell in row) + "," for row in (MONTH_FIELDS, *MONTH_ROWS)),
    ]
    notes = [
        '"說明:"',
        '"符號說明:+/-/X表示漲/跌/不比價"',
        '"當日統計資訊含一般、零股、盤後定價、鉅額交易。"',
    ]
    report = load(context, LoadRequest(files=[put(tmp_path, [*lines, *notes])], vendor="twse_stock_month"))
    assert (report.loaded, report.quarantined) == (2, 0)
    told = [(bar["symbol"], bar["date"].day, bar["volume"], bar["trade_count"]) for bar in bars(context)]
    assert told == [("9950.XTAI", 16, 1_000, 3), ("9950.XTAI", 17, 2_000, 4)]
    answer = {
        "stat": "OK",
        "date": "20261101",
        "title": MONTH_TITLE,
        "fields": MONTH_FIELDS,
        "data": MONTH_ROWS,
    }
    path = tmp_path / "month.json"
    path.write_text(json.dumps(answer | {"notes": notes}, ensure_ascii=False), encoding="utf-8")
    report = load(context, LoadRequest(files=[str(path)], vendor="twse_stock_month"))
    assert (report.loaded, report.duplicates, report.quarantined) == (0, 2, 0)
    nameless = put(tmp_path, lines[1:])
    with pytest.raises(TallystickError, match=r"has no column symbol.*--symbol"):
        load(context, LoadRequest(files=[nameless], vendor="twse_stock_month"))
    other = LoadRequest(files=[nameless], vendor="twse_stock_month", symbol="9951.XTAI")
    assert load(context, other).loaded == 2


def test_json_of_several_tables_is_read_by_the_one_that_fits(context, tmp_path):
    fields = ["證券代號", "成交股數", "成交筆數", "成交金額", "開盤價", "最高價", "最低價", "收盤價"]
    row = ["9950", "1,000", "3", "100,500", "100.00", "101.00", "99.50", "100.50"]
    tables = [
        {"title": "價格指數", "fields": ["指數", "收盤指數"], "data": [["虛構指數", "1,000.00"]]},
        {"title": "每日收盤行情(全部)", "fields": fields, "data": [row]},
        {},
    ]
    path = tmp_path / "day.json"
    path.write_text(json.dumps({"stat": "OK", "date": "20261119", "tables": tables}), encoding="utf-8")
    report = load(context, LoadRequest(files=[str(path)], vendor="twse_daily"))
    assert (report.loaded, report.quarantined) == (1, 0)
    (bar,) = bars(context)
    assert (bar["symbol"], bar["date"]) == ("9950.XTAI", datetime.date(2026, 11, 19))


TERMINAL = (
    "600000 虛構丁 5分钟线 前复权",
    "日期\t时间\t开盘\t最高\t最低\t收盘\t成交量\t成交额",
    "2026/11/19\t0935\t10.01\t10.03\t10.00\t10.02\t12300\t123123.00",
    "2026/11/19\t0940\t10.02\t10.03\t10.00\t10.02\t12300\t123123.00",
    "数据来源:虛構终端",
)


def test_a_terminals_export_of_five_minutes_is_doubted_among_minute_bars(context, tmp_path):
    path = put(tmp_path, TERMINAL, "gb18030")
    request = LoadRequest(files=[path], vendor="cn_minute", symbol="600000.SH", known_at=KNOWN)
    report = load(context, request)
    assert (report.loaded, report.quarantined) == (2, 0)
    told = {warned.code: warned.warning for warned in report.warnings}
    assert "前复权" in told["history.adjusted_title"]
    assert "5 min or more apart; they may belong to history.bars_5_minutes" in told["history.spacing"]


@pytest.mark.parametrize("title", ["600000 虛構丁 1分钟线 不复权", "600000 虛構丁 1分钟线 除权"])
def test_a_title_that_says_unadjusted_is_no_doubt(context, tmp_path, title):
    lines = [title, *TERMINAL[1:3], TERMINAL[3].replace("0940", "0936"), *TERMINAL[4:]]
    path = put(tmp_path, lines, "gb18030")
    request = LoadRequest(files=[path], vendor="cn_minute", symbol="600000.SH", known_at=KNOWN)
    codes = [warned.code for warned in load(context, request).warnings]
    assert codes == ["history.unverified"]


@pytest.mark.parametrize("answer", [{}, {"fields": ["證券代號"], "data": []}])
def test_an_answer_without_rows_is_told(context, tmp_path, answer):
    path = tmp_path / "day.json"
    told = {"stat": "很抱歉，沒有符合條件的資料!"}
    path.write_text(json.dumps(told | answer, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(TallystickError, match="很抱歉，沒有符合條件的資料!"):
        load(context, LoadRequest(files=[str(path)], vendor="twse_daily"))


def test_a_vendors_names_are_all_told_when_none_is_there(context, tmp_path):
    path = put(tmp_path, ("open,high,low,close", "1,1,1,1"))
    with pytest.raises(TallystickError, match="no column ts_code / symbol / code"):
        load(context, LoadRequest(files=[path], vendor="cn_daily"))
