"""Reading values exactly: decimals to 1e-4 integers, whole numbers and dates, a column at a time.

A value decides by its decimal digits. A column of floats is read by each float's shortest decimal form, which is what
its vendor wrote; digits beyond the fourth are rounded half up, away from zero, and counted.

>>> import polars as pl
>>> read_decimals(pl.Series(["1,234.5", "0.00005", "-0.00005", "--", "abc"])).values.to_list()
[12345000, 1, -1, None, None]
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

__all__ = [
    "Column",
    "as_text",
    "column_of",
    "first_of",
    "is_missing",
    "read_dates",
    "read_decimals",
    "read_units",
    "read_whole",
    "whole_texts",
    "with_points",
]

DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")
OTHER_DATES = (r"^(\d{4})[/年.-](\d{1,2})[/月.-](\d{1,2})日?$",
               r"^(?:中華)?民國 ?0*([1-9]\d{0,2})[/年.-] ?(\d{1,2})[/月.-] ?(\d{1,2})日?$",
               r"^(\d{3}|79|[89]\d)[/年](\d{1,2})[/月](\d{1,2})日?$",
               r"^(\d{3})[.-](\d{1,2})[.-](\d{1,2})$", r"^(\d{3})(\d{2})(\d{2})$")  # fmt: skip
"""Dates with one digit for a month, and those of the Republic (民國), whose years count from 1912: 114/03/05, 99/1/4,
114年03月05日, 1150807. Years of two digits are those of the Republic from 1990 to 2010, as files of then have them;
others (26/11/16) could be either, and are neither, unless 民國 stands before them.
"""

MIDNIGHT = r"[T ]00:00(:00(\.0+)?)?(Z|[+-]\d{2}:?\d{2})?$"
"""What programs write after a date when they have only times."""

YEARS_BEFORE = 1911
LAST_ROC_YEAR = 1_000
FIRST_DATE = datetime.date(1800, 1, 1)
MISSING = ("", "N/A", "NA", "null", "NULL", "None")
DASHES = r"^[-－–—─]+$"
"""What files write for no value, and dashes, however many. (NaN is none of them: it is a fault of its own.)"""

LARGEST = 2**63 - 1
GROUPS = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$"
"""A number in groups of thousands."""

POINTS = r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$|^[+-]?[0-9]+,[0-9]+$"
"""A number with a comma before its decimals, and perhaps points between thousands."""

OTHER_MARKS = r"^[+-]?[0-9,]*\.[0-9]*$|^[+-]?[0-9]+,[0-9]+,[0-9,]+$"
"""A number whose decimals cannot follow a comma."""

UNCLEAR = "?,"
"""Stands for a number whose comma could be either."""

EXACT_FLOATS = 2**53
"""Up to here every whole number is a float."""

TOO_LARGE = decimal.Decimal(10**15)
"""No amount in 1e-4 of this size fits int64, whatever its unit."""


class Column(NamedTuple):
    """A column that was read: values (null where missing or faulty), which are missing, unreadable, no finite numbers,
    or too large for int64, and how many were rounded to the unit.
    """

    values: pl.Series
    missing: pl.Series
    unreadable: pl.Series
    not_finite: pl.Series
    too_large: pl.Series
    rounded: int = 0


def as_text(column: pl.Series) -> pl.Series:
    """A column as text without blanks around and without Excel's `="…"`; floats in their shortest form."""
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        if bool(text.str.starts_with('="').any()):
            text = text.str.strip_prefix('="').str.strip_suffix('"').str.strip_chars()
        return text
    return column.cast(pl.String)


def whole_texts(column: pl.Series) -> pl.Series:
    """The digits of floats and decimals that are whole numbers, as a column with holes makes of them; others none."""
    whole = column.cast(pl.Int64, strict=False)
    same = ((whole.cast(column.dtype) == column) & (whole.abs() <= EXACT_FLOATS)).fill_null(False)
    return whole.set(~same, None).cast(pl.String)


def is_missing(column: pl.Series) -> pl.Series:
    """Which values are not there."""
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        return column.is_null() | text.is_in(MISSING) | text.str.contains(DASHES).fill_null(False)
    return column.is_null()


def read_decimals(column: pl.Series, multiply: int = 1) -> Column:
    """Amounts as int64 in 1e-4, times a unit's factor."""
    if column.dtype.is_integer():
        return _read_integers(column, multiply, 10_000)
    values, rounded = _decimals(column.cast(pl.String), multiply)
    places = values.is_null().arg_true()
    if not len(places):
        return _whole_column(values, rounded)
    rest = column.gather(places)
    text = _without_groups(as_text(rest))
    second, more = _decimals(text, multiply)
    missing, not_finite = is_missing(rest), _not_finite(rest, text)
    large = second.is_null() & text.cast(pl.Decimal(38, 4), strict=False).is_not_null()
    unreadable = second.is_null() & ~missing & ~not_finite & ~large
    missing, unreadable, not_finite, large = (
        _never(column).scatter(places, part) for part in (missing, unreadable, not_finite, large)
    )
    return Column(values.scatter(places, second), missing, unreadable, not_finite, large, rounded + more)


def _without_groups(text: pl.Series) -> pl.Series:
    """Numbers without the commas between their thousands; a comma elsewhere makes a text unreadable."""
    commas = text.str.contains(",", literal=True).fill_null(False)
    if not bool(commas.any()):
        return text
    wrong = commas & ~text.str.contains(GROUPS).fill_null(False) & ~is_missing(text)
    return text.str.replace_all(",", "", literal=True).set(wrong, "?")


def with_points(
    columns: dict[str, pl.Series], *, decimal_commas: bool, whole: Sequence[str] = ()
) -> dict[str, pl.Series]:
    """Columns of numbers as texts, with points before their decimals: where a comma stands that cannot part thousands
    (100,5), commas are decimal ones if the file can have them, no number has a decimal point and no `whole` one a
    comma; else all numbers with one comma and no point become `?,`, since 101,500 could be either. In a `whole` column
    no comma is a decimal one.

    >>> with_points({"close": pl.Series(["100,5", "1.234,25", "99"])}, decimal_commas=True)["close"].to_list()
    ['100.5', '1234.25', '99']
    """
    if not any(_has(column, ",") for column in columns.values()):
        return columns
    texts = {name: as_text(column) for name, column in columns.items() if column.dtype == pl.String}
    with_commas = {
        name: text for name, text in texts.items() if bool(text.str.contains(r"^[+-]?[0-9.,]+,[0-9]").any())
    }
    decimal = {name: text for name, text in with_commas.items() if name not in whole or decimal_commas}
    odd = (text.str.contains(POINTS) & ~text.str.contains(GROUPS) for text in decimal.values())
    if not any(bool(found.any()) for found in odd):
        return columns
    other = any(bool(text.str.contains(OTHER_MARKS).any()) for text in texts.values())
    if decimal_commas and not other and not any(name in with_commas for name in whole):
        turned = {
            name: text.str.replace_all(".", "", literal=True)
            .str.replace(",", ".", literal=True)
            .zip_with(text.str.contains(POINTS).fill_null(False), text)
            for name, text in with_commas.items()
        }
        return columns | turned
    return columns | {
        name: text.set(text.str.contains(r"^[+-]?[0-9]+,[0-9]+$").fill_null(False), UNCLEAR)
        for name, text in with_commas.items()
        if name not in whole
    }


def _has(column: pl.Series, mark: str) -> bool:
    return column.dtype == pl.String and bool(column.str.contains(mark, literal=True).any())


def read_units(column: pl.Series, multiply: int = 1) -> Column:
    """Whole numbers that count the column's own unit already, times a factor to it; floats only where whole."""
    whole = column.cast(pl.Int64, strict=False)
    broken = column.is_not_null() & (whole.is_null() | (whole.cast(column.dtype, strict=False) != column))
    large = (whole.abs() > LARGEST // multiply).fill_null(False) & ~broken
    values = whole.set(broken.fill_null(True) | large, None) * multiply
    return Column(values, column.is_null(), broken.fill_null(False), _never(column), large)


def read_whole(column: pl.Series, multiply: int = 1) -> Column:
    """Whole numbers as int64 times a unit's factor; a fraction that the factor does not make whole is unreadable."""
    if column.dtype.is_integer():
        return _read_integers(column, multiply, 1)
    scaled = read_decimals(column, multiply)
    broken = (scaled.values % 10_000 != 0).fill_null(False)
    values = (scaled.values // 10_000).set(broken, None)
    return scaled._replace(values=values, unreadable=scaled.unreadable | broken)


def _read_integers(column: pl.Series, multiply: int, scale: int) -> Column:
    """Integers times a unit's factor and the scale of their column; all that fit 1e-4 of their unit."""
    highest = LARGEST // (10_000 * multiply)
    wide = column.cast(pl.Int64, strict=False)
    if not len(wide) or wide.null_count() or not bool(wide.is_between(-highest, highest).all()):
        fits = wide.is_between(-highest, highest).fill_null(False)
        values = wide.set(~fits, None) * (scale * multiply)
        return Column(values, column.is_null(), _never(column), _never(column), ~fits & column.is_not_null())
    return _whole_column(wide if scale * multiply == 1 else wide * (scale * multiply))


def read_dates(column: pl.Series, zone: str = "") -> Column:
    """Dates of the usual forms, whole floats by their digits. Moments that know their zone are dates of it where all
    are its midnights, as where dates were stored; others are dates of the `zone` that is given.
    """
    if column.dtype == pl.Date:
        return column_of(column, column)
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone and zone and not bool((column == column.dt.truncate("1d")).all()):
            return column_of(column, column.dt.convert_time_zone(zone).dt.date())
        return column_of(column, column.dt.date())
    if column.dtype.is_float() or column.dtype.is_decimal():
        return read_dates(first_of(whole_texts(column), column.cast(pl.String)))
    found = _modern(column.cast(pl.String).str.to_date(DATE_FORMATS[0], strict=False))
    places = found.is_null().arg_true()
    if len(places):
        text = as_text(column.gather(places))
        rest = _modern(text.str.to_date(DATE_FORMATS[0], strict=False))
        if bool(text.str.contains(MIDNIGHT).any()):
            text = text.str.replace(MIDNIGHT, "")
            rest = first_of(rest, _modern(text.str.to_date(DATE_FORMATS[0], strict=False)))
        for form in DATE_FORMATS[1:]:
            rest = first_of(rest, _modern(text.str.to_date(form, strict=False)))
        found = found.scatter(places, _other_dates(text, rest))
    return column_of(column, found)


def _modern(dates: pl.Series) -> pl.Series:
    """The dates without those of early years, which are of another calendar: 115/11/19 is not of the year 115."""
    early = (dates < FIRST_DATE).fill_null(False)
    return dates.set(early, None) if bool(early.any()) else dates


def _other_dates(text: pl.Series, found: pl.Series) -> pl.Series:
    """Dates of the forms that need a closer look, where nothing was found yet."""
    for form in OTHER_DATES:
        if found.null_count() == 0 or not bool((found.is_null() & text.str.contains(form)).any()):
            continue
        year, month, day = (text.str.extract(form, part).cast(pl.Int32) for part in (1, 2, 3))
        year = year + (year < LAST_ROC_YEAR).cast(pl.Int32) * YEARS_BEFORE
        parts = [year.cast(pl.String).str.zfill(4), month.cast(pl.String), day.cast(pl.String)]
        written = pl.DataFrame([part.alias(str(n)) for n, part in enumerate(parts)]).select(
            pl.concat_str(pl.all(), separator="-")
        )
        found = first_of(found, written.to_series().str.to_date("%Y-%m-%d", strict=False))
    return found


def _decimals(text: pl.Series, multiply: int) -> tuple[pl.Series, int]:
    """Plain decimal texts as int64 in 1e-4 (null where they are not, or too large), and how many were rounded."""
    if multiply == 1 and not bool(text.str.contains(r"\.[0-9]{5}|[eE]").any()):
        near, rounded = text.cast(pl.Decimal(38, 4), strict=False), 0
    else:
        # Digits beyond the 18th cannot change a half-up decision at the fourth, and a cast would round them first.
        cut = text.str.replace(r"(\.[0-9]{18})[0-9]+", "$1")
        exact = cut.cast(pl.Decimal(38, 18), strict=False)
        if multiply != 1:
            exact = exact.set(~exact.is_between(-TOO_LARGE, TOO_LARGE).fill_null(True), None) * multiply
        near = exact.round(4, mode="half_away_from_zero")
        rounded = int((near != exact).sum())
        near = near.cast(pl.Decimal(38, 4), strict=False)
    return near.to_physical().cast(pl.Int64, strict=False), rounded


def _not_finite(column: pl.Series, text: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        return (~column.is_finite()).fill_null(False)
    return text.str.contains(r"(?i)^[+-]?(nan|inf|infinity)$").fill_null(False)


def _whole_column(values: pl.Series, rounded: int = 0) -> Column:
    never = _never(values)
    return Column(values, never, never, never, never, rounded)


def column_of(column: pl.Series, values: pl.Series) -> Column:
    """A column whose only faults are what could not be read."""
    holes = values.is_null()
    if not bool(holes.any()):
        return _whole_column(values)
    missing = is_missing(column)
    return Column(values, missing, holes & ~missing, _never(column), _never(column))


def first_of(one: pl.Series, other: pl.Series) -> pl.Series:
    """The values of one column, and of the other where it has none."""
    return one.zip_with(one.is_not_null(), other)


def _never(column: pl.Series) -> pl.Series:
    return pl.repeat(False, len(column), dtype=pl.Boolean, eager=True)
