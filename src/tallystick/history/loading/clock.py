"""Local times of a zone and UTC, for many at once: days without a change of the clock have one offset."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

import numpy as np
import polars as pl

__all__ = ["DAY_NS", "local_days", "local_to_utc"]

Array = np.ndarray[Any, np.dtype[Any]]

DAY_NS = 86_400_000_000_000
HOUR_NS = 3_600_000_000_000
EPOCH = datetime.date(1970, 1, 1).toordinal()


def local_to_utc(times: Array, zone: str) -> tuple[Array, Array]:
    """UTC nanoseconds of local times given as nanoseconds, and which there are not (clocks were put forward).

    A local time that comes twice is its first.
    """
    days, places = np.unique(times // DAY_NS, return_inverse=True)
    offsets, steady = _offsets(days, zone)
    found = times - offsets[places]
    there = np.ones(len(times), dtype=bool)
    changing = ~steady[places]
    if changing.any():
        local = pl.Series(times[changing]).cast(pl.Datetime("ns"))
        utc = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        there[changing] = utc.is_not_null().to_numpy()
        found[changing] = utc.dt.convert_time_zone("UTC").cast(pl.Int64).fill_null(0).to_numpy()
    return found, there


def local_days(times: Array, zone: str) -> Array:
    """The local dates (days since 1970-01-01) of UTC nanoseconds."""
    return local_times(times, zone) // DAY_NS


def local_times(times: Array, zone: str) -> Array:
    """Local times as nanoseconds of UTC nanoseconds."""
    days, places = np.unique(times // DAY_NS, return_inverse=True)
    before, steady_before = _offsets(days - 1, zone)
    on, steady_on = _offsets(days, zone)
    after, steady_after = _offsets(days + 1, zone)
    steady = steady_before & steady_on & steady_after & (before == on) & (on == after)
    found: Array = times + on[places]
    changing = ~steady[places]
    if changing.any():
        local = pl.Series(times[changing]).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(zone)
        found[changing] = local.dt.replace_time_zone(None).cast(pl.Int64).to_numpy()
    return found


def _offsets(days: Array, zone: str) -> tuple[Array, Array]:
    """The zone's offset from UTC on local days, in nanoseconds, and whether it stays the same all day."""
    info = zoneinfo.ZoneInfo(zone)
    offsets, steady = [], []
    for day in days.tolist():
        number = day + EPOCH
        if not 2 <= number < datetime.date.max.toordinal() - 1:
            offsets.append(0)
            steady.append(False)
            continue
        hours = [
            datetime.datetime.fromordinal(number) + datetime.timedelta(hours=hour) for hour in range(-1, 26)
        ]
        found = {info.utcoffset(hour) for hour in hours}
        offset = info.utcoffset(hours[0])
        offsets.append(0 if offset is None else int(offset.total_seconds()) * 1_000_000_000)
        steady.append(len(found) == 1)
    return np.array(offsets, np.int64), np.array(steady, dtype=bool)
