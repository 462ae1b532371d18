"""The days of the venues whose symbols rows have: their calendars, their sessions in numbers, and trade dates."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tallystick.core.schema import number_date

if TYPE_CHECKING:
    from tallystick.market import Calendar, MarketMachine

__all__ = [
    "LONGEST_SPAN_DAYS",
    "calendars_of",
    "closed_days",
    "distinct_days",
    "numbered",
    "session_days",
    "trade_dates",
]

Array = np.ndarray[Any, np.dtype[Any]]

LONGEST_SPAN_DAYS = 100_000
"""Dates further apart are left to the check of the future."""


def numbered(calendar: Calendar, days: Array) -> Array:
    """How many sessions there were until each date; all 0 when the calendar does not know them all."""
    if not len(days):
        return days
    low, high = int(days.min()), int(days.max())
    sessions = session_days(calendar, low, high)
    if sessions is None:
        return np.zeros(len(days), np.int64)
    return np.asarray(np.searchsorted(sessions, np.arange(low, high + 1), side="right")[days - low])


def session_days(calendar: Calendar, first: int, last: int) -> Array | None:
    """The sessions between two dates as numbers, None when the calendar does not know them all."""
    from tallystick.market import ExpiredRule, MissingRule

    try:
        sessions = calendar.sessions(number_date(first), number_date(last))
    except (ExpiredRule, MissingRule):
        return None
    return np.array(sessions, "datetime64[D]").astype(np.int64)


def trade_dates(market: MarketMachine, local: Array, venue: str, night: str) -> Array:
    """The trade dates of local times of a venue: from `night` on a time belongs to the next session, before to the
    first one that is not over. Times of day after midnight belong to the session that follows.
    """
    from tallystick.history.loading.clock import DAY_NS

    clock = datetime.time.fromisoformat(night)
    begins = (clock.hour * 60 + clock.minute) * 60_000_000_000
    days = local // DAY_NS + (local % DAY_NS >= begins)
    if not len(days):
        return days
    calendar = _calendar(market, venue)
    sessions = None if calendar is None else session_days(calendar, int(days.min()), int(days.max()) + 15)
    if sessions is None or not len(sessions):
        return days
    return sessions[np.minimum(np.searchsorted(sessions, days), len(sessions) - 1)]


def calendars_of(words: list[str], market: MarketMachine) -> tuple[Array, list[Calendar]]:
    """For each symbol the place of its venue's calendar, from 1; 0 where there is none."""
    places: dict[str, int] = {}
    calendars: list[Calendar] = []
    of_word = np.zeros(max(len(words), 1), np.int64)
    for code, word in enumerate(words):
        venue = word.rpartition(".")[2] if "." in word else ""
        if venue not in places:
            calendar = _calendar(market, venue) if venue else None
            if calendar is not None:
                calendars.append(calendar)
            places[venue] = len(calendars) if calendar is not None else 0
        of_word[code] = places[venue]
    return of_word, calendars


def _calendar(market: MarketMachine, venue: str) -> Calendar | None:
    from tallystick.market import MissingRule

    rules = getattr(market, "rules", None)
    if rules is None or venue not in rules.venues():
        return None
    try:
        return market.calendar(venue)
    except MissingRule:
        return None


def closed_days(calendar: Calendar, first: int, last: int) -> Array:
    """For each date from the first to the last, whether the venue is known not to trade on it."""
    sessions = session_days(calendar, first, last)
    if sessions is None:
        return np.array([_is_closed(calendar, number) for number in range(first, last + 1)])
    closed = np.ones(last - first + 1, dtype=bool)
    closed[sessions - first] = False
    return closed


def _is_closed(calendar: Calendar, number: int) -> bool:
    from tallystick.market import ExpiredRule, MissingRule

    try:
        return not calendar.is_session(number_date(number))
    except (ExpiredRule, MissingRule):
        return False


def distinct_days(days: Array) -> Array:
    """The distinct dates, rising; without sorting all when they lie close together."""
    if not len(days) or int(days.max()) - int(days.min()) > LONGEST_SPAN_DAYS:
        return np.unique(days)
    low = int(days.min())
    there = np.zeros(int(days.max()) - low + 1, dtype=bool)
    there[days - low] = True
    return np.flatnonzero(there) + low
