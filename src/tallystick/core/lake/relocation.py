"""Mending a lake whose tables were moved, copied or restored elsewhere: another folder, another bucket.

Iceberg names every file by its full location: the metadata names manifest lists, those name manifests, those name data
files. All that the current metadata reaches is written anew under new names with the new location; then one
transaction turns the catalog to it. Until then nothing is changed, and what stands at the old place is never touched.
"""

from __future__ import annotations

import json
import uuid
from pathlib import PurePosixPath
from typing import Any

from pyiceberg.io import load_file_io
from pyiceberg.manifest import (
    DataFile,
    ManifestEntry,
    ManifestFile,
    read_manifest_list,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil

from tallystick.core.errors import TallystickError
from tallystick.core.lake.catalog import NAME, Catalog
from tallystick.core.lake.places import SCHEME, file_path
from tallystick.core.lake.storage import Storage

__all__ = ["relocate"]


def relocate(catalog: Catalog, storage: Storage) -> None:
    """Make every table of a catalog name its files in a storage.

    TallystickError if files did not come along, or if a catalog that others may share belongs to tables that are
    still where they were.
    """
    with catalog.transaction() as writing:
        written_at = catalog.written_at()
        if written_at == storage.location or written_at is None:
            return  # another process was first
        if catalog.database.is_remote and written_at.startswith(SCHEME) and file_path(written_at).exists():
            raise TallystickError(
                "lake.catalog_taken",
                "The catalog {place} belongs to the tables in {other}.",
                "Give this firm a catalog of its own in lake.catalog, for a copy one restored from that catalog.",
                place=catalog.database.place,
                other=written_at,
            )
        pointers = catalog.pointers()
        if catalog.database.lock_tables and pointers:
            writing.execute(catalog.database.lock_tables)
            pointers = catalog.pointers()
        mover = _Mover(written_at, storage)
        for name, location in pointers.items():
            moved = mover.table(name, location)
            namespace, _, table = name.rpartition(".")
            writing.execute(
                "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = NULL "
                "WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
                (moved, NAME, namespace, table),
            )
            writing.execute("UPDATE lake_plans SET metadata_location = ? WHERE name = ?", (moved, name))
        catalog.keep_fact("folder", storage.location)


class _Mover:
    """Writes metadata anew with one location instead of another."""

    def __init__(self, old: str, storage: Storage) -> None:
        self.old = old
        self.new = storage.location
        self.io = load_file_io(storage.properties, storage.location)
        self._manifests: dict[str, ManifestFile] = {}

    def moved(self, location: str) -> str:
        """A location below the new folder."""
        return self.new + location.removeprefix(self.old) if location.startswith(self.old) else location

    def renamed(self, location: str) -> str:
        """A new name beside a file's place in the new folder."""
        place = self.moved(location)
        return f"{place.rpartition('/')[0]}/{uuid.uuid4()}{''.join(PurePosixPath(place).suffixes[-2:])}"

    def table(self, name: str, location: str) -> str:
        """Rewrite one table; gives the location of its new metadata."""
        place = self.moved(location)
        source = self.io.new_input(place)
        if not source.exists():
            raise TallystickError(
                "lake.incomplete",
                "The lake in {folder} lacks {file} of table {table}.",
                "Copy or restore the whole folder, then open it again.",
                folder=self.new.removeprefix(SCHEME),
                file=place.rpartition("/")[2],
                table=name,
            )
        with source.open() as stream:
            document: dict[str, Any] = json.loads(stream.read())
        metadata = TableMetadataUtil.parse_obj(document)
        document["location"] = self.moved(document["location"])
        document["metadata-log"] = []
        for snapshot in document.get("snapshots", ()):
            snapshot["manifest-list"] = self._manifest_list(metadata, snapshot)
        folder, _, old_name = place.rpartition("/")
        target = f"{folder}/{old_name.split('-')[0]}-{uuid.uuid4()}.metadata.json"
        with self.io.new_output(target).create() as written:
            written.write(json.dumps(document).encode())
        return target

    def _manifest_list(self, metadata: TableMetadata, snapshot: dict[str, Any]) -> str:
        location = snapshot["manifest-list"]
        manifests = list(read_manifest_list(self.io.new_input(self.moved(location))))
        target = self.renamed(location)
        with write_manifest_list(
            format_version=2,
            output_file=self.io.new_output(target),
            snapshot_id=snapshot["snapshot-id"],
            parent_snapshot_id=snapshot.get("parent-snapshot-id"),
            sequence_number=snapshot["sequence-number"],
            avro_compression="deflate",
        ) as writer:
            writer.add_manifests([self._manifest(metadata, manifest) for manifest in manifests])
        return target

    def _manifest(self, metadata: TableMetadata, manifest: ManifestFile) -> ManifestFile:
        """Rewrite one manifest, once for all the lists that name it."""
        known = self._manifests.get(manifest.manifest_path)
        if known is not None:
            return known
        original, sequence = manifest.manifest_path, manifest.sequence_number
        manifest._data[0] = self.moved(original)
        entries = manifest.fetch_manifest_entry(self.io, discard_deleted=False)
        with write_manifest(
            format_version=2,
            spec=metadata.specs()[manifest.partition_spec_id],
            schema=metadata.schema(),
            output_file=self.io.new_output(self.renamed(original)),
            snapshot_id=manifest.added_snapshot_id or 0,
            avro_compression="deflate",
        ) as writer:
            for entry in entries:
                writer.add_entry(self._entry(entry))
        moved = writer.to_manifest_file()
        moved.sequence_number = sequence
        moved.min_sequence_number = manifest.min_sequence_number
        self._manifests[original] = moved
        return moved

    def _entry(self, entry: ManifestEntry) -> ManifestEntry:
        data_file: DataFile = entry.data_file
        data_file._data[1] = self.moved(data_file.file_path)
        return entry
