"""Gaps: sessions of a venue between an instrument's first and last daily bar that have no bar."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from tallystick.core.schema import Record

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.market import RuleTable

__all__ = ["GapLine", "find_gaps"]


class GapLine(Record, frozen=True, kw_only=True):
    """Sessions in a row without a bar of an instrument, from the first to the last of them."""

    symbol: str
    first_date: datetime.date
    last_date: datetime.date
    sessions: int


def find_gaps(
    context: Context,
    instruments: Sequence[str],
    start: datetime.date | None,
    end: datetime.date | None,
    known_at: int | None,
) -> tuple[list[GapLine], int]:
    """The gaps of some instruments within a span, as known at a time, and how many instruments are left out.

    Left out are those of venues whose calendar is not known, or not for their dates.
    """
    from tallystick.history.asking.rows import Span, read_rows
    from tallystick.market import rules_of

    rows = read_rows(
        context.lake,
        "history.bars_daily",
        Span(instruments, start, end),
        known_at=known_at,
        columns=["symbol", "date"],
    )
    dates: dict[str, set[datetime.date]] = {}
    for symbol, date in zip(rows["symbol"].to_pylist(), rows["date"].to_pylist(), strict=True):
        dates.setdefault(symbol, set()).add(date)
    rules = rules_of(context.machine("market"))
    found: list[GapLine] = []
    left_out = 0
    for symbol in sorted(dates):
        sessions = _sessions(rules, symbol.rpartition(".")[2], dates[symbol])
        left_out += sessions is None
        found += _gaps_of(symbol, sessions or (), dates[symbol])
    return found, left_out


def _sessions(rules: RuleTable, venue: str, dates: set[datetime.date]) -> list[datetime.date] | None:
    """The venue's sessions from the first to the last date, None where its calendar is not known for them."""
    from tallystick.market import Calendar, ExpiredRule, MissingRule

    if venue not in rules.venues():
        return None
    try:
        return Calendar(venue, rules).sessions(min(dates), max(dates))
    except (MissingRule, ExpiredRule):
        return None


def _gaps_of(symbol: str, sessions: Sequence[datetime.date], there: set[datetime.date]) -> list[GapLine]:
    """The runs of sessions without a bar; the first and last session have one.

    >>> days = [datetime.date(2026, 11, day) for day in (16, 17, 18, 19, 20)]
    >>> [(str(gap.first_date), gap.sessions) for gap in _gaps_of("2330.XTAI", days, {days[0], days[3], days[4]})]
    [('2026-11-17', 2)]
    """
    places = [place for place, session in enumerate(sessions) if session in there]
    return [
        GapLine(
            symbol=symbol,
            first_date=sessions[before + 1],
            last_date=sessions[after - 1],
            sessions=after - before - 1,
        )
        for before, after in pairwise(places)
        if after - before > 1
    ]
