"""Archiving: partitions become immutable files with a manifest of hashes, and the manifest's hash goes on the journal.

All bytes are read where the tables are kept, in a folder or a bucket, and never from copies.

The order makes a kill harmless: files, then their manifest, then the table names them, then the journal. The next run
finds what a killed one left, journals what the table names already, and removes the rest.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.lake.archiving import (
    Manifest,
    Partition,
    archive_folder,
    file_name,
    hash_stored,
    name_archive,
    partitions,
    remove_unnamed,
    write_archive,
)
from tallystick.core.lake.places import alone
from tallystick.core.lake.storage import CHUNK_BYTES, Folder
from tallystick.core.ready import ready
from tallystick.core.schema import Record, Timestamp
from tallystick.history.events import PartitionArchived
from tallystick.history.keeping.requests import ArchiveCheck, ArchiveFault

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake
    from tallystick.core.lake.storage import Storage

__all__ = [
    "ArchiveLine",
    "archive_dataset",
    "checked",
    "faults_of",
    "line_of",
    "read_manifest",
    "standing",
]

SUFFIX = ".manifest.json"


class ArchiveLine(Record, frozen=True, kw_only=True):
    """An archive as the journal knows it: the SHA-256 of its manifest in hex, its files, rows and bytes.

    `state` says how it stands: `archived` when its files are there and no verification found a fault, `missing`,
    `damaged`, `unnamed` (its table does not name a file) or `purged`; `restored` in the answer of a restore.
    `verified_at` is when its bytes were last compared.
    """

    dataset: str
    partition: str
    manifest_file: str
    manifest: str
    files: int
    rows: int
    bytes: int
    state: str = ""
    verified_at: Timestamp | None = None


def archive_dataset(context: Context, dataset: str, before: datetime.date) -> list[ArchiveLine]:
    """Archive every partition that ends before a date and has open files; gives the new archives.

    What is being deleted is left out until its deletion is over. TallystickError when an archive of such a partition
    lacks its manifest, or it is damaged: then nothing is changed.
    """
    lake = context.lake
    today = context.machine("day").state.business_date
    if today is not None and before > today:
        raise TallystickError(
            "history.archive_running",
            "{before} is later than the business day {today}: what is not over is not archived.",
            "Give a date up to {today}.",
            before=str(before),
            today=str(today),
        )
    with alone(context.path / "archive"):
        machine = context.machine("history")
        going = {one.part.partition for one in machine.purges(dataset) if one.state == "begun"}
        chosen = [part for part in partitions(lake, dataset) if part.last < before and part.name not in going]
        _require_manifests(context, dataset, {part.name for part in chosen})
        context.progress.start(dataset, len(chosen))
        found: list[ArchiveLine] = []
        for part in chosen:
            found += _settle(context, dataset, part)
            if part.archived < part.files and (line := _archive(context, dataset, part)):
                found.append(line)
            context.progress.step(1, part.name)
        context.progress.finish()
    return found


def _archive(context: Context, dataset: str, part: Partition) -> ArchiveLine | None:
    archive = write_archive(context.lake, dataset, part.first)
    if archive is None:
        return None
    digest = _keep_manifest(context.lake, archive.manifest)
    if not name_archive(context.lake, archive):
        raise TallystickError(
            "history.archive_moved_on",
            "{partition} of {dataset} got rows while it was archived.",
            "Try again; archive only what is closed.",
            dataset=dataset,
            partition=part.name,
        )
    return _journal(context, archive.manifest, digest)


def _keep_manifest(lake: Lake, manifest: Manifest) -> str:
    """Keep the manifest beside the files, durable before any table names them; gives its hash in hex."""
    body = manifest.encoded()
    digest = hashlib.sha256(body).hexdigest()
    folder = archive_folder(lake, manifest.table, manifest.partition)
    lake.storage.put(folder / _manifest_name(digest), body)
    return digest


def _manifest_name(digest: str) -> str:
    return f"{digest[:16]}{SUFFIX}"


def _require_manifests(context: Context, dataset: str, chosen: set[str]) -> None:
    """Refuse to tidy up beside an archive whose manifest, which names its files, is not as the journal has it."""
    storage = context.lake.storage
    for one in standing(context, dataset):
        path = archive_folder(context.lake, dataset, one.partition) / one.manifest_file
        if one.partition in chosen and _hash_of(storage, path) != one.manifest.hex():
            raise TallystickError(
                "history.manifest_damaged",
                "{file}, the manifest of an archive of {dataset} {partition}, is missing or damaged; nothing was done.",
                "`tally history verify-archive` tells what else is wrong; bring it back with `tally history restore "
                "FOLDER`, then archive again.",
                file=one.manifest_file,
                dataset=dataset,
                partition=one.partition,
            )


def _hash_of(storage: Storage, path: Path) -> str:
    """A stored file's hash; empty when it is not there."""
    try:
        return hash_stored(storage, path)
    except OSError:
        return ""


def _settle(context: Context, dataset: str, part: Partition) -> list[ArchiveLine]:
    """Finish or clear what a killed run left of a partition."""
    lake = context.lake
    folder = archive_folder(lake, dataset, part.name)
    there = sorted(file.path for file in lake.storage.files(folder))
    if not there:
        return []
    journaled = {one.manifest.hex() for one in context.machine("history").archives(dataset)}
    named = {file.path for file in lake.state(dataset).plan.files}
    wanted: set[str] = set()
    found = []
    for path in (path for path in there if path.name.endswith(SUFFIX)):
        manifest, digest = read_manifest(lake.storage, path), hash_stored(lake.storage, path)
        known = digest in journaled
        if manifest is None or path.name != _manifest_name(digest):
            continue  # nothing is known of it: what is on the journal was found whole before
        if (manifest.table, manifest.partition) != (dataset, part.name):
            continue
        if not (known or all(file.path in named for file in manifest.files)):
            continue
        wanted |= {path.relative_to(lake.table_folder(dataset)).as_posix(), *(f.path for f in manifest.files)}
        if not known:
            _require_files(lake, manifest)
            found.append(_journal(context, manifest, digest))
    remove_unnamed(lake, dataset, part.name, wanted)
    return found


def _require_files(lake: Lake, manifest: Manifest) -> None:
    """Refuse an archive that was not journaled yet, and whose files are not the ones that were written."""
    folder = lake.table_folder(manifest.table)
    for file in manifest.files:
        if _hash_of(lake.storage, folder / file.path) != file.sha256:
            raise TallystickError(
                "history.archive_unlike",
                "{file} of {dataset} {partition} is missing or not what its manifest says: its archiving was stopped, "
                "and it was changed since.",
                "Bring the file back from a backup of the firm, then archive again.",
                file=file_name(file.path),
                dataset=manifest.table,
                partition=manifest.partition,
            )


def _journal(context: Context, manifest: Manifest, digest: str) -> ArchiveLine:
    """Put an archive on the journal, by the hash of its manifest as it is kept."""
    fact = PartitionArchived(
        command_id=f"archive {digest}",
        dataset=manifest.table,
        partition=manifest.partition,
        manifest_file=_manifest_name(digest),
        manifest=bytes.fromhex(digest),
        files=len(manifest.files),
        rows=manifest.rows,
        size=manifest.size,
    )
    context.send(fact)
    return line_of(fact, "archived")


def line_of(fact: PartitionArchived, state: str = "", verified_at: int | None = None) -> ArchiveLine:
    """An archive of the journal as a line."""
    return ArchiveLine(
        dataset=fact.dataset,
        partition=fact.partition,
        manifest_file=fact.manifest_file,
        manifest=fact.manifest.hex(),
        files=fact.files,
        rows=fact.rows,
        bytes=fact.size,
        state=state,
        verified_at=verified_at,
    )


def standing(context: Context, dataset: str = "", partition: str = "") -> list[PartitionArchived]:
    """The archives of the journal that were not purged, oldest first."""
    machine = context.machine("history")
    found = []
    for one in machine.archives(dataset):
        purge = machine.purge_of(one.dataset, one.partition)
        gone = purge is not None and one.received_at <= purge.purged_at
        if not gone and partition in ("", one.partition):
            found.append(one)
    return found


def faults_of(context: Context, archive: PartitionArchived, folder: Path | None = None) -> list[ArchiveFault]:
    """What differs between an archive on the disk and the journal, every byte read; nothing when all is equal.

    With a folder, a copy of the archives there is looked at instead of the lake's own.
    """
    return list(_faults(context, archive, folder))


def _faults(context: Context, archive: PartitionArchived, folder: Path | None) -> Iterator[ArchiveFault]:
    def fault(file: str, problem: str) -> ArchiveFault:
        return ArchiveFault(
            dataset=archive.dataset,
            partition=archive.partition,
            manifest=archive.manifest.hex(),
            file=file,
            problem=problem,
        )

    storage = Folder(folder) if folder else context.lake.storage
    place = folder or archive_folder(context.lake, archive.dataset, archive.partition)
    sizes = {file.path: file.size for file in storage.files(place)}
    path = place / archive.manifest_file
    if path not in sizes:
        yield fault(archive.manifest_file, "missing")
        return
    manifest = read_manifest(storage, path)
    if manifest is None or hash_stored(storage, path) != archive.manifest.hex():
        yield fault(archive.manifest_file, "changed")
        return
    named = {file.path for file in context.lake.state(archive.dataset).plan.files}
    for file in manifest.files:
        found = place / file_name(file.path)
        if found not in sizes:
            yield fault(file_name(file.path), "missing")
        elif sizes[found] != file.size or hash_stored(storage, found) != file.sha256:
            yield fault(file_name(file.path), "changed")
        if folder is None and file.path not in named:
            yield fault(file_name(file.path), "unnamed")


def checked(archives: Sequence[PartitionArchived], faults: Sequence[ArchiveFault]) -> ArchiveCheck:
    """What was compared, and what is wrong with it."""
    return ArchiveCheck(
        passed=not faults,
        archives=len(archives),
        files=sum(one.files for one in archives),
        rows=sum(one.rows for one in archives),
        bytes=sum(one.size for one in archives),
        faults=list(faults),
    )


def read_manifest(storage: Storage, path: Path) -> Manifest | None:
    """A manifest where it is kept; None when it is not there or does not read."""
    try:
        with storage.open(path) as file:
            return msgspec.json.decode(
                b"".join(iter(lambda: file.read(CHUNK_BYTES), b"")), type=ready(Manifest)
            )
    except (OSError, msgspec.DecodeError):
        return None
