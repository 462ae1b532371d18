"""How archives stand: whole as far as can be seen at once, and as the last verification found them.

What a verification found is kept beside the journal, in one small file of the firm's folder, for it is no decision.
That a file is there with its size is looked at on every question; its bytes are read by a verification only.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tallystick.core.lake.archiving import archive_folder
from tallystick.core.lake.sealing import ARCHIVE
from tallystick.core.time import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from tallystick.core.context import Context
    from tallystick.history.events import PartitionArchived
    from tallystick.history.keeping.requests import ArchiveFault

__all__ = ["ArchiveState", "forget_finding", "keep_findings", "states_of"]

FILE = "verified.sqlite"
TABLE = """
CREATE TABLE IF NOT EXISTS verified (manifest TEXT PRIMARY KEY, at INTEGER, problem TEXT) WITHOUT ROWID
"""
WORST_FIRST = ("missing", "changed", "unnamed")
STATES = {"": "archived", "missing": "missing", "changed": "damaged", "unnamed": "unnamed"}
"""The worst problem of an archive → its state."""


class ArchiveState(NamedTuple):
    """`archived`, `missing` (a file is gone), `damaged` (other bytes), or `unnamed` (its table does not name a file);
    and when its bytes were last verified (UTC nanoseconds; None: never).
    """

    state: str
    verified_at: int | None


def keep_findings(
    context: Context, archives: Sequence[PartitionArchived], faults: Sequence[ArchiveFault]
) -> None:
    """Keep what a verification of archives found. Where the firm's folder cannot be written, nothing is kept."""
    found = {one.manifest.hex(): "" for one in archives}
    for fault in sorted(faults, key=lambda fault: WORST_FIRST.index(fault.problem), reverse=True):
        found[fault.manifest] = fault.problem
    at = SystemClock().now()
    with contextlib.suppress(sqlite3.OperationalError), _opened(context.path) as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO verified VALUES (?, ?, ?)",
            [(manifest, at, problem) for manifest, problem in found.items()],
        )


def forget_finding(context: Context, archive: PartitionArchived) -> None:
    """An archive was brought back, every byte compared: it is verified now."""
    keep_findings(context, [archive], [])


def states_of(context: Context, archives: Sequence[PartitionArchived]) -> dict[str, ArchiveState]:
    """The state of each archive by its manifest in hex: what is seen now before what a verification found."""
    if not archives:
        return {}
    found = _found(context.path)
    there = {name: _sizes(context, name) for name in {one.dataset for one in archives}}
    states = {}
    for one in archives:
        at, problem = found.get(one.manifest.hex(), (None, ""))
        seen = _seen(context, one, there[one.dataset])
        states[one.manifest.hex()] = ArchiveState(STATES[seen or problem], at)
    return states


def _sizes(context: Context, dataset: str) -> dict[Path, int]:
    """The archived files of a dataset that are there, with their bytes: one listing."""
    folder = context.lake.table_folder(dataset) / ARCHIVE
    return {file.path: file.size for file in context.lake.storage.files(folder)}


def _seen(context: Context, archive: PartitionArchived, sizes: dict[Path, int]) -> str:
    """What is wrong with an archive without reading its files: one is not there, or has another size."""
    from tallystick.history.keeping.archive import read_manifest

    place = archive_folder(context.lake, archive.dataset, archive.partition)
    path = place / archive.manifest_file
    if path not in sizes:
        return "missing"
    named = context.lake.state(archive.dataset).plan.files
    here = f"{ARCHIVE}/{archive.partition}/"
    whole = (sizes.get(place / _name(file.path)) == file.size for file in named if file.path.startswith(here))
    if all(whole):
        return (
            ""  # no manifest needs to be read: a listing is enough, which counts where they are in a bucket
        )
    manifest = read_manifest(context.lake.storage, path)
    if manifest is None:
        return "changed"
    there = [sizes.get(place / _name(file.path)) for file in manifest.files]
    if None in there:
        return "missing"
    return "" if there == [file.size for file in manifest.files] else "changed"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _found(folder: Path) -> dict[str, tuple[int, str]]:
    """Manifest → when it was last verified, and the worst problem then."""
    if not (folder / FILE).exists():
        return {}
    with _opened(folder) as connection:
        rows = connection.execute("SELECT manifest, at, problem FROM verified").fetchall()
    return {manifest: (at, problem) for manifest, at, problem in rows}


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file of findings, in one transaction."""
    connection = sqlite3.connect(folder / FILE, timeout=30)
    try:
        with connection:
            connection.execute(TABLE)
            yield connection
    finally:
        connection.close()
