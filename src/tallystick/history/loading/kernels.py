"""Reading plain lines and floats at the speed of memory: what is not plain is left to the exact way, never guessed.

A line is plain when it has as many fields as the header, no quotation mark, and every wanted field is written plainly:
a decimal with few enough digits, a date as 2026-11-20 (or with / or without marks), a time of day with or without its
date, a text without blanks around. All others are handed back by their place in the file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["DATE", "NONE", "NUMBER", "SKIP", "TEXT", "TIME", "WORDS", "read_floats", "read_lines"]

Array = np.ndarray[Any, np.dtype[Any]]

SKIP, NUMBER, DATE, TEXT, TIME = 0, 1, 2, 3, 4
NONE = np.iinfo(np.int64).min
"""Stands for a value that is not there."""

MOST_DIGITS = 18
"""Digits of a plain number with all its decimals: so many always fit int64."""

SLOTS = 1 << 17
WORDS = 1 << 16
"""Distinct texts of a column in a block that are kept apart; rows with more are not plain."""

NEWLINE, RETURN, QUOTE, MINUS, POINT, BLANK, EQUALS = 10, 13, 34, 45, 46, 32, 61
LOWER, LETTER_N = 32, 110
FIRST_YEAR = 1800
DAY = 86_400_000_000_000


at = np.uintp
"""Indexes without a sign: those below zero need not be looked for at every byte."""


@njit(cache=True, nogil=True)
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the Gregorian calendar, NONE when there is none or it is of another one."""
    if month < 1 or month > 12 or day < 1 or year < FIRST_YEAR:
        return NONE
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = 31
    if month == 2:
        last = 29 if leap else 28
    elif month in (4, 6, 9, 11):
        last = 30
    if day > last:
        return NONE
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@njit(cache=True, nogil=True)
def _digits(data: Array, begin: int, count: int) -> int:
    """The number that `count` digits write, -1 when one of them is none."""
    found = 0
    for place in range(begin, begin + count):
        digit = data[at(place)] - 48
        if digit < 0 or digit > 9:
            return -1
        found = found * 10 + digit
    return found


@njit(cache=True, nogil=True, inline="always")
def _read_number(
    data: Array, begin: int, end: int, separator: int, decimals: int, scales: Array
) -> tuple[int, int]:
    """The decimal that begins at a place and where it ends, the separator or line end; NONE when it is not plain."""
    place = begin
    negative = data[at(place)] == MINUS
    if negative:
        place += 1
    first, point = place, -1
    value = 0
    while place < end:
        digit = data[at(place)] - 48
        if 0 <= digit <= 9:
            value = value * 10 + digit
        elif data[at(place)] == POINT and point < 0:
            point = place
        else:
            break
        place += 1
    digits = place - first - (point >= 0)
    after = place - point - 1 if point >= 0 else 0
    at_end = place >= end or data[at(place)] == separator or data[at(place)] == NEWLINE
    at_end = at_end or (data[at(place)] == RETURN and (place + 1 >= end or data[at(place + 1)] == NEWLINE))
    if not at_end or digits == 0 or after > decimals or digits + decimals - after > MOST_DIGITS:
        return NONE, place
    value *= scales[decimals - after]
    return (-value if negative else value), place


@njit(cache=True, nogil=True)
def _read_date(data: Array, begin: int, end: int) -> int:
    if end - begin == 10 and (data[at(begin + 4)] == MINUS or data[at(begin + 4)] == 47):
        if data[at(begin + 7)] != data[at(begin + 4)]:
            return NONE
        month, day = _digits(data, begin + 5, 2), _digits(data, begin + 8, 2)
    elif end - begin == 8:
        month, day = _digits(data, begin + 4, 2), _digits(data, begin + 6, 2)
    else:
        return NONE
    return _days(_digits(data, begin, 4), month, day)


@njit(cache=True, nogil=True)
def _read_clock(data: Array, begin: int, end: int) -> int:
    """Nanoseconds since midnight of 09:00, 09:00:00 or 09:00:00.123456789."""
    if end - begin < 5 or data[at(begin + 2)] != 58:
        return NONE
    hours, minutes, seconds = _digits(data, begin, 2), _digits(data, begin + 3, 2), 0
    fraction = 0
    if end - begin > 5:
        if end - begin < 8 or data[at(begin + 5)] != 58:
            return NONE
        seconds = _digits(data, begin + 6, 2)
        if end - begin > 8:
            count = end - begin - 9
            if data[at(begin + 8)] != POINT or count < 1 or count > 9:
                return NONE
            fraction = _digits(data, begin + 9, count)
            if fraction < 0:
                return NONE
            for _ in range(9 - count):
                fraction *= 10
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59 or seconds < 0 or seconds > 59:
        return NONE
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + fraction


@njit(cache=True, nogil=True)
def _read_time(data: Array, begin: int, end: int) -> int:
    """A date with a time of day; or a time of day alone, given as it is (before 1970-01-02)."""
    if end - begin < 5:
        return NONE
    if end - begin <= 18 and data[at(begin + 2)] == 58:
        return _read_clock(data, begin, end)
    if end - begin < 16 or (data[at(begin + 10)] != BLANK and data[at(begin + 10)] != 84):
        return NONE
    days, clock = _read_date(data, begin, begin + 10), _read_clock(data, begin + 11, end)
    if days == NONE or clock == NONE or days < 1 or days > 100_000:
        return NONE
    return days * DAY + clock


@njit(cache=True, nogil=True)
def _same(data: Array, one: int, other: int, length: int) -> bool:
    for place in range(length):  # noqa: SIM110 (compiled code has no all())
        if data[at(one + place)] != data[at(other + place)]:
            return False
    return True


@njit(cache=True, nogil=True)
def _read_text(
    data: Array, begin: int, end: int, column: int, slots: Array, words: Array, state: Array
) -> int:
    """The number of a text among those that were met, NONE when it is not plain or no more can be kept.

    `state` holds how many were met, and which was the last one, for files that go symbol by symbol.
    """
    first = data[at(begin)]
    if first <= BLANK or data[at(end - 1)] <= BLANK or first in (EQUALS, MINUS):
        return NONE
    if first | LOWER == LETTER_N and end - begin <= 4:  # NA, N/A, null, None: perhaps no value
        return NONE
    known: int = state[column, 0]
    last: int = state[column, 1]
    length = end - begin
    if (
        known
        and words[column, last, 1] - words[column, last, 0] == length
        and _same(data, words[column, last, 0], begin, length)
    ):
        return last
    code = np.uint64(14_695_981_039_346_656_037)
    for place in range(begin, end):
        code = (code ^ np.uint64(data[at(place)])) * np.uint64(1_099_511_628_211)
    slot = np.int64((code ^ (code >> np.uint64(29))) & np.uint64(SLOTS - 1))
    while slots[column, slot] >= 0:
        word: int = slots[column, slot]
        start = words[column, word, 0]
        if words[column, word, 1] - start == length and _same(data, start, begin, length):
            state[column, 1] = word
            return word
        slot = (slot + 1) & (SLOTS - 1)
    if known >= WORDS:
        return NONE
    slots[column, slot] = known
    words[column, known, 0], words[column, known, 1] = begin, end
    state[column, 0], state[column, 1] = known + 1, known
    return known


@njit(cache=True, nogil=True)
def _skip_field(data: Array, begin: int, end: int, separator: int) -> tuple[int, bool]:
    """Where a field ends, and whether nothing in it needs a closer look."""
    place, good = begin, True
    while place < end and data[at(place)] != separator and data[at(place)] != NEWLINE:
        if data[at(place)] == QUOTE:
            good = False
        place += 1
    return place, good


@njit(cache=True, nogil=True)
def _read_line(
    data: Array,
    start: int,
    end: int,
    separator: int,
    fields: Array,
    scales: Array,
    slots: Array,
    words: Array,
    states: Array,
    values: Array,
    row: int,
) -> tuple[int, bool]:
    """Read the line that starts at a place into a row; gives where it ends and whether it was plain."""
    place, field, count, good = start, 0, len(fields), True
    while True:
        first, stop = place, place
        kind = fields[field, 0] if field < count else SKIP
        value = NONE
        if kind == NUMBER and good:
            value, place = _read_number(data, first, end, separator, fields[field, 1], scales)
            stop = place
        place, clean = _skip_field(data, place, end, separator)
        good = good and clean
        at_end = place >= end or data[at(place)] == NEWLINE
        if good and kind != SKIP:
            if kind != NUMBER:
                stop = place - 1 if at_end and place > first and data[at(place - 1)] == RETURN else place
            if stop == first:
                good = fields[field, 3] == 0 and (place == first or data[at(first)] == RETURN)
            else:
                if kind == TEXT:
                    value = _read_text(data, first, stop, fields[field, 4], slots, words, states)
                elif kind == DATE:
                    value = _read_date(data, first, stop)
                elif kind == TIME:
                    value = _read_time(data, first, stop)
                good = value != NONE and abs(value) <= fields[field, 2]
            values[fields[field, 4], row] = value
        field += 1
        if at_end:
            return place, good and field == count
        place += 1


@njit(cache=True, nogil=True)
def read_lines(
    data: Array,
    begin: int,
    end: int,
    separator: int,
    fields: Array,
    values: Array,
    rest: Array,
    words: Array,
) -> tuple[int, Array]:
    """Read the lines of a block; gives how many were not plain, and how many texts each column had.

    `fields` [fields of the header, 5]: kind, decimals, the largest size, whether it must be there, the number of its
    column among those that are wanted. Filled: `values` [columns, lines], NONE where empty, anything where a line was
    not plain; `rest` [lines, 3] of those that were not (line of the block, begin, end); `words` [columns, WORDS, 2],
    where each text stands. Fields that are not wanted take no memory, however many they are.
    """
    slots = np.full((len(words), SLOTS), -1, np.int32)
    states = np.zeros((len(words), 2), np.int64)
    scales = 10 ** np.arange(19)
    others, line, start = 0, 0, begin
    while start < end:
        place, good = _read_line(
            data, start, end, separator, fields, scales, slots, words, states, values, line
        )
        if not good:
            rest[others, 0], rest[others, 1], rest[others, 2] = line, start, place
            others += 1
        line += 1
        start = place + 1
    return others, states[:, 0].copy()


@njit(cache=True, nogil=True)
def read_floats(given: Array, scale: int, limit: float, values: Array) -> int:
    """Floats as whole numbers of 1/`scale` where that is their shortest decimal; gives how many are left as NONE."""
    left = 0
    for place in range(len(given)):
        scaled = np.rint(given[place] * scale)
        if abs(scaled) < limit and scaled / scale == given[place]:
            values[place] = int(scaled)
        else:
            values[place] = NONE
            left += 1
    return left
