"""Lines of a text by their number, without a list of them all."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LineIndex", "count_lines", "lines_with"]

BLOCK = 1 << 14
NEWLINE = 10

Array = np.ndarray[Any, np.dtype[Any]]


def count_lines(text: bytes, begin: int, end: int) -> list[int]:
    r"""How many lines end in each block of a span of a text.

    >>> count_lines(b"one\ntwo\nthree", 0, 13)
    [2]
    """
    data = np.frombuffer(text, np.uint8)[begin:end]
    return [
        int(np.count_nonzero(data[start : start + BLOCK] == NEWLINE)) for start in range(0, len(data), BLOCK)
    ]


def lines_with(text: bytes, mark: bytes) -> Array:
    r"""The numbers of the lines, from 1, in which a mark of three bytes stands.

    >>> lines_with("one\ntw\ufffd\nth\ufffdee".encode(), "\ufffd".encode()).tolist()
    [2, 3]
    """
    if mark[:1] not in text or mark not in text:
        return np.array([], np.int64)
    data = np.frombuffer(text, np.uint8)
    first, second, third = mark
    begins = np.flatnonzero(data[:-2] == first)
    begins = begins[(data[begins + 1] == second) & (data[begins + 2] == third)]
    return np.unique(np.searchsorted(np.flatnonzero(data == NEWLINE), begins)) + 1


class LineIndex:
    r"""Where lines stand in a text; it counts them block by block and looks into a block only when asked for its lines.

    >>> LineIndex(b"one\ntwo\nthree").line(2)
    b'two'
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._before = np.cumsum([0, *count_lines(text, 0, len(text))])
        self._block, self._ends = -1, np.array([], np.int64)

    def line(self, number: int) -> bytes:
        """A line by its number, from 1, without its end; the empty one when there is none."""
        if number < 1 or number > self._before[-1] + 1:
            return b""
        begin = self._end_of(number - 1) + 1
        end = self._text.find(b"\n", begin)
        return self._text[begin : end if end >= 0 else len(self._text)]

    def _end_of(self, number: int) -> int:
        """Where a line that has an end ends; the 0th before the text."""
        if number == 0:
            return -1
        block = int(np.searchsorted(self._before, number, side="left")) - 1
        if block != self._block:
            data = np.frombuffer(self._text, np.uint8)[block * BLOCK : (block + 1) * BLOCK]
            self._block, self._ends = block, np.flatnonzero(data == NEWLINE) + block * BLOCK
        return int(self._ends[number - 1 - self._before[block]])
