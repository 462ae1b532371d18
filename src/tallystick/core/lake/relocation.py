"""Mending a lake whose folder was moved, copied or restored elsewhere.

Iceberg names every file by its full location: the metadata names manifest lists, those name manifests, those name data
files. All that the current metadata reaches is written anew under new names with the new location; then one
transaction turns the catalog to it. Until then nothing is changed, and what stands at the old place is never touched.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from pyiceberg.io import FileIO
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
from tallystick.core.lake.catalog import Catalog
from tallystick.core.lake.durable import DurableFiles, SyncedStream, file_path, file_uri

__all__ = ["relocate"]


def relocate(catalog: Catalog, folder: Path) -> None:
    """Make every table of a catalog name its files below `folder`. TallystickError if files did not come along."""
    with catalog.transaction() as connection:
        written_at = catalog.fact("folder")
        if written_at == str(folder) or written_at is None:
            return  # another process was first
        mover = _Mover(file_uri(Path(written_at)), file_uri(folder))
        for name, location in catalog.pointers().items():
            moved = mover.table(name, location)
            namespace, _, table = name.rpartition(".")
            connection.execute(
                "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = NULL "
                "WHERE table_namespace = ? AND table_name = ?",
                (moved, namespace, table),
            )
            connection.execute("UPDATE lake_plans SET metadata_location = ? WHERE name = ?", (moved, name))
        catalog.keep_fact("folder", str(folder))


class _Mover:
    """Writes metadata anew with one location instead of another."""

    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new
        self.io: FileIO = DurableFiles()
        self._manifests: dict[str, ManifestFile] = {}

    def moved(self, location: str) -> str:
        """A location below the new folder."""
        return self.new + location.removeprefix(self.old) if location.startswith(self.old) else location

    def renamed(self, location: str) -> str:
        """A new name beside a file's place in the new folder."""
        place = self.moved(location)
        return f"{place.rpartition('/')[0]}/{uuid.uuid4()}{''.join(Path(place).suffixes[-2:])}"

    def table(self, name: str, location: str) -> str:
        """Rewrite one table; gives the location of its new metadata."""
        place = file_path(self.moved(location))
        if not place.exists():
            raise TallystickError(
                "lake.incomplete",
                "The lake in {folder} lacks {file} of table {table}.",
                "Copy or restore the whole folder, then open it again.",
                folder=str(file_path(self.new)),
                file=place.name,
                table=name,
            )
        document: dict[str, Any] = json.loads(place.read_bytes())
        metadata = TableMetadataUtil.parse_obj(document)
        document["location"] = self.moved(document["location"])
        document["metadata-log"] = []
        for snapshot in document.get("snapshots", ()):
            snapshot["manifest-list"] = self._manifest_list(metadata, snapshot)
        target = place.with_name(f"{place.name.split('-')[0]}-{uuid.uuid4()}.metadata.json")
        with SyncedStream(target, "xb") as stream:
            stream.write(json.dumps(document).encode())
        return file_uri(target)

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
