"""Changing tables: creating them, and replacing some of their files by others in one Iceberg snapshot.

Every change is one snapshot, so each snapshot is the end of a transaction and gets the next business version, which
is written into the snapshot itself. Our writers of one table take turns. One of another program may still commit at
once with us: the loser looks at the table anew and tries again, a bounded number of times. A change with a token
happens once: a second one with the same token is answered with the first.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import sqlalchemy
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestFile
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation, Snapshot
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.table.update.snapshot import _OverwriteFiles
from pyiceberg.transforms import DayTransform, IdentityTransform, MonthTransform, YearTransform
from pyiceberg.typedef import Record as PartitionRecord
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DoubleType,
    FixedType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
)
from sqlalchemy.exc import OperationalError

from tallystick.core.lake.catalog import NAME, Catalog, Version, busy
from tallystick.core.lake.datafiles import ROW_GROUP_ROWS, WrittenFile
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.places import alone
from tallystick.core.lake.plan import Plan, PlannedFile, decode_plan, planned_file, read_plan
from tallystick.core.lake.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Change", "Tables"]

TRIES = 12
FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.5
MANIFESTS_BEFORE_MERGE = 20

TRANSFORMS = {"day": DayTransform, "month": MonthTransform, "year": YearTransform}

PROPERTIES = {
    "format-version": "2",
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": str(MANIFESTS_BEFORE_MERGE),
    "write.parquet.compression-codec": "zstd",
    "write.parquet.compression-level": "3",
    "write.parquet.row-group-limit": str(ROW_GROUP_ROWS),
    "write.metadata.previous-versions-max": "20",
}


class Change(NamedTuple):
    """What a commit did: the business version, whether it is an earlier commit's with the same token, the new plan."""

    version: Version
    repeated: bool
    plan: Plan


class _Replace(_OverwriteFiles):
    """An overwrite that also drops manifests which name no live file, so that their number stays bounded."""

    def _existing_manifests(self) -> list[ManifestFile]:
        return [m for m in super()._existing_manifests() if m.has_added_files() or m.has_existing_files()]


class _Transaction(Transaction):
    """A transaction that works out its metadata once in each state; PyIceberg copies all of it at every look."""

    _worked_out: tuple[object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The table's metadata with the changes so far."""
        if not self._updates:
            return self._table.metadata
        if self._worked_out is None or self._worked_out[0] is not self._updates:
            self._worked_out = (self._updates, super().table_metadata)
        return self._worked_out[1]


class Tables:
    """The Iceberg side of a lake: PyIceberg's catalog and tables, loaded when something changes."""

    def __init__(self, folder: Path, catalog: Catalog, storage: Storage) -> None:
        self.folder = folder
        self.catalog = catalog
        self.storage = storage
        self._lock = threading.RLock()
        with self._alone():
            self._iceberg = _iceberg_catalog(catalog, storage)
        self._loaded: dict[str, Table] = {}
        self._having: str | None = None

    def close(self) -> None:
        """Let go of the catalog's connections."""
        self._iceberg.engine.dispose()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others, here and on other machines, out of what only one may do at a time."""
        with alone(self.folder), self.catalog.database.turn("create"), self.storage.told():
            yield

    @contextlib.contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Keep our other writers, in all processes, from changing a table; changes inside have the turn already."""
        with self._lock:
            if self._having == name:
                yield
                return
            assert self._having is None, f"{name}: the turn of {self._having} is not over"
            with self.catalog.database.turn(name):
                self._having = name
                try:
                    yield
                finally:
                    self._having = None

    def load(self, name: str) -> Table:
        """A table at its current metadata, from memory when nobody has changed it. NoSuchTableError if unknown."""
        with self._lock, self.storage.told():
            known = self._loaded.get(name)
            if known is None or known.metadata_location != self.catalog.pointer(name):
                known = self._loaded[name] = self._iceberg.load_table(name)
            return known

    def create(self, layout: Layout) -> None:
        """Make a table; nothing happens when it is there (another process was first)."""
        schema = Schema(
            *(_iceberg_field(number, field) for number, field in enumerate(layout.stored_arrow, 1))
        )
        location = f"{self.storage.location}/tables/{layout.name.replace('.', '/')}"
        with self._alone():
            self._iceberg.create_namespace_if_not_exists(layout.name.rpartition(".")[0])
            self._iceberg.create_table_if_not_exists(
                layout.name,
                schema,
                location,
                _partition_spec(layout, schema),
                _sort_order(layout, schema),
                PROPERTIES,
            )

    def grow(self, layout: Layout) -> None:
        """Add the layout's new optional columns to a table."""
        with self._alone(), self.load(layout.name).update_schema() as update:
            known = update._schema.column_names
            for field in layout.stored_arrow:
                if field.name not in known:
                    update.add_column(field.name, _iceberg_type(field.type))
        self.forget(layout.name)

    def commit(
        self,
        layout: Layout,
        added: Sequence[WrittenFile],
        removed: Callable[[Plan], Sequence[PlannedFile]],
        *,
        operation: str,
        token: str = "",
        kept: bool = False,
    ) -> Change:
        """Add files and remove those that `removed` names in the plan at the moment of commit, as one snapshot.

        `removed` may raise to give the change up; `kept` says that the storage has the files already. Conflicts are
        retried; TallystickError `lake.busy` when the tries are used up.
        """
        if token and (earlier := self._earlier(layout.name, token)):
            return Change(earlier, True, self.plan(layout))
        if not kept:
            self.storage.keep(layout.name, added)
        with self.turn(layout.name), self.storage.told():
            for attempt in range(TRIES):
                if token and (earlier := self._earlier(layout.name, token)):
                    return Change(earlier, True, self.plan(layout))
                table = self.load(layout.name)
                plan = self.plan(layout)
                leaving = removed(plan)
                version = max(plan.version, self._last_version(layout.name)) + 1
                marks = {"tally.version": str(version), "tally.operation": operation, "tally.token": token}
                files = [_data_file(table, file) for file in added]
                if self._try(table, files, leaving, marks):
                    return self._done(layout, table, plan, files, leaving)
                self.forget(layout.name)
                time.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)))
        raise busy(layout.name, TRIES)

    def _try(
        self,
        table: Table,
        files: Sequence[DataFile],
        leaving: Sequence[PlannedFile],
        marks: dict[str, str],
    ) -> bool:
        """Commit once; False when another was first or holds the catalog."""
        transaction = _Transaction(table)
        producer: Any
        if leaving:
            producer = _Replace(Operation.OVERWRITE, transaction, table.io, snapshot_properties=marks)
            for file in leaving:
                producer.delete_data_file(_leaving_file(table, file))
        else:
            producer = transaction.update_snapshot(snapshot_properties=marks).merge_append()
        for data_file in files:
            producer.append_data_file(data_file)
        try:
            producer.commit()
            transaction.commit_transaction()
        except CommitFailedException:
            return False
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            return False
        return True

    def _done(
        self,
        layout: Layout,
        table: Table,
        plan: Plan,
        files: Sequence[DataFile],
        leaving: Sequence[PlannedFile],
    ) -> Change:
        """Keep what a commit did. What fails here is learned from the snapshot later; the change itself stands."""
        snapshot = table.metadata.current_snapshot()
        assert snapshot is not None, f"{layout.name} was committed without a snapshot"
        summary: Any = snapshot.summary
        gone = {file.path for file in leaving}
        kept = [file for file in plan.files if file.path not in gone]
        sequence = snapshot.sequence_number or 0
        kept += [planned_file(layout, table.schema(), table.location(), f, sequence) for f in files]
        recorded = int(summary["total-data-files"])
        assert recorded == len(kept), f"{layout.name}: snapshot has {recorded} files, plan {len(kept)}"
        number = int(summary["tally.version"])
        after = Plan(snapshot.snapshot_id, number, len(table.metadata.snapshots), tuple(kept))
        version = _version(layout.name, snapshot, after.rows - plan.rows)
        self.catalog.keep_commit(version, table.metadata_location, msgspec.msgpack.encode(after))
        return Change(version, False, after)

    def plan(self, layout: Layout, snapshot_id: int | None = None) -> Plan:
        """The plan of a table now, kept or made; or at an older snapshot. KeyError if that is expired."""
        if snapshot_id is not None:
            return read_plan(layout, self.load(layout.name), snapshot_id)
        pointer = self.catalog.pointer(layout.name)
        if pointer is None:
            raise NoSuchTableError(layout.name)
        if kept := decode_plan(self.catalog.plan(layout.name, pointer)):
            return kept
        table = self.load(layout.name)
        self._learn_versions(layout.name, table)
        plan = read_plan(layout, table)
        self.catalog.keep_plan(layout.name, table.metadata_location, msgspec.msgpack.encode(plan))
        return plan

    def _learn_versions(self, name: str, table: Table) -> None:
        """Keep the versions of snapshots whose writer died between the commit and our own note of it."""
        found = []
        rows = 0
        for snapshot in table.metadata.snapshots:
            summary: Any = snapshot.summary or {}
            total = int(summary.get("total-records", 0))
            if "tally.version" in summary.additional_properties:
                found.append(_version(name, snapshot, total - rows))
            rows = total
        self.catalog.keep_versions(found)

    def _earlier(self, name: str, token: str) -> Version | None:
        found = self.catalog.version_of_token(name, token)
        if found is None and self.catalog.plan(name, self.catalog.pointer(name) or "") is None:
            self._learn_versions(name, self.load(name))
            found = self.catalog.version_of_token(name, token)
        return found

    def _last_version(self, name: str) -> int:
        versions = self.catalog.versions(name)
        return versions[-1].version if versions else 0

    def forget(self, name: str) -> None:
        """Look at a table anew the next time."""
        self._loaded.pop(name, None)


def _iceberg_catalog(catalog: Catalog, storage: Storage) -> SqlCatalog:
    """PyIceberg's catalog over the same database, connected as ours is."""
    database = catalog.database
    given = {"warehouse": storage.location, "init_catalog_tables": "false", **storage.properties}
    found = SqlCatalog(NAME, uri=database.uri, pool_pre_ping=str(database.is_remote).lower(), **given)
    if database.is_remote:
        sqlalchemy.event.listen(found.engine, "do_connect", lambda *_: database.connect())
    if not database.has_table("iceberg_tables"):
        found.create_tables()
    return found


def _version(name: str, snapshot: Snapshot, rows: int) -> Version:
    """The business version that a snapshot says it is."""
    summary: Any = snapshot.summary
    return Version(
        name,
        int(summary["tally.version"]),
        snapshot.snapshot_id,
        snapshot.timestamp_ms * 1_000_000,
        rows,
        summary["tally.operation"],
        summary["tally.token"],
    )


def _data_file(table: Table, written: WrittenFile) -> DataFile:
    schema = table.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=written.metadata,
        stats_columns=compute_statistics_plan(schema, table.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema),
    )
    added = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=f"{table.location()}/{written.path}",
        file_format=FileFormat.PARQUET,
        partition=_partition(written.partition),
        file_size_in_bytes=written.size,
        **statistics.to_serialized_dict(),
    )
    added.spec_id = table.metadata.default_spec_id
    return added


def _leaving_file(table: Table, file: PlannedFile) -> DataFile:
    """What Iceberg needs to know of a file to remove it."""
    leaving = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=f"{table.location()}/{file.path}",
        file_format=FileFormat.PARQUET,
        partition=_partition(file.partition),
        record_count=file.rows,
        file_size_in_bytes=file.size,
    )
    leaving.spec_id = table.metadata.default_spec_id
    return leaving


def _partition(number: int | None) -> PartitionRecord:
    return PartitionRecord() if number is None else PartitionRecord(number)


def _partition_spec(layout: Layout, schema: Schema) -> PartitionSpec:
    if layout.partition is None:
        return UNPARTITIONED_PARTITION_SPEC
    column, rhythm = layout.stored_partition, layout.partition[1]
    source = schema.find_field(column).field_id
    return PartitionSpec(PartitionField(source, 1000, TRANSFORMS[rhythm](), f"{column}_{rhythm}"))


def _sort_order(layout: Layout, schema: Schema) -> SortOrder:
    fields = [schema.find_field(name).field_id for name in layout.order]
    return SortOrder(*(SortField(source_id=field, transform=IdentityTransform()) for field in fields))


def _iceberg_field(number: int, field: pa.Field) -> NestedField:
    return NestedField(number, field.name, _iceberg_type(field.type), required=not field.nullable)


def _iceberg_type(kind: pa.DataType) -> Any:
    types = {
        "string": StringType, "int64": LongType, "int32": IntegerType, "double": DoubleType, "bool": BooleanType,
        "date32[day]": DateType, "binary": BinaryType,
    }  # fmt: skip
    name = str(kind)
    return FixedType(kind.byte_width) if name.startswith("fixed_size_binary") else types[name]()
