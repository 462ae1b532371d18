"""Cutting a delimited file into rows so that one broken row costs only itself.

A row is one line. Lines whose fields do not count up to the header's, that leave a quotation mark open, or that are
not UTF-8 are set aside with their line number before anything parses them; what is left parses without surprises.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tallystick.core.errors import TallystickError

__all__ = ["BrokenLine", "CutFile", "cut"]

SEPARATORS = b",\t;|"
NEWLINE, QUOTE = 10, 34
BLANKS = np.frombuffer(b" \t\r", dtype=np.uint8)
TEXT_LIMIT = 500
"""Bytes of a broken row that are kept."""

Array = np.ndarray[Any, np.dtype[Any]]


class BrokenLine(NamedTuple):
    """A line set aside: its number in the file (from 1), reason code, what was found."""

    row: int
    code: str
    value: str


class CutFile(NamedTuple):
    """A file cut up: header fields, separator, the good lines as bytes with their line numbers, the broken lines."""

    header: list[str]
    separator: str
    body: bytes
    rows: Array
    broken: list[BrokenLine]
    text: bytes
    starts: Array
    ends: Array

    def line(self, row: int) -> str:
        """The text of a line by its number."""
        found = self.text[self.starts[row - 1] : self.ends[row - 1]][:TEXT_LIMIT]
        return found.decode("utf-8", "replace").rstrip("\r\n")


def cut(name: str, text: bytes) -> CutFile:
    """Cut a file of one header line and rows below it. TallystickError when it has no header."""
    text = text.removeprefix(b"\xef\xbb\xbf")
    data = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    if len(data) and (not len(ends) or ends[-1] != len(data) - 1):
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    blank = _blank(data, starts, ends)
    first = int(np.argmin(blank)) if len(blank) else 0
    if not len(blank) or blank[first]:
        raise TallystickError(
            "history.file_empty", "{file} holds no rows.", "Check that it was saved whole.", file=name
        )
    heading = text[starts[first] : ends[first]]
    separator = max(SEPARATORS, key=lambda one: heading.count(bytes([one])))
    counts, open_quotes = _fields(data, starts, ends, separator)
    bad_text = _not_utf8(text, data, starts, ends)
    wrong = counts != counts[first]
    body = np.arange(len(starts)) > first
    sound = body & ~bad_text
    broken = [
        *(BrokenLine(line + 1, "history.row_encoding", "") for line in _places(body & bad_text)),
        *(BrokenLine(line + 1, "history.row_quotes", "") for line in _places(sound & open_quotes)),
        *(
            BrokenLine(line + 1, "history.row_fields", str(counts[line] + 1))
            for line in _places(sound & wrong & ~blank & ~open_quotes)
        ),
    ]
    good = sound & ~blank & ~wrong & ~open_quotes
    header = _header(heading, chr(separator))
    lines = _lines(data, starts, ends, good, first)
    return CutFile(
        header, chr(separator), lines, np.flatnonzero(good) + 1, sorted(broken), text, starts, ends
    )


def _places(mask: Array) -> list[int]:
    found: list[int] = np.flatnonzero(mask).tolist()
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


def _not_utf8(text: bytes, data: Array, starts: Array, ends: Array) -> Array:
    """Lines that are not UTF-8; looked at one by one only when the whole is not."""
    bad = np.zeros(len(starts), dtype=bool)
    if data.max() < 128:
        return bad
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        high = np.searchsorted(ends, np.flatnonzero(data >= 128))
        for line in np.unique(high):
            try:
                text[starts[line] : ends[line]].decode("utf-8")
            except UnicodeDecodeError:
                bad[line] = True
    return bad


def _header(heading: bytes, separator: str) -> list[str]:
    import csv

    decoded = heading.decode("utf-8", "replace").rstrip("\r\n")
    return [field.strip() for field in next(csv.reader([decoded], delimiter=separator))]


def _lines(data: Array, starts: Array, ends: Array, good: Array, first: int) -> bytes:
    """The bytes of the good lines, each with its end."""
    if not good.any():
        return b""
    if good[first + 1 :].all():
        whole: Array = data[starts[first + 1] :]
        return whole.tobytes()
    stops = np.minimum(ends + 1, len(data))
    kept: Array = data[np.repeat(good, stops - starts)]
    return kept.tobytes()
