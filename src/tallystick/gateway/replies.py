"""Replies in the form the caller asked for.

Records are JSON. Tables are JSON `{columns, rows, total_rows, title}`, or by the Accept header an Arrow stream,
Parquet, CSV or TSV. In JSON, times are ISO 8601 in UTC with nanoseconds, hashes are hexadecimal, and whole numbers past
2^53 are text, since most JSON readers would round them. CSV and TSV are for spreadsheets: amounts, ratios and shares of
a whole are exact decimals (0.0312 for 3.12 %), and a text that a spreadsheet would run as a formula has an apostrophe
before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.operations import Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMATS", "STREAMED", "encode", "plain", "table_document"]

EXACT = 2**53 - 1
DECIMALS = {b"1e-4 of the currency": 4, b"parts per 10,000": 4, b"1e-8": 8}
"""Units that are a part of one, and the decimals with which such values are written out."""
NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?")


def encode(reply: Any) -> bytes:
    """A reply as JSON."""
    return msgspec.json.encode(plain(reply))


def plain(value: Any) -> Any:
    r"""A reply as dictionaries, lists and plain values, as JSON shows it.

    >>> import datetime
    >>> plain({"id": 20261120000000042, "hash": b"\x0f", "on": datetime.date(2026, 11, 20)})
    {'id': '20261120000000042', 'hash': '0f', 'on': '2026-11-20'}
    """
    built = msgspec.to_builtins(value, builtin_types=(bytes, memoryview), enc_hook=_odd, str_keys=True)
    return _exact(built)


def table_document(table: Table) -> dict[str, Any]:
    """A Table as `{columns: [{name, type, unit}], rows: [[…]], total_rows, title}`."""
    import pyarrow as pa

    columns = []
    values = []
    for field, column in zip(table.arrow.schema, table.arrow.columns, strict=True):
        unit = (field.metadata or {}).get(b"unit", b"").decode()
        columns.append({"name": field.name, "type": str(field.type), "unit": unit})
        values.append(_times(column).to_pylist() if pa.types.is_temporal(field.type) else column.to_pylist())
    rows = [list(row) for row in zip(*values, strict=True)]
    return {"columns": columns, "rows": rows, "total_rows": table.total_rows, "title": table.title}


def _odd(value: Any) -> Any:
    """What msgspec does not know: our Table, NumPy scalars and arrays, anything else as its text."""
    if isinstance(value, Table):
        return table_document(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "_asdict"):
        return value._asdict()
    return str(value)


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exact(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_exact(inner) for inner in value]
    if isinstance(value, bytes | memoryview):
        return value.hex()
    if isinstance(value, int) and not -EXACT <= value <= EXACT:
        return str(value)
    return value


def _times(column: Any) -> Any:
    """A column of times, dates or spans as text: ISO 8601, times in UTC with all their digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ" if column.type.tz else "%Y-%m-%dT%H:%M:%S")
    if pa.types.is_interval(column.type):
        return pa.array(
            [None if span is None else _iso_span(span) for span in column.to_pylist()], pa.string()
        )
    return column.cast(pa.string())


def _iso_span(span: Any) -> str:
    """Months, days and nanoseconds as ISO 8601 writes them: P1M2DT3.000000004S."""
    seconds = Decimal(span.nanoseconds).scaleb(-9).normalize()
    return f"P{span.months}M{span.days}DT{seconds:f}S"


def _spread(table: pa.Table) -> pa.Table:
    """A table as a spreadsheet reads it: parts of one as decimals, times as ISO text, nested values as JSON."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        column = table.column(index)
        if decimals := DECIMALS.get((field.metadata or {}).get(b"unit", b"")):
            texts = [
                None if v is None else f"{Decimal(str(v)).scaleb(-decimals):f}" for v in column.to_pylist()
            ]
        elif pa.types.is_timestamp(field.type) or pa.types.is_interval(field.type):
            texts = _times(column)
        elif pa.types.is_nested(field.type) or "binary" in str(field.type):
            texts = [None if v is None else _cell(v) for v in column.to_pylist()]
        else:
            continue
        table = table.set_column(
            index, field.name, pa.array(texts, pa.string()) if isinstance(texts, list) else texts
        )
    return table


def _cell(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else encode(value).decode()


def _arrow(table: Table) -> Iterator[bytes]:
    import pyarrow as pa

    sink = _Pieces()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.batches():
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


def _parquet(table: Table) -> Iterator[bytes]:
    from pyarrow import parquet

    sink = _Pieces()
    with parquet.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        for batch in table.batches():
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


class _Pieces(io.RawIOBase):
    """Takes what a writer writes and gives it on piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        """It is only written to."""
        return True

    def write(self, data: Any) -> int:
        """Keep a piece."""
        piece = bytes(data)
        self._waiting.append(piece)
        self._place += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Bytes written since the beginning, which Parquet's footer names."""
        return self._place

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._waiting = self._waiting, []
        return b"".join(pieces)


def _separated(delimiter: str) -> Callable[[Table], Iterator[bytes]]:
    def write(table: Table) -> Iterator[bytes]:
        spread = _spread(table.arrow)
        sink = io.StringIO()
        writer = csv.writer(sink, delimiter=delimiter, lineterminator="\n")
        writer.writerow(spread.column_names)
        cells = [[_unarmed(value) for value in column.to_pylist()] for column in spread.columns]
        writer.writerows(zip(*cells, strict=True))
        yield sink.getvalue().encode()

    return write


def _unarmed(value: Any) -> Any:
    """A text that begins like a formula, made harmless; numbers with a sign stay as they are."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    return value if NUMBER.fullmatch(value) else f"'{value}"


def _json(table: Table) -> Iterator[bytes]:
    yield encode(table)


FORMATS: dict[str, Callable[[Table], Iterator[bytes]]] = {
    "application/json": _json,
    "application/vnd.apache.arrow.stream": _arrow,
    "application/vnd.apache.parquet": _parquet,
    "text/csv": _separated(","),
    "text/tab-separated-values": _separated("\t"),
}
"""Media type → how a Table is written in it; the first is the one given when nothing is asked.

Each gives its bytes in pieces.
"""

STREAMED = frozenset({"application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"})
"""The forms that are sent while the rows are still read, so that an answer may be larger than memory."""
