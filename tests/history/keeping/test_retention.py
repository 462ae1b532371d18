"""Until when: the longest rule wins, what is not known keeps, and a hold stops everything."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import TallystickError
from tallystick.core.text import translate
from tallystick.history.events import RetentionRow
from tallystick.history.keeping.retention import (
    CLOCKS,
    adopted,
    keep_until,
    problems_of,
    purge_grace_days,
    read_rows,
    shipped_rows,
)
from tallystick.history.keeping.retention_sentences import UNTIL, sentence_of

DAY = datetime.date(2020, 2, 29)
TODAY = datetime.date(2026, 11, 23)


def row(value=5, unit="years", clock="record", record_class="orders", **more):
    fields = {"jurisdiction": "TW", "rule": "a_rule", "source": "an act", "status": "verified"} | more
    return RetentionRow(record_class=record_class, value=value, unit=unit, clock=clock, **fields)


def until(rows, record_class="orders", first=DAY, last=DAY, clocks=None):
    return keep_until(rows, record_class, first, last, TODAY, clocks or {}).date


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([row(5, clock="year_closed")], "Kept until the books of 2020 are closed, and 5 years more"),
        ([row(6, "months", "year_closed")], "Kept until the books of 2020 are closed, and 6 months more"),
        ([row(5, clock="relationship_end")], "Kept until 5 years after the end of each relationship"),
        ([row(5, clock="account_closed")], "Kept until 5 years after the closing of each account"),
        ([row(5, clock="unknown")], "Kept for ever: from when this rule's time counts is not known."),
        ([row(5)], "Kept until 2025-02-28"),
        ([], "No rule names this class: it is kept for ever"),
    ],
)
def test_how_long_is_said_in_a_sentence(rules, said):
    span = keep_until(rules, "orders", DAY, DAY, TODAY, {})
    assert sentence_of(span, DAY, "en").startswith(said)
    assert sentence_of(span, DAY, "zh_Hant") != sentence_of(span, DAY, "en")


def test_every_shipped_clock_and_unit_has_a_sentence_of_its_own():
    for rule in shipped_rows():
        if rule.clock in ("year_closed", "relationship_end", "account_closed"):
            assert (rule.clock, rule.unit) in UNTIL


def test_shipped_rows_have_source_and_status_and_no_fault():
    rows = shipped_rows()
    assert not problems_of(rows)
    assert len({one.identity for one in rows}) == len(rows)
    assert {one.jurisdiction for one in rows} == {"*", "TW", "CN", "US"}
    assert {one.clock for one in rows} <= set(CLOCKS)


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (row(5), datetime.date(2025, 2, 28)),
        (row(2, "months"), datetime.date(2020, 4, 29)),
        (row(10, "days"), datetime.date(2020, 3, 10)),
        (row(1, clock="month_end"), datetime.date(2021, 2, 28)),
        (row(2, clock="year_end"), datetime.date(2022, 12, 31)),
        (row(5, clock="year_closed"), None),
        (row(5, clock="relationship_end"), None),
        (row(5, clock="unknown"), None),
        (row(20, record_class="cash"), None),
        (row(6, record_class="*"), datetime.date(2026, 2, 28)),
        (row(5, valid_to=DAY - datetime.timedelta(1)), None),
        (row(5, valid_from=TODAY + datetime.timedelta(1)), None),
        (row(5, valid_from=DAY, valid_to=DAY), datetime.date(2025, 2, 28)),
    ],
)
def test_one_rule_keeps_so_long(rule, kept):
    assert until([rule]) == kept


def test_law_that_changed_keeps_by_its_longer_version():
    short = row(5, valid_to=datetime.date(2024, 12, 31))
    long = row(10, valid_from=datetime.date(2025, 1, 1))
    assert until([short, long]) == datetime.date(2030, 2, 28)
    new = datetime.date(2025, 6, 1)
    assert until([short, long], first=new, last=new) == datetime.date(2035, 6, 1)


def test_unknown_start_of_one_rule_keeps_whatever_the_others_say():
    assert until([row(1), row(1, clock="year_closed", rule="books")]) is None
    clocks = {"year_closed 2020": datetime.date(2021, 3, 31)}
    assert until([row(1), row(5, clock="year_closed", rule="books")], clocks=clocks) == datetime.date(
        2026, 3, 31
    )


LENGTHS = st.builds(
    row,
    st.integers(0, 40),
    st.sampled_from(["days", "months", "years"]),
    st.sampled_from(["record", "year_end"]),
)


@given(st.lists(LENGTHS, min_size=1, max_size=6), st.dates(datetime.date(1990, 1, 1), TODAY))
def test_longest_rule_always_wins(rows, day):
    alone = [until([one], first=day, last=day) for one in rows]
    assert until(rows, first=day, last=day) == max(alone)
    assert until(rows[::-1], first=day, last=day) == max(alone)


def test_purge_grace_is_the_longest_that_applies():
    rows = [row(30, "days", "mark", "*"), row(60, "days", "mark", "orders", rule="longer")]
    assert (purge_grace_days(rows, "orders", TODAY), purge_grace_days(rows, "cash", TODAY)) == (60, 30)
    assert purge_grace_days([row(5)], "orders", TODAY) is None
    assert until(rows) is None, "a grace is no rule of keeping"


def test_change_replaces_adds_and_withdraws():
    old, other = row(5), row(7, rule="other")
    ended = row(5, valid_to=TODAY)
    assert adopted([old, other], [], [row(6)], TODAY) == ([row(6), other], [ended])
    assert adopted([row(6)], [ended], [row(6, note="read again")], TODAY) == (
        [row(6, note="read again")],
        [ended],
    )
    assert adopted([row(6), other], [ended], [row(6, status="withdrawn")], TODAY) == ([other], [])


def test_rule_that_never_held_leaves_nothing_when_it_is_replaced():
    later = row(20, valid_from=TODAY + datetime.timedelta(30))
    sooner = row(10, valid_from=TODAY + datetime.timedelta(30))
    assert adopted([later], [], [sooner], TODAY) == ([sooner], [])
    grace = row(30, "days", "mark")
    assert adopted([grace], [], [row(0, "days", "mark")], TODAY)[1] == [], "the grace is that of today"


def test_replaced_rule_keeps_what_is_older_than_the_change():
    rows, replaced = adopted([row(10)], [], [row(1)], datetime.date(2020, 6, 1))
    assert until([*rows, *replaced]) == datetime.date(2030, 2, 28)
    new = datetime.date(2020, 6, 2)
    assert until([*rows, *replaced], first=new, last=new) == datetime.date(2021, 6, 2)


HEADER = "jurisdiction,record_class,rule,value,unit,clock,valid_from,valid_to,source,source_date,status,note"
SOUND = "TW,orders,a,5,years,record,,,an act,,verified,"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("TW,orders,a,five,years,record,,,an act,,verified,", "value cannot be five"),
        ("TW,orders,a,,years,record,,,an act,,verified,", "value cannot be"),
        ("TW,orders,a,5,years,record,soon,,an act,,verified,", "valid_from cannot be soon"),
        ("TW,orders,a,5,decades,record,,,an act,,verified,", "there is no unit decades"),
        ("TW,orders,a,5,years,moon,,,an act,,verified,", "there is no clock moon"),
        ("TW,orders,a,5,years,record,,,,,verified,", "source is empty"),
        ("TW,orders,a,5,years,record,,,an act,,sure,", "there is no status sure"),
        ("TW,orders,a,-5,years,record,,,an act,,verified,", "-5 is no length of time"),
        ("TW,orders,a,5,years,record,2026-01-02,2026-01-01,an act,,verified,", "ends before it starts"),
        (",orders,a,5,years,record,,,an act,,verified,", "jurisdiction is empty"),
    ],
)
def test_row_that_does_not_read_is_told_with_its_line(line, problem):
    sound = SOUND.replace(",a,", ",b,")
    with pytest.raises(TallystickError, match=f"Line 3: .*{problem}"):
        read_rows(f"{HEADER}\n{sound}\n{line}\n")


def test_header_without_a_column_is_told_with_the_columns():
    with pytest.raises(TallystickError, match="Line 1: the column note is missing") as told:
        read_rows(HEADER.removesuffix(",note") + "\n")
    assert HEADER in str(told.value)


def test_refusals_are_of_one_language():
    for line in (
        "TW,orders,a,five,years,record,,,an act,,verified,",
        SOUND.replace("years", "eons"),
        SOUND[2:],
    ):
        with pytest.raises(TallystickError) as told:
            read_rows(f"{HEADER}\n{line}\n")
        error = told.value
        assert translate(error.text, "zh_Hant", **error.values).startswith("第 2 行：")
        assert translate(error.remedy, "zh_Hant", **error.values).startswith(("請", "value 請"))


def test_two_rows_of_one_rule_are_refused():
    with pytest.raises(TallystickError, match="Line 4 is about the same rule as line 2"):
        read_rows(f"{HEADER}\n{SOUND}\n{SOUND.replace('TW', 'CN')}\n{SOUND.replace('5', '7')}\n")


def test_only_a_rule_in_force_is_taken_back(firm):
    line = "TW,orders,transaction_recordz,5,years,record,,,an act,,withdrawn,"
    with pytest.raises(
        TallystickError, match="Line 2 takes back a rule that is not in force: TW, orders, tra"
    ):
        firm.history.propose_retention(rows=f"{HEADER}\n{line}\n", reason="typed wrongly")
    sound = line.replace("recordz", "records")
    assert firm.history.propose_retention(rows=f"{HEADER}\n{sound}\n", reason="not ours").waits


def test_law_of_the_home_is_in_force_from_the_first_day(firm):
    (first,) = firm.house.journal.batches(kinds=["history.adopt_retention"])
    assert first.day == datetime.date(2026, 11, 19)
    rows = firm.house.machine("history").state.retention
    assert {row.jurisdiction for row in rows} == {"*", "TW"}
    assert sorted(row.identity for row in rows) == sorted(
        row.identity for row in shipped_rows() if row.jurisdiction in ("*", "TW")
    )
