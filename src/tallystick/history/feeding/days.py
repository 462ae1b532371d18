"""Which part of the journal counts to which business date."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tallystick.core.journal import JournalReader

__all__ = ["BusinessDays", "Span"]

KINDS = ("core.day_opened", "core.day_closed")


class Span(NamedTuple):
    """The batches numbered above `after` up to and with `until`, which count to a date."""

    date: datetime.date
    after: int
    until: int
    is_closed: bool


class BusinessDays:
    """The business days of a journal, read on as it grows.

    A day ends with its accepted `DayClosed`, so that a closed day never gets another row; what is recorded between two
    days counts to the one that follows. While no day follows yet, that is the next session (`next_session` of the day
    before); if another day is opened instead, the rows count to that one. `after` is a closed day and its last batch:
    what is before it is not read.
    """

    def __init__(
        self,
        journal: JournalReader,
        next_session: Callable[[datetime.date], datetime.date],
        after: tuple[datetime.date | None, int] = (None, 0),
    ) -> None:
        self._journal = journal
        self._next_session = next_session
        self._lock = threading.RLock()
        self._closed: list[Span] = []
        self._open: datetime.date | None = None
        self._last, self._end = after
        self._reached = self._end

    def spans(self) -> list[Span]:
        """The days in order: the closed ones, then the one that is open (or begins) if anything counts to it."""
        with self._lock:
            head = self._journal.head().seq
            for batch in self._journal.batches(after=self._reached, until=head, kinds=KINDS):
                for command, mask in zip(batch.records, batch.verdicts["mask"].tolist(), strict=True):
                    if not mask:
                        self._take(batch.kind, command.business_date, batch.seq)
            self._reached = max(self._reached, head)
            date = self._open or (self._last and self._next_session(self._last))
            if head <= self._end or date is None:
                return list(self._closed)
            return [*self._closed, Span(date, self._end, head, False)]

    def _take(self, kind: str, date: datetime.date, seq: int) -> None:
        if kind == KINDS[0]:
            self._open = date
        else:
            self._closed.append(Span(date, self._end, seq, True))
            self._open, self._last, self._end = None, date, seq
