"""Reading for the firm's doors: what is proven before a damage is served, and the damage is told, not raised."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from tallystick.core.journal.batch import Batch
from tallystick.core.journal.chain import FIRST_HASH, Head
from tallystick.core.journal.damage import JournalDamaged
from tallystick.core.journal.reader import LAST, ChainReport, JournalReader
from tallystick.core.progress import Progress

__all__ = ["ServingReader"]


class ServingReader(JournalReader):
    """A reader that stops before the first damage it meets instead of raising, and tells it in `damage`.

    If the newest day is damaged, the journal is served as if it ended with the last batch proven before: `head`, `days`
    and `batches` agree on that. A damaged older day is served up to its damage; the days after it are whole. A day that
    was restored meanwhile is read anew. `batch` and `check` stay as strict as a plain reader's.
    """

    def __init__(self, folder: Path, shard: int = 0) -> None:
        super().__init__(folder, shard)
        self._strict = JournalReader(folder, shard)
        self._damage: JournalDamaged | None = None
        self._file_then: tuple[int, int] | None = None
        self._end: Head | None = None
        self._newest_is_proven = False

    @property
    def damage(self) -> JournalDamaged | None:
        """The damage met so far, the one at the lowest batch; None when none was met."""
        with self._lock:
            if self._damage is not None and _identity(self._damage.path) != self._file_then:
                self._damage = self._end = None
                self._newest_is_proven = False
                self._columns.clear()
            return self._damage

    def prove(self) -> JournalDamaged | None:
        """Prove the newest day, once, so that a damage in it is known before it is met; gives `damage`."""
        with self._lock:
            if self.damage is None and not self._newest_is_proven:
                newest = self._strict.days()[-1:]
                report = self._strict.check(day=newest[0]) if newest else self._strict.check()
                self._newest_is_proven = True
                if report.damage is not None:
                    self._note(report.damage)
            return self._damage

    def head(self) -> Head:
        """The last batch; the last one proven before the damage when the newest day is damaged."""
        if self.damage is None or self._end is None:
            try:
                return super().head()
            except JournalDamaged as damage:
                self._note(damage)
        return self._end or Head(None, 0, FIRST_HASH)

    def days(self) -> list[datetime.date]:
        """The business days that have a file, in order; without a newest day of which nothing can be proven."""
        days, end = super().days(), self._end
        return days if end is None else [day for day in days if end.day is not None and day <= end.day]

    def batches(
        self,
        *,
        after: int = 0,
        until: int | None = None,
        day: datetime.date | None = None,
        kinds: Collection[str] | None = None,
    ) -> Iterator[Batch]:
        """The batches as a plain reader gives them, up to the first damage among them, which `damage` then tells."""
        if self.damage is not None and self._end is not None:
            until = min(LAST if until is None else until, self._end.seq)
        try:
            yield from super().batches(after=after, until=until, day=day, kinds=kinds)
        except JournalDamaged as damage:
            self._note(damage)

    def batch(self, seq: int) -> Batch:
        """One batch by its number, also behind a damage. JournalDamaged if it is the damaged one."""
        try:
            if self.damage is not None and self._end is not None and 0 < seq <= self._end.seq:
                # Without the newest day, which may not even open.
                return next(super().batches(after=seq - 1, until=seq))
            return self._strict.batch(seq)
        except JournalDamaged as damage:
            self._note(damage)
            raise

    def check(self, *, day: datetime.date | None = None, progress: Progress | None = None) -> ChainReport:
        """Prove every batch of one day or all, as a plain reader does."""
        return self._strict.check(day=day, progress=progress)

    def close(self) -> None:
        """Close all files; a later call opens them again."""
        super().close()
        self._strict.close()

    def _note(self, damage: JournalDamaged) -> None:
        """Remember a damage; one in the newest day ends what is served."""
        with self._lock:
            known = self._damage
            if known is None or (damage.day, damage.seq) < (known.day, known.seq):
                self._damage, self._file_then = damage, _identity(damage.path)
            days = self._strict.days()
            if self._end is None and (not days or damage.day >= days[-1]):
                self._end = self._proven_end(days)

    def _proven_end(self, days: list[datetime.date]) -> Head:
        """The last batch of the newest day that is proven; of the day before when not even its beginning is."""
        end = self._strict.check(day=days[-1]).head if days else Head(None, 0, FIRST_HASH)
        if end.day is None and len(days) > 1:
            return self._strict.last(days[-2])
        return end


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path: a restored day is another file."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
