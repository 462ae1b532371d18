"""The lake's catalog in one SQLite file: Iceberg's own table of current metadata, and beside it what only we keep.

`iceberg_tables` belongs to PyIceberg and says where each table's current metadata is. Ours are `lake_layouts` (how a
table is declared), `lake_versions` (which snapshot is which business version), `lake_plans` (the planned files of the
current metadata), `lake_seals` (which days are sealed, with their proofs), `lake_hot` (the published hot generation)
and `lake_facts` (where the folder was when its locations were written).
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.lake.layout import Layout

__all__ = ["Catalog", "Version", "busy"]

WAIT_SECONDS = 30.0
"""How long one process waits for another's transaction on the catalog."""

TABLES = """
CREATE TABLE IF NOT EXISTS lake_layouts (name TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS lake_versions (
    name TEXT NOT NULL, version INTEGER NOT NULL, snapshot_id INTEGER NOT NULL, committed_at INTEGER NOT NULL,
    rows INTEGER NOT NULL, operation TEXT NOT NULL, token TEXT NOT NULL, expired_at INTEGER,
    PRIMARY KEY (name, version));
CREATE INDEX IF NOT EXISTS lake_tokens ON lake_versions (name, token);
CREATE TABLE IF NOT EXISTS lake_plans (name TEXT PRIMARY KEY, metadata_location TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS lake_seals (
    name TEXT NOT NULL, partition INTEGER NOT NULL, snapshot_id INTEGER NOT NULL, sealed_at INTEGER NOT NULL,
    proof BLOB NOT NULL, PRIMARY KEY (name, partition));
CREATE TABLE IF NOT EXISTS lake_hot (generation INTEGER PRIMARY KEY, file TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS lake_facts (fact TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Version(msgspec.Struct, frozen=True):
    """One business version of a table: the end of one whole transaction, never a state in the middle of one.

    `rows` is the change in live rows, `token` the caller's idempotency key, `expired_at` when the snapshot was
    dropped (UTC nanoseconds, None while it can still be read).
    """

    name: str
    version: int
    snapshot_id: int
    committed_at: int
    rows: int
    operation: str
    token: str = ""
    expired_at: int | None = None


class Catalog:
    """The SQLite file of a lake, opened once for each process and shared by its threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.executescript(TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction that excludes every other process's; rolled back when the block raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def pointer(self, name: str) -> str | None:
        """Where the current Iceberg metadata of a table is; None when there is no such table."""
        namespace, _, table = name.rpartition(".")
        try:
            found = self._rows(
                "SELECT metadata_location FROM iceberg_tables WHERE table_namespace = ? AND table_name = ?",
                namespace,
                table,
            )
        except sqlite3.OperationalError:  # before the first table PyIceberg has not made its own
            return None
        return found[0][0] if found else None

    def pointers(self) -> dict[str, str]:
        """The current metadata location of every table."""
        try:
            found = self._rows("SELECT table_namespace, table_name, metadata_location FROM iceberg_tables")
        except sqlite3.OperationalError:
            return {}
        return {f"{namespace}.{table}": location for namespace, table, location in found}

    def layout(self, name: str) -> Layout | None:
        """The kept layout of a table."""
        found = self._rows("SELECT body FROM lake_layouts WHERE name = ?", name)
        return msgspec.msgpack.decode(found[0][0], type=Layout) if found else None

    def layouts(self) -> list[Layout]:
        """The layouts of all tables, by name."""
        found = self._rows("SELECT body FROM lake_layouts ORDER BY name")
        return [msgspec.msgpack.decode(body, type=Layout) for (body,) in found]

    def keep_layout(self, layout: Layout) -> None:
        """Keep the layout of a table, new or grown."""
        body = msgspec.msgpack.encode(layout)
        self._rows("INSERT OR REPLACE INTO lake_layouts VALUES (?, ?)", layout.name, body)

    def plan(self, name: str, metadata_location: str) -> bytes | None:
        """The kept plan of a table if it is of this metadata."""
        found = self._rows(
            "SELECT body FROM lake_plans WHERE name = ? AND metadata_location = ?", name, metadata_location
        )
        return found[0][0] if found else None

    def keep_plan(self, name: str, metadata_location: str, body: bytes) -> None:
        """Keep the plan of a table's current metadata, instead of the one before."""
        self._rows("INSERT OR REPLACE INTO lake_plans VALUES (?, ?, ?)", name, metadata_location, body)

    def keep_versions(self, versions: list[Version]) -> None:
        """Add business versions that are not known yet."""
        with self.transaction() as connection:
            _insert_versions(connection, versions)

    def keep_commit(self, version: Version, metadata_location: str, plan: bytes) -> None:
        """Keep what a commit did: its business version and the plan of its metadata, in one transaction."""
        with self.transaction() as connection:
            _insert_versions(connection, [version])
            connection.execute(
                "INSERT OR REPLACE INTO lake_plans VALUES (?, ?, ?)", (version.name, metadata_location, plan)
            )

    def versions(self, name: str) -> list[Version]:
        """All business versions of a table, oldest first."""
        return [
            Version(*row)
            for row in self._rows("SELECT * FROM lake_versions WHERE name = ? ORDER BY version", name)
        ]

    def version_of_token(self, name: str, token: str) -> Version | None:
        """The business version that was committed with an idempotency key."""
        found = self._rows("SELECT * FROM lake_versions WHERE name = ? AND token = ?", name, token)
        return Version(*found[0]) if found else None

    def expire_versions(self, name: str, snapshots: set[int]) -> None:
        """Mark the versions of dropped snapshots."""
        now = time.time_ns()
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE lake_versions SET expired_at = ? WHERE name = ? AND snapshot_id = ?",
                [(now, name, snapshot) for snapshot in sorted(snapshots)],
            )

    def seal(self, name: str, partition: int) -> tuple[int, bytes] | None:
        """When a partition was sealed (UTC nanoseconds) and its proof; None when it is open."""
        found = self._rows(
            "SELECT sealed_at, proof FROM lake_seals WHERE name = ? AND partition = ?", name, partition
        )
        return (found[0][0], found[0][1]) if found else None

    def keep_seal(self, name: str, partition: int, snapshot_id: int, proof: bytes) -> None:
        """Mark a partition as sealed with the proof of its contents."""
        now = time.time_ns()
        self._rows(
            "INSERT OR REPLACE INTO lake_seals VALUES (?, ?, ?, ?, ?)",
            name,
            partition,
            snapshot_id,
            now,
            proof,
        )

    def hot(self) -> tuple[int, str, bytes] | None:
        """Number, file name and contents of the published hot generation."""
        found = self._rows("SELECT generation, file, body FROM lake_hot ORDER BY generation DESC LIMIT 1")
        return tuple(found[0]) if found else None

    def hot_generation(self) -> int:
        """Number of the published hot generation, 0 when there is none."""
        return int(self._rows("SELECT coalesce(max(generation), 0) FROM lake_hot")[0][0])

    def publish_hot(self, generation: int, file: str, body: bytes) -> None:
        """Make a hot generation the one that new scans use; older ones are forgotten."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM lake_hot WHERE generation < ?", (generation,))
            connection.execute("INSERT INTO lake_hot VALUES (?, ?, ?)", (generation, file, body))

    def fact(self, fact: str) -> str | None:
        """A fact about the folder."""
        found = self._rows("SELECT value FROM lake_facts WHERE fact = ?", fact)
        return found[0][0] if found else None

    def keep_fact(self, fact: str, value: str) -> None:
        """Keep a fact about the folder."""
        self._rows("INSERT OR REPLACE INTO lake_facts VALUES (?, ?)", fact, value)


def busy(name: str, tries: int) -> TallystickError:
    """The fault of a change that lost against others too often."""
    return TallystickError(
        "lake.busy",
        "Table {table} was changed by others {tries} times in a row.",
        "Try again; if it stays so, look for a process that writes without pause.",
        table=name,
        tries=tries,
    )


def _insert_versions(connection: sqlite3.Connection, versions: list[Version]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO lake_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [msgspec.structs.astuple(version) for version in versions],
    )
