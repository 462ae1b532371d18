"""The SQL that gives a table's rows as known at a time, from the files and hot tables that a plan names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tallystick.core.lake.conditions import Conditions, quoted
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.plan import PlannedFile

__all__ = ["NEVER", "HotPart", "Relation", "parquet", "relation", "version_rows"]

NEVER = 2**63 - 1
"""The `_superseded` time of a row that no later version has replaced."""

DUCKDB_TYPES = {
    "text": "VARCHAR", "text_fixed": "VARCHAR", "bytes_fixed": "BLOB", "date": "DATE", "bool": "BOOLEAN",
    "float64": "DOUBLE", "int32": "INTEGER", "int16": "INTEGER", "int8": "INTEGER",
}  # fmt: skip


class HasPath(Protocol):
    """A data file, planned or just written."""

    @property
    def path(self) -> str:
        """Its path below the table's folder."""


class HotPart(NamedTuple):
    """The hot table that gives some partitions: its SQL name, those to leave out, ready conditions on codes, and
    whether some of its rows are superseded by others.
    """

    table: str
    left_out: Sequence[int]
    instead: Mapping[str, str]
    superseded: bool


class Relation(NamedTuple):
    """A query text with `?` places and their values."""

    sql: str
    parameters: list[Any]


def relation(
    layout: Layout,
    folder: Path,
    clean: Sequence[PlannedFile],
    mixed: Sequence[PlannedFile],
    hot: HotPart | None,
    conditions: Conditions,
    known_at: int | None,
) -> Relation:
    """The rows of a table in stored types, every declared column, one version of each key.

    Among versions with the same known time the one that was committed last holds.
    """
    names = ", ".join(quoted(name) for name in layout.names)
    condition = conditions.sql()
    parts: list[str] = []
    parameters: list[Any] = []
    if clean:
        late = [] if known_at is None else [f for f in clean if _latest(f) > known_at]
        known = f"known_time <= {known_at}" if late else ""
        parts.append(f"SELECT {names} FROM {parquet(layout, folder, clean)}{_where(condition, known)}")
        parameters += conditions.parameters()
    if mixed:
        known = "" if known_at is None else f"known_time <= {known_at}"
        key = ", ".join(quoted(name) for name in layout.key)
        parts.append(
            f"SELECT {names} FROM {parquet(layout, folder, mixed)}{_where(condition, known)} QUALIFY row_number() "
            f"OVER (PARTITION BY {key} ORDER BY known_time DESC, file_index DESC, file_row_number DESC) = 1"
        )
        parameters += conditions.parameters()
    if hot:
        known = f"_superseded = {NEVER}" if hot.superseded else ""
        if known_at is not None:
            known = f"known_time <= {known_at} AND _superseded > {known_at}"
        left = f"_partition NOT IN ({', '.join(map(str, hot.left_out))})" if hot.left_out else ""
        parts.append(f"SELECT {names} FROM {hot.table}{_where(conditions.sql(hot.instead), known, left)}")
        parameters += conditions.parameters(hot.instead)
    if not parts:
        columns = (
            f"CAST(NULL AS {DUCKDB_TYPES.get(c.kind, 'BIGINT')}) AS {quoted(c.name)}" for c in layout.columns
        )
        parts.append(f"SELECT {', '.join(columns)} WHERE false")
    return Relation(" UNION ALL ".join(parts), parameters)


def version_rows(layout: Layout, source: str, order: str) -> str:
    """Every version of every fact in a source, with the time at which the next one replaced it (`_superseded`).

    `order` are the source's columns that say which of two versions with the same known time is the later.
    """
    names = ", ".join(quoted(name) for name in layout.names)
    key = ", ".join(quoted(name) for name in layout.key)
    following = f"lead(known_time) OVER (PARTITION BY {key} ORDER BY known_time, {order})"
    return f"SELECT {names}, coalesce({following}, {NEVER}) AS _superseded FROM {source}"


def parquet(layout: Layout, folder: Path, files: Sequence[HasPath]) -> str:
    """Every row of some files, superseded versions included, as a source for FROM."""
    paths = ", ".join("'" + str(folder / file.path).replace("'", "''") + "'" for file in files)
    by_name = ", union_by_name = true" if layout.grown else ""
    return f"read_parquet([{paths}], hive_partitioning = false{by_name})"


def _latest(file: PlannedFile) -> int:
    return int(file.upper.get("known_time", NEVER))


def _where(*conditions: str) -> str:
    given = " AND ".join(condition for condition in conditions if condition)
    return f" WHERE {given}" if given else ""
