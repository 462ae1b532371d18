"""Hot generations: recent days as DuckDB tables, built aside, published by rename, opened read-only by any process.

A generation says which data files each of its partitions was made from. A scan uses it for exactly those partitions
whose files are still the same, so a hot answer is never older than the warm one. Every row carries `_superseded`, the
known time of the version that replaced it, so "as known at" is a comparison instead of a search; the first text column
of the sort order is also kept as a number, which is compared faster. A table that is sorted by instrument and then time
is there a second time by time, since a moment of all instruments would be spread over every block otherwise.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from tallystick.core.lake.conditions import Conditions, quoted
from tallystick.core.lake.durable import sync_file, sync_folder
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.plan import PlannedFile
from tallystick.core.lake.relation import NEVER, STANDS, HotPart, parquet, version_rows
from tallystick.core.ready import ready

if TYPE_CHECKING:
    from tallystick.core.lake.engine import Engine

__all__ = ["Generation", "HotSource", "build", "decode_contents"]

CODES_LIMIT = 100_000
"""A column with more distinct texts than this gets no codes."""

BY_TIME = "#by_time"
"""How the name of a table's second copy ends."""

BY_TIME_LIMIT = 20_000_000
"""A table with more hot rows than this gets no second copy: minute bars do, every quote of some weeks does not."""


class HotTable(msgspec.Struct, frozen=True):
    """What a generation holds of one table: the files of each partition, partitions without files (rows that are not
    sealed yet), the column that has codes, whether some rows are superseded by others, and the time column by which the
    table is there a second time (empty if it is not).
    """

    files: dict[int, list[str]]
    opened: list[int]
    coded: str
    superseded: bool
    by_time: str = ""


class Contents(msgspec.Struct, frozen=True):
    """What a generation holds."""

    tables: dict[str, HotTable]


def decode_contents(body: bytes) -> Contents | None:
    """The contents of a generation; None when another release wrote them otherwise."""
    try:
        return msgspec.msgpack.decode(body, type=ready(Contents))
    except msgspec.ValidationError:
        return None


class HotSource(NamedTuple):
    """What to put into a generation of one table: whether its files are clean and which, and rows not sealed yet."""

    layout: Layout
    folder: Path
    clean: Sequence[PlannedFile]
    mixed: Sequence[PlannedFile]
    opened: Mapping[int, pa.Table]


class Generation:
    """A published generation as a scan uses it."""

    def __init__(self, number: int, path: Path, contents: Contents) -> None:
        self.number = number
        self.path = path
        self.contents = contents
        self._codes: dict[str, dict[str, int]] = {}

    def covered(self, name: str, partitions: Mapping[int | None, Iterable[PlannedFile]]) -> set[int]:
        """The partitions of a table that this generation gives as they are now."""
        table = self.contents.tables.get(name)
        if table is None:
            return set()
        now = {
            number: sorted(f.path for f in files)
            for number, files in partitions.items()
            if number is not None
        }
        same = {number for number, files in table.files.items() if now.get(number) == files}
        return same | {number for number in table.opened if number not in now}

    def opened(self, name: str) -> list[int]:
        """The partitions of a table that have no files in the lake yet."""
        table = self.contents.tables.get(name)
        return table.opened if table else []

    def part(self, engine: Engine, layout: Layout, current: set[int], conditions: Conditions) -> HotPart:
        """The hot table for a scan, told what to leave out: every partition but the current ones."""
        table = self.contents.tables[layout.name]
        place = f"{engine.attach(self.path)}.main."
        left_out = sorted({*table.files, *table.opened} - current)
        instead = {}
        wanted = conditions.among.get(table.coded) if table.coded else None
        if wanted is not None:
            codes = self._codes_of(engine, place, layout.name)
            found = [str(codes[value]) for value in wanted if value in codes]
            condition = f"_code = {found[0]}" if len(found) == 1 else f"_code IN ({', '.join(found)})"
            instead[table.coded] = condition if found else "false"
        by_time = conditions.is_moment(table.by_time) and wanted is None
        name = layout.name + BY_TIME if by_time else layout.name
        return HotPart(place + quoted(name), left_out, instead, table.superseded)

    def _codes_of(self, engine: Engine, place: str, name: str) -> dict[str, int]:
        if name not in self._codes:
            self._codes[name] = dict(
                engine.rows(f"SELECT _value, _code FROM {place}{quoted(name + '#codes')}")
            )
        return self._codes[name]


def build(folder: Path, number: int, sources: Sequence[HotSource]) -> tuple[str, bytes]:
    """Build a generation aside and rename it into place; gives its file name and contents, to be published."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"building-{uuid.uuid4().hex}.duckdb"
    tables = {}
    try:
        with duckdb.connect(str(aside)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for source in sources:
                tables[source.layout.name] = _fill(connection, source)
            connection.execute("CHECKPOINT")
        sync_file(aside)
    except BaseException:  # a full disk above all: its room is given back
        for left in folder.glob(f"{aside.name}*"):
            left.unlink(missing_ok=True)
        raise
    name = f"{number:08d}.duckdb"
    os.replace(aside, folder / name)
    sync_folder(folder)
    return name, msgspec.msgpack.encode(Contents(tables))


def _fill(connection: duckdb.DuckDBPyConnection, source: HotSource) -> HotTable:
    layout = source.layout
    parts = []
    if source.mixed:
        parts.append(
            version_rows(layout, parquet(layout, source.folder, source.mixed), "file_index, file_row_number")
        )
    if source.clean:
        names = ", ".join(map(quoted, layout.names))
        every = parquet(layout, source.folder, source.clean)
        stands = f" WHERE {STANDS}" if any(file.withdraws for file in source.clean) else ""
        parts.append(f"SELECT {names}, {NEVER}::BIGINT AS _superseded FROM {every}{stands}")
    for partition, rows in source.opened.items():
        numbered = rows.select(layout.names).append_column("_row", pa.array(range(rows.num_rows), pa.int64()))
        connection.register(f"opened_{partition}", numbered)
        parts.append(version_rows(layout, f"opened_{partition}", "_row"))
    if not parts:
        return HotTable({}, [], "", False)
    everything = " UNION ALL BY NAME ".join(parts)
    coded = _codes(connection, layout, everything)
    codes = quoted(layout.name + "#codes")
    number = f"JOIN {codes} ON _value = given.{quoted(coded)}" if coded else "CROSS JOIN (SELECT 0 AS _code)"
    order = ", ".join(["_partition", *(f"given.{quoted(name)}" for name in layout.order)])
    connection.execute(
        f"CREATE TABLE {quoted(layout.name)} AS SELECT given.*, {_partition_sql(layout)} AS _partition, _code "
        f"FROM ({everything}) AS given {number} ORDER BY {order}"
    )
    by_time = _copy_by_time(connection, layout)
    files: dict[int, list[str]] = {}
    for file in [*source.clean, *source.mixed]:
        assert file.partition is not None, f"{layout.name} has no partitions"
        files.setdefault(file.partition, []).append(file.path)
    by_partition = {number: sorted(paths) for number, paths in files.items()}
    superseded = bool(source.mixed or source.opened)
    return HotTable(by_partition, sorted(source.opened), coded, superseded, by_time)


def _copy_by_time(connection: duckdb.DuckDBPyConnection, layout: Layout) -> str:
    """Make the table a second time by time; gives the column, empty if there is none or the rows are too many."""
    # All rows are fetched: an unfinished answer would keep the connection from taking the next table's rows.
    ((counted,),) = connection.execute(f"SELECT count(*) FROM {quoted(layout.name)}").fetchall()
    if not layout.time_in_sort or counted > BY_TIME_LIMIT:
        return ""
    order = ", ".join(quoted(name) for name in ("_partition", layout.time_in_sort, *layout.order))
    connection.execute(
        f"CREATE TABLE {quoted(layout.name + BY_TIME)} AS FROM {quoted(layout.name)} ORDER BY {order}"
    )
    return layout.time_in_sort


def _codes(connection: duckdb.DuckDBPyConnection, layout: Layout, everything: str) -> str:
    """Number the texts of the first sort column, in their order; gives the column's name, empty if it gets none."""
    first = layout.sort[0] if layout.sort else ""
    if layout.kinds.get(first) not in ("text", "text_fixed"):
        return ""
    codes = quoted(layout.name + "#codes")
    connection.execute(
        f"CREATE TABLE {codes} AS SELECT _value, row_number() OVER (ORDER BY _value)::INTEGER - 1 AS _code "
        f"FROM (SELECT DISTINCT {quoted(first)} AS _value FROM ({everything}))"
    )
    counted = connection.execute(f"SELECT count(*) FROM {codes}").fetchone()
    return first if counted and counted[0] <= CODES_LIMIT else ""


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
