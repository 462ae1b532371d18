"""DBF tables (dBASE III and its followers): the form in which depositories and settlement houses hand over files.

Read by the published layout of the header: version and record counts in 32 bytes, 32 bytes for each field, records of
fixed width behind them, the first byte of each telling whether it is deleted. Every value is given as its text without
blanks, so that the reader decides by digits; dates stay as `YYYYMMDD`.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tallystick.core.errors import TallystickError

__all__ = ["read_dbf"]

VERSIONS = {0x03, 0x30, 0x31, 0x43, 0x83, 0x8B, 0xF5}
HEADER_BYTES = FIELD_BYTES = 32
FIELD_END = 0x0D
DELETED = 0x2A
LANGUAGES = {0x78: "cp950", 0x4F: "cp950", 0x7A: "gb18030", 0x4D: "gb18030"}
"""Encodings by the header's language byte."""

PLAIN_KINDS = "CNFDL"
"""Kinds of field that are text: characters, numbers, dates, yes or no."""

Array = np.ndarray[Any, np.dtype[Any]]


class DbfField(NamedTuple):
    """A field of a table: name, kind, where its bytes begin and end in a record."""

    name: str
    kind: str
    begin: int
    end: int


def read_dbf(data: bytes, name: str, encoding: str = "") -> pl.DataFrame:
    """The records of a table as texts, deleted ones left out; nothing where a field is blank.

    The encoding is the one given, or the header's, or found out. TallystickError when it is no such table, is cut
    short, or has fields of a binary kind.
    """
    if len(data) < HEADER_BYTES or data[0] not in VERSIONS:
        raise _no_table(name, "its first byte is none of a known version")
    count, header, width = struct.unpack_from("<IHH", data, 4)
    fields = _fields(data, header, name)
    if header + count * width > len(data) or (fields and fields[-1].end > width):
        held = max(len(data) - header, 0) // max(width, 1)
        raise _no_table(name, f"it says {count} records and holds {held}")
    records = np.frombuffer(data, np.uint8, count * width, header).reshape(count, width)
    records = records[records[:, 0] != DELETED]
    encoding = encoding or LANGUAGES.get(data[29]) or _detect(records)
    return pl.DataFrame(
        {
            field.name: pl.Series(_texts(records[:, field.begin : field.end], encoding), dtype=pl.String)
            for field in fields
        }
    )


def _fields(data: bytes, header: int, name: str) -> list[DbfField]:
    fields, begin = [], 1
    for place in range(HEADER_BYTES, min(header, len(data)) - 1, FIELD_BYTES):
        if data[place] == FIELD_END:
            break
        title = data[place : place + 11].partition(b"\0")[0].decode("ascii", "replace").strip()
        kind, length = chr(data[place + 11]), data[place + 16]
        if kind not in PLAIN_KINDS:
            raise _no_table(name, f"its field {title} is of the binary kind {kind}")
        fields.append(DbfField(title, kind, begin, begin + length))
        begin += length
    if not fields:
        raise _no_table(name, "it names no fields")
    return fields


def _texts(cells: Array, encoding: str) -> list[str | None]:
    width = cells.shape[1]
    whole = np.ascontiguousarray(cells).tobytes()
    found = []
    for begin in range(0, len(whole), max(width, 1)):
        text = whole[begin : begin + width].decode(encoding, "replace").strip(" \0")
        found.append(text or None)
    return found


def _detect(records: Array) -> str:
    """ASCII and UTF-8 as they are, otherwise Big5: depositories of Taiwan leave the language byte empty."""
    text = records.tobytes()
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "cp950"
    return "utf-8"


def _no_table(name: str, problem: str) -> TallystickError:
    return TallystickError(
        "wire.no_dbf",
        "{file} is no DBF table: {problem}.",
        "Ask the sender for the file again.",
        file=name,
        problem=problem,
    )
