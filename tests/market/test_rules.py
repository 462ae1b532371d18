"""Which row answers: the most exact one in force, loudly none after the last has ended."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.errors import TallystickError
from tallystick.market import (
    ExpiredRule,
    MissingRule,
    RuleKey,
    RuleRow,
    RuleTable,
    rule_for,
    rules_of,
    seed_rules,
)
from tallystick.market.seed import known_fields

DAY = datetime.date
RULES = seed_rules()
STOCK = RuleKey(market="TW", venue="XTAI", board="main", product="stock")


def row(value, **changes):
    fields = {"market": "TW", "field": "lot", "unit": "units", "source": "a page", "status": "verified"}
    return RuleRow(value=value, **(fields | changes))


def table(*rows):
    return RuleTable(rows, known_fields())


def test_product_goes_before_board_and_board_before_venue():
    rules = table(row("1", venue="XTAI"), row("2", board="main"), row("3", product="stock"), row("4"))
    date = DAY(2026, 1, 1)
    assert rules.row("lot", STOCK, date).value == "3"
    assert (
        rules.row("lot", RuleKey(market="TW", venue="XTAI", board="main", product="etf"), date).value == "2"
    )
    assert rules.row("lot", RuleKey(market="TW", venue="XTAI", board="st", product="etf"), date).value == "1"
    assert rules.row("lot", RuleKey(market="TW", venue="ROCO"), date).value == "4"


def test_exception_that_starts_later_leaves_the_word_to_the_wider_rule():
    rules = table(row("1000", product="etf"), row("10", product="etf_bond", valid_from=DAY(2026, 1, 1)))
    bond = RuleKey(market="TW", venue="XTAI", product="etf_bond")
    assert rules.row("lot", bond, DAY(2025, 12, 31)).value == "1000"
    assert rules.row("lot", bond, DAY(2026, 1, 1)).value == "10"


def test_exception_that_has_ended_is_a_fault_and_never_the_wider_rule():
    rules = table(row("1000"), row("10", product="stock", valid_to=DAY(2026, 12, 31)))
    assert rules.row("lot", STOCK, DAY(2026, 12, 31)).value == "10"
    with pytest.raises(ExpiredRule) as caught:
        rules.row("lot", STOCK, DAY(2027, 1, 1))
    assert caught.value.code == "market.rule_expired"
    assert "2026-12-31" in str(caught.value)
    assert "a page" in str(caught.value)


def test_suspended_bond_tax_expires_loudly():
    bond = RuleKey(market="TW", venue="XTAI", product="etf_bond")
    assert RULES.row("transaction_tax", bond, DAY(2026, 12, 31), "sell").value == "0"
    with pytest.raises(ExpiredRule, match=r"art\. 2-1"):
        RULES.row("transaction_tax", bond, DAY(2027, 1, 1), "sell")


def test_day_trade_tax_expires_loudly_for_stocks_only():
    assert RULES.row("day_trade_tax", STOCK, DAY(2027, 12, 31), "sell").value == "0.15"
    with pytest.raises(ExpiredRule):
        RULES.row("day_trade_tax", STOCK, DAY(2028, 1, 1), "sell")
    fund = RuleKey(market="TW", venue="XTAI", product="etf")
    assert RULES.row("day_trade_tax", fund, DAY(2028, 1, 1), "sell").value == "0.1"


def test_gap_between_rows_is_missing():
    rules = table(row("1", valid_to=DAY(2025, 1, 1)), row("2", valid_from=DAY(2026, 1, 1)))
    with pytest.raises(MissingRule):
        rules.row("lot", STOCK, DAY(2025, 6, 1))


def test_unknown_field_names_the_nearest():
    with pytest.raises(MissingRule, match="price_limit"):
        RULES.row("price_limits", STOCK, DAY(2026, 1, 1))


def test_several_rows_ask_for_side_or_value():
    with pytest.raises(TallystickError, match="Say the side"):
        RULES.row("tick", STOCK, DAY(2026, 1, 1))
    with pytest.raises(TallystickError, match="Say the side"):
        RULES.row("price_limit", STOCK, DAY(2010, 1, 1))
    assert RULES.row("price_limit", STOCK, DAY(2010, 1, 1), "up").value == "7"


def test_band_is_the_highest_bound_at_or_below_the_value():
    values = [
        RULES.row("tick", STOCK, DAY(2026, 1, 1), value=price).value for price in (99_900, 100_000, 5_000_000)
    ]
    assert values == ["0.01", "0.05", "1"]


def test_rules_in_force_hold_every_field_with_its_rows():
    found = rule_for(RULES, STOCK, DAY(2026, 11, 20))
    assert {"tick", "price_limit", "lot", "transaction_tax", "settlement_cycle", "phase.continuous"} <= set(
        found.rows
    )
    assert [band.value for band in found.rows["tick"]] == ["0.01", "0.05", "0.1", "0.5", "1", "5"]
    assert all(row.applies(found.date) for rows in found.rows.values() for row in rows)
    assert not found.expired


def test_rules_in_force_name_what_has_expired():
    found = rule_for(RULES, STOCK, DAY(2028, 1, 1))
    assert set(found.expired) == {"day_trade_tax", "day_trade_tax_proprietary", "calendar_known"}
    assert found.expired["day_trade_tax"][0].valid_to == DAY(2027, 12, 31)
    assert "tick" in found.rows


def names(rows):
    return {(row.field, row.product) for row in rows}


def test_rows_are_expiring_for_sixty_days_and_then_expired():
    tax = ("transaction_tax", "etf_bond")
    assert tax not in names(RULES.ending(DAY(2026, 10, 31))["expiring"])
    assert tax in names(RULES.ending(DAY(2026, 11, 1))["expiring"])
    assert tax in names(RULES.ending(DAY(2026, 12, 31))["expiring"])
    assert tax in names(RULES.ending(DAY(2027, 1, 1))["expired"])


def test_row_with_a_successor_is_never_expiring():
    assert ("price_limit", "stock") not in names(RULES.ending(DAY(2015, 5, 1))["expiring"])
    assert not RULES.ending(DAY(2010, 1, 1), days=0)["expired"]


def test_change_replaces_by_identity_and_withdraws():
    old = row("1000", valid_from=DAY(2020, 1, 1))
    rules = table(old)
    cut = row("1000", valid_from=DAY(2020, 1, 1), valid_to=DAY(2026, 6, 30))
    new = row("100", valid_from=DAY(2026, 7, 1))
    changed = rules.adopt([cut, new])
    assert changed.problems() == []
    assert [changed.row("lot", STOCK, date).value for date in (DAY(2026, 6, 30), DAY(2026, 7, 1))] == [
        "1000",
        "100",
    ]
    assert rules.adopt([new]).problems()
    gone = row("100", valid_from=DAY(2026, 7, 1), status="withdrawn")
    assert changed.adopt([gone]).rows == (cut,)
    assert len({rules.rule_set, changed.rule_set}) == 2


def test_rules_of_takes_a_table_or_a_machine():
    class Machine:
        rules = RULES

    assert rules_of(RULES) is RULES
    assert rules_of(Machine()) is RULES


def test_venue_that_is_unknown_names_the_nearest():
    assert RULES.market_of("XSHE") == "CN"
    with pytest.raises(MissingRule, match="XTAI"):
        RULES.market_of("XTAL")
