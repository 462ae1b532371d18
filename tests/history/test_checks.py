"""Checks by name: what cannot be right is set aside, what may not be is told; each with a row just inside."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from tallystick.history import DATASETS, load_frame
from tallystick.history.loading.checks import CHECKS
from tallystick.history.loading.quarantine import list_quarantine

DAY = datetime.date(2026, 11, 19)
NINE = "2026-11-19 09:00"


def bar(date=DAY, symbol="9901.XTAI", **changes):
    row = {"symbol": symbol, "date": date, "open": "100", "high": "101", "low": "99", "close": "100.5", "volume": 1_000,
           "amount": None}  # fmt: skip
    return row | changes


def loaded(context, known_at, rows, dataset="history.bars_daily", source=""):
    from tallystick.history.loading.columns import ColumnMapping

    mapping = ColumnMapping(source=source)
    return load_frame(context, pl.DataFrame(rows), dataset=dataset, mapping=mapping, known_time=known_at)


def faults(report):
    return [(r.row, r.column, r.code.removeprefix("history.")) for r in report.reasons]


def warned(report):
    told = [(w.code.removeprefix("history."), w.rows, w.row) for w in report.warnings]
    return [one for one in told if one[0] != "unregistered"]


def test_declared_checks_exist_and_have_their_columns():
    for dataset in DATASETS.values():
        assert set(dataset.checks) <= set(CHECKS), dataset.name
        assert set(dataset.given) <= set(dataset.columns), dataset.name


def test_prices_are_above_zero_but_for_spreads(context, known_at):
    def prices(value):
        return dict.fromkeys(("open", "high", "low", "close"), value)

    rows = [
        bar(**prices("-1")),
        bar(symbol="9902.XTAI", low="0"),
        bar(symbol="XX202612/202701.XTAF", **prices("-1")),
    ]
    assert faults(loaded(context, known_at, rows)) == [
        (1, "open", "not_positive"),
        (2, "low", "not_positive"),
    ]
    ticks = [
        {"symbol": f"990{n}.XTAI", "ts": NINE, "price": price, "quantity": quantity}
        for n, (price, quantity) in enumerate([("10", 1), ("10", 0), ("-100", 1)], 2)
    ]
    found = faults(loaded(context, known_at, ticks, "history.trades"))
    assert found == [(2, "quantity", "not_positive"), (3, "price", "not_positive")]
    quotes = [
        {"symbol": "9902.XTAI", "ts": NINE, "bid": "10", "ask": "", "ask_size": 0},
        {"symbol": "9903.XTAI", "ts": NINE, "bid": "0", "ask": "10", "ask_size": 1},
    ]
    assert faults(loaded(context, known_at, quotes, "history.quotes")) == [(2, "bid", "not_positive")]


def test_tick_of_registered_instruments(context, known_at):
    rows = [
        bar(),
        bar(datetime.date(2026, 11, 18), high="101.1", close="99"),
        bar(datetime.date(2026, 11, 17), "9902.XTAI", high="101.1"),
        bar(datetime.date(2026, 11, 16), open="49.95", low="49.95", high="50.05", close="50"),
        bar(datetime.date(2026, 11, 13), open="49.95", low="49.95", high="50.1", close="50"),
    ]
    report = loaded(context, known_at, rows)
    assert faults(report) == [(2, "high", "off_tick"), (4, "high", "off_tick")]
    assert [row.reason for row in report.reasons] == [
        "high is not on the tick of 0.5 that is in force: 101.1.",
        "high is not on the tick of 0.1 that is in force: 50.05.",
    ]
    (_, waiting), _ = list_quarantine(
        context.lake,
        "zh_Hant",
        dataset="",
        file="",
        released=False,
        unreadable=(),
        limit=9,
        offset=0,
        order=["-row"],
    )
    assert waiting.reason == "high 不符合當時的升降單位 0.5：101.1。"


def test_session_of_the_venue(context, known_at):
    rows = [
        bar(datetime.date(2026, 11, 14)),
        bar(datetime.date(2026, 11, 14), "9902"),
        bar(datetime.date(2026, 11, 16)),
    ]
    assert faults(loaded(context, known_at, rows)) == [(1, "date", "not_a_session")]


def test_limits_of_the_reference_price(context, known_at):
    banded = {"symbol": "9901.XTAI", "reference": "100", "limit_up": "105", "limit_down": "95"}
    references = [
        {"symbol": "9901.XTAI", "date": DAY, "reference": "100", "limit_up": None, "limit_down": None},
        banded | {"date": datetime.date(2026, 11, 18)},
        banded | {"date": datetime.date(2026, 11, 16)},
    ]
    assert loaded(context, known_at, references, "history.reference_prices").loaded == 3
    rows = [
        bar(high="110", low="90"),
        bar(datetime.date(2026, 11, 18), high="105.5"),
        bar(datetime.date(2026, 11, 17), high="200"),
        bar(datetime.date(2026, 11, 16), low="94.9"),
    ]
    report = loaded(context, known_at, rows)
    assert faults(report) == [(2, "high", "outside_limits"), (4, "low", "outside_limits")]
    assert report.reasons[0].reason == "high is outside the limits of the day, 95 – 105: 105.5."
    assert faults(loaded(context, known_at, [bar(high="110.5")])) == [(1, "high", "outside_limits")]


def test_sequence_that_goes_back(context, known_at):
    def tick(seq, second, symbol="9902.XTAI"):
        return {
            "symbol": symbol,
            "ts": f"2026-11-19 09:00:{second:02}",
            "seq": seq,
            "price": "10",
            "quantity": 1,
        }

    rows = [tick(1, 1), tick(2, 2), tick(5, 4), tick(4, 5), tick(1, 3, "9903.XTAI")]
    assert faults(loaded(context, known_at, rows, "history.trades")) == [(4, "seq", "out_of_sequence")]


def test_sequence_is_counted_where_the_source_has_none(context, known_at):
    times = ["09:00:01", "09:00:01", "09:00:00", "09:00:01"]
    rows = [
        {"symbol": "9902", "ts": f"2026-11-19 {time}", "price": price, "quantity": 1}
        for price, time in enumerate(times, 10)
    ]
    assert loaded(context, known_at, rows, "history.trades").loaded == 4
    found = context.lake.scan("history.trades", order=["ts", "seq"]).to_pylist()
    assert [(row["price"] // 10_000, row["seq"]) for row in found] == [(12, 1), (10, 1), (11, 2), (13, 3)]


def test_doubts_are_told_and_the_rows_kept(context, known_at):
    days = [datetime.date(2026, 11, day) for day in (19, 18, 16, 13)]
    rows = [
        bar(days[0], amount="100500"),
        bar(days[1], amount="100500"),
        bar(days[2], volume=3_000, amount="99000"),
        bar(days[3], volume=7, amount=None),
        bar(days[0], "9902.XTAI", high="100.5", low="100.5", open="100.5"),
        bar(days[1], "9902.XTAI", high="100.5", low="100.5", open="100.5"),
        bar(days[0], "9903.XTAI", volume=1_000, amount="102000"),
    ]
    report = loaded(context, known_at, rows)
    assert report.loaded == 7
    assert sorted(warned(report)) == [("amount_outside", 2, 3), ("gap", 1, 2), ("stale", 1, 1)]
    assert any("first in row 3" in w.warning for w in report.warnings)


def test_other_source_that_says_otherwise_is_told(context, known_at):
    loaded(context, known_at, [bar(), bar(symbol="9902.XTAI")], source="one")
    report = loaded(context, known_at + 1, [bar(close="99.5"), bar(symbol="9902.XTAI")], source="other")
    assert (report.loaded, report.duplicates, warned(report)) == (1, 1, [("other_source", 1, 1)])
    again = loaded(context, known_at + 2, [bar(close="99")], source="other")
    assert (again.loaded, warned(again)) == (1, [])


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"kind": "cash", "cash": "1.5"}, None),
        ({"kind": "gift", "cash": "1"}, ("kind", "kind_unknown")),
        ({"kind": "stock", "cash": "1"}, ("ratio", "empty")),
        ({"kind": "stock", "ratio": "0.05"}, None),
        ({"kind": "reduction", "ratio": "-0.5"}, ("ratio", "negative")),
        ({"kind": "reform", "ratio": "0.3"}, None),
        ({"kind": "reduction", "ratio": "1.5"}, ("ratio", "outside_meaning")),
        ({"kind": "reduction", "ratio": "0.8"}, None),
        ({"kind": "par_change", "ratio": "0"}, ("ratio", "outside_meaning")),
        ({"kind": "par_change", "ratio": "10"}, None),
        (
            {"kind": "rights", "subscription_ratio": "0.1", "subscription_price": "-1"},
            ("subscription_price", "negative"),
        ),
    ],
)
def test_corporate_actions_have_their_figures(context, known_at, row, fault):
    report = loaded(
        context, known_at, [{"symbol": "9901.XTAI", "ex_date": "2027-01-04"} | row], "history.actions"
    )
    assert [found[1:] for found in faults(report)] == ([fault] if fault else [])


def test_ratios_keep_eight_decimals(context, known_at):
    rows = [{"symbol": "9901.XTAI", "ex_date": DAY, "kind": "stock", "ratio": "0.123456785"},
            {"symbol": "9902.XTAI", "ex_date": DAY, "kind": "stock", "ratio": "0.05"}]  # fmt: skip
    report = loaded(context, known_at, rows, "history.actions")
    found = context.lake.scan("history.actions", order=["symbol"])["ratio"].to_pylist()
    assert (found, report.files[0].rounded) == ([12_345_679, 5_000_000], 1)


def test_every_dataset_loads_from_its_declaration(context, known_at):
    examples = {
        "history.quotes": {"symbol": "9901.XTAI", "ts": NINE, "bid": "100", "ask": "", "bid_size": 5},
        "history.depth": {"symbol": "9901.XTAI", "ts": NINE, "bid_1": "100", "ask_1": "100.5", "ask_size_5": 1},
        "history.bars_5_minutes": {"symbol": "9902", "ts_start": NINE, "open": 1, "high": 1, "low": 1, "close": 1},
        "history.index_members": {"index": "IX", "symbol": "9901.XTAI", "valid_from": "2020-01-01", "weight": "0.25"},
        "history.fundamentals": {"symbol": "9901.XTAI", "item": "eps", "period_end": "2026-09-30", "value": "-1.25"},
        "history.futures_settlement": {"symbol": "XX202612.XTAF", "date": DAY, "settlement": "20000"},
        "history.rates": {"curve": "made-up", "tenor": "3M", "date": "2026-11-19", "rate": "0.0165"},
    }  # fmt: skip
    for name, row in examples.items():
        report = loaded(context, known_at, [row], name)
        assert (report.loaded, faults(report)) == (1, []), name
    (rate,) = context.lake.scan("history.rates").to_pylist()
    (five,) = context.lake.scan("history.bars_5_minutes").to_pylist()
    assert rate["rate"] == 1_650_000
    assert (five["ts_end"] - five["ts_start"]).total_seconds() == 300
