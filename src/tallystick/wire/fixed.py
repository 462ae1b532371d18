"""Fixed-width files: bytes are cut first and decoded after, so that a two-byte character never moves a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.core.errors import Rejection
from tallystick.wire.columns import decode_column, encode_column
from tallystick.wire.layout import Field, Layout
from tallystick.wire.numbers import arrow_type
from tallystick.wire.reading import LineFault, Unknown

__all__ = ["Section", "read_fixed", "write_fixed"]

Array = np.ndarray[Any, np.dtype[Any]]


class Section:
    """The good rows of one part of a file, the line of each, and what is wrong with the others."""

    def __init__(self, rows: pa.Table, lines: list[int], faults: list[LineFault]) -> None:
        self.rows = rows
        self.lines = lines
        self.faults = faults


def write_fixed(
    layout: Layout, fields: tuple[Field, ...], columns: Mapping[str, pa.Array], count: int
) -> bytes:
    """Records as lines of bytes; a field with a constant takes it in every record."""
    end = np.frombuffer(layout.line_end.encode("ascii"), np.uint8)
    width = layout.width(fields)
    lines = np.empty((count, width + len(end)), np.uint8)
    lines[:, width:] = end
    start = 0
    for field in fields:
        part = lines[:, start : start + field.width]
        if field.kind == "filler" or field.constant:
            part[:] = np.frombuffer(field.constant.encode(layout.encoding).ljust(field.width), np.uint8)
        else:
            part[:] = encode_column(field, columns[field.name], layout.encoding)
        start += field.width
    return lines.tobytes()


def read_fixed(
    layout: Layout, fields: tuple[Field, ...], lines: list[bytes], numbers: list[int]
) -> tuple[Section, list[Unknown]]:
    """The rows of lines (with their numbers in the file); a line of a wrong length or with a bad field is a fault.

    Bytes behind the last field are reported as unknown and the record is read.
    """
    width = layout.width(fields)
    short = [(number, line) for number, line in zip(numbers, lines, strict=True) if len(line) < width]
    long = [number for number, line in zip(numbers, lines, strict=True) if len(line) > width]
    whole = [
        (number, line[:width]) for number, line in zip(numbers, lines, strict=True) if len(line) >= width
    ]
    faults = [LineFault(number, "", _short(len(line), width)) for number, line in short]
    unknown = [Unknown(f"bytes after column {width}", long[0], len(long))] if long else []
    matrix = np.frombuffer(b"".join(line for _, line in whole), np.uint8).reshape(len(whole), width)
    kept = np.ones(len(whole), dtype=bool)
    columns: dict[str, pa.Array] = {}
    start = 0
    for field in fields:
        part = matrix[:, start : start + field.width]
        columns[field.name], reads = decode_column(field, part, layout.encoding)
        for row in np.flatnonzero(~reads & kept):
            faults.append(
                LineFault(whole[row][0], field.name, unreadable(field, repr(part[row].tobytes())[1:]))
            )
        kept &= reads
        start += field.width
    rows = table_of(fields, columns).filter(pa.array(kept))
    good = [number for (number, _), keep in zip(whole, kept.tolist(), strict=True) if keep]
    return Section(rows, good, sorted(faults, key=lambda fault: fault.line)), unknown


def table_of(fields: tuple[Field, ...], columns: Mapping[str, pa.Array]) -> pa.Table:
    """The columns that carry something, as a table."""
    carried = [field for field in fields if field.kind != "filler" and not field.constant]
    schema = pa.schema([(field.name, arrow_type(field)) for field in carried])
    return pa.table([columns[field.name] for field in carried], schema=schema)


def unreadable(field: Field, found: str) -> Rejection:
    """Why what stands in a field is refused."""
    return Rejection(
        code="wire.unreadable",
        text="{found} is no {kind} in the field {field}.",
        remedy="Ask the sender for the line again.",
        values={"found": found, "kind": field.kind, "field": field.name},
    )


def _short(length: int, width: int) -> Rejection:
    return Rejection(
        code="wire.short_line",
        text="The line has {length} bytes, not {width}.",
        remedy="The file was cut, or its layout is another version.",
        values={"length": length, "width": width},
    )
