"""DBF tables as sources: the encoding found out as that of a text, each field as its texts without blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.history.loading.encodings import as_letters, detect, is_guess
from tallystick.history.loading.headers import refuse_twice
from tallystick.history.loading.sources import Doubt, FrameSource
from tallystick.wire import read_dbf

if TYPE_CHECKING:
    from tallystick.wire import DbfTable

__all__ = ["open_dbf"]

Array = np.ndarray[Any, np.dtype[Any]]

ASCII = 0x80
"""Bytes from here on are letters beyond ASCII, or parts of them."""

BLANKS = " \0"
NEWLINE = 10


def open_dbf(name: str, sha256: bytes, data: bytes, encoding: str = "") -> FrameSource:
    """The rows of a DBF table, deleted ones left out; in the encoding given, else the header's, else the one found out.

    What is not sure is a doubt: an encoding that was guessed or that its letters speak against, and a header that
    counts fewer records than there are. TallystickError when it is no such table.
    """
    table = read_dbf(data, name)
    sample = _sample(table)
    found = encoding or table.encoding or detect(sample)
    names = [as_letters(field.name, found).strip(BLANKS) for field in table.fields]
    refuse_twice(name, names, range(len(names)))
    columns = [_texts(table.cells(field), found).alias(title)
               for field, title in zip(table.fields, names, strict=True)]  # fmt: skip
    source = FrameSource(name, sha256, pl.DataFrame(columns), found)
    if not encoding and _is_doubtful(sample, found, table.encoding):
        source.doubts.append(Doubt("history.encoding_guessed", found))
    if table.held != table.stated:
        source.doubts.append(Doubt("history.record_count", f"{table.stated:,}", f"{table.held:,}"))
    return source


def _sample(table: DbfTable) -> bytes:
    """What stands beyond ASCII, by lines: the names of the fields, and each record that has such letters."""
    records = table.records[(table.records >= ASCII).any(axis=1)]
    lines = np.concatenate([records, np.full((len(records), 1), NEWLINE, np.uint8)], axis=1)
    return b" ".join(field.name for field in table.fields) + b"\n" + lines.tobytes()


def _is_doubtful(sample: bytes, found: str, stated: str) -> bool:
    """Whether letters may be of another encoding: it was guessed, or they surely are not of the one that is stated."""
    if not stated:
        return is_guess(sample, found)
    other = detect(sample)
    return other not in (stated, "ascii") and not is_guess(sample, other)


def _texts(cells: Array, encoding: str) -> pl.Series:
    """The cells of a field as texts, nothing where they are blank; those beyond ASCII are read once for each text."""
    count, width = cells.shape
    if not width:
        return pl.repeat(None, count, dtype=pl.String, eager=True)
    whole = np.ascontiguousarray(cells)
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, pa.py_buffer(whole)])
    if not (whole >= ASCII).any():
        texts = pl.Series(fixed.cast(pa.binary()).cast(pa.string()))
    else:
        distinct = fixed.dictionary_encode()
        words = [as_letters(word, encoding) for word in distinct.dictionary.to_pylist()]
        texts = pl.Series(words, dtype=pl.String).gather(pl.Series(distinct.indices))
    texts = texts.str.strip_chars(BLANKS)
    return texts.set(texts == "", None)
