"""Lineage: what made a dataset what it is (loads, corrections, seals, archives, purges), by journal position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.events import event_of
from tallystick.core.schema import Record, Timestamp
from tallystick.history.events import (
    ArchiveRestored,
    DatasetCorrected,
    DatasetLoaded,
    PartitionArchived,
    PartitionPurged,
    PartitionSealed,
)
from tallystick.history.keeping.findings import findings, seal_key

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.journal import Batch

__all__ = ["LoadLine", "list_loads", "made_by"]

KINDS: dict[str, tuple[type[Record], str]] = {
    event_of(record).kind: (record, what)
    for record, what in (
        (DatasetLoaded, "loaded"),
        (DatasetCorrected, "corrected"),
        (PartitionSealed, "sealed"),
        (PartitionArchived, "archived"),
        (ArchiveRestored, "restored"),
        (PartitionPurged, "purged"),
    )
}


class LoadLine(Record, frozen=True, kw_only=True):
    """What made a dataset what it is: journal position (`tally why` explains it) and batch, what was done (`loaded`,
    `corrected`, `sealed`, `archived`, `restored`, `purged`), from which source or to which partition, with the SHA-256
    of it. `known_time` is since when its rows are known (those of a sealed day since its close), `recorded_at` when the
    journal wrote it down. Of a sealed day `verified_at` is when it was last compared with its seal (none: never), and
    `seal_problem` what was wrong then.
    """

    position: str
    seq: int
    what: str
    dataset: str
    source: str
    rows: int
    quarantined: int
    known_time: Timestamp | None
    by: str
    reason: str
    sha256: str
    recorded_at: Timestamp
    verified_at: Timestamp | None = None
    seal_problem: str = ""


def list_loads(context: Context, dataset: str = "", what: str = "") -> list[LoadLine]:
    """Everything that made the datasets, newest first."""
    found = findings(context.path)
    lines = []
    for line, command in made_by(context, dataset, what):
        seen = found.get(seal_key(line.dataset, command.date)) if line.what == "sealed" else None
        lines.append(
            msgspec.structs.replace(line, verified_at=seen.at, seal_problem=seen.problem) if seen else line
        )
    return lines[::-1]


def made_by(context: Context, dataset: str = "", what: str = "") -> Iterator[tuple[LoadLine, Any]]:
    """What made the datasets with the record on the journal that says so, oldest first."""
    for batch in context.journal.batches(kinds=list(KINDS)):
        _, done = KINDS[batch.kind]
        if what in ("", done):
            masks = batch.verdicts["mask"].tolist()
            for place, (command, mask) in enumerate(zip(batch.records, masks, strict=True)):
                if not mask and dataset in ("", command.dataset):
                    yield _line(batch, place, done, command), command


def _line(batch: Batch, place: int, done: str, command: Any) -> LoadLine:
    partition = getattr(command, "partition", "") or str(getattr(command, "date", ""))
    digests = ("sha256", "manifest", "proof", "contents")
    digest = next((getattr(command, name) for name in digests if hasattr(command, name)), b"")
    return LoadLine(
        position=f"{batch.seq}.{place}",
        seq=batch.seq,
        what=done,
        dataset=command.dataset,
        source=getattr(command, "source", "") or partition,
        rows=getattr(command, "rows", 0) + getattr(command, "withdrawn", 0),
        quarantined=getattr(command, "quarantined", 0),
        known_time=getattr(command, "known_time", None) or None,
        by=batch.actor,
        reason=getattr(command, "reason", ""),
        sha256=digest.hex(),
        recorded_at=batch.recorded_at,
    )
