"""Copies of archives for another disk or a tape: made and read back, and what is damaged brought back from them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.core.disk import sync_file, sync_folder
from tallystick.core.errors import TallystickError
from tallystick.core.lake.archiving import DAMAGED, Manifest, archive_folder, file_name, hash_stored
from tallystick.core.lake.places import alone
from tallystick.core.lake.storage import CHUNK_BYTES, Folder
from tallystick.history.events import ArchiveRestored, PartitionArchived
from tallystick.history.keeping.archive import ArchiveLine, faults_of, line_of, read_manifest
from tallystick.history.keeping.archive_states import keep_findings
from tallystick.history.keeping.requests import ArchiveFault

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake.storage import Storage

__all__ = ["copy_archives", "restore_archives"]

FILES_TOLD = 10


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
        names = (
            [archive.manifest_file, *(file_name(file.path) for file in manifest.files)] if manifest else []
        )
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

    A file that differs is kept beside with the ending `.damaged`. All are tried; then TallystickError names the files
    that the copy lacks or that differ there too, and what was brought back stays.
    """
    found: list[ArchiveLine] = []
    left: list[str] = []
    with alone(context.path / "archive"):
        for archive in archives:
            if any(fault.problem != "unnamed" for fault in faults_of(context, archive)):
                unlike = _bring_back(context, archive, source)
                left += unlike
                if not unlike:
                    keep_findings(context, [archive], [])
                    found.append(line_of(archive, "restored"))
            context.progress.step(1, f"{archive.dataset} {archive.partition}")
    if left:
        raise TallystickError(
            "history.copy_unlike",
            "Not brought back: {files}. Missing in the copy, or not what the journal says, they were not used. All "
            "others were tried; whole again: {restored}.",
            "Take another copy for these; `tally history copy-archive` makes and checks them.",
            files=", ".join(left[:FILES_TOLD]) + (f" … ({len(left)})" if len(left) > FILES_TOLD else ""),
            restored=", ".join(f"{line.dataset} {line.partition}" for line in found) or "-",
        )
    return found


def _bring_back(context: Context, archive: PartitionArchived, source: Path) -> list[str]:
    """Bring back the files of one archive and tell the journal how many; gives those that the copy lacks."""
    here, below = context.lake.storage, f"{archive.dataset}/{archive.partition}"
    place, copy = archive_folder(context.lake, archive.dataset, archive.partition), source / below
    manifest = _manifest_of(archive, here, place) or _manifest_of(archive, Folder(copy), copy)
    if manifest is None:
        return [f"{below}/{archive.manifest_file}"]
    wanted = {archive.manifest_file: archive.manifest.hex()}
    wanted |= {file_name(file.path): file.sha256 for file in manifest.files}
    there = {file.path for file in here.files(place)}
    broken = [
        name
        for name, digest in wanted.items()
        if place / name not in there or hash_stored(here, place / name) != digest
    ]
    unlike = [name for name in broken if not _replace(here, copy / name, place / name, wanted[name])]
    if len(unlike) < len(broken):
        context.send(
            ArchiveRestored(
                dataset=archive.dataset,
                partition=archive.partition,
                manifest=archive.manifest,
                files=len(broken) - len(unlike),
                source=str(source),
            )
        )
    return [f"{below}/{name}" for name in unlike]


def _manifest_of(archive: PartitionArchived, storage: Storage, folder: Path) -> Manifest | None:
    """The manifest of an archive that the journal knows; None where it is not there, or differs."""
    path = folder / archive.manifest_file
    manifest = read_manifest(storage, path)
    return manifest if manifest and hash_stored(storage, path) == archive.manifest.hex() else None


def _replace(storage: Storage, copy: Path, target: Path, digest: str) -> bool:
    """Put a copy in the place of a file, after it was found to have the hash where it is kept; False if it has not."""
    if not copy.exists():
        return False
    aside = target.with_name(f"restoring-{uuid.uuid4().hex}")
    storage.put(aside, copy)
    if hash_stored(storage, aside) != digest:
        storage.remove(aside)
        return False
    if target in {file.path for file in storage.files(target.parent)}:
        storage.move(target, target.with_name(f"{target.name}{DAMAGED}"))
    storage.move(aside, target)
    return True


def _copy(storage: Storage, source: Path, target: Path) -> None:
    """Copy a file from where it is kept to this machine, on the disk on return."""
    with storage.open(source) as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK_BYTES):
            writing.write(chunk)
    sync_file(target)
    sync_folder(target.parent)
