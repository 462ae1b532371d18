"""Delimited files: cells of text under titles, with quoting, an encoding, and decimals with a point."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.core.errors import Rejection
from tallystick.wire.cells import cells_of, column_of
from tallystick.wire.fixed import Section, table_of, unreadable
from tallystick.wire.layout import Field, Layout
from tallystick.wire.reading import LineFault

__all__ = ["read_cells", "split_lines", "write_cells"]


def write_cells(
    layout: Layout, fields: tuple[Field, ...], columns: Mapping[str, pa.Array], count: int
) -> str:
    """Records as delimited lines; quoted where needed."""
    cells = {}
    for field in fields:
        if field.kind == "filler" or field.constant:
            cells[field.name] = pl.repeat(field.constant, count, eager=True, dtype=pl.String)
        else:
            cells[field.name] = cells_of(field, columns[field.name], layout.encoding)
    return pl.DataFrame(cells).write_csv(
        include_header=False, separator=layout.delimiter, line_terminator=layout.line_end
    )


def split_lines(layout: Layout, data: bytes) -> list[list[str]]:
    """The cells of every line; bytes that the encoding does not know become lone surrogates, a fault later."""
    text = data.decode(layout.encoding, errors="surrogateescape")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter))


def read_cells(
    layout: Layout,
    fields: tuple[Field, ...],
    cells: list[list[str]],
    numbers: list[int],
    places: list[int] | None = None,
    wanted: int = 0,
) -> Section:
    """The rows of split lines (with their numbers in the file); a wrong count of cells or a bad cell is a fault.

    `places` says at which cell of a line of `wanted` cells each field stands; without it, in the fields' order.
    """
    faults: list[LineFault] = []
    whole: list[tuple[int, list[str]]] = []
    wanted = wanted or len(fields)
    for number, row in zip(numbers, cells, strict=True):
        if len(row) != wanted:
            faults.append(LineFault(number, "", _ragged(len(row), wanted)))
        elif not _is_text("".join(row)):
            faults.append(LineFault(number, "", _undecodable(layout.encoding)))
        else:
            whole.append((number, row))
    kept = np.ones(len(whole), dtype=bool)
    columns: dict[str, pa.Array] = {}
    for place, field in zip(places or range(len(fields)), fields, strict=True):
        series = pl.Series(field.name, [row[place] for _, row in whole], dtype=pl.String)
        columns[field.name], reads = column_of(field, series)
        for bad in np.flatnonzero(~reads & kept).tolist():
            faults.append(LineFault(whole[bad][0], field.name, unreadable(field, series[bad])))
        kept &= reads
    rows = table_of(fields, columns).filter(pa.array(kept))
    good = [number for (number, _), keep in zip(whole, kept.tolist(), strict=True) if keep]
    return Section(rows, good, sorted(faults, key=lambda fault: fault.line))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _ragged(found: int, wanted: int) -> Rejection:
    return Rejection(
        code="wire.ragged_line",
        text="The line has {found} cells, not {wanted}.",
        remedy="The file was cut, or its layout is another version.",
        values={"found": found, "wanted": wanted},
    )


def _undecodable(encoding: str) -> Rejection:
    return Rejection(
        code="wire.undecodable",
        text="The line has bytes that are no {encoding}.",
        remedy="Ask the sender which encoding the file has.",
        values={"encoding": encoding},
    )
