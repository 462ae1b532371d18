"""The trading hours that merging of bars goes by, from the dated rules of the venues."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.time import market_time
from tallystick.market import Calendar, RuleKey, RuleTable, rules_of

if TYPE_CHECKING:
    from tallystick.market import MarketMachine

__all__ = ["Sessions"]

MODES = ("call", "call_repeated", "continuous")
"""How orders meet in the phases that make up a session; odd lots, blocks and fixed prices stand outside."""

SHARES, INDEX_FUTURES = "stock", "future_index"


class Sessions:
    """Trading hours by class of instrument: phases that follow one another without a gap are one session.

    >>> from tallystick.market import seed_rules
    >>> sessions, day = Sessions(seed_rules()), datetime.date(2026, 11, 20)
    >>> [(end - start) // 60_000_000_000 for start, end in sessions.spans(sessions.class_of("2330.XTAI"), day, day)]
    [270]
    >>> [(end - start) // 60_000_000_000 for start, end in sessions.spans(sessions.class_of("000001.XSHE"), day, day)]
    [10, 120, 120]
    """

    def __init__(self, market: MarketMachine | RuleTable) -> None:
        self._rules = rules_of(market)
        self._classes = {one.symbol: RuleKey.of(one) for one in getattr(market, "instruments", ())}
        self._calendars: dict[str, Calendar] = {}

    def class_of(self, symbol: str) -> RuleKey:
        """The class that a symbol's hours go by; one that is not registered has those of its venue's shares."""
        known = self._classes.get(symbol)
        if known is not None:
            return known
        venue = symbol.rpartition(".")[2]
        market = self._rules.venues().get(venue, "")
        return RuleKey(market=market, venue=venue, product=SHARES)

    def spans(self, key: RuleKey, first: datetime.date, last: datetime.date) -> list[tuple[int, int]]:
        """The sessions that open from `first` to `last`, in order: from, to (UTC nanoseconds).

        Where a venue's shares have none (it trades futures), those of its index futures. None for a venue or a date
        that the rules do not know.
        """
        if not key.market:
            return []
        found = self._spans(key, first, last)
        if not found and key.product == SHARES:
            found = self._spans(msgspec.structs.replace(key, product=INDEX_FUTURES), first, last)
        return found

    def _spans(self, key: RuleKey, first: datetime.date, last: datetime.date) -> list[tuple[int, int]]:
        calendar = self._calendars.get(key.venue)
        if calendar is None:
            calendar = self._calendars[key.venue] = Calendar(key.venue, self._rules)
        spans: list[tuple[int, int]] = []
        for number in range((last - first).days + 1):
            for start, end in _spans_of_day(calendar, key, first + datetime.timedelta(number)):
                if spans and start <= spans[-1][1]:
                    spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
                else:
                    spans.append((start, end))
        return spans


def _spans_of_day(calendar: Calendar, key: RuleKey, date: datetime.date) -> list[tuple[int, int]]:
    try:
        phases = calendar.phases(date, key)
    except TallystickError:
        return []
    spans = []
    for phase in phases:
        closing = date + datetime.timedelta(1) if phase.overnight else date
        start = market_time(date, phase.opens, calendar.zone)
        end = market_time(closing, phase.closes, calendar.zone)
        if phase.mode in MODES and start < end:
            spans.append((start, end))
    return sorted(spans)
