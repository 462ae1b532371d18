"""One column of a delimited file: values to cells of text, and back. Whole columns at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.core.errors import TallystickError
from tallystick.wire.columns import encode_word
from tallystick.wire.layout import Field
from tallystick.wire.numbers import MONEY_DECIMALS, from_digits, to_digits

__all__ = ["cells_of", "column_of"]

Array = np.ndarray[Any, np.dtype[Any]]

INTEGER = r"^-?[0-9]{1,18}$"
MONEY = r"^(-?)([0-9]{1,14})(?:\.([0-9]{1,4}))?$"
CLOCK = r"^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?$"
DIGITS = {"roc": r"^([0-9]{7})$", "ymd": r"^([0-9]{8})$", "iso": r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$"}


def cells_of(field: Field, column: pa.Array, encoding: str) -> pl.Series:
    """The cells of a column: numbers with a decimal point and a minus sign, nulls empty."""
    if field.kind in ("text", "filler"):
        return _text_cells(field, column, encoding)
    if field.kind == "choice":
        words = pl.Series(list(field.values), dtype=pl.String)
        mapped = _series(column).replace_strict(
            pl.Series(list(field.values.values()), dtype=pl.Int64), words, default=None
        )
        if (mapped.is_null() & _series(column).is_not_null()).any():
            raise _not_encodable(field, "a choice without a word", encoding)
        return mapped.fill_null("")
    numbers = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
    digits = to_digits(field, np.asarray(numbers.fill_null(0)).astype(np.int64))
    known = pl.Series(np.asarray(column.is_valid()))
    return pl.select(
        pl.when(known).then(_written(field, pl.lit(pl.Series(digits)))).otherwise(pl.lit(""))
    ).to_series()


def column_of(field: Field, cells: pl.Series) -> tuple[pa.Array, Array]:
    """The values of cells (an empty one is null, but in a text), and which of them read."""
    if field.kind in ("text", "filler"):
        reads = cells == field.constant if field.constant else cells.is_not_null()
        return cells.to_arrow().cast(pa.string()), reads.to_numpy()
    blank = (cells == "").to_numpy()
    if field.kind == "choice":
        words = pl.Series(list(field.values), dtype=pl.String)
        numbers = pl.Series(list(field.values.values()), dtype=pl.Int64)
        mapped = cells.replace_strict(words, numbers, default=None, return_dtype=pl.Int64)
        return mapped.to_arrow(), mapped.is_not_null().to_numpy() | blank
    values, valid = _parsed(field, cells)
    array = pa.array(values, mask=~valid)
    if field.kind == "date":
        array = array.cast(pa.int32()).cast(pa.date32())
    return array, valid | blank


def _series(column: pa.Array) -> pl.Series:
    series = pl.from_arrow(column)
    assert isinstance(series, pl.Series)
    return series.cast(pl.Int64) if series.dtype.is_integer() else series


def _text_cells(field: Field, column: pa.Array, encoding: str) -> pl.Series:
    filled = column.fill_null("")
    for word in filled.unique().to_pylist():
        # A point behind the word: a delimited cell may end in a blank, a fixed field may not.
        if encode_word(word + ".", encoding) is None:
            raise _not_encodable(field, repr(word), encoding)
    return _series(filled)


def _not_encodable(field: Field, value: str, encoding: str) -> TallystickError:
    return TallystickError(
        "wire.not_encodable",
        "{value} cannot be written in the field {field} ({encoding}).",
        "Replace the character, or add the value to the layout.",
        value=value,
        field=field.name,
        encoding=encoding,
    )


def _written(field: Field, number: pl.Expr) -> pl.Expr:
    """Digits as people write them: a decimal point, a minus sign, colons and dashes."""
    size = number.abs()
    if field.kind == "money" and field.decimals:
        scale = 10**field.decimals
        sign = pl.when(number < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        fraction = (size % scale).cast(pl.String).str.zfill(field.decimals)
        return pl.concat_str([sign, (size // scale).cast(pl.String), pl.lit("."), fraction])
    if field.kind == "time":
        text = number.cast(pl.String).str.zfill(6 + field.decimals)
        clock = pl.concat_str(
            [text.str.slice(0, 2), text.str.slice(2, 2), text.str.slice(4, 2)], separator=":"
        )
        return pl.concat_str([clock, pl.lit("."), text.str.slice(6)]) if field.decimals else clock
    if field.kind == "date":
        text = number.cast(pl.String).str.zfill(7 if field.form == "roc" else 8)
        parts = [text.str.slice(0, 4), text.str.slice(4, 2), text.str.slice(6, 2)]
        return pl.concat_str(parts, separator="-") if field.form == "iso" else text
    return number.cast(pl.String)


def _parsed(field: Field, cells: pl.Series) -> tuple[Array, Array]:
    """The int64 values of cells, and which of them read."""
    if field.kind == "integer":
        return _numbers(cells.str.extract("^(-?[0-9]{1,18})$"))[0], cells.str.contains(INTEGER).to_numpy()
    pattern = {"money": MONEY, "time": CLOCK}.get(field.kind) or DIGITS[field.form]
    valid = cells.str.contains(pattern).to_numpy()
    groups = [
        cells.str.extract(pattern, place) for place in range(1, pattern.count("(") - pattern.count("(?:") + 1)
    ]
    if field.kind == "money":
        whole, _ = _numbers(groups[1])
        fraction, _ = _numbers(groups[2].str.pad_end(MONEY_DECIMALS, "0"))
        return np.where((groups[0] == "-").fill_null(False).to_numpy(), -1, 1) * (
            whole * 10**MONEY_DECIMALS + fraction
        ), valid
    if field.kind == "time":
        (hours, _), (minutes, _), (seconds, _) = map(_numbers, groups[:3])
        fraction, _ = _numbers(groups[3].str.pad_end(9, "0"))
        valid &= (hours < 24) & (minutes < 60) & (seconds < 60)
        return ((hours * 60 + minutes) * 60 + seconds) * 10**9 + fraction, valid
    digits = _numbers(groups[0])[0]
    if field.form == "iso":
        digits = digits * 10_000 + _numbers(groups[1])[0] * 100 + _numbers(groups[2])[0]
    values, plausible = from_digits(field, digits)
    return values, valid & plausible


def _numbers(texts: pl.Series) -> tuple[Array, Array]:
    numbers = texts.cast(pl.Int64, strict=False)
    return numbers.fill_null(0).to_numpy(), numbers.is_not_null().to_numpy()
