"""Cutting a delimited text into rows so that one broken row costs only itself.

A row is one line. Lines whose fields do not count up to the header's, or that leave a quotation mark open, are set
aside with their line number before anything parses them; what is left parses without surprises.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tallystick.history.loading.reasons import beside

__all__ = ["BrokenLine", "CutLines", "cut"]

NEWLINE, RETURN, QUOTE = 10, 13, 34
BLANKS = np.frombuffer(b" \t\r", dtype=np.uint8)

Array = np.ndarray[Any, np.dtype[Any]]


class BrokenLine(NamedTuple):
    """A line set aside: its number in the file (from 1), reason code, what was found."""

    row: int
    code: str
    value: str


class CutLines(NamedTuple):
    """Lines cut up: the good ones as bytes with their numbers, and the broken ones."""

    body: bytes
    rows: Array
    broken: list[BrokenLine]


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
        return CutLines(b"", np.array([], np.int64), [])
    blank = _blank(data, starts, ends)
    counts, open_quotes = _fields(data, starts, ends, ord(separator))
    last = _last_bytes(data, starts, ends)
    trailing = (counts == fields) & (data[np.maximum(last, 0)] == ord(separator)) & ~open_quotes
    wrong = (counts + 1 != fields) & ~trailing
    broken = [
        *(BrokenLine(line + first, "history.row_quotes", "") for line in _places(open_quotes)),
        *(
            BrokenLine(line + first, "history.row_fields", beside(str(counts[line] + 1), str(fields)))
            for line in _places(wrong & ~blank & ~open_quotes)
        ),
    ]
    good = ~blank & ~wrong & ~open_quotes
    body = _lines(data, starts, ends, good, last[good & trailing])
    return CutLines(body, np.flatnonzero(good) + first, sorted(broken))


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
