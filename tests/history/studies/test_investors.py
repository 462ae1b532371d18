"""Who trades: shares worked out by hand from two instruments' flows."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.history import append_bars
from tallystick.history.studies.operations import StudyRequest, study

ONE, TWO, UNTRADED = "9901.XTAI", "9902.XTAI", "9903.XTAI"


def answer(context, name, **asked):
    return study(context, StudyRequest(study=name, **asked))


def bar(month, day, symbol, volume, price):
    prices = dict.fromkeys(("open", "high", "low", "close"), price * 10_000)
    date = datetime.date(2026, month, day)
    return {"symbol": symbol, "date": date, **prices, "volume": volume, "amount": volume * price * 10_000}


def flow(month, day, symbol, foreign, trust, dealer, hedge=None):
    row = {"symbol": symbol, "date": datetime.date(2026, month, day)}
    for name, pair in (("foreign", foreign), ("trust", trust), ("dealer", dealer), ("hedge", hedge)):
        bought, sold = pair or (None, None)
        row |= {f"{name}_bought": bought, f"{name}_sold": sold}
    return row | {"foreign_dealer_bought": 7, "foreign_dealer_sold": 7}


@pytest.fixture
def flows(context):
    bars = [
        bar(1, 5, ONE, 1_000, 100),
        bar(1, 5, TWO, 2_000, 50),
        bar(2, 2, ONE, 500, 200),
        bar(2, 2, UNTRADED, 0, 1),
    ]
    append_bars(context.lake, pa.Table.from_pylist(bars))
    rows = [
        flow(1, 5, ONE, (400, 200), (100, 0), (50, 50), (60, 40)),
        flow(1, 5, TWO, (0, 400), (0, 0), (200, 0)),
        flow(2, 2, ONE, (100, 400), (0, 100), (0, 0), (0, 0)),
        flow(2, 2, UNTRADED, (0, 0), (0, 0), (0, 0)),
    ]
    append_bars(context.lake, pa.Table.from_pylist(rows), dataset="history.investor_flows")
    return context


def test_shares_are_of_both_sides_by_value(flows):
    """January: both sides are 2 × 200,000. Foreign 600 × 100 + 400 × 50 = 80,000; trusts 100 × 100 = 10,000; dealers
    (100 + 100 of hedges) × 100 + 200 × 50 = 30,000.
    """
    january, february = answer(flows, "investor_share").rows()
    assert (january["month"], january["instrument_count"], january["turnover"]) == (
        "2026-01",
        2,
        200_000_0000,
    )
    assert [january[f"{name}_share"] for name in ("foreign", "trust", "dealer", "institutional")] == [
        2_000, 250, 750, 3_000,
    ]  # fmt: skip
    assert [january[f"{name}_net"] for name in ("foreign", "trust", "dealer")] == [
        0,
        10_000_0000,
        12_000_0000,
    ]
    assert (february["foreign_share"], february["trust_share"], february["dealer_share"]) == (5_000, 1_000, 0)
    assert (february["foreign_net"], february["trust_net"]) == (-60_000_0000, -20_000_0000)


def test_shares_of_one_instrument_over_the_months(flows):
    january, _ = answer(flows, "investor_share", instrument=ONE).rows()
    assert (january["turnover"], january["foreign_share"], january["institutional_share"]) == (
        100_000_0000,
        3_000,
        4_500,
    )


def test_shares_by_instrument_name_the_most_traded_first(flows):
    one, two = answer(flows, "investor_share_by_instrument").rows()
    assert (one["symbol"], one["name"], one["turnover"]) == (ONE, "Example One", 200_000_0000)
    assert one["foreign_share"] == 4_000  # 600 × 100 + 500 × 200 of 2 × 200,000
    assert one["foreign_net"] == -40_000_0000
    assert (two["symbol"], two["name"], two["institutional_share"]) == (TWO, None, 1_500)


def test_instruments_without_a_bar_or_without_flows_do_not_count(flows):
    append_bars(flows.lake, pa.Table.from_pylist([bar(1, 6, TWO, 9_000, 50)]))
    assert answer(flows, "investor_share").rows()[0]["turnover"] == 200_000_0000
