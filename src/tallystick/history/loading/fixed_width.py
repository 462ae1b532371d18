"""Files of fixed width: a mapping says at which bytes of a line each column stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import polars as pl

from tallystick.core.errors import TallystickError
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.encodings import detect
from tallystick.history.loading.sources import Doubt, FrameSource, Source, TextSource

__all__ = ["Span", "find_fixed", "open_fixed"]

Span = tuple[int, int]
"""First and last byte of a column in each line, from 1."""

ROWS_LOOKED_AT = 50


def open_fixed(name: str, sha256: bytes, data: bytes, mapping: ColumnMapping) -> FrameSource:
    """A frame of the columns that `mapping.fixed` places (first and last byte, from 1); every line is a row.

    A line is cut in bytes and then decoded, as letters of Big5 and GB18030 have two. TallystickError when a place is no
    place or nothing is in the file.
    """
    wrong = [column for column, (first, last) in mapping.fixed.items() if not 1 <= first <= last]
    if wrong:
        raise TallystickError(
            "history.fixed_place",
            "The place of {column} in a line is no place.",
            "Write its first and last byte, from 1: [fixed] {column} = [1, 6].",
            column=wrong[0],
        )
    encoding = mapping.encoding or detect(data)
    lines = data.splitlines()
    columns = {
        column: pl.Series([_text(line[first - 1 : last], encoding) for line in lines], dtype=pl.String)
        for column, (first, last) in mapping.fixed.items()
    }
    source = FrameSource(name, sha256, pl.DataFrame(columns), encoding)
    longest = max(mapping.fixed, key=lambda column: mapping.fixed[column][1])
    if lines and not data.endswith((b"\n", b"\r")) and len(lines[-1]) < mapping.fixed[longest][1]:
        source.doubts.append(Doubt("history.cut_short", longest, row=len(lines)))
    return source


def find_fixed(
    source: Source, known: Callable[[Sequence[str]], int]
) -> tuple[FrameSource, dict[str, Span]] | None:
    """The first rows of a text that looks like one of fixed width, as most lines are of one length, as a frame, and
    where each of its columns stands; None of another. `known` gives how many of some names are known: by it the first
    line is one of names or a row.
    """
    first = source.first_rows(ROWS_LOOKED_AT)
    if not isinstance(source, TextSource) or not first or source.encoding.startswith("utf-16"):
        return None
    # Bytes are counted as they stand in the file: letters of Big5 and GB18030 have two.
    head, *lines = (text.encode(source.encoding, "replace") for text in source.texts([first[0] - 1, *first]))
    usual, count = Counter(map(len, lines)).most_common(1)[0]
    if 2 * count <= len(lines):
        return None
    lines = [line for line in lines if len(line) == usual]
    spans = _spans(lines)
    names = [_name(head, span, source.encoding) for span in spans]
    whole = len(source.header) == 1 < len(spans)
    if len(source.header) > len(spans) or (known(source.header) and not whole):
        return None
    if not known(names) and len(head) == len(lines[0]):
        lines = [head, *lines]
        spans = _spans(lines)
        names = ["" for _ in spans]
    placed = {
        name if name and names.count(name) == 1 else f"[{span[0]}, {span[1]}]": span
        for name, span in zip(names, spans, strict=True)
    }
    columns = {
        name: [_text(line[begin - 1 : end], source.encoding) for line in lines]
        for name, (begin, end) in placed.items()
    }
    return FrameSource(source.name, source.sha256, pl.DataFrame(columns), source.encoding), placed


def _spans(lines: Sequence[bytes]) -> list[Span]:
    """Where in lines of one length something stands that blanks part from the rest."""
    used = bytes(any(line[place : place + 1] != b" " for line in lines) for place in range(len(lines[0])))
    return [(found.start() + 1, found.end()) for found in re.finditer(b"\x01+", used)]


def _name(head: bytes, span: Span, encoding: str) -> str:
    """The words of a row of names that stand above a column, at least in part."""
    words = [
        word[0] for word in re.finditer(rb"[^ ]+", head) if word.start() < span[1] and word.end() >= span[0]
    ]
    return _text(b" ".join(words), encoding)


def _text(cell: bytes, encoding: str) -> str:
    return cell.decode(encoding, "replace").strip()
