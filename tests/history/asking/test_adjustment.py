"""Adjusted prices: each kind of action worked out by hand, exact rounding, anchors, and what is known when."""

from __future__ import annotations

import datetime
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.history import Span, read_bars
from tallystick.history.asking.adjusting import find_ex_dates
from tallystick.history.asking.adjustment import scaling_of
from tallystick.history.asking.factors import factor_lines
from tallystick.history.asking.terms import RATIO, ActionTerms, step_of

PERCENT = RATIO // 100


def prices(lake, adjust="total", anchor="latest_bar", **more):
    found = read_bars(lake, ["A"], adjust=adjust, anchor=anchor, **more)
    return [value / 10_000 for value in found["close"].to_pylist()]


ACTIONS = [
    # 100 - 2 = 98
    ({"kind": "cash", "cash": 20_000}, 0.98, 1.0, 1),
    # 100 / (1 + 0.25) = 80
    ({"kind": "stock", "ratio": 25 * PERCENT}, 0.8, 0.8, 1.25),
    # (100 + 60 x 0.25) / (1 + 0.25) = 92
    ({"kind": "rights", "subscription_price": 600_000, "subscription_ratio": 25 * PERCENT}, 0.92, 1.0, 1),
    # (100 - 20) / 0.8 = 100
    ({"kind": "reduction", "ratio": 80 * PERCENT, "cash": 200_000}, 1.0, 1.25, 1),
    # 100 / 0.5 = 200: losses are made up for, nothing is paid back
    ({"kind": "reduction", "ratio": 50 * PERCENT}, 2.0, 2.0, 1),
    # 100 / 4 = 25
    ({"kind": "par_change", "ratio": 4 * RATIO}, 0.25, 0.25, 4),
    ({"kind": "reform", "ratio": 30 * PERCENT}, 1.0, 1.0, 1),
]


@pytest.mark.parametrize(("action", "total", "split", "shares"), ACTIONS)
def test_each_kind_does_to_prices_and_volumes_what_its_terms_say(
    lake, put, closes, action, total, split, shares
):
    closes("A", "11-02", 50, 100, 70, volume=[1_000, 1_000, 1_000])
    put("actions", 1, {"symbol": "A", "ex_date": "11-04", **action})
    assert prices(lake) == [50 * total, 100 * total, 70]
    assert prices(lake, "split") == [50 * split, 100 * split, 70]
    assert prices(lake, "none") == [50, 100, 70]
    assert prices(lake, anchor="series_start") == [50, 100, pytest.approx(70 / total, abs=5e-5)]
    for adjust in ("split", "total"):
        volumes = read_bars(lake, ["A"], adjust=adjust)["volume"].to_pylist()
        assert volumes == [1_000 * shares, 1_000 * shares, 1_000]


def test_actions_of_one_date_make_one_reference_price(lake, put, closes):
    closes("A", "11-02", 100, 80)
    ex_date = {"symbol": "A", "ex_date": "11-03"}
    put(
        "actions",
        1,
        {**ex_date, "kind": "cash", "cash": 20_000},
        {**ex_date, "kind": "stock", "ratio": 10 * PERCENT},
        {**ex_date, "kind": "rights", "subscription_price": 500_000, "subscription_ratio": 10 * PERCENT},
        {**ex_date, "kind": "par_change", "ratio": 2 * RATIO},
    )
    # (100 - 2 + 50 x 0.1) / 1.2 / 2 = 42.91666…
    (line,) = factor_lines(find_ex_dates(lake, Span(), "latest_bar", None))
    assert (line.kinds, line.previous_close, line.reference_price) == (
        "cash,par_change,rights,stock",
        1_000_000,
        429_167,
    )
    assert (line.factor, line.volume_factor, line.mark) == (103 / 240, 2.2, "")
    assert prices(lake) == [42.9167, 80]


@pytest.mark.parametrize(
    ("first", "second", "price", "shares"),
    [
        # 10 / 10 = 1, 1 - 0.5 = 0.5
        ({"kind": "par_change", "ratio": 10 * RATIO}, {"kind": "cash", "cash": 5_000}, "0.5", 10),
        # 10 / 0.5 = 20, 20 - 2 = 18
        ({"kind": "reduction", "ratio": 50 * PERCENT}, {"kind": "cash", "cash": 20_000}, "18", 1),
        # 10 / 1.1 / 1.2, not 10 / 1.3
        (
            {"kind": "stock", "ratio": 10 * PERCENT},
            {"kind": "stock", "ratio": 20 * PERCENT},
            Fraction(10) / Fraction("1.32"),
            Fraction("1.32"),
        ),
        # the first leaves nothing, and is left out: 10 - 1 = 9
        ({"kind": "cash", "cash": 100_000}, {"kind": "cash", "cash": 10_000}, "9", 1),
    ],
)
def test_ex_dates_between_two_bars_follow_one_another(lake, put, closes, first, second, price, shares):
    closes("A", "10-01", 10, *[None] * 18, 10)
    put(
        "actions",
        1,
        {"symbol": "A", "ex_date": "10-05", **first},
        {"symbol": "A", "ex_date": "10-14", **second},
    )
    assert prices(lake)[0] == round(float(Fraction(price)), 4)
    one, other = factor_lines(find_ex_dates(lake, Span(), "latest_bar", None))
    assert [one.previous_close, other.reference_price] == [100_000, round(Fraction(price) * 10_000)]
    if one.mark != "impossible":
        assert other.previous_close == one.reference_price
    assert one.factor * other.factor == pytest.approx(float(Fraction(price) / 10))
    assert one.volume_factor * other.volume_factor == pytest.approx(float(shares))


def test_minutes_between_two_ex_dates_take_the_factor_of_the_later_one(lake, put, closes):
    closes("A", "10-01", 10, *[None] * 18, 10)
    put(
        "actions",
        1,
        {"symbol": "A", "ex_date": "10-05", "kind": "par_change", "ratio": 10 * RATIO},
        {"symbol": "A", "ex_date": "10-14", "kind": "cash", "cash": 5_000},
    )
    put("bars_minute", 1, {"symbol": "A", "ts_start": 1, "date": "10-06", "close": 10_000})
    assert prices(lake, freq="1m") == [0.5]


def test_a_refund_is_of_shares_before_their_par_changes():
    actions = [
        ActionTerms("par_change", ratio=2 * RATIO),
        ActionTerms("reduction", ratio=80 * PERCENT, cash=200_000),
        ActionTerms("cash", cash=100_000),
        ActionTerms("stock", ratio=25 * PERCENT),
    ]
    # ((100 - 10) / 1.25 - 20) / 0.8 / 2 = 32.5
    assert Fraction(*step_of(actions, 1_000_000).reference) == 325_000


def test_anchors_differ_by_a_constant_and_returns_are_the_same(lake, put, closes):
    closes("A", "11-02", 100, 99, 55, 54, 50, 51)
    put("actions", 1, {"symbol": "A", "ex_date": "11-04", "kind": "stock", "ratio": 80 * PERCENT})
    put("actions", 1, {"symbol": "A", "ex_date": "11-06", "kind": "cash", "cash": 30_000})
    latest, start = prices(lake), prices(lake, anchor="series_start")
    assert latest[-1] == 51
    assert start[0] == 100
    assert np.diff(np.log(latest)) == pytest.approx(np.diff(np.log(start)), abs=1e-5)


def test_the_anchor_is_of_the_series_not_of_the_question(lake, put, closes):
    closes("A", "11-02", 100, 100, 50, 50)
    put("actions", 1, {"symbol": "A", "ex_date": "11-04", "kind": "par_change", "ratio": 2 * RATIO})
    early = {"end": datetime.date(2026, 11, 2)}
    late = {"start": datetime.date(2026, 11, 5)}
    assert prices(lake, **early) == [50]
    assert prices(lake, anchor="series_start", **early) == [100]
    assert prices(lake, **late) == [50]
    assert prices(lake, anchor="series_start", **late) == [100]


def test_an_ex_date_to_come_or_before_the_series_changes_nothing(lake, put, closes):
    closes("A", "11-02", 100, 100)
    for ex_date in ("11-02", "11-09"):
        put("actions", 1, {"symbol": "A", "ex_date": ex_date, "kind": "cash", "cash": 20_000})
    assert prices(lake) == prices(lake, anchor="series_start") == [100, 100]
    marks = [line.mark for line in factor_lines(find_ex_dates(lake, Span(), "latest_bar", None))]
    assert marks == ["no_bar_before", "no_bar_since"]


def test_an_ex_date_without_trade_takes_the_last_close_before(lake, put, closes):
    closes("A", "11-02", 100, None, None, 90)
    put("actions", 1, {"symbol": "A", "ex_date": "11-04", "kind": "cash", "cash": 100_000})
    assert prices(lake) == [90, 90]


def test_prices_and_actions_are_those_known_at_one_time(lake, put, closes):
    closes("A", "11-02", 100, 90, known=5)
    put("actions", 10, {"symbol": "A", "ex_date": "11-03", "kind": "cash", "cash": 100_000})
    put("actions", 20, {"symbol": "A", "ex_date": "11-03", "kind": "cash", "cash": 200_000})
    put("actions", 30, {"symbol": "A", "ex_date": "11-03", "kind": "cash", "withdrawn": True})
    closes("A", "11-02", 200, known=25)
    assert [prices(lake, known_at=at) for at in (4, 9, 10, 20, 25, 30)] == [
        [], [100, 90], [90, 90], [80, 90], [180, 90], [200, 90]
    ]  # fmt: skip


def test_a_factor_that_cannot_be_right_is_shown(lake, put, closes):
    closes("A", "11-02", 10, 10, 10, 10, 10)
    put(
        "actions",
        1,
        {"symbol": "A", "ex_date": "11-03", "kind": "cash", "cash": 60_000},
        {"symbol": "A", "ex_date": "11-04", "kind": "cash", "cash": 100_000},
        {"symbol": "A", "ex_date": "11-05", "kind": "stock"},
        {"symbol": "A", "ex_date": "11-06", "kind": "reform"},
    )
    lines = factor_lines(find_ex_dates(lake, Span(), "latest_bar", None))
    assert [line.mark for line in lines] == ["unusual", "impossible", "incomplete", "reform"]
    assert [line.reference_price for line in lines] == [40_000, 0, 100_000, 100_000]
    found = read_bars(lake, ["A"], adjust="total")
    assert [value / 10_000 for value in found["close"].to_pylist()] == [4, 10, 10, 10, 10]
    assert found.schema.metadata[b"marked"] == b"3"
    assert (found.schema.metadata[b"adjust"], found.schema.metadata[b"anchor"]) == (b"total", b"latest_bar")
    assert found["factor"].to_pylist() == [0.4, 1, 1, 1, 1]


def test_minutes_are_adjusted_by_their_trade_date(lake, put, closes):
    closes("A", "11-02", 100, 50)
    put("actions", 1, {"symbol": "A", "ex_date": "11-03", "kind": "par_change", "ratio": 2 * RATIO})
    night = {"symbol": "A", "ts_start": 1, "date": "11-03", "close": 500_000}
    put("bars_minute", 1, {**night, "date": "11-02", "close": 1_000_000}, night)
    assert prices(lake, freq="1m") == [50, 50]
    assert read_bars(lake, ["B"], freq="1m", adjust="total").num_rows == 0


def test_weeks_are_merged_after_adjusting(lake, put, closes):
    closes("A", "11-05", 100, 100, None, None, 50, volume=[1, 1, 0, 0, 4])
    put("actions", 1, {"symbol": "A", "ex_date": "11-09", "kind": "par_change", "ratio": 2 * RATIO})
    found = read_bars(lake, ["A"], freq="1w", adjust="split", columns=["date", "high", "volume"])
    assert found.schema.metadata[b"adjust"] == b"split"
    weeks = found.to_pylist()
    first, second = datetime.date(2026, 11, 6), datetime.date(2026, 11, 9)
    assert weeks == [
        {"date": first, "high": 500_000, "volume": 4},
        {"date": second, "high": 500_000, "volume": 4},
    ]


fractions = st.tuples(st.integers(1, 10**13), st.integers(1, 10**13))
values = st.integers(-(10**13), 10**13)


@given(st.lists(st.tuples(fractions, values), max_size=20))
def testscaling_of_is_exact_and_rounds_half_away_from_zero(cases):
    scaling = scaling_of([fraction for fraction, _ in cases])
    fits = [value if abs(Fraction(*fraction) * value) < 2**62 else 0 for fraction, value in cases]
    scaled = scaling.apply(np.array(fits, dtype=np.int64), np.arange(len(cases)))
    assert scaled.tolist() == [
        rounded(Fraction(*one) * value) for (one, _), value in zip(cases, fits, strict=True)
    ]


@given(st.sampled_from([(1, 2), (1, 3), (5, 6), (1, 8), (2, 3), (5, 7)]), st.lists(st.integers(-40, 40)))
def test_halves_are_met_exactly(fraction, values):
    scaled = scaling_of([fraction]).apply(
        np.array(values, dtype=np.int64), np.zeros(len(values), dtype=np.int64)
    )
    assert scaled.tolist() == [rounded(Fraction(*fraction) * value) for value in values]


def rounded(exact):
    """Half away from zero."""
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


@given(
    st.integers(1, 10**8),
    st.integers(1, 10**6),
    st.integers(1, RATIO),
    st.integers(0, 10**6),
    st.integers(1, RATIO),
)
def test_reference_price_is_the_formula(close, cash, free, price, subscribed):
    terms = [
        ActionTerms("cash", cash=cash),
        ActionTerms("stock", ratio=free),
        ActionTerms("rights", subscription_price=price, subscription_ratio=subscribed),
    ]
    step = step_of(terms, close)
    new, more = Fraction(subscribed, RATIO), Fraction(free, RATIO)
    reference = (close - cash + price * new) / (1 + more + new)
    assert Fraction(*step.reference) == reference
    assert Fraction(*step.total) == (reference / close if reference > 0 else 1)


def test_minutes_without_daily_bars_around_an_ex_date_are_refused(lake, put, closes):
    """Their factor could not be made, and an answer without it would be wrong."""
    first = 20_759 * 86_400 * 10**9
    put(
        "bars_minute",
        1,
        *({"symbol": "A", "ts_start": first + n * 86_400 * 10**9, "close": 100} for n in (0, 1)),
    )
    put("actions", 1, {"symbol": "A", "ex_date": "11-03", "kind": "par_change", "ratio": 2 * RATIO})
    with pytest.raises(TallystickError, match="Bars of A cannot be adjusted at 2026-11-03"):
        read_bars(lake, ["A"], freq="1m", adjust="total")
    assert read_bars(lake, ["A"], freq="1m")["close"].to_pylist() == [100, 100]
    closes("A", "11-02", 1)
    assert read_bars(lake, ["A"], freq="1m", adjust="total")["close"].to_pylist() == [50, 100]


def test_minutes_of_an_ex_date_are_adjusted_before_its_daily_bar_is_there(lake, put, closes):
    """As on the day itself, from the open on; all that is needed is the close before."""
    opening = {"ts_start": 1, "close": 20_000}
    put("bars_minute", 1, *({"symbol": "A", "date": date, **opening} for date in ("11-04", "11-05", "11-06")))
    put("actions", 1, {"symbol": "A", "ex_date": "11-06", "kind": "cash", "cash": 20_000})
    closes("A", "11-04", 10)
    with pytest.raises(TallystickError, match="Bars of A cannot be adjusted at 2026-11-06"):
        prices(lake, freq="1m")
    closes("A", "11-05", 4)
    assert prices(lake, freq="1m") == [1, 1, 2]
    assert prices(lake, freq="1m", end=datetime.date(2026, 11, 4)) == [1]
    assert prices(lake, freq="1m", anchor="series_start") == [2, 2, 4]
    assert prices(lake) == [10, 4], "no daily bar has reached the ex-date"
    closes("A", "11-06", 1)
    assert prices(lake, freq="1m") == [1, 1, 2]


def test_an_ex_date_after_the_last_minute_bar_does_nothing_yet_without_daily_bars(lake, put):
    put("bars_minute", 1, {"symbol": "A", "date": "11-05", "ts_start": 1, "close": 20_000})
    put("actions", 1, {"symbol": "A", "ex_date": "11-06", "kind": "cash", "cash": 20_000})
    assert prices(lake, freq="1m") == [2]
    put("bars_minute", 2, {"symbol": "A", "date": "11-06", "ts_start": 2, "close": 20_000})
    for end in (None, datetime.date(2026, 11, 5)):
        with pytest.raises(TallystickError, match="Bars of A cannot be adjusted at 2026-11-06"):
            prices(lake, freq="1m", end=end)
