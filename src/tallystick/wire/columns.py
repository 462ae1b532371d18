"""One column of a fixed-width file: values to bytes of a field's width, and back. Whole columns at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.core.errors import TallystickError
from tallystick.wire.layout import Field
from tallystick.wire.numbers import arrow_type, from_digits, to_digits

__all__ = ["decode_column", "encode_column", "encode_word"]

Array = np.ndarray[Any, np.dtype[Any]]

BLANK, ZERO, NINE, PLUS, MINUS = b" 09+-"
MOST_DIGITS = 18


def encode_column(field: Field, column: pa.Array, encoding: str) -> Array:
    """The column as bytes [rows, width]: numbers zero-padded left, text blank-padded right, nulls blank.

    TallystickError when a value does not fit the width, or a character the encoding.
    """
    if field.kind in ("text", "filler", "choice"):
        return _encode_words(field, column, encoding)
    numbers = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
    known = np.asarray(column.is_valid())
    values = np.asarray(numbers.fill_null(0)).astype(np.int64)
    digits = to_digits(field, values)
    places = field.width - field.signed
    _require_fit(field, digits, places)
    encoded = np.empty((len(values), field.width), np.uint8)
    if field.signed:
        encoded[:, 0] = np.where(digits < 0, MINUS, PLUS)
    rest = np.abs(digits)
    for place in range(field.width - 1, field.signed - 1, -1):
        encoded[:, place] = rest % 10 + ZERO
        rest = rest // 10
    encoded[~known] = BLANK
    return encoded


def decode_column(field: Field, encoded: Array, encoding: str) -> tuple[pa.Array, Array]:
    """Values of bytes [rows, width], null where the field is blank, and which rows read; unread ones are null too."""
    if field.kind in ("text", "filler", "choice"):
        return _decode_words(field, encoded, encoding)
    blank = (encoded == BLANK).all(axis=1)
    digits_part = encoded[:, 1:] if field.signed else encoded
    valid = ((digits_part >= ZERO) & (digits_part <= NINE)).all(axis=1)
    sign: Any = 1
    if field.signed:
        sign = np.where(encoded[:, 0] == MINUS, -1, 1)
        valid &= (encoded[:, 0] == PLUS) | (encoded[:, 0] == MINUS)
    digits = np.zeros(len(encoded), np.int64)
    for place in range(digits_part.shape[1]):
        digits = digits * 10 + np.where(valid, digits_part[:, place].astype(np.int64) - ZERO, 0)
    values, plausible = from_digits(field, digits * sign)
    valid &= plausible
    array = pa.array(values, mask=~valid)
    if field.kind == "date":
        array = array.cast(pa.int32()).cast(pa.date32())
    return array, valid | blank


def _require_fit(field: Field, digits: Array, places: int) -> None:
    assert places <= MOST_DIGITS, f"{field.name}: {places} digits do not fit an int64"
    wrong = (np.abs(digits) >= 10**places) | ((digits < 0) & (not field.signed))
    if wrong.any():
        raise TallystickError(
            "wire.too_wide",
            "{value} does not fit the field {field} of {width} bytes.",
            "Use the layout version whose field is wider.",
            value=int(digits[np.argmax(wrong)]),
            field=field.name,
            width=field.width,
        )


def _encode_words(field: Field, column: pa.Array, encoding: str) -> Array:
    words = {number: word for word, number in field.values.items()}
    coded = column.fill_null("" if field.kind != "choice" else 0).dictionary_encode()
    distinct = [_encoded_word(field, words, value, encoding) for value in coded.dictionary.to_pylist()]
    table = np.frombuffer(b"".join(distinct), np.uint8).reshape(len(distinct), field.width)
    words_of_rows: Array = table[np.asarray(coded.indices)]
    return words_of_rows


def _encoded_word(field: Field, words: dict[int, str], value: Any, encoding: str) -> bytes:
    """One distinct text or choice as padded bytes; what would read back as something else is refused."""
    text = words.get(value, "" if value == 0 else None) if field.kind == "choice" else value
    encoded = encode_word(text, encoding)
    if encoded is None:
        raise TallystickError(
            "wire.not_encodable",
            "{value} cannot be written in the field {field} ({encoding}).",
            "Replace the character, or add the value to the layout.",
            value=repr(value),
            field=field.name,
            encoding=encoding,
        )
    if len(encoded) > field.width:
        raise TallystickError(
            "wire.too_wide",
            "{value} does not fit the field {field} of {width} bytes.",
            "Use the layout version whose field is wider.",
            value=repr(value),
            field=field.name,
            width=field.width,
        )
    return encoded.ljust(field.width)


def encode_word(text: str | None, encoding: str) -> bytes | None:
    """The bytes of a word, None when it has no word, ends in a blank, breaks a line, or leaves the encoding."""
    if text is None or text != text.rstrip(" ") or "\r" in text or "\n" in text:
        return None
    try:
        encoded = text.encode(encoding)
        return encoded if encoded.decode(encoding) == text else None
    except UnicodeError:
        return None


def _decode_words(field: Field, encoded: Array, encoding: str) -> tuple[pa.Array, Array]:
    buffer = pa.py_buffer(np.ascontiguousarray(encoded))
    raw = pa.Array.from_buffers(pa.binary(field.width), len(encoded), [None, buffer])
    coded = raw.cast(pa.binary()).dictionary_encode()
    decoded = [_decoded_word(field, word, encoding) for word in coded.dictionary.to_pylist()]
    values = pa.array([value for value, _ in decoded], arrow_type(field))
    valid = np.array([reads for _, reads in decoded], dtype=bool)
    indices = np.asarray(coded.indices)
    return values.take(pa.array(indices)), valid[indices]


def _decoded_word(field: Field, encoded: bytes, encoding: str) -> tuple[Any, bool]:
    """The text or choice of padded bytes (None for a blank choice), and whether it reads."""
    try:
        text = encoded.decode(encoding).rstrip(" ")
    except UnicodeDecodeError:
        return None, False
    if field.constant and text != field.constant:
        return None, False
    if field.kind != "choice":
        return text, True
    return field.values.get(text), not text or text in field.values
