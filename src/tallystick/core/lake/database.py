"""The connection behind the lake's catalog: one SQLite file, or a PostgreSQL database.

The catalog's SQL is the same for both: `?` marks a value, `ON CONFLICT` says what a second row of one key does. What
differs is here: how a write transaction excludes the others, how a lost connection comes back, how faults are told.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import ssl
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

from tallystick.core.errors import TallystickError
from tallystick.core.lake.places import alone

__all__ = ["Database", "Postgres", "Sqlite", "Writing", "open_database"]

WAIT_SECONDS = 30.0
"""How long one process waits for another's transaction on the catalog, or for the catalog's server."""

EXCLUSION = 0x7A11_571C
"""The number of the advisory lock under which a lake changes its own tables in a PostgreSQL database."""

TURNS = EXCLUSION + 1
"""The class of those under which one waits for one's turn in what is not one transaction."""


class Writing(Protocol):
    """What a write transaction offers."""

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Any:
        """Run one statement."""

    def executemany(self, query: str, rows: Sequence[Sequence[Any]], /) -> Any:
        """Run one statement for each of some rows."""


class Database(Protocol):
    """What the catalog asks of either database. One object serves the threads of a process.

    `bytes_type` is what a column of bytes is called, `lock_tables` the statement that keeps commits out of a write
    transaction where that itself does not.
    """

    bytes_type: str
    is_remote: bool
    lock_tables: str

    @property
    def uri(self) -> str:
        """The SQLAlchemy address for PyIceberg, without secrets."""

    @property
    def place(self) -> str:
        """Whose catalog it is, for people and for what is kept by machine: a path or a URL, without secrets."""

    def connect(self) -> Any:
        """A new connection by the driver, for PyIceberg's pool; only when the database `is_remote`."""

    def rows(self, query: str, *values: Any) -> list[Any]:
        """The rows of one statement, which outside `transaction` is a transaction of its own."""

    def has_table(self, name: str) -> bool:
        """Whether a table is there."""

    def transaction(self) -> contextlib.AbstractContextManager[Writing]:
        """A write transaction that excludes every other process's; rolled back when the block raises."""

    def turn(self, what: str) -> contextlib.AbstractContextManager[None]:
        """Wait for one's turn among all processes and machines in doing something; a killed one gives its turn back."""

    def close(self) -> None:
        """Let go of the connection."""


def open_database(folder: Path, url: str) -> Database:
    """The catalog's database: `catalog.sqlite` in a lake's folder when no URL is given.

    TallystickError for a URL that is no `postgresql://`, carries a password, or leads to no server.
    """
    return Postgres(url) if url else Sqlite(folder / "catalog.sqlite")


class Sqlite:
    """A catalog in one SQLite file."""

    bytes_type = "BLOB"
    is_remote = False
    lock_tables = ""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._path = path
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode=WAL")

    @property
    def uri(self) -> str:
        """The file's address, whatever letters its path has."""
        from sqlalchemy.engine import URL

        waiting = {"timeout": f"{WAIT_SECONDS:.0f}"}
        return URL.create("sqlite", database=str(self._path), query=waiting).render_as_string()

    def rows(self, query: str, *values: Any) -> list[Any]:
        """The rows of one statement."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def connect(self) -> Any:
        """Another connection to the file."""
        return sqlite3.connect(self._path, timeout=WAIT_SECONDS)

    def has_table(self, name: str) -> bool:
        """Whether a table is there."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Writing]:
        """A write transaction on the file."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield cast("Writing", self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def turn(self, what: str) -> contextlib.AbstractContextManager[None]:
        """Wait for one's turn among the processes of this machine, whatever they do."""
        return alone(self._path.parent, "turn")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


class Postgres:
    """A catalog in a PostgreSQL database: `postgresql://user@host:port/name`, the password from `PGPASSWORD`.

    A server on the same machine may be named by its socket's folder: `postgresql://user@/name?host=/run/postgresql`.
    `?sslmode=require` asks for an encrypted connection, `verify-full` also for a certificate of that host.
    """

    bytes_type = "BYTEA"
    uri = "postgresql+pg8000://"
    is_remote = True
    lock_tables = "LOCK TABLE iceberg_tables IN EXCLUSIVE MODE"

    def __init__(self, url: str) -> None:
        self.place = url
        self._arguments = _arguments(url)
        self._lock = threading.RLock()
        self._inside = False
        self._one_turn = threading.RLock()
        self._turns: Postgres | None = None
        self._connection = self._connected()

    def connect(self) -> Any:
        """A connection by pg8000. TallystickError when the server does not answer or refuses."""
        try:
            import pg8000.dbapi
        except ImportError:
            raise TallystickError(
                "lake.no_driver",
                "The catalog {place} needs a driver that is not installed.",
                "Install it: pip install 'tallystick[cluster]'.",
                place=self.place,
            ) from None
        try:
            return pg8000.dbapi.connect(
                password=os.environ.get("PGPASSWORD", ""), timeout=WAIT_SECONDS, **self._arguments
            )
        except (pg8000.dbapi.Error, OSError) as error:
            raise _unreachable(self.place, error) from None

    def _connected(self) -> Any:
        connection = self.connect()
        connection.autocommit = True
        return connection

    def rows(self, query: str, *values: Any) -> list[Any]:
        """The rows of one statement; asked once more when the server had closed the connection since the last one."""
        with self._lock:
            try:
                return self._run(query, values)
            except Exception as error:
                if self._inside or not _is_lost(error):
                    raise
            with contextlib.suppress(Exception):
                self._connection.close()
            self._connection = self._connected()
            return self._run(query, values)

    def _run(self, query: str, values: Sequence[Any]) -> list[Any]:
        cursor = self._connection.cursor()
        cursor.execute(query.replace("?", "%s"), values)
        return list(cursor.fetchall()) if cursor.description else []

    def has_table(self, name: str) -> bool:
        """Whether a table is there."""
        return self.rows("SELECT to_regclass(?)::text", name)[0][0] is not None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Writing]:
        """A write transaction under the lake's advisory lock."""
        with self._lock:
            self.rows("SELECT 1")  # a connection that was lost comes back here, not in the middle
            self._run("BEGIN", ())
            self._inside = True
            try:
                self._run("SELECT pg_advisory_xact_lock(?)", (EXCLUSION,))
                yield self
                self._run("COMMIT", ())
            except BaseException:
                with contextlib.suppress(Exception):  # the first fault is the one to tell
                    self._run("ROLLBACK", ())
                raise
            finally:
                self._inside = False

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Any:
        """Run one statement of the transaction."""
        return self._run(query, values)

    def executemany(self, query: str, rows: Sequence[Sequence[Any]], /) -> Any:
        """Run one statement of the transaction for each of some rows."""
        for values in rows:
            self._run(query, values)

    @contextlib.contextmanager
    def turn(self, what: str) -> Iterator[None]:
        """Wait for one's turn among all machines, on a connection that ends with its process, and the turn with it."""
        with self._one_turn:
            if self._turns is None:
                self._turns = Postgres(self.place)
            turns = self._turns
            turns.rows("SELECT pg_advisory_lock(?, hashtext(?))", TURNS, what)
            try:
                yield
            finally:
                turns.rows("SELECT pg_advisory_unlock(?, hashtext(?))", TURNS, what)

    def close(self) -> None:
        """Close the connections."""
        if self._turns is not None:
            self._turns.close()
            self._turns = None
        with self._lock, contextlib.suppress(Exception):  # it may be lost already
            self._connection.close()


def _arguments(url: str) -> dict[str, Any]:
    """What pg8000 is told, by a URL in libpq's form."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    is_known = set(query) <= {"host", "sslmode"} and query.get("sslmode", "require") in (
        "require",
        "verify-full",
    )
    if parts.scheme not in ("postgresql", "postgres") or not parts.username or not is_known:
        raise TallystickError(
            "lake.catalog_url",
            "The setting lake.catalog cannot be {url}.",
            "Write postgresql://user@host:5432/database; leave it empty for a SQLite file in the firm.",
            url=url.replace(parts.password, "…") if parts.password else url,
        )
    if parts.password:
        raise TallystickError(
            "lake.catalog_password",
            "The setting lake.catalog has a password in it, which would stay in files and logs.",
            "Take it out of the URL and set the environment variable PGPASSWORD.",
        )
    found: dict[str, Any] = {
        "user": unquote(parts.username),
        "database": unquote(parts.path.strip("/")) or None,
    }
    host, port = query.get("host", parts.hostname or "localhost"), parts.port or 5432
    if host.startswith("/"):
        return found | {"unix_sock": f"{host}/.s.PGSQL.{port}", "ssl_context": False}
    secure: ssl.SSLContext | bool | None = None  # as the server likes
    if query.get("sslmode") == "verify-full":
        secure = ssl.create_default_context()
    elif host in ("localhost", "127.0.0.1", "::1"):
        secure = False
    elif "sslmode" in query:
        secure = True
    return found | {"host": host, "port": port, "ssl_context": secure}


def _is_lost(error: Exception) -> bool:
    """Whether the connection is gone: closed, cut, or ended by the server's administrator."""
    import pg8000.dbapi

    if isinstance(error, pg8000.dbapi.DatabaseError) and error.args and isinstance(error.args[0], dict):
        return str(error.args[0].get("C", "")).startswith(("57P", "08"))
    return isinstance(error, pg8000.dbapi.InterfaceError | OSError)


def _unreachable(place: str, error: Exception) -> TallystickError:
    problem: Any = error.args[0] if error.args else error
    return TallystickError(
        "lake.catalog_unreachable",
        "The catalog {place} cannot be opened: {problem}.",
        "Check that the server runs, and user, database and PGPASSWORD.",
        place=place,
        problem=str(problem.get("M") if isinstance(problem, dict) else problem).rstrip("."),
    )
