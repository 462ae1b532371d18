"""Frames in memory as sources: those of Polars, pandas and Arrow, answers of the house, and lists of row objects.

What a frame holds beside its columns (the index of pandas) becomes columns where it says something: a level with a
name, and one of times. Types that no column can have here (decimals of 256 bits) are read as their texts.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import polars as pl

from tallystick.core.errors import TallystickError
from tallystick.core.errors import mark as _
from tallystick.core.operations import Table
from tallystick.history.loading.objects import Several, column_of_objects, frame_of_rows
from tallystick.history.loading.sources import FrameSource
from tallystick.history.loading.typed import TypedRows
from tallystick.history.loading.units import stated_units

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FRAME", "frame_of_arrow", "has_wide_decimals", "in_python", "open_frame"]

FRAME = "frame"
"""The name of a source that is a frame."""

IN_PYTHON = {
    "Say the date of its rows, e.g. `--date 2026-11-20`, or name the header in a mapping.": _(
        'Say the date of its rows, e.g. `date="2026-11-20"`, or rename the column that has it.'
    ),
    "Say the symbol of its rows, e.g. `--symbol 2330.XTAI`, or name the header in a mapping.": _(
        'Say the symbol of its rows, e.g. `symbol="2330.XTAI"`, or rename the column that has it.'
    ),
    "The file has all columns of {other}: add `--dataset {other}`.": _(
        'The frame has all columns of {other}: say `dataset="{other}"`.'
    ),
}
"""What to do about a frame, where the same is done otherwise about a file at the command line."""

DATES, TIMES = "date", "datetime"
"""The columns that an index of times without a name becomes: of days, or of other moments."""


def open_frame(name: str, given: Any) -> FrameSource:
    """Take a frame of Polars, pandas or Arrow, or a list of row objects; rows count from 1.

    TallystickError when it is none of these, or holds no column.
    """
    import pyarrow as pa

    units: dict[str, int] = {}
    if isinstance(given, Table):
        given = given.arrow
    try:
        if isinstance(given, pa.Table | pa.RecordBatch):
            units = stated_units(given.schema)
        frame, several = _frame_of(given)
        digest = _digest(frame, units)
    except (
        TypeError,
        ValueError,
        pa.ArrowException,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
    ) as error:
        raise TallystickError(
            "history.frame",
            "{name} is no frame of rows: {problem}.",
            "Give a Polars, pandas or Arrow table, or a list of objects.",
            name=name,
            problem=str(error).partition("\n")[0],
        ) from None
    if not frame.width:
        raise TallystickError(
            "history.file_empty",
            "{file} holds no rows.",
            "Give at least one row, with the names of its columns.",
            file=name,
        )
    return FrameSource(
        name, digest, frame, units=units, several=several, is_typed=isinstance(given, TypedRows)
    )


def _frame_of(given: Any) -> tuple[pl.DataFrame, Several]:
    """What was given as a frame of Polars, and which of its cells hold several values."""
    import pyarrow as pa

    several: dict[str, pl.Series] = {}
    if isinstance(given, pl.LazyFrame):
        given = given.collect()
    if isinstance(given, pa.Table | pa.RecordBatch):
        return frame_of_arrow(
            pa.Table.from_batches([given]) if isinstance(given, pa.RecordBatch) else given
        ), several
    if type(given).__module__.partition(".")[0] == "pandas" and hasattr(given, "columns"):
        return _of_pandas(given, several), several
    if isinstance(given, Sequence) and given and all(isinstance(row, Mapping) for row in given):
        return frame_of_rows(given)
    if isinstance(given, pl.DataFrame):
        objects = [column for column in given.get_columns() if column.dtype == pl.Object]
        texts = [column_of_objects(column.name, column.to_list(), several) for column in objects]
        return given.with_columns(texts), several
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return pl.DataFrame(given, infer_schema_length=None, strict=False), several
    return pl.DataFrame(given), several


def in_python(error: TallystickError) -> TallystickError:
    """A refusal with what to do as it is written in Python, where a frame is at hand."""
    return TallystickError(error.code, error.text, IN_PYTHON.get(error.remedy, error.remedy), **error.values)


def has_wide_decimals(schema: pa.Schema) -> bool:
    """Whether a column has decimals of 256 bits, which Polars does not read."""
    import pyarrow as pa

    return any(pa.types.is_decimal256(field.type) for field in schema)


def frame_of_arrow(table: pa.Table) -> pl.DataFrame:
    """A table of Arrow; decimals that are too wide for a column here as their texts."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_decimal256(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    return pl.DataFrame(table)


def _of_pandas(given: Any, several: dict[str, pl.Series]) -> pl.DataFrame:
    """A frame of pandas with its index where that says something; columns of mixed objects cell by cell."""
    frame = _with_periods_begun(_with_index(given))
    try:
        return pl.DataFrame(frame)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        names = [name for name, dtype in frame.dtypes.items() if dtype.kind == "O"]
        if not names or not frame.columns.is_unique:
            raise
    columns = [
        column_of_objects(str(name), frame[name].astype(object).where(frame[name].notna(), None).to_list(), several)
        if name in names
        else pl.DataFrame(frame[[name]]).to_series()
        for name in frame.columns
    ]  # fmt: skip
    return pl.DataFrame(columns)


def _with_index(given: Any) -> Any:
    """The frame with those levels of its index as columns that have a name, or are times; a plain count is none."""
    names: dict[int, Any] = {}
    for level, name in enumerate(given.index.names):
        title = _of_times(given.index.get_level_values(level)) if name is None else name
        if title and title not in given.columns and title not in names.values():
            names[level] = title
    return given.reset_index(level=list(names), names=list(names.values())) if names else given


def _of_times(level: Any) -> str:
    """The name of a level that has none and holds times; of another one nothing."""
    if _is_period(level.dtype):
        level = level.to_timestamp()
    if level.dtype.kind != "M":
        return ""
    return DATES if (level.dropna() == level.dropna().normalize()).all() else TIMES


def _with_periods_begun(frame: Any) -> Any:
    """The frame with the beginning of each period in its place."""
    names = [name for name, dtype in frame.dtypes.items() if _is_period(dtype)]
    return frame.assign(**{name: frame[name].dt.to_timestamp() for name in names}) if names else frame


def _is_period(dtype: Any) -> bool:
    return str(dtype).startswith("period")


class Hashed(io.BytesIO):
    """A file of which only the hash is kept: a frame as large as memory is not written out once more beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.sha256 = hashlib.sha256()

    def write(self, content: Any) -> int:
        """Take the bytes into the hash."""
        self.sha256.update(content)
        return len(content)


def _digest(frame: pl.DataFrame, units: Mapping[str, int]) -> bytes:
    """SHA-256 of a frame's columns, names, types and stated units included, whatever chunks they lie in."""

    def of_column(column: pl.Series) -> bytes:
        hashed = Hashed()
        column.to_frame().write_ipc(hashed)
        return hashed.sha256.digest()

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        columns = b"".join(pool.map(of_column, frame.rechunk().get_columns()))
    return hashlib.sha256(columns + (repr(sorted(units.items())).encode() if units else b"")).digest()
