"""DuckDB as the lake uses it: in memory, sees only the lake's folder, fetches nothing, asks no Python variables."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tallystick.core.errors import TallystickError, mark
from tallystick.core.lake.conditions import quoted

__all__ = ["Engine"]

SAFE_FUNCTIONS = {"unnest", "range", "generate_series"}
"""The table functions that a question may call; others read files or tell of the machine."""

TIMES = re.compile(
    r"TIMESTAMP|DATE|INTERVAL|'(date_\w+|strftime|time_bucket|age|timezone|\w+day|year|month|hour|minute)\("
)
"""What of a refusal by DuckDB tells that a number of nanoseconds was taken for a time."""


class Engine:
    """One DuckDB instance for a lake, shared by the process's threads; every question has its own cursor."""

    def __init__(self, folder: Path, longest_seconds: float = 600.0) -> None:
        self.folder = folder
        self.longest_seconds = longest_seconds
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._attached: dict[str, str] = {}
        self._connection = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        )
        allowed = "'" + str(folder).replace("'", "''") + "/'"
        for setting in (
            "python_enable_replacements = false",
            "parquet_metadata_cache = true",
            "TimeZone = 'UTC'",
            f"allowed_directories = [{allowed}]",
            "enable_external_access = false",
        ):
            self._connection.execute(f"SET {setting}")

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            self._connection.close()

    def attach(self, file: Path) -> str:
        """The SQL name under which a hot file is open, read-only."""
        with self._lock:
            name = self._attached.get(file.name)
            if name is None:
                self._let_go()
                name = f"hot_{next(self._numbers)}"
                place = str(file).replace("'", "''")
                self._connection.execute(f"ATTACH '{place}' AS {name} (READ_ONLY)")
                self._attached[file.name] = name
            return name

    def _let_go(self) -> None:
        """Close hot files that no question can be reading any more: all but the last, unless one is still in use."""
        for file in list(self._attached)[:-1]:
            with contextlib.suppress(duckdb.Error):
                self._connection.execute(f"DETACH {self._attached[file]}")
                del self._attached[file]

    def hold(self, rows: pa.Table, query: Callable[[str], str]) -> str:
        """Keep in memory what a query (told the name of these rows) gives; the name of the table for later queries."""
        with self._cursor() as cursor:
            number = next(self._numbers)
            name = f"memory.main.held_{number}"
            cursor.register(f"given_{number}", rows)
            cursor.execute(f"CREATE TABLE {name} AS {query(f'given_{number}')}")
            cursor.unregister(f"given_{number}")
            return name

    def drop(self, name: str) -> None:
        """Let go of a table that `hold` keeps."""
        with self._cursor() as cursor:
            cursor.execute(f"DROP TABLE {name}")

    def arrow(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The answer to a query as an Arrow table."""
        with self._cursor() as cursor:
            return _as_table(cursor.sql(query, params=list(parameters)))

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The answer to a query as tuples."""
        with self._cursor() as cursor:
            return cursor.execute(query, list(parameters)).fetchall()

    def ask(
        self,
        query: str,
        parameters: Sequence[Any],
        views: Mapping[str, str],
        given: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """The answer to a person's query over named views (`room.table` to SQL) and tables that the caller gives under
        such names; it can read nothing else.
        """
        with self._cursor() as cursor:
            name = f"ask_{next(self._numbers)}"
            cursor.execute(f"ATTACH ':memory:' AS {name}")
            try:
                for view, text in views.items():
                    cursor.execute(f"CREATE VIEW {_placed(cursor, name, view)} AS {text}")
                for table, rows in (given or {}).items():
                    cursor.register("given", rows)
                    cursor.execute(f"CREATE TABLE {_placed(cursor, name, table)} AS SELECT * FROM given")
                    cursor.unregister("given")
                cursor.execute(f"USE {name}")
                with self._within_time(cursor):
                    return _as_table(cursor.sql(query, params=list(parameters)))
            except duckdb.InterruptException:
                raise TallystickError(
                    "lake.too_long",
                    "The query was stopped: it took longer than {seconds} seconds.",
                    "Ask for fewer days or instruments, or raise `question_seconds` under [lake] in firm.toml.",
                    seconds=self.longest_seconds,
                ) from None
            except duckdb.Error as error:
                # Above the line of the query stand what is wrong and, on a line of their own, the names that fit.
                told = str(error).partition("\n\n")[0].splitlines()
                raise _refused(" ".join(told).rstrip(".?")) from error
            finally:
                cursor.execute("USE memory")
                cursor.execute(f"DETACH {name}")

    @contextlib.contextmanager
    def _within_time(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Stop what the cursor does after the longest time that a question may take."""
        timer = threading.Timer(self.longest_seconds, cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def tables_of(self, query: str) -> set[str]:
        """The tables that a question names. TallystickError when it is no single SELECT or calls a reading function."""
        with self._cursor() as cursor:
            found = cursor.execute("SELECT json_serialize_sql(?)", [query]).fetchone()
        tree = json.loads(found[0]) if found else {}
        if tree.get("error_type") == "not implemented" or len(tree.get("statements", (None,))) != 1:
            raise _refused("it is not one SELECT")
        if tree.get("error"):
            raise _refused(str(tree["error_message"]).partition("\n")[0])
        tables: set[str] = set()
        _walk(tree, tables, set())
        return tables

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


def _placed(cursor: duckdb.DuckDBPyConnection, database: str, name: str) -> str:
    """The SQL name of `room.table` in a database that has the room's schema then."""
    schema, _, table = name.rpartition(".")
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {database}.{quoted(schema)}")
    return f"{database}.{quoted(schema)}.{quoted(table)}"


def _as_table(found: duckdb.DuckDBPyRelation | None) -> pa.Table:
    assert found is not None, "the query gives no rows"
    return found.to_arrow_table()


def _walk(node: Any, tables: set[str], known: set[str]) -> None:
    """Collect the tables of a parsed query, leaving out names that its own WITH clauses give."""
    if isinstance(node, list):
        for part in node:
            _walk(part, tables, known)
    if not isinstance(node, dict):
        return
    given = {entry["key"] for entry in (node.get("cte_map") or {}).get("map", ())}
    known = known | given
    if node.get("type") == "BASE_TABLE":
        name = ".".join(part for part in (node.get("schema_name"), node.get("table_name")) if part)
        if name not in known or node.get("schema_name"):
            tables.add(name)
    if node.get("type") == "TABLE_FUNCTION":
        called = str(node.get("function", {}).get("function_name"))
        if called not in SAFE_FUNCTIONS:
            raise _refused(f"it calls {called}")
    if node.get("show_type") == "SHOW_SPECIAL":
        raise _refused("SHOW lists nothing here")
    for part in node.values():
        _walk(part, tables, known)


def _refused(problem: str) -> TallystickError:
    remedy = mark("Ask one SELECT over the tables that `tally history datasets` lists.")
    if "BIGINT" in problem and problem.startswith("Binder Error") and TIMES.search(problem):
        remedy = mark(
            "In a query times are whole nanoseconds: make_timestamp_ns(ts) is the time of one, "
            "epoch_ns(TIMESTAMPTZ '2026-11-20 09:00+08') the number to compare it with."
        )
    return TallystickError("lake.query", "The query cannot be answered: {problem}.", remedy, problem=problem)
