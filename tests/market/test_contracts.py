"""Futures contracts: last trading days by hand, multipliers."""

from __future__ import annotations

import datetime

import pytest

from tallystick.market import ExpiredRule, RuleKey, last_trading_day, seed_rules
from tallystick.market.contracts import multiplier

DAY = datetime.date
RULES = seed_rules()
TXF = RuleKey(market="TW", venue="XTAF", board="TXF", product="future_index")
IF = RuleKey(market="CN", venue="CCFX", board="IF", product="future_index")
BOND = RuleKey(market="CN", venue="CCFX", board="T", product="future_bond")


@pytest.mark.parametrize(
    ("contract", "year", "month", "last"),
    [
        (TXF, 2026, 11, DAY(2026, 11, 18)),
        (TXF, 2026, 12, DAY(2026, 12, 16)),
        (TXF, 2026, 2, DAY(2026, 2, 23)),  # the 18th is the lunar new year
        (IF, 2026, 11, DAY(2026, 11, 20)),
        (IF, 2026, 2, DAY(2026, 2, 24)),  # the 20th is the lunar new year
        (BOND, 2026, 12, DAY(2026, 12, 11)),
    ],
)
def test_last_trading_day(contract, year, month, last):
    assert last_trading_day(RULES, contract, year, month) == last


def test_last_trading_day_beyond_the_calendar_is_loud():
    with pytest.raises(ExpiredRule):
        last_trading_day(RULES, IF, 2027, 3)


def test_multiplier_is_money_for_a_point():
    assert multiplier(RULES, TXF, DAY(2026, 11, 20)) == 2_000_000
