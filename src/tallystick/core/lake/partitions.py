"""Which partition of a table each row belongs to."""

from __future__ import annotations

from typing import Any

import numpy as np

from tallystick.core.lake.layout import Layout

__all__ = ["partition_numbers"]

UNITS = {"month": "M", "year": "Y"}
LONGEST_SPAN_DAYS = 100_000

Array = np.ndarray[Any, np.dtype[Any]]


def partition_numbers(layout: Layout, days: Array) -> Array:
    """Iceberg's number of the partition of each day (since 1970); 0 for all when the table has no partitions."""
    if layout.partition is None:
        return np.zeros(len(days), np.int64)
    rhythm = layout.partition[1]
    if rhythm == "day" or not len(days):
        return days.astype(np.int64)
    first, last = int(days.min()), int(days.max())
    if last - first > LONGEST_SPAN_DAYS:
        return _rounded_down(days, UNITS[rhythm])
    # A list of all days between is small, and looked up sooner than the calendar is worked out for each row.
    return np.asarray(_rounded_down(np.arange(first, last + 1), UNITS[rhythm])[days - first])


def _rounded_down(days: Array, unit: str) -> Array:
    return days.astype("datetime64[D]").astype(f"datetime64[{unit}]").astype(np.int64)
