"""Trading days, settlement days and the phases of a day, from dated rows; never from a clock or a formula alone.

A calendar knows a span of dates. Outside it every question is a fault that names the row that ended: nobody should
settle on a guessed day. Days that leave the weekly pattern are rows `session_day`: `closed`, `open` (an extra
session, e.g. a make-up Saturday) or `settlement_only` (no trading, settlement runs).
"""

from __future__ import annotations

import bisect
import datetime
import functools
from collections.abc import Iterator

from tallystick.market.rule_rows import Phase, RuleRow
from tallystick.market.rules import Classified, RuleKey, RuleTable

__all__ = ["Calendar", "calendar_of"]

DAY = datetime.timedelta(days=1)


class Calendar:
    """A venue's days. `rules` is the table of a market machine; the seed that ships with the package without it.

    >>> taipei = Calendar("XTAI")
    >>> taipei.is_session(datetime.date(2024, 7, 24)), taipei.settlement_date(datetime.date(2026, 2, 11))
    (False, datetime.date(2026, 2, 13))
    """

    def __init__(self, venue: str, rules: RuleTable | None = None) -> None:
        if rules is None:
            from tallystick.market.seed import seed_rules

            rules = seed_rules()
        self.venue = venue
        self.rules = rules
        self.market = rules.market_of(venue)
        self.name = rules.rule("calendar", market=self.market, venue=venue, date=datetime.date.max).value
        self.zone = rules.rule("zone", market=self.market, venue=venue, date=datetime.date.max).value
        self._key = RuleKey(market=self.market, venue=self.name)
        self._days = {row.valid_from: row for row in rules.days_of(self.name)}

    def known(self, date: datetime.date) -> RuleRow:
        """The row by which the calendar speaks for a date. ExpiredRule or MissingRule outside what is known."""
        return self.rules.row("calendar_known", self._key, date)

    def day_row(self, date: datetime.date) -> RuleRow | None:
        """The row that takes a date out of the weekly pattern, if there is one."""
        return self._days.get(date)

    def kind(self, date: datetime.date) -> str:
        """What a date is: `open`, `settlement_only` or `closed`."""
        self.known(date)
        return self._kind(date)

    def _kind(self, date: datetime.date) -> str:
        row = self._days.get(date)
        return row.value if row else "open" if date.weekday() < 5 else "closed"

    def is_session(self, date: datetime.date) -> bool:
        """Whether the venue trades on a date."""
        return self.kind(date) == "open"

    def is_settlement_day(self, date: datetime.date) -> bool:
        """Whether settlement runs on a date: every session, and the settlement-only days."""
        return self.kind(date) != "closed"

    def sessions(self, first: datetime.date, last: datetime.date) -> list[datetime.date]:
        """The sessions from `first` to `last`, both included."""
        return self._between(self._sessions, first, last)

    def settlement_days(self, first: datetime.date, last: datetime.date) -> list[datetime.date]:
        """The settlement days from `first` to `last`, both included."""
        return self._between(self._settlement_days, first, last)

    def next_session(self, date: datetime.date, n: int = 1) -> datetime.date:
        """The `n`-th session after a date (n at least 1)."""
        return self._after(self._sessions, date, n)

    def previous_session(self, date: datetime.date, n: int = 1) -> datetime.date:
        """The `n`-th session before a date (n at least 1)."""
        return self._before(self._sessions, date, n)

    def next_settlement_day(self, date: datetime.date, n: int = 1) -> datetime.date:
        """The `n`-th settlement day after a date; with n 0 the date itself, or the next one when it is none."""
        if n == 0:
            return date if self.is_settlement_day(date) else self._after(self._settlement_days, date, 1)
        return self._after(self._settlement_days, date, n)

    def settlement_date(
        self, trade_date: datetime.date, classified: Classified | None = None
    ) -> datetime.date:
        """When a trade of this date settles (cash): the cycle of the venue's rules on the settlement calendar.

        `classified` is the instrument when its class has a cycle of its own.
        """
        key = classified or RuleKey(market=self.market, venue=self.venue)
        return self.next_settlement_day(trade_date, self.rules.row("settlement_cycle", key, trade_date).count)

    def phases(self, date: datetime.date, classified: Classified | None = None) -> list[Phase]:
        """The parts of the venue's day in order of opening; none on a day without trading.

        `classified` is the instrument when its class keeps other hours (e.g. funds in Shanghai).
        """
        if not self.is_session(date):
            return []
        key = classified or RuleKey(market=self.market, venue=self.venue)
        found = [
            row.phase
            for field in sorted(self.rules.fields)
            if field.startswith("phase.")
            for row in self.rules.find(field, key, date)
            if row.unit == "hours"
        ]
        return sorted(found, key=lambda phase: (phase.opens, phase.closes, phase.name))

    @functools.cached_property
    def _sessions(self) -> list[datetime.date]:
        return [day for day in self._span() if self._kind(day) == "open"]

    @functools.cached_property
    def _settlement_days(self) -> list[datetime.date]:
        return [day for day in self._span() if self._kind(day) != "closed"]

    def _span(self) -> Iterator[datetime.date]:
        """Every date that the calendar knows."""
        spans = [row for row in self.rules.rows if row.field == "calendar_known" and row.venue == self.name]
        for row in sorted(spans, key=lambda row: row.valid_from or datetime.date.min):
            assert row.valid_from, "a calendar's span has a first day"
            assert row.valid_to, "a calendar's span has a last day"
            days = (row.valid_to - row.valid_from).days
            yield from (row.valid_from + number * DAY for number in range(days + 1))

    def _between(
        self, days: list[datetime.date], first: datetime.date, last: datetime.date
    ) -> list[datetime.date]:
        self.known(first)
        self.known(last)
        return days[bisect.bisect_left(days, first) : bisect.bisect_right(days, last)]

    def _after(self, days: list[datetime.date], date: datetime.date, n: int) -> datetime.date:
        assert n >= 1, "count days from 1"
        self.known(date)
        place = bisect.bisect_right(days, date) + n - 1
        if place >= len(days):
            self.known(days[-1] + 400 * DAY)
        return days[place]

    def _before(self, days: list[datetime.date], date: datetime.date, n: int) -> datetime.date:
        assert n >= 1, "count days from 1"
        self.known(date)
        place = bisect.bisect_left(days, date) - n
        if place < 0:
            self.known(days[0] - 400 * DAY)
        return days[place]


@functools.lru_cache(maxsize=64)
def calendar_of(venue: str, rules: RuleTable) -> Calendar:
    """The calendar of a venue by a table of rules, made once."""
    return Calendar(venue, rules)
