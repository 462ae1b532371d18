"""What may not be right is told, and reasons are counted so that many alike hide none."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from tallystick.history.loading.load import load_frame
from tallystick.history.loading.operations import LoadRequest, load

KNOWN = "2026-11-20"
DAY = datetime.date(2026, 11, 19)
BAR = {"open": "100", "high": "101", "low": "99", "close": "100", "volume": 10}


def loaded(context, known_at, rows, dataset="history.bars_daily"):
    return load_frame(context, pl.DataFrame(rows), dataset=dataset, known_time=known_at)


def doubts(report):
    return [(w.code.removeprefix("history."), w.rows, w.row) for w in report.warnings]


def test_a_crossed_quote_is_doubted(context, known_at):
    quote = {"symbol": "9901.XTAI", "ask": "100", "bid": "99.5"}
    rows = [
        quote | {"ts": "2026-11-19 09:00:01"},
        quote | {"ts": "2026-11-19 09:00:02", "bid": "100.5"},
        quote | {"ts": "2026-11-19 09:00:03", "bid": None},
    ]
    report = loaded(context, known_at, rows, "history.quotes")
    assert (report.loaded, doubts(report)) == (3, [("crossed", 1, 2)])


def test_a_membership_that_ends_before_it_starts_is_set_aside(context, known_at):
    member = {"index": "I", "symbol": "9901.XTAI", "valid_from": DAY}
    rows = [
        member | {"valid_to": DAY},
        member | {"symbol": "9902.XTAI", "valid_to": DAY - datetime.timedelta(1)},
    ]
    report = loaded(context, known_at, rows, "history.index_members")
    assert [(r.row, r.code) for r in report.reasons] == [(2, "history.before_start")]


def test_a_figure_announced_before_its_period_ends_is_doubted(context, known_at):
    figure = {"symbol": "9901.XTAI", "item": "eps", "period_end": DAY, "value": "1"}
    rows = [
        figure | {"announced": DAY},
        figure | {"item": "revenue", "announced": DAY - datetime.timedelta(1)},
    ]
    report = loaded(context, known_at, rows, "history.fundamentals")
    assert (report.loaded, doubts(report)) == (2, [("announced_early", 1, 2)])


@pytest.mark.parametrize(("clock", "told"), [("08:00", 1), ("09:00", 0), ("13:30", 0), ("14:15", 1)])
def test_a_continuous_bar_in_the_hours_of_blocks_is_doubted(context, known_at, clock, told):
    bar = BAR | {"symbol": "9901.XTAI", "ts_start": f"2026-11-19 {clock}"}
    report = loaded(context, known_at, [bar], "history.bars_minute")
    assert (report.loaded, doubts(report)) == (1, [("outside_continuous", 1, 1)] * told)
    block = bar | {"phase": "block"}
    assert doubts(loaded(context, known_at, [block], "history.bars_minute")) == []


def test_a_date_that_the_calendar_does_not_reach_is_doubted(context, known_at):
    rows = [BAR | {"symbol": "9901.XTAI", "date": date} for date in (datetime.date(1986, 1, 6), DAY)]
    report = loaded(context, known_at, rows)
    assert report.loaded == 2
    assert ("calendar_unknown", 1, 1) in doubts(report)


def test_unregistered_symbols_of_a_known_venue_are_one_doubt(context, known_at):
    symbols = ["9901.XTAI", "9902.XTAI", "9903.XTAI", "609901.XSHG"]
    rows = [BAR | {"symbol": symbol, "date": DAY} for symbol in symbols]
    assert doubts(loaded(context, known_at, rows)) == [("unregistered", 2, 2)]


def test_reasons_are_counted_and_many_alike_hide_none(context, write):
    bad = [f"9901.XTAI,2026-11-19,100,101,99,100,{n}x" for n in range(300)]
    worse = "9901.XTAI,2026-11-19,100,90,99,100,1"
    path = str(write("bad.csv", "symbol,date,open,high,low,close,volume", *bad, worse))
    for _ in range(2):
        report = load(context, LoadRequest(files=[path], known_at=KNOWN))
        counts = [(c.code, c.column, c.rows, c.row) for c in report.reason_counts]
        assert counts == [("history.not_whole", "volume", 300, 2), ("history.high_below_low", "high", 1, 302)]
        assert [reason.row for reason in report.reasons] == [2, 3, 4, 5, 6, 302]


def test_a_strike_with_decimals_gets_its_venue(context, write):
    header = "成交日期,商品代號,履約價格,到期月份(週別),買賣權別,成交時間,成交價格,成交數量,開盤集合競價"
    strikes = [("CDO", "267.5", "C"), ("TXO", "26000.0", "C"), ("TXO", "26000", "P"), ("CDO", "267.50", "P")]
    rows = [f"20261119,{code},{strike},202612,{right},090000,10,1," for code, strike, right in strikes]
    load(
        context,
        LoadRequest(files=[str(write("o.csv", header, *rows))], vendor="taifex_option_ticks", known_at=KNOWN),
    )
    found = set(context.lake.scan("history.trades")["symbol"].to_pylist())
    assert found == {"CDO-202612-267.5-C.XTAF", "TXO-202612-26000-C.XTAF", "TXO-202612-26000-P.XTAF",
                     "CDO-202612-267.5-P.XTAF"}  # fmt: skip


def test_open_data_of_tpex_keeps_amount_and_count(context, write):
    header = (
        "Date,SecuritiesCompanyCode,Close,Open,High,Low,TradingShares,TransactionAmount,TransactionNumber"
    )
    path = str(write("tpex.csv", header, "1151119,9950,10,10,10,10,1000,10000,7"))
    load(context, LoadRequest(files=[path], vendor="tpex_open_data", known_at=KNOWN))
    row = context.lake.scan("history.bars_daily").to_pylist()[0]
    assert (row["amount"], row["trade_count"]) == (10_000 * 10_000, 7)


def test_what_cannot_be_halved_is_told(context, write):
    header = "成交日期,商品代號,到期月份(週別),成交時間,成交價格,成交數量(B+S),開盤集合競價"
    path = str(write("f.csv", header, "20261119,TX,202612,090000,100,3,"))
    report = load(context, LoadRequest(files=[path], vendor="taifex_futures_ticks", known_at=KNOWN))
    assert report.reasons[0].reason == "quantity counts both sides and cannot be halved: 3."


def test_progress_is_told_in_words(context, write, monkeypatch):
    said = []
    monkeypatch.setattr(type(context.progress), "start", lambda self, what, total=None: said.append(what))
    path = str(write("a.csv", "symbol,date,open,high,low,close", "9901.XTAI,2026-11-19,1,1,1,1"))
    load(context, LoadRequest(files=[path], known_at=KNOWN))
    assert said == ["Loading into history.bars_daily, in kB"]
