"""Sealed days read again and compared with their seals on the journal.

A seal on the journal is the SHA-256 of a proof: rows, a checksum over the keys, one over whole rows, and the exact sum
of every number. The proof itself is in the lake's catalog and is believed only if it has that hash. Compaction and
archiving change files and no row, so they change no proof; business tables are never corrected; what was purged is left
out.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.lake.archiving import contents_of, hash_file, hash_stored
from tallystick.core.lake.proof import Proof
from tallystick.core.lake.storage import Folder
from tallystick.core.ready import ready
from tallystick.core.text import translate
from tallystick.history.feeding.requests import SealCheck, SealFault
from tallystick.history.keeping.findings import keep, seal_key

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake
    from tallystick.core.lake.plan import PlannedFile
    from tallystick.history.events import PartitionSealed

__all__ = ["seal_hash", "verify_seals"]


def seal_hash(proof: Proof) -> bytes:
    """The SHA-256 of a proof as seals on the journal have it: of its msgpack (marks of purges: of its JSON)."""
    return hashlib.sha256(msgspec.msgpack.encode(proof)).digest()


def verify_seals(context: Context, dataset: str = "") -> SealCheck:
    """Read every sealed day of a dataset (of all when none is named) and compare it with its seal on the journal.

    What was found is kept (`keeping.findings`), day by day of each dataset.
    """
    machine = context.machine("history")
    seals: list[PartitionSealed] = machine.seals(dataset)
    context.progress.start(translate("Verifying sealed days", context.language), len(seals))
    told: dict[str, str] = {}
    faults, days, files, rows, size, by_sums, purged = [], set(), 0, 0, 0, 0, 0
    for seal in seals:
        going = machine.purge_of(seal.dataset, seal.date.isoformat())
        if going is not None and going.state in ("begun", "purged"):
            purged += 1
        else:
            days.add(seal.date)
            problem, found, compared_by_sums = _compare(context.lake, seal)
            told[seal_key(seal.dataset, seal.date)] = problem
            rows, by_sums = rows + found, by_sums + compared_by_sums
            read = _files_of(context.lake, seal)
            files, size = files + len(read), size + sum(file.size for file in read)
            if problem:
                faults.append(_fault(context, seal, problem, found))
        context.progress.step(1, f"{seal.dataset} {seal.date}")
    context.progress.finish()
    keep(context.path, told)
    return SealCheck(
        passed=not faults, days=len(days), partitions=len(seals) - purged, files=files, rows=rows, bytes=size,
        by_sums=by_sums, purged=purged, advice=_advice(context) if faults else "", faults=faults,
    )  # fmt: skip


def _compare(lake: Lake, seal: PartitionSealed) -> tuple[str, int, bool]:
    """What is wrong with a sealed day (empty: nothing), the rows found, and whether only sums could be compared."""
    if seal.dataset not in lake.tables():
        return "missing", 0, False
    try:
        if _is_copied_wrong(lake, seal):
            return "changed", 0, False
        found = contents_of(lake, seal.dataset, seal.date)
    except FileNotFoundError:
        return "missing", 0, False
    except TallystickError as error:
        if error.code not in ("lake.file_missing", "lake.file_damaged"):
            raise
        return error.code.rpartition("_")[2], 0, False
    if found is None:
        return "missing", 0, False
    if seal_hash(found) == seal.proof:
        return "", found.rows, False
    layout = lake.state(seal.dataset).layout
    kept = lake.catalog.seal(seal.dataset, layout.partition_number(seal.date))
    proof = msgspec.msgpack.decode(kept[1], type=ready(Proof)) if kept else None
    if found.rows != seal.rows:
        return "changed", found.rows, False
    if proof is None or seal_hash(proof) != seal.proof:
        return "unproven", found.rows, False
    if proof.engine == found.engine and len(proof.sums) == len(found.sums) and not layout.grown:
        return "changed", found.rows, False
    same = all(found.sums.get(name) == total for name, total in proof.sums.items())
    return "" if same else "changed", found.rows, True


def _is_copied_wrong(lake: Lake, seal: PartitionSealed) -> bool:
    """Whether a bucket has other bytes than this machine's copies, which are what is read."""
    if isinstance(lake.storage, Folder):
        return False
    state = lake.state(seal.dataset)
    files = state.groups.get(state.layout.partition_number(seal.date), [])
    folder = lake.storage.fetch(seal.dataset, files)
    return any(
        hash_stored(lake.storage, folder / file.path) != hash_file(folder / file.path) for file in files
    )


def _files_of(lake: Lake, seal: PartitionSealed) -> list[PlannedFile]:
    if seal.dataset not in lake.tables():
        return []
    state = lake.state(seal.dataset)
    return state.groups.get(state.layout.partition_number(seal.date), [])


def _fault(context: Context, seal: PartitionSealed, problem: str, found: int) -> SealFault:
    folder = context.lake.table_folder(seal.dataset) / "data" / seal.date.isoformat()
    return SealFault(
        business_date=seal.date,
        dataset=seal.dataset,
        problem=problem,
        rows=seal.rows,
        rows_found=found,
        folder=str(folder.relative_to(context.path) if folder.is_relative_to(context.path) else folder),
    )


def _advice(context: Context) -> str:
    return translate(
        "The journal is what counts; do not use these days until their files are back from a backup of the firm "
        "(docs/how-to/back-up-and-restore.md). `tally verify` proves the journal.",
        context.language,
    )
