"""The as-of join: to each left row the last right row of the same instrument that is not later.

Rules, the same for every engine that may stand behind this function: among right rows of one time the one with the
larger sequence number holds, without sequence numbers the one that comes later; a left row before the first right row,
of an instrument without right rows or without instrument matches nothing (-1, nulls); the tolerance is inclusive; left
rows keep their order, each exactly once.

What it costs at least: times and codes are read once and the matches written once, for 6 M trades and 14 M quotes
20 M x 12 bytes + 6 M x 8 bytes = 0.29 GB, at about 8 GB/s of one core 0.04 s. Rows that are not in order by instrument
and time are put into it first, which costs more than the join.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.core.errors import TallystickError, suggestion
from tallystick.history.asking.codes import encode_both, flat
from tallystick.history.asking.kernels import find_ranges, group_rows, match_ranges
from tallystick.history.asking.rows import Span, read_rows
from tallystick.history.datasets import find_dataset
from tallystick.history.datasets.dataset import DAY_NS, MINUTE_NS, OWN_COLUMNS

if TYPE_CHECKING:
    from tallystick.core.lake import Lake
    from tallystick.history.asking.questions import AsofRequest

__all__ = ["NO_TOLERANCE", "asof", "asof_datasets", "asof_frames", "duration_of", "match_rows"]

Array = np.ndarray[Any, np.dtype[Any]]

NO_TOLERANCE = 2**64 - 1
"""Nanoseconds: a match may be of any age."""

LONGEST = 2**63 - 1
"""The greatest length of time in nanoseconds, 106,751 days; so far before and after 1970 are times told apart."""

EARLIEST, LATEST = 10 * 365 * DAY_NS, 230 * 365 * DAY_NS
"""Nanoseconds since 1970 of about 1980 and 2200: whole numbers that stand beside times lie between them."""

DURATION = re.compile(r"([0-9]+)(ns|us|ms|s|m|min|h|d)?")
UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": MINUTE_NS,
    "min": MINUTE_NS,
    "h": 60 * MINUTE_NS,
    "d": DAY_NS,
}


class Side(NamedTuple):
    """One side in order: its times, where each code's rows begin and end, and the rows' order if they were moved."""

    times: Array
    first: Array
    after: Array
    order: Array | None


class Times(NamedTuple):
    """A side's column of times: as it came, and as nanoseconds."""

    side: str
    name: str
    type: pa.DataType
    values: Array


def asof(
    left: Any,
    right: Any,
    *,
    by: str = "symbol",
    on: str = "ts",
    right_on: str = "",
    sequence: str = "seq",
    tolerance: int | str | datetime.timedelta | None = None,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """The left rows with the columns of the last right row of the same `by` whose `on` is not later.

    Both sides are Arrow tables, answers, frames of Polars (lazy ones too) or pandas, or lists of objects. `by` is a
    text or a whole number (below 0: no instrument), `on` a time, a date (its beginning in UTC) or a whole number of
    nanoseconds, `right_on` the same where it has another name on the right; `sequence` decides among right rows of one
    time where it is there. `tolerance` is the greatest age of a match, in nanoseconds, as `5s` or as a timedelta.
    `columns` are those wanted of the right (all but `by` when none are named); one whose name the left has too gets
    `_right` behind it. Without a match they are null. A time that nanoseconds cannot hold (9999-12-31) is later, or
    earlier, than all that they can.

    TallystickError for times of which only one side says its zone, and for whole numbers beside times that are no
    nanoseconds since 1970: they would meet later rows, or none.

    >>> trades = pa.table({"symbol": ["A", "A", "B"], "ts": [5, 9, 9], "price": [10, 11, 12]})
    >>> quotes = pa.table({"symbol": ["A", "A"], "ts": [5, 5], "seq": [2, 1], "bid": [7, 8]})
    >>> asof(trades, quotes, columns=["ts", "bid"]).to_pylist()[1:]
    [{'symbol': 'A', 'ts': 9, 'price': 11, 'ts_right': 5, 'bid': 7},
     {'symbol': 'B', 'ts': 9, 'price': 12, 'ts_right': None, 'bid': None}]
    """
    left, right = _arrow("left", left), _arrow("right", right)
    wanted = [name for name in right.column_names if name != by] if columns is None else list(columns)
    _check_columns("left", left, [by, on])
    _check_columns("right", right, [by, right_on or on, *wanted])
    left_codes, right_codes, codes = encode_both(left[by], right[by])
    ties = _numbers(right[sequence], sequence) if sequence in right.column_names else None
    right_on = right_on or on
    times = _times(left[on], on), _times(right[right_on], right_on)
    _check_alike(
        Times("left", on, left[on].type, times[0]), Times("right", right_on, right[right_on].type, times[1])
    )
    found = match_rows(
        left_codes,
        times[0],
        right_codes,
        times[1],
        ties,
        codes=codes,
        tolerance=duration_of(tolerance),
    )
    return _joined(left, right.select(wanted), found)


def asof_datasets(
    lake: Lake,
    left: str,
    right: str,
    span: Span,
    *,
    by: str = "symbol",
    left_on: str = "",
    right_on: str = "",
    tolerance: int | str | datetime.timedelta | None = None,
    lookback_days: int = 0,
    columns: Sequence[str] = (),
    known_at: int | None = None,
) -> pa.Table:
    """`asof` of two datasets' rows of a span, the right read from some days earlier on.

    Without `left_on` and `right_on` by the time from which a row of each is true: its instant, the end of its interval,
    its date or its event time (`Dataset.time_column`). Of the left come the figures, not when and from where they were
    known. TallystickError for an unknown dataset or column, and for a negative number of days.
    """
    if lookback_days < 0:
        raise TallystickError(
            "history.lookback",
            "The right side cannot be read from {days} days before.",
            "Give 0 or more days.",
            days=lookback_days,
        )
    datasets = find_dataset(left), find_dataset(right)
    times = [
        given or dataset.time_column for given, dataset in zip((left_on, right_on), datasets, strict=True)
    ]
    figures = [[name for name in dataset.columns if name not in OWN_COLUMNS] for dataset in datasets]
    known = (by,) if datasets[1].time == "date" else (by, "date")
    wanted = list(columns) or [name for name in figures[1] if name not in known]
    needed = dict.fromkeys([by, times[1], *(["seq"] if "seq" in datasets[1].columns else []), *wanted])
    first = span.start
    if first is not None:
        first -= datetime.timedelta(min(lookback_days, (first - datetime.date.min).days))
    left_columns = list(dict.fromkeys([*figures[0], by, times[0]]))
    return asof(
        read_rows(lake, left, span, known_at=known_at, columns=left_columns),
        read_rows(lake, right, span._replace(start=first), known_at=known_at, columns=list(needed)),
        by=by,
        on=times[0],
        right_on=times[1],
        tolerance=tolerance,
        columns=wanted,
    )


def asof_frames(request: AsofRequest) -> pa.Table:
    """`asof` of two frames that a request brings itself.

    TallystickError when only one side is a frame, or the request limits rows that the caller chooses by the frame.
    """
    for field in ("left", "right"):
        frame = getattr(request, field)
        if frame is None or isinstance(frame, str | int | float):
            raise TallystickError(
                "history.asof_sides",
                "{field} cannot be {value} where the other side is a frame.",
                "Give two frames, or the names of two datasets.",
                field=field,
                value=str(frame)[:60],
            )
    for field in ("instruments", "start", "end", "lookback", "known_at"):
        if getattr(request, field):
            raise TallystickError(
                "history.asof_of_frames",
                "{field} says which rows of a dataset are read; these are frames.",
                "Choose the rows of the frames, and leave it out.",
                field=field,
            )
    return asof(
        request.left,
        request.right,
        by=request.by,
        on=request.left_on or "ts",
        right_on=request.right_on,
        tolerance=request.tolerance,
        columns=request.columns or None,
    )


def duration_of(text: int | str | datetime.timedelta | None) -> int:
    """Nanoseconds of a length of time such as `5s` (ns, us, ms, s, m or min, h, d); empty or None: no limit.

    >>> duration_of("250ms"), duration_of(datetime.timedelta(seconds=1.5))
    (250000000, 1500000000)
    """
    if text is None or text == "":
        return NO_TOLERANCE
    if isinstance(text, datetime.timedelta):
        text = f"{text // datetime.timedelta(microseconds=1)}us"
    found = DURATION.fullmatch(str(text))
    length = int(found[1]) * UNITS_NS[found[2] or "ns"] if found else -1
    if not 0 <= length <= LONGEST:
        raise TallystickError(
            "history.duration",
            "{duration} is no length of time.",
            "Write a whole number with ns, us, ms, s, m (or min), h or d, such as 5s, 1500ms or 3d; at most 106751d.",
            duration=str(text),
        )
    return length


def match_rows(
    left_codes: Array,
    left_times: Array,
    right_codes: Array,
    right_times: Array,
    right_ties: Array | None = None,
    *,
    codes: int,
    tolerance: int = NO_TOLERANCE,
) -> Array:
    """For each left row the number of its right row, or -1: int64, in the order of the left rows.

    Codes are int32 from 0 to below `codes`, times and ties int64. Nothing is copied when both sides are in order: rows
    of a code together, by time, the right also by tie.
    """
    assert tolerance >= 0, "a tolerance is an age"
    nothing = np.empty(0, dtype=np.int64)
    left = _side(left_codes, left_times, nothing, codes)
    right = _side(right_codes, right_times, nothing if right_ties is None else right_ties, codes)
    found = np.empty(left_codes.size, dtype=np.int64)
    match_ranges(left[:3], right[:3], np.uint64(tolerance), found)
    if right.order is not None:
        found = np.where(found < 0, -1, right.order[found]) if right.order.size else found
    if left.order is not None:
        placed = np.empty_like(found)
        placed[left.order] = found
        return placed
    return found


def _side(codes: Array, times: Array, ties: Array, count: int) -> Side:
    """A side in order: as it is, else with its codes brought together, else sorted."""
    first, after = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    if find_ranges(codes, times, ties, first, after):
        return Side(times, first, after, None)
    order = np.empty(codes.size, dtype=np.int64)
    group_rows(codes, np.zeros(count + 1, dtype=np.int64), order)
    if not _in_order(codes, times, ties, order, first, after):
        order = np.lexsort((ties, times, codes) if ties.size else (times, codes))
        assert _in_order(codes, times, ties, order, first, after), "sorted rows are in order"
    return Side(times[order], first, after, order)


def _in_order(codes: Array, times: Array, ties: Array, order: Array, first: Array, after: Array) -> bool:
    """Whether rows are in order after they are moved; writes where each code's rows are."""
    first[:], after[:] = 0, 0
    moved = ties[order] if ties.size else ties
    return bool(find_ranges(codes[order], times[order], moved, first, after))


def _arrow(side: str, frame: Any) -> pa.Table:
    """The rows of a side as an Arrow table. TallystickError when they are none, or a column comes twice."""
    try:
        if hasattr(frame, "collect"):
            frame = frame.collect()
        if isinstance(frame, Sequence):
            frame = pa.Table.from_pylist(list(frame))
        if hasattr(frame, "to_arrow"):
            frame = frame.to_arrow()
        table = frame if isinstance(frame, pa.Table) else pa.table(frame)
    except (TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise TallystickError(
            "history.asof_frame",
            "The {side} rows are no frame of rows: {problem}.",
            "Give a Polars, pandas or Arrow table, an answer, or a list of objects.",
            side=side,
            problem=str(error).partition("\n")[0],
        ) from None
    if twice := [name for name in table.column_names if table.column_names.count(name) > 1]:
        raise TallystickError(
            "history.asof_twice",
            "The {side} rows have the column {column} more than once.",
            "Give each column a name of its own.",
            side=side,
            column=twice[0],
        )
    return table


def _check_columns(side: str, table: pa.Table, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.column_names:
            remedy, near = suggestion(name, table.column_names)
            raise TallystickError(
                "history.asof_column",
                "The {side} rows have no column {column}.",
                remedy,
                side=side,
                column=name,
                **near,
            )


def _check_alike(left: Times, right: Times) -> None:
    """Refuse times that cannot be compared as they are."""
    stamps = [one for one in (left, right) if pa.types.is_timestamp(one.type)]
    bare = [one for one in stamps if one.type.tz is None]
    if len(stamps) == 2 and len(bare) == 1:
        raise TallystickError(
            "history.asof_zones",
            "The times {column} of the {side} rows say no time zone, those of the other rows do.",
            "Give them theirs: `.dt.replace_time_zone('Asia/Taipei')` in Polars, "
            "`.dt.tz_localize('Asia/Taipei')` in pandas.",
            column=bare[0].name,
            side=bare[0].side,
        )
    numbers = [one for one in (left, right) if pa.types.is_integer(one.type)]
    if len(numbers) != 1 or not numbers[0].values.size:
        return
    one = numbers[0]
    if one.values.min() < EARLIEST or one.values.max() > LATEST:
        raise TallystickError(
            "history.asof_numbers",
            "The whole numbers {column} of the {side} rows are no nanoseconds since 1970, such as {value}; "
            "the other rows have times.",
            "Make times of them: `pl.from_epoch('{column}', time_unit='us')` in Polars, "
            "then give them their time zone.",
            column=one.name,
            side=one.side,
            value=int(one.values[0]),
        )


def _times(column: pa.ChunkedArray, name: str) -> Array:
    """Times as int64 nanoseconds; a date is its beginning in UTC."""
    if pa.types.is_date32(column.type):
        return _clipped(_numbers(column.cast(pa.int32()), name), DAY_NS)
    if pa.types.is_timestamp(column.type):
        return _clipped(_numbers(column.cast(pa.int64()), name), UNITS_NS[column.type.unit])
    return _numbers(column, name)


def _clipped(values: Array, unit: int) -> Array:
    """Whole numbers of a unit as nanoseconds; what they cannot hold (9999-12-31) is the latest or earliest of them."""
    most = LONGEST // unit
    if unit == 1 or not values.size or (values.min() >= -most and values.max() <= most):
        return values * unit
    times = values.clip(-most, most) * unit
    times[values > most], times[values < -most] = LONGEST, -LONGEST
    return np.asarray(times)


def _numbers(column: pa.ChunkedArray, name: str) -> Array:
    """A column as int64. TallystickError when it is no whole number or a value is missing."""
    if not len(column):
        return np.empty(0, dtype=np.int64)  # an empty frame of pandas says nothing of its types
    if column.null_count or not pa.types.is_integer(column.type):
        raise TallystickError(
            "history.asof_order",
            "The column {column} cannot order rows: it is {type} with {nulls} values missing.",
            "Name a column of times, dates or whole numbers without gaps.",
            column=name,
            type=str(column.type),
            nulls=column.null_count,
        )
    return flat(column.cast(pa.int64()))


def _joined(left: pa.Table, right: pa.Table, found: Array) -> pa.Table:
    """The left table with the right columns of the found rows."""
    missing = found < 0
    rows = pa.array(found, mask=missing if missing.any() else None)
    for field in right.schema:
        name = field.name if field.name not in left.column_names else f"{field.name}_right"
        left = left.append_column(field.with_name(name).with_nullable(True), right[field.name].take(rows))
    return left
