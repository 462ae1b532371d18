"""Loops on arrays that asking needs: as-of matching, exact scaling of prices, and scattering rows into a matrix.

Everything is int64 but codes (int32) and flags; no kernel allocates what it is given, and none decides with floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = [
    "find_ranges", "group_rows", "match_ranges", "note_last", "scale_rows", "scatter_rows", "segment_rows",
]  # fmt: skip

Array = np.ndarray[Any, np.dtype[Any]]


@njit(cache=True, nogil=True)
def find_ranges(codes: Array, times: Array, ties: Array, first: Array, after: Array) -> bool:
    """Write where each code's rows begin and end; false when they are apart or not in order of time and tie.

    `ties` (empty: none) is read only where two times are equal. `first` and `after` come filled with zeros.
    """
    rows = codes.size
    start = 0
    for row in range(1, rows + 1):
        if row < rows and codes[row] == codes[row - 1]:
            if times[row] < times[row - 1]:
                return False
            if ties.size and times[row] == times[row - 1] and ties[row] < ties[row - 1]:
                return False
            continue
        if after[codes[row - 1]] > 0:
            return False
        first[codes[row - 1]], after[codes[row - 1]] = start, row
        start = row
    return True


@njit(cache=True, nogil=True)
def group_rows(codes: Array, places: Array, order: Array) -> None:
    """Write the rows by code, in their order within each code; `places` (zeros, one more than codes) is used up."""
    for row in range(codes.size):
        places[codes[row] + 1] += 1
    for code in range(1, places.size):
        places[code] += places[code - 1]
    for row in range(codes.size):
        order[places[codes[row]]] = row
        places[codes[row]] += 1


@njit(cache=True, nogil=True)
def match_ranges(
    left: tuple[Array, Array, Array], right: tuple[Array, Array, Array], tolerance: np.uint64, found: Array
) -> None:
    """Write for each left row the last right row of the same code that is not later, or -1.

    A side is its times and where each code's rows begin and end. A right row that is more than `tolerance` (uint64,
    inclusive) earlier does not match.
    """
    left_times, left_first, left_after = left
    right_times, right_first, right_after = right
    for code in range(left_first.size):
        place, end = right_first[code], right_after[code]
        for row in range(left_first[code], left_after[code]):
            time = left_times[row]
            while place < end and right_times[place] <= time:
                place += 1
            near = place > right_first[code] and np.uint64(time - right_times[place - 1]) <= tolerance
            found[row] = place - 1 if near else -1


@njit(cache=True, nogil=True)
def note_last(codes: Array, dates: Array, last: Array) -> None:
    """Write the last date of each code's rows; `last` comes filled with a date before all."""
    for row in range(codes.size):
        last[codes[row]] = max(last[codes[row]], dates[row])


@njit(cache=True, nogil=True)
def segment_rows(
    codes: Array, dates: Array, first: Array, after: Array, ex_dates: Array, segments: Array
) -> None:
    """Write each row's segment: a code with n ex-dates has n + 1, cut where an ex-date begins."""
    for row in range(codes.size):
        code, date = codes[row], dates[row]
        low, high = first[code], after[code]
        while low < high:
            middle = (low + high) // 2
            if ex_dates[middle] <= date:
                low = middle + 1
            else:
                high = middle
        segments[row] = low + code


@njit(cache=True, nogil=True)
def scale_rows(
    values: Array,
    segments: Array,
    factors: Array,
    exact: Array,
    limits: Array,
    result: Array,
    doubtful: Array,
) -> None:
    """Write value x factor (1e-12), half away from zero; mark rows where the factor's own rounding could matter.

    A factor is off by at most half a unit unless `exact` says otherwise, so that value x factor is off by half the
    value: whatever lies nearer to a half is doubtful, and what would not fit in 64 bits as well.
    """
    million, half = np.int64(1_000_000), np.int64(500_000_000_000)
    for row in range(values.size):
        segment, size = segments[row], abs(values[row])
        if size > limits[segment]:
            doubtful[row] = True
            continue
        lower = size * (factors[segment] % million)
        upper = size * (factors[segment] // million) + lower // million
        rest = (upper % million) * million + lower % million
        doubtful[row] = not exact[segment] and abs(rest - half) <= size
        rounded = upper // million + (1 if rest >= half else 0)
        result[row] = rounded if values[row] >= 0 else -rounded


@njit(cache=True, nogil=True)
def scatter_rows(
    rows: Array, columns: Array, values: Array, given: Array, matrix: Array, filled: Array
) -> None:
    """Write each given value to its place in a matrix (row below 0: none) and note that it is filled."""
    for number in range(rows.size):
        if rows[number] >= 0 and columns[number] >= 0 and given[number]:
            matrix[rows[number], columns[number]] = values[number]
            filled[rows[number], columns[number]] = True
