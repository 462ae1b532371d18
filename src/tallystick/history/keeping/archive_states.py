"""How archives stand: whole as far as can be seen at once, and as the last verification found them.

What a verification found is kept beside the journal (`findings.py`). That a file is there with its size
is looked at on every question; its bytes are read by a verification only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tallystick.core.lake.archiving import archive_folder, file_name
from tallystick.core.lake.sealing import ARCHIVE
from tallystick.history.keeping.findings import findings, keep

if TYPE_CHECKING:
    from pathlib import Path

    from tallystick.core.context import Context
    from tallystick.history.events import PartitionArchived
    from tallystick.history.keeping.requests import ArchiveFault

__all__ = ["ArchiveState", "keep_findings", "states_of"]

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
    """Keep what a comparison of every byte of archives found; without faults they are whole."""
    found = {one.manifest.hex(): "" for one in archives}
    for fault in sorted(faults, key=lambda fault: WORST_FIRST.index(fault.problem), reverse=True):
        found[fault.manifest] = fault.problem
    keep(context.path, found)


def states_of(context: Context, archives: Sequence[PartitionArchived]) -> dict[str, ArchiveState]:
    """The state of each archive by its manifest in hex: what is seen now before what a verification found."""
    if not archives:
        return {}
    found = findings(context.path)
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
    whole = (
        sizes.get(place / file_name(file.path)) == file.size for file in named if file.path.startswith(here)
    )
    # Where these are in a bucket a listing costs little, and reading each manifest much.
    if all(whole):
        return ""
    manifest = read_manifest(context.lake.storage, path)
    if manifest is None:
        return "changed"
    there = [sizes.get(place / file_name(file.path)) for file in manifest.files]
    if None in there:
        return "missing"
    return "" if there == [file.size for file in manifest.files] else "changed"
