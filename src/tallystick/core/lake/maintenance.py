"""Dropping what is superseded: old snapshots first, then the files that nothing names any more; and purging.

PyIceberg drops snapshots and leaves their files. The sweep removes a file only when no snapshot that is left names it,
it is older than the grace (a commit that is under way names its files last), and no legal hold wants it. Archived files
are never swept. Only a purge, which the history room decides, removes rows.
"""

from __future__ import annotations

import datetime
import functools
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from pyiceberg.exceptions import CommitFailedException
from sqlalchemy.exc import OperationalError

from tallystick.core.disk import sync_folder
from tallystick.core.lake.catalog import busy
from tallystick.core.lake.sealing import ARCHIVE

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from tallystick.core.lake.lake import Lake
    from tallystick.core.lake.plan import Plan, PlannedFile
    from tallystick.core.lake.storage import Storage, StoredFile

__all__ = ["Holds", "Swept", "maintain", "named_files", "no_holds", "purge"]

Holds = Callable[[str, str], bool]
"""Whether a legal hold wants a table's data file: (table, path below the table's folder)."""


def no_holds(table: str, path: str) -> bool:
    """For a lake that belongs to no firm, e.g. in a test: nothing is held."""
    return False


TRIES = 5
SECONDS_A_DAY = 86_400.0


class Swept(msgspec.Struct, frozen=True):
    """What maintenance did: snapshots dropped, files removed, their bytes, and data files that a hold kept."""

    snapshots: int
    files: int
    bytes: int
    held: int


class Named(NamedTuple):
    """The files that some snapshots name."""

    metadata: set[Path]
    data: set[Path]


def maintain(lake: Lake, keep_days: float, grace_seconds: float, holds: Holds) -> Swept:
    """Expire and sweep every table and the hot folder. It can be killed at any moment and begun again."""
    lake.storage.claim(lake.catalog.owner)
    snapshots = files = size = held = 0
    before = time.time() - grace_seconds
    for name in lake.tables():
        folder = lake.table_folder(name)

        def is_held(path: Path, name: str = name, folder: Path = folder) -> bool:
            return holds(name, path.relative_to(folder).as_posix())

        snapshots += _expire(lake, name, keep_days, is_held)
        table = lake.tables_writer.load(name)
        named = _named(lake.storage, table, table.metadata.snapshots)
        for file in list(_unnamed(lake.storage, folder, table, named, before)):
            if file.path.is_relative_to(folder / "data") and is_held(file.path):
                held += 1
                continue
            lake.storage.remove(file.path)
            size += file.size
            files += 1
    for path in _old_generations(lake, before):
        size += path.stat().st_size
        path.unlink()
        files += 1
    lake.storage.trim()
    return Swept(snapshots, files, size, held)


def _expire(lake: Lake, name: str, keep_days: float, is_held: Callable[[Path], bool]) -> int:
    """Drop a table's old snapshots, except the current one and those that alone name a held file."""

    def old_of(table: Table) -> set[int]:
        cutoff = (time.time() - keep_days * SECONDS_A_DAY) * 1_000
        current = table.metadata.current_snapshot_id
        old = [s for s in table.metadata.snapshots if s.timestamp_ms < cutoff and s.snapshot_id != current]
        going = {snapshot.snapshot_id for snapshot in old}
        staying = (s for s in table.metadata.snapshots if s.snapshot_id not in going)
        kept = _named(lake.storage, table, staying).data
        held = (s for s in old if any(map(is_held, _named(lake.storage, table, [s]).data - kept)))
        return going - {snapshot.snapshot_id for snapshot in held}

    return _drop_snapshots(lake, name, old_of)


def _drop_snapshots(lake: Lake, name: str, which: Callable[[Table], set[int]]) -> int:
    """Drop the snapshots that `which` finds in a table, in turn with our writers; gives how many."""
    with lake.tables_writer.turn(name):
        for _ in range(TRIES):
            table = lake.tables_writer.load(name)
            going = which(table)
            if not going:
                return 0
            try:
                table.maintenance.expire_snapshots().by_ids(sorted(going)).commit()
            except (CommitFailedException, OperationalError) as error:
                _require_taken(error)
                continue
            else:
                lake.catalog.expire_versions(name, going)
                return len(going)
            finally:
                lake.tables_writer.forget(name)
    raise busy(name, TRIES)


def _named(storage: Storage, table: Table, snapshots: Iterable[Snapshot]) -> Named:
    metadata: set[Path] = set()
    data: set[Path] = set()
    for snapshot in snapshots:
        metadata.add(storage.path(snapshot.manifest_list))
        for manifest in snapshot.manifests(table.io):
            path = storage.path(manifest.manifest_path)
            if path not in metadata:
                metadata.add(path)
                entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
                data.update(storage.path(entry.data_file.file_path) for entry in entries)
    return Named(metadata, data)


def _unnamed(
    storage: Storage, folder: Path, table: Table, named: Named, before: float
) -> Iterator[StoredFile]:
    """The files of a table that nothing names and that are older than the grace."""
    wanted = named.metadata | named.data | {storage.path(table.metadata_location)}
    wanted |= {storage.path(entry.metadata_file) for entry in table.metadata.metadata_log}
    for file in storage.files(folder):
        archived = file.path.is_relative_to(folder / ARCHIVE)
        if not archived and file.path not in wanted and file.written_at < before:
            yield file


def _old_generations(lake: Lake, before: float) -> Iterator[Path]:
    current = lake.catalog.hot_generation()
    for path in (lake.folder / "hot").glob("*"):
        number = int(path.stem) if path.stem.isdigit() else 0
        if number < current and path.stat().st_mtime < before:
            yield path


def named_files(lake: Lake, name: str) -> set[Path]:
    """Every data file that some snapshot of a table names."""
    lake.tables_writer.forget(name)
    table = lake.tables_writer.load(name)
    return _named(lake.storage, table, table.metadata.snapshots).data


def purge(lake: Lake, name: str, date: datetime.date, *, token: str = "") -> int:
    """Remove the rows of the partition of a date for good, archives and older snapshots with them; gives the files.

    The caller has asked retention and holds. Killed at any moment, it is called again with the same token and goes on;
    rows that came since stay. Every older snapshot that names the partition goes too, for it could not be read.
    """
    lake.storage.claim(lake.catalog.owner)
    layout = lake.state(name).layout
    number = layout.partition_number(date)
    if any(file.partition == number for file in lake.state(name).plan.files):
        leaving = functools.partial(_files_of, number=number)
        lake.tables_writer.commit(layout, [], leaving, operation="purge", token=token)
    folder = lake.table_folder(name)
    places = [folder / place / layout.partition_name(number) for place in ("data", ARCHIVE)]
    _forget_snapshots(lake, name, places)
    _forget_hot(lake, name, number)
    named = named_files(lake, name)
    removed = 0
    for place in places:
        for file in list(lake.storage.files(place)):
            if file.path not in named:
                lake.storage.remove(file.path)
                removed += 1
        if place.exists():
            sync_folder(place)
    return removed


def _files_of(plan: Plan, number: int) -> list[PlannedFile]:
    return [file for file in plan.files if file.partition == number]


def _forget_snapshots(lake: Lake, name: str, places: list[Path]) -> None:
    """Drop the snapshots, except the current one, that name a file in one of these folders."""

    def naming(table: Table) -> set[int]:
        current = table.metadata.current_snapshot_id
        return {
            snapshot.snapshot_id
            for snapshot in table.metadata.snapshots
            if snapshot.snapshot_id != current
            and any(path.parent in places for path in _named(lake.storage, table, [snapshot]).data)
        }

    _drop_snapshots(lake, name, naming)


def _require_taken(error: Exception) -> None:
    """Raise what is no other writer being first, e.g. a full disk."""
    if isinstance(error, OperationalError) and "locked" not in str(error):
        raise error


def _forget_hot(lake: Lake, name: str, number: int) -> None:
    """Publish a hot generation without the partition if one has it, and remove every older generation."""
    generation = lake.generation()
    table = generation.contents.tables.get(name) if generation else None
    if table is None or number not in {*table.files, *table.opened}:
        return
    lake.publish_hot()
    for path in _old_generations(lake, time.time() + SECONDS_A_DAY):
        path.unlink()
