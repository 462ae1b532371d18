"""The SQL that gives a table's rows as known at a time, from the files and hot tables that a plan names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tallystick.core.lake.conditions import Conditions, quoted
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.plan import WITHDRAWN, PlannedFile

__all__ = ["NEVER", "STANDS", "HotPart", "Relation", "parquet", "relation", "version_rows"]

NEVER = 2**63 - 1
"""The `_superseded` time of a row that no later version has replaced."""

STANDS = f"{WITHDRAWN} IS NOT TRUE"
"""The condition that a version does not take its fact back."""

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
    """A query text with `?` places, their values, and the columns that it gives."""

    sql: str
    parameters: list[Any]
    columns: tuple[str, ...]


def relation(
    layout: Layout,
    folder: Path,
    clean: Sequence[PlannedFile],
    mixed: Sequence[PlannedFile],
    hot: HotPart | None,
    conditions: Conditions,
    known_at: int | None,
    columns: tuple[str, ...] | None = None,
) -> Relation:
    """The rows of a table in stored types, the named columns (all unless named), one version of each key.

    Among versions with the same known time the one that was committed last holds; one that is withdrawn hides the fact.
    """
    columns = columns or layout.names
    names = ", ".join(map(quoted, columns))
    condition = conditions.sql()
    parts: list[str] = []
    parameters: list[Any] = []
    if clean:
        late = [] if known_at is None else [f for f in clean if _latest(f) > known_at]
        known = f"known_time <= {known_at}" if late else ""
        stands = STANDS if any(file.withdraws for file in clean) else ""
        parts.append(
            f"SELECT {names} FROM {parquet(layout, folder, clean)}{_where(condition, known, stands)}"
        )
        parameters += conditions.parameters()
    if mixed:
        known = "" if known_at is None else f"known_time <= {known_at}"
        key = ", ".join(quoted(name) for name in layout.key)
        stands = f" AND {STANDS}" if any(file.withdraws for file in mixed) else ""
        parts.append(
            f"SELECT {names} FROM {parquet(layout, folder, mixed)}{_where(condition, known)} QUALIFY row_number() "
            f"OVER (PARTITION BY {key} ORDER BY known_time DESC, file_index DESC, file_row_number DESC) = 1{stands}"
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
        empty = (
            f"CAST(NULL AS {DUCKDB_TYPES.get(layout.kinds[name], 'BIGINT')}) AS {quoted(name)}"
            for name in columns
        )
        parts.append(f"SELECT {', '.join(empty)} WHERE false")
    return Relation(" UNION ALL ".join(parts), parameters, columns)


def version_rows(layout: Layout, source: str, order: str) -> str:
    """Every version of every fact in a source, with the time at which the next one replaced it (`_superseded`).

    A version that takes its fact back ends the one before and is left out itself.

    `order` are the source's columns that say which of two versions with the same known time is the later.
    """
    names = ", ".join(quoted(name) for name in layout.names)
    key = ", ".join(quoted(name) for name in layout.key)
    following = f"lead(known_time) OVER (PARTITION BY {key} ORDER BY known_time, {order})"
    every = f"SELECT {names}, coalesce({following}, {NEVER}) AS _superseded FROM {source}"
    return f"SELECT * FROM ({every}) WHERE {STANDS}" if layout.kinds.get(WITHDRAWN) == "bool" else every


def parquet(layout: Layout, folder: Path, files: Sequence[HasPath]) -> str:
    """Every row of some files, superseded versions included, as a source for FROM."""
    paths = ", ".join("'" + str(folder / file.path).replace("'", "''") + "'" for file in files)
    if not layout.grown:
        return f"read_parquet([{paths}], hive_partitioning = false)"
    # Files from before a column was added lack it; where all do, its name and type come from the declaration.
    added = ", ".join(
        f"CAST(NULL AS {DUCKDB_TYPES.get(column.kind, 'BIGINT')}) AS {quoted(column.name)}"
        for column in layout.columns
        if column.optional
    )
    # The order of versions is asked by columns that only the files have, so they are named to come out of the union.
    source = f"read_parquet([{paths}], hive_partitioning = false, union_by_name = true)"
    every = f"SELECT *, file_index, file_row_number FROM {source}"
    return f"({every} UNION ALL BY NAME SELECT {added} WHERE false)"


def _latest(file: PlannedFile) -> int:
    return int(file.upper.get("known_time", NEVER))


def _where(*conditions: str) -> str:
    given = " AND ".join(condition for condition in conditions if condition)
    return f" WHERE {given}" if given else ""
