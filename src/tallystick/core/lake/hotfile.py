"""Making the DuckDB file of a hot generation: from the one before where there is one, or whole."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from tallystick.core.disk import sync_file, sync_folder
from tallystick.core.lake.conditions import quoted
from tallystick.core.lake.hot import BY_TIME, Contents, Generation, HotTable
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.plan import PlannedFile
from tallystick.core.lake.relation import NEVER, STANDS, parquet, version_rows

__all__ = ["HotSource", "build"]

CODES_LIMIT = 100_000
"""A column with more distinct texts than this gets no codes."""

BY_TIME_LIMIT = 20_000_000
"""A table with more hot rows than this gets no second copy: minute bars do, every quote of some weeks does not."""

NOTHING = HotTable({}, [], [], "", [])


class HotSource(NamedTuple):
    """What a generation is to have of one table: clean files and others, and rows that are not sealed yet."""

    layout: Layout
    folder: Path
    clean: Sequence[PlannedFile]
    mixed: Sequence[PlannedFile]
    opened: Mapping[int, pa.Table]

    def files(self) -> dict[int, list[str]]:
        """The paths of the files of each partition, in order of names."""
        found: dict[int, list[str]] = {}
        for file in [*self.clean, *self.mixed]:
            assert file.partition is not None, f"{self.layout.name} has no partitions"
            found.setdefault(file.partition, []).append(file.path)
        return {number: sorted(paths) for number, paths in found.items()}

    def without(self, numbers: Collection[int]) -> HotSource:
        """What remains when some partitions are there already."""
        clean, mixed = (
            [file for file in files if file.partition not in numbers] for files in (self.clean, self.mixed)
        )
        return self._replace(clean=clean, mixed=mixed)


def build(
    folder: Path, number: int, sources: Sequence[HotSource], before: Generation | None = None
) -> tuple[str, bytes]:
    """Make a generation aside and rename it into place; gives its file name and contents, to be published.

    What `before` has as it is wanted is taken over. Where its file cannot be read, everything is made anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"building-{uuid.uuid4().hex}.duckdb"
    try:
        tables = _build_on(before, aside, sources)
        sync_file(aside)
    except BaseException:  # a full disk above all: its room is given back
        _remove(aside)
        raise
    name = f"{number:08d}.duckdb"
    os.replace(aside, folder / name)
    sync_folder(folder)
    return name, msgspec.msgpack.encode(Contents(tables))


def _build_on(before: Generation | None, aside: Path, sources: Sequence[HotSource]) -> dict[str, HotTable]:
    if before is not None:
        try:
            shutil.copyfile(before.path, aside)
            return _written(aside, sources, before.contents.tables)
        except (
            FileNotFoundError,
            duckdb.IOException,
            duckdb.CatalogException,
            duckdb.SerializationException,
        ):
            _remove(aside)  # the file before is gone, damaged, or another release's
    return _written(aside, sources, {})


def _remove(aside: Path) -> None:
    for left in aside.parent.glob(f"{aside.name}*"):
        left.unlink(missing_ok=True)


def _written(
    aside: Path, sources: Sequence[HotSource], before: Mapping[str, HotTable]
) -> dict[str, HotTable]:
    """The tables that a file is to have, brought up to date in it."""
    tables = {}
    with duckdb.connect(str(aside)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        wanted = {source.layout.name for source in sources}
        for name, table in before.items():
            if name not in wanted:
                _drop(connection, name, table)
        for source in sources:
            tables[source.layout.name] = _fill(connection, source, before.get(source.layout.name, NOTHING))
        connection.execute("CHECKPOINT")
    return tables


def _fill(connection: duckdb.DuckDBPyConnection, source: HotSource, before: HotTable) -> HotTable:
    """Bring one table up to date; anew when nothing of it can stay."""
    layout, wanted = source.layout, source.files()
    kept = {number for number, files in before.files.items() if wanted.get(number) == files}
    if not kept or before.columns != list(layout.names):
        _drop(connection, layout.name, before)
        before, kept = NOTHING, set()
    going = sorted({*before.files, *before.opened} - kept)
    missing = source.without(kept)
    for table in _names(layout.name, before) if going else ():
        connection.execute(f"DELETE FROM {table} WHERE _partition IN ({', '.join(map(str, going))})")
    rows = _rows(connection, missing)
    coded, by_time = before.coded, before.by_time
    if rows:
        coded = _codes(connection, layout, rows, before if kept else None)
        by_time = _put(connection, layout, rows, coded, before if kept else None)
    superseded = {file.partition for file in missing.mixed if file.partition is not None}
    superseded |= {*source.opened, *(kept & set(before.superseded))}
    columns = list(layout.names) if rows or kept else []
    return HotTable(wanted, sorted(source.opened), columns, coded, sorted(superseded), by_time)


def _names(name: str, table: HotTable) -> list[str]:
    """The SQL names of the tables in the file that have a table's rows."""
    if not table.columns:
        return []
    return [quoted(name), *([quoted(name + BY_TIME)] if table.by_time else [])]


def _drop(connection: duckdb.DuckDBPyConnection, name: str, table: HotTable) -> None:
    for one in [*_names(name, table), quoted(name + "#codes")]:
        connection.execute(f"DROP TABLE IF EXISTS {one}")


def _rows(connection: duckdb.DuckDBPyConnection, source: HotSource) -> str:
    """The rows of a source as a query, empty if it has none."""
    layout, parts = source.layout, []
    if source.mixed:
        files = parquet(layout, source.folder, source.mixed)
        parts.append(version_rows(layout, files, "file_index, file_row_number"))
    if source.clean:
        names = ", ".join(map(quoted, layout.names))
        every = parquet(layout, source.folder, source.clean)
        stands = f" WHERE {STANDS}" if any(file.withdraws for file in source.clean) else ""
        parts.append(f"SELECT {names}, {NEVER}::BIGINT AS _superseded FROM {every}{stands}")
    for partition, rows in source.opened.items():
        numbered = rows.select(layout.names).append_column("_row", pa.array(range(rows.num_rows), pa.int64()))
        connection.register(f"opened_{partition}", numbered)
        parts.append(version_rows(layout, f"opened_{partition}", "_row"))
    return " UNION ALL BY NAME ".join(parts)


def _put(
    connection: duckdb.DuckDBPyConnection, layout: Layout, rows: str, coded: str, before: HotTable | None
) -> str:
    """Put rows in by partition and order, in the copy by time too; gives that copy's column, empty if there is none."""
    number = "CROSS JOIN (SELECT 0 AS _code)"
    if coded:
        number = f"JOIN {quoted(layout.name + '#codes')} ON _value = given.{quoted(coded)}"
    names = [*layout.names, "_superseded", "_partition", "_code"]
    chosen = ", ".join(f"given.{quoted(name)}" for name in names[:-2])
    order = ", ".join(["_partition", *(f"given.{quoted(name)}" for name in layout.order)])
    query = (
        f"SELECT {chosen}, {_partition_sql(layout)} AS _partition, _code "
        f"FROM ({rows}) AS given {number} ORDER BY {order}"
    )
    table, copy = quoted(layout.name), quoted(layout.name + BY_TIME)
    connection.execute(f"INSERT INTO {table} {query}" if before else f"CREATE TABLE {table} AS {query}")
    # All rows are fetched: an unfinished answer would keep the connection from taking the next table's rows.
    ((counted,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    if not layout.time_in_sort or counted > BY_TIME_LIMIT:
        connection.execute(f"DROP TABLE IF EXISTS {copy}")
        return ""
    by_time = ", ".join(quoted(name) for name in ("_partition", layout.time_in_sort, *layout.order))
    if before is None or not before.by_time:
        connection.execute(f"CREATE TABLE {copy} AS FROM {table} ORDER BY {by_time}")
        return layout.time_in_sort
    added = f"FROM {table} WHERE _partition NOT IN (SELECT DISTINCT _partition FROM {copy})"
    connection.execute(f"INSERT INTO {copy} {added} ORDER BY {by_time}")
    return layout.time_in_sort


def _codes(connection: duckdb.DuckDBPyConnection, layout: Layout, rows: str, before: HotTable | None) -> str:
    """Number the texts of the first sort column that have no number; gives the column's name, empty if it gets none."""
    first = layout.sort[0] if layout.sort else ""
    if layout.kinds.get(first) not in ("text", "text_fixed") or (before is not None and not before.coded):
        return ""
    codes = quoted(layout.name + "#codes")
    if before is None:
        connection.execute(f"CREATE TABLE {codes} (_value VARCHAR, _code INTEGER)")
    found = f"SELECT DISTINCT {quoted(first)} AS _value FROM ({rows})"
    connection.execute(
        f"INSERT INTO {codes} SELECT _value, row_number() OVER (ORDER BY _value) - 1 + (SELECT count(*) FROM {codes}) "
        f"FROM ({found}) WHERE _value NOT IN (SELECT _value FROM {codes})"
    )
    ((counted,),) = connection.execute(f"SELECT count(*) FROM {codes}").fetchall()
    return first if counted <= CODES_LIMIT else ""


def _partition_sql(layout: Layout) -> str:
    """The partition number of a row, as Iceberg counts it."""
    assert layout.partition is not None, f"{layout.name} has no partitions"
    column, rhythm = layout.partition
    if layout.kinds[column] == "timestamp":
        whole, day = f"given.{quoted(column)}", 86_400_000_000_000
        days = f"(({whole} - (({whole} % {day}) + {day}) % {day}) // {day})::INTEGER"
        date = f"(DATE '1970-01-01' + {days})"
    else:
        date = f"given.{quoted(column)}"
    if rhythm == "day":
        return f"({date} - DATE '1970-01-01')::INTEGER"
    months = f"((year({date}) - 1970) * 12 + month({date}) - 1)::INTEGER"
    return months if rhythm == "month" else f"(year({date}) - 1970)::INTEGER"
