"""Texts as numbers: one code for each distinct text, without a look at every row where rows are in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["encode", "encode_both", "flat"]

Array = np.ndarray[Any, np.dtype[Any]]

CODES_LIMIT = 1 << 24
"""Whole numbers up to this one are used as codes as they are."""


def encode(column: pa.ChunkedArray) -> tuple[Array, list[str]]:
    """Int32 codes of a column of texts, and the text of each code.

    >>> codes, texts = encode(pa.chunked_array([["B", "B", "A"]]))
    >>> codes.tolist(), texts
    ([0, 0, 1], ['B', 'A'])
    """
    values, lengths = _runs(column)
    encoded = _joined(values).dictionary_encode()
    codes = encoded.indices.cast(pa.int32()).to_numpy(zero_copy_only=False)
    return _stretched(codes, lengths), encoded.dictionary.to_pylist()


def encode_both(left: pa.ChunkedArray, right: pa.ChunkedArray) -> tuple[Array, Array, int]:
    """Int32 codes that two columns share, and how many there are.

    What names nothing (null, a whole number below 0) has a code of its own on each side, so that it equals nothing on
    the other.
    """
    if pa.types.is_integer(left.type) and pa.types.is_integer(right.type):
        highest = max(pc.max(column).as_py() or 0 for column in (left, right))
        if highest < CODES_LIMIT:
            count = max(highest, 0) + 1
            return _own_codes(left, count), _own_codes(right, count + 1), count + 2
    left_values, left_lengths = _runs(left)
    right_values, right_lengths = _runs(right)
    encoded = _joined(pa.chunked_array([*left_values.chunks, *right_values.chunks], left_values.type))
    encoded = encoded.dictionary_encode()
    count = len(encoded.dictionary)
    codes = encoded.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    left_codes, right_codes = codes[: len(left_values)], codes[len(left_values) :]
    return (
        _stretched(_named(left_codes, count), left_lengths),
        _stretched(_named(right_codes, count + 1), right_lengths),
        count + 2,
    )


def flat(column: pa.ChunkedArray) -> Array:
    """A column without nulls as one array, without a copy when it is one chunk."""
    if column.num_chunks == 1:
        return np.asarray(column.chunk(0).to_numpy(zero_copy_only=False))
    return np.asarray(column.to_numpy())


def _own_codes(column: pa.ChunkedArray, nothing: int) -> Array:
    """The whole numbers of a column as codes."""
    codes = flat(column.cast(pa.int64()).fill_null(-1) if column.null_count else column)
    return _named(codes, nothing).astype(np.int32, copy=False)


def _named(codes: Array, nothing: int) -> Array:
    """The codes with those below 0 replaced."""
    return np.where(codes < 0, codes.dtype.type(nothing), codes) if codes.size and codes.min() < 0 else codes


def _runs(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Array | None]:
    """The values of a column's runs of equal ones, as large text, and how long each run is (None: one each)."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not pa.types.is_large_string(column.type):
        column = column.cast(pa.large_string())
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    if not chunks:
        return column, None
    encoded = [pc.run_end_encode(chunk, run_end_type=pa.int64()) for chunk in chunks]
    lengths = [np.diff(runs.run_ends.to_numpy(), prepend=0) for runs in encoded]
    return pa.chunked_array([runs.values for runs in encoded]), np.concatenate(lengths)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array; texts of runs are few."""
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _stretched(codes: Array, lengths: Array | None) -> Array:
    return codes if lengths is None else np.repeat(codes, lengths)
