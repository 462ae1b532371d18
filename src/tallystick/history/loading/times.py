"""Reading times: texts of the usual forms, times of day beside their dates, whole numbers by their digits.

A whole number is nanoseconds since 1970 where that is a time from 1980 to 2199, else what its digits write as a text.
What could be neither is no time: no number ever becomes a moment of 1970 in silence.

>>> days = pl.Series(["2026-11-20"] * 2).str.to_date()
>>> read_clock_times(pl.Series([90000, 1_795_136_400_000_000_000]), "Asia/Taipei", days).values.to_list()
[1795136400000000000, 1795136400000000000]
"""

from __future__ import annotations

import polars as pl

from tallystick.history.loading.values import Column, as_text, column_of, first_of, read_dates

__all__ = ["read_clock_times"]

MINUTE_NS = 60_000_000_000
FIRST_NS, LAST_NS = 315_532_800_000_000_000, 7_258_118_400_000_000_000
"""1980 and 2200: between them a whole number of nanoseconds is a time, and no other way to write one has its digits."""

EXACT_FLOATS = 2**53
OFFSET = r"^(.*\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?([+-])(\d{2}):?(\d{2})$"
"""A time that says how far it is from UTC: its local time, the sign, hours and minutes."""

REPRESENTABLE = r"^(18|19|20|21|22[0-5]\d)"
"""Years whose nanoseconds fit 64 bits; those of the Republic in times are none of them."""

TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
)
OTHER_NUMBERS = r"^(\d{1,13}|\d{15,})$"
"""Digits that are not those of 20261120090000, and that a format might take for fewer of them."""

WITH_FRACTION = r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{3}|\d{6}|\d{9})$"
"""20261120090000 with thousandths, millionths or billionths behind it."""

HALVES = r"(?i)(上午|下午|\b[ap]\.?m\b\.?)"
LATER = r"(?i)下午|p\.?m"
"""Marks of the half of a day, and those of the later one."""

DATE_AND_CLOCK = r"^(.*\S)[ T]+(\d\S*)$"


def read_clock_times(column: pl.Series, zone: str, dates: pl.Series | None) -> Column:
    """Moments as UTC nanoseconds from times of a zone; a clock time alone is put on its date."""
    if isinstance(column.dtype, pl.Datetime):
        moments = column.dt.cast_time_unit("ns")
        if column.dtype.time_zone is None:
            moments = moments.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        return column_of(column, moments.dt.convert_time_zone("UTC").cast(pl.Int64))
    if not column.dtype.is_numeric():
        return column_of(column, _moments(as_text(column), zone, dates))
    counted = column.cast(pl.Int64, strict=False) if column.dtype.is_integer() else None
    if counted is None:
        return column_of(column, _moments(_float_digits(column), zone, dates))
    since_1970 = counted.is_between(FIRST_NS, LAST_NS, closed="left").fill_null(False)
    if bool(since_1970.all()):
        return column_of(column, counted)
    return column_of(column, counted.zip_with(since_1970, _moments(_digits(counted), zone, dates)))


def _digits(numbers: pl.Series) -> pl.Series:
    """Whole numbers as times of day are written: 901 is 0901, and beside 93000 it is 000901."""
    longer = bool((numbers > 9_999).any())
    return numbers.cast(pl.String).str.zfill(6 if longer else 4)


def _float_digits(column: pl.Series) -> pl.Series:
    """Floats that are whole numbers, as a column with missing ones makes of them; the others are no times."""
    whole = column.cast(pl.Int64, strict=False)
    same = ((whole.cast(column.dtype) == column) & (whole.abs() < EXACT_FLOATS)).fill_null(False)
    return _digits(whole.set(~same, None)).zip_with(same, column.cast(pl.String))


def _moments(text: pl.Series, zone: str, dates: pl.Series | None) -> pl.Series:
    """UTC nanoseconds of texts, null where they are no times."""
    text = _of_24_hours(text)
    if dates is not None:
        text = _on_dates(text, dates)
    local = _local_times(text)
    moments = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    if local.null_count() > text.null_count():
        moments = first_of(moments, _with_offsets(text).dt.convert_time_zone(zone))
    return moments.dt.convert_time_zone("UTC").cast(pl.Int64)


def _of_24_hours(text: pl.Series) -> pl.Series:
    """Times with 上午, 下午, AM or PM by a clock of 24 hours: 下午 01:00:00 is 13:00:00."""
    places = text.str.contains(HALVES).fill_null(False).arg_true()
    if not len(places):
        return text
    marked = text.gather(places)
    body = marked.str.replace(HALVES, " ").str.replace_all(" +", " ").str.strip_chars()
    before, hour, after = (body.str.extract(r"^(.*?)(\d{1,2})(:\d{2}\S*)$", part) for part in (1, 2, 3))
    hours = hour.cast(pl.Int64)
    later = marked.str.contains(LATER)
    later_hours = (hours % 12 + 12).zip_with(hours <= 12, hours)
    turned = later_hours.zip_with(later, (hours % 12).set(hours > 12, None))
    clock = turned.cast(pl.String).str.zfill(2)
    return text.scatter(places, first_of(before + clock + after, marked))


def _local_times(text: pl.Series) -> pl.Series:
    """Texts as times without a zone, null where they are none."""
    if bool(text.str.contains(r"^\d{17,}$").any()):
        text = text.str.replace(WITH_FRACTION, "${1}-${2}-${3} ${4}:${5}:${6}.${7}")
    local = _by_formats(text)
    places = (local.is_null() & text.is_not_null()).arg_true()
    if not len(places):
        return local
    rest = text.gather(places)
    days = read_dates(rest.str.extract(DATE_AND_CLOCK, 1)).values
    clock = rest.str.extract(DATE_AND_CLOCK, 2).set(days.is_null(), None)
    return local.scatter(places, _by_formats(_on_dates(clock, days)))


def _by_formats(text: pl.Series) -> pl.Series:
    strange = ~text.str.contains(REPRESENTABLE) | text.str.contains(OTHER_NUMBERS)
    written = text.set(strange.fill_null(True), None)
    local = written.str.to_datetime(TIME_FORMATS[0], time_unit="ns", strict=False)
    for form in TIME_FORMATS[1:]:
        if local.null_count() == text.null_count():
            break
        local = first_of(local, written.str.to_datetime(form, time_unit="ns", strict=False))
    return local


def _with_offsets(text: pl.Series) -> pl.Series:
    """Moments of the times that say how far they are from UTC; null for the others."""
    text = text.str.replace(r"[Zz]$", "+00:00")
    sign, hours, minutes = (text.str.extract(OFFSET, part) for part in (2, 3, 4))
    far = hours.cast(pl.Int64) * 60 + minutes.cast(pl.Int64)
    far = far.zip_with((sign == "+").fill_null(True), -far)
    local = _local_times(text.str.extract(OFFSET, 1))
    return (local - (far * MINUTE_NS).cast(pl.Duration("ns"))).dt.replace_time_zone("UTC")


def _on_dates(text: pl.Series, dates: pl.Series) -> pl.Series:
    """Times of day (09:00, 9:00, 09:00:00.5, 90000, 090000123456, and 0900 where none has more digits) put on their
    dates; times that have one stay.
    """
    digits = text.str.contains(r"^(\d{5,6}|\d{11,12})$").fill_null(False)
    short = text.str.contains(r"^\d{4}$").fill_null(False)
    if bool(short.any()) and not bool(digits.any()):
        text, digits = (text + "00").zip_with(short, text), short
    if bool(digits.any()):
        digits &= (text.str.slice(0, 8) != dates.dt.strftime("%Y%m%d")).fill_null(True)
        fine = digits & (text.str.len_bytes() > 6).fill_null(False)
        six = text.str.zfill(6).zip_with(~fine, text.str.zfill(12))
        clock = six.str.slice(0, 2) + ":" + six.str.slice(2, 2) + ":" + six.str.slice(4, 2)
        clock = (clock + "." + six.str.slice(6)).zip_with(fine, clock)
        text = clock.zip_with(digits, text)
    text = text.str.replace(r"^(\d:\d{2})", "0$1")
    alone = text.str.contains(r"^\d{2}:\d{2}").fill_null(False)
    return (dates.cast(pl.String) + " " + text).zip_with(alone, text) if bool(alone.any()) else text
