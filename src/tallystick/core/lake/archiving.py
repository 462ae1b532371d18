"""Cold files: a partition's rows once more, compressed harder, never rewritten, with the SHA-256 of every byte.

They lie below their table's folder, in `archive/<partition>/`, and are named by the table like any other data file, so
that a question sees no difference and a moved lake keeps them. Compaction, sealing and the sweep leave them alone.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pyarrow.parquet as pq

from tallystick.core.disk import sync_file, sync_folder
from tallystick.core.errors import TallystickError
from tallystick.core.lake.damage import told_damage
from tallystick.core.lake.datafiles import ROW_GROUP_ROWS, WrittenFile
from tallystick.core.lake.plan import UNIQUE_SUFFIX, Plan, PlannedFile
from tallystick.core.lake.proof import Proof, prove, require_equal
from tallystick.core.lake.relation import parquet
from tallystick.core.lake.sealing import ARCHIVE, MovedOnError, compact, is_archived
from tallystick.core.lake.storage import CHUNK_BYTES

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake
    from tallystick.core.lake.storage import Storage

__all__ = [
    "DAMAGED",
    "ArchivedFile",
    "Manifest",
    "Partition",
    "WrittenArchive",
    "archive_folder",
    "contents_of",
    "file_name",
    "hash_file",
    "hash_stored",
    "name_archive",
    "partitions",
    "remove_unnamed",
    "write_archive",
]

COMPRESSION_LEVEL = 9
DAMAGED = ".damaged"
"""How the name of a file ends that was found damaged and kept beside the one brought back for it."""

DIFFERENCES = "DELTA_BINARY_PACKED"


class Partition(msgspec.Struct, frozen=True):
    """A partition of a table in numbers: its name, first and last date, live rows, files and bytes, and how many of the
    files are archived.
    """

    name: str
    first: datetime.date
    last: datetime.date
    rows: int
    files: int
    size: int
    archived: int


class ArchivedFile(msgspec.Struct, frozen=True):
    """One file of an archive: its path below the table's folder, SHA-256 in hex, bytes, rows."""

    path: str
    sha256: str
    size: int
    rows: int


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds: of which table and partition, its files, and the proof of their rows."""

    table: str
    partition: str
    files: tuple[ArchivedFile, ...]
    proof: Proof

    def encoded(self) -> bytes:
        """The manifest as it is written: JSON, always the same for the same contents."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"))

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class WrittenArchive(NamedTuple):
    """An archive on disk that no table names yet: its manifest, its files, and the open files whose rows it holds."""

    manifest: Manifest
    files: list[WrittenFile]
    number: int
    base: list[PlannedFile]


def partitions(lake: Lake, name: str) -> list[Partition]:
    """The partitions of a table, oldest first; none for a table without partitions."""
    state = lake.state(name)
    found = []
    for number, files in state.groups.items():
        if number is not None:
            first, last = state.layout.partition_days(number)
            found.append(
                Partition(
                    state.layout.partition_name(number),
                    first,
                    last,
                    sum(file.rows for file in files),
                    len(files),
                    sum(file.size for file in files),
                    sum(is_archived(file) for file in files),
                )
            )
    return found


def archive_folder(lake: Lake, name: str, partition: str) -> Path:
    """Where the archives of a partition are."""
    return lake.table_folder(name) / ARCHIVE / partition


def file_name(path: str) -> str:
    """The name of a file without the folders of its path below its table."""
    return path.rpartition("/")[2]


def contents_of(lake: Lake, name: str, date: datetime.date) -> Proof | None:
    """The proof of all live rows of the partition of a date, every version of every fact; None when it is empty."""
    state = lake.state(name)
    files = state.groups.get(state.layout.partition_number(date))
    if not files:
        return None
    with told_damage(lake, [name]):
        folder = lake.storage.fetch(name, files)
        return prove(lake.engine, state.layout, parquet(state.layout, folder, files))


def write_archive(lake: Lake, name: str, date: datetime.date) -> WrittenArchive | None:
    """Write the open files of the partition of a date as archived ones, durable and proven, not named by anything yet.

    The rows are proven equal in what was written; in a bucket the bytes are read back from there besides, so that the
    hashes are of what is kept. None when all its files are archived, or there are none.
    """
    number = lake.state(name).layout.partition_number(date)
    compact(lake, name, [number])
    state = lake.state(name)
    layout = state.layout
    files = _open_files(state.plan, number)
    if not files:
        return None
    folder = lake.storage.fetch(name, files)
    partition = layout.partition_name(number)
    written = [_recompress(folder, partition, file) for file in files]
    sync_folder(folder / ARCHIVE / partition)
    sync_folder(folder / ARCHIVE)
    sync_folder(folder)
    proof = prove(lake.engine, layout, parquet(layout, folder, files))
    require_equal(layout, proof, prove(lake.engine, layout, parquet(layout, folder, written)))
    lake.storage.keep(name, written)
    kept = tuple(
        ArchivedFile(file.path, _proven_hash(lake, folder / file.path), file.size, file.metadata.num_rows)
        for file in written
    )
    return WrittenArchive(Manifest(name, partition, kept, proof), written, number, files)


def name_archive(lake: Lake, archive: WrittenArchive) -> bool:
    """Let the table name the archived files instead of the open ones; False when the partition changed meanwhile."""
    layout = lake.state(archive.manifest.table).layout
    leaving = functools.partial(_still, number=archive.number, files=archive.base)
    try:
        lake.tables_writer.commit(layout, archive.files, leaving, operation="archive", kept=True)
    except MovedOnError:
        return False
    return True


def remove_unnamed(lake: Lake, name: str, partition: str, wanted: set[str]) -> int:
    """Remove what a killed archiving left: files that neither the table nor `wanted` (paths below its folder) names.

    Only one process may archive at a time. Files that an older snapshot names stay too.
    """
    from tallystick.core.lake.maintenance import named_files

    folder = lake.table_folder(name)
    found = [file.path for file in lake.storage.files(archive_folder(lake, name, partition))]
    unwanted = [
        path for path in found if path.suffix != DAMAGED and path.relative_to(folder).as_posix() not in wanted
    ]
    if not unwanted:
        return 0
    lake.storage.claim(lake.catalog.owner)
    named = named_files(lake, name)
    going = [path for path in unwanted if path not in named]
    for path in going:
        lake.storage.remove(path)
    return len(going)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_stored(storage: Storage, path: Path) -> str:
    """SHA-256 in hex of a file's bytes where they are kept, in a bucket of the object's. FileNotFoundError."""
    digest = hashlib.sha256()
    with storage.open(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _proven_hash(lake: Lake, path: Path) -> str:
    """The hash of a file that was written here, found equal where it is kept."""
    digest = hash_file(path)
    if hash_stored(lake.storage, path) != digest:
        raise TallystickError(
            "lake.kept_unlike",
            "{file} was read back from {place} with other bytes than were written.",
            "Nothing was changed. Look after the storage, then try again.",
            file=path.name,
            place=lake.storage.location,
        )
    return digest


def _open_files(plan: Plan, number: int) -> list[PlannedFile]:
    """The files of a partition that are not archived, in order of commit."""
    found = [file for file in plan.files if file.partition == number and not is_archived(file)]
    return sorted(found, key=lambda file: (file.sequence, file.path))


def _still(plan: Plan, number: int, files: Sequence[PlannedFile]) -> list[PlannedFile]:
    now = _open_files(plan, number)
    if {file.path for file in now} != {file.path for file in files}:
        raise MovedOnError
    return now


def _recompress(folder: Path, partition: str, file: PlannedFile) -> WrittenFile:
    """The same rows in the same order, a row group at a time."""
    path = f"{ARCHIVE}/{partition}/{uuid.uuid4().hex}{UNIQUE_SUFFIX if file.unique else '.parquet'}"
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    collected: list[pq.FileMetaData] = []
    with pq.ParquetFile(folder / file.path) as source:
        dictionaries, encodings = _encodings(source.metadata)
        writer = pq.ParquetWriter(
            place,
            source.schema_arrow,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            use_dictionary=dictionaries,
            column_encoding=encodings,
            store_schema=False,
            metadata_collector=collected,
        )
        with writer:
            for group in range(source.num_row_groups):
                writer.write_table(source.read_row_group(group), row_group_size=ROW_GROUP_ROWS)
    sync_file(place)
    return WrittenFile(path, file.partition, os.path.getsize(place), collected[0])


def _encodings(metadata: pq.FileMetaData) -> tuple[list[str], dict[str, str]]:
    """The columns of a file that are dictionaries, and those with an encoding of their own."""
    group = metadata.row_group(0)
    dictionaries, encodings = [], {}
    for column in (group.column(place) for place in range(metadata.num_columns)):
        if DIFFERENCES in column.encodings:
            encodings[column.path_in_schema] = DIFFERENCES
        elif any("DICTIONARY" in encoding for encoding in column.encodings):
            dictionaries.append(column.path_in_schema)
    return dictionaries, encodings
