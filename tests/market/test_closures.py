"""Closures that no formula knows, and how many sessions each year had, since 2015, by what was announced."""

from __future__ import annotations

import datetime

import pytest

from tallystick.market import Calendar

FIRST_YEAR = 2015
# Days on which a market stayed shut though its list for the year had a session: date, what, by whom it was told.
TAIPEI = [
    ("2015-07-10", "typhoon", "from memory"),
    ("2015-09-29", "typhoon", "Bloomberg 2015-09-28"),
    ("2016-07-08", "typhoon", "from memory"),
    ("2016-09-27", "typhoon", "Bloomberg 2024-07-24: the last two days in a row were in 2016"),
    ("2016-09-28", "typhoon", "Bloomberg 2024-07-24: the last two days in a row were in 2016"),
    ("2019-08-09", "typhoon", "Anue 2019-08-08"),
    ("2019-09-30", "typhoon", "from memory"),
    ("2023-08-03", "typhoon", "TWSE news, as named by exchange_calendars pull request 453"),
    ("2024-07-24", "typhoon", "TWSE news, as named by exchange_calendars pull request 407"),
    ("2024-07-25", "typhoon", "Bloomberg 2024-07-24"),
    ("2024-10-02", "typhoon", "Taipei Times 2024-10-02"),
    ("2024-10-03", "typhoon", "press on the statement of TWSE of 2024-10-02"),
    ("2024-10-31", "typhoon", "Bloomberg 2024-10-31"),
]
MAINLAND = [
    ("2015-09-03", "anniversary of the end of the war", "from memory"),
    ("2015-09-04", "anniversary of the end of the war", "from memory"),
    ("2020-01-31", "new year's holiday made longer by the epidemic", "from memory"),
]
# Sessions of a year, from memory of the exchanges' yearly statistics.
SESSIONS = {
    "XTAI": (244, 244, 246, 247, 242, 245, 244, 246, 239, 242, 243),
    "XSHG": (244, 244, 244, 243, 244, 243, 243, 242, 242, 242, 243),
}


@pytest.mark.parametrize(
    ("venue", "date"),
    [(venue, date) for venue in ("XTAI", "ROCO", "XTAF") for date, *_ in TAIPEI]
    + [(venue, date) for venue in ("XSHG", "XSHE") for date, *_ in MAINLAND],
)
def test_market_stayed_shut(venue, date):
    calendar, day = Calendar(venue), datetime.date.fromisoformat(date)
    assert day.weekday() < 5
    assert calendar.kind(day) == "closed"
    row = calendar.day_row(day)
    assert row.source
    assert row.status in ("verified", "secondary", "unverified")


@pytest.mark.parametrize("venue", SESSIONS)
def test_years_have_as_many_sessions_as_were_counted(venue):
    calendar = Calendar(venue)
    found = [
        len(calendar.sessions(datetime.date(year, 1, 1), datetime.date(year, 12, 31)))
        for year in range(FIRST_YEAR, FIRST_YEAR + len(SESSIONS[venue]))
    ]
    assert tuple(found) == SESSIONS[venue]


@pytest.mark.parametrize("venue", ["XTAI", "XSHG"])
def test_each_closed_day_says_by_whom_it_is_known(venue):
    calendar = Calendar(venue)
    first, last = datetime.date(FIRST_YEAR, 1, 1), datetime.date(2026, 12, 31)
    for number in range((last - first).days + 1):
        day = first + datetime.timedelta(number)
        if day.weekday() < 5 and not calendar.is_session(day):
            row = calendar.day_row(day)
            assert row.source
            assert row.status in ("verified", "secondary", "unverified")
            assert (row.status == "unverified") == (
                row.source.startswith(("from memory", "the pattern of the years"))
            ), day
