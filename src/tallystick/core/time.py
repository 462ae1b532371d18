"""Times are UTC nanoseconds inside and market time at the doors.

>>> format_time(parse_time("2026-11-20 09:00:00.000123", "Asia/Taipei"), "Asia/Taipei")
'2026-11-20 09:00:00.000123'
"""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Protocol

from tallystick.core.errors import TallystickError

__all__ = ["SECOND", "Clock", "SystemClock", "format_time", "market_time", "parse_date", "parse_time"]

SECOND = 1_000_000_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Clock(Protocol):
    """Where the writer reads the time from; machines never do."""

    def now(self) -> int:
        """UTC nanoseconds."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """UTC nanoseconds of the system clock."""
        import time

        return time.time_ns()


def market_time(date: datetime.date, clock_time: datetime.time, zone: str) -> int:
    """UTC nanoseconds of a wall-clock time in a market's zone on a date.

    >>> market_time(datetime.date(2026, 11, 20), datetime.time(9, 0), "Asia/Taipei")
    1795136400000000000
    """
    moment = datetime.datetime.combine(date, clock_time, zoneinfo.ZoneInfo(zone))
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 1_000


def format_time(nanoseconds: int, zone: str = "UTC", *, digits: int = 6) -> str:
    """A time for people in the named zone: date, time, fraction of a second with `digits` digits (0 to 9)."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    moment = datetime.datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(zone))
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{fraction:09d}"[: len(text) + 1 + digits] if digits else text


def parse_time(text: str, zone: str = "UTC") -> int:
    """UTC nanoseconds of `YYYY-MM-DD HH:MM:SS[.fraction]` in the named zone; an offset in the text wins."""
    body, _, fraction = text.strip().partition(".")
    digits = fraction[: len(fraction) - len(fraction.lstrip("0123456789"))]
    try:
        moment = datetime.datetime.fromisoformat(body + fraction[len(digits) :])
    except ValueError:
        raise TallystickError(
            "time.text", "{text!r} is not a time.", "Write 2026-11-20 09:00:00.", text=text
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + int(digits[:9].ljust(9, "0"))


def parse_date(text: str | datetime.date) -> datetime.date:
    """A date from `YYYY-MM-DD` or `YYYYMMDD`; a date passes through.

    >>> parse_date("20261120")
    datetime.date(2026, 11, 20)
    """
    if isinstance(text, datetime.date):
        return text
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        raise TallystickError(
            "time.date", "{text!r} is not a date.", "Write 2026-11-20.", text=text
        ) from None
