"""The lake's catalog in one database: Iceberg's own table of current metadata, and beside it what only we keep.

`iceberg_tables` belongs to PyIceberg and says where each table's current metadata is. Ours are `lake_layouts` (how a
table is declared), `lake_versions` (which snapshot is which business version), `lake_plans` (the planned files of the
current metadata), `lake_seals` (which days are sealed, with their proofs), `lake_generations` (the hot generation that
each folder has published) and `lake_facts` (where the tables were when their locations were written).
"""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.lake.database import Database, Writing, open_database
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.places import file_uri
from tallystick.core.lake.storage import Storage
from tallystick.core.ready import ready

__all__ = ["NAME", "Catalog", "Version", "busy", "open_catalog"]

NAME = "lake"
"""The catalog's name in Iceberg's tables, which others may share."""

TABLES = {
    "lake_layouts": "name TEXT PRIMARY KEY, body BYTES NOT NULL",
    "lake_versions": "name TEXT NOT NULL, version BIGINT NOT NULL, snapshot_id BIGINT NOT NULL, "
    "committed_at BIGINT NOT NULL, rows BIGINT NOT NULL, operation TEXT NOT NULL, token TEXT NOT NULL, "
    "expired_at BIGINT, PRIMARY KEY (name, version)",
    "lake_plans": "name TEXT PRIMARY KEY, metadata_location TEXT NOT NULL, body BYTES NOT NULL",
    "lake_seals": "name TEXT NOT NULL, partition BIGINT NOT NULL, snapshot_id BIGINT NOT NULL, "
    "sealed_at BIGINT NOT NULL, proof BYTES NOT NULL, PRIMARY KEY (name, partition)",
    "lake_generations": "folder TEXT NOT NULL, generation BIGINT NOT NULL, file TEXT NOT NULL, body BYTES NOT NULL, "
    "PRIMARY KEY (folder, generation)",
    "lake_facts": "fact TEXT PRIMARY KEY, value TEXT NOT NULL",
}
INDEX = "CREATE INDEX IF NOT EXISTS lake_tokens ON lake_versions (name, token)"

KEEP_LAYOUT = "INSERT INTO lake_layouts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body"
KEEP_PLAN = (
    "INSERT INTO lake_plans VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
    "SET metadata_location = excluded.metadata_location, body = excluded.body"
)
KEEP_VERSION = "INSERT INTO lake_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
KEEP_SEAL = (
    "INSERT INTO lake_seals VALUES (?, ?, ?, ?, ?) ON CONFLICT (name, partition) DO UPDATE "
    "SET snapshot_id = excluded.snapshot_id, sealed_at = excluded.sealed_at, proof = excluded.proof"
)
KEEP_FACT = "INSERT INTO lake_facts VALUES (?, ?) ON CONFLICT (fact) DO UPDATE SET value = excluded.value"


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
    """The catalog of a lake, opened once for each process and shared by its threads.

    `folder` tells apart the machines that share one catalog: each publishes hot files of its own.
    """

    def __init__(self, database: Database, folder: str = "") -> None:
        self.database = database
        self.folder = folder
        self._rows = database.rows
        self._has_tables = False
        if not all(database.has_table(name) for name in TABLES):
            with database.transaction() as writing:
                for name, columns in TABLES.items():
                    typed = columns.replace("BYTES", database.bytes_type)
                    writing.execute(f"CREATE TABLE IF NOT EXISTS {name} ({typed})")
                writing.execute(INDEX)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    @property
    def owner(self) -> str:
        """Which catalog this is, told apart from those of other machines."""
        place = self.database.place
        return place if self.database.is_remote else f"{socket.gethostname()}:{place}"

    def transaction(self) -> contextlib.AbstractContextManager[Writing]:
        """A write transaction that excludes every other process's; rolled back when the block raises."""
        return self.database.transaction()

    def pointer(self, name: str) -> str | None:
        """Where the current Iceberg metadata of a table is; None when there is no such table."""
        if not (self._has_tables or self._has_iceberg()):  # asked for every question
            return None
        namespace, _, table = name.rpartition(".")
        found = self._rows(
            "SELECT metadata_location FROM iceberg_tables "
            "WHERE catalog_name = 'lake' AND table_namespace = ? AND table_name = ?",
            namespace,
            table,
        )
        return found[0][0] if found else None

    def pointers(self) -> dict[str, str]:
        """The current metadata location of every table."""
        if not self._has_iceberg():
            return {}
        found = self._rows(
            "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables WHERE catalog_name = ?",
            NAME,
        )
        return {f"{namespace}.{table}": location for namespace, table, location in found}

    def _has_iceberg(self) -> bool:
        """Whether PyIceberg has made its own tables; before the first table it has not."""
        self._has_tables = self.database.has_table("iceberg_tables")
        return self._has_tables

    def layout(self, name: str) -> Layout | None:
        """The kept layout of a table."""
        found = self._rows("SELECT body FROM lake_layouts WHERE name = ?", name)
        return msgspec.msgpack.decode(found[0][0], type=ready(Layout)) if found else None

    def layouts(self) -> list[Layout]:
        """The layouts of all tables, by name."""
        found = self._rows("SELECT body FROM lake_layouts ORDER BY name")
        return [msgspec.msgpack.decode(body, type=ready(Layout)) for (body,) in found]

    def keep_layout(self, layout: Layout) -> None:
        """Keep the layout of a table, new or grown."""
        body = msgspec.msgpack.encode(layout)
        self._rows(KEEP_LAYOUT, layout.name, body)

    def plan(self, name: str, metadata_location: str) -> bytes | None:
        """The kept plan of a table if it is of this metadata."""
        found = self._rows(
            "SELECT body FROM lake_plans WHERE name = ? AND metadata_location = ?", name, metadata_location
        )
        return found[0][0] if found else None

    def keep_plan(self, name: str, metadata_location: str, body: bytes) -> None:
        """Keep the plan of a table's current metadata, instead of the one before."""
        self._rows(KEEP_PLAN, name, metadata_location, body)

    def keep_versions(self, versions: list[Version]) -> None:
        """Add business versions that are not known yet."""
        with self.transaction() as writing:
            _insert_versions(writing, versions)

    def keep_commit(self, version: Version, metadata_location: str, plan: bytes) -> None:
        """Keep what a commit did: its business version and the plan of its metadata, in one transaction."""
        with self.transaction() as writing:
            _insert_versions(writing, [version])
            writing.execute(KEEP_PLAN, (version.name, metadata_location, plan))

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
        with self.transaction() as writing:
            writing.executemany(
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
        self._rows(KEEP_SEAL, name, partition, snapshot_id, time.time_ns(), proof)

    def hot(self) -> tuple[int, str, bytes] | None:
        """Number, file name and contents of the hot generation that this folder has published."""
        found = self._rows(
            "SELECT generation, file, body FROM lake_generations WHERE folder = ? ORDER BY generation DESC LIMIT 1",
            self.folder,
        )
        return tuple(found[0]) if found else None

    def hot_generation(self) -> int:
        """Number of the published hot generation, 0 when there is none."""
        found = self._rows(
            "SELECT coalesce(max(generation), 0) FROM lake_generations WHERE folder = ?", self.folder
        )
        return int(found[0][0])

    def publish_hot(self, generation: int, file: str, body: bytes) -> None:
        """Make a hot generation the one that new scans use; older ones are forgotten."""
        with self.transaction() as writing:
            writing.execute(
                "DELETE FROM lake_generations WHERE folder = ? AND generation < ?", (self.folder, generation)
            )
            writing.execute(
                "INSERT INTO lake_generations VALUES (?, ?, ?, ?)", (self.folder, generation, file, body)
            )

    def written_at(self) -> str | None:
        """The location below which the tables were when their metadata was written; None for a new catalog."""
        found = self.fact("folder")
        return found if found is None or "://" in found else file_uri(Path(found))

    def fact(self, fact: str) -> str | None:
        """A fact about the lake."""
        found = self._rows("SELECT value FROM lake_facts WHERE fact = ?", fact)
        return found[0][0] if found else None

    def keep_fact(self, fact: str, value: str) -> None:
        """Keep a fact about the lake."""
        self._rows(KEEP_FACT, fact, value)


def open_catalog(folder: Path, url: str, storage: Storage) -> Catalog:
    """The catalog of a lake's folder, at a URL or as a file in it; mends the locations when the tables were moved.

    TallystickError when the database does not open, belongs to other tables, or files did not come along.
    """
    folder.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(open_database(folder, url), f"{socket.gethostname()}:{folder}" if url else "")
    written_at = catalog.written_at()
    if written_at is None:
        catalog.keep_fact("folder", storage.location)
    elif written_at != storage.location:
        from tallystick.core.lake.relocation import relocate

        try:
            relocate(catalog, storage)
        except BaseException:
            catalog.close()
            raise
    return catalog


def busy(name: str, tries: int) -> TallystickError:
    """The fault of a change that lost against others too often."""
    return TallystickError(
        "lake.busy",
        "Table {table} was changed by others {tries} times in a row.",
        "Try again; if it stays so, look for a process that writes without pause.",
        table=name,
        tries=tries,
    )


def _insert_versions(writing: Writing, versions: list[Version]) -> None:
    writing.executemany(KEEP_VERSION, [msgspec.structs.astuple(version) for version in versions])
