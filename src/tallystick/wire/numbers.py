"""Between a column's values and the integer that a file writes for them: money scaled, dates and times as digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.core.errors import TallystickError
from tallystick.wire.layout import Field

__all__ = ["arrow_type", "from_digits", "time_digits", "to_digits"]

Array = np.ndarray[Any, np.dtype[Any]]

ROC_YEARS = 1911
MONEY_DECIMALS = 4
NANOSECOND_DIGITS = 9
MINUTE = 60
DAY_SECONDS = 86_400


def arrow_type(field: Field) -> pa.DataType:
    """The Arrow type of a field's column: string, int64, or date32."""
    if field.kind == "date":
        return pa.date32()
    return pa.string() if field.kind in ("text", "filler") else pa.int64()


def to_digits(field: Field, values: Array) -> Array:
    """The integers that the file writes for int64 values (dates as days since 1970-01-01).

    TallystickError when money does not fit the field's decimals, or a time of day the fraction's digits, exactly.
    """
    if field.kind == "date":
        return _date_digits(field, values)
    if field.kind == "time":
        step = 10 ** (NANOSECOND_DIGITS - field.decimals)
        _require_exact(field, values, step)
        return time_digits(values // step, field.decimals)
    if field.kind == "money":
        step = 10 ** (MONEY_DECIMALS - field.decimals)
        _require_exact(field, values, step)
        scaled: Array = values // step
        return scaled
    return values


def from_digits(field: Field, digits: Array) -> tuple[Array, Array]:
    """Values of the integers that a file holds, and which of them are valid; the inverse of `to_digits`."""
    if field.kind == "date":
        return _digits_date(field, digits)
    if field.kind == "time":
        scale = 10**field.decimals
        clock, fraction = digits // scale, digits % scale
        hours, minutes, seconds = clock // 10_000, clock // 100 % 100, clock % 100
        valid = (hours < 24) & (minutes < MINUTE) & (seconds < MINUTE)
        whole = (hours * MINUTE + minutes) * MINUTE + seconds
        return (whole * scale + fraction) * 10 ** (NANOSECOND_DIGITS - field.decimals), valid
    step = 10 ** (MONEY_DECIMALS - field.decimals) if field.kind == "money" else 1
    return digits * step, np.ones(len(digits), dtype=bool)


def time_digits(moments: Array, decimals: int) -> Array:
    """HHMMSS and fraction as one integer, from fractions of a second since midnight.

    >>> time_digits(np.array([32_400_250]), 3).tolist()
    [90000250]
    """
    scale = 10**decimals
    seconds, fraction = moments // scale, moments % scale
    clock: Array = seconds // 3600 * 10_000 + seconds // MINUTE % MINUTE * 100 + seconds % MINUTE
    whole: Array = clock * scale + fraction
    return whole


def _require_exact(field: Field, values: Array, step: int) -> None:
    inexact = values % step != 0
    if inexact.any():
        raise TallystickError(
            "wire.inexact",
            "{value} does not fit the field {field}, which has {decimals} decimals.",
            "Round it by a dated rule first, or give the field more decimals.",
            value=int(values[np.argmax(inexact)]),
            field=field.name,
            decimals=field.decimals,
        )


def _date_digits(field: Field, days: Array) -> Array:
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    day = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    month_number = months.astype(np.int64)
    year = 1970 + month_number // 12 - (ROC_YEARS if field.form == "roc" else 0)
    digits: Array = year * 10_000 + (month_number % 12 + 1) * 100 + day
    return digits


def _digits_date(field: Field, digits: Array) -> tuple[Array, Array]:
    year = digits // 10_000 + (ROC_YEARS if field.form == "roc" else 0)
    month, day = digits // 100 % 100, digits % 100
    valid = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = (np.where(valid, year, 1970) - 1970) * 12 + np.where(valid, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = first + np.where(valid, day, 1) - 1
    valid &= days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) == months
    return days, valid
