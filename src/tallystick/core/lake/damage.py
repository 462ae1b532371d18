"""Data files that are missing or do not read, told with their table, partition and path, and what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tallystick.core.errors import TallystickError, mark

if TYPE_CHECKING:
    from pathlib import Path

    from tallystick.core.lake.lake import Lake, State
    from tallystick.core.lake.plan import PlannedFile

__all__ = ["told_damage"]

_ = mark

READING_FAULTS = (
    "Error",
    "IOException",
    "InvalidInputException",
    "SerializationException",
    "InternalException",
)
"""DuckDB's errors that a file can cause; the others are about the question."""

ARCHIVE_REMEDY = _(
    "`tally history verify-archive` names all that is wrong; `tally history restore FOLDER` brings it back from a copy."
)
WARM_REMEDY = _(
    "Bring the file back from a backup of the firm, or load its rows anew. "
    "`tally history verify-sealed` compares sealed days with the journal."
)


@contextlib.contextmanager
def told_damage(lake: Lake, names: Iterable[str]) -> Iterator[None]:
    """Tell a failure to read tables as TallystickError `lake.file_missing` or `lake.file_damaged`.

    Only if a file is to blame. Files are looked at only after a failure: that they are there, as long as planned, and
    can be read to their end.
    """
    try:
        yield
    except Exception as error:
        if not _is_reading_fault(error):
            raise
        for name in names:
            if found := _first_damaged(lake, lake.state(name)):
                raise found from error
        raise


def _is_reading_fault(error: Exception) -> bool:
    """Whether reading a file may have failed; a person's refused query is judged by what it came from."""
    if isinstance(error, TallystickError):
        cause = error.__cause__
        return error.code == "lake.query" and isinstance(cause, Exception) and _is_reading_fault(cause)
    library = type(error).__module__.partition(".")[0]
    if library in ("duckdb", "_duckdb"):
        return type(error).__name__ in READING_FAULTS
    return isinstance(error, OSError) or library in ("polars", "pyarrow")


def _first_damaged(lake: Lake, state: State) -> TallystickError | None:
    folder = lake.storage.fetch(state.layout.name, state.plan.files)
    for file in state.plan.files:
        problem = _problem_of(folder / file.path, file)
        if problem:
            return _fault(state, file, problem)
    return None


def _problem_of(path: Path, file: PlannedFile) -> str:
    """What is wrong with a file: `missing`, `damaged`, or nothing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.stat().st_size != file.size:
            return "damaged"
        with pq.ParquetFile(path) as opened:
            for group in range(opened.num_row_groups):
                opened.read_row_group(group)
    except FileNotFoundError:
        return "missing"
    except (OSError, pa.ArrowException):
        return "damaged"
    return ""


def _fault(state: State, file: PlannedFile, problem: str) -> TallystickError:
    from tallystick.core.lake.sealing import is_archived

    layout = state.layout
    places = {
        "table": layout.name,
        "partition": "-" if file.partition is None else layout.partition_name(file.partition),
        "file": file.path,
    }
    remedy = ARCHIVE_REMEDY if is_archived(file) else WARM_REMEDY
    if problem == "missing":
        return TallystickError(
            "lake.file_missing",
            "A file of {table} is missing, of partition {partition}: {file}.",
            remedy,
            **places,
        )
    return TallystickError(
        "lake.file_damaged",
        "A file of {table} is damaged, of partition {partition}: {file}.",
        remedy,
        **places,
    )
