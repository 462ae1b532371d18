"""What the dated rules say of a futures contract: its multiplier, its last trading day."""

from __future__ import annotations

import datetime

from tallystick.market.calendars import calendar_of
from tallystick.market.rules import Classified, RuleTable

__all__ = ["last_trading_day", "multiplier"]


def multiplier(rules: RuleTable, classified: Classified, date: datetime.date) -> int:
    """Money (int64, 1e-4) that one point of the price is worth in one contract."""
    return rules.row("multiplier", classified, date).amount


def last_trading_day(rules: RuleTable, classified: Classified, year: int, month: int) -> datetime.date:
    """The last trading day of a delivery month: the weekday the rule names, or the next session when closed.

    >>> from tallystick.market.rules import RuleKey
    >>> from tallystick.market.seed import seed_rules
    >>> txf = RuleKey(market="TW", venue="XTAF", board="TXF", product="future_index")
    >>> last_trading_day(seed_rules(), txf, 2026, 12)
    datetime.date(2026, 12, 16)
    """
    first = datetime.date(year, month, 1)
    ordinal, weekday = rules.row("last_trading_day", classified, first).weekday
    day = first + datetime.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (ordinal - 1))
    calendar = calendar_of(classified.venue, rules)
    return day if calendar.is_session(day) else calendar.next_session(day)
