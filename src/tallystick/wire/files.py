"""Whole files by their layout: header, body, trailer with control totals, written and read with proof.

>>> import datetime, pyarrow as pa
>>> from tallystick.wire.layout import parse_layouts
>>> (layout,) = parse_layouts('''
... file = "doctest"
... title = "Balances"
... source = "made up"
... status = "made up"
... [[versions]]
... valid_from = 2020-01-01
... body = [
...     {name = "record", width = 1, constant = "2"},
...     {name = "holder", width = 6},
...     {name = "amount", kind = "money", width = 8, decimals = 2},
... ]
... trailer = [
...     {name = "record", width = 1, constant = "9"},
...     {name = "sum", kind = "money", width = 8, decimals = 2, total = "amount"},
... ]
... ''')
>>> data = write_file(layout, pa.table({"holder": ["甲", "乙"], "amount": [12_5000, 7_0000]}))
>>> data.decode("cp950").split()
['2甲', '00001250', '2乙', '00000700', '900001950']
>>> read_file(layout, data).proofs
[Proof(name='sum', stated=195000, computed=195000)]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tallystick.core.errors import Rejection
from tallystick.wire.delimited import read_cells, split_lines, write_cells
from tallystick.wire.fixed import Section, read_fixed, write_fixed
from tallystick.wire.layout import Field, Layout
from tallystick.wire.numbers import arrow_type
from tallystick.wire.reading import FileRead, LineFault, Proof, Unknown

__all__ = ["read_file", "write_file"]


def write_file(
    layout: Layout,
    rows: pa.Table,
    *,
    header: Mapping[str, Any] | None = None,
    trailer: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes of a file: rows with the columns that the layout's body names; control totals are computed.

    Errors: TallystickError when a value does not fit its field exactly.
    """
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    totals = {field.name: _total(field, rows) for field in layout.trailer if field.total}
    last = _single(layout.trailer, dict(trailer or {}) | totals)
    if layout.form == "fixed":
        first = _single(layout.header, dict(header or {}))
        return b"".join(
            write_fixed(layout, fields, values, count)
            for fields, values, count in (
                (layout.header, first, 1), (layout.body, columns, rows.num_rows), (layout.trailer, last, 1),
            )
            if fields
        )  # fmt: skip
    titles = layout.delimiter.join(field.title or field.name for field in layout.body) + layout.line_end
    body = write_cells(layout, layout.body, columns, rows.num_rows)
    end = write_cells(layout, layout.trailer, last, 1) if layout.trailer else ""
    return (titles + body + end).encode(layout.encoding)


def read_file(layout: Layout, data: bytes) -> FileRead:
    """What the bytes of a file hold by its layout; never fails on bad content, but says what is wrong with it."""
    header, body, trailer, unknown = (_read_delimited if layout.form == "delimited" else _read_fixed)(
        layout, data
    )
    faults = [*header.faults, *body.faults, *trailer.faults]
    if layout.trailer and not trailer.rows.num_rows:
        faults.append(LineFault(max(body.lines, default=1), "", _no_trailer()))
    heads, tails = header.rows.to_pylist(), trailer.rows.to_pylist()
    stated = tails[0] if tails else {}
    proofs = [
        Proof(field.name, stated.get(field.name), _total(field, body.rows))
        for field in layout.trailer
        if field.total
    ]
    return FileRead(
        rows=body.rows, lines=body.lines, header=heads[0] if heads else {}, trailer=stated, faults=faults,
        unknown=_merged(unknown), proofs=proofs,
    )  # fmt: skip


def _read_fixed(layout: Layout, data: bytes) -> tuple[Section, Section, Section, list[Unknown]]:
    lines = data.split(layout.line_end.encode("ascii"))
    if not lines[-1]:
        lines.pop()
    top = bool(layout.header)
    end = len(lines) - (bool(lines[top:]) and _begins(layout, lines[-1]))
    found = []
    for fields, part in (
        (layout.header, slice(0, top)),
        (layout.body, slice(top, end)),
        (layout.trailer, slice(end, None)),
    ):
        numbers = list(range(1, len(lines) + 1))[part]
        found.append(read_fixed(layout, fields, lines[part], numbers))
    (header, a), (body, b), (trailer, c) = found
    return header, body, trailer, [*a, *b, *c]


def _read_delimited(layout: Layout, data: bytes) -> tuple[Section, Section, Section, list[Unknown]]:
    lines = split_lines(layout, data)
    titles = lines[0] if lines else []
    end = len(lines) - (len(lines) > 1 and _begins(layout, lines[-1]))
    numbers = list(range(1, len(lines) + 1))
    wanted = [field.title or field.name for field in layout.body]
    missing = [title for title in wanted if title not in titles]
    if missing:
        body = read_cells(layout, layout.body, [], [])
        body.faults.append(LineFault(1, "", _no_column(missing[0])))
    else:
        places = [titles.index(title) for title in wanted]
        body = read_cells(layout, layout.body, lines[1:end], numbers[1:end], places, len(titles))
    trailer = read_cells(layout, layout.trailer, lines[end:], numbers[end:])
    unknown = [Unknown(f"column {title}", 1) for title in titles if title not in wanted]
    return read_cells(layout, (), [], []), body, trailer, unknown


def _single(fields: tuple[Field, ...], values: dict[str, Any]) -> dict[str, pa.Array]:
    """One record's values as columns of one row."""
    carried = [field for field in fields if field.kind != "filler" and not field.constant]
    return {field.name: pa.array([values.get(field.name)], arrow_type(field)) for field in carried}


def _total(field: Field, rows: pa.Table) -> int:
    """A control total of the rows: how many, or the sum of a column."""
    if field.total == "count":
        return int(rows.num_rows)
    return int(pc.sum(rows.column(field.total)).as_py() or 0)


def _begins(layout: Layout, line: Any) -> bool:
    """Whether a line is the trailer: it begins with the constant of the trailer's first field."""
    if not layout.trailer:
        return False
    first = layout.trailer[0]
    if layout.form == "delimited":
        return bool(line) and line[0] == first.constant
    return bool(line[: first.width] == first.constant.encode(layout.encoding).ljust(first.width))


def _merged(unknown: list[Unknown]) -> list[Unknown]:
    """Equal findings of header, body and trailer as one, at the first line."""
    found: dict[str, Unknown] = {}
    for one in unknown:
        earlier = found.get(one.what)
        found[one.what] = (
            one if earlier is None else Unknown(one.what, earlier.line, earlier.count + one.count)
        )
    return list(found.values())


def _no_trailer() -> Rejection:
    return Rejection(
        code="wire.no_trailer",
        text="The file ends without its trailer.",
        remedy="The file was cut: ask the sender for it again.",
    )


def _no_column(title: str) -> Rejection:
    return Rejection(
        code="wire.no_column",
        text="The file has no column {title}.",
        remedy="Its layout is another version.",
        values={"title": title},
    )
