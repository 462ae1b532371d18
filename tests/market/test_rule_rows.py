"""One row: what it says by its unit, and everything that makes a set of rows wrong."""

from __future__ import annotations

import datetime
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from tallystick.market import RuleRow
from tallystick.market.rule_rows import (
    MODES,
    STATUSES,
    UNITS,
    decode_rows,
    encode_rows,
    problems_of,
    product_chain,
)
from tallystick.market.seed import COLUMNS, known_fields

DAY = datetime.date


def row(**changes):
    fields = {
        "market": "TW",
        "field": "lot",
        "value": "1000",
        "unit": "units",
        "source": "a page",
        "status": "verified",
    }
    return RuleRow(**(fields | changes))


def problems(*rows):
    return problems_of(rows, known_fields())


def test_values_read_by_unit():
    assert row(unit="percent", value="0.1425").rate == Fraction(57, 40_000)
    assert row(unit="price", value="0.05").amount == 500
    assert row(value="1000").count == 1000
    assert row(unit="clock", value="10:30").clock == datetime.time(10, 30)
    assert row(unit="weekday", value="3 wednesday").weekday == (3, 2)


def test_phase_over_midnight_is_overnight():
    phase = row(field="phase.after_hours", unit="hours", value="15:00-05:00 continuous").phase
    assert (phase.name, phase.opens.hour, phase.closes.hour, phase.overnight) == ("after_hours", 15, 5, True)


def test_value_is_not_read_by_a_wrong_unit():
    with pytest.raises(AssertionError):
        _ = row(unit="percent", value="10").count


def test_product_falls_back_on_what_it_is_a_kind_of():
    assert product_chain("future_index") == ("future_index", "future", "*")


def test_reference_page_names_every_column_unit_status_and_mode():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    missing = [word for word in (*COLUMNS, *UNITS, *STATUSES, *MODES) if f"`{word}`" not in page]
    assert missing == []


def test_good_row_has_no_problem():
    assert problems(row()) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"field": "lots"}, "no field lots"),
        ({"unit": "percent"}, "has no unit percent"),
        ({"source": " "}, "no source"),
        ({"status": "sure"}, "no status sure"),
        ({"side": "left"}, "no side left"),
        ({"value": "many"}, "does not read as units"),
        ({"value": "-1"}, "does not read as units"),
        ({"value": "1000.5"}, "does not read as units"),
        ({"market": "*"}, "market, venue, board or product is missing"),
        ({"venue": ""}, "market, venue, board or product is missing"),
        ({"lower_bound": -1}, "lower bound below zero"),
        ({"valid_from": DAY(2026, 1, 2), "valid_to": DAY(2026, 1, 1)}, "ends before it starts"),
        ({"field": "limit_rounding", "unit": "rounding", "value": "sideways"}, "does not read as rounding"),
        (
            {"field": "phase.continuous", "unit": "hours", "value": "9-13 continuous"},
            "does not read as hours",
        ),
        (
            {"field": "phase.continuous", "unit": "hours", "value": "09:00-13:00 loudly"},
            "does not read as hours",
        ),
        (
            {"field": "last_trading_day", "unit": "weekday", "value": "third wednesday"},
            "does not read as weekday",
        ),
        ({"field": "price_limit", "unit": "percent", "value": "ten"}, "does not read as percent"),
        (
            {"field": "settlement_deadline.client", "unit": "clock", "value": "25:00"},
            "does not read as clock",
        ),
    ],
)
def test_problem_is_named(changes, problem):
    assert any(problem in found for found in problems(row(**changes)))


def test_overlap_is_found_and_touching_is_not():
    first = row(valid_to=DAY(2026, 1, 31))
    assert problems(first, row(valid_from=DAY(2026, 2, 1), value="100")) == []
    assert "overlap" in problems(first, row(valid_from=DAY(2026, 1, 31), value="100"))[0]


def test_overlap_behind_a_shorter_row_is_found():
    long = row(valid_from=DAY(2020, 1, 1), valid_to=DAY(2026, 12, 31))
    short = row(valid_from=DAY(2021, 1, 1), valid_to=DAY(2021, 12, 31))
    late = row(valid_from=DAY(2025, 1, 1))
    assert len(problems(long, short, late)) == 2


def test_row_for_both_sides_overlaps_one_of_a_side():
    tax = {"field": "transaction_tax", "unit": "percent", "value": "0.1"}
    assert problems(row(side="sell", **tax), row(side="buy", **tax)) == []
    assert "overlap" in problems(row(**tax), row(side="sell", **tax))[0]


def ticks(*bands, **changes):
    return [
        row(field="tick", unit="price", value=value, lower_bound=bound, **changes) for bound, value in bands
    ]


def test_tick_bands_must_start_at_zero_divide_their_bounds_and_end_together():
    assert problems(*ticks((0, "0.01"), (100_000, "0.05"))) == []
    assert "no tick from zero" in problems(*ticks((100_000, "0.05")))[0]
    assert "does not divide" in problems(*ticks((0, "0.03"), (100_000, "0.05")))[0]
    assert (
        "does not divide"
        in problems(
            *ticks(
                (0, "0"),
            )
        )[0]
    )
    loose = ticks((0, "0.01")) + ticks((100_000, "0.05"), valid_to=DAY(2026, 1, 1))
    assert "end on different days" in problems(*loose)[0]


def test_rows_survive_the_journal_in_any_order():
    rows = [row(value="1"), row(venue="XTAI", valid_from=DAY(2026, 1, 1), note="附註")]
    assert encode_rows(rows) == encode_rows(rows[::-1])
    assert sorted(decode_rows(encode_rows(rows)), key=str) == sorted(rows, key=str)
    with pytest.raises(msgspec.DecodeError):
        decode_rows(b"\xff\x00")
