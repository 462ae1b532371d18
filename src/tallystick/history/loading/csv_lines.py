"""Cutting a delimited text into rows so that one broken row costs only itself.

A row is one line, or several where a text in quotation marks goes on in the next ones. Lines whose fields do not count
up to the header's, or that leave a quotation mark open, are set aside with their line number before anything parses
them; what is left parses without surprises.
"""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple

import numpy as np

from tallystick.history.loading.reasons import beside

__all__ = ["BrokenLine", "CutLines", "cut"]

NEWLINE, RETURN, QUOTE = 10, 13, 34
BLANKS = np.frombuffer(b" \t\r", dtype=np.uint8)

MOST_LINES = 100
"""A text in quotation marks that goes on longer is taken for one that is not closed."""

Array = np.ndarray[Any, np.dtype[Any]]


class BrokenLine(NamedTuple):
    """A line set aside: its number in the file (from 1), reason code, what was found."""

    row: int
    code: str
    value: str


class CutLines(NamedTuple):
    """Lines cut up: the good ones as bytes with their numbers, the broken ones, and how many lines those rows have that
    have several, by the number of the first.
    """

    body: bytes
    rows: Array
    broken: list[BrokenLine]
    several: dict[int, int]


def cut(text: bytes, fields: int, separator: str, first: int = 1) -> CutLines:
    """Cut lines of UTF-8 that should have so many fields; they are numbered from `first`. A separator too many at the
    end is no field.
    """
    data = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    if len(data) and (not len(ends) or ends[-1] != len(data) - 1):
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    if not len(starts):
        return CutLines(b"", np.array([], np.int64), [], {})
    numbers, several = np.arange(len(starts)) + first, {}
    counts, open_quotes = _fields(data, starts, ends, ord(separator))
    if len(begins := _begins(data, starts, ends, open_quotes, fields, separator)) < len(starts):
        lines = np.diff(begins, append=len(starts))
        several = dict(zip(numbers[begins[lines > 1]].tolist(), lines[lines > 1].tolist(), strict=True))
        starts, ends, numbers = starts[begins], ends[begins + lines - 1], numbers[begins]
        counts, open_quotes = _fields(data, starts, ends, ord(separator))
    blank = _blank(data, starts, ends)
    last = _last_bytes(data, starts, ends)
    trailing = (counts == fields) & (data[np.maximum(last, 0)] == ord(separator)) & ~open_quotes
    wrong = (counts + 1 != fields) & ~trailing
    broken = [
        *(BrokenLine(int(numbers[line]), "history.row_quotes", "") for line in _places(open_quotes)),
        *(
            BrokenLine(int(numbers[line]), "history.row_fields", beside(str(counts[line] + 1), str(fields)))
            for line in _places(wrong & ~blank & ~open_quotes)
        ),
    ]
    good = ~blank & ~wrong & ~open_quotes
    body = _lines(data, starts, ends, good, last[good & trailing])
    return CutLines(body, numbers[good], sorted(broken), several)


def _begins(
    data: Array, starts: Array, ends: Array, open_quotes: Array, fields: int, separator: str
) -> Array:
    """The lines with which rows begin: all but those in which a text of the line before goes on."""
    begins = np.ones(len(starts), dtype=bool)
    odd = _places(open_quotes)
    spot = 0
    while spot + 1 < len(odd):
        top, bottom = odd[spot], odd[spot + 1]
        text = data[starts[top] : ends[bottom]].tobytes() if bottom - top < MOST_LINES else b""
        if text and _is_one_row(text, fields, separator):
            begins[top + 1 : bottom + 1] = False
            spot += 1
        spot += 1
    return np.flatnonzero(begins)


def _is_one_row(text: bytes, fields: int, separator: str) -> bool:
    r"""Whether lines surely are one row: they read as one, and none but the first has the separators of a row itself,
    which would be lost where a quotation mark is only forgotten.

    >>> _is_one_row(b'A,"two\nlines",3', 3, ","), _is_one_row(b'A,2,"open\nB,2,closed"', 3, ",")
    (True, False)
    """
    if any(line.count(separator.encode()) >= fields - 1 for line in text.split(b"\n")[1:]):
        return False
    lines = io.StringIO(text.decode("utf-8", "replace"), newline="")
    try:
        rows = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return False
    return len(rows) == 1 and len(rows[0]) == fields


def _places(mask: Array) -> list[int]:
    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def _last_bytes(data: Array, starts: Array, ends: Array) -> Array:
    """The place of each line's last byte, before a carriage return."""
    last = ends - 1
    returned = (last >= starts) & (data[np.maximum(last, 0)] == RETURN)
    found: Array = last - returned
    return found


def _blank(data: Array, starts: Array, ends: Array) -> Array:
    """Lines of nothing but blanks."""
    blank: Array = ends == starts
    begins = data[np.minimum(starts, max(len(data) - 1, 0))] if len(data) else data
    for line in np.flatnonzero(~blank & np.isin(begins, BLANKS)):
        blank[line] = data[starts[line] : ends[line]].tobytes().isspace()
    return blank


def _fields(data: Array, starts: Array, ends: Array, separator: int) -> tuple[Array, Array]:
    """Separators outside quotation marks in each line, and whether a mark stays open at its end."""
    marks = np.flatnonzero(data == separator)
    quotes = np.flatnonzero(data == QUOTE)
    if not len(quotes):
        return np.diff(np.searchsorted(marks, ends), prepend=0), np.zeros(len(starts), dtype=bool)
    before = np.searchsorted(quotes, starts)
    lines = np.searchsorted(ends, marks)
    outside = (np.searchsorted(quotes, marks) - before[lines]) % 2 == 0
    counts = np.bincount(lines[outside], minlength=len(starts))
    return counts, (np.searchsorted(quotes, ends) - before) % 2 == 1


def _lines(data: Array, starts: Array, ends: Array, good: Array, dropped: Array) -> bytes:
    """The bytes of the good lines, each with its end, without dropped places."""
    if not good.any():
        return b""
    stops = np.minimum(ends + 1, len(data))
    keep = np.repeat(good, stops - starts)
    keep[dropped] = False
    kept: Array = data if keep.all() else data[keep]
    return kept.tobytes()
