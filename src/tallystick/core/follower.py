"""Follow the journal: machines brought to a position by the newest fitting snapshot and the batches after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.core.engine import Engine
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.journal.damage import JournalDamaged
from tallystick.core.snapshots import SnapshotHead, code_version, newest_snapshot, read_snapshot

if TYPE_CHECKING:
    from tallystick.core.journal import Batch, JournalReader

__all__ = ["Follower"]


class Follower:
    """An engine that moves along the journal by applying recorded verdicts; read-only, any number at once."""

    def __init__(self, journal: JournalReader, engine: Engine, snapshots: Path) -> None:
        self.journal = journal
        self.engine = engine
        self.snapshots = snapshots
        self.seq = 0

    def catch_up(self, until: int | None = None) -> int:
        """Apply batches up to and including sequence `until` (the head when None); returns the sequence reached."""
        if self.seq == 0:
            self._start(until)
        for batch in self.journal.batches(after=self.seq, until=until):
            self.apply(batch)
        return self.seq

    def apply(self, batch: Batch) -> None:
        """Apply one batch, which must be the next."""
        assert batch.seq == self.seq + 1, f"batch {batch.seq} does not follow {self.seq}"
        self.engine.apply(batch.event_type.record, batch.records, batch.verdicts)
        self.seq = batch.seq

    def _start(self, until: int | None) -> None:
        """Take the newest snapshot that stands on this journal and was taken by this code."""
        if self.journal.damage is not None:
            head_seq = self.journal.head().seq
            until = head_seq if until is None else min(until, head_seq)
        for path in newest_snapshot(self.snapshots, before=until):
            head, states = read_snapshot(path)
            if head.code_version != code_version() or set(states) != set(self.engine.machines):
                continue
            if not self._stands_on(head, path):
                continue
            self.engine.restore(states)
            self.seq = head.seq
            return

    def _stands_on(self, head: SnapshotHead, path: Path) -> bool:
        """Whether the snapshot's batch is in the journal.

        False if the journal does not reach it (the snapshot is another firm's), or if that batch is damaged and the
        reader serves the rest.
        """
        try:
            found = self.journal.batch(head.seq).hash
        except NotFound:
            return False
        except JournalDamaged:
            if self.journal.damage is None:
                raise
            return False
        if found != head.hash:
            raise TallystickError(
                "snapshots.other_journal",
                "Snapshot {path} does not stand on this journal.",
                "Run `tally verify`; remove the snapshot if the journal is sound.",
                path=str(path),
            )
        return True
