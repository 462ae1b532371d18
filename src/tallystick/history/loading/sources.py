"""What can be loaded: CSV (also gzipped), Parquet, Arrow files, frames of Polars, pandas and Arrow, lists of rows.

Each becomes a frame of the columns as they came, with each row's number, rows that broke before they had columns, and
the SHA-256 of the content.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tallystick.core.errors import TallystickError
from tallystick.history.loading.csv_lines import BrokenLine, cut

__all__ = ["Source", "open_file", "open_frame"]

TABLE_SUFFIXES = {".parquet", ".arrow", ".feather", ".ipc"}
TEXT_LIMIT = 500


class Source(NamedTuple):
    """A file or frame as it came: name, hash of its content, header, columns, row numbers, broken rows, and the text of
    a row by its place in the frame or its number (for quarantine).
    """

    name: str
    sha256: bytes
    header: list[str]
    frame: pl.DataFrame
    rows: np.ndarray[Any, np.dtype[np.int64]]
    broken: list[BrokenLine]
    text: Callable[[int], str]


def hash_file(path: Path) -> bytes:
    """SHA-256 of a file's bytes. TallystickError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from None


def open_file(path: Path, sha256: bytes) -> Source:
    """Read a file by its ending: `.parquet`, `.arrow`, `.feather`, otherwise delimited text; `.gz` unpacks."""
    if path.suffix in TABLE_SUFFIXES:
        try:
            frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ipc(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(path, str(error).partition("\n")[0]) from None
        return _of_frame(path.name, sha256, frame)
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, str(error)) from None
    found = cut(path.name, data)
    frame = pl.read_csv(
        io.BytesIO(found.body),
        has_header=False,
        new_columns=[f"column_{place}" for place in range(len(found.header))],
        separator=found.separator,
        infer_schema=False,
        raise_if_empty=False,
    )
    if frame.width == 0:
        frame = pl.DataFrame(schema={f"column_{place}": pl.String for place in range(len(found.header))})
    assert frame.height == len(found.rows), f"{path.name}: {len(found.rows)} lines gave {frame.height} rows"
    return Source(path.name, sha256, found.header, frame, found.rows, found.broken, found.line)


def open_frame(name: str, given: Any) -> Source:
    """Take a frame of Polars, pandas or Arrow, or a list of row objects; rows count from 1.

    TallystickError when it is none of these.
    """
    import pyarrow as pa

    try:
        if isinstance(given, pl.DataFrame):
            frame = given
        elif isinstance(given, pl.LazyFrame):
            frame = given.collect()
        elif isinstance(given, pa.Table | pa.RecordBatch):
            frame = pl.DataFrame(given)
        elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
            frame = pl.DataFrame(given, infer_schema_length=None, strict=False)
        else:
            frame = pl.DataFrame(given)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise TallystickError(
            "history.frame",
            "{name} is no frame of rows: {problem}.",
            "Give a Polars, pandas or Arrow table, or a list of objects.",
            name=name,
            problem=str(error).partition("\n")[0],
        ) from None
    try:
        content = frame.write_csv()
    except pl.exceptions.PolarsError as error:
        raise TallystickError(
            "history.frame",
            "{name} is no frame of rows: {problem}.",
            "Give a Polars, pandas or Arrow table, or a list of objects.",
            name=name,
            problem=str(error).partition("\n")[0],
        ) from None
    return _of_frame(name, hashlib.sha256(content.encode()).digest(), frame)


def _of_frame(name: str, sha256: bytes, frame: pl.DataFrame) -> Source:
    renamed = frame.rename({column: f"column_{place}" for place, column in enumerate(frame.columns)})

    def text(row: int) -> str:
        return str(frame.row(row - 1, named=True))[:TEXT_LIMIT]

    numbers = np.arange(1, frame.height + 1, dtype=np.int64)
    return Source(name, sha256, frame.columns, renamed, numbers, [], text)


def _unreadable(path: Path, problem: str) -> TallystickError:
    return TallystickError(
        "history.file",
        "{file} cannot be read: {problem}.",
        "Check the path and the file.",
        file=str(path),
        problem=problem,
    )
