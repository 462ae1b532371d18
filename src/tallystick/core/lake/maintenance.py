"""Dropping what is superseded: old snapshots first, then the files that nothing names any more.

PyIceberg drops snapshots and leaves their files. The sweep removes a file only when no snapshot that is left names it,
it is older than the grace (a commit that is under way names its files last), and no legal hold wants it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from pyiceberg.exceptions import CommitFailedException
from sqlalchemy.exc import OperationalError

from tallystick.core.lake.catalog import busy
from tallystick.core.lake.durable import file_path

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from tallystick.core.lake.lake import Lake

__all__ = ["Holds", "Swept", "maintain"]

Holds = Callable[[str, str], bool]
"""Whether a legal hold wants a table's data file: (table, path below the table's folder)."""

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


def maintain(lake: Lake, keep_days: float, grace_seconds: float, holds: Holds | None) -> Swept:
    """Expire and sweep every table and the hot folder. It can be killed at any moment and begun again."""
    snapshots = files = size = held = 0
    before = time.time() - grace_seconds
    for name in lake.tables():
        folder = lake.table_folder(name)

        def is_held(path: Path, name: str = name, folder: Path = folder) -> bool:
            return holds is not None and holds(name, path.relative_to(folder).as_posix())

        snapshots += _expire(lake, name, keep_days, is_held)
        table = lake.tables_writer.load(name)
        named = _named(table, table.metadata.snapshots)
        for path in _unnamed(folder, table, named, before):
            if path.is_relative_to(folder / "data") and is_held(path):
                held += 1
                continue
            size += path.stat().st_size
            path.unlink()
            files += 1
    for path in _old_generations(lake, before):
        size += path.stat().st_size
        path.unlink()
        files += 1
    return Swept(snapshots, files, size, held)


def _expire(lake: Lake, name: str, keep_days: float, is_held: Callable[[Path], bool]) -> int:
    """Drop a table's old snapshots, except the current one and those that alone name a held file."""
    for _ in range(TRIES):
        table = lake.tables_writer.load(name)
        cutoff = (time.time() - keep_days * SECONDS_A_DAY) * 1_000
        current = table.metadata.current_snapshot_id
        old = [s for s in table.metadata.snapshots if s.timestamp_ms < cutoff and s.snapshot_id != current]
        kept_ids = {s.snapshot_id for s in table.metadata.snapshots} - {s.snapshot_id for s in old}
        kept = _named(table, (s for s in table.metadata.snapshots if s.snapshot_id in kept_ids)).data
        going = [s for s in old if not any(is_held(path) for path in _named(table, [s]).data - kept)]
        if not going:
            return 0
        ids = {snapshot.snapshot_id for snapshot in going}
        try:
            table.maintenance.expire_snapshots().by_ids(sorted(ids)).commit()
        except (CommitFailedException, OperationalError):
            lake.tables_writer.forget(name)
            continue
        lake.catalog.expire_versions(name, ids)
        lake.tables_writer.forget(name)
        return len(ids)
    raise busy(name, TRIES)


def _named(table: Table, snapshots: Iterable[Snapshot]) -> Named:
    metadata: set[Path] = set()
    data: set[Path] = set()
    for snapshot in snapshots:
        metadata.add(file_path(snapshot.manifest_list))
        for manifest in snapshot.manifests(table.io):
            path = file_path(manifest.manifest_path)
            if path not in metadata:
                metadata.add(path)
                entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
                data.update(file_path(entry.data_file.file_path) for entry in entries)
    return Named(metadata, data)


def _unnamed(folder: Path, table: Table, named: Named, before: float) -> Iterator[Path]:
    """The files of a table that nothing names and that are older than the grace."""
    wanted = named.metadata | named.data | {file_path(table.metadata_location)}
    wanted |= {file_path(entry.metadata_file) for entry in table.metadata.metadata_log}
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            if path not in wanted and path.stat().st_mtime < before:
                yield path


def _old_generations(lake: Lake, before: float) -> Iterator[Path]:
    current = lake.catalog.hot_generation()
    for path in (lake.folder / "hot").glob("*"):
        number = int(path.stem) if path.stem.isdigit() else 0
        if number < current and path.stat().st_mtime < before:
            yield path
