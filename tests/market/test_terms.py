"""Day terms of many instruments equal the limits of each one, and are what a hand would compute."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_rooms import DAY, registration, seeded

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.schema import date_number
from tallystick.market import ExpiredRule, MissingRule, day_terms, price_limits
from tallystick.market.events import SetDayTerms

CLASSES = [
    {},
    {"product": "etf", "symbol": "9001.XTAI"},
    {"product": "etf_leveraged_2", "symbol": "9002.XTAI"},
    {"product": "etf_foreign", "symbol": "9003.XTAI"},
    {"venue": "ROCO", "symbol": "9004.ROCO"},
    {"venue": "XSHG", "market": "CN", "board": "star", "symbol": "9005.XSHG"},
    {"venue": "XSHE", "market": "CN", "board": "st", "symbol": "9006.XSHE"},
    {"venue": "BJSE", "market": "CN", "symbol": "9007.BJSE"},
    {"venue": "XTAF", "board": "TXF", "product": "future_index", "symbol": "TXF202612.XTAF"},
    {"listed_on": datetime.date(2026, 11, 18), "symbol": "9009.XTAI"},
    {"listed_on": datetime.date(2026, 11, 13), "symbol": "9010.XTAI"},
    {"listed_on": datetime.date(2010, 1, 4), "symbol": "9011.XTAI"},
    {"listed_on": datetime.date(2026, 11, 25), "symbol": "9012.XTAI"},
]
MACHINE = seeded(*(registration(number, **changes) for number, changes in enumerate(CLASSES)))


def terms(codes, prices, date=DAY, **more):
    return day_terms(MACHINE, codes, prices, date, **more)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 30_000_000)), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_terms_are_the_limits_of_each_instrument(asked):
    codes, prices = zip(*asked, strict=True)
    packed = terms(codes, prices)
    for row, code, price in zip(packed, codes, prices, strict=True):
        expected = price_limits(MACHINE.rules, MACHINE.instruments[code], price, DAY)
        assert (row["reference_price"], row["limit_up"], row["limit_down"]) == expected[:3]
        bands = MACHINE.rules.tick_table(MACHINE.instruments[code], DAY)
        assert MACHINE.tick_tables[int(row["tick_table"])] == bands


def test_terms_carry_lot_least_order_date_and_status():
    packed = terms([0, 5, 7, 8], [1_000_000] * 4, statuses=[0, 1, 2, 3])
    assert packed["lot"].tolist() == [1_000, 1, 1, 1]
    assert packed["order_minimum"].tolist() == [1_000, 200, 100, 1]
    assert packed["status"].tolist() == [0, 1, 2, 3]
    assert set(packed["business_date"].tolist()) == {date_number(DAY)}
    assert packed["instrument"].tolist() == [0, 5, 7, 8]


def test_new_share_is_free_for_five_sessions():
    packed = terms([9, 10, 11, 12], [1_000_000] * 4)
    # listed on the 18th: the third session; on the 13th: the sixth; on the 25th: not yet
    assert packed["limit_up"].tolist() == [0, 1_100_000, 1_100_000, 0]
    assert packed["limit_down"].tolist() == [0, 900_000, 900_000, 0]


def test_terms_change_with_their_rules():
    old, new = datetime.date(2015, 5, 29), datetime.date(2015, 6, 1)
    assert terms([0], [1_000_000], old)["limit_up"].tolist() == [1_070_000]
    assert terms([0], [1_000_000], new)["limit_up"].tolist() == [1_100_000]
    early = terms([0], [70_000], datetime.date(2005, 2, 25))["tick_table"]
    assert early != terms([0], [70_000], datetime.date(2005, 3, 1))["tick_table"]


def test_machine_takes_the_terms():
    packed = terms(np.arange(9), np.full(9, 1_000_000))
    machine = seeded(*(registration(number, **changes) for number, changes in enumerate(CLASSES)))
    verdicts = machine.decide(SetDayTerms, packed)
    assert not verdicts["mask"].any()
    assert machine.day_terms["limit_up"][:2].tolist() == [1_100_000, 1_100_000]
    assert machine.day_terms["limit_up"][3] == 0
    assert machine.day_terms["business_date"][9] == 0


def test_no_instruments_no_terms():
    assert len(terms([], [])) == 0


@pytest.mark.parametrize("code", [-1, 13])
def test_code_that_is_not_registered_is_named(code):
    with pytest.raises(NotFound, match=str(code)):
        terms([0, code], [10_000, 10_000])


def test_class_without_rules_is_loud():
    machine = seeded(
        registration(0, product="warrant"),
        registration(1, product="convertible"),
        registration(2, venue="XSHG", market="CN", symbol="9002.XSHG", listed_on=datetime.date(2026, 12, 30)),
    )
    with pytest.raises(TallystickError, match="follows its underlying"):
        day_terms(machine, [0], [10_000], DAY)
    with pytest.raises(MissingRule):
        day_terms(machine, [1], [10_000], DAY)
    with pytest.raises(ExpiredRule):
        day_terms(machine, [2], [10_000], datetime.date(2027, 1, 4))
