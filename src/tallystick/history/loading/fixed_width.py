"""Files of fixed width: a mapping says at which bytes of a line each column stands."""

from __future__ import annotations

import polars as pl

from tallystick.core.errors import TallystickError
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.encodings import detect
from tallystick.history.loading.sources import Doubt, FrameSource

__all__ = ["open_fixed"]


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


def _text(cell: bytes, encoding: str) -> str:
    return cell.decode(encoding, "replace").strip()
