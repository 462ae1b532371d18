"""The shipped rows: every one reads, has source and status; nothing overlaps; answers differ across change dates."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.errors import TallystickError
from tallystick.market import RuleKey, seed_command, seed_rules
from tallystick.market.rule_rows import decode_rows
from tallystick.market.seed import COLUMNS, field_labels, known_fields, read_rows

RULES = seed_rules()
DAY = datetime.timedelta(days=1)


def day(text):
    return datetime.date.fromisoformat(text)


def test_every_row_has_source_and_status_and_nothing_overlaps():
    assert RULES.problems() == []
    assert len(RULES.rows) > 1_500
    for row in RULES.rows:
        assert row.source
        assert row.status in ("verified", "secondary", "empirical", "unverified")


def test_rows_from_memory_are_marked_unverified():
    from_memory = [row for row in RULES.rows if row.source.startswith("from memory")]
    assert from_memory
    assert {row.status for row in from_memory} == {"unverified"}


def test_every_field_is_used_and_labelled():
    assert {row.field for row in RULES.rows} == set(known_fields())
    labels = field_labels().values()
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    "venue", ["XTAI", "ROCO", "XTAF", "XSHG", "XSHE", "BJSE", "CCFX", "XSGE", "XINE", "XDCE", "XZCE"]
)
def test_every_market_has_rules_beyond_its_name(venue):
    fields = {row.field for row in RULES.rows if row.venue == venue}
    assert {"tick", "lot"} <= fields
    assert len(fields - {"venue_name", "venue_name_zh", "zone", "currency", "calendar"}) >= 6


def key(text):
    market, venue, board, product = text.split("/")
    return RuleKey(market=market, venue=venue, board=board, product=product)


CHANGES = [
    # field, class, side, value, first day of the new rule, old, new
    ("price_limit", "TW/XTAI/main/stock", "up", None, "2015-06-01", "7", "10"),
    ("price_limit", "TW/XTAI/main/stock", "down", None, "2001-09-19", "7", "3.5"),
    ("price_limit", "TW/XTAI/main/stock", "down", None, "2001-09-24", "3.5", "7"),
    ("price_limit", "TW/ROCO/main/stock", "down", None, "2008-10-25", "3.5", "7"),
    ("tick", "TW/XTAI/main/stock", "", 70_000, "2005-03-01", "0.05", "0.01"),
    ("tick", "TW/XTAI/main/stock", "", 1_600_000, "2005-03-01", "1", "0.5"),
    ("no_limit_sessions", "TW/XTAI/main/stock", "", None, "2005-03-01", "0", "5"),
    ("phase.continuous", "TW/XTAI/main/stock", "", None, "2020-03-23",
     "09:00-13:25 call_repeated", "09:00-13:25 continuous"),
    ("odd_lot_interval", "TW/XTAI/main/stock", "", None, "2022-12-19", "180", "60"),
    ("odd_lot_interval", "TW/XTAI/main/stock", "", None, "2024-12-02", "60", "5"),
    ("day_trade_tax", "TW/XTAI/main/stock", "sell", None, "2017-04-28", "0.3", "0.15"),
    ("day_trade_tax_proprietary", "TW/XTAI/main/stock", "sell", None, "2018-04-28", "0.3", "0.15"),
    ("transaction_tax", "TW/XTAI/main/bond", "sell", None, "2010-01-01", "0.1", "0"),
    ("transaction_tax", "TW/XTAI/main/etf_bond", "sell", None, "2017-01-01", "0.1", "0"),
    ("day_trade.buy_first", "TW/XTAI/main/stock", "", None, "2014-01-06", "forbidden", "allowed"),
    ("day_trade.sell_first", "TW/XTAI/main/stock", "", None, "2014-06-30", "forbidden", "allowed"),
    ("short_below_flat", "TW/XTAI/main/stock", "", None, "2013-09-23", "forbidden", "allowed"),
    ("margin_maintenance", "TW/XTAI/main/stock", "", None, "2015-05-04", "120", "130"),
    ("settlement_cycle_client", "TW/XTAI/main/stock", "", None, "2009-02-02", "1", "2"),
    ("disposition_order_lots", "TW/XTAI/main/stock", "", None, "2014-04-21", "50", "10"),
    ("price_limit", "TW/XTAF/TXF/future_index", "", None, "2015-06-01", "7", "10"),
    ("futures_tax", "TW/XTAF/TXF/future_index", "", None, "2008-10-06", "0.01", "0.004"),
    ("futures_tax", "TW/XTAF/TXF/future_index", "", None, "2013-04-01", "0.004", "0.002"),
    ("price_limit", "CN/XSHG/st/stock", "", None, "2026-07-06", "5", "10"),
    ("price_limit", "CN/XSHE/chinext/stock", "", None, "2020-08-24", "10", "20"),
    ("price_limit", "CN/XSHG/main/etf_wide", "", None, "2020-08-21", "10", "20"),
    ("no_limit_sessions", "CN/XSHG/main/stock", "", None, "2023-04-10", "0", "5"),
    ("first_day_limit", "CN/XSHG/main/stock", "up", None, "2023-04-10", "44", "none"),
    ("transaction_tax", "CN/XSHG/main/stock", "sell", None, "2007-05-30", "0.1", "0.3"),
    ("transaction_tax", "CN/XSHG/main/stock", "buy", None, "2008-09-19", "0.1", "0"),
    ("transaction_tax", "CN/XSHE/main/stock", "sell", None, "2023-08-28", "0.1", "0.05"),
    ("transfer_fee", "CN/XSHE/main/stock", "", None, "2022-04-29", "0.002", "0.001"),
    ("transfer_fee", "CN/BJSE/main/stock", "", None, "2022-04-29", "0.0025", "0.001"),
    ("phase.closing_call", "CN/XSHG/main/stock", "", None, "2018-08-20", "none", "14:57-15:00 call"),
    ("phase.closing_call", "CN/XSHG/main/etf", "", None, "2026-07-06", "none", "14:57-15:00 call"),
    ("circuit_breaker", "CN/XSHG/main/stock", "", 20_000, "2016-01-08", "7", "none"),
    ("fee_close_today", "CN/CCFX/IF/future_index", "", None, "2023-03-20", "0.0345", "0.023"),
    ("margin_non_hedge", "CN/CCFX/IC/future_index", "", None, "2019-04-22", "15", "12"),
    ("price_limit", "CN/CCFX/TL/future_bond", "", None, "2023-04-22", "7", "3.5"),
    ("phase.morning", "CN/CCFX/IF/future_index", "", None, "2016-01-01",
     "09:15-11:30 continuous", "09:30-11:30 continuous"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "where", "side", "value", "first", "old", "new"), CHANGES)
def test_answer_differs_across_the_change(field, where, side, value, first, old, new):
    before = RULES.row(field, key(where), day(first) - DAY, side, value)
    after = RULES.row(field, key(where), day(first), side, value)
    assert (before.value, after.value) == (old, new)
    assert before.source
    assert after.source


TODAY = [
    ("multiplier", "TW/XTAF/TXF/future_index", "200"),
    ("multiplier", "TW/XTAF/EXF/future_index", "4000"),
    ("tick", "TW/XTAF/FXF/future_index", "0.2"),
    ("multiplier", "CN/CCFX/IM/future_index", "200"),
    ("tick", "CN/CCFX/T/future_bond", "0.005"),
    ("price_limit", "CN/CCFX/TF/future_bond", "1.2"),
    ("multiplier", "CN/XSGE/au/future_commodity", "1000"),
    ("tick", "CN/XDCE/lh/future_commodity", "5"),
    ("close_today_named", "CN/XINE/sc/future_commodity", "yes"),
    ("close_today_named", "CN/XZCE/TA/future_commodity", "no"),
    ("order_minimum", "CN/XSHG/star/stock", "200"),
    ("lot", "CN/XSHG/star/stock", "1"),
    ("lot", "CN/XSHG/main/stock", "100"),
    ("tick", "CN/XSHG/main/stock_b", "0.001"),
    ("settlement_cycle", "CN/XSHG/main/stock_b", "3"),
    ("price_limit", "CN/BJSE/main/stock", "30"),
    ("lot", "TW/XTAI/main/etf_leveraged_2", "1000"),
    ("price_limit", "TW/XTAI/main/etf_leveraged_2", "20"),
    ("price_limit", "TW/XTAI/main/etf_foreign", "none"),
    ("settlement_cycle", "TW/ROCO/main/stock", "2"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "where", "value"), TODAY)
def test_rule_of_today(field, where, value):
    assert RULES.row(field, key(where), day("2026-11-20")).value == value


def test_seed_command_names_its_rows():
    command = seed_command()
    assert command.rule_set == RULES.rule_set
    assert tuple(decode_rows(command.rows)) == RULES.rows


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("TW,XTAI,*,stock,lot,,,1000,units,2026-13-01,,a page,,verified,", "month must be in"),
        ("TW,XTAI,*,stock,tick,,ten,0.05,price,,,a page,,verified,", "not an amount"),
        ("TW,XTAI", "does not read"),
    ],
)
def test_line_that_does_not_read_is_named(line, problem):
    with pytest.raises(TallystickError, match=r"change\.csv line 2") as caught:
        read_rows(",".join(COLUMNS) + "\n" + line, "change.csv")
    assert problem in str(caught.value)


def test_text_without_a_column_is_refused():
    with pytest.raises(TallystickError, match="lacks the column source"):
        read_rows("market,venue,board,product,field,side,lower_bound,value,unit,valid_from,valid_to\n")
