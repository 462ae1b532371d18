"""Archiving: partitions become immutable files with a manifest of hashes, and the manifest's hash goes on the journal.

All bytes are read where the tables are kept, in a folder or a bucket, and never from copies.

The order makes a kill harmless: files, then their manifest, then the table names them, then the journal. The next run
finds what a killed one left, journals what the table names already, and removes the rest.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.disk import sync_file, sync_folder
from tallystick.core.errors import TallystickError
from tallystick.core.lake.archiving import (
    DAMAGED,
    Manifest,
    Partition,
    archive_folder,
    hash_file,
    hash_stored,
    name_archive,
    partitions,
    remove_unnamed,
    write_archive,
)
from tallystick.core.lake.durable import alone
from tallystick.core.lake.storage import CHUNK_BYTES, Folder
from tallystick.core.ready import ready
from tallystick.core.schema import Record, Timestamp
from tallystick.history.events import ArchiveRestored, PartitionArchived
from tallystick.history.keeping.archive_states import forget_finding
from tallystick.history.keeping.requests import ArchiveCheck, ArchiveFault

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake
    from tallystick.core.lake.storage import Storage

__all__ = [
    "ArchiveLine",
    "archive_dataset",
    "checked",
    "copy_archives",
    "faults_of",
    "read_manifest",
    "restore_archives",
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

    What is being deleted is left out until its deletion is over.
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
    _keep_manifest(context.lake, archive.manifest)
    if not name_archive(context.lake, archive):
        raise TallystickError(
            "history.archive_moved_on",
            "{partition} of {dataset} got rows while it was archived.",
            "Try again; archive only what is closed.",
            dataset=dataset,
            partition=part.name,
        )
    return _journal(context, archive.manifest)


def _keep_manifest(lake: Lake, manifest: Manifest) -> None:
    """Keep the manifest beside the files, durable before any table names them."""
    body = manifest.encoded()
    folder = archive_folder(lake, manifest.table, manifest.partition)
    lake.storage.put(folder / f"{hashlib.sha256(body).hexdigest()[:16]}{SUFFIX}", body)


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
        manifest = read_manifest(lake.storage, path)
        known = hash_stored(lake.storage, path) in journaled
        if manifest is None or not (known or all(file.path in named for file in manifest.files)):
            continue
        wanted |= {path.relative_to(lake.table_folder(dataset)).as_posix(), *(f.path for f in manifest.files)}
        if not known:
            found.append(_journal(context, manifest))
    remove_unnamed(lake, dataset, part.name, wanted)
    return found


def _journal(context: Context, manifest: Manifest) -> ArchiveLine:
    digest = hashlib.sha256(manifest.encoded()).digest()
    fact = PartitionArchived(
        command_id=f"archive {digest.hex()}",
        dataset=manifest.table,
        partition=manifest.partition,
        manifest_file=f"{digest.hex()[:16]}{SUFFIX}",
        manifest=digest,
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
        found = place / _name(file.path)
        if found not in sizes:
            yield fault(_name(file.path), "missing")
        elif sizes[found] != file.size or hash_stored(storage, found) != file.sha256:
            yield fault(_name(file.path), "changed")
        if folder is None and file.path not in named:
            yield fault(_name(file.path), "unnamed")


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


def copy_archives(
    context: Context, archives: Sequence[PartitionArchived], target: Path
) -> list[ArchiveFault]:
    """Copy archives to a folder as `<dataset>/<partition>/…`, read the copies back, tell what is wrong with them."""
    faults, storage = [], context.lake.storage
    for archive in archives:
        source = archive_folder(context.lake, archive.dataset, archive.partition)
        place = target / archive.dataset / archive.partition
        place.mkdir(parents=True, exist_ok=True)
        there = {file.path for file in storage.files(source)}
        manifest = read_manifest(storage, source / archive.manifest_file)
        names = [archive.manifest_file, *(_name(file.path) for file in manifest.files)] if manifest else []
        for name in names:
            if source / name in there:
                _copy(storage, source / name, place / name)
        faults += faults_of(context, archive, place)
        context.progress.step(1, f"{archive.dataset} {archive.partition}")
    return faults


def restore_archives(
    context: Context, archives: Sequence[PartitionArchived], source: Path
) -> list[ArchiveLine]:
    """Bring back what is missing or changed in archives from a copy of them, after every byte was compared.

    A file that differs is kept beside with the ending `.damaged`. TallystickError when the copy lacks a file or differs
    itself; what was brought back until then stays.
    """
    found = []
    with alone(context.path / "archive"):
        for archive in archives:
            wrong = [fault for fault in faults_of(context, archive) if fault.problem != "unnamed"]
            if wrong:
                files = _restore(context, archive, source / archive.dataset / archive.partition)
                context.send(
                    ArchiveRestored(
                        dataset=archive.dataset,
                        partition=archive.partition,
                        manifest=archive.manifest,
                        files=files,
                        source=str(source),
                    )
                )
                forget_finding(context, archive)
                found.append(line_of(archive, "restored"))
            context.progress.step(1, f"{archive.dataset} {archive.partition}")
    return found


def _restore(context: Context, archive: PartitionArchived, copy: Path) -> int:
    """Bring back the files of one archive; gives how many."""
    here, copies = context.lake.storage, Folder(copy)
    place = archive_folder(context.lake, archive.dataset, archive.partition)
    wanted = {archive.manifest_file: archive.manifest.hex()}
    manifest_path = copy / archive.manifest_file
    manifest = read_manifest(copies, manifest_path)
    if manifest is None or hash_file(manifest_path) != archive.manifest.hex():
        raise _unlike(archive, manifest_path)
    wanted |= {_name(file.path): file.sha256 for file in manifest.files}
    there = {file.path for file in here.files(place)}
    restored = 0
    for name, digest in wanted.items():
        target = place / name
        if target in there and hash_stored(here, target) == digest:
            continue
        if not (copy / name).exists():
            raise _unlike(archive, copy / name)
        aside = place / f"restoring-{uuid.uuid4().hex}"
        here.put(aside, copy / name)
        if hash_stored(here, aside) != digest:
            here.remove(aside)
            raise _unlike(archive, copy / name)
        if target in there:
            here.move(target, target.with_name(f"{name}{DAMAGED}"))
        here.move(aside, target)
        restored += 1
    return restored


def _copy(storage: Storage, source: Path, target: Path) -> None:
    """Copy a file from where it is kept to this machine, on the disk on return."""
    with storage.open(source) as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK_BYTES):
            writing.write(chunk)
    sync_file(target)
    sync_folder(target.parent)


def read_manifest(storage: Storage, path: Path) -> Manifest | None:
    """A manifest where it is kept; None when it is not there or does not read."""
    try:
        with storage.open(path) as file:
            return msgspec.json.decode(
                b"".join(iter(lambda: file.read(CHUNK_BYTES), b"")), type=ready(Manifest)
            )
    except (OSError, msgspec.DecodeError):
        return None


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _unlike(archive: PartitionArchived, path: Path) -> TallystickError:
    return TallystickError(
        "history.copy_unlike",
        "{file} is missing in the copy or is not what the journal says of {dataset} {partition}; it was not used.",
        "Take another copy; `tally history copy-archive` makes and checks them.",
        file=str(path),
        dataset=archive.dataset,
        partition=archive.partition,
    )
