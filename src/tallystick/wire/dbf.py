"""DBF tables (dBASE III and its followers): the form in which depositories and settlement houses hand over files.

Read by the published layout of the header: version and record counts in 32 bytes, 32 bytes for each field, records of
fixed width behind them, the first byte of each telling whether it is deleted. Names and values are given as the bytes
that stand there; which letters they are is for the reader to find out, since the header often does not say.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np

from tallystick.core.errors import TallystickError

__all__ = ["DbfField", "DbfTable", "read_dbf"]

VERSIONS = {0x03, 0x30, 0x31, 0x43, 0x83, 0x8B, 0xF5}
HEADER_BYTES = FIELD_BYTES = 32
FIELD_END = 0x0D
KEPT, DELETED = 0x20, 0x2A
LANGUAGES = {0x78: "cp950", 0x4F: "cp950", 0x7A: "gb18030", 0x4D: "gb18030"}
"""Encodings by the header's language byte."""

PLAIN_KINDS = "CNFDL"
"""Kinds of field that are text: characters, numbers, dates, yes or no."""

Array = np.ndarray[Any, np.dtype[Any]]


class DbfField(NamedTuple):
    """A field of a table: name as it stands, kind, where its bytes begin and end in a record."""

    name: bytes
    kind: str
    begin: int
    end: int


class DbfTable(NamedTuple):
    """A table as bytes: its fields, `records` [records, width] without the deleted ones, the encoding that its header
    says (empty when it does not), how many records the header says there are and how many there are.
    """

    fields: list[DbfField]
    records: Array
    encoding: str
    stated: int
    held: int

    def cells(self, field: DbfField) -> Array:
        """The bytes of a field [records, width of the field]."""
        found: Array = self.records[:, field.begin : field.end]
        return found


def read_dbf(data: bytes, name: str) -> DbfTable:
    """The fields and records of a table: all that the header counts, and whole ones that follow right behind them.

    TallystickError when it is no such table, is cut short, or has fields of a binary kind.
    """
    if len(data) < HEADER_BYTES or data[0] not in VERSIONS:
        raise _no_table(name, "its first byte is none of a known version")
    stated, header, width = struct.unpack_from("<IHH", data, 4)
    fields = _fields(data, header, name)
    whole = max(len(data) - header, 0) // max(width, 1)
    if stated > whole or fields[-1].end > width:
        raise _no_table(name, f"it says {stated} records and holds {whole}")
    records = np.frombuffer(data, np.uint8, whole * width, header).reshape(whole, width)
    beyond = np.isin(records[stated:, 0], (KEPT, DELETED)) & (records[stated:] != KEPT).any(axis=1)
    held = stated + (len(beyond) if beyond.all() else int(beyond.argmin()))
    records = records[:held]
    return DbfTable(fields, records[records[:, 0] != DELETED], LANGUAGES.get(data[29], ""), stated, held)


def _fields(data: bytes, header: int, name: str) -> list[DbfField]:
    fields, begin = [], 1
    for place in range(HEADER_BYTES, min(header, len(data)) - 1, FIELD_BYTES):
        if data[place] == FIELD_END:
            break
        title = data[place : place + 11].partition(b"\0")[0].strip()
        kind, length = chr(data[place + 11]), data[place + 16]
        if kind not in PLAIN_KINDS:
            shown = title.decode("ascii", "replace")
            raise _no_table(name, f"its field {shown} is of the binary kind {kind}")
        fields.append(DbfField(title, kind, begin, begin + length))
        begin += length
    if not fields:
        raise _no_table(name, "it names no fields")
    return fields


def _no_table(name: str, problem: str) -> TallystickError:
    return TallystickError(
        "wire.no_dbf",
        "{file} is no DBF table: {problem}.",
        "Ask the sender for the file again.",
        file=name,
        problem=problem,
    )
