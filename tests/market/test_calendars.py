"""Days against known closures, settlement dates worked out by hand, phases on both sides of their changes."""

from __future__ import annotations

import datetime

import pytest

from tallystick.market import Calendar, ExpiredRule, MissingRule, RuleKey, RuleRow, seed_rules

DAY = datetime.date
TAIPEI = Calendar("XTAI")
SHANGHAI = Calendar("XSHG")


def day(text):
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    "date",
    ["2024-07-24", "2024-07-25", "2024-10-02", "2024-10-03", "2024-10-31", "2022-02-04", "2013-08-21", "2019-08-09",
     "2026-02-16", "2026-02-20", "2026-02-21", "2026-10-26", "2026-12-25"],
)  # fmt: skip
def test_taipei_is_closed(date):
    assert TAIPEI.kind(day(date)) == "closed"
    assert not TAIPEI.is_settlement_day(day(date))


@pytest.mark.parametrize(
    "date", ["2024-07-23", "2024-07-26", "2024-10-04", "2024-11-01", "2024-09-16", "2026-02-11", "2026-02-23"]
)
def test_taipei_is_open(date):
    assert TAIPEI.is_session(day(date))


@pytest.mark.parametrize(
    "date", ["2007-04-14", "2007-06-23", "2012-03-03", "2016-09-10", "2018-12-22", "2009-01-17"]
)
def test_make_up_saturday_is_a_session(date):
    assert day(date).weekday() == 5
    assert TAIPEI.is_session(day(date))
    assert day(date) in TAIPEI.sessions(day(date), day(date))


@pytest.mark.parametrize("date", ["2026-02-12", "2026-02-13", "2023-01-18", "2023-01-19", "2025-01-23"])
def test_settlement_only_day_settles_without_trading(date):
    assert TAIPEI.kind(day(date)) == "settlement_only"
    assert not TAIPEI.is_session(day(date))
    assert TAIPEI.is_settlement_day(day(date))


def test_overrides_carry_their_marks():
    typhoon, holiday = TAIPEI.day_row(DAY(2024, 10, 31)), TAIPEI.day_row(DAY(2026, 2, 12))
    assert typhoon is not None
    assert typhoon.status == "secondary"
    assert holiday is not None
    assert holiday.status == "secondary"
    assert TAIPEI.day_row(DAY(2026, 11, 20)) is None


def test_sessions_of_the_lunar_new_year_2026():
    assert TAIPEI.sessions(DAY(2026, 2, 9), DAY(2026, 2, 24)) == [
        DAY(2026, 2, 9), DAY(2026, 2, 10), DAY(2026, 2, 11), DAY(2026, 2, 23), DAY(2026, 2, 24),
    ]  # fmt: skip
    assert len(TAIPEI.sessions(DAY(2025, 1, 1), DAY(2025, 12, 31))) == 243


@pytest.mark.parametrize(
    ("trade", "settles"),
    [
        ("2026-11-18", "2026-11-20"),
        ("2026-11-20", "2026-11-24"),  # over a weekend
        ("2026-02-10", "2026-02-12"),  # settlement-only days count
        ("2026-02-11", "2026-02-13"),
        ("2024-07-22", "2024-07-26"),  # a typhoon puts it off
        ("2024-07-23", "2024-07-29"),
        ("2016-09-08", "2016-09-10"),  # the make-up Saturday settles
        ("2009-02-02", "2009-02-04"),  # first day of T+2
    ],
)
def test_settlement_in_taipei(trade, settles):
    assert TAIPEI.settlement_date(day(trade)) == day(settles)
    assert Calendar("ROCO").settlement_date(day(trade)) == day(settles)


def test_settlement_in_china():
    assert SHANGHAI.settlement_date(DAY(2026, 9, 30)) == DAY(2026, 10, 8)
    b_share = RuleKey(market="CN", venue="XSHG", board="main", product="stock_b")
    assert SHANGHAI.settlement_date(DAY(2026, 9, 28), b_share) == DAY(2026, 10, 8)


def test_settlement_before_its_rule_is_missing():
    with pytest.raises(MissingRule):
        TAIPEI.settlement_date(DAY(2008, 6, 2))


def test_steps_from_session_to_session():
    assert TAIPEI.next_session(DAY(2026, 2, 11)) == DAY(2026, 2, 23)
    assert TAIPEI.next_session(DAY(2026, 2, 11), 2) == DAY(2026, 2, 24)
    assert TAIPEI.previous_session(DAY(2026, 2, 23)) == DAY(2026, 2, 11)
    assert TAIPEI.next_settlement_day(DAY(2026, 2, 14), 0) == DAY(2026, 2, 23)
    assert TAIPEI.next_settlement_day(DAY(2026, 2, 13), 0) == DAY(2026, 2, 13)
    assert TAIPEI.settlement_days(DAY(2026, 2, 11), DAY(2026, 2, 23)) == [
        DAY(2026, 2, 11), DAY(2026, 2, 12), DAY(2026, 2, 13), DAY(2026, 2, 23),
    ]  # fmt: skip


def test_venues_of_one_calendar_agree():
    year = (DAY(2026, 1, 1), DAY(2026, 12, 31))
    assert Calendar("XTAF").sessions(*year) == Calendar("ROCO").sessions(*year) == TAIPEI.sessions(*year)
    assert Calendar("XSHE").sessions(*year) == Calendar("BJSE").sessions(*year) == SHANGHAI.sessions(*year)
    assert not SHANGHAI.is_session(DAY(2026, 1, 2))
    assert not Calendar("XNYS").is_session(DAY(2026, 7, 3))
    assert Calendar("XNAS").is_session(DAY(2026, 7, 2))


@pytest.mark.parametrize("question", ["is_session", "next_session", "phases", "settlement_date"])
def test_beyond_the_table_is_loud(question):
    with pytest.raises(ExpiredRule, match="2026-12-31"):
        getattr(SHANGHAI, question)(DAY(2027, 1, 4))


def test_step_over_the_end_of_the_table_is_loud():
    with pytest.raises(ExpiredRule):
        SHANGHAI.next_session(DAY(2026, 12, 31))
    with pytest.raises(MissingRule):
        SHANGHAI.previous_session(DAY(2005, 1, 4))
    with pytest.raises(MissingRule):
        SHANGHAI.sessions(DAY(2004, 12, 1), DAY(2005, 2, 1))


def test_projected_year_is_marked():
    assert TAIPEI.known(DAY(2026, 12, 31)).status == "secondary"
    assert TAIPEI.known(DAY(2027, 1, 4)).status == "unverified"


def phases(venue, date, product="stock", board="main"):
    found = Calendar(venue)
    key = RuleKey(market=found.market, venue=venue, board=board, product=product)
    return {p.name: f"{p.opens:%H:%M}-{p.closes:%H:%M} {p.mode}" for p in found.phases(day(date), key)}


def test_phases_of_a_taipei_day():
    found = phases("XTAI", "2026-11-20")
    assert found["order_entry"] == "08:30-09:00 entry"
    assert found["opening_call"] == "09:00-09:00 call"
    assert found["continuous"] == "09:00-13:25 continuous"
    assert found["closing_call"] == "13:25-13:30 call"
    assert found["odd_lot"] == "09:00-13:30 odd_call"
    assert found["after_hours_odd_lot"] == "13:40-14:30 odd_call"
    assert found["after_hours_fixed_price"] == "14:00-14:30 fixed_price"


def test_phases_change_with_their_rules():
    assert phases("XTAI", "2020-03-20")["continuous"] == "09:00-13:25 call_repeated"
    assert phases("XTAI", "2020-03-23")["continuous"] == "09:00-13:25 continuous"
    assert "odd_lot" not in phases("XTAI", "2020-10-23")
    assert "odd_lot" in phases("XTAI", "2020-10-26")
    assert "closing_call" not in phases("XSHG", "2018-08-17")
    assert phases("XSHG", "2018-08-20")["afternoon"] == "13:00-14:57 continuous"
    assert phases("XSHG", "2026-07-03", "etf")["afternoon"] == "13:00-15:00 continuous"
    assert phases("XSHG", "2026-07-06", "etf")["closing_call"] == "14:57-15:00 call"
    assert "after_hours_fixed_price" in phases("XSHG", "2026-07-06", "stock", "star")
    assert phases("XTAI", "2026-02-12") == {}


def test_night_session_of_futures_is_overnight():
    key = RuleKey(market="TW", venue="XTAF", board="TXF", product="future_index")
    night = next(p for p in Calendar("XTAF").phases(DAY(2026, 11, 20), key) if p.name == "after_hours")
    assert night.overnight
    assert not [p for p in Calendar("XTAF").phases(DAY(2017, 5, 12), key) if p.overnight]


def test_correction_of_a_day_by_a_row():
    closure = RuleRow(
        market="TW", venue="XTAI", field="session_day", value="closed", unit="day", valid_from=DAY(2026, 11, 24),
        valid_to=DAY(2026, 11, 24), source="made-up notice", status="verified", note="typhoon",
    )  # fmt: skip
    reopened = RuleRow(
        market="TW", venue="XTAI", field="session_day", value="open", unit="day", valid_from=DAY(2024, 10, 31),
        valid_to=DAY(2024, 10, 31), source="made-up notice", status="verified",
    )  # fmt: skip
    rules = seed_rules().adopt([closure, reopened])
    assert rules.problems() == []
    corrected = Calendar("XTAI", rules)
    assert not corrected.is_session(DAY(2026, 11, 24))
    assert corrected.settlement_date(DAY(2026, 11, 20)) == DAY(2026, 11, 25)
    assert corrected.is_session(DAY(2024, 10, 31))
    assert Calendar("ROCO", rules).is_session(DAY(2024, 10, 31))


def test_seed_tool_writes_what_is_shipped():
    seed_calendars = pytest.importorskip("seed_calendars", reason="tools are not on the path")
    pytest.importorskip("exchange_calendars")
    import csv

    for name in seed_calendars.ANNOUNCED:
        with (seed_calendars.FOLDER / f"calendar_{name}.csv").open(encoding="utf-8") as file:
            shipped = list(csv.DictReader(file))
        if shipped[0]["source"] == f"exchange_calendars {seed_calendars.exchange_calendars.__version__}":
            assert shipped == seed_calendars.days_of(name)
