"""Ids are typed and never reused.

Hot ids are int64 that carry their business date, so that a machine keeps only today's in memory and looks older ones
up in a sorted index on disk: `date × 10^9 + number`, the date as YYYYMMDD.

>>> order_id = OrderId(day_id(datetime.date(2026, 11, 20), 42))
>>> order_id, format_day_id("O", order_id), parse_day_id("O20261120-42")
(20261120000000042, 'O20261120-42', 20261120000000042)
"""

from __future__ import annotations

import datetime
from typing import NewType

from tallystick.core.errors import TallystickError

__all__ = [
    "AccountCode",
    "ExecutionId",
    "InstrumentCode",
    "OrderId",
    "day_id",
    "day_of_id",
    "format_day_id",
    "parse_day_id",
]

OrderId = NewType("OrderId", int)
ExecutionId = NewType("ExecutionId", int)
AccountCode = NewType("AccountCode", int)
"""The int32 that stands for an account inside the house, given once in order of opening."""
InstrumentCode = NewType("InstrumentCode", int)
"""The int32 that stands for an instrument inside the house, given once in order of registration."""

NUMBERS_A_DAY = 1_000_000_000


def day_id(date: datetime.date, number: int) -> int:
    """The id of the `number`-th thing of a business date (number below 10^9)."""
    if not 0 <= number < NUMBERS_A_DAY:
        raise TallystickError(
            "ids.full", "Number {number} does not fit a day's ids.", "Use another shard.", number=number
        )
    return (date.year * 10_000 + date.month * 100 + date.day) * NUMBERS_A_DAY + number


def day_of_id(identity: int) -> datetime.date:
    """The business date that a day id carries. TallystickError for a number that carries none."""
    year, rest = divmod(identity // NUMBERS_A_DAY, 10_000)
    try:
        return datetime.date(year, rest // 100, rest % 100)
    except ValueError:
        raise _no_id(str(identity)) from None


def format_day_id(letter: str, identity: int) -> str:
    """The id for people: a letter for the kind of thing, the date, the number."""
    return f"{letter}{identity // NUMBERS_A_DAY}-{identity % NUMBERS_A_DAY}"


def parse_day_id(text: str) -> int:
    """The int64 of an id as people write it; a bare int64 passes. TallystickError if it is neither."""
    body = text.strip().lstrip("OXTPABCDEFGHIJKLMNQRSUVWYZ")
    date, dash, number = body.partition("-")
    if (dash and date.isdigit() and len(date) == 8 and number.isdigit()) or (not dash and body.isdigit()):
        return int(date) * NUMBERS_A_DAY + int(number) if dash else int(body)
    raise _no_id(text)


def _no_id(text: str) -> TallystickError:
    return TallystickError(
        "ids.text", "{text!r} is not an id.", "Write it as on the page, e.g. O20261120-42.", text=text
    )
