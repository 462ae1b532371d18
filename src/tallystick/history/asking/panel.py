"""One figure of many instruments as a matrix: a row for each date, a column for each instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.schema import date_number, schema_of
from tallystick.history.asking.adjusting import PRICES, actions_of, described
from tallystick.history.asking.adjustment import (
    Adjust,
    Anchor,
    Closes,
    as_dates,
    ex_dates,
    factors_of,
    scaling_of,
)
from tallystick.history.asking.codes import encode
from tallystick.history.asking.kernels import scatter_rows
from tallystick.history.asking.rows import Span, read_rows
from tallystick.history.datasets import find_dataset

if TYPE_CHECKING:
    from tallystick.core.lake import Lake

__all__ = ["FIELDS", "read_panel"]

FIELDS = (*PRICES, "volume", "amount", "trade_count")
"""The figures of a daily bar that a panel can show."""

DATASET = "history.bars_daily"
Array = np.ndarray[Any, np.dtype[Any]]


class Figures(NamedTuple):
    """Daily figures by row: the symbols, each row's symbol number and date, its figure, whether it is there."""

    symbols: list[str]
    codes: Array
    dates: Array
    values: Array
    given: Array


def read_panel(
    lake: Lake,
    field: str,
    span: Span,
    *,
    adjust: Adjust = "none",
    anchor: Anchor = "latest_bar",
    known_at: int | None = None,
) -> pa.Table:
    """A table of `date` and one column for each symbol of the span, in its order (of all, by symbol, when none is
    named): dates on which any of them has a bar; null where one has none.

    Prices and amounts are int64 in 1e-4, adjusted as `read_bars` does it. A symbol without bars has a column of nulls.
    TallystickError for an unknown field.
    """
    if field not in FIELDS:
        remedy, near = suggestion(field, FIELDS)
        raise TallystickError(
            "history.panel_field", "A panel cannot show {field}.", remedy, field=field, **near
        )
    adjusts = adjust != "none" and field in (*PRICES, "volume")
    actions = actions_of(lake, span, anchor, known_at) if adjusts else None
    reach = span
    if actions is not None and actions.num_rows:
        reach = span._replace(end=None) if anchor == "latest_bar" else span._replace(start=None)
    columns = dict.fromkeys(("symbol", "date", field, *(("close",) if reach is not span else ())))
    rows = read_rows(lake, DATASET, reach, known_at=known_at, columns=list(columns), order=())
    figures = _figures(rows, field)
    if actions is not None and actions.num_rows:
        closes = Closes(figures.symbols, figures.codes, figures.dates, np.asarray(rows["close"].to_numpy()))
        listed = ex_dates(actions, closes)
        factors = factors_of(listed, figures.symbols, adjust, anchor)
        segments = factors.segments(figures.codes, figures.dates)
        scaling = scaling_of(factors.volume if field == "volume" else factors.price)
        figures = figures._replace(values=scaling.apply(figures.values, segments))
        return described(_matrix(figures, field, span), listed, adjust, anchor)
    panel = _matrix(figures, field, span)
    return described(panel, (), adjust, anchor) if adjusts else panel


def _figures(rows: pa.Table, field: str) -> Figures:
    codes, symbols = encode(rows["symbol"])
    column = rows[field]
    if column.null_count:
        given = np.asarray(pc.is_valid(column).to_numpy())
        column = column.fill_null(0)
    else:
        given = np.ones(rows.num_rows, dtype=np.bool_)
    return Figures(symbols, codes, as_dates(rows["date"]), np.asarray(column.to_numpy()), given)


def _matrix(figures: Figures, field: str, span: Span) -> pa.Table:
    """The figures inside the span as columns by symbol."""
    dates, places = _places(figures.dates, span)
    symbols = list(dict.fromkeys(span.symbols)) or _symbols_inside(figures, places)
    lines = {symbol: line for line, symbol in enumerate(symbols)}
    of_code = np.array([lines.get(symbol, -1) for symbol in figures.symbols], dtype=np.int64)
    rows = of_code[figures.codes] if of_code.size else figures.codes.astype(np.int64)
    matrix = np.zeros((len(symbols), dates.size), dtype=np.int64)
    filled = np.zeros((len(symbols), dates.size), dtype=np.bool_)
    scatter_rows(rows, places, figures.values, figures.given, matrix, filled)
    unit = schema_of(find_dataset(DATASET).spec.record).arrow.field(field).metadata
    fields = [pa.field("date", pa.date32(), nullable=False)]
    columns = [pa.array(dates, pa.int32()).cast(pa.date32())]
    for line, symbol in enumerate(symbols):
        fields.append(pa.field(symbol, pa.int64(), metadata=unit))
        columns.append(_column(matrix[line], filled[line]))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _symbols_inside(figures: Figures, places: Array) -> list[str]:
    """The symbols that have a row inside the span, in order; rows beyond it were read for their closes only."""
    seen = np.zeros(len(figures.symbols), dtype=np.bool_)
    seen[figures.codes[places >= 0]] = True
    return sorted(
        symbol for symbol, is_inside in zip(figures.symbols, seen.tolist(), strict=True) if is_inside
    )


def _column(values: Array, filled: Array) -> pa.Array:
    """A line of the matrix as a column, without a copy of the values."""
    valid = pa.py_buffer(np.packbits(filled, bitorder="little"))
    return pa.Array.from_buffers(pa.int64(), values.size, [valid, pa.py_buffer(values)])


def _places(dates: Array, span: Span) -> tuple[Array, Array]:
    """The dates inside the span that rows have, in order, and each row's place among them (-1: outside)."""
    if not dates.size:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
    first, last = int(dates.min()), int(dates.max())
    seen = np.zeros(last - first + 1, dtype=np.bool_)
    seen[dates - first] = True
    if span.start is not None:
        seen[: max(date_number(span.start) - first, 0)] = False
    if span.end is not None:
        seen[max(date_number(span.end) - first + 1, 0) :] = False
    numbers = np.where(seen, np.cumsum(seen) - 1, -1)
    return (np.flatnonzero(seen) + first).astype(np.int32), numbers[dates - first]
